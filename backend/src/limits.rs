//! What keeps the form usable while somebody sends junk or very many come.
//!
//! - [`Addresses`]: how often one address may ask. Kept in memory only, under a key that changes daily, and generous: two
//!   hundred people may sit behind one carrier's address.
//! - [`Proofs`]: the proof of work that a new upload has to bring while very many come, or when its address has had its share.
//!   An address that a stranger has used up locks nobody out; it costs them seconds.
//! - [`Ceilings`]: how much may be open, and how full the disk may become. What has begun may go on for longer than what is
//!   new, so that it can end.

mod addresses;
mod ceilings;
mod proofs;
mod settings;

pub use addresses::Addresses;
pub use ceilings::Ceilings;
pub use proofs::Proofs;
pub use settings::{Bytes, Settings};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::error::Error;
use crate::health;
use crate::peer::Peer;
use crate::server::ServerState;

/// All limits of one server.
pub struct Limits {
    settings: Settings,
    addresses: Addresses,
    proofs: Proofs,
    ceilings: Ceilings,
}

impl Limits {
    /// Limits that nothing counts against yet.
    pub fn new(settings: Settings) -> Self {
        Self { addresses: Addresses::new(&settings), proofs: Proofs::new(&settings), ceilings: Ceilings::new(&settings), settings }
    }

    /// Forgets what need not be known any more.
    pub fn tidy(&self) {
        self.addresses.tidy();
    }
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

/// Whether an upload may begin. `sha256` is what its metadata says of the file.
pub(crate) async fn admit_upload(
    state: &ServerState,
    peer: Option<Peer>,
    headers: &HeaderMap,
    sha256: Option<[u8; 32]>,
) -> Result<(), Error> {
    let limits = &state.limits;
    limits.ceilings.admit_new(&state.store).await?;
    let now = state.clock.unix_secs();
    let within_share = match peer {
        Some(Peer::Address(address)) => limits.addresses.upload(address, state.clock.today()),
        Some(Peer::Onion) | None => true,
    };
    let wanted = limits.proofs.bits(peer, now, within_share, &limits.settings);
    if let Some(bits) = wanted {
        limits.proofs.check(&state.store, headers.get(amanat_shared::proof::HEADER), sha256, bits, now).await?;
    }
    limits.proofs.admitted(peer, now);
    limits.ceilings.begun();
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

#[cfg(test)]
mod tests;
