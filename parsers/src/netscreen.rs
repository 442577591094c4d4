//! The attack alarms of ScreenOS, the system of NetScreen's and Juniper's older firewalls:
//! `[Root]system-alert-00016: Port scan! From a:p to b:p, proto TCP (zone Z, int I). Occurred 1 times. (stamp)`, the same
//! in the words of releases before 5.1, and what Deep Inspection found. Source: Juniper, "ScreenOS Message Log Reference
//! Guide", chapters "Attack Alarms" and "Deep Inspection". The numbers are given twice there, so the words decide. Whether
//! the packet was dropped is a setting of the screen that the message does not tell.

use alloc::{borrow::Cow, boxed::Box};

use memchr::{memchr, memmem};

use crate::alert::{Alert, Endpoint, Parsed, Reject, Text, Value};
use crate::{Format, Framing, levels, lex, stamp, text, words};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "netscreen",
    about: "Attack alarms of NetScreen firewalls (ScreenOS)",
    example: "NetScreen device_id=fw1  [Root]system-alert-00016: Port scan! From 203.0.113.9:40112 \
              to 192.0.2.80:80, proto TCP (zone Untrust, int ethernet3). Occurred 2 times. \
              (2026-03-14 10:50:25)",
    framing: Framing::Line,
    also: &[],
    claims,
    skips,
    parse,
    parse_head: parse,
};

/// Within so many bytes stands the level.
const HEAD_BYTES_MAX: usize = 192;

/// What stands in front of a message's text.
struct Head<'a> {
    device: Option<&'a [u8]>,
    system: Option<&'a [u8]>,
    level: &'a str,
    id: &'a str,
    text: &'a [u8],
}

fn claims(record: &[u8]) -> bool {
    let record = untagged(record);
    matches!(record.first(), Some(b'N' | b'[' | b's')) && head(record).is_some()
}

// Without the device's name and a colon, which stand in front as the tag of a syslog line that has no other header.
fn untagged(record: &[u8]) -> &[u8] {
    let window = record.get(..64).unwrap_or(record);
    let behind = memchr(b':', window).and_then(|colon| record.get(colon + 1..));
    let behind = behind.map(<[u8]>::trim_ascii_start);
    behind.filter(|rest| marked(rest).is_some()).unwrap_or(record)
}

// What stands behind `NetScreen device_id=`.
fn marked(input: &[u8]) -> Option<&[u8]> {
    let (mark, rest) = input.split_at_checked("NetScreen device_id=".len())?;
    mark.eq_ignore_ascii_case(b"NetScreen device_id=").then_some(rest)
}

// `NetScreen device_id=x [vsys]system-level-00016(traffic): `; on the console `[00001] stamp ` is in front, and releases
// before 5.0 name no virtual system.
fn head(record: &[u8]) -> Option<Head<'_>> {
    let window = record.get(..HEAD_BYTES_MAX).unwrap_or(record);
    let at = memmem::find(window, b"system-")?;
    let (before, rest) = record.split_at_checked(at)?;
    let rest = rest.get("system-".len()..)?;
    let dash = memchr(b'-', rest.get(..16).unwrap_or(rest))?;
    let level = core::str::from_utf8(rest.get(..dash)?).ok()?;
    levels::of_word(level)?;
    let (id, rest) = rest.get(dash + 1..)?.split_at_checked(5)?;
    let id = core::str::from_utf8(id).ok().filter(|id| id.bytes().all(|b| b.is_ascii_digit()))?;
    let rest = rest.strip_prefix(b"(traffic)").unwrap_or(rest);
    let text = rest.strip_prefix(b":")?.trim_ascii_start();
    let mut before = before.trim_ascii_end();
    let mut system = None;
    if let Some(inside) = before.strip_suffix(b"]") {
        let open = memchr::memrchr(b'[', inside)?;
        system = inside.get(open + 1..);
        before = inside.get(..open)?.trim_ascii_end();
    }
    let device = marked(before);
    if device.is_none() && !before.is_empty() && !is_console(before) {
        return None;
    }
    let one_word = device.is_none_or(|device| !device.contains(&b' '));
    one_word.then_some(Head { device, system, level, id, text })
}

