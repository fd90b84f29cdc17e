//! Limits keep the form usable while somebody sends junk or very many come.
//!
//! - [`Addresses`]: how often one address may ask. Kept in memory only, under a key that changes daily, and generous: two
//!   hundred people may sit behind one carrier's address.
//! - [`Proofs`]: the proof of work that a new upload brings: a little always, more while very many come, when the ceiling of
//!   unfinished uploads nears, or when its address has had its share. An address that a stranger has used up locks nobody out;
//!   it costs them seconds.
//! - [`Ceilings`]: how much may be open, and how full the disk may become. What has begun may go on for longer than what is
//!   new, so that it can end. Where too many uploads are open, one makes room (`eviction`), by what is known of its
//!   `progress`: so nobody new is refused.

mod addresses;
mod ceilings;
mod eviction;
mod progress;
mod proof_of_work;

pub use addresses::Addresses;
pub use ceilings::Ceilings;
pub(crate) use progress::{UploadProgress, WriterLease};
pub use proof_of_work::Proofs;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::config::Settings;
use crate::http::ServerState;
use crate::http::error::Error;
use crate::http::health;
use crate::peer::Peer;
use crate::store::{StoreError, UploadId};

/// All limits of one server.
pub struct Limits {
    settings: Settings,
    addresses: Addresses,
    proofs: Proofs,
    ceilings: Ceilings,
    pub(crate) progress: UploadProgress,
}

impl Limits {
    /// Limits that nothing counts against yet, of a server that starts now (Unix seconds).
    pub fn new(settings: Settings, now: i64) -> Self {
        Self {
            addresses: Addresses::new(&settings),
            proofs: Proofs::new(&settings),
            ceilings: Ceilings::new(&settings),
            progress: UploadProgress::new(now),
            settings,
        }
    }
}

/// Forgets what need not be known any more.
pub(crate) async fn tidy(state: &ServerState) -> Result<(), StoreError> {
    let limits = &state.limits;
    limits.addresses.tidy();
    limits.ceilings.forget_ended(&state.store, &limits.progress, state.clock.unix_secs()).await
}

/// Around everything but the questions of a load balancer.
pub(crate) async fn admit(State(state): State<ServerState>, request: Request, next: Next) -> Response {
    if let Some(Peer::Address(address)) = request.extensions().get().copied()
        && !health::is_path(request.uri().path())
        && let Err(error) = state.limits.addresses.request(address, state.clock.today())
    {
        return error.into_response();
    }
    next.run(request).await
}

/// What a new upload of this peer would have to bring now: bits and challenge. `None` if that is nothing.
pub(crate) async fn challenge(state: &ServerState, peer: Option<Peer>) -> Result<Option<(u32, String)>, Error> {
    let (limits, now) = (&state.limits, state.clock.unix_secs());
    let taken = limits.ceilings.taken(&state.store).await?;
    match limits.proofs.bits(peer, now, taken, &limits.settings) {
        0 => Ok(None),
        bits => Ok(Some((bits, limits.proofs.challenge(&state.store, bits, now).await?))),
    }
}

/// Whether an upload may begin, and room for it. `sha256` is what its metadata says of the file.
pub(crate) async fn admit_upload(
    state: &ServerState,
    id: UploadId,
    peer: Option<Peer>,
    headers: &HeaderMap,
    sha256: Option<[u8; 32]>,
) -> Result<(), Error> {
    let (limits, now, header) = (&state.limits, state.clock.unix_secs(), headers.get(amanat_shared::proof_of_work::HEADER));
    limits.ceilings.admit_new(&state.store).await?;
    let taken = limits.ceilings.taken(&state.store).await?;
    let mut bits = limits.proofs.bits(peer, now, taken, &limits.settings);
    // Who only asks what to bring uses up nothing of a share.
    if let Some(Peer::Address(address)) = peer
        && (bits == 0 || header.is_some())
        && !limits.addresses.upload(address, state.clock.today())
    {
        bits = bits.max(proof_of_work::BEYOND_SHARE_BITS);
    }
    if bits > 0 {
        limits.proofs.check(&state.store, header, sha256, bits, now).await?;
    }
    // Only who has worked makes others go.
    let evicted = limits.ceilings.make_room(&state.store, &limits.progress, now).await?;
    for id in &evicted {
        limits.progress.forget(*id);
        state.pending.forget(*id);
    }
    state.metrics.evicted(evicted.len());
    limits.proofs.admitted(peer, now);
    limits.ceilings.begun();
    limits.progress.meet(id, peer, 0, now);
    Ok(())
}

/// Whether an upload that has begun may go on.
pub(crate) async fn admit_more(state: &ServerState) -> Result<(), Error> {
    state.limits.ceilings.admit_more(&state.store).await
}

/// The header that says how much to do.
pub(crate) fn challenge_header(bits: u32, challenge: &str) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("{bits} {challenge}")).ok()
}
