//! When what the reader committed comes to the disk, and when the write-ahead log is copied into the database.

use std::time::{Duration, Instant};

use super::{CHECKPOINT_PAGES, StoreError, Writer, take_turn};

/// What was committed is on the disk after this time at the latest.
const SYNC_EVERY: Duration = Duration::from_secs(1);

impl Writer {
    /// Brings what is committed to the disk if it is time for it, or if `at_once`; copies a long log into the database.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn sync(&mut self, at_once: bool) -> Result<(), StoreError> {
        let Some(due) = self.sync_due() else { return Ok(()) };
        let long = self.pages_to_copy()? >= CHECKPOINT_PAGES;
        if !(at_once || long || due <= crate::clock::monotonic()) {
            return Ok(());
        }
        // A plain sync is nobody else's business.
        let _turn = (long || self.turn.wal.in_doubt()).then(|| take_turn(&self.turn));
        self.turn.wal.sync(&self.connection)?;
        self.unsynced_since = None;
        if long {
            // Not by SQLite itself after a commit: it would sync the log first and keep to itself that this failed. Whoever
            // reads stays undisturbed; what is left over for their sake is copied the next time.
            self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
        }
        Ok(())
    }

    /// When [`Writer::sync`] has to be called next.
    pub fn sync_due(&self) -> Option<Instant> {
        self.unsynced_since.map(|since| since + SYNC_EVERY)
    }

    /// Pages of the write-ahead log, if not all of them are in the database.
    fn pages_to_copy(&self) -> Result<u32, StoreError> {
        let mut query = self.connection.prepare_cached("PRAGMA wal_checkpoint(NOOP)")?;
        let (all, copied): (i64, i64) =
            query.query_row([], |row| Ok((row.get(1)?, row.get(2)?)))?;
        Ok(if all > copied { u32::try_from(all).unwrap_or(0) } else { 0 })
    }
}
