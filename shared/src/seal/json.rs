//! `registration.json`, written by hand: see [`crate::codec::json`].

use super::signature::{self, PRIOR_SIGNATURE, SIGNATURE};
use super::{Attachment, HybridIdentity, Registration};
use crate::answers::{Answer, Answers};
use crate::api::hex;
use crate::codec::json::{Value, canonical, parse};
use crate::codec::sorted_map::SortedMap;
use crate::dates::{CALENDARS, PRECISIONS, PartialDate};
use crate::phone::Phone;
use crate::receipt::{Derived, Receipt};

impl Registration {
    /// `registration.json`: its members, and theirs, in the order of their names. Without keys and signatures, which [`finish`]
    /// puts in: the page that writes this knows none.
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::new();
        canonical(&self.value(), &mut out).expect("a registration holds no fractions");
        out
    }

    fn value(&self) -> Value {
        let (form, pack, mailbox) = (&self.form, &self.pack, &self.mailbox);
        object([
            ("format", whole(self.format.into())),
            ("form", object([("id", text(&form.id)), ("version", text(&form.version)), ("sha256", text(&form.sha256))])),
            ("pack", object([("serial", whole(pack.serial)), ("sha256", text(&pack.sha256))])),
            ("language", text(&self.language)),
            ("mailbox", object([("recipient", text(&mailbox.recipient)), ("id", text(&mailbox.id))])),
            ("delete_proof", text(&self.delete_proof)),
            ("answers", answers(&self.answers)),
            ("attachments", Value::List(self.attachments.iter().map(attachment).collect())),
        ])
    }
}

/// Puts into a `registration.json` what is known only where it is sealed: the mailbox of this code, the delete proof, and the
/// signatures. An answer that is an earlier receipt's code (to one of the questions `earlier`) becomes that mailbox's id, hex:
/// its digits are never sealed. The first of them signs too: see [`super::proven`]. `None` if it is no `registration.json`.
pub fn finish(json: &str, code: &Receipt, earlier: &[String], delete_proof: &[u8; 32]) -> Option<Vec<u8>> {
    let Value::Object(mut members) = parse(json).ok()? else { return None };
    let derived = code.derive();
    let mut mailbox = named(&derived);
    mailbox.insert("recipient".to_owned(), Value::Text(recipient(&derived)));
    members.insert("mailbox".to_owned(), Value::Object(mailbox));
    members.insert("delete_proof".to_owned(), Value::Text(hex(delete_proof)));
    let Some(Value::Object(answers)) = members.get_mut("answers") else { return None };
    let mut prior = None;
    for question in earlier {
        if let Some(Value::Text(digits)) = answers.remove(question)
            && let Ok(code) = Receipt::parse(&digits)
        {
            let derived = code.derive();
            answers.insert(question.clone(), Value::Text(hex(&derived.id)));
            prior.get_or_insert(derived);
        }
    }
    if let Some(prior) = &prior {
        members.insert("prior".to_owned(), Value::Object(named(prior)));
    }
    members.remove(SIGNATURE);
    members.remove(PRIOR_SIGNATURE);
    let mut finished = Value::Object(members);
    let text = signature::text(&finished)?;
    if let Value::Object(members) = &mut finished {
        members.insert(SIGNATURE.to_owned(), Value::Text(hex(&derived.sign(&text))));
        if let Some(prior) = &prior {
            members.insert(PRIOR_SIGNATURE.to_owned(), Value::Text(hex(&prior.sign(&text))));
        }
    }
    let mut out = Vec::new();
    canonical(&finished, &mut out)?;
    Some(out)
}

/// The age recipient of a mailbox's replies.
fn recipient(derived: &Derived) -> String {
    HybridIdentity::from_seed(*derived.identity_seed).recipient().to_string()
}

/// The members of a mailbox: its id and the key that verifies its signatures.
fn named(derived: &Derived) -> SortedMap<Value> {
    let mut members = SortedMap::new();
    members.insert("id".to_owned(), Value::Text(hex(&derived.id)));
    members.insert("key".to_owned(), Value::Text(hex(&derived.verifying_key())));
    members
}

