//! A registration under an earlier form is shown with that form's own labels.

use std::fs;

use amanat_reviewer::atomic_file::DEFAULT_MAX_BYTES;
use amanat_reviewer::{packs, scan, sealed_file};
use amanat_reviewer_core::cases::{self, Names, RowContext};
use amanat_reviewer_core::{case_text, case_view};
use amanat_shared::api;
use amanat_shared::dates::Day;
use amanat_shared::form::{Form, Tier};
use amanat_shared::pack::{Roots, SignedPack};
use amanat_shared::seal::HybridIdentity;
use serde_json::{Value, json};

use crate::desk::assert_harmless;
use crate::world::{World, archive, form, registration};

/// Returns the shipped form as it may have been earlier: one label differs, and it has a choice and a question that are gone
/// since.
fn earlier_form() -> Form {
    let mut json = serde_json::to_value(form()).unwrap();
    json["version"] = json!("2025-01");
    let pages = json["pages"].as_array_mut().unwrap();
    let questions = pages.iter_mut().flat_map(|page| page["questions"].as_array_mut().unwrap());
    let role = questions.into_iter().find(|question| question["name"] == "justice_role").unwrap();
    role["label"]["en"] = json!("What was your post?");
    let list = role["list"].as_str().unwrap().to_owned();
    let choice = json!({ "name": "qazi", "label": { "en": "Qazi of old", "fa-AF": "قاضی", "ps": "قاضي" } });
    json["lists"][&list].as_array_mut().unwrap().push(choice);
    serde_json::from_value(json).unwrap()
}

struct Signer(minisign::KeyPair);

impl Signer {
    fn pack(&self, serial: u64, form: &Form) -> SignedPack {
        let recipient = HybridIdentity::from_seed([7; 32]).recipient().to_string();
        let pack = json!({
            "serial": serial, "issued": "2026-11-01", "expires": "2026-11-30", "site": "127.0.0.1", "contact": "a",
            "exit_url": "https://example.org", "phases": [1], "limits": { "files": 3, "file_bytes": 1, "total_bytes": 1 },
            "demo": true, "recipients": [{ "name": "one", "key": recipient }], "access_keys": [], "form": form,
        })
        .to_string();
        let signature = minisign::sign(None, &self.0.sk, pack.as_bytes(), None, None).unwrap().into_string();
        let roots = Roots { threshold: 1, keys: vec![self.0.pk.to_base64()] };
        SignedPack { pack, signatures: vec![signature], demo_root: Some(roots) }
    }
}

/// Returns answers without urgency that contain the choice that is gone.
fn answers() -> Value {
    json!({ "is_update": "first", "danger_7days": "no", "country_now": "AF", "justice_role": "qazi" })
}

