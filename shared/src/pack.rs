//! The signed pack: the form, and the keys it may be sealed to.
//!
//! `pack.json` is signed with minisign keys (Ed25519, prehashed) that stay offline. The public halves, the roots, are
//! compiled into the program; a build without them is a demo build, which takes a root at run time and accepts only packs
//! marked `demo`, while a build with roots accepts none of those.

mod json;
mod minisign;
/// The build script's reader. This module includes it for its tests only.
#[cfg(test)]
#[path = "../build/roots.rs"]
mod roots_file;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use self::minisign::{PublicKey, Signature};
use crate::codec::json::{Value, parse, read};
use crate::dates::Day;
use crate::envelope::RecipientKind;
use crate::form::{Form, sha256_of};
use crate::seal::{RecipientError, Recipients, look_at};

include!(concat!(env!("OUT_DIR"), "/roots.rs"));

/// Longest time between `issued` and `expires`, in days.
pub const MAX_VALID_DAYS: i64 = 30;
/// Most days by which `issued` may lie ahead of a phone's day. No server serves a pack before its first day, so a pack from
/// the future shows that the phone's clock is behind. A week forgives a slow clock, and a pack that was signed in advance and
/// leaked is good for a week longer at most. A clock that is further behind cannot tell a current pack from an old one either.
pub const CLOCK_BEHIND_DAYS: i64 = 7;
/// Days after `issued` during which the server still takes a file sealed to a pack.
pub const ACCEPTED_DAYS: i64 = 180;

/// The pack, as verified.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// Grows with every pack.
    pub serial: u64,
    /// First day of validity, ISO 8601.
    pub issued: String,
    /// Last day of validity, ISO 8601; at most 30 days after `issued`.
    pub expires: String,
    /// The address that people should see in their browser, e.g. `form.example.org`.
    pub site: String,
    /// The coalition's contact, in words that may be public.
    pub contact: String,
    /// The address to which "leave quickly" leads.
    pub exit_url: String,
    /// Open phases: 1, 2 or 3.
    pub phases: Vec<u8>,
    /// Limits on attachments.
    pub limits: Limits,
    /// Whom registrations are sealed to.
    pub recipients: Vec<Recipient>,
    /// The reviewers who may fetch sealed registrations.
    pub access_keys: Vec<AccessKey>,
    /// Serials of earlier packs that must no longer be sealed to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revoked: Vec<u64>,
    /// Only for trying out: pages carry a banner.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub demo: bool,
    /// The form.
    pub form: Form,
}

/// One reviewer's decryption key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipient {
    /// Who, in a word; public.
    pub name: String,
    /// `age1pq1…` or `age1…`.
    pub key: String,
}

/// One reviewer's access key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessKey {
    /// Who, in a word; public. The same word as the recipient's.
    pub name: String,
    /// Ed25519 public key, 32 bytes, base64url without padding (as the `x` of RFC 8037).
    pub key: String,
}

/// Limits on attachments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Most files in one registration.
    pub files: u32,
    /// Most bytes of one file.
    pub file_bytes: u64,
    /// Most bytes of all files together.
    pub total_bytes: u64,
}

/// Whose signatures count, and how many are needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roots {
    /// Good signatures by distinct keys that a pack needs.
    pub threshold: usize,
    /// minisign public keys, base64, 56 characters each.
    pub keys: Vec<String>,
}

impl Roots {
    /// The roots compiled into this program; `None` in a demo build.
    pub fn compiled() -> Option<Self> {
        COMPILED.map(|(threshold, keys)| Self { threshold, keys: keys.iter().map(|&key| key.to_owned()).collect() })
    }
}

/// The day this program was built: no clock of a phone is trusted to be earlier.
pub const fn build_day() -> Day {
    Day(BUILD_DAY)
}

/// A pack as it travels: exactly the bytes that were signed, and the signature files' texts. This is what the server
/// injects into the page, as one JSON value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedPack {
    /// `pack.json`.
    pub pack: String,
    /// `pack.json.N.minisig`, in any order.
    pub signatures: Vec<String>,
    /// The root of a demo deployment; ignored by a program with compiled roots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demo_root: Option<Roots>,
}

/// The JSON of a [`SignedPack`] as the server puts it into the page: a JSON string literal.
pub fn json_of_literal(literal: &str) -> Result<String, PackError> {
    match parse(literal).map_err(PackError::Malformed)? {
        Value::Text(json) => Ok(json),
        _ => Err(PackError::Malformed("the page holds no pack".to_owned())),
    }
}

