//! The files as the partner opens them.

use proptest::prelude::*;

use super::*;

const EVIL: &str =
    "=HYPERLINK(\"http://x/\",\"y\")\u{202e}\u{1b}[31m</style><script>alert(1)</script>\r\n+cmd|' /C calc'!A0\t@SUM(1)\u{2066}";

#[test]
fn only_the_partner_opens_it_and_it_holds_only_what_was_chosen() {
    let answers = json!({
        "name_native": "کریمه", "father_name": "Hidden-Father", "safe_word": "pomegranate", "danger_word": "thunder", "share_never": "my brother",
        "prior_ref": "b".repeat(32), "submitter_contact": "0799000000", "risk_note": "Hidden-Note", "dob": day(1980),
        "trusted_contact": { "name": "Hidden-Friend", "agrees": true }, "phone": { "raw": "0799 123 456", "e164": "+93799123456" },
        "contact_channels": ["signal"], "phone_watched": "yes", "say_who": "after_word",
    });
    let desk = Operator::new(&["name_native", "dob", "phone", "contact_rules"], PartnerKind::Partner);
    let made = made(&desk, &[case('a', answers)]);
    let files = opened(&made.sealed, &identity());
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["README.txt", "case-01/case.html", "case-01/case.json", "case-01/case.csv", "case-01/case.xlsx"]);
    assert!(
        age::Decryptor::new(&made.sealed[..]).unwrap().decrypt(std::iter::once(&HybridIdentity::from_seed([8; 32]) as _)).is_err()
    );

    let mut texts: Vec<String> = files
        .iter()
        .filter(|(name, _)| !name.ends_with("xlsx"))
        .map(|(_, bytes)| String::from_utf8(bytes.clone()).unwrap())
        .collect();
    texts.push(parts(file(&files, "case-01/case.xlsx")).into_iter().map(|(_, text)| text).collect());
    for text in &texts {
        for hidden in [
            "Hidden",
            "pomegranate",
            "thunder",
            "my brother",
            "0799000000",
            "mailbox",
            "Karima",
            &"a".repeat(12),
            &"b".repeat(32),
            &"de".repeat(32),
        ] {
            assert!(!text.contains(hidden), "{hidden} in {text}");
        }
    }
    for text in &texts[1..] {
        for wanted in [
            "کریمه",
            "1980-05-06",
            "+93799123456",
            "Signal",
            "NO CALL AND NO SMS",
            "only after the safe word",
            &made.log.referral.cases[0].reference,
        ] {
            assert!(text.contains(wanted), "{wanted} in {text}");
        }
    }
    assert!(texts[0].contains("Do not forward") && texts[0].contains("Safe Passage"));
    let log = &made.log.referral;
    assert_eq!((made.log.who.as_str(), log.partner.as_str(), log.rows), ("Karima", "Safe Passage", 1));
    assert_eq!(log.columns, ["phone", "contact_rules", "name_native", "dob"]);
    assert_eq!((log.cases[0].sha256.as_str(), &log.file), ("a".repeat(64).as_str(), &decrypt::sha256(&made.sealed)));
    assert!(!serde_json::to_string(&made.log).unwrap().contains("کریمه"));
}

#[test]
fn pictures_go_only_when_asked_for_and_only_as_pixels() {
    let mut pixels = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(40, 30, image::Rgb([200, 30, 30])).write_to(&mut pixels, image::ImageFormat::Png).unwrap();
    let mut photo = pixels.into_inner();
    photo.extend_from_slice(b"<script>Hidden</script>");
    let page = b"%PDF-1.7 Hidden".to_vec();
    let mut case = case('a', json!({}));
    for (number, (bytes, media_type)) in (1..).zip([(photo, "image/png"), (page.clone(), "application/pdf"), (page, "image/jpeg")])
    {
        let attachment = json!({ "name": format!("attachments/{number:02}.png"), "question": "files", "media_type": media_type, "bytes": bytes.len(), "sha256": decrypt::sha256(&bytes) });
        case.registration.attachments.push(serde_json::from_value(attachment).unwrap());
        case.files.push(Zeroizing::new(bytes));
    }
    let mut desk = Operator::new(&["sex"], PartnerKind::Partner);
    let cases = [case];
    let without = made(&desk, &cases);
    assert_eq!((opened(&without.sealed, &identity()).len(), without.log.pictures), (5, 0));
    desk.pictures = Pictures::DrawnAnew;
    let with = made(&desk, &cases);
    let files = opened(&with.sealed, &identity());
    assert_eq!((files.len(), with.log.pictures), (6, 1));
    let drawn = file(&files, "case-01/picture-01.jpg");
    let read = image::load_from_memory_with_format(drawn, image::ImageFormat::Jpeg).unwrap();
    assert_eq!((read.width(), read.height()), (40, 30));
    assert!(files.iter().all(|(_, bytes)| !String::from_utf8_lossy(bytes).contains("Hidden")));
    let shown = preview(&desk.prepare(&cases).unwrap());
    assert!(shown.contains("1 PICTURE(S): look at them first") && shown.contains("LEFT OUT: What is attached and is no picture"));
}

