//! Writes an upload's bytes as they arrive, until they are stored or refused.

use amanat_shared::envelope::RecipientKind;
use amanat_shared::envelope::{self, MAX_HEADER_BYTES, Refusal};

use crate::http::error::Error;
use crate::limits::WriterLease;
use crate::peer::Peer;
use crate::store::{Arrival, Upload, UploadId, UploadOutcome};

use super::UploadState;
use super::checksum::Checksum;
use super::request_body::{BodyEvent, BufferedBytes, RequestBody};

/// Bytes that are flushed together while few uploads run.
const FLUSH_BYTES: usize = 256 * 1024;
/// Bytes that are flushed together while many uploads run. Every flush is a multiple of this.
const FLUSH_UNIT_BYTES: usize = 32 * 1024;

/// A writer of one upload.
pub(super) struct UploadWriter<'a> {
    state: &'a UploadState,
    id: UploadId,
    upload: Upload,
    /// Whether the upload is in the database.
    created: bool,
    /// Whether the header is valid. Bytes may be stored only then.
    accepted: bool,
    /// Number of stored bytes.
    at: u64,
    /// Bytes in memory, which follow the stored ones.
    buffered: Vec<u8>,
    /// Length of `buffered` from which on it is worthwhile to parse the header again.
    next_check_bytes: usize,
    counted_bytes: BufferedBytes,
    /// The lease of an upload that other requests know. A newer writer ends it.
    lease: Option<WriterLease>,
}

/// The progress of an upload.
pub(super) struct WriteProgress {
    /// The offset, including buffered bytes.
    pub offset: u64,
    /// The upload as it is stored.
    pub upload: Upload,
}

impl<'a> UploadWriter<'a> {
    /// Begins a new upload. Nothing is stored before its header is valid.
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

    /// Continues an upload from this offset.
    pub fn resume(state: &'a UploadState, id: UploadId, upload: Upload, from: u64, peer: Option<Peer>) -> Result<Self, Error> {
        let mut writer = Self::create(state, id, upload);
        writer.created = true;
        writer.accepted = upload.received > 0;
        writer.at = upload.received;
        if upload.received == 0 {
            // An upload without stored bytes may begin again, because another server may have buffered bytes that this one
            // lacks.
            writer.buffered = if from == 0 { Vec::new() } else { state.header_buffer.take(id, from).ok_or(Error::Offset)? };
        } else if upload.received != from {
            return Err(Error::Offset);
        }
        writer.lease = Some(state.limits.progress.write(id, peer, upload.received, state.clock.unix_secs()));
        Ok(writer)
    }

    /// Takes the body, or with a checksum all of it or nothing.
    pub async fn receive(self, body: &mut RequestBody, checksum: Option<Checksum>) -> Result<WriteProgress, Error> {
        body.end_when(self.lease.as_ref().map(WriterLease::ended));
        let received = self.receive_body(body, checksum).await;
        // The body is drained after the writer has ended, so that its sender learns why.
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
                // The newer writer continues from the database's offset, so these buffered bytes are dropped.
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

    /// Returns the bytes that were buffered before this request to the buffer.
    fn return_to_buffer(&mut self) {
        if self.created && !self.accepted && !self.buffered.is_empty() {
            self.state.header_buffer.keep(self.id, std::mem::take(&mut self.buffered));
        }
    }

    /// Accepts some bytes. Returns `true` when they were the last and the registration is stored.
    async fn accept_bytes(&mut self, bytes: &[u8]) -> Result<bool, Error> {
        let total = self.at + (self.buffered.len() + bytes.len()) as u64;
        if total > self.upload.length {
            return Err(Error::TooLarge);
        }
        // Exact growth is used, because doubling would waste half of the memory of a thousand uploads.
        self.buffered.reserve_exact(bytes.len());
        self.buffered.extend_from_slice(bytes);
        self.counted_bytes.set(self.buffered.len());
        self.state.limits.progress.reached(self.id, total, self.state.clock.unix_secs());
        let last = total == self.upload.length;
        if !self.accepted && (last || self.buffered.len() >= self.next_check_bytes) {
            self.check_header().await?;
            // The length grows in steps, so that a sender of single bytes does not cause a thousand parses of the same header.
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

    /// Stores or buffers the remaining bytes when no more arrive.
    async fn flush_rest(&mut self, truncated: bool) -> Result<WriteProgress, Error> {
        if !self.accepted {
            self.check_header().await?;
        }
        if truncated && !self.created {
            // The client never received the upload's address, so nobody can continue it.
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

    /// Checks whether the header has arrived whole and is valid.
    async fn check_header(&mut self) -> Result<(), Error> {
        let shapes: Vec<(RecipientKind, usize)> = self.state.site.accepted.iter().map(|accepted| accepted.shape).collect();
        match envelope::header(&self.buffered[..self.buffered.len().min(MAX_HEADER_BYTES)]) {
            Ok(None) => Ok(()),
            Ok(Some(header)) => match envelope::accept(&header, self.upload.length, &shapes) {
                Ok(()) => self.bind_delete_proof(header.commitment).await,
                Err(refusal) => Err(self.refuse(refusal).await),
            },
            Err(refusal) => Err(self.refuse(refusal).await),
        }
    }

    /// Takes the hash of the delete proof from the header, which a relay cannot change. Files of other programs lack it, and
    /// then the metadata count.
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

    /// Deletes the upload and returns the refusal.
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

    /// Stores the first of the buffered bytes.
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

    /// Stores the last bytes and makes the upload a registration.
    async fn register(&mut self) -> Result<(), Error> {
        if let Some(sha256) = self.upload.sha256
            && self.state.store.sha256(self.id, self.at, &self.buffered).await? != sha256
        {
            // The proof of work was done for another file.
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
        // A sender receives the same answer for a quarantined registration.
        self.state.metrics.registered();
        if finished == UploadOutcome::Quarantined {
            self.state.metrics.quarantined();
        }
        Ok(())
    }
}
