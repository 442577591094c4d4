//! OSSEC's and Wazuh's `alerts.log`: a record of several lines that ends at a blank one.
//!
//! ```text
//! ** Alert 1460948255.25442: mail  - ossec,syscheck,
//! 2016 Apr 17 19:57:35 (web1) 192.0.2.144->syscheck
//! Rule: 550 (level 7) -> 'Integrity checksum changed.'
//! Src IP: 198.51.100.9
//! User: root
//! the log that the rule fired on, one line or more
//! key: value
//! ```
//!
//! What stands behind the rule is there where the decoder found it, in a fixed order. Source: ossec.net, "Alerts log
//! file" (logfile output) and the programs' own reader of the file; documentation.wazuh.com, "Alert management".

mod log;

use alloc::{borrow::Cow, boxed::Box};

use memchr::{memchr, memmem, memrchr};
use nom::Parser;
use nom::bytes::complete::tag;
use nom::character::complete::{digit1, u32};
use nom::error::context;
use nom::sequence::{delimited, preceded};

use crate::alert::{Alert, Parsed, Reject, Stamp, Text, Value};
use crate::lex::{self, Parse, Wanted};
use crate::record::{Frame, Place};
use crate::{Format, Framing, no_short_cut, ossec, places, stamp, text, words};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "ossec-alerts",
    about: "OSSEC's and Wazuh's alerts.log, several lines an alert",
    example: "** Alert 1773485425.1127: - syslog,sshd,authentication_failed,\n\
              2026 Mar 14 10:50:25 (web1) 192.0.2.80->/var/log/auth.log\n\
              Rule: 5716 (level 5) -> 'sshd: authentication failed.'\n\
              Src IP: 203.0.113.9\n\
              User: admin\n\
              Mar 14 10:50:24 web1 sshd[99]: Failed password for admin from 203.0.113.9 port 40112",
    framing: Framing::Lines(Frame { begins, place }),
    also: &[],
    claims: begins,
    skips: no_short_cut,
    parse,
    parse_head: parse,
};

const MARK: &[u8] = b"** Alert ";

/// Where the rule's line of any record begins; behind it the log follows.
const HEAD_BYTES_MAX: usize = 64 * 1024;

// `** Alert EPOCH.OFFSET:`
fn begins(line: &[u8]) -> bool {
    line.strip_prefix(MARK).is_some_and(|rest| id(rest).is_ok())
}

fn id(input: &[u8]) -> Parse<'_, (&[u8], &[u8])> {
    let (rest, seconds) = context("the alert's time", digit1).parse(input)?;
    let (rest, offset) =
        context("`.` and the alert's place", preceded(tag("."), digit1)).parse(rest)?;
    let (rest, _) = context("`:` behind the alert's id", tag(":")).parse(rest)?;
    Ok((rest, (seconds, offset)))
}

// A blank line ends a record. Behind the attributes of a file Wazuh writes one before what changed in it and before
// its tags: it is taken into the record, and the next line says whether that goes on. A record can begin in the midst
// of another only where that is not yet at the text that others write into it.
fn place(record: &[u8], line: &[u8]) -> Place {
    let (Some(last), false) = (last_line(record), record.is_empty()) else { return Place::Outside };
    let goes_on = if line.trim_ascii().is_empty() {
        let of_a_file: [&[u8]; 4] = [b" - ", b"Attributes:", b"< ", b"> "];
        of_a_file.iter().any(|begin| last.starts_with(begin))
    } else if last.is_empty() {
        line.starts_with(b"What changed:") || line.starts_with(b"Tags:")
    } else {
        !begins(line) || has_rule(record)
    };
    if goes_on { Place::Inside } else { Place::Outside }
}

fn last_line(record: &[u8]) -> Option<&[u8]> {
    record.get(memrchr(b'\n', record).map_or(0, |end| end + 1)..)
}

fn has_rule(record: &[u8]) -> bool {
    let head = record.get(..HEAD_BYTES_MAX).unwrap_or(record);
    memmem::find(head, b"\nRule: ").is_some()
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("ossec");
    let read = head(record, &mut alert);
    lex::finish(record, read)?;
    ossec::settle(&mut alert);
    Ok(Parsed::Alert(alert))
}

