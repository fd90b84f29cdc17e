mod any;
mod form;

use self::form::form;
use super::*;
use crate::answers::FileEntry;
use crate::dates::{DateEntry, Precision};
use crate::pack::Limits;

const LIMITS: Limits = Limits { files: 3, file_bytes: 100, total_bytes: 150 };

fn read_phases(entries: &Entries, phases: &[u8]) -> Validation {
    let today = Day::from_iso("2025-11-23").unwrap();
    validate(&form(), entries, &Context { today, phases, limits: LIMITS })
}

fn entries<const N: usize>(entries: [(&str, Entry); N]) -> Entries {
    Entries(entries.into_iter().map(|(name, entry)| (name.to_owned(), entry)).collect())
}

fn text(text: &str) -> Entry {
    Entry::Text(text.to_owned())
}

fn many(names: &[&str]) -> Entry {
    Entry::Many(names.iter().map(|name| (*name).to_owned()).collect())
}

fn solar(year: &str) -> Entry {
    Entry::Date(DateEntry { year: year.to_owned(), ..DateEntry::default() })
}

fn file(media_type: &str, bytes: u64) -> FileEntry {
    FileEntry { name: "attachments/01.jpg".to_owned(), media_type: media_type.to_owned(), bytes }
}

/// Everything that is required, and no fault.
fn good() -> Entries {
    entries([
        ("agrees", text("yes")),
        ("why", text("because")),
        ("channels", many(&["email"])),
        ("name", text("علی")),
        ("dob", solar("1360")),
        ("consent", Entry::Acknowledged(true)),
    ])
}

/// The faults of [`good`] with these entries beside it or in its place.
fn faults<const N: usize>(others: [(&str, Entry); N]) -> Vec<(String, FaultCode)> {
    let validation = read_phases(&with(others), &[1, 2]);
    validation.faults.into_iter().map(|fault| (fault.path, fault.code)).collect()
}

fn with<const N: usize>(others: [(&str, Entry); N]) -> Entries {
    let mut all = good();
    all.0.extend(entries(others).0);
    all
}

fn fault(path: &str, code: FaultCode) -> (String, FaultCode) {
    (path.to_owned(), code)
}

#[test]
fn a_good_form_has_no_fault_and_may_be_sent() {
    let validation = read_phases(&good(), &[1, 2]);
    assert_eq!(validation.faults, []);
    assert!(validation.may_be_sent());
    assert_eq!(validation.pages, ["first", "contact", "person", "others", "later"]);
    assert_eq!(validation.answers.text("name"), Some("علی"));
}

#[test]
fn an_empty_form_says_what_is_missing_in_the_forms_order() {
    let validation = read_phases(&Entries::default(), &[1]);
    let said: Vec<_> = validation.faults.iter().map(|fault| (fault.path.as_str(), fault.code)).collect();
    assert_eq!(
        said,
        [
            ("agrees", FaultCode::ChooseOne),
            ("channels", FaultCode::ChooseAny),
            ("name", FaultCode::Required),
            ("dob", FaultCode::Required),
            ("consent", FaultCode::Acknowledge),
        ]
    );
    assert!(!validation.may_be_sent());
}

#[test]
fn pages_of_closed_phases_are_not_asked() {
    let validation = read_phases(&with([("start", solar("1390"))]), &[1]);
    assert!(!validation.pages.contains(&"later".to_owned()));
    assert_eq!(validation.answers.get("start"), None);
}

#[test]
fn an_answer_to_a_question_that_is_not_relevant_is_dropped() {
    let with_phone = |channels: &[&str]| read_phases(&with([("channels", many(channels)), ("phone", text("0701234567"))]), &[1]);
    assert!(with_phone(&["call"]).answers.get("phone").is_some());
    let validation = with_phone(&["email"]);
    assert_eq!(validation.answers.get("phone"), None);
    assert!(!validation.relevant.contains(&"phone".to_owned()));
}

#[test]
fn the_way_ends_at_a_stop_page_and_what_follows_is_dropped() {
    let validation = read_phases(&with([("agrees", text("no")), ("name", text("۱"))]), &[1, 2]);
    assert_eq!(validation.pages, ["first", "stop"]);
    assert_eq!(validation.answers.0.keys().collect::<Vec<_>>(), ["agrees"]);
    assert_eq!(validation.faults, []);
    assert!(validation.stopped && !validation.may_be_sent());
}

