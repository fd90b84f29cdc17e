//! Beginnings of files whose header has not come whole. They live in memory only, and in little of it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::store::UploadId;

const MOST: usize = 4096;
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Beginnings, oldest first. When there are too many, the oldest is forgotten, and its upload begins again.
#[derive(Default)]
pub struct Pending(Mutex<Beginnings>);

#[derive(Default)]
struct Beginnings {
    queue: VecDeque<(UploadId, Vec<u8>)>,
    bytes: usize,
}

impl Beginnings {
    fn remove(&mut self, id: UploadId) {
        if let Some(at) = self.queue.iter().position(|(other, _)| *other == id)
            && let Some((_, other)) = self.queue.remove(at)
        {
            self.bytes -= other.len();
        }
    }
}

impl Pending {
    /// How much of an upload waits here.
    pub(crate) fn bytes(&self, id: UploadId) -> u64 {
        self.lock().queue.iter().find(|(other, _)| *other == id).map_or(0, |(_, bytes)| bytes.len() as u64)
    }

    /// Takes a beginning of exactly this length out.
    pub(super) fn take(&self, id: UploadId, bytes: u64) -> Option<Vec<u8>> {
        let mut beginnings = self.lock();
        let at = beginnings.queue.iter().position(|(other, _)| *other == id)?;
        if beginnings.queue[at].1.len() as u64 != bytes {
            return None;
        }
        let (_, taken) = beginnings.queue.remove(at)?;
        beginnings.bytes -= taken.len();
        Some(taken)
    }

    /// Forgets a beginning, if there is one.
    pub(crate) fn forget(&self, id: UploadId) {
        self.lock().remove(id);
    }

    /// Keeps a beginning. Where two writers had the same upload, the later one counts.
    pub(super) fn keep(&self, id: UploadId, bytes: Vec<u8>) {
        let mut beginnings = self.lock();
        beginnings.remove(id);
        beginnings.bytes += bytes.len();
        beginnings.queue.push_back((id, bytes));
        while beginnings.queue.len() > MOST || beginnings.bytes > MOST_BYTES {
            let Some((_, oldest)) = beginnings.queue.pop_front() else { break };
            beginnings.bytes -= oldest.len();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Beginnings> {
        // Nothing between a lock and its end can leave it half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> UploadId {
        UploadId((number as u128).to_be_bytes())
    }

    #[test]
    fn a_beginning_is_given_to_who_knows_its_length() {
        let pending = Pending::default();
        pending.keep(id(1), vec![7; 10]);
        assert_eq!((pending.bytes(id(1)), pending.bytes(id(2))), (10, 0));
        assert_eq!(pending.take(id(1), 9), None);
        assert_eq!(pending.take(id(1), 10), Some(vec![7; 10]));
        assert_eq!(pending.take(id(1), 10), None);
    }

    #[test]
    fn the_oldest_are_forgotten_when_there_are_too_many() {
        let pending = Pending::default();
        for number in 0..=MOST {
            pending.keep(id(number), vec![0]);
        }
        assert_eq!((pending.bytes(id(0)), pending.bytes(id(1))), (0, 1));
        let long = MOST_BYTES / 32;
        for number in 0..33 {
            pending.keep(id(MOST + 1 + number), vec![0; long]);
        }
        assert_eq!((pending.bytes(id(MOST)), pending.bytes(id(MOST + 1)), pending.bytes(id(MOST + 2))), (0, 0, long as u64));
    }
}
