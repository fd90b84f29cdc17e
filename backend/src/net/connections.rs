//! Tracks every open connection, and chooses which one to close when a new one needs its place.
//!
//! On 2G every client is slow, so progress counts and not speed. A connection is closed after [`SILENCE_TIMEOUT`] without a
//! byte, or when it has moved less than [`MIN_WINDOW_BYTES`] in [`PROGRESS_WINDOW`]. When all permits are taken, the connection
//! without progress for the longest is closed. So thousands of idle connections lock nobody out. A connection whose request the
//! server is handling is never closed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// Both directions may be silent for this long. It is longer than handlers wait for a body, so that they can still answer.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(90);
/// A connection must move this many bytes in [`PROGRESS_WINDOW`], 27 a second. A phone at the edge of 2G moves a hundred times
/// as many.
const MIN_WINDOW_BYTES: u64 = 16 * 1024;
/// See [`MIN_WINDOW_BYTES`].
const PROGRESS_WINDOW: Duration = Duration::from_mins(10);
/// This many bytes count as progress, the size of a small packet. A byte now and then is none.
const PROGRESS_BYTES: u64 = 512;
/// Number of connections that one search for candidates keeps, so that not every connection of a flood causes a search.
const CANDIDATE_BATCH: usize = 256;

const IDLE: u8 = 0;
const WAITING: u8 = 1;
const WORKING: u8 = 2;

/// All open connections.
pub(crate) struct Connections {
    since: Instant,
    registry: Mutex<Registry>,
}

#[derive(Default)]
struct Registry {
    next: u64,
    open: HashMap<u64, Tracked>,
    /// Candidates for eviction as progress time and number, the next one last. A candidate whose progress time has changed is
    /// skipped.
    candidates: Vec<(u64, u64)>,
}

/// The state that [`Connections::sweep`] keeps of one connection.
struct Tracked {
    activity: Arc<Activity>,
    window_ms: u64,
    window_bytes: u64,
}

/// The activity of one connection, shared by its streams and bodies.
pub(crate) struct Activity {
    since: Instant,
    state: AtomicU8,
    moved_bytes: AtomicU64,
    moved_ms: AtomicU64,
    progress_bytes: AtomicU64,
    progress_ms: AtomicU64,
    end: Notify,
}

/// A permit for one connection, released when it is dropped.
pub(crate) struct ConnectionPermit {
    connections: Arc<Connections>,
    number: u64,
    /// The activity that the connection reports.
    pub(crate) activity: Arc<Activity>,
}

/// The number of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConnectionCount {
    pub(crate) open: usize,
    pub(crate) idle: usize,
}

