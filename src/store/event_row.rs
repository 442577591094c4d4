//! From a row to an event: the record is read again by its grammar, so the row holds only what a search needs. What was
//! decided when it was read first (instant, severity, direction) is taken from the row.

use std::borrow::Cow;

use ipsbell_parsers::alert::{Alert, Direction, Severity, Value};
use ipsbell_parsers::{Choice, Format, Read, Reader};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::Row;

use super::StoreError;
use super::json::{from_json, to_json};
use crate::event::{self, Event, EventId, GRAMMAR_PROBLEM};
use crate::guard::guard;

/// The columns that [`event`] reads, and where they come from; `WHERE` follows.
pub(super) const COLUMNS: &str = "sequence, event.id, at, read_at, path.path, \"offset\", format, severity, \
     direction, form, record FROM event LEFT JOIN path ON path.id = event.path";

/// The format's name of an event whose format this program does not know.
const UNKNOWN_FORMAT: &str = "unknown";

/// How much of an event is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it.
    Whole,
    /// What counts and sorts it; details may be missing ([`Reader::of_heads`]).
    Head,
}

/// The event of a row.
///
/// # Errors
/// The row holds what this program did not write.
pub(super) fn event<'row>(
    row: &'row Row<'_>,
    agent_host: &'row str,
    extent: Extent,
) -> Result<Event<'row>, StoreError> {
    let text = |column: usize| row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from);
    let name = text(6)?.unwrap_or_default();
    let record = row.get_ref(10)?.as_blob().map_err(rusqlite::Error::from)?;
    let format = known(name);
    let raw = row.get::<_, u8>(9)? == 0;
    // A row that cannot be read as it was must not stop all that stand behind it: it is an event all the same.
    let mut alert = match format {
        Some(format) if raw => read_again(format, record, extent),
        _ if raw => bare(UNKNOWN_FORMAT),
        _ => from_form(record).unwrap_or_else(|_| bare(format.map_or(UNKNOWN_FORMAT, |f| f.name))),
    };
    let read_at = instant(row.get(3)?)?;
    if raw {
        // The instant is in the row. That a day is in no calendar is noted again: it is in none in
        // any zone.
        event::instant(&mut alert, &TimeZone::UTC, read_at);
    }
    let severity = usize::from(row.get::<_, u8>(7)?);
    let direction = row.get::<_, Option<u8>>(8)?.map(usize::from);
    Ok(Event {
        sequence: Some(row.get::<_, i64>(0)? as u64),
        id: EventId(u128::from_be_bytes(row.get(1)?)),
        at: instant(row.get(2)?)?,
        read_at,
        severity: Severity::ALL.get(severity).copied().unwrap_or_default(),
        direction: direction.and_then(|number| Direction::ALL.get(number)).copied(),
        agent_host: Cow::Borrowed(agent_host),
        format: format.map_or(UNKNOWN_FORMAT, |format| format.name),
        path: Cow::Borrowed(text(4)?.unwrap_or_default()),
        offset: row.get::<_, i64>(5)? as u64,
        alert,
        raw: Cow::Borrowed(if raw { record } else { &[] }),
    })
}

fn read_again<'a>(format: &'static Format, record: &'a [u8], extent: Extent) -> Alert<'a> {
    let choice = Choice::Fixed(format);
    let mut reader = match extent {
        Extent::Whole => Reader::new(choice),
        Extent::Head => Reader::of_heads(choice),
    };
    match guard(|| reader.read(record)) {
        Ok(Read::Alert { alert, .. }) => *alert,
        // A grammar that became stricter must not hide an event that is stored.
        Ok(_) => bare(format.name),
        // The reader took only its head, or another version of the grammar did.
        Err(panicked) => {
            let mut alert = bare(format.name);
            alert.note(GRAMMAR_PROBLEM, Value::Text(Cow::Owned(panicked.to_string())));
            alert
        }
    }
}

fn known(name: &str) -> Option<&'static Format> {
    #[cfg(test)]
    if name == super::tests::FRAGILE.name {
        return Some(&super::tests::FRAGILE);
    }
    ipsbell_parsers::format(name)
}

/// An alert of which nothing is known but that it was one.
fn bare(product: &'static str) -> Alert<'static> {
    Alert { product: Cow::Borrowed(product), ..Alert::default() }
}

pub(super) fn from_form(record: &[u8]) -> Result<Alert<'_>, StoreError> {
    let text = std::str::from_utf8(record).map_err(|error| StoreError::Damaged {
        wanted: "an alert as JSON",
        found: error.to_string(),
    })?;
    from_json(text, "an alert as JSON")
}

/// The form of an alert that [`event`] reads where the raw record is not kept.
///
/// # Errors
/// Never for what a grammar returned.
pub fn alert_form(alert: &Alert<'_>) -> Result<String, StoreError> {
    to_json(alert)
}

fn instant(micros: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(micros)
        .map_err(|error| StoreError::Damaged { wanted: "an instant", found: error.to_string() })
}
