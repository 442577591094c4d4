//! When the reader writes the second copy of the positions, and when it has read all that may be a repetition.

use std::time::Instant;

use jiff::Timestamp;

use super::Writer;
use crate::store::StoreError;
use crate::store::mirror::{self, MIRROR_EVERY, State};
use crate::store::turn::take_turn;

/// What the second copy of the positions was made of.
#[derive(Debug, Default)]
pub(super) struct Mirrored {
    at: Option<Instant>,
    version: Option<(i64, u64)>,
    hash: Option<u64>,
}

impl Writer {
    /// Writes the second copy of the positions if something has changed and it is time for it, or if `at_once`. What is in it
    /// was committed, and is on the disk, before it is written.
    ///
    /// # Errors
    /// The store cannot be read, or the directory not be written. Nothing depends on it: it is tried again when it is time.
    pub fn mirror(&mut self, now: Timestamp, at_once: bool) -> Result<(), StoreError> {
        let time = crate::clock::monotonic();
        let due = self.mirrored.at.is_none_or(|at| time.duration_since(at) >= MIRROR_EVERY);
        if !due && !at_once {
            return Ok(());
        }
        self.mirrored.at = Some(time);
        // Changes with the commits of other connections only, so our own are counted as well.
        let version = "PRAGMA data_version";
        let others = self.connection.query_row(version, [], |row| row.get::<_, i64>(0))?;
        let version = Some((others, self.connection.total_changes()));
        if self.mirrored.version == version {
            return Ok(());
        }
        let state = State::of(&self.connection)?;
        let hash = state.hash()?;
        if self.mirrored.hash != Some(hash) {
            let _turn = self.turn.wal.in_doubt().then(|| take_turn(&self.turn));
            self.turn.wal.sync(&self.connection)?;
            mirror::write_of_sound(self.turn.wal.directory(), now, &state)?;
        }
        self.mirrored.version = version;
        self.mirrored.hash = Some(hash);
        Ok(())
    }

    /// All logs are read to their end: what is read from now on was never told before.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn caught_up(&mut self) -> Result<(), StoreError> {
        if self.repeating {
            let _turn = take_turn(&self.turn);
            let end = "UPDATE identity SET repeated_until = min(repeated_until, last_sequence)";
            self.connection.execute(end, [])?;
            self.repeating = false;
        }
        Ok(())
    }
}
