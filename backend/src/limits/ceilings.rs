//! How much may be open, and how full the disk may become.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::store::{Room, Store, StoreError};

use super::Settings;

/// The disk is not asked more often than this, and each upload that begins counts at once.
const FRESH: Duration = Duration::from_secs(5);
const COME_BACK: Duration = Duration::from_mins(2);

/// What is new needs the whole reserve free; what has begun goes on until a quarter of it is left; what ends needs only
/// room for itself.
pub struct Ceilings {
    open_uploads: u64,
    database_bytes: u64,
    reserve_bytes: u64,
    seen: Mutex<Option<(Instant, Room)>>,
    begun: AtomicU64,
}

impl Ceilings {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            open_uploads: settings.open_uploads,
            database_bytes: settings.database.0,
            reserve_bytes: settings.reserve.0,
            seen: Mutex::default(),
            begun: AtomicU64::new(0),
        }
    }

    /// Whether there is room for something new.
    pub(super) async fn admit_new(&self, store: &Store) -> Result<(), Error> {
        let room = self.room(store).await?;
        let begun = self.begun.load(Ordering::Relaxed);
        if room.open_uploads + begun >= self.open_uploads {
            return Err(Error::Busy(COME_BACK));
        }
        self.need(&room, 1)
    }

    /// Whether there is room for more of what has begun.
    pub(super) async fn admit_more(&self, store: &Store) -> Result<(), Error> {
        self.need(&self.room(store).await?, 4)
    }

    /// An upload begins.
    pub(super) fn begun(&self) {
        self.begun.fetch_add(1, Ordering::Relaxed);
    }

    fn need(&self, room: &Room, part: u64) -> Result<(), Error> {
        let enough = room.disk.is_none_or(|disk| disk.free_bytes >= self.reserve_bytes.min(disk.bytes / 20) / part);
        // A quarter beyond the ceiling, as the reserve below the disk's end.
        let small = room.database_bytes < self.database_bytes + if part == 1 { 0 } else { self.database_bytes / 4 };
        if enough && small { Ok(()) } else { Err(StoreError::Full.into()) }
    }

    async fn room(&self, store: &Store) -> Result<Room, StoreError> {
        if let Some((at, room)) = self.seen().as_mut() {
            if at.elapsed() < FRESH {
                return Ok(*room);
            }
            // Whoever comes while this one asks goes on with what is known: a database that is away holds up one.
            *at = Instant::now();
        }
        let room = store.room().await?;
        self.begun.store(0, Ordering::Relaxed);
        *self.seen() = Some((Instant::now(), room));
        Ok(room)
    }

    /// Nothing between a lock and its end can leave it half done.
    fn seen(&self) -> MutexGuard<'_, Option<(Instant, Room)>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
