//! How far a file is read, and the proof of it: hashes of what was read.

use std::io;

use super::checkpoint::Position;
use super::file::{Handle, read_full};
use super::identity::Fingerprint;

/// How far a file is read, with what is needed to know it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) generation: u64,
    pub(super) position: Position,
    pub(super) head: Fingerprint,
    pub(super) behind: Fingerprint,
}

impl Mark {
    /// Nothing is read yet.
    pub(super) fn beginning(generation: u64) -> Self {
        Self {
            generation,
            position: Position::default(),
            head: Fingerprint::default(),
            behind: Fingerprint::default(),
        }
    }

    /// Stands at `position` of an open file. `None` if the file does not reach so far.
    pub(super) fn at(
        handle: &dyn Handle,
        generation: u64,
        position: Position,
    ) -> io::Result<Option<Self>> {
        let bytes = Fingerprint::bytes_at(position.offset);
        let from = position.offset.saturating_sub(u64::from(bytes));
        let mut first = vec![0; usize::from(bytes)];
        let mut last = first.clone();
        if read_full(handle, &mut first, 0)? < first.len()
            || read_full(handle, &mut last, from)? < last.len()
        {
            return Ok(None);
        }
        let (head, behind) = (Fingerprint::of_first(&first), Fingerprint::of_last(&last));
        Ok(Some(Self { generation, position, head, behind }))
    }

    /// Does the file hold the very bytes before this place? That it begins alike is known already.
    pub(super) fn is_reached_by(&self, handle: &dyn Handle) -> io::Result<bool> {
        let mut behind = vec![0; usize::from(self.behind.bytes)];
        let from = self.position.offset.saturating_sub(behind.len() as u64);
        let read = read_full(handle, &mut behind, from)?;
        Ok(read == behind.len() && self.behind.matches(&behind))
    }
}
