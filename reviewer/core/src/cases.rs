//! All cases, one row each: found, filtered and put in order, without names.
//!
//! [`case`] makes a row of an opened registration; [`relate`] then joins updates and marks likely duplicates among all
//! rows, [`stand`] adds what reviewers wrote in their notebook; [`select`] filters and sorts; [`table`] and [`json`] write.

mod select;
mod table;
mod urgency;

use amanat_shared::answers::{Answer, Answers};
use amanat_shared::api::from_hex;
use amanat_shared::dates::Day;
use amanat_shared::form::{Form, Verdict};

use crate::answer_text::{self, Labels};
use crate::arrival_times::Received;
use crate::decrypt::OpenedAnswers;
use crate::duplicates::{self, Duplicates, Person};
use crate::forms::{self, Forms};
use crate::joined::{self, Claim, Joined, Links, Proof};
use crate::notebook::{Author, Notebook, Status};
use crate::search::SearchKeys;

pub use select::{Assigned, Filter, Sort, order, select};
pub use table::{PAGE, json, page, page_within, tier_words};
pub use urgency::{Threat, deadline_and_days, deadline_words};

/// Whether names are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// They are not.
    Hidden,
    /// The reviewer asked for them.
    Shown,
}

/// What a registration is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum RegistrationKind {
    /// The person's first.
    #[default]
    First,
    /// Changes or adds to an earlier one.
    Update,
    /// Asks that an earlier one be deleted.
    Deletion,
}

impl RegistrationKind {
    /// From the answers; who does not say so registers for the first time.
    pub fn of(answers: &Answers) -> Self {
        match answers.text("is_update") {
            Some("update") => Self::Update,
            Some("delete") => Self::Deletion,
            _ => Self::First,
        }
    }

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::First => "first registration",
            Self::Update => "update",
            Self::Deletion => "asks for deletion",
        }
    }
}

/// What reviewers made of a case so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// How far it is.
    pub status: Status,
    /// Whose it is.
    pub assigned: Option<Author>,
    /// When something was last written, in seconds since 1970.
    pub updated: Option<u64>,
    /// Notes.
    pub notes: usize,
    /// Whether it went to a partner.
    pub referred: bool,
    /// What two reviewers wrote without knowing of each other: see [`Work::conflicts`](crate::notebook::Work::conflicts).
    pub conflicts: Vec<String>,
}

/// One row of the list. Names and numbers in it are only for searching, unless [`Names::Shown`] was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The file's name without `.age`.
    pub file: String,
    /// The registration's identity: SHA-256 of the sealed file as the server keeps it, hex.
    pub sha256: String,
    /// What it is.
    pub kind: RegistrationKind,
    /// What triage found: by its own form, else by another version of it that is known here. `None` where neither is.
    pub verdict: Option<Verdict>,
    /// Whether exactly the form that was filled in is known here.
    pub form_known: bool,
    /// What threatens the person without a date.
    pub threat: Threat,
    /// What the person did, in the reviewer's language.
    pub role: String,
    /// The same as the form's choice; `None` where it is no choice of the form.
    pub role_key: Option<String>,
    /// Where the person is, in the reviewer's language.
    pub country: String,
    /// The same as the form's choice (ISO 3166 in the Afghan form); `None` where it is no choice of the form.
    pub country_key: Option<String>,
    /// Children who are with the person.
    pub children: Option<i64>,
    /// When the server says that it came.
    pub received: Option<Received>,
    /// Only if asked for.
    pub name: Option<String>,
    /// What reviewers made of it.
    pub standing: Standing,
    /// The registrations that it belongs to, if it is an update or a request for deletion.
    pub earlier: Vec<Joined>,
    /// Updates and requests for deletion that belong to it, deletions first.
    pub later: Vec<Joined>,
    /// Whether it is proven that it belongs to an earlier registration, if it says so.
    pub proof: Proof,
    /// Registrations whose mailbox it names without a proof that it may.
    pub claims: Vec<Claim>,
    /// Registrations that name its mailbox without a proof that they may, deletions first.
    pub claimed_by: Vec<Claim>,
    /// The registration whose signed text this one only repeats: its SHA-256.
    pub repeats: Option<String>,
    /// What may be the same person's.
    pub duplicates: Duplicates,
    hidden: Hidden,
}

/// What rows are compared by; never shown.
#[derive(Clone, Default, PartialEq, Eq)]
struct Hidden {
    keys: SearchKeys,
    person: Person,
    links: Links,
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hidden(…)")
    }
}