/// Why a pack is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// Not enough distinct roots have signed exactly these bytes.
    #[error("{good} good signatures by root keys, {needed} needed")]
    Signatures {
        /// Distinct root keys with a good signature.
        good: usize,
        /// The threshold.
        needed: usize,
    },
    /// The page stands on another host than the pack's site, which this names.
    #[error("the page is not on {0}")]
    Site(String),
    /// There is no root key to verify with.
    #[error("no root key to verify with")]
    NoRoot,
    /// Signed, but not a pack.
    #[error("not a pack: {0}")]
    Malformed(String),
    /// `expires` lies in the past.
    #[error("the pack expired on {0}")]
    Expired(String),
    /// `issued` lies more than [`CLOCK_BEHIND_DAYS`] in the future.
    #[error("the pack is issued only on {0}")]
    NotYetIssued(String),
    /// `expires` is more than 30 days after `issued`, or before it.
    #[error("a pack is valid for at most {MAX_VALID_DAYS} days: issued {issued}, expires {expires}")]
    Lifetime {
        /// As in the pack.
        issued: String,
        /// As in the pack.
        expires: String,
    },
    /// Nobody to seal to, a key that is none, or two kinds of key.
    #[error(transparent)]
    Recipients(#[from] RecipientError),
    /// A demo pack in a program with roots.
    #[error("a demo pack, and this program has real root keys")]
    Demo,
    /// A real pack in a program without roots.
    #[error("a real pack, and this program was built without root keys (make release ROOT=roots.toml)")]
    NotDemo,
}

impl SignedPack {
    /// Reads its JSON. Nothing of it is verified yet.
    pub fn from_json(json: &str) -> Result<Self, PackError> {
        read(json, json::signed_pack).map_err(PackError::Malformed)
    }

    /// The pack, if enough roots have signed it and it is valid on `today`: not after `expires`, and not more than
    /// [`CLOCK_BEHIND_DAYS`] before `issued`. The recipients' keys are only looked at from outside.
    ///
    /// With compiled roots only those count; without, only those that came with the pack, and only for a demo pack.
    pub fn verify(&self, today: Day) -> Result<Pack, PackError> {
        valid(self.verify_with_our_roots()?, today)
    }

    /// For the phone's page: the pack, without what is for reviewers or the server only, if it is valid on `today`. Its
    /// signatures are not verified here: the page's sealer does that ([`Self::trusted_by_the_phone`]) before anything is asked,
    /// so that the first screen is there sooner.
    pub fn read_for_the_phone(&self, today: Day) -> Result<Pack, PackError> {
        let pack = Pack::from_json_for_the_phone(&self.pack)?;
        match (COMPILED.is_some(), pack.demo) {
            (true, true) => return Err(PackError::Demo),
            (false, false) => return Err(PackError::NotDemo),
            _ => {}
        }
        pack.check()?;
        valid(pack, today)
    }

    /// For the phone's sealer: the keys to seal to, if enough roots have signed exactly these bytes.
    pub fn trusted_by_the_phone(&self) -> Result<Recipients, PackError> {
        let compiled = Roots::compiled();
        self.is_signed_by(compiled.as_ref().or(self.demo_root.as_ref()).ok_or(PackError::NoRoot)?)?;
        let pack = parse(&self.pack).map_err(PackError::Malformed)?;
        let recipients = if let Value::Object(members) = &pack { members.get("recipients") } else { None };
        let Some(Value::List(recipients)) = recipients else { return Err(RecipientError::None.into()) };
        let keys = recipients.iter().filter_map(|recipient| match recipient {
            Value::Object(members) => match members.get("key") {
                Some(Value::Text(key)) => Some(key.as_str()),
                _ => None,
            },
            _ => None,
        });
        Ok(Recipients::parse(keys)?)
    }

    /// As [`SignedPack::verify`], for a pack that may have expired: the server still takes what was sealed to it. Reads the
    /// recipients' keys too.
    pub fn verify_at_any_time(&self) -> Result<Pack, PackError> {
        let pack = self.verify_with_our_roots()?;
        pack.recipients()?;
        Ok(pack)
    }

    fn verify_with_our_roots(&self) -> Result<Pack, PackError> {
        match Roots::compiled() {
            Some(roots) => match self.verify_by(&roots)? {
                pack if pack.demo => Err(PackError::Demo),
                pack => Ok(pack),
            },
            None => match self.verify_by(self.demo_root.as_ref().ok_or(PackError::NoRoot)?)? {
                pack if pack.demo => Ok(pack),
                _ => Err(PackError::NotDemo),
            },
        }
    }

    /// Verifies with these roots, whatever is compiled in, and whether or not the pack is for trying out. Reads the
    /// recipients' keys too.
    pub fn verify_with(&self, roots: &Roots) -> Result<Pack, PackError> {
        let pack = self.verify_by(roots)?;
        pack.recipients()?;
        Ok(pack)
    }

