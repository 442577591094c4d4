//! One entry of the journal: from a line of `journalctl --output=json` to what a record is made of. Pure; knows no format.
//!
//! A field's value is a text, a list of numbers (bytes that are no printable text), a list of both where an entry has the
//! field several times, or `null` (journalctl(1), `--output=`; systemd.journal-fields(7)).

use std::fmt;
use std::io::Write as _;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::cursor::Cursor;

/// The most bytes of a message that are read; of a longer one the beginning is, counted as cut. As for a line of a file.
pub const MESSAGE_BYTES_MAX: usize = crate::tail::LINE_BYTES_MAX;

/// The most bytes of a host and of an application: what the syslog header takes.
const WORD_BYTES_MAX: usize = 128;

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which one it is.
    pub cursor: Cursor,
    /// When journald took it, in microseconds since 1970.
    pub at_us: i64,
    /// What was logged, at most [`MESSAGE_BYTES_MAX`]. Any bytes, also newlines.
    pub message: Vec<u8>,
    /// There was more of the message.
    pub is_cut: bool,
    host: String,
    app: String,
    pid: Option<u32>,
}

/// The values of a field, and whether one was `null`: too long for journalctl.
#[derive(Debug, Default)]
struct Bytes {
    first: Vec<u8>,
    more: Vec<Vec<u8>>,
    is_null: bool,
}

#[derive(Debug, Deserialize)]
struct Fields {
    #[serde(rename = "__CURSOR")]
    cursor: String,
    #[serde(rename = "__REALTIME_TIMESTAMP")]
    at: String,
    #[serde(rename = "MESSAGE", default)]
    message: Bytes,
    #[serde(rename = "SYSLOG_IDENTIFIER", default)]
    identifier: Bytes,
    #[serde(rename = "_COMM", default)]
    command: Bytes,
    #[serde(rename = "_HOSTNAME", default)]
    host: Bytes,
    #[serde(rename = "_PID", default)]
    pid: Bytes,
    #[serde(rename = "SYSLOG_PID", default)]
    claimed_pid: Bytes,
}

impl Entry {
    /// Reads a line.
    ///
    /// # Errors
    /// It is no entry: what was wanted, a noun phrase.
    pub fn parse(line: &[u8]) -> Result<Self, &'static str> {
        let fields: Fields = serde_json::from_slice(line)
            .map_err(|_| "an entry of the journal as JSON, with its cursor and time")?;
        let cursor = Cursor::parse(&fields.cursor).ok_or("a cursor")?;
        let at_us: i64 = fields.at.parse().map_err(|_| "microseconds since 1970")?;
        Timestamp::from_microsecond(at_us).map_err(|_| "microseconds since 1970")?;
        let mut is_cut = fields.message.is_null;
        let mut message = fields.message.all();
        if message.len() > MESSAGE_BYTES_MAX {
            message.truncate(MESSAGE_BYTES_MAX);
            message.shrink_to_fit();
            is_cut = true;
        }
        let app = Some(fields.identifier.first).filter(|app| !app.is_empty());
        let app = app.unwrap_or(fields.command.first);
        let pid = |of: &Bytes| std::str::from_utf8(&of.first).ok()?.parse().ok();
        Ok(Self {
            cursor,
            at_us,
            message,
            is_cut,
            host: word(&fields.host.first, "localhost"),
            app: word(&app, "unknown"),
            pid: pid(&fields.pid).or_else(|| pid(&fields.claimed_pid)),
        })
    }

    /// The lines of its message; none if it is empty.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let ended = self.message.strip_suffix(b"\n").unwrap_or(&self.message);
        let lines = ended.split(|byte| *byte == b'\n');
        lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line)).filter(|_| !ended.is_empty())
    }

    /// Writes what `journalctl --output=short-iso-precise --utc` shows in front of its message: the form in which the syslog
    /// header of a record is understood by itself, now and when it is read from the store.
    pub fn write_header(&self, out: &mut Vec<u8>) {
        let at = Timestamp::from_microsecond(self.at_us).unwrap_or_default();
        let at = at.strftime("%Y-%m-%dT%H:%M:%S.%6f+00:00");
        let pid = self.pid.map_or_else(String::new, |pid| format!("[{pid}]"));
        // Memory takes whatever is written to it.
        write!(out, "{at} {} {}{pid}: ", self.host, self.app).unwrap_or_default();
    }

    /// Did the same process write both?
    pub fn is_of_same_writer(&self, other: &Self) -> bool {
        (&self.host, &self.app, self.pid) == (&other.host, &other.app, other.pid)
    }

    /// The same number for the same line of the same entry, whenever it is read.
    pub fn line_identity(&self, line: usize) -> u64 {
        xxh3_64_with_seed(self.cursor.as_str().as_bytes(), line as u64)
    }

    /// Bytes of memory that it takes, more or less.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>()
            .saturating_add(self.message.len())
            .saturating_add(self.host.len() + self.app.len() + self.cursor.as_str().len())
    }
}

/// A word of the header. Who logs can choose it, so nothing in it may look like another part of the header.
fn word(bytes: &[u8], absent: &str) -> String {
    let kept = bytes.get(..WORD_BYTES_MAX).unwrap_or(bytes);
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/@".contains(&byte);
    let shown = kept.iter().map(|byte| if fits(*byte) { char::from(*byte) } else { '_' });
    if kept.is_empty() { absent.to_owned() } else { shown.collect() }
}

impl Bytes {
    /// Each value on a line of its own.
    fn all(self) -> Vec<u8> {
        let mut all = self.first;
        for more in self.more {
            all.push(b'\n');
            all.extend(more);
        }
        all
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyForm)
    }
}

struct AnyForm;

/// A member of a list: a byte of a value, or one of several values.
enum Member {
    Byte(u8),
    Value(Bytes),
}

impl<'de> Visitor<'de> for AnyForm {
    type Value = Bytes;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text, a list or null")
    }

    fn visit_str<E>(self, text: &str) -> Result<Bytes, E> {
        Ok(Bytes { first: text.as_bytes().to_vec(), ..Bytes::default() })
    }

    fn visit_unit<E>(self) -> Result<Bytes, E> {
        Ok(Bytes { is_null: true, ..Bytes::default() })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Bytes, A::Error> {
        let (mut all, mut own) = (Bytes::default(), Vec::new());
        let mut values = Vec::new();
        while let Some(member) = list.next_element()? {
            match member {
                Member::Byte(byte) => own.push(byte),
                Member::Value(value) => {
                    all.is_null |= value.is_null;
                    values.push(value.first);
                }
            }
        }
        if values.is_empty() {
            return Ok(Bytes { first: own, ..all });
        }
        let mut values = values.into_iter();
        Ok(Bytes { first: values.next().unwrap_or_default(), more: values.collect(), ..all })
    }
}

struct AnyMember;

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyMember)
    }
}

impl<'de> Visitor<'de> for AnyMember {
    type Value = Member;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a byte, a text, a list or null")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Member, E> {
        u8::try_from(number).map(Member::Byte).map_err(|_| E::custom("a number that is no byte"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Member, E> {
        AnyForm.visit_str(text).map(Member::Value)
    }

    fn visit_unit<E: Error>(self) -> Result<Member, E> {
        AnyForm.visit_unit().map(Member::Value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Member, A::Error> {
        AnyForm.visit_seq(list).map(Member::Value)
    }
}

#[cfg(test)]
mod tests;
