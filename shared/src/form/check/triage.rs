//! Checks the sentences beside the triage rules, which reviewers read, and the policy table.

use super::texts::is_hidden;
use super::{At, Checker, Scope};
use crate::form::{Condition, QuestionType};

/// Longest sentence in characters: it stands in a line of the list.
const SENTENCE_CHARS: usize = 120;

impl Checker<'_> {
    pub(super) fn triage(&mut self) {
        let form = self.form;
        for (index, rule) in form.triage.iter().enumerate() {
            self.sentence(&At::root("triage").index(index).key("why"), &rule.why);
        }
        let scope = Scope::of_form(form);
        for (index, row) in form.policy.iter().enumerate() {
            let at = At::root("policy").index(index);
            if let Some((_, found)) = self.exists(&at.key("question"), &scope, &row.question, &[QuestionType::SelectOne]) {
                self.offers(&at.key("choice"), found.question, &row.choice);
                if !form.triage.iter().any(|rule| asks(&rule.when, &row.question)) {
                    self.say(&at.key("question"), format!("no rule asks `void_by_policy` of \"{}\"", row.question));
                }
            }
            if form.policy[..index].iter().any(|other| other.question == row.question && other.choice == row.choice) {
                self.say(&at.key("choice"), format!("there is more than one row for \"{}\" of \"{}\"", row.choice, row.question));
            }
            self.sentence(&at.key("source"), &row.source);
        }
    }

    /// One line in English.
    fn sentence(&mut self, at: &At, text: &str) {
        if text.trim().is_empty() {
            self.say(at, "this text is empty");
        } else if text.trim() != text {
            self.say(at, "starts or ends with a space");
        } else if text.chars().count() > SENTENCE_CHARS {
            self.say(at, format!("is longer than {SENTENCE_CHARS} characters"));
        }
        if let Some(hidden) = text.chars().find(|c| is_hidden(*c)) {
            self.say(at, format!("has an invisible character, U+{:04X}", u32::from(hidden)));
        }
    }
}

/// Whether a condition asks the policy table about this question.
fn asks(condition: &Condition, question: &str) -> bool {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().any(|part| asks(part, question)),
        Condition::Not(part) => asks(part, question),
        Condition::VoidByPolicy(asked) => asked == question,
        _ => false,
    }
}
