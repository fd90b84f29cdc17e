//! Tests of consent.

use super::*;
use crate::notebook::{Author, Stamp, Status};

#[test]
fn the_persons_own_word_decides_and_silence_is_a_no() {
    for kind in KINDS {
        let own = match kind {
            PartnerKind::Partner => "share_partners",
            PartnerKind::Government => "share_govts",
            PartnerKind::Association => "share_verify",
        };
        for (answer, expected) in [
            (json!("yes"), None),
            (json!("ask_first"), Some(Exclusion::AskFirst)),
            (json!("no"), Some(Exclusion::No)),
            (json!("YES"), Some(Exclusion::NotAnswered)),
            (json!(true), Some(Exclusion::NotAnswered)),
            (json!(["yes"]), Some(Exclusion::NotAnswered)),
            (Value::Null, Some(Exclusion::NotAnswered)),
        ] {
            let mut answers = json!({ "sex": "female" });
            if !answer.is_null() {
                answers[own] = answer.clone();
            }
            let mut case = case('a', answers);
            if answer.is_null() {
                case.registration.answers.0.remove(own);
            }
            let desk = Operator::new(&["sex"], kind);
            let prepared = desk.prepare(&[case]).unwrap();
            let refused: Vec<Exclusion> = prepared.refused().iter().map(|(_, why)| *why).collect();
            assert_eq!(refused, expected.into_iter().collect::<Vec<_>>(), "{kind} {answer}");
            assert_eq!(prepared.cases().len(), usize::from(expected.is_none()));
            assert!(expected.is_none() || preview(&prepared).contains(&format!("aaaaaaaaaaaa: {}", expected.unwrap())));
        }
        // Another permission does not help.
        let answers = json!({ "sex": "female", own: "no" });
        assert!(Operator::new(&["sex"], kind).prepare(&[case('a', answers)]).unwrap().cases().is_empty());
    }
}

#[test]
fn who_was_not_asked_or_asks_for_deletion_or_is_a_child_stays_out() {
    let refusal = |answers| {
        let desk = Operator::new(&["sex"], PartnerKind::Partner);
        let prepared = desk.prepare(&[case('a', answers)]).unwrap();
        prepared.refused().first().map(|(_, why)| *why)
    };
    assert_eq!(refusal(json!({})), None);
    assert_eq!(refusal(json!({ "submitter": "relative", "person_agrees": "yes" })), None);
    for answers in [
        json!({ "submitter": "relative" }),
        json!({ "submitter": "lawyer", "person_agrees": "no" }),
        json!({ "submitter": "colleague", "person_agrees": "cannot_reach" }),
        json!({ "submitter": "self", "person_agrees": "no" }),
        json!({ "submitter": 1 }),
    ] {
        assert_eq!(refusal(answers.clone()), Some(Exclusion::NotAgreed), "{answers}");
    }
    assert_eq!(refusal(json!({ "is_update": "delete" })), Some(Exclusion::Deletion));
    assert_eq!(refusal(json!({ "dob": day(2009) })), Some(Exclusion::Child));
    assert_eq!(refusal(json!({ "dob": day(2008) })), None);
}

#[test]
fn a_request_for_deletion_holds_back_the_case_it_is_for() {
    let mut desk = Operator::new(&["sex"], PartnerKind::Partner);
    let request = case('b', json!({ "is_update": "delete", "prior_ref": "a".repeat(32) }));
    let prepared = desk.prepare(&[case('a', json!({})), request]).unwrap();
    assert_eq!(prepared.refused().iter().map(|(_, why)| *why).collect::<Vec<_>>(), [Exclusion::Deletion; 2]);
    let elsewhere = case('d', json!({ "is_update": "delete", "prior_ref": "c".repeat(32) }));
    desk.others.note(&elsewhere.registration, elsewhere.proven.as_ref());
    let prepared = desk.prepare(&[case('c', json!({})), case('e', json!({}))]).unwrap();
    assert_eq!((prepared.cases().len(), prepared.refused()[0].1), (1, Exclusion::Deletion));
}

