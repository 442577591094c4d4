//! The members of an EVE alert, section by section. What has an ECS name gets it; all else stays as
//! it stood, under `suricata.` and its own name.

use alloc::{borrow::Cow, format};

use super::also::{Also, Section};
use crate::alert::{Alert, Endpoint, Severity, Text, Value, Verdict};
use crate::{json, lex, stamp, text, words};
use json::Members;

/// The most texts that are taken from one list.
const LIST_MAX: usize = 64;

/// The most bytes of a payload's base64.
const PAYLOAD_BYTES_MAX: usize = 64 * 1024;

/// The record itself.
pub(super) struct Event<'b, 'a> {
    pub(super) alert: &'b mut Alert<'a>,
    /// `event_type`.
    pub(super) kind: Option<Text<'a>>,
    /// Is all wanted, or only its head?
    pub(super) whole: bool,
    /// What the records say that are alerts for those who ask.
    pub(super) also: Also<'a>,
}

// All of it?
struct Rule<'b, 'a>(&'b mut Alert<'a>, bool);
struct Metadata<'b, 'a>(&'b mut Alert<'a>);
struct ThePacketsVerdict<'b, 'a>(&'b mut Alert<'a>);
struct Ether<'b, 'a>(&'b mut Alert<'a>);
struct Http<'b, 'a>(&'b mut Alert<'a>);
struct Tls<'b, 'a>(&'b mut Alert<'a>);
struct Hash<'b, 'a>(&'b mut Alert<'a>, &'static str);
struct Question<'b, 'a>(&'b mut Alert<'a>);
struct File<'b, 'a>(&'b mut Alert<'a>);

impl<'a> Members<'a> for Event<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        let alert = &mut *self.alert;
        match key {
            "timestamp" => {
                let found = json::plain(value).and_then(|text| stamp::any(text.as_bytes()));
                alert.stamp = alert.stamp.or(found);
            }
            "event_type" => first(&mut self.kind, json::plain(value)),
            "src_ip" => address(&mut alert.source, json::plain(value)),
            "dest_ip" => address(&mut alert.destination, json::plain(value)),
            "src_port" => port(&mut alert.source, json::plain(value)),
            "dest_port" => port(&mut alert.destination, json::plain(value)),
            "proto" => first(&mut alert.transport, json::plain(value).map(words::transport)),
            "app_proto" => first(&mut alert.protocol, json::plain(value).filter(|p| p != "failed")),
            "in_iface" => first(&mut alert.interface, json::plain(value)),
            "host" => first(&mut alert.host, json::plain(value)),
            "direction" => {
                first(&mut alert.direction_raw, json::plain(value));
                if let Some(flow) = alert.direction_raw.clone() {
                    alert.note("ipsbell.flow", Value::Text(flow));
                }
            }
            "alert" => json::inside(value, &mut Rule(alert, self.whole)),
            "verdict" => {
                keep(alert, "suricata.verdict", value);
                json::inside(value, &mut ThePacketsVerdict(alert));
            }
            "tags" => alert.tags.extend(json::texts(value, LIST_MAX)),
            "drop" | "anomaly" => {
                let section = Section { also: &mut self.also, alert, key, whole: self.whole };
                json::inside(value, &mut { section });
            }
            _ if self.whole => detail(alert, key, value),
            _ => {}
        }
    }
}

impl<'a> Members<'a> for Rule<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        let alert = &mut *self.0;
        match key {
            "action" => first(&mut alert.action, json::plain(value)),
            "gid" => alert.rule.generator = alert.rule.generator.or(number(json::plain(value))),
            "signature_id" => first(&mut alert.rule.id, json::plain(value)),
            "rev" => first(&mut alert.rule.revision, json::plain(value)),
            "signature" => first(&mut alert.rule.name, json::plain(value)),
            "category" => {
                let category = json::plain(value).filter(|category| !text::says_nothing(category));
                first(&mut alert.rule.category, category);
            }
            "severity" => first(&mut alert.severity_raw, json::plain(value)),
            "references" => alert.rule.references.extend(json::texts(value, LIST_MAX)),
            "metadata" => {
                if self.1 {
                    keep(alert, "suricata.alert.metadata", value);
                }
                json::inside(value, &mut Metadata(alert));
            }
            _ if self.1 => unknown(alert, "alert.", key, value),
            _ => {}
        }
    }
}