#[test]
fn a_classic_key_works_too_and_a_wrong_key_is_named() {
    let identity = age::x25519::Identity::generate();
    let mut desk = Operator::new(&["sex"], PartnerKind::Partner);
    desk.partner.key = PartnerKey::parse(&format!("# Safe Passage\n\n{}\n", identity.to_public())).unwrap();
    assert_eq!(opened(&made(&desk, &[case('a', json!({}))]).sealed, &identity).len(), 5);
    assert!(preview(&desk.prepare(&[case('a', json!({}))]).unwrap()).contains("of the old kind"));
    let one = identity.to_public().to_string();
    assert_eq!(PartnerKey::parse(identity.to_string().expose_secret()).unwrap_err(), PartnerKeyError::Secret);
    assert_eq!(PartnerKey::parse(&format!("{one}\n{one}\n")).unwrap_err(), PartnerKeyError::Several);
    for none in ["", "age1", "# age1", "hello", &one[..one.len() - 1]] {
        assert_eq!(PartnerKey::parse(none).unwrap_err(), PartnerKeyError::None, "{none}");
    }
    let debug = format!("{:?}", desk.partner.key);
    assert!(debug.contains(&desk.partner.key.fingerprint()) && !debug.contains(&one));
}

#[test]
fn whatever_is_typed_as_a_name_or_a_reason_a_notebook_keeps_it() {
    use crate::notebook::{Author, Event, Notebook, Stamp};
    for typed in ["Safe  Passage", " Safe\u{a0}Passage\u{200c}", "Cafe\u{301}", "پناه\u{200d}", &EVIL[EVIL.len() - 30..]] {
        let mut desk = Operator::new(&["sex"], PartnerKind::Partner);
        desk.partner.name = name(typed).unwrap();
        let prepared = desk.prepare(&[case('a', json!({}))]).unwrap();
        let confirmed = Confirmed { rows: prepared.rows(), columns: prepared.columns() };
        let made = make(&prepared, confirmed, &RowLimit::new(30, Some(&typed.repeat(2))).unwrap(), typed, 0).unwrap();
        let stamp = Stamp { author: Author::new("Karima").unwrap(), now: 0 };
        assert_eq!(Notebook::default().add_event([1; 16], Event::Referred(made.log.referral), &stamp), Ok(()), "{typed:?}");
    }
}

#[test]
fn dates_go_by_the_gregorian_calendar_and_as_given() {
    let solar = json!({ "calendar": "solar", "precision": "year", "year": 1359, "raw": "۱۳۵۹", "earliest": "1980-03-21", "latest": "1981-03-20" });
    let aged = json!({ "calendar": "solar", "precision": "age_in_year", "year": 1398, "age": 25, "raw": "1398/25", "earliest": "1993-03-21", "latest": "1995-03-20" });
    let desk = Operator::new(&["dob", "work_start", "work_end"], PartnerKind::Partner);
    let answers =
        json!({ "dob": solar, "work_start": aged, "work_end": { "calendar": "solar", "precision": "ongoing", "raw": "" } });
    let made = made(&desk, &[case('a', answers)]);
    let rows = cells(file(&opened(&made.sealed, &identity()), "case-01/case.csv"));
    assert_eq!(
        rows[0][2..],
        ["Date of birth", "Date of birth, as given", "Work began", "Work began, as given", "Work ended", "Work ended, as given"]
    );
    assert_eq!(rows[1][2..4], ["1980-03-21/1981-03-20", "۱۳۵۹ (Solar Hijri)"]);
    assert_eq!(rows[1][4..], ["1993-03-21/1995-03-20", "25 years old in 1398 (Solar Hijri)", "has not ended", ""]);
}