impl Case {
    /// What stands before the rules of contact, if the person has sent something later that may change them.
    pub fn superseded(&self) -> Option<String> {
        let later = self.later.iter().map(|later| later.sha256.get(..12).unwrap_or_default()).collect::<Vec<_>>().join(", ");
        if self.later.iter().any(|later| later.kind == RegistrationKind::Deletion) {
            return Some(format!("A LATER FORM ASKS FOR DELETION ({later}). Read it first, and confirm it with the person."));
        }
        (!later.is_empty()).then(|| format!("A LATER FORM OF THIS PERSON MAY CHANGE ALL OF THIS ({later}). Read it first."))
    }

    /// What stands before everything else, if this is only somebody's word, or something sent again.
    pub fn doubt(&self) -> Option<String> {
        if let Some(first) = &self.repeats {
            let first = first.get(..12).unwrap_or_default();
            return Some(format!("THE SAME SIGNED TEXT AS {first}, SEALED AGAIN: it is no newer, and counts once. Read that one."));
        }
        (self.proof == Proof::Missing).then(|| {
            "SOMEBODY WHO KNOWS THE CASE SAYS THIS: no signature proves that it is the person. Ask the person by what you knew \
             before, and use no number and no channel that stands only here."
                .to_owned()
        })
    }

    /// All that is to be read before anything is done with it.
    pub fn warnings(&self) -> Vec<String> {
        [self.superseded(), self.doubt(), self.unproven()].into_iter().flatten().collect()
    }

    /// What others say of this case without a proof, for whoever is about to act on it.
    pub fn unproven(&self) -> Option<String> {
        let names = self.claimed_by.iter().map(|claim| claim.sha256.get(..12).unwrap_or_default()).collect::<Vec<_>>().join(", ");
        (!names.is_empty()).then(|| {
            format!("Somebody who knows the case sent more about it ({names}), and nothing proves that it is the person. It changes nothing here; ask the person.")
        })
    }

    /// The first twelve characters of the hash: how people name a case.
    pub fn reference(&self) -> &str {
        self.sha256.get(..12).unwrap_or(&self.sha256)
    }

    /// Whether a later registration asks that this one be deleted, and proves that it may; or this one asks it of another.
    pub fn deletion_asked(&self) -> bool {
        let asks = self.kind == RegistrationKind::Deletion && self.proof != Proof::Missing && self.repeats.is_none();
        asks || self.later.iter().any(|later| later.kind == RegistrationKind::Deletion)
    }

    /// What it is found by.
    pub fn keys(&self) -> &SearchKeys {
        &self.hidden.keys
    }

    pub(crate) fn person(&self) -> &Person {
        &self.hidden.person
    }

    pub(crate) fn links(&self) -> &Links {
        &self.hidden.links
    }
}

/// Behind the hash, how a file is called that a colleague has sealed anew, where another form of it is there already.
pub const RESEALED_SUFFIX: &str = "-resealed";

/// Where a registration was found: what is known of it from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file's name without `.age`.
    pub file: String,
    /// The registration's identity; see [`identity`].
    pub sha256: String,
    /// When the server says that it came.
    pub received: Option<Received>,
}

/// The identity that a file's name (without `.age`) tells: `pull` names each file by the hash under which the server keeps
/// it, and a file that was sealed anew keeps that name. `None` for other names: then it is the hash of the bytes.
pub fn identity(file: &str) -> Option<&str> {
    from_hex::<32>(file).map(|_| file)
}

/// What making a row needs to know.
#[derive(Clone, Copy)]
pub struct RowContext<'a> {
    /// Known forms.
    pub forms: &'a Forms,
    /// The language of the labels.
    pub language: &'a str,
    /// Whether to take names out of the files at all.
    pub names: Names,
    /// Today in Kabul.
    pub today: Day,
}

