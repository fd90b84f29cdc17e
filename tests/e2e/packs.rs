//! A page whose pack was changed, or is not signed by two of three roots, asks nothing.

use std::{fs, io::Cursor};

use minisign::{KeyPair, PublicKey, SecretKey, SecretKeyBox};
use serde_json::{Value, json};

use crate::{
    drivers::{
        browser::{Document, Edition},
        form_driver::FormDriver,
        http::request,
        processes::today,
    },
    fixtures::{
        deployment::Deployment,
        pack::{RecipientType, root_key},
    },
    personas::relative,
};

const ELEMENT: &str = r#"id="amanat-pack">"#;

/// The page as the server sends it, and its pack.
struct Served {
    before: String,
    after: String,
    headers: Vec<(String, String)>,
    /// The text of `pack.json`.
    pack: String,
    signatures: Vec<String>,
}

impl Served {
    fn by(deployment: &Deployment) -> Self {
        let answer = request("GET", &format!("{}/", deployment.origin), &[("Accept", "text/html")], &[]);
        assert_eq!(answer.status, 200);
        assert!(answer.header("content-encoding").is_none(), "nobody asked for compression");
        let html = answer.text();
        let start = html.find(ELEMENT).expect("the page has the element for the pack") + ELEMENT.len();
        let end = start + html[start..].find("</script>").expect("the element ends");
        let literal: String = serde_json::from_str(&html[start..end]).expect("a JSON string literal");
        let signed: Value = serde_json::from_str(&literal).expect("what is in it is JSON");
        let signatures =
            signed["signatures"].as_array().expect("a list").iter().map(|one| one.as_str().expect("a text").to_owned()).collect();
        Self {
            before: html[..start].to_owned(),
            after: html[end..].to_owned(),
            headers: answer.headers,
            pack: signed["pack"].as_str().expect("a text").to_owned(),
            signatures,
        }
    }

    /// Returns the same page with this pack and these signatures.
    fn with(&self, pack: &str, signatures: &[String]) -> Document {
        let signed = json!({"pack": pack, "signatures": signatures}).to_string();
        let literal = Value::String(signed).to_string().replace('<', "\\u003c");
        Document { headers: self.headers.clone(), body: format!("{}{literal}{}", self.before, self.after) }
    }

    /// Returns the page with a changed pack that these keys have signed.
    fn changed(&self, change: impl Fn(&mut Value), signers: &[&SecretKey]) -> Document {
        let mut pack: Value = serde_json::from_str(&self.pack).expect("pack.json is JSON");
        change(&mut pack);
        let pack = pack.to_string();
        let signatures: Vec<String> = signers.iter().map(|key| sign(key, &pack)).collect();
        self.with(&pack, &signatures)
    }
}

fn root(number: usize) -> SecretKey {
    let text = fs::read_to_string(root_key(number)).expect("the key can be read");
    SecretKeyBox::from_string(&text).and_then(SecretKeyBox::into_unencrypted_secret_key).expect("it has no password")
}

fn sign(key: &SecretKey, text: &str) -> String {
    let public = PublicKey::from_secret_key(key).expect("a secret key has a public half");
    minisign::sign(Some(&public), key, Cursor::new(text), None, None).expect("it can be signed").into_string()
}

/// Replaces one letter or digit at or after this fraction of the text.
fn flipped(text: &str, part: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a part of a length")]
    let from = (text.len() as f64 * part) as usize;
    let mut bytes = text.as_bytes().to_vec();
    let at = (from..bytes.len()).find(|at| bytes[*at].is_ascii_alphanumeric()).expect("there is a letter");
    bytes[at] = if bytes[at] == b'7' { b'3' } else { b'7' };
    String::from_utf8(bytes).expect("one ASCII letter for another")
}

