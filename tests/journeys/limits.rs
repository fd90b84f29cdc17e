//! What a person sees while the server has too much to do, or no room.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use super::{assert_reads_the_same, form::OF_2020, the_only_registration};
use crate::{
    browser::Edition,
    http::{Answer, request},
    people::{judge, prosecutor, relative},
    phone::{Phone, pictures_of},
    world::{Keys, World},
};

/// Announces an upload, of which nothing will come.
fn announce(world: &World) -> Answer {
    let metadata = format!("delete_proof_sha256 {}", STANDARD.encode(Sha256::digest([0x11; 32])));
    let headers = [("Tus-Resumable", "1.0.0"), ("Upload-Length", "50000"), ("Upload-Metadata", metadata.as_str())];
    request("POST", &format!("{}/api/v1/uploads", world.origin), &headers, b"")
}

/// Somebody behind the same carrier address has used up its share.
#[test]
fn where_an_address_has_had_its_share_the_phone_does_some_work_and_is_received() {
    let world = World::with(Keys::PostQuantum, &[("AMANAT_LIMITS__UPLOADS_PER_HOUR", "1")]);
    assert_eq!(announce(&world).status, 201);
    let refused = announce(&world);
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("120")));
    assert!(refused.text().contains("\"proof_of_work\""), "{}", refused.text());

    for edition in [Edition::Current, Edition::Of2020] {
        let (person, mut phone) = (relative(), Phone::new(edition));
        phone.register(&world.wire.origin, &person);
        phone.browser.assert_no_complaints(&[&["status of 429"][..], &OF_2020].concat());
    }
    let sent = String::from_utf8_lossy(&world.wire.sent()).to_ascii_lowercase();
    let creations = sent.matches("post /api/v1/uploads ").count();
    assert_eq!((creations, sent.matches("\nproof-of-work: ").count()), (4, 2), "each asked once without and once with");
    assert_eq!(world.pull(&world.reviewers[0]).len(), 2);
}

#[test]
fn a_server_without_room_says_so_and_has_it_once_there_is_room() {
    for person in [prosecutor(), judge(), relative()] {
        let mut world = World::with(Keys::PostQuantum, &[("AMANAT_LIMITS__DATABASE", "1KiB")]);
        let refused = announce(&world);
        assert_eq!((refused.status, refused.header("retry-after")), (507, Some("120")));

        let mut phone = Phone::new(Edition::Current);
        phone.take_photo(200);
        phone.begin(&world.wire.origin, &person);
        let code = phone.fill_in(&person);
        phone.browser.tap("[data-action=send]");
        let told = phone.browser.wait_for("words about it", |browser| {
            let told = browser.text_of("#main");
            let known = ["We cannot receive it right now", "فعلاً دریافت کرده نمی‌توانیم", "اوس یې نه شو ترلاسه کولای"];
            known.into_iter().any(|known| told.contains(known)).then_some(told)
        });
        assert!(!told.contains("507"), "{told}");
        phone.take_pictures(pictures_of(&format!("no-room-{}", person.language)));
        phone.picture("no-room");
        world.restart_with(&[]);
        // It tries again by itself, at the latest when the phone has a network again.
        phone.browser.evaluate_in_worker("dispatchEvent(new Event('online'))");
        phone.wait_until_received(&code);
        assert_reads_the_same(&the_only_registration(&world), &person);
        phone.browser.assert_no_complaints(&["status of 507"]);
    }
}
