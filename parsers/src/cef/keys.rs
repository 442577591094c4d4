//! The keys of the CEF guide and where they belong. What is not listed stays under
//! `cef.extensions.`.

use alloc::{borrow::Cow, format, string::String, vec::Vec};

use super::extension::{Extension, Pair};
use crate::alert::{Alert, Direction, Text, Value};
use crate::product_keys::{self, Field, Side};
use crate::table::Table;
use crate::{lex, stamp, text, words};

/// What a key means.
#[derive(Debug, Clone, Copy)]
enum Meaning {
    Is(Field),
    Direction,
    HostOrAddress,
    Stamp,
    FileHash,
    Ipv6,
    /// Belongs to a custom key: named by its label.
    Custom,
    /// A label is read with its custom key.
    Label,
}

use Field as F;
use Meaning as M;

static KEYS: Table<Meaning> = Table::new(&[
    ("act", M::Is(F::Action)),
    ("app", M::Is(F::Protocol)),
    ("c6a1", M::Custom),
    ("c6a1Label", M::Label),
    ("c6a2", M::Ipv6),
    ("c6a2Label", M::Label),
    ("c6a3", M::Ipv6),
    ("c6a3Label", M::Label),
    ("c6a4", M::Custom),
    ("c6a4Label", M::Label),
    ("cat", M::Is(F::Category)),
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
    ("cnt", M::Is(F::Count)),
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
    ("destinationTranslatedAddress", M::Is(F::Text("destination.nat.ip"))),
    ("destinationTranslatedPort", M::Is(F::Number("destination.nat.port"))),
    ("deviceCustomDate1", M::Custom),
    ("deviceCustomDate1Label", M::Label),
    ("deviceCustomDate2", M::Custom),
    ("deviceCustomDate2Label", M::Label),
    ("deviceDirection", M::Direction),
    ("deviceExternalId", M::Is(F::Text("observer.serial_number"))),
    ("deviceInboundInterface", M::Is(F::Interface)),
    ("deviceOutboundInterface", M::Is(F::Text("observer.egress.interface.name"))),
    ("deviceProcessName", M::Is(F::Text("process.name"))),
    ("dhost", M::Is(F::Destination(Side::Domain))),
    ("dmac", M::Is(F::Destination(Side::Mac))),
    ("dpt", M::Is(F::Destination(Side::Port))),
    ("dst", M::Is(F::Destination(Side::Address))),
    ("duid", M::Is(F::Text("destination.user.id"))),
    ("duser", M::Is(F::Destination(Side::User))),
    ("dvc", M::HostOrAddress),
    ("dvchost", M::Is(F::Host)),
    ("dvcmac", M::Is(F::Text("observer.mac"))),
    ("dvcpid", M::Is(F::Number("process.pid"))),
    ("fileHash", M::FileHash),
    ("filePath", M::Is(F::Text("file.path"))),
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
    ("fname", M::Is(F::Text("file.name"))),
    ("fsize", M::Is(F::Number("file.size"))),
    ("in", M::Is(F::Number("source.bytes"))),
    ("msg", M::Is(F::Text("message"))),
    ("out", M::Is(F::Number("destination.bytes"))),
    ("proto", M::Is(F::Transport)),
    ("reason", M::Is(F::Text("event.reason"))),
    ("request", M::Is(F::Text("url.original"))),
    ("requestClientApplication", M::Is(F::Text("user_agent.original"))),
    ("requestContext", M::Is(F::Text("http.request.referrer"))),
    ("requestMethod", M::Is(F::Text("http.request.method"))),
    ("rt", M::Stamp),
    ("shost", M::Is(F::Source(Side::Domain))),
    ("smac", M::Is(F::Source(Side::Mac))),
    ("sourceTranslatedAddress", M::Is(F::Text("source.nat.ip"))),
    ("sourceTranslatedPort", M::Is(F::Number("source.nat.port"))),
    ("spt", M::Is(F::Source(Side::Port))),
    ("src", M::Is(F::Source(Side::Address))),
    ("suid", M::Is(F::Text("source.user.id"))),
    ("suser", M::Is(F::Source(Side::User))),
]);

