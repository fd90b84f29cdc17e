//! Bytes as they come, until they are on disk or refused.

use amanat_shared::envelope::{self, MAX_HEADER_BYTES, Refusal};
use amanat_shared::seal::Kind;

use crate::http::error::Error;
use crate::limits::WriterLease;
use crate::peer::Peer;
use crate::store::{Arrival, Finished, Upload, UploadId};

use super::UploadState;
use super::checksum::Checksum;
use super::incoming::{Held, Incoming, Piece};

/// Bytes that go to the disk together, while few uploads are under way …
const TOGETHER: usize = 256 * 1024;
/// … and while many are; always a multiple of this.
const PIECE: usize = 32 * 1024;

/// One writer of one upload.
pub(super) struct Receiving<'a> {
    state: &'a UploadState,
    id: UploadId,
    upload: Upload,
    /// Whether the database knows of it.
    created: bool,
    /// Whether its header is good: only then may anything be written.
    accepted: bool,
    /// Bytes on disk.
    at: u64,
    /// Bytes that follow them.
    held: Vec<u8>,
    /// Length of `held` at which looking for the header's end again is worth it.
    look_at: usize,
    counted: Held,
    /// Held while others know of the upload: a newer writer ends this one.
    lease: Option<WriterLease>,
}

/// How far an upload came.
pub(super) struct Reached {
    /// The offset, with what is held in memory only.
    pub offset: u64,
    /// The upload as it is on disk.
    pub upload: Upload,
}

impl<'a> Receiving<'a> {
    /// A writer that begins an upload: nothing is written of it before its header is good.
    pub fn of_new(state: &'a UploadState, id: UploadId, upload: Upload) -> Self {
        let (held, counted) = (Vec::new(), Held::default());
        Self { state, id, upload, created: false, accepted: false, at: 0, held, look_at: 0, counted, lease: None }
    }

    /// A writer that goes on with one from this offset.
    pub fn of(state: &'a UploadState, id: UploadId, upload: Upload, from: u64, peer: Option<Peer>) -> Result<Self, Error> {
        let mut receiving = Self::of_new(state, id, upload);
        receiving.created = true;
        receiving.accepted = upload.received > 0;
        receiving.at = upload.received;
        if upload.received == 0 {
            // Of what no disk knows, a writer may begin again: another server may hold what this one does not.
            receiving.held = if from == 0 { Vec::new() } else { state.pending.take(id, from).ok_or(Error::Offset)? };
        } else if upload.received != from {
            return Err(Error::Offset);
        }
        receiving.lease = Some(state.limits.progress.write(id, peer, upload.received, state.clock.unix_secs()));
        Ok(receiving)
    }

    /// Takes all that comes, or, with a checksum, all or nothing.
    pub async fn receive(self, incoming: &mut Incoming, checksum: Option<Checksum>) -> Result<Reached, Error> {
        incoming.end_when(self.lease.as_ref().map(WriterLease::ended));
        let received = self.received(incoming, checksum).await;
        // The end of this writer itself is no reason not to read on, so that its sender learns why.
        incoming.end_when(None);
        received
    }

    async fn received(mut self, incoming: &mut Incoming, checksum: Option<Checksum>) -> Result<Reached, Error> {
        if let Some(checksum) = checksum {
            let mut held = Held::default();
            let left = self.upload.length - self.at - self.held.len() as u64;
            let whole = incoming.whole(left, &mut held).await;
            let body = match whole {
                Ok(Some(body)) if checksum.holds(&body) => body,
                Err(Error::Superseded) => return Err(Error::Superseded),
                dropped => {
                    self.put_back();
                    return Err(match dropped {
                        Ok(Some(_)) => Error::Checksum,
                        Ok(None) => Error::Cut,
                        Err(error) => error,
                    });
                }
            };
            return if self.take(&body).await? { Ok(self.reached(self.upload.length)) } else { self.end(false).await };
        }
        let cut = loop {
            match incoming.next().await {
                Piece::Bytes(bytes) => {
                    if self.take(&bytes).await? {
                        return Ok(self.reached(self.upload.length));
                    }
                }
                Piece::End => break false,
                Piece::Cut => break true,
                // The newer writer has begun where the database stands: what is held here would be in its way.
                Piece::Superseded => return Err(Error::Superseded),
            }
        };
        let reached = self.end(cut).await?;
        if cut { Err(Error::Cut) } else { Ok(reached) }
    }

    fn reached(&self, offset: u64) -> Reached {
        let received = if offset == self.upload.length { offset } else { self.at };
        Reached { offset, upload: Upload { received, hour: self.state.clock.hour(), ..self.upload } }
    }

    /// What was held before this request is held again.
    fn put_back(&mut self) {
        if self.created && !self.accepted && !self.held.is_empty() {
            self.state.pending.keep(self.id, std::mem::take(&mut self.held));
        }
    }

