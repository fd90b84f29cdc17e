//! Updates and requests for deletion, joined to the registration that they belong to: their answer to `prior_ref` is the
//! id of its mailbox.

use std::collections::HashMap;

use amanat_shared::api::from_hex;
use amanat_shared::seal::Registration;

use crate::cases::{Case, Kind};

/// Most registrations that one is joined to on either side; requests for deletion come first.
pub const MOST: usize = 20;

/// A registration that another one belongs to, or that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// Which.
    pub sha256: String,
    /// What it is.
    pub kind: Kind,
}

/// What joins a registration to others; never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Links {
    mailbox: Option<[u8; 16]>,
    prior: Option<[u8; 16]>,
}

impl Links {
    pub(crate) fn new(registration: &Registration) -> Self {
        Self { mailbox: from_hex(&registration.mailbox.id), prior: registration.answers.text("prior_ref").and_then(from_hex) }
    }

    /// The id of its mailbox.
    pub(crate) fn mailbox(&self) -> Option<&[u8; 16]> {
        self.mailbox.as_ref()
    }
}

/// Notes in each case which earlier registrations it belongs to, and which later ones belong to it. Gives back, for each
/// case, the number of its thread: cases of one thread are one person's.
pub fn join(cases: &mut [Case]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..cases.len()).collect();
    order.sort_by(|&a, &b| standing(&cases[a]).cmp(&standing(&cases[b])));
    let mut threads = Threads((0..cases.len()).collect());
    let mut mailboxes: HashMap<[u8; 16], Vec<usize>> = HashMap::new();
    for &at in &order {
        if let Some(mailbox) = cases[at].links().mailbox {
            let owners = mailboxes.entry(mailbox).or_default();
            // Nobody has as many; a hostile sender may.
            if owners.len() < MOST {
                owners.push(at);
            }
        }
    }
    let mut later: HashMap<usize, Vec<usize>> = HashMap::new();
    for &at in &order {
        let owners = cases[at].links().prior.and_then(|prior| mailboxes.get(&prior));
        let earlier: Vec<usize> = owners.into_iter().flatten().copied().filter(|&owner| owner != at).collect();
        cases[at].earlier = earlier.iter().map(|&owner| joined(&cases[owner])).collect();
        for owner in earlier {
            threads.join(at, owner);
            later.entry(owner).or_default().push(at);
        }
        cases[at].later.clear();
    }
    for (owner, mut all) in later {
        all.sort_by_key(|&at| cases[at].kind != Kind::Deletion);
        all.truncate(MOST);
        cases[owner].later = all.into_iter().map(|at| joined(&cases[at])).collect();
    }
    (0..cases.len()).map(|at| threads.root(at)).collect()
}

fn standing(case: &Case) -> (bool, Option<&str>, &str) {
    (case.received.is_none(), case.received.as_ref().map(crate::received::Received::as_str), &case.sha256)
}

fn joined(case: &Case) -> Joined {
    Joined { sha256: case.sha256.clone(), kind: case.kind }
}

/// Disjoint sets: each points towards the first of its own.
struct Threads(Vec<usize>);

impl Threads {
    fn root(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::tests::row;

    fn mailbox(number: usize) -> String {
        format!("{number:032x}")
    }

    fn case(number: usize, prior: Option<usize>, kind: &str) -> Case {
        let mut answers = serde_json::json!({ "is_update": kind });
        if let Some(prior) = prior {
            answers["prior_ref"] = mailbox(prior).into();
        }
        row(number, &mailbox(number), &answers)
    }

    fn names(joined: &[Joined]) -> Vec<&str> {
        joined.iter().map(|joined| joined.sha256.as_str()).collect()
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
        assert_eq!(cases[0].later[0].kind, Kind::Deletion);
        assert!(threads[..4].iter().all(|thread| *thread == threads[0]) && threads[4] != threads[0]);
        assert!(cases[4].earlier.is_empty() && cases[4].later.is_empty());
    }

    #[test]
    fn a_code_of_nobody_or_of_itself_joins_nothing() {
        let mut cases = [case(1, Some(9), "update"), case(2, Some(2), "update")];
        assert_eq!(join(&mut cases), [0, 1]);
        assert!(cases.iter().all(|case| case.earlier.is_empty() && case.later.is_empty()));
    }

    #[test]
    fn circles_and_floods_end_and_a_flood_of_updates_hides_no_deletion() {
        let mut circle = [case(1, Some(2), "update"), case(2, Some(1), "update")];
        assert_eq!(join(&mut circle), [0, 0]);
        let mut flood: Vec<Case> = (0..2_000)
            .map(|number| row(number, &mailbox(7), &serde_json::json!({ "is_update": "update", "prior_ref": mailbox(7) })))
            .collect();
        flood.push(row(9_999, &mailbox(8), &serde_json::json!({ "is_update": "delete", "prior_ref": mailbox(7) })));
        join(&mut flood);
        assert!(flood.iter().all(|case| case.earlier.len() <= MOST && case.later.len() <= MOST));
        assert_eq!(flood[0].later[0].kind, Kind::Deletion);
    }
}
