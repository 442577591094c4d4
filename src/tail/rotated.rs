//! What the names of rotated files say: whose they are, and in which order they were written. Pure.

use std::cmp::Reverse;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use super::unpack::Packing;

/// A rotated file's name, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rotated {
    pub(super) name: OsString,
    pub(super) turn: Turn,
    /// How it is compressed, and what it was called before.
    pub(super) packing: Option<(OsString, Packing)>,
}

/// What a rotated file's name says about its age.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Turn {
    /// `eve.json.1`: logrotate and most others count the newest 1, some writers the oldest.
    Number(u32),
    /// `eve.json-20260101`, `eve-2026-01-01.json`: the digits; the higher the newer.
    Date(Vec<u8>),
    /// `eve.json.gz`: nothing.
    Silent,
}

impl Rotated {
    /// All logs of which a file called `name` could be a rotated one, with what it says then.
    pub(super) fn all(name: &OsStr) -> Vec<(OsString, Self)> {
        let packing = Packing::of(name).map(|(stem, how)| (stem.to_owned(), how));
        let plain = packing.as_ref().map_or(name, |(stem, _)| stem);
        let mut all = Vec::new();
        let mut put = |base: &[u8], turn| {
            let rotated = Self { name: name.to_owned(), turn, packing: packing.clone() };
            all.push((OsStr::from_bytes(base).to_owned(), rotated));
        };
        if packing.is_some() {
            put(plain.as_bytes(), Turn::Silent);
        }
        let bytes = plain.as_bytes();
        for (at, sign) in bytes.iter().enumerate().skip(1) {
            let (base, put_in) = bytes.split_at(at);
            if !separates(*sign) {
                continue;
            }
            if let Some(turn) = Turn::of(put_in) {
                put(base, turn);
            }
            // Between the name and its last part, as in `eve-20260101.json`.
            if let Some(dot) = memchr::memrchr(b'.', put_in).filter(|dot| *dot > 0) {
                let (put_in, last) = put_in.split_at(dot);
                if let Some(turn) = Turn::of(put_in) {
                    put(&[base, last].concat(), turn);
                }
            }
        }
        all
    }
}

fn separates(byte: u8) -> bool {
    b".-_:T".contains(&byte)
}

impl Turn {
    /// Reads what was put into a name: a sign, then digits and the signs between them, of eight
    /// digits at least for a date.
    fn of(put_in: &[u8]) -> Option<Self> {
        let (sign, rest) = put_in.split_first()?;
        let dated = rest.iter().all(|byte| byte.is_ascii_digit() || separates(*byte));
        if !separates(*sign) || !dated {
            return None;
        }
        let digits: Vec<u8> = rest.iter().copied().filter(u8::is_ascii_digit).collect();
        match digits.len() {
            0 => None,
            1..=7 => std::str::from_utf8(&digits).ok()?.parse().ok().map(Self::Number),
            _ => Some(Self::Date(digits)),
        }
    }

    fn number(&self) -> Option<u32> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }
}

/// Puts files that were missed into the order in which they were written, oldest first. `known` is
/// what the names of older ones say that lie beside them.
///
/// Names decide where they are of one kind, because a clock that jumped and a writer that was late
/// make modification times lie. Numbers are higher the older (logrotate), unless those of what was
/// read before are lower. Only where nothing older is left times tell which way they are counted.
pub(super) fn oldest_first<T>(
    mut missed: Vec<T>,
    known: &[Turn],
    turn: impl Fn(&T) -> &Turn,
    modified_ns: impl Fn(&T) -> i64,
) -> Vec<T> {
    if missed.iter().all(|file| turn(file).number().is_some()) {
        let number = |file: &T| turn(file).number().unwrap_or_default();
        let new = missed.iter().map(number);
        let old: Vec<u32> = known.iter().filter_map(Turn::number).collect();
        let upwards = match (old.iter().min(), old.iter().max(), new.clone().min(), new.max()) {
            (Some(old_min), Some(old_max), Some(new_min), Some(new_max)) => {
                old_min < &new_min && old_max < &new_max
            }
            _ => {
                missed.sort_by_key(|file| number(file));
                let times: Vec<i64> = missed.iter().map(&modified_ns).collect();
                times.is_sorted() && times.first() < times.last()
            }
        };
        missed.sort_by_key(|file| number(file));
        if !upwards {
            missed.reverse();
        }
    } else if missed.iter().all(|file| matches!(turn(file), Turn::Date(_))) {
        missed.sort_by_key(|file| turn(file).clone());
    } else {
        // Of the same time the one with the higher number is older.
        missed.sort_by_key(|file| (modified_ns(file), Reverse(turn(file).clone())));
    }
    missed
}

#[cfg(test)]
mod tests;
