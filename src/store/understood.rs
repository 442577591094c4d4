//! What of the logs is understood and what is not: records by format, rejects by reason, samples of rejects. Written in the
//! transaction of the events.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::turn::take_turn;
use super::view::instant;
use super::{Batch, StoreError, View, Writer};

/// Samples of rejects that are kept, in all and of one path. The oldest go first.
pub(super) const REJECTS_MAX: i64 = 1000;
pub(super) const REJECTS_A_PATH_MAX: i64 = 100;

/// So many reasons of a path are shown, those with the most records.
const REASONS_SHOWN: usize = 5;

/// A record that no grammar read.
#[derive(Debug)]
pub struct Rejected<'a> {
    /// Number of its path.
    pub path: i64,
    /// Where it begins.
    pub offset: u64,
    /// Which grammar tried it, if one claimed it.
    pub format: Option<&'a str>,
    /// What was wanted.
    pub wanted: &'a str,
    /// At which byte of the record.
    pub at_byte: usize,
    /// The record's beginning.
    pub sample: &'a [u8],
}

/// Why records of a path are not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Which grammar tried; empty if none claimed them.
    pub format: String,
    /// What was wanted; of a few words of the program's own, never of a log.
    pub wanted: String,
    /// How many they are.
    pub records: u64,
    /// Where the newest begins.
    pub offset: u64,
    /// At which of its bytes it was wanted.
    pub at_byte: usize,
}

/// What is understood of a path, and what is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Understood {
    /// Records by format, most first.
    pub formats: Vec<(String, u64)>,
    /// Reasons for rejects, most records first, at most [`REASONS_SHOWN`], and when the newest was seen.
    pub reasons: Vec<(Reason, Option<Timestamp>)>,
}

impl Batch<'_> {
    /// Keeps a sample of a record that no grammar read.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn reject(&mut self, reject: &Rejected<'_>) -> Result<(), StoreError> {
        let insert = "INSERT INTO reject (seen_at, path, \"offset\", format, wanted, at_byte, sample) \
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        self.transaction.prepare_cached(insert)?.execute(params![
            self.now.as_microsecond(),
            reject.path,
            reject.offset as i64,
            reject.format,
            reject.wanted,
            reject.at_byte as i64,
            reject.sample,
        ])?;
        let beyond = "DELETE FROM reject WHERE path = ?1 AND id <= \
                      (SELECT id FROM reject WHERE path = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)";
        let beyond = self
            .transaction
            .prepare_cached(beyond)?
            .execute(params![reject.path, REJECTS_A_PATH_MAX])?;
        if beyond == 0 {
            let oldest = "DELETE FROM reject WHERE id <= \
                          (SELECT id FROM reject ORDER BY id DESC LIMIT 1 OFFSET ?1)";
            self.transaction.prepare_cached(oldest)?.execute([REJECTS_MAX])?;
        }
        Ok(())
    }

    /// Adds to the reasons for which records of a path are not understood.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn reason(&mut self, path: i64, reason: &Reason) -> Result<(), StoreError> {
        let add = "INSERT INTO reject_reason (path, format, wanted, records, seen_at, \"offset\", at_byte) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (path, format, wanted) DO UPDATE \
                   SET records = records + ?4, seen_at = ?5, \"offset\" = ?6, at_byte = ?7";
        self.transaction.prepare_cached(add)?.execute(params![
            path,
            reason.format,
            reason.wanted,
            reason.records as i64,
            self.now.as_microsecond(),
            reason.offset as i64,
            reason.at_byte as i64,
        ])?;
        Ok(())
    }

    /// How many records of a path each format has read, earlier processes included.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn formats(&self, path: i64) -> Result<Vec<(String, u64)>, StoreError> {
        let all = "SELECT format, records FROM reading_format WHERE path = ?1";
        let mut query = self.transaction.prepare_cached(all)?;
        let rows =
            query.query_map([path], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Adds to the records of a path that a format has read.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn read_by(&mut self, path: i64, format: &str, records: u64) -> Result<(), StoreError> {
        let add = "INSERT INTO reading_format (path, format, records) VALUES (?1, ?2, ?3) \
                   ON CONFLICT (path, format) DO UPDATE SET records = records + ?3";
        self.transaction.prepare_cached(add)?.execute(params![path, format, records as i64])?;
        Ok(())
    }
}

impl Writer {
    /// Deletes samples and reasons of rejects that were seen before `limit`.
    pub(super) fn delete_old_rejects(&mut self, limit: i64) -> Result<u64, StoreError> {
        let (connection, turn) = self.parts();
        let _turn = take_turn(turn);
        let mut deleted = 0;
        for table in ["reject", "reject_reason"] {
            let delete = format!("DELETE FROM {table} WHERE seen_at < ?1");
            deleted += connection.prepare_cached(&delete)?.execute([limit])?;
        }
        Ok(deleted as u64)
    }
}

impl View {
    /// What is understood of each path and what is not, by the path's number.
    pub(super) fn understood(&self) -> Result<HashMap<i64, Understood>, StoreError> {
        understood(&self.connection)
    }
}

fn understood(connection: &Connection) -> Result<HashMap<i64, Understood>, StoreError> {
    let mut found: HashMap<i64, Understood> = HashMap::new();
    let formats = "SELECT path, format, records FROM reading_format ORDER BY records DESC, format";
    let mut query = connection.prepare_cached(formats)?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let format = (row.get(1)?, row.get::<_, i64>(2)? as u64);
        found.entry(row.get(0)?).or_default().formats.push(format);
    }
    let reasons = "SELECT path, format, wanted, records, seen_at, \"offset\", at_byte \
                   FROM reject_reason ORDER BY records DESC, format, wanted";
    let mut query = connection.prepare_cached(reasons)?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let reasons = &mut found.entry(row.get(0)?).or_default().reasons;
        if reasons.len() < REASONS_SHOWN {
            let reason = Reason {
                format: row.get(1)?,
                wanted: row.get(2)?,
                records: row.get::<_, i64>(3)? as u64,
                offset: row.get::<_, i64>(5)? as u64,
                at_byte: row.get::<_, i64>(6)? as usize,
            };
            reasons.push((reason, instant(row.get(4)?)));
        }
    }
    Ok(found)
}