fn is_console(before: &[u8]) -> bool {
    let Some(inside) = before.strip_prefix(b"[") else { return false };
    let Some(close) = memchr(b']', inside) else { return false };
    let (number, rest) = inside.split_at_checked(close).unwrap_or((inside, b""));
    let rest = rest.get(1..).unwrap_or_default().trim_ascii();
    number.iter().all(u8::is_ascii_digit) && stamp::iso(rest).is_ok_and(|(rest, _)| rest.is_empty())
}

/// The words by which an attack is told.
enum Words {
    Alarm,
    DeepInspection,
}

fn attack(text: &[u8]) -> Option<Words> {
    if memmem::find(text, b" has been detected from ").is_some() {
        return Some(Words::DeepInspection);
    }
    memmem::find(text, b"! From ")?;
    memmem::find(text, b"ccurred ").map(|_| Words::Alarm)
}

fn skips(record: &[u8]) -> bool {
    head(untagged(record)).is_some_and(|head| attack(head.text).is_none())
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let Some(head) = head(untagged(record)) else {
        return Err(Reject { at: 0, wanted: "`system-`, a level and a number" });
    };
    let Some(words) = attack(head.text) else { return Ok(Parsed::Other) };
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("screenos");
    alert.host = head.device.map(text::shown);
    alert.rule.id = Some(Cow::Borrowed(head.id));
    alert.severity = levels::of_word(head.level).map(levels::severity).unwrap_or_default();
    alert.severity_raw = Some(Cow::Borrowed(head.level));
    if let Some(system) = head.system {
        alert.note("screenos.vsys", Value::Text(text::shown(system)));
    }
    match words {
        Words::Alarm => alarm(head.text, &mut alert),
        Words::DeepInspection => deep_inspection(head.text, &mut alert),
    }
    if let Some(Cow::Borrowed(name)) = alert.rule.name {
        words::cves(name, &mut alert.vulnerabilities);
    }
    alert.stamp = written(head.text);
    Ok(Parsed::Alert(alert))
}

// `name! From a:p to b:p, proto TCP (zone Z, int I). Occurred 1 times.`; `name has been detected! From a:p to b:p, using
// protocol TCP, and arriving at interface I in zone Z.The attack occurred 1 times.`; a sweep goes `to zone Z`.
fn alarm<'a>(text: &'a [u8], alert: &mut Alert<'a>) {
    let at = memmem::find(text, b"! From ").unwrap_or_default();
    let (name, rest) = text.split_at_checked(at).unwrap_or((text, b""));
    let rest = rest.get("! From ".len()..).unwrap_or_default();
    alert.rule.name = some(name.strip_suffix(b" has been detected").unwrap_or(name));
    let transport = behind(rest, &[b" proto ", b" protocol "]).map(text::shown);
    alert.transport = transport.map(words::transport);
    alert.source = place(rest.split(|byte| *byte == b' ').next().unwrap_or_default(), b':');
    let to = behind(rest, &[b" to "]).unwrap_or_default();
    if to != b"zone" {
        alert.destination = place(to, b':');
    }
    alert.interface = behind(rest, &[b" int ", b"(int ", b" interface "]).and_then(some);
    let zone = behind(rest, &[b"(zone ", b" in zone "]);
    if let Some(zone) = zone.and_then(some) {
        alert.note("observer.ingress.zone", Value::Text(zone));
    }
    if to == b"zone"
        && let Some(zone) = behind(rest, &[b" to zone "]).and_then(some)
    {
        alert.note("observer.egress.zone", Value::Text(zone));
    }
    alert.count = behind(rest, &[b"ccurred "]).and_then(lex::number);
}

