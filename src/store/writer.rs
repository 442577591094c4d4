//! The reader thread's side: events, rejects, counts and positions in one transaction (promise 1).

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, MutexGuard};
use std::time::Instant;

use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, Transaction, TransactionBehavior, params};

use super::StoreError;
use super::doubt::Doubt;
use super::event_row::Form;
use super::patience::Patience;
use super::turn::{Turn, take_turn};
use super::view::instant;
use crate::event::EventId;

mod second_copy;

/// A transaction with so many bytes of records is full. Its pages, about a quarter more, fit into
/// the memory of its connection then. Pages that do not are written at once, and when one of them
/// changes again, all that were written behind it are read and written a second time.
const RECORD_BYTES_MAX: usize = 1 << 20;

const INSERT_EVENT: &str = "INSERT INTO event (sequence, id, at, read_at, path, \"offset\", format, severity, verdict, \
     direction, rule_id, rule_name, source, destination, form, record) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";

/// An event to be stored; times are microseconds since 1970.
#[derive(Debug)]
pub struct NewEvent<'a> {
    /// Its identity.
    pub id: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// When it was read.
    pub read_at: Timestamp,
    /// Number of its path, from [`Writer::path`].
    pub path: i64,
    /// Where its record begins.
    pub offset: u64,
    /// The format's name.
    pub format: &'a str,
    /// Number in `Severity::ALL`.
    pub severity: u8,
    /// Number in `Verdict::ALL`.
    pub verdict: u8,
    /// Number in `Direction::ALL`.
    pub direction: Option<u8>,
    /// Rule id.
    pub rule_id: Option<&'a str>,
    /// Rule name.
    pub rule_name: Option<&'a str>,
    /// Source address.
    pub source: Option<IpAddr>,
    /// Destination address.
    pub destination: Option<IpAddr>,
    /// What `record` holds.
    pub form: Form,
    /// The record.
    pub record: &'a [u8],
}

/// What was read of a path since the last commit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records.
    pub records: u64,
    /// Events.
    pub events: u64,
    /// Records that are no alert.
    pub others: u64,
    /// Records that no grammar read.
    pub rejects: u64,
    /// Lines longer than the limit.
    pub cut: u64,
    /// Bytes that were gone before they could be read, at least; counted by [`Batch::lost`].
    pub lost_bytes: u64,
}

/// What is known of a path from an earlier process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The path; bytes that are no UTF-8 stand as `\xNN`.
    pub path: String,
    /// The last format found.
    pub format: Option<String>,
    /// When something of it was read last.
    pub last_read_at: Option<Timestamp>,
}

/// The writing connection of the reader thread.
#[derive(Debug)]
pub struct Writer {
    pub(super) connection: Connection,
    pub(super) turn: Arc<Turn>,
    paths: HashMap<PathBuf, i64>,
    /// Something was committed then, and nothing is known to be on the disk since.
    pub(super) unsynced_since: Option<Instant>,
    pub(super) patience: Patience,
    /// Until all logs are read to their end, what is read may have been told before.
    repeating: bool,
    mirrored: second_copy::Mirrored,
    pub(super) doubt: Doubt,
}

/// A transaction under way. Dropped without [`Batch::commit`], nothing of it remains.
pub struct Batch<'a> {
    // Looked up once for all events.
    insert_event: CachedStatement<'a>,
    record_bytes: usize,
    source: String,
    destination: String,
    pub(super) transaction: Transaction<'a>,
    pub(super) now: Timestamp,
    last_sequence: u64,
    new_paths: Vec<(PathBuf, i64)>,
    /// The last number that was given before this transaction.
    given: u64,
    // What the writer takes over when the transaction is committed.
    paths: &'a mut HashMap<PathBuf, i64>,
    unsynced_since: &'a mut Option<Instant>,
    patience: &'a mut Patience,
    turn: &'a Turn,
    // Last, so that the next writer's turn begins when the transaction is over.
    _turn: MutexGuard<'a, ()>,
}

impl Writer {
    pub(super) fn new(connection: Connection, turn: Arc<Turn>) -> Result<Self, StoreError> {
        let repeating = "SELECT repeated_until > last_sequence FROM identity";
        let repeating = connection.query_row(repeating, [], |row| row.get(0))?;
        Ok(Self {
            doubt: Doubt::read(&connection)?,
            connection,
            turn,
            paths: HashMap::new(),
            unsynced_since: None,
            patience: Patience::default(),
            repeating,
            mirrored: second_copy::Mirrored::default(),
        })
    }

    /// Is a source with these paths configured for the first time?
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn source_is_new(&self, paths: &[String]) -> Result<bool, StoreError> {
        let known = "SELECT count(*) FROM source WHERE paths = ?1";
        let known: i64 = self.connection.query_row(known, [paths.join("\n")], |row| row.get(0))?;
        Ok(known == 0)
    }

