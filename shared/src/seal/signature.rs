//! The signatures of a registration, which prove that whoever sent it knows the code of its mailbox, and of the mailbox whose
//! registration it updates.
//!
//! A mailbox's id is no secret: every reviewer who opens a registration reads it. So an update or a request for deletion is
//! believed only with an Ed25519 signature (RFC 8032) by the key that the earlier code derives. Both keys sign the same
//! bytes: [`CONTEXT`], then the canonical JSON of all members but the two signatures. A registration always has the signature
//! of its own mailbox, so nobody can name somebody else's mailbox as their own.

use std::collections::BTreeMap;

use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};

use super::FORMAT;
use crate::api::from_hex;
use crate::codec::json::{Value, canonical};

/// Begins every signed message, so that a signature means nothing elsewhere.
const CONTEXT: &[u8] = b"amanat registration signature, version 2\0";
/// The member with the signature by the key of the registration's own mailbox.
pub(super) const SIGNATURE: &str = "signature";
/// The member with the signature by the key of the mailbox that is updated.
pub(super) const PRIOR_SIGNATURE: &str = "prior_signature";

/// A mailbox by its id and the key that verifies its signatures. Two registrations with one id and different keys are not
/// from the same code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MailboxKey {
    /// 16 bytes that the code derives.
    pub id: [u8; 16],
    /// Ed25519 public key that the code derives.
    pub key: [u8; 32],
}

/// The facts that the signatures of a registration prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proven {
    /// SHA-256 of the signed message: the same text sent again has the same.
    pub text: [u8; 32],
    /// The sender knows the code of this mailbox, which is the registration's own.
    pub mailbox: MailboxKey,
    /// The sender knows the code of this mailbox too.
    pub prior: Option<MailboxKey>,
}

/// The message that is signed, for a `registration.json` without signatures. `None` if there is a fraction in it.
pub(super) fn text(unsigned: &Value) -> Option<Vec<u8>> {
    let mut message = CONTEXT.to_vec();
    canonical(unsigned, &mut message)?;
    Some(message)
}

/// The facts that the signatures of a `registration.json` prove; `None` unless it has format 2, is canonical JSON, and every
/// signature that it needs holds.
pub fn proven(json: &[u8]) -> Option<Proven> {
    // Not with the phone's parser: its sorted lists take a long time over many members in a hostile order.
    let mut members: BTreeMap<String, serde_json::Value> = serde_json::from_slice(json).ok()?;
    if members.get("format")?.as_u64() != Some(FORMAT.into()) {
        return None;
    }
    // Another reader must not see other members than those that are signed.
    if serde_json::to_vec(&members).ok()? != json {
        return None;
    }
    let mailbox = mailbox(members.get("mailbox")?)?;
    let prior = match members.get("prior") {
        Some(prior) => Some(self::mailbox(prior)?),
        None => None,
    };
    let signature = hexadecimal(&members.remove(SIGNATURE)?)?;
    let prior_signature = members.remove(PRIOR_SIGNATURE);
    let message = [CONTEXT, &serde_json::to_vec(&members).ok()?].concat();
    verify(&mailbox, &message, &signature)?;
    match (&prior, prior_signature) {
        (Some(prior), Some(signature)) => verify(prior, &message, &hexadecimal(&signature)?)?,
        (None, None) => {}
        _ => return None,
    }
    Some(Proven { text: Sha256::digest(&message).into(), mailbox, prior })
}

fn mailbox(value: &serde_json::Value) -> Option<MailboxKey> {
    Some(MailboxKey { id: hexadecimal(value.get("id")?)?, key: hexadecimal(value.get("key")?)? })
}

fn hexadecimal<const N: usize>(value: &serde_json::Value) -> Option<[u8; N]> {
    value.as_str().and_then(from_hex)
}

