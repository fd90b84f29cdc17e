//! What else the same person sent: a later update may take back a yes, and a request for deletion ends everything.
//!
//! Registrations carry no time, so that of two updates nobody knows which came last. What says no counts, then, unless the
//! case itself was sent to change it.

use std::collections::{BTreeMap, BTreeSet};

use amanat_shared::seal::Registration;

use super::consent::Refusal;
use super::partner::PartnerKind;

/// An update or a request for deletion.
#[derive(Clone, Debug)]
struct Change {
    /// Its own mailbox, hex.
    mailbox: String,
    /// That of the registration that it changes, hex.
    of: String,
    is_deletion: bool,
    /// What it says to each kind of partner.
    says: [Option<String>; 3],
}

const KINDS: [PartnerKind; 3] = [PartnerKind::Partner, PartnerKind::Government, PartnerKind::Association];

/// Updates and requests for deletion among all registrations that are at hand.
#[derive(Clone, Debug, Default)]
pub struct Others(Vec<Change>);

/// What the others say of one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Nothing against it.
    Nothing,
    /// The person wants to be asked first.
    AskFirst,
    /// It stays.
    Refused(Refusal),
}

impl Others {
    /// Takes note of a registration. Those that change nothing are not kept.
    pub fn note(&mut self, registration: &Registration) {
        let answers = &registration.answers;
        let is_deletion = answers.text("is_update") == Some("delete");
        if let Some(of) = answers.text("prior_ref").filter(|_| is_deletion || answers.text("is_update") == Some("update")) {
            let says = KINDS.map(|kind| answers.text(kind.permission().question()).map(str::to_owned));
            self.0.push(Change { mailbox: registration.mailbox.id.clone(), of: of.to_owned(), is_deletion, says });
        }
    }

    /// Updates that the operator should have read beside this case.
    pub(super) fn updates(&self, case: &Registration) -> usize {
        self.beside(case).filter(|change| !change.is_deletion).count()
    }

    /// What they say about telling this kind of partner of this case.
    pub(super) fn say(&self, case: &Registration, kind: PartnerKind) -> Said {
        let thread = self.thread(&case.mailbox.id, case.answers.text("prior_ref"));
        if self.0.iter().any(|change| change.is_deletion && (thread.contains(&change.of) || thread.contains(&change.mailbox))) {
            return Said::Refused(Refusal::Deletion);
        }
        let at = KINDS.iter().position(|other| *other == kind).unwrap_or(0);
        let mut said = Said::Nothing;
        for word in self.beside(case).filter_map(|change| change.says[at].as_deref()) {
            match word {
                "yes" => {}
                "ask_first" => said = Said::AskFirst,
                _ => return Said::Refused(Refusal::TakenBack),
            }
        }
        said
    }

    /// Changes of the same thread, but for the case itself and what it was sent to change.
    fn beside(&self, case: &Registration) -> impl Iterator<Item = &Change> {
        let thread = self.thread(&case.mailbox.id, case.answers.text("prior_ref"));
        let earlier: BTreeMap<&str, &str> = self.0.iter().map(|change| (change.mailbox.as_str(), change.of.as_str())).collect();
        let mut before = BTreeSet::from([case.mailbox.id.clone()]);
        let mut next = case.answers.text("prior_ref");
        while let Some(mailbox) = next.filter(|mailbox| before.insert((*mailbox).to_owned())) {
            next = earlier.get(mailbox).copied();
        }
        self.0.iter().filter(move |change| thread.contains(&change.mailbox) && !before.contains(&change.mailbox))
    }

    /// All mailboxes that changes link to this one. A flood of changes in one long chain costs no more than others.
    fn thread(&self, mailbox: &str, of: Option<&str>) -> BTreeSet<String> {
        let mut links: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for change in &self.0 {
            links.entry(&change.mailbox).or_default().push(&change.of);
            links.entry(&change.of).or_default().push(&change.mailbox);
        }
        let mut thread = BTreeSet::new();
        let mut next: Vec<&str> = [Some(mailbox), of].into_iter().flatten().collect();
        while let Some(mailbox) = next.pop() {
            if thread.insert(mailbox.to_owned()) {
                next.extend(links.get(mailbox).into_iter().flatten());
            }
        }
        thread
    }
}
