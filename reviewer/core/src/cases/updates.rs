//! Updates and requests for deletion, joined to the registration that they belong to.
//!
//! A mailbox's id proves nothing, since every reviewer who opened the registration knows it. A registration is joined to an
//! earlier one only if its signature holds under the key of that one's mailbox ([`Proven`]). Everything else that names a
//! mailbox is a claim: it is shown at both registrations, and changes nothing.

use std::collections::HashMap;

use amanat_shared::seal::MailboxKey;

use super::{Case, Claim, Joined, Lacks, Proof};
use crate::afghan_form::RegistrationKind;

/// Most registrations that one is joined to on either side, and most claims that are named; requests for deletion come first.
pub const MOST: usize = 20;

/// Notes in each case which earlier registrations it belongs to, which later ones belong to it, and who claims either
/// without a proof. Gives back, for each case, the number of its thread: cases of one thread are one person's.
pub fn join(cases: &mut [Case]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..cases.len()).collect();
    order.sort_by(|&a, &b| arrival(&cases[a]).cmp(&arrival(&cases[b])));
    for case in cases.iter_mut() {
        (case.earlier, case.later, case.claims, case.claimed_by) = Default::default();
        (case.repeats, case.proof) = (None, Proof::Given);
    }
    repeats(cases, &order);
    order.retain(|&at| cases[at].repeats.is_none());
    let mut threads = Threads((0..cases.len()).collect());
    let mut owners: HashMap<MailboxKey, Vec<usize>> = HashMap::new();
    for &at in &order {
        if let Some(mailbox) = cases[at].links().owns() {
            let owners = owners.entry(mailbox).or_default();
            // No person has as many; a hostile sender may.
            if owners.len() < MOST {
                owners.push(at);
            }
        }
    }
    let mut later: HashMap<usize, Vec<usize>> = HashMap::new();
    for &at in &order {
        let owners = cases[at].links().belongs_to().and_then(|prior| owners.get(&prior));
        let earlier: Vec<usize> = owners.into_iter().flatten().copied().filter(|&owner| owner != at).collect();
        cases[at].earlier = earlier.iter().map(|&owner| joined(&cases[owner])).collect();
        for owner in earlier {
            threads.join(at, owner);
            later.entry(owner).or_default().push(at);
        }
    }
    for (owner, mut all) in later {
        all.sort_by_key(|&at| cases[at].kind != RegistrationKind::Deletion);
        all.truncate(MOST);
        cases[owner].later = all.into_iter().map(|at| joined(&cases[at])).collect();
    }
    claims(cases, &order);
    (0..cases.len()).map(|at| threads.root(at)).collect()
}

/// One signed text counts once: whoever opened it can seal it again, and it is never newer than it was.
fn repeats(cases: &mut [Case], order: &[usize]) {
    let mut first: HashMap<[u8; 32], usize> = HashMap::new();
    for &at in order {
        if let Some(text) = cases[at].links().text() {
            let first = *first.entry(text).or_insert(at);
            if first != at {
                cases[at].repeats = Some(cases[first].sha256.clone());
            }
        }
    }
}

/// Notes unproven claims on both sides: the registration that names a mailbox, and the one that owns it. `order` leaves out what
/// was sent again.
fn claims(cases: &mut [Case], order: &[usize]) {
    let mut named: HashMap<[u8; 16], Vec<usize>> = HashMap::new();
    for &at in order {
        if let Some(mailbox) = cases[at].links().mailbox() {
            let named = named.entry(*mailbox).or_default();
            if named.len() < MOST {
                named.push(at);
            }
        }
    }
    let none = Vec::new();
    let mut claimed_by: HashMap<usize, Vec<(usize, Lacks)>> = HashMap::new();
    for &at in order {
        let (case, links) = (&cases[at], cases[at].links());
        let of_prior = links.prior().and_then(|prior| named.get(prior)).unwrap_or(&none);
        // If two share a mailbox, the one without a proof claims it; if both lack one, the later one does.
        let of_own = links.mailbox().and_then(|own| named.get(own)).unwrap_or(&none);
        let before = of_own.iter().take_while(|&&other| other != at).count();
        let of_own = of_own.iter().enumerate().filter(|&(place, &other)| match (links.owns(), cases[other].links().owns()) {
            (Some(_), None) => false,
            (None, None) => place < before,
            _ => true,
        });
        let mut mine: Vec<(usize, Lacks)> = Vec::new();
        let unproven =
            of_prior.iter().map(|&other| (other, links.belongs_to())).chain(of_own.map(|(_, &other)| (other, links.owns())));
        for (other, proven) in unproven.filter(|(other, _)| *other != at) {
            let is_joined = case.earlier.iter().any(|it| it.sha256 == cases[other].sha256);
            let lacks = match (proven, cases[other].links().owns()) {
                (Some(mine), Some(theirs)) if mine == theirs => continue,
                (Some(_), Some(_)) => Lacks::Key,
                _ => Lacks::Signature,
            };
            if !is_joined && !mine.iter().any(|(it, _)| *it == other) {
                mine.push((other, lacks));
            }
        }
        let proves_nothing = case.earlier.is_empty();
        let proof = match (case.kind, links.belongs_to()) {
            (RegistrationKind::Update | RegistrationKind::Deletion, Some(_))
                if proves_nothing && of_prior.iter().all(|&other| other == at) =>
            {
                Proof::Elsewhere
            }
            (RegistrationKind::Update | RegistrationKind::Deletion, _) if proves_nothing => Proof::Missing,
            _ => Proof::Given,
        };
        mine.truncate(MOST);
        for &(other, lacks) in &mine {
            claimed_by.entry(other).or_default().push((at, lacks));
        }
        let mine = mine.iter().map(|&(other, lacks)| claim(&cases[other], lacks)).collect();
        (cases[at].claims, cases[at].proof) = (mine, proof);
    }
    for (other, mut all) in claimed_by {
        all.sort_by_key(|&(at, _)| cases[at].kind != RegistrationKind::Deletion);
        all.truncate(MOST);
        cases[other].claimed_by = all.into_iter().map(|(at, lacks)| claim(&cases[at], lacks)).collect();
    }
}

fn arrival(case: &Case) -> (bool, Option<&str>, &str) {
    (case.received.is_none(), case.received.as_ref().map(crate::arrival_times::Received::as_str), &case.sha256)
}

fn joined(case: &Case) -> Joined {
    Joined { sha256: case.sha256.clone(), kind: case.kind }
}

fn claim(case: &Case, lacks: Lacks) -> Claim {
    Claim { sha256: case.sha256.clone(), kind: case.kind, lacks }
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
mod tests;