impl<'a> Members<'a> for Metadata<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        let list = || json::texts(value, LIST_MAX);
        match key {
            "cve" => {
                list().iter().for_each(|cve| words::cves_owned(cve, &mut self.0.vulnerabilities))
            }
            "mitre_technique_id" => self.0.techniques.extend(list()),
            "tag" => self.0.tags.extend(list()),
            "signature_severity" => {
                let worst = list().iter().filter_map(|word| signature_severity(word)).max();
                self.0.severity = self.0.severity.max(worst.unwrap_or_default());
            }
            _ => {}
        }
    }
}

// Suricata 7 and later: what was done with the packet,
// `{"action":"drop","reject-target":"to_client","reject":["tcp-reset"]}`.
impl<'a> Members<'a> for ThePacketsVerdict<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        let done = match key {
            "action" if value == "\"drop\"" => Verdict::Blocked,
            "action" if value == "\"reject\"" => Verdict::Rejected,
            "reject" if json::texts(value, LIST_MAX).iter().any(|how| how == "tcp-reset") => {
                Verdict::Reset
            }
            "reject" if value.len() > 2 => Verdict::Rejected,
            _ => return,
        };
        // `reject` is sharper than `drop`, whichever stands first.
        if done != Verdict::Blocked || self.0.verdict == Verdict::Unknown {
            self.0.verdict = done;
        }
    }
}

impl<'a> Members<'a> for Ether<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        let macs = || json::texts(value, LIST_MAX);
        let one = || macs().first().and_then(|mac| lex::mac(mac.as_bytes()));
        match key {
            "src_mac" | "src_macs" => self.0.source.mac = self.0.source.mac.or_else(one),
            "dest_mac" | "dest_macs" => {
                self.0.destination.mac = self.0.destination.mac.or_else(one);
            }
            _ => unknown(self.0, "ether.", key, value),
        }
        // A flow can be seen with several addresses; the first is the endpoint's, the list is kept.
        if key.ends_with("_macs") && macs().len() > 1 {
            unknown(self.0, "ether.", key, value);
        }
    }
}

impl<'a> Members<'a> for Http<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        let name = match key {
            "hostname" => "url.domain",
            "url" => "url.original",
            "http_user_agent" => "user_agent.original",
            "http_method" => "http.request.method",
            "http_refer" => "http.request.referrer",
            "status" => "http.response.status_code",
            "http_content_type" => "http.response.mime_type",
            "length" => "http.response.body.bytes",
            "protocol" => {
                let text = json::plain(value).unwrap_or_default();
                let version = text.strip_prefix("HTTP/").unwrap_or(&text);
                self.0.note("http.version", Value::Text(Cow::Owned(version.into())));
                return;
            }
            _ => {
                unknown(self.0, "http.", key, value);
                return;
            }
        };
        keep(self.0, name, value);
    }
}

impl<'a> Members<'a> for Tls<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        match key {
            "sni" => keep(self.0, "tls.client.server_name", value),
            "subject" => keep(self.0, "tls.server.subject", value),
            "issuerdn" => keep(self.0, "tls.server.issuer", value),
            "ja3" => json::inside(value, &mut Hash(self.0, "tls.client.ja3")),
            "ja3s" => json::inside(value, &mut Hash(self.0, "tls.server.ja3s")),
            _ => {}
        }
        if !matches!(key, "sni" | "subject" | "issuerdn") {
            unknown(self.0, "tls.", key, value);
        }
    }
}

impl<'a> Members<'a> for Hash<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        if key == "hash" {
            keep(self.0, self.1, value);
        }
    }
}

impl<'a> Members<'a> for Question<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        match key {
            "rrname" => keep(self.0, "dns.question.name", value),
            "rrtype" => keep(self.0, "dns.question.type", value),
            // One level deeper: an object in releases before 7, a list of objects since.
            "query" | "queries" => json::items(value, LIST_MAX, |item| json::inside(item, self)),
            _ => {}
        }
    }
}

impl<'a> Members<'a> for File<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        let name = match key {
            "filename" => "file.name",
            "size" => "file.size",
            "md5" => "file.hash.md5",
            "sha1" => "file.hash.sha1",
            "sha256" => "file.hash.sha256",
            _ => {
                unknown(self.0, "fileinfo.", key, value);
                return;
            }
        };
        keep(self.0, name, value);
    }
}

// A member that only a shown alert needs.
fn detail<'a>(alert: &mut Alert<'a>, key: &str, value: &'a str) {
    match key {
        "ether" => json::inside(value, &mut Ether(alert)),
        "http" => json::inside(value, &mut Http(alert)),
        "tls" => json::inside(value, &mut Tls(alert)),
        "fileinfo" => json::inside(value, &mut File(alert)),
        "dns" => questions(alert, value),
        "files" => files(alert, value),
        "community_id" => keep(alert, "network.community_id", value),
        "payload" => payload(alert, json::plain(value)),
        "packet" => packet(alert, value),
        "flow_id" => keep(alert, "suricata.flow_id", value),
        "flow" => keep(alert, "suricata.flow", value),
        "tx_id" => keep(alert, "suricata.tx_id", value),
        "pkt_src" => keep(alert, "suricata.pkt_src", value),
        "metadata" => keep(alert, "suricata.metadata", value),
        _ => unknown(alert, "", key, value),
    }
}

