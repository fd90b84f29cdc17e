//! A bounded buffer in memory for the first bytes of files whose header has not arrived whole.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::store::UploadId;

const MAX_BEGINNINGS: usize = 4096;
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Buffered beginnings, oldest first. When there are too many, the oldest is dropped, and its upload begins again.
#[derive(Default)]
pub struct HeaderBuffer(Mutex<Buffered>);

#[derive(Default)]
struct Buffered {
    queue: VecDeque<(UploadId, Vec<u8>)>,
    bytes: usize,
}

impl Buffered {
    fn remove(&mut self, id: UploadId) {
        if let Some(at) = self.queue.iter().position(|(other, _)| *other == id)
            && let Some((_, other)) = self.queue.remove(at)
        {
            self.bytes -= other.len();
        }
    }
}

impl HeaderBuffer {
    /// Returns how many bytes of an upload are buffered.
    pub(crate) fn bytes(&self, id: UploadId) -> u64 {
        self.lock().queue.iter().find(|(other, _)| *other == id).map_or(0, |(_, bytes)| bytes.len() as u64)
    }

    /// Removes and returns a beginning of exactly this length.
    pub(super) fn take(&self, id: UploadId, bytes: u64) -> Option<Vec<u8>> {
        let mut buffered = self.lock();
        let at = buffered.queue.iter().position(|(other, _)| *other == id)?;
        if buffered.queue[at].1.len() as u64 != bytes {
            return None;
        }
        let (_, taken) = buffered.queue.remove(at)?;
        buffered.bytes -= taken.len();
        Some(taken)
    }

    /// Drops a beginning, if there is one.
    pub(crate) fn forget(&self, id: UploadId) {
        self.lock().remove(id);
    }

    /// Buffers a beginning. It replaces that of an earlier writer of the same upload.
    pub(super) fn keep(&self, id: UploadId, bytes: Vec<u8>) {
        let mut buffered = self.lock();
        buffered.remove(id);
        buffered.bytes += bytes.len();
        buffered.queue.push_back((id, bytes));
        while buffered.queue.len() > MAX_BEGINNINGS || buffered.bytes > MAX_BYTES {
            let Some((_, oldest)) = buffered.queue.pop_front() else { break };
            buffered.bytes -= oldest.len();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Buffered> {
        // No code that holds the lock can leave the buffer inconsistent.
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
    fn a_beginning_is_returned_only_for_its_exact_length() {
        let buffer = HeaderBuffer::default();
        buffer.keep(id(1), vec![7; 10]);
        assert_eq!((buffer.bytes(id(1)), buffer.bytes(id(2))), (10, 0));
        assert_eq!(buffer.take(id(1), 9), None);
        assert_eq!(buffer.take(id(1), 10), Some(vec![7; 10]));
        assert_eq!(buffer.take(id(1), 10), None);
    }

    #[test]
    fn the_oldest_beginnings_are_dropped_when_there_are_too_many() {
        let buffer = HeaderBuffer::default();
        for number in 0..=MAX_BEGINNINGS {
            buffer.keep(id(number), vec![0]);
        }
        assert_eq!((buffer.bytes(id(0)), buffer.bytes(id(1))), (0, 1));
        let long = MAX_BYTES / 32;
        for number in 0..33 {
            buffer.keep(id(MAX_BEGINNINGS + 1 + number), vec![0; long]);
        }
        assert_eq!(
            (buffer.bytes(id(MAX_BEGINNINGS)), buffer.bytes(id(MAX_BEGINNINGS + 1)), buffer.bytes(id(MAX_BEGINNINGS + 2))),
            (0, 0, long as u64)
        );
    }
}
