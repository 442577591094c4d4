//! PortSentry's messages: what release 1 says of an attack in a sentence, and release 2 in brackets.

use alloc::borrow::Cow;

use memchr::{memchr, memmem};

use super::{blocked, host};
use crate::alert::{Alert, Value};
use crate::lex::{self, Parse, Wanted};
use crate::{text, words};

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Alert,
    AlreadyBlocked,
    Ignored,
    /// About PortSentry's own work.
    Other,
}

/// A message behind `attackalert: `.
pub(super) fn attack<'a>(message: &'a [u8], alert: &mut Alert<'a>) -> Parse<'a, Kind> {
    // The name of a host is its owner's, so that a message is told by how it begins.
    let named = message.strip_prefix(b"Host: ").or_else(|| message.strip_prefix(b"Host "));
    if let Some(rest) = named {
        return of_a_host(rest, alert);
    }
    let known = [&b"ERROR"[..], b"Error ", b"External command "];
    if known.iter().any(|begin| message.starts_with(begin)) {
        return Ok((b"", Kind::Other));
    }
    probe(message, alert)
}

// `A has been blocked via wrappers with string: "..."`, `name/A is already blocked Ignoring`
fn of_a_host<'a>(input: &'a [u8], alert: &mut Alert<'a>) -> Parse<'a, Kind> {
    let (rest, source) = host(input)?;
    alert.source = source;
    let said = rest.trim_ascii_start();
    if said.starts_with(b"is ") {
        alert.rule.name = Some(Cow::Borrowed("already blocked"));
        return Ok((b"", Kind::AlreadyBlocked));
    }
    let Some(how) = said.strip_prefix(b"has been ") else {
        return Wanted::here(rest, "`has been blocked` or `is already blocked`");
    };
    let end = memchr(b' ', how).unwrap_or(how.len());
    let (word, how) = how.split_at_checked(end).unwrap_or((how, b""));
    blocked(word, alert);
    alert.rule.name = Some(Cow::Borrowed("block"));
    let how = how.trim_ascii_start();
    if let Some(how) = how.strip_prefix(b"via ") {
        let end = memmem::find(how, b": \"").unwrap_or(how.len());
        let (method, command) = how.split_at_checked(end).unwrap_or((how, b""));
        alert.note("portsentry.block", Value::Text(text::shown(method)));
        let command = command.strip_prefix(b": \"").unwrap_or(command);
        let command = command.strip_suffix(b"\"").unwrap_or(command);
        if !command.is_empty() {
            alert.note("portsentry.command", Value::Text(text::shown(command)));
        }
    }
    Ok((b"", Kind::Alert))
}

// `SYN/Normal scan from host: name/ip to TCP port: 443`, `Connect from host: ...`, `Possible stealth scan from unknown
// host to TCP port: 80 (accept failed)`, `Packet from host: ... has IP options set`
fn probe<'a>(message: &'a [u8], alert: &mut Alert<'a>) -> Parse<'a, Kind> {
    let Some(from) = memmem::find(message, b" from ") else {
        return Wanted::here(message, "` from ` and the host");
    };
    let (what, rest) = message.split_at_checked(from).unwrap_or((message, b""));
    let rest = rest.get(" from ".len()..).unwrap_or_default().trim_ascii_start();
    let rest = match rest.strip_prefix(b"host: ") {
        Some(rest) => {
            let (rest, source) = host(rest)?;
            alert.source = source;
            rest
        }
        // The connection was gone before it could be asked where it came from.
        None => rest.strip_prefix(b"unknown host").unwrap_or(rest),
    };
    let mut words = rest.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let protocol = words.next().filter(|word| *word == b"to").and_then(|_| words.next());
    let port = words.next().filter(|word| *word == b"port:").and_then(|_| words.next());
    let (Some(protocol), Some(port)) = (protocol, port.and_then(lex::number)) else {
        return Wanted::here(rest, "` to `, the protocol, `port: ` and its number");
    };
    alert.transport = Some(words::transport(text::shown(protocol)));
    alert.destination.port = Some(port);
    // `Unknown Type: Packet Flags: SYN: 0 FIN: 0 ...`
    let (kind, flags) = match memmem::find(what, b": Packet Flags: ") {
        Some(at) => {
            let (kind, flags) = what.split_at_checked(at).unwrap_or((what, b""));
            (kind, flags.get(": Packet Flags: ".len()..))
        }
        None => (what, None),
    };
    let options = kind == b"Packet" && memmem::find(rest, b"IP options").is_some();
    alert.rule.name =
        Some(if options { Cow::Borrowed("Packet with IP options") } else { text::shown(kind) });
    if let Some(flags) = flags {
        alert.note("portsentry.flags", Value::Text(text::shown(flags)));
    }
    Ok((b"", Kind::Alert))
}

/// Release 2: `Scan from: [ip] (name) protocol: [TCP] port: [80] type: [...] ... blocked: [true]`.
pub(super) fn scan<'a>(message: &'a [u8], alert: &mut Alert<'a>) -> Parse<'a, Kind> {
    let mut kind = Kind::Alert;
    let mut rest = message;
    while let Some((key, value, behind)) = bracket(rest) {
        rest = behind.trim_ascii_start();
        match key {
            b"Scan from" => {
                let Some((ip, zone)) = lex::address(value) else {
                    return Wanted::here(value, "source address");
                };
                (alert.source.ip, alert.source.zone) = (Some(ip), zone);
                rest = name(rest, alert);
            }
            b"protocol" => alert.transport = Some(words::transport(text::shown(value))),
            b"port" => alert.destination.port = lex::number(value),
            b"type" => alert.rule.name = Some(text::shown(value)),
            b"ignored" if value == b"true" => kind = Kind::Ignored,
            b"blocked" if value == b"true" => blocked(b"blocked", alert),
            b"IP opts" => keep("portsentry.ip_options", value, alert),
            b"triggered" => keep("portsentry.triggered", value, alert),
            b"noblock" => keep("portsentry.noblock", value, alert),
            _ => {}
        }
    }
    if alert.source.ip.is_none() || alert.destination.port.is_none() {
        return Wanted::here(rest, "`Scan from: [`, `protocol: [` and `port: [`");
    }
    Ok((b"", kind))
}

fn keep<'a>(key: &'static str, value: &'a [u8], alert: &mut Alert<'a>) {
    alert.note(key, Value::Text(text::shown(value)));
}

// `key: [value]` and what stands behind it.
fn bracket(input: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let open = memchr(b'[', input)?;
    let key = input.get(..open)?.trim_ascii_end();
    let inside = input.get(open + 1..)?;
    let close = memchr(b']', inside)?;
    Some((key.strip_suffix(b":")?, inside.get(..close)?, inside.get(close + 1..)?))
}

// `(name)`, which is the address again where none was looked up.
fn name<'a>(input: &'a [u8], alert: &mut Alert<'a>) -> &'a [u8] {
    let inside = input.strip_prefix(b"(").and_then(|inside| {
        let close = memchr(b')', inside)?;
        inside.split_at_checked(close)
    });
    let Some((name, behind)) = inside else { return input };
    if !name.is_empty() && lex::address(name).is_none() {
        alert.source.domain = Some(text::shown(name));
    }
    behind.get(1..).unwrap_or_default().trim_ascii_start()
}
