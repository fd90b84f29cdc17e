//! Hostile archives: names that lead elsewhere, entries that are not files, wrong lengths, ends that come too early or too
//! late.

use serde_json::json;

use super::generators::{Expected, JPEG, Kind, Tar, base256, inside, octal};
use crate::world::{archive, registration};

use Expected::{Listed, Opens, Refused};

const NAME: Expected = Listed("a name that this program never gives");
const NO_FILE: Expected = Listed("something that is not a plain file");
const DAMAGED: Expected = Listed("it is damaged: ");

/// Returns all kinds of hostile archives.
pub fn kinds() -> Vec<Kind> {
    [names(), things(), lengths(), ends(), lists()].into_iter().flatten().collect()
}

fn names() -> Vec<Kind> {
    let mut kinds: Vec<Kind> = [
        ("path_to_the_parent", &b"../evil.jpg"[..]),
        ("path_that_climbs_out", b"attachments/../../evil.jpg"),
        ("path_below_a_file", b"attachments/01.jpg/../../../evil.jpg"),
        ("path_from_the_root", b"/tmp/amanat-evil.jpg"),
        ("path_with_a_drive_letter", b"C:\\Windows\\evil.jpg"),
        ("path_to_a_share", b"\\\\server\\share\\evil.jpg"),
        ("path_with_backslashes", b"attachments\\01.jpg"),
        ("path_with_a_trailing_dot", b"attachments/01.jpg."),
        ("path_with_a_trailing_space", b"attachments/01.jpg "),
        ("path_with_a_stream", b"attachments/01.jpg:evil"),
        ("path_of_a_device", b"attachments/CON.jpg"),
        ("path_of_a_device_alone", b"NUL"),
        ("path_in_capitals", b"attachments/01.JPG"),
        ("path_of_a_script", b"attachments/01.svg"),
        ("path_of_a_page", b"attachments/01.html"),
        ("path_without_letters", b""),
        ("path_of_the_folder", b"."),
        ("path_of_the_attachments", b"attachments"),
        ("path_that_is_no_text", b"attachments/\xff1.jpg"),
        ("path_that_turns_direction", "attachments/\u{202e}gpj.exe".as_bytes()),
        ("path_that_commands_a_terminal", b"attachments/\x1b]0;evil\x07.jpg"),
        ("path_with_digits_of_another_script", "attachments/۰۱.jpg".as_bytes()),
        ("path_of_hundred_characters", &[b'e'; 100]),
    ]
    .into_iter()
    .map(|(name, path)| inside(name, NAME, move || Tar::listing_one().entry(path, JPEG).end()))
    .collect();
    kinds.extend([
        // In C, and for this reader, the name ends at the NUL.
        inside("path_with_a_nul", Opens(&["attachments/01.jpg"]), || {
            Tar::listing_one().entry(b"attachments/01.jpg\0.evil.exe", JPEG).end()
        }),
        inside("path_with_a_prefix", NAME, || {
            Tar::listing_one().odd("attachments/01.jpg", JPEG, |header| header[345..352].copy_from_slice(b"../evil")).end()
        }),
        inside("path_of_ten_thousand_characters_pax", NO_FILE, || {
            let path = format!("10013 path={}\n", "e".repeat(10_000));
            Tar::listing_one().odd("pax", path.as_bytes(), |header| header[156] = b'x').entry("attachments/01.jpg", JPEG).end()
        }),
        inside("path_of_ten_thousand_characters_gnu", NO_FILE, || {
            Tar::listing_one()
                .odd("././@LongLink", &[b'e'; 10_000], |header| header[156] = b'L')
                .entry("attachments/01.jpg", JPEG)
                .end()
        }),
        inside("path_listed_that_leads_out", Listed("attachments are not those"), || {
            let mut listed = registration(json!({}), &[JPEG]);
            listed["attachments"][0]["name"] = json!("../../evil.jpg");
            archive(&listed, &[JPEG])
        }),
    ]);
    kinds
}

