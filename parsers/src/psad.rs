//! What psad, the port scan attack detector, says in syslog of what it makes of netfilter's records: a scan with its danger
//! level, a signature that matched, an address that it blocks. Source: cipherdyne.org, psad(8), and the messages of psad 2
//! and 3.

use alloc::{borrow::Cow, boxed::Box};

use memchr::{memchr, memmem};
use nom::Parser;
use nom::bytes::complete::{tag, take_till, take_until};
use nom::character::complete::{char, digit1};
use nom::combinator::opt;
use nom::error::context;
use nom::sequence::{delimited, preceded};

use crate::alert::{Alert, Endpoint, Parsed, Reject, Severity, Value, Verdict};
use crate::lex::{self, Parse, Wanted};
use crate::{Format, Framing, no_short_cut, text, words};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "psad",
    about: "psad in syslog: scans, signatures, auto-blocks",
    example: "scan detected: 203.0.113.9 -> 192.0.2.80 tcp: [1-1024] flags: SYN tcp pkts: 240 DL: 3",
    framing: Framing::Line,
    also: &[RENEWED, REMOVED],
    claims,
    skips: no_short_cut,
    parse,
    parse_head: parse,
};

/// A block that is set again after a restart.
const RENEWED: &str = "renewed";

/// A block that has ended.
const REMOVED: &str = "removed";

const SCAN: &[u8] = b"scan detected";
const SOURCE: &[u8] = b"src: ";
const SIGNATURE: &[u8] = b" signature match: \"";
const BLOCK: &[u8] = b" auto-block against ";

/// The most bytes before the words by which a record is told: two IPv6 addresses.
const HEAD_BYTES_MAX: usize = 128;

fn claims(record: &[u8]) -> bool {
    let message = behind_tag(record);
    let head = message.get(..HEAD_BYTES_MAX).unwrap_or(message);
    match message {
        [b's', b'c', ..] => message.starts_with(SCAN) && memmem::find(head, b": ").is_some(),
        [b's', b'r', ..] => message.starts_with(SOURCE) && memmem::find(head, SIGNATURE).is_some(),
        [b'a' | b'r', ..] => blocked(message).is_some(),
        _ => false,
    }
}

// Where the tag is part of the record: no header before it, or one that named no program.
fn behind_tag(record: &[u8]) -> &[u8] {
    let Some(rest) = record.strip_prefix(b"psad") else { return record };
    rest.strip_prefix(b": ").unwrap_or(record)
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let message = behind_tag(record);
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("psad");
    alert.verdict = Verdict::Detected;
    if let Some((verb, rest)) = blocked(message) {
        lex::finish(record, block(verb, rest, &mut alert))?;
        return Ok(match verb {
            b"renewed" | b"renewing" => Parsed::Also(RENEWED, alert),
            b"removed" | b"removing" => Parsed::Also(REMOVED, alert),
            _ => Parsed::Alert(alert),
        });
    }
    let read = if message.starts_with(SCAN) { scan } else { signature };
    lex::finish(record, read(message, &mut alert))?;
    Ok(Parsed::Alert(alert))
}

// `scan detected (Nmap -sS): A -> B tcp: [22,80-90] flags: SYN tcp pkts: 2 DL: 2`
fn scan<'a>(message: &'a [u8], alert: &mut Alert<'a>) -> Parse<'a, ()> {
    let (rest, _) = context("`scan detected`", tag(SCAN)).parse(message)?;
    let (rest, kind) = opt(delimited(tag(" ("), take_until("): "), char(')'))).parse(rest)?;
    let (rest, _) = context("`: ` and the source", tag(": ")).parse(rest)?;
    let (rest, source) = address(rest, "source address")?;
    let (rest, _) = context("` -> ` and the destination", tag("-> ")).parse(rest)?;
    let (rest, destination) = address(rest, "destination address")?;
    (alert.source, alert.destination) = (source, destination);
    alert.rule.name = Some(Cow::Borrowed("scan detected"));
    if let Some(kind) = kind {
        alert.note("psad.scan", Value::Text(text::shown(kind)));
    }
    counts(rest, alert);
    Ok((b"", ()))
}

// What was scanned, one protocol behind another, and the danger level.
fn counts<'a>(input: &'a [u8], alert: &mut Alert<'a>) {
    let mut rest = input.trim_ascii_start();
    let mut protocol: &[u8] = b"";
    while !rest.is_empty() {
        let (word, behind) = split_word(rest);
        rest = behind;
        match word {
            b"flags:" => {
                let end = memmem::find(behind, b" tcp pkts:").unwrap_or(behind.len());
                let (flags, behind) = behind.split_at_checked(end).unwrap_or((behind, b""));
                alert.note("ipsbell.tcp_flags", Value::Text(text::shown(flags)));
                rest = behind.trim_ascii_start();
            }
            b"pkts:" => {
                let (number, _) = split_word(behind);
                let sum = alert.count.unwrap_or(0).saturating_add(lex::number(number).unwrap_or(0));
                alert.count = Some(sum);
            }
            b"DL:" => {
                let (level, _) = split_word(behind);
                alert.severity = severity(level);
                alert.severity_raw = Some(text::shown(level));
            }
            [b'[', ports @ ..] => scanned(protocol, ports, alert),
            b"tcp:" | b"udp:" | b"icmp:" | b"icmp" | b"icmp6" => {
                protocol = word.strip_suffix(b":").unwrap_or(word);
                if alert.transport.is_none() {
                    alert.transport = Some(words::transport(text::shown(protocol)));
                }
            }
            _ => {}
        }
    }
}

