//! Does the store agree with itself? Reads only, in steps, beside a running agent: nothing is held that would keep the agent
//! from anything, and of what changes between two steps only what cannot change is compared.

mod sums;

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, Row};
use serde::Serialize;

use super::mirror::{self, Found};
use super::{Account, StoreError, connect_to_read, running, schema, writer};
use crate::clock;

/// No snapshot of the database is held longer beside a running agent: its log could not be cut back meanwhile.
const SNAPSHOT_TIME_MAX: Duration = Duration::from_secs(10);

/// Rows of events, and bytes of their records, that are read in one step.
const STEP_ROWS: i64 = 5_000;
const STEP_BYTES: usize = 64 << 20;

/// Ids that are compared in one pass over the events (32 MiB); more events take more passes.
const IDS_A_PASS: u64 = 2_000_000;

/// The most differences that are named; the others are counted.
pub(super) const DIFFERENCES_MAX: usize = 100;

/// Instructions of SQLite between two looks at the time.
const INSTRUCTIONS: i32 = 10_000;

/// What was looked at, and what does not agree.
#[derive(Debug, Default, Serialize)]
pub struct Verified {
    /// Version of the database.
    pub version: u32,
    /// Events that are stored.
    pub events: u64,
    /// The last sequence number given.
    pub last_sequence: u64,
    /// Each destination and its account.
    pub destinations: Vec<(String, Account)>,
    /// What does not agree, at most [`DIFFERENCES_MAX`].
    pub differences: Vec<String>,
    /// How many more there are.
    pub differences_more: u64,
    /// What could not be looked at, and what to do to have it looked at.
    pub left_out: Vec<String>,
}

