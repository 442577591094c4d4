//! A new database from what can be saved: the mirror, whose checksum holds, and whatever the damaged database still gives
//! and can be trusted. What a destination was not told yet is brought over; the rest of the history stays where it is.
//!
//! The mirror's positions and its last sequence number are of one instant. So of the damaged database's events those up to
//! that number are taken, and those behind it are read from the logs again: none is stored twice, none is left out.

use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::Connection;

use super::identity::Home;
use super::mirror::{Reached, State};
use super::rows::{self, Cell, Rows};
use super::{
    PAGE_BYTES, StoreError, account, identity, mirror, numbers, remembered, schema, troubles,
};
use crate::trouble::{Incident, Kind};

mod events;
mod words;

/// The most events that are brought over, the newest.
pub(super) const EVENTS_MAX: u64 = 1_000_000;

/// A sequence number above this is damage, not a number that was given.
const SEQUENCE_MAX: u64 = 1 << 53;

/// What is to be said of the damage.
pub(super) struct Loss<'a> {
    pub(super) why: &'a StoreError,
    pub(super) aside: &'a OsStr,
    pub(super) now: Timestamp,
}

/// What was done, to be put into words.
#[derive(Debug, Default)]
struct Saved {
    /// There was something to save from.
    readable: bool,
    from: From,
    /// Events that somebody had not been told, and how many of them were brought over.
    untold: u64,
    brought: u64,
    /// Destinations whose own records could not be relied on; they go on from the mirror, or begin anew.
    from_mirror: Vec<String>,
    /// Some alerts may be told again.
    repeats: bool,
}

/// Where reading goes on.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum From {
    /// Where the mirror says.
    Mirror,
    /// Where the damaged database says: there is no mirror, or the database had gone back to a time before it.
    Database,
    /// As at a first start.
    #[default]
    Nowhere,
}

/// What the damaged database says of its numbers.
#[derive(Debug, Default, Clone, Copy)]
struct Numbers {
    last: Option<u64>,
    newest: Option<u64>,
}

/// Builds it in the file `part`, complete and synced, with the incident in it.
///
/// # Errors
/// The file cannot be written.
pub(super) fn build(
    part: &Path,
    old: Option<&Connection>,
    mirror: Result<&State, &str>,
    home: Option<Home>,
    loss: &Loss<'_>,
) -> Result<Incident, StoreError> {
    let mut fresh = Connection::open(part)?;
    fresh.pragma_update(None, "page_size", PAGE_BYTES)?;
    fresh.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    // Nobody uses the file before it is whole and renamed.
    fresh.query_row("PRAGMA journal_mode = MEMORY", [], |_| Ok(()))?;
    fresh.pragma_update(None, "synchronous", "OFF")?;
    schema::migrate(&mut fresh)?;
    let transaction = fresh.transaction()?;
    let saved = save(&transaction, old, mirror.ok(), home, loss.now)?;
    let incident = Incident {
        kind: Kind::StoreSetAside,
        subject: super::DATABASE.to_owned(),
        text: words::text(&saved, mirror, loss),
    };
    troubles::insert(&transaction, loss.now, &incident)?;
    transaction.commit()?;
    fresh.close().map_err(|(_, error)| error)?;
    let synced = File::open(part).and_then(|file| file.sync_all());
    synced.map_err(|error| StoreError::Io { path: part.to_owned(), error })?;
    Ok(incident)
}

fn save(
    fresh: &Connection,
    old: Option<&Connection>,
    mirror: Option<&State>,
    home: Option<Home>,
    now: Timestamp,
) -> Result<Saved, StoreError> {
    let found = old.map(Numbers::of).unwrap_or_default();
    let from = choose(old, mirror, found);
    let mut saved = Saved { readable: found.readable(), from, ..Saved::default() };
    let through = match (from, mirror) {
        (From::Mirror, Some(mirror)) => mirror.last_sequence().unwrap_or(0),
        _ => found.greatest(),
    };
    keep_identity(fresh, old, mirror, home, now, through)?;
    let (mirrored, read) =
        (mirror.filter(|_| from == From::Mirror), old.filter(|_| from == From::Database));
    for table in ["source", "position", "journal"] {
        let rows = match (mirrored, read) {
            (Some(mirror), _) => match table {
                "source" => mirror.source.clone(),
                "position" => mirror.position.clone(),
                _ => mirror.journal.clone(),
            },
            (None, Some(old)) => rows::read(old, table, "true").0,
            (None, None) => Rows::default(),
        };
        rows::write(fresh, table, &rows)?;
    }
    for table in ["path", "reading", "reading_format", "reject_reason", "incident", "mute"] {
        if let Some(old) = old {
            rows::write(fresh, table, &rows::read(old, table, "true").0)?;
        }
    }
    keep_incident_numbers(fresh, old)?;
    let overlap = keep_destinations(fresh, old, mirror, through, &mut saved)?;
    events::keep(fresh, old, through, &mut saved)?;
    let known = [through, found.greatest(), mirror.and_then(State::last_sequence).unwrap_or(0)];
    numbers::leave_behind(fresh, known.into_iter().max().unwrap_or(0))?;
    saved.repeats = overlap || found.last != Some(through) || !saved.from_mirror.is_empty();
    if saved.repeats {
        numbers::expect_repetition(fresh)?;
    }
    Ok(saved)
}

