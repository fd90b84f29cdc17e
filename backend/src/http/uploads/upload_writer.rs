//! Bytes as they come, until they are on disk or refused.

use amanat_shared::envelope::{self, MAX_HEADER_BYTES, Refusal};
use amanat_shared::seal::Kind;

use crate::http::error::Error;
use crate::limits::WriterLease;
use crate::peer::Peer;
use crate::store::{Arrival, Upload, UploadId, UploadOutcome};

use super::UploadState;
use super::checksum::Checksum;
use super::request_body::{BodyEvent, BufferedBytes, RequestBody};

/// Bytes that go to the disk together, while few uploads are under way …
const FLUSH_BYTES: usize = 256 * 1024;
/// … and while many are; always a multiple of this.
const FLUSH_UNIT_BYTES: usize = 32 * 1024;

/// One writer of one upload.
pub(super) struct UploadWriter<'a> {
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
    buffered: Vec<u8>,
    /// Length of `held` at which looking for the header's end again is worth it.
    next_check_bytes: usize,
    counted_bytes: BufferedBytes,
    /// Held while others know of the upload: a newer writer ends this one.
    lease: Option<WriterLease>,
}

/// How far an upload came.
pub(super) struct WriteProgress {
    /// The offset, with what is held in memory only.
    pub offset: u64,
    /// The upload as it is on disk.
    pub upload: Upload,
}

impl<'a> UploadWriter<'a> {
    /// A writer that begins an upload: nothing is written of it before its header is good.
    pub fn create(state: &'a UploadState, id: UploadId, upload: Upload) -> Self {
        let (buffered, counted_bytes) = (Vec::new(), BufferedBytes::default());
        Self {
            state,
            id,
            upload,
            created: false,
            accepted: false,
            at: 0,
            buffered,
            next_check_bytes: 0,
            counted_bytes,
            lease: None,
        }
    }

    /// A writer that goes on with one from this offset.
    pub fn resume(state: &'a UploadState, id: UploadId, upload: Upload, from: u64, peer: Option<Peer>) -> Result<Self, Error> {
        let mut writer = Self::create(state, id, upload);
        writer.created = true;
        writer.accepted = upload.received > 0;
        writer.at = upload.received;
        if upload.received == 0 {
            // Of what no disk knows, a writer may begin again: another server may hold what this one does not.
            writer.buffered = if from == 0 { Vec::new() } else { state.header_buffer.take(id, from).ok_or(Error::Offset)? };
        } else if upload.received != from {
            return Err(Error::Offset);
        }
        writer.lease = Some(state.limits.progress.write(id, peer, upload.received, state.clock.unix_secs()));
        Ok(writer)
    }

    /// Takes all that comes, or, with a checksum, all or nothing.
    pub async fn receive(self, body: &mut RequestBody, checksum: Option<Checksum>) -> Result<WriteProgress, Error> {
        body.end_when(self.lease.as_ref().map(WriterLease::ended));
        let received = self.receive_body(body, checksum).await;
        // The end of this writer itself is no reason not to read on, so that its sender learns why.
        body.end_when(None);
        received
    }

    async fn receive_body(mut self, body: &mut RequestBody, checksum: Option<Checksum>) -> Result<WriteProgress, Error> {
        if let Some(checksum) = checksum {
            let mut buffered = BufferedBytes::default();
            let left = self.upload.length - self.at - self.buffered.len() as u64;
            let read = body.read_all(left, &mut buffered).await;
            let body = match read {
                Ok(Some(body)) if checksum.holds(&body) => body,
                Err(Error::Superseded) => return Err(Error::Superseded),
                dropped => {
                    self.return_to_buffer();
                    return Err(match dropped {
                        Ok(Some(_)) => Error::Checksum,
                        Ok(None) => Error::Truncated,
                        Err(error) => error,
                    });
                }
            };
            return if self.accept_bytes(&body).await? {
                Ok(self.reached(self.upload.length))
            } else {
                self.flush_rest(false).await
            };
        }
        let truncated = loop {
            match body.next().await {
                BodyEvent::Bytes(bytes) => {
                    if self.accept_bytes(&bytes).await? {
                        return Ok(self.reached(self.upload.length));
                    }
                }
                BodyEvent::End => break false,
                BodyEvent::Cut => break true,
                // The newer writer has begun where the database stands: what is held here would be in its way.
                BodyEvent::Superseded => return Err(Error::Superseded),
            }
        };
        let reached = self.flush_rest(truncated).await?;
        if truncated { Err(Error::Truncated) } else { Ok(reached) }
    }

    fn reached(&self, offset: u64) -> WriteProgress {
        let received = if offset == self.upload.length { offset } else { self.at };
        WriteProgress { offset, upload: Upload { received, hour: self.state.clock.hour(), ..self.upload } }
    }

