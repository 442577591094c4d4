//! An alert as CrowdSec's local API gives it, and the object into which the file notification plugin puts one
//! (`{"time":...,"program":"crowdsec","alert":{...}}`).

use alloc::borrow::Cow;

use memchr::memmem;

use super::message::about;
use super::{line, scenario};
use crate::alert::{Alert, Reject, Text, Verdict};
use crate::json::{self, Members};
use crate::lex;
use crate::places::{address, first, keep, keep_text, keep_under};

/// The most items of one list that are looked at.
const LIST_MAX: usize = 64;

const MARK: &[u8] = b"\"scenario_hash\"";

/// The alert in this object, or in the one that it holds, from its first byte on.
pub(super) fn inner(record: &[u8]) -> Option<&[u8]> {
    memmem::find(record, MARK)?;
    if json::own(record, MARK).is_some() {
        return Some(record);
    }
    json::own(record, b"\"alert\"").filter(|alert| json::own(alert, MARK).is_some())
}

/// Reads it.
pub(super) fn read<'a>(document: &'a str, alert: &mut Alert<'a>) -> Result<(), Reject> {
    let mut object = Object { alert, seen: None };
    json::read(document, &mut object)?;
    let seen = object.seen.and_then(|text| line::time(text.as_bytes()));
    alert.stamp = alert.stamp.or(seen);
    if alert.rule.id.is_none() {
        return Err(Reject { at: document.len(), wanted: "`scenario`" });
    }
    Ok(())
}

struct Object<'b, 'a> {
    alert: &'b mut Alert<'a>,
    // When it was written down, for want of when it happened.
    seen: Option<Text<'a>>,
}
struct Source<'b, 'a> {
    alert: &'b mut Alert<'a>,
    scope: Option<Text<'a>>,
    value: Option<Text<'a>>,
}
struct Decision<'b, 'a>(&'b mut Alert<'a>);
struct Event<'b, 'a>(&'b mut Alert<'a>);

// A pair of an event's `meta`: `{"key":"http_path","value":"/"}`.
#[derive(Default)]
struct Pair<'a> {
    key: Option<Text<'a>>,
    value: &'a str,
}

impl<'a> Members<'a> for Object<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        let alert = &mut *self.alert;
        match key {
            "alert" => json::inside(value, self),
            "scenario" => {
                if let Some(name) = json::plain(value) {
                    scenario(alert, name);
                }
            }
            "scenario_version" => first(&mut alert.rule.revision, json::plain(value)),
            // The last of the events that made it overflow.
            "stop_at" => {
                let stamp = json::plain(value).and_then(|text| line::time(text.as_bytes()));
                alert.stamp = alert.stamp.or(stamp);
            }
            "start_at" | "created_at" | "time" => {
                first(&mut self.seen, json::plain(value));
                keep_under(alert, "crowdsec.", key, value);
            }
            "events_count" => {
                let count = json::plain(value).and_then(|count| lex::number(count.as_bytes()));
                alert.count = alert.count.or(count);
            }
            "source" => source(alert, value),
            "simulated" if value == "true" => alert.verdict = Verdict::WouldBlock,
            "decisions" => {
                keep(alert, "crowdsec.decisions", value);
                json::items(value, LIST_MAX, |item| json::inside(item, &mut Decision(alert)));
            }
            "events" => {
                keep(alert, "crowdsec.events", value);
                json::items(value, LIST_MAX, |item| json::inside(item, &mut Event(alert)));
            }
            "labels" => labels(alert, value),
            _ => keep_under(alert, "crowdsec.", key, value),
        }
    }
}

// `["attack.T1110","cve.CVE-2021-44228","remediation"]`
fn labels<'a>(alert: &mut Alert<'a>, value: &'a str) {
    for label in json::texts(value, LIST_MAX) {
        crate::words::cves_owned(&label, &mut alert.vulnerabilities);
        let technique = label.strip_prefix("attack.").filter(|id| id.starts_with('T'));
        if let Some(technique) = technique {
            alert.techniques.push(Cow::Owned(technique.into()));
        }
        alert.tags.push(label);
    }
}

// Who it is about stands under `ip` as well, if it is one address.
fn source<'a>(alert: &mut Alert<'a>, json: &'a str) {
    let mut source = Source { alert, scope: None, value: None };
    json::inside(json, &mut source);
    if let (Some(scope), Some(Cow::Borrowed(value))) = (source.scope, source.value) {
        about(&scope, value, alert);
    }
}

impl<'a> Members<'a> for Source<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        let alert = &mut *self.alert;
        let name = match key {
            "ip" => return address(&mut alert.source, json::plain(value)),
            "as_name" => "source.as.organization.name",
            "as_number" => "source.as.number",
            "cn" => "source.geo.country_iso_code",
            "scope" => return first(&mut self.scope, json::plain(value)),
            "value" => return first(&mut self.value, json::plain(value)),
            _ => return keep_under(alert, "crowdsec.source.", key, value),
        };
        keep_text(alert, name, json::plain(value));
    }
}

// The first decision is the alert's; all are kept.
impl<'a> Members<'a> for Decision<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        match key {
            "type" => first(&mut self.0.action, json::plain(value)),
            "simulated" if value == "true" => self.0.verdict = Verdict::WouldBlock,
            _ => {}
        }
    }
}

// The first event that says something of its kind says it for the alert; all are kept.
impl<'a> Members<'a> for Event<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        if key != "meta" {
            return;
        }
        json::items(value, LIST_MAX, |item| {
            let mut pair = Pair::default();
            json::inside(item, &mut pair);
            meta(self.0, pair);
        });
    }
}

impl<'a> Members<'a> for Pair<'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        match key {
            "key" => first(&mut self.key, json::plain(value)),
            "value" => self.value = value,
            _ => {}
        }
    }
}

fn meta<'a>(alert: &mut Alert<'a>, pair: Pair<'a>) {
    let name = match pair.key.as_deref().unwrap_or_default() {
        "http_path" => "url.original",
        "target_fqdn" => "url.domain",
        "http_verb" => "http.request.method",
        "http_status" => "http.response.status_code",
        "http_user_agent" => "user_agent.original",
        "source_ip" => return address(&mut alert.source, json::plain(pair.value)),
        "target_user" => return first(&mut alert.destination.user, json::plain(pair.value)),
        "service" => return first(&mut alert.protocol, json::plain(pair.value)),
        _ => return,
    };
    keep_text(alert, name, json::plain(pair.value));
}
