//! The progress of each unfinished upload as this server has seen it: bytes, times and the present writer. It is held in memory
//! only, because the database stores times to the hour, and nothing of an upload's origin.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::peer::Peer;
use crate::store::{UnfinishedUpload, UploadId};

/// Fewer bytes than a small packet carries are no progress, so that single bytes do not keep a slot.
const PROGRESS_BYTES: u64 = 512;

/// The progress of all uploads that this server has met.
pub(crate) struct UploadProgress {
    /// The time at which this server started, in Unix seconds.
    since: i64,
    uploads: Arc<Mutex<Uploads>>,
}

#[derive(Default)]
struct Uploads {
    next: u64,
    seen: HashMap<UploadId, Entry>,
}

struct Entry {
    seen: ProgressRecord,
    writer: Option<(u64, Arc<Notify>)>,
}

/// The progress of one upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProgressRecord {
    /// Whether the upload comes through the onion service.
    pub onion: bool,
    /// The time at which the upload began or was first seen, in Unix seconds.
    pub began: i64,
    /// Bytes received at the last step of progress, including buffered ones.
    pub bytes: u64,
    /// The time of the last step of progress, in Unix seconds.
    pub progress: i64,
    /// Orders uploads that began in the same second.
    pub number: u64,
}

/// The right to write to an upload. It ends when it is dropped or a newer writer takes over.
pub(crate) struct WriterLease {
    uploads: Arc<Mutex<Uploads>>,
    id: UploadId,
    number: u64,
    ended: Arc<Notify>,
}

impl UploadProgress {
    pub(crate) fn new(now: i64) -> Self {
        Self { since: now, uploads: Arc::default() }
    }

    /// Registers an upload that begins, or that this server meets for the first time, with this many bytes.
    pub(crate) fn register(&self, id: UploadId, peer: Option<Peer>, bytes: u64, now: i64) {
        let mut uploads = lock(&self.uploads);
        let number = uploads.number();
        let seen = ProgressRecord { onion: peer == Some(Peer::Onion), began: now, bytes, progress: now, number };
        uploads.seen.entry(id).or_insert(Entry { seen, writer: None });
    }

    /// Makes the caller the only writer, and ends the earlier one.
    pub(crate) fn write(&self, id: UploadId, peer: Option<Peer>, bytes: u64, now: i64) -> WriterLease {
        self.register(id, peer, bytes, now);
        let ended = Arc::new(Notify::new());
        let mut uploads = lock(&self.uploads);
        let number = uploads.number();
        if let Some(entry) = uploads.seen.get_mut(&id) {
            entry.end_writer();
            entry.writer = Some((number, Arc::clone(&ended)));
        }
        drop(uploads);
        WriterLease { uploads: Arc::clone(&self.uploads), id, number, ended }
    }

    /// Records how far an upload has come.
    pub(crate) fn reached(&self, id: UploadId, bytes: u64, now: i64) {
        if let Some(entry) = lock(&self.uploads).seen.get_mut(&id) {
            entry.seen.reached(bytes, now);
        }
    }

    /// Forgets an upload, and ends its writer.
    pub(crate) fn forget(&self, id: UploadId) {
        if let Some(mut entry) = lock(&self.uploads).seen.remove(&id) {
            entry.end_writer();
        }
    }

    /// Forgets uploads that have ended. Recent ones stay, because they may not be in the database yet.
    pub(super) fn retain(&self, unfinished: &HashSet<UploadId>, began_after: i64) {
        let mut uploads = lock(&self.uploads);
        uploads.seen.retain(|id, entry| entry.writer.is_some() || entry.seen.began > began_after || unfinished.contains(id));
        uploads.seen.shrink_to_fit();
    }

    /// Returns the progress of an upload that the database shows. Progress from before this server's start, or through another
    /// server, is known to the hour only. From then on each observation records it.
    pub(super) fn observe(&self, upload: &UnfinishedUpload, now: i64) -> ProgressRecord {
        let first = upload.hour.max(self.since).min(now);
        let unknown = ProgressRecord { onion: false, began: first, bytes: upload.received, progress: first, number: 0 };
        let mut uploads = lock(&self.uploads);
        let entry = uploads.seen.entry(upload.id).or_insert(Entry { seen: unknown, writer: None });
        entry.seen.reached(upload.received, now);
        entry.seen
    }

