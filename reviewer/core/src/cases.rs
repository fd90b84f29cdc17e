//! All cases, one row each: found, filtered and put in order, without names.
//!
//! [`Case::new`] makes a row of an opened registration. [`CaseListBuilder`] makes the list: it drops second copies, joins
//! updates to their registrations, marks likely duplicates and says which files did not open. [`CaseList::apply_notebook`]
//! adds what reviewers wrote. [`select`] filters and sorts; [`page`] and [`json`] write.

mod duplicates;
mod links;
mod list;
mod row;
mod select;
mod table;
mod updates;
mod urgency;

use amanat_shared::form::Verdict;

use crate::afghan_form::RegistrationKind;
use crate::arrival_times::Received;
use crate::notebook::{Author, Status};
use crate::search::SearchKeys;

use duplicates::Person;
pub use duplicates::{Duplicate, Duplicates, MatchReason};
pub(crate) use links::Links;
pub use links::{Claim, Joined, Lacks, Proof};
pub use list::{CaseList, CaseListBuilder, apply_notebook};
pub use row::{RowContext, Source};
pub use select::{Assigned, Filter, Sort, order, select};
pub use table::{PAGE, json, page, page_within, tier_words};
pub use urgency::{Threat, deadline_and_days, deadline_words};

/// Whether names are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Names are not shown.
    Hidden,
    /// The reviewer asked for them.
    Shown,
}

/// The state of the reviewers' work on a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The status.
    pub status: Status,
    /// The reviewer to whom it is assigned.
    pub assigned: Option<Author>,
    /// The time of the last entry, in seconds since 1970.
    pub updated: Option<u64>,
    /// The number of notes.
    pub notes: usize,
    /// Whether it went to a partner.
    pub referred: bool,
    /// Conflicting entries of two reviewers; see [`Work::conflicts`](crate::notebook::Work::conflicts).
    pub conflicts: Vec<String>,
}

/// One row of the list. Names and numbers in it are only for searching, unless [`Names::Shown`] was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The file's name without `.age`.
    pub file: String,
    /// The registration's identity: SHA-256 of the sealed file as the server keeps it, hex.
    pub sha256: String,
    /// Its kind.
    pub kind: RegistrationKind,
    /// The verdict of triage by its own form, else by another known version of it. `None` where neither is known.
    pub verdict: Option<Verdict>,
    /// Whether exactly the form that was filled in is known here.
    pub form_known: bool,
    /// Threats that the person answered without a date.
    pub threat: Threat,
    /// The person's role, in the reviewer's language.
    pub role: String,
    /// The role as the form's choice; `None` where it is no choice of the form.
    pub role_key: Option<String>,
    /// The country where the person is, in the reviewer's language.
    pub country: String,
    /// The country as the form's choice (ISO 3166 in the Afghan form); `None` where it is no choice of the form.
    pub country_key: Option<String>,
    /// The number of children who are with the person.
    pub children: Option<i64>,
    /// The server's time of receipt.
    pub received: Option<Received>,
    /// The person's name, only if asked for.
    pub name: Option<String>,
    /// The state of the reviewers' work on it.
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
    /// Registrations that may be the same person's.
    pub duplicates: Duplicates,
    hidden: Hidden,
}

/// The keys by which rows are compared; never shown.
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
    /// The warning before the rules of contact, if the person has sent something later that may change them.
    pub fn superseded(&self) -> Option<String> {
        let later = self.later.iter().map(|later| later.sha256.get(..12).unwrap_or_default()).collect::<Vec<_>>().join(", ");
        if self.later.iter().any(|later| later.kind == RegistrationKind::Deletion) {
            return Some(format!("A LATER FORM ASKS FOR DELETION ({later}). Read it first, and confirm it with the person."));
        }
        (!later.is_empty()).then(|| format!("A LATER FORM OF THIS PERSON MAY CHANGE ALL OF THIS ({later}). Read it first."))
    }

    /// The warning before everything else, if no signature proves the sender, or if the text was sent before.
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

    /// All warnings to read before anything is done with the case.
    pub fn warnings(&self) -> Vec<String> {
        [self.superseded(), self.doubt(), self.unproven()].into_iter().flatten().collect()
    }

    /// The warning that others sent something about this case without a proof.
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

    /// The keys by which a search finds it.
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

#[cfg(test)]
pub(crate) mod tests;
