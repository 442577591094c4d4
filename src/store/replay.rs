//! Stored events once more, in the order in which they were stored, for a command that plays them. A query is a short one.

use jiff::Timestamp;

use super::event_row::{self, COLUMNS, Extent};
use super::view::{STEP_BYTES_MAX, STEP_EVENTS};
use super::{StoreError, View};
use crate::event::Event;

impl View {
    /// The next events behind the sequence number `after` that happened at or after `since`: some as long as there are any,
    /// no more than memory is asked for in one step of a search.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn events_after(
        &self,
        after: u64,
        since: Timestamp,
    ) -> Result<Vec<Event<'static>>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} WHERE sequence > ?1 AND at >= ?2 ORDER BY sequence LIMIT {STEP_EVENTS}"
        ))?;
        let mut rows = statement.query((after.cast_signed(), since.as_microsecond()))?;
        let (mut events, mut bytes) = (Vec::new(), 0);
        while bytes < STEP_BYTES_MAX
            && let Some(row) = rows.next()?
        {
            let event = event_row::event(row, &self.agent_host, Extent::Whole);
            bytes += event.raw.len();
            events.push(event.into_owned());
        }
        Ok(events)
    }
}