    /// Returns how many uploads have a writer.
    #[cfg(test)]
    pub(crate) fn writers(&self) -> usize {
        lock(&self.uploads).seen.values().filter(|entry| entry.writer.is_some()).count()
    }

    /// Returns the number of the newest writer.
    #[cfg(test)]
    pub(crate) fn newest_writer(&self) -> Option<u64> {
        lock(&self.uploads).seen.values().filter_map(|entry| entry.writer.as_ref().map(|(number, _)| *number)).max()
    }
}

impl Uploads {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

impl ProgressRecord {
    fn reached(&mut self, bytes: u64, now: i64) {
        if bytes >= self.bytes + PROGRESS_BYTES {
            (self.bytes, self.progress) = (bytes, now);
        }
    }
}

impl Entry {
    fn end_writer(&mut self) {
        if let Some((_, ended)) = self.writer.take() {
            ended.notify_one();
        }
    }
}

impl WriterLease {
    /// Returns a notification of the lease's end.
    pub(crate) fn ended(&self) -> Arc<Notify> {
        Arc::clone(&self.ended)
    }
}

impl Drop for WriterLease {
    fn drop(&mut self) {
        if let Some(entry) = lock(&self.uploads).seen.get_mut(&self.id)
            && entry.writer.as_ref().is_some_and(|(number, _)| *number == self.number)
        {
            entry.writer = None;
        }
    }
}

/// Locks the uploads. No code that holds the lock can leave them inconsistent.
fn lock(uploads: &Mutex<Uploads>) -> MutexGuard<'_, Uploads> {
    uploads.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: UploadId = UploadId([1; 16]);

    #[test]
    fn fewer_than_512_new_bytes_are_no_progress() {
        let progress = UploadProgress::new(50);
        progress.register(ID, Some(Peer::Onion), 0, 100);
        for (bytes, now, expected) in
            [(511, 110, (0, 100)), (512, 120, (512, 120)), (300, 130, (512, 120)), (1024, 140, (1024, 140))]
        {
            progress.reached(ID, bytes, now);
            let seen = progress.observe(&UnfinishedUpload { id: ID, length: 5000, received: 0, hour: 0 }, now);
            assert_eq!((seen.bytes, seen.progress, seen.began, seen.onion), (expected.0, expected.1, 100, true), "{bytes}");
        }
    }

    #[test]
    fn an_upload_older_than_the_server_counts_from_the_servers_start() {
        let progress = UploadProgress::new(7300);
        let upload = |received, hour| UnfinishedUpload { id: ID, length: 50_000, received, hour };
        let seen = |received, hour, now| {
            let seen = progress.observe(&upload(received, hour), now);
            (seen.began, seen.bytes, seen.progress)
        };
        assert_eq!(seen(0, 7200, 7900), (7300, 0, 7300));
        assert_eq!(seen(100, 7200, 8000), (7300, 0, 7300), "a few bytes");
        assert_eq!(seen(20_000, 7200, 8100), (7300, 20_000, 8100));
        progress.forget(ID);
        assert_eq!(seen(20_000, 10_800, 10_900), (10_800, 20_000, 10_800));
    }

    #[tokio::test]
    async fn a_newer_writer_ends_the_older_one() {
        let progress = UploadProgress::new(50);
        let older = progress.write(ID, None, 0, 100);
        let newer = progress.write(ID, None, 0, 100);
        older.ended().notified().await;
        drop(older);
        let newest = progress.write(ID, None, 0, 100);
        newer.ended().notified().await;
        progress.forget(ID);
        newest.ended().notified().await;
    }

    #[test]
    fn ended_uploads_are_forgotten_unless_they_have_a_writer() {
        let progress = UploadProgress::new(50);
        for number in 1..=4 {
            progress.register(UploadId([number; 16]), None, 0, i64::from(number));
        }
        let _writer = progress.write(UploadId([2; 16]), None, 0, 2);
        progress.retain(&HashSet::from([UploadId([3; 16])]), 3);
        let left: HashSet<u8> = lock(&progress.uploads).seen.keys().map(|id| id.0[0]).collect();
        assert_eq!(left, HashSet::from([2, 3, 4]));
    }
}
