//! The commands' side: reads only, beside a running agent. A query is a short one: no snapshot is held between two.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, params_from_iter, types::Value};

use super::event_row::{self, COLUMNS, Extent};
use super::json::from_json;
use super::{Account, StoreError, account, connect_to_read, retention};
use crate::event::Event;
use crate::health::Health;
use crate::triage;

/// Events that one step of a search reads.
pub(super) const STEP_EVENTS: usize = 1_000;

/// Bytes of records that one step of a search reads, so that what it found can wait in memory until it is shown.
const STEP_BYTES_MAX: usize = 4 << 20;

/// The shortest card id that a search takes.
const CARD_CHARS_MIN: usize = 4;

/// A store opened for reading.
#[derive(Debug)]
pub struct View {
    pub(super) connection: Connection,
    pub(super) agent_host: String,
}

/// What was read of one path.
#[derive(Debug, Clone)]
pub struct FileView {
    /// The path.
    pub path: String,
    /// The last format found.
    pub format: Option<String>,
    /// Records, events, others, rejects, cut lines, lost bytes.
    pub counts: super::Counts,
    /// When something was read last.
    pub last_read_at: Option<Timestamp>,
    /// The newest record that no grammar read: offset, byte in the record, what was wanted there.
    pub reject: Option<(u64, u64, String)>,
    /// Where reading goes on, in the file that is at this path.
    pub offset: Option<u64>,
}

/// What is known of a destination.
#[derive(Debug, Clone)]
pub struct DestinationView {
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: String,
    /// Health.
    pub health: Health,
    /// The account, from the ledger.
    pub account: Account,
    /// The same sums as the destination's own row has them: equal unless something is wrong.
    pub told: u64,
    /// As `told`.
    pub given_up: u64,
    /// Posts that were taken.
    pub posts: u64,
}

/// What a search asks for, besides the matcher that is applied to each event.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Only events that happened at or after this.
    pub since: Option<Timestamp>,
    /// At most so many, the newest.
    pub limit: usize,
}

/// What a card's id stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// One card: keys and ranges of what it told.
    Card(Vec<(String, u64, u64)>),
    /// Several cards begin like this.
    Ambiguous(Vec<String>),
    /// None.
    Unknown,
}

impl View {
    /// Opens the store in this directory.
    ///
    /// # Errors
    /// There is none, it cannot be read, or it is of another version.
    pub fn open(directory: &Path, agent_host: &str) -> Result<Self, StoreError> {
        let connection = connect_to_read(directory)?;
        Ok(Self { connection, agent_host: agent_host.to_owned() })
    }

