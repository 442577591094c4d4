//! The only place that knows SQL. The store is the queue: the reader commits events with the position behind them, each
//! destination reads on from its own cursor. It knows no log, no receiver and no clock.
//!
//! One SQLite database, `hot.db`, in WAL mode. The [`Writer`] commits with `synchronous = NORMAL` and syncs the log of the
//! database at least every second (promise 1); each [`Ledger`] commits with `FULL`, since an attempt must outlive a crash
//! before it is posted (promise 2). The writers of one process take turns by a lock of their own, so that nobody polls.

mod account;
mod age;
mod damage;
mod doubt;
mod error;
mod event_row;
mod identity;
mod incident;
mod journals;
mod json;
mod ledger;
mod lock;
mod lookback;
mod mirror;
mod mutes;
mod muting;
mod numbers;
mod opening;
mod patience;
mod positions;
mod remembered;
mod replay;
mod reserve;
mod retention;
mod rows;
mod salvage;
mod schema;
mod syncing;
mod troubles;
mod turn;
mod understood;
mod verify;
mod view;
mod wal;
mod writer;
mod writing;

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

pub use account::Account;
pub use doubt::Clock;
pub use error::StoreError;
pub use event_row::{Form, alert_form, whole_form};
pub use identity::{Home, machine};
pub use ledger::{Attempt, Ledger, NewAttempt, Outcome};
pub use lock::running;
pub use mirror::MIRROR;
pub use mutes::{Hidden, MUTES_MAX, MadeMute, MuteBook};
pub use opening::Store;
pub use remembered::Restored;
pub use reserve::{READER_LEAVES_BYTES, RESERVE, RESERVE_BYTES};
pub use retention::Swept;
pub use schema::VERSION;
pub use troubles::{INCIDENTS_MAX, Pulse, Troubles};
pub use understood::{Reason, Rejected, Understood};
pub use verify::{Verified, verify};
pub use view::{DestinationView, FileView, Found, Query, View};
pub use writer::{Batch, Counts, NewEvent, Reading, Writer};

use turn::take_turn;

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

/// Memory for pages, in KiB, of a connection that reads events in their order, each once.
const CACHE_KIB: i32 = 512;

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
    let found = schema::version(&connection).map_err(|error| error.of_user(directory))?;
    if found == 0 {
        return Err(StoreError::Empty { directory: directory.to_owned() });
    }
    if found != VERSION {
        return Err(StoreError::Newer { found, known: VERSION });
    }
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

#[cfg(test)]
pub(crate) mod tests;
