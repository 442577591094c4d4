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

// To add a key, add a line, sorted as `lex::by_shape` has it; all others stay under `juniper_srx.` and their own name.
const KEYS: &[(&str, Meaning)] = &[
    ("url", M::Text("url.original")),
    ("name", M::Name),
    ("roles", M::Text("juniper_srx.roles")),
    ("action", M::Action),
    ("message", M::Text("message")),
    ("filename", M::Text("file.name")),
    ("username", M::User),
    ("category", M::Category),
    ("export-id", M::Id),
    ("rule-name", M::Text("juniper_srx.rule-name")),
    ("epoch-time", M::Text("juniper_srx.epoch-time")),
    ("protocol-id", M::Transport),
    ("attack-name", M::Name),
    ("policy-name", M::Policy),
    ("source-port", M::SourcePort),
    ("elapsed-time", M::Text("juniper_srx.elapsed-time")),
    ("message-type", M::Text("juniper_srx.message-type")),
    ("service-name", M::Text("juniper_srx.service-name")),
    ("malware-info", M::Name),
    ("repeat-count", M::Count),
    ("packet-log-id", M::Text("juniper_srx.packet-log-id")),
    ("protocol-name", M::Transport),
    ("rulebase-name", M::Text("juniper_srx.rulebase-name")),
    ("inbound-bytes", M::Text("juniper_srx.inbound-bytes")),
    ("interface-name", M::Interface),
    ("outbound-bytes", M::Text("juniper_srx.outbound-bytes")),
    ("source-address", M::Source),
    ("inbound-packets", M::Text("juniper_srx.inbound-packets")),
    ("nat-source-port", M::Translated("source.nat.port")),
    ("threat-severity", M::Severity),
    ("application-name", M::Application),
    ("source-zone-name", M::Text("observer.ingress.zone")),
    ("outbound-packets", M::Text("juniper_srx.outbound-packets")),
    ("destination-port", M::DestinationPort),
    ("temporary-filename", M::Text("juniper_srx.temporary-filename")),
    ("nat-source-address", M::Translated("source.nat.ip")),
    ("destination-address", M::Destination),
    ("nat-destination-port", M::Translated("destination.nat.port")),
    ("destination-zone-name", M::Text("observer.egress.zone")),
    ("source-interface-name", M::Interface),
    ("nat-destination-address", M::Translated("destination.nat.ip")),
    ("destination-interface-name", M::Text("observer.egress.interface.name")),
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
    let meaning = KEYS.binary_search_by(|(name, _)| lex::by_shape(name, &key)).ok();
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
        assert!(KEYS.is_sorted_by(|a, b| lex::by_shape(a.0, b.0).is_lt()));
    }
}
