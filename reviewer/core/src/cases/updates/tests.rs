use amanat_shared::api::from_hex;
use amanat_shared::seal::{MailboxKey, Proven};
use serde_json::json;

use super::*;
use crate::arrival_times::Received;
use crate::cases::tests::{proven_row, row};

fn id(number: usize) -> String {
    format!("{number:032x}")
}

/// The mailbox of a code: its id, and the key that only its code derives.
fn mailbox(number: usize) -> MailboxKey {
    MailboxKey { id: from_hex(&id(number)).unwrap(), key: [u8::try_from(number % 251).unwrap(); 32] }
}

fn text(number: usize) -> [u8; 32] {
    from_hex(&format!("{number:064x}")).unwrap()
}

/// A registration of `kind` under the code `own` that names the mailbox of `prior`.
fn says(number: usize, own: usize, prior: Option<usize>, kind: &str, proven: Option<Proven>) -> Case {
    let mut answers = json!({ "is_update": kind });
    if let Some(prior) = prior {
        answers["prior_ref"] = id(prior).into();
    }
    proven_row(number, &id(own), &answers, proven)
}

/// The same, signed with the codes of both mailboxes.
fn signed(number: usize, own: usize, prior: Option<usize>, kind: &str) -> Case {
    let proven = Proven { text: text(number), mailbox: mailbox(own), prior: prior.map(mailbox) };
    says(number, own, prior, kind, Some(proven))
}

fn case(number: usize, prior: Option<usize>, kind: &str) -> Case {
    signed(number, number, prior, kind)
}

fn names(joined: &[Joined]) -> Vec<&str> {
    joined.iter().map(|joined| joined.sha256.as_str()).collect()
}

fn claimed(claims: &[Claim]) -> Vec<(&str, Lacks)> {
    claims.iter().map(|claim| (claim.sha256.as_str(), claim.lacks)).collect()
}

fn sha256(number: usize) -> String {
    format!("{number:064x}")
}

#[test]
fn an_update_and_a_deletion_are_joined_to_their_first_registration_and_deletions_come_first() {
    let mut cases = [
        case(1, None, "first"),
        case(2, Some(1), "update"),
        case(3, Some(1), "delete"),
        case(4, Some(2), "update"),
        case(5, None, "first"),
    ];
    let threads = join(&mut cases);
    assert_eq!(names(&cases[1].earlier), [cases[0].sha256.as_str()]);
    assert_eq!(names(&cases[0].later), [cases[2].sha256.as_str(), cases[1].sha256.as_str()]);
    assert_eq!(cases[0].later[0].kind, RegistrationKind::Deletion);
    assert!(threads[..4].iter().all(|thread| *thread == threads[0]) && threads[4] != threads[0]);
    assert!(cases[4].earlier.is_empty() && cases[4].later.is_empty());
    assert!(cases.iter().all(|case| case.proof == Proof::Given && case.claims.is_empty() && case.claimed_by.is_empty()));
}

#[test]
fn an_update_under_the_same_code_is_joined_to_its_first_registration() {
    let mut cases = [case(1, None, "first"), signed(2, 1, Some(1), "update")];
    assert_eq!(join(&mut cases), [0, 0]);
    assert_eq!(names(&cases[0].later), [sha256(2)]);
    // Both own the mailbox, so each is found by the other's code; neither is a claim.
    assert!(cases.iter().all(|case| case.claims.is_empty() && case.claimed_by.is_empty() && case.proof == Proof::Given));
}

#[test]
fn somebody_who_only_knows_the_mailbox_joins_nothing_and_is_named_on_both_sides() {
    let stranger = Proven { text: text(4), mailbox: mailbox(4), prior: None };
    let with_another_key = Proven { prior: Some(MailboxKey { key: [99; 32], ..mailbox(1) }), text: text(5), mailbox: mailbox(5) };
    let mut cases = [
        case(1, None, "first"),
        // Unsigned, signed with its own code only, signed with a key that is not the earlier code's.
        says(2, 3, Some(1), "delete", None),
        says(4, 4, Some(1), "update", Some(stranger)),
        says(5, 5, Some(1), "update", Some(with_another_key)),
        // It poses as a first registration of the same mailbox.
        says(6, 1, None, "first", None),
    ];
    let threads = join(&mut cases);
    assert_eq!(threads, [0, 1, 2, 3, 4]);
    assert!(cases.iter().all(|case| case.earlier.is_empty() && case.later.is_empty()));
    assert!(cases.iter().all(|case| !case.deletion_asked()));
    let by = [(2, Lacks::Signature), (4, Lacks::Signature), (5, Lacks::Key), (6, Lacks::Signature)];
    let found: Vec<(String, Lacks)> = cases[0].claimed_by.iter().map(|claim| (claim.sha256.clone(), claim.lacks)).collect();
    assert_eq!(found, by.map(|(number, lacks)| (sha256(number), lacks)));
    for case in &cases[1..4] {
        assert_eq!((case.proof, claimed(&case.claims)[0].0), (Proof::Missing, sha256(1).as_str()));
    }
    assert!(cases[0].superseded().is_none() && cases[1].doubt().is_some() && cases[0].unproven().is_some());
}

#[test]
fn whoever_poses_under_a_proven_mailbox_is_the_one_who_claims_it_whichever_comes_first() {
    for [real, posing] in [[1, 2], [2, 1]] {
        let mut cases = [signed(real, 1, None, "first"), says(posing, 1, None, "first", None)];
        join(&mut cases);
        assert_eq!(claimed(&cases[0].claimed_by), [(sha256(posing).as_str(), Lacks::Signature)]);
        assert_eq!((cases[0].claims.len(), claimed(&cases[1].claims)), (0, vec![(sha256(real).as_str(), Lacks::Signature)]));
    }
}

