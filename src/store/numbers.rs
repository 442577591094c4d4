//! Sequence numbers of a store that does not know for certain which ones it has given: it goes on far beyond them, and takes
//! what is still to be told along, so that no number is used twice and no gap is taken for events that are lost.

use rusqlite::Connection;

use super::{StoreError, mirror};

/// So far beyond the last number that is known: many times what can be stored between two writings of the mirror.
pub(super) const LEAP: u64 = 1_000_000_000;

/// The most events that are renumbered; what is older keeps its number, and a destination that is so far behind counts the
/// leap as expired.
const RENUMBERED_MAX: u64 = 1_000_000;

/// Goes on beyond `known`: events that somebody is still to be told of, and all that refers to them, get numbers there, at the
/// same distances from each other.
pub(super) fn leave_behind(connection: &Connection, known: u64) -> Result<(), StoreError> {
    let last = super::writer::last_sequence(connection)?;
    let told = mirror::reached(connection)?;
    let told = told.iter().map(|reached| reached.told_through).min().unwrap_or(last).min(last);
    let after = told.max(last.saturating_sub(RENUMBERED_MAX)) as i64;
    let shift = known.max(last).saturating_add(LEAP) as i64 - after;
    for update in [
        "UPDATE event SET sequence = sequence + ?2 WHERE sequence > ?1",
        "UPDATE card SET first = first + ?2 WHERE first > ?1",
        "UPDATE card SET last = last + ?2 WHERE last > ?1",
        "UPDATE destination SET cursor = cursor + ?2, began_after = began_after + ?2 WHERE cursor >= ?1",
        "UPDATE open_group SET state = json_set(state, '$.newest', (state ->> 'newest') + ?2, \
         '$.oldest_held', (state ->> 'oldest_held') + ?2) WHERE (state ->> 'newest') > ?1",
        "UPDATE identity SET last_sequence = max(last_sequence, ?1) + ?2",
    ] {
        connection.execute(update, [after, shift])?;
    }
    Ok(())
}

/// What was told once may be read and told again: posts say so from now on, until all logs are read to their end.
pub(super) fn expect_repetition(connection: &Connection) -> Result<(), StoreError> {
    connection.execute("UPDATE identity SET repeated_until = ?1", [i64::MAX])?;
    Ok(())
}
