//! The audit journal: a copy of the audit log in a file of its own. A database that is restored from a backup learns from it
//! what was acknowledged and deleted since, before the server answers its first request.
//!
//! Each line is one [`Entry`] as JSON, ended by a line feed, in order and without a gap. Lines are only added, after the
//! database has committed their rows. The next start adds the lines that a dying process left out.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::thread;
use std::time::{Duration, Instant};

use amanat_shared::audit::{Entry, Head};

use crate::store::{Replayed, Store, StoreError, UnusableDatabase};

/// The journal picks up rows that other servers wrote to the same database at least this often.
const CATCH_UP_EVERY: Duration = Duration::from_hours(1);
/// Rows that one query reads or one transaction replays.
const PAGE_ROWS: u32 = 500;

/// A lock that somebody holds is tried again for this long. A process that is being started holds its parent's files until it runs
/// its program, so a file that was closed a moment ago may still be locked.
const LOCK_PATIENCE: Duration = Duration::from_secs(1);
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// An error of the journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process has locked the file.
    #[error("another server is using {}", .0.display())]
    InUse(PathBuf),
    /// A line that is not the last one is no entry, or does not follow the line before it.
    #[error("{} is damaged in line {line}", .path.display())]
    Damaged {
        /// The journal's file.
        path: PathBuf,
        /// The number of the line, counted from 1.
        line: u64,
    },
    /// The file cannot be read or written.
    #[error("{} cannot be used: {}", .path.display(), crate::files::io_error_text(.error))]
    File {
        /// The journal's file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// The database failed, or its log is not the journal's ([`UnusableDatabase::Fork`]).
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An open journal, locked for this process.
#[derive(Debug)]
pub struct AuditJournal {
    path: PathBuf,
    file: File,
    /// The end of the chain after the last whole line.
    head: Head,
    /// Length of the whole lines in bytes.
    length: u64,
}

impl AuditJournal {
    /// Opens or creates the file with mode 0600, and locks it for this process.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let file_error = |error| JournalError::File { path: path.to_owned(), error };
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path).map_err(file_error)?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if begun.elapsed() < LOCK_PATIENCE => thread::sleep(LOCK_PAUSE),
                Err(TryLockError::WouldBlock) => return Err(JournalError::InUse(path.to_owned())),
                Err(TryLockError::Error(error)) => return Err(file_error(error)),
            }
        }
        Ok(Self { path: path.to_owned(), file, head: Head::START, length: 0 })
    }

    /// Returns the journal's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the number of entries, which is known after [`Self::reconcile`].
    pub const fn entries(&self) -> u64 {
        self.head.seq
    }

    /// Reads the journal from its first line, replays into the database the entries that it lacks, and adds to the journal
    /// those that the journal lacks. A database with another past than the journal's is refused, and neither is changed.
    pub async fn reconcile(&mut self, store: &Store) -> Result<Replayed, JournalError> {
        let database_head = store.audit_head().await?;
        let mut replayed = Replayed::default();
        let mut missing = Vec::new();
        let mut lines = BufReader::new(self.file.try_clone().map_err(|error| self.file_error(error))?);
        lines.seek(SeekFrom::Start(0)).map_err(|error| self.file_error(error))?;
        (self.head, self.length) = (Head::START, 0);
        let mut line = Vec::new();
        loop {
            line.clear();
            let bytes = lines.read_until(b'\n', &mut line).map_err(|error| self.file_error(error))? as u64;
            // A line without its line feed was never written whole. The next append overwrites it.
            if line.last() != Some(&b'\n') {
                break;
            }
            let damaged = || JournalError::Damaged { path: self.path.clone(), line: self.head.seq + 1 };
            let entry: Entry = serde_json::from_slice(&line).map_err(|_| damaged())?;
            self.head = self.head.follow(&entry).map_err(|_| damaged())?;
            self.length += bytes;
            if self.head.seq == database_head.seq && self.head.hash != database_head.hash {
                return Err(StoreError::from(UnusableDatabase::Fork).into());
            }
            if self.head.seq > database_head.seq {
                missing.push(entry);
                if missing.len() >= PAGE_ROWS as usize {
                    replay(store, &mut missing, &mut replayed).await?;
                }
            }
        }
        replay(store, &mut missing, &mut replayed).await?;
        self.catch_up(store).await?;
        Ok(replayed)
    }

    /// Appends the database's log rows that the journal lacks, and syncs the file.
    pub async fn catch_up(&mut self, store: &Store) -> Result<(), JournalError> {
        if self.head.seq > 0 && store.audit_hash(self.head.seq).await? != Some(self.head.hash) {
            return Err(StoreError::from(UnusableDatabase::Fork).into());
        }
        loop {
            let entries = store.audit(self.head.seq, PAGE_ROWS).await?;
            if entries.is_empty() {
                return Ok(());
            }
            let (mut head, mut lines) = (self.head, Vec::new());
            for entry in &entries {
                head = head.follow(entry).map_err(|_| StoreError::from(UnusableDatabase::Fork))?;
                serde_json::to_writer(&mut lines, entry).expect("an entry is numbers and strings");
                lines.push(b'\n');
            }
            let (length, added) = (self.length, lines.len() as u64);
            let file = self.file.try_clone().map_err(|error| self.file_error(error))?;
            let written = tokio::task::spawn_blocking(move || append(file, length, &lines));
            written.await.map_err(|_| self.file_error(io::ErrorKind::Other.into()))?.map_err(|error| self.file_error(error))?;
            (self.head, self.length) = (head, self.length + added);
        }
    }

    /// Follows the database until `stop` ends, and catches up once more then.
    pub async fn run(mut self, store: Store, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        loop {
            let stopped = tokio::select! {
                () = &mut stop => true,
                () = store.audited() => false,
                () = tokio::time::sleep(CATCH_UP_EVERY) => false,
            };
            if let Err(error) = self.catch_up(&store).await {
                tracing::error!(%error, "the journal could not be written; the next attempt follows");
            }
            if stopped {
                return;
            }
        }
    }

    fn file_error(&self, error: io::Error) -> JournalError {
        JournalError::File { path: self.path.clone(), error }
    }
}

async fn replay(store: &Store, missing: &mut Vec<Entry>, sum: &mut Replayed) -> Result<(), StoreError> {
    if !missing.is_empty() {
        let done = store.replay(missing).await?;
        sum.rows += done.rows;
        sum.acknowledged += done.acknowledged;
        sum.discarded += done.discarded;
        sum.deleted += done.deleted;
        missing.clear();
    }
    Ok(())
}

/// Writes after the last whole line. It cuts off the part of a line that an earlier attempt may have left.
fn append(mut file: File, length: u64, lines: &[u8]) -> io::Result<()> {
    file.set_len(length)?;
    file.seek(SeekFrom::Start(length))?;
    file.write_all(lines)?;
    file.sync_all()
}

#[cfg(test)]
mod tests;