fn attachment(it: &Attachment) -> Value {
    object([
        ("name", text(&it.name)),
        ("question", text(&it.question)),
        ("media_type", text(&it.media_type)),
        ("bytes", whole(it.bytes)),
        ("sha256", text(&it.sha256)),
    ])
}

fn answers(answers: &Answers) -> Value {
    let mut members = SortedMap::new();
    for (name, it) in &answers.0 {
        members.insert(name.clone(), answer(it));
    }
    Value::Object(members)
}

fn answer(answer: &Answer) -> Value {
    match answer {
        Answer::Acknowledged(it) => Value::Flag(*it),
        Answer::Integer(it) => Value::Whole { negative: *it < 0, magnitude: it.unsigned_abs() },
        Answer::Text(it) => text(it),
        Answer::Many(all) => Value::List(all.iter().map(|it| text(it)).collect()),
        Answer::Date(it) => date(it),
        Answer::Phone(it) => phone(it),
        Answer::Repeat(items) => Value::List(items.iter().map(answers).collect()),
        Answer::Group(inner) => answers(inner),
    }
}

fn date(it: &PartialDate) -> Value {
    let calendar = CALENDARS.iter().find(|(_, calendar)| *calendar == it.calendar);
    let precision = PRECISIONS.iter().find(|(_, precision)| *precision == it.precision);
    let word = |word: Option<&str>| word.map(text);
    let year = it.year.map(|year| Value::Whole { negative: year < 0, magnitude: year.unsigned_abs().into() });
    let small = |number: Option<u8>| number.map(|number| whole(number.into()));
    present([
        ("calendar", word(calendar.map(|(word, _)| *word))),
        ("precision", word(precision.map(|(word, _)| *word))),
        ("year", year),
        ("month", small(it.month)),
        ("day", small(it.day)),
        ("age", small(it.age)),
        ("raw", word(Some(&it.raw))),
        ("earliest", word(it.earliest.as_deref())),
        ("latest", word(it.latest.as_deref())),
    ])
}

fn phone(it: &Phone) -> Value {
    present([("raw", Some(text(&it.raw))), ("e164", it.e164.as_deref().map(text))])
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

const fn whole(magnitude: u64) -> Value {
    Value::Whole { negative: false, magnitude }
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    present(members.map(|(name, value)| (name, Some(value))))
}

/// Those of these members that are there.
fn present<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let mut map = SortedMap::new();
    for (name, value) in members {
        if let Some(value) = value {
            map.insert(name.to_owned(), value);
        }
    }
    Value::Object(map)
}

#[cfg(test)]
mod tests {
    use super::super::{FORMAT, FormRef, Mailbox, PackRef, proven};
    use super::*;
    use crate::dates::{Calendar, Precision};

    fn registration(answers: Answers) -> Registration {
        Registration {
            format: FORMAT,
            form: FormRef { id: "a-form".to_owned(), version: "3".to_owned(), sha256: "00".repeat(32) },
            pack: PackRef { serial: u64::MAX, sha256: "11".repeat(32) },
            language: "fa-AF".to_owned(),
            mailbox: Mailbox { recipient: "age1pq1x".to_owned(), id: "22".repeat(16) },
            delete_proof: "33".repeat(32),
            answers,
            attachments: vec![Attachment {
                name: "attachments/01.jpg".to_owned(),
                question: "photo".to_owned(),
                media_type: "image/jpeg".to_owned(),
                bytes: 12_345,
                sha256: "44".repeat(32),
            }],
        }
    }

    fn every_date() -> Vec<PartialDate> {
        let mut dates = Vec::new();
        for calendar in [Calendar::Solar, Calendar::Gregorian, Calendar::Lunar] {
            for precision in
                [Precision::Day, Precision::Month, Precision::Year, Precision::AgeInYear, Precision::Unknown, Precision::Ongoing]
            {
                for (year, month) in [(Some(1400), Some(12)), (Some(-5), None), (None, None)] {
                    let iso = year.map(|_| "2021-08-15".to_owned());
                    dates.push(PartialDate {
                        calendar,
                        precision,
                        year,
                        month,
                        day: month,
                        age: month,
                        raw: "۱۴۰۰-\u{1}\"\\\n".to_owned(),
                        earliest: iso.clone(),
                        latest: iso,
                    });
                }
            }
        }
        dates
    }