#[test]
fn one_mailbox_with_another_key_is_another_ones_and_is_named_whichever_comes_first() {
    let other = MailboxKey { key: [99; 32], ..mailbox(1) };
    let forged = |number, prior: Option<MailboxKey>, kind| {
        let own = if prior.is_some() { mailbox(number) } else { other };
        let proven = Proven { text: text(number), mailbox: own, prior };
        let id_of_own = if prior.is_some() { number } else { 1 };
        says(number, id_of_own, prior.map(|_| 1), kind, Some(proven))
    };
    for numbers in [[1, 2], [2, 1]] {
        let [real, fake] = numbers;
        let mut cases = [
            signed(real, 1, None, "first"),
            forged(fake, None, "first"),
            forged(7, Some(other), "delete"),
            signed(8, 8, Some(1), "update"),
        ];
        join(&mut cases);
        assert_eq!((names(&cases[0].later), cases[0].deletion_asked()), (vec![&*sha256(8)], false));
        assert_eq!(names(&cases[1].later), [sha256(7)], "it can only end what is its own");
        let named = |case: &Case| case.claims.iter().chain(&case.claimed_by).any(|claim| claim.lacks == Lacks::Key);
        assert!(named(&cases[0]) && named(&cases[1]));
        assert!(claimed(&cases[0].claimed_by).contains(&(sha256(7).as_str(), Lacks::Key)));
    }
}

#[test]
fn one_signed_text_counts_once_and_is_never_newer() {
    let received = |mut case: Case, hour: &str| {
        case.received = Received::parse(&format!("2026-11-23T{hour}:00Z"));
        case
    };
    let again = |number, of, prior: Option<usize>, kind| {
        let proven = Proven { text: text(of), mailbox: mailbox(of), prior: prior.map(mailbox) };
        says(number, of, prior, kind, Some(proven))
    };
    // The copies have smaller numbers, so that their order by name is the other way round.
    let mut cases = [
        received(case(10, None, "first"), "01"),
        received(signed(12, 12, Some(10), "delete"), "02"),
        received(again(3, 12, Some(10), "delete"), "09"),
        received(again(2, 10, None, "first"), "09"),
    ];
    join(&mut cases);
    assert_eq!(names(&cases[0].later), [sha256(12)]);
    assert_eq!(cases.each_ref().map(|case| case.repeats.clone()), [None, None, Some(sha256(12)), Some(sha256(10))]);
    assert!(cases[2].earlier.is_empty() && !cases[2].deletion_asked() && cases[2].doubt().is_some());
    assert!(cases.iter().all(|case| case.claims.is_empty() && case.claimed_by.is_empty()));
}

#[test]
fn what_is_signed_for_one_mailbox_and_says_another_joins_nothing() {
    let proven = Proven { text: text(3), mailbox: mailbox(3), prior: Some(mailbox(1)) };
    let mut cases = [case(1, None, "first"), case(2, None, "first"), says(3, 3, Some(2), "delete", Some(proven))];
    join(&mut cases);
    assert!(cases[..2].iter().all(|case| case.later.is_empty() && !case.deletion_asked()));
    assert_eq!(cases[2].proof, Proof::Missing);
}

#[test]
fn old_registrations_have_no_key_and_their_updates_are_somebodys_word() {
    let old = |number: usize, prior: Option<usize>, kind: &str| says(number, number, prior, kind, None);
    let mut cases = [old(1, None, "first"), old(2, Some(1), "update"), old(3, Some(1), "delete")];
    join(&mut cases);
    assert_eq!(cases[0].proof, Proof::Given);
    assert!(cases[0].doubt().is_none() && cases[0].later.is_empty() && !cases[0].deletion_asked());
    assert_eq!(claimed(&cases[0].claimed_by).len(), 2);
    assert_eq!(cases[0].claimed_by[0].kind, RegistrationKind::Deletion);
}

#[test]
fn a_signed_update_of_a_registration_that_is_not_here_says_so() {
    let mut cases = [case(1, Some(9), "update"), case(2, Some(2), "update")];
    assert_eq!(join(&mut cases), [0, 1]);
    assert!(cases.iter().all(|case| case.earlier.is_empty() && case.later.is_empty() && case.proof == Proof::Elsewhere));
}

#[test]
fn circles_and_floods_end_and_a_flood_of_updates_hides_no_deletion() {
    let mut circle = [case(1, Some(2), "update"), case(2, Some(1), "update")];
    assert_eq!(join(&mut circle), [0, 0]);
    let mut flood: Vec<Case> = (0..2_000).map(|number| signed(number, 7, Some(7), "update")).collect();
    flood.push(signed(9_999, 8, Some(7), "delete"));
    join(&mut flood);
    assert!(flood.iter().all(|case| case.earlier.len() <= MOST && case.later.len() <= MOST));
    assert_eq!(flood[0].later[0].kind, RegistrationKind::Deletion);
    let mut strangers: Vec<Case> =
        (0..2_000).map(|number| row(number, &id(7), &json!({ "is_update": "update", "prior_ref": id(7) }))).collect();
    strangers.push(row(9_999, &id(8), &json!({ "is_update": "delete", "prior_ref": id(7) })));
    join(&mut strangers);
    assert!(strangers.iter().all(|case| case.claims.len() <= MOST && case.claimed_by.len() <= MOST));
    assert_eq!(strangers[0].claimed_by[0].kind, RegistrationKind::Deletion);
}
