//! The signature events of Cisco IOS: `%IPS-4-SIGNATURE: Sig:5123 Subsig:0 Sev:5 name [a:p -> b:p] RiskRating:90`, and
//! of its older Intrusion Detection System `%IDS-4-ICMP_ECHO_SIG: Sig:2004:name - from a to b`. Sources: Cisco, "Cisco
//! IOS IPS 5.x Signature Format Support and Usability Enhancements"; "Configuring Cisco IOS Firewall Intrusion Detection
//! System". Whether the router stopped the packet is not said.

use alloc::{borrow::Cow, boxed::Box};

use memchr::{memchr, memmem};

use crate::alert::{Alert, Endpoint, Parsed, Reject, Severity, Value};
use crate::{Format, Framing, cisco, lex, no_short_cut, text, words};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "cisco-ios-ips",
    about: "Signature events of Cisco IOS routers",
    example: "*Mar 14 10:50:25.823: %IPS-4-SIGNATURE: Sig:5123 Subsig:0 Sev:5 Printer overflow \
              [203.0.113.9:40112 -> 192.0.2.80:80] RiskRating:90",
    framing: Framing::Line,
    also: &[],
    claims,
    skips: no_short_cut,
    parse,
    parse_head: parse,
};

const MARKS: &[&[u8]] = &[b"%IPS-", b"%IDS-"];

fn claims(record: &[u8]) -> bool {
    cisco::message(record, MARKS).is_some()
}

// The subsystem also tells of its engines and its signature files.
fn is_signature(id: &str) -> bool {
    id.starts_with("SIGNATURE") || id.ends_with("_SIG")
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let Some(message) = cisco::message(record, MARKS) else {
        return Err(Reject { at: 0, wanted: "`%IPS-` or `%IDS-`, a level and a name" });
    };
    if !is_signature(message.id) {
        return Ok(Parsed::Other);
    }
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("cisco_ios");
    message.head.tell(&mut alert);
    alert.note("event.code", Value::Text(Cow::Borrowed(message.id)));
    let at = |rest: &[u8]| record.len().saturating_sub(rest.len());
    let Some(mut rest) = message.text.strip_prefix(b"Sig:") else {
        return Err(Reject { at: at(message.text), wanted: "`Sig:`" });
    };
    alert.rule.id = Some(text::shown(digits(&mut rest)));
    if alert.rule.id.as_deref() == Some("") {
        return Err(Reject { at: at(rest), wanted: "the signature's number" });
    }
    match rest.strip_prefix(b":") {
        Some(named) => old(named, &mut alert),
        None => new(rest, &mut alert),
    }
    if let Some(Cow::Borrowed(name)) = alert.rule.name {
        words::cves(name, &mut alert.vulnerabilities);
    }
    Ok(Parsed::Alert(alert))
}

fn digits<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (found, behind) = rest.split_at_checked(count).unwrap_or((rest, b""));
    *rest = behind;
    found
}

// ` Subsig:0 Sev:5 name [a:p -> b:p] VRF:NONE RiskRating:90`; the name may stand behind the brackets.
fn new<'a>(mut rest: &'a [u8], alert: &mut Alert<'a>) {
    for key in [&b"Subsig:"[..], b"Sev:"] {
        let Some(behind) = rest.trim_ascii_start().strip_prefix(key) else { continue };
        rest = behind;
        let value = digits(&mut rest);
        if key == b"Sev:" {
            alert.severity = severity(lex::number(value).unwrap_or(0));
            alert.severity_raw = Some(text::shown(value));
        } else {
            alert.note("cisco.subsignature_id", Value::Text(text::shown(value)));
        }
    }
    let (name, ends, behind) = brackets(rest);
    if let Some((source, destination)) = ends {
        alert.source = source;
        alert.destination = destination;
    }
    let behind = behind.trim_ascii();
    let described = memmem::find(behind, b"VRF:").or_else(|| memmem::find(behind, b"RiskRating:"));
    let (after, fields) =
        behind.split_at_checked(described.unwrap_or(behind.len())).unwrap_or_default();
    let name = if name.is_empty() { after.trim_ascii() } else { name };
    alert.rule.name = Some(name).filter(|name| !name.is_empty()).map(text::shown);
    for field in fields.split(|byte| *byte == b' ') {
        match field.strip_prefix(b"RiskRating:") {
            Some(rating) => match lex::number(rating) {
                Some(rating) => alert.note("event.risk_score", Value::Integer(rating)),
                None => alert.note("cisco.risk_rating", Value::Text(text::shown(rating))),
            },
            None => match field.strip_prefix(b"VRF:").filter(|name| *name != b"NONE") {
                Some(name) => alert.note("cisco.vrf", Value::Text(text::shown(name))),
                None => None,
            },
        };
    }
}

