//! Bytes as they come, until they are on disk or refused.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use amanat_shared::envelope::{self, MAX_HEADER_BYTES, Refusal};
use amanat_shared::seal::Kind;
use axum::body::{Body, BodyDataStream, Bytes};
use futures_util::StreamExt;
use tokio::time::timeout;

use crate::error::Error;
use crate::server::ServerState;
use crate::store::{Upload, UploadId};

/// A sender who has been silent for so long is gone; what came is kept.
const SILENCE: Duration = Duration::from_mins(1);
/// Bytes that go to the disk together, while few uploads are under way …
const TOGETHER: usize = 256 * 1024;
/// … and while many are; always a multiple of this.
const PIECE: usize = 32 * 1024;
/// Bytes of all uploads that are held before it is many.
const FEW: usize = 4 * 1024 * 1024;
/// What is read of a body that is not wanted, so that its sender reads why instead of a reset connection.
const DRAIN_BYTES: usize = 2 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(5);

static HELD: AtomicUsize = AtomicUsize::new(0);

/// A request's body.
pub(super) struct Incoming {
    body: BodyDataStream,
    ended: bool,
}

/// What comes next of it.
enum Piece {
    Bytes(Bytes),
    End,
    /// The connection broke, or its other end fell silent.
    Cut,
}

impl Incoming {
    pub fn new(body: Body) -> Self {
        Self { body: body.into_data_stream(), ended: false }
    }

    async fn next(&mut self) -> Piece {
        let piece = match timeout(SILENCE, self.body.next()).await {
            Ok(Some(Ok(bytes))) => Piece::Bytes(bytes),
            Ok(None) => Piece::End,
            Ok(Some(Err(_))) | Err(_) => Piece::Cut,
        };
        self.ended |= !matches!(piece, Piece::Bytes(_));
        piece
    }

    /// Reads on for a while, for nothing.
    pub async fn drain(&mut self) {
        if self.ended {
            return;
        }
        let mut left = DRAIN_BYTES;
        let draining = async {
            while let Piece::Bytes(bytes) = self.next().await {
                match left.checked_sub(bytes.len()) {
                    Some(less) => left = less,
                    None => break,
                }
            }
        };
        let _ = timeout(DRAIN_TIME, draining).await;
    }
}

/// One writer of one upload.
pub(super) struct Receiving<'a> {
    state: &'a ServerState,
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
    counted: usize,
}

impl<'a> Receiving<'a> {
    /// A writer that begins an upload: nothing is written of it before its header is good.
    pub fn of_new(state: &'a ServerState, id: UploadId, upload: Upload) -> Self {
        Self { state, id, upload, created: false, accepted: false, at: 0, held: Vec::new(), look_at: 0, counted: 0 }
    }

    /// A writer that goes on with one from this offset.
    pub fn of(state: &'a ServerState, id: UploadId, upload: Upload, from: u64) -> Result<Self, Error> {
        let mut receiving = Self::of_new(state, id, upload);
        receiving.created = true;
        receiving.accepted = upload.received > 0;
        receiving.at = upload.received;
        if upload.received == 0 {
            receiving.held = state.pending.take(id, from).ok_or(Error::Offset)?;
        } else if upload.received != from {
            return Err(Error::Offset);
        }
        Ok(receiving)
    }

    /// Takes all that comes; the offset reached.
    pub async fn receive(mut self, incoming: &mut Incoming) -> Result<u64, Error> {
        let cut = loop {
            match incoming.next().await {
                Piece::Bytes(bytes) => {
                    if self.take(&bytes).await? {
                        return Ok(self.upload.length);
                    }
                }
                Piece::End => break false,
                Piece::Cut => break true,
            }
        };
        let offset = self.end(cut).await?;
        if cut { Err(Error::Cut) } else { Ok(offset) }
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
        self.count();
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
        let together = if HELD.load(Ordering::Relaxed) > FEW { PIECE } else { TOGETHER };
        if self.accepted && self.held.len() >= together {
            self.write(self.held.len() / PIECE * PIECE).await?;
        }
        Ok(false)
    }

    /// Keeps what is held when no more comes; the offset reached.
    async fn end(&mut self, cut: bool) -> Result<u64, Error> {
        if !self.accepted {
            self.look().await?;
        }
        if cut && !self.created {
            // Its address was never told: nobody can go on with it.
            return Ok(0);
        }
        let offset = self.at + self.held.len() as u64;
        if self.accepted {
            self.write(self.held.len()).await?;
        } else {
            self.create().await?;
            if !self.held.is_empty() {
                self.state.pending.keep(self.id, std::mem::take(&mut self.held));
            }
        }
        Ok(offset)
    }

    /// Whether the header has come whole, and is good.
    async fn look(&mut self) -> Result<(), Error> {
        let shapes: Vec<(Kind, usize)> = self.state.site.accepted.iter().map(|accepted| accepted.shape).collect();
        match envelope::header(&self.held[..self.held.len().min(MAX_HEADER_BYTES)]) {
            Ok(None) => Ok(()),
            Ok(Some(header)) => match envelope::accept(&header, self.upload.length, &shapes) {
                Ok(()) => {
                    self.accepted = true;
                    Ok(())
                }
                Err(refusal) => Err(self.refuse(refusal).await),
            },
            Err(refusal) => Err(self.refuse(refusal).await),
        }
    }

    /// Leaves nothing behind.
    async fn refuse(&mut self, refusal: Refusal) -> Error {
        if self.created
            && let Err(error) = self.state.store.delete_upload(self.id).await
        {
            return error.into();
        }
        refusal.into()
    }

    async fn create(&mut self) -> Result<(), Error> {
        if !self.created {
            self.state.store.create(self.id, &self.upload, self.state.clock.hour()).await?;
            self.created = true;
        }
        Ok(())
    }

    /// Writes the first bytes of those that are held.
    async fn write(&mut self, bytes: usize) -> Result<(), Error> {
        self.create().await?;
        if bytes > 0 {
            self.state.store.append(self.id, self.at, &self.held[..bytes], self.state.clock.hour()).await?;
            self.held.drain(..bytes);
            self.held.shrink_to(PIECE);
            self.at += bytes as u64;
            self.count();
        }
        Ok(())
    }

    /// Writes the last bytes and makes the upload a registration.
    async fn finish(&mut self) -> Result<(), Error> {
        self.create().await?;
        let site = &self.state.site;
        self.state.store.finish(self.id, self.at, &self.held, &site.reviewers_to_notify, self.state.clock.hour()).await?;
        self.state.metrics.registered();
        Ok(())
    }

    /// Tells all others how much this one holds.
    fn count(&mut self) {
        HELD.fetch_add(self.held.len(), Ordering::Relaxed);
        HELD.fetch_sub(self.counted, Ordering::Relaxed);
        self.counted = self.held.len();
    }
}

impl Drop for Receiving<'_> {
    fn drop(&mut self) {
        HELD.fetch_sub(self.counted, Ordering::Relaxed);
    }
}
