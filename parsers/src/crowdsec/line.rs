//! A line of CrowdSec's own log, as logrus writes it: `time="..." level=info msg="..." key=value`, the same as a JSON
//! object, or `INFO[stamp] message` on a terminal. Source: github.com/sirupsen/logrus, "Formatters".

use alloc::format;

use memchr::{memchr, memchr_iter};

use crate::alert::{Alert, Reject, Stamp, Text, Value};
use crate::places::{address, first, joined, keep_text};
use crate::{json, lex, stamp, text};
use json::Members;

/// Where the message begins, behind the time and the level.
const HEAD_BYTES_MAX: usize = 256;

/// The most pairs behind the message.
const PAIRS_MAX: usize = 64;

const MESSAGE: &[u8] = b"msg=\"";

const LEVELS: [&[u8]; 7] = [b"INFO", b"WARN", b"ERRO", b"FATA", b"DEBU", b"TRAC", b"PANI"];

/// The message as it stands, and all behind it, if the line is one of logrus'.
pub(super) fn message(record: &[u8]) -> Option<&[u8]> {
    let begins: [&[u8]; 3] = [b"time=\"", b"level=", MESSAGE];
    if begins.iter().any(|begin| record.starts_with(begin)) {
        let near = record.get(..HEAD_BYTES_MAX).unwrap_or(record);
        // An `=` finds it sooner than a general search is set up.
        let mut equals = memchr_iter(b'=', near).filter_map(|at| at.checked_sub("msg".len()));
        let at = equals.find(|at| record.get(*at..).is_some_and(|r| r.starts_with(MESSAGE)))?;
        return record.get(at + MESSAGE.len()..);
    }
    let (_, rest) = terminal(record)?;
    Some(rest)
}

// `INFO[13-11-2026 13:05:23] message`: what stands in brackets, and the message.
fn terminal(record: &[u8]) -> Option<(&[u8], &[u8])> {
    let (level, rest) = record.split_at_checked(4)?;
    let inside = rest.strip_prefix(b"[").filter(|_| LEVELS.contains(&level))?;
    let end = memchr(b']', inside.get(..HEAD_BYTES_MAX).unwrap_or(inside))?;
    Some((inside.get(..end)?, inside.get(end + 1..)?.trim_ascii()))
}

/// Reads a line's pairs, and gives its message.
pub(super) fn read<'a>(record: &'a [u8], alert: &mut Alert<'a>) -> Option<Text<'a>> {
    if let Some((stamp, message)) = terminal(record) {
        alert.stamp = time(stamp);
        return Some(text::shown(message));
    }
    let mut message = None;
    let mut rest = record;
    for _ in 0..PAIRS_MAX {
        rest = rest.trim_ascii_start();
        let Some(equals) = memchr(b'=', rest) else { break };
        let (key, value) = rest.split_at_checked(equals)?;
        let value = value.get(1..)?;
        let (behind, value) = match lex::quoted(value) {
            Ok(found) => found,
            // A line that was cut has no closing quote.
            Err(_) if value.first() == Some(&b'"') => (&b""[..], text::shown(value.get(1..)?)),
            Err(_) => {
                let end = memchr(b' ', value).unwrap_or(value.len());
                (value.get(end..)?, text::shown(value.get(..end)?))
            }
        };
        rest = behind;
        let Ok(key) = core::str::from_utf8(key) else { break };
        match key {
            "msg" => first(&mut message, Some(value)),
            _ => pair(key, value, alert),
        }
    }
    message
}

/// The same of a line that is a JSON object.
pub(super) fn from_json<'a>(
    document: &'a str,
    alert: &mut Alert<'a>,
) -> Result<Option<Text<'a>>, Reject> {
    let mut object = Object { alert, message: None };
    json::read(document, &mut object)?;
    Ok(object.message)
}

struct Object<'b, 'a> {
    alert: &'b mut Alert<'a>,
    message: Option<Text<'a>>,
}

impl<'a> Members<'a> for Object<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        match (key, json::plain(value)) {
            ("msg", value) => first(&mut self.message, value),
            (_, Some(value)) => pair(key, value, self.alert),
            _ => {}
        }
    }
}

fn pair<'a>(key: &str, value: Text<'a>, alert: &mut Alert<'a>) {
    match key {
        "time" => alert.stamp = alert.stamp.or_else(|| time(value.as_bytes())),
        "level" => keep_text(alert, "log.level", Some(value)),
        "scenario" => super::scenario(alert, value),
        "source_ip" => address(&mut alert.source, Some(value)),
        "type" => first(&mut alert.action, Some(value)),
        _ if key.is_empty() || value.is_empty() => {}
        _ => {
            alert.note(joined("crowdsec.", key), Value::Text(value));
        }
    }
}

/// A stamp of the log, or of Go: `2026-03-14 10:50:25.39 +0000 UTC`. Releases before 1.4 write the day first
/// (`14-03-2026 10:50:25`), which is a wall clock.
pub(super) fn time(text: &[u8]) -> Option<Stamp> {
    if let [b'0'..=b'9', b'0'..=b'9', b'-', month @ ..] = text {
        let day = text.get(..2)?;
        let (month, rest) = month.split_at_checked(2)?;
        let (year, clock) = rest.strip_prefix(b"-")?.split_at_checked(4)?;
        let [year, month, day, clock] = [year, month, day, clock].map(text::shown);
        let turned = format!("{year}-{month}-{day}{clock}");
        return stamp::iso(turned.as_bytes()).ok().map(|(_, stamp)| stamp);
    }
    stamp::any(text)
}
