//! Reasons why a case stays out of a referral.

/// Below this age somebody is a child.
pub const ADULT_YEARS: i32 = 18;

/// The reason why a case stays out, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Exclusion {
    /// The file is a request for deletion, or there is one for it.
    #[error("the person asks for deletion: confirm it, then delete; nothing of it may be shared")]
    Deletion,
    /// Another person filled it in, and the person concerned has not agreed.
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
    /// The file was given twice.
    #[error("it was given twice")]
    Twice,
}