#[test]
fn a_later_update_can_take_a_yes_back_but_not_give_it_for_the_first() {
    let update = |letter, of: &str, says: Value| {
        let mut case = case(letter, json!({ "is_update": "update", "prior_ref": of.repeat(32) }));
        case.registration.answers.0.remove("share_partners");
        if let Ok(says) = serde_json::from_value(says) {
            case.registration.answers.0.insert("share_partners".to_owned(), says);
        }
        case
    };
    let outcome = |first: &str, changes: &[Opened]| {
        let mut desk = Operator::new(&["sex"], PartnerKind::Partner);
        for change in changes {
            desk.others.note(&change.registration, change.proven.as_ref());
        }
        let prepared = desk.prepare(&[case('a', json!({ "share_partners": first }))]).unwrap();
        (prepared.refused().first().map(|(_, why)| *why), prepared.cases().first().map(|sheet| sheet.updates))
    };
    assert_eq!(outcome("yes", &[]), (None, Some(0)));
    assert_eq!(outcome("yes", &[update('b', "a", Value::Null)]), (None, Some(1)));
    assert_eq!(outcome("yes", &[update('b', "a", json!("yes"))]), (None, Some(1)));
    assert_eq!(outcome("yes", &[update('b', "a", json!("ask_first"))]), (Some(Exclusion::AskFirst), None));
    assert_eq!(outcome("yes", &[update('b', "a", json!("no"))]), (Some(Exclusion::TakenBack), None));
    assert_eq!(outcome("no", &[update('b', "a", json!("yes"))]), (Some(Exclusion::No), None));
    // An update of an update, and one beside it; another person's says nothing here.
    assert_eq!(outcome("yes", &[update('c', "b", json!("no")), update('b', "a", Value::Null)]), (Some(Exclusion::TakenBack), None));
    assert_eq!(outcome("yes", &[update('c', "d", json!("no"))]), (None, Some(0)));
    // Two that point at each other do not hold anything up.
    assert_eq!(
        outcome("yes", &[update('b', "c", json!("yes")), update('c', "b", json!("yes")), update('b', "a", Value::Null)]).0,
        None
    );

    // The update itself was sent to change what came before it, so that the first one's no is past.
    let mut desk = Operator::new(&["sex"], PartnerKind::Partner);
    for before in [case('a', json!({ "share_partners": "no" })), update('b', "a", json!("no"))] {
        desk.others.note(&before.registration, before.proven.as_ref());
    }
    let prepared = desk.prepare(&[update('c', "b", json!("yes"))]).unwrap();
    assert_eq!(prepared.refused(), []);
    let sibling = desk.prepare(&[update('c', "a", json!("yes"))]).unwrap();
    assert_eq!(sibling.refused()[0].1, Exclusion::TakenBack);
}

#[test]
fn an_update_or_a_deletion_that_nothing_proves_stops_nothing_and_is_said_to_the_operator() {
    let unsigned = |mut case: Opened| {
        case.proven = None;
        case
    };
    let own_code_only = |mut case: Opened| {
        case.proven = case.proven.map(|proven| Proven { prior: None, ..proven });
        case
    };
    let another_key = |mut case: Opened| {
        let prior = MailboxKey { key: [0; 32], ..mailbox('a') };
        case.proven = case.proven.map(|proven| Proven { prior: Some(prior), ..proven });
        case
    };
    for forge in [unsigned, own_code_only, another_key] {
        let mut desk = Operator::new(&["sex"], PartnerKind::Partner);
        for forged in [
            forge(case('b', json!({ "is_update": "delete", "prior_ref": "a".repeat(32) }))),
            forge(case('c', json!({ "is_update": "update", "prior_ref": "a".repeat(32), "share_partners": "no" }))),
        ] {
            desk.others.note(&forged.registration, forged.proven.as_ref());
        }
        let prepared = desk.prepare(&[case('a', json!({}))]).unwrap();
        assert_eq!(prepared.refused(), []);
        assert_eq!((prepared.cases()[0].updates, prepared.cases()[0].unproven), (0, 2));
        assert!(preview(&prepared).contains("nothing proves that it is the person"));
        // Its own yes in another's name has to be asked for.
        let yes = forge(case('d', json!({ "is_update": "update", "prior_ref": "a".repeat(32), "share_partners": "yes" })));
        let mut desk = Operator::new(&["sex"], PartnerKind::Partner);
        let first = case('a', json!({}));
        desk.others.note(&first.registration, first.proven.as_ref());
        assert_eq!(desk.prepare(&[yes]).unwrap().refused()[0].1, Exclusion::AskFirst);
    }
}

