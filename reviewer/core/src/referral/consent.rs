//! Whether a case may go to a partner at all: the person's own word decides, and silence is a no.

use amanat_shared::dates::{Day, PartialDate};

pub use super::exclusion::{ADULT_YEARS, Exclusion};
use super::never_share::{self, Likeness};
use super::partner::Named;
use super::superseding::{OthersSay, Superseding};
use crate::afghan_form::{AfghanForm, RegistrationKind, SharingAnswer};
use crate::decrypt::Opened;
pub use crate::notebook::{ASKED_DAYS, Asked};

/// The decision of the person's answers about a kind of partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentDecision {
    /// The case may go.
    Yes,
    /// It may go once the person was asked about this partner.
    AskFirst,
    /// It may go once the person was asked whether they mean this partner by the names that they never want to be told.
    Resembles,
    /// The case stays.
    Refused(Exclusion),
}

/// Decides by a registration, and by the others of the same person, whether it may go to this partner.
pub fn word(case: &Opened, partner: Named<'_>, today: Day, others: &Superseding) -> ConsentDecision {
    let kind = partner.kind;
    let form = AfghanForm::new(&case.registration.answers);
    let is = form.kind();
    if is == RegistrationKind::Deletion {
        return ConsentDecision::Refused(Exclusion::Deletion);
    }
    let said = others.say(case, kind);
    if let OthersSay::Refused(why) = said {
        return ConsentDecision::Refused(why);
    }
    let agrees = form.person_agrees();
    if agrees == Some(false) || form.is_own_submission() != Some(true) && agrees != Some(true) {
        return ConsentDecision::Refused(Exclusion::NotAgreed);
    }
    if form.birth_date().and_then(PartialDate::latest).is_some_and(|latest| today.years_since(latest) < ADULT_YEARS) {
        return ConsentDecision::Refused(Exclusion::Child);
    }
    let never = never_share::likeness(&others.never(case).unwrap_or_default(), partner.name);
    match form.may_share(kind.permission().share_with()) {
        Some(SharingAnswer::Yes | SharingAnswer::AskFirst) if never == Likeness::Named => {
            ConsentDecision::Refused(Exclusion::Named)
        }
        Some(SharingAnswer::Yes | SharingAnswer::AskFirst) if never == Likeness::Similar => ConsentDecision::Resembles,
        // A yes in the name of an earlier registration counts by itself only with the signature of that one's code.
        Some(SharingAnswer::Yes) if said == OthersSay::Nothing && (is == RegistrationKind::First || others.is_proven(case)) => {
            ConsentDecision::Yes
        }
        Some(SharingAnswer::Yes | SharingAnswer::AskFirst) => ConsentDecision::AskFirst,
        Some(SharingAnswer::No) => ConsentDecision::Refused(Exclusion::No),
        _ => ConsentDecision::Refused(Exclusion::NotAnswered),
    }
}
