//! Tests of what goes and what stays, and that nothing of it does harm.

mod consent;
mod files;

use std::io::Read;

use age::secrecy::ExposeSecret;
use amanat_shared::form::{AFGHAN_JUSTICE, Form, load};
use amanat_shared::padding::is_bucket;
use amanat_shared::seal::{HybridIdentity, MailboxKey, Proven, Registration};
use serde_json::{Value, json};
use sha2::Digest;
use zeroize::Zeroizing;

use super::partner::Permission;
use super::partner::{PartnerKey, PartnerKeyError, PartnerKind};
use super::preview::preview;
use super::*;
use crate::decrypt::{self, Binding};
use crate::message::Message;

const KINDS: [PartnerKind; 3] = [PartnerKind::Partner, PartnerKind::Government, PartnerKind::Association];
fn form() -> Form {
    load("afghan-justice.toml", AFGHAN_JUSTICE).unwrap()
}

fn today() -> Day {
    Day::from_iso("2026-11-23").unwrap()
}

fn day(year: i32) -> Value {
    let iso = format!("{year}-05-06");
    json!({ "calendar": "gregorian", "precision": "day", "year": year, "month": 5, "day": 6, "raw": iso, "earliest": iso, "latest": iso })
}

/// An opened case, told apart by one letter.
fn case(letter: char, answers: Value) -> Opened {
    let mut all = json!({ "submitter": "self", "share_partners": "yes", "share_govts": "yes", "share_verify": "yes" });
    let Value::Object(answers) = answers else { panic!("answers are an object") };
    all.as_object_mut().unwrap().extend(answers);
    let registration: Registration = serde_json::from_value(json!({
        "format": 1,
        "form": { "id": "afghan-justice", "version": "1", "sha256": amanat_shared::api::hex(&form().sha256()) },
        "pack": { "serial": 1, "sha256": "00".repeat(32) },
        "language": "fa-AF",
        "mailbox": { "recipient": "age1pq1mailbox", "id": letter.to_string().repeat(32) },
        "delete_proof": "de".repeat(32),
        "answers": all,
        "attachments": [],
    }))
    .unwrap();
    let prior = registration.answers.text("prior_ref").filter(|id| id.len() == 32);
    let prior = prior.and_then(|id| id.chars().next()).filter(char::is_ascii_hexdigit).map(mailbox);
    let text: [u8; 32] = sha2::Sha256::digest(registration.to_json()).into();
    Opened {
        sha256: letter.to_string().repeat(64),
        json: Zeroizing::new(Vec::new()),
        registration,
        proven: Some(Proven { text, mailbox: mailbox(letter), prior }),
        binding: Binding::Bound,
        files: Vec::new(),
    }
}

/// The mailbox of the code of this letter.
fn mailbox(letter: char) -> MailboxKey {
    let id = amanat_shared::api::from_hex(&letter.to_string().repeat(32)).unwrap();
    MailboxKey { id, key: [u8::try_from(letter).unwrap(); 32] }
}

fn identity() -> HybridIdentity {
    HybridIdentity::from_seed([7; 32])
}

fn partner(kind: PartnerKind) -> Partner {
    Partner { name: "Safe Passage".to_owned(), kind, key: PartnerKey::parse(&identity().recipient().to_string()).unwrap() }
}

/// Everything that is needed to prepare, with what a test wants to be otherwise.
struct Operator {
    layout: Layout,
    columns: Vec<String>,
    partner: Partner,
    forms: Forms,
    asked: Vec<Asked>,
    pictures: Pictures,
    others: Superseding,
    notebook: Notebook,
}

impl Operator {
    fn new(columns: &[&str], kind: PartnerKind) -> Self {
        Self {
            layout: Layout::built_in(),
            columns: columns.iter().map(|&key| key.to_owned()).collect(),
            partner: partner(kind),
            forms: Forms::built_in(),
            asked: Vec::new(),
            pictures: Pictures::None,
            others: Superseding::default(),
            notebook: Notebook::default(),
        }
    }

    fn prepare(&self, cases: &[Opened]) -> Result<Prepared<'_>, LayoutError> {
        let request = Request {
            layout: &self.layout,
            columns: &self.columns,
            partner: &self.partner,
            forms: &self.forms,
            language: "en",
            today: today(),
            asked: &self.asked,
            pictures: self.pictures,
            others: &self.others,
            notebook: &self.notebook,
        };
        let mut next = 0_u8;
        prepare(&request, cases, |bytes| {
            for byte in bytes {
                next = next.wrapping_add(37);
                *byte = next;
            }
        })
    }
}

/// The files of a referral, opened with the `age` and `tar` crates.
fn opened(sealed: &[u8], identity: &dyn age::Identity) -> Vec<(String, Vec<u8>)> {
    let mut plaintext = Vec::new();
    age::Decryptor::new(sealed).unwrap().decrypt(std::iter::once(identity)).unwrap().read_to_end(&mut plaintext).unwrap();
    assert!(is_bucket(plaintext.len() as u64));
    let mut archive = tar::Archive::new(&plaintext[..]);
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        assert_eq!(entry.header().entry_type(), tar::EntryType::Regular);
        assert_eq!((entry.header().mtime().unwrap(), entry.header().mode().unwrap()), (0, 0o600));
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        (entry.path().unwrap().to_str().unwrap().to_owned(), bytes)
    });
    entries.collect()
}

