use super::super::AppState;
use super::super::test_form::{app, fill_in};
use super::{Failure, Progress, Source, Step, Wait};

fn progress(app: AppState) -> Progress {
    app.submission.progress.get_untracked()
}

/// The state while something is being sent.
fn sending(source: Source) -> AppState {
    let app = app(&[1]);
    fill_in(app);
    app.submission.source.replace(source);
    app.go(Step::Sending);
    app.submission.progress.set(Progress::Sending(500, Wait::Nothing));
    app
}

#[test]
fn a_kept_file_counts_as_own_only_for_somebody_who_has_filled_in_the_form() {
    let app = app(&[1]);
    assert!(app.sends_own_answers());
    app.go_to_send_kept();
    assert!(!app.sends_own_answers());
    fill_in(app);
    assert!(app.sends_own_answers());
}

#[test]
fn a_worker_that_breaks_while_it_seals_fails_the_submission() {
    let app = sending(Source::Own);
    assert!(!app.on_worker_broken(true));
    assert!(progress(app) == Progress::Failed(Failure::Seal));
}

#[test]
fn a_worker_that_could_not_be_loaded_is_waited_for() {
    let app = sending(Source::Own);
    assert!(app.on_worker_broken(false));
    assert!(progress(app) == Progress::Sending(0, Wait::Network));
    assert!(!app.submission.resumes());
}

#[test]
fn the_next_worker_goes_on_with_what_the_phone_keeps() {
    let app = sending(Source::Own);
    app.submission.is_kept.set(true);
    assert!(app.on_worker_broken(true));
    assert!(app.submission.resumes());
    assert!(progress(app) == Progress::Sending(0, Wait::Network));
}

#[test]
fn a_received_registration_stays_received_when_the_worker_breaks() {
    let app = sending(Source::Own);
    app.on_received();
    assert!(app.on_worker_broken(true));
    assert!(progress(app) == Progress::Received);
}

#[test]
fn a_worker_that_breaks_while_the_form_is_filled_in_is_only_started_again() {
    let app = sending(Source::Own);
    app.go(Step::Check);
    assert!(app.on_worker_broken(true));
    assert!(progress(app) == Progress::Sending(500, Wait::Nothing));
}

#[test]
fn a_draft_is_no_longer_saved_once_the_registration_is_received() {
    let app = sending(Source::Own);
    app.persistence.is_active.set(true);
    app.on_received();
    assert!(!app.persistence.is_active.get());
}

#[test]
fn whoever_came_to_send_a_kept_file_that_is_gone_begins_the_form() {
    let app = app(&[1]);
    app.go_to_send_kept();
    app.on_nothing_kept();
    assert!(!app.submission.resumes());
    assert!(app.is_at(&super::super::test_form::at("safety")));
}

#[test]
fn a_kept_file_that_was_revoked_is_gone_from_the_phone() {
    let app = sending(Source::Kept);
    app.on_failed(Failure::Refused);
    assert!(!app.submission.are_initial_gone.get_untracked());
    app.on_failed(Failure::Revoked);
    assert!(app.submission.are_initial_gone.get_untracked());
}

#[test]
fn answers_are_lost_with_the_page_until_they_are_kept_or_received() {
    let app = sending(Source::Own);
    assert!(app.would_lose_answers());
    app.submission.is_kept.set(true);
    assert!(!app.would_lose_answers());
    app.submission.is_kept.set(false);
    app.on_received();
    assert!(!app.would_lose_answers());
}
