//! A hostile registration is referred to a partner all the same, with its pictures: the partner opens nothing that does harm.

use std::io::Read;

use amanat_reviewer_core::decrypt::Opened;
use amanat_reviewer_core::forms::Forms;
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::notebook::Notebook;
use amanat_reviewer_core::referral::layout::Layout;
use amanat_reviewer_core::referral::partner::{Partner, PartnerKey, PartnerKind};
use amanat_reviewer_core::referral::preview::preview;
use amanat_reviewer_core::referral::{self, Confirmed, MOST_ROWS_EVER, Pictures, Request, RowLimit, Superseding};
use amanat_shared::dates::Day;
use amanat_shared::seal::HybridIdentity;
use serde_json::{Value, json};

use crate::desk::assert_harmless;

/// The files that the generator makes of each case, which a partner's program may open first.
const NAMES: [&str; 4] = ["case.html", "case.json", "case.csv", "case.xlsx"];
/// Elements that the generated page never has (see `referral/html.rs`).
const FOREIGN: [&str; 12] = [
    "<script",
    "<img",
    "<svg",
    "<iframe",
    "<object",
    "<embed",
    "<a ",
    "<link",
    "<base",
    "<form",
    "<meta http-equiv=\"refresh",
    "<video",
];

/// Refers a case with every column that a resettlement organisation may have. Returns whether it was referred.
pub fn is_harmless_to_a_partner(mut case: Opened) -> bool {
    // The attacker who made the file would give consent.
    let mut registration: Value = serde_json::from_slice(&case.json).unwrap();
    if let Some(answers) = registration["answers"].as_object_mut() {
        for (key, value) in [("submitter", "self"), ("is_update", "first"), ("share_partners", "yes")] {
            answers.insert(key.to_owned(), json!(value));
        }
    }
    case.registration = serde_json::from_value(registration).unwrap();

    let identity = HybridIdentity::from_seed([3; 32]);
    let key = PartnerKey::parse(&identity.recipient().to_string()).unwrap();
    let partner = Partner { name: "Safe Passage".to_owned(), kind: PartnerKind::Partner, key };
    let (layout, forms, others) = (Layout::built_in(), Forms::built_in(), Superseding::default());
    let columns: Vec<String> = layout.sections.iter().map(|section| section.key.clone()).collect();
    let request = Request {
        layout: &layout,
        columns: &columns,
        partner: &partner,
        forms: &forms,
        language: "en",
        today: Day::from_iso("2026-11-23").unwrap(),
        asked: &[],
        pictures: Pictures::DrawnAnew,
        others: &others,
        notebook: &Notebook::default(),
    };
    let cases = [case];
    let prepared = referral::prepare(&request, &cases, |bytes| bytes.fill(7)).unwrap();
    let shown = preview(&prepared);
    assert_harmless(&shown);
    let confirmed = Confirmed { rows: prepared.rows(), columns: prepared.columns() };
    let most = RowLimit::new(MOST_ROWS_EVER, Some("a hostile case")).unwrap();
    let made = match referral::make(&prepared, confirmed, &most, "Karima", 1_795_392_000) {
        Ok(made) => made,
        Err(error) => {
            assert_eq!(Message::of(&error).to_string().lines().count(), 2, "{error}");
            return false;
        }
    };

    let mut plaintext = Vec::new();
    let decryptor = age::Decryptor::new(&made.sealed[..]).unwrap();
    decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).unwrap().read_to_end(&mut plaintext).unwrap();
    let mut archive = tar::Archive::new(&plaintext[..]);
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        looks_at(&name, &bytes);
    }
    true
}

fn looks_at(name: &str, bytes: &[u8]) {
    let text = || std::str::from_utf8(bytes).unwrap();
    match name.strip_prefix("case-01/").unwrap_or(name) {
        "README.txt" => assert_harmless(text()),
        "case.html" => {
            let page = text();
            assert_harmless(page);
            for foreign in FOREIGN {
                assert!(!page.to_ascii_lowercase().contains(foreign), "{foreign} in {page}");
            }
        }
        "case.csv" => {
            let mut read =
                csv::ReaderBuilder::new().has_headers(false).from_reader(text().trim_start_matches('\u{feff}').as_bytes());
            for cell in read.records().flat_map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()) {
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{cell:?}");
                assert_harmless(&cell);
            }
        }
        "case.json" => assert!(serde_json::from_slice::<Value>(bytes).is_ok()),
        picture if picture.starts_with("picture-") => {
            image::load_from_memory_with_format(bytes, image::ImageFormat::Jpeg).unwrap();
        }
        other => assert!(NAMES.contains(&other), "{name}"),
    }
}
