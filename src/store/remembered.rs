//! What the store remembers of a destination, read only: for the sender that takes it up, and for the salvage of a damaged
//! database.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _};

use super::json::from_json;
use super::{Attempt, StoreError};
use crate::health::Health;
use crate::triage::{Group, Reminded};

/// What the store remembers of a destination.
#[derive(Debug)]
pub struct Restored {
    /// Events up to this one are read.
    pub cursor: u64,
    /// Open groups by their key.
    pub groups: BTreeMap<String, Group>,
    /// When muted critical alerts were told; a damaged database is not asked for it.
    pub reminded: Reminded,
    /// Health.
    pub health: Health,
    /// The attempt that has no final answer.
    pub attempt: Option<Attempt>,
}

/// Reads it.
///
/// # Errors
/// The database cannot be read, or holds what this program did not write.
pub(super) fn remembered(connection: &Connection, name: &str) -> Result<Restored, StoreError> {
    let (cursor, health) = connection.query_row(
        "SELECT cursor, health FROM destination WHERE name = ?1",
        [name],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)),
    )?;
    let mut query =
        connection.prepare_cached("SELECT key, state FROM open_group WHERE destination = ?1")?;
    let mut rows = query.query([name])?;
    let mut groups = BTreeMap::new();
    while let Some(row) = rows.next()? {
        groups.insert(row.get(0)?, from_json(&row.get::<_, String>(1)?, "an open group")?);
    }
    Ok(Restored {
        cursor: cursor as u64,
        groups,
        reminded: Reminded::new(),
        health: from_json(&health, "a destination's health")?,
        attempt: open_attempt(connection, name)?,
    })
}

fn open_attempt(connection: &Connection, name: &str) -> Result<Option<Attempt>, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT id, message, events, tries, unanswered, maybe_repeated, minimal FROM notification \
         WHERE destination = ?1 AND state = 0 ORDER BY id LIMIT 1",
    )?;
    let row = query
        .query_row([name], |row| {
            let attempt = (row.get(0)?, row.get::<_, i64>(2)?, row.get::<_, i64>(3)?);
            Ok((attempt, row.get::<_, String>(1)?, [row.get(4)?, row.get(5)?, row.get(6)?]))
        })
        .optional()?;
    let Some(((id, events, tries), message, [unanswered, maybe_repeated, minimal])) = row else {
        return Ok(None);
    };
    Ok(Some(Attempt {
        id,
        message: from_json(&message, "a frozen message")?,
        events: events as u64,
        tries: tries as u64,
        unanswered,
        maybe_repeated,
        minimal,
    }))
}
