//! Where reading stands in systemd's journal. Written in the transaction of the events.

use rusqlite::params;

use super::{Batch, StoreError, Writer};
use crate::journal::{Cursor, Position};

impl Writer {
    /// The sources that read the journal and where each stands, those that are not configured any more too.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn journals(&self) -> Result<Vec<(String, Position)>, StoreError> {
        let all = "SELECT source, cursor, read_until, failures FROM journal ORDER BY source";
        let mut query = self.connection.prepare_cached(all)?;
        let mut rows = query.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let known = |text: String| {
                let damaged = StoreError::Damaged { wanted: "a cursor", found: text.clone() };
                Cursor::parse(&text).ok_or(damaged)
            };
            let position = Position {
                cursor: row.get::<_, Option<String>>(1)?.map(known).transpose()?,
                read_until_us: row.get(2)?,
                failures: row.get::<_, i64>(3)?.cast_unsigned(),
            };
            found.push((row.get(0)?, position));
        }
        Ok(found)
    }
}

impl Batch<'_> {
    /// Where reading goes on for this source.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn journal(&mut self, source: &str, position: &Position) -> Result<(), StoreError> {
        let put = "INSERT OR REPLACE INTO journal (source, cursor, read_until, failures) VALUES (?1, ?2, ?3, ?4)";
        self.transaction.prepare_cached(put)?.execute(params![
            source,
            position.cursor.as_ref().map(Cursor::as_str),
            position.read_until_us,
            position.failures.cast_signed(),
        ])?;
        Ok(())
    }
}