#[test]
fn a_page_whose_pack_the_roots_did_not_sign_asks_nothing_and_says_so() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let served = Served::by(&deployment);
    let (one, two, three) = (root(1), root(2), root(3));
    let strangers = [(); 2].map(|()| KeyPair::generate_unencrypted_keypair().expect("a key can be made").sk);
    let [this, that] = &strangers;
    let dated = |issued: i32, expires: i32| {
        let (issued, expires) = (today(issued), today(expires));
        move |pack: &mut Value| {
            pack["issued"] = json!(issued);
            pack["expires"] = json!(expires);
        }
    };
    let as_it_is = |_: &mut Value| {};
    let good = &served.signatures;
    assert_eq!(good.len(), 2);

    let url = format!("{}/", deployment.origin);
    let mut phone = FormDriver::new(Edition::Current);
    let allowed = [
        ("as it was served", served.with(&served.pack, good)),
        ("signed by two other roots", served.changed(as_it_is, &[&three, &one])),
        ("signed by strangers besides", served.changed(as_it_is, &[this, &two, that, &three])),
    ];
    for (what, document) in allowed {
        phone.browser.replace(&url, document);
        phone.browser.go(&url);
        phone.browser.wait_for(what, |browser| browser.sees("[data-action=language]").then_some(()));
    }

    let mut refused: Vec<(String, Document)> = [0.0001, 0.01, 0.3, 0.6, 0.99]
        .map(|part| (format!("a byte flipped at {part} of it"), served.with(&flipped(&served.pack, part), good)))
        .into();
    let comment_end = good[0].find('\n').expect("a signature has lines");
    let spoilt = format!("{}{}", &good[0][..comment_end], flipped(&good[0][comment_end..], 0.2));
    refused.extend(
        [
            ("a byte flipped in a signature", served.with(&served.pack, &[spoilt, good[1].clone()])),
            ("no signature", served.with(&served.pack, &[])),
            ("one signature short", served.with(&served.pack, &good[..1])),
            ("one signature twice", served.with(&served.pack, &[good[0].clone(), good[0].clone()])),
            ("one root twice", served.changed(as_it_is, &[&one, &one])),
            ("strangers' signatures", served.changed(as_it_is, &[this, that])),
            ("one root and a stranger", served.changed(as_it_is, &[&one, this])),
            ("expired", served.changed(dated(-40, -10), &[&one, &two])),
            ("expired yesterday", served.changed(dated(-20, -2), &[&one, &two])),
            ("valid for too long", served.changed(dated(-1, 60), &[&one, &two])),
            ("for nobody", served.changed(|pack| pack["recipients"] = json!([]), &[&one, &two])),
            ("a demo's", served.changed(|pack| pack["demo"] = json!(true), &[&one, &two])),
            ("no pack at all", served.with("{}", &[sign(&one, "{}"), sign(&two, "{}")])),
        ]
        .map(|(what, document)| (what.to_owned(), document)),
    );
    let nothing = Document { body: format!("{}null{}", served.before, served.after), headers: served.headers.clone() };
    refused.push(("nothing where the pack should be".to_owned(), nothing));
    // Only the worker can tell that these keys are not valid; the page says so once the worker has started.
    let spoil = |pack: &mut Value| {
        let key = pack["recipients"][0]["key"].as_str().expect("a recipient has a key");
        pack["recipients"][0]["key"] = json!(flipped(key, 0.5));
    };
    phone.browser.replace(&url, served.changed(spoil, &[&one, &two]));
    phone.browser.go(&url);
    phone.browser.wait_for("a message: keys that only look like keys", |browser| browser.sees("[data-role=refused]").then_some(()));
    assert_eq!(phone.see()["questions"], json!([]));
    assert!(!phone.browser.sees("[data-action=language]"));
    for (what, document) in refused {
        phone.browser.replace(&url, document);
        phone.browser.go(&url);
        phone.browser.wait_for(&format!("a message: {what}"), |browser| browser.sees("[role=alert]").then_some(()));
        let message = phone.browser.text_of("[role=alert]:not([hidden])");
        assert!(message.trim().chars().count() > 40, "{what}: {message}");
        assert!(!message.contains("could not start"), "{what}: the page broke, when it should have refused");
        let asks = phone
            .browser
            .evaluate("document.querySelectorAll('[data-question], [data-action=language], [data-action=start]').length");
        assert_eq!(asks, 0, "{what}: {}", phone.see());
    }
    phone.browser.assert_no_complaints(&[]);
}

#[test]
fn a_page_on_another_host_than_the_packs_site_asks_nothing() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let mut phone = FormDriver::new(Edition::Current);
    phone.browser.mirror("https://form.example.net", &deployment.origin);
    phone.browser.go("https://form.example.net/");
    phone.browser.wait_for("the refusal", |browser| browser.sees("[data-role=refused]").then_some(()));
    let said = phone.browser.text_of("[data-role=refused]");
    assert_eq!(said.matches("form.example.org").count(), 3, "{said}");
    assert!(!phone.browser.sees("[data-action=language]"));

    let mut phone = FormDriver::new(Edition::Current);
    phone.browser.mirror("https://form.example.org", &deployment.origin);
    phone.begin("https://form.example.org/", &relative());
    phone.wait_for_action("start");
    phone.browser.assert_no_complaints(&[]);
}
