//! Whether a case may go to a partner at all: the person's own word decides, and silence is a no.

use amanat_shared::dates::{Day, PartialDate};
use serde::{Deserialize, Serialize};

use super::never_share::{self, Likeness};
use super::partner::Named;
use super::superseding::{OthersSay, Superseding};
use crate::afghan_form::{AfghanForm, RegistrationKind};
use crate::decrypt::Opened;

/// Below this age somebody is a child.
pub const ADULT_YEARS: i32 = 18;

/// Why a case stays out, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Exclusion {
    /// The file is a request for deletion, or there is one for it.
    #[error("the person asks for deletion: confirm it, then delete; nothing of it may be shared")]
    Deletion,
    /// Somebody else filled it in, and the person has not agreed.
    #[error("somebody else filled it in, and it does not say that the person agrees")]
    NotAgreed,
    /// Another registration of the person says no.
    #[error("an update of the same person does not say yes to this kind of partner: read it, and ask the person")]
    TakenBack,
    /// The person said no.
    #[error("the person said NO to sharing with this kind of partner")]
    No,
    /// The person named this partner.
    #[error("the person named this partner as NEVER to be told (their own words stand beside it)")]
    Named,
    /// The person named somebody like this partner.
    #[error(
        "the person named somebody like this partner as NEVER to be told (their own words stand beside it), and it was not confirmed that they were asked and said yes"
    )]
    Resembles,
    /// The person did not say yes.
    #[error("the person has not answered whether this kind of partner may be told, so it may not")]
    NotAnswered,
    /// The person wants to be asked, and it is not noted that they were.
    #[error("the person wants to be asked first each time, and it was not confirmed that they were asked and said yes")]
    AskFirst,
    /// The person is a child.
    #[error("the person is under {ADULT_YEARS}: a child's case goes to child protection by hand, not in a referral")]
    Child,
    /// The form is not known here.
    #[error("its form is not known here: give the pack that it came with (--pack)")]
    UnknownForm,
    /// The same file again.
    #[error("it was given twice")]
    Twice,
}

/// Who wants to be asked each time was asked within so many days.
pub const ASKED_DAYS: i64 = 30;

/// "Asked, and they said yes": what the operator confirms for one case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// SHA-256 of the case's sealed file, hex.
    pub case: String,
    /// The day on which the person said yes.
    pub on: Day,
    /// Who asked.
    pub by: String,
}

impl Asked {
    /// Whether a yes of that day counts today.
    pub fn counts(on: Day, today: Day) -> bool {
        (0..=ASKED_DAYS).contains(&today.days_since(on))
    }
}

/// What the person's answers say of a kind of partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentDecision {
    /// It may go.
    Yes,
    /// Only after the person was asked about this partner.
    AskFirst,
    /// Only after the person was asked whether they mean this partner by those whom they named as never to be told.
    Resembles,
    /// It stays.
    Refused(Exclusion),
}

/// The question whom the person never wants to be told.
pub const NEVER: &str = "share_never";

/// What a registration says of this partner, and what others of the same person say.
pub fn word(case: &Opened, partner: Named<'_>, today: Day, others: &Superseding) -> ConsentDecision {
    let kind = partner.kind;
    let answers = &case.registration.answers;
    let is = AfghanForm::new(answers).kind();
    if is == RegistrationKind::Deletion {
        return ConsentDecision::Refused(Exclusion::Deletion);
    }
    let said = others.say(case, kind);
    if let OthersSay::Refused(why) = said {
        return ConsentDecision::Refused(why);
    }
    let agrees = answers.text("person_agrees");
    if agrees.is_some_and(|agrees| agrees != "yes") || answers.text("submitter") != Some("self") && agrees != Some("yes") {
        return ConsentDecision::Refused(Exclusion::NotAgreed);
    }
    if answers.date("dob").and_then(PartialDate::latest).is_some_and(|latest| today.years_since(latest) < ADULT_YEARS) {
        return ConsentDecision::Refused(Exclusion::Child);
    }
    let never = never_share::likeness(&others.never(case).unwrap_or_default(), partner.name);
    match answers.text(kind.permission().question()) {
        Some("yes" | "ask_first") if never == Likeness::Named => ConsentDecision::Refused(Exclusion::Named),
        Some("yes" | "ask_first") if never == Likeness::Similar => ConsentDecision::Resembles,
        // A yes in the name of an earlier registration counts by itself only with the signature of that one's code.
        Some("yes") if said == OthersSay::Nothing && (is == RegistrationKind::First || others.is_proven(case)) => {
            ConsentDecision::Yes
        }
        Some("yes" | "ask_first") => ConsentDecision::AskFirst,
        Some("no") => ConsentDecision::Refused(Exclusion::No),
        _ => ConsentDecision::Refused(Exclusion::NotAnswered),
    }
}
