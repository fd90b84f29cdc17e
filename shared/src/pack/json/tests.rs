use base64ct::{Base64, Encoding};
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::*;
use crate::codec::json::arbitrary::{nested, whole};
use crate::codec::json::read;
use crate::dates::Day;
use crate::form::json::tests::{UNREAD, full, on_the_phone};
use crate::form::{AFGHAN_JUSTICE, load};
use crate::pack::PackError;
use crate::seal::HybridIdentity;

/// A pack with every member set.
fn full_pack() -> Value {
    json!({
        "serial": 7, "issued": "2026-11-01", "expires": "2026-11-30", "site": "form.example.org", "contact": "by mail",
        "exit_url": "https://example.org/", "phases": [1, 2], "limits": { "files": 4, "file_bytes": 10, "total_bytes": 20 },
        "recipients": [{ "name": "one", "key": HybridIdentity::from_seed([1; 32]).recipient().to_string() }],
        "access_keys": [{ "name": "one", "key": "x" }], "revoked": [3], "demo": true, "form": full(),
    })
}

fn full_signed() -> Value {
    json!({ "pack": full_pack().to_string(), "signatures": ["s"], "demo_root": { "threshold": 1, "keys": ["k"] } })
}

/// A pack without what the phone leaves unread.
fn by_the_phone(pack: Pack) -> Pack {
    Pack { form: on_the_phone(pack.form), access_keys: Vec::new(), revoked: Vec::new(), ..pack }
}

/// Its JSON without the same.
fn without_unread(mut json: Value) -> Value {
    if let Some(members) = json.as_object_mut() {
        members.insert("access_keys".to_owned(), json!([]));
        members.remove("revoked");
    }
    if let Some(form) = json.get_mut("form").and_then(Value::as_object_mut) {
        form.retain(|name, _| !UNREAD.contains(&name.as_str()));
    }
    json
}

/// `whole` with one member more, one less, or one value of another kind: every way there is.
fn broken(whole: &Value) -> Vec<Value> {
    fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
        found.push(at.to_owned());
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    pointers(value, &format!("{at}/{name}"), found);
                }
            }
            Value::Array(elements) => {
                for (index, value) in elements.iter().enumerate() {
                    pointers(value, &format!("{at}/{index}"), found);
                }
            }
            _ => {}
        }
    }
    // No empty array: the derived readers take one for an object whose members may all be missing.
    let others = [
        json!(null),
        json!(true),
        json!(false),
        json!(-1),
        json!(300),
        json!(u64::MAX),
        json!(1e3),
        json!("x"),
        json!([1]),
        json!({}),
    ];
    let mut found = Vec::new();
    pointers(whole, "", &mut found);
    let mut broken = Vec::new();
    for pointer in found {
        let mut with = |change: &dyn Fn(&mut Value)| {
            let mut copy = whole.clone();
            change(copy.pointer_mut(&pointer).unwrap());
            broken.push(copy);
        };
        for other in &others {
            with(&|value| *value = other.clone());
        }
        for unknown in [json!("x"), json!({ "en": "x" }), json!([])] {
            with(&|value| match value {
                Value::Object(members) => drop(members.insert("unknown".to_owned(), unknown.clone())),
                Value::Array(elements) => elements.push(unknown.clone()),
                _ => {}
            });
        }
        if let Some(members) = whole.pointer(&pointer).unwrap().as_object() {
            for name in members.keys() {
                with(&|value| drop(value.as_object_mut().unwrap().remove(name)));
            }
        }
    }
    broken
}

#[test]
fn by_hand_and_derived_take_and_refuse_the_same() {
    let whole: Pack = serde_json::from_value(full_pack()).unwrap();
    assert_eq!(serde_json::to_value(&whole).unwrap(), full_pack());
    assert_eq!(read(&full_pack().to_string(), pack), Ok(by_the_phone(whole)));
    let broken_packs = broken(&full_pack());
    let mut refused = 0;
    for value in &broken_packs {
        let json = value.to_string();
        let by_hand = read(&json, pack);
        refused += usize::from(by_hand.is_err());
        assert_eq!(by_hand.clone().ok(), serde_json::from_value(without_unread(value.clone())).ok(), "{by_hand:?} of {json}");
    }
    assert!(refused > 1_000 && refused < broken_packs.len(), "{refused} of {}", broken_packs.len());

    assert_eq!(serde_json::to_value(read(&full_signed().to_string(), signed_pack).unwrap()).unwrap(), full_signed());
    for value in broken(&full_signed()) {
        let json = value.to_string();
        assert_eq!(SignedPack::from_json(&json).ok(), serde_json::from_str::<SignedPack>(&json).ok(), "{json}");
    }
}