#[test]
fn who_only_adds_something_need_not_answer_the_rest_again() {
    let mut form = form();
    for page in &mut form.pages {
        page.optional_if = Some(Condition::Is { question: "agrees".to_owned(), choice: "yes".to_owned() });
    }
    let context = Context { today: Day::from_iso("2026-11-23").unwrap(), phases: &[1], limits: LIMITS };
    let held_up =
        |entries: &Entries| validate(&form, entries, &context).faults.iter().filter(|fault| !fault.code.is_warning()).count();
    assert!(held_up(&entries([("agrees", text("no"))])) == 0, "a stop page ends the way");
    // Only the first page's own question comes before its answer is known.
    assert_eq!(held_up(&entries([("agrees", text("yes"))])), 1);
    assert!(held_up(&Entries::default()) > 1);
}

#[test]
fn choices_are_held_against_what_is_offered() {
    assert_eq!(faults([("country", text("XX"))]), [fault("country", FaultCode::ChooseOne)]);
    assert_eq!(faults([("channels", many(&["email", "fax"]))]), [fault("channels", FaultCode::ChooseAny)]);
    assert_eq!(faults([("channels", many(&["none", "email"]))]), [fault("channels", FaultCode::Exclusive)]);
    let both = [("channels", many(&["sms", "call"])), ("phone", text("0701234567"))];
    assert_eq!(faults(both.clone()), [fault("channels", FaultCode::Exclusive)]);
    let validation = read_phases(&with(both), &[1]);
    assert_eq!(validation.answers.get("channels"), Some(&Answer::Many(vec!["call".to_owned(), "sms".to_owned()])));
}

#[test]
fn a_list_hangs_on_another_answer_and_may_be_free_text() {
    assert_eq!(faults([("country", text("PK")), ("area", text("punjab"))]), []);
    assert_eq!(faults([("country", text("PK")), ("area", text("sindh"))]), [fault("area", FaultCode::ChooseOne)]);
    assert_eq!(faults([("country", text("other")), ("area", text(" Sindh "))]), []);
    assert_eq!(faults([("country", text("other")), ("area", text("far too long"))]), [fault("area", FaultCode::TooLong(8))]);
}

#[test]
fn numbers_are_read_in_three_scripts() {
    for number in ["12", "۱۲", "١٢", " 12 "] {
        let validation = read_phases(&with([("adults", text(number))]), &[1]);
        assert_eq!(validation.answers.get("adults"), Some(&Answer::Integer(12)), "{number}");
    }
    assert_eq!(faults([("adults", text("41"))]), [fault("adults", FaultCode::Range(1, 40))]);
    assert_eq!(faults([("adults", text("two"))]), [fault("adults", FaultCode::Number)]);
}

#[test]
fn a_number_is_read_with_a_country_that_is_asked_later() {
    let validation =
        read_phases(&with([("channels", many(&["call"])), ("phone", text("3001234567")), ("country", text("PK"))]), &[1]);
    assert!(
        matches!(validation.answers.get("phone"), Some(Answer::Phone(phone)) if phone.e164.as_deref() == Some("+923001234567"))
    );
    let unclear = [("channels", many(&["call"])), ("phone", text("3001234567"))];
    assert_eq!(faults(unclear.clone()), [fault("phone", FaultCode::PhoneUnclear)]);
    let validation = read_phases(&with(unclear), &[1]);
    assert!(validation.may_be_sent());
    assert!(validation.answers.get("phone").is_some());
}

#[test]
fn dates_are_held_against_today_and_the_person_s_age() {
    assert_eq!(faults([("dob", solar("1390"))]), [fault("dob", FaultCode::Minor)]);
    assert_eq!(faults([("dob", solar("1400"))]), [fault("dob", FaultCode::Age)]);
    // 1410 lies ahead in the solar calendar, and was 1989 in the lunar one.
    assert_eq!(faults([("dob", solar("1410"))]), [fault("dob", FaultCode::DateFuture), fault("dob", FaultCode::DateCalendar)]);
    assert_eq!(faults([("start", solar("1990"))]), [fault("start", FaultCode::WhichYear)]);
    let validation = read_phases(&with([("dob", solar("62"))]), &[1]);
    assert!(!validation.may_be_sent(), "a year of two digits is asked about");
    assert_eq!(validation.answers.get("dob"), None, "what nobody can read is not sealed");
    assert_eq!(
        faults([("dob", solar(" ")), ("end", solar("x"))]),
        [fault("dob", FaultCode::Required), fault("end", FaultCode::DateInvalid)]
    );
}

#[test]
fn a_date_after_its_end_is_noticed_though_it_is_asked_later() {
    assert_eq!(faults([("start", solar("1395")), ("end", solar("1394"))]), [fault("start", FaultCode::DateOrder)]);
    assert_eq!(faults([("start", solar("1395")), ("end", solar("1395"))]), []);
    let ongoing = Entry::Date(DateEntry { precision: Precision::Ongoing, ..DateEntry::default() });
    assert_eq!(faults([("start", solar("1395")), ("end", ongoing)]), []);
}

