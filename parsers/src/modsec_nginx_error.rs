//! The error log of nginx (and Angie, OpenResty, Tengine) with ModSecurity: `YYYY/MM/DD HH:MM:SS [level] pid#tid: *connection
//! [client a] ModSecurity: MESSAGE, client: a, server: s, request: "GET / HTTP/1.1", host: "h"`. The time has no zone.
//!
//! nginx cuts a line at 2048 bytes, so that what is last is often missing. Lines of its own and of other modules are no
//! alerts. Sources: nginx.org, "Core functionality" (`error_log`); ModSecurity-nginx, README; ModSecurity reference v3.

use alloc::{borrow::Cow, boxed::Box};

use nom::Parser;
use nom::bytes::complete::{tag, take_until};
use nom::character::complete::{char, digit1};
use nom::combinator::opt;
use nom::error::context;
use nom::sequence::{delimited, terminated};

use crate::alert::{Alert, Parsed, Reject, Stamp, Text, Value};
use crate::lex::{self, Parse};
use crate::modsec::{self, Message};
use crate::{Format, Framing, no_short_cut, stamp, text};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "modsec-nginx-error",
    about: "ModSecurity in nginx's error log, libmodsecurity or 2.x",
    example: concat!(
        r#"2026/03/14 10:50:25 [error] 4711#4711: *42 [client 203.0.113.9] ModSecurity: Access denied with "#,
        r#"code 403 (phase 2). Matched "Operator `Rx' with parameter `attack' against variable `ARGS:q' (Value: "#,
        r#"`attack' ) [file "/etc/nginx/rules.conf"] [line "7"] [id "1000001"] [rev ""] [msg "Attack in q"] "#,
        r#"[data "attack"] [severity "2"] [ver ""] [maturity "0"] [accuracy "0"] [tag "attack-generic"] [hostname "#,
        r#""192.0.2.80"] [uri "/"] [unique_id "177348542512.345678"] [ref "v5,6"], client: 203.0.113.9, server: "#,
        r#"www.example.com, request: "GET /?q=attack HTTP/1.1", host: "www.example.com""#,
    ),
    framing: Framing::Line,
    also: &[],
    claims,
    skips: no_short_cut,
    parse,
    parse_head: parse,
};

fn claims(record: &[u8]) -> bool {
    record.first().is_some_and(u8::is_ascii_digit) && header(record).is_ok()
}

/// What stands before the message.
struct Header<'a> {
    stamp: Stamp,
    level: &'a [u8],
    process: &'a [u8],
    thread: &'a [u8],
    connection: Option<&'a [u8]>,
    client: Option<&'a [u8]>,
}

// Word for word, so that no other line that quotes a client is taken for one of ModSecurity's.
fn header(line: &[u8]) -> Parse<'_, Header<'_>> {
    let (rest, stamp) = stamp::iso(line)?;
    let window = rest.get(..HEADER_BYTES_MAX).unwrap_or(rest);
    let level = delimited(tag(" ["), take_until("]"), tag("] "));
    let process = terminated(digit1, char('#'));
    let thread = terminated(digit1, tag(": "));
    let connection = opt(delimited(char('*'), digit1, char(' ')));
    let client = opt(delimited(tag("[client "), take_until("]"), tag("] ")));
    let mark = context("`ModSecurity: `", tag("ModSecurity: "));
    let (behind, (level, process, thread, connection, client, _)) =
        (level, process, thread, connection, client, mark).parse(window)?;
    let rest = rest.get(window.len() - behind.len()..).unwrap_or_default();
    Ok((rest, Header { stamp, level, process, thread, connection, client }))
}

/// The most bytes of a header behind its time: an IPv6 address and four numbers are far below.
const HEADER_BYTES_MAX: usize = 256;

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    match text::shown(record) {
        Cow::Borrowed(line) => Ok(read(line)),
        Cow::Owned(line) => Ok(read(&line).into_owned()),
    }
}