impl Numbers {
    fn of(old: &Connection) -> Self {
        let number = |sql| {
            let found = old.query_row(sql, [], |row| row.get::<_, Option<i64>>(0)).ok()?;
            Some(found.unwrap_or(0) as u64).filter(|number| *number <= SEQUENCE_MAX)
        };
        Self {
            last: number("SELECT last_sequence FROM identity"),
            newest: number("SELECT max(sequence) FROM event"),
        }
    }

    fn readable(self) -> bool {
        self.last.is_some() || self.newest.is_some()
    }

    fn greatest(self) -> u64 {
        self.last.max(self.newest).unwrap_or(0)
    }
}

/// The mirror, unless the database itself has gone back to a time before it: then what the mirror says was read would be
/// missing.
fn choose(old: Option<&Connection>, mirror: Option<&State>, found: Numbers) -> From {
    let sound = |table: &str| {
        let check = format!("PRAGMA quick_check({table})");
        let checked = old?.query_row(&check, [], |row| row.get::<_, String>(0)).ok()?;
        (checked == "ok" && rows::read(old?, table, "true").1).then_some(())
    };
    let database =
        || ["position", "journal", "source"].into_iter().all(|table| sound(table).is_some());
    match mirror {
        Some(mirror) => {
            let went_back = found.last < mirror.last_sequence() && found.newest <= found.last;
            let older = found.last.is_some() && found.newest.is_some() && went_back;
            if older && database() { From::Database } else { From::Mirror }
        }
        None if database() => From::Database,
        None => From::Nowhere,
    }
}

fn keep_identity(
    fresh: &Connection,
    old: Option<&Connection>,
    mirror: Option<&State>,
    home: Option<Home>,
    now: Timestamp,
    through: u64,
) -> Result<(), StoreError> {
    let read = old.map(|old| rows::read(old, "identity", "id = 1").0);
    for rows in [mirror.map(|mirror| mirror.identity.clone()), read].into_iter().flatten() {
        if rows::write(fresh, "identity", &rows)? > 0 {
            break;
        }
    }
    fresh.execute(
        "INSERT OR IGNORE INTO identity (id, machine, created_at) VALUES (1, ?1, ?2)",
        (identity::machine(home).to_be_bytes(), now.as_microsecond()),
    )?;
    let reset = "UPDATE identity SET last_sequence = ?1, repeated_until = 0";
    fresh.execute(reset, [through as i64])?;
    Ok(())
}

/// Incidents that come must have higher numbers than those that were told.
fn keep_incident_numbers(fresh: &Connection, old: Option<&Connection>) -> Result<(), StoreError> {
    const BEYOND: i64 = 1_000_000;
    let given = "SELECT seq FROM sqlite_sequence WHERE name = 'incident'";
    let given = old.map(|old| old.query_row(given, [], |row| row.get::<_, i64>(0)));
    let given = match given {
        Some(Ok(given)) if (0..SEQUENCE_MAX as i64).contains(&given) => given,
        Some(Err(rusqlite::Error::QueryReturnedNoRows)) => 0,
        _ => BEYOND,
    };
    fresh.execute("DELETE FROM sqlite_sequence WHERE name = 'incident'", [])?;
    fresh.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('incident', ?1)", [given])?;
    Ok(())
}

