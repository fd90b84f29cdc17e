//! The rules that a reviewer reads first: how this person may safely be contacted, and what may be shared.
//!
//! A missing answer counts as the careful one.

use amanat_shared::answers::Answers;

use crate::afghan_form::{
    AfghanForm, Channel, FamilyAgrees, LeaveMessage, PhoneSharedWith, PhoneWatched, RegistrationKind, SayWho, ShareWith,
    SharingAnswer,
};
use crate::safe_text;

/// The channels that are safe, in words: neither calls nor SMS over a phone that may be watched.
pub fn safe_channels(answers: &Answers) -> Vec<&'static str> {
    let form = AfghanForm::new(answers);
    let watched = form.phone_watched() != PhoneWatched::No;
    let mut safe = Vec::new();
    for channel in form.channels() {
        let words = match channel {
            Channel::Signal => "Signal",
            Channel::WhatsApp => "WhatsApp",
            Channel::Telegram => "Telegram",
            Channel::Call if !watched => "a call",
            Channel::Sms if !watched => "SMS",
            Channel::Email => "email",
            Channel::TrustedPerson => "the trusted person",
            Channel::Call | Channel::Sms | Channel::None | Channel::Unknown => continue,
        };
        if !safe.contains(&words) {
            safe.push(words);
        }
    }
    safe
}

/// Rules of contact with this person, the strictest first.
pub fn contact(answers: &Answers) -> Vec<String> {
    let form = AfghanForm::new(answers);
    let mut rules = channel_rules(form, &safe_channels(answers).join(", "));
    let by_phone = form
        .channels()
        .iter()
        .any(|channel| matches!(channel, Channel::Call | Channel::Sms | Channel::WhatsApp | Channel::Signal | Channel::Telegram));
    rules.extend(phone_rules(form, by_phone));
    rules.extend(caller_rules(form, by_phone));
    if form.is_own_submission() == Some(false) {
        rules.push("Filled in by somebody else for this person.".to_owned());
    }
    if form.person_agrees() == Some(false) {
        rules.push("THE PERSON HAS NOT AGREED THEMSELVES.".to_owned());
    }
    if form.kind() == RegistrationKind::Deletion {
        rules.push(
            "THIS FORM ASKS FOR DELETION. Confirm it with the person themselves, since a code can be taken from them; then delete."
                .to_owned(),
        );
    }
    rules
}

/// Whether the person may be contacted at all, and over which channels.
fn channel_rules(form: AfghanForm<'_>, safe: &str) -> Vec<String> {
    let channels = form.channels();
    if channels.is_empty() {
        vec!["DO NOT CONTACT: no way of contact was given.".to_owned()]
    } else if channels.contains(&Channel::None) {
        vec!["DO NOT CONTACT. The person will contact us.".to_owned()]
    } else if form.phone_watched() == PhoneWatched::Yes {
        let wait = "WAIT: the person contacts us first, since the phone or SIM is watched or searched.".to_owned();
        let then =
            if safe.is_empty() { "There is no safe way to answer.".to_owned() } else { format!("Then answer only by: {safe}.") };
        vec![wait, then]
    } else if safe.is_empty() {
        vec!["DO NOT CONTACT: no safe way was given.".to_owned()]
    } else {
        vec![format!("You may use only: {safe}.")]
    }
}

/// Rules about the phone. `by_phone`: a channel of this person ends on a phone.
fn phone_rules(form: AfghanForm<'_>, by_phone: bool) -> Vec<String> {
    let watched = match form.phone_watched() {
        PhoneWatched::Yes => Some("NO CALL AND NO SMS."),
        PhoneWatched::NotSure => Some("NO CALL AND NO SMS: the person is not sure whether the phone is watched."),
        PhoneWatched::NotAnswered if by_phone => Some("NO CALL AND NO SMS: it is not answered whether the phone is watched."),
        PhoneWatched::No | PhoneWatched::NotAnswered => None,
    };
    let shared = match form.phone_shared_with() {
        Some(PhoneSharedWith::TrustedFamily) => Some("Trusted family may see or answer the phone."),
        Some(PhoneSharedWith::NotTheirPhone) => Some("IT IS NOT THEIR PHONE: somebody else may answer or read."),
        Some(PhoneSharedWith::Others) => Some("OTHERS MAY SEE OR ANSWER THE PHONE."),
        None if by_phone => Some("OTHERS MAY SEE OR ANSWER THE PHONE: it is not answered who else does."),
        Some(PhoneSharedWith::Nobody) | None => None,
    };
    let first = form.wants_message_first() && form.phone_watched() != PhoneWatched::Yes;
    let first = first.then_some("Write before you call, each time.");
    [watched, shared, first].into_iter().flatten().map(str::to_owned).collect()
}

