//! Other registrations of the same person: a later update may take back a yes, and a request for deletion ends everything.
//!
//! Only what is signed with the code of the case counts; see [`crate::cases`]. Registrations carry no time, so that of two
//! updates nobody knows which came last. What says no counts, then, unless the case itself was sent to change it.

use std::collections::{BTreeMap, BTreeSet};

use amanat_shared::seal::{MailboxKey, Proven, Registration};

use super::exclusion::Exclusion;
use super::partner::PartnerKind;
use crate::afghan_form::{AfghanForm, RegistrationKind, SharingAnswer};
use crate::cases::Links;
use crate::decrypt::{self, Opened};

/// An update or a request for deletion whose signatures hold.
#[derive(Clone, Debug)]
struct Change {
    /// Its own mailbox.
    mailbox: MailboxKey,
    /// That of the registration that it changes.
    of: MailboxKey,
    is_deletion: bool,
    /// Its answer for each kind of partner.
    says: [Option<SharingAnswer>; 3],
}

/// Most characters that are kept of the people and organisations whom a person never wants to be told; the form takes as many.
const MOST_NEVER_CHARS: usize = 2_000;
const KINDS: [PartnerKind; 3] = [PartnerKind::Partner, PartnerKind::Government, PartnerKind::Association];

/// The registrations at hand, as far as they bear on each other.
#[derive(Clone, Debug, Default)]
pub struct Superseding {
    changes: Vec<Change>,
    /// The signed texts of each mailbox: one that is sent again counts once.
    texts: BTreeMap<MailboxKey, BTreeSet<[u8; 32]>>,
    /// The names that a person never wants to be told, by mailbox.
    never: BTreeMap<MailboxKey, BTreeSet<String>>,
    /// Updates and requests for deletion by the mailbox that they name, with the mailbox that they prove to belong to.
    naming: BTreeMap<[u8; 16], BTreeMap<String, Option<MailboxKey>>>,
}

/// The decision of the other registrations about one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OthersSay {
    /// No objection.
    Nothing,
    /// The person wants to be asked first.
    AskFirst,
    /// The case stays.
    Refused(Exclusion),
}

impl Superseding {
    /// Adds a registration.
    pub fn note(&mut self, registration: &Registration, proven: Option<&Proven>) {
        let answers = &registration.answers;
        let form = AfghanForm::new(answers);
        let (kind, links) = (form.kind(), Links::new(registration, proven.copied()));
        if let Some(prior) = form.prior_mailbox().filter(|_| kind != RegistrationKind::First) {
            let naming = self.naming.entry(prior).or_default();
            naming.insert(decrypt::sha256(&registration.to_json()), links.belongs_to());
        }
        let (Some(mailbox), Some(text)) = (links.owns(), links.text()) else { return };
        if let Some(never) = form.never_share_with() {
            self.never.entry(mailbox).or_default().insert(never.chars().take(MOST_NEVER_CHARS).collect());
        }
        let is_new = self.texts.entry(mailbox).or_default().insert(text);
        if let Some(of) = links.belongs_to().filter(|_| is_new && kind != RegistrationKind::First) {
            let says = KINDS.map(|kind| form.may_share(kind.permission().share_with()));
            self.changes.push(Change { mailbox, of, is_deletion: kind == RegistrationKind::Deletion, says });
        }
    }

    /// The names that the person never wants to be told, in this case and in all that belongs to it. They are not taken back by an update
    /// that says nothing of it.
    pub fn never(&self, case: &Opened) -> Option<String> {
        let own = AfghanForm::new(&case.registration.answers).never_share_with();
        let thread = self.thread(case);
        let others = thread.iter().filter_map(|mailbox| self.never.get(mailbox)).flatten().map(String::as_str);
        let others = others.filter(|other| own.is_none_or(|own| !own.starts_with(other)));
        let all: Vec<&str> = own.into_iter().chain(others).collect();
        (!all.is_empty()).then(|| all.join("\n"))
    }

    /// Updates that the operator should have read beside this case.
    pub(super) fn updates(&self, case: &Opened) -> usize {
        self.beside(case).filter(|change| !change.is_deletion).count()
    }

    /// Updates and requests for deletion that name this case's mailbox, and do not prove that they may.
    pub(super) fn unproven(&self, case: &Opened) -> usize {
        let links = Links::new(&case.registration, case.proven);
        let Some(naming) = links.mailbox().and_then(|mailbox| self.naming.get(mailbox)) else { return 0 };
        let own = decrypt::sha256(&case.registration.to_json());
        naming.iter().filter(|(sha256, proven)| **sha256 != own && (proven.is_none() || **proven != links.owns())).count()
    }

    /// Whether an update proves that it belongs to another registration that is at hand.
    pub(super) fn is_proven(&self, case: &Opened) -> bool {
        let links = Links::new(&case.registration, case.proven);
        let texts = links.belongs_to().and_then(|prior| self.texts.get(&prior));
        texts.is_some_and(|texts| texts.iter().any(|text| Some(*text) != links.text()))
    }

    /// Decides by the other registrations whether this kind of partner may be told of this case.
    pub(super) fn say(&self, case: &Opened, kind: PartnerKind) -> OthersSay {
        let thread = self.thread(case);
        if self.changes.iter().any(|change| change.is_deletion && (thread.contains(&change.of) || thread.contains(&change.mailbox)))
        {
            return OthersSay::Refused(Exclusion::Deletion);
        }
        let at = KINDS.iter().position(|other| *other == kind).unwrap_or(0);
        let mut said = OthersSay::Nothing;
        for word in self.beside(case).filter_map(|change| change.says[at]) {
            match word {
                SharingAnswer::Yes => {}
                SharingAnswer::AskFirst => said = OthersSay::AskFirst,
                SharingAnswer::No | SharingAnswer::Unknown => return OthersSay::Refused(Exclusion::TakenBack),
            }
        }
        said
    }

    /// Changes of the same thread, but for the case itself and what it was sent to change.
    fn beside(&self, case: &Opened) -> impl Iterator<Item = &Change> {
        let (thread, links) = (self.thread(case), Links::new(&case.registration, case.proven));
        let earlier: BTreeMap<MailboxKey, MailboxKey> = self.changes.iter().map(|change| (change.mailbox, change.of)).collect();
        let mut before: BTreeSet<MailboxKey> = links.owns().into_iter().collect();
        let mut next = links.belongs_to();
        while let Some(mailbox) = next.filter(|mailbox| before.insert(*mailbox)) {
            next = earlier.get(&mailbox).copied();
        }
        self.changes.iter().filter(move |change| thread.contains(&change.mailbox) && !before.contains(&change.mailbox))
    }

    /// All mailboxes that changes link to that of this case. A flood of changes in one long chain costs no more than others.
    fn thread(&self, case: &Opened) -> BTreeSet<MailboxKey> {
        let links = Links::new(&case.registration, case.proven);
        let mut linked: BTreeMap<MailboxKey, Vec<MailboxKey>> = BTreeMap::new();
        for change in &self.changes {
            linked.entry(change.mailbox).or_default().push(change.of);
            linked.entry(change.of).or_default().push(change.mailbox);
        }
        let mut thread = BTreeSet::new();
        let mut next: Vec<MailboxKey> = [links.owns(), links.belongs_to()].into_iter().flatten().collect();
        while let Some(mailbox) = next.pop() {
            if thread.insert(mailbox) {
                next.extend(linked.get(&mailbox).into_iter().flatten());
            }
        }
        thread
    }
}
