use std::process::{Command, Stdio};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};

use super::*;

/// 2026-11-23.
const NOW: i64 = 1_795_392_000;

fn files() -> CertificateFiles {
    CertificateFiles { cert: "cert.pem".into(), key: "key.pem".into() }
}

fn result(cert: &str, key: &str) -> Result<(), String> {
    acceptor(&files(), cert.as_bytes(), key.as_bytes(), NOW).map(drop).map_err(|error| error.to_string())
}

/// Returns the site's certificate for this key, and its authority's.
fn chain_for(key: &KeyPair) -> [String; 2] {
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "Authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let site = CertificateParams::new(["form.example.org".to_owned()]).unwrap();
    [site.signed_by(key, &authority).unwrap().pem(), authority.pem()]
}

/// Runs the stock `openssl` and returns its output.
fn openssl(arguments: &[&str], input: &str) -> String {
    use std::io::Write;
    let mut command = Command::new("openssl");
    let mut child =
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("openssl");
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn keys_in_any_format_of_openssl_are_accepted() {
    let curve = openssl(&["ecparam", "-name", "prime256v1", "-genkey"], "");
    assert!(curve.starts_with("-----BEGIN EC PARAMETERS-----"), "{curve}");
    let rsa = openssl(&["genrsa", "2048"], "");
    let pkcs8 = |key: &str| openssl(&["pkcs8", "-topk8", "-nocrypt"], key);
    let larger = openssl(&["ecparam", "-name", "secp384r1", "-genkey"], "");
    let edwards = openssl(&["genpkey", "-algorithm", "ed25519"], "");
    for (name, key) in [
        ("EC PARAMETERS, then SEC1", curve.clone()),
        ("SEC1", openssl(&["ec"], &curve)),
        ("PKCS#8 of P-256", pkcs8(&curve)),
        ("SEC1 of P-384", larger),
        ("PKCS#1", openssl(&["rsa", "-traditional"], &rsa)),
        ("PKCS#8 of RSA", pkcs8(&rsa)),
        ("Ed25519", edwards),
    ] {
        let pair = KeyPair::from_pem(&pkcs8(&key)).unwrap();
        let [site, authority] = chain_for(&pair);
        let chain = format!("{site}{authority}");
        assert_eq!(result(&chain, &key), Ok(()), "{name}");
        assert_eq!(result(&chain.replace('\n', "\r\n"), &key.replace("\r\n", "\n").replace('\n', "\r\n")), Ok(()), "{name}, CRLF");
        assert_eq!(result(&format!("\u{feff}{chain}"), &format!("\u{feff}{key}")), Ok(()), "{name}, byte order mark");
        assert_eq!(
            result(&format!("subject=a comment\n\n{chain}\n\n"), &format!("a comment\n{key}\n\n")),
            Ok(()),
            "{name}, comments"
        );
        assert_eq!(result(&chain, &format!("{authority}{key}")), Ok(()), "{name}, beside a certificate");
    }
}

#[test]
fn an_unusable_key_is_refused_with_the_reason() {
    let pair = KeyPair::generate().unwrap();
    let (chain, key) = (chain_for(&pair).concat(), pair.serialize_pem());
    let rsa = openssl(&["genrsa", "2048"], "");
    let locked = "is locked with a passphrase";
    for (name, key, expected) in [
        ("PKCS#8, encrypted", openssl(&["pkcs8", "-topk8", "-passout", "pass:x"], &key), locked),
        ("PKCS#1, encrypted", openssl(&["rsa", "-traditional", "-aes128", "-passout", "pass:x"], &rsa), locked),
        ("SEC1, encrypted", openssl(&["ec", "-aes128", "-passout", "pass:x"], &key), locked),
        ("another's", KeyPair::generate().unwrap().serialize_pem(), "is not the key of that certificate"),
        ("a curve that is not used", openssl(&["ecparam", "-name", "secp256k1", "-genkey"], ""), "is of a kind"),
        ("empty", String::new(), "is empty"),
        ("blank", " \r\n\n".to_owned(), "is empty"),
        ("no key", "nothing".to_owned(), "holds no private key in PEM"),
        ("a certificate", chain.clone(), "holds a certificate in place of a private key"),
        ("cut off", key[..key.len() / 2].to_owned(), "is cut off or damaged"),
        ("binary", "\u{30}\u{0}\u{1}".to_owned(), "is no text in PEM"),
    ] {
        let error = result(&chain, &key).unwrap_err();
        assert!(error.starts_with("key.pem: ") && error.contains(expected), "{name}: {error}");
    }
}

#[test]
fn a_chain_that_browsers_would_refuse_is_refused_with_the_reason() {
    let pair = KeyPair::generate().unwrap();
    let key = pair.serialize_pem();
    let [site, authority] = chain_for(&pair);
    let at = |from: i32, until: i32| {
        let mut params = CertificateParams::new(["form.example.org".to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(until, 1, 1));
        params.self_signed(&pair).unwrap().pem()
    };
    for (name, cert, expected) in [
        ("leaf last", format!("{authority}{site}"), "which is number 2 in it"),
        ("expired", at(2025, 2026), "expired at 2026-01-01T00:00Z"),
        ("not yet valid", at(2027, 2028), "is valid from 2027-01-01T00:00Z on only"),
        ("empty", String::new(), "is empty"),
        ("a key", key.clone(), "holds a private key in place of a certificate"),
        ("no certificate", "nothing".to_owned(), "holds no certificate in PEM"),
        ("cut off", format!("{site}{}", &authority[..authority.len() / 2]), "is cut off or damaged"),
    ] {
        let error = result(&cert, &key).unwrap_err();
        assert!(error.starts_with("cert.pem: ") && error.contains(expected), "{name}: {error}");
    }
    assert_eq!(result(&at(2026, 2027), &key), Ok(()));
    assert_eq!(result(&site, &key), Ok(()));
}
