//! The signatures of a `registration.json`: what they prove is what every other reader sees, and one changed byte proves
//! nothing.
#![no_main]

use amanat_shared::api::from_hex;
use amanat_shared::seal::{Registration, proven};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some(found) = proven(data) else { return };
    if let Ok(registration) = serde_json::from_slice::<Registration>(data) {
        assert_eq!(registration.format, 2);
        assert_eq!(from_hex(&registration.mailbox.id), Some(found.mailbox.id));
    }
    for at in [0, data.len() / 2, data.len() - 1] {
        let mut changed = data.to_vec();
        changed[at] ^= 1;
        assert_eq!(proven(&changed), None);
    }
});
