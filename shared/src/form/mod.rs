//! The form as data: its model, a subset of `XLSForm` under the same words.
//!
//! A form is written as TOML ([`load`] reads it and names file, line and key of what is wrong) and travels inside the
//! signed pack as JSON. Both are the same serde model, so that what was checked is what is shown. The phone reads the JSON
//! by hand, and of it only what it shows.

mod check;
mod condition;
pub(crate) mod json;
mod load;
#[cfg(test)]
mod shipped;
mod triage;

pub use check::{Problem, Step, check};
pub use condition::Condition;
pub use load::{LoadError, Located, load};
pub use triage::{Deadline, Doubt, Effect, Fired, JUST_PASSED_DAYS, NOT_KNOWN, Policy, Summary, Tier, TriageRule, Verdict};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::codec::json::{Value, canonical, parse};
use crate::codec::sorted_map::SortedMap;

/// The form that the project ships, as TOML.
pub const AFGHAN_JUSTICE: &str = include_str!("../../forms/afghan-justice.toml");

/// A text in every language of the form, by language tag (BCP 47: `fa-AF`, `ps`, `en`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(pub SortedMap<String>);

impl Text {
    /// The text in this language; empty when the form has none, which [`check`] refuses.
    pub fn get(&self, language: &str) -> &str {
        self.0.get(language).map_or("", String::as_str)
    }
}

/// A whole form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Stable name, e.g. `afghan-justice`.
    pub id: String,
    /// Changes with every published change.
    pub version: String,
    /// Language tags in the order in which they are offered.
    pub languages: Vec<String>,
    /// The form's title on its own pages: a neutral word.
    pub title: Text,
    /// Headings of groups of pages on the check-your-answers page, in order.
    pub sections: Vec<Section>,
    /// Choice lists by name.
    pub lists: SortedMap<Vec<Choice>>,
    /// Pages in order within each phase.
    pub pages: Vec<Page>,
    /// Rules that order the reviewers' queue; see [`Form::triage`]. Empty as the phone reads a form, which has no use for
    /// them, nor for the two members that follow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triage: Vec<TriageRule>,
    /// Choices that a decree has made void, whatever is written on the paper.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policy: Vec<Policy>,
    /// Which questions the reviewers' list shows.
    #[serde(default)]
    pub summary: Summary,
}

/// A heading on the check-your-answers page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// The name by which pages refer to it.
    pub name: String,
    /// Heading.
    pub label: Text,
}

/// One choice of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The value of the answer.
    pub name: String,
    /// The text that the person reads.
    pub label: Text,
}

/// One page: one question, or those that belong together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Unique name.
    pub name: String,
    /// 1 first contact, 2 more if the person likes, 3 on invitation. All pages of phase 1 come before those of 2.
    pub phase: u8,
    /// The section it is listed under.
    pub section: String,
    /// Heading, when the page holds more than one question (else the question's label is the heading).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// Shown only if this holds (and if any of its questions is relevant).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relevant: Option<Condition>,
    /// While this holds, none of its questions is required: somebody who adds one thing to an earlier registration
    /// need not answer the rest again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optional_if: Option<Condition>,
    /// The way ends here: nothing can be sent from this page on.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stop: bool,
    /// The questions, in order.
    pub questions: Vec<Question>,
}

/// The kinds of question, in `XLSForm`'s words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionType {
    /// Free text, one line or several.
    Text,
    /// A whole number.
    Integer,
    /// One of a list.
    SelectOne,
    /// Any of a list.
    SelectMultiple,
    /// A statement to tick.
    Acknowledge,
    /// A date in one of three calendars, as exact as the person knows it.
    Date,
    /// A telephone number in any habit of writing.
    Phone,
    /// Photos.
    Image,
    /// Photos or PDF files.
    File,
    /// Text to read; asks nothing.
    Note,
    /// Questions that form one answer.
    Group,
    /// A group that may be given several times.
    Repeat,
}

/// One question.
///
/// One flat struct, whose optional fields belong to some types only ([`check`] refuses the others).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Unique within the form (within its group, for a group's questions). The key of the answer.
    pub name: String,
    /// The kind of answer that it takes.
    pub r#type: QuestionType,
    /// The question. `{site}` in a note stands for the pack's site.
    pub label: Text,
    /// The answer's name in error texts ("Enter {field}"); the label where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Text>,
    /// Help under the label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<Text>,
    /// Must be answered when it is relevant.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// Asked only if this holds; an answer to an irrelevant question is dropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relevant: Option<Condition>,
    /// `select_one`, `select_multiple`: the choice list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// `select_one`: the list hangs on another question's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choices_by: Option<ChoicesBy>,
    /// Choices of the list that this question does not offer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
    /// `select_multiple`: choices that exclude every other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclusive: Vec<String>,
    /// `select_multiple`: pairs of choices that exclude each other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<[String; 2]>,
    /// `text`: several lines.
    #[serde(default, skip_serializing_if = "is_false")]
    pub multiline: bool,
    /// `text`: values that may be taken instead of typing (a choice list whose labels are offered).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestions: Option<String>,
    /// `date`: the calendar offered first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<crate::dates::Calendar>,
    /// `date`: precisions offered beside `day`, `month` and `year`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub precisions: Vec<crate::dates::Precision>,
    /// `phone`: the question whose answer (ISO 3166 country) helps to read a national number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The constraint on the answer.
    #[serde(default, skip_serializing_if = "Constraint::is_empty")]
    pub constraint: Constraint,
    /// `group`, `repeat`: its questions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Question>,
}

