//! The object of an alert. Its fields have the names of Falco's language of conditions.

use memchr::memmem;

use crate::alert::{Alert, Reject, Value};
use crate::json::{self, Members};
use crate::places::{address, first, joined, keep_text, keep_under, port};
use crate::{stamp, words};

use super::{is_technique, own_text, severity};

/// The most tags of a rule.
const TAGS_MAX: usize = 64;

struct Record<'b, 'a>(&'b mut Alert<'a>);
struct OutputFields<'b, 'a>(&'b mut Alert<'a>);

/// Has the object a rule, one of Falco's priorities and an output?
pub(super) fn claims(record: &[u8]) -> bool {
    let priority = json::own(record, b"\"priority\"").and_then(|value| value.strip_prefix(b"\""));
    let word = priority.and_then(|value| value.split(|byte| *byte == b'"').next());
    let known = word.is_some_and(|word| core::str::from_utf8(word).is_ok_and(is_priority));
    known
        && memmem::find(record, b"\"rule\"").is_some()
        && memmem::find(record, b"\"output").is_some()
}

fn is_priority(word: &str) -> bool {
    severity(word).is_some()
}

/// Reads it.
pub(super) fn read<'a>(document: &'a str, alert: &mut Alert<'a>) -> Result<(), Reject> {
    json::read(document, &mut Record(alert))?;
    if alert.rule.name.is_none() {
        return Err(Reject { at: document.len(), wanted: "`rule`" });
    }
    let Some(severity) = alert.severity_raw.as_deref().and_then(severity) else {
        return Err(Reject { at: document.len(), wanted: "`priority`, one of Falco's" });
    };
    alert.severity = severity;
    let name = alert.rule.name.as_deref().unwrap_or_default();
    words::cves_owned(name, &mut alert.vulnerabilities);
    Ok(())
}

impl<'a> Members<'a> for Record<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        let alert = &mut *self.0;
        match key {
            "time" => {
                let found = json::plain(value).and_then(|text| stamp::any(text.as_bytes()));
                alert.stamp = alert.stamp.or(found);
            }
            "rule" => first(&mut alert.rule.name, json::plain(value)),
            "priority" => first(&mut alert.severity_raw, json::plain(value)),
            "hostname" => first(&mut alert.host, json::plain(value)),
            "tags" => {
                let tags = json::texts(value, TAGS_MAX);
                let techniques = tags.iter().filter(|tag| is_technique(tag)).cloned();
                alert.techniques.extend(techniques);
                alert.tags.extend(tags);
            }
            "output_fields" => json::inside(value, &mut OutputFields(alert)),
            _ => keep_under(alert, "falco.", key, value),
        }
    }
}

impl<'a> Members<'a> for OutputFields<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        let alert = &mut *self.0;
        let name = match key {
            // Who opened a connection, and to whom.
            "fd.cip" => return address(&mut alert.source, own_text(value)),
            "fd.sip" => return address(&mut alert.destination, own_text(value)),
            "fd.cport" => return port(&mut alert.source, own_text(value)),
            "fd.sport" => return port(&mut alert.destination, own_text(value)),
            "fd.l4proto" => {
                return first(&mut alert.transport, own_text(value).map(words::transport));
            }
            "user.name" => "user.name",
            "user.uid" => "user.id",
            "proc.name" => "process.name",
            "proc.cmdline" => "process.command_line",
            "proc.exepath" => "process.executable",
            "proc.pid" => "process.pid",
            "proc.pname" => "process.parent.name",
            "proc.pcmdline" => "process.parent.command_line",
            "container.id" => "container.id",
            "container.name" => "container.name",
            "container.image.repository" => "container.image.name",
            "container.image.tag" => "container.image.tag",
            "k8s.ns.name" => "orchestrator.namespace",
            "k8s.pod.name" => "orchestrator.resource.name",
            // A connection's name is both its ends.
            "fd.name" if !value.contains("->") => "file.path",
            _ => return other(alert, key, value),
        };
        keep_text(alert, name, own_text(value));
    }
}

fn other<'a>(alert: &mut Alert<'a>, key: &str, value: &'a str) {
    match json::kept(value) {
        Some(Value::Text(text)) if super::says_nothing(&text) => {}
        Some(value) => {
            alert.note(joined("falco.output_fields.", key), value);
        }
        None => {}
    }
}
