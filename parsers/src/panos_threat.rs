//! The threat logs of Palo Alto Networks' PAN-OS, versions 3 to 11: a line of comma-separated values whose columns each
//! version continued at the end (42 of them in version 3, over 120 in version 11). What the vulnerability, spyware, virus
//! and WildFire profiles and the zone protection wrote are alerts; URLs, files, data patterns and samples that WildFire
//! found harmless are alerts for those who ask. Source: Palo Alto Networks, "Threat Log Fields" in the administrator's
//! guide of each version (Monitoring, "Use Syslog for Monitoring").

mod details;

use alloc::{borrow::Cow, boxed::Box};

use memchr::{memchr, memrchr};

use crate::alert::{Alert, Endpoint, Parsed, Reject, Severity, Stamp, Text, Value, Verdict};
use crate::columns::Columns;
use crate::{Format, Framing, lex, stamp, text, words};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "panos-threat",
    about: "Threat logs of Palo Alto Networks PAN-OS",
    example: "1,2026/03/14 10:50:26,001234567890,THREAT,vulnerability,2561,2026/03/14 10:50:25,\
              203.0.113.9,192.0.2.80,,,inbound,,,web-browsing,vsys1,untrust,dmz,ethernet1/1,\
              ethernet1/2,forward,2026/03/14 10:50:26,4711,1,40112,80,0,0,0x2000,tcp,reset-both,\
              \"cgi-bin/x\",Example Path Traversal Vulnerability(91234),any,critical,\
              client-to-server,1,0x0,Germany,Germany",
    framing: Framing::Line,
    also: &["benign", "data", "file", "url"],
    claims,
    skips,
    parse,
    parse_head,
};

/// The types of PAN-OS' logs, as the fourth column has them. All but the first hold no alerts.
const TYPES: &[&[u8]] = &[
    b"THREAT",
    b"TRAFFIC",
    b"SYSTEM",
    b"CONFIG",
    b"HIPMATCH",
    b"HIP-MATCH",
    b"CORRELATION",
    b"USERID",
    b"GLOBALPROTECT",
    b"AUTHENTICATION",
    b"DECRYPTION",
    b"SCTP",
    b"GTP",
    b"TUNNEL",
    b"IPTAG",
    b"AUDIT",
];

/// How a line begins.
struct Head<'a> {
    /// Where in the line the column with the time of receipt begins: relays take the first one off.
    at: usize,
    is_threat: bool,
    subtype: &'a [u8],
}

/// The most bytes of the columns before the type.
const HEAD_BYTES_MAX: usize = 96;

// `1,2026/03/14 10:50:26,001234567890,THREAT,vulnerability,`.
fn head(record: &[u8]) -> Option<Head<'_>> {
    let window = record.get(..HEAD_BYTES_MAX).unwrap_or(record);
    let first = memchr(b',', window)?;
    let at = if window.get(..first).is_some_and(is_time) {
        0
    } else {
        let short =
            window.get(..first).is_some_and(|w| w.len() < 5 && w.iter().all(u8::is_ascii_digit));
        short.then_some(first + 1)?
    };
    let mut columns = window.get(at..)?.split(|byte| *byte == b',');
    let (time, serial, kind) = (columns.next()?, columns.next()?, columns.next()?);
    let known = TYPES.contains(&kind);
    let plain = serial.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    let subtype = columns.next().unwrap_or_default();
    let head = Head { at, is_threat: kind == b"THREAT", subtype };
    (is_time(time) && known && plain).then_some(head)
}

fn is_time(column: &[u8]) -> bool {
    matches!(column, [a, b, c, d, b'/' | b'-', ..]
        if [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()) && column.len() >= 19)
}

fn claims(record: &[u8]) -> bool {
    record.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b',')
        && head(record).is_some()
}

// The kind of a subtype whose records are alerts only for those who ask.
fn kind(subtype: &[u8]) -> Option<&'static str> {
    match subtype {
        b"url" => Some("url"),
        b"file" => Some("file"),
        b"data" | b"dlp" | b"dlp-non-file" => Some("data"),
        _ => None,
    }
}

fn skips(record: &[u8]) -> bool {
    head(record).is_some_and(|head| !head.is_threat || kind(head.subtype).is_some())
}

/// A line's columns, counted from 0 as the documents list them.
struct Row<'a> {
    columns: Columns<'a>,
    missing: usize,
}

impl<'a> Row<'a> {
    fn bytes(&self, at: usize) -> Option<&'a [u8]> {
        self.columns.bytes(at.checked_sub(self.missing)?)
    }

    fn text(&self, at: usize) -> Option<Text<'a>> {
        self.columns.text(at.checked_sub(self.missing)?)
    }

    fn count(&self) -> usize {
        self.columns.count() + self.missing
    }
}

/// The number of the column with the threat: of a line that was cut before it nothing can be told.
const THREAT: usize = 32;

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    read(record, true)
}

fn parse_head(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    read(record, false)
}

