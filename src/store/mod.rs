//! The only place that knows SQL. The store is the queue: the reader commits events with the position behind them, each
//! destination reads on from its own cursor. It knows no log, no receiver and no clock.
//!
//! One SQLite database, `hot.db`, in WAL mode. The [`Writer`] commits with `synchronous = NORMAL` and syncs the log of the
//! database at least every second (promise 1); each [`Ledger`] commits with `FULL`, since an attempt must outlive a crash
//! before it is posted (promise 2). The writers of one process take turns by a lock of their own, so that nobody polls.

mod account;
mod error;
mod event_row;
mod incident;
mod json;
mod ledger;
mod patience;
mod positions;
mod reserve;
mod retention;
mod schema;
mod syncing;
mod troubles;
mod turn;
mod view;
mod wal;
mod writer;
mod writing;

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

pub use account::Account;
pub use error::StoreError;
pub use event_row::alert_form;
pub use ledger::{Attempt, Ledger, NewAttempt, Outcome, Restored};
pub use reserve::{READER_LEAVES_BYTES, RESERVE, RESERVE_BYTES};
pub use retention::Swept;
pub use schema::VERSION;
pub use troubles::{INCIDENTS_MAX, Pulse, Troubles};
pub use view::{DestinationView, FileView, Found, Query, View};
pub use writer::{Batch, Counts, NewEvent, Reading, Rejected, Writer};

use turn::{Turn, take_turn};

/// The database's name in the state directory.
pub const DATABASE: &str = "hot.db";

/// How long a statement waits for another process that holds the database.
const BUSY_WAIT: Duration = Duration::from_secs(10);

/// Bytes of a page. A commit writes each page that it changes whole: a larger page makes a lone
/// alert dearer and thousands of them cheaper.
const PAGE_BYTES: u32 = 16 << 10;

/// The write-ahead log is copied into the database when it has so many pages (32 MiB) ...
const CHECKPOINT_PAGES: u32 = 2048;

/// ... and its file is cut back to this size afterwards.
const WAL_BYTES_KEPT: u32 = 32 << 20;

/// Tries to take the lock that keeps other agents out, and the pause between two.
const LOCK_TRIES: u32 = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(1);

/// Memory for pages, in KiB, of the connection that writes events ...
const WRITER_CACHE_KIB: i32 = 2048;

/// ... and of each other one, which reads them in their order, each once.
const CACHE_KIB: i32 = 512;

/// An open store. Clones are handles of the same one.
#[derive(Debug, Clone)]
pub struct Store {
    directory: PathBuf,
    machine: u128,
    opened_at: Timestamp,
    turn: Arc<Turn>,
    _in_use: Arc<File>,
}

impl Store {
    /// Opens the store in `directory`, makes it where there is none, and keeps other agents out of it.
    ///
    /// # Errors
    /// The directory cannot be made or written, another agent uses it, or the database is a newer or another program's.
    pub fn open(directory: &Path, now: Timestamp) -> Result<Self, StoreError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |error| StoreError::Io { path, error }
        };
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(at(directory))?;
        let in_use = take_lock(directory)?;
        let turn = Arc::new(Turn::new(directory));
        let file = directory.join(DATABASE);
        // SQLite gives its side files the mode of the database: nobody else reads the events.
        let options =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&file);
        options.map_err(at(&file))?;
        let mut connection = Connection::open(&file)?;
        // Before any setting, since another program's database is left as it is.
        schema::usable(&connection)?;
        connection.pragma_update(None, "page_size", PAGE_BYTES)?;
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        prepare(&connection)?;
        schema::migrate(&mut connection)?;
        let machine = identity(&connection, now)?;
        let directory = directory.to_owned();
        Ok(Self { directory, machine, opened_at: now, turn, _in_use: Arc::new(in_use) })
    }

    /// The machine that the event ids of this store speak of.
    pub fn machine(&self) -> u128 {
        self.machine
    }

    /// For the reader thread.
    ///
    /// # Errors
    /// The database cannot be opened.
    pub fn writer(&self) -> Result<Writer, StoreError> {
        let connection = self.connect()?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
        // The writer copies the log into the database itself ([`Writer::sync`]).
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        Ok(Writer::new(connection, Arc::clone(&self.turn)))
    }

    /// For the sender thread of this destination; `agent_host` is what events are given as their agent's host.
    ///
    /// # Errors
    /// The database cannot be opened.
    pub fn ledger(&self, destination: &str, agent_host: &str) -> Result<Ledger, StoreError> {
        let connection = self.connect()?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        let turn = Arc::clone(&self.turn);
        Ok(Ledger::new(connection, turn, destination, agent_host, self.opened_at))
    }

    /// For who looks after the agent itself.
    ///
    /// # Errors
    /// The database cannot be opened.
    pub fn troubles(&self) -> Result<Troubles, StoreError> {
        Ok(Troubles::new(self.connect()?, Arc::clone(&self.turn)))
    }

    fn connect(&self) -> Result<Connection, StoreError> {
        let connection = Connection::open(self.directory.join(DATABASE))?;
        prepare(&connection)?;
        Ok(connection)
    }
}