#[test]
fn a_precision_that_is_not_offered_is_refused() {
    let unknown = Entry::Date(DateEntry { precision: Precision::Unknown, ..DateEntry::default() });
    assert_eq!(faults([("dob", unknown.clone())]), []);
    assert_eq!(faults([("end", unknown)]), [fault("end", FaultCode::DateInvalid)]);
}

#[test]
fn a_word_like_the_name_warns_and_one_like_another_word_does_not_pass() {
    // A person who types the name after the word sees it there.
    let twice = [fault("word", FaultCode::Guessable), fault("name", FaultCode::GuessableWord)];
    assert_eq!(faults([("word", text("علي"))]), twice);
    assert_eq!(faults([("word", text("سیب")), ("danger", text("سيب"))]), [fault("danger", FaultCode::Same)]);
    assert_eq!(faults([("word", text("سی"))]), [fault("word", FaultCode::TooShort(3))]);
}

#[test]
fn a_group_is_absent_or_whole() {
    let friend = |inner| faults([("friend", Entry::Group(inner))]);
    assert_eq!(friend(entries([("name", text(" "))])), []);
    assert_eq!(friend(entries([("name", text("Ali")), ("agrees", text("yes"))])), []);
    assert_eq!(friend(entries([("agrees", text("yes"))])), [fault("friend/name", FaultCode::Required)]);
    assert_eq!(friend(entries([("name", text("Ali")), ("agrees", text("no"))])), [fault("friend/agrees", FaultCode::Acknowledge)]);
    assert_eq!(friend(entries([("name", text("Ali"))])), [fault("friend/agrees", FaultCode::Acknowledge)]);
    assert_eq!(read_phases(&good(), &[1]).answers.get("friend"), None);
}

#[test]
fn items_of_a_repeat_are_read_one_by_one_and_empty_ones_left_out() {
    let items = vec![
        entries([("name", text("Ali"))]),
        Entries::default(),
        entries([("name", text("4")), ("start", solar("1395")), ("end", solar("1394")), ("papers", text("none"))]),
        entries([("end", solar("1394"))]),
    ];
    let family = [("family", Entry::Repeat(items))];
    assert_eq!(
        faults(family.clone()),
        [
            fault("family", FaultCode::TooMany(2)),
            fault("family/2/name", FaultCode::Name),
            fault("family/2/end", FaultCode::DateOrder),
            fault("family/3/name", FaultCode::Required),
            fault("family/3/papers", FaultCode::Required),
        ]
    );
    let validation = read_phases(&with(family), &[1]);
    assert_eq!(validation.faults_of("family").count(), 5);
    let Some(Answer::Repeat(given)) = validation.answers.get("family") else { panic!("{:?}", validation.answers) };
    assert_eq!(given.iter().map(|member| member.text("name")).collect::<Vec<_>>(), [Some("Ali"), Some("4"), None]);
}

#[test]
fn a_name_of_a_group_hides_the_one_outside() {
    // `end` is answered outside; the item's own is not, so its papers are not asked for.
    let family = Entry::Repeat(vec![entries([("name", text("Ali"))])]);
    assert_eq!(faults([("end", solar("1394")), ("family", family)]), []);
}

#[test]
fn files_are_held_against_the_limits_of_all_together() {
    let photos = |files: &[FileEntry]| faults([("photo", Entry::Files(files.to_vec()))]);
    assert_eq!(photos(&[file("image/jpeg", 100)]), []);
    assert_eq!(photos(&[file("application/pdf", 1)]), [fault("photo", FaultCode::FileType)]);
    assert_eq!(photos(&[file("image/png", 101)]), [fault("photo", FaultCode::FileSize(100))]);
    let small = file("image/png", 1);
    assert_eq!(photos(&[small.clone(), small.clone(), small.clone()]), [fault("photo", FaultCode::TooMany(2))]);
    let both = [
        ("photo", Entry::Files(vec![file("image/png", 99); 2])),
        ("files", Entry::Files(vec![file("application/pdf", u64::MAX), small])),
    ];
    assert_eq!(
        faults(both),
        [
            fault("photo", FaultCode::TotalSize(150)),
            fault("files", FaultCode::FileSize(100)),
            fault("files", FaultCode::TooMany(3)),
            fault("files", FaultCode::TotalSize(150)),
        ]
    );
}

#[test]
fn an_entry_of_another_kind_is_none() {
    assert_eq!(faults([("name", Entry::Acknowledged(true))]), [fault("name", FaultCode::Required)]);
    assert_eq!(faults([("family", text("Ali"))]), []);
}
