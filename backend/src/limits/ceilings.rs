//! Ceilings of unfinished uploads and of disk use.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Mutex as AsyncMutex;

use crate::store::{DatabaseUsage, Store, StoreError, UploadId};

use super::LimitError;
use super::eviction::{Candidate, STALE_SECS, victims};
use super::progress::UploadProgress;
use crate::config::LimitSettings;

/// The database is asked at most once in this time, and each upload that begins is counted at once.
const REFRESH_INTERVAL: Duration = Duration::from_secs(5);
const RETRY_AFTER: Duration = Duration::from_mins(2);
/// One in this many slots is freed at once, so that not every upload of a flood causes a search.
const FREED_PART: u64 = 32;
/// Above one in this many of all slots, stale uploads are evicted even before the slots are used up …
const CROWDED_PART: u64 = 2;
/// … and are searched for at most once in this time.
const SWEEP_INTERVAL: Duration = Duration::from_mins(1);

/// A new upload needs the whole disk reserve free. An upload that has begun needs a quarter of it. The last bytes need only
/// room for themselves.
pub struct Ceilings {
    open_uploads: u64,
    database_bytes: u64,
    reserve_bytes: u64,
    seen: Mutex<Option<(Instant, DatabaseUsage)>>,
    started: AtomicU64,
    /// The time of the last search for stale uploads. An eviction holds the lock, and others wait for it.
    swept: AsyncMutex<Option<Instant>>,
}

/// The slots for unfinished uploads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UploadSlots {
    pub used: u64,
    pub total: u64,
}

impl Ceilings {
    pub(super) fn new(settings: &LimitSettings) -> Self {
        Self {
            open_uploads: settings.open_uploads,
            database_bytes: settings.database.0,
            reserve_bytes: settings.reserve.0,
            seen: Mutex::default(),
            started: AtomicU64::new(0),
            swept: AsyncMutex::default(),
        }
    }

    /// Checks whether the disk has room for a new upload.
    pub(super) async fn admit_new(&self, store: &Store) -> Result<(), LimitError> {
        self.require(&self.usage(store).await?, 1)
    }

    /// Returns how many unfinished uploads there are.
    pub(super) async fn slots(&self, store: &Store) -> Result<UploadSlots, StoreError> {
        let uploads = self.usage(store).await?.open_uploads + self.started.load(Ordering::Relaxed);
        Ok(UploadSlots { used: uploads, total: self.open_uploads })
    }

    /// Evicts uploads if their ceiling nears, and returns the evicted ones.
    pub(super) async fn make_room(&self, store: &Store, progress: &UploadProgress, now: i64) -> Result<Vec<UploadId>, LimitError> {
        let (full, crowded) =
            (|slots: UploadSlots| slots.used >= slots.total, |slots: UploadSlots| slots.used >= slots.total / CROWDED_PART);
        if !crowded(self.slots(store).await?) {
            return Ok(Vec::new());
        }
        let mut swept = self.swept.lock().await;
        // Another request may have evicted uploads meanwhile.
        let slots = self.slots(store).await?;
        let stale_only = !full(slots);
        if stale_only && (!crowded(slots) || swept.is_some_and(|at| at.elapsed() < SWEEP_INTERVAL)) {
            return Ok(Vec::new());
        }
        let unfinished = store.unfinished().await?;
        let there = unfinished.len() as u64;
        let least = if there >= slots.total { there - slots.total + (slots.total / FREED_PART).max(1) } else { 0 };
        let index = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let candidates = unfinished.iter().map(|upload| Candidate::of(*upload, progress.observe(upload, now))).collect();
        let evicted = store.evict(&victims(candidates, index(slots.total), index(least), now)).await?;
        *swept = Some(Instant::now());
        // This count is exact, so the count of uploads since the last one starts again.
        self.started.store(0, Ordering::Relaxed);
        if let Some((_, usage)) = self.seen().as_mut() {
            usage.open_uploads = there - evicted.len() as u64;
        }
        // Every candidate made progress meanwhile.
        if evicted.is_empty() && there >= slots.total { Err(LimitError::Busy(RETRY_AFTER)) } else { Ok(evicted) }
    }

    /// Forgets the progress of uploads that have ended.
    pub(super) async fn forget_ended(&self, store: &Store, progress: &UploadProgress, now: i64) -> Result<(), StoreError> {
        let unfinished: HashSet<UploadId> = store.unfinished().await?.into_iter().map(|upload| upload.id).collect();
        progress.retain(&unfinished, now - STALE_SECS);
        Ok(())
    }

    /// Checks whether the disk has room for more of an upload that has begun.
    pub(super) async fn admit_more(&self, store: &Store) -> Result<(), LimitError> {
        self.require(&self.usage(store).await?, 4)
    }

    /// Counts an upload that begins.
    pub(super) fn started(&self) {
        self.started.fetch_add(1, Ordering::Relaxed);
    }

    fn require(&self, usage: &DatabaseUsage, part: u64) -> Result<(), LimitError> {
        let enough = usage.disk.is_none_or(|disk| disk.free_bytes >= self.reserve_bytes.min(disk.bytes / 20) / part);
        // Uploads that have begun may exceed the ceiling by a quarter, as they may use three quarters of the reserve.
        let small = usage.database_bytes < self.database_bytes + if part == 1 { 0 } else { self.database_bytes / 4 };
        if enough && small { Ok(()) } else { Err(StoreError::Full.into()) }
    }

    async fn usage(&self, store: &Store) -> Result<DatabaseUsage, StoreError> {
        if let Some((at, usage)) = self.seen().as_mut() {
            if at.elapsed() < REFRESH_INTERVAL {
                return Ok(*usage);
            }
            // Other requests use the last value while this one asks, so that an unreachable database delays one request only.
            *at = Instant::now();
        }
        let usage = store.usage().await?;
        self.started.store(0, Ordering::Relaxed);
        *self.seen() = Some((Instant::now(), usage));
        Ok(usage)
    }

    /// Locks the last value. No code that holds the lock can leave it inconsistent.
    fn seen(&self) -> MutexGuard<'_, Option<(Instant, DatabaseUsage)>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
