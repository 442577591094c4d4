//! Lines in which the line of a program is wrapped: Docker's `json-file`, what Kubernetes' runtimes write (CRI), and the
//! objects of `journalctl -o json`. They are taken off in front of all grammars, and in front of the framing of records. Knows
//! no format.

mod journal;

use alloc::borrow::Cow;
use alloc::vec::Vec;

use memchr::memchr;

use crate::alert::{Alert, Text, Value};
use crate::envelope::Envelope;
use crate::{json, stamp};

/// What a record holds whose lines were wrapped.
#[derive(Debug, Clone, PartialEq)]
pub struct Wrapped<'a> {
    /// The program's own bytes.
    pub text: Cow<'a, [u8]>,
    /// What the wrapping says: for what the text leaves out.
    pub header: Header<'a>,
}

/// What stands around a program's line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Header<'a> {
    /// As a syslog header would say it.
    pub envelope: Envelope<'a>,
    /// All else, by its name as a detail of an alert.
    pub details: Vec<(&'static str, Value<'a>)>,
}

impl<'a> Header<'a> {
    /// Gives an alert what its own record left out.
    pub fn complete(self, alert: &mut Alert<'a>) {
        self.envelope.complete(alert);
        for (key, value) in self.details {
            alert.note(key, value);
        }
    }
}

/// One wrapped line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line<'a> {
    pub(crate) text: Cow<'a, [u8]>,
    /// False where the program's line goes on in the next one: both runtimes cut at 16 KiB.
    pub(crate) ends: bool,
    /// Standard error, not output: their lines come mixed.
    pub(crate) is_error: bool,
    header: Header<'a>,
}

/// Takes off the wrapping of a record, which is one such line, or several of the same stream where the program's line was cut
/// or its record has several. `None` where nothing is wrapped.
pub fn unwrap(record: &[u8]) -> Option<Wrapped<'_>> {
    if let Some(wrapped) = journal::entry(record) {
        return Some(wrapped);
    }
    if !may_be(record) {
        return None;
    }
    let mut lines = record.split(|byte| *byte == b'\n');
    let first = line(lines.next()?)?;
    let (mut text, mut ends) = (first.text, first.ends);
    for next in lines {
        let Some(next) = line(next) else { break };
        let text = text.to_mut();
        if ends {
            text.push(b'\n');
        }
        text.extend_from_slice(&next.text);
        ends = next.ends;
    }
    Some(Wrapped { text, header: first.header })
}

/// Takes off the wrapping of a line of a container's log.
#[inline]
pub(crate) fn line(line: &[u8]) -> Option<Line<'_>> {
    match line.first()? {
        b'{' => docker(line),
        _ if may_be(line) => runtime(line),
        _ => None,
    }
}

// Told at a glance, since every line of every file is asked.
#[inline]
fn may_be(line: &[u8]) -> bool {
    match line {
        [b'{', b'"', b'l', b'o', b'g', b'"', b':', b'"', ..] => true,
        [_, _, _, _, b'-', _, _, b'-', _, _, b'T', ..] => {
            let window = line.get(..STAMP_BYTES_MAX + 1).unwrap_or(line);
            memchr(b' ', window)
                .and_then(|at| line.get(at + 1..))
                .is_some_and(|rest| rest.starts_with(b"stdout ") || rest.starts_with(b"stderr "))
        }
        _ => false,
    }
}

const STAMP_BYTES_MAX: usize = "2026-03-14T10:50:25.123456789+01:00".len();

// `2026-03-14T10:50:25.123456789Z stdout F text`; the tag is `P` where the line goes on. Source: Kubernetes, "CRI Container
// log format".
fn runtime(line: &[u8]) -> Option<Line<'_>> {
    let (rest, stamp) = stamp::iso(line).ok()?;
    let rest = rest.strip_prefix(b" ")?;
    let (stream, is_error, rest) = match rest.split_at_checked("stdout ".len())? {
        (b"stdout ", rest) => ("stdout", false, rest),
        (b"stderr ", rest) => ("stderr", true, rest),
        _ => return None,
    };
    // More tags may follow behind colons.
    let end = memchr(b' ', rest.get(..32).unwrap_or(rest))?;
    let ends = match rest.first()? {
        b'F' => true,
        b'P' => false,
        _ => return None,
    };
    let text = Cow::Borrowed(rest.get(end + 1..)?);
    let mut header = Header::default();
    header.envelope.stamp = Some(stamp);
    header.details.push((STREAM, Value::Text(Cow::Borrowed(stream))));
    Some(Line { text, ends, is_error, header })
}

// OpenTelemetry's name; ECS has none.
const STREAM: &str = "log.iostream";

// `{"log":"text\n","stream":"stdout","attrs":{...},"time":"..."}`. Source: docs.docker.com, "JSON File logging driver".
fn docker(line: &[u8]) -> Option<Line<'_>> {
    #[derive(Default)]
    struct Members<'a> {
        log: Option<&'a str>,
        stream: Option<&'a str>,
        attributes: Option<&'a str>,
        time: Option<&'a str>,
    }
    impl<'a> json::Members<'a> for Members<'a> {
        fn member(&mut self, key: &str, value: &'a str) {
            let into = match key {
                "log" => &mut self.log,
                "stream" => &mut self.stream,
                "attrs" => &mut self.attributes,
                "time" => &mut self.time,
                _ => return,
            };
            into.get_or_insert(value);
        }
    }
    if !may_be(line) {
        return None;
    }
    let mut members = Members::default();
    json::read(core::str::from_utf8(line).ok()?, &mut members).ok()?;
    let inside = members.log?.strip_prefix('"')?.strip_suffix('"')?;
    let time = json::plain(members.time?)?;
    let mut header = Header::default();
    header.envelope.stamp = stamp::any(time.as_bytes());
    let stream = members.stream.and_then(json::plain);
    let is_error = stream.as_deref() == Some("stderr");
    header.details.extend(stream.map(|stream| (STREAM, Value::Text(stream))));
    let attributes = members.attributes.and_then(json::kept);
    header.details.extend(attributes.map(|attributes| ("docker.attrs", attributes)));
    let (inside, ends) = match inside.strip_suffix("\\n") {
        Some(before) if backslashes(before).is_multiple_of(2) => (before, true),
        _ => (inside, false),
    };
    let inside = match inside.strip_suffix("\\r") {
        Some(before) if ends && backslashes(before).is_multiple_of(2) => before,
        _ => inside,
    };
    Some(Line { text: bytes(json::unescape(inside)), ends, is_error, header })
}

fn backslashes(text: &str) -> usize {
    text.bytes().rev().take_while(|byte| *byte == b'\\').count()
}

fn bytes(text: Text<'_>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

#[cfg(test)]
mod tests;
