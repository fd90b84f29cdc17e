//! The leak scanner looks for a person's secrets in bytes, in every encoding in which they may be written.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use memchr::memmem;

/// Returns the first secret that the bytes contain, and its encoding.
pub(crate) fn find(secrets: &[String], place: &[u8]) -> Option<String> {
    // Mail folds its lines, base64 included, so the text is also searched without line breaks.
    let unfolded: Vec<u8> = place.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let soft: Vec<u8> = String::from_utf8_lossy(place).replace("=\r\n", "").replace("=\n", "").into_bytes();
    let places = [place, &unfolded, &soft];
    secrets.iter().find_map(|secret| {
        let found = encodings(secret).into_iter().find(|(_, bytes)| places.iter().any(|text| memmem::find(text, bytes).is_some()));
        found.map(|(writing, _)| format!("{secret:?} as {writing}"))
    })
}

/// Returns a text in every encoding in which it may be written.
pub(crate) fn encodings(text: &str) -> Vec<(String, Vec<u8>)> {
    let utf8 = text.as_bytes();
    let escaped = |start: &str, upper: bool| {
        let byte = |byte: &u8| if upper { format!("{start}{byte:02X}") } else { format!("{start}{byte:02x}") };
        utf8.iter().map(byte).collect::<String>().into_bytes()
    };
    let mixed = |start: &str, upper: bool| {
        let byte = |byte: &u8| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(*byte).to_string(),
            byte if upper => format!("{start}{byte:02X}"),
            byte => format!("{start}{byte:02x}"),
        };
        utf8.iter().map(byte).collect::<String>().into_bytes()
    };
    let units: Vec<u16> = text.encode_utf16().collect();
    let json = |text: &str| serde_json::to_string(text).expect("a text is JSON").trim_matches('"').as_bytes().to_vec();
    let u_escapes = |upper: bool| {
        let unit = |unit: &u16| if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
        units
            .iter()
            .map(|one| if *one < 128 { char::from(u8::try_from(*one).unwrap_or(0)).to_string() } else { unit(one) })
            .collect::<String>()
            .into_bytes()
    };
    let mut all = vec![
        ("UTF-8".to_owned(), utf8.to_vec()),
        ("UTF-16, little end first".to_owned(), units.iter().flat_map(|unit| unit.to_le_bytes()).collect()),
        ("UTF-16, big end first".to_owned(), units.iter().flat_map(|unit| unit.to_be_bytes()).collect()),
        ("JSON".to_owned(), json(text)),
        ("JSON with escapes".to_owned(), u_escapes(false)),
        ("JSON with ESCAPES".to_owned(), u_escapes(true)),
        ("percent-encoding of all".to_owned(), escaped("%", true)),
        ("percent-encoding".to_owned(), mixed("%", true)),
        ("percent-encoding in small letters".to_owned(), mixed("%", false)),
        ("a form's encoding".to_owned(), String::from_utf8_lossy(&mixed("%", true)).replace("%20", "+").into_bytes()),
        ("quoted-printable".to_owned(), String::from_utf8_lossy(&mixed("=", true)).replace("=20", " ").into_bytes()),
        ("hexadecimal".to_owned(), escaped("", false)),
        ("HEXADECIMAL".to_owned(), escaped("", true)),
    ];
    for before in 0..3_usize {
        for (name, engine) in [("base64", &STANDARD_NO_PAD), ("base64 for addresses", &URL_SAFE_NO_PAD)] {
            all.push((format!("{name}, {before} bytes in"), aligned(engine, before, utf8)));
        }
    }
    all
}

/// Returns the part of a text's base64 that does not depend on its neighbours at this alignment.
fn aligned(engine: &impl Engine, before: usize, text: &[u8]) -> Vec<u8> {
    let encoded = engine.encode([&vec![0; before], text].concat());
    let first = (before * 8).div_ceil(6);
    let last = (before + text.len()) * 8 / 6;
    encoded.as_bytes()[first..last].to_vec()
}

#[test]
fn a_secret_is_found_in_every_encoding_and_at_every_alignment() {
    let secret = "رحیم\u{200c}الله \"احمدی\"".to_owned();
    for before in 0..4 {
        for (writing, bytes) in encodings(&secret) {
            let place = [&vec![b'A'; before], bytes.as_slice(), b"A"].concat();
            assert!(find(std::slice::from_ref(&secret), &place).is_some(), "{writing}");
            assert!(find(&["somebody else".to_owned()], &place).is_none());
        }
        let around = [&vec![b'x'; before], secret.as_bytes(), b"yz"].concat();
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            assert!(find(std::slice::from_ref(&secret), engine.encode(&around).as_bytes()).is_some());
        }
        let folded = STANDARD_NO_PAD.encode(&around).into_bytes().chunks(20).collect::<Vec<_>>().join(b"\r\n".as_slice());
        assert!(find(std::slice::from_ref(&secret), &folded).is_some());
    }
}
