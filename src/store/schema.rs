//! The versions of the database's shape, and the way from each to the next. Forward only.

use rusqlite::Connection;

use super::StoreError;

/// The version that this program writes: the number of [`STEPS`].
pub const VERSION: u32 = 2;

/// Marks the file as ipsbell's (`PRAGMA application_id`): "ipsb".
const APPLICATION_ID: u32 = 0x6970_7362;

/// Step n takes a database from version n to version n + 1. A released step is never edited.
const STEPS: [&str; VERSION as usize] =
    [include_str!("schema/1.sql"), include_str!("schema/2.sql")];

/// Brings the database to [`VERSION`], each step in a transaction of its own.
///
/// # Errors
/// A file that is another program's or a newer ipsbell's is left as it is.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let found = usable(connection)?;
    for (step, sql) in STEPS.iter().enumerate().skip(found as usize) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", step as u32 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

/// The version of a database that this program can use as it is or bring to [`VERSION`]. Only
/// reads.
///
/// # Errors
/// The file is another program's or a newer ipsbell's.
pub(super) fn usable(connection: &Connection) -> Result<u32, StoreError> {
    match version(connection)? {
        found if found > VERSION => Err(StoreError::Newer { found, known: VERSION }),
        found => Ok(found),
    }
}

/// The version of an open database; 0 is an empty file.
///
/// # Errors
/// [`StoreError::Foreign`] where the file belongs to another program.
pub(super) fn version(connection: &Connection) -> Result<u32, StoreError> {
    let application: u32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let found: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let tables: u32 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let empty = application == 0 && found == 0 && tables == 0;
    if empty || application == APPLICATION_ID { Ok(found) } else { Err(StoreError::Foreign) }
}
