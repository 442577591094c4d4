//! Suricata's `eve.json`: one JSON object a line, of which those with `event_type` `alert` are
//! alerts. A `drop` record beside an alert tells the same packet a second time and is no alert.
//! Source: docs.suricata.io, "Eve JSON Format", releases 4 to 8.

mod sections;

use alloc::{borrow::Cow, boxed::Box};

use memchr::{memchr_iter, memmem};

use crate::alert::{Alert, Parsed, Reject};
use crate::{Format, Framing, json, text};

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
    also: &[],
    claims,
    skips,
    parse,
    parse_head,
};

const EVENT_TYPE: &[u8] = b"\"event_type\"";

fn claims(record: &[u8]) -> bool {
    event_type(record).is_some()
}

fn skips(record: &[u8]) -> bool {
    event_type(record).is_some_and(|value| !value.starts_with(b"\"alert\""))
}

// What stands behind the object's own `"event_type":`. Another product's record may wrap an event
// of Suricata's, and an event may hold the key deeper (`rdp`).
fn event_type(record: &[u8]) -> Option<&[u8]> {
    let body = record.trim_ascii_start();
    if body.first() != Some(&b'{') {
        return None;
    }
    let at = near_start(body).or_else(|| memmem::find(body, EVENT_TYPE))?;
    json::own_from(body, EVENT_TYPE, at)
}

// Where the key is in most layouts. A letter that is rare before it finds it sooner than a general
// search is set up.
fn near_start(body: &[u8]) -> Option<usize> {
    let near = body.get(..256).unwrap_or(body);
    let mut starts = memchr_iter(b'v', near).filter_map(|at| at.checked_sub("\"e".len()));
    starts.find(|at| near.get(*at..).is_some_and(|rest| rest.starts_with(EVENT_TYPE)))
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    read(record, true)
}

fn parse_head(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    read(record, false)
}

fn read(record: &[u8], whole: bool) -> Result<Parsed<'_>, Reject> {
    let document = match text::shown_json(record) {
        Cow::Borrowed(document) => return event(document, whole),
        Cow::Owned(document) => document,
    };
    event(&document, whole).map(Parsed::into_owned)
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
    let mut event = sections::Event { alert: &mut alert, kind: None, whole };
    json::read(document, &mut event)?;
    if event.kind.as_deref() != Some("alert") {
        return Ok(Parsed::Other);
    }
    if alert.rule.id.is_none() && alert.rule.name.is_none() {
        return Err(Reject { at: document.len(), wanted: "`alert` with a signature" });
    }
    sections::settle(&mut alert);
    Ok(Parsed::Alert(alert))
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn wrong_bytes_do_not_spoil_a_record() {
        let line = b"{\"event_type\":\"alert\",\"alert\":{\"signature\":\"a\xff\\\"b\"}}";
        let Ok(Parsed::Alert(alert)) = parse(line) else { panic!("no alert") };
        assert_eq!(alert.rule.name.as_deref(), Some("a\\xff\"b"));
    }
}
