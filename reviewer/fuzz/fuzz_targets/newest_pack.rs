//! The file beside an identity that remembers the newest pack: only what the identity itself has written is read.
#![no_main]

use std::sync::LazyLock;

use amanat_reviewer_core::identities::Identities;
use amanat_reviewer_core::newest_pack::{read, record};
use amanat_reviewer_core::text_file;
use amanat_shared::seal::HybridIdentity;
use libfuzzer_sys::fuzz_target;

static IDENTITY: LazyLock<Identities> = LazyLock::new(|| {
    let secret = HybridIdentity::from_seed([1; 32]).to_text();
    Identities::parse(secret.as_bytes()).expect("an identity that was just made is read")
});

fuzz_target!(|data: &[u8]| {
    if let Ok(serial) = read(data, &IDENTITY) {
        // An editor may put blanks around it, or write UTF-16: the line is the identity's own all the same.
        let text = text_file::text(data).expect("it was read");
        assert_eq!(text_file::trimmed(&text), record(serial, &IDENTITY).trim_end());
    }
});
