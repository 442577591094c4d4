//! The fields of an alert by the names that users type, for formats that they define themselves: from
//! a text of a record to the field, normalised as by every grammar. Knows no pattern and no format.
//! To add a field, add its line to [`FIELDS`].

use alloc::borrow::Cow;

use crate::alert::{Alert, Direction, Endpoint, Severity, Text, Value};
use crate::{lex, stamp, text, words};

/// A field of an alert that a record can fill.
#[derive(Debug)]
pub struct Field {
    /// What users type: `source_ip`.
    pub name: &'static str,
    /// Where it stands in the event's ECS form, a dotted name.
    pub ecs: &'static str,
    /// What its value must be, a noun phrase.
    pub wanted: &'static str,
    fill: for<'a> fn(&mut Alert<'a>, Text<'a>) -> Unfit<'a>,
}

/// The value that does not fit, if it does not.
type Unfit<'a> = Option<Text<'a>>;

const TEXT: &str = "a text";

/// All fields, in the order of the reference.
#[rustfmt::skip]
pub const FIELDS: &[Field] = &[
    field("timestamp", "@timestamp", "a time", |alert, value| {
        alert.stamp = stamp::any(value.as_bytes());
        if alert.stamp.is_none() { Some(value) } else { None }
    }),
    field("host", "host.name", TEXT, |alert, value| put(&mut alert.host, value)),
    field("action", "event.action", TEXT, |alert, value| {
        alert.verdict = words::verdict(&value);
        put(&mut alert.action, value)
    }),
    field("severity", "ipsbell.severity_raw", TEXT, |alert, value| {
        let known = Severity::ALL.into_iter().find(|known| known.word().eq_ignore_ascii_case(&value));
        alert.severity = known.unwrap_or_default();
        put(&mut alert.severity_raw, value)
    }),
    field("priority", "ipsbell.priority", "a whole number", |alert, value| number(&mut alert.priority, value)),
    field("rule_id", "rule.id", TEXT, |alert, value| put(&mut alert.rule.id, value)),
    field("rule_generator", "ipsbell.rule.gid", "a whole number", |alert, value| number(&mut alert.rule.generator, value)),
    field("rule_name", "rule.name", TEXT, |alert, value| {
        match &value {
            Cow::Borrowed(name) => words::cves(name, &mut alert.vulnerabilities),
            Cow::Owned(name) => words::cves_owned(name, &mut alert.vulnerabilities),
        }
        put(&mut alert.rule.name, value)
    }),
    field("rule_revision", "rule.version", TEXT, |alert, value| put(&mut alert.rule.revision, value)),
    field("ruleset", "rule.ruleset", TEXT, |alert, value| put(&mut alert.rule.ruleset, value)),
    field("category", "rule.category", TEXT, |alert, value| put(&mut alert.rule.category, value)),
    field("reference", "rule.reference", TEXT, |alert, value| add(&mut alert.rule.references, value)),
    field("source_ip", "source.ip", "an IP address", |alert, value| address(&mut alert.source, value)),
    field("source_port", "source.port", "a port", |alert, value| number(&mut alert.source.port, value)),
    field("source_mac", "source.mac", "an Ethernet address", |alert, value| mac(&mut alert.source, value)),
    field("source_domain", "source.domain", TEXT, |alert, value| put(&mut alert.source.domain, value)),
    field("source_user", "source.user.name", TEXT, |alert, value| put(&mut alert.source.user, value)),
    field("destination_ip", "destination.ip", "an IP address", |alert, value| address(&mut alert.destination, value)),
    field("destination_port", "destination.port", "a port", |alert, value| number(&mut alert.destination.port, value)),
    field("destination_mac", "destination.mac", "an Ethernet address", |alert, value| mac(&mut alert.destination, value)),
    field("destination_domain", "destination.domain", TEXT, |alert, value| put(&mut alert.destination.domain, value)),
    field("destination_user", "destination.user.name", TEXT, |alert, value| put(&mut alert.destination.user, value)),
    field("transport", "network.transport", TEXT, |alert, value| put(&mut alert.transport, words::transport(value))),
    field("protocol", "network.protocol", TEXT, |alert, value| put(&mut alert.protocol, text::lower(value))),
    field("direction", "ipsbell.direction_raw", TEXT, |alert, value| {
        alert.direction = Direction::ALL.into_iter().find(|known| known.word().eq_ignore_ascii_case(&value));
        put(&mut alert.direction_raw, value)
    }),
    field("interface", "observer.ingress.interface.name", TEXT, |alert, value| put(&mut alert.interface, value)),
    field("count", "ipsbell.count", "a whole number", |alert, value| number(&mut alert.count, value)),
    field("cve", "vulnerability.id", "a CVE number", |alert, value| {
        let before = alert.vulnerabilities.len();
        words::cves_owned(&value, &mut alert.vulnerabilities);
        (alert.vulnerabilities.len() == before).then_some(value)
    }),
    field("technique", "threat.technique.id", TEXT, |alert, value| add(&mut alert.techniques, value)),
    field("tag", "tags", TEXT, |alert, value| add(&mut alert.tags, value)),
    field("message", "message", TEXT, |alert, value| alert_detail(alert, "message", value)),
    field("url", "url.original", TEXT, |alert, value| alert_detail(alert, "url.original", value)),
    field("domain", "url.domain", TEXT, |alert, value| alert_detail(alert, "url.domain", value)),
    field("method", "http.request.method", TEXT, |alert, value| alert_detail(alert, "http.request.method", value)),
    field("status", "http.response.status_code", "a whole number", |alert, value| {
        match lex::number(value.as_bytes()) {
            Some(status) => { alert.note("http.response.status_code", Value::Integer(status)); None }
            None => Some(value),
        }
    }),
    field("user_agent", "user_agent.original", TEXT, |alert, value| alert_detail(alert, "user_agent.original", value)),
    field("dns_name", "dns.question.name", TEXT, |alert, value| alert_detail(alert, "dns.question.name", value)),
    field("tls_name", "tls.client.server_name", TEXT, |alert, value| alert_detail(alert, "tls.client.server_name", value)),
    field("file", "file.name", TEXT, |alert, value| alert_detail(alert, "file.name", value)),
    field("process", "process.name", TEXT, |alert, value| alert_detail(alert, "process.name", value)),
    field("user", "user.name", TEXT, |alert, value| alert_detail(alert, "user.name", value)),
];

