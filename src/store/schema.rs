//! The versions of the database's shape, and the way from each to the next. Forward only.

use std::collections::BTreeSet;

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
        transaction.execute_batch(sql).map_err(misfit)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", step as u32 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Is everything there that the steps make, as they make it? What somebody has added, an index or a view, is left to them.
///
/// # Errors
/// Something is missing, or another.
pub(super) fn check(connection: &Connection) -> Result<(), StoreError> {
    let mut pattern = Connection::open_in_memory()?;
    migrate(&mut pattern)?;
    let all = "SELECT name, coalesce(sql, '') FROM sqlite_schema";
    let list = |connection: &Connection| -> Result<BTreeSet<(String, String)>, StoreError> {
        let mut query = connection.prepare(all)?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    };
    match list(&pattern)?.difference(&list(connection)?).next() {
        None => Ok(()),
        Some((name, _)) => Err(StoreError::Damaged {
            wanted: "the tables of this version",
            found: format!("another `{name}`, or none"),
        }),
    }
}

/// A step that makes what is there already was begun from a version that the database does not have.
fn misfit(error: rusqlite::Error) -> StoreError {
    let found = error.to_string();
    if found.contains("already exists") || found.contains("duplicate column name") {
        return StoreError::Damaged { wanted: "the version that the database says it has", found };
    }
    error.into()
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
    let ours: u32 = connection.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE name IN ('identity', 'event', 'position', 'destination')",
        [],
        |row| row.get(0),
    )?;
    match (application, found, tables) {
        (0, 0, 0) | (APPLICATION_ID, ..) => Ok(found),
        // Nobody else has all these tables.
        _ if ours == 4 => Err(StoreError::Damaged {
            wanted: "the mark of ipsbell's database",
            found: format!("application_id {application}"),
        }),
        _ => Err(StoreError::Foreign),
    }
}
