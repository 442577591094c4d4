//! The members of an alert, section by section. What has an ECS name gets it; all else stays under `wazuh.` and its
//! own name.

use alloc::borrow::Cow;

use crate::alert::{Alert, Parsed, Severity, Stamp, Text, Value};
use crate::json::{self, Members};
use crate::places::{address, first, keep, keep_text, keep_under, port};
use crate::{lex, ossec, ossec_alerts, stamp, suricata_eve, text, words};

/// The most texts that are taken from one list.
const LIST_MAX: usize = 64;

/// The record itself.
pub(super) struct Record<'b, 'a> {
    alert: &'b mut Alert<'a>,
    // Who is the host is known at the end: the agent, else whoever the log names, else the manager.
    hosts: [Option<Text<'a>>; 3],
}

const AGENT: usize = 0;
const NAMED: usize = 1;
const MANAGER: usize = 2;

struct Rule<'b, 'a>(&'b mut Alert<'a>);
struct Mitre<'b, 'a>(&'b mut Alert<'a>);
struct Data<'b, 'a>(&'b mut Alert<'a>);
struct Quoted<'b, 'a>(&'b mut Alert<'a>);
struct Windows<'b, 'a>(&'b mut Alert<'a>);
struct Cloud<'b, 'a>(&'b mut Alert<'a>);
struct Vulnerability<'b, 'a>(&'b mut Alert<'a>);
struct File<'b, 'a>(&'b mut Alert<'a>);

// A member that names a machine, under the keys `name`, `hostname`; the others are kept.
struct Machine<'b, 'a>(&'b mut Alert<'a>, &'b mut Option<Text<'a>>, &'static str);

impl<'b, 'a> Record<'b, 'a> {
    /// Nothing read yet.
    pub(super) fn new(alert: &'b mut Alert<'a>) -> Self {
        Self { alert, hosts: [None, None, None] }
    }

    /// What follows from several members together.
    pub(super) fn settle(self) {
        let Self { alert, hosts } = self;
        let host = hosts.into_iter().flatten().find(|host| !host.is_empty());
        first(&mut alert.host, host);
        let level = alert.severity_raw.as_deref().and_then(|raw| lex::number(raw.as_bytes()));
        // What another product rated may be worse than the rule that relays it.
        alert.severity = alert.severity.max(level.map_or(Severity::Info, ossec::severity));
    }

    fn host(&mut self, which: usize) -> &mut Option<Text<'a>> {
        let [agent, named, manager] = &mut self.hosts;
        match which {
            AGENT => agent,
            NAMED => named,
            _ => manager,
        }
    }

    fn machine(&mut self, which: usize, prefix: &'static str, value: &'a str) {
        let mut name = self.host(which).take();
        json::inside(value, &mut Machine(self.alert, &mut name, prefix));
        *self.host(which) = name;
    }
}

impl<'a> Members<'a> for Record<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        match key {
            "timestamp" | "@timestamp" | "TimeStamp" => time(self.alert, value),
            "rule" => json::inside(value, &mut Rule(self.alert)),
            "agent" => self.machine(AGENT, "wazuh.agent.", value),
            "predecoder" => self.machine(NAMED, "wazuh.predecoder.", value),
            "manager" => self.machine(MANAGER, "wazuh.manager.", value),
            "agent_name" => first(self.host(AGENT), json::plain(value)),
            "hostname" => first(self.host(NAMED), json::plain(value)),
            "agentip" => keep(self.alert, "host.ip", value),
            "data" => data(self.alert, value),
            "syscheck" | "SyscheckFile" => {
                keep(self.alert, "wazuh.syscheck", value);
                json::inside(value, &mut File(self.alert));
            }
            _ => Data(self.alert).known(key, value, "wazuh."),
        }
    }
}