fn verify(mailbox: &MailboxKey, message: &[u8], signature: &[u8; 64]) -> Option<()> {
    let key = VerifyingKey::from_bytes(&mailbox.key).ok()?;
    // Strict: a key of small order would verify any message.
    key.verify_strict(message, &Signature::from_bytes(signature)).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::api::hex;
    use crate::receipt::Receipt;
    use crate::seal::finish;

    const UNFINISHED: &str = r#"{"answers":{"name":"x"},"attachments":[],"delete_proof":"","form":{},"format":2,"language":"en","mailbox":{},"pack":{}}"#;

    fn code(seed: u8) -> Receipt {
        Receipt::generate(|bytes| bytes.fill(seed))
    }

    fn update(own: u8, prior: u8) -> String {
        let prior = code(prior);
        let json = UNFINISHED.replace(r#""name":"x""#, &format!(r#""prior_ref":"{}""#, *prior.digits()));
        String::from_utf8(finish(&json, &code(own), &["prior_ref".to_owned()], &[3; 32]).unwrap()).unwrap()
    }

    fn first(own: u8) -> String {
        String::from_utf8(finish(UNFINISHED, &code(own), &[], &[3; 32]).unwrap()).unwrap()
    }

    fn key(seed: u8) -> MailboxKey {
        let derived = code(seed).derive();
        MailboxKey { id: derived.id, key: derived.verifying_key() }
    }

    #[test]
    fn a_registration_proves_its_own_mailbox_and_an_update_the_earlier_one_too() {
        let proven_first = proven(first(7).as_bytes()).unwrap();
        assert_eq!((proven_first.mailbox, proven_first.prior), (key(7), None));
        let proven_update = proven(update(8, 7).as_bytes()).unwrap();
        assert_eq!((proven_update.mailbox, proven_update.prior), (key(8), Some(key(7))));
        assert_ne!(proven_first.text, proven_update.text);
        let same_code = proven(update(7, 7).as_bytes()).unwrap();
        assert_eq!(same_code.prior, Some(same_code.mailbox));
    }

    #[test]
    fn a_stock_verifier_takes_the_signature_over_context_and_json() {
        // An independent program would do the same with another JSON library.
        let json: serde_json::Value = serde_json::from_str(&first(7)).unwrap();
        let mut rest = json.clone();
        rest.as_object_mut().unwrap().remove("signature");
        let message = [b"amanat registration signature, version 2\0", rest.to_string().as_bytes()].concat();
        let signature: [u8; 64] = from_hex(json["signature"].as_str().unwrap()).unwrap();
        let key: [u8; 32] = from_hex(json["mailbox"]["key"].as_str().unwrap()).unwrap();
        VerifyingKey::from_bytes(&key).unwrap().verify_strict(&message, &Signature::from_bytes(&signature)).unwrap();
    }

    #[test]
    fn whoever_knows_only_the_ids_and_the_public_keys_proves_nothing() {
        let (theirs, update) = (first(9), update(8, 7));
        let named = |seed: u8| format!(r#""id":"{}","key":"{}""#, hex(&key(seed).id), hex(&key(seed).key));
        // The stranger's own signature under the victim's mailbox.
        assert_eq!(proven(theirs.replace(&named(9), &named(7)).as_bytes()), None);
        // The victim's update with a word changed, and without the earlier code.
        assert!(proven(update.as_bytes()).is_some());
        assert_eq!(proven(update.replace("\"en\"", "\"ps\"").as_bytes()), None);
        for gone in ["signature", "prior_signature", "prior"] {
            let mut json: serde_json::Value = serde_json::from_str(&update).unwrap();
            json.as_object_mut().unwrap().remove(gone);
            assert_eq!(proven(json.to_string().as_bytes()), None, "{gone}");
        }
        // Another's signature by the prior key.
        let mut json: serde_json::Value = serde_json::from_str(&update).unwrap();
        json["prior_signature"] = json["signature"].clone();
        assert_eq!(proven(json.to_string().as_bytes()), None);
    }

    #[test]
    fn what_is_not_canonical_or_of_another_format_proves_nothing() {
        let json = first(7);
        for other in [
            json.replace("\"language\":\"en\"", "\"language\":\"ps\",\"language\":\"en\""),
            json.replace(',', ", "),
            format!("{json} "),
            json.replace("\"format\":2", "\"format\":1"),
            json.replace("\"format\":2", "\"format\":2.0"),
            String::new(),
            "[]".to_owned(),
            "{}".to_owned(),
        ] {
            assert_eq!(proven(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn many_members_in_a_hostile_order_take_no_long_time() {
        use std::fmt::Write;
        let mut json = "{\"format\":2,\"signature\":\"\"".to_owned();
        for number in (0..300_000).rev() {
            write!(json, ",\"{number:06}\":0").unwrap();
        }
        json.push('}');
        let begun = std::time::Instant::now();
        assert_eq!(proven(json.as_bytes()), None);
        assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    }

    #[test]
    fn a_key_of_small_order_signs_for_nobody() {
        // The identity point: without a strict check, a signature of the same point and zero holds for any message.
        let mut point = [0; 32];
        point[0] = 1;
        let signature = [&point[..], &[0; 32]].concat();
        let json = first(7);
        let parsed: serde_json::Value = serde_json::from_str(&json).unwrap();
        let forged = json
            .replace(parsed["mailbox"]["key"].as_str().unwrap(), &hex(&point))
            .replace(parsed["signature"].as_str().unwrap(), &hex(&signature));
        assert_eq!(proven(forged.as_bytes()), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..512)) {
            prop_assert_eq!(proven(&bytes), None);
        }

        #[test]
        fn one_changed_byte_proves_nothing(at in 0_usize..10_000, change in 1_u8..=255) {
            static UPDATE: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| update(8, 7));
            let mut json = UPDATE.as_bytes().to_vec();
            let at = at % json.len();
            json[at] ^= change;
            prop_assert_eq!(proven(&json), None);
        }
    }
}
