//! A `registration.json`, through triage, into the list and onto the screen: nothing that is printed commands a terminal.
#![no_main]

use std::sync::LazyLock;

use amanat_reviewer_core::arrival_times::ArrivalTimes;
use amanat_reviewer_core::cases::{self, Case, CaseListBuilder, Names, RowContext, Source};
use amanat_reviewer_core::decrypt::{Binding, Opened, OpenedAnswers};
use amanat_reviewer_core::forms::Forms;
use amanat_reviewer_core::{case_text, case_view, interview_flags};
use amanat_shared::api;
use amanat_shared::dates::Day;
use amanat_shared::form::{AFGHAN_JUSTICE, load};
use amanat_shared::seal::Registration;
use libfuzzer_sys::fuzz_target;
use zeroize::Zeroizing;

static KNOWN: LazyLock<(Forms, String)> = LazyLock::new(|| {
    let form = load("afghan-justice.toml", AFGHAN_JUSTICE).expect("the project's tests load it");
    (Forms::built_in(), api::hex(&form.sha256()))
});

fuzz_target!(|data: &[u8]| {
    let Ok(mut registration) = serde_json::from_slice::<Registration>(data) else { return };
    let (forms, sha256) = &*KNOWN;
    let times = ArrivalTimes::default();
    for known in [true, false] {
        if known {
            registration.form.sha256.clone_from(sha256);
        } else {
            registration.form.sha256.clear();
        }
        let context = RowContext { forms, language: "en", names: Names::Shown, today: Day(20_780) };
        let source = Source { file: "case".to_owned(), sha256: "ab".repeat(32), received: None };
        let mut list = CaseListBuilder::new(&times, None);
        list.add(Case::new(source, &OpenedAnswers { registration: registration.clone(), proven: None }, context));
        let found = list.build(std::iter::empty(), &[]).cases;
        harmless(&cases::page(&found, 1, Names::Shown));
        let sheet = case_view::view(&registration, forms, "ps");
        sheet.contact.iter().chain(&sheet.sharing).for_each(|line| harmless(line));
        for row in sheet.sections.iter().flat_map(|section| &section.rows) {
            row.lines.iter().chain([&row.label]).for_each(|line| harmless(line));
        }
        for flag in interview_flags::flags(&registration.answers, Day(20_780)) {
            harmless(&flag.line);
        }
        let opened = Opened {
            sha256: String::new(),
            json: Zeroizing::new(data.to_vec()),
            registration: registration.clone(),
            proven: None,
            binding: Binding::Unbound,
            files: Vec::new(),
        };
        harmless(&case_text::text(&opened, forms, "fa-AF"));
    }
});

fn harmless(text: &str) {
    let mut isolates = 0;
    for character in text.chars().filter(|character| *character != '\n') {
        assert!(!character.is_control(), "{character:?}");
        assert!(
            !matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}' | '\u{2067}'),
            "{character:?}"
        );
        isolates += i32::from(character == '\u{2068}') - i32::from(character == '\u{2069}');
        assert!((0..=1).contains(&isolates), "our own isolates come in pairs");
    }
}