fn read(line: &str) -> Parsed<'_> {
    // Any program under the server may write into its error log.
    let Ok((rest, header)) = header(line.as_bytes()) else { return Parsed::Other };
    let body = line.get(line.len() - rest.len()..).unwrap_or_default();
    let (message, behind) = Message::read(body);
    if !message.is_alert() {
        return Parsed::Other;
    }
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("modsecurity");
    alert.stamp = Some(header.stamp);
    alert.details.reserve_exact(24);
    if let Some(client) = header.client.and_then(|client| core::str::from_utf8(client).ok()) {
        alert.source = modsec::client(client);
    }
    let request = variables(behind, &mut alert);
    modsec::describe(message, &mut alert);
    if let Some(line) = request {
        // The rule's own path stays: nginx's has the query as well, and is the client's line as it came.
        modsec::request_line(line, &mut alert);
    }
    let words = [("log.level", Some(header.level)), ("nginx.connection", header.connection)];
    for (key, word) in words {
        if let Some(word) = word {
            modsec::note_text(key, text::shown(word), &mut alert);
        }
    }
    for (key, digits) in [("process.pid", header.process), ("process.thread.id", header.thread)] {
        if let Some(number) = lex::number(digits) {
            alert.note(key, Value::Integer(number));
        }
    }
    Parsed::Alert(alert)
}

// ` while sending to client, client: a, server: s, request: "...", upstream: "...", host: "...", referrer: "..."`. The first
// of a name counts: what a client sends stands behind the address that nginx knows. Gives the request's line.
fn variables<'a>(behind: &'a str, alert: &mut Alert<'a>) -> Option<&'a str> {
    let from = memchr::memmem::find(behind.as_bytes(), b", client: ")?;
    let mut rest = behind.get(from..)?;
    let mut request = None;
    while let Some((name, value, next)) = variable(rest) {
        rest = next;
        let shown = || Text::Borrowed(value);
        match name {
            "client" if alert.source.ip.is_none() => alert.source = modsec::client(value),
            "server" => modsec::note_text("nginx.server", shown(), alert),
            "request" => request = request.or(Some(value)),
            "host" if alert.detail("url.domain").is_none() => modsec::host(shown(), alert),
            "referrer" => modsec::note_text("http.request.referrer", shown(), alert),
            "upstream" => modsec::note_text("nginx.upstream", shown(), alert),
            "subrequest" => modsec::note_text("nginx.subrequest", shown(), alert),
            _ => {}
        }
    }
    if let Some(line) = request {
        modsec::note_text("nginx.request", Text::Borrowed(line), alert);
    }
    request
}

// `, name: value` or `, name: "value"`; a value that was cut goes to the end.
fn variable(rest: &str) -> Option<(&str, &str, &str)> {
    let (name, behind) = rest.strip_prefix(", ")?.split_once(": ")?;
    let (value, next) = match behind.strip_prefix('"') {
        Some(inside) => match memchr::memmem::find(inside.as_bytes(), b"\", ") {
            Some(end) => (inside.get(..end)?, inside.get(end + 1..)?),
            None => (inside.strip_suffix('"').unwrap_or(inside), ""),
        },
        None => behind.split_at_checked(behind.find(", ").unwrap_or(behind.len()))?,
    };
    Some((name, value, next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Choice, Read, Reader};

    #[test]
    fn other_lines_of_nginx_are_nobodys() {
        let mut reader = Reader::new(Choice::Auto);
        let alert = "2026/03/14 10:50:25 [info] 7#0: *6 ModSecurity: Warning. a";
        for line in [
            "2026/03/14 10:50:31 [notice] 1#1: ModSecurity-nginx v1.0.3 (rules loaded: 0/916/0)",
            "2026/03/14 10:50:32 [error] 7#0: *4 open() \"/a ModSecurity: Access denied\" failed",
            "2026/03/14 10:50:33 [error] 7#0: *5 FastCGI sent in stderr: \"PHP message: a",
            "2026/03/14 10:50:33 ModSecurity: Warning. a",
        ] {
            assert!(matches!(reader.read(alert.as_bytes()), Read::Alert { .. }));
            assert_eq!(reader.read(line.as_bytes()), Read::Unclaimed, "{line}");
            let mut fixed = Reader::new(Choice::Fixed(&FORMAT));
            assert_eq!(fixed.read(line.as_bytes()), Read::Other { format: &FORMAT }, "{line}");
        }
    }
}
