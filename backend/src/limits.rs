//! Limits keep the form usable under junk and under load.
//!
//! - [`AddressLimits`] counts requests and uploads by address. The counts are held in memory only, under a key that changes
//!   daily, and are generous: two hundred people may share one carrier's address.
//! - [`ProofOfWork`] asks every new upload for some work, and for more under load, when few upload slots are free, or when the
//!   address has used up its share. So a stranger who uses up an address costs its other users seconds, and locks nobody out.
//! - [`Ceilings`] bounds the number of unfinished uploads and the use of the disk. An upload that has begun may continue for
//!   longer than a new one may begin, so that it can end. When too many uploads are unfinished, one of them is evicted
//!   (`eviction`), chosen by its `progress`, so that no new upload is refused.

mod addresses;
mod ceilings;
mod eviction;
mod progress;
mod proof_of_work;

pub use addresses::AddressLimits;
pub use ceilings::Ceilings;
pub(crate) use progress::{UploadProgress, WriterLease};
pub use proof_of_work::ProofOfWork;

use std::net::IpAddr;
use std::time::Duration;

use amanat_shared::dates::Day;

use crate::clock::Clock;
use crate::config::LimitSettings;
use crate::peer::Peer;
use crate::store::{Store, StoreError, UploadId};

/// All limits of one server.
pub struct Limits {
    settings: LimitSettings,
    addresses: AddressLimits,
    proof_of_work: ProofOfWork,
    ceilings: Ceilings,
    pub(crate) progress: UploadProgress,
}

impl Limits {
    /// Creates limits without any counts, for a server that starts at this Unix time.
    pub fn new(settings: LimitSettings, now: i64) -> Self {
        Self {
            addresses: AddressLimits::new(&settings),
            proof_of_work: ProofOfWork::new(&settings),
            ceilings: Ceilings::new(&settings),
            progress: UploadProgress::new(now),
            settings,
        }
    }

    /// Forgets counts that have no effect any more.
    pub(crate) async fn tidy(&self, store: &Store, now: i64) -> Result<(), StoreError> {
        self.addresses.tidy();
        self.ceilings.forget_ended(store, &self.progress, now).await
    }

    /// Counts a request of this address.
    pub(crate) fn admit_request(&self, address: IpAddr, today: Day) -> Result<(), LimitError> {
        self.addresses.request(address, today)
    }

    /// Returns the work that a new upload of this peer must bring now, or `None` if no work is required.
    pub(crate) async fn required_work(
        &self,
        store: &Store,
        peer: Option<Peer>,
        now: i64,
    ) -> Result<Option<RequiredWork>, LimitError> {
        let slots = self.ceilings.slots(store).await?;
        match self.proof_of_work.bits(peer, now, slots, &self.settings) {
            0 => Ok(None),
            bits => Ok(Some(RequiredWork { bits, challenge: self.proof_of_work.challenge(store, bits, now).await? })),
        }
    }

    /// Admits a new upload and makes room for it, evicting others if necessary. Returns the evicted ones.
    pub(crate) async fn admit_upload(
        &self,
        store: &Store,
        upload: NewUpload<'_>,
        clock: &Clock,
    ) -> Result<Vec<UploadId>, LimitError> {
        let NewUpload { id, peer, proof, sha256 } = upload;
        let now = clock.unix_secs();
        self.ceilings.admit_new(store).await?;
        let slots = self.ceilings.slots(store).await?;
        let mut bits = self.proof_of_work.bits(peer, now, slots, &self.settings);
        // A request without a proof only asks for the challenge, so it does not use up the share.
        if let Some(Peer::Address(address)) = peer
            && (bits == 0 || proof.is_some())
            && !self.addresses.upload(address, clock.today())
        {
            bits = bits.max(proof_of_work::BEYOND_SHARE_BITS);
        }
        if bits > 0 {
            self.proof_of_work.check(store, proof, sha256, bits, now).await?;
        }
        // Only a client that has done its work can cause an eviction.
        let evicted = self.ceilings.make_room(store, &self.progress, now).await?;
        for id in &evicted {
            self.progress.forget(*id);
        }
        self.proof_of_work.admitted(peer, now);
        self.ceilings.started();
        self.progress.register(id, peer, 0, now);
        Ok(evicted)
    }

    /// Checks whether an upload that has begun may continue.
    pub(crate) async fn admit_more(&self, store: &Store) -> Result<(), LimitError> {
        self.ceilings.admit_more(store).await
    }
}

/// A new upload that asks for admission.
pub(crate) struct NewUpload<'a> {
    /// Its id.
    pub id: UploadId,
    /// The client.
    pub peer: Option<Peer>,
    /// The proof of work, as the request's header holds it.
    pub proof: Option<&'a str>,
    /// SHA-256 of the file, as the metadata announce it.
    pub sha256: Option<[u8; 32]>,
}

/// The work that a new upload must bring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredWork {
    /// Number of zero bits that are required.
    pub bits: u32,
    /// The challenge to solve.
    pub challenge: String,
}

/// The reason why a request or an upload is not admitted.
#[derive(Debug, thiserror::Error)]
pub enum LimitError {
    /// Too many requests arrive. The client should retry after this time.
    #[error("busy")]
    Busy(Duration),
    /// The upload brought no work, or too little.
    #[error("proof of work")]
    ProofOfWork(RequiredWork),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system gave no random bytes.
    #[error("no random bytes")]
    Random,
}
