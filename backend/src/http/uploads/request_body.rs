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
const SILENCE: Duration = Duration::from_mins(1);
/// What is read of a body that is not wanted, so that its sender reads why instead of a reset connection.
const DRAIN_BYTES: usize = 2 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(5);
/// Bytes of all uploads that are held before it is many.
const FEW: usize = 4 * 1024 * 1024;
/// Bytes of all uploads that are held before no more can be, where a body has to come whole first.
const MANY: usize = 64 * 1024 * 1024;

static HELD: AtomicUsize = AtomicUsize::new(0);

/// One upload's part of [`HELD`].
#[derive(Default)]
pub(super) struct Held(usize);

impl Held {
    /// Whether so many bytes of all uploads are held that each should hold few.
    pub fn are_many() -> bool {
        HELD.load(Ordering::Relaxed) > FEW
    }

    pub fn set(&mut self, bytes: usize) {
        HELD.fetch_add(bytes, Ordering::Relaxed);
        HELD.fetch_sub(self.0, Ordering::Relaxed);
        self.0 = bytes;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.set(0);
    }
}

/// A request's body.
pub(super) struct Incoming {
    body: BodyDataStream,
    ended: bool,
    /// Told when nobody wants the rest any more.
    superseded: Option<Arc<Notify>>,
}

/// What comes next of it.
pub(super) enum Piece {
    Bytes(Bytes),
    End,
    /// The connection broke, or its other end fell silent.
    Cut,
    /// A newer writer has come, or the upload is gone.
    Superseded,
}

impl Incoming {
    pub fn new(body: Body) -> Self {
        Self { body: body.into_data_stream(), ended: false, superseded: None }
    }

    /// Ends with [`Piece::Superseded`] once this is told; never, without.
    pub fn end_when(&mut self, superseded: Option<Arc<Notify>>) {
        self.superseded = superseded;
    }

    pub async fn next(&mut self) -> Piece {
        let superseded = self.superseded.clone();
        let superseded = async {
            match &superseded {
                Some(superseded) => superseded.notified().await,
                None => pending().await,
            }
        };
        let piece = tokio::select! {
            biased;
            () = superseded => Piece::Superseded,
            piece = timeout(SILENCE, self.body.next()) => match piece {
                Ok(Some(Ok(bytes))) => Piece::Bytes(bytes),
                Ok(None) => Piece::End,
                Ok(Some(Err(_))) | Err(_) => Piece::Cut,
            },
        };
        self.ended |= !matches!(piece, Piece::Bytes(_));
        piece
    }

    /// All of it, if it has at most this many bytes, and `None` if it was cut.
    pub async fn whole(&mut self, most: u64, held: &mut Held) -> Result<Option<Vec<u8>>, Error> {
        let mut all = Vec::new();
        loop {
            match self.next().await {
                Piece::Bytes(bytes) if (all.len() + bytes.len()) as u64 > most => return Err(Error::TooLarge),
                Piece::Bytes(bytes) => all.extend_from_slice(&bytes),
                Piece::End => return Ok(Some(all)),
                Piece::Cut => return Ok(None),
                Piece::Superseded => return Err(Error::Superseded),
            }
            held.set(all.len());
            if HELD.load(Ordering::Relaxed) > MANY {
                return Err(Error::Busy(SILENCE));
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
