//! Snort 3's `alert_json`: one JSON object a line, with the fields that were configured. Source: Snort 3 reference manual,
//! `alert_json`.

use alloc::format;

use memchr::memchr;

use crate::alert::{Parsed, Reject, Value};
use crate::json::{self, Members};
use crate::snort::Event;
use crate::{Format, Framing, lex, no_short_cut, snort3_csv, stamp};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "snort3-json",
    about: "Snort 3 alert_json, one object a line",
    example: concat!(
        r#"{ "timestamp" : "03/14-10:50:25.823699", "pkt_num" : 8, "proto" : "ICMP", "#,
        r#""pkt_gen" : "raw", "pkt_len" : 84, "dir" : "C2S", "src_ap" : "192.0.2.80:0", "#,
        r#""dst_ap" : "198.51.100.11:0", "rule" : "1:1000001:1", "action" : "allow" }"#
    ),
    framing: Framing::Line,
    also: &[],
    claims,
    skips: no_short_cut,
    parse,
    parse_head: parse,
};

/// So many members are looked at to tell whose the record is, and so many bytes.
const MEMBERS_MAX: usize = 12;
const WINDOW_BYTES: usize = 1024;

// The first members must be ones that Snort writes, up to one that nobody else writes so. Any may stand first, in the
// order that was configured.
fn claims(record: &[u8]) -> bool {
    let window = record.get(..WINDOW_BYTES).unwrap_or(record);
    let Some(mut rest) = window.trim_ascii_start().strip_prefix(b"{") else { return false };
    for _ in 0..MEMBERS_MAX {
        let Some((key, behind)) = string(rest) else { return false };
        let Some(value) = behind.trim_ascii_start().strip_prefix(b":") else { return false };
        let value = value.trim_ascii_start();
        match sign(key, value) {
            Sign::Certain => return true,
            Sign::Foreign => return false,
            Sign::Fits => {}
        }
        // No value that fits is an object or a list, or holds a comma outside its quotes.
        let behind = string(value).map_or(value, |(_, behind)| behind);
        let Some(comma) = memchr(b',', behind) else { return false };
        rest = behind.get(comma + 1..).unwrap_or_default();
    }
    false
}

/// What a member tells about whose record it is.
enum Sign {
    Certain,
    Fits,
    Foreign,
}

fn sign(key: &[u8], value: &[u8]) -> Sign {
    let text = string(value).map(|(text, _)| text);
    let is_number = value.first().is_some_and(u8::is_ascii_digit);
    let fits = match key {
        b"timestamp" => return certain(text.is_some_and(|text| stamp::slashes(text).is_ok())),
        b"rule" => return certain(text.is_some_and(is_rule)),
        b"pkt_num" | b"pkt_len" | b"eth_len" | b"gid" => return certain(is_number),
        b"pkt_gen" | b"src_ap" | b"dst_ap" | b"eth_type" => return certain(text.is_some()),
        // Cut off in the window when it is long.
        b"b64_data" => return certain(value.first() == Some(&b'"')),
        b"action" | b"class" | b"dir" | b"dst_addr" | b"eth_dst" | b"eth_src" | b"iface"
        | b"msg" | b"proto" | b"service" | b"src_addr" | b"target" | b"tcp_flags" => text.is_some(),
        _ => snort3_csv::NAMES.iter().any(|(name, _)| name.as_bytes() == key) && is_number,
    };
    if fits { Sign::Fits } else { Sign::Foreign }
}

fn certain(is: bool) -> Sign {
    if is { Sign::Certain } else { Sign::Foreign }
}

fn is_rule(text: &[u8]) -> bool {
    let mut parts = text.split(|byte| *byte == b':');
    (0..3).all(|_| parts.next().and_then(lex::number::<u32>).is_some()) && parts.next().is_none()
}

// A string's inside as it stands, and what is behind it.
fn string(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = input.trim_ascii_start().strip_prefix(b"\"")?;
    let mut end = 0;
    loop {
        end += memchr::memchr2(b'"', b'\\', inside.get(end..)?)?;
        match inside.get(end) {
            Some(b'"') => return Some((inside.get(..end)?, inside.get(end + 1..)?)),
            _ => end += 2,
        }
    }
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    json::read_whole(record, event)
}

fn event(document: &str) -> Result<Parsed<'_>, Reject> {
    let mut members = Fields(Event::new());
    json::read(document, &mut members)?;
    let wanted = "`rule`, `sid` or `msg`";
    members.0.finish().ok_or(Reject { at: document.len(), wanted })
}

struct Fields<'a>(Event<'a>);

impl<'a> Members<'a> for Fields<'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        let known = snort3_csv::NAMES.iter().find(|(name, _)| *name == key);
        if let Some((_, field)) = known
            && let Some(text) = json::plain(value)
            && self.0.take(*field, text)
        {
            return;
        }
        // Unknown, or not what it should be: as it stands.
        if let Some(value) = json::kept(value).filter(|value| !is_empty(value)) {
            self.0.alert.note(format!("snort.{key}"), value);
        }
    }
}

fn is_empty(value: &Value<'_>) -> bool {
    matches!(value, Value::Text(text) if text.is_empty())
}
