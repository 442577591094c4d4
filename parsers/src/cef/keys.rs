//! The keys of the CEF guide and where they belong. What is not listed stays under
//! `cef.extensions.`.

use alloc::{borrow::Cow, format, string::String, vec::Vec};

use super::extension::{Extension, Pair};
use crate::alert::{Alert, Direction, Endpoint, Text, Value};
use crate::{lex, stamp, text, words};

/// What a key means.
#[derive(Debug, Clone, Copy)]
enum Meaning {
    Action,
    Category,
    Count,
    Direction,
    Host,
    HostOrAddress,
    Interface,
    Protocol,
    Transport,
    Stamp,
    FileHash,
    Source(Side),
    Destination(Side),
    Ipv6,
    /// Text under this name.
    Text(&'static str),
    /// A number under this name, or text where it is none.
    Number(&'static str),
    /// Belongs to a custom key: named by its label.
    Custom,
    /// A label is read with its custom key.
    Label,
}

/// What of an endpoint.
#[derive(Debug, Clone, Copy)]
enum Side {
    Address,
    Domain,
    Mac,
    Port,
    User,
}

use Meaning as M;

// Sorted by key, for the binary search.
const KEYS: &[(&str, Meaning)] = &[
    ("act", M::Action),
    ("app", M::Protocol),
    ("c6a1", M::Custom),
    ("c6a1Label", M::Label),
    ("c6a2", M::Ipv6),
    ("c6a2Label", M::Label),
    ("c6a3", M::Ipv6),
    ("c6a3Label", M::Label),
    ("c6a4", M::Custom),
    ("c6a4Label", M::Label),
    ("cat", M::Category),
    ("cfp1", M::Custom),
    ("cfp1Label", M::Label),
    ("cfp2", M::Custom),
    ("cfp2Label", M::Label),
    ("cfp3", M::Custom),
    ("cfp3Label", M::Label),
    ("cfp4", M::Custom),
    ("cfp4Label", M::Label),
    ("cn1", M::Custom),
    ("cn1Label", M::Label),
    ("cn2", M::Custom),
    ("cn2Label", M::Label),
    ("cn3", M::Custom),
    ("cn3Label", M::Label),
    ("cnt", M::Count),
    ("cs1", M::Custom),
    ("cs1Label", M::Label),
    ("cs2", M::Custom),
    ("cs2Label", M::Label),
    ("cs3", M::Custom),
    ("cs3Label", M::Label),
    ("cs4", M::Custom),
    ("cs4Label", M::Label),
    ("cs5", M::Custom),
    ("cs5Label", M::Label),
    ("cs6", M::Custom),
    ("cs6Label", M::Label),
    ("destinationTranslatedAddress", M::Text("destination.nat.ip")),
    ("destinationTranslatedPort", M::Number("destination.nat.port")),
    ("deviceCustomDate1", M::Custom),
    ("deviceCustomDate1Label", M::Label),
    ("deviceCustomDate2", M::Custom),
    ("deviceCustomDate2Label", M::Label),
    ("deviceDirection", M::Direction),
    ("deviceExternalId", M::Text("observer.serial_number")),
    ("deviceInboundInterface", M::Interface),
    ("deviceOutboundInterface", M::Text("observer.egress.interface.name")),
    ("deviceProcessName", M::Text("process.name")),
    ("dhost", M::Destination(Side::Domain)),
    ("dmac", M::Destination(Side::Mac)),
    ("dpid", M::Number("cef.extensions.dpid")),
    ("dpt", M::Destination(Side::Port)),
    ("dst", M::Destination(Side::Address)),
    ("duid", M::Text("destination.user.id")),
    ("duser", M::Destination(Side::User)),
    ("dvc", M::HostOrAddress),
    ("dvchost", M::Host),
    ("dvcmac", M::Text("observer.mac")),
    ("dvcpid", M::Number("process.pid")),
    ("externalId", M::Text("cef.extensions.externalId")),
    ("fileHash", M::FileHash),
    ("filePath", M::Text("file.path")),
    ("flexDate1", M::Custom),
    ("flexDate1Label", M::Label),
    ("flexNumber1", M::Custom),
    ("flexNumber1Label", M::Label),
    ("flexNumber2", M::Custom),
    ("flexNumber2Label", M::Label),
    ("flexString1", M::Custom),
    ("flexString1Label", M::Label),
    ("flexString2", M::Custom),
    ("flexString2Label", M::Label),
    ("fname", M::Text("file.name")),
    ("fsize", M::Number("file.size")),
    ("in", M::Number("source.bytes")),
    ("msg", M::Text("message")),
    ("out", M::Number("destination.bytes")),
    ("proto", M::Transport),
    ("reason", M::Text("event.reason")),
    ("request", M::Text("url.original")),
    ("requestClientApplication", M::Text("user_agent.original")),
    ("requestContext", M::Text("http.request.referrer")),
    ("requestMethod", M::Text("http.request.method")),
    ("rt", M::Stamp),
    ("shost", M::Source(Side::Domain)),
    ("smac", M::Source(Side::Mac)),
    ("sourceTranslatedAddress", M::Text("source.nat.ip")),
    ("sourceTranslatedPort", M::Number("source.nat.port")),
    ("spid", M::Number("cef.extensions.spid")),
    ("spt", M::Source(Side::Port)),
    ("src", M::Source(Side::Address)),
    ("suid", M::Text("source.user.id")),
    ("suser", M::Source(Side::User)),
];

/// Reads all pairs. What a product's own reader has set stays.
pub(super) fn read<'a>(extension: &Extension<'a>, alert: &mut Alert<'a>) {
    let mut repeated: Vec<Text<'a>> = Vec::new();
    for pair in extension.pairs.iter().filter(|pair| !pair.taken) {
        let Some(value) = pair.value() else { continue };
        let meaning = KEYS.binary_search_by(|(key, _)| (*key).cmp(pair.key));
        let meaning = meaning.ok().and_then(|at| KEYS.get(at)).map(|(_, meaning)| *meaning);
        let left = match meaning {
            Some(_) if text::says_nothing(&value) => keep(pair, value, alert),
            Some(meaning) => take(meaning, pair, value, extension, alert),
            None => keep(pair, value, alert),
        };
        // A second value of a key, which an attacker may have made the product write: kept, but it
        // changes nothing.
        if let Some(value) = left {
            repeated.push(Cow::Owned(format!("{}={value}", pair.key)));
        }
    }
    if !repeated.is_empty() {
        alert.note("cef.repeated", Value::List(repeated));
    }
    // The guide's other times, where there is none of receipt.
    for key in ["start", "end", "deviceReceiptTime"] {
        let other = || extension.get(key).and_then(|value| stamp::any(value.as_bytes()));
        alert.stamp = alert.stamp.or_else(other);
    }
}

// Gives back what is not taken because it is there already.
fn take<'a>(
    meaning: Meaning,
    pair: &Pair<'a>,
    value: Text<'a>,
    extension: &Extension<'a>,
    alert: &mut Alert<'a>,
) -> Option<Text<'a>> {
    match meaning {
        M::Action => first(&mut alert.action, value),
        M::Category => first(&mut alert.rule.category, value),
        M::Protocol => first(&mut alert.protocol, text::lower(value)),
        M::Transport => first(&mut alert.transport, words::transport(value)),
        M::Interface => first(&mut alert.interface, value),
        M::Host => first(&mut alert.host, value),
        M::HostOrAddress => device(value, pair, extension, alert),
        M::Count => parsed(&mut alert.count, lex::number(value.as_bytes()), value)
            .and_then(|value| keep(pair, value, &mut *alert)),
        M::Direction => {
            alert.direction = alert.direction.or(match value.as_ref() {
                "0" => Some(Direction::Inbound),
                "1" => Some(Direction::Outbound),
                _ => None,
            });
            first(&mut alert.direction_raw, value)
        }
        M::Stamp => match stamp::any(value.as_bytes()) {
            Some(found) if alert.stamp.is_none() => {
                alert.stamp = Some(found);
                None
            }
            _ => keep(pair, value, alert),
        },
        M::FileHash => {
            let key = match value.len() {
                32 => "file.hash.md5",
                40 => "file.hash.sha1",
                64 => "file.hash.sha256",
                _ => return keep(pair, value, alert),
            };
            text_of(alert.note(key, Value::Text(text::lower(value))))
        }
        M::Source(side) => endpoint(side, pair, value, Which::Source, alert),
        M::Destination(side) => endpoint(side, pair, value, Which::Destination, alert),
        M::Ipv6 => ipv6(pair, value, extension, alert),
        M::Text(name) => text_of(alert.note(name, Value::Text(value))),
        M::Number(name) => match lex::number(value.as_bytes()) {
            Some(number) => text_of(alert.note(name, Value::Integer(number))),
            None => text_of(alert.note(name, Value::Text(value))),
        },
        M::Custom => custom(pair, value, extension, alert),
        M::Label => None,
    }
}

