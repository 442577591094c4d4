//! What is let go: by age, then by size, the oldest first. Works in small steps so that nobody waits long.

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};

use super::age::{self, Line};
use super::{StoreError, Writer, take_turn};
use crate::config::Retention;

/// Rows that one step deletes.
pub(super) const STEP_ROWS: i64 = 5_000;

/// Steps of one sweep; what is left waits for the next.
pub(super) const STEPS_MAX: usize = 20;

/// Free pages given back to the file system in a step (8 MiB). Each may be one that is moved, and so stands in the
/// write-ahead log first.
const VACUUM_PAGES: u32 = 512;

/// Sequence numbers are given in the order of reading.
const EVENTS: Line = Line { table: "event", key: "sequence", stamp: "read_at", condition: "true" };

/// A post under way stays.
const POSTS: Line =
    Line { table: "notification", key: "id", stamp: "created_at", condition: "state <> 0" };

/// What a sweep let go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Events by age.
    pub events_old: u64,
    /// Events by size.
    pub events_over_size: u64,
    /// Posts, by age or by size.
    pub notifications: u64,
    /// There is more to let go: the sweep ended at its most steps.
    pub more: bool,
}

impl Writer {
    /// Lets go what the settings do not keep. An event that a destination has not read yet goes as well: its ledger counts
    /// it as expired and the channel is told.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn sweep(&mut self, now: Timestamp, retention: &Retention) -> Result<Swept, StoreError> {
        self.forget_mutes(now)?;
        let mut swept = Swept { more: true, ..Swept::default() };
        let before = |age: Option<std::time::Duration>| {
            let age = jiff::SignedDuration::try_from(age?).ok()?;
            now.checked_sub(age).ok().map(Timestamp::as_microsecond)
        };
        for _ in 0..STEPS_MAX {
            let old = match before(retention.events) {
                Some(limit) => self.delete_old_events(limit, now.as_microsecond())?,
                None => 0,
            };
            let mut ledger = match before(retention.notifications) {
                Some(limit) => self.delete_old_notifications(limit, now.as_microsecond())?,
                None => 0,
            };
            // Incidents are kept as long as what was posted of them.
            let incidents = self.delete_incidents(before(retention.notifications))?;
            // What is not understood is kept as long as what is.
            let rejects = match before(retention.events) {
                Some(limit) => self.delete_old_rejects(limit)?,
                None => 0,
            };
            let mut over = 0;
            if bytes_used(self.parts().0)? > retention.max_size_bytes {
                // The oldest go first, be they events or posts: neither crowds out the other.
                match self.oldest_post_before_events()? {
                    Some(limit) => ledger += self.delete_notifications("created_at < ?1", limit)?,
                    None => over = self.delete_oldest_events()?,
                }
            }
            swept.events_old += old;
            swept.events_over_size += over;
            swept.notifications += ledger;
            let free = self.give_back()?;
            let deleted = old + ledger + incidents + rejects + over;
            if deleted > 0 || free {
                // A long log is copied into the database between two steps.
                self.unsynced_since.get_or_insert_with(crate::clock::monotonic);
                self.sync(false)?;
            }
            if deleted == 0 && !free {
                swept.more = false;
                break;
            }
        }
        Ok(swept)
    }

    /// If the oldest posts were made before the oldest event was read: until when.
    fn oldest_post_before_events(&mut self) -> Result<Option<i64>, StoreError> {
        let (connection, _) = self.parts();
        let oldest = connection.query_row(
            "SELECT (SELECT read_at FROM event ORDER BY sequence LIMIT 1), \
             (SELECT created_at FROM notification WHERE state <> 0 ORDER BY created_at LIMIT 1)",
            [],
            |row| Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?)),
        )?;
        Ok(match oldest {
            (Some(event), Some(post)) if post < event => Some(event),
            (None, Some(_)) => Some(i64::MAX),
            _ => None,
        })
    }

    /// Deletes events that were read before `limit`, at most a step of them.
    fn delete_old_events(&mut self, limit: i64, now: i64) -> Result<u64, StoreError> {
        let (connection, turn) = self.parts();
        let Some(through) = age::old_through(connection, &EVENTS, limit, now, STEP_ROWS)? else {
            return Ok(0);
        };
        let _turn = take_turn(turn);
        let delete = "DELETE FROM event WHERE sequence <= ?1";
        Ok(connection.prepare_cached(delete)?.execute([through])? as u64)
    }

    /// Deletes a step of the oldest events.
    fn delete_oldest_events(&mut self) -> Result<u64, StoreError> {
        let (connection, turn) = self.parts();
        let _turn = take_turn(turn);
        let delete = "DELETE FROM event WHERE sequence IN \
                      (SELECT sequence FROM event ORDER BY sequence LIMIT ?1)";
        Ok(connection.prepare_cached(delete)?.execute([STEP_ROWS])? as u64)
    }

    /// Gives free pages back to the file system. False if there were none.
    fn give_back(&mut self) -> Result<bool, StoreError> {
        let (connection, turn) = self.parts();
        let free: i64 = connection.query_row("PRAGMA freelist_count", [], |row| row.get(0))?;
        if free == 0 {
            return Ok(false);
        }
        let _turn = take_turn(turn);
        // The pragma frees a page for each step of its statement, so it is stepped to its end.
        let mut vacuum =
            connection.prepare(&format!("PRAGMA incremental_vacuum({VACUUM_PAGES})"))?;
        let mut steps = vacuum.query([])?;
        while steps.next()?.is_some() {}
        Ok(true)
    }

    /// Deletes posts that were made before `limit`, at most a step of them.
    fn delete_old_notifications(&mut self, limit: i64, now: i64) -> Result<u64, StoreError> {
        let (connection, _) = self.parts();
        match age::old_through(connection, &POSTS, limit, now, STEP_ROWS)? {
            Some(through) => self.delete_notifications("id <= ?1", through),
            None => Ok(0),
        }
    }

    fn delete_notifications(&mut self, condition: &str, limit: i64) -> Result<u64, StoreError> {
        let (connection, turn) = self.parts();
        let _turn = take_turn(turn);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // What the ledger forgets stays in the account as a sum, so that it can still be recomputed.
        transaction
            .execute_batch("CREATE TEMP TABLE IF NOT EXISTS gone (id INTEGER PRIMARY KEY)")?;
        transaction.execute("DELETE FROM gone", [])?;
        transaction.execute(
            &format!(
                "INSERT INTO gone SELECT id FROM notification WHERE state <> 0 AND {condition} \
                 ORDER BY id LIMIT ?2"
            ),
            [limit, STEP_ROWS],
        )?;
        for (state, column) in [(1, "told_pruned"), (2, "given_up_pruned")] {
            transaction.execute(
                &format!(
                    "UPDATE destination SET {column} = {column} + coalesce((SELECT sum(events) FROM notification \
                     WHERE destination = destination.name AND state = {state} AND id IN gone), 0)"
                ),
                [],
            )?;
        }
        transaction.execute("DELETE FROM card WHERE notification IN gone", [])?;
        let deleted = transaction.execute("DELETE FROM notification WHERE id IN gone", [])?;
        transaction.commit()?;
        Ok(deleted as u64)
    }
}

/// Bytes of the database that hold something.
pub(super) fn bytes_used(connection: &Connection) -> Result<u64, StoreError> {
    let pragma = |name: &str| {
        connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0))
    };
    let pages = pragma("page_count")? - pragma("freelist_count")?;
    Ok((pages * pragma("page_size")?) as u64)
}