#[test]
fn nobody_ends_anothers_case_by_posing_as_the_link_between_two() {
    // An attacker who knows the mailbox of 'a' registers as 'e', and sends an update of 'e' that names the mailbox of 'a' as its own.
    let mut desk = Operator::new(&["sex"], PartnerKind::Partner);
    let mut link = case('e', json!({ "is_update": "update", "prior_ref": "e".repeat(32) }));
    link.registration.mailbox.id = "a".repeat(32);
    // Without the code of 'a', its own signature does not hold, and nothing of it is proven.
    link.proven = None;
    let end = case('f', json!({ "is_update": "delete", "prior_ref": "e".repeat(32) }));
    for one in [case('e', json!({})), link, end] {
        desk.others.note(&one.registration, one.proven.as_ref());
    }
    assert_eq!(desk.prepare(&[case('a', json!({}))]).unwrap().refused(), []);
}

#[test]
fn an_update_that_is_sealed_again_counts_once() {
    let mut desk = Operator::new(&["sex"], PartnerKind::Partner);
    for _ in 0..3 {
        let update = case('b', json!({ "is_update": "update", "prior_ref": "a".repeat(32) }));
        desk.others.note(&update.registration, update.proven.as_ref());
    }
    assert_eq!(desk.prepare(&[case('a', json!({}))]).unwrap().cases()[0].updates, 1);
}

#[test]
fn asking_first_is_confirmed_case_by_case_and_logged() {
    let mut desk = Operator::new(&["sex"], PartnerKind::Partner);
    let cases = [
        case('a', json!({ "share_partners": "ask_first" })),
        case('b', json!({ "share_partners": "ask_first" })),
        case('a', json!({})),
    ];
    let asked = |letter: &str, on: &str| Asked { case: letter.repeat(64), on: Day::from_iso(on).unwrap(), by: "Najia".to_owned() };
    desk.asked = vec![asked("a", "2026-11-20"), asked("b", "2026-11-24")];
    let prepared = desk.prepare(&cases).unwrap();
    let refused: Vec<(&str, Exclusion)> = prepared.refused().iter().map(|(case, why)| (&case[..1], *why)).collect();
    assert_eq!(refused, [("b", Exclusion::AskFirst), ("a", Exclusion::Twice)]);
    assert!(preview(&prepared).contains("Asked on 2026-11-20 by Najia"));
    let log = made(&desk, &cases).log;
    assert_eq!(log.referral.asked, [asked("a", "2026-11-20")]);
    let printed = format!(
        r#"{{"who":"Karima","when":1795000000,"partner":"Safe Passage","kind":"partner","key":"{}","cases":[{{"sha256":"{case}","reference":"{}"}}],"columns":["sex"],"rows":1,"pictures":0,"asked":[{{"case":"{case}","on":"2026-11-20","by":"Najia"}}],"file":"{}"}}"#,
        log.referral.key,
        log.referral.cases[0].reference,
        log.referral.file,
        case = "a".repeat(64),
    );
    assert_eq!(serde_json::to_string(&log).unwrap(), printed);
}

