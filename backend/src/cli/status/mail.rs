//! The mail section of `amanat status`.

use amanat_backend::clock::minute_text;
use amanat_backend::config::Schedule;
use amanat_backend::store::MailState;

/// A mail that has been due for this long should have gone out.
const OVERDUE_SECS: i64 = 600;

/// The mail settings of the configuration.
pub struct MailConfig {
    /// The times at which mail goes out.
    pub schedule: Schedule,
    /// The names of the reviewers who get mail.
    pub reviewers: Vec<String>,
}

/// Returns the section's lines. A demo has no configuration.
pub fn lines(waiting: &[(String, u64)], states: &[MailState], configured: Option<&MailConfig>, now: i64) -> Vec<String> {
    let gone = |name: &str| configured.is_some_and(|configured| !configured.reviewers.iter().any(|reviewer| reviewer == name));
    let (lost, told): (Vec<_>, Vec<_>) = waiting.iter().partition(|(reviewer, _)| gone(reviewer));
    let told: Vec<String> = told.iter().map(|(reviewer, count)| format!("{count} to tell {reviewer}")).collect();
    let mut lines = vec![format!("mail waiting        {}", if told.is_empty() { "none".to_owned() } else { told.join(", ") })];
    for (reviewer, count) in lost {
        lines.push(format!("mail to nobody      {count} to tell {reviewer}, who is no [[reviewer]] in amanat.toml any more"));
    }
    let states: Vec<_> = states.iter().filter(|state| !gone(&state.reviewer)).collect();
    if let Some(MailConfig { schedule, .. }) = configured {
        lines.push(format!("next mail           {}", minute_text(schedule.next(now))));
        let slot = schedule.last(now);
        if now - slot >= OVERDUE_SECS && states.iter().any(|state| state.slot.is_none() && state.done < slot) {
            lines.push(format!("mail overdue        WARNING, since {}: does `amanat serve` run?", minute_text(slot)));
        }
    }
    lines.extend(states.into_iter().filter_map(failure));
    lines
}

fn failure(state: &MailState) -> Option<String> {
    let MailState { reviewer, code, failures, .. } = state;
    match state.slot {
        _ if code.is_empty() => None,
        Some(slot) if *failures > 0 => Some(format!(
            "mail failing        to {reviewer}, due {}: failed {}, last with {code}; next attempt {}; see `amanat mail-test`",
            minute_text(slot),
            if *failures == 1 { "once".to_owned() } else { format!("{failures} times") },
            minute_text(state.retry_at),
        )),
        _ => Some(format!("mail refused        to {reviewer}: {code}; tried again with the next mail; see `amanat mail-test`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-23 06:00:00.
    const SIX: i64 = 1_795_413_600;

    fn state(reviewer: &str) -> MailState {
        let (slot, failures, retry_at, held_until, code) = (None, 0, 0, 0, String::new());
        MailState { reviewer: reviewer.to_owned(), done: SIX, slot, failures, retry_at, held_until, code }
    }

    fn said(waiting: &[(&str, u64)], states: &[MailState], now: i64) -> String {
        let schedule = Schedule::at(["06:00", "18:30"].map(|time| time.parse().unwrap()).to_vec());
        let configured = MailConfig { schedule, reviewers: vec!["reviewer-1".to_owned(), "reviewer-2".to_owned()] };
        let waiting: Vec<_> = waiting.iter().map(|(reviewer, count)| ((*reviewer).to_owned(), *count)).collect();
        lines(&waiting, states, Some(&configured), now).join("\n")
    }

    #[test]
    fn two_lines_suffice_when_all_mail_goes_out() {
        let well = "mail waiting        none\nnext mail           2026-11-23T18:30Z";
        assert_eq!(said(&[], &[state("reviewer-1")], SIX + 3600), well);
        let waiting = said(&[("reviewer-1", 2), ("reviewer-2", 1)], &[], SIX + 3600);
        assert!(waiting.starts_with("mail waiting        2 to tell reviewer-1, 1 to tell reviewer-2\n"), "{waiting}");
    }

    #[test]
    fn a_failure_is_shown_until_a_mail_is_sent() {
        let failing =
            MailState { slot: Some(SIX), failures: 3, retry_at: SIX + 420, code: "smtp 451".to_owned(), ..state("reviewer-1") };
        let refused = MailState { code: "smtp 550".to_owned(), ..state("reviewer-2") };
        assert_eq!(
            said(&[], &[failing, refused.clone()], SIX + 200).lines().skip(2).collect::<Vec<_>>(),
            [
                "mail failing        to reviewer-1, due 2026-11-23T06:00Z: failed 3 times, last with smtp 451; next attempt 2026-11-23T06:07Z; see `amanat mail-test`",
                "mail refused        to reviewer-2: smtp 550; tried again with the next mail; see `amanat mail-test`",
            ]
        );
        let under_way = MailState { slot: Some(SIX), ..refused };
        assert!(said(&[], &[under_way], SIX).contains("mail refused        to reviewer-2"));
    }

    #[test]
    fn a_reviewer_who_gets_no_mail_any_more_is_shown() {
        let gone = MailState { code: "smtp 550".to_owned(), ..state("reviewer-9") };
        let text = said(&[("reviewer-9", 4)], &[gone], SIX);
        assert!(text.starts_with("mail waiting        none\n") && !text.contains("refused"), "{text}");
        assert!(
            text.contains("mail to nobody      4 to tell reviewer-9, who is no [[reviewer]] in amanat.toml any more"),
            "{text}"
        );
    }

    #[test]
    fn a_missed_slot_causes_a_warning() {
        let yesterday = MailState { done: SIX - 3600, ..state("reviewer-1") };
        assert!(!said(&[], std::slice::from_ref(&yesterday), SIX + OVERDUE_SECS - 1).contains("WARNING"));
        let text = said(&[], &[yesterday], SIX + OVERDUE_SECS);
        assert!(text.contains("mail overdue        WARNING, since 2026-11-23T06:00Z: does `amanat serve` run?"), "{text}");
    }
}
