//! A request's body: it ends with its sender, after a silence, or when it is superseded.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use futures_util::StreamExt;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::http::error::Error;

/// A sender that is silent for this long is gone. The bytes that arrived are kept.
const SILENCE_TIMEOUT: Duration = Duration::from_mins(1);
/// An unwanted body is read up to this length, so that its sender reads the error instead of a reset connection.
const DRAIN_BYTES: usize = 2 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(5);
/// Above this many buffered bytes of all uploads, each upload buffers less.
const SHRINK_ABOVE: usize = 4 * 1024 * 1024;
/// Above this many buffered bytes of all uploads, a body that must arrive whole is rejected.
const REJECT_ABOVE: usize = 64 * 1024 * 1024;

static TOTAL_BUFFERED: AtomicUsize = AtomicUsize::new(0);

/// One upload's share of [`TOTAL_BUFFERED`].
#[derive(Default)]
pub(super) struct BufferedBytes(usize);

impl BufferedBytes {
    /// Checks whether so many bytes are buffered that each upload should buffer less.
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
    /// Notified when the rest is not wanted any more.
    superseded: Option<Arc<Notify>>,
}

/// The next event of a body.
pub(super) enum BodyEvent {
    Bytes(Bytes),
    End,
    /// The connection broke, or its other end fell silent.
    Cut,
    /// A newer writer took over, or the upload is gone.
    Superseded,
}

impl RequestBody {
    pub fn new(body: Body) -> Self {
        Self { body: body.into_data_stream(), ended: false, superseded: None }
    }

    /// Makes [`Self::next`] end with [`BodyEvent::Superseded`] once this is notified.
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

    /// Reads the whole body up to a length. Returns `None` if it was cut.
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

    /// Reads and drops the rest of the body, within bounds.
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