type Ends<'a> = Option<(Endpoint<'a>, Endpoint<'a>)>;

// The name before the brackets, the addresses in them, and what follows. The brackets are those with an arrow.
fn brackets(text: &[u8]) -> (&[u8], Ends<'_>, &[u8]) {
    let found = memmem::rfind(text, b"->").and_then(|arrow| {
        let open = memchr::memrchr(b'[', text.get(..arrow)?)?;
        let close = arrow + memchr(b']', text.get(arrow..)?)?;
        let source = socket(text.get(open + 1..arrow)?);
        let destination = socket(text.get(arrow + 2..close)?);
        Some((text.get(..open)?, Some((source, destination)), text.get(close + 1..)?))
    });
    let (name, ends, behind) = found.unwrap_or_else(|| {
        // A record that was cut in the brackets.
        let open = memchr::memrchr(b'[', text)
            .filter(|open| memchr(b']', text.get(*open..).unwrap_or_default()).is_none());
        (text.get(..open.unwrap_or(text.len())).unwrap_or_default(), None, &b""[..])
    });
    (name.trim_ascii(), ends, behind)
}

fn socket(place: &[u8]) -> Endpoint<'_> {
    let place = place.trim_ascii();
    let mut end = lex::socket(place, true)
        .unwrap_or_else(|| Endpoint { domain: Some(text::shown(place)), ..Endpoint::default() });
    // What has no port is written with port 0.
    end.port = end.port.filter(|port| *port != 0);
    end
}

// `name - from a to b`.
fn old<'a>(named: &'a [u8], alert: &mut Alert<'a>) {
    alert.severity = Severity::Medium;
    let from = memmem::rfind(named, b" from ");
    let (name, ends) = named.split_at_checked(from.unwrap_or(named.len())).unwrap_or_default();
    let name = name.trim_ascii_end();
    let name = name.strip_suffix(b"-").unwrap_or(name).trim_ascii();
    alert.rule.name = Some(name).filter(|name| !name.is_empty()).map(text::shown);
    let ends = ends.strip_prefix(b" from ").unwrap_or_default();
    if let Some(to) = memmem::find(ends, b" to ") {
        alert.source = socket(ends.get(..to).unwrap_or_default());
        alert.destination = socket(ends.get(to + 4..).unwrap_or_default());
    }
}

// Two scales: 0 to 5 of the older signatures, and 25, 50, 75, 100 of those in the format of version 5.
const fn severity(raw: u32) -> Severity {
    match raw {
        0..=2 | 6..=49 => Severity::Info,
        3 | 50..=74 => Severity::Low,
        4 | 75..=99 => Severity::Medium,
        _ => Severity::High,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_messages_of_the_subsystem_are_its() {
        assert!(claims(b"629: *Mar 14 10:50:25: %IPS-6-ENGINE_READY: service-http - 183 ms"));
        for record in [
            "630: *Mar 14 10:50:25.114 gmt: %SEC-6-IPACCESSLOGP: list in denied tcp",
            "Invalid user %IPS-4-SIGNATURE: Sig:1 Subsig:0 Sev:5 x",
            "%IPS-SIGNATURE: Sig:1",
        ] {
            assert!(!claims(record.as_bytes()), "{record}");
        }
    }

    #[test]
    fn both_scales_of_severity_go_up() {
        for scale in [&[0, 1, 2, 3, 4, 5][..], &[25, 50, 75, 100]] {
            assert!(scale.is_sorted_by(|a, b| severity(*a) <= severity(*b)), "{scale:?}");
            assert_eq!(scale.last().map(|raw| severity(*raw)), Some(Severity::High));
        }
    }
}