/// Brings the destinations over. True if one of them had read events that are read again now.
fn keep_destinations(
    fresh: &Connection,
    old: Option<&Connection>,
    mirror: Option<&State>,
    through: u64,
    saved: &mut Saved,
) -> Result<bool, StoreError> {
    let mirrored = mirror.map(|mirror| mirror.destinations.as_slice()).unwrap_or_default();
    let mut names: Vec<String> = mirrored.iter().map(|reached| reached.name.clone()).collect();
    for name in old.map(names_in).unwrap_or_default() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut overlap = false;
    for name in names {
        let reached = mirrored.iter().find(|reached| reached.name == name);
        match old.filter(|old| is_sound(old, &name)) {
            Some(old) => overlap |= copy_destination(fresh, old, &name, through)?,
            None => {
                begin_anew(fresh, &name, reached, through)?;
                saved.from_mirror.push(name);
            }
        }
    }
    Ok(overlap)
}

fn names_in(old: &Connection) -> Vec<String> {
    let (found, _) = rows::read(old, "destination", "true");
    let place = found.columns.iter().position(|column| column == "name").unwrap_or(0);
    let names = found.rows.into_iter().filter_map(|row| match row.into_iter().nth(place) {
        Some(Cell::Text(name)) => Some(name),
        _ => None,
    });
    names.collect()
}

/// Nothing vouches for the numbers in a damaged database but that they agree: if all that a destination was told, is still to
/// be told and was spared adds up to what was stored, they are as they were written.
fn is_sound(old: &Connection, name: &str) -> bool {
    let Ok(account) = account::account(old, name) else { return false };
    let row = "SELECT cursor <= (SELECT last_sequence FROM identity) AND told = ?2 AND given_up = ?3 AND \
               (SELECT count(*) FROM open_group WHERE destination = name AND held <> total - told) = 0 \
               FROM destination WHERE name = ?1";
    let row =
        row.replace("held <> total - told", "held <> (state ->> 'total') - (state ->> 'told')");
    let agrees = old.query_row(&row, (name, account.told as i64, account.given_up as i64), |row| {
        row.get::<_, bool>(0)
    });
    let plausible = account.stored <= SEQUENCE_MAX && account.unaccounted() == 0;
    plausible && agrees.is_ok_and(|agrees| agrees) && remembered::remembered(old, name).is_ok()
}

/// Its row, its groups and its post under way as they are; what its posts told is kept as a sum. True if it had read events
/// beyond `through`, which are read again.
fn copy_destination(
    fresh: &Connection,
    old: &Connection,
    name: &str,
    through: u64,
) -> Result<bool, StoreError> {
    let quoted = format!("'{}'", name.replace('\'', "''"));
    let of = |table: &str, condition: &str| rows::read(old, table, condition).0;
    rows::write(fresh, "destination", &of("destination", &format!("name = {quoted}")))?;
    for table in ["open_group", "hidden", "reminded"] {
        rows::write(fresh, table, &of(table, &format!("destination = {quoted}")))?;
    }
    let open = format!("destination = {quoted} AND state = 0");
    rows::write(fresh, "notification", &of("notification", &open))?;
    let cards = format!("notification IN (SELECT id FROM notification WHERE {open})");
    rows::write(fresh, "card", &of("card", &cards))?;
    let cursor = "SELECT cursor FROM destination WHERE name = ?1";
    let cursor: i64 = fresh.query_row(cursor, [name], |row| row.get(0))?;
    fresh.execute(
        "UPDATE destination SET told_pruned = told, given_up_pruned = given_up, \
         began_after = began_after - max(cursor - ?2, 0), cursor = min(cursor, ?2) WHERE name = ?1",
        (name, through as i64),
    )?;
    Ok(cursor as u64 > through)
}

/// It goes on behind the last event that was told for certain.
fn begin_anew(
    fresh: &Connection,
    name: &str,
    reached: Option<&Reached>,
    through: u64,
) -> Result<(), StoreError> {
    let cursor = reached.map_or(through, |reached| reached.told_through.min(through));
    let kind = reached.map_or("unknown", |reached| reached.kind.as_str());
    fresh.execute(
        "INSERT OR REPLACE INTO destination (name, kind, began_after, cursor) VALUES (?1, ?2, ?3, ?3)",
        (name, kind, cursor as i64),
    )?;
    Ok(())
}

/// The lowest number behind which somebody has events to be told of.
fn told_through_all(fresh: &Connection, through: u64) -> Result<u64, StoreError> {
    let reached = mirror::reached(fresh)?;
    Ok(reached.iter().map(|reached| reached.told_through).min().unwrap_or(through).min(through))
}
