//! What goes wrong with the agent's own work: open conditions, incidents, heartbeats. Knows no policy of telling them.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::patience::Patience;
use super::turn::{Turn, take_turn};
use super::view::instant;
use super::writing::Writing;
use super::{Batch, Ledger, StoreError, View, Writer};
use crate::trouble::{Condition, Incident, Incidents, Kind};

/// So many incidents are kept; the oldest go first.
pub const INCIDENTS_MAX: i64 = 10_000;

/// Kinds and subjects of incidents that one notice or one status is given; further ones are counted.
const GROUPS_MAX: usize = 30;

/// The connection of the watchdog, or of a heartbeat.
#[derive(Debug)]
pub struct Troubles {
    connection: Connection,
    turn: Arc<Turn>,
    patience: Patience,
}

/// How a heartbeat is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulse {
    /// Name of the destination.
    pub name: String,
    /// When its receiver last took a ping.
    pub pinged_at: Option<Timestamp>,
    /// Why there is none now.
    pub held: Option<String>,
}

impl Troubles {
    pub(super) fn new(connection: Connection, turn: Arc<Turn>) -> Self {
        Self { connection, turn, patience: Patience::default() }
    }

    /// What was open when it was last written down.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn open(&self) -> Result<Vec<Condition>, StoreError> {
        conditions(&self.connection)
    }

    /// Writes down all that is open now.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn put(&mut self, open: &[Condition]) -> Result<(), StoreError> {
        let transaction = Writing::begin(&self.connection, &self.turn, &mut self.patience)?;
        transaction.execute("DELETE FROM condition", [])?;
        for Condition { kind, subject, text, since } in open {
            let insert =
                "INSERT INTO condition (kind, subject, since, text) VALUES (?1, ?2, ?3, ?4)";
            let row = params![kind.name(), subject, since.as_microsecond(), text];
            transaction.prepare_cached(insert)?.execute(row)?;
        }
        transaction.commit()
    }

    /// Keeps something that happened, for people to be told.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn incident(&mut self, now: Timestamp, incident: &Incident) -> Result<(), StoreError> {
        let transaction = Writing::begin(&self.connection, &self.turn, &mut self.patience)?;
        insert(&transaction, now, incident)?;
        transaction.commit()
    }

    /// Writes down how a heartbeat is; without `pinged_at` the last time stays.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn pulse(&mut self, pulse: &Pulse) -> Result<(), StoreError> {
        let transaction = Writing::begin(&self.connection, &self.turn, &mut self.patience)?;
        let put = "INSERT INTO heartbeat (name, pinged_at, held) VALUES (?1, ?2, ?3) ON CONFLICT (name) \
                   DO UPDATE SET pinged_at = coalesce(?2, pinged_at), held = ?3";
        let pinged_at = pulse.pinged_at.map(Timestamp::as_microsecond);
        transaction.prepare_cached(put)?.execute(params![pulse.name, pinged_at, pulse.held])?;
        transaction.commit()
    }
}

impl Batch<'_> {
    /// Keeps something that happened, for people to be told.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn incident(&mut self, incident: &Incident) -> Result<(), StoreError> {
        insert(&self.transaction, self.now, incident)
    }
}

impl Writer {
    /// When something of this kind happened last.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn last_incident(&self, kind: Kind) -> Result<Option<Timestamp>, StoreError> {
        let last = "SELECT max(at) FROM incident WHERE kind = ?1";
        Ok(instant(self.connection.query_row(last, [kind.name()], |row| row.get(0))?))
    }

    /// Deletes incidents that happened before `limit` and those beyond [`INCIDENTS_MAX`].
    pub(super) fn delete_incidents(&mut self, limit: Option<i64>) -> Result<u64, StoreError> {
        let (connection, turn) = self.parts();
        let _turn = take_turn(turn);
        let delete =
            "DELETE FROM incident WHERE at < ?1 OR id <= (SELECT max(id) FROM incident) - ?2";
        let deleted = connection
            .prepare_cached(delete)?
            .execute([limit.unwrap_or(i64::MIN), INCIDENTS_MAX])?;
        Ok(deleted as u64)
    }
}

