//! Nothing leaks: what a person enters is nowhere but in the sealed file.

use crate::{
    browser::Edition,
    http::request,
    people::prosecutor,
    phone::{CAMERA, Phone},
    profile::Profile,
    searcher::{find, writings},
    world::{Keys, World},
};

#[test]
fn nothing_that_a_person_enters_is_in_the_database_the_logs_the_mail_or_on_the_wire() {
    let world = World::start(Keys::PostQuantum);
    let (person, mut phone) = (prosecutor(), Phone::new(Edition::Current));
    phone.take_photo(200);
    let code = phone.register(&world.wire.origin, &person);
    let mails = world.mail.wait_for_mails(world.reviewers.len());
    for reviewer in &world.reviewers {
        assert_eq!(world.pull(reviewer).len(), 1);
    }

    let mut secrets = person.secrets();
    assert!(secrets.len() > 25, "{secrets:?}");
    let groups: Vec<String> = code.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    secrets.extend([code, groups.join(" "), groups.join("-"), CAMERA.to_owned()]);

    let profile = Profile::read(&phone.browser.profile()).bytes;
    let places = [
        ("the database", world.database()),
        ("what the server says", world.said()),
        ("the mail", mails.concat().into_bytes()),
        ("the mail server's log", world.mail.log().into_bytes()),
        ("what the browser sent", world.wire.sent()),
        ("the phone's disk", profile),
    ];
    for (place, bytes) in &places {
        assert!(place.contains("server says") || !bytes.is_empty(), "{place} is empty");
        assert_eq!(find(&secrets, bytes), None, "in {place}");
        // A planted secret would have been found, wherever it stands and however it is written.
        for (writing, secret) in writings(&secrets[secrets.len() / 2]) {
            let at = bytes.len() / 3;
            let planted = [&bytes[..at], &secret, &bytes[at..]].concat();
            assert!(find(&secrets, &planted).is_some(), "{writing} planted in {place}");
        }
    }
    // What the places are known to hold is found, so they are the right ones.
    assert!(find(&["CREATE TABLE".to_owned()], &places[0].1).is_some());
    assert!(find(&["/api/v1/uploads".to_owned()], &places[4].1).is_some());
    phone.browser.assert_no_complaints(&[]);
}

#[test]
fn what_a_broken_page_would_send_is_found_on_the_wire_and_is_not_logged() {
    let world = World::start(Keys::PostQuantum);
    let secrets = prosecutor().secrets();
    let mut phone = Phone::new(Edition::Current);
    phone.browser.go(&world.wire.origin);
    phone.wait_for_action("language");
    assert_eq!(find(&secrets, &world.wire.sent()), None);
    for secret in [&secrets[0], &secrets[secrets.len() - 1]] {
        let text = serde_json::to_string(secret).expect("a text is JSON");
        phone.browser.evaluate(&format!("fetch('/' + encodeURIComponent({text})).then(() => 0)"));
        assert!(find(std::slice::from_ref(secret), &world.wire.sent()).is_some());
    }
    // Nor does the server write down what it is told in an address, a header or a body.
    let secret = &secrets[0];
    let encoded = String::from_utf8(writings(secret).swap_remove(7).1).expect("percent-encoding is ASCII");
    for (method, path) in [("GET", format!("/{encoded}?{encoded}")), ("POST", format!("/api/v1/uploads/{encoded}"))] {
        request(
            method,
            &format!("{}{path}", world.origin),
            &[("User-Agent", &encoded), ("Referer", &encoded), ("X-Forwarded-For", &encoded)],
            secret.as_bytes(),
        );
    }
    assert_eq!(find(&secrets, &world.said()), None);
    assert_eq!(find(&secrets, &world.database()), None);
}
