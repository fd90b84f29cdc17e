//! `received.json` beside the sealed files.

use std::path::{Path, PathBuf};

use amanat_reviewer_core::arrival_times::{ArrivalTimes, MAX_RECEIVED_BYTES, RECEIVED};
use amanat_shared::api::Listed;

use super::PullError;
use crate::atomic_file;

/// The server's times of receipt, kept beside the sealed files over all runs.
pub(super) struct ArrivalLog {
    path: PathBuf,
    times: ArrivalTimes,
    news: usize,
}

impl ArrivalLog {
    /// Reads the file. One that cannot be read is written anew: it is a hint, and the server gives it again.
    pub(super) fn read(out: &Path) -> Self {
        let path = out.join(RECEIVED);
        let times =
            atomic_file::read_itself(&path, MAX_RECEIVED_BYTES).ok().and_then(|json| ArrivalTimes::read(&json)).unwrap_or_default();
        Self { path, times, news: 0 }
    }

    /// Remembers one.
    pub(super) fn note(&mut self, listed: &Listed) {
        self.news += usize::from(self.times.note(listed));
    }

    /// Writes it, if anything is new.
    pub(super) fn write(self) -> Result<(), PullError> {
        if self.news == 0 {
            return Ok(());
        }
        atomic_file::replace(&self.path, &self.times.to_json()).map_err(|error| PullError::Disk { path: self.path, error })
    }
}
