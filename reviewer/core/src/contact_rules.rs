//! What a reviewer must know before anything else: how this person may safely be contacted, and what may be shared.
//!
//! The rules are read from the answers by the keys of the Afghan form, which other forms do well to keep. Where an
//! answer is missing, the careful one is taken.

use amanat_shared::answers::Answer;
use amanat_shared::answers::Answers;

use crate::safe_text;

/// Section of the form with the questions on contact.
pub const CONTACT_SECTION: &str = "s_contact";
/// Section of the form with the person's permissions.
pub const PERMISSION_SECTION: &str = "s_perm";

/// The ways of contact that are left, in words: over a phone that may be watched neither calls nor SMS.
pub fn ways(answers: &Answers) -> Vec<&'static str> {
    let Some(Answer::Many(channels)) = answers.get("contact_channels") else { return Vec::new() };
    let watched = answers.text("phone_watched") != Some("no");
    let mut ways = Vec::new();
    for channel in channels {
        let way = match channel.as_str() {
            "signal" => "Signal",
            "whatsapp" => "WhatsApp",
            "telegram" => "Telegram",
            "call" if !watched => "a call",
            "sms" if !watched => "SMS",
            "email" => "email",
            "trusted" => "the trusted person",
            _ => continue,
        };
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    ways
}

/// How this person may be contacted, what is allowed first.
pub fn contact(answers: &Answers) -> Vec<String> {
    let mut rules = Vec::new();
    let mut say = |rule: &str| rules.push(rule.to_owned());
    let choice = |question: &str| answers.text(question);
    let channels: &[String] = match answers.get("contact_channels") {
        Some(Answer::Many(channels)) => channels,
        _ => &[],
    };
    let uses = |wanted: &[&str]| channels.iter().any(|channel| wanted.contains(&channel.as_str()));

    let (watched, ways) = (choice("phone_watched"), ways(answers).join(", "));
    if channels.is_empty() {
        say("DO NOT CONTACT: no way of contact was given.");
    } else if uses(&["none"]) {
        say("DO NOT CONTACT. The person will contact us.");
    } else if watched == Some("yes") {
        say("WAIT: the person contacts us first, since the phone or SIM is watched or searched.");
        say(&if ways.is_empty() { "There is no safe way to answer.".to_owned() } else { format!("Then answer only by: {ways}.") });
    } else if ways.is_empty() {
        say("DO NOT CONTACT: no safe way was given.");
    } else {
        say(&format!("You may use only: {ways}."));
    }
    let by_phone = uses(&["call", "sms", "whatsapp", "signal", "telegram"]);
    match watched {
        Some("no") => {}
        Some("yes") => say("NO CALL AND NO SMS."),
        Some("not_sure") => say("NO CALL AND NO SMS: the person is not sure whether the phone is watched."),
        _ if by_phone => say("NO CALL AND NO SMS: it is not answered whether the phone is watched."),
        _ => {}
    }
    match choice("phone_shared") {
        Some("only_me") => {}
        Some("trusted_family") => say("Trusted family may see or answer the phone."),
        Some("not_mine") => say("IT IS NOT THEIR PHONE: somebody else may answer or read."),
        Some(_) => say("OTHERS MAY SEE OR ANSWER THE PHONE."),
        None if by_phone => say("OTHERS MAY SEE OR ANSWER THE PHONE: it is not answered who else does."),
        None => {}
    }
    let first = matches!(answers.get("safe_times"), Some(Answer::Many(times)) if times.iter().any(|time| time == "message_first"));
    if first && watched != Some("yes") {
        say("Write before you call, each time.");
    }
    match choice("leave_message") {
        Some("yes") => {}
        Some("neutral") => say("If nobody answers: only a neutral message that says nothing about us."),
        Some(_) => say("If nobody answers, LEAVE NO MESSAGE."),
        None if by_phone => say("If nobody answers, LEAVE NO MESSAGE: it is not answered whether we may."),
        None => {}
    }
    match choice("say_who") {
        Some("yes") => {}
        Some("after_word") => say("Say who we are only after the safe word."),
        Some(_) => say("DO NOT SAY WHO WE ARE. Give an ordinary reason."),
        None if by_phone => say("DO NOT SAY WHO WE ARE: it is not answered whether we may. Give an ordinary reason."),
        None => {}
    }
    if let Some(word) = choice("safe_word") {
        say("Before anything else WE say this safe word:");
        for line in safe_text::lines(word) {
            say(&format!("  {line}"));
        }
    }
    if let Some(word) = choice("danger_word") {
        say("If THEY say this word, they are not free to speak:");
        for line in safe_text::lines(word) {
            say(&format!("  {line}"));
        }
    }
    if choice("submitter").is_some_and(|submitter| submitter != "self") {
        say("Filled in by somebody else for this person.");
    }
    if choice("person_agrees").is_some_and(|agrees| agrees != "yes") {
        say("THE PERSON HAS NOT AGREED THEMSELVES.");
    }
    if choice("is_update") == Some("delete") {
        say(
            "THIS FORM ASKS FOR DELETION. Confirm it with the person themselves, since a code can be taken from them; then delete.",
        );
    }
    rules
}

/// What may be shared with whom.
pub fn sharing(answers: &Answers) -> Vec<String> {
    let mut rules = Vec::new();
    for (question, whom) in [
        ("share_verify", "an association of prosecutors, judges or lawyers, to check"),
        ("share_partners", "UNHCR or resettlement organisations"),
        ("share_govts", "a resettlement government"),
    ] {
        let rule = match answers.text(question) {
            Some("yes") => "May be shared with",
            Some("ask_first") => "ASK FIRST, each time, before sharing with",
            Some("no") => "NEVER SHARE with",
            _ => "Not answered, so DO NOT SHARE with",
        };
        rules.push(format!("{rule} {whom}"));
    }
    if let Some(never) = answers.text("share_never") {
        rules.push("NEVER SHARE with (in the person's own words):".to_owned());
        rules.extend(safe_text::lines(never).into_iter().map(|line| format!("  {line}")));
    }
    match answers.text("family_agrees") {
        Some("not_yet") => rules.push("The family has not agreed yet.".to_owned()),
        Some("unsafe") => rules.push("IT IS NOT SAFE TO TELL THE FAMILY.".to_owned()),
        _ => {}
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