    /// Events stored now, their oldest time of reading, and the bytes that the database uses.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn size(&self) -> Result<(u64, Option<Timestamp>, u64), StoreError> {
        let (first, last, oldest) = self.connection.query_row(
            "SELECT min(sequence), max(sequence), (SELECT read_at FROM event ORDER BY sequence LIMIT 1) FROM event",
            [],
            |row| Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?, row.get(2)?)),
        )?;
        let events = first.zip(last).map_or(0, |(first, last)| (last - first + 1) as u64);
        Ok((events, instant(oldest), retention::bytes_used(&self.connection)?))
    }

    /// What was read, by path.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn files(&self) -> Result<Vec<FileView>, StoreError> {
        let mut query = self.connection.prepare_cached(
            "SELECT p.path, reading.format, records, events, others, rejects, cut, lost_bytes, last_read_at, \
             (SELECT \"offset\" FROM position WHERE CAST(position.path AS TEXT) = p.path AND stage = 0 \
             ORDER BY number DESC LIMIT 1), reject.\"offset\", reject.at_byte, reject.wanted \
             FROM reading JOIN path p ON p.id = reading.path LEFT JOIN reject \
             ON reject.id = (SELECT max(id) FROM reject WHERE path = reading.path) ORDER BY p.path",
        )?;
        let rows = query.query_map([], |row| {
            let number = |column: usize| row.get::<_, i64>(column).map(|number| number as u64);
            Ok(FileView {
                path: row.get(0)?,
                format: row.get(1)?,
                counts: super::Counts {
                    records: number(2)?,
                    events: number(3)?,
                    others: number(4)?,
                    rejects: number(5)?,
                    cut: number(6)?,
                    lost_bytes: number(7)?,
                },
                last_read_at: instant(row.get(8)?),
                offset: row.get::<_, Option<i64>>(9)?.map(i64::cast_unsigned),
                reject: match row.get::<_, Option<String>>(12)? {
                    Some(wanted) => Some((number(10)?, number(11)?, wanted)),
                    None => None,
                },
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The destinations that the store knows.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn destinations(&self) -> Result<Vec<DestinationView>, StoreError> {
        let mut query = self.connection.prepare_cached(
            "SELECT name, kind, health, told, given_up, \
             (SELECT count(*) FROM notification WHERE destination = name AND state = 1) \
             FROM destination ORDER BY name",
        )?;
        let mut rows = query.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let name: String = row.get(0)?;
            found.push(DestinationView {
                account: account::account(&self.connection, &name)?,
                name,
                kind: row.get(1)?,
                health: from_json(&row.get::<_, String>(2)?, "a destination's health")?,
                told: row.get::<_, i64>(3)? as u64,
                given_up: row.get::<_, i64>(4)? as u64,
                posts: row.get::<_, i64>(5)? as u64,
            });
        }
        Ok(found)
    }

    /// What this card's id, or a beginning of it, stands for.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn card(&self, id: &str) -> Result<Found, StoreError> {
        let id = id.to_ascii_uppercase();
        let crockford = id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !crockford || id.len() < CARD_CHARS_MIN {
            return Ok(Found::Unknown);
        }
        let above = format!("{id}~");
        let mut query = self.connection.prepare_cached(
            "SELECT DISTINCT card FROM (SELECT card FROM card UNION ALL SELECT card FROM notification) \
             WHERE card >= ?1 AND card < ?2 ORDER BY card LIMIT 20",
        )?;
        let cards: Vec<String> =
            query.query_map([&id, &above], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let card = match cards.as_slice() {
            [] => return Ok(Found::Unknown),
            [card] => card,
            _ => return Ok(Found::Ambiguous(cards)),
        };
        // The id of a whole post stands for all cards in it.
        let mut query = self.connection.prepare_cached(
            "SELECT key, first, last FROM card WHERE events > 0 AND (card = ?1 OR notification IN \
             (SELECT id FROM notification WHERE card = ?1))",
        )?;
        let ranges = query.query_map([card], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)? as u64, row.get::<_, i64>(2)? as u64))
        })?;
        Ok(Found::Card(ranges.collect::<Result<_, _>>()?))
    }

    /// The newest events of this query that `wanted` takes, newest first, each given to `take`. Gives how many. Between two
    /// steps, while the database is not held, `pause` is called: there is the time to write to somebody who reads slowly.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn search(
        &self,
        query: &Query,
        ranges: Option<&[(String, u64, u64)]>,
        wanted: &dyn Fn(&Event<'_>) -> bool,
        take: &mut dyn FnMut(&Event<'_>),
        pause: &mut dyn FnMut(),
    ) -> Result<usize, StoreError> {
        let bounds = ranges.map(|ranges| {
            let first = ranges.iter().map(|range| range.1).min().unwrap_or(1);
            (first, ranges.iter().map(|range| range.2).max().unwrap_or(0))
        });
        let (first, mut below) = bounds.map_or((0, i64::MAX), |b| (b.0 as i64, b.1 as i64 + 1));
        let mut found = 0;
        while found < query.limit {
            let (mut seen, mut bytes) = (0, 0);
            let mut conditions = String::from("sequence >= ? AND sequence < ?");
            let mut values = vec![Value::from(first), Value::from(below)];
            if let Some(since) = query.since {
                conditions.push_str(" AND at >= ?");
                values.push(Value::from(since.as_microsecond()));
            }
            let sql = format!(
                "SELECT {COLUMNS} WHERE {conditions} ORDER BY sequence DESC LIMIT {STEP_EVENTS}"
            );
            let mut statement = self.connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params_from_iter(values))?;
            while let Some(row) = rows.next()? {
                let event = event_row::event(row, &self.agent_host, Extent::Whole);
                seen += 1;
                bytes += event.raw.len();
                let sequence = event.sequence.unwrap_or(0);
                below = sequence as i64;
                let in_card = ranges.is_none_or(|ranges| {
                    ranges.iter().any(|(key, first, last)| {
                        (*first..=*last).contains(&sequence) && triage::key_matches(key, &event)
                    })
                });
                if in_card && wanted(&event) {
                    take(&event);
                    found += 1;
                }
                if found >= query.limit || bytes >= STEP_BYTES_MAX {
                    break;
                }
            }
            drop(rows);
            drop(statement);
            pause();
            if seen < STEP_EVENTS && bytes < STEP_BYTES_MAX {
                break;
            }
        }
        Ok(found)
    }
}

pub(super) fn instant(micros: Option<i64>) -> Option<Timestamp> {
    Timestamp::from_microsecond(micros?).ok()
}