const fn field(
    name: &'static str,
    ecs: &'static str,
    wanted: &'static str,
    fill: for<'a> fn(&mut Alert<'a>, Text<'a>) -> Unfit<'a>,
) -> Field {
    Field { name, ecs, wanted, fill }
}

impl Field {
    /// The field of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        FIELDS.iter().find(|field| field.name == name)
    }

    /// Fills the field of `alert`, white space at both ends left away. A value that says that there is
    /// none (`-`, `N/A`, nothing) leaves it empty. Gives the value back if it is not what the field
    /// wants.
    pub fn fill<'a>(&self, alert: &mut Alert<'a>, value: Text<'a>) -> Option<Text<'a>> {
        let value = text::trimmed(value);
        if text::says_nothing(&value) { None } else { (self.fill)(alert, value) }
    }
}

impl PartialEq for Field {
    /// A field is its name.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Field {}

fn put<'a>(field: &mut Option<Text<'a>>, value: Text<'a>) -> Unfit<'a> {
    *field = Some(value);
    None
}

fn add<'a>(list: &mut alloc::vec::Vec<Text<'a>>, value: Text<'a>) -> Unfit<'a> {
    list.push(value);
    None
}

fn alert_detail<'a>(alert: &mut Alert<'a>, key: &'static str, value: Text<'a>) -> Unfit<'a> {
    alert.note(key, Value::Text(value));
    None
}