#[test]
fn the_wrong_member_is_named() {
    let page = "/form/pages/0";
    let question = "/form/pages/0/questions/0";
    let constraint = "/form/pages/0/questions/0/constraint";
    let age = "/form/pages/0/questions/0/constraint/age";
    let cases: &[(&str, &str, Value, &str)] = &[
        // Unknown.
        ("", "unknown", json!(1), "unknown"),
        ("/limits", "unknown", json!(1), "unknown"),
        ("/recipients/0", "unknown", json!(1), "unknown"),
        ("/form", "unknown", json!(1), "unknown"),
        ("/form/sections/0", "unknown", json!(1), "unknown"),
        ("/form/lists/country/0", "unknown", json!(1), "unknown"),
        (page, "unknown", json!(1), "unknown"),
        (page, "relevant", json!({ "unknown": "x" }), "unknown"),
        (page, "relevant", json!({ "is": { "question": "a", "choice": "b", "unknown": 1 } }), "unknown"),
        (question, "unknown", json!(1), "unknown"),
        (constraint, "unknown", json!(1), "unknown"),
        (age, "unknown", json!(1), "unknown"),
        // Missing, another type, a number that does not fit, a word that is none, two conditions in one.
        ("", "form", json!({}), "id"),
        ("", "phases", json!([256]), "phases"),
        ("/limits", "files", json!(1_u64 << 32), "files"),
        ("/form", "languages", json!("en"), "languages"),
        ("/form/title", "en", json!(1), "title"),
        ("/form/lists", "country", json!({}), "lists"),
        (page, "stop", json!(null), "stop"),
        (page, "relevant", json!({ "answered": "a", "date_unknown": "b" }), "relevant"),
        (question, "type", json!("repeet"), "type"),
        (question, "conflicts", json!([["x"]]), "conflicts"),
        (question, "choices_by", json!({ "question": "x" }), "else"),
        (question, "precisions", json!(["day", "hour"]), "precisions"),
    ];
    for (at, name, value, named) in cases {
        let mut whole = full_pack();
        whole.pointer_mut(at).unwrap()[*name] = value.clone();
        let refused = Err(PackError::Malformed(format!("`{named}` is missing, unknown or of another type")));
        assert_eq!(Pack::from_json_for_the_phone(&whole.to_string()), refused, "{at}/{name}");
        assert!(matches!(Pack::from_json(&whole.to_string()), Err(PackError::Malformed(_))), "{at}/{name}");
    }
}

#[test]
fn a_forms_identity_is_the_same_from_the_pack() {
    let form = load("afghan-justice.toml", AFGHAN_JUSTICE).unwrap();
    let pack = Pack { form, ..read(&full_pack().to_string(), pack).unwrap() };
    let json = serde_json::to_string(&pack).unwrap();
    assert_eq!(Pack::from_json(&json).as_ref(), Ok(&pack));
    assert_eq!(Pack::from_json_for_the_phone(&json), Ok(by_the_phone(pack.clone())));
    let signed = SignedPack { pack: json, signatures: Vec::new(), demo_root: None };
    assert_eq!(signed.form_sha256(), Ok(pack.form.sha256()));
    let value = serde_json::to_value(&pack.form).unwrap();
    assert_eq!(pack.form.sha256(), <[u8; 32]>::from(Sha256::digest(serde_json::to_vec(&value).unwrap())));
    for (pack, complaint) in [("{}", "`form` is missing or holds a fraction"), ("{", "no JSON at line 1, column 2")] {
        let signed = SignedPack { pack: pack.to_owned(), ..signed.clone() };
        assert_eq!(signed.form_sha256(), Err(PackError::Malformed(complaint.to_owned())));
    }
}

#[test]
fn a_signed_pack_is_verified_by_reviewers_and_by_the_phone() {
    let keys = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    let roots = Roots { threshold: 1, keys: vec![keys.pk.to_base64()] };
    let signed = |pack: String| {
        let signature = minisign::sign(Some(&keys.pk), &keys.sk, pack.as_bytes(), None, None).unwrap().to_string();
        SignedPack { pack, signatures: vec![signature], demo_root: Some(roots.clone()) }
    };
    let good = signed(full_pack().to_string());
    let good = SignedPack::from_json(&serde_json::to_string(&good).unwrap()).unwrap();
    let whole: Pack = serde_json::from_value(full_pack()).unwrap();
    assert_eq!(good.verify_with(&roots).as_ref(), Ok(&whole));
    let (last, after) = (Day::from_iso("2026-11-30").unwrap(), Day::from_iso("2026-12-01").unwrap());
    assert_eq!(good.verify(last).as_ref(), Ok(&whole));
    assert_eq!(good.read_for_the_phone(last), Ok(by_the_phone(whole.clone())));
    let trusted = |signed: &SignedPack| signed.trusted_by_the_phone().map(|recipients| recipients.len());
    assert_eq!(trusted(&good), Ok(whole.recipients.len()));
    assert_eq!(good.read_for_the_phone(after), Err(PackError::Expired("2026-11-30".to_owned())));

    let mut unknown = full_pack();
    unknown["unknown"] = json!(1);
    assert!(matches!(signed(unknown.to_string()).verify_with(&roots), Err(PackError::Malformed(_))));
    let other = SignedPack { signatures: Vec::new(), ..good };
    assert_eq!(trusted(&other), Err(PackError::Signatures { good: 0, needed: 1 }));
    let mut real = full_pack();
    real.as_object_mut().unwrap().remove("demo");
    let real = signed(real.to_string());
    assert_eq!(real.read_for_the_phone(last), Err(PackError::NotDemo));
    let empty = signed(json!({ "demo": true, "recipients": [{ "name": "a" }] }).to_string());
    assert_eq!(trusted(&empty), Err(PackError::Recipients(crate::seal::RecipientError::None)));
}