    /// What was held before this request is held again.
    fn return_to_buffer(&mut self) {
        if self.created && !self.accepted && !self.buffered.is_empty() {
            self.state.header_buffer.keep(self.id, std::mem::take(&mut self.buffered));
        }
    }

    /// Takes some bytes; `true` when they were the last, and the registration is on disk.
    async fn accept_bytes(&mut self, bytes: &[u8]) -> Result<bool, Error> {
        let total = self.at + (self.buffered.len() + bytes.len()) as u64;
        if total > self.upload.length {
            return Err(Error::TooLarge);
        }
        // Room that doubles would be empty by half, a thousand times over.
        self.buffered.reserve_exact(bytes.len());
        self.buffered.extend_from_slice(bytes);
        self.counted_bytes.set(self.buffered.len());
        self.state.limits.progress.reached(self.id, total, self.state.clock.unix_secs());
        let last = total == self.upload.length;
        if !self.accepted && (last || self.buffered.len() >= self.next_check_bytes) {
            self.check_header().await?;
            // Growing steps: a sender of single bytes must not have the same header read a thousand times.
            self.next_check_bytes = self.buffered.len() + self.buffered.len() / 8 + 64;
        }
        if last {
            if !self.accepted {
                return Err(self.refuse(Refusal::NotSealed).await);
            }
            self.register().await?;
            return Ok(true);
        }
        let flush_bytes = if BufferedBytes::should_shrink() { FLUSH_UNIT_BYTES } else { FLUSH_BYTES };
        if self.accepted && self.buffered.len() >= flush_bytes {
            self.flush(self.buffered.len() / FLUSH_UNIT_BYTES * FLUSH_UNIT_BYTES).await?;
        }
        Ok(false)
    }

    /// Keeps what is held when no more comes.
    async fn flush_rest(&mut self, truncated: bool) -> Result<WriteProgress, Error> {
        if !self.accepted {
            self.check_header().await?;
        }
        if truncated && !self.created {
            // Its address was never told: nobody can go on with it.
            return Ok(self.reached(0));
        }
        let offset = self.at + self.buffered.len() as u64;
        if self.accepted {
            self.flush(self.buffered.len()).await?;
        } else if !self.created {
            self.state.store.create(self.id, &self.upload).await?;
            self.created = true;
        }
        self.return_to_buffer();
        Ok(self.reached(offset))
    }

    /// Whether the header has come whole, and is good.
    async fn check_header(&mut self) -> Result<(), Error> {
        let shapes: Vec<(Kind, usize)> = self.state.site.accepted.iter().map(|accepted| accepted.shape).collect();
        match envelope::header(&self.buffered[..self.buffered.len().min(MAX_HEADER_BYTES)]) {
            Ok(None) => Ok(()),
            Ok(Some(header)) => match envelope::accept(&header, self.upload.length, &shapes) {
                Ok(()) => self.bind_delete_proof(header.commitment).await,
                Err(refusal) => Err(self.refuse(refusal).await),
            },
            Err(refusal) => Err(self.refuse(refusal).await),
        }
    }

    /// Takes the hash of the delete proof from the header, which whoever passes the file on cannot change. Files of other
    /// programs do not say it there; then the metadata count.
    async fn bind_delete_proof(&mut self, commitment: Option<[u8; 32]>) -> Result<(), Error> {
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
    async fn flush(&mut self, bytes: usize) -> Result<(), Error> {
        if bytes == 0 {
            return Ok(());
        }
        let (store, hour) = (&self.state.store, self.state.clock.hour());
        if self.created {
            store.append(self.id, self.at, &self.buffered[..bytes], self.upload.proof_sha256, hour).await?;
        } else {
            store.begin(self.id, &self.upload, &self.buffered[..bytes], hour).await?;
            self.created = true;
        }
        self.buffered.drain(..bytes);
        self.buffered.shrink_to(FLUSH_UNIT_BYTES);
        self.at += bytes as u64;
        self.counted_bytes.set(self.buffered.len());
        Ok(())
    }

    /// Writes the last bytes and makes the upload a registration.
    async fn register(&mut self) -> Result<(), Error> {
        if let Some(sha256) = self.upload.sha256
            && self.state.store.sha256(self.id, self.at, &self.buffered).await? != sha256
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
            store.finish(self.id, self.at, &self.buffered, self.upload.proof_sha256, arrival).await?
        } else {
            store.register(self.id, &self.upload, &self.buffered, arrival).await?
        };
        self.state.limits.progress.forget(self.id);
        // Whoever sends it is told the same either way.
        self.state.metrics.registered();
        if finished == UploadOutcome::Quarantined {
            self.state.metrics.quarantined();
        }
        Ok(())
    }
}
