//! A request's body as it comes, until its sender ends, falls silent, or is not wanted any more.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use futures_util::StreamExt;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::http::error::Error;

/// A sender who has been silent for so long is gone; what came is kept.
const SILENCE_TIMEOUT: Duration = Duration::from_mins(1);
/// What is read of a body that is not wanted, so that its sender reads why instead of a reset connection.
const DRAIN_BYTES: usize = 2 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(5);
/// Bytes of all uploads that are held before it is many.
const SHRINK_ABOVE: usize = 4 * 1024 * 1024;
/// Bytes of all uploads that are held before no more can be, where a body has to come whole first.
const REJECT_ABOVE: usize = 64 * 1024 * 1024;

static TOTAL_BUFFERED: AtomicUsize = AtomicUsize::new(0);

/// One upload's part of [`HELD`].
#[derive(Default)]
pub(super) struct BufferedBytes(usize);

impl BufferedBytes {
    /// Whether so many bytes of all uploads are held that each should hold few.
    pub fn should_shrink() -> bool {
        TOTAL_BUFFERED.load(Ordering::Relaxed) > SHRINK_ABOVE
    }

    pub fn set(&mut self, bytes: usize) {
        TOTAL_BUFFERED.fetch_add(bytes, Ordering::Relaxed);
        TOTAL_BUFFERED.fetch_sub(self.0, Ordering::Relaxed);
        self.0 = bytes;
    }
}

impl Drop for BufferedBytes {
    fn drop(&mut self) {
        self.set(0);
    }
}

/// A request's body.
pub(super) struct RequestBody {
    body: BodyDataStream,
    ended: bool,
    /// Told when nobody wants the rest any more.
    superseded: Option<Arc<Notify>>,
}

/// What comes next of it.
pub(super) enum BodyEvent {
    Bytes(Bytes),
    End,
    /// The connection broke, or its other end fell silent.
    Cut,
    /// A newer writer has come, or the upload is gone.
    Superseded,
}

impl RequestBody {
    pub fn new(body: Body) -> Self {
        Self { body: body.into_data_stream(), ended: false, superseded: None }
    }

    /// Ends with [`Piece::Superseded`] once this is told; never, without.
    pub fn end_when(&mut self, superseded: Option<Arc<Notify>>) {
        self.superseded = superseded;
    }

    pub async fn next(&mut self) -> BodyEvent {
        let superseded = self.superseded.clone();
        let superseded = async {
            match &superseded {
                Some(superseded) => superseded.notified().await,
                None => pending().await,
            }
        };
        let piece = tokio::select! {
            biased;
            () = superseded => BodyEvent::Superseded,
            piece = timeout(SILENCE_TIMEOUT, self.body.next()) => match piece {
                Ok(Some(Ok(bytes))) => BodyEvent::Bytes(bytes),
                Ok(None) => BodyEvent::End,
                Ok(Some(Err(_))) | Err(_) => BodyEvent::Cut,
            },
        };
        self.ended |= !matches!(piece, BodyEvent::Bytes(_));
        piece
    }

    /// All of it, if it has at most this many bytes, and `None` if it was cut.
    pub async fn read_all(&mut self, most: u64, held: &mut BufferedBytes) -> Result<Option<Vec<u8>>, Error> {
        let mut all = Vec::new();
        loop {
            match self.next().await {
                BodyEvent::Bytes(bytes) if (all.len() + bytes.len()) as u64 > most => return Err(Error::TooLarge),
                BodyEvent::Bytes(bytes) => all.extend_from_slice(&bytes),
                BodyEvent::End => return Ok(Some(all)),
                BodyEvent::Cut => return Ok(None),
                BodyEvent::Superseded => return Err(Error::Superseded),
            }
            held.set(all.len());
            if TOTAL_BUFFERED.load(Ordering::Relaxed) > REJECT_ABOVE {
                return Err(Error::Busy(SILENCE_TIMEOUT));
            }
        }
    }

    /// Reads on for a while, for nothing.
    pub async fn drain(&mut self) {
        if self.ended {
            return;
        }
        let mut left = DRAIN_BYTES;
        let draining = async {
            while let BodyEvent::Bytes(bytes) = self.next().await {
                match left.checked_sub(bytes.len()) {
                    Some(less) => left = less,
                    None => break,
                }
            }
        };
        let _ = timeout(DRAIN_TIME, draining).await;
    }
}
