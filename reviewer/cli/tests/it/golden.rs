//! Files that earlier versions sealed must always open. Each folder of `tests/golden` holds a first registration, and an update
//! and a request for deletion that name its mailbox, as the phone sealed them in that format.

use std::fs;
use std::path::{Path, PathBuf};

use amanat_reviewer::atomic_file::DEFAULT_MAX_BYTES;
use amanat_reviewer::{keys, scan, sealed_file};
use amanat_reviewer_core::afghan_form::RegistrationKind;
use amanat_reviewer_core::cases::Proof;
use amanat_reviewer_core::cases::{Case, Names, RowContext};
use amanat_reviewer_core::decrypt::Binding;
use amanat_reviewer_core::forms::Forms;
use amanat_reviewer_core::identities::Identities;
use amanat_shared::dates::Day;
use amanat_shared::envelope;
use amanat_shared::envelope::RecipientKind as KeyKind;

fn golden(format: u32) -> (PathBuf, Identities) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/format-{format}"));
    let identities = keys::identities(&folder.join("identity.key")).unwrap();
    (folder, identities)
}

fn case<'a>(cases: &'a [Case], name: &str) -> &'a Case {
    cases.iter().find(|case| case.file == name).unwrap()
}

#[test]
fn every_format_opens_and_the_server_takes_its_header() {
    for (format, binding) in [(1, Binding::Unbound), (2, Binding::Bound)] {
        let (folder, identities) = golden(format);
        for name in ["first", "update", "deletion"] {
            let path = folder.join(format!("{name}.age"));
            let opened = sealed_file::open(&path, &identities, DEFAULT_MAX_BYTES).unwrap();
            assert_eq!((opened.registration.format, opened.binding, opened.proven.is_some()), (format, binding, format > 1));
            let sealed = fs::read(&path).unwrap();
            let header = envelope::header(&sealed).unwrap().unwrap();
            envelope::accept(&header, sealed.len() as u64, &[(KeyKind::Hybrid, 1)]).unwrap();
        }
    }
}

#[test]
fn updates_of_format_1_are_somebodys_word_and_those_of_format_2_are_joined() {
    let forms = Forms::built_in();
    for format in [1, 2] {
        let (path, identities) = golden(format);
        let desk = RowContext { forms: &forms, language: "en", names: Names::Shown, today: Day::from_iso("2026-11-23").unwrap() };
        let read = scan::read(&path, &identities, desk).unwrap();
        assert!(read.failures.is_empty() && read.cases.len() == 3, "{:?}", read.failures);
        let [first, update, deletion] = ["first", "update", "deletion"].map(|name| case(&read.cases, name));
        assert_eq!((first.kind, first.proof, first.doubt()), (RegistrationKind::First, Proof::Given, None));
        if format == 1 {
            assert!(first.later.is_empty() && !first.deletion_asked() && first.claimed_by.len() == 2);
            assert_eq!((update.proof, deletion.proof), (Proof::Missing, Proof::Missing));
        } else {
            assert!(first.deletion_asked() && first.later.len() == 2 && first.claimed_by.is_empty());
            assert_eq!((update.proof, deletion.proof), (Proof::Given, Proof::Given));
        }
    }
}