    /// What is known of each path that was ever read.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn readings(&self) -> Result<Vec<Reading>, StoreError> {
        let all = "SELECT path.path, format, last_read_at FROM reading JOIN path ON path.id = reading.path";
        let mut query = self.connection.prepare_cached(all)?;
        let rows = query.query_map([], |row| {
            let last_read_at = instant(row.get(2)?);
            Ok(Reading { path: row.get(0)?, format: row.get(1)?, last_read_at })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// The database cannot be written, or only the senders' room is left on the disk.
    pub fn begin(&mut self, now: Timestamp) -> Result<Batch<'_>, StoreError> {
        self.turn.reserve.admit()?;
        let turn = take_turn(&self.turn);
        // Nobody else has this connection, and `self` cannot begin a second transaction meanwhile.
        let connection = &self.connection;
        let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
        // Asked each time: several readers write to one store.
        let given = last_sequence(connection)?;
        Ok(Batch {
            insert_event: connection.prepare_cached(INSERT_EVENT)?,
            record_bytes: 0,
            source: String::new(),
            destination: String::new(),
            transaction,
            now,
            last_sequence: given,
            new_paths: Vec::new(),
            given,
            paths: &mut self.paths,
            unsynced_since: &mut self.unsynced_since,
            patience: &mut self.patience,
            turn: &self.turn,
            _turn: turn,
        })
    }

    pub(super) fn parts(&mut self) -> (&mut Connection, &Turn) {
        (&mut self.connection, &self.turn)
    }
}

impl Batch<'_> {
    /// The number of a path in the store.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn path(&mut self, path: &Path) -> Result<i64, StoreError> {
        let new = self.new_paths.iter().find(|(known, _)| known == path).map(|(_, number)| *number);
        if let Some(number) = self.paths.get(path).copied().or(new) {
            return Ok(number);
        }
        let text = match path.to_str() {
            Some(text) => text.to_owned(),
            None => path.as_os_str().as_bytes().escape_ascii().to_string(),
        };
        self.transaction.execute("INSERT OR IGNORE INTO path (path) VALUES (?1)", [&text])?;
        let find = "SELECT id FROM path WHERE path = ?1";
        let number = self.transaction.query_row(find, [&text], |row| row.get(0))?;
        self.new_paths.push((path.to_owned(), number));
        Ok(number)
    }

    /// Stores an event and gives its sequence number.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn event(&mut self, event: &NewEvent<'_>) -> Result<u64, StoreError> {
        // A number of our own: AUTOINCREMENT would write its table for every row, this one is written once a transaction.
        self.last_sequence += 1;
        self.record_bytes += event.record.len();
        self.insert_event.execute(params![
            self.last_sequence as i64,
            event.id.0.to_be_bytes(),
            event.at.as_microsecond(),
            event.read_at.as_microsecond(),
            event.path,
            event.offset as i64,
            event.format,
            event.severity,
            event.verdict,
            event.direction,
            event.rule_id,
            event.rule_name,
            shown(&mut self.source, event.source),
            shown(&mut self.destination, event.destination),
            event.form as u8,
            event.record,
        ])?;
        Ok(self.last_sequence)
    }

    /// Should it be committed before more is added?
    pub fn full(&self) -> bool {
        self.record_bytes >= RECORD_BYTES_MAX
    }

    /// Adds to what was read of a path.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn count(
        &mut self,
        path: i64,
        format: Option<&str>,
        counts: &Counts,
    ) -> Result<(), StoreError> {
        self.transaction
            .prepare_cached(
                "INSERT INTO reading (path, format, records, events, others, rejects, cut, last_read_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
                 ON CONFLICT (path) DO UPDATE SET format = coalesce(?2, format), records = records + ?3, \
                 events = events + ?4, others = others + ?5, rejects = rejects + ?6, cut = cut + ?7, \
                 last_read_at = ?8",
            )?
            .execute(params![
                path,
                format,
                counts.records as i64,
                counts.events as i64,
                counts.others as i64,
                counts.rejects as i64,
                counts.cut as i64,
                self.now.as_microsecond(),
            ])?;
        Ok(())
    }

    /// Adds to the bytes of a path that were gone before they could be read, at least.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn lost(&mut self, path: i64, bytes: u64) -> Result<(), StoreError> {
        let add = "INSERT INTO reading (path, lost_bytes) VALUES (?1, ?2) \
                   ON CONFLICT (path) DO UPDATE SET lost_bytes = lost_bytes + ?2";
        self.transaction.prepare_cached(add)?.execute([path, bytes.cast_signed()])?;
        Ok(())
    }

    /// Commits it all. A crash before this leaves nothing of it, a crash after it all; a power cut within a second after it
    /// may take it back whole, since the log of the database is synced later ([`Writer::sync`]).
    ///
    /// # Errors
    /// The database cannot be written: nothing of it remains then.
    pub fn commit(self) -> Result<(), StoreError> {
        if self.last_sequence > self.given {
            let update = "UPDATE identity SET last_sequence = ?1";
            self.transaction.prepare_cached(update)?.execute([self.last_sequence.cast_signed()])?;
        }
        self.transaction.commit().inspect_err(|error| self.turn.wal.doubt(error))?;
        self.patience.took();
        self.paths.extend(self.new_paths);
        self.unsynced_since.get_or_insert_with(crate::clock::monotonic);
        Ok(())
    }
}

/// An address as text, in memory that serves all events of a transaction.
fn shown(text: &mut String, address: Option<IpAddr>) -> Option<&str> {
    text.clear();
    // A string takes whatever is written to it.
    write!(text, "{}", address?).ok().map(|()| text.as_str())
}

/// The last sequence number that was given to an event.
pub(super) fn last_sequence(connection: &Connection) -> Result<u64, StoreError> {
    let mut query = connection.prepare_cached("SELECT last_sequence FROM identity")?;
    Ok(query.query_row([], |row| row.get::<_, i64>(0))? as u64)
}

#[cfg(test)]
mod tests;