    fn verify_by(&self, roots: &Roots) -> Result<Pack, PackError> {
        self.is_signed_by(roots)?;
        let pack = Pack::from_json(&self.pack)?;
        pack.check()?;
        Ok(pack)
    }

    fn is_signed_by(&self, roots: &Roots) -> Result<(), PackError> {
        let needed = roots.threshold.max(1);
        let signatures: Vec<Signature<'_>> = self.signatures.iter().filter_map(|text| Signature::parse(text)).collect();
        let mut good: Vec<PublicKey> = Vec::new();
        for key in roots.keys.iter().filter_map(|key| PublicKey::parse(key)) {
            // One key under two key ids is one holder, and counts once.
            if !good.iter().any(|counted| counted.is_same_key(&key))
                && signatures.iter().any(|signature| key.has_signed(self.pack.as_bytes(), signature))
            {
                good.push(key);
            }
        }
        if good.len() < needed {
            return Err(PackError::Signatures { good: good.len(), needed });
        }
        Ok(())
    }

    /// SHA-256 of `pack.json`.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.pack.as_bytes()).into()
    }

    /// The form's identity, [`Form::sha256`], from the pack's own JSON: it takes no writer of forms.
    ///
    /// They are the same if the form was written by this program, which leaves out what is not set.
    pub fn form_sha256(&self) -> Result<[u8; 32], PackError> {
        let pack = parse(&self.pack).map_err(PackError::Malformed)?;
        let form = if let Value::Object(members) = &pack { members.get("form") } else { None };
        form.and_then(sha256_of).ok_or_else(|| PackError::Malformed("`form` is missing or holds a fraction".to_owned()))
    }
}

impl Pack {
    /// Reads `pack.json`. Nothing of it is verified or checked yet.
    pub fn from_json(json: &str) -> Result<Self, PackError> {
        serde_json::from_str(json).map_err(|error| PackError::Malformed(error.to_string()))
    }

    /// As [`Pack::from_json`], but for [`Form::triage`], [`Form::policy`], [`Form::summary`], [`Pack::access_keys`] and
    /// [`Pack::revoked`], which stay unread and empty: serde's reader would be a large part of what a phone downloads.
    pub fn from_json_for_the_phone(json: &str) -> Result<Self, PackError> {
        read(json, json::pack).map_err(PackError::Malformed)
    }

    /// Checks what does not depend on the day or the roots. The recipients' keys are only looked at from outside:
    /// [`Pack::recipients`] reads them, which takes all of their arithmetic.
    pub fn check(&self) -> Result<(), PackError> {
        let (issued, expires) = self.days()?;
        if !(0..=MAX_VALID_DAYS).contains(&expires.days_since(issued)) {
            return Err(PackError::Lifetime { issued: self.issued.clone(), expires: self.expires.clone() });
        }
        if !self.phases.contains(&1) || self.phases.iter().any(|phase| !(1..=3).contains(phase)) {
            return Err(PackError::Malformed("`phases` holds 1, and of 2 and 3 those that are open".to_owned()));
        }
        look_at(self.keys())?;
        Ok(())
    }

    fn keys(&self) -> impl Iterator<Item = &str> + Clone {
        self.recipients.iter().map(|recipient| recipient.key.as_str())
    }

    /// Whom to seal to.
    pub fn recipients(&self) -> Result<Recipients, RecipientError> {
        Recipients::parse(self.keys())
    }

    /// The stanzas of a file that is sealed to this pack: their kind and number.
    pub fn shape(&self) -> Result<(RecipientKind, usize), RecipientError> {
        self.recipients().map(|recipients| (recipients.kind(), recipients.len()))
    }

    /// `issued` and `expires` as days.
    fn days(&self) -> Result<(Day, Day), PackError> {
        Ok((self.issued_day()?, self.expires_day()?))
    }

    /// `issued` as a day.
    pub fn issued_day(&self) -> Result<Day, PackError> {
        day("`issued` is no day: ", &self.issued)
    }

    /// `expires` as a day.
    pub fn expires_day(&self) -> Result<Day, PackError> {
        day("`expires` is no day: ", &self.expires)
    }
}

fn valid(pack: Pack, today: Day) -> Result<Pack, PackError> {
    let (issued, expires) = pack.days()?;
    if today > expires {
        return Err(PackError::Expired(pack.expires));
    }
    if issued.days_since(today) > CLOCK_BEHIND_DAYS {
        return Err(PackError::NotYetIssued(pack.issued));
    }
    Ok(pack)
}

fn day(complaint: &str, text: &str) -> Result<Day, PackError> {
    Day::from_iso(text).ok_or_else(|| PackError::Malformed([complaint, text].concat()))
}