// OSSEC writes a wall clock beside the instant.
fn time(alert: &mut Alert<'_>, value: &str) {
    let found = json::plain(value).and_then(|text| stamp::any(text.as_bytes()));
    if !matches!(alert.stamp, Some(Stamp::Instant { .. })) {
        alert.stamp = found.or(alert.stamp);
    }
}

impl<'a> Members<'a> for Machine<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        match key {
            "name" | "hostname" => first(self.1, json::plain(value)),
            "ip" => keep(self.0, "host.ip", value),
            "program_name" => keep(self.0, "process.name", value),
            _ => {}
        }
        keep_under(self.0, self.2, key, value);
    }
}

impl<'a> Members<'a> for Rule<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        let alert = &mut *self.0;
        match key {
            "level" => first(&mut alert.severity_raw, json::plain(value)),
            "description" => first(&mut alert.rule.name, json::plain(value)),
            "id" => first(&mut alert.rule.id, json::plain(value)),
            // The same by OSSEC's names.
            "comment" => {
                alert.product = Cow::Borrowed("ossec");
                first(&mut alert.rule.name, json::plain(value));
            }
            "sidid" => first(&mut alert.rule.id, json::plain(value)),
            "groups" => ossec::take_groups(alert, json::texts(value, ossec::GROUPS_MAX)),
            "group" => match json::plain(value) {
                Some(Cow::Borrowed(list)) => {
                    ossec::take_groups(alert, ossec::groups(list).map(Cow::Borrowed).collect());
                }
                _ => keep(alert, "wazuh.rule.group", value),
            },
            "cve" => {
                let cve = json::plain(value).unwrap_or_default();
                words::cves_owned(&cve, &mut alert.vulnerabilities);
            }
            "mitre" => {
                keep(alert, "wazuh.rule.mitre", value);
                json::inside(value, &mut Mitre(alert));
            }
            _ => keep_under(alert, "wazuh.rule.", key, value),
        }
    }
}

impl<'a> Members<'a> for Mitre<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        match key {
            "id" => self.0.techniques.extend(json::texts(value, LIST_MAX)),
            "tactic" => keep(self.0, "threat.tactic.name", value),
            "technique" => keep(self.0, "threat.technique.name", value),
            _ => {}
        }
    }
}

// What the decoder made of the log: its own fields, or a whole alert of Suricata's.
fn data<'a>(alert: &mut Alert<'a>, value: &'a str) {
    let is_eve = json::own(value.as_bytes(), b"\"event_type\"")
        .is_some_and(|kind| kind.starts_with(b"\"alert\""));
    let quoted = if is_eve { suricata_eve::event(value, true) } else { Ok(Parsed::Other) };
    let Ok(Parsed::Alert(quoted)) = quoted else {
        return json::inside(value, &mut Data(alert));
    };
    json::inside(value, &mut Quoted(alert));
    quote(alert, *quoted);
}

// The rule stays Wazuh's, which relays all of Suricata's under one; theirs, and how they rate it, stand beside it.
fn quote<'a>(alert: &mut Alert<'a>, quoted: Alert<'a>) {
    let rule = quoted.rule;
    keep_text(alert, "suricata.alert.signature", rule.name);
    keep_text(alert, "suricata.alert.signature_id", rule.id);
    keep_text(alert, "suricata.alert.category", rule.category);
    keep_text(alert, "suricata.alert.rev", rule.revision);
    if let Some(generator) = rule.generator {
        alert.note("suricata.alert.gid", Value::Integer(i64::from(generator)));
    }
    alert.priority = quoted.severity_raw.and_then(|raw| lex::number(raw.as_bytes()));
    alert.severity = quoted.severity;
    alert.verdict = quoted.verdict;
    (alert.source, alert.destination) = (quoted.source, quoted.destination);
    (alert.action, alert.transport, alert.protocol) =
        (quoted.action, quoted.transport, quoted.protocol);
    (alert.interface, alert.direction_raw) = (quoted.interface, quoted.direction_raw);
    alert.rule.references.extend(rule.references);
    alert.vulnerabilities.extend(quoted.vulnerabilities);
    alert.techniques.extend(quoted.techniques);
    alert.tags.extend(quoted.tags);
    for (key, value) in quoted.details {
        alert.note(key, value);
    }
}

