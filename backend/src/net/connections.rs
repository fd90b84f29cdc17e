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
const SILENCE: Duration = Duration::from_secs(90);
/// So many bytes have to pass in [`WINDOW`], 27 a second: a phone at the edge of 2G takes a hundred times that.
const LEAST_BYTES: u64 = 16 * 1024;
/// See [`LEAST_BYTES`].
const WINDOW: Duration = Duration::from_mins(10);
/// What counts as progress when room is needed, the size of a small packet: a byte now and then is none.
const STEP_BYTES: u64 = 512;
/// How many that could make room are looked for at once, so that each of a flood does not look at all of them.
const CANDIDATES: usize = 256;

const IDLE: u8 = 0;
const WAITING: u8 = 1;
const WORKING: u8 = 2;

/// All that are open.
pub(crate) struct Connections {
    since: Instant,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    next: u64,
    open: HashMap<u64, Watch>,
    /// The last one first, each with its progress when it was found: if that has changed, it is none any more.
    candidates: Vec<(u64, u64)>,
}

/// What [`Connections::sweep`] remembers of one.
struct Watch {
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
pub(crate) struct Place {
    connections: Arc<Connections>,
    number: u64,
    /// What its holder tells about itself.
    pub(crate) activity: Arc<Activity>,
}

/// How many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) open: usize,
    pub(crate) idle: usize,
}

impl Connections {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { since: Instant::now(), inner: Mutex::default() })
    }

    /// A place for a new connection. When `most` are taken, another one ends; there is none when the server is at work for
    /// all of them.
    pub(crate) fn enter(self: &Arc<Self>, most: usize, now: Instant) -> Option<Place> {
        let mut inner = self.inner();
        while inner.open.len() >= most.max(1) {
            inner.make_room()?;
        }
        let now_ms = millis(self.since, now);
        let activity = Arc::new(Activity {
            since: self.since,
            state: AtomicU8::new(IDLE),
            moved_bytes: AtomicU64::new(0),
            moved_ms: AtomicU64::new(now_ms),
            progress_bytes: AtomicU64::new(0),
            progress_ms: AtomicU64::new(now_ms),
            end: Notify::new(),
        });
        let number = inner.next;
        inner.next += 1;
        inner.open.insert(number, Watch { activity: Arc::clone(&activity), window_ms: now_ms, window_bytes: 0 });
        Some(Place { connections: Arc::clone(self), number, activity })
    }

    /// Ends the one that has made no progress for the longest.
    pub(crate) fn make_room(&self) {
        let _ = self.inner().make_room();
    }

    /// Ends those that are silent, or next to it.
    pub(crate) fn sweep(&self, now: Instant) {
        let now_ms = millis(self.since, now);
        let over = |since_ms: u64, limit: Duration| u128::from(now_ms.saturating_sub(since_ms)) >= limit.as_millis();
        let mut inner = self.inner();
        inner.open.retain(|_, watch| {
            let moved_bytes = watch.activity.moved_bytes.load(Ordering::Relaxed);
            if watch.activity.state() == WORKING {
                (watch.window_ms, watch.window_bytes) = (now_ms, moved_bytes);
                return true;
            }
            let silent = over(watch.activity.moved_ms.load(Ordering::Relaxed), SILENCE);
            let crawls = over(watch.window_ms, WINDOW) && moved_bytes - watch.window_bytes < LEAST_BYTES;
            if silent || crawls {
                watch.activity.end.notify_one();
                return false;
            }
            if over(watch.window_ms, WINDOW) {
                (watch.window_ms, watch.window_bytes) = (now_ms, moved_bytes);
            }
            true
        });
    }

    pub(crate) fn count(&self) -> Count {
        let inner = self.inner();
        Count { open: inner.open.len(), idle: inner.open.values().filter(|watch| watch.activity.state() == IDLE).count() }
    }

    /// What the busiest has moved.
    #[cfg(test)]
    pub(crate) fn most_moved_bytes(&self) -> u64 {
        self.inner().open.values().map(|watch| watch.activity.moved_bytes.load(Ordering::Relaxed)).max().unwrap_or_default()
    }

    /// Nothing that holds this lock can panic half-way.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// `None` when nobody can be asked to go.
    fn make_room(&mut self) -> Option<()> {
        if let Some(number) = self.candidate() {
            return self.end(number);
        }
        self.candidates = self
            .open
            .iter()
            .filter(|(_, watch)| watch.activity.state() != WORKING)
            .map(|(number, watch)| (watch.activity.progress_ms.load(Ordering::Relaxed), *number))
            .collect();
        if self.candidates.len() > CANDIDATES {
            self.candidates.select_nth_unstable(CANDIDATES);
            self.candidates.truncate(CANDIDATES);
            self.candidates.shrink_to_fit();
        }
        self.candidates.sort_unstable_by(|one, other| other.cmp(one));
        let number = self.candidate()?;
        self.end(number)
    }

    /// The next one that has moved nothing since it was found.
    fn candidate(&mut self) -> Option<u64> {
        while let Some((progress_ms, number)) = self.candidates.pop() {
            let still = self.open.get(&number).is_some_and(|watch| {
                watch.activity.state() != WORKING && watch.activity.progress_ms.load(Ordering::Relaxed) == progress_ms
            });
            if still {
                return Some(number);
            }
        }
        None
    }

    fn end(&mut self, number: u64) -> Option<()> {
        self.open.remove(&number).map(|watch| watch.activity.end.notify_one())
    }
}

impl Activity {
    /// So many bytes passed, in either direction.
    pub(crate) fn moved(&self, bytes: usize, now: Instant) {
        let now_ms = millis(self.since, now);
        let moved_bytes = self.moved_bytes.fetch_add(bytes as u64, Ordering::Relaxed) + bytes as u64;
        self.moved_ms.store(now_ms, Ordering::Relaxed);
        if moved_bytes - self.progress_bytes.load(Ordering::Relaxed) >= STEP_BYTES {
            self.progress_bytes.store(moved_bytes, Ordering::Relaxed);
            self.progress_ms.store(now_ms, Ordering::Relaxed);
        }
    }

    /// A whole head has come; the server is at work.
    pub(crate) fn asked(&self, now: Instant) {
        self.progress_ms.store(millis(self.since, now), Ordering::Relaxed);
        self.working();
    }

    /// The next move is the server's.
    pub(crate) fn working(&self) {
        self.state.store(WORKING, Ordering::Relaxed);
    }

    /// In the middle of a request, and the next move is the other end's.
    pub(crate) fn waiting(&self) {
        self.state.store(WAITING, Ordering::Relaxed);
    }

    /// No request is under way.
    pub(crate) fn idle(&self) {
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

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.inner().open.remove(&self.number);
    }
}

fn millis(since: Instant, now: Instant) -> u64 {
    u64::try_from(now.saturating_duration_since(since).as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