// `name has been detected from a/p to b/p through policy 3 1 times.`
fn deep_inspection<'a>(text: &'a [u8], alert: &mut Alert<'a>) {
    const MARK: &[u8] = b" has been detected from ";
    let at = memmem::find(text, MARK).unwrap_or_default();
    let (name, rest) = text.split_at_checked(at).unwrap_or((text, b""));
    let rest = rest.get(MARK.len()..).unwrap_or_default();
    alert.rule.name = some(name);
    alert.source = place(rest.split(|byte| *byte == b' ').next().unwrap_or_default(), b'/');
    alert.destination = place(behind(rest, &[b" to "]).unwrap_or_default(), b'/');
    alert.rule.ruleset = behind(rest, &[b" policy "]).and_then(some);
    let times = memmem::find(rest, b" times").and_then(|end| rest.get(..end));
    alert.count =
        times.and_then(|before| before.rsplit(|byte| *byte == b' ').next()).and_then(lex::number);
}

fn some(value: &[u8]) -> Option<Text<'_>> {
    let value = value.trim_ascii();
    (!value.is_empty()).then(|| text::shown(value))
}

// The word behind the first of these words that is there.
fn behind<'a>(text: &'a [u8], marks: &[&[u8]]) -> Option<&'a [u8]> {
    marks.iter().find_map(|mark| {
        let at = memmem::find(text, mark)? + mark.len();
        let word = text.get(at..)?.trim_ascii_start().split(|byte| b" ,)".contains(byte)).next()?;
        // `zone Untrust.The attack occurred`.
        Some(
            word.split(|byte| *byte == b'.')
                .next()
                .filter(|_| mark.ends_with(b"in zone "))
                .unwrap_or(word),
        )
    })
}

// `192.0.2.1:80`, and `192.0.2.1/80` for Deep Inspection.
fn place(word: &[u8], colon: u8) -> Endpoint<'_> {
    let end = word.iter().rposition(|byte| !b",.".contains(byte)).map_or(0, |last| last + 1);
    let word = word.get(..end).unwrap_or_default();
    if colon == b':' {
        return lex::socket(word, true).unwrap_or_default();
    }
    let at = memchr(colon, word).unwrap_or(word.len());
    let (ip, port) = word.split_at_checked(at).unwrap_or((word, b""));
    let found = lex::address(ip).map(|(ip, zone)| (Some(ip), zone));
    let (ip, zone) = found.unwrap_or_default();
    Endpoint {
        ip,
        zone,
        port: lex::number(port.get(1..).unwrap_or_default()),
        ..Endpoint::default()
    }
}

// The device's own time, in parentheses at the end.
fn written(text: &[u8]) -> Option<crate::alert::Stamp> {
    let text = text.trim_ascii_end();
    let open = memchr::memrchr(b'(', text)?;
    stamp::iso(text.get(open + 1..)?).ok().map(|(_, stamp)| stamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_of_the_product_are_its() {
        for record in [
            "fw1: NetScreen device_id=fw1  [Root]system-alert-00016: x",
            "Netscreen device_id=fw1 system-alert-00016: x",
            "[00001] 2026-03-14 10:50:25 [Root]system-notification-00016(traffic): x",
            "[Root]system-information-00536: x",
        ] {
            assert!(claims(record.as_bytes()), "{record}");
        }
        for record in [
            "app: the system-alert-00016: Port scan! From 203.0.113.9:1 to 192.0.2.80:1. Occurred 1",
            "NetScreen device_id=a b [Root]system-alert-00016: x",
            "[00001] yesterday [Root]system-alert-00016: x",
            "[Root]system-loud-00016: x",
            "[Root]system-alert-16: x",
            "system-alert-00016 x",
            "systemd[1]: Started system-alert-00016: x",
        ] {
            assert!(!claims(record.as_bytes()), "{record}");
        }
    }
}
