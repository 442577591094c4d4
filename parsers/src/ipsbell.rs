//! ipsbell's own events: the JSON that `ipsbell parse` prints and a webhook or a file receives, so that one ipsbell can
//! read what another has found. Source: `docs/formats.md`, "ipsbell", and the form itself in the program's
//! `src/event/ecs.rs`.
//!
//! Every field of the event comes back to its place. What the other ipsbell said of itself and of the record (its host,
//! the file, the offset, the event's id) stays under `ipsbell.origin.`, whoever relays the event further.

mod origin;
mod tree;

use alloc::{borrow::Cow, boxed::Box};

use memchr::memmem;

use crate::alert::{Alert, Direction, Parsed, Reject, Severity, Text, Verdict};
use crate::places::{address, first, port};
use crate::{Format, Framing, json, lex, no_short_cut, stamp};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "ipsbell",
    about: "Events of another ipsbell, ECS as JSON",
    example: concat!(
        r#"{"@timestamp":"2026-03-14T10:50:25.823699Z","agent":{"name":"web1","type":"ipsbell","#,
        r#""version":"0.1.0"},"ecs":{"version":"8.17.0"},"event":{"category":["#,
        r#""intrusion_detection"],"dataset":"suricata-eve","#,
        r#""id":"00000000000000000000000000000001","kind":"alert","module":"suricata","#,
        r#""type":["allowed"]},"host":{"name":"web1"},"ipsbell":{"severity":"medium","#,
        r#""verdict":"detected"},"log":{"file":{"path":"/var/log/suricata/eve.json"},"#,
        r#""offset":7},"rule":{"id":"2100498","name":"id check returned root"},"#,
        r#""source":{"ip":"192.0.2.80","port":80}}"#
    ),
    framing: Framing::Line,
    also: &[],
    claims,
    skips: no_short_cut,
    parse,
    parse_head: parse,
};

/// Room for the details of most events.
const DETAILS_USUAL: usize = 24;

// What makes the object ours.
fn claims(record: &[u8]) -> bool {
    memmem::find(record, b"\"ipsbell\"").is_some()
        && json::own(record, b"\"agent\"")
            .and_then(|agent| json::own(agent, b"\"type\""))
            .is_some_and(|kind| kind.starts_with(b"\"ipsbell\""))
        && json::own(record, b"\"event\"").is_some()
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    json::read_whole(record, read)
}

fn read(document: &str) -> Result<Parsed<'_>, Reject> {
    let mut alert = Box::<Alert<'_>>::default();
    alert.details.reserve_exact(DETAILS_USUAL);
    let mut origin = origin::Origin::default();
    tree::read(document, &mut |key, leaf| take(&mut alert, &mut origin, key, leaf))?;
    if !origin.is_ours {
        return Err(Reject { at: document.len(), wanted: "`agent.type` to be `ipsbell`" });
    }
    if alert.product.is_empty() {
        return Err(Reject { at: document.len(), wanted: "`event.module`" });
    }
    origin.settle(&mut alert);
    Ok(Parsed::Alert(alert))
}

// A value by its dotted key: a field of the event, something about its origin, or a detail.
fn take<'a>(alert: &mut Alert<'a>, origin: &mut origin::Origin<'a>, key: &str, leaf: &'a str) {
    if fixed(key) || field(alert, key, leaf) || origin.take(key, leaf) {
        return;
    }
    if key == Alert::DETAILS_LEFT_OUT {
        return origin.left_out(lex::number(leaf.as_bytes()).unwrap_or_default());
    }
    if alert.details.len() + origin::DETAILS >= Alert::DETAILS_MAX {
        return origin.left_out(1);
    }
    alert.note(Cow::Owned(key.into()), tree::value(leaf));
}

// Follows from the other fields, or is the same in every event.
fn fixed(key: &str) -> bool {
    matches!(key, "ecs.version" | "event.kind" | "event.category" | "event.type" | "event.severity")
}

