//! The journal: a copy of the log of what was done, in a file of its own. A database that is restored from a backup learns
//! from it what was deleted and acknowledged since, before the server answers its first request.
//!
//! Each line is one [`Entry`] as JSON, ended by a line feed, in order and without a gap from the first on. Lines are only
//! added, after the database has committed their rows; what a dying process left out is added at the next start.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;

use amanat_shared::audit::{Entry, Head};

use crate::store::{Replayed, Store, StoreError, UnusableDatabase};

/// Rows of other servers on the same database come in at least this often.
const CATCH_UP_EVERY: Duration = Duration::from_hours(1);
/// Rows that are read, or done again, at once.
const PAGE_ROWS: u32 = 500;

/// Why there is no journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process holds it.
    #[error("another server is using {}", .0.display())]
    InUse(PathBuf),
    /// A line of it, which is not the last, is no entry or does not follow.
    #[error("{} is damaged in line {line}", .path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
    },
    /// The file cannot be read or written.
    #[error("{} cannot be used: {}", .path.display(), crate::files::io_error_text(.error))]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The database failed, or [`Unfit::Fork`]: its log is not the journal's.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An open journal, which nobody else can open.
#[derive(Debug)]
pub struct AuditJournal {
    path: PathBuf,
    file: File,
    /// After its last whole line.
    head: Head,
    /// Bytes of its whole lines.
    length: u64,
}

impl AuditJournal {
    /// Opens or makes the file, for its owner only, and takes it for this process.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let file_error = |error| JournalError::File { path: path.to_owned(), error };
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path).map_err(file_error)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(JournalError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(file_error(error)),
        }
        Ok(Self { path: path.to_owned(), file, head: Head::START, length: 0 })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many entries it holds; known after [`Self::reconcile`].
    pub const fn entries(&self) -> u64 {
        self.head.seq
    }

    /// Reads the journal from its first line, lets the database do again what it has not seen, and adds to the journal what
    /// it has not. A database with another past than the journal's is refused, and neither is changed.
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
            // Without its end it was never written to the end; it goes when the next one is added.
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

    /// Adds what the database's log holds beyond the journal, as far as the disk.
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

    /// Keeps up with the database until `stop` ends, and once more then.
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

/// Writes behind the last whole line; half of one, which an earlier attempt may have left there, goes.
fn append(mut file: File, length: u64, lines: &[u8]) -> io::Result<()> {
    file.set_len(length)?;
    file.seek(SeekFrom::Start(length))?;
    file.write_all(lines)?;
    file.sync_all()
}

#[cfg(test)]
mod tests;