/// Is an agent running on the store in this directory? Its process id, if so.
///
/// # Errors
/// The lock file is there and cannot be read.
pub fn running(directory: &Path) -> Result<Option<u32>, StoreError> {
    let path = directory.join("lock");
    let at = |error| StoreError::Io { path: path.clone(), error };
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(error)),
    };
    if rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockShared).is_ok() {
        return Ok(None);
    }
    let mut text = String::new();
    Read::by_ref(&mut file).take(32).read_to_string(&mut text).map_err(at)?;
    Ok(Some(text.trim().parse().unwrap_or(0)))
}

/// The lock goes with the process, however it ends.
fn take_lock(directory: &Path) -> Result<File, StoreError> {
    let path = directory.join("lock");
    let at = |error| StoreError::Io { path: path.clone(), error };
    let mut options = OpenOptions::new();
    let file = options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(at)?;
    let mut process = None;
    for _ in 0..LOCK_TRIES {
        let lock = rustix::fs::FlockOperation::NonBlockingLockExclusive;
        if rustix::fs::flock(&file, lock).is_ok() {
            return sign(file).map_err(at);
        }
        // A command that asks who runs holds the lock for a moment; it is gone when nobody runs.
        process = running(directory)?;
        if process.is_some() {
            break;
        }
        std::thread::sleep(LOCK_PAUSE);
    }
    Err(StoreError::InUse { directory: directory.to_owned(), process: process.unwrap_or(0) })
}

/// Writes into the lock file who holds it. A full disk may have no room even for this, and the lock holds without it.
fn sign(mut file: File) -> std::io::Result<File> {
    file.set_len(0)?;
    file.rewind()?;
    match writeln!(file, "{}", std::process::id()) {
        Err(error) if error.kind() != std::io::ErrorKind::StorageFull => Err(error),
        _ => Ok(file),
    }
}

fn prepare(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY_WAIT)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::NoWal { mode });
    }
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", WAL_BYTES_KEPT)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Opens the database for reading only, for commands that run beside an agent.
fn connect_to_read(directory: &Path) -> Result<Connection, StoreError> {
    let file = directory.join(DATABASE);
    if let Err(error) = file.metadata() {
        return Err(StoreError::Io { path: file, error });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&file, flags)?;
    connection.busy_timeout(BUSY_WAIT)?;
    let found = schema::version(&connection)?;
    if found == 0 {
        return Err(StoreError::Empty { directory: directory.to_owned() });
    }
    if found != VERSION {
        return Err(StoreError::Newer { found, known: VERSION });
    }
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

fn identity(connection: &Connection, now: Timestamp) -> Result<u128, StoreError> {
    let known: Option<[u8; 16]> =
        connection.query_row("SELECT machine FROM identity", [], |row| row.get(0)).optional()?;
    if let Some(machine) = known {
        return Ok(u128::from_be_bytes(machine));
    }
    let machine = machine();
    connection.execute(
        "INSERT INTO identity (id, machine, created_at) VALUES (1, ?1, ?2)",
        (machine.to_be_bytes(), now.as_microsecond()),
    )?;
    Ok(machine)
}

/// A hash of the machine's id (machine-id(5)), which must not leave the machine as it is; the host's name without one.
pub fn machine() -> u128 {
    let id = std::fs::read("/etc/machine-id").unwrap_or_default();
    let node = rustix::system::uname().nodename().to_bytes().to_vec();
    let named = if id.is_empty() { node } else { id };
    xxhash_rust::xxh3::xxh3_128_with_seed(&named, 0x6970_7362_656c_6c00)
}

#[cfg(test)]
pub(crate) mod tests;
