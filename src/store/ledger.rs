//! A sender thread's side: its cursor, its groups, the attempt under way and its outcome (promise 2).

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};

use super::event_row::{self, COLUMNS, Extent};
use super::json::to_json;
use super::patience::Patience;
use super::remembered::{Restored, remembered};
use super::turn::{Turn, take_turn};
use super::writing::Writing;
use super::{StoreError, muting, troubles, writer};
use crate::event::Event;
use crate::health::Health;
use crate::message::Message;
use crate::triage::{Changes, Plan, Told};
use crate::trouble::Telling;

/// The connection of one destination's sender.
#[derive(Debug)]
pub struct Ledger {
    pub(super) connection: Connection,
    pub(super) turn: Arc<Turn>,
    destination: String,
    agent_host: String,
    pub(super) patience: Patience,
    /// When this process opened the store: a destination that is new is told what happened from then on.
    opened_at: Timestamp,
}

/// A post under way.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Its row in the ledger.
    pub id: i64,
    /// What is told, frozen.
    pub message: Message,
    /// How many events that is.
    pub events: u64,
    /// Tries begun.
    pub tries: u64,
    /// A try was begun and its answer is not known.
    pub unanswered: bool,
    /// An earlier try may have been taken.
    pub maybe_repeated: bool,
    /// The rich form was refused.
    pub minimal: bool,
}

/// A post that is about to be tried for the first time.
#[derive(Debug)]
pub struct NewAttempt<'a> {
    /// Id of the whole post, 8 Crockford characters.
    pub id: &'a str,
    /// What is told.
    pub message: &'a Message,
    /// The groups in it: card id and what is told of the group.
    pub cards: Vec<(&'a str, &'a Told)>,
    /// The plan itself, for its numbers.
    pub plan: &'a Plan,
    /// When the oldest of its events was read.
    pub oldest_at: Option<Timestamp>,
}

/// How a try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver took it.
    Delivered,
    /// The post is given up, and its events with it.
    GivenUp,
    /// It will be tried again.
    Again {
        /// The receiver may have taken it all the same.
        maybe_delivered: bool,
        /// From now on in its plainest form.
        minimal: bool,
    },
}

impl Ledger {
    pub(super) fn new(
        connection: Connection,
        turn: Arc<Turn>,
        destination: &str,
        agent_host: &str,
        opened_at: Timestamp,
    ) -> Self {
        Self {
            connection,
            turn,
            destination: destination.to_owned(),
            agent_host: agent_host.to_owned(),
            patience: Patience::default(),
            opened_at,
        }
    }

    /// What the store remembers of this destination. A new one starts after the last event that is stored now.
    ///
    /// # Errors
    /// The database cannot be read or written, or holds what this program did not write.
    pub fn restore(&mut self, kind: &str) -> Result<Restored, StoreError> {
        let last = writer::last_sequence(&self.connection)? as i64;
        let old = troubles::last_incident_before(&self.connection, self.opened_at)?;
        let notices = Telling::beginning_after(old);
        {
            let _turn = take_turn(&self.turn);
            let health = Health { notices: notices.clone(), ..Health::default() };
            self.connection.execute(
                "INSERT INTO destination (name, kind, began_after, cursor, health) VALUES (?1, ?2, ?3, ?3, ?4) \
                 ON CONFLICT (name) DO UPDATE SET kind = ?2 WHERE kind <> ?2",
                params![self.destination, kind, last, to_json(&health)?],
            )?;
        }
        let mut restored = remembered(&self.connection, &self.destination)?;
        restored.reminded = muting::reminded(&self.connection, &self.destination)?;
        if restored.health.notices.incidents_to().is_none() {
            // Its row was made before there were incidents.
            restored.health.notices = notices;
        }
        Ok(restored)
    }

    /// Reads on behind `cursor`: at most `events_max` events, each given to `take`, until `take` says stop (false). Their
    /// details may be missing ([`Ledger::event`] has them). Gives the new cursor and how many events were gone before they
    /// could be read.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn read_on(
        &self,
        cursor: u64,
        events_max: usize,
        take: &mut dyn FnMut(Event<'_>) -> bool,
    ) -> Result<(u64, u64), StoreError> {
        let last = writer::last_sequence(&self.connection)?;
        if last <= cursor {
            return Ok((cursor, 0));
        }
        let sql = format!("SELECT {COLUMNS} WHERE sequence > ?1 ORDER BY sequence LIMIT ?2");
        let mut query = self.connection.prepare_cached(&sql)?;
        let mut rows = query.query(params![cursor as i64, events_max as i64])?;
        let (mut reached, mut expired, mut full) = (cursor, 0, false);
        while let Some(row) = rows.next()? {
            let event = event_row::event(row, &self.agent_host, Extent::Head);
            let sequence = event.sequence.unwrap_or(reached);
            expired += sequence.saturating_sub(reached + 1);
            reached = sequence;
            full = !take(event);
            if full {
                break;
            }
        }
        // Nothing behind the cursor although numbers were given: all of it expired.
        if reached == cursor && !full {
            return Ok((last, last - cursor));
        }
        Ok((reached, expired))
    }