/// `choices_by = { question = "country_now", PK = "pk_area", else = "text" }`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChoicesBy {
    /// The question whose answer decides.
    pub question: String,
    /// The list for every other answer; `text` for free text.
    #[serde(rename = "else")]
    pub otherwise: String,
    /// Choice of that question → list.
    #[serde(flatten)]
    pub lists: SortedMap<String>,
}

/// A constraint on an answer. Every part is optional.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constraint {
    /// `text`: how it must be written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// `text`: fewest characters (Unicode scalar values) once cleaned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_chars: Option<usize>,
    /// `text`: most characters (Unicode scalar values) once cleaned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_chars: Option<usize>,
    /// `integer`: smallest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// `integer`: largest. `repeat`, `image`, `file`: most items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    /// `date`: must not be after today.
    #[serde(default, skip_serializing_if = "is_false")]
    pub past: bool,
    /// `date`: must not be before this other question's date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
    /// `date`: a birth date; age in whole years today must lie in `[min, max]`, and under `warn_under` warns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<Age>,
    /// `text`: must differ (by match key) from this question's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differs_from: Option<String>,
    /// `text`: warn if equal (by match key, or by digits for a phone) to one of these questions' answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warn_if_same_as: Vec<String>,
    /// `acknowledge` or `select_one` in a group: the group is accepted only with this choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub must_be: Option<String>,
}

impl Constraint {
    /// Nothing is demanded.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Bounds of an age in whole years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Age {
    /// Youngest accepted.
    pub min: i32,
    /// Oldest accepted.
    pub max: i32,
    /// Younger than this is accepted with a warning.
    pub warn_under: i32,
}

/// The format that a text must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A person's name in Arabic or Latin letters, at least two of them, no digits. One word is valid.
    Name,
    /// Latin letters, space, `.`, `'`, `-`.
    NameLatin,
    /// One `@`, at most 254 bytes.
    Email,
    /// A receipt's 24 digits with a good check digit.
    Receipt,
    /// Electronic tazkira: 13 digits; warns only.
    Etazkira,
    /// 6–12 letters and digits, upper-cased; warns only.
    Passport,
    /// Digits of any of three scripts, kept as ASCII; may be empty.
    Digits,
}

impl Form {
    /// SHA-256 of the form's canonical JSON (members sorted by name, no space): the identity of exactly this form. The phone
    /// asks [`SignedPack::form_sha256`](crate::pack::SignedPack::form_sha256), which is the same of a form in a pack.
    ///
    /// # Panics
    /// Never: a form has string keys only, so it always serialises, and holds no fractions.
    pub fn sha256(&self) -> [u8; 32] {
        let json = serde_json::to_string(self).expect("a form has string keys only");
        parse(&json).ok().as_ref().and_then(sha256_of).expect("it is JSON, and a form holds no fractions")
    }

    /// Pages of the open phases, phase by phase, in the form's order.
    pub fn pages_in<'a>(&'a self, phases: &'a [u8]) -> impl Iterator<Item = &'a Page> {
        (1..=3).filter(|phase| phases.contains(phase)).flat_map(|phase| self.pages.iter().filter(move |page| page.phase == phase))
    }

    /// The question of this name (not those inside groups).
    pub fn question(&self, name: &str) -> Option<&Question> {
        self.pages.iter().flat_map(|page| &page.questions).find(|question| question.name == name)
    }

    /// The choices that `question` offers, given the answer of the question it hangs on; `None` where it takes free text.
    pub fn choices<'a>(&'a self, question: &'a Question, deciding_answer: Option<&str>) -> Option<Vec<&'a Choice>> {
        let list = match (&question.list, &question.choices_by) {
            (Some(list), _) => list,
            (None, Some(by)) => deciding_answer.and_then(|answer| by.lists.get(answer)).unwrap_or(&by.otherwise),
            (None, None) => return None,
        };
        self.lists.get(list).map(|choices| choices.iter().filter(|choice| !question.except.contains(&choice.name)).collect())
    }
}

/// SHA-256 of a form's canonical JSON; `None` if there is a fraction in it.
pub(crate) fn sha256_of(form: &Value) -> Option<[u8; 32]> {
    let mut json = Vec::new();
    canonical(form, &mut json)?;
    Some(Sha256::digest(json).into())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(value: &bool) -> bool {
    !value
}
