//! The commands' side of the mutes: they are made, lifted and listed beside a running agent, which learns of a change with
//! the next alert that it reads.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, params};

use super::json::to_json;
use super::muting::mute;
use super::view::instant;
use super::{BUSY_WAIT, DATABASE, StoreError, VERSION, View, connect_to_read, schema};
use crate::triage::Mute;

/// The most mutes that may hold at a time: each alert is held against each.
pub const MUTES_MAX: usize = 1_000;

/// A mute that was made by command.
#[derive(Debug, Clone, PartialEq)]
pub struct MadeMute {
    /// What it hides and until when.
    pub mute: Mute,
    /// Who made it.
    pub author: String,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// When and by whom it was lifted.
    pub lifted: Option<(Timestamp, String)>,
}

impl MadeMute {
    /// Does it still hide something?
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.lifted.is_none() && self.mute.holds_at(now)
    }
}

/// How many alerts were hidden, by mute and by destination.
pub type Hidden = BTreeMap<String, BTreeMap<String, u64>>;

impl View {
    /// All mutes that were made by command, also those that ended, the oldest first.
    ///
    /// # Errors
    /// The database cannot be read, or holds a mute that this program cannot read.
    pub fn mutes(&self) -> Result<Vec<MadeMute>, StoreError> {
        let mut query = self.connection.prepare_cached(
            "SELECT id, matcher, until, author, reason, since, lifted_at, lifted_by FROM mute \
             ORDER BY since, id",
        )?;
        let mut rows = query.query([])?;
        let mut mutes = Vec::new();
        while let Some(row) = rows.next()? {
            let (id, matcher): (String, String) = (row.get(0)?, row.get(1)?);
            let mute = mute(id, &matcher, row.get(2)?)
                .ok_or(StoreError::Damaged { wanted: "a matcher", found: matcher })?;
            let lifted_by: Option<String> = row.get(7)?;
            mutes.push(MadeMute {
                mute,
                author: row.get(3)?,
                reason: row.get(4)?,
                since: instant(row.get(5)?).unwrap_or(Timestamp::MIN),
                lifted: instant(row.get(6)?).map(|at| (at, lifted_by.unwrap_or_default())),
            });
        }
        Ok(mutes)
    }

    /// What each mute hid, those of the configuration as well.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn hidden(&self) -> Result<Hidden, StoreError> {
        let sql = "SELECT mute, destination, events FROM hidden";
        let mut query = self.connection.prepare_cached(sql)?;
        let mut rows = query.query([])?;
        let mut hidden = Hidden::new();
        while let Some(row) = rows.next()? {
            let events = row.get::<_, i64>(2)? as u64;
            hidden.entry(row.get(0)?).or_default().insert(row.get(1)?, events);
        }
        Ok(hidden)
    }
}

/// A store opened by a command to change its mutes, and nothing else.
#[derive(Debug)]
pub struct MuteBook {
    connection: Connection,
}

impl MuteBook {
    /// Opens the store in this directory, also where an agent runs on it.
    ///
    /// # Errors
    /// There is none, this user may not write it, or it is of another version.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        drop(connect_to_read(directory)?);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(directory.join(DATABASE), flags)?;
        if connection.is_readonly(rusqlite::MAIN_DB)? {
            return Err(StoreError::ReadOnly { directory: directory.to_owned() });
        }
        connection.busy_timeout(BUSY_WAIT)?;
        // The agent looks after the write-ahead log.
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        let found = schema::version(&connection)?;
        if found != VERSION {
            return Err(StoreError::Newer { found, known: VERSION });
        }
        Ok(Self { connection })
    }

    /// Makes a mute. False if there are [`MUTES_MAX`] already.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn make(&mut self, made: &MadeMute) -> Result<bool, StoreError> {
        let transaction = self.begin()?;
        let (since, until) = (made.since.as_microsecond(), made.mute.until);
        let holding: i64 = transaction.query_row(
            "SELECT count(*) FROM mute WHERE lifted_at IS NULL AND (until IS NULL OR until > ?1)",
            [since],
            |row| row.get(0),
        )?;
        if usize::try_from(holding).is_ok_and(|holding| holding >= MUTES_MAX) {
            return Ok(false);
        }
        transaction.execute(
            "INSERT INTO mute (id, matcher, author, reason, since, until) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                made.mute.id,
                to_json(&made.mute.pairs())?,
                made.author,
                made.reason,
                since,
                until.map(Timestamp::as_microsecond)
            ],
        )?;
        changed(transaction)?;
        Ok(true)
    }

    /// Lifts a mute. False if it does not hold.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn lift(&mut self, id: &str, now: Timestamp, by: &str) -> Result<bool, StoreError> {
        let transaction = self.begin()?;
        let lifted = transaction.execute(
            "UPDATE mute SET lifted_at = ?2, lifted_by = ?3 \
             WHERE id = ?1 AND lifted_at IS NULL AND (until IS NULL OR until > ?2)",
            params![id, now.as_microsecond(), by],
        )?;
        changed(transaction)?;
        Ok(lifted > 0)
    }

    fn begin(&mut self) -> Result<Transaction<'_>, StoreError> {
        Ok(self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
    }
}

fn changed(transaction: Transaction<'_>) -> Result<(), StoreError> {
    transaction.execute("UPDATE identity SET mutes_version = mutes_version + 1", [])?;
    Ok(transaction.commit()?)
}
