//! Trend Micro Deep Security (and Workload Security, which writes the same): the columns of its
//! event pages in the keys of its syslog messages, in CEF and in LEEF. Source: help.deepsecurity.trendmicro.com,
//! "Syslog message formats", "Intrusion prevention events" and the pages of the other modules' events.

mod module;

use alloc::borrow::Cow;
use alloc::string::String;

use super::Header;
use super::extension::{Extension, Pair};
use crate::alert::{Alert, Direction, Value};
use crate::product_keys::Field;
use crate::{lex, text, words};
use module::Module;

/// The most bytes of packet data's base64.
const PACKET_DATA_BYTES_MAX: usize = 64 * 1024;

/// The most tags, detections, techniques.
const LIST_MAX: usize = 64;

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An event of a machine that is protected.
    Event,
    /// The Manager tells that a machine was scanned.
    Reconnaissance,
    /// What the product says about itself: sign-ins, updates, connections.
    System,
}

// What the bits of `cs6` mean; the direction of the flow is not among them.
const FLAGS: [(u32, &str); 5] = [
    (1, "data truncated"),
    (2, "log overflow"),
    (4, "suppressed"),
    (8, "has data"),
    (16, "reference data"),
];

/// What kind of record is this? `None` where it is another product's.
pub(super) fn kind(header: &Header<'_>, extension: &Extension<'_>) -> Option<Kind> {
    let product = &header.product;
    if !header.vendor.starts_with("Trend")
        || !(product.starts_with("Deep Security") || product.contains("Workload"))
    {
        return None;
    }
    let scanned = matches!(lex::number::<u32>(header.id.as_bytes()), Some(850..=854));
    Some(match extension.get("cat").as_deref() {
        None | Some("System") if scanned => Kind::Reconnaissance,
        None if product.contains("Agent") => Kind::Event,
        None | Some("System") => Kind::System,
        Some(_) => Kind::Event,
    })
}

/// Reads what the generic keys would not understand.
pub(super) fn read<'a>(header: &Header<'a>, extension: &mut Extension<'a>, alert: &mut Alert<'a>) {
    alert.product = Cow::Borrowed("deep_security");
    direction(extension, alert);
    for at in 0..extension.pairs.len() {
        let Some(pair) = extension.pairs.get(at).copied() else { break };
        let taken = match pair.key.strip_prefix("TrendMicroDs") {
            Some(name) => own(name, &pair, alert),
            None => custom(&pair, extension, alert) || other(&pair, alert),
        };
        if let Some(pair) = extension.pairs.get_mut(at) {
            pair.taken |= taken;
        }
    }
    let category = extension.take("cat");
    let module = Module::of(&header.id, category.as_deref());
    alert.rule.category = category.or(module.map(|module| Cow::Borrowed(module.name())));
    alert.verdict = module::verdict(module, extension);
}

// The product's own keys, without the prefix that they share. True when the value has found its
// place.
fn own<'a>(name: &str, pair: &Pair<'a>, alert: &mut Alert<'a>) -> bool {
    let Some(value) = pair.value() else { return false };
    let field = match name {
        "FileMD5" => Field::Lower("file.hash.md5"),
        "FileSHA1" => Field::Lower("file.hash.sha1"),
        "FileSHA256" => Field::Lower("file.hash.sha256"),
        "Process" => Field::Text("process.name"),
        "CommandLine" => Field::Text("process.command_line"),
        "CVE" => Field::Cve,
        "PacketData" => {
            let data = text::cut(value, PACKET_DATA_BYTES_MAX);
            return alert.note("ipsbell.payload", Value::Text(data)).is_none();
        }
        "Tags" => {
            alert.tags.extend(list(&value, ',').map(|tag| Cow::Owned(tag.into())));
            return true;
        }
        "Mitre" => {
            let techniques = list(&value, ',').map(|technique| Cow::Owned(technique.into()));
            alert.techniques.extend(techniques);
            return true;
        }
        "RelevantDetectionNames" => {
            let names = list(&value, ';').map(|name| Cow::Owned(name.into())).collect();
            let key = "deep_security.relevant_detection_names";
            return alert.note(key, Value::List(names)).is_none();
        }
        _ => return alert.note(snake(name), Value::Text(value)).is_none(),
    };
    field.take(value, alert).is_none()
}

fn list(value: &str, separator: char) -> impl Iterator<Item = &str> {
    value.split(separator).map(str::trim).filter(|item| !item.is_empty()).take(LIST_MAX)
}

