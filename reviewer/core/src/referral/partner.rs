//! The partner that a referral is for.

use std::fmt;

use amanat_shared::api;
use amanat_shared::seal::{ClassicRecipient, HybridRecipient};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::afghan_form::ShareWith;
pub use crate::notebook::PartnerKind;
use crate::text_file;

/// A permission of the person, by the question that asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// UNHCR and resettlement organisations.
    SharePartners,
    /// A resettlement government.
    ShareGovts,
    /// An association, to check who somebody is.
    ShareVerify,
}

impl Permission {
    /// The group of partners that the form asks about.
    pub const fn share_with(self) -> ShareWith {
        match self {
            Self::SharePartners => ShareWith::Partners,
            Self::ShareGovts => ShareWith::Governments,
            Self::ShareVerify => ShareWith::Associations,
        }
    }
}

impl PartnerKind {
    /// The permission that the person must have given.
    pub const fn permission(self) -> Permission {
        match self {
            Self::Partner => Permission::SharePartners,
            Self::Government => Permission::ShareGovts,
            Self::Association => Permission::ShareVerify,
        }
    }
}

/// A fault of a partner's key. The words quote nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum PartnerKeyError {
    /// It is a secret key.
    #[error("this is a secret key, which nobody but the partner may have")]
    #[diagnostic(help("Tell the partner to make a new one, and to send only the line that begins with age1."))]
    Secret,
    /// The text has no key, or not one that can be sealed to.
    #[error("this is no age key")]
    #[diagnostic(help("Give the partner's line that begins with age1pq1 or age1, or a file with only that line in it."))]
    None,
    /// Several.
    #[error("there is more than one key")]
    #[diagnostic(help("A referral is for one partner: give the one key, and make another referral for another."))]
    Several,
}

/// The partner's public key.
pub struct PartnerKey {
    text: String,
    recipient: Box<dyn age::Recipient + Send + Sync>,
}

impl PartnerKey {
    /// Reads `age1pq1…` or `age1…`: alone, or the one line of a file that is neither empty nor begins with `#`.
    pub fn parse(text: &str) -> Result<Self, PartnerKeyError> {
        if text.to_ascii_uppercase().contains("AGE-SECRET-KEY-") {
            return Err(PartnerKeyError::Secret);
        }
        let mut lines = text.lines().map(text_file::trimmed).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let (Some(line), None) = (lines.next(), lines.next()) else {
            return Err(if text.matches("age1").count() > 1 { PartnerKeyError::Several } else { PartnerKeyError::None });
        };
        let recipient: Box<dyn age::Recipient + Send + Sync> = if let Some(hybrid) = HybridRecipient::parse(line) {
            Box::new(hybrid)
        } else if let (Some(_), Ok(classic)) = (ClassicRecipient::parse(line), line.parse::<age::x25519::Recipient>()) {
            // Both, since only the first refuses points of low order.
            Box::new(classic)
        } else {
            return Err(PartnerKeyError::None);
        };
        Ok(Self { text: line.to_owned(), recipient })
    }

    /// Whether it withstands a quantum computer.
    pub fn is_post_quantum(&self) -> bool {
        self.text.starts_with("age1pq1")
    }

    /// Enough of a SHA-256 to compare by voice: 80 bits in groups of four digits.
    pub fn fingerprint(&self) -> String {
        let digest = Sha256::digest(&self.text);
        let groups: Vec<String> = digest[..10].chunks(2).map(api::hex).collect();
        groups.join(" ")
    }

    pub(super) fn recipient(&self) -> &dyn age::Recipient {
        &*self.recipient
    }
}

impl fmt::Debug for PartnerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PartnerKey({})", self.fingerprint())
    }
}

/// A partner's name and kind, without a key: enough to decide on consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named<'a> {
    /// The operator's name for it.
    pub name: &'a str,
    /// The kind of partner.
    pub kind: PartnerKind,
}

impl Partner {
    /// Its name and kind.
    pub fn as_named(&self) -> Named<'_> {
        Named { name: &self.name, kind: self.kind }
    }
}

/// The partner that a referral is for.
#[derive(Debug)]
pub struct Partner {
    /// The operator's name for it.
    pub name: String,
    /// The kind of partner.
    pub kind: PartnerKind,
    /// The key that the referral is sealed to.
    pub key: PartnerKey,
}
