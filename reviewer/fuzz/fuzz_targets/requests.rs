//! Files that come on a stick that anybody may have had, requests of reviewers, and lists of a server:
//! what is read of it is written and read again, and nothing of it commands a terminal.
#![no_main]

use amanat_reviewer_core::deletions::Deletions;
use amanat_reviewer_core::outgoing::Outgoing;
use amanat_shared::api::{Listed, Objections};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(outgoing) = Outgoing::parse(data) {
        let written = match &outgoing {
            Outgoing::Acknowledgements(all) => serde_json::to_vec(all),
            Outgoing::Discards(all) => serde_json::to_vec(all),
        };
        assert_eq!(Outgoing::parse(&written.expect("these are texts")), Ok(outgoing));
    }
    if let Ok(objections) = serde_json::from_slice::<Objections>(data) {
        let written = serde_json::to_vec(&objections).expect("these are texts");
        assert_eq!(serde_json::from_slice::<Objections>(&written).ok(), Some(objections));
    }
    if let Ok(page) = serde_json::from_slice::<Vec<Listed>>(data) {
        let mut deletions = Deletions::default();
        page.iter().for_each(|listed| deletions.note(listed));
        let said = deletions.to_string();
        assert!(said.chars().all(|character| character == '\n' || !character.is_control()), "{said:?}");
    }
});
