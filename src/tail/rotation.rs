//! Decisions about files that grow, shrink and are moved away, from metadata alone. Pure.

use std::time::{Duration, Instant};

/// How long a file that was renamed away is kept after it last grew: its writer may go on in it
/// until it is told to reopen.
pub const ROTATE_WAIT: Duration = Duration::from_secs(5);

/// The same, where no other file took the path's place and got a byte: the writer was not told.
pub const ABANDONED_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a file must not grow until a record that could go on is taken as complete.
pub const QUIET_WAIT: Duration = Duration::from_secs(2);

/// The most rotated files of one log that are open at once when rotations were missed. Further ones
/// follow when these are read, and the log itself after them.
pub const MISSED_MAX: usize = 100;

/// What became of a file's content between two looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// As long as it was.
    Same,
    /// Longer.
    Grown,
    /// Shorter than what was read of it.
    Truncated {
        /// Bytes that were seen, not read, and are gone.
        lost_bytes_at_least: u64,
    },
}

/// Compares what a file held (`known_bytes`, of which `offset` are read) with what it holds now. One
/// that shrank and still reaches the offset is taken as the same: its next read tells by content.
pub(super) fn change(known_bytes: u64, offset: u64, bytes: u64) -> Change {
    if bytes < offset {
        Change::Truncated { lost_bytes_at_least: known_bytes.saturating_sub(offset) }
    } else if bytes > known_bytes {
        Change::Grown
    } else {
        Change::Same
    }
}

/// What is known of a file that no path of a source leads to any more, and that is read to its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moved {
    /// When it last grew, or was found to have moved.
    pub(super) grew_at: Instant,
    /// No name leads to it.
    pub(super) deleted: bool,
    /// A later file of the same path holds bytes.
    pub(super) superseded: bool,
}

/// Can it be let go?
pub(super) fn expires(moved: Moved, now: Instant) -> bool {
    let wait = if moved.deleted || moved.superseded { ROTATE_WAIT } else { ABANDONED_WAIT };
    now.saturating_duration_since(moved.grew_at) >= wait
}

#[cfg(test)]
mod tests;
