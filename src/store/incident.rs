//! A sender's side of what happens to the agent's own work: kept for people to be told, once in a while.

use jiff::{SignedDuration, Timestamp};
use rusqlite::params;

use super::{Ledger, StoreError, take_turn};
use crate::trouble::Incident;

impl Ledger {
    /// Keeps what happened, unless something of the same sort about the same was kept so short a time ago.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn incident(
        &self,
        now: Timestamp,
        incident: &Incident,
        not_within: SignedDuration,
    ) -> Result<(), StoreError> {
        let Incident { kind, subject, text } = incident;
        let since = now.saturating_sub(not_within).unwrap_or(Timestamp::MIN);
        let _turn = take_turn(&self.turn);
        self.connection
            .prepare_cached(
                "INSERT INTO incident (at, kind, subject, text) SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS \
                 (SELECT 1 FROM incident WHERE kind = ?2 AND subject = ?3 AND at > ?5 AND at <= ?1)",
            )?
            .execute(params![
                now.as_microsecond(),
                kind.name(),
                subject,
                text,
                since.as_microsecond()
            ])?;
        Ok(())
    }
}
