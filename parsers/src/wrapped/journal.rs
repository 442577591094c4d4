//! One entry of systemd's journal as `journalctl -o json` writes it: an object a line, its keys the fields' names in capitals.
//! Source: systemd.journal-fields(7); journalctl(1), "Output options".

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::{Header, Wrapped, bytes};
use crate::alert::{Stamp, Value};
use crate::{json, lex};

/// The most bytes of a message that is no UTF-8, which comes as a list of numbers.
const MESSAGE_BYTES_MAX: usize = 1024 * 1024;

/// The message of an entry. `None` for an object that is no entry, and for an entry whose message the journal did not keep.
pub(super) fn entry(record: &[u8]) -> Option<Wrapped<'_>> {
    if !may_be(record) {
        return None;
    }
    let mut fields = Fields::default();
    json::read(core::str::from_utf8(record).ok()?, &mut fields).ok()?;
    let text = message(fields.message?)?;
    let mut header = Header::default();
    header.envelope.stamp = Some(fields.stamp()?);
    header.envelope.host = fields.host.and_then(first);
    header.envelope.app = fields.identifier.or(fields.command).and_then(first);
    header.envelope.pid = fields.pid.or(fields.syslog_pid).and_then(first);
    let number = |value: Option<&str>| lex::number::<u8>(first(value?)?.as_bytes());
    header.envelope.priority = number(fields.priority).filter(|level| *level < 8).map(|level| {
        let facility = number(fields.facility).filter(|facility| *facility < 24).unwrap_or(0);
        facility * 8 + level
    });
    let unit = fields.unit.and_then(first);
    header.details.extend(unit.map(|unit| ("systemd.unit", Value::Text(unit))));
    Some(Wrapped { text, header })
}

// The names of the journal's fields are in capitals; no product's JSON begins like that.
fn may_be(record: &[u8]) -> bool {
    let Some(inside) = record.strip_prefix(b"{") else { return false };
    matches!(inside.trim_ascii_start(), [b'"', b'_' | b'A'..=b'Z', ..])
}

/// The fields that are of use, as JSON.
#[derive(Default)]
struct Fields<'a> {
    message: Option<&'a str>,
    host: Option<&'a str>,
    identifier: Option<&'a str>,
    command: Option<&'a str>,
    pid: Option<&'a str>,
    syslog_pid: Option<&'a str>,
    priority: Option<&'a str>,
    facility: Option<&'a str>,
    unit: Option<&'a str>,
    received: Option<&'a str>,
    sent: Option<&'a str>,
}

impl<'a> json::Members<'a> for Fields<'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        let into = match key {
            "MESSAGE" => &mut self.message,
            "_HOSTNAME" => &mut self.host,
            "SYSLOG_IDENTIFIER" => &mut self.identifier,
            "_COMM" => &mut self.command,
            "_PID" => &mut self.pid,
            "SYSLOG_PID" => &mut self.syslog_pid,
            "PRIORITY" => &mut self.priority,
            "SYSLOG_FACILITY" => &mut self.facility,
            "_SYSTEMD_UNIT" => &mut self.unit,
            "__REALTIME_TIMESTAMP" => &mut self.received,
            "_SOURCE_REALTIME_TIMESTAMP" => &mut self.sent,
            _ => return,
        };
        into.get_or_insert(value);
    }
}

impl Fields<'_> {
    // Microseconds since 1970; the sender's, where it told them.
    fn stamp(&self) -> Option<Stamp> {
        let micros = |value: &str| lex::number(first(value)?.as_bytes());
        let unix_micros = self.sent.and_then(micros).or_else(|| micros(self.received?))?;
        Some(Stamp::Instant { unix_micros })
    }
}

// A field that came several times is a list.
fn first(value: &str) -> Option<Cow<'_, str>> {
    if !value.starts_with('[') {
        return json::plain(value);
    }
    let mut found = None;
    json::items(value, 1, |item| found = json::plain(item));
    found
}

// A text; the bytes of one that is no UTF-8; or a list of these where the field came several times.
fn message(value: &str) -> Option<Cow<'_, [u8]>> {
    if !value.starts_with('[') {
        return json::plain(value).map(bytes);
    }
    let mut raw = Vec::new();
    let mut text = None;
    json::items(value, MESSAGE_BYTES_MAX, |item| match lex::number(item.as_bytes()) {
        Some(byte) => raw.push(byte),
        None if text.is_none() => text = Some(item),
        None => {}
    });
    match text {
        Some(text) if raw.is_empty() => message(text),
        _ => (!raw.is_empty()).then_some(Cow::Owned(raw)),
    }
}
