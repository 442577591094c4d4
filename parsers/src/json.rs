//! JSON objects read member by member, in one pass and without a tree: a member's value is a slice
//! of the record, so that what a grammar does not know costs nothing and stays as it stood. The
//! whole document is checked (RFC 8259). Knows no format.

pub(crate) mod glance;
mod own;
mod scan;

use alloc::{borrow::Cow, string::String, vec::Vec};

use memchr::memchr;

use crate::alert::{Parsed, Reject, Text, Value};
pub(crate) use own::own;
use scan::Wrong;

use crate::text;

/// Takes the members of an object. Duplicate keys come as they stand: what was set first should
/// stay.
pub(crate) trait Members<'a> {
    /// A member; the value is valid JSON.
    fn member(&mut self, key: &str, value: &'a str);
}

/// Reads a whole document, which must be an object.
pub(crate) fn read<'a>(document: &'a str, members: &mut impl Members<'a>) -> Result<(), Reject> {
    let take = |key: &'a str, value: &'a str| match escaped(key) {
        false => members.member(key, value),
        true => members.member(&unescaped(key), value),
    };
    scan::object(document, take).map_err(|Wrong { at, wanted }| Reject { at, wanted })
}

/// Reads an object that was a value before; a value of another type has no members.
pub(crate) fn inside<'a>(value: &'a str, members: &mut impl Members<'a>) {
    // It was valid JSON when it was cut out, so the only fault can be that it is no object.
    read(value, members).unwrap_or_default();
}

/// The items of a list, at most `count_max`; anything else is a list of one.
pub(crate) fn items<'a>(value: &'a str, count_max: usize, mut take: impl FnMut(&'a str)) {
    if !value.starts_with('[') {
        return take(value);
    }
    let mut count = 0;
    let take = |item: &'a str| {
        count += 1;
        if count <= count_max {
            take(item);
        }
    };
    scan::list(value, take).unwrap_or_default();
}

/// The texts of a list, as [`items`].
pub(crate) fn texts(value: &str, count_max: usize) -> Vec<Text<'_>> {
    let mut texts = Vec::new();
    items(value, count_max, |item| texts.extend(plain(item)));
    texts
}

/// A value as text: a string without its quotes and escapes, a number or a truth as it stands;
/// `None` for `null`, for an empty string, for objects and lists.
pub(crate) fn plain(value: &str) -> Option<Text<'_>> {
    match value.as_bytes() {
        [] | [b'{' | b'[' | b'n', ..] | [b'"', b'"'] => None,
        [b'"', .., b'"'] => Some(unescape(value.get(1..value.len() - 1)?)),
        _ => Some(Cow::Borrowed(value)),
    }
}

/// A value that is kept: a text, a whole number, a truth, and anything else as it stands. None for
/// `null`.
pub(crate) fn kept(value: &str) -> Option<Value<'_>> {
    let as_it_stands = || Value::Json(Cow::Borrowed(value));
    Some(match value.as_bytes().first()? {
        b'n' => return None,
        b'"' => Value::Text(plain(value).unwrap_or_default()),
        b't' => Value::Bool(true),
        b'f' => Value::Bool(false),
        b'{' | b'[' => as_it_stands(),
        _ => value.parse().map_or_else(|_| as_it_stands(), Value::Integer),
    })
}

/// The inside of a string without its escapes.
pub(crate) fn unescape(inside: &str) -> Text<'_> {
    if escaped(inside) { Cow::Owned(unescaped(inside)) } else { Cow::Borrowed(inside) }
}

// Most texts are shorter than what a vector search costs to call.
fn escaped(text: &str) -> bool {
    text.as_bytes().contains(&b'\\')
}

// Undoes the escapes of a valid string; half of a surrogate pair, which is no character, stays as
// it is written.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr(b'\\', rest.as_bytes()) {
        let (before, escape) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let (character, length) = match escape.as_bytes().get(1) {
            Some(b'n') => (Some('\n'), 2),
            Some(b't') => (Some('\t'), 2),
            Some(b'r') => (Some('\r'), 2),
            Some(b'b') => (Some('\u{8}'), 2),
            Some(b'f') => (Some('\u{c}'), 2),
            Some(b'u') => unicode(escape),
            Some(byte) => (Some(char::from(*byte)), 2),
            None => (Some('\\'), 1),
        };
        match character {
            Some(character) => out.push(character),
            None => out.push_str(escape.get(..length).unwrap_or_default()),
        }
        rest = escape.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

// `\uXXXX` or a pair of them, and how many bytes it takes.
fn unicode(escape: &str) -> (Option<char>, usize) {
    let unit = |at: usize| u32::from_str_radix(escape.get(at..at + 4)?, 16).ok();
    let first = unit(2).unwrap_or(0xfffd);
    if !(0xd800..0xdc00).contains(&first) {
        return (char::from_u32(first), 6);
    }
    let second = escape.get(6..8).filter(|mark| *mark == "\\u").and_then(|_| unit(8));
    match second.filter(|unit| (0xdc00..0xe000).contains(unit)) {
        Some(second) => {
            (char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)), 12)
        }
        None => (None, 6),
    }
}

/// Reads a record that is a document, wrong bytes in it shown. What is wanted lies in the record as it came.
pub(crate) fn read_whole<'a>(
    record: &'a [u8],
    read: fn(&str) -> Result<Parsed<'_>, Reject>,
) -> Result<Parsed<'a>, Reject> {
    match text::shown_json(record) {
        Cow::Borrowed(document) => read(document),
        Cow::Owned(document) => read(&document)
            .map(Parsed::into_owned)
            .map_err(|reject| Reject { at: text::place_in(record, reject.at), ..reject }),
    }
}

#[cfg(test)]
mod tests;