#[test]
fn of_children_and_of_a_family_that_has_not_agreed_go_relation_sex_and_age() {
    let members = json!([
        { "relation": "spouse", "name_native": "Zarghuna", "father_name": "Gul", "sex": "female", "dob": day(1980), "country_now": "PK" },
        { "relation": "son", "name_native": "Bilal", "sex": "male", "dob": day(2015), "country_now": "PK" },
        { "relation": "daughter", "name_native": "Sana", "sex": "female", "country_now": "IR" },
    ]);
    let columns = [
        "name_native",
        "family_relation",
        "family_name_native",
        "family_father_name",
        "family_sex",
        "family_dob",
        "family_country",
    ];
    let rows = |agrees: Option<&str>| {
        let mut answers = json!({ "name_native": "Karima", "family_members": members });
        if let Some(agrees) = agrees {
            answers["family_agrees"] = json!(agrees);
        }
        let desk = Operator::new(&columns, PartnerKind::Partner);
        let prepared = desk.prepare(&[case('a', answers)]).unwrap();
        assert_eq!(prepared.rows(), 4);
        let rows: Vec<Vec<String>> =
            prepared.cases()[0].rows.iter().map(|row| row.iter().map(value::Value::line).collect()).collect();
        (rows, prepared.cases()[0].left_out.clone())
    };
    let child = ["", "Son", "", "", "Male", "age 11", ""];
    let perhaps_a_child = ["", "Daughter", "", "", "Female", "", ""];
    let (agreed, left_out) = rows(Some("yes"));
    assert_eq!(agreed[0], ["Karima", "", "", "", "", "", ""]);
    assert_eq!(agreed[1], ["", "Spouse", "Zarghuna", "Gul", "Female", "1980-05-06", "Pakistan"]);
    assert_eq!(
        (agreed[2].as_slice(), agreed[3].as_slice()),
        (&child.map(str::to_owned)[..], &perhaps_a_child.map(str::to_owned)[..])
    );
    assert_eq!(left_out.len(), 1);
    for agrees in [None, Some("not_yet"), Some("unsafe"), Some("what")] {
        let (rows, left_out) = rows(agrees);
        assert_eq!(rows[1], ["", "Spouse", "", "", "Female", "age 46", ""], "{agrees:?}");
        assert_eq!(left_out.len(), 2);
    }
}

#[test]
fn the_name_of_a_familys_worker_goes_when_the_family_agrees_or_the_worker_is_dead() {
    let name = |answers: Value| {
        let mut all = json!({ "justice_role": "family", "worker_name": "Gulalai" });
        all.as_object_mut().unwrap().extend(answers.as_object().unwrap().clone());
        Operator::new(&["worker_name"], PartnerKind::Partner).prepare(&[case('a', all)]).unwrap().cases()[0].rows[0][0].line()
    };
    assert_eq!(name(json!({ "worker_status": "detained" })), "");
    assert_eq!(name(json!({ "worker_status": "killed" })), "Gulalai");
    assert_eq!(name(json!({ "worker_status": "missing", "family_agrees": "yes" })), "Gulalai");
}

/// The decision on a case whose person never wants these told, for a partner of this name.
fn refusal_of(never: &str, partner: &str, desk: &mut Operator) -> (Option<Exclusion>, String) {
    desk.partner.name = partner.to_owned();
    let prepared = desk.prepare(&[case('a', json!({ "sex": "female", "share_never": never }))]).unwrap();
    (prepared.refused().first().map(|(_, why)| *why), preview(&prepared))
}

#[test]
fn a_partner_whom_the_person_named_as_never_to_be_told_gets_nothing() {
    let mut desk = Operator::new(&["sex"], PartnerKind::Partner);
    for partner in
        ["UNHCR Islamabad", "unhcr islamabad", "U.N.H.C.R.  Islamabad", "UNHCR", "UNHCR Islamabad office", "UNHCR اسلام آباد"]
    {
        let (why, shown) = refusal_of("UNHCR Islamabad", partner, &mut desk);
        assert_eq!(why, Some(Exclusion::Named), "{partner}");
        assert!(shown.contains("NEVER to be told") && shown.contains("    UNHCR Islamabad"), "{shown}");
    }
    // That they were asked does not help: their own word has to change first.
    desk.asked = vec![Asked { case: "a".repeat(64), on: today(), by: "Karima".to_owned() }];
    assert_eq!(refusal_of("UNHCR Islamabad", "UNHCR Islamabad", &mut desk).0, Some(Exclusion::Named));
    assert_eq!(refusal_of("UNHCR Islamabad", "Safe Passage", &mut desk).0, None);
}