#[derive(Debug, Clone, Copy)]
enum Which {
    Source,
    Destination,
}

fn end<'e, 'a>(which: Which, alert: &'e mut Alert<'a>) -> &'e mut Endpoint<'a> {
    match which {
        Which::Source => &mut alert.source,
        Which::Destination => &mut alert.destination,
    }
}

fn endpoint<'a>(
    side: Side,
    pair: &Pair<'a>,
    value: Text<'a>,
    which: Which,
    alert: &mut Alert<'a>,
) -> Option<Text<'a>> {
    let end = end(which, alert);
    let left = match side {
        Side::Domain => return first(&mut end.domain, value),
        Side::User => return first(&mut end.user, value),
        Side::Port => parsed(&mut end.port, lex::number(value.as_bytes()), value),
        Side::Mac => parsed(&mut end.mac, lex::mac(value.as_bytes()), value),
        Side::Address => match lex::address(value.as_bytes()) {
            Some((ip, _)) if end.ip.is_none() => {
                end.ip = Some(ip);
                None
            }
            // Some products put a name where the guide wants an address.
            None if end.domain.is_none() => return first(&mut end.domain, value),
            _ => Some(value),
        },
    };
    left.and_then(|value| keep(pair, value, alert))
}

// `c6a2` is the source and `c6a3` the destination unless the label says otherwise.
fn ipv6<'a>(
    pair: &Pair<'a>,
    value: Text<'a>,
    extension: &Extension<'a>,
    alert: &mut Alert<'a>,
) -> Option<Text<'a>> {
    let label = extension.label(pair.key).unwrap_or_default().to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| label.contains(word));
    let which = if says(&["attacker", "source"]) {
        Which::Source
    } else if says(&["victim", "target", "destination"]) || pair.key == "c6a3" {
        Which::Destination
    } else {
        Which::Source
    };
    match lex::address(value.as_bytes()) {
        Some((ip, _)) if end(which, alert).ip.is_none() => {
            end(which, alert).ip = Some(ip);
            None
        }
        _ => custom(pair, value, extension, alert),
    }
}

