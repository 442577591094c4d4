//! The events of the last days, newest first, for a command that asks what would have been.

use jiff::Timestamp;
use rusqlite::params;

use super::event_row::{self, COLUMNS, Extent};
use super::view::STEP_EVENTS;
use super::{StoreError, View};
use crate::event::Event;

impl View {
    /// Gives the events that were read since then to `take`, newest first, until it says stop (false). Their details may be
    /// missing. True if it has seen all. The database is held for a step at a time.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn look_back(
        &self,
        since: Timestamp,
        take: &mut dyn FnMut(&Event<'_>) -> bool,
    ) -> Result<bool, StoreError> {
        let sql = format!("SELECT {COLUMNS} WHERE sequence < ?1 ORDER BY sequence DESC LIMIT ?2");
        let mut below = i64::MAX;
        loop {
            let mut query = self.connection.prepare_cached(&sql)?;
            let mut rows = query.query(params![below, STEP_EVENTS as i64])?;
            let before = below;
            while let Some(row) = rows.next()? {
                let event = event_row::event(row, &self.agent_host, Extent::Head);
                below = event.sequence.unwrap_or(0) as i64;
                if event.read_at < since {
                    return Ok(true);
                }
                if !take(&event) {
                    return Ok(false);
                }
            }
            if below == before {
                return Ok(true);
            }
        }
    }
}
