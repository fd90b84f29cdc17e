//! The archive's reader: only names of ours, each once, and never more bytes than there are.
#![no_main]

use std::io::Read;

use amanat_shared::seal::Unpacker;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut unpacker = Unpacker::new(data);
    let mut names = Vec::new();
    let mut total = 0;
    while let Ok(Some(entry)) = unpacker.next_entry() {
        let name = entry.name.as_str();
        let is_ours = name == "registration.json"
            || name.strip_prefix("attachments/").is_some_and(|file| {
                file.len() == 6
                    && file.as_bytes()[..2].iter().all(u8::is_ascii_digit)
                    && [".jpg", ".png", ".pdf"].contains(&&file[2..])
            });
        assert!(is_ours && !names.contains(&entry.name), "{name:?}");
        names.push(entry.name);
        // Some entries are passed over, as a list does.
        if names.len() % 2 == 1 {
            let mut content = Vec::new();
            if unpacker.read_to_end(&mut content).is_err() {
                break;
            }
            assert_eq!(content.len() as u64, entry.bytes);
            total += content.len();
        }
        assert!(total <= data.len());
    }
});