/// The row of a registration.
pub fn case(source: Source, read: &OpenedAnswers, desk: RowContext<'_>) -> Case {
    let registration = &read.registration;
    let answers = &registration.answers;
    let children = match answers.get("children_count") {
        Some(Answer::Integer(children)) => Some(*children),
        _ => None,
    };
    let mut case = Case {
        file: source.file,
        sha256: source.sha256,
        kind: RegistrationKind::of(answers),
        verdict: None,
        form_known: false,
        threat: Threat::of(answers),
        role: "form not known".to_owned(),
        role_key: None,
        country: "-".to_owned(),
        country_key: None,
        children,
        received: source.received,
        name: None,
        standing: Standing::default(),
        earlier: Vec::new(),
        later: Vec::new(),
        proof: Proof::Given,
        claims: Vec::new(),
        claimed_by: Vec::new(),
        repeats: None,
        duplicates: Duplicates::default(),
        hidden: Hidden {
            keys: SearchKeys::new(answers),
            person: Person::new(answers),
            links: Links::new(registration, read.proven),
        },
    };
    let known = desk.forms.get(&registration.form);
    let Some(form) = known.or_else(|| desk.forms.another_version(&registration.form)) else { return case };
    case.form_known = known.is_some();
    let labels = Labels { form, language: forms::language(form, desk.language) };
    let label = |question: Option<&String>| {
        let question = question?;
        let line = if known.is_some() { shown(labels, form, answers, question) } else { unlabelled(answers, question) };
        // A column is no place for a novel.
        line.map(|line| if line.chars().count() > MOST_IN_COLUMN { "(long: see `show`)".to_owned() } else { line })
    };
    let key = |question: Option<&String>| question.and_then(|question| choice(form, answers, question));
    let mut verdict = form.triage(answers, desk.today);
    if known.is_none() {
        verdict.look(OTHER_VERSION);
    }
    case.verdict = Some(verdict);
    case.role = match label(form.summary.role.as_ref()) {
        Some(role) => role,
        None if case.kind == RegistrationKind::Deletion => "asks for deletion".to_owned(),
        None => "-".to_owned(),
    };
    case.role_key = key(form.summary.role.as_ref());
    case.country = label(form.summary.country.as_ref()).unwrap_or_else(|| "-".to_owned());
    case.country_key = key(form.summary.country.as_ref());
    case.name = match desk.names {
        Names::Hidden => None,
        Names::Shown => label(form.summary.name.as_ref()),
    };
    case
}

/// Why a case of a form that is not known here is never normal.
const OTHER_VERSION: &str = "Its version of the form is not known here: judged by another version's rules";
/// Characters that a column of the list shows.
const MOST_IN_COLUMN: usize = 40;

fn shown(labels: Labels<'_>, form: &Form, answers: &Answers, question: &str) -> Option<String> {
    let answer = answers.get(question)?;
    labels.answer_in_line(form.question(question)?, answer, answers)
}

/// An answer without its form's label, with the mark that says so.
fn unlabelled(answers: &Answers, question: &str) -> Option<String> {
    let line = answer_text::raw(answers.get(question)?).into_iter().next()?;
    Some(format!("{line} (no label)"))
}

/// The answer, if it is one of the form's choices: nothing that a sender made up.
fn choice(form: &Form, answers: &Answers, question: &str) -> Option<String> {
    let question = form.question(question)?;
    let given = answers.text(&question.name)?;
    let deciding = question.choices_by.as_ref().and_then(|by| answers.text(&by.question));
    let choices = form.choices(question, deciding)?;
    choices.iter().any(|choice| choice.name == given).then(|| given.to_owned())
}

/// Keeps one file of each registration: two rows of one person would each pass for the other's duplicate. Gives back the names
/// of the others. The file that is named by the registration's identity stays.
pub fn dedupe(cases: &mut Vec<Case>) -> Vec<String> {
    let is_named = |case: &Case| identity(&case.file) == Some(case.sha256.as_str());
    cases.sort_by(|one, other| (&one.sha256, !is_named(one), &one.file).cmp(&(&other.sha256, !is_named(other), &other.file)));
    let mut copies = Vec::new();
    cases.dedup_by(|later, first| {
        let same = later.sha256 == first.sha256;
        // A colleague's new form of it is no news.
        if same && !later.file.ends_with(RESEALED_SUFFIX) {
            copies.push(later.file.clone());
        }
        same
    });
    copies
}

/// Joins updates to their earlier registrations and marks likely duplicates, among all of them.
pub fn link_cases(cases: &mut [Case]) {
    let threads = joined::join(cases);
    duplicates::mark(cases, &threads);
}

/// Adds what reviewers wrote.
pub fn apply_notebook(cases: &mut [Case], notebook: &Notebook) {
    let referred = notebook.referred();
    for case in cases {
        let standing = notebook.work(&case.sha256).map_or_else(Standing::default, |work| Standing {
            status: work.status(),
            assigned: work.assigned().cloned(),
            updated: work.updated(),
            notes: work.notes.len(),
            referred: false,
            conflicts: work.conflicts(),
        });
        case.standing = Standing { referred: referred.contains(case.sha256.as_str()), ..standing };
    }
}

#[cfg(test)]
pub(crate) mod tests;