// `6969]`, `22,80-90]`: one port is the destination's.
fn scanned<'a>(protocol: &[u8], ports: &'a [u8], alert: &mut Alert<'a>) {
    let ports = ports.strip_suffix(b"]").unwrap_or(ports);
    let (key, port) = match protocol {
        b"udp" => ("psad.udp_ports", lex::number(ports)),
        _ => ("psad.tcp_ports", lex::number(ports)),
    };
    let alone = alert.detail("psad.tcp_ports").is_none();
    alert.destination.port = alert.destination.port.or(port.filter(|_| alone));
    alert.note(key, Value::Text(text::shown(ports)));
}

// psad(8): from 1 to 5, which is the worst.
fn severity(level: &[u8]) -> Severity {
    match level {
        b"1" | b"2" => Severity::Low,
        b"3" => Severity::Medium,
        b"4" => Severity::High,
        b"5" => Severity::Critical,
        _ => Severity::Info,
    }
}

// `src: A signature match: "text" (sid: 147) tcp port: 6969 fwsnort chain: C rule: 5`
fn signature<'a>(message: &'a [u8], alert: &mut Alert<'a>) -> Parse<'a, ()> {
    let (rest, _) = context("`src: `", tag(SOURCE)).parse(message)?;
    let (rest, source) = address(rest, "source address")?;
    let (rest, destination) = match preceded(tag("dst: "), |i| address(i, "address")).parse(rest) {
        Ok((rest, destination)) => (rest, destination),
        Err(_) => (rest, Endpoint::default()),
    };
    let (rest, _) = context("`signature match: `", tag("signature match: \"")).parse(rest)?;
    // The text is the rule author's: it ends where the number of the signature follows.
    let Some(end) = memmem::find(rest, b"\" (sid: ") else {
        return Wanted::here(rest, "`\" (sid: ` behind the signature's text");
    };
    let (name, rest) = rest.split_at_checked(end).unwrap_or((rest, b""));
    let (rest, id) =
        context("number of the signature", delimited(tag("\" (sid: "), digit1, char(')')))
            .parse(rest)?;
    (alert.source, alert.destination) = (source, destination);
    alert.severity = Severity::Medium;
    alert.rule.id = Some(text::shown(id));
    let name = text::shown(name);
    words::cves_owned(&name, &mut alert.vulnerabilities);
    alert.rule.name = Some(name);
    matched(rest, alert);
    Ok((b"", ()))
}

// ` tcp port: 6969 fwsnort chain: FWSNORT_INPUT rule: 5`, ` icmp type: 8`
fn matched<'a>(input: &'a [u8], alert: &mut Alert<'a>) {
    let mut rest = input.trim_ascii_start();
    while !rest.is_empty() {
        let (word, behind) = split_word(rest);
        let (value, behind_value) = split_word(behind);
        rest = behind;
        let key = match word {
            b"port:" => {
                alert.destination.port = lex::number(value);
                rest = behind_value;
                continue;
            }
            b"tcp" | b"udp" | b"icmp" | b"icmp6" | b"ip" if alert.transport.is_none() => {
                alert.transport = Some(words::transport(text::shown(word)));
                continue;
            }
            b"chain:" => "psad.chain",
            b"rule:" => "psad.rule",
            b"type:" => "psad.icmp_type",
            b"code:" => "psad.icmp_code",
            _ => continue,
        };
        alert.note(key, Value::Text(text::shown(value)));
        rest = behind_value;
    }
}

// `added iptables auto-block against A for 3600 seconds`: the verb, and what begins with the address.
fn blocked(message: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memmem::find(message.get(..HEAD_BYTES_MAX / 2).unwrap_or(message), BLOCK)?;
    let (verb, method) = message.get(..at)?.split_at_checked(memchr(b' ', message)?)?;
    let known = matches!(verb, b"added" | b"renewed" | b"renewing" | b"removed" | b"removing");
    let methods = [&b" iptables"[..], b" ip6tables", b" Netfilter", b" firewalld", b" tcpwrappers"];
    (known && methods.contains(&method)).then_some((verb, message.get(at + BLOCK.len()..)?))
}

fn block<'a>(verb: &'a [u8], rest: &'a [u8], alert: &mut Alert<'a>) -> Parse<'a, ()> {
    let (rest, source) = address(rest, "address that is blocked")?;
    alert.source = source;
    alert.rule.name = Some(Cow::Borrowed("auto-block"));
    alert.action = Some(text::shown(verb));
    (alert.verdict, alert.severity) = match verb {
        b"removed" | b"removing" => (Verdict::Unknown, Severity::Info),
        _ => (Verdict::Blocked, Severity::Medium),
    };
    let seconds: Parse<'a, &[u8]> = delimited(tag("for "), digit1, tag(" seconds")).parse(rest);
    if let Ok((_, seconds)) = seconds
        && let Some(seconds) = lex::number(seconds)
    {
        alert.note("psad.block_seconds", Value::Integer(seconds));
    }
    Ok((b"", ()))
}

fn address<'a>(input: &'a [u8], wanted: &'static str) -> Parse<'a, Endpoint<'a>> {
    let (rest, word) = take_till(|byte| byte == b' ').parse(input)?;
    match lex::address(word) {
        Some((ip, zone)) => {
            let (rest, _) = opt(char(' ')).parse(rest)?;
            Ok((rest, Endpoint { ip: Some(ip), zone, ..Endpoint::default() }))
        }
        None => Wanted::here(input, wanted),
    }
}

fn split_word(input: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr(b' ', input).unwrap_or(input.len());
    let (word, rest) = input.split_at_checked(end).unwrap_or((input, b""));
    (word, rest.trim_ascii_start())
}
