//! A notebook that anybody may have sealed: what is read of it can be written, read and merged again.
#![no_main]

use amanat_reviewer_core::notebook::Notebook;
use amanat_reviewer_core::notebook::file::parse;
use libfuzzer_sys::fuzz_target;

const NOW: u64 = 1_800_000_000;

fuzz_target!(|data: &[u8]| {
    let Ok(notebook) = parse(data, NOW) else { return };
    let mut merged = Notebook::default();
    merged.merge(notebook.clone());
    let once = merged.clone();
    merged.merge(notebook);
    assert_eq!(merged, once, "a second merge changes nothing");
});