impl Connections {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { since: Instant::now(), registry: Mutex::default() })
    }

    /// Returns a permit for a new connection. When `max` are taken, another connection is closed. Returns `None` when the
    /// server is handling requests of all of them.
    pub(crate) fn acquire(self: &Arc<Self>, max: usize, now: Instant) -> Option<ConnectionPermit> {
        let mut registry = self.registry();
        while registry.open.len() >= max.max(1) {
            registry.evict_one()?;
        }
        let now_ms = millis_between(self.since, now);
        let activity = Arc::new(Activity {
            since: self.since,
            state: AtomicU8::new(IDLE),
            moved_bytes: AtomicU64::new(0),
            moved_ms: AtomicU64::new(now_ms),
            progress_bytes: AtomicU64::new(0),
            progress_ms: AtomicU64::new(now_ms),
            end: Notify::new(),
        });
        let number = registry.next;
        registry.next += 1;
        registry.open.insert(number, Tracked { activity: Arc::clone(&activity), window_ms: now_ms, window_bytes: 0 });
        Some(ConnectionPermit { connections: Arc::clone(self), number, activity })
    }

    /// Closes the connection that has made no progress for the longest.
    pub(crate) fn evict_one(&self) {
        let _ = self.registry().evict_one();
    }

    /// Closes connections that are silent or too slow.
    pub(crate) fn sweep(&self, now: Instant) {
        let now_ms = millis_between(self.since, now);
        let over = |since_ms: u64, limit: Duration| u128::from(now_ms.saturating_sub(since_ms)) >= limit.as_millis();
        let mut registry = self.registry();
        registry.open.retain(|_, tracked| {
            let moved_bytes = tracked.activity.moved_bytes.load(Ordering::Relaxed);
            if tracked.activity.state() == WORKING {
                (tracked.window_ms, tracked.window_bytes) = (now_ms, moved_bytes);
                return true;
            }
            let silent = over(tracked.activity.moved_ms.load(Ordering::Relaxed), SILENCE_TIMEOUT);
            let slow = over(tracked.window_ms, PROGRESS_WINDOW) && moved_bytes - tracked.window_bytes < MIN_WINDOW_BYTES;
            if silent || slow {
                tracked.activity.end.notify_one();
                return false;
            }
            if over(tracked.window_ms, PROGRESS_WINDOW) {
                (tracked.window_ms, tracked.window_bytes) = (now_ms, moved_bytes);
            }
            true
        });
    }

    pub(crate) fn count(&self) -> ConnectionCount {
        let registry = self.registry();
        ConnectionCount {
            open: registry.open.len(),
            idle: registry.open.values().filter(|tracked| tracked.activity.state() == IDLE).count(),
        }
    }

    /// Returns the bytes that the busiest connection has moved.
    #[cfg(test)]
    pub(crate) fn most_moved_bytes(&self) -> u64 {
        self.registry().open.values().map(|tracked| tracked.activity.moved_bytes.load(Ordering::Relaxed)).max().unwrap_or_default()
    }

    /// Locks the registry. Nothing that holds the lock can panic.
    fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    /// Closes one connection, or returns `None` if none may be closed.
    fn evict_one(&mut self) -> Option<()> {
        if let Some(number) = self.candidate() {
            return self.end(number);
        }
        self.candidates = self
            .open
            .iter()
            .filter(|(_, tracked)| tracked.activity.state() != WORKING)
            .map(|(number, tracked)| (tracked.activity.progress_ms.load(Ordering::Relaxed), *number))
            .collect();
        if self.candidates.len() > CANDIDATE_BATCH {
            self.candidates.select_nth_unstable(CANDIDATE_BATCH);
            self.candidates.truncate(CANDIDATE_BATCH);
            self.candidates.shrink_to_fit();
        }
        self.candidates.sort_unstable_by(|one, other| other.cmp(one));
        let number = self.candidate()?;
        self.end(number)
    }

    /// Returns the next candidate that has made no progress since it was found.
    fn candidate(&mut self) -> Option<u64> {
        while let Some((progress_ms, number)) = self.candidates.pop() {
            let still = self.open.get(&number).is_some_and(|tracked| {
                tracked.activity.state() != WORKING && tracked.activity.progress_ms.load(Ordering::Relaxed) == progress_ms
            });
            if still {
                return Some(number);
            }
        }
        None
    }

    fn end(&mut self, number: u64) -> Option<()> {
        self.open.remove(&number).map(|tracked| tracked.activity.end.notify_one())
    }
}

impl Activity {
    /// Records bytes that passed in either direction.
    pub(crate) fn transferred(&self, bytes: usize, now: Instant) {
        let now_ms = millis_between(self.since, now);
        let moved_bytes = self.moved_bytes.fetch_add(bytes as u64, Ordering::Relaxed) + bytes as u64;
        self.moved_ms.store(now_ms, Ordering::Relaxed);
        if moved_bytes - self.progress_bytes.load(Ordering::Relaxed) >= PROGRESS_BYTES {
            self.progress_bytes.store(moved_bytes, Ordering::Relaxed);
            self.progress_ms.store(now_ms, Ordering::Relaxed);
        }
    }

    /// Records that a whole request head has arrived and the server is handling it.
    pub(crate) fn request_started(&self, now: Instant) {
        self.progress_ms.store(millis_between(self.since, now), Ordering::Relaxed);
        self.mark_working();
    }

    /// Records that the server acts next.
    pub(crate) fn mark_working(&self) {
        self.state.store(WORKING, Ordering::Relaxed);
    }

    /// Records that the client acts next, within a request.
    pub(crate) fn mark_waiting(&self) {
        self.state.store(WAITING, Ordering::Relaxed);
    }

    /// Records that no request is under way.
    pub(crate) fn mark_idle(&self) {
        self.state.store(IDLE, Ordering::Relaxed);
    }

    /// Completes when the server closes the connection.
    pub(crate) async fn ended(&self) {
        self.end.notified().await;
    }

    fn state(&self) -> u8 {
        self.state.load(Ordering::Relaxed)
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.connections.registry().open.remove(&self.number);
    }
}

fn millis_between(since: Instant, now: Instant) -> u64 {
    u64::try_from(now.saturating_duration_since(since).as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