#[test]
fn a_case_of_an_earlier_form_keeps_its_words_after_a_newer_one_was_pulled_and_is_keys_with_a_mark_without_it() {
    let world = World::new();
    let folder = world.path("in");
    let today = Day::from_iso("2026-11-23").unwrap();
    let (signer, earlier) = (Signer(minisign::KeyPair::generate_unencrypted_keypair().unwrap()), earlier_form());
    packs::keep(&signer.pack(5, &earlier), &folder, today).unwrap();
    packs::keep(&signer.pack(6, &form()), &folder, today).unwrap();
    assert!(folder.join("pack-5.json").exists() && folder.join("pack-5.json.1.minisig").exists());
    packs::keep(&signer.pack(7, &form()), &folder, today).unwrap();
    assert!(!folder.join("pack-6.json").exists(), "the same form is not kept twice");

    let mut sealed = registration(answers(), &[]);
    sealed["form"] = json!({ "id": earlier.id, "version": earlier.version, "sha256": api::hex(&earlier.sha256()) });
    let path = world.seal("in/case.age", &archive(&sealed, &[]));
    let case = sealed_file::open(&path, &world.identities, DEFAULT_MAX_BYTES).unwrap();
    let row = |forms: &_| {
        let desk = RowContext { forms, language: "en", names: Names::Hidden, today };
        let all = scan::read(&folder, &world.identities, desk).unwrap();
        (all.cases[0].verdict.as_ref().map(|verdict| verdict.tier), cases::page(&all.cases, 1, Names::Hidden))
    };

    let forms = sealed_file::forms(None, Some(&folder)).unwrap();
    assert_eq!(forms.pack().unwrap().serial, 7, "only the newest is sealed to");
    let shown = case_text::text(&case, &forms, "en");
    for wanted in ["An earlier form than the newest one here", "version 2025-01", "What was your post?", "Qazi of old"] {
        assert!(shown.contains(wanted), "{wanted} in {shown}");
    }
    let desk_sheet = case_view::view(&case.registration, &forms, "en");
    assert!(desk_sheet.form_known && desk_sheet.form_earlier);
    let (tier, list) = row(&forms);
    assert!(tier == Some(Tier::Normal) && list.contains("Qazi of old"), "{list}");

    for name in ["pack-5.json", "pack-5.json.1.minisig"] {
        fs::remove_file(folder.join(name)).unwrap();
    }
    let forms = sealed_file::forms(None, Some(&folder)).unwrap();
    let shown = case_text::text(&case, &forms, "en");
    assert!(shown.contains("not known here") && shown.contains("justice_role") && shown.contains("qazi"), "{shown}");
    let (tier, list) = row(&forms);
    assert!(tier == Some(Tier::Urgent) && list.contains("qazi (no label)") && list.contains("form not known"), "{list}");
}

#[test]
fn a_broken_earlier_pack_stops_nothing_and_brings_no_recipients() {
    let world = World::new();
    let folder = world.path("in");
    let signer = Signer(minisign::KeyPair::generate_unencrypted_keypair().unwrap());
    packs::keep(&signer.pack(6, &form()), &folder, Day::from_iso("2026-11-23").unwrap()).unwrap();
    for (name, text) in [("pack-1.json", "{"), ("pack-2.json", ""), ("pack-x.json", "{}"), ("pack-3.json.1.minisig", "x")] {
        fs::write(folder.join(name), text).unwrap();
    }
    assert_eq!(sealed_file::forms(None, Some(&folder)).unwrap().pack().unwrap().serial, 6);
}

#[test]
fn a_question_and_a_choice_that_the_form_does_not_have_and_empty_words_are_shown_raw_with_a_mark() {
    let world = World::new();
    let mut answers = answers();
    answers["no_such_question"] = json!("what was typed");
    answers[""] = json!("an answer without a question");
    let path = world.case("in", answers, &[]);
    let case = sealed_file::open(&path, &world.identities, DEFAULT_MAX_BYTES).unwrap();
    let mut forms = amanat_reviewer_core::forms::Forms::built_in();
    let shown = case_text::text(&case, &forms, "en");
    for wanted in [
        "not a choice of the form",
        "qazi",
        "not a question of the form",
        "no_such_question",
        "what was typed",
        "an answer without",
    ] {
        assert!(shown.contains(wanted), "{wanted} in {shown}");
    }
    assert_harmless(&shown);

    // The key is shown with a mark if the form's label is empty.
    let mut json = serde_json::to_value(form()).unwrap();
    for page in json["pages"].as_array_mut().unwrap() {
        for question in page["questions"].as_array_mut().unwrap() {
            question["label"] = json!({ "en": " " });
        }
    }
    let blank: Form = serde_json::from_value(json).unwrap();
    let mut sealed = registration(self::answers(), &[]);
    sealed["form"] = json!({ "id": blank.id, "version": blank.version, "sha256": api::hex(&blank.sha256()) });
    forms.add(blank);
    let path = world.seal("in/blank.age", &archive(&sealed, &[]));
    let case = sealed_file::open(&path, &world.identities, DEFAULT_MAX_BYTES).unwrap();
    assert!(case_text::text(&case, &forms, "en").contains("justice_role (no label)"));
    assert!(
        case_view::view(&case.registration, &forms, "en")
            .sections
            .iter()
            .flat_map(|section| &section.rows)
            .any(|row| row.label == "justice_role (no label)")
    );
}