fn number<'a, T: core::str::FromStr>(field: &mut Option<T>, value: Text<'a>) -> Unfit<'a> {
    *field = lex::number(value.as_bytes());
    if field.is_none() { Some(value) } else { None }
}

fn mac<'a>(side: &mut Endpoint<'a>, value: Text<'a>) -> Unfit<'a> {
    side.mac = lex::mac(value.as_bytes());
    if side.mac.is_none() { Some(value) } else { None }
}

/// The address, and the port if one is written behind it.
fn address<'a>(side: &mut Endpoint<'a>, value: Text<'a>) -> Unfit<'a> {
    // A text that had to be made anew held bytes that no address has.
    let Cow::Borrowed(written) = value else { return Some(value) };
    let Some(found) = lex::socket(written.as_bytes(), false) else { return Some(value) };
    (side.ip, side.zone) = (found.ip, found.zone);
    side.port = side.port.or(found.port);
    None
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::String;

    use super::*;

    #[track_caller]
    fn check(name: &str, value: &str, fits: bool, wanted: &str) {
        let mut alert = Alert::default();
        let field = Field::named(name).unwrap();
        assert_eq!(field.fill(&mut alert, Cow::Borrowed(value)).is_none(), fits, "{name} {value}");
        let shown = format!("{alert:?}");
        assert!(shown.contains(wanted), "{name} {value}: {shown}");
    }

    #[test]
    fn values_are_normalised_as_by_every_grammar() {
        check(
            "timestamp",
            "2026-11-23T18:00:00Z",
            true,
            "Instant { unix_micros: 1795456800000000 }",
        );
        check("timestamp", "yesterday", false, "stamp: None");
        check("action", "DENY", true, "verdict: Blocked");
        check("severity", "HIGH", true, "severity: High");
        check("severity", "7", true, "severity: Info, severity_raw: Some(\"7\")");
        check("rule_name", "x (CVE-2021-44228)", true, "vulnerabilities: [\"CVE-2021-44228\"]");
        check(
            "source_ip",
            "[2001:db8::1]:443",
            true,
            "ip: Some(2001:db8::1), zone: None, port: Some(443)",
        );
        check("source_ip", "::ffff:192.0.2.1", true, "ip: Some(192.0.2.1)");
        check("source_ip", "gate", false, "source: Endpoint { ip: None");
        check("destination_port", "65536", false, "port: None");
        check("source_mac", "00-0c-29-f3-6d-ae", true, "mac: Some([0, 12, 41, 243, 109, 174])");
        check("transport", "6", true, "transport: Some(\"tcp\")");
        check("direction", "Inbound", true, "direction: Some(Inbound)");
        check("cve", "cve_2021_44228", true, "[\"CVE-2021-44228\"]");
        check("cve", "none known", false, "vulnerabilities: []");
        check("status", "403", true, "Integer(403)");
        check("url", " /a?b ", true, "(\"url.original\", Text(\"/a?b\"))");
        check("host", "-", true, "host: None");
    }

    #[test]
    fn names_are_given_once_and_every_field_takes_a_value() {
        for (place, field) in FIELDS.iter().enumerate() {
            assert!(FIELDS.iter().skip(place + 1).all(|other| other.name != field.name));
            let mut alert = Alert::default();
            let value = match field.wanted {
                "a time" => "2026-11-23T18:00:00Z",
                "a CVE number" => "CVE-2021-44228",
                "an IP address" => "192.0.2.1",
                "an Ethernet address" => "00:0c:29:f3:6d:ae",
                "a port" | "a whole number" => "7",
                _ => "word",
            };
            assert_eq!(field.fill(&mut alert, Cow::Borrowed(value)), None, "{}", field.name);
            assert_ne!(alert, Alert::default(), "{}", field.name);
            let not_text = Cow::Owned(String::from("\\xff"));
            let mut alert = Alert::default();
            let taken = field.fill(&mut alert, not_text).is_none();
            assert_eq!(taken, field.wanted == TEXT, "{}", field.name);
        }
    }
}