#[test]
fn a_partner_like_one_who_was_named_gets_nothing_until_the_person_was_asked() {
    let mut desk = Operator::new(&["sex"], PartnerKind::Partner);
    let (why, shown) = refusal_of("UNHCR Islamabad", "Legal Aid Islamabad", &mut desk);
    assert_eq!(why, Some(Exclusion::Resembles));
    assert!(shown.contains("    UNHCR Islamabad"), "{shown}");
    desk.asked = vec![Asked { case: "a".repeat(64), on: today(), by: "Karima".to_owned() }];
    assert_eq!(refusal_of("UNHCR Islamabad", "Legal Aid Islamabad", &mut desk).0, None);
}

#[test]
fn whom_an_update_names_as_never_to_be_told_counts_for_the_whole_case() {
    let mut desk = Operator::new(&["sex"], PartnerKind::Partner);
    desk.partner.name = "UNHCR Islamabad".to_owned();
    let first = || case('a', json!({ "sex": "female" }));
    let update = case('b', json!({ "is_update": "update", "prior_ref": "a".repeat(32), "share_never": "unhcr" }));
    desk.others.note(&update.registration, update.proven.as_ref());
    assert_eq!(desk.prepare(&[first()]).unwrap().refused()[0].1, Exclusion::Named);
    desk.others = Superseding::default();
    assert!(desk.prepare(&[first()]).unwrap().refused().is_empty());
}

#[test]
fn a_case_that_goes_to_the_same_partner_again_keeps_its_reference_and_another_partner_gets_another() {
    let mut desk = Operator::new(&["sex"], PartnerKind::Partner);
    let cases = [case('a', json!({ "sex": "female" }))];
    let refer = |desk: &Operator| {
        let prepared = desk.prepare(&cases).unwrap();
        let confirmed = Confirmed { rows: 1, columns: 1 };
        make(&prepared, confirmed, &RowLimit::default(), "Karima", 1).unwrap().log.referral
    };
    let first = refer(&desk);
    let stamp = Stamp { author: Author::new("Karima").unwrap(), now: 1 };
    desk.notebook.set_status(&"b".repeat(64), Status::Closed, &stamp).unwrap();
    desk.notebook.add_referral([1; 16], first.clone(), &stamp).unwrap();
    assert_eq!(desk.notebook.work(&"a".repeat(64)).unwrap().status(), Status::Referred);

    let mut letters = 100_u8;
    let again = |desk: &Operator, letters: &mut u8| {
        let request = Request {
            layout: &desk.layout,
            columns: &desk.columns,
            partner: &desk.partner,
            forms: &desk.forms,
            language: "en",
            today: today(),
            asked: &[],
            pictures: Pictures::None,
            others: &desk.others,
            notebook: &desk.notebook,
        };
        let fill = |bytes: &mut [u8]| {
            *letters += 1;
            bytes.fill(*letters);
        };
        prepare(&request, &cases, fill).unwrap().cases()[0].reference.clone()
    };
    assert_eq!(again(&desk, &mut letters), first.cases[0].reference);
    desk.partner.key = PartnerKey::parse(&HybridIdentity::from_seed([8; 32]).recipient().to_string()).unwrap();
    desk.partner.name = "safe passage".to_owned();
    assert_eq!(again(&desk, &mut letters), first.cases[0].reference, "the same partner with a new key");
    desk.partner.name = "Another".to_owned();
    assert_ne!(again(&desk, &mut letters), first.cases[0].reference);
}
