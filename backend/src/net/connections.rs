//! Every open connection, what it is at, and which of them ends when there is no room for a new one.
//!
//! Slow is not bad: on 2G everybody is slow. What is counted is progress. A connection ends when it has been silent for
//! [`SILENCE`], or has moved less than [`LEAST_BYTES`] in [`WINDOW`]; and when all places are taken, whoever has made no
//! progress for the longest makes room. So thousands of idle connections lock nobody out. A request that the server itself
//! is at is never ended.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// So long may both directions be silent. Longer than handlers wait for a body, so that they can still say so.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(90);
/// So many bytes have to pass in [`WINDOW`], 27 a second: a phone at the edge of 2G takes a hundred times that.
const MIN_WINDOW_BYTES: u64 = 16 * 1024;
/// See [`LEAST_BYTES`].
const PROGRESS_WINDOW: Duration = Duration::from_mins(10);
/// What counts as progress when room is needed, the size of a small packet: a byte now and then is none.
const PROGRESS_BYTES: u64 = 512;
/// How many that could make room are looked for at once, so that each of a flood does not look at all of them.
const CANDIDATE_BATCH: usize = 256;

const IDLE: u8 = 0;
const WAITING: u8 = 1;
const WORKING: u8 = 2;

/// All that are open.
pub(crate) struct Connections {
    since: Instant,
    registry: Mutex<Registry>,
}

#[derive(Default)]
struct Registry {
    next: u64,
    open: HashMap<u64, Tracked>,
    /// The last one first, each with its progress when it was found: if that has changed, it is none any more.
    candidates: Vec<(u64, u64)>,
}

/// What [`Connections::sweep`] remembers of one.
struct Tracked {
    activity: Arc<Activity>,
    window_ms: u64,
    window_bytes: u64,
}

/// What one connection is at.
pub(crate) struct Activity {
    since: Instant,
    state: AtomicU8,
    moved_bytes: AtomicU64,
    moved_ms: AtomicU64,
    progress_bytes: AtomicU64,
    progress_ms: AtomicU64,
    end: Notify,
}

/// A place among the connections, given back when it is dropped.
pub(crate) struct ConnectionPermit {
    connections: Arc<Connections>,
    number: u64,
    /// What its holder tells about itself.
    pub(crate) activity: Arc<Activity>,
}

/// How many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConnectionCount {
    pub(crate) open: usize,
    pub(crate) idle: usize,
}

impl Connections {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { since: Instant::now(), registry: Mutex::default() })
    }

    /// A place for a new connection. When `most` are taken, another one ends; there is none when the server is at work for
    /// all of them.
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

    /// Ends the one that has made no progress for the longest.
    pub(crate) fn evict_one(&self) {
        let _ = self.registry().evict_one();
    }

    /// Ends those that are silent, or next to it.
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

    /// What the busiest has moved.
    #[cfg(test)]
    pub(crate) fn most_moved_bytes(&self) -> u64 {
        self.registry().open.values().map(|tracked| tracked.activity.moved_bytes.load(Ordering::Relaxed)).max().unwrap_or_default()
    }

    /// Nothing that holds this lock can panic half-way.
    fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    /// `None` when nobody can be asked to go.
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

    /// The next one that has moved nothing since it was found.
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
    /// So many bytes passed, in either direction.
    pub(crate) fn transferred(&self, bytes: usize, now: Instant) {
        let now_ms = millis_between(self.since, now);
        let moved_bytes = self.moved_bytes.fetch_add(bytes as u64, Ordering::Relaxed) + bytes as u64;
        self.moved_ms.store(now_ms, Ordering::Relaxed);
        if moved_bytes - self.progress_bytes.load(Ordering::Relaxed) >= PROGRESS_BYTES {
            self.progress_bytes.store(moved_bytes, Ordering::Relaxed);
            self.progress_ms.store(now_ms, Ordering::Relaxed);
        }
    }

    /// A whole head has come; the server is at work.
    pub(crate) fn request_started(&self, now: Instant) {
        self.progress_ms.store(millis_between(self.since, now), Ordering::Relaxed);
        self.mark_working();
    }

    /// The next move is the server's.
    pub(crate) fn mark_working(&self) {
        self.state.store(WORKING, Ordering::Relaxed);
    }

    /// In the middle of a request, and the next move is the other end's.
    pub(crate) fn mark_waiting(&self) {
        self.state.store(WAITING, Ordering::Relaxed);
    }

    /// No request is under way.
    pub(crate) fn mark_idle(&self) {
        self.state.store(IDLE, Ordering::Relaxed);
    }

    /// Ends when the connection is to end.
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
