//! Zeek's ASCII writer: rows of values behind lines that say how they are written. Source: docs.zeek.org, "Zeek Log Formats
//! and Inspection", and the options of `LogAscii`.
//!
//! `#separator \x09` and `#fields`, behind which stand the names of the columns, each behind a separator, are always there;
//! `#set_separator`, `#empty_field` and `#unset_field` say what stands in place of values.

use alloc::vec::Vec;

use memchr::{memchr, memmem, memrchr};

use super::HEADER;
use super::fields::{Given, Notice};
use crate::alert::{Parsed, Reject, Text};
use crate::text;

/// The most columns that are read.
const COLUMNS_MAX: usize = 256;

/// So many bytes of a row are looked at to tell what it is.
const WINDOW_BYTES: usize = 4096;

/// How the rows under a header are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layout<'h> {
    separator: u8,
    set_separator: u8,
    empty: &'h [u8],
    unset: &'h [u8],
    fields: &'h [u8],
}

impl<'h> Layout<'h> {
    const USUAL: Self =
        Self { separator: b'\t', set_separator: b',', empty: b"(empty)", unset: b"-", fields: b"" };

    fn read(header: &'h [u8]) -> Self {
        let mut layout = Self::USUAL;
        for line in header.split(|byte| *byte == b'\n') {
            match Entry::read(line) {
                Some(Entry { name: b"separator", value }) => {
                    layout.separator = unescaped_byte(value).unwrap_or(b'\t');
                }
                Some(Entry { name: b"set_separator", value }) => {
                    layout.set_separator = unescaped_byte(value).unwrap_or(b',');
                }
                Some(Entry { name: b"empty_field", value }) => layout.empty = value,
                Some(Entry { name: b"unset_field", value }) => layout.unset = value,
                Some(Entry { name: b"fields", value }) => layout.fields = value,
                _ => {}
            }
        }
        layout
    }
}

/// A header line: `#path`, the separator, `notice`.
struct Entry<'h> {
    name: &'h [u8],
    value: &'h [u8],
}

impl<'h> Entry<'h> {
    fn read(line: &'h [u8]) -> Option<Self> {
        let rest = line.strip_prefix(b"#")?;
        let length = rest.iter().take_while(|b| b.is_ascii_lowercase() || **b == b'_').count();
        let (name, rest) = rest.split_at_checked(length)?;
        let (separator, value) = rest.split_first()?;
        let fits = match name {
            b"separator" => *separator == b' ',
            b"set_separator" | b"empty_field" | b"unset_field" | b"path" | b"open" | b"fields"
            | b"types" | b"close" => !separator.is_ascii_alphanumeric() && *separator != b' ',
            _ => false,
        };
        fits.then_some(Self { name, value })
    }
}

/// Is the record a header line, or a row behind its header?
pub(super) fn is_header(record: &[u8]) -> bool {
    let end = memchr(b'\n', record).unwrap_or(record.len());
    record.get(..end).is_some_and(|line| Entry::read(line).is_some())
}

/// A row of notices without its header: the time and somewhere an action.
pub(super) fn is_row(record: &[u8]) -> bool {
    let window = record.get(..WINDOW_BYTES).unwrap_or(record);
    let digits = window.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (9..=10).contains(&digits)
        && window.get(digits) == Some(&b'.')
        && memmem::find(window, b"\tNotice::ACTION_").is_some()
}

/// Does the header of this record name the kind of a notice?
pub(super) fn is_of_notices(record: &[u8]) -> bool {
    let header = memrchr(b'\n', record).and_then(|end| record.get(..end)).unwrap_or_default();
    names_notice(&Layout::read(header))
}

fn names_notice(layout: &Layout<'_>) -> bool {
    layout.fields.split(|byte| *byte == layout.separator).any(|name| name == b"note")
}