fn device<'a>(
    value: Text<'a>,
    pair: &Pair<'a>,
    extension: &Extension<'a>,
    alert: &mut Alert<'a>,
) -> Option<Text<'a>> {
    if lex::address(value.as_bytes()).is_none() {
        return first(&mut alert.host, value).and_then(|value| keep(pair, value, alert));
    }
    if alert.host.is_none() && extension.get("dvchost").is_none() {
        alert.host = Some(value.clone());
    }
    text_of(alert.note("observer.ip", Value::Text(value)))
}

// A custom key goes by its label, `policy_name` or `TCP Flags`; by its own name where it has none
// or where the label is taken.
fn custom<'a>(
    pair: &Pair<'a>,
    value: Text<'a>,
    extension: &Extension<'a>,
    alert: &mut Alert<'a>,
) -> Option<Text<'a>> {
    let label = extension.label(pair.key);
    if let Some(label) = label.as_deref() {
        if label.as_bytes().windows(3).any(|three| three.eq_ignore_ascii_case(b"cve")) {
            words::cves_owned(&value, &mut alert.vulnerabilities);
        }
        if alert.rule.category.is_none() && label == "attack_type" {
            alert.rule.category = Some(value);
            return None;
        }
    }
    let named = label.as_deref().and_then(label_key);
    let left = match named {
        Some(key) => text_of(alert.note(key, Value::Text(value)))?,
        None => value,
    };
    keep(pair, left, alert)
}

/// The longest label that names a value.
const LABEL_BYTES_MAX: usize = 64;

// A label as part of a dotted name; what would nest or confuse becomes `_`.
fn label_key(label: &str) -> Option<String> {
    if label.len() > LABEL_BYTES_MAX {
        return None;
    }
    let safe = |c: char| if c.is_alphanumeric() || c == '-' { c } else { '_' };
    Some("cef.extensions.".chars().chain(label.chars().map(safe)).collect())
}

// A value under its own key.
fn keep<'a>(pair: &Pair<'a>, value: Text<'a>, alert: &mut Alert<'a>) -> Option<Text<'a>> {
    text_of(alert.note(format!("cef.extensions.{}", pair.key), Value::Text(value)))
}

fn text_of(value: Option<Value<'_>>) -> Option<Text<'_>> {
    match value? {
        Value::Text(text) => Some(text),
        Value::Integer(number) => Some(Cow::Owned(format!("{number}"))),
        Value::Bool(_) | Value::List(_) | Value::Json(_) => None,
    }
}

fn first<'a>(field: &mut Option<Text<'a>>, value: Text<'a>) -> Option<Text<'a>> {
    if field.is_some() {
        // A product's own reader took the same value already.
        return (field.as_deref() != Some(&*value)).then_some(value);
    }
    *field = Some(value);
    None
}

fn parsed<'a, T: PartialEq>(
    field: &mut Option<T>,
    found: Option<T>,
    value: Text<'a>,
) -> Option<Text<'a>> {
    match found {
        Some(found) if field.as_ref().is_none_or(|there| *there == found) => {
            *field = Some(found);
            None
        }
        _ => Some(value),
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
