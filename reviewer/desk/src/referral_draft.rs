//! A referral that is being prepared. It lasts while the reviewer goes back to the list for another case.

use std::sync::Arc;

use amanat_reviewer_core::decrypt::Opened;
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::referral::consent::Asked;
use amanat_reviewer_core::referral::partner::PartnerKind;
use leptos::prelude::*;

use crate::random::random;

/// The choices made so far. Copies refer to the same draft.
#[derive(Clone, Copy)]
pub struct ReferralDraft {
    /// The picked cases, opened.
    pub cases: RwSignal<Arc<Vec<Opened>>, LocalStorage>,
    pub partner: RwSignal<String>,
    /// The kind of partner; `None` until it is chosen.
    pub kind: RwSignal<Option<PartnerKind>>,
    /// The partner's public key, as typed.
    pub key: RwSignal<String>,
    /// The keys of the chosen columns.
    pub columns: RwSignal<Vec<String>>,
    /// The persons who were asked, and when.
    pub asked: RwSignal<Vec<Asked>>,
    /// Whether pictures are included.
    pub pictures: RwSignal<bool>,
    /// A message of two lines.
    pub fault: RwSignal<Option<Message>>,
    /// The preview, if nothing has changed since it was shown.
    pub shown: RwSignal<Option<String>>,
    /// The number of persons in the preview.
    pub rows: RwSignal<usize>,
    /// The seed of the case names for the partner, so that the referral contains the names that the preview showed.
    pub seed: StoredValue<[u8; 32]>,
}

impl ReferralDraft {
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

    /// Resets what depends on the partner: consents that were asked for, and the seed, so that no case name links two partners.
    pub fn for_another_partner(self) {
        self.shown.set(None);
        self.asked.set(Vec::new());
        self.seed.update_value(|seed| random(seed));
    }

    /// Empties the draft after the referral was sealed.
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
