//! Trend Micro Deep Security (and Workload Security, which writes the same): the columns of its
//! event pages in the keys of its syslog messages. Source: help.deepsecurity.trendmicro.com,
//! "Intrusion prevention events", "Syslog message formats".

use alloc::borrow::Cow;

use super::Header;
use super::extension::{Extension, Pair};
use crate::alert::{Alert, Direction, Value};
use crate::{lex, text, words};

/// The most bytes of packet data's base64.
const PACKET_DATA_BYTES_MAX: usize = 64 * 1024;

/// The most tags.
const TAGS_MAX: usize = 64;

// What the bits of `cs6` mean; the direction of the flow is not among them.
const FLAGS: [(u32, &str); 5] = [
    (1, "data truncated"),
    (2, "log overflow"),
    (4, "suppressed"),
    (8, "has data"),
    (16, "reference data"),
];

/// Reads what the generic keys would not understand.
pub(super) fn read<'a>(header: &Header<'a>, extension: &mut Extension<'a>, alert: &mut Alert<'a>) {
    alert.product = Cow::Borrowed("deep_security");
    direction(extension, alert);
    for at in 0..extension.pairs.len() {
        let Some(pair) = extension.pairs.get(at).copied() else { break };
        let taken = match pair.key.strip_prefix("TrendMicroDs") {
            Some(name) => own(name, &pair, alert),
            None => custom(&pair, extension, alert),
        };
        if let Some(pair) = extension.pairs.get_mut(at) {
            pair.taken |= taken;
        }
    }
    alert.rule.category = extension.take("cat").or(module(&header.id).map(Cow::Borrowed));
    // Web reputation has no action of its own; its message says what was done.
    if extension.get("act").is_none()
        && let Some(message) = extension.get("msg")
    {
        alert.verdict = words::verdict(&message);
    }
}

// The product's own keys, without the prefix that they share. True when the value has found its
// place.
fn own<'a>(name: &str, pair: &Pair<'a>, alert: &mut Alert<'a>) -> bool {
    let Some(value) = pair.value() else { return false };
    let (key, value) = match name {
        "Tenant" => ("deep_security.tenant", value),
        "TenantId" => ("deep_security.tenant_id", value),
        "FrameType" => ("deep_security.frame_type", value),
        "FileMD5" => ("file.hash.md5", text::lower(value)),
        "FileSHA1" => ("file.hash.sha1", text::lower(value)),
        "FileSHA256" => ("file.hash.sha256", text::lower(value)),
        "PacketData" => ("ipsbell.payload", text::cut(value, PACKET_DATA_BYTES_MAX)),
        "Tags" => {
            let tags = value.split(',').map(str::trim).filter(|tag| !tag.is_empty());
            alert.tags.extend(tags.take(TAGS_MAX).map(|tag| Cow::Owned(tag.into())));
            return true;
        }
        _ => return false,
    };
    alert.note(key, Value::Text(value)).is_none()
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
    if !matches!(pair.key, "cs1" | "cs2" | "cs3" | "cs5" | "cs6" | "cn1" | "cn3") {
        return false;
    }
    let label = extension.label(pair.key).unwrap_or_default();
    let of_a_module = ["Intrusion Prevention ", "DPI "];
    let label = of_a_module.iter().find_map(|prefix| label.strip_prefix(prefix)).unwrap_or(&label);
    let name = match label {
        "TCP Flags" => "ipsbell.tcp_flags",
        "Fragmentation Bits" => "deep_security.fragmentation_bits",
        "Host ID" => "deep_security.host_id",
        "Packet Position" => "deep_security.packet_position",
        "Stream Position" => "deep_security.stream_position",
        "Note" => "deep_security.note",
        "Flags" | "Filter Flags" => "deep_security.flags",
        _ => return false,
    };
    let Some(value) = pair.value() else { return false };
    if name == "deep_security.note" {
        words::cves_owned(&value, &mut alert.vulnerabilities);
    }
    let bits = lex::number::<u32>(value.as_bytes()).filter(|_| name == "deep_security.flags");
    let value = match bits {
        Some(bits) => {
            let set = FLAGS.iter().filter(|(bit, _)| bits & bit != 0);
            Value::List(set.map(|(_, meaning)| Cow::Borrowed(*meaning)).collect())
        }
        None => Value::Text(value),
    };
    alert.note(name, value).is_none()
}

// The product's module by the range of its event ids.
fn module(id: &str) -> Option<&'static str> {
    Some(match lex::number::<u64>(id.as_bytes())? {
        1_000_000..=1_999_999 => "Intrusion Prevention",
        20 | 21 | 100..=199 => "Firewall",
        30 | 2_000_000..=2_999_999 => "Integrity Monitoring",
        3_000_000..=3_999_999 => "Log Inspection",
        4_000_000..=4_999_999 => "Anti-Malware",
        5_000_000..=5_999_999 => "Web Reputation",
        6_000_000..=6_999_999 => "Application Control",
        _ => return None,
    })
}