#[test]
fn one_root_key_under_two_key_ids_counts_once() {
    let keys = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    let other_id = |text: &str, at: usize| {
        let mut bytes = Base64::decode_vec(text).unwrap();
        bytes[at] ^= 1;
        Base64::encode_string(&bytes)
    };
    let (public, pack) = (keys.pk.to_base64(), full_pack().to_string());
    let signature = minisign::sign(Some(&keys.pk), &keys.sk, pack.as_bytes(), None, None).unwrap().to_string();
    // The key id is outside of what is signed.
    let line = signature.lines().nth(1).unwrap();
    let renamed = signature.replace(line, &other_id(line, 2));
    let signed = SignedPack { pack, signatures: vec![signature, renamed], demo_root: None };
    let one_holder = Roots { threshold: 2, keys: vec![public.clone(), other_id(&public, 2)] };
    assert_eq!(signed.verify_with(&one_holder), Err(PackError::Signatures { good: 1, needed: 2 }));
    for key in &one_holder.keys {
        assert!(signed.verify_with(&Roots { threshold: 1, keys: vec![key.clone()] }).is_ok());
    }
}

#[test]
fn a_pack_from_the_future_is_refused_and_a_clock_that_is_a_week_behind_is_not() {
    let keys = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    let pack = full_pack().to_string();
    let signature = minisign::sign(Some(&keys.pk), &keys.sk, pack.as_bytes(), None, None).unwrap().to_string();
    let roots = Roots { threshold: 1, keys: vec![keys.pk.to_base64()] };
    let signed = SignedPack { pack, signatures: vec![signature], demo_root: Some(roots) };
    let issued = Day::from_iso("2026-11-01").unwrap();
    let a_week_behind = Day(issued.0 - 7);
    assert!(signed.read_for_the_phone(a_week_behind).is_ok() && signed.verify(a_week_behind).is_ok());
    for days in [8, 30, 365, 20_000] {
        let refused = PackError::NotYetIssued("2026-11-01".to_owned());
        assert_eq!(signed.read_for_the_phone(Day(issued.0 - days)), Err(refused.clone()), "{days}");
        assert_eq!(signed.verify(Day(issued.0 - days)), Err(refused), "{days}");
    }
    assert!(signed.verify_at_any_time().is_ok());
}

/// Any JSON, many of whose members are a pack's.
fn any_json() -> impl Strategy<Value = Value> {
    const NAMES: &[&str] = &[
        "form",
        "pages",
        "questions",
        "relevant",
        "all",
        "not",
        "is",
        "question",
        "constraint",
        "age",
        "triage",
        "when",
        "limits",
        "choices_by",
    ];
    let leaf = prop_oneof![4 => whole(), 1 => any::<f64>().prop_map(Value::from), 1 => ".{0,4}".prop_map(Value::from)];
    let name = prop_oneof![4 => prop::sample::select(NAMES).prop_map(str::to_owned), 1 => ".{0,4}"];
    nested(leaf.boxed(), name.boxed())
}

const PLACES: &[&str] =
    &["/form", "/form/pages/0", "/form/pages/0/relevant", "/form/pages/0/questions/0/constraint", "/form/lists", "/limits"];

proptest! {
    #[test]
    fn no_json_makes_it_panic(value in any_json(), text in ".{0,64}") {
        for json in [value.to_string(), text] {
            let signed = SignedPack { pack: json.clone(), signatures: Vec::new(), demo_root: None };
            prop_assert!(Pack::from_json(&json).is_err() && Pack::from_json_for_the_phone(&json).is_err());
            prop_assert!(SignedPack::from_json(&json).is_err());
            let _ = signed.form_sha256();
        }
    }

    #[test]
    fn any_json_anywhere_in_a_pack_is_read_as_derived(value in any_json(), at in prop::sample::select(PLACES)) {
        let mut whole = full_pack();
        *whole.pointer_mut(at).unwrap() = value;
        let json = whole.to_string();
        if let Ok(by_hand) = Pack::from_json_for_the_phone(&json) {
            prop_assert_eq!(by_hand, by_the_phone(serde_json::from_str(&json).unwrap()));
        }
    }
}