fn read(record: &[u8], with_details: bool) -> Result<Parsed<'_>, Reject> {
    let Some(head) = head(record) else {
        return Err(Reject { at: 0, wanted: "a time, a serial number and a type of log" });
    };
    if !head.is_threat {
        return Ok(Parsed::Other);
    }
    let row = Row { columns: Columns::split(record, b','), missing: usize::from(head.at == 0) };
    if row.count() <= THREAT {
        return Err(Reject { at: record.len(), wanted: "the columns up to the threat" });
    }
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("panos");
    alert.stamp = time(&row);
    alert.host = row.text(59);
    alert.action = row.text(30);
    alert.verdict = alert.action.as_deref().map(verdict).unwrap_or_default();
    alert.severity_raw = row.text(34);
    alert.severity = alert.severity_raw.as_deref().map(severity).unwrap_or_default();
    alert.rule.category = row.text(4);
    alert.rule.ruleset = row.text(11);
    rule(&row, &mut alert);
    alert.source = end(&row, [7, 24, 12, 86, 87]);
    alert.destination = end(&row, [8, 25, 13, 94, 95]);
    alert.transport = row.text(29).map(words::transport);
    alert.direction_raw = row.text(35);
    alert.interface = row.text(18);
    alert.count = row.bytes(23).and_then(lex::number);
    if with_details {
        object(head.subtype, &row, &mut alert);
        details::read(&row, &mut alert);
    }
    let harmless = head.subtype.starts_with(b"wildfire") && row.bytes(33) == Some(b"benign");
    Ok(match kind(head.subtype).or_else(|| harmless.then_some("benign")) {
        Some(kind) => Parsed::Also(kind, alert),
        None => Parsed::Alert(alert),
    })
}

// Of the columns of address, port, user, host and Ethernet address.
fn end<'a>(row: &Row<'a>, [ip, port, user, host, mac]: [usize; 5]) -> Endpoint<'a> {
    let mut end = Endpoint { user: row.text(user), domain: row.text(host), ..Endpoint::default() };
    match row.bytes(ip).and_then(lex::address) {
        Some((ip, zone)) => (end.ip, end.zone) = (Some(ip), zone),
        None => end.domain = end.domain.or_else(|| row.text(ip)),
    }
    // What has no ports has port 0.
    end.port = row.bytes(port).and_then(lex::number).filter(|port| *port != 0);
    end.mac = row.bytes(mac).and_then(lex::mac);
    end
}

// The threat is `Name(91234)`; a URL's is `(9999)`.
fn rule<'a>(row: &Row<'a>, alert: &mut Alert<'a>) {
    let Some(threat) = row.bytes(THREAT) else { return };
    let open = threat.strip_suffix(b")").and_then(|inside| memrchr(b'(', inside));
    let id = open.and_then(|open| threat.get(open + 1..threat.len().checked_sub(1)?));
    let (name, id) = match (open, id) {
        (Some(open), Some(id)) if !id.is_empty() && id.iter().all(u8::is_ascii_digit) => {
            (threat.get(..open).unwrap_or_default(), Some(id))
        }
        _ if threat.iter().all(u8::is_ascii_digit) => (&b""[..], Some(threat)),
        _ => (threat, None),
    };
    alert.rule.id = id.map(text::shown);
    alert.rule.name = Some(name.trim_ascii()).filter(|name| !name.is_empty()).map(text::shown);
    if let Some(Cow::Borrowed(name)) = alert.rule.name {
        words::cves(name, &mut alert.vulnerabilities);
    }
}

// When the data plane saw it, by its clock, which has no zone.
fn time(row: &Row<'_>) -> Option<Stamp> {
    stamp::any(row.bytes(6).or_else(|| row.bytes(1))?)
}

fn severity(word: &str) -> Severity {
    let words = [
        ("low", Severity::Low),
        ("medium", Severity::Medium),
        ("high", Severity::High),
        ("critical", Severity::Critical),
    ];
    let found = words.iter().find(|(name, _)| word.eq_ignore_ascii_case(name));
    found.map(|(_, severity)| *severity).unwrap_or_default()
}

// Words that PAN-OS has beside those of all products.
fn verdict(action: &str) -> Verdict {
    match action {
        "sinkhole" | "override-lockout" | "random-drop" => Verdict::Blocked,
        "syncookie-sent" | "continue" | "override" | "forward" => Verdict::Detected,
        _ => words::verdict(action),
    }
}

// The column that is a URL or the name of a file, as the subtype has it.
fn object<'a>(subtype: &[u8], row: &Row<'a>, alert: &mut Alert<'a>) {
    let Some(object) = row.text(31) else { return };
    let key = match subtype {
        b"url" => "url.original",
        b"spyware" if row.bytes(14) == Some(b"dns") => "dns.question.name",
        b"vulnerability" | b"spyware" if object.contains('/') => "url.original",
        _ => "file.name",
    };
    alert.note(key, Value::Text(object));
}

#[cfg(test)]
mod tests;
