//! PortSentry, which watches ports that nobody should use: its messages in syslog (`attackalert: `, since release 2 `Scan
//! from: `) and the lines of its files `portsentry.history` and `portsentry.blocked.*`. Source: portsentry(8) and
//! README.md of releases 1.2 and 2.0.

mod messages;

use alloc::{borrow::Cow, boxed::Box};

use memchr::memmem;

use crate::alert::{Alert, Endpoint, Parsed, Reject, Severity, Verdict};
use crate::lex::{self, Parse, Wanted};
use crate::{Format, Framing, no_short_cut, stamp, text, words};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "portsentry",
    about: "PortSentry 1 and 2: syslog, history and blocked files",
    example: "attackalert: TCP SYN/Normal scan from host: scan.example.net/203.0.113.9 to TCP port: \
              23",
    framing: Framing::Line,
    also: &[ALREADY_BLOCKED, IGNORED],
    claims,
    skips: no_short_cut,
    parse,
    parse_head: parse,
};

/// A host that comes again while it is blocked.
const ALREADY_BLOCKED: &str = "already-blocked";

/// A host that the file of those to ignore names.
const IGNORED: &str = "ignored";

const ATTACK: &[u8] = b"attackalert: ";
const SCAN: &[u8] = b"Scan from: [";

/// The most bytes of a file's line up to its host.
const STAMPS_BYTES_MAX: usize = 48;

fn claims(record: &[u8]) -> bool {
    let message = behind_tag(record);
    match message {
        [b'a', ..] => message.starts_with(ATTACK),
        [b'S', ..] => message.starts_with(SCAN),
        [b'0'..=b'9', ..] => history(message).is_some(),
        _ => false,
    }
}

// Where the tag is part of the record.
fn behind_tag(record: &[u8]) -> &[u8] {
    let Some(rest) = record.strip_prefix(b"portsentry") else { return record };
    rest.strip_prefix(b": ").unwrap_or(record)
}

// The seconds and what stands behind ` Host: ` in `EPOCH - MM/DD/YYYY HH:MM:SS Host: name/ip Port: 1 TCP Blocked`.
fn history(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let digits = line.iter().take(12).take_while(|byte| byte.is_ascii_digit()).count();
    let (seconds, rest) = line.split_at_checked(digits)?;
    let rest = rest.strip_prefix(b" - ")?;
    let head = rest.get(..STAMPS_BYTES_MAX).unwrap_or(rest);
    let host = memmem::find(head, b" Host: ")?;
    (head.get(2) == Some(&b'/')).then_some((seconds, rest.get(host + " Host: ".len()..)?))
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let message = behind_tag(record);
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("portsentry");
    alert.severity = Severity::Low;
    alert.verdict = Verdict::Detected;
    if let Some((seconds, rest)) = history(message) {
        alert.stamp = stamp::epoch(seconds);
        lex::finish(record, blocked_line(rest, &mut alert))?;
        return Ok(Parsed::Alert(alert));
    }
    let read = match message.strip_prefix(ATTACK) {
        Some(text) => messages::attack(text, &mut alert),
        None => messages::scan(message, &mut alert),
    };
    Ok(match lex::finish(record, read)? {
        messages::Kind::Alert => Parsed::Alert(alert),
        messages::Kind::AlreadyBlocked => Parsed::Also(ALREADY_BLOCKED, alert),
        messages::Kind::Ignored => Parsed::Also(IGNORED, alert),
        messages::Kind::Other => Parsed::Other,
    })
}

// `name/ip Port: 1 TCP Blocked`
fn blocked_line<'a>(input: &'a [u8], alert: &mut Alert<'a>) -> Parse<'a, ()> {
    let (rest, source) = host(input)?;
    let mut words = rest.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let port = words.next().filter(|word| *word == b"Port:").and_then(|_| words.next());
    let (Some(port), Some(protocol)) = (port.and_then(lex::number), words.next()) else {
        return Wanted::here(rest, "`Port: `, its number and the protocol");
    };
    alert.source = source;
    alert.destination.port = Some(port);
    alert.transport = Some(words::transport(text::shown(protocol)));
    alert.rule.name = Some(Cow::Borrowed("scan"));
    blocked(words.next().unwrap_or_default(), alert);
    Ok((b"", ()))
}

fn blocked<'a>(word: &'a [u8], alert: &mut Alert<'a>) {
    alert.severity = Severity::Medium;
    alert.verdict = Verdict::Blocked;
    alert.action = Some(text::shown(word)).filter(|word| !word.is_empty());
}

// `name/ip` or an address alone, up to a blank; what is no address in front of the last `/` is the name.
fn host(input: &[u8]) -> Parse<'_, Endpoint<'_>> {
    let input = input.trim_ascii_start();
    let end = memchr::memchr(b' ', input).unwrap_or(input.len());
    let (word, rest) = input.split_at_checked(end).unwrap_or((input, b""));
    let (name, ip) = match memchr::memrchr(b'/', word) {
        Some(slash) => {
            let (name, ip) = word.split_at_checked(slash).unwrap_or((word, b""));
            (Some(name), ip.get(1..).unwrap_or_default())
        }
        None => (None, word),
    };
    let ip = ip.strip_suffix(b":").filter(|ip| lex::address(ip).is_some()).unwrap_or(ip);
    let Some((ip, zone)) = lex::address(ip) else {
        return Wanted::here(input, "host name, `/` and address");
    };
    let name = name.filter(|name| !name.is_empty() && lex::address(name).is_none());
    Ok((
        rest,
        Endpoint { ip: Some(ip), zone, domain: name.map(text::shown), ..Endpoint::default() },
    ))
}