/// Reads all pairs. What a product's own reader has set stays.
pub(super) fn read<'a>(extension: &Extension<'a>, alert: &mut Alert<'a>) {
    let mut repeated: Vec<Text<'a>> = Vec::new();
    for (at, pair) in extension.pairs.iter().enumerate().filter(|(_, pair)| !pair.taken) {
        let Some(value) = pair.value() else { continue };
        let meaning = KEYS.find(pair.key).map(|(_, meaning)| meaning);
        let left = match meaning {
            Some(meaning) if !text::says_nothing(&value) => {
                take(meaning, pair, value, extension, alert)
            }
            _ => Some(value),
        };
        // A second value of a key, which an attacker may have made the product write: kept, but it
        // changes nothing.
        let first = || extension.pairs.iter().take(at).all(|before| before.key != pair.key);
        let left = left.and_then(|value| {
            let known = meaning.is_some();
            if known && !first() { Some(value) } else { keep(pair, value, extension, alert) }
        });
        if let Some(value) = left {
            repeated.push(Cow::Owned(format!("{}={value}", pair.key)));
        }
    }
    if !repeated.is_empty() {
        alert.note(format!("{}.repeated", extension.dialect.name), Value::List(repeated));
    }
    // The guide's other times, where there is none of receipt.
    for key in ["start", "end", "deviceReceiptTime"] {
        let other = || extension.get(key).and_then(|value| stamp::any(value.as_bytes()));
        alert.stamp = alert.stamp.or_else(other);
    }
}

// Gives back what is not taken: because it is there already, or not of the form that is wanted.
fn take<'a>(
    meaning: Meaning,
    pair: &Pair<'a>,
    value: Text<'a>,
    extension: &Extension<'a>,
    alert: &mut Alert<'a>,
) -> Option<Text<'a>> {
    match meaning {
        M::Is(field) => field.take(value, alert),
        M::HostOrAddress => device(value, extension, alert),
        M::Direction => {
            alert.direction = alert.direction.or(match value.as_ref() {
                "0" => Some(Direction::Inbound),
                "1" => Some(Direction::Outbound),
                _ => None,
            });
            product_keys::first(&mut alert.direction_raw, value)
        }
        M::Stamp => match stamp::any(value.as_bytes()) {
            Some(found) if alert.stamp.is_none() => {
                alert.stamp = Some(found);
                None
            }
            _ => Some(value),
        },
        M::FileHash => {
            let key = match value.len() {
                32 => "file.hash.md5",
                40 => "file.hash.sha1",
                64 => "file.hash.sha256",
                _ => return Some(value),
            };
            F::Lower(key).take(value, alert)
        }
        M::Ipv6 => ipv6(pair, value, extension, alert),
        M::Custom => custom(pair, value, extension, alert),
        M::Label => None,
    }
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
    let of_source = says(&["attacker", "source"])
        || !(says(&["victim", "target", "destination"]) || pair.key == "c6a3");
    let end = if of_source { &mut alert.source } else { &mut alert.destination };
    match lex::address(value.as_bytes()) {
        Some((ip, _)) if end.ip.is_none() => {
            end.ip = Some(ip);
            None
        }
        _ => custom(pair, value, extension, alert),
    }
}

fn device<'a>(
    value: Text<'a>,
    extension: &Extension<'a>,
    alert: &mut Alert<'a>,
) -> Option<Text<'a>> {
    if lex::address(value.as_bytes()).is_none() {
        return product_keys::first(&mut alert.host, value);
    }
    if alert.host.is_none() && extension.get("dvchost").is_none() {
        alert.host = Some(value.clone());
    }
    F::Text("observer.ip").take(value, alert)
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
    match label.as_deref().and_then(|label| label_key(label, extension.dialect.unlisted)) {
        Some(key) => product_keys::text_of(alert.note(key, Value::Text(value))),
        None => Some(value),
    }
}

/// The longest label that names a value.
const LABEL_BYTES_MAX: usize = 64;

// A label as part of a dotted name; what would nest or confuse becomes `_`.
fn label_key(label: &str, prefix: &str) -> Option<String> {
    if label.len() > LABEL_BYTES_MAX {
        return None;
    }
    let safe = |c: char| if c.is_alphanumeric() || c == '-' { c } else { '_' };
    Some(prefix.chars().chain(label.chars().map(safe)).collect())
}

// A value under its own key.
fn keep<'a>(
    pair: &Pair<'a>,
    value: Text<'a>,
    extension: &Extension<'a>,
    alert: &mut Alert<'a>,
) -> Option<Text<'a>> {
    let key = format!("{}{}", extension.dialect.unlisted, pair.key);
    product_keys::text_of(alert.note(key, Value::Text(value)))
}