    #[test]
    fn what_only_the_sealer_knows_is_put_in_and_the_rest_left_as_it_is() {
        let (code, other) = (Receipt::generate(|bytes| bytes.fill(7)), Receipt::generate(|bytes| bytes.fill(8)));
        let mut answers = SortedMap::new();
        answers.insert("prior_ref".to_owned(), Answer::Text(other.digits().to_string()));
        answers.insert("other_ref".to_owned(), Answer::Text("123".to_owned()));
        answers.insert("name".to_owned(), Answer::Text(code.digits().to_string()));
        let mut expected = registration(Answers(answers.clone()));
        let blank = Mailbox { recipient: String::new(), id: String::new() };
        let unfinished = Registration { mailbox: blank, delete_proof: String::new(), ..expected.clone() };
        let json = String::from_utf8(unfinished.to_json()).unwrap();

        let earlier = ["prior_ref".to_owned(), "other_ref".to_owned(), "missing".to_owned()];
        let finished = finish(&json, &code, &earlier, &[0x33; 32]).unwrap();

        let (derived, prior) = (code.derive(), other.derive());
        expected.mailbox = Mailbox { recipient: recipient(&derived), id: hex(&derived.id) };
        expected.answers.0.remove("other_ref");
        expected.answers.0.insert("prior_ref".to_owned(), Answer::Text(hex(&prior.id)));
        assert_eq!(serde_json::from_slice::<Registration>(&finished).unwrap(), expected);
        let proven = proven(&finished).unwrap();
        assert_eq!((proven.mailbox.id, proven.mailbox.key), (derived.id, derived.verifying_key()));
        assert_eq!(proven.prior.map(|it| (it.id, it.key)), Some((prior.id, prior.verifying_key())));
        assert!(!String::from_utf8(finished).unwrap().contains(&*other.digits()));
        assert_eq!(finish("[]", &code, &earlier, &[0x33; 32]), None);
    }

    #[test]
    fn it_is_what_serde_writes_and_reads() {
        let mut all = SortedMap::new();
        let mut put = |name: &str, answer| all.insert(name.to_owned(), answer);
        put("ack", Answer::Acknowledged(true));
        put("least", Answer::Integer(i64::MIN));
        put("most", Answer::Integer(i64::MAX));
        put("text", Answer::Text("سلام \u{2028}</script> \u{7f}\u{8}\u{c}\r\t".to_owned()));
        put("many", Answer::Many(vec!["a".to_owned(), "b".to_owned()]));
        put("none", Answer::Many(Vec::new()));
        put("phone", Answer::Phone(Phone { raw: "۰۷۰۰".to_owned(), e164: Some("+93700".to_owned()) }));
        put("unclear", Answer::Phone(Phone { raw: "12".to_owned(), e164: None }));
        for (index, date) in every_date().into_iter().enumerate() {
            put(&format!("date{index}"), Answer::Date(date));
        }
        let inner = Answers(all.clone());
        all.insert("repeat".to_owned(), Answer::Repeat(vec![inner.clone(), Answers::default()]));
        all.insert("group".to_owned(), Answer::Group(inner));
        let registration = registration(Answers(all));

        let json = registration.to_json();
        let read: Registration = serde_json::from_slice(&json).unwrap();
        // An empty list reads as one of the untagged kinds that come first: compared as JSON.
        assert_eq!(serde_json::to_value(&read).unwrap(), serde_json::to_value(&registration).unwrap());
        let theirs = serde_json::to_value(&registration).unwrap();
        assert_eq!(String::from_utf8(json).unwrap(), serde_json::to_string(&theirs).unwrap());
    }
}
