//! Files that are not sealed, or whose header, payload or recipients were tampered with.

use std::io::Write;

use serde_json::json;

use super::generators::{Expected, JPEG, Kind, file};
use crate::world::{World, archive, registration};

use Expected::{Opens, Refused};

const NOT_SEALED: Expected = Refused("it is not a sealed registration");
const DAMAGED: Expected = Refused("it is damaged: ");
const CHUNK: usize = 64 * 1024 + 16;

/// Returns all kinds of hostile envelopes.
pub fn kinds() -> Vec<Kind> {
    [headers(), payloads(), others()].into_iter().flatten().collect()
}

fn honest(world: &World) -> Vec<u8> {
    world.sealed(&archive(&registration(json!({ "risk_note": "a note" }), &[JPEG]), &[JPEG]))
}

/// Returns a file with the length that the form gives it.
fn padded(world: &World) -> Vec<u8> {
    let mut archive = archive(&registration(json!({ "risk_note": "a note" }), &[JPEG]), &[JPEG]);
    archive.resize(32 * 1024, 0);
    world.sealed(&archive)
}

/// Returns a file of several chunks.
fn long(world: &World) -> Vec<u8> {
    let bytes = [JPEG, &vec![7; 200_000]].concat();
    world.sealed(&archive(&registration(json!({ "risk_note": "a note" }), &[&bytes]), &[&bytes]))
}

/// Returns where the header's last line and the payload begin.
fn header_ends(sealed: &[u8]) -> (usize, usize) {
    let mac = sealed.windows(5).position(|five| five == b"\n--- ").unwrap() + 1;
    (mac, mac + sealed[mac..].iter().position(|&byte| byte == b'\n').unwrap() + 1)
}

/// Inserts these lines before the header's last line.
fn with_stanza(world: &World, lines: &str) -> Vec<u8> {
    let sealed = honest(world);
    let (mac, _) = header_ends(&sealed);
    [&sealed[..mac], lines.as_bytes(), &sealed[mac..]].concat()
}

const X25519: &str = "-> X25519 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n";

fn headers() -> Vec<Kind> {
    let mut kinds: Vec<Kind> = [
        ("header_with_a_classic_recipient_too", X25519.to_owned(), NOT_SEALED),
        ("header_with_a_passphrase_too", format!("-> scrypt AAAAAAAAAAAAAAAAAAAAAA 60\n{}\n", "A".repeat(43)), NOT_SEALED),
        ("header_with_an_unknown_recipient", "-> evil \u{1b}[31m\nAAAA\n".to_owned(), NOT_SEALED),
        ("header_with_two_greases", "-> a-grease\n\n-> b-grease\n\n".to_owned(), NOT_SEALED),
        ("header_with_much_grease", format!("-> x-grease\n{}\n\n", format!("{}\n", "A".repeat(64)).repeat(100)), NOT_SEALED),
        ("header_with_a_plugin", "-> plugin-that-is-run --now\n\n".to_owned(), NOT_SEALED),
        ("header_without_base64", "-> X25519 ****\n****\n".to_owned(), NOT_SEALED),
        ("header_with_a_million_lines", "-> X25519 x\n".repeat(1_000_000), NOT_SEALED),
        ("header_with_a_line_without_an_end", "e".repeat(1_000_000), NOT_SEALED),
        ("header_with_a_thousand_recipients", X25519.repeat(1000), NOT_SEALED),
    ]
    .into_iter()
    .map(|(name, lines, expected)| file(name, expected, move |world| with_stanza(world, &lines)))
    .collect();
    kinds.extend([
        file("header_with_a_changed_recipient", Refused("it opens for nobody here so far"), |world| {
            let mut sealed = padded(world);
            let lines: Vec<usize> = (0..sealed.len()).filter(|&at| sealed[at] == b'\n').take(2).collect();
            let body = lines[1] + 1;
            sealed[body] = if sealed[body] == b'A' { b'B' } else { b'A' };
            sealed
        }),
        file("header_of_a_later_version", NOT_SEALED, |world| {
            let mut sealed = honest(world);
            sealed[20] = b'2';
            sealed
        }),
        file("header_with_other_line_ends", NOT_SEALED, |world| {
            let sealed = honest(world);
            let (_, payload) = header_ends(&sealed);
            let header = String::from_utf8(sealed[..payload].to_vec()).unwrap().replace('\n', "\r\n");
            [header.as_bytes(), &sealed[payload..]].concat()
        }),
        file("header_with_another_sum", DAMAGED, |world| {
            let mut sealed = honest(world);
            let (mac, _) = header_ends(&sealed);
            sealed[mac + 4] = if sealed[mac + 4] == b'A' { b'B' } else { b'A' };
            sealed
        }),
        file("header_of_another_file", DAMAGED, |world| {
            let (one, other) = (honest(world), honest(world));
            [&one[..header_ends(&one).1], &other[header_ends(&other).1..]].concat()
        }),
        file("header_cut", DAMAGED, |world| honest(world)[..500].to_vec()),
        file("header_cut_in_its_first_line", DAMAGED, |world| honest(world)[..10].to_vec()),
        file("header_alone", DAMAGED, |world| {
            let sealed = honest(world);
            sealed[..header_ends(&sealed).1].to_vec()
        }),
    ]);
    kinds
}

