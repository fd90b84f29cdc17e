//! A person's entries are only in the sealed file: not in the database, logs, mail, metrics or on the network.

use super::uploads::{a_sealed_file, upload_with};
use crate::{
    drivers::{
        browser::Edition,
        browser_profile::Profile,
        form_driver::{CAMERA, FormDriver},
        http::request,
        leak_scanner::{encodings, find},
        processes::{free_port, run},
    },
    fixtures::{
        deployment::{Deployment, pull_command},
        pack::RecipientType,
    },
    personas::prosecutor,
};

#[test]
fn no_answer_is_in_the_database_the_logs_the_mail_or_on_the_network() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (person, mut phone) = (prosecutor(), FormDriver::new(Edition::Current));
    phone.take_photo(200);
    let code = phone.register(&deployment.proxy.origin, &person);
    let mails = deployment.mail.wait_for_mails(deployment.reviewers.len());
    for reviewer in &deployment.reviewers {
        assert_eq!(deployment.pull(reviewer).len(), 1);
    }

    let mut secrets = person.secrets();
    assert!(secrets.len() > 25, "{secrets:?}");
    let groups: Vec<String> = code.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    secrets.extend([code, groups.join(" "), groups.join("-"), CAMERA.to_owned()]);

    let profile = Profile::read(&phone.browser.profile()).bytes;
    let places = [
        ("the database", deployment.database()),
        ("what the server says", deployment.output()),
        ("the mail", mails.concat().into_bytes()),
        ("the mail server's log", deployment.mail.log().into_bytes()),
        ("what the browser sent", deployment.proxy.sent()),
        ("the phone's disk", profile),
    ];
    for (place, bytes) in &places {
        assert!(place.contains("server says") || !bytes.is_empty(), "{place} is empty");
        assert_eq!(find(&secrets, bytes), None, "in {place}");
        // The scanner finds a planted secret, wherever it stands and however it is encoded.
        for (writing, secret) in encodings(&secrets[secrets.len() / 2]) {
            let at = bytes.len() / 3;
            let planted = [&bytes[..at], &secret, &bytes[at..]].concat();
            assert!(find(&secrets, &planted).is_some(), "{writing} planted in {place}");
        }
    }
    // The scanner finds what these places are known to contain, so they are the right ones.
    assert!(find(&["CREATE TABLE".to_owned()], &places[0].1).is_some());
    assert!(find(&["/api/v1/uploads".to_owned()], &places[4].1).is_some());
    phone.browser.assert_no_complaints(&[]);
}

#[test]
fn a_secret_that_a_broken_page_sends_is_seen_on_the_network_and_not_logged() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let secrets = prosecutor().secrets();
    let mut phone = FormDriver::new(Edition::Current);
    phone.browser.go(&deployment.proxy.origin);
    phone.wait_for_action("language");
    assert_eq!(find(&secrets, &deployment.proxy.sent()), None);
    for secret in [&secrets[0], &secrets[secrets.len() - 1]] {
        let text = serde_json::to_string(secret).expect("a text is JSON");
        phone.browser.evaluate(&format!("fetch('/' + encodeURIComponent({text})).then(() => 0)"));
        assert!(find(std::slice::from_ref(secret), &deployment.proxy.sent()).is_some());
    }
    // The server does not log what it receives in an address, a header or a body, either.
    let secret = &secrets[0];
    let (_, encoded) = encodings(secret).into_iter().find(|(name, _)| name == "percent-encoding").expect("it is one of them");
    let encoded = String::from_utf8(encoded).expect("percent-encoding is ASCII");
    for (method, path) in [("GET", format!("/{encoded}?{encoded}")), ("POST", format!("/api/v1/uploads/{encoded}"))] {
        request(
            method,
            &format!("{}{path}", deployment.origin),
            &[("User-Agent", &encoded), ("Referer", &encoded), ("X-Forwarded-For", &encoded)],
            secret.as_bytes(),
        );
    }
    assert_eq!(find(&secrets, &deployment.output()), None);
    assert_eq!(find(&secrets, &deployment.database()), None);
}

