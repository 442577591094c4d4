//! Snort's columns: comma-separated, text in quotes with `\"` and `\\` inside, their order as configured. The order stands
//! in front of a record where it is not the format's usual one: `#snort-csv timestamp,msg,src` and a newline.

use alloc::vec::Vec;

use memchr::memchr;

use super::{Event, Field};
use crate::alert::{Parsed, Reject, Text};
use crate::record::PASSED_OVER;
use crate::{lex, text};

/// The names of a format's columns and what they mean.
pub(crate) type Names = [(&'static str, Field)];

/// The names of a table, for [`Headed::columns`](crate::record::Headed::columns).
pub(crate) const fn names<const COUNT: usize>(table: &Names) -> [&'static str; COUNT] {
    let mut names = [""; COUNT];
    let (mut to, mut from) = (names.as_mut_slice(), table);
    while let (Some((name, to_rest)), Some((row, from_rest))) =
        (to.split_first_mut(), from.split_first())
    {
        *name = row.0;
        (to, from) = (to_rest, from_rest);
    }
    names
}

/// The most columns of a header.
const COLUMNS_MAX: usize = 128;

/// What a name means; `None` if there is no such column.
fn named(names: &Names, name: &[u8]) -> Option<Field> {
    if name == PASSED_OVER.as_bytes() {
        return Some(Field::PassedOver);
    }
    names.iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name)).map(|(_, f)| *f)
}

/// The columns that a header of this format names, if the line is one: behind its mark, or as the only content of a line
/// that begins with the time, as people put it above such files.
fn header<'l>(mark: &str, names: &Names, line: &'l [u8]) -> Option<&'l [u8]> {
    if let Some(columns) = line.strip_prefix(b"#") {
        let columns = columns.strip_prefix(mark.as_bytes())?.strip_prefix(b" ")?;
        return Some(columns.trim_ascii());
    }
    let columns = line.trim_ascii();
    let is_header = columns.starts_with(b"timestamp,")
        && split(columns).count() <= COLUMNS_MAX
        && split(columns).all(|name| named(names, name).is_some());
    is_header.then_some(columns)
}

fn split(columns: &[u8]) -> impl Iterator<Item = &[u8]> {
    columns.split(|byte| *byte == b',').map(<[u8]>::trim_ascii)
}

/// [`Headed::keep`](crate::record::Headed::keep) of a format with this mark.
pub(crate) fn keep(mark: &str, names: &Names, kept: &mut Vec<u8>, line: &[u8]) -> bool {
    let Some(columns) = header(mark, names, line) else { return false };
    kept.clear();
    kept.push(b'#');
    kept.extend_from_slice(mark.as_bytes());
    kept.push(b' ');
    kept.extend_from_slice(columns);
    kept.push(b'\n');
    true
}

/// [`Headed::needs`](crate::record::Headed::needs): what is no comment.
pub(crate) fn needs(_header: &[u8], line: &[u8]) -> bool {
    line.first() != Some(&b'#')
}

/// What stands behind the stamp and the comma with which a record of the default orders begins.
pub(crate) fn behind_stamp(record: &[u8]) -> Option<&[u8]> {
    let stamp = match record.get(..9)? {
        [_, _, b'/', _, _, b'-', ..] => STAMP_BYTES_MIN,
        [_, _, b'/', _, _, b'/', _, _, b'-'] => STAMP_BYTES_MIN + "YY/".len(),
        _ => return None,
    };
    let rest = record.get(stamp..)?;
    let end = memchr(b',', rest.get(..".000000 ,".len()).unwrap_or(rest))?;
    rest.get(end + 1..)
}

/// A stamp without year and fraction.
const STAMP_BYTES_MIN: usize = "MM/DD-HH:MM:SS".len();

/// Digits and nothing else.
pub(crate) fn is_number(column: &[u8]) -> bool {
    !column.is_empty() && column.iter().all(u8::is_ascii_digit)
}

/// Is the record a header line and nothing more?
pub(crate) fn whole_header(mark: &str, names: &Names, record: &[u8]) -> bool {
    memchr(b'\n', record).is_none() && header(mark, names, record).is_some()
}

/// The header in front of a record, and the record's own line.
pub(crate) fn configured<'a>(mark: &str, record: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let columns = record.strip_prefix(b"#")?.strip_prefix(mark.as_bytes())?.strip_prefix(b" ")?;
    let end = memchr(b'\n', columns)?;
    Some((columns.get(..end)?, columns.get(end + 1..)?))
}

/// Reads a record: with the header in front of it if there is one, else in the order that `usual` chooses for its line. A
/// header alone is no alert.
pub(crate) fn columns<'a>(
    mark: &str,
    names: &'static Names,
    usual: impl Fn(&str) -> &'static Names,
    record: &'a [u8],
) -> Result<Parsed<'a>, Reject> {
    let (header, line) = match configured(mark, record) {
        Some((header, line)) => (Some(header), line),
        None if whole_header(mark, names, record) => return Ok(Parsed::Other),
        None => (None, record),
    };
    let read = match text::shown(line) {
        Text::Borrowed(line) => event(header, names, usual, line),
        Text::Owned(line) => event(header, names, usual, &line).map(Parsed::into_owned),
    };
    let before = record.len() - line.len();
    read.map_err(|reject| Reject { at: before + reject.at, ..reject })
}

fn event<'a>(
    header: Option<&[u8]>,
    names: &'static Names,
    usual: impl Fn(&str) -> &'static Names,
    line: &'a str,
) -> Result<Parsed<'a>, Reject> {
    let mut event = Event::new();
    match header {
        Some(header) => {
            // A name that an older version knew is passed over.
            let fields = split(header).take(COLUMNS_MAX);
            let fields = fields.map(|name| named(names, name).unwrap_or(Field::PassedOver));
            fill(&mut event, fields, line)
        }
        None => fill(&mut event, usual(line).iter().map(|(_, field)| *field), line),
    }?;
    event.finish().ok_or(Reject { at: line.len(), wanted: "a rule's id or message" })
}

// Gives each field its column. Columns that are missing at the end are empty.
fn fill<'a>(
    event: &mut Event<'a>,
    fields: impl Iterator<Item = Field>,
    line: &'a str,
) -> Result<(), Reject> {
    let mut rest = Some(line);
    for field in fields {
        let Some(from) = rest else { break };
        let (value, behind) = column(from);
        if !value.is_empty() && !event.take(field, value) {
            return Err(Reject { at: line.len() - from.len(), wanted: field.wanted() });
        }
        rest = behind;
    }
    Ok(())
}

// The next column, and what stands behind the comma that ends it.
fn column(input: &str) -> (Text<'_>, Option<&str>) {
    let input = trimmed_start(input);
    if input.starts_with('"')
        && let Ok((rest, value)) = lex::quoted(input.as_bytes())
    {
        let rest = rest.trim_ascii_start();
        let behind = input.get(input.len() - rest.len()..).unwrap_or_default();
        match (rest.first(), behind.get(1..)) {
            (None, _) => return (text::trimmed(value), None),
            (Some(b','), behind) => return (text::trimmed(value), behind),
            _ => {}
        }
    }
    match memchr(b',', input.as_bytes()).and_then(|end| input.split_at_checked(end)) {
        Some((value, behind)) => (Text::Borrowed(value.trim_ascii_end()), behind.get(1..)),
        None => (Text::Borrowed(input.trim_ascii_end()), None),
    }
}

fn trimmed_start(input: &str) -> &str {
    if input.starts_with(' ') { input.trim_ascii_start() } else { input }
}
