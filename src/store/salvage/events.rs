//! The events that somebody is still to be told of, out of a database in which some pages cannot be read.

use rusqlite::Connection;

use super::{EVENTS_MAX, Saved, told_through_all};
use crate::store::{StoreError, rows};

/// Events that are taken together; where one of them cannot be read, each is taken alone.
pub(super) const STEP_EVENTS: u64 = 500;

/// Brings the events up to `through` over, with the numbers that they have. What cannot be read leaves a gap, which each
/// destination counts as expired and tells.
pub(super) fn keep(
    fresh: &Connection,
    old: Option<&Connection>,
    through: u64,
    saved: &mut Saved,
) -> Result<(), StoreError> {
    let first = told_through_all(fresh, through)?;
    saved.untold = through - first;
    let Some(old) = old else { return Ok(()) };
    let mut from = first.max(through.saturating_sub(EVENTS_MAX));
    while from < through {
        let to = through.min(from + STEP_EVENTS);
        let (found, whole) = rows::read(old, "event", &between(from, to));
        let alone = if whole { from..from } else { from..to };
        saved.brought += if whole { rows::write(fresh, "event", &found)? as u64 } else { 0 };
        for one in alone {
            let (found, _) = rows::read(old, "event", &between(one, one + 1));
            saved.brought += rows::write(fresh, "event", &found)? as u64;
        }
        from = to;
    }
    // Of a path that could not be brought over only the number is known, which another path may get.
    fresh.execute("UPDATE event SET path = 0 WHERE path NOT IN (SELECT id FROM path)", [])?;
    Ok(())
}

fn between(after: u64, through: u64) -> String {
    format!("sequence > {after} AND sequence <= {through} ORDER BY sequence")
}