/// Verifies the store in this directory. `progress` is told how many rows of how many were read.
///
/// # Errors
/// There is no store, or it is another program's, or of another version.
pub fn verify(
    directory: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Verified, StoreError> {
    // Before the database, since it must never be ahead of it.
    let mirror = mirror::read(directory);
    let mut connection = connect_to_read(directory)?;
    let mut verified = Verified { version: schema::VERSION, ..Verified::default() };
    let beside_agent = running(directory)?.is_some();
    verified.check("its tables", |_| schema::check(&connection));
    verified.check("its pages", |found| pages(&mut connection, beside_agent, found));
    verified.check("the events", |found| events(&connection, found, progress));
    verified.check("the account", |found| sums::destinations(&connection, found));
    verified.check("the groups", |found| sums::groups(&connection, found));
    verified.check("the posts", |found| sums::posts(&connection, found));
    verified.check("the positions", |found| sums::positions(&connection, found));
    verified.check("the file `positions`", |found| {
        second_copy(&connection, &mirror, beside_agent, found)
    });
    Ok(verified)
}

impl Verified {
    /// Does all of it agree?
    pub fn is_sound(&self) -> bool {
        self.differences.is_empty()
    }

    fn differs(&mut self, difference: String) {
        if self.differences.len() < DIFFERENCES_MAX {
            self.differences.push(difference);
        } else {
            self.differences_more += 1;
        }
    }

    /// What cannot be read is a difference, and no reason not to look at the rest.
    fn check(&mut self, what: &str, check: impl FnOnce(&mut Self) -> Result<(), StoreError>) {
        if let Err(error) = check(self) {
            self.differs(format!("{what} cannot be read: {error}"));
        }
    }
}

/// SQLite's own check of all pages, which is one snapshot: where that would be held too long, it is left out.
fn pages(
    connection: &mut Connection,
    beside_agent: bool,
    found: &mut Verified,
) -> Result<(), StoreError> {
    let end = clock::monotonic() + SNAPSHOT_TIME_MAX;
    let is_over = move || clock::monotonic() >= end;
    connection.progress_handler(INSTRUCTIONS, beside_agent.then_some(is_over))?;
    let check = || {
        let mut query =
            connection.prepare(&format!("PRAGMA integrity_check({DIFFERENCES_MAX})"))?;
        let lines = query.query_map([], |row| row.get::<_, String>(0))?;
        lines.collect::<Result<Vec<_>, _>>()
    };
    let lines = check();
    connection.progress_handler(0, None::<fn() -> bool>)?;
    match lines {
        Ok(lines) => {
            for line in lines.into_iter().filter(|line| line != "ok") {
                found.differs(format!("the database's pages: {}", line.escape_debug()));
            }
            Ok(())
        }
        Err(error)
            if error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted) =>
        {
            found.left_out.push(format!(
                "the structure of the pages takes more than {} seconds: stop the agent and verify again; every row is read \
                 all the same",
                SNAPSHOT_TIME_MAX.as_secs()
            ));
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// Each row makes sense, no number is beyond the last, no id is there twice.
fn events(
    connection: &Connection,
    found: &mut Verified,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), StoreError> {
    let (first, newest) = connection.query_row(
        "SELECT coalesce(min(sequence), 1), coalesce(max(sequence), 0) FROM event",
        [],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
    )?;
    let rows = (newest - first + 1).max(0) as u64;
    let passes = rows.div_ceil(IDS_A_PASS).max(1);
    let mut newest_read = 0;
    for pass in 0..passes {
        let mut ids = Vec::new();
        let mut after = first - 1;
        while after < newest {
            let mut take = |row: &Row<'_>| {
                let sequence = row.get::<_, i64>(0).unwrap_or(i64::MAX);
                newest_read = newest_read.max(sequence);
                let id = row.get::<_, [u8; 16]>(1).map(u128::from_be_bytes);
                if let Some(id) = id.ok().filter(|id| (id % u128::from(passes)) as u64 == pass) {
                    ids.push(id);
                }
                if pass == 0 {
                    found.events += 1;
                    if let Some(what) = odd(row) {
                        found.differs(format!("event {sequence}: {what}"));
                    }
                }
            };
            match step(connection, after, newest, pass == 0, &mut take) {
                Ok(Some(last)) => after = last,
                Ok(None) => break,
                Err(error) => {
                    let to = newest.min(after + STEP_ROWS);
                    found.differs(format!("events {} to {to}: {error}", after + 1));
                    after = to;
                }
            }
            progress(pass * rows + (after - first + 1).max(0) as u64, passes * rows);
        }
        ids.sort_unstable();
        for pair in ids.windows(2).filter(|pair| pair.first() == pair.last()) {
            let id = pair.first().copied().unwrap_or_default();
            found.differs(format!("the id {id:032x} is that of several events"));
        }
    }
    // After the events, since numbers are given while they are read.
    found.last_sequence = writer::last_sequence(connection)?;
    if newest_read > found.last_sequence as i64 {
        let last = found.last_sequence;
        found.differs(format!("event {newest_read} is beyond the last number given, {last}"));
    }
    Ok(())
}

/// Reads the next rows behind `after`; the last number read.
fn step(
    connection: &Connection,
    after: i64,
    newest: i64,
    whole: bool,
    take: &mut dyn FnMut(&Row<'_>),
) -> Result<Option<i64>, StoreError> {
    let columns = if whole { "*" } else { "sequence, id" };
    let mut query = connection.prepare_cached(&format!(
        "SELECT {columns} FROM event WHERE sequence > ?1 AND sequence <= ?2 ORDER BY sequence LIMIT ?3"
    ))?;
    let mut rows = query.query([after, newest, STEP_ROWS])?;
    let (mut last, mut bytes) = (None, 0);
    while let Some(row) = rows.next()? {
        last = Some(row.get(0)?);
        take(row);
        if whole {
            bytes += row.get_ref("record")?.as_bytes().map_or(0, <[u8]>::len);
        }
        if bytes >= STEP_BYTES {
            break;
        }
    }
    Ok(last)
}

/// What a row holds that this program does not write.
fn odd(row: &Row<'_>) -> Option<&'static str> {
    let number = |column: &str| row.get::<_, i64>(column).ok();
    let instant = |column| number(column).and_then(|at| Timestamp::from_microsecond(at).ok());
    let within = |column, most| number(column).is_some_and(|number| (0..=most).contains(&number));
    let format = row.get_ref("format").ok().and_then(|format| format.as_str().ok());
    [
        (
            row.get::<_, i64>("sequence").is_ok_and(|sequence| sequence > 0),
            "its number is not above 0",
        ),
        (row.get::<_, [u8; 16]>("id").is_ok(), "its id has not 16 bytes"),
        (instant("at").is_some() && instant("read_at").is_some(), "its times are no instants"),
        (within("severity", 4) && within("verdict", 5), "its severity or verdict is unknown"),
        (within("form", 2), "its record is of an unknown form"),
        (format.is_some_and(|format| !format.is_empty()), "it has no format"),
    ]
    .into_iter()
    .find_map(|(well, what)| (!well).then_some(what))
}

/// The second copy is there, whole, and of this store; it is not ahead of it.
fn second_copy(
    connection: &Connection,
    mirror: &Found,
    beside_agent: bool,
    found: &mut Verified,
) -> Result<(), StoreError> {
    let before = match mirror {
        Found::Mirror(mirror) => &mirror.state,
        Found::Nothing => {
            found.differs("the file `positions` is not there".to_owned());
            return Ok(());
        }
        Found::Broken(why) => {
            found.differs(format!("the file `positions`: {why}"));
            return Ok(());
        }
    };
    let now = mirror::State::of(connection)?;
    if before.last_sequence() > now.last_sequence() {
        found.differs("the file `positions` is ahead of the database".to_owned());
    }
    if before.identity.first("machine") != now.identity.first("machine") {
        found.differs("the file `positions` is another store's".to_owned());
    }
    // A running agent writes it some seconds later.
    if !beside_agent && before.position != now.position {
        found.differs("the file `positions` is not as the agent left the positions".to_owned());
    }
    Ok(())
}
