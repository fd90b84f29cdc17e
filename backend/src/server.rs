//! What is served, and by what: [`Doors`] lets people in, the frame around all routes gives every response its headers.

mod connections;
mod doors;
mod frame;
mod proxies;
mod tls;
mod watched;

pub use doors::Doors;
pub use frame::router;
pub use tls::{CertificateError, Certificates};

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use amanat_shared::pack::{Pack, SignedPack};
use amanat_shared::seal::Kind;

use tokio::sync::Notify;

use crate::assets::{self, Page, Previous};
use crate::clock::Clock;
use crate::config::RetentionRules;
use crate::health::Health;
use crate::limits::{self, Limits, Settings};
use crate::metrics::Metrics;
use crate::store::{Store, StoreError};
use crate::uploads::Pending;

use connections::Connections;
pub(crate) use frame::dressed;
pub use frame::is_onion;

/// Between two prunings.
const PRUNE_EVERY: Duration = Duration::from_hours(1);

/// A pack is signed anew before its end: a clock that is further beyond it is not believed.
const CLOCK_DAYS: i64 = 30;

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

/// Serves until `shutdown` ends, and then what is under way for a few seconds more.
pub async fn serve(doors: Doors, state: ServerState, shutdown: impl Future<Output = ()>) {
    keep_site(&state).await;
    let stop = Arc::new(Notify::new());
    let pruning = tokio::spawn(prune(state.clone(), Arc::clone(&stop)));
    doors.open(&state, shutdown).await;
    stop.notify_one();
    // Not cut short: a connection that is given up in the middle leaves its log behind for the next start. A fault has been
    // logged, and costs nothing.
    let _ = pruning.await;
}

/// Forgets from time to time what need not be kept.
async fn prune(state: ServerState, stop: Arc<Notify>) {
    loop {
        if let Err(error) = prune_once(&state).await {
            tracing::error!(%error, "what is out of date could not be deleted");
        }
        tokio::select! {
            () = stop.notified() => return,
            () = tokio::time::sleep(PRUNE_EVERY) => {}
        }
        keep_site(&state).await;
    }
}

/// Keeps this build's files for phones that will ask for them after the next one was deployed. That they cannot be kept is no
/// reason not to serve.
async fn keep_site(state: &ServerState) {
    if let Err(error) = state.store.keep_site_files(&assets::current(), state.clock.hour()).await {
        tracing::warn!(%error, "the page's files could not be kept, so phones that load them now cannot go on after an upgrade");
    }
}

pub(crate) async fn prune_once(state: &ServerState) -> Result<(), StoreError> {
    state.store.prune_uploads(state.clock.hour()).await?;
    state.store.prune_tokens(state.clock.unix_secs()).await?;
    state.store.prune_challenges(state.clock.unix_secs()).await?;
    limits::tidy(state).await?;
    // What is deleted does not come back, and a clock can be wrong: the signed pack says roughly what time it is.
    let past_days = state.site.pack.expires_day().map_or(i64::MAX, |expires| state.clock.today().days_since(expires));
    if past_days <= CLOCK_DAYS {
        state.store.retain(&state.site.retention, state.clock.hour()).await?;
        state.store.prune_site_files(state.clock.hour()).await?;
    } else {
        tracing::warn!("no sealed file is deleted: by this clock the pack expired long ago, so one of them is wrong");
    }
    state.store.tidy().await
}

#[cfg(test)]
mod openapi;
#[cfg(test)]
mod tests;
