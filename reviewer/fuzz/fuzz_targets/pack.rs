//! The two readers of packs: what the phone's takes, serde's takes, and both read the same.
#![no_main]

use amanat_shared::form::{Form, Summary, check};
use amanat_shared::pack::{Pack, SignedPack, json_of_literal};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|text: &str| {
    if let Ok(by_hand) = Pack::from_json_for_the_phone(text) {
        let derived = derived(text).unwrap_or_else(|error| panic!("by hand only: {error}"));
        assert_eq!(by_hand, derived);
        let _ = check(&by_hand.form);
    }
    if let Ok(derived) = Pack::from_json(text) {
        let _ = (derived.check(), check(&derived.form));
        // A pack that serde took, written again, is one that the phone takes; except for a triage condition on a page, which `check` refuses.
        let derived = on_the_phone(derived);
        let json = serde_json::to_string(&derived).expect("a pack has string keys only");
        match Pack::from_json_for_the_phone(&json) {
            Ok(by_hand) => assert_eq!(by_hand, derived),
            Err(error) => assert!(TRIAGE_ONLY.iter().any(|kind| json.contains(kind)), "derived only: {error}"),
        }
    }
    let _ = json_of_literal(text);
    if let Ok(signed) = SignedPack::from_json(text) {
        assert_eq!(Some(&signed), serde_json::from_str::<Value>(text).ok().and_then(|it| serde_json::from_value(it).ok()).as_ref());
        let _ = signed.form_sha256();
    }
});

const TRIAGE_ONLY: [&str; 3] = ["\"in_days\"", "\"date_unknown\"", "\"void_by_policy\""];

fn on_the_phone(pack: Pack) -> Pack {
    let form = Form { triage: Vec::new(), policy: Vec::new(), summary: Summary::default(), ..pack.form };
    Pack { form, access_keys: Vec::new(), revoked: Vec::new(), ..pack }
}

/// As serde reads it, of two members with one name the last, and without what the phone leaves unread.
fn derived(text: &str) -> Result<Pack, serde_json::Error> {
    let mut value: Value = serde_json::from_str(text)?;
    if let Some(pack) = value.as_object_mut() {
        pack.insert("access_keys".to_owned(), Value::Array(Vec::new()));
        pack.remove("revoked");
    }
    if let Some(form) = value.get_mut("form").and_then(Value::as_object_mut) {
        for unread in ["triage", "policy", "summary"] {
            form.remove(unread);
        }
    }
    serde_json::from_value(value)
}