/// Rules for callers: what they may say, and the words that both sides agreed on.
fn caller_rules(form: AfghanForm<'_>, by_phone: bool) -> Vec<String> {
    let message = match form.leave_message() {
        Some(LeaveMessage::Neutral) => Some("If nobody answers: only a neutral message that says nothing about us."),
        Some(LeaveMessage::No) => Some("If nobody answers, LEAVE NO MESSAGE."),
        None if by_phone => Some("If nobody answers, LEAVE NO MESSAGE: it is not answered whether we may."),
        Some(LeaveMessage::Yes) | None => None,
    };
    let who = match form.say_who() {
        Some(SayWho::AfterSafeWord) => Some("Say who we are only after the safe word."),
        Some(SayWho::No) => Some("DO NOT SAY WHO WE ARE. Give an ordinary reason."),
        None if by_phone => Some("DO NOT SAY WHO WE ARE: it is not answered whether we may. Give an ordinary reason."),
        Some(SayWho::Yes) | None => None,
    };
    let mut rules: Vec<String> = [message, who].into_iter().flatten().map(str::to_owned).collect();
    for (title, word) in [
        ("Before anything else WE say this safe word:", form.safe_word()),
        ("If THEY say this word, they are not free to speak:", form.danger_word()),
    ] {
        if let Some(word) = word {
            rules.push(title.to_owned());
            rules.extend(safe_text::lines(word).into_iter().map(|line| format!("  {line}")));
        }
    }
    rules
}

/// Rules of sharing, by kind of partner.
pub fn sharing(answers: &Answers) -> Vec<String> {
    let form = AfghanForm::new(answers);
    let mut rules = Vec::new();
    for (with, whom) in [
        (ShareWith::Associations, "an association of prosecutors, judges or lawyers, to check"),
        (ShareWith::Partners, "UNHCR or resettlement organisations"),
        (ShareWith::Governments, "a resettlement government"),
    ] {
        let rule = match form.may_share(with) {
            Some(SharingAnswer::Yes) => "May be shared with",
            Some(SharingAnswer::AskFirst) => "ASK FIRST, each time, before sharing with",
            Some(SharingAnswer::No) => "NEVER SHARE with",
            Some(SharingAnswer::Unknown) | None => "Not answered, so DO NOT SHARE with",
        };
        rules.push(format!("{rule} {whom}"));
    }
    if let Some(never) = form.never_share_with() {
        rules.push("NEVER SHARE with (in the person's own words):".to_owned());
        rules.extend(safe_text::lines(never).into_iter().map(|line| format!("  {line}")));
    }
    match form.family_agrees() {
        Some(FamilyAgrees::NotYet) => rules.push("The family has not agreed yet.".to_owned()),
        Some(FamilyAgrees::Unsafe) => rules.push("IT IS NOT SAFE TO TELL THE FAMILY.".to_owned()),
        Some(FamilyAgrees::Yes) | None => {}
    }
    rules.push(
        "Never with the Taliban, with the governments of Afghanistan, Pakistan or Iran, with media or other applicants.".to_owned(),
    );
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(json: &str) -> Answers {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_missing_answer_is_the_careful_one() {
        let rules = contact(&answers(r#"{"contact_channels":["call"]}"#)).join("\n");
        for rule in ["DO NOT CONTACT: no safe way", "NO CALL AND NO SMS", "OTHERS MAY", "LEAVE NO MESSAGE", "DO NOT SAY WHO"] {
            assert!(rules.contains(rule), "{rule} in {rules}");
        }
        assert!(contact(&Answers::default())[0].starts_with("DO NOT CONTACT"));
        assert!(sharing(&Answers::default()).iter().filter(|rule| rule.contains("DO NOT SHARE")).count() == 3);
    }

    #[test]
    fn a_watched_phone_is_waited_for_and_what_is_left_is_named() {
        let rules = contact(&answers(r#"{"contact_channels":["whatsapp","sms","call"],"phone_watched":"yes"}"#));
        assert!(
            rules[0].starts_with("WAIT") && rules[1] == "Then answer only by: WhatsApp." && rules[2] == "NO CALL AND NO SMS.",
            "{rules:?}"
        );
        let rules = contact(&answers(r#"{"contact_channels":["whatsapp","call"],"phone_watched":"not_sure"}"#));
        assert_eq!(rules[0], "You may use only: WhatsApp.");
        let rules = contact(&answers(r#"{"contact_channels":["call","email"],"phone_watched":"no"}"#));
        assert_eq!(rules[0], "You may use only: a call, email.");
    }

    #[test]
    fn a_safe_phone_has_no_warnings() {
        let rules = contact(&answers(
            r#"{"contact_channels":["signal"],"phone_watched":"no","phone_shared":"only_me","safe_times":["any"],"leave_message":"yes","say_who":"yes","submitter":"self","is_update":"first"}"#,
        ));
        assert_eq!(rules, ["You may use only: Signal."]);
    }
}
