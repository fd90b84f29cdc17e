//! The state of the server, from which each handler takes its parts by `FromRef`.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;

use crate::clock::Clock;
use crate::limits::Limits;
use crate::net::connections::Connections;
use crate::store::Store;

use super::assets::{Page, PreviousBuilds};
use super::health::Health;
use super::metrics::Metrics;
use super::reviewers::Access;
use super::site::Site;
use super::uploads::{HeaderBuffer, UploadState};

/// The state that handlers share.
#[derive(Clone)]
pub struct ServerState(Arc<SharedState>);

/// The parts of [`ServerState`].
pub struct SharedState {
    pub(crate) site: Arc<Site>,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) page: Arc<Page>,
    pub(crate) previous: Arc<PreviousBuilds>,
    pub(crate) header_buffer: Arc<HeaderBuffer>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) health: Arc<Health>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) connections: Arc<Connections>,
}

impl ServerState {
    /// Builds the state, and puts the pack into the page.
    pub fn new(site: Site, store: Store, clock: Clock) -> Self {
        Self(Arc::new(SharedState {
            page: Arc::new(Page::with_pack(&site.signed)),
            limits: Arc::new(Limits::new(site.limits.clone(), clock.unix_secs())),
            metrics: Arc::new(Metrics::new(clock.clone())),
            previous: Arc::default(),
            header_buffer: Arc::default(),
            health: Arc::default(),
            connections: Connections::new(),
            site: Arc::new(site),
            store,
            clock,
        }))
    }
}

impl Deref for ServerState {
    type Target = SharedState;

    fn deref(&self) -> &SharedState {
        &self.0
    }
}

impl FromRef<ServerState> for Arc<Site> {
    fn from_ref(state: &ServerState) -> Self {
        Self::clone(&state.site)
    }
}

impl FromRef<ServerState> for Store {
    fn from_ref(state: &ServerState) -> Self {
        state.store.clone()
    }
}

impl FromRef<ServerState> for Clock {
    fn from_ref(state: &ServerState) -> Self {
        state.clock.clone()
    }
}

impl FromRef<ServerState> for Arc<Page> {
    fn from_ref(state: &ServerState) -> Self {
        Self::clone(&state.page)
    }
}

impl FromRef<ServerState> for Arc<PreviousBuilds> {
    fn from_ref(state: &ServerState) -> Self {
        Self::clone(&state.previous)
    }
}

impl FromRef<ServerState> for Arc<Limits> {
    fn from_ref(state: &ServerState) -> Self {
        Self::clone(&state.limits)
    }
}

impl FromRef<ServerState> for Arc<Health> {
    fn from_ref(state: &ServerState) -> Self {
        Self::clone(&state.health)
    }
}

impl FromRef<ServerState> for Arc<Metrics> {
    fn from_ref(state: &ServerState) -> Self {
        Self::clone(&state.metrics)
    }
}

impl FromRef<ServerState> for Arc<Connections> {
    fn from_ref(state: &ServerState) -> Self {
        Self::clone(&state.connections)
    }
}

impl FromRef<ServerState> for Access {
    fn from_ref(state: &ServerState) -> Self {
        Self { site: Arc::clone(&state.site), store: state.store.clone(), clock: state.clock.clone() }
    }
}

impl FromRef<ServerState> for UploadState {
    fn from_ref(state: &ServerState) -> Self {
        Self {
            site: Arc::clone(&state.site),
            store: state.store.clone(),
            clock: state.clock.clone(),
            limits: Arc::clone(&state.limits),
            header_buffer: Arc::clone(&state.header_buffer),
            metrics: Arc::clone(&state.metrics),
        }
    }
}
