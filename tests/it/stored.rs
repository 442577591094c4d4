//! What of numbered alerts is in the store, read as an auditor would: from the database's own view, beside the agent or
//! after it. Knows nothing of the code that wrote it.

use std::collections::BTreeMap;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::support::Place;

/// How often each number is stored; the number is the alert's `flow_id`. Empty while there is no store.
pub(crate) fn numbers(place: &Place) -> BTreeMap<u32, u32> {
    let mut times = BTreeMap::new();
    ask(place, "SELECT record FROM events", |row| {
        let record: Vec<u8> = row.get(0)?;
        *times.entry(number(&record)).or_default() += 1;
        Ok(())
    });
    times
}

/// How many bytes of logs were told to be lost unread.
pub(crate) fn lost_bytes(place: &Place) -> u64 {
    let mut bytes = 0;
    ask(place, "SELECT lost_bytes FROM reading", |row| {
        bytes += row.get::<_, i64>(0)?.unsigned_abs();
        Ok(())
    });
    bytes
}

/// Numbers as people read them: `3-17, 20`.
pub(crate) fn ranges(numbers: impl Iterator<Item = u32>) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let shown = |(first, last): &(u32, u32)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    ranges.iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// Is the store free to be asked, or not there yet?
pub(crate) fn can_be_asked(place: &Place) -> bool {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(place.state().join("hot.db"), flags);
    let asked = database.and_then(|database| {
        database.busy_timeout(std::time::Duration::ZERO)?;
        database.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))
    });
    asked.err().and_then(|error| error.sqlite_error_code()) != Some(ErrorCode::DatabaseBusy)
}

/// Hands each row of a query to `take`.
pub(crate) fn ask(
    place: &Place,
    query: &str,
    mut take: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<()>,
) {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let Ok(database) = Connection::open_with_flags(place.state().join("hot.db"), flags) else {
        return;
    };
    database.busy_timeout(crate::support::DEADLINE).unwrap();
    // A store that was just made has no tables yet.
    let Ok(mut query) = database.prepare(query) else { return };
    let mut rows = query.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        take(row).unwrap();
    }
}

fn number(record: &[u8]) -> u32 {
    let text = std::str::from_utf8(record).unwrap();
    let (_, behind) = text.split_once("\"flow_id\":").expect("a numbered alert");
    behind.split(',').next().unwrap_or_default().parse().expect("its number")
}
