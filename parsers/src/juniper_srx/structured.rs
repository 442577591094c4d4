//! `[junos@2636.1.1.1.2.129 key="value" key="value"]`: the keys of the structured form, under the names that the System
//! Log Explorer gives them.

use alloc::{borrow::Cow, format};

use super::place;
use crate::alert::{Alert, Text, Value};
use crate::{lex, text, words};

/// What a key means.
#[derive(Debug, Clone, Copy)]
enum Meaning {
    Action,
    Category,
    Count,
    Destination,
    DestinationPort,
    /// The word for which application it was; `NONE` and `UNKNOWN` for none.
    Application,
    Id,
    Interface,
    Name,
    Policy,
    Severity,
    Source,
    SourcePort,
    Transport,
    User,
    /// Text under this name.
    Text(&'static str),
    /// An address that is all zeros where there is none, or a port that is 0.
    Translated(&'static str),
}

use Meaning as M;

// To add a key, add a line; all others stay under `juniper_srx.` and their own name.
const KEYS: &[(&str, Meaning)] = &[
    ("action", M::Action),
    ("application-name", M::Application),
    ("attack-name", M::Name),
    ("category", M::Category),
    ("destination-address", M::Destination),
    ("destination-interface-name", M::Text("observer.egress.interface.name")),
    ("destination-port", M::DestinationPort),
    ("destination-zone-name", M::Text("observer.egress.zone")),
    ("elapsed-time", M::Text("juniper_srx.elapsed-time")),
    ("epoch-time", M::Text("juniper_srx.epoch-time")),
    ("export-id", M::Id),
    ("filename", M::Text("file.name")),
    ("inbound-bytes", M::Text("juniper_srx.inbound-bytes")),
    ("inbound-packets", M::Text("juniper_srx.inbound-packets")),
    ("interface-name", M::Interface),
    ("malware-info", M::Name),
    ("message", M::Text("message")),
    ("message-type", M::Text("juniper_srx.message-type")),
    ("name", M::Name),
    ("nat-destination-address", M::Translated("destination.nat.ip")),
    ("nat-destination-port", M::Translated("destination.nat.port")),
    ("nat-source-address", M::Translated("source.nat.ip")),
    ("nat-source-port", M::Translated("source.nat.port")),
    ("outbound-bytes", M::Text("juniper_srx.outbound-bytes")),
    ("outbound-packets", M::Text("juniper_srx.outbound-packets")),
    ("packet-log-id", M::Text("juniper_srx.packet-log-id")),
    ("policy-name", M::Policy),
    ("protocol-id", M::Transport),
    ("protocol-name", M::Transport),
    ("repeat-count", M::Count),
    ("roles", M::Text("juniper_srx.roles")),
    ("rule-name", M::Text("juniper_srx.rule-name")),
    ("rulebase-name", M::Text("juniper_srx.rulebase-name")),
    ("service-name", M::Text("juniper_srx.service-name")),
    ("source-address", M::Source),
    ("source-interface-name", M::Interface),
    ("source-port", M::SourcePort),
    ("source-zone-name", M::Text("observer.ingress.zone")),
    ("temporary-filename", M::Text("juniper_srx.temporary-filename")),
    ("threat-severity", M::Severity),
    ("url", M::Text("url.original")),
    ("username", M::User),
];

/// Reads all pairs; were there any? The first of a key counts. Of a record that was cut in the midst of a value the
/// pairs before it are there.
pub(super) fn read<'a>(body: &'a [u8], alert: &mut Alert<'a>) -> bool {
    let Some(at) = memchr::memchr(b' ', body) else { return false };
    let mut rest = body.get(at..).unwrap_or_default();
    alert.details.reserve_exact(24);
    let mut any = false;
    while let Some(equals) = memchr::memchr(b'=', rest) {
        let key = text::shown(rest.get(..equals).unwrap_or_default().trim_ascii());
        let Ok((behind, value)) = lex::quoted(rest.get(equals + 1..).unwrap_or_default()) else {
            break;
        };
        any = true;
        take(key, value, alert);
        if behind.first() == Some(&b']') {
            break;
        }
        rest = behind;
    }
    any
}

/// Takes one value. Those that say that there is none are left out.
pub(super) fn take<'a>(key: Text<'a>, value: Text<'a>, alert: &mut Alert<'a>) {
    if text::says_nothing(&value) {
        return;
    }
    let meaning = KEYS.binary_search_by(|(name, _)| (*name).cmp(&*key)).ok();
    let bytes = value.as_bytes();
    match meaning.and_then(|at| KEYS.get(at)).map(|(_, meaning)| *meaning) {
        Some(M::Action) => first(&mut alert.action, value),
        Some(M::Application) if value.eq_ignore_ascii_case("unknown") => {}
        Some(M::Application) => first(&mut alert.protocol, text::lower(value)),
        Some(M::Category) => first(&mut alert.rule.category, value),
        // Junos counts further occurrences: 0 is the attack itself.
        Some(M::Count) => alert.count = lex::number(bytes).filter(|count| *count > 0),
        Some(M::Destination) => place(&mut alert.destination, value),
        Some(M::DestinationPort) => alert.destination.port = lex::number(bytes),
        Some(M::Id) => first(&mut alert.rule.id, value),
        Some(M::Interface) => first(&mut alert.interface, value),
        Some(M::Name) => first(&mut alert.rule.name, value),
        Some(M::Policy) => first(&mut alert.rule.ruleset, value),
        Some(M::Severity) => first(&mut alert.severity_raw, value),
        Some(M::Source) => place(&mut alert.source, value),
        Some(M::SourcePort) => alert.source.port = lex::number(bytes),
        Some(M::Transport) => first(&mut alert.transport, words::transport(value)),
        Some(M::User) if value.eq_ignore_ascii_case("unknown-user") => {}
        Some(M::User) => first(&mut alert.source.user, value),
        Some(M::Translated(_)) if matches!(&*value, "0.0.0.0" | "0" | "::") => {}
        Some(M::Translated(name)) => {
            let port = lex::number(bytes).map(Value::Integer);
            alert.note(name, port.unwrap_or(Value::Text(value)));
        }
        Some(M::Text(name)) => {
            alert.note(name, Value::Text(value));
        }
        None => {
            alert.note(Cow::Owned(format!("juniper_srx.{key}")), Value::Text(value));
        }
    }
}

fn first<'a>(field: &mut Option<Text<'a>>, value: Text<'a>) {
    if field.is_none() {
        *field = Some(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(KEYS.is_sorted_by(|a, b| a.0 < b.0));
    }
}
