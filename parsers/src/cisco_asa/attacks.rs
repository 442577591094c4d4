//! The messages by which the firewall itself tells of an attack, each under its number. They are alerts for those who
//! ask for their kind: where a network has asymmetric routes or a busy server, they are many.

use memchr::{memchr, memmem};

use super::ends;
use crate::alert::{Alert, Endpoint, Severity, Text, Value, Verdict};
use crate::{cisco, lex, text, words};

/// What users may ask for.
pub(super) const KINDS: &[&str] = &["attack", "botnet", "module", "threat-detection"];

/// One message.
pub(super) struct Attack {
    id: &'static str,
    /// One of [`KINDS`].
    pub(super) kind: &'static str,
    name: &'static str,
    verdict: Verdict,
}

const fn attack(
    id: &'static str,
    kind: &'static str,
    name: &'static str,
    verdict: Verdict,
) -> Attack {
    Attack { id, kind, name, verdict }
}

use Verdict::{Blocked, Detected, Reset};

// By number. The guide tells what each says, and that the packet was denied, dropped or discarded.
const ATTACKS: &[Attack] = &[
    attack("106016", "attack", "IP spoof", Blocked),
    attack("106017", "attack", "Land attack", Blocked),
    attack("106020", "attack", "Teardrop fragment", Blocked),
    attack("106021", "attack", "Reverse path check failed", Blocked),
    attack("106022", "attack", "Connection spoof", Blocked),
    attack("108003", "attack", "Malicious pattern in a mail address", Blocked),
    attack("209003", "attack", "Fragment database limit exceeded", Blocked),
    attack("209004", "attack", "Invalid IP fragment", Blocked),
    attack("209005", "attack", "Too many fragments", Blocked),
    attack("322001", "attack", "MAC address spoof", Blocked),
    attack("322002", "attack", "ARP inspection failed", Blocked),
    attack("322003", "attack", "ARP inspection failed", Blocked),
    attack("338001", "botnet", "Traffic from a blacklisted name", Detected),
    attack("338002", "botnet", "Traffic to a blacklisted name", Detected),
    attack("338003", "botnet", "Traffic from a blacklisted address", Detected),
    attack("338004", "botnet", "Traffic to a blacklisted address", Detected),
    attack("338005", "botnet", "Traffic from a blacklisted name", Blocked),
    attack("338006", "botnet", "Traffic to a blacklisted name", Blocked),
    attack("338007", "botnet", "Traffic from a blacklisted address", Blocked),
    attack("338008", "botnet", "Traffic to a blacklisted address", Blocked),
    attack("338201", "botnet", "Traffic from a greylisted name", Detected),
    attack("338202", "botnet", "Traffic to a greylisted name", Detected),
    attack("338203", "botnet", "Traffic from a greylisted name", Blocked),
    attack("338204", "botnet", "Traffic to a greylisted name", Blocked),
    attack("405001", "attack", "ARP collision", Detected),
    attack("407002", "attack", "Embryonic connection limit exceeded", Detected),
    attack("420002", "module", "Drop requested by the IPS module", Blocked),
    attack("420003", "module", "Reset requested by the IPS module", Reset),
    attack("434002", "module", "Drop requested by the FirePOWER module", Blocked),
    attack("500004", "attack", "Invalid transport field", Blocked),
    attack("733100", "threat-detection", "Drop rate exceeded", Detected),
    attack("733101", "threat-detection", "Scanning rate exceeded", Detected),
    attack("733102", "threat-detection", "Host shunned", Blocked),
    attack("733104", "threat-detection", "SYN flood, average rate exceeded", Detected),
    attack("733105", "threat-detection", "SYN flood, burst rate exceeded", Detected),
];

/// The attack that a message of this number tells of.
pub(super) fn find(id: &str) -> Option<&'static Attack> {
    let at = ATTACKS.binary_search_by(|attack| attack.id.cmp(id)).ok()?;
    ATTACKS.get(at)
}

/// Reads the message's text. What it says in sentences stays whole as `message`.
pub(super) fn read<'a>(attack: &Attack, text: &'a [u8], alert: &mut Alert<'a>) {
    alert.rule.name = Some(Text::Borrowed(attack.name));
    alert.verdict = attack.verdict;
    match attack.id {
        "733100" | "733101" => rate(text, alert),
        "733102" => alert.source = behind(text, b"adds host ").map(place).unwrap_or_default(),
        "733104" | "733105" => {
            alert.destination =
                behind(text, b"detected to ").map(place_and_port).unwrap_or_default();
        }
        "209003" | "209004" | "209005" => fragment(text, alert),
        _ => {
            ends(&cisco::flow(text), alert);
            transport(text, alert);
        }
    }
    if attack.kind == "botnet" {
        botnet(text, alert);
    }
    alert.note("message", Value::Text(text::shown(text)));
}