fn head<'a>(record: &'a [u8], alert: &mut Alert<'a>) -> Parse<'a, ()> {
    let (rest, line) = next_line(record);
    title(line, alert)?;
    let (mut rest, line) = next_line(rest);
    origin(line, alert)?;
    // Wazuh writes the agent's labels here.
    while !rest.starts_with(b"Rule: ") {
        if rest.is_empty() {
            return Wanted::here(rest, "a line with the rule");
        }
        let (behind, line) = next_line(rest);
        log::pair(line, "ossec.labels.", alert);
        rest = behind;
    }
    let (rest, line) = next_line(rest);
    rule(line, alert)?;
    log::read(decoded(rest, alert), alert);
    Ok((b"", ()))
}

// What follows, and the line without its end.
fn next_line(input: &[u8]) -> (&[u8], &[u8]) {
    match memchr(b'\n', input).and_then(|end| input.split_at_checked(end)) {
        Some((line, rest)) => (rest.get(1..).unwrap_or_default(), line),
        None => (b"", input),
    }
}

// `** Alert EPOCH.OFFSET: mail  - group,group,`; the place in the file makes the id unique.
fn title<'a>(line: &'a [u8], alert: &mut Alert<'a>) -> Parse<'a, ()> {
    let (behind, _) = context("`** Alert `", tag(MARK)).parse(line)?;
    let (rest, (seconds, _)) = id(behind)?;
    let Some(seconds) = lex::number::<i64>(seconds).and_then(|s| s.checked_mul(1_000_000)) else {
        return Wanted::here(behind, "the alert's time");
    };
    alert.stamp = Some(Stamp::Instant { unix_micros: seconds });
    let id = behind.get(..behind.len() - rest.len() - 1).map(text::shown);
    places::keep_text(alert, "ossec.alert_id", id);
    let (flags, groups) = match memmem::find(rest, b"- ") {
        Some(at) => (rest.get(..at).unwrap_or_default(), rest.get(at + 2..).unwrap_or_default()),
        None => (rest, &b""[..]),
    };
    if memmem::find(flags, b"mail").is_some() {
        alert.note("ossec.mail", Value::Bool(true));
    }
    let owned = |group: &str| Cow::Owned(group.into());
    let groups = match text::shown(groups) {
        Cow::Borrowed(groups) => ossec::groups(groups).map(Cow::Borrowed).collect(),
        Cow::Owned(groups) => ossec::groups(&groups).map(owned).collect(),
    };
    ossec::take_groups(alert, groups);
    Ok((rest, ()))
}

// `2016 Apr 17 19:57:35 (agent) address->location`, `... host->location`, `... location`. The clock is the
// manager's, and tells the same time as the id.
fn origin<'a>(line: &'a [u8], alert: &mut Alert<'a>) -> Parse<'a, ()> {
    let (rest, _) = context("the alert's date", stamp::month_name).parse(line)?;
    let rest = rest.trim_ascii();
    let (from, location) = match memmem::find(rest, b"->") {
        Some(at) => (rest.get(..at).unwrap_or_default(), rest.get(at + 2..).unwrap_or_default()),
        None => (&b""[..], rest),
    };
    let agent = from.strip_prefix(b"(").and_then(|agent| {
        let end = memchr(b')', agent)?;
        Some((agent.get(..end)?, agent.get(end + 1..)?.trim_ascii()))
    });
    let (host, address) = agent.unwrap_or((from, b""));
    alert.host = Some(text::shown(host)).filter(|host| !text::says_nothing(host));
    places::keep_text(alert, "ossec.location", Some(text::shown(location)));
    if lex::address(address).is_some() {
        places::keep_text(alert, "host.ip", Some(text::shown(address)));
    }
    Ok((b"", ()))
}

// `Rule: 5710 (level 5) -> 'text'`
fn rule<'a>(line: &'a [u8], alert: &mut Alert<'a>) -> Parse<'a, ()> {
    let (rest, id) = context("the rule's id", preceded(tag("Rule: "), digit1)).parse(line)?;
    let (level_at, _) = context("the rule's level", tag(" (level ")).parse(rest)?;
    let (rest, level) =
        context("the rule's level", delimited(tag(" (level "), u32, tag(")"))).parse(rest)?;
    let level_bytes = level_at.len() - rest.len() - 1;
    alert.severity = ossec::severity(level);
    alert.severity_raw = level_at.get(..level_bytes).map(text::shown);
    alert.rule.id = Some(text::shown(id));
    let name = rest.trim_ascii().strip_prefix(b"->").unwrap_or(rest).trim_ascii();
    let name = name.strip_prefix(b"'").unwrap_or(name);
    let name = text::shown(name.strip_suffix(b"'").unwrap_or(name));
    alert.rule.name = Some(name).filter(|name| !name.is_empty());
    Ok((b"", ()))
}