// False for what is no field of an alert, or has no value of its type.
fn field<'a>(alert: &mut Alert<'a>, key: &str, leaf: &'a str) -> bool {
    let Some(plain) = json::plain(leaf) else { return list(alert, key, leaf) };
    let number = || lex::number::<u64>(plain.as_bytes());
    match key {
        "@timestamp" => return set(&mut alert.stamp, stamp::any(plain.as_bytes())),
        "ipsbell.severity" => return word(&mut alert.severity, severity(&plain)),
        "ipsbell.verdict" => return word(&mut alert.verdict, verdict(&plain)),
        "network.direction" => return set(&mut alert.direction, direction(&plain)),
        "ipsbell.priority" => {
            return set(&mut alert.priority, number().and_then(|n| n.try_into().ok()));
        }
        "ipsbell.rule.gid" => {
            return set(&mut alert.rule.generator, number().and_then(|n| n.try_into().ok()));
        }
        "ipsbell.count" => return set(&mut alert.count, number()),
        _ => {}
    }
    endpoints(alert, key, &plain, leaf) || texts(alert, key, plain)
}

fn set<T>(field: &mut Option<T>, value: Option<T>) -> bool {
    let taken = field.is_none() && value.is_some();
    if taken {
        *field = value;
    }
    taken
}

fn word<T>(field: &mut T, value: Option<T>) -> bool {
    let Some(value) = value else { return false };
    *field = value;
    true
}

fn endpoints<'a>(alert: &mut Alert<'a>, key: &str, plain: &str, leaf: &'a str) -> bool {
    let (end, name) = match key.strip_prefix("source.") {
        Some(name) => (&mut alert.source, name),
        None => match key.strip_prefix("destination.") {
            Some(name) => (&mut alert.destination, name),
            None => return zone(alert, key, leaf),
        },
    };
    match name {
        "ip" if lex::address(plain.as_bytes()).is_some() => address(end, json::plain(leaf)),
        "port" if lex::number::<u16>(plain.as_bytes()).is_some() => port(end, json::plain(leaf)),
        "mac" if lex::mac(plain.as_bytes()).is_some() => end.mac = lex::mac(plain.as_bytes()),
        "domain" => first(&mut end.domain, json::plain(leaf)),
        "user.name" => first(&mut end.user, json::plain(leaf)),
        _ => return false,
    }
    true
}

fn zone<'a>(alert: &mut Alert<'a>, key: &str, leaf: &'a str) -> bool {
    let end = match key {
        "ipsbell.source.zone" => &mut alert.source,
        "ipsbell.destination.zone" => &mut alert.destination,
        _ => return false,
    };
    first(&mut end.zone, json::plain(leaf));
    true
}

fn texts<'a>(alert: &mut Alert<'a>, key: &str, plain: Text<'a>) -> bool {
    let field = match key {
        "event.module" => {
            alert.product = plain;
            return true;
        }
        "host.name" => &mut alert.host,
        "event.action" => &mut alert.action,
        "ipsbell.severity_raw" => &mut alert.severity_raw,
        "rule.id" => &mut alert.rule.id,
        "rule.name" => &mut alert.rule.name,
        "rule.category" => &mut alert.rule.category,
        "rule.version" => &mut alert.rule.revision,
        "rule.ruleset" => &mut alert.rule.ruleset,
        "network.transport" => &mut alert.transport,
        "network.protocol" => &mut alert.protocol,
        "ipsbell.direction_raw" => &mut alert.direction_raw,
        "observer.ingress.interface.name" => &mut alert.interface,
        _ => return false,
    };
    first(field, Some(plain));
    true
}

fn list<'a>(alert: &mut Alert<'a>, key: &str, leaf: &'a str) -> bool {
    let field = match key {
        "rule.reference" => &mut alert.rule.references,
        "vulnerability.id" => &mut alert.vulnerabilities,
        "threat.technique.id" => &mut alert.techniques,
        "tags" => &mut alert.tags,
        _ => return false,
    };
    match tree::texts(leaf) {
        Some(texts) => *field = texts,
        None => return false,
    }
    true
}

fn severity(word: &str) -> Option<Severity> {
    Severity::ALL.into_iter().find(|severity| severity.word() == word)
}

fn verdict(word: &str) -> Option<Verdict> {
    Verdict::ALL.into_iter().find(|verdict| verdict.word() == word)
}

fn direction(word: &str) -> Option<Direction> {
    Direction::ALL.into_iter().find(|direction| direction.word() == word)
}