/// What follows from several members together.
pub(super) fn settle(alert: &mut Alert<'_>) {
    let priority = alert.severity_raw.as_deref().and_then(|raw| lex::number(raw.as_bytes()));
    let from_priority = priority.map_or(Severity::Info, words::priority);
    // The rule's own word can only raise what the priority says.
    alert.severity = alert.severity.max(from_priority);
    let said = match alert.action.as_deref() {
        Some("blocked") => Verdict::Blocked,
        Some("allowed") => Verdict::Detected,
        Some(action) => words::verdict(action),
        None => Verdict::Unknown,
    };
    if alert.verdict == Verdict::Unknown {
        alert.verdict = said;
    }
    if let Some(name) = &alert.rule.name {
        words::cves_owned(name, &mut alert.vulnerabilities);
    }
}

// The words of the rule writers' convention (Emerging Threats); `Audit` and `Unknown` say nothing.
fn signature_severity(word: &str) -> Option<Severity> {
    match word {
        "Critical" => Some(Severity::Critical),
        "Major" => Some(Severity::High),
        "Minor" => Some(Severity::Low),
        "Informational" => Some(Severity::Info),
        _ => None,
    }
}

fn questions<'a>(alert: &mut Alert<'a>, json: &'a str) {
    keep(alert, "suricata.dns", json);
    json::inside(json, &mut Question(alert));
}

// The first file is the alert's; all are kept when there are more.
fn files<'a>(alert: &mut Alert<'a>, json: &'a str) {
    let mut count = 0;
    json::items(json, LIST_MAX, |item| {
        if count == 0 {
            json::inside(item, &mut File(alert));
        }
        count += 1;
    });
    if count > 1 {
        keep(alert, "suricata.files", json);
    }
}

pub(super) fn first<'a>(field: &mut Option<Text<'a>>, value: Option<Text<'a>>) {
    if field.is_none() {
        *field = value;
    }
}

fn number(text: Option<Text<'_>>) -> Option<u32> {
    lex::number(text?.as_bytes())
}

fn address<'a>(end: &mut Endpoint<'a>, text: Option<Text<'a>>) {
    let Some(text) = text else { return };
    match lex::address(text.as_bytes()) {
        Some((ip, zone)) if end.ip.is_none() => {
            end.ip = Some(ip);
            end.zone = zone.map(|zone| Cow::Owned(zone.into_owned()));
        }
        None if end.domain.is_none() => end.domain = Some(text),
        _ => {}
    }
}

fn port(end: &mut Endpoint<'_>, text: Option<Text<'_>>) {
    end.port = end.port.or_else(|| lex::number(text?.as_bytes()));
}

fn payload<'a>(alert: &mut Alert<'a>, base64: Option<Text<'a>>) {
    let Some(base64) = base64 else { return };
    let whole = base64.len();
    if whole > PAYLOAD_BYTES_MAX {
        alert.note("suricata.payload_bytes", Value::Integer(decoded_bytes(&base64)));
    }
    // The limit is a whole number of groups of four, so that what is left can be decoded.
    let cut = text::cut(base64, PAYLOAD_BYTES_MAX);
    alert.note("ipsbell.payload", Value::Text(cut));
}

fn packet<'a>(alert: &mut Alert<'a>, json: &'a str) {
    if let Some(base64) = json::plain(json) {
        alert.note("ipsbell.packet_size", Value::Integer(decoded_bytes(&base64)));
    }
    keep(alert, "suricata.packet", json);
}

fn decoded_bytes(base64: &str) -> i64 {
    let digits = base64.trim_end_matches('=').len();
    i64::try_from(digits / 4 * 3 + digits % 4 * 3 / 4).unwrap_or(i64::MAX)
}

pub(super) fn keep<'a>(alert: &mut Alert<'a>, name: &'static str, json: &'a str) {
    if let Some(value) = json::kept(json) {
        alert.note(name, value);
    }
}

pub(super) fn unknown<'a>(alert: &mut Alert<'a>, section: &str, key: &str, json: &'a str) {
    if let Some(value) = json::kept(json) {
        alert.note(format!("suricata.{section}{key}"), value);
    }
}