// The word that stands behind a phrase.
fn behind<'a>(text: &'a [u8], phrase: &[u8]) -> Option<&'a [u8]> {
    let at = memmem::find(text, phrase)? + phrase.len();
    text.get(at..)?.trim_ascii_start().split(|byte| b" ,;]".contains(byte)).next()
}

fn place(word: &[u8]) -> Endpoint<'_> {
    cisco::endpoint(word).0
}

// `192.0.2.1:80`, unlike all others.
fn place_and_port(word: &[u8]) -> Endpoint<'_> {
    lex::socket(word, true).unwrap_or_default()
}

// `[ Scanning] drop rate-1 exceeded. ... Cumulative total count is 188250`; `[ Host 192.0.2.1] is attacking. ...`.
fn rate<'a>(text: &'a [u8], alert: &mut Alert<'a>) {
    let Some(inside) = text.strip_prefix(b"[") else { return };
    let Some((object, rest)) = memchr(b']', inside).and_then(|end| inside.split_at_checked(end))
    else {
        return;
    };
    let object = object.trim_ascii();
    let last = object.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
    if let Some((ip, zone)) = lex::address(last) {
        let end = Endpoint { ip: Some(ip), zone, ..Endpoint::default() };
        let attacks = memmem::find(rest, b"is targeted").is_none();
        *(if attacks { &mut alert.source } else { &mut alert.destination }) = end;
    } else {
        alert.rule.category = Some(text::shown(object));
    }
    alert.count = behind(rest, b"otal count is ").and_then(lex::number);
}

// `src = a, dest = b, proto = p, id = n`.
fn fragment<'a>(text: &'a [u8], alert: &mut Alert<'a>) {
    alert.source = behind(text, b"src = ").map(place).unwrap_or_default();
    alert.destination = behind(text, b"dest = ").map(place).unwrap_or_default();
    alert.transport = behind(text, b"proto = ").map(|word| words::transport(text::shown(word)));
}

// `drop TCP packet from`, `blacklisted UDP traffic from`, `protocol=TCP, from`.
fn transport<'a>(text: &'a [u8], alert: &mut Alert<'a>) {
    let before = |mark: &[u8]| {
        let until = text.get(..memmem::find(text, mark)?)?;
        until.rsplit(|byte| *byte == b' ').next()
    };
    let word = before(b" traffic from ")
        .or_else(|| before(b" packet from "))
        .or_else(|| before(b" packets from "))
        .or_else(|| before(b" connection from "))
        .or_else(|| behind(text, b"protocol="));
    let name = |word: &&[u8]| {
        [&b"TCP"[..], b"UDP", b"ICMP"].iter().any(|name| word.eq_ignore_ascii_case(name))
            || word.iter().all(u8::is_ascii_digit)
    };
    alert.transport = word.filter(name).map(text::shown).map(text::lower).map(words::transport);
}

// `..., source malicious address resolved from dynamic list: name, threat-level: very-high, category: Malware`.
fn botnet<'a>(text: &'a [u8], alert: &mut Alert<'a>) {
    if let Some(name) = behind(text, b" list: ").filter(|name| !name.is_empty()) {
        alert.note("threat.indicator.name", Value::Text(text::shown(name)));
    }
    if let Some(level) = behind(text, b"threat-level: ").filter(|level| !level.is_empty()) {
        let level = text::shown(level);
        alert.severity = match level.as_ref() {
            "very-high" => Severity::Critical,
            "high" => Severity::High,
            "moderate" => Severity::Medium,
            "low" => Severity::Low,
            "very-low" => Severity::Info,
            _ => alert.severity,
        };
        alert.severity_raw = Some(level);
    }
    if let Some(at) = memmem::find(text, b"category: ") {
        let category = text.get(at + "category: ".len()..).unwrap_or_default().trim_ascii();
        alert.rule.category = Some(category).filter(|c| !c.is_empty()).map(text::shown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_of_known_kinds() {
        assert!(ATTACKS.is_sorted_by(|a, b| a.id < b.id));
        assert!(ATTACKS.iter().all(|attack| KINDS.contains(&attack.kind)));
        assert!(KINDS.iter().all(|kind| ATTACKS.iter().any(|attack| attack.kind == *kind)));
    }
}