/// Every question answered with the same evil, wherever it may stand.
fn hostile(evil: &str) -> Opened {
    let date = json!({ "calendar": "solar", "precision": "day", "raw": evil, "earliest": evil, "latest": evil });
    let mut answers = json!({});
    for page in &form().pages {
        for question in &page.questions {
            answers[&question.name] = match question.name.as_str() {
                "dob" | "work_start" => date.clone(),
                "phone" => json!({ "raw": evil, "e164": evil }),
                "needs" | "docs_held" => json!([evil, evil]),
                "family_members" => json!([{ "relation": evil, "name_native": evil, "sex": evil, "dob": date, evil: evil }]),
                "other_posts" => json!([{ "job_title": evil, "start": date, evil: evil }]),
                _ => json!(evil),
            };
        }
    }
    for (key, value) in [
        ("submitter", "self"),
        ("share_partners", "yes"),
        ("person_agrees", "yes"),
        ("family_agrees", "yes"),
        ("is_update", "first"),
    ] {
        answers[key] = json!(value);
    }
    case('a', answers)
}

fn everything() -> Operator {
    let sections: Vec<String> = Layout::built_in().sections.iter().map(|section| section.key.clone()).collect();
    Operator::new(&sections.iter().map(String::as_str).collect::<Vec<_>>(), PartnerKind::Partner)
}

fn assert_harmless(text: &str) {
    let is_evil = |character: char| {
        character.is_control() && !matches!(character, '\n' | '\r')
            || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}' | '\u{2067}')
    };
    assert!(!text.contains(is_evil), "{text:?}");
}

/// Every `<` of a page begins a tag of ours.
fn assert_known_tags(page: &str) {
    let known = [
        "!doctype", "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "strong", "bdi", "table", "caption", "tr",
        "th", "td", "small", "br", "ul", "li",
    ];
    for tag in page.split('<').skip(1) {
        let name = tag.split(['>', ' ']).next().unwrap_or_default().trim_start_matches('/');
        assert!(known.contains(&name), "<{name}");
    }
}

#[test]
fn hostile_answers_are_harmless_in_every_file() {
    let desk = everything();
    let cases = [hostile(EVIL)];
    let shown = preview(&desk.prepare(&cases).unwrap());
    assert_harmless(&shown);
    assert!(shown.contains("<U+202E>"));
    let files = opened(&made(&desk, &cases).sealed, &identity());

    let rows = cells(file(&files, "case-01/case.csv"));
    assert!(rows.len() == 3 && rows.iter().all(|row| row.len() == rows[0].len()));
    for cell in rows.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) && !cell.contains(['\r', '\n']), "{cell:?}");
        assert_harmless(cell);
    }
    let table = String::from_utf8(file(&files, "case-01/case.csv").to_vec()).unwrap();
    assert_eq!((table.matches("\r\n").count(), table.matches('\n').count(), table.matches('\r').count()), (3, 3, 3));

    let page = String::from_utf8(file(&files, "case-01/case.html").to_vec()).unwrap();
    assert_harmless(&page);
    assert!(page.contains("default-src 'none'") && page.contains("&lt;script&gt;"));
    assert_known_tags(&page);
    for forbidden in ["<script", "href", "src=", "url(", "onload", "@import"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }

    let json: Value = serde_json::from_slice(file(&files, "case-01/case.json")).unwrap();
    assert_eq!(json["people"].as_array().unwrap().len(), 2);
    assert_harmless(std::str::from_utf8(file(&files, "case-01/case.json")).unwrap());
}

#[test]
fn a_workbook_is_one_sheet_of_texts_that_names_nobody() {
    let files = opened(&made(&everything(), &[hostile(EVIL)]).sealed, &identity());
    let parts = parts(file(&files, "case-01/case.xlsx"));
    let names: Vec<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names.iter().filter(|name| name.starts_with("xl/worksheets/")).count(), 1, "{names:?}");
    for name in &names {
        for unwanted in ["comments", "drawing", "vba", "external", "custom", "calcChain", "pivot", "sheet1.xml.rels", "connections"]
        {
            assert!(!name.contains(unwanted), "{name}");
        }
    }
    let part = |wanted: &str| &parts.iter().find(|(name, _)| name == wanted).unwrap_or_else(|| panic!("{wanted}")).1;
    let page = part("xl/worksheets/sheet1.xml");
    for unwanted in ["<f>", "<f ", "hyperlink", "hidden", "t=\"str\"", "t=\"n\"", "t=\"e\"", "t=\"b\""] {
        assert!(!page.contains(unwanted), "{unwanted}");
    }
    let cells: Vec<&str> = page.split('<').filter(|tag| tag.starts_with("c ")).collect();
    assert!(cells.len() > 200 && cells.iter().all(|cell| cell.contains("t=\"s\"") || cell.ends_with("/>")), "{cells:?}");
    let book = part("xl/workbook.xml");
    assert!(
        book.matches("<sheet ").count() == 1
            && !book.contains("hidden")
            && !book.contains("definedName")
            && !book.contains("externalReference")
    );
    let core = part("docProps/core.xml");
    assert!(core.contains("2000-01-01T00:00:00Z") && core.contains("<dc:creator></dc:creator>"), "{core}");
    assert!(!core.contains("2026"));
    assert_harmless(&parts.iter().map(|(_, text)| text.as_str()).collect::<String>());
}

