//! The agent's side of the mutes: senders learn of them and write down what they hid; retention forgets those that ended
//! long ago.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Transaction, params};

use super::json::from_json;
use super::view::instant;
use super::{Ledger, StoreError, Writer, take_turn};
use crate::triage::{Changes, Mute, REMIND_EVERY, Reminded};

/// A mute is listed for so long after its end (13 weeks).
pub(super) const ENDED_KEPT: SignedDuration = SignedDuration::from_hours(13 * 7 * 24);

impl Ledger {
    /// All that is read until this is dropped is of one instant: an event that was stored after a mute was made is not read
    /// without the mute.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn instant(&self) -> Result<Transaction<'_>, StoreError> {
        Ok(self.connection.unchecked_transaction()?)
    }

    /// The mutes that were made by command and not lifted, the oldest first, and their version; `None` if they are those of
    /// version `known`. One that this program cannot read mutes nothing.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn mutes(&self, known: Option<u64>) -> Result<Option<(u64, Vec<Mute>)>, StoreError> {
        let sql = "SELECT mutes_version FROM identity";
        let version: i64 = self.connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        let version = version as u64;
        if known == Some(version) {
            return Ok(None);
        }
        let mut query = self.connection.prepare_cached(
            "SELECT id, matcher, until FROM mute WHERE lifted_at IS NULL ORDER BY since, id",
        )?;
        let mut rows = query.query([])?;
        let mut mutes = Vec::new();
        while let Some(row) = rows.next()? {
            mutes.extend(mute(row.get(0)?, &row.get::<_, String>(1)?, row.get(2)?));
        }
        Ok(Some((version, mutes)))
    }
}

/// The mute of a row.
pub(super) fn mute(id: String, matcher: &str, until: Option<i64>) -> Option<Mute> {
    let pairs: Vec<(String, String)> = from_json(matcher, "a matcher").ok()?;
    Mute::of_pairs(id, &pairs, instant(until))
}

/// Writes what was muted of a destination, and what was told although it is.
pub(super) fn write(
    transaction: &Transaction<'_>,
    destination: &str,
    changes: &Changes<'_>,
) -> Result<(), StoreError> {
    let mut count = transaction.prepare_cached(
        "INSERT INTO hidden (destination, mute, events) VALUES (?1, ?2, ?3) \
         ON CONFLICT DO UPDATE SET events = events + excluded.events",
    )?;
    for (mute, events) in changes.hidden {
        count.execute(params![destination, mute, *events as i64])?;
    }
    let mut remind = transaction.prepare_cached(
        "INSERT OR REPLACE INTO reminded (destination, mute, key, told_at) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for ((mute, key), told_at) in changes.reminded {
        remind.execute(params![destination, mute, key, told_at.as_microsecond()])?;
    }
    Ok(())
}

/// When muted critical alerts were told to a destination.
pub(super) fn reminded(connection: &Connection, destination: &str) -> Result<Reminded, StoreError> {
    let mut query = connection
        .prepare_cached("SELECT mute, key, told_at FROM reminded WHERE destination = ?1")?;
    let mut rows = query.query([destination])?;
    let mut reminded = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let told_at = instant(row.get(2)?).unwrap_or(Timestamp::MIN);
        reminded.insert((row.get(0)?, row.get(1)?), told_at);
    }
    Ok(reminded)
}

impl Writer {
    /// Forgets mutes that ended long ago with what they hid, and reminders that are due again.
    ///
    /// # Errors
    /// The database cannot be written.
    pub(super) fn forget_mutes(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let before =
            |age: SignedDuration| now.checked_sub(age).map_or(i64::MIN, Timestamp::as_microsecond);
        let (connection, turn) = self.parts();
        const LONG_AGO: &str = "coalesce(min(lifted_at, until), lifted_at, until) < ?1";
        let (mutes, told) = (before(ENDED_KEPT), before(REMIND_EVERY));
        let any = format!(
            "SELECT EXISTS (SELECT 1 FROM mute WHERE {LONG_AGO}) OR \
             EXISTS (SELECT 1 FROM reminded WHERE told_at < ?2)"
        );
        let any: bool =
            connection.prepare_cached(&any)?.query_row([mutes, told], |row| row.get(0))?;
        if !any {
            return Ok(());
        }
        let _turn = take_turn(turn);
        let transaction = connection.transaction()?;
        let gone =
            format!("DELETE FROM hidden WHERE mute IN (SELECT id FROM mute WHERE {LONG_AGO})");
        transaction.execute(&gone, [mutes])?;
        transaction.execute(&format!("DELETE FROM mute WHERE {LONG_AGO}"), [mutes])?;
        transaction.execute("DELETE FROM reminded WHERE told_at < ?1", [told])?;
        transaction.commit()?;
        Ok(())
    }
}