/// The client's address, its browser and its tokens are not in a row, log, mail, metric, journal or backup.
#[test]
fn a_clients_address_and_token_are_written_nowhere() {
    const AGENT: &str = "Mozilla/5.0 (Linux; Android 9; SM-J260F) Gecko/17";
    const REFERRER: &str = "https://search.example.net/?q=where+can+judges+go";
    const ADDRESS: [u8; 4] = [198, 51, 100, 77];
    let metrics = format!("127.0.0.1:{}", free_port());
    let settings = [("AMANAT_TRUSTED_PROXIES", r#"["127.0.0.1"]"#), ("AMANAT_METRICS_LISTEN", metrics.as_str())];
    let deployment = Deployment::with(RecipientType::PostQuantum, &settings);
    let address = ADDRESS.map(|byte| byte.to_string()).join(".");
    let about = [("User-Agent", AGENT), ("Referer", REFERRER), ("X-Forwarded-For", address.as_str()), ("X-Real-IP", &address)];
    let sealed = a_sealed_file(&deployment);
    let answer = upload_with(&deployment.origin, &sealed, &about);
    assert_eq!(answer.status, 201, "{}", answer.text());
    for (method, path) in [("GET", "/"), ("GET", "/nothing"), ("POST", "/api/v1/uploads"), ("GET", "/api/v1/registrations")] {
        request(method, &format!("{}{path}", deployment.origin), &about, b"");
    }
    for reviewer in &deployment.reviewers {
        run(&mut pull_command(&deployment.proxy.origin, reviewer, &deployment.folder("pulled")));
    }
    let sent = String::from_utf8_lossy(&deployment.proxy.sent()).into_owned();
    let tokens: Vec<String> =
        sent.split("Bearer ").skip(1).map(|rest| rest.lines().next().unwrap_or_default().to_owned()).collect();
    let signatures = tokens.iter().filter_map(|token| token.rsplit_once('.')).map(|(_, signature)| signature.to_owned());
    let mut secrets = vec![AGENT.to_owned(), "SM-J260F".to_owned(), REFERRER.to_owned(), "search.example.net".to_owned(), address];
    secrets.extend(signatures);
    assert!(secrets.len() >= 5 + 2 * deployment.reviewers.len(), "{secrets:?}");

    let mails = deployment.mail.wait_for_mails(deployment.reviewers.len());
    let numbers = request("GET", &format!("http://{metrics}/metrics"), &[], b"");
    assert_eq!(numbers.status, 200);
    let backup = deployment.back_up();
    let places = [
        ("the database and its journal", deployment.database()),
        ("the backup", backup),
        ("what the server says", deployment.output()),
        ("the numbers", numbers.body),
        ("the mail", mails.concat().into_bytes()),
    ];
    for (place, bytes) in &places {
        assert_eq!(find(&secrets, bytes), None, "in {place}");
        // The address has four bytes, which ciphertext contains by chance now and then.
        let by_chance = usize::from(place.contains("database") || place.contains("backup"));
        assert!(memchr::memmem::find_iter(bytes, &ADDRESS).count() <= by_chance, "the address's bytes in {place}");
        for secret in &secrets {
            for (writing, secret) in encodings(secret) {
                let planted = [&bytes[..bytes.len() / 3], &secret, &bytes[bytes.len() / 3..]].concat();
                assert!(find(&secrets, &planted).is_some(), "{writing} planted in {place}");
            }
        }
    }
    assert!(
        find(&["CREATE TABLE".to_owned()], &places[0].1).is_some() && find(&["CREATE TABLE".to_owned()], &places[1].1).is_some()
    );
    assert!(find(&["amanat_ready 1".to_owned()], &places[3].1).is_some());
}