/// [`Headed::keep`](crate::record::Headed::keep): only what differs from the usual layout is kept, and what tells neither
/// columns nor layout is not.
pub(super) fn keep(kept: &mut Vec<u8>, line: &[u8]) -> bool {
    let Some(entry) = Entry::read(line) else { return false };
    let begins_another = entry.name == b"separator" || memmem::find(kept, b"#fields").is_some();
    let usual = Layout::USUAL;
    let tells = match entry.name {
        b"separator" => unescaped_byte(entry.value) != Some(usual.separator),
        b"set_separator" => unescaped_byte(entry.value) != Some(usual.set_separator),
        b"empty_field" => entry.value != usual.empty,
        b"unset_field" => entry.value != usual.unset,
        b"fields" => true,
        // Above the fields, below them, or at the end of the log.
        _ => return true,
    };
    if begins_another {
        kept.clear();
    }
    if tells {
        kept.extend_from_slice(line);
        kept.push(b'\n');
    }
    true
}

/// [`Headed::needs`](crate::record::Headed::needs): what has columns.
pub(super) fn needs(header: &[u8], line: &[u8]) -> bool {
    if matches!(line.first(), Some(b'#' | b'{')) {
        return false;
    }
    let separator = match header.starts_with(b"#fields") {
        true => Layout::USUAL.separator,
        false => Layout::read(header).separator,
    };
    memchr(separator, line).is_some()
}

/// Reads a row behind its header, or header lines alone.
pub(super) fn read(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let Some(end) = memrchr(b'\n', record) else {
        return match is_header(record) {
            true => Ok(Parsed::Other),
            false => Err(Reject { at: 0, wanted: HEADER }),
        };
    };
    let (header, row) = record.split_at_checked(end).unwrap_or((record, b""));
    let row = row.get(1..).unwrap_or_default();
    let layout = Layout::read(header);
    if layout.fields.is_empty() {
        return Err(Reject { at: 0, wanted: HEADER });
    }
    if !names_notice(&layout) {
        return Ok(Parsed::Other);
    }
    let mut notice = Notice::new();
    let names = layout.fields.split(|byte| *byte == layout.separator);
    let values = row.split(|byte| *byte == layout.separator);
    // A row that was cut off, or written by hand, may have fewer columns.
    for (name, value) in names.zip(values).take(COLUMNS_MAX) {
        let name = core::str::from_utf8(name).unwrap_or("?");
        if value.is_empty() || value == layout.unset || value == layout.empty {
            continue;
        }
        let value = unescaped(value);
        let is_set = matches!(name, "actions" | "email_dest");
        let separator = layout.set_separator;
        notice.take(name, if is_set { Given::Set(value, separator) } else { Given::Column(value) });
    }
    notice.finish(record.len())
}

// `\x09`, or the character itself; of several bytes none.
fn unescaped_byte(value: &[u8]) -> Option<u8> {
    match value {
        [byte] => Some(*byte),
        [b'\\', b'x', high, low] => hex(*high, *low),
        [b'\\', b't'] => Some(b'\t'),
        _ => None,
    }
}

fn hex(high: u8, low: u8) -> Option<u8> {
    let high = char::from(high).to_digit(16)?;
    let low = char::from(low).to_digit(16)?;
    u8::try_from(high << 4 | low).ok()
}

// `\x0d` and `\\` undone.
fn unescaped(value: &[u8]) -> Text<'_> {
    if memchr(b'\\', value).is_none() {
        return text::shown(value);
    }
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = memchr(b'\\', rest) {
        let (before, escape) = rest.split_at_checked(at).unwrap_or((rest, b""));
        bytes.extend_from_slice(before);
        let (byte, length) = match escape {
            [_, b'x', high, low, ..] => match hex(*high, *low) {
                Some(byte) => (byte, 4),
                None => (b'\\', 1),
            },
            [_, b'\\', ..] => (b'\\', 2),
            _ => (b'\\', 1),
        };
        bytes.push(byte);
        rest = escape.get(length..).unwrap_or_default();
    }
    bytes.extend_from_slice(rest);
    Text::Owned(text::shown(&bytes).into_owned())
}