/// The lines that may stand between the rule and the log, in their order.
const DECODED: [(&[u8], Decoded); 7] = [
    (b"Src IP: ", Decoded::Source),
    (b"Src Location: ", Decoded::SourcePlace),
    (b"Src Port: ", Decoded::SourcePort),
    (b"Dst IP: ", Decoded::Destination),
    (b"Dst Location: ", Decoded::DestinationPlace),
    (b"Dst Port: ", Decoded::DestinationPort),
    (b"User: ", Decoded::User),
];

#[derive(Clone, Copy)]
enum Decoded {
    Source,
    SourcePlace,
    SourcePort,
    Destination,
    DestinationPlace,
    DestinationPort,
    User,
}

// Takes them, and gives what follows. One that is not in its place belongs to the log, which others write.
fn decoded<'a>(mut rest: &'a [u8], alert: &mut Alert<'a>) -> &'a [u8] {
    for (name, what) in DECODED {
        if !rest.starts_with(name) {
            continue;
        }
        let (behind, line) = next_line(rest);
        let value = text::shown(line.get(name.len()..).unwrap_or_default().trim_ascii());
        take(what, value, alert);
        rest = behind;
    }
    rest
}

fn take<'a>(what: Decoded, value: Text<'a>, alert: &mut Alert<'a>) {
    if text::says_nothing(&value) || value == "(none)" {
        return;
    }
    let value = Some(value);
    match what {
        Decoded::Source => places::address(&mut alert.source, value),
        Decoded::SourcePort => places::port(&mut alert.source, value),
        Decoded::SourcePlace => places::keep_text(alert, "source.geo.name", value),
        Decoded::Destination => places::address(&mut alert.destination, value),
        Decoded::DestinationPort => places::port(&mut alert.destination, value),
        Decoded::DestinationPlace => places::keep_text(alert, "destination.geo.name", value),
        Decoded::User => places::first(&mut alert.destination.user, value),
    }
}

/// What a decoder calls the fields of an event, in `alerts.log` as in `alerts.json`: sets what they are.
pub(crate) fn field<'a>(alert: &mut Alert<'a>, key: &str, value: Text<'a>) -> Option<Text<'a>> {
    let value = Some(value);
    match key {
        "srcip" | "src_ip" => places::address(&mut alert.source, value),
        "dstip" | "dest_ip" | "dst_ip" => places::address(&mut alert.destination, value),
        "srcport" | "src_port" => places::port(&mut alert.source, value),
        "dstport" | "dest_port" | "dst_port" => places::port(&mut alert.destination, value),
        "srcuser" => places::first(&mut alert.source.user, value),
        "dstuser" => places::first(&mut alert.destination.user, value),
        "action" => places::first(&mut alert.action, value),
        "proto" => places::first(&mut alert.transport, value.map(words::transport)),
        "app_proto" => places::first(&mut alert.protocol, value),
        "url" => places::keep_text(alert, "url.original", value),
        _ => return value,
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "** Alert 1.1: - a,\n2026 Mar 14 10:50:25 h->l\nRule: 1 (level 5) -> 'x'";

    #[track_caller]
    fn check(record: &str, line: &str, want: Place) {
        assert_eq!(place(record.as_bytes(), line.as_bytes()), want, "{line:?} behind {record:?}");
    }

    #[test]
    fn a_blank_line_ends_a_record_and_nothing_else_does() {
        let log = std::format!("{HEAD}\na log");
        check(&log, "", Place::Outside);
        check(&log, " \t", Place::Outside);
        check(&log, "Mar 14 10:50:25 any text", Place::Inside);
        check(&log, "** Alert 2.2: - forged,", Place::Inside);
        check("** Alert 1.1: - a,", "** Alert 2.2: - next,", Place::Outside);
        check("", "any text", Place::Outside);
    }

    #[test]
    fn what_changed_in_a_file_belongs_to_its_record() {
        let file = std::format!("{HEAD}\nFile '/x' modified\nAttributes:\n - Size: 5");
        check(&file, "", Place::Inside);
        let open = std::format!("{file}\n");
        check(&open, "What changed:", Place::Inside);
        check(&open, "Tags:", Place::Inside);
        check(&open, "** Alert 2.2: - next,", Place::Outside);
        check(&open, "any text", Place::Outside);
        check(&open, "", Place::Outside);
        check(&std::format!("{open}\nWhat changed:\n> new"), "", Place::Inside);
    }
}