fn things() -> Vec<Kind> {
    let mut kinds: Vec<Kind> = [
        ("link_symbolic", b'2'),
        ("link_hard", b'1'),
        ("device_of_characters", b'3'),
        ("device_of_blocks", b'4'),
        ("folder", b'5'),
        ("fifo", b'6'),
        ("file_contiguous", b'7'),
        ("file_sparse", b'S'),
        ("file_of_several_volumes", b'M'),
        ("header_pax", b'x'),
        ("header_pax_for_all", b'g'),
        ("header_solaris", b'X'),
        ("link_with_a_long_name", b'K'),
        ("thing_of_no_type", b'~'),
    ]
    .into_iter()
    .map(|(name, kind)| {
        inside(name, NO_FILE, move || Tar::listing_one().thing(kind, b"../../precious").entry("attachments/01.jpg", JPEG).end())
    })
    .collect();
    kinds.push(inside("link_as_the_registration", Refused("something that is not a plain file"), || {
        Tar::new()
            .odd("registration.json", b"", |header| {
                header[156] = b'2';
                header[157..168].copy_from_slice(b"/etc/passwd");
            })
            .end()
    }));
    kinds
}

fn lengths() -> Vec<Kind> {
    let listed = |bytes: u64| {
        let mut listed = registration(json!({}), &[JPEG]);
        listed["attachments"][0]["bytes"] = json!(bytes);
        Tar::of(&listed)
    };
    let claimed = move |bytes: u64, field: [u8; 12]| {
        listed(bytes).odd("attachments/01.jpg", JPEG, |header| header[124..136].copy_from_slice(&field)).end()
    };
    let first =
        |field: [u8; 12]| Tar::new().odd("registration.json", b"{}", |header| header[124..136].copy_from_slice(&field)).end();
    vec![
        inside("length_of_8_gib", DAMAGED, move || claimed((1 << 33) - 1, octal((1 << 33) - 1))),
        inside("length_in_base_256", Listed("the archive is damaged"), move || claimed(1 << 40, base256(1 << 40, 0x80))),
        inside("length_below_zero", Listed("the archive is damaged"), move || claimed(u64::MAX, base256(u64::MAX, 0xff))),
        inside("length_that_is_no_number", Listed("the archive is damaged"), move || claimed(7, *b"0000000000x\0")),
        inside("length_left_blank", Listed("the archive is damaged"), move || claimed(7, [b' '; 12])),
        inside("length_too_short", Listed("attachment 1 is not the one"), move || claimed(7, octal(3))),
        inside("length_too_long", Listed("attachment 1 is not the one"), move || claimed(7, octal(8))),
        inside("length_too_long_in_both_places", Listed("attachment 1 is not the one"), move || claimed(900, octal(900))),
        inside("length_beyond_the_end", DAMAGED, move || claimed(3000, octal(3000))),
        inside("length_of_a_4_gib_registration", Refused("too long"), move || first(octal(1 << 32))),
        inside("length_of_a_registration_over_the_limit", Refused("too long"), move || first(octal(4 * 1024 * 1024 + 1))),
        inside("length_of_a_registration_in_base_256", Refused("the archive is damaged"), move || first(base256(1 << 32, 0x80))),
        inside("length_of_a_registration_to_the_limit", Refused("it is damaged: "), move || first(octal(4 * 1024 * 1024))),
        inside("length_of_no_registration", Refused("cannot be read"), move || first(octal(0))),
        inside("sum_that_does_not_add_up", Listed("the archive is damaged"), || {
            let mut bytes = Tar::listing_one().entry("attachments/01.jpg", JPEG).end();
            let at = bytes.len() - 2 * 512 - 512 - 512;
            bytes[at + 110] ^= 1;
            bytes
        }),
        inside("magic_of_another_format", Listed("the archive is damaged"), || {
            Tar::listing_one().odd("attachments/01.jpg", JPEG, |header| header[257..265].fill(0)).end()
        }),
    ]
}

