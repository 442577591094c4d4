//! The account of promise 2, from the destinations' rows and, a second time, from the ledger.

use std::fmt;

use rusqlite::Connection;
use serde::Serialize;

use super::StoreError;

/// Where the events of one destination are. `stored = unread + not_matched + muted + held + told + given_up + expired`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Stored since the destination began.
    pub stored: u64,
    /// Not looked at yet.
    pub unread: u64,
    /// Not wanted by `match`, `unless` or `min_severity`.
    pub not_matched: u64,
    /// Muted.
    pub muted: u64,
    /// In an open group or in a post under way.
    pub held: u64,
    /// In posts that the receiver took.
    pub told: u64,
    /// In posts that the receiver refused in every form.
    pub given_up: u64,
    /// Let go by retention before they could be told.
    pub expired: u64,
}

impl Account {
    /// Events that are in none of the places: 0 unless something is wrong. Whatever a damaged row says, it is a number.
    pub fn unaccounted(&self) -> i64 {
        let Self { unread, not_matched, muted, held, told, given_up, expired, .. } = *self;
        let placed = [unread, not_matched, muted, held, told, given_up, expired];
        self.stored.wrapping_sub(placed.into_iter().fold(0, u64::wrapping_add)).cast_signed()
    }

    /// Events that a destination is still to be told of.
    pub fn pending(&self) -> u64 {
        self.unread.saturating_add(self.held)
    }
}

/// The sum and its parts in one line.
impl fmt::Display for Account {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stored, unread, not_matched, muted, held, told, given_up, expired } = self;
        write!(
            out,
            "{stored} stored = {told} told + {held} held + {unread} unread + {not_matched} not matched + {muted} muted + \
             {given_up} given up + {expired} expired"
        )
    }
}

/// The account of a destination; `told` and `given_up` are summed up from the ledger, not read from the destination's row.
///
/// # Errors
/// The database cannot be read.
pub(super) fn account(connection: &Connection, destination: &str) -> Result<Account, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT (SELECT last_sequence FROM identity) - began_after, \
                (SELECT last_sequence FROM identity) - cursor, \
                not_matched, muted, \
                (SELECT coalesce(sum(held), 0) FROM open_group WHERE destination = name) + \
                (SELECT coalesce(sum(events), 0) FROM notification WHERE destination = name AND state = 0), \
                told_pruned + (SELECT coalesce(sum(events), 0) FROM notification WHERE destination = name AND state = 1), \
                given_up_pruned + (SELECT coalesce(sum(events), 0) FROM notification WHERE destination = name AND state = 2), \
                expired \
         FROM destination WHERE name = ?1",
    )?;
    let account = query.query_row([destination], |row| {
        let number = |column: usize| row.get::<_, i64>(column).map(|number| number as u64);
        Ok(Account {
            stored: number(0)?,
            unread: number(1)?,
            not_matched: number(2)?,
            muted: number(3)?,
            held: number(4)?,
            told: number(5)?,
            given_up: number(6)?,
            expired: number(7)?,
        })
    })?;
    Ok(account)
}
