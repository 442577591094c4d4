//! Suricata's `eve.json`: one JSON object a line, of which those with `event_type` `alert` are
//! alerts. A `drop` record beside an alert tells the same packet a second time, and an `anomaly` record tells
//! of the traffic's form: both are alerts for those who ask for them. Source: docs.suricata.io, "Eve JSON Format", releases 4 to 8.

mod also;
mod sections;

use alloc::{borrow::Cow, boxed::Box};

use crate::alert::{Alert, Parsed, Reject};
use crate::json::glance::{self, Key};
use crate::{Format, Framing, json};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "suricata-eve",
    about: "Suricata's eve.json, the alerts among its events",
    example: concat!(
        r#"{"timestamp":"2026-03-14T10:50:25.823699+0000","flow_id":1,"event_type":"alert","#,
        r#""src_ip":"192.0.2.80","src_port":80,"dest_ip":"198.51.100.11","dest_port":54186,"#,
        r#""proto":"TCP","alert":{"action":"allowed","gid":1,"signature_id":2100498,"rev":7,"#,
        r#""signature":"GPL ATTACK_RESPONSE id check returned root","#,
        r#""category":"Potentially Bad Traffic","severity":2}}"#
    ),
    framing: Framing::Line,
    also: &[DROP, ANOMALY],
    claims,
    skips,
    parse,
    parse_head,
};

const DROP: &str = "drop";
const ANOMALY: &str = "anomaly";

const EVENT_TYPE: Key = Key { quoted: b"\"event_type\"", rare: 2 };

fn event_type(record: &[u8]) -> Option<&[u8]> {
    glance::member(record, EVENT_TYPE)
}

fn claims(record: &[u8]) -> bool {
    event_type(record).is_some()
}

fn skips(record: &[u8]) -> bool {
    event_type(record).is_some_and(|value| !value.starts_with(b"\"alert\""))
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    read(record, true)
}

fn parse_head(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    read(record, false)
}

fn read(record: &[u8], whole: bool) -> Result<Parsed<'_>, Reject> {
    // The bulk of a log of which more than its alerts is asked for.
    if event_type(record).is_some_and(|value| {
        let asked_for = [&b"\"alert\""[..], b"\"drop\"", b"\"anomaly\""];
        value.starts_with(b"\"") && !asked_for.iter().any(|kind| value.starts_with(kind))
    }) {
        return Ok(Parsed::Other);
    }
    json::read_whole(record, if whole { whole_event } else { head_of_event })
}

fn whole_event(document: &str) -> Result<Parsed<'_>, Reject> {
    event(document, true)
}

fn head_of_event(document: &str) -> Result<Parsed<'_>, Reject> {
    event(document, false)
}

/// An event; only its head where not the `whole` is wanted.
pub(crate) fn event(document: &str, whole: bool) -> Result<Parsed<'_>, Reject> {
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("suricata");
    if whole {
        // Most alerts have fewer; one more doubling costs less than a block beyond the allocator's
        // quick bins.
        alert.details.reserve_exact(20);
    }
    let mut event =
        sections::Event { alert: &mut alert, kind: None, whole, also: also::Also::default() };
    json::read(document, &mut event)?;
    let sections::Event { kind, also: said, .. } = event;
    let also = match kind.as_deref() {
        Some("alert") => None,
        Some("drop") => Some(DROP),
        Some("anomaly") => Some(ANOMALY),
        _ => return Ok(Parsed::Other),
    };
    if also.is_none() && alert.rule.id.is_none() && alert.rule.name.is_none() {
        return Err(Reject { at: document.len(), wanted: "`alert` with a signature" });
    }
    sections::settle(&mut alert);
    let Some(kind) = also else { return Ok(Parsed::Alert(alert)) };
    also::settle(kind, said, &mut alert);
    Ok(Parsed::Also(kind, alert))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::{Severity, Verdict};

    fn kind(record: &str) -> Option<&str> {
        event_type(record.as_bytes()).map(|value| core::str::from_utf8(value).unwrap())
    }

    #[test]
    fn only_the_records_own_event_type_counts() {
        assert_eq!(kind(r#"{"event_type":"dns"}"#), Some(r#""dns"}"#));
        assert_eq!(kind(r#" { "a" : "{", "event_type" : "dns" }"#), Some(r#""dns" }"#));
        assert_eq!(kind(r#"{"rdp":{"event_type":"x"},"event_type":"rdp"}"#), Some(r#""rdp"}"#));
        assert_eq!(kind(r#"{"s":"{\"","event_type":"rdp"}"#), Some(r#""rdp"}"#));
        assert_eq!(kind(r#"{"data":{"event_type":"alert"}}"#), None);
        assert_eq!(kind(r#"{"s":"\"event_type\":\"alert\""}"#), None);
        assert_eq!(kind(r#"["event_type"]"#), None);
    }

    #[test]
    fn drops_and_anomalies_are_alerts_for_those_who_ask() {
        let check = |record: &str, kind: &str, want: (&str, Option<&str>, Verdict, Severity)| {
            let Ok(Parsed::Also(found, alert)) = parse(record.as_bytes()) else {
                panic!("{record}")
            };
            let rule = &alert.rule;
            let got = (rule.name.as_deref().unwrap_or(""), rule.category.as_deref());
            assert_eq!((found, got.0, got.1), (kind, want.0, want.1), "{record}");
            assert_eq!((alert.verdict, alert.severity), (want.2, want.3), "{record}");
        };
        check(
            r#"{"event_type":"drop","drop":{"len":60,"ttl":64,"reason":"flow drop"}}"#,
            "drop",
            ("Dropped packet: flow drop", Some("flow drop"), Verdict::Blocked, Severity::Low),
        );
        check(
            r#"{"event_type":"drop","drop":{},"alert":{"signature":"x","severity":1,"action":"blocked"}}"#,
            "drop",
            ("x", None, Verdict::Blocked, Severity::High),
        );
        check(
            r#"{"event_type":"anomaly","anomaly":{"type":"stream","event":"stream.pkt_invalid_ack"}}"#,
            "anomaly",
            ("stream.pkt_invalid_ack", Some("stream"), Verdict::Detected, Severity::Info),
        );
        check(
            r#"{"event_type":"anomaly","anomaly":{"type":"decode","code":30}}"#,
            "anomaly",
            ("code 30", Some("decode"), Verdict::Detected, Severity::Info),
        );
        assert_eq!(parse(br#"{"event_type":"dns","dns":{}}"#), Ok(Parsed::Other));
    }

    #[test]
    fn wrong_bytes_do_not_spoil_a_record() {
        let line = b"{\"event_type\":\"alert\",\"alert\":{\"signature\":\"a\xff\\\"b\"}}";
        let Ok(Parsed::Alert(alert)) = parse(line) else { panic!("no alert") };
        assert_eq!(alert.rule.name.as_deref(), Some("a\\xff\"b"));
    }
}