impl Ledger {
    /// When the oldest incident after this one happened.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn next_incident(&self, after: i64) -> Result<Option<Timestamp>, StoreError> {
        let next = "SELECT at FROM incident WHERE id > ?1 ORDER BY id LIMIT 1";
        let mut query = self.connection.prepare_cached(next)?;
        Ok(instant(query.query_row([after], |row| row.get(0)).optional()?))
    }

    /// What happened after this incident, by kind and subject, the newest first; how much more that is not in the list;
    /// and the last incident among them.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn incidents(&self, after: i64) -> Result<(Vec<Incidents>, u64, i64), StoreError> {
        // Asked first: what happens meanwhile is told the next time.
        let last = "SELECT coalesce(max(id), ?1) FROM incident WHERE id > ?1";
        let last = self.connection.prepare_cached(last)?.query_row([after], |row| row.get(0))?;
        let (found, more) = incidents(&self.connection, "id > ?1 AND id <= ?2", [after, last])?;
        Ok((found, more, last))
    }
}

impl View {
    /// What was wrong when it was last written down.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn conditions(&self) -> Result<Vec<Condition>, StoreError> {
        conditions(&self.connection)
    }

    /// What happened since, by kind and subject, the newest first, and how much more that is not in the list.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn incidents(&self, since: Timestamp) -> Result<(Vec<Incidents>, u64), StoreError> {
        incidents(&self.connection, "at >= ?1 AND id <= ?2", [since.as_microsecond(), i64::MAX])
    }

    /// The heartbeats that were ever sent or held.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn pulses(&self) -> Result<Vec<Pulse>, StoreError> {
        let all = "SELECT name, pinged_at, held FROM heartbeat ORDER BY name";
        let mut query = self.connection.prepare_cached(all)?;
        let rows = query.query_map([], |row| {
            Ok(Pulse { name: row.get(0)?, pinged_at: instant(row.get(1)?), held: row.get(2)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// The last incident that happened before `at`; 0 if there is none.
pub(super) fn last_incident_before(
    connection: &Connection,
    at: Timestamp,
) -> Result<i64, StoreError> {
    let last = "SELECT coalesce(max(id), 0) FROM incident WHERE at < ?1";
    Ok(connection.prepare_cached(last)?.query_row([at.as_microsecond()], |row| row.get(0))?)
}

/// Keeps something that happened, in the transaction that knows of it.
pub(super) fn insert(
    connection: &Connection,
    now: Timestamp,
    incident: &Incident,
) -> Result<(), StoreError> {
    let Incident { kind, subject, text } = incident;
    let insert = "INSERT INTO incident (at, kind, subject, text) VALUES (?1, ?2, ?3, ?4)";
    let row = params![now.as_microsecond(), kind.name(), subject, text];
    connection.prepare_cached(insert)?.execute(row)?;
    Ok(())
}

fn conditions(connection: &Connection) -> Result<Vec<Condition>, StoreError> {
    let mut query = connection
        .prepare_cached("SELECT kind, subject, since, text FROM condition ORDER BY since")?;
    let row = |row: &Row<'_>| {
        // What a newer program called by a name of its own means nothing here.
        let kind = Kind::named(row.get_ref(0)?.as_str()?);
        Ok(match (kind, instant(row.get(2)?)) {
            (Some(kind), Some(since)) => {
                Some(Condition { kind, subject: row.get(1)?, since, text: row.get(3)? })
            }
            _ => None,
        })
    };
    let rows: Vec<Option<Condition>> = query.query_map([], row)?.collect::<Result<_, _>>()?;
    Ok(rows.into_iter().flatten().collect())
}

fn incidents(
    connection: &Connection,
    condition: &str,
    bounds: [i64; 2],
) -> Result<(Vec<Incidents>, u64), StoreError> {
    let sql = format!(
        "SELECT kind, subject, text, count, first_at, last_at FROM incident JOIN (SELECT max(id) AS last, \
         count(*) AS count, min(at) AS first_at, max(at) AS last_at FROM incident WHERE {condition} \
         GROUP BY kind, subject) ON id = last ORDER BY last DESC"
    );
    let mut query = connection.prepare_cached(&sql)?;
    let mut rows = query.query(bounds)?;
    let (mut found, mut more) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let count = row.get::<_, i64>(3)?.cast_unsigned();
        let span = instant(row.get(4)?).zip(instant(row.get(5)?));
        let Some((first_at, last_at)) = span.filter(|_| found.len() < GROUPS_MAX) else {
            more += count;
            continue;
        };
        found.push(Incidents {
            kind: Kind::named(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?),
            subject: row.get(1)?,
            text: row.get(2)?,
            count,
            first_at,
            last_at,
        });
    }
    Ok((found, more))
}
