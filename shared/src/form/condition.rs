//! Conditions: structured values, never parsed expressions.

use serde::{Deserialize, Serialize};

use crate::answers::{Answer, Answers};

/// When a question, a page or a triage rule applies. A positive predicate on an unanswered question is false.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    /// Each holds.
    All(Vec<Condition>),
    /// At least one holds.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// A `select_one` is answered with this choice.
    Is {
        /// Question.
        question: String,
        /// Choice.
        choice: String,
    },
    /// A `select_one` is answered with one of these.
    IsAny {
        /// Question.
        question: String,
        /// Choices.
        choices: Vec<String>,
    },
    /// A `select_multiple`'s answer contains one of these.
    IncludesAny {
        /// Question.
        question: String,
        /// Choices.
        choices: Vec<String>,
    },
    /// There is an answer.
    Answered(String),
    /// An `integer` is greater than this.
    MoreThan {
        /// Question.
        question: String,
        /// Bound, exclusive.
        number: i64,
    },
    /// For triage only: a day that a `date` can mean lies in today+`from` ..= today+`to` (days).
    InDays {
        /// Question.
        question: String,
        /// First day, relative to today.
        #[serde(default = "i64_min", skip_serializing_if = "is_i64_min")]
        from: i64,
        /// Last day, relative to today.
        to: i64,
    },
    /// For triage only: a `date` was answered with something from which no day can be computed.
    DateUnknown(String),
    /// For triage only: a `select_one` is answered with a choice that the policy table calls void by now.
    VoidByPolicy(String),
}

const fn i64_min() -> i64 {
    i64::MIN
}

#[cfg_attr(target_pointer_width = "64", expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference"))]
const fn is_i64_min(value: &i64) -> bool {
    *value == i64::MIN
}

impl Condition {
    /// Whether it holds for these answers. What is for triage only, and needs to know the day, never does:
    /// [`Form::triage`](super::Form::triage) looks at it, and the phone has no code for it.
    pub fn holds(&self, answers: &Answers) -> bool {
        let one_of = |question: &str, wanted: &[String]| match answers.get(question) {
            Some(Answer::Text(choice)) => wanted.contains(choice),
            Some(Answer::Many(choices)) => choices.iter().any(|choice| wanted.contains(choice)),
            _ => false,
        };
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(answers)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(answers)),
            Self::Not(part) => !part.holds(answers),
            Self::Is { question, choice } => matches!(answers.get(question), Some(Answer::Text(given)) if given == choice),
            Self::IsAny { question, choices } | Self::IncludesAny { question, choices } => one_of(question, choices),
            Self::Answered(question) => answers.get(question).is_some(),
            Self::MoreThan { question, number } => matches!(answers.get(question), Some(Answer::Integer(given)) if given > number),
            Self::InDays { .. } | Self::DateUnknown(_) | Self::VoidByPolicy(_) => false,
        }
    }

    /// Every question it looks at, in no order.
    pub fn questions(&self) -> Vec<&str> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::questions).collect(),
            Self::Not(part) => part.questions(),
            Self::Is { question, .. }
            | Self::IsAny { question, .. }
            | Self::IncludesAny { question, .. }
            | Self::MoreThan { question, .. }
            | Self::InDays { question, .. }
            | Self::Answered(question)
            | Self::DateUnknown(question)
            | Self::VoidByPolicy(question) => vec![question],
        }
    }
}
