//! What is old, though the clock may have been wrong when a row was written. Rows stand in the order in which they were
//! written, so a row is no younger than those behind it, whatever its own stamp says: a stamp in the future, or from before
//! there was a program that could have written it, says nothing, and the next one that can be true decides.

use rusqlite::{Connection, OptionalExtension as _};

use super::StoreError;

/// 2026-01-01: no row is older, in microseconds since 1970.
const EARLIEST: i64 = 1_767_225_600_000_000;

/// Rows in the order of writing.
pub(super) struct Line {
    pub(super) table: &'static str,
    /// Its key, which grows.
    pub(super) key: &'static str,
    /// When a row was written, in microseconds.
    pub(super) stamp: &'static str,
    /// Which rows count.
    pub(super) condition: &'static str,
}

/// Which of the first rows are older than a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Old {
    /// Those up to this key, and perhaps more.
    Through(i64),
    /// None.
    None,
    /// None of them has a stamp that can be true; this is the last one's key.
    Unknown(i64),
}

/// Rows up to this key were written before `limit`, at least of the first `rows_max`.
///
/// # Errors
/// The database cannot be read.
pub(super) fn old_through(
    connection: &Connection,
    line: &Line,
    limit: i64,
    now: i64,
    rows_max: i64,
) -> Result<Option<i64>, StoreError> {
    let Line { table, key, stamp, condition } = line;
    let mut query = connection.prepare_cached(&format!(
        "SELECT {key}, {stamp} FROM {table} WHERE {condition} ORDER BY {key} LIMIT ?1"
    ))?;
    let mut rows = query.query([rows_max])?;
    let mut first = std::iter::from_fn(|| match rows.next() {
        Ok(row) => row.map(|row| Ok((row.get(0)?, row.get(1)?))),
        Err(error) => Some(Err(error)),
    });
    match judge(&mut first, limit, now)? {
        Old::Through(key) => Ok(Some(key)),
        Old::None => Ok(None),
        Old::Unknown(last) => {
            let behind = behind(connection, line, last, now)?;
            Ok(behind.filter(|stamp| *stamp < limit).map(|_| last))
        }
    }
}

fn can_be_true(stamp: i64, now: i64) -> bool {
    (EARLIEST..=now).contains(&stamp)
}

/// Looks at rows until one is young.
fn judge(
    rows: &mut dyn Iterator<Item = rusqlite::Result<(i64, i64)>>,
    limit: i64,
    now: i64,
) -> Result<Old, StoreError> {
    let mut old = Old::None;
    for row in rows {
        let (key, stamp) = row?;
        match (can_be_true(stamp, now), old) {
            (true, _) if stamp >= limit => {
                return Ok(if matches!(old, Old::Unknown(_)) { Old::None } else { old });
            }
            (true, _) => old = Old::Through(key),
            (false, Old::Through(_)) => {}
            (false, _) => old = Old::Unknown(key),
        }
    }
    Ok(old)
}

/// The first stamp that can be true behind a run of those that cannot, which ends nowhere before `last`. The run is taken for
/// one, so that a few looks find its end in millions of rows; where there are several, a later end is found, and nothing is
/// let go too early for it.
fn behind(
    connection: &Connection,
    line: &Line,
    last: i64,
    now: i64,
) -> Result<Option<i64>, StoreError> {
    let Line { table, key, stamp, condition } = line;
    let mut query = connection.prepare_cached(&format!(
        "SELECT {key}, {stamp} FROM {table} WHERE {condition} AND {key} >= ?1 ORDER BY {key} LIMIT 1"
    ))?;
    let newest = format!("SELECT max({key}) FROM {table} WHERE {condition}");
    let newest: Option<i64> = connection.query_row(&newest, [], |row| row.get(0))?;
    let (mut low, mut high) = (last, newest.unwrap_or(last));
    let mut found = None;
    // Every row up to `low` says nothing, the one at `high` may say something.
    while low < high {
        let middle = low + (high - low).div_euclid(2) + (high - low) % 2;
        let row = query.query_row([middle], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)));
        match row.optional()? {
            Some((_, at)) if can_be_true(at, now) => {
                found = Some(at);
                high = middle - 1;
            }
            Some((at, _)) => low = at,
            None => high = middle - 1,
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000_000;
    const NOW: i64 = EARLIEST + 1_000 * DAY;

    /// Stamps in days before now; the rows are numbered from 1, the limit is 91 days.
    fn check(days: &[i64], expected: Old) {
        let mut rows = (1..).zip(days.iter().map(|days| NOW - days * DAY)).map(Ok);
        assert_eq!(judge(&mut rows, NOW - 91 * DAY, NOW).unwrap(), expected, "{days:?}");
    }

    #[test]
    fn a_stamp_that_cannot_be_true_says_nothing() {
        let (ahead, behind, long_ago) = (-3_650, 3_650, 400);
        check(&[], Old::None);
        check(&[92, 91, 90], Old::Through(1));
        check(&[90, 92], Old::None);
        check(&[92, 92, 0], Old::Through(2));
        // Read while the clock was ahead: as old as what was read after it.
        check(&[ahead, ahead, 92, 5], Old::Through(3));
        check(&[92, ahead, 92, ahead, 5], Old::Through(3));
        check(&[ahead, 5, 92], Old::None);
        check(&[92, ahead, ahead], Old::Through(1));
        check(&[ahead, ahead], Old::Unknown(2));
        // Read while it was back, after what is young: not old.
        check(&[92, 5, long_ago, 5], Old::Through(1));
        // Before there was such a program: a machine without a clock of its own, until the network tells the time.
        check(&[behind, behind, 5], Old::None);
        check(&[behind, 92, behind], Old::Through(2));
    }

    #[test]
    fn the_end_of_a_run_is_found_wherever_it_is() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE line (key INTEGER PRIMARY KEY, stamp)").unwrap();
        let line = Line { table: "line", key: "key", stamp: "stamp", condition: "true" };
        let mut insert = connection.prepare("INSERT INTO line VALUES (?1, ?2)").unwrap();
        // Keys have gaps: retention and other conditions leave some out.
        for key in (3..300).step_by(3) {
            insert.execute([key, NOW + DAY]).unwrap();
        }
        assert_eq!(behind(&connection, &line, 30, NOW).unwrap(), None);
        for end in (33..300).step_by(33) {
            let update = "UPDATE line SET stamp = CASE WHEN key < ?1 THEN ?2 ELSE ?3 - key END";
            connection.execute(update, [end, NOW + DAY, NOW]).unwrap();
            assert_eq!(behind(&connection, &line, 30, NOW).unwrap(), Some(NOW - end), "{end}");
        }
    }
}