// Keys of the guide that mean something else here, and keys without the product's prefix.
fn other<'a>(pair: &Pair<'a>, alert: &mut Alert<'a>) -> bool {
    let field = match pair.key {
        "sproc" => Field::Text("process.name"),
        "xff" => Field::Text("deep_security.x_forwarded_for"),
        "repeatCount" => Field::Count,
        "aggregationType" => Field::Text("deep_security.aggregation_type"),
        "oldfilePath" | "oldFilePath" => Field::Text("deep_security.old_file_path"),
        "result" => Field::Text("deep_security.result"),
        "desc" => Field::Text("rule.description"),
        _ => return false,
    };
    pair.value().is_some_and(|value| field.take(value, alert).is_none())
}

// Which of `in` and `out` is there tells the direction; its value is the packet's size. The product
// names no interface: the machine's side of the packet stands for it, as in the product's console.
fn direction<'a>(extension: &mut Extension<'a>, alert: &mut Alert<'a>) {
    let (raw, direction, mac) = match (extension.get("in"), extension.get("out")) {
        (Some(_), None) => ("in", Direction::Inbound, "dmac"),
        (None, Some(_)) => ("out", Direction::Outbound, "smac"),
        _ => return,
    };
    alert.direction = Some(direction);
    alert.direction_raw = Some(Cow::Borrowed(raw));
    alert.interface = extension.get(mac);
    if let Some(size) = extension.get(raw).and_then(|size| lex::number(size.as_bytes())) {
        extension.take(raw);
        alert.note("ipsbell.packet_size", Value::Integer(size));
    }
}

// The custom keys go by their labels: the modules use the same keys for different things, and older
// releases say `DPI`.
fn custom<'a>(pair: &Pair<'a>, extension: &Extension<'a>, alert: &mut Alert<'a>) -> bool {
    if !matches!(pair.key, "cs1" | "cs2" | "cs3" | "cs4" | "cs5" | "cs6" | "cn1" | "cn2" | "cn3") {
        return false;
    }
    let Some(label) = extension.label(pair.key) else { return false };
    let of_a_module = ["Intrusion Prevention ", "DPI "];
    let label = of_a_module.iter().find_map(|prefix| label.strip_prefix(prefix)).unwrap_or(&label);
    let Some(value) = pair.value() else { return false };
    let name = match label {
        "TCP Flags" => Cow::Borrowed("ipsbell.tcp_flags"),
        "Fragmentation Bits" => Cow::Borrowed("deep_security.fragmentation_bits"),
        "Host ID" => Cow::Borrowed("deep_security.host_id"),
        "Packet Position" => Cow::Borrowed("deep_security.packet_position"),
        "Stream Position" => Cow::Borrowed("deep_security.stream_position"),
        "Note" => {
            words::cves_owned(&value, &mut alert.vulnerabilities);
            Cow::Borrowed("deep_security.note")
        }
        "md5" => Cow::Borrowed("file.hash.md5"),
        "sha1" => Cow::Borrowed("file.hash.sha1"),
        "Flags" | "Filter Flags" => {
            let value = match lex::number::<u32>(value.as_bytes()) {
                Some(bits) => Value::List(flags(bits)),
                None => Value::Text(value),
            };
            return alert.note("deep_security.flags", value).is_none();
        }
        _ => Cow::Owned(snake(label)),
    };
    let value = if name.starts_with("file.hash") { text::lower(value) } else { value };
    alert.note(name, Value::Text(value)).is_none()
}

fn flags(bits: u32) -> alloc::vec::Vec<Cow<'static, str>> {
    let set = FLAGS.iter().filter(|(bit, _)| bits & bit != 0);
    set.map(|(_, meaning)| Cow::Borrowed(*meaning)).collect()
}

/// The most bytes of a label that names a value.
const LABEL_BYTES_MAX: usize = 64;

// `MalwareTargetType` and `Malware Target Type` -> `deep_security.malware_target_type`
fn snake(words: &str) -> String {
    let mut name = String::from("deep_security.");
    let mut after_small = false;
    for character in words.chars().take(LABEL_BYTES_MAX) {
        if character.is_ascii_alphanumeric() {
            if character.is_ascii_uppercase() && after_small {
                name.push('_');
            }
            name.push(character.to_ascii_lowercase());
        } else if !name.ends_with(['_', '.']) {
            name.push('_');
        }
        after_small = character.is_ascii_lowercase() || character.is_ascii_digit();
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_keys_become_names() {
        assert_eq!(snake("MalwareTargetType"), "deep_security.malware_target_type");
        assert_eq!(snake("Quarantine File Size"), "deep_security.quarantine_file_size");
        assert_eq!(snake("actionReason"), "deep_security.action_reason");
        assert_eq!(snake("LI Description"), "deep_security.li_description");
        assert_eq!(snake("FileCVE (x)"), "deep_security.file_cve_x_");
    }
}
