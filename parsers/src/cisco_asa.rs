//! Cisco's firewalls of the PIX line, ASA, FWSM and what Firepower Threat Defense inherited: the signature events
//! `%ASA-4-4000nn: IPS:number name from a to b on interface i`, and for those who ask for them the messages by which the
//! firewall itself tells of an attack (`attacks.rs`). Source: Cisco, "Cisco Secure Firewall ASA Series Syslog Messages".
//! Whether it stopped a packet is said by no signature event.

mod attacks;

use alloc::{borrow::Cow, boxed::Box};

use crate::alert::{Alert, Parsed, Reject, Value};
use crate::cisco::{self, Flow, Message};
use crate::{Format, Framing, levels, text, words};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "cisco-asa",
    about: "Signature events and attacks of Cisco ASA, PIX, FWSM",
    example: "Mar 14 2026 10:50:25: %ASA-4-400023: IPS:2150 Fragmented ICMP traffic from \
              203.0.113.9 to 192.0.2.80 on interface outside",
    framing: Framing::Line,
    also: attacks::KINDS,
    claims,
    skips,
    parse,
    parse_head: parse,
};

const MARKS: &[&[u8]] = &[b"%ASA-", b"%PIX-", b"%FWSM-", b"%FTD-"];

// Firepower's own events are another format.
const FIREPOWER: &str = "4300";

fn message(record: &[u8]) -> Option<Message<'_>> {
    cisco::message(record, MARKS).filter(|message| !message.id.starts_with(FIREPOWER))
}

fn claims(record: &[u8]) -> bool {
    message(record).is_some()
}

fn skips(record: &[u8]) -> bool {
    cisco::id(record, MARKS).is_some_and(|id| !is_signature(id))
}

// 400000 to 400051 in the guides; the range is theirs.
fn is_signature(id: &str) -> bool {
    id.len() == 6 && id.starts_with("400")
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let Some(message) = message(record) else {
        return Err(Reject { at: 0, wanted: "`%ASA-`, a level and a number" });
    };
    let attack = attacks::find(message.id);
    if !is_signature(message.id) && attack.is_none() {
        return Ok(Parsed::Other);
    }
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("cisco_asa");
    alert.severity = levels::severity(message.level);
    alert.severity_raw = Some(digit(message.level));
    message.head.tell(&mut alert);
    if let Some(class) = message.class {
        alert.note("cisco.message_class", Value::Text(Cow::Borrowed(class)));
    }
    if let Some(attack) = attack {
        alert.rule.id = Some(Cow::Borrowed(message.id));
        attacks::read(attack, message.text, &mut alert);
        return Ok(Parsed::Also(attack.kind, alert));
    }
    alert.note("event.code", Value::Text(Cow::Borrowed(message.id)));
    let at = record.len().saturating_sub(message.text.len());
    if !signature(message.text, &mut alert) {
        return Err(Reject { at, wanted: "`IPS:`, a signature's number and its name" });
    }
    Ok(Parsed::Alert(alert))
}

const fn digit(level: u8) -> Cow<'static, str> {
    Cow::Borrowed(match level {
        0 => "0",
        1 => "1",
        2 => "2",
        3 => "3",
        4 => "4",
        5 => "5",
        6 => "6",
        _ => "7",
    })
}

// `IPS:1000 name from a to b on interface i`; `IDS:` in older releases.
fn signature<'a>(text: &'a [u8], alert: &mut Alert<'a>) -> bool {
    let Some(rest) = text.strip_prefix(b"IPS:").or_else(|| text.strip_prefix(b"IDS:")) else {
        return false;
    };
    let rest = rest.trim_ascii_start();
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let Some((id, rest)) = rest.split_at_checked(count).filter(|(id, _)| !id.is_empty()) else {
        return false;
    };
    alert.rule.id = Some(text::shown(id));
    let flow = cisco::flow(rest);
    alert.rule.name = Some(flow.before.trim_ascii()).filter(|n| !n.is_empty()).map(text::shown);
    ends(&flow, alert);
    if let Some(Cow::Borrowed(name)) = alert.rule.name {
        words::cves(name, &mut alert.vulnerabilities);
    }
    true
}

fn ends<'a>(flow: &Flow<'a>, alert: &mut Alert<'a>) {
    if let Some(word) = flow.from {
        (alert.source, alert.interface) = cisco::endpoint(word);
    }
    if let Some(word) = flow.to {
        let interface;
        (alert.destination, interface) = cisco::endpoint(word);
        if let Some(interface) = interface {
            alert.note("observer.egress.interface.name", Value::Text(interface));
        }
    }
    if let Some(word) = flow.interface {
        let end = word.iter().rposition(|byte| !b".,".contains(byte)).map_or(0, |last| last + 1);
        alert.interface = word.get(..end).filter(|name| !name.is_empty()).map(text::shown);
    }
}

#[cfg(test)]
mod tests;
