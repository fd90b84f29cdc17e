//! What handlers share.

use std::ops::Deref;
use std::sync::Arc;

use amanat_shared::pack::{Pack, SignedPack};
use amanat_shared::seal::Kind;

use crate::clock::Clock;
use crate::config::{RetentionRules, Settings};
use crate::limits::Limits;
use crate::net::connections::Connections;
use crate::store::Store;

use super::assets::{Page, Previous};
use super::health::Health;
use super::metrics::Metrics;
use super::uploads::Pending;

/// What is served.
#[derive(Clone, Debug)]
pub struct Site {
    /// The pack as signed, which goes into the page.
    pub signed: SignedPack,
    /// The same, verified.
    pub pack: Pack,
    /// Packs of the last 180 days that are not revoked, the present one among them: what was sealed to them gets in.
    pub accepted: Vec<Accepted>,
    /// Serials that are revoked.
    pub revoked: Vec<u64>,
    /// Where the site is reached, e.g. `https://form.example.org`: what `Host` and a token's `aud` may be.
    pub origins: Vec<String>,
    /// Whether browsers reach it through TLS, and shall never do otherwise.
    pub tls: bool,
    /// Its onion address, without a slash at the end.
    pub onion_location: Option<String>,
    /// Longest sealed file; see [`uploads::max_upload_bytes`].
    pub max_upload_bytes: u64,
    /// Whom to tell of a registration.
    pub reviewers_to_notify: Vec<String>,
    /// How much one may ask for, and all together.
    pub limits: Settings,
    /// How long sealed files are kept.
    pub retention: RetentionRules,
}

/// A pack whose files get in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its serial.
    pub serial: u64,
    /// What a file sealed to it looks like from outside: kind and number of stanzas.
    pub shape: (Kind, usize),
}

/// What handlers share.
#[derive(Clone)]
pub struct ServerState(Arc<Shared>);

/// See [`ServerState`].
pub struct Shared {
    pub(crate) site: Site,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) page: Page,
    pub(crate) previous: Previous,
    pub(crate) pending: Pending,
    pub(crate) limits: Limits,
    pub(crate) health: Health,
    pub(crate) metrics: Metrics,
    pub(crate) connections: Arc<Connections>,
}

impl ServerState {
    /// Puts the pack into the page.
    pub fn new(site: Site, store: Store, clock: Clock) -> Self {
        let page = Page::with_pack(&site.signed);
        let limits = Limits::new(site.limits.clone(), clock.unix_secs());
        let metrics = Metrics::new(clock.clone());
        let (previous, pending, health, connections) =
            (Previous::default(), Pending::default(), Health::default(), Connections::new());
        Self(Arc::new(Shared { site, store, clock, page, previous, pending, limits, health, metrics, connections }))
    }
}

impl Deref for ServerState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
