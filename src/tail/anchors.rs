//! Proof that a shorter file is the beginning of one that was read, as a copy is that its log was read
//! beyond: hashes of what was read, at ends of lines that lie ever farther apart.

use std::io;

use xxhash_rust::xxh3::xxh3_64;

use super::file::{Handle, read_full};
use super::identity::Fingerprint;

/// The most anchors of a file. The last of them lies behind some gigabytes.
pub const ANCHORS_MAX: usize = 48;

/// So many lines at a file's beginning have each an anchor at its end: logs that begin with the same
/// lines of a header are told apart by the next.
const ANCHORED_LINES: usize = 16;

/// An anchor in the store: its offset and its hash.
const ANCHOR_BYTES: usize = 16;

/// The end of a line, and the bytes before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Anchor {
    offset: u64,
    /// Of as many bytes before the offset as a [`Fingerprint`] covers.
    hash: u64,
}

/// Anchors of one file, from its beginning, at most [`ANCHORS_MAX`]. No file is the beginning of one
/// that has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Anchors(Vec<Anchor>);

impl Anchors {
    /// As a store keeps them: for each its offset and its hash, 8 bytes each, the lowest first.
    pub fn to_bytes(&self) -> Vec<u8> {
        let bytes = |anchor: &Anchor| [anchor.offset.to_le_bytes(), anchor.hash.to_le_bytes()];
        self.0.iter().flat_map(bytes).flatten().collect()
    }

    /// Takes what a store kept. Of what is more than it can be, or cut off, as many as there are.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let number = |bytes: &[u8]| bytes.try_into().map(u64::from_le_bytes).ok();
        let anchor = |bytes: &[u8]| {
            let (offset, hash) = bytes.split_at_checked(ANCHOR_BYTES / 2)?;
            Some(Anchor { offset: number(offset)?, hash: number(hash)? })
        };
        Self(bytes.chunks_exact(ANCHOR_BYTES).filter_map(anchor).take(ANCHORS_MAX).collect())
    }

    /// Takes down what was read: `read` ends at `until`, and its first `lead_bytes` were read before.
    pub(super) fn extend(&mut self, read: &[u8], lead_bytes: usize, until: u64) {
        let from = until.saturating_sub(read.len() as u64);
        while self.0.len() < ANCHORS_MAX {
            // The newline lies right before the place.
            let wanted = self.next().saturating_sub(1).saturating_sub(from);
            let begin = usize::try_from(wanted).unwrap_or(usize::MAX).max(lead_bytes);
            let rest = read.get(begin..).unwrap_or_default();
            let Some(newline) = memchr::memchr(b'\n', rest) else { return };
            let end = begin.saturating_add(newline).saturating_add(1);
            let offset = from.saturating_add(end as u64);
            let last = end.saturating_sub(usize::from(Fingerprint::bytes_at(offset)));
            let hash = xxh3_64(read.get(last..end).unwrap_or_default());
            self.0.push(Anchor { offset, hash });
        }
    }

    /// The lowest offset at which the next one is wanted.
    fn next(&self) -> u64 {
        let last = self.0.last().map_or(0, |last| last.offset);
        let gap = if self.0.len() < ANCHORED_LINES { 1 } else { last / 2 };
        last.saturating_add(gap.max(1))
    }

    /// Forgets what lies behind `offset`: that was given, and will be given again.
    pub(super) fn cut(&mut self, offset: u64) {
        self.0.retain(|anchor| anchor.offset <= offset);
    }

    /// Could a file that begins with these bytes, and ends with them, be the beginning?
    pub(super) fn begin_as(&self, whole: &[u8]) -> bool {
        let last = self.last_within(whole.len() as u64);
        last.is_some_and(|last| {
            let until = usize::try_from(last.offset).unwrap_or(usize::MAX);
            whole.get(..until).is_some_and(|read| xxh3_64(read) == last.hash)
        })
    }

    /// Is a file of this size the beginning?
    pub(super) fn hold(&self, handle: &dyn Handle, size: u64) -> io::Result<bool> {
        let Some(last) = self.last_within(size) else { return Ok(false) };
        let bytes = Fingerprint::bytes_at(last.offset);
        let mut read = vec![0; usize::from(bytes)];
        let from = last.offset.saturating_sub(u64::from(bytes));
        Ok(read_full(handle, &mut read, from)? == read.len() && xxh3_64(&read) == last.hash)
    }

    fn last_within(&self, size: u64) -> Option<&Anchor> {
        self.0.iter().rev().find(|anchor| anchor.offset <= size)
    }
}

#[cfg(test)]
mod tests;