fn payloads() -> Vec<Kind> {
    // A cut may take away only what follows the answers, which are then in the list.
    let behind = || Expected::Listed("it is damaged: ");
    vec![
        file("payload_without_a_chunk", DAMAGED, |world| {
            let sealed = honest(world);
            sealed[..header_ends(&sealed).1 + 16].to_vec()
        }),
        file("payload_cut_in_a_chunk", DAMAGED, |world| {
            let sealed = honest(world);
            sealed[..sealed.len() - 1].to_vec()
        }),
        file("payload_cut_behind_a_chunk", behind(), |world| {
            let sealed = long(world);
            sealed[..header_ends(&sealed).1 + 16 + 2 * CHUNK].to_vec()
        }),
        file("payload_with_chunks_in_another_order", DAMAGED, |world| {
            let sealed = long(world);
            let (head, chunks) = sealed.split_at(header_ends(&sealed).1 + 16);
            [head, &chunks[CHUNK..2 * CHUNK], &chunks[..CHUNK], &chunks[2 * CHUNK..]].concat()
        }),
        file("payload_without_a_chunk_in_the_middle", behind(), |world| {
            let sealed = long(world);
            let (head, chunks) = sealed.split_at(header_ends(&sealed).1 + 16);
            [head, &chunks[..CHUNK], &chunks[2 * CHUNK..]].concat()
        }),
        file("payload_followed_by_more", DAMAGED, |world| [honest(world), vec![0; 1000]].concat()),
        file("payload_followed_by_another_file", DAMAGED, |world| [honest(world), honest(world)].concat()),
        file("payload_with_a_turned_bit", DAMAGED, |world| {
            let mut sealed = honest(world);
            let last = sealed.len() - 20;
            sealed[last] ^= 1;
            sealed
        }),
        file("payload_of_nothing", DAMAGED, |world| world.sealed(b"")),
        file("payload_of_a_registration_without_padding", Opens(&["a note"]), honest),
    ]
}

fn others() -> Vec<Kind> {
    vec![
        file("file_of_no_bytes", DAMAGED, |_| Vec::new()),
        file("file_of_zeros", NOT_SEALED, |_| vec![0; 100_000]),
        file("file_that_is_a_letter", NOT_SEALED, |_| "\u{1b}[31mDear reviewer,\nopen http://example.org/evil".into()),
        file("file_that_is_an_archive", NOT_SEALED, |_| archive(&registration(json!({}), &[]), &[])),
        file("file_in_armour", NOT_SEALED, |_| {
            "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n".into()
        }),
        file("file_sealed_to_others", Refused("it opens for nobody here so far"), |_| padded(&World::new())),
        file("file_sealed_to_a_passphrase", NOT_SEALED, |_| {
            let mut sealed = Vec::new();
            let mut recipient = age::scrypt::Recipient::new("evil".to_owned().into());
            recipient.set_work_factor(2);
            let mut writer = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
                .unwrap()
                .wrap_output(&mut sealed)
                .unwrap();
            writer.write_all(b"evil").unwrap();
            writer.finish().unwrap();
            sealed
        }),
    ]
}