    /// Takes some bytes; `true` when they were the last, and the registration is on disk.
    async fn take(&mut self, bytes: &[u8]) -> Result<bool, Error> {
        let total = self.at + (self.held.len() + bytes.len()) as u64;
        if total > self.upload.length {
            return Err(Error::TooLarge);
        }
        // Room that doubles would be empty by half, a thousand times over.
        self.held.reserve_exact(bytes.len());
        self.held.extend_from_slice(bytes);
        self.counted.set(self.held.len());
        self.state.limits.progress.reached(self.id, total, self.state.clock.unix_secs());
        let last = total == self.upload.length;
        if !self.accepted && (last || self.held.len() >= self.look_at) {
            self.look().await?;
            // Growing steps: a sender of single bytes must not have the same header read a thousand times.
            self.look_at = self.held.len() + self.held.len() / 8 + 64;
        }
        if last {
            if !self.accepted {
                return Err(self.refuse(Refusal::NotSealed).await);
            }
            self.finish().await?;
            return Ok(true);
        }
        let together = if Held::are_many() { PIECE } else { TOGETHER };
        if self.accepted && self.held.len() >= together {
            self.write(self.held.len() / PIECE * PIECE).await?;
        }
        Ok(false)
    }

    /// Keeps what is held when no more comes.
    async fn end(&mut self, cut: bool) -> Result<Reached, Error> {
        if !self.accepted {
            self.look().await?;
        }
        if cut && !self.created {
            // Its address was never told: nobody can go on with it.
            return Ok(self.reached(0));
        }
        let offset = self.at + self.held.len() as u64;
        if self.accepted {
            self.write(self.held.len()).await?;
        } else if !self.created {
            self.state.store.create(self.id, &self.upload).await?;
            self.created = true;
        }
        self.put_back();
        Ok(self.reached(offset))
    }

    /// Whether the header has come whole, and is good.
    async fn look(&mut self) -> Result<(), Error> {
        let shapes: Vec<(Kind, usize)> = self.state.site.accepted.iter().map(|accepted| accepted.shape).collect();
        match envelope::header(&self.held[..self.held.len().min(MAX_HEADER_BYTES)]) {
            Ok(None) => Ok(()),
            Ok(Some(header)) => match envelope::accept(&header, self.upload.length, &shapes) {
                Ok(()) => self.bind(header.commitment).await,
                Err(refusal) => Err(self.refuse(refusal).await),
            },
            Err(refusal) => Err(self.refuse(refusal).await),
        }
    }

    /// Takes the hash of the delete proof from the header, which whoever passes the file on cannot change. Files of other
    /// programs do not say it there; then the metadata count.
    async fn bind(&mut self, commitment: Option<[u8; 32]>) -> Result<(), Error> {
        match (commitment, self.upload.proof_sha256) {
            (Some(bound), Some(said)) if bound != said => return Err(self.refuse(Refusal::DeleteProof).await),
            (None, None) => return Err(self.refuse(Refusal::DeleteProof).await),
            (Some(bound), _) => self.upload.proof_sha256 = Some(bound),
            (None, Some(_)) => {}
        }
        self.accepted = true;
        Ok(())
    }

    /// Leaves nothing behind.
    async fn refuse(&mut self, refusal: Refusal) -> Error {
        match self.forget().await {
            Ok(()) => refusal.into(),
            Err(error) => error,
        }
    }

    async fn forget(&mut self) -> Result<(), Error> {
        self.state.limits.progress.forget(self.id);
        if self.created {
            self.state.store.delete_upload(self.id).await?;
        }
        Ok(())
    }

    /// Writes the first bytes of those that are held.
    async fn write(&mut self, bytes: usize) -> Result<(), Error> {
        if bytes == 0 {
            return Ok(());
        }
        let (store, hour) = (&self.state.store, self.state.clock.hour());
        if self.created {
            store.append(self.id, self.at, &self.held[..bytes], self.upload.proof_sha256, hour).await?;
        } else {
            store.begin(self.id, &self.upload, &self.held[..bytes], hour).await?;
            self.created = true;
        }
        self.held.drain(..bytes);
        self.held.shrink_to(PIECE);
        self.at += bytes as u64;
        self.counted.set(self.held.len());
        Ok(())
    }

    /// Writes the last bytes and makes the upload a registration.
    async fn finish(&mut self) -> Result<(), Error> {
        if let Some(sha256) = self.upload.sha256
            && self.state.store.sha256(self.id, self.at, &self.held).await? != sha256
        {
            // The work was done for another file.
            self.forget().await?;
            return Err(Error::Checksum);
        }
        let (store, site) = (&self.state.store, &self.state.site);
        let arrival = Arrival {
            reviewers: &site.reviewers_to_notify,
            registrations_per_hour: site.limits.registrations_per_hour.get(),
            hour: self.state.clock.hour(),
        };
        let finished = if self.created {
            store.finish(self.id, self.at, &self.held, self.upload.proof_sha256, arrival).await?
        } else {
            store.register(self.id, &self.upload, &self.held, arrival).await?
        };
        self.state.limits.progress.forget(self.id);
        // Whoever sends it is told the same either way.
        self.state.metrics.registered();
        if finished == Finished::Quarantined {
            self.state.metrics.quarantined();
        }
        Ok(())
    }
}
