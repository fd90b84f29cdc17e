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
fn only_a_real_pack_that_its_roots_signed_and_that_is_valid_today_is_served() {
    let (root, other) = (RootKey::generate().unwrap(), RootKey::generate().unwrap());
    let real = Pack { demo: false, ..pack() };
    let good = signed(&root, &real);
    let admit = |signed: &SignedPack, roots: Option<&Roots>, today| {
        admit(Path::new("pack.json"), signed, roots, today).map_err(|failure| failure.to_string())
    };
    assert_eq!(admit(&good, Some(&roots(&[&root])), TODAY).unwrap(), real);

    let demo = signed(&root, &pack());
    let tampered = SignedPack { pack: good.pack.replace("duckduckgo", "duckduckg0"), ..good.clone() };
    let expired = Day(TODAY.0 + 31);
    for (signed, roots, today, expected) in [
        (&demo, Some(roots(&[&root])), TODAY, "pack.json is a demo pack."),
        (&good, None, TODAY, "built without root keys"),
        (&good, Some(roots(&[&root])), expired, "pack.json expired on "),
        (&good, Some(roots(&[&root])), Day(TODAY.0 - 2), "it will be issued on "),
        (&good, Some(roots(&[&other])), TODAY, "0 good signatures by root keys, 1 needed"),
        (&good, Some(roots(&[&root, &other])), TODAY, "1 good signatures by root keys, 2 needed"),
        (&tampered, Some(roots(&[&root])), TODAY, "0 good signatures by root keys, 1 needed"),
    ] {
        let failure = admit(signed, roots.as_ref(), today).unwrap_err();
        assert!(failure.contains(expected) && failure.lines().count() == 2, "{failure}\n  expected {expected}");
    }
}
