//! A read record as one line of text: only what is there, in the order of the fields.

use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use crate::Read;
use crate::alert::{Alert, Endpoint, Stamp, Value};

pub(super) fn read(read: &Read<'_>) -> String {
    match read {
        Read::Alert { format, alert } => format!("{}: {}", format.name, show(alert)),
        Read::Other { format } => format!("{}: other", format.name),
        Read::Blank => String::from("blank"),
        Read::Unclaimed => String::from("unclaimed"),
        Read::Reject { format, reject } => {
            format!("{}: reject: {} at {}", format.name, reject.wanted, reject.at)
        }
    }
}

fn show(alert: &Alert<'_>) -> String {
    let mut parts = Vec::new();
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            parts.push(format!("{name}={value}"));
        }
    };
    let quoted = |text: &str| format!("{text:?}");
    let text = |value: &Option<crate::alert::Text<'_>>| value.as_deref().map(quoted);
    let list =
        |values: &[crate::alert::Text<'_>]| (!values.is_empty()).then(|| format!("{values:?}"));
    add("product", Some(alert.product.to_string()));
    add("at", alert.stamp.map(stamp));
    add("host", text(&alert.host));
    add("action", text(&alert.action));
    add("verdict", Some(alert.verdict.word().into()));
    add("severity", Some(alert.severity.word().into()));
    add("severity_raw", text(&alert.severity_raw));
    add("priority", alert.priority.map(|n| n.to_string()));
    add("gid", alert.rule.generator.map(|n| n.to_string()));
    add("rule", text(&alert.rule.id));
    add("name", text(&alert.rule.name));
    add("category", text(&alert.rule.category));
    add("revision", text(&alert.rule.revision));
    add("ruleset", text(&alert.rule.ruleset));
    add("references", list(&alert.rule.references));
    add("from", endpoint(&alert.source));
    add("to", endpoint(&alert.destination));
    add("transport", text(&alert.transport));
    add("protocol", text(&alert.protocol));
    add("direction_raw", text(&alert.direction_raw));
    add("direction", alert.direction.map(|d| d.word().into()));
    add("interface", text(&alert.interface));
    add("count", alert.count.map(|n| n.to_string()));
    add("cve", list(&alert.vulnerabilities));
    add("techniques", list(&alert.techniques));
    add("tags", list(&alert.tags));
    for (key, value) in &alert.details {
        add(key, Some(detail(value)));
    }
    parts.join(" ")
}

fn detail(value: &Value<'_>) -> String {
    match value {
        Value::Text(text) => format!("{text:?}"),
        Value::Integer(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::List(texts) => format!("{texts:?}"),
        Value::Json(json) => format!("`{json}`"),
    }
}

fn endpoint(end: &Endpoint<'_>) -> Option<String> {
    let hex = |mac: [u8; 6]| mac.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(":");
    let parts: Vec<String> = [
        end.ip.map(|ip| ip.to_string()),
        end.zone.as_ref().map(|zone| format!("%{zone}")),
        end.port.map(|port| format!("port {port}")),
        end.mac.map(hex),
        end.domain.as_ref().map(|name| format!("{name:?}")),
        end.user.as_ref().map(|user| format!("user {user:?}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| format!("({})", parts.join(", ")))
}

fn stamp(stamp: Stamp) -> String {
    match stamp {
        Stamp::Instant { unix_micros } => format!("{unix_micros}us"),
        Stamp::Local { year, month, day, hour, minute, second, micros } => {
            let year = year.map_or_else(|| String::from("????"), |year| format!("{year:04}"));
            format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}")
        }
    }
}