fn made(desk: &Operator, cases: &[Opened]) -> SealedReferral {
    let prepared = desk.prepare(cases).unwrap();
    let confirmed = Confirmed { rows: prepared.rows(), columns: prepared.columns() };
    make(&prepared, confirmed, &RowLimit::default(), "Karima", 1_795_000_000).unwrap()
}

fn file<'a>(files: &'a [(String, Vec<u8>)], name: &str) -> &'a [u8] {
    &files.iter().find(|(other, _)| other == name).unwrap_or_else(|| panic!("{name}")).1
}

/// The parts of a workbook, as text.
fn parts(book: &[u8]) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(book)).unwrap();
    let mut parts = Vec::new();
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).unwrap();
        let mut text = String::new();
        part.read_to_string(&mut text).unwrap();
        parts.push((part.name().to_owned(), text));
    }
    parts
}

fn cells(table: &[u8]) -> Vec<Vec<String>> {
    let table = table.strip_prefix(b"\xef\xbb\xbf").expect("a byte order mark");
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(table);
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn the_shipped_layout_asks_only_what_the_shipped_form_has() {
    let (layout, form) = (Layout::parse(layout::UNHCR_RRF).unwrap(), form());
    for column in layout.columns() {
        Layout::check_column(column, &form).unwrap_or_else(|error| panic!("{error}"));
    }
    let sections: Vec<&str> = layout.sections.iter().map(|section| section.key.as_str()).collect();
    assert_eq!(sections, ["case", "individuals", "relatives", "claim", "need", "other", "specific_needs", "declaration"]);
    // An association that checks who somebody is needs no danger, family or whereabouts.
    let for_association = layout.columns().filter(|column| column.share.contains(&Permission::ShareVerify));
    for column in for_association {
        assert!(!column.is_family() && !["risk_note", "phone", "country_now", "area_now", "needs"].contains(&column.key.as_str()));
    }
}

#[test]
fn a_layout_cannot_ask_for_what_never_goes() {
    let with = |columns: &str| {
        Layout::parse(&format!("id = 'x'\ntitle = 'x'\n[[sections]]\nkey = 's'\nlabel = 'S'\ncolumns = [{columns}]\n"))
    };
    let column = |key: &str, question: &str, kind: &str| {
        format!("{{ key = '{key}', label = 'L', kind = '{kind}', questions = ['{question}'], share = ['share_partners'] }}")
    };
    assert!(with(&column("a", "sex", "choice")).is_ok());
    for never in crate::afghan_form::NEVER_REFERRED {
        for question in [never.to_owned(), format!("{never}/name")] {
            let Err(LayoutError::Forbidden { why, .. }) = with(&column("a", &question, "text")) else { panic!("{question}") };
            assert_eq!(why, "what it asks for is never shared");
        }
    }
    for refused in [
        column("a", "phone", "text"),
        column("a", "family_members", "group"),
        column("a", "ptazkira_no/page", "text"),
        column("s", "sex", "choice"),
        column("A b", "sex", "choice"),
        format!("{}, {}", column("a", "sex", "choice"), column("a", "dob", "date")),
        column("a", "sex", "secret"),
        "{ key = 'a', label = 'L', kind = 'text', questions = [], share = ['share_partners'] }".to_owned(),
        // The layout decides question by question which of the family's answers may go.
        "{ key = 'a', label = 'L', kind = 'select_one', questions = ['family_members/sex', 'family_members/country_now'], share = ['share_partners'] }".to_owned(),
        "{ key = 'a', label = 'L', kind = 'text', questions = ['sex'], share = [] }".to_owned(),
        "{ key = 'a', label = 'L', kind = 'text', questions = ['sex'], share = ['everybody'] }".to_owned(),
        "{ key = 'a', label = 'L', kind = 'text', questions = ['family_members/sex', 'sex'], share = ['share_govts'] }".to_owned(),
    ] {
        let error = with(&refused).unwrap_err();
        assert_eq!(Message::of(&error).to_string().lines().count(), 2, "{refused}: {error}");
    }
    // The rest of a registration has no question, so no layout can name it.
    for unknown in ["delete_proof", "mailbox", "family_members"] {
        let layout = with(&column("a", unknown, "text")).unwrap();
        assert!(Layout::check_column(layout.columns().next().unwrap(), &form()).is_err(), "{unknown}");
    }
}

#[test]
fn columns_are_chosen_by_key_or_section_and_only_for_their_kind_of_partner() {
    let layout = Layout::built_in();
    let choose = |keys: &[&str], kind| {
        let keys: Vec<String> = keys.iter().map(|&key| key.to_owned()).collect();
        layout.choose(&keys, kind).map(|columns| columns.iter().map(|column| column.key.clone()).collect::<Vec<_>>())
    };
    assert_eq!(choose(&["sex", "name_native", "sex"], PartnerKind::Partner).unwrap(), ["name_native", "sex"]);
    assert!(choose(&["individuals"], PartnerKind::Association).unwrap().iter().all(|key| !key.starts_with("family_r")));
    assert!(matches!(choose(&["risk_note"], PartnerKind::Association), Err(LayoutError::NotFor { .. })));
    assert!(matches!(choose(&["phone"], PartnerKind::Partner), Err(LayoutError::Alone { .. })));
    assert_eq!(choose(&["phone", "contact_rules"], PartnerKind::Partner).unwrap().len(), 2);
    assert!(matches!(choose(&["safe_word"], PartnerKind::Partner), Err(LayoutError::Unknown(_))));
    assert!(matches!(choose(&[], PartnerKind::Partner), Err(LayoutError::Nothing)));
    assert!(matches!(choose(&["specific_needs"], PartnerKind::Association), Err(LayoutError::Nothing)));
}

#[test]
fn nothing_is_made_unless_the_operator_has_counted_it() {
    let desk = Operator::new(&["sex", "dob"], PartnerKind::Partner);
    let prepared = desk.prepare(&[case('a', json!({})), case('b', json!({}))]).unwrap();
    let make = |rows, columns, most: &RowLimit, who: &str| make(&prepared, Confirmed { rows, columns }, most, who, 0).map(|_| ());
    let most = RowLimit::default();
    assert_eq!(make(2, 2, &most, "Karima"), Ok(()));
    for (rows, columns) in [(1, 2), (2, 1), (0, 0), (2, 4)] {
        assert_eq!(make(rows, columns, &most, "Karima"), Err(MakeError::Miscounted));
    }
    assert_eq!(make(2, 2, &most, " "), Err(MakeError::Name));
    assert_eq!(make(2, 2, &RowLimit::new(1, None).unwrap(), "Karima"), Err(MakeError::TooMany { rows: 2, most: 1 }));
    assert!(
        matches!(RowLimit::new(26, None), Err(MakeError::Reason))
            && matches!(RowLimit::new(26, Some("more")), Err(MakeError::Reason))
    );
    assert!(matches!(RowLimit::new(101, Some("a whole court's staff")), Err(MakeError::Reason)));
    assert_eq!(RowLimit::new(100, Some("a whole court's staff")).unwrap().rows(), 100);
    let nobody = desk.prepare(&[case('a', json!({ "share_partners": "no" }))]).unwrap();
    assert_eq!(super::make(&nobody, Confirmed { rows: 0, columns: 2 }, &most, "Karima", 0).unwrap_err(), MakeError::Empty);
}

#[test]
fn more_than_twenty_five_persons_need_a_reason_and_it_is_logged() {
    let members: Vec<Value> = (0..13).map(|_| json!({ "relation": "son", "sex": "male" })).collect();
    let cases = [case('a', json!({ "family_members": members })), case('b', json!({ "family_members": members }))];
    let desk = Operator::new(&["sex", "family_relation"], PartnerKind::Partner);
    let prepared = desk.prepare(&cases).unwrap();
    let confirmed = Confirmed { rows: 28, columns: 2 };
    assert_eq!(
        make(&prepared, confirmed, &RowLimit::default(), "Karima", 0).unwrap_err(),
        MakeError::TooMany { rows: 28, most: 25 }
    );
    let made = make(&prepared, confirmed, &RowLimit::new(30, Some("two families, one flight")).unwrap(), "Karima", 9).unwrap();
    assert_eq!(
        (made.log.referral.rows, made.log.when, made.log.referral.reason.as_deref()),
        (28, 9, Some("two families, one flight"))
    );
}

#[test]
fn the_same_case_has_another_reference_in_each_referral() {
    let desk = Operator::new(&["sex"], PartnerKind::Partner);
    let prepared = desk.prepare(&[case('a', json!({})), case('b', json!({}))]).unwrap();
    let [first, second] = prepared.cases() else { panic!() };
    assert_ne!(first.reference, second.reference);
    assert!(first.reference.len() == 14 && first.reference.bytes().all(|byte| byte == b'-' || LETTERS.contains(&byte)));
}

#[test]
fn an_unknown_form_and_a_layout_of_another_form_are_named() {
    let mut desk = Operator::new(&["sex"], PartnerKind::Partner);
    desk.forms = Forms::default();
    assert_eq!(desk.prepare(&[case('a', json!({}))]).unwrap().refused()[0].1, Exclusion::UnknownForm);
    let layout = "id = 'x'\ntitle = 'x'\n[[sections]]\nkey = 's'\nlabel = 'S'\ncolumns = [{ key = 'a', label = 'A', kind = 'text', questions = ['shoe_size'], share = ['share_partners'] }]";
    let mut desk = Operator::new(&["a"], PartnerKind::Partner);
    desk.layout = Layout::parse(layout).unwrap();
    assert!(matches!(desk.prepare(&[case('a', json!({}))]), Err(LayoutError::OtherForm { .. })));
}
