//! The memory into which all files are read, one window at a time. It keeps nothing between two
//! windows, so it is bounded whatever the number of files.

use std::io;

use super::file::{Handle, read_full};

/// The usual size of a window. A longer line or record makes it grow, for that window.
pub(super) const WINDOW_BYTES: usize = 256 * 1024;

/// The largest size of a window: a record of the longest kind (4 MiB) and a cut line behind it.
pub const WINDOW_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The reader's memory. One serves all files.
#[derive(Debug, Default)]
pub struct Buffer {
    bytes: Vec<u8>,
    filled: usize,
}

impl Buffer {
    /// An empty one. It takes its memory at the first read.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes room for `bytes` and forgets what was in it.
    pub(super) fn begin(&mut self, bytes: usize) {
        self.filled = 0;
        self.bytes.resize(bytes, 0);
        self.bytes.shrink_to(bytes.saturating_mul(2));
    }

    /// Makes room for `bytes` and keeps what is in it.
    pub(super) fn grow(&mut self, bytes: usize) {
        self.bytes.resize(bytes.max(self.filled), 0);
    }

    /// Reads what lies in `handle` at `offset` behind what is in it. Says whether the file ended.
    pub(super) fn fill(&mut self, handle: &dyn Handle, offset: u64) -> io::Result<bool> {
        let at = offset.saturating_add(self.filled as u64);
        let space = self.bytes.get_mut(self.filled..).unwrap_or_default();
        let read = read_full(handle, space, at)?;
        let ended = read < space.len();
        self.filled = self.filled.saturating_add(read);
        Ok(ended)
    }

    /// What was read.
    pub(super) fn filled(&self) -> &[u8] {
        self.bytes.get(..self.filled).unwrap_or_default()
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }
}
