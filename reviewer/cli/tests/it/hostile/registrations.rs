//! Hostile `registration.json`: text that is not JSON, JSON of another shape, and lists that do not match the archive.

use serde_json::{Value, json};

use super::generators::{Expected, Kind, inside, text};
use crate::world::{archive, registration};

use Expected::{Opens, Refused};

const UNREADABLE: Expected = Refused("cannot be read");

/// Returns all kinds of hostile registrations.
pub fn kinds() -> Vec<Kind> {
    [texts(), members(), versions()].into_iter().flatten().collect()
}

/// Changes one thing in a registration.
fn with(name: &'static str, expected: Expected, change: impl Fn(&mut Value) + 'static) -> Kind {
    inside(name, expected, move || {
        let mut changed = registration(json!({ "risk_note": "a note" }), &[]);
        change(&mut changed);
        archive(&changed, &[])
    })
}

/// Returns the text of a registration with these answers as they are.
fn honest(answers: &str) -> Vec<u8> {
    registration(json!("ANSWERS"), &[]).to_string().replacen("\"ANSWERS\"", answers, 1).into_bytes()
}

fn texts() -> Vec<Kind> {
    let mut kinds: Vec<Kind> = [
        ("json_empty", ""),
        ("json_of_blanks", "   \n\n "),
        ("json_list", "[]"),
        ("json_null", "null"),
        ("json_number", "1"),
        ("json_text", "\"evil\""),
        ("json_that_commands_a_terminal", "{\"evil\u{1b}[31m\": \u{9b}2J"),
        ("json_with_a_byte_order_mark", "\u{feff}{}"),
        ("json_followed_by_more", "{} {}"),
        ("json_with_a_comment", "{} // evil"),
    ]
    .into_iter()
    .map(|(name, json)| text(name, UNREADABLE, move || json.into()))
    .collect();
    kinds.extend([
        text("json_invalid_utf8", UNREADABLE, || b"{\"format\": 1, \"\xff\xfe\": \"\xc0\x80\"}".to_vec()),
        text("json_utf16", UNREADABLE, || "{\"format\": 1}".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        text("json_half_a_surrogate", UNREADABLE, || honest(r#"{ "risk_note": "\ud800" }"#)),
        text("json_deep_lists", UNREADABLE, || "[".repeat(100_000).into()),
        text("json_deep_objects", UNREADABLE, || format!("{}1{}", "{\"a\":".repeat(5000), "}".repeat(5000)).into()),
        text("json_deep_answers", UNREADABLE, || honest(&format!("{}1{}", "{\"a\":".repeat(5000), "}".repeat(5000)))),
        text("json_huge_number", UNREADABLE, || honest(r#"{ "children_count": 99999999999999999999999999 }"#)),
        text("json_huge_exponent", UNREADABLE, || honest(r#"{ "children_count": 1e999999 }"#)),
        text("json_fraction", UNREADABLE, || honest(r#"{ "children_count": 1.5 }"#)),
        text("json_endless_digits", UNREADABLE, || honest(&format!("{{ \"children_count\": {} }}", "9".repeat(1_000_000)))),
        text("json_null_as_an_answer", UNREADABLE, || honest(r#"{ "risk_note": null }"#)),
        text("json_member_twice", UNREADABLE, || {
            String::from_utf8(honest("{}")).unwrap().replacen('{', "{\"format\":1,", 1).into_bytes()
        }),
        // The last one counts, and only it is shown.
        text("json_answer_twice", Opens(&["the second"]), || honest(r#"{ "risk_note": "the first", "risk_note": "the second" }"#)),
        text("json_of_blanks_up_to_the_limit", Opens(&["a note"]), || {
            let mut json = honest(r#"{ "risk_note": "a note" }"#);
            json.resize(4 * 1024 * 1024, b' ');
            json
        }),
        // A reader that copies the inner text at each level needs gigabytes.
        text("json_nested_around_much", Opens(&["not a question of the form"]), || {
            let much = format!("[{}\"\"]", "\"\",".repeat(1_200_000));
            honest(&format!("{{{}{much}{}}}", "\"a\":{".repeat(100) + "\"a\":", "}".repeat(100)))
        }),
        text("json_nested_lists_around_much", UNREADABLE, || {
            let much = format!("[{}0]", "0,".repeat(1_900_000));
            honest(&format!("{{\"a\":{}{much}{}}}", "[{\"a\":".repeat(50), "}]".repeat(50)))
        }),
        // A reader that keeps names in order by moving the later ones needs an hour.
        text("json_names_in_falling_order", Opens(&["not a question of the form"]), || {
            let members: Vec<String> = (0..350_000).rev().map(|number| format!("\"{number:06}\":1")).collect();
            honest(&format!("{{{}}}", members.join(",")))
        }),
    ]);
    kinds
}

fn members() -> Vec<Kind> {
    let mut kinds: Vec<Kind> = ["format", "form", "pack", "language", "mailbox", "delete_proof", "answers", "attachments"]
        .into_iter()
        .flat_map(|member| {
            let change = |prefix: &str, change: fn(&mut Value, &str)| {
                inside(format!("{prefix}_{member}"), UNREADABLE, move || {
                    let mut changed = registration(json!({}), &[]);
                    change(&mut changed, member);
                    archive(&changed, &[])
                })
            };
            [
                change("member_missing", |registration, member| drop(registration.as_object_mut().unwrap().remove(member))),
                change("member_of_another_type", |registration, member| registration[member] = json!([[["evil"]]])),
            ]
        })
        .collect();
    kinds.extend([
        with("member_unknown", Opens(&["a note"]), |registration| {
            registration["\u{202e}evil\u{1b}"] = json!({ "<script>": [1, null, 2.5] });
            registration["form"]["later"] = json!("unknown");
        }),
        with("delete_proof_that_is_none", Opens(&["a note"]), |registration| registration["delete_proof"] = json!("../evil")),
        with("delete_proof_of_a_megabyte", Opens(&["a note"]), |registration| {
            registration["delete_proof"] = json!("1".repeat(1_000_000));
        }),
        with("language_that_commands_a_terminal", Opens(&["a note", "<U+001B>"]), |registration| {
            registration["language"] = json!("\u{1b}[2J");
        }),
        with("language_of_a_megabyte", Opens(&["a note", "(too long)"]), |registration| {
            registration["language"] = json!("e".repeat(1_000_000));
        }),
        with("pack_serial_of_the_largest_number", Opens(&["18446744073709551615"]), |registration| {
            registration["pack"]["serial"] = json!(u64::MAX);
        }),
        with("mailbox_that_is_no_mailbox", Opens(&["a note"]), |registration| {
            registration["mailbox"] = json!({ "recipient": "\u{1b}evil", "id": "../../evil" });
        }),
        with("attachments_50000_listed", Expected::Listed("attachments are not those"), |registration| {
            let one = json!({ "name": "", "question": "", "media_type": "", "bytes": 0, "sha256": "" });
            registration["attachments"] = json!(vec![one; 50_000]);
        }),
    ]);
    kinds
}

fn versions() -> Vec<Kind> {
    vec![
        with("format_3", Refused("it has format 3"), |registration| registration["format"] = json!(3)),
        with("format_0", Refused("it has format 0"), |registration| registration["format"] = json!(0)),
        with("format_of_the_largest_number", Refused("it has format 4294967295"), |registration| {
            registration["format"] = json!(u32::MAX);
        }),
        with("format_beyond_the_largest_number", UNREADABLE, |registration| registration["format"] = json!(1_u64 << 32)),
        with("format_below_zero", UNREADABLE, |registration| registration["format"] = json!(-1)),
        with("format_as_a_text", UNREADABLE, |registration| registration["format"] = json!("1")),
        with("form_never_seen", Opens(&["This form is not known here", "a note"]), |registration| {
            registration["form"] = json!({ "id": "evil\u{202e}form", "version": "\u{1b}99", "sha256": "ab".repeat(32) });
        }),
        with("form_of_a_version_never_seen", Opens(&["This form is not known here", "version 999"]), |registration| {
            registration["form"]["version"] = json!("999");
            registration["form"]["sha256"] = json!("00".repeat(32));
        }),
        with("form_with_a_hash_that_is_none", Opens(&["This form is not known here"]), |registration| {
            registration["form"]["sha256"] = json!("\u{1b}[31m");
        }),
    ]
}
