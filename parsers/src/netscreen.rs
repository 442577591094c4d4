//! The attack alarms of ScreenOS, the system of NetScreen's and Juniper's older firewalls:
//! `[Root]system-alert-00016: Port scan! From a:p to b:p, proto TCP (zone Z, int I). Occurred 1 times. (stamp)`, the same
//! in the words of releases before 5.1, and what Deep Inspection found. Source: Juniper, "ScreenOS Message Log Reference
//! Guide", chapters "Attack Alarms" and "Deep Inspection". The numbers are given twice there, so the words decide. Whether
//! the packet was dropped is a setting of the screen that the message does not tell.

use alloc::{borrow::Cow, boxed::Box};

use memchr::{memchr, memmem};

use crate::alert::{Alert, Endpoint, Parsed, Reject, Text, Value};
use crate::{Format, Framing, levels, lex, no_short_cut, stamp, text, words};

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
    skips: no_short_cut,
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
    let begins =
        record.first() == Some(&b'[') || record.starts_with(b"system-") || marked(record).is_some();
    begins && head(record).is_some()
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
#[derive(Clone, Copy)]
enum Words {
    Alarm,
    DeepInspection,
}

/// Which they are, the attack's name before them and the sentence behind them.
fn attack(text: &[u8]) -> Option<(Words, &[u8], &[u8])> {
    let behind = |at: usize, mark: &[u8]| text.get(at + mark.len()..);
    for at in memchr::memchr2_iter(b'!', b'h', text) {
        let (name, rest) = text.split_at_checked(at)?;
        if rest.starts_with(ALARM) {
            let rest = behind(at, ALARM)?;
            memmem::find(rest, b"ccurred ")?;
            return Some((Words::Alarm, name, rest));
        }
        if rest.starts_with(DEEP_INSPECTION) {
            return Some((Words::DeepInspection, name, behind(at, DEEP_INSPECTION)?));
        }
    }
    None
}

const ALARM: &[u8] = b"! From ";
const DEEP_INSPECTION: &[u8] = b"has been detected from ";

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let Some(head) = head(untagged(record)) else {
        return Err(Reject { at: 0, wanted: "`system-`, a level and a number" });
    };
    let Some((words, name, sentence)) = attack(head.text) else { return Ok(Parsed::Other) };
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("screenos");
    alert.host = head.device.map(text::shown);
    alert.rule.id = Some(Cow::Borrowed(head.id));
    alert.severity = levels::of_word(head.level).map(levels::severity).unwrap_or_default();
    alert.severity_raw = Some(Cow::Borrowed(head.level));
    if let Some(system) = head.system {
        alert.note("screenos.vsys", Value::Text(text::shown(system)));
    }
    let name = name.trim_ascii_end();
    alert.rule.name = some(name.strip_suffix(b" has been detected").unwrap_or(name));
    read(words, sentence, &mut alert);
    if let Some(Cow::Borrowed(name)) = alert.rule.name {
        words::cves(name, &mut alert.vulnerabilities);
    }
    alert.stamp = written(head.text);
    Ok(Parsed::Alert(alert))
}

// `a:p to b:p, proto TCP (zone Z, int I). Occurred 1 times.`; `a:p to b:p, using protocol TCP, and arriving at interface I
// in zone Z.The attack occurred 1 times.`; a sweep goes `to zone Z`. Deep Inspection writes `a/p to b/p through policy 3 1
// times.`
fn read<'a>(words: Words, sentence: &'a [u8], alert: &mut Alert<'a>) {
    let mut all = sentence.split(|byte| b" (".contains(byte)).filter(|word| !word.is_empty());
    alert.source = place(words, all.next().unwrap_or_default());
    let mut before: [&[u8]; 2] = [b"", b""];
    for word in all {
        let bare = word.split(|byte| b",)".contains(byte)).next().unwrap_or_default();
        match before {
            [_, b"to"] if word == b"zone" => {}
            [_, b"to"] => alert.destination = place(words, bare),
            [b"to", b"zone"] => zone("observer.egress.zone", bare, alert),
            [_, b"zone"] => zone("observer.ingress.zone", bare, alert),
            [_, b"proto" | b"protocol"] => {
                alert.transport = Some(words::transport(text::shown(bare)));
            }
            [_, b"int" | b"interface"] => alert.interface = some(bare),
            [_, b"Occurred" | b"occurred"] => alert.count = lex::number(bare),
            [_, b"policy"] => alert.rule.ruleset = some(bare),
            [b"policy", _] => alert.count = lex::number(bare),
            _ => {}
        }
        before = [before[1], word];
    }
}

// `zone Untrust.The attack occurred`.
fn zone<'a>(key: &'static str, word: &'a [u8], alert: &mut Alert<'a>) {
    let word = memmem::find(word, b".The").and_then(|end| word.get(..end)).unwrap_or(word);
    if let Some(word) = some(word) {
        alert.note(key, Value::Text(word));
    }
}

fn some(value: &[u8]) -> Option<Text<'_>> {
    let value = value.trim_ascii();
    (!value.is_empty()).then(|| text::shown(value))
}

// `192.0.2.1:80`, and `192.0.2.1/80` for Deep Inspection.
fn place(words: Words, word: &[u8]) -> Endpoint<'_> {
    let end = word.iter().rposition(|byte| !b",.".contains(byte)).map_or(0, |last| last + 1);
    let word = word.get(..end).unwrap_or_default();
    match (words, memchr(b'/', word).and_then(|slash| word.split_at_checked(slash))) {
        (Words::DeepInspection, Some((ip, port))) => {
            let (ip, zone) =
                lex::address(ip).map(|(ip, zone)| (Some(ip), zone)).unwrap_or_default();
            let port = lex::number(port.get(1..).unwrap_or_default());
            Endpoint { ip, zone, port, ..Endpoint::default() }
        }
        _ => lex::socket(word, true).unwrap_or_default(),
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
