//! Decisions about files that grow, shrink and change their names, from metadata alone. Pure.

use std::ffi::OsStr;
use std::time::{Duration, Instant};

use super::file::Stat;

/// How long a file that was renamed away is kept after it last grew: its writer may go on in it
/// until it is told to reopen.
pub const ROTATE_WAIT: Duration = Duration::from_secs(5);

/// The same, where no other file took the path's place and got a byte: the writer was not told.
pub const ABANDONED_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a file must not grow until a record that could go on is taken as complete.
pub const QUIET_WAIT: Duration = Duration::from_secs(2);

/// The most rotated files that are made up for when rotations were missed.
pub const MISSED_MAX: usize = 100;

/// What became of a file's content between two looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// As long as it was.
    Same,
    /// Longer.
    Grown,
    /// Shorter than what was read of it.
    Truncated {
        /// Bytes that were seen, not read, and are gone.
        lost_bytes_at_least: u64,
    },
}

/// Compares what a file held (`known_bytes`, of which `offset` are read) with what it holds now. One
/// that shrank and still reaches the offset is taken as the same: its next read tells by content.
pub(super) fn change(known_bytes: u64, offset: u64, bytes: u64) -> Change {
    if bytes < offset {
        Change::Truncated { lost_bytes_at_least: known_bytes.saturating_sub(offset) }
    } else if bytes > known_bytes {
        Change::Grown
    } else {
        Change::Same
    }
}

/// What is known of a file that no path of a source leads to any more, and that is read to its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moved {
    /// When it last grew, or was found to have moved.
    pub(super) grew_at: Instant,
    /// No name leads to it.
    pub(super) deleted: bool,
    /// A later file of the same path holds bytes.
    pub(super) superseded: bool,
}

/// Can it be let go?
pub(super) fn expires(moved: Moved, now: Instant) -> bool {
    let wait = if moved.deleted || moved.superseded { ROTATE_WAIT } else { ABANDONED_WAIT };
    now.saturating_duration_since(moved.grew_at) >= wait
}

/// A file beside a log: perhaps what the log was renamed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sibling {
    pub(super) name: std::ffi::OsString,
    pub(super) stat: Stat,
}

/// Of the rotated `siblings` of the log `base` those that were written after the file that was
/// read last, oldest first. That file is now called `last_name`, if it is still there, and was last
/// modified at `last_modified_ns`.
///
/// Names decide where they can be compared (`.1` is newer than `.2`, `-20260102` than `-20260101`),
/// because a clock that jumped and a writer that was late make modification times lie. Some writers
/// count upwards: so a number never makes a file newer that is as old as one that was let go
/// (`left_ns`). Compressed files are not looked at.
pub(super) fn missed(
    base: &OsStr,
    last_name: Option<&OsStr>,
    last_modified_ns: i64,
    left_ns: Option<i64>,
    siblings: Vec<Sibling>,
) -> Vec<Sibling> {
    let last = last_name.and_then(|name| Turn::of(base, name));
    let mut missed: Vec<(Turn, Sibling)> = siblings
        .into_iter()
        .filter_map(|sibling| Some((Turn::of(base, &sibling.name)?, sibling)))
        .filter(|(turn, sibling)| match (turn, &last) {
            (Turn::Date(date), Some(Turn::Date(last))) => date > last,
            (Turn::Number(n), Some(Turn::Number(last))) => {
                let modified_ns = sibling.stat.modified_ns;
                let as_old = left_ns.is_some_and(|left_ns| modified_ns <= left_ns);
                n < last && !as_old
            }
            _ => sibling.stat.modified_ns > last_modified_ns,
        })
        .collect();
    // One key for the whole list, so that the order is one: names of one kind, else times.
    if missed.iter().all(|(turn, _)| matches!(turn, Turn::Number(_))) {
        missed.sort_by_key(|(turn, _)| std::cmp::Reverse(turn.clone()));
    } else if missed.iter().all(|(turn, _)| matches!(turn, Turn::Date(_))) {
        missed.sort_by_key(|(turn, _)| turn.clone());
    } else {
        missed.sort_by_key(|(_, sibling)| sibling.stat.modified_ns);
    }
    let surplus = missed.len().saturating_sub(MISSED_MAX);
    missed.into_iter().skip(surplus).map(|(_, sibling)| sibling).collect()
}

/// What a rotated file's name says about its age.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    /// `eve.json.1`: the higher the older.
    Number(u32),
    /// `eve.json-20260101`, `eve-2026-01-01.json`: the digits; the higher the newer.
    Date(Vec<u8>),
}

impl Turn {
    /// Reads the part of `name` that was put into `base`: digits and the signs between them, of
    /// eight digits at least for a date. `None` where it is another file's name.
    fn of(base: &OsStr, name: &OsStr) -> Option<Self> {
        let (base, name) = (base.as_encoded_bytes(), name.as_encoded_bytes());
        let put_in = match name.strip_prefix(base) {
            Some(suffix) => suffix,
            None => {
                let dot = memchr::memrchr(b'.', base)?;
                let (stem, extension) = base.split_at_checked(dot)?;
                name.strip_prefix(stem)?.strip_suffix(extension)?
            }
        };
        let (sign, digits) = put_in.split_first()?;
        let separates = |byte: &u8| b".-_:T".contains(byte);
        let dated = digits.iter().all(|byte| byte.is_ascii_digit() || separates(byte));
        if !separates(sign) || !dated {
            return None;
        }
        let digits: Vec<u8> = digits.iter().copied().filter(u8::is_ascii_digit).collect();
        match digits.len() {
            0 => None,
            1..=7 => std::str::from_utf8(&digits).ok()?.parse().ok().map(Self::Number),
            _ => Some(Self::Date(digits)),
        }
    }
}

#[cfg(test)]
mod tests;
