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

/// What the row of an event holds of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The record as it was written, which its grammar reads again.
    Raw = 0,
    /// The alert as JSON ([`alert_form`]).
    Alert = 1,
    /// Both ([`whole_form`]): of a format that a user defined, whose patterns may be others tomorrow.
    Whole = 2,
}

/// How much of an event is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it.
    Whole,
    /// What counts and sorts it; details may be missing ([`Reader::of_heads`]).
    Head,
}

/// The event of a row. A row that cannot be read as it was, because a grammar or the disk has changed, must not stop all
/// that stand behind it: it is an event all the same, with what of it makes sense.
pub(super) fn event<'row>(
    row: &'row Row<'_>,
    agent_host: &'row str,
    extent: Extent,
) -> Event<'row> {
    let text = |column: usize| row.get_ref(column).ok().and_then(|value| value.as_str().ok());
    let number = |column: usize| row.get::<_, i64>(column).ok();
    let place = |column: usize| number(column).and_then(|number| usize::try_from(number).ok());
    let record = row.get_ref(10).ok().and_then(|value| value.as_blob().ok()).unwrap_or_default();
    let format = text(6).and_then(known);
    let raw = number(9) == Some(0);
    // JSON has no line end between its tokens, and none within.
    let (form, record) = match (number(9), memchr::memchr(b'\n', record)) {
        (Some(0), _) => (&[][..], record),
        (Some(2), Some(end)) => record.split_at_checked(end).unwrap_or_default(),
        _ => (record, &[][..]),
    };
    let record = if raw { record } else { record.strip_prefix(b"\n").unwrap_or(record) };
    let mut alert = match format {
        Some(format) if raw => read_again(format, record, extent),
        _ if raw => bare(UNKNOWN_FORMAT),
        _ => from_form(form).unwrap_or_else(|_| bare(format.map_or(UNKNOWN_FORMAT, |f| f.name))),
    };
    // The name of a format that a user defined is known from its row alone.
    let own_name = text(6).filter(|_| !raw).unwrap_or(UNKNOWN_FORMAT);
    let (at, read_at) = (instant(number(2)), instant(number(3)));
    let read_at = read_at.or(at).unwrap_or_default();
    if raw {
        // The instant is in the row. That a day is in no calendar is noted again: it is in none in
        // any zone.
        event::instant(&mut alert, &TimeZone::UTC, read_at);
    }
    Event {
        sequence: number(0).map(i64::cast_unsigned),
        id: EventId(row.get(1).map_or(0, u128::from_be_bytes)),
        at: at.unwrap_or(read_at),
        read_at,
        severity: place(7).and_then(|place| Severity::ALL.get(place)).copied().unwrap_or_default(),
        direction: place(8).and_then(|place| Direction::ALL.get(place)).copied(),
        agent_host: Cow::Borrowed(agent_host),
        format: Cow::Borrowed(format.map_or(own_name, |format| format.name)),
        path: Cow::Borrowed(text(4).unwrap_or_default()),
        offset: number(5).unwrap_or_default().cast_unsigned(),
        alert,
        raw: Cow::Borrowed(record),
    }
}

fn read_again<'a>(format: &'static Format, record: &'a [u8], extent: Extent) -> Alert<'a> {
    let choice = Choice::Fixed(format);
    // That it was asked for is decided: it is stored.
    let mut reader = match extent {
        Extent::Whole => Reader::new(choice),
        Extent::Head => Reader::of_heads(choice),
    }
    .also_all();
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

/// The form of an alert with its record behind it.
///
/// # Errors
/// Never for what a grammar returned.
pub fn whole_form(alert: &Alert<'_>, record: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut form = alert_form(alert)?.into_bytes();
    form.push(b'\n');
    form.extend_from_slice(record);
    Ok(form)
}

fn instant(micros: Option<i64>) -> Option<Timestamp> {
    Timestamp::from_microsecond(micros?).ok()
}
