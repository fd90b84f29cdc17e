//! Links between registrations, and how far each is proven.

use amanat_shared::api::from_hex;
use amanat_shared::seal::{MailboxKey, Proven, Registration};

use crate::afghan_form::{AfghanForm, RegistrationKind};

/// A registration that another one belongs to, or that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The registration.
    pub sha256: String,
    /// Its kind.
    pub kind: RegistrationKind,
}

/// Another registration whose mailbox this one names, or that names this one's, without a proof that it may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The registration.
    pub sha256: String,
    /// Its kind.
    pub kind: RegistrationKind,
    /// The missing proof.
    pub lacks: Lacks,
}

/// The reason why a claim joins nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lacks {
    /// The one that names the mailbox has no signature that holds, or the one whose mailbox it is has no key.
    Signature,
    /// Both name one mailbox, with different keys: they were not sent with one code.
    Key,
}

impl Lacks {
    /// The missing proof in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Signature => "not proven",
            Self::Key => "the same mailbox with another key",
        }
    }
}

/// The proof that a registration belongs to an earlier one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Proof {
    /// It does not say that it belongs to one, or its signature holds under the key of that one's mailbox.
    #[default]
    Given,
    /// It is signed, and the registration that it belongs to is not here.
    Elsewhere,
    /// Somebody who knows the case says so, and nothing proves it.
    Missing,
}

/// The mailboxes and proofs that join a registration to others; never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Links {
    /// The mailbox that it names as its own.
    mailbox: Option<[u8; 16]>,
    /// The mailbox of the registration that it says it belongs to.
    prior: Option<[u8; 16]>,
    proven: Option<Proven>,
}

impl Links {
    pub(crate) fn new(registration: &Registration, proven: Option<Proven>) -> Self {
        let prior = AfghanForm::new(&registration.answers).prior_mailbox();
        // The signed mailbox and the one in the answer must be the same.
        let proven = proven.filter(|proven| proven.prior.is_none_or(|it| prior == Some(it.id)));
        Self { mailbox: from_hex(&registration.mailbox.id), prior, proven }
    }

    /// The mailbox that it names as its own.
    pub(crate) const fn mailbox(&self) -> Option<&[u8; 16]> {
        self.mailbox.as_ref()
    }

    /// The mailbox of the registration that it says it belongs to.
    pub(crate) const fn prior(&self) -> Option<&[u8; 16]> {
        self.prior.as_ref()
    }

    /// The mailbox whose code the sender knew.
    pub(crate) fn owns(&self) -> Option<MailboxKey> {
        self.proven.map(|proven| proven.mailbox)
    }

    /// The mailbox of an earlier registration whose code the sender knew.
    pub(crate) fn belongs_to(&self) -> Option<MailboxKey> {
        self.proven.and_then(|proven| proven.prior)
    }

    /// SHA-256 of what is signed.
    pub(crate) fn text(&self) -> Option<[u8; 32]> {
        self.proven.map(|proven| proven.text)
    }
}
