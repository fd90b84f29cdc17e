//! How much may be open, and how full the disk may become.

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

/// The disk is not asked more often than this, and each upload that begins counts at once.
const REFRESH_INTERVAL: Duration = Duration::from_secs(5);
const RETRY_AFTER: Duration = Duration::from_mins(2);
/// This part of all places is made free at once, so that each of a flood does not have all uploads looked at.
const FREED_PART: u64 = 32;
/// Above this part of all places, stale uploads go even before the places are taken …
const CROWDED_PART: u64 = 2;
/// … and are looked for no more often than this.
const SWEEP_INTERVAL: Duration = Duration::from_mins(1);

/// What is new needs the whole reserve free; what has begun goes on until a quarter of it is left; what ends needs only
/// room for itself.
pub struct Ceilings {
    open_uploads: u64,
    database_bytes: u64,
    reserve_bytes: u64,
    seen: Mutex<Option<(Instant, DatabaseUsage)>>,
    started: AtomicU64,
    /// When stale uploads were last looked for. Whoever makes room holds it, and the others wait.
    swept: AsyncMutex<Option<Instant>>,
}

/// How many of the places for unfinished uploads are taken.
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

    /// Whether there is room on the disk for something new.
    pub(super) async fn admit_new(&self, store: &Store) -> Result<(), LimitError> {
        self.require(&self.usage(store).await?, 1)
    }

    /// How many unfinished uploads there are.
    pub(super) async fn slots(&self, store: &Store) -> Result<UploadSlots, StoreError> {
        let uploads = self.usage(store).await?.open_uploads + self.started.load(Ordering::Relaxed);
        Ok(UploadSlots { used: uploads, total: self.open_uploads })
    }

    /// Makes room for an upload, if that is needed; which others are gone for it.
    pub(super) async fn make_room(&self, store: &Store, progress: &UploadProgress, now: i64) -> Result<Vec<UploadId>, LimitError> {
        let (full, crowded) =
            (|slots: UploadSlots| slots.used >= slots.total, |slots: UploadSlots| slots.used >= slots.total / CROWDED_PART);
        if !crowded(self.slots(store).await?) {
            return Ok(Vec::new());
        }
        let mut swept = self.swept.lock().await;
        // Somebody else may have made room meanwhile.
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
        // Counted anew, since this count is exact.
        self.started.store(0, Ordering::Relaxed);
        if let Some((_, usage)) = self.seen().as_mut() {
            usage.open_uploads = there - evicted.len() as u64;
        }
        // Those that could have made room have made progress meanwhile.
        if evicted.is_empty() && there >= slots.total { Err(LimitError::Busy(RETRY_AFTER)) } else { Ok(evicted) }
    }

    /// Forgets the progress of uploads that have ended.
    pub(super) async fn forget_ended(&self, store: &Store, progress: &UploadProgress, now: i64) -> Result<(), StoreError> {
        let unfinished: HashSet<UploadId> = store.unfinished().await?.into_iter().map(|upload| upload.id).collect();
        progress.retain(&unfinished, now - STALE_SECS);
        Ok(())
    }

    /// Whether there is room for more of what has begun.
    pub(super) async fn admit_more(&self, store: &Store) -> Result<(), LimitError> {
        self.require(&self.usage(store).await?, 4)
    }

    /// An upload begins.
    pub(super) fn started(&self) {
        self.started.fetch_add(1, Ordering::Relaxed);
    }

    fn require(&self, usage: &DatabaseUsage, part: u64) -> Result<(), LimitError> {
        let enough = usage.disk.is_none_or(|disk| disk.free_bytes >= self.reserve_bytes.min(disk.bytes / 20) / part);
        // A quarter beyond the ceiling, as the reserve below the disk's end.
        let small = usage.database_bytes < self.database_bytes + if part == 1 { 0 } else { self.database_bytes / 4 };
        if enough && small { Ok(()) } else { Err(StoreError::Full.into()) }
    }

    async fn usage(&self, store: &Store) -> Result<DatabaseUsage, StoreError> {
        if let Some((at, usage)) = self.seen().as_mut() {
            if at.elapsed() < REFRESH_INTERVAL {
                return Ok(*usage);
            }
            // Whoever comes while this one asks goes on with what is known: a database that is away holds up one.
            *at = Instant::now();
        }
        let usage = store.usage().await?;
        self.started.store(0, Ordering::Relaxed);
        *self.seen() = Some((Instant::now(), usage));
        Ok(usage)
    }

    /// Nothing between a lock and its end can leave it half done.
    fn seen(&self) -> MutexGuard<'_, Option<(Instant, DatabaseUsage)>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