fn ends() -> Vec<Kind> {
    let whole = || Tar::listing_one().entry("attachments/01.jpg", JPEG).end();
    let json = registration(json!({}), &[JPEG]).to_string().len();
    let second = 512 + json.next_multiple_of(512);
    let mut kinds: Vec<Kind> = [
        ("cut_before_everything", 0, Refused("it is damaged: ")),
        ("cut_in_the_first_header", 300, Refused("it is damaged: ")),
        ("cut_behind_the_first_header", 512, Refused("it is damaged: ")),
        ("cut_in_the_registration", 512 + json / 2, Refused("it is damaged: ")),
        ("cut_behind_the_registration", 512 + json, DAMAGED),
        ("cut_before_the_second_header", second, DAMAGED),
        ("cut_in_the_second_header", second + 257, DAMAGED),
        ("cut_behind_the_second_header", second + 512, DAMAGED),
        ("cut_in_the_attachment", second + 512 + 3, DAMAGED),
        ("cut_behind_the_attachment", second + 512 + JPEG.len(), DAMAGED),
        ("cut_before_the_end", second + 1024, DAMAGED),
        // One block of zeros ends an archive, as for any `tar`.
        ("cut_in_the_end", second + 1536, Opens(&["attachments/01.jpg"])),
    ]
    .into_iter()
    .map(|(name, at, expected)| inside(name, expected, move || whole()[..at].to_vec()))
    .collect();
    let hidden = Listed("something is hidden behind the archive's end");
    kinds.extend([
        inside("end_before_everything", Refused("does not begin with registration.json"), || vec![0; 32 * 1024]),
        inside("end_followed_by_a_byte", hidden.clone(), move || [whole(), vec![0; 100_000], b"e".to_vec()].concat()),
        inside("end_followed_by_an_archive", hidden, move || [whole(), whole()].concat()),
        inside("padding_that_hides_something", Opens(&["attachments/01.jpg"]), move || {
            let mut bytes = whole();
            bytes[second + 512 + JPEG.len()..second + 1024].fill(b'e');
            bytes
        }),
    ]);
    kinds
}

fn lists() -> Vec<Kind> {
    let others = || Listed("attachments are not those");
    vec![
        inside("name_twice", Listed("two files of one name"), || {
            Tar::listing_one().entry("attachments/01.jpg", JPEG).entry("attachments/01.jpg", b"evil").end()
        }),
        inside("registration_twice", Listed("two files of one name"), || {
            Tar::listing_one().entry("registration.json", b"{}").entry("attachments/01.jpg", JPEG).end()
        }),
        inside("registration_at_the_end", Refused("does not begin with registration.json"), || {
            Tar::new()
                .entry("attachments/01.jpg", JPEG)
                .entry("registration.json", registration(json!({}), &[JPEG]).to_string().as_bytes())
                .end()
        }),
        inside("registration_missing", Refused("does not begin with registration.json"), || {
            Tar::new().entry("attachments/01.jpg", JPEG).end()
        }),
        inside("attachment_missing", others(), || archive(&registration(json!({}), &[JPEG]), &[])),
        inside("attachment_too_many", others(), || archive(&registration(json!({}), &[]), &[JPEG])),
        inside("attachments_in_another_order", others(), || {
            Tar::of(&registration(json!({}), &[JPEG, JPEG]))
                .entry("attachments/02.jpg", JPEG)
                .entry("attachments/01.jpg", JPEG)
                .end()
        }),
        inside("attachment_with_another_hash", Listed("attachment 1 is not the one"), || {
            archive(&registration(json!({}), &[JPEG]), &[b"\xff\xd8\xff\xe0evi"])
        }),
        inside("attachment_with_a_hash_that_is_none", Listed("attachment 1 is not the one"), || {
            let mut listed = registration(json!({}), &[JPEG]);
            listed["attachments"][0]["sha256"] = json!("\u{1b}[31mevil\u{202e}");
            archive(&listed, &[JPEG])
        }),
        inside("entries_101", Listed("too many files"), || {
            let name = |number: usize| format!("attachments/{number:02}.jpg");
            let mut listed = registration(json!({}), &[JPEG; 100]);
            (0..100).for_each(|number| listed["attachments"][number]["name"] = json!(name(number)));
            (0..100).fold(Tar::of(&listed), |tar, number| tar.entry(name(number), JPEG)).end()
        }),
        // As many entries as fit into the longest file that is opened.
        inside("entries_100000", others(), || {
            let entry = Tar::new().entry("attachments/02.jpg", b"").cut();
            Tar::listing_one().raw(&entry.repeat(100_000)).end()
        }),
    ]
}