#[test]
fn every_cell_of_a_workbook_can_be_read_whole() {
    let mut desk = Operator::new(&["identity", "contact", "claim", "need"], PartnerKind::Partner);
    desk.columns = everything().columns;
    let story = "they came to the house at night and asked for me by name ".repeat(35);
    let answers = json!({
        "name_native": "کریمه", "name_latin": "Karima", "phone": { "raw": "0799123456", "e164": "+93799123456" },
        "contact_channels": ["signal", "whatsapp", "call"], "phone_watched": "no", "leave_message": "no", "say_who": "no",
        "risk_note": story, "family_agrees": "yes", "needs": ["medicine", "disability"],
    });
    let files = opened(&made(&desk, &[case('a', answers)]).sealed, &identity());
    let parts = parts(file(&files, "case-01/case.xlsx"));
    let part = |wanted: &str| parts.iter().find(|(name, _)| name == wanted).unwrap().1.clone();
    let (page, texts, styles) = (part("xl/worksheets/sheet1.xml"), part("xl/sharedStrings.xml"), part("xl/styles.xml"));

    let number = |tag: &str, key: &str| {
        let at = tag.find(&format!(" {key}=\"")).unwrap_or_else(|| panic!("{key} in {tag}")) + key.len() + 3;
        tag[at..].split('"').next().unwrap().parse::<f64>().unwrap()
    };
    let tags =
        |name: &str| page.split('<').filter(|tag| tag.starts_with(&format!("{name} "))).map(str::to_owned).collect::<Vec<_>>();
    let widths: Vec<(f64, f64, f64)> =
        tags("col").iter().map(|tag| (number(tag, "min"), number(tag, "max"), number(tag, "width"))).collect();
    let width = |column: f64| widths.iter().find(|(min, max, _)| (*min..=*max).contains(&column)).unwrap().2;
    let all: Vec<&str> =
        texts.split("<si>").skip(1).map(|text| text.split_once('>').unwrap().1.split("</t>").next().unwrap()).collect();
    let mut telephone = false;
    for row in page.split("<row ").skip(1) {
        let tag = format!("row {}", row.split('>').next().unwrap());
        let height = number(&tag, "ht");
        assert!(tag.contains("customHeight=\"1\"") && height <= 409.0, "{tag}");
        for cell in row.split("<c ").skip(1).filter(|cell| cell.contains("<v>")) {
            let name = cell.split('"').nth(1).unwrap();
            let column =
                name.bytes().filter(u8::is_ascii_uppercase).fold(0.0, |sum, letter| sum * 26.0 + f64::from(letter - b'A') + 1.0);
            let index = cell.split("<v>").nth(1).unwrap().split('<').next().unwrap().parse::<usize>().unwrap();
            let text = all[index];
            // Fifteen points is a line of the workbook's font; its letters are about as wide as digits.
            let lines: f64 = text
                .split('\n')
                .map(|line| (f64::from(u32::try_from(line.chars().count()).unwrap()) / (width(column) - 1.0)).ceil().max(1.0))
                .sum();
            assert!(lines * 15.0 <= height, "{lines} lines in {height} points: {text}");
            telephone |= text == "+93799123456" && width(column) >= 13.0;
        }
    }
    assert!(telephone, "the telephone number stands in one line");
    assert!(all.len() > 20 && all.concat().contains(story.trim()[..300].trim()));
    assert!(
        styles.contains("wrapText=\"1\"") && styles.contains("vertical=\"top\"") && styles.contains("readingOrder=\"2\""),
        "{styles}"
    );
    assert!(page.contains("orientation=\"landscape\"") && page.contains("paperSize=\"9\""));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_answer_makes_a_formula_or_markup(start in "[=+@\\-\t\r \u{ff1d}]{0,3}", evil in any::<String>()) {
        let desk = everything();
        let cases = [hostile(&format!("{start}{evil}"))];
        let prepared = desk.prepare(&cases).unwrap();
        for sheet in prepared.cases() {
            let rows = cells(&csv::write(sheet, &prepared.columns));
            prop_assert_eq!(&rows, &csv::grid(sheet, &prepared.columns, value::cell));
            for cell in rows.iter().flatten() {
                prop_assert!(!cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']), "{:?}", cell);
            }
            let page = html::write(sheet, &desk.layout, &prepared.columns, "x");
            assert_known_tags(&page);
            prop_assert!(xlsx::write(sheet, &prepared.columns).is_ok());
        }
    }
}
