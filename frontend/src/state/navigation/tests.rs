use amanat_shared::validate::FaultCode;

use super::super::AppState;
use super::super::test_form::{app, at, enter, fill_in};
use super::{Distrust, Step};

fn present(app: AppState) -> Step {
    app.navigation.step.get_untracked()
}

/// Presses "continue" on the form's page that is shown.
fn press_continue(app: AppState) {
    let Step::Page(name) = present(app) else { panic!("{:?} is no page of the form", present(app)) };
    app.next(app.page(&name).expect("it is shown"));
}

#[test]
fn continue_leads_through_the_pages_to_the_check_page() {
    let app = app(&[1]);
    fill_in(app);
    app.go_to_first_page();
    for page in ["safety", "consent", "person", "place"] {
        assert_eq!(present(app), at(page));
        press_continue(app);
    }
    assert_eq!(present(app), Step::Check);
}

#[test]
fn back_leads_through_the_pages_to_the_choice_of_a_language() {
    let app = app(&[1]);
    fill_in(app);
    app.go(Step::Check);
    for page in ["place", "person", "consent", "safety"] {
        app.back();
        assert_eq!(present(app), at(page));
    }
    app.back();
    assert_eq!(present(app), Step::Language);
}

#[test]
fn a_fault_keeps_the_person_on_the_page_and_is_shown_there() {
    let app = app(&[1]);
    app.go(at("consent"));
    press_continue(app);
    assert_eq!(present(app), at("consent"));
    let faults = app.navigation.page_faults.get_untracked();
    assert_eq!(faults.len(), 1);
    assert_eq!((&*faults[0].path, faults[0].code), ("agrees", FaultCode::ChooseOne));
    // Another page shows none of it.
    app.go(at("person"));
    assert!(app.navigation.page_faults.get_untracked().is_empty());
}

#[test]
fn no_page_is_left_while_a_file_is_read() {
    let app = app(&[1]);
    fill_in(app);
    app.go(at("person"));
    app.attachments.is_reading.set(true);
    press_continue(app);
    app.back();
    assert_eq!(present(app), at("person"));
}

#[test]
fn a_form_that_stops_can_be_neither_checked_nor_sent() {
    let app = app(&[1, 2]);
    enter(app, "agrees", "no");
    app.go(at("consent"));
    press_continue(app);
    assert_eq!(present(app), at("stop"));
    app.go_to_receipt();
    assert_eq!(present(app), at("stop"));
}

#[test]
fn the_check_page_is_not_reached_past_a_fault() {
    let app = app(&[1]);
    enter(app, "agrees", "yes");
    app.go_to_check(&app.form.validation.get_untracked());
    assert_eq!(present(app), at("person"));
    assert_eq!(app.navigation.page_faults.get_untracked().len(), 1);
    // Mended, "continue" leads on to the check page, not through the pages behind it.
    enter(app, "name", "Zarghuna");
    press_continue(app);
    assert_eq!(present(app), Step::Check);
}

#[test]
fn a_changed_answer_leads_back_to_the_check_page() {
    let app = app(&[1]);
    fill_in(app);
    app.go(Step::Check);
    let consent = app.page("consent").expect("the form has it");
    app.go_to_change(consent);
    app.back();
    assert_eq!(present(app), Step::Check);
    app.go_to_change(consent);
    press_continue(app);
    assert_eq!(present(app), Step::Check);
    // From then on "back" is the page before, as ever.
    app.back();
    assert_eq!(present(app), at("place"));
}

#[test]
fn the_code_is_shown_only_for_answers_that_may_be_sent() {
    let app = app(&[1]);
    app.go_to_receipt();
    assert_eq!(present(app), at("consent"));
    fill_in(app);
    app.go_to_receipt();
    assert_eq!(present(app), Step::Receipt);
    app.back();
    assert_eq!(present(app), Step::Check);
}

#[test]
fn further_phases_are_offered_after_the_first_and_opened_on_request() {
    let app = app(&[1, 2]);
    fill_in(app);
    app.go(at("place"));
    press_continue(app);
    assert_eq!(present(app), Step::NextPhase);
    app.back();
    assert_eq!(present(app), at("place"));
    app.open_next_phases();
    assert_eq!(present(app), at("work"));
    app.back();
    assert_eq!(present(app), Step::NextPhase);
    app.go(at("work"));
    press_continue(app);
    assert_eq!(present(app), Step::Check);
    app.back();
    assert_eq!(present(app), at("work"));
}

#[test]
fn back_from_the_check_page_offers_the_further_phases_that_are_not_open() {
    let app = app(&[1, 2]);
    fill_in(app);
    app.go(Step::Check);
    app.back();
    assert_eq!(present(app), Step::NextPhase);
}

#[test]
fn further_phases_are_not_offered_where_the_form_stops() {
    let app = app(&[1, 2]);
    enter(app, "agrees", "no");
    app.go(at("stop"));
    press_continue(app);
    assert_eq!(present(app), at("stop"));
}

#[test]
fn saving_a_draft_leads_back_to_where_it_was_begun() {
    let app = app(&[1]);
    app.go(at("person"));
    app.go_to_save_draft();
    assert_eq!(present(app), Step::SaveDraft);
    assert_eq!(app.page_before_saving().as_deref(), Some("person"));
    app.back();
    assert_eq!(present(app), at("person"));
    app.go(Step::Check);
    app.go_to_save_draft();
    assert_eq!(app.page_before_saving(), None);
    app.back();
    assert_eq!(present(app), Step::Check);
}

#[test]
fn the_wait_for_the_worker_ends_at_the_page_that_was_wanted() {
    let app = app(&[1]);
    app.navigation.after_loading.replace(at("consent"));
    app.go(Step::Loading);
    app.finish_loading();
    assert_eq!(present(app), at("consent"));
    // A worker that is ready again leads nobody away.
    app.go(at("person"));
    app.finish_loading();
    assert_eq!(present(app), at("person"));
}

#[test]
fn back_does_nothing_where_nothing_is_behind() {
    let app = app(&[1]);
    for step in [Step::Language, Step::Sending, Step::Refused(Distrust::Signatures), Step::Left] {
        app.go(step.clone());
        app.back();
        assert_eq!(present(app), step);
    }
    for step in [Step::Resume, Step::Loading] {
        app.go(step);
        app.back();
        assert_eq!(present(app), at("safety"));
    }
}
