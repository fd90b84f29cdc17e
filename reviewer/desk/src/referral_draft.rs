//! A referral that is being put together. It lasts while the reviewer goes back to the list for another case.

use std::sync::Arc;

use amanat_reviewer_core::decrypt::Opened;
use amanat_reviewer_core::referral::consent::Asked;
use amanat_reviewer_core::referral::partner::PartnerKind;
use leptos::prelude::*;

use crate::state::random;

/// What was chosen so far. Copies are the same draft.
#[derive(Clone, Copy)]
pub struct Draft {
    /// The cases that were picked, opened.
    pub cases: RwSignal<Arc<Vec<Opened>>, LocalStorage>,
    /// The partner's name.
    pub partner: RwSignal<String>,
    /// What kind of partner; `None` until it is chosen.
    pub kind: RwSignal<Option<PartnerKind>>,
    /// The partner's public key, as typed.
    pub key: RwSignal<String>,
    /// Keys of the columns.
    pub columns: RwSignal<Vec<String>>,
    /// Who was asked first, and when.
    pub asked: RwSignal<Vec<Asked>>,
    /// Whether pictures go along.
    pub pictures: RwSignal<bool>,
    /// What is wrong.
    pub fault: RwSignal<Option<String>>,
    /// What would go, once it was asked for and nothing changed since.
    pub shown: RwSignal<Option<String>>,
    /// Persons that would go.
    pub rows: RwSignal<usize>,
    /// What the partner's names of the cases are drawn from: those that were shown are those that go.
    pub seed: StoredValue<[u8; 32]>,
}

impl Draft {
    /// An empty one.
    pub fn new() -> Self {
        let mut seed = [0; 32];
        random(&mut seed);
        Self {
            cases: RwSignal::new_local(Arc::default()),
            partner: RwSignal::new(String::new()),
            kind: RwSignal::new(None),
            key: RwSignal::new(String::new()),
            columns: RwSignal::new(Vec::new()),
            asked: RwSignal::new(Vec::new()),
            pictures: RwSignal::new(false),
            fault: RwSignal::new(None),
            shown: RwSignal::new(None),
            rows: RwSignal::new(0),
            seed: StoredValue::new(seed),
        }
    }

    /// For another partner: a yes to one is none to another, and no name of a case joins the two.
    pub fn for_another_partner(self) {
        self.shown.set(None);
        self.asked.set(Vec::new());
        self.seed.update_value(|seed| random(seed));
    }

    /// Empties it, once it was sealed.
    pub fn clear(self) {
        self.cases.set(Arc::default());
        self.partner.set(String::new());
        self.kind.set(None);
        self.key.set(String::new());
        self.columns.set(Vec::new());
        self.pictures.set(false);
        self.fault.set(None);
        self.for_another_partner();
    }
}