    /// One stored event.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn event(&self, sequence: u64) -> Result<Option<Event<'static>>, StoreError> {
        let sql = format!("SELECT {COLUMNS} WHERE sequence = ?1");
        let mut query = self.connection.prepare_cached(&sql)?;
        let mut rows = query.query([sequence as i64])?;
        let event = |row| event_row::event(row, &self.agent_host, Extent::Whole).into_owned();
        Ok(rows.next()?.map(event))
    }

    /// Commits how far was read, what changed on the desk, and perhaps an attempt, all at once and synced. A crash before
    /// this reads the same events again; a crash after it finds the attempt and sends it again, marked.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn commit(
        &mut self,
        now: Timestamp,
        cursor: u64,
        expired: u64,
        changes: &Changes<'_>,
        health: &Health,
        attempt: Option<&NewAttempt<'_>>,
    ) -> Result<Option<Attempt>, StoreError> {
        let transaction = Writing::begin(&self.connection, &self.turn, &mut self.patience)?;
        write_changes(&transaction, &self.destination, changes)?;
        muting::write(&transaction, &self.destination, changes)?;
        transaction
            .prepare_cached(
                "UPDATE destination SET cursor = ?2, not_matched = not_matched + ?3, muted = muted + ?4, \
                 expired = expired + ?5, health = ?6 WHERE name = ?1",
            )?
            .execute(params![
                self.destination,
                cursor as i64,
                changes.untold.not_matched as i64,
                changes.untold.muted as i64,
                expired as i64,
                to_json(health)?,
            ])?;
        let begun = match attempt {
            None => None,
            Some(new) => Some(begin(&transaction, now, &self.destination, new)?),
        };
        transaction.commit()?;
        Ok(begun)
    }

    /// A further try is about to begin.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn retry(&mut self, attempt: &mut Attempt) -> Result<(), StoreError> {
        let maybe_repeated = attempt.maybe_repeated || attempt.unanswered;
        let transaction = Writing::begin(&self.connection, &self.turn, &mut self.patience)?;
        transaction
            .prepare_cached(
                "UPDATE notification SET tries = tries + 1, unanswered = 1, maybe_repeated = ?2 WHERE id = ?1",
            )?
            .execute(params![attempt.id, maybe_repeated])?;
        transaction.commit()?;
        attempt.tries += 1;
        attempt.unanswered = true;
        attempt.maybe_repeated = maybe_repeated;
        Ok(())
    }

    /// Records how a try ended.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn answered(
        &mut self,
        now: Timestamp,
        attempt: &mut Attempt,
        outcome: Outcome,
        answer: &str,
        payload: &[u8],
        health: &Health,
    ) -> Result<(), StoreError> {
        let (state, maybe_delivered, minimal) = match outcome {
            Outcome::Delivered => (1, false, attempt.minimal),
            Outcome::GivenUp => (2, false, attempt.minimal),
            Outcome::Again { maybe_delivered, minimal } => (0, maybe_delivered, minimal),
        };
        let maybe_repeated = attempt.maybe_repeated || maybe_delivered;
        let told = if outcome == Outcome::Delivered { attempt.events } else { 0 };
        let given_up = if outcome == Outcome::GivenUp { attempt.events } else { 0 };
        let transaction = Writing::begin(&self.connection, &self.turn, &mut self.patience)?;
        transaction
            .prepare_cached(
                "UPDATE notification SET state = ?2, unanswered = 0, maybe_repeated = ?3, minimal = ?4, \
                 answered_at = ?5, answer = ?6, payload = ?7 WHERE id = ?1",
            )?
            .execute(params![
                attempt.id,
                state,
                maybe_repeated,
                minimal,
                now.as_microsecond(),
                answer,
                payload
            ])?;
        transaction
            .prepare_cached(
                "UPDATE destination SET told = told + ?2, given_up = given_up + ?3, health = ?4 WHERE name = ?1",
            )?
            .execute(params![
                self.destination,
                told as i64,
                given_up as i64,
                to_json(health)?
            ])?;
        transaction.commit()?;
        attempt.unanswered = false;
        attempt.maybe_repeated = maybe_repeated;
        attempt.minimal = minimal;
        Ok(())
    }
}

fn write_changes(
    transaction: &Transaction<'_>,
    destination: &str,
    changes: &Changes<'_>,
) -> Result<(), StoreError> {
    let mut delete =
        transaction.prepare_cached("DELETE FROM open_group WHERE destination = ?1 AND key = ?2")?;
    for key in &changes.closed {
        delete.execute([destination, key])?;
    }
    let mut put = transaction.prepare_cached(
        "INSERT OR REPLACE INTO open_group (destination, key, held, state) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (key, group) in &changes.groups {
        put.execute(params![destination, key, group.held() as i64, to_json(group)?])?;
    }
    Ok(())
}

fn begin(
    transaction: &Transaction<'_>,
    now: Timestamp,
    destination: &str,
    new: &NewAttempt<'_>,
) -> Result<Attempt, StoreError> {
    let events = new.plan.events();
    let mut insert = transaction.prepare_cached(
        "INSERT INTO notification (destination, card, created_at, events, oldest_at, state, tries, unanswered, \
         maybe_repeated, message) VALUES (?1, ?2, ?3, ?4, ?5, 0, 1, 1, ?6, ?7)",
    )?;
    // What was told from a database that is lost may be among its events.
    let repeated_until = transaction
        .prepare_cached("SELECT repeated_until FROM identity")?
        .query_row([], |row| row.get::<_, i64>(0))? as u64;
    let maybe_repeated =
        new.plan.told().any(|told| told.events > 0 && told.range.0 <= repeated_until);
    let id = insert.insert(params![
        destination,
        new.id,
        now.as_microsecond(),
        events as i64,
        new.oldest_at.map(Timestamp::as_microsecond),
        maybe_repeated,
        to_json(new.message)?,
    ])?;
    let mut card = transaction.prepare_cached(
        "INSERT INTO card (notification, card, key, events, first, last) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (name, told) in &new.cards {
        let (first, last) = (told.range.0 as i64, told.range.1 as i64);
        card.execute(params![id, name, told.key, told.events as i64, first, last])?;
    }
    Ok(Attempt {
        id,
        message: new.message.clone(),
        events,
        tries: 1,
        unanswered: true,
        maybe_repeated,
        minimal: false,
    })
}
