//! Answers that a form does not know: sealed under another version of it, or by another program.

use super::deadline::{DaysUntil, Doubt};
use crate::answers::{Answer, Answers};
use crate::dates::Day;
use crate::form::{Form, Question, QuestionType};

impl Form {
    /// Whether an answer cannot be judged by this form's rules: it answers no question of the form, or one that the rules look
    /// at with a choice that is gone, with another kind of answer, or with a date that cannot be right.
    pub(super) fn has_unknown(&self, answers: &Answers, today: Day) -> bool {
        let asked: Vec<&str> = self.triage.iter().flat_map(|rule| rule.when.questions()).collect();
        answers.0.iter().any(|(name, answer)| match self.question(name) {
            None => true,
            Some(question) if asked.contains(&name.as_str()) => !self.knows(question, answer, answers, today),
            Some(_) => false,
        })
    }

    fn knows(&self, question: &Question, answer: &Answer, all: &Answers, today: Day) -> bool {
        let offers = |name: &String| {
            let deciding = question.choices_by.as_ref().and_then(|by| all.text(&by.question));
            self.choices(question, deciding).is_none_or(|choices| choices.iter().any(|choice| choice.name == *name))
        };
        match (question.r#type, answer) {
            (QuestionType::SelectOne, Answer::Text(name)) => offers(name),
            (QuestionType::SelectMultiple, Answer::Many(names)) => names.iter().all(offers),
            (QuestionType::Date, Answer::Date(_)) => {
                DaysUntil::of(answer, today).is_none_or(|until| until.doubt != Some(Doubt::Unreadable))
            }
            (QuestionType::SelectOne | QuestionType::SelectMultiple | QuestionType::Date, _) => false,
            (QuestionType::Integer, answer) => matches!(answer, Answer::Integer(_)),
            _ => true,
        }
    }
}