// When the sensor saw it: the alert's own time is when Wazuh did.
impl<'a> Members<'a> for Quoted<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        if key == "timestamp" {
            keep(self.0, "suricata.timestamp", value);
        }
    }
}

impl<'a> Data<'_, 'a> {
    // A field by the name that decoders give it; what has no place is kept under the prefix.
    fn known(&mut self, key: &str, value: &'a str, prefix: &str) {
        let is_flat = !value.starts_with(['{', '[']);
        let Some(plain) = json::plain(value).filter(|_| is_flat) else {
            return keep_under(self.0, prefix, key, value);
        };
        // Web servers' decoders put the request's method there.
        if key == "protocol" {
            return protocol(self.0, plain);
        }
        if ossec_alerts::field(self.0, key, plain).is_some() {
            keep_under(self.0, prefix, key, value);
        }
    }
}

fn protocol<'a>(alert: &mut Alert<'a>, word: Text<'a>) {
    let lower = text::lower(word.clone());
    match lower.as_ref() {
        "tcp" | "udp" | "icmp" | "ipv6-icmp" | "igmp" | "sctp" | "gre" | "esp" => {
            first(&mut alert.transport, Some(lower));
        }
        _ if lex::number::<u8>(word.as_bytes()).is_some() => {
            first(&mut alert.transport, Some(words::transport(word)));
        }
        "get" | "post" | "head" | "put" | "delete" | "options" | "patch" | "connect" | "trace"
        | "propfind" => keep_text(alert, "http.request.method", Some(word)),
        _ => first(&mut alert.protocol, Some(lower)),
    }
}

impl<'a> Members<'a> for Data<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        match key {
            "win" => json::inside(value, &mut Windows(self.0)),
            "aws" | "gcp" | "office365" => json::inside(value, &mut Cloud(self.0)),
            "vulnerability" => json::inside(value, &mut Vulnerability(self.0)),
            _ => return self.known(key, value, "wazuh.data."),
        }
        keep_under(self.0, "wazuh.data.", key, value);
    }
}

// The Windows event log's own names.
impl<'a> Members<'a> for Windows<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        let alert = &mut *self.0;
        match key {
            "eventdata" | "system" => json::inside(value, self),
            "ipAddress" | "sourceIp" => address(&mut alert.source, json::plain(value)),
            "destinationIp" => address(&mut alert.destination, json::plain(value)),
            "ipPort" | "sourcePort" => port(&mut alert.source, json::plain(value)),
            "destinationPort" => port(&mut alert.destination, json::plain(value)),
            "targetUserName" => first(&mut alert.destination.user, json::plain(value)),
            "image" => keep(alert, "process.executable", value),
            "commandLine" => keep(alert, "process.command_line", value),
            _ => {}
        }
    }
}

impl<'a> Members<'a> for Cloud<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        if matches!(key, "sourceIPAddress" | "source_ip_address" | "ClientIP" | "callerIp") {
            address(&mut self.0.source, json::plain(value));
        }
    }
}

impl<'a> Members<'a> for Vulnerability<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        if key == "cve" {
            let cve = json::plain(value).unwrap_or_default();
            words::cves_owned(&cve, &mut self.0.vulnerabilities);
        }
    }
}

impl<'a> Members<'a> for File<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        let name = match key {
            "path" => "file.path",
            "md5_after" => "file.hash.md5",
            "sha1_after" => "file.hash.sha1",
            "sha256_after" => "file.hash.sha256",
            "size_after" => "file.size",
            "uname_after" => "file.owner",
            _ => return,
        };
        keep(self.0, name, value);
    }
}
