//! Sequence numbers of a store that does not know for certain which ones it has given: it goes on far beyond them, and takes
//! what is still to be told along, so that no number is used twice and no gap is taken for events that are lost.

use rusqlite::Connection;

use super::{StoreError, mirror, salvage};

/// So far beyond the last number that is known: many times what can be stored between two writings of the mirror.
pub(super) const LEAP: u64 = 1_000_000_000;

/// Goes on beyond `known`: events that somebody is still to be told of, and all that refers to them, get numbers there, at the
/// same distances from each other. Of those the newest [`salvage::EVENTS_MAX`] are taken along; a destination that is further
/// behind counts the others as expired.
pub(super) fn leave_behind(connection: &Connection, known: u64) -> Result<(), StoreError> {
    let last = super::writer::last_sequence(connection)?;
    let told = mirror::reached(connection)?;
    let told = told.iter().map(|reached| reached.told_through).min().unwrap_or(last).min(last);
    let after = told.max(last.saturating_sub(salvage::EVENTS_MAX)) as i64;
    let shift = known.max(last).saturating_add(LEAP) as i64 - after;
    connection.execute_batch(&format!(
        "UPDATE event SET sequence = sequence + {shift} WHERE sequence > {after};
         UPDATE card SET first = first + {shift} WHERE first > {after};
         UPDATE card SET last = last + {shift} WHERE last > {after};
         UPDATE destination SET cursor = cursor + {shift}, began_after = began_after + {shift};
         UPDATE open_group SET state = json_set(state, '$.newest', (state ->> 'newest') + {shift},
             '$.oldest_held', (state ->> 'oldest_held') + {shift}) WHERE (state ->> 'newest') > {after};
         UPDATE identity SET last_sequence = last_sequence + {shift};"
    ))?;
    Ok(())
}

/// What was told once may be read and told again: posts say so from now on, until all logs are read to their end.
pub(super) fn expect_repetition(connection: &Connection) -> Result<(), StoreError> {
    connection.execute("UPDATE identity SET repeated_until = ?1", [i64::MAX])?;
    Ok(())
}
