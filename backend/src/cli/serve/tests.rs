use super::*;
use crate::cli::demo::tests::{TODAY, pack};
use crate::cli::pack::{RootKey, encode, signature};

fn signed(root: &RootKey, pack: &Pack) -> SignedPack {
    let json = encode(pack);
    let signatures = vec![signature(root, pack, &json).unwrap()];
    SignedPack { pack: json, signatures, demo_root: None }
}

fn roots(keys: &[&RootKey]) -> Roots {
    Roots { threshold: keys.len(), keys: keys.iter().map(|key| key.public_base64()).collect() }
}

#[test]
fn only_a_real_pack_signed_by_its_roots_and_valid_today_is_served() {
    let (root, other) = (RootKey::generate().unwrap(), RootKey::generate().unwrap());
    let real = Pack { demo: false, ..pack() };
    let good = signed(&root, &real);
    let verify_pack = |signed: &SignedPack, roots: Option<&Roots>, today| {
        verify_pack(Path::new("pack.json"), signed, roots, today).map_err(|failure| failure.to_string())
    };
    assert_eq!(verify_pack(&good, Some(&roots(&[&root])), TODAY).unwrap(), real);

    let demo = signed(&root, &pack());
    let tampered = SignedPack { pack: good.pack.replace("duckduckgo", "duckduckg0"), ..good.clone() };
    let expired = Day(TODAY.0 + 31);
    let leaving_to = |exit_url: &str| signed(&root, &Pack { exit_url: exit_url.to_owned(), ..real.clone() });
    let (script, clear) = (leaving_to("javascript:alert(1)"), leaving_to("http://example.org/"));
    let (user, other_scheme) = (leaving_to("https://u@host/"), leaving_to("//host"));
    assert!(verify_pack(&leaving_to("https://مثال.example/"), Some(&roots(&[&root])), TODAY).is_ok());
    for (signed, roots, today, expected) in [
        (&demo, Some(roots(&[&root])), TODAY, "pack.json is a demo pack."),
        (&script, Some(roots(&[&root])), TODAY, "pack.json: exit_url: must begin with https:// and a name"),
        (&clear, Some(roots(&[&root])), TODAY, "pack.json: exit_url: must begin with https:// and a name"),
        (&user, Some(roots(&[&root])), TODAY, "pack.json: exit_url: holds a name or a password before an @"),
        (&other_scheme, Some(roots(&[&root])), TODAY, "pack.json: exit_url: must begin with https:// and a name"),
        (&good, None, TODAY, "built without root keys"),
        (&good, Some(roots(&[&root])), expired, "pack.json expired on "),
        (&good, Some(roots(&[&root])), Day(TODAY.0 - 2), "it will be issued on "),
        (&good, Some(roots(&[&other])), TODAY, "0 good signatures by root keys, 1 needed"),
        (&good, Some(roots(&[&root, &other])), TODAY, "1 good signatures by root keys, 2 needed"),
        (&tampered, Some(roots(&[&root])), TODAY, "0 good signatures by root keys, 1 needed"),
    ] {
        let failure = verify_pack(signed, roots.as_ref(), today).unwrap_err();
        assert!(failure.contains(expected) && failure.lines().count() == 2, "{failure}\n  expected {expected}");
    }
}

#[test]
fn only_origins_of_the_packs_site_an_onion_or_loopback_are_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("amanat.toml");
    let with = |origins: &str| {
        let text =
            include_str!("../amanat.toml").replace("origins = [\"https://form.example.org\"]", &format!("origins = [{origins}]"));
        let text = if origins.contains(".onion") { format!("onion_listen = \"127.0.0.1:0\"\n{text}") } else { text };
        std::fs::write(&file, text).unwrap();
        load(&file).unwrap()
    };
    let pack = Pack { site: "form.example.org".to_owned(), ..pack() };
    for origins in [
        "\"https://form.example.org\"",
        "\"https://FORM.example.org:8443\", \"http://abc.onion\"",
        "\"http://127.0.0.1:8080\", \"http://localhost\", \"http://[::1]:80\"",
    ] {
        assert!(check_site(&file, &with(origins), &pack).is_ok(), "{origins}");
    }
    for origins in [
        "\"https://form.example.org\", \"https://evil.example.org\"",
        "\"https://form.example.org.evil.example\"",
        "\"https://www.form.example.org\"",
        "\"http://10.0.0.1\"",
        "\"http://127.0.0.1.evil.example\"",
    ] {
        let failure = check_site(&file, &with(origins), &pack).unwrap_err().to_string();
        assert!(failure.contains("is another name than the pack's site, form.example.org"), "{origins}: {failure}");
    }
    let with_port = Pack { site: "form.example.org:8443".to_owned(), ..pack };
    assert!(check_site(&file, &with("\"https://form.example.org:8443\""), &with_port).is_ok());
    assert!(check_site(&file, &with("\"https://form.example.org\""), &with_port).is_err());
}
