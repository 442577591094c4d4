//! Where reading stands in the journal: a plain value that a store can keep and that outlives this process.

use super::cursor::Cursor;

/// Up to where the entries of a source are read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Position {
    /// The last entry that was read; `None` as long as there was none.
    pub cursor: Option<Cursor>,
    /// All that was written before is read, in microseconds since 1970 by the clock of this machine.
    pub read_until_us: i64,
    /// How often journalctl had to be started again because it failed.
    pub failures: u64,
}
