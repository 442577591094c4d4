//! `Key: value, Key: value`: where one value ends and the next key begins, and what each key means. A value is not
//! quoted and may hold commas, so where people or attackers write it (a message, a URL, a name) it ends only before a key
//! that the product has; elsewhere before anything that looks like a key.

use alloc::{borrow::Cow, format, vec::Vec};

use crate::alert::{Alert, Text, Value};
use crate::{lex, text, words};

/// The longest key.
const KEY_BYTES_MAX: usize = 48;

/// What a key means.
#[derive(Debug, Clone, Copy)]
enum Meaning {
    Action,
    Category,
    DestinationAddress,
    DestinationPort,
    Generator,
    Interface,
    Name,
    Policy,
    Priority,
    Protocol,
    Revision,
    Sha256,
    Signature,
    SourceAddress,
    SourcePort,
    Techniques,
    Transport,
    User,
    /// Text under this name.
    Text(&'static str),
    /// A whole number under this name.
    Number(&'static str),
    /// Free text under this name: a comma in it and a word with a colon make no key.
    Free(&'static str),
    /// Text under `cisco.` and the key.
    Own(&'static str),
}

use Meaning as M;

// To add a key, add a line. Sorted by length, last letter and name, as
// `lex::by_shape` has it.
const KEYS: &[(&str, Meaning)] = &[
    ("GID", M::Generator),
    ("SID", M::Signature),
    ("URI", M::Free("url.original")),
    ("URL", M::Free("url.original")),
    ("User", M::User),
    ("DstIP", M::DestinationAddress),
    ("SrcIP", M::SourceAddress),
    ("NumIOC", M::Own("cisco.NumIOC")),
    ("Client", M::Own("cisco.Client")),
    ("VLAN_ID", M::Own("cisco.VLAN_ID")),
    ("DNS_TTL", M::Own("cisco.DNS_TTL")),
    ("Message", M::Name),
    ("DstPort", M::DestinationPort),
    ("SrcPort", M::SourcePort),
    ("HTTP_URI", M::Free("url.original")),
    ("FileName", M::Free("file.name")),
    ("FileSize", M::Number("file.size")),
    ("FileType", M::Own("cisco.FileType")),
    ("ICMPCode", M::Own("cisco.ICMPCode")),
    ("ICMPType", M::Own("cisco.ICMPType")),
    ("Protocol", M::Transport),
    ("Revision", M::Revision),
    ("TCPFlags", M::Own("cisco.TCPFlags")),
    ("IPSCount", M::Own("cisco.IPSCount")),
    ("ACPolicy", M::Own("cisco.ACPolicy")),
    ("DNSQuery", M::Free("dns.question.name")),
    ("Priority", M::Priority),
    ("EgressVRF", M::Own("cisco.EgressVRF")),
    ("FileCount", M::Own("cisco.FileCount")),
    ("UserAgent", M::Free("user_agent.original")),
    ("NAPPolicy", M::Own("cisco.NAPPolicy")),
    ("SSLPolicy", M::Own("cisco.SSLPolicy")),
    ("FileSHA256", M::Sha256),
    ("DeviceUUID", M::Own("cisco.DeviceUUID")),
    ("InstanceID", M::Own("cisco.InstanceID")),
    ("IngressVRF", M::Own("cisco.IngressVRF")),
    ("EgressZone", M::Text("observer.egress.zone")),
    ("ThreatName", M::Name),
    ("MPLS_Label", M::Own("cisco.MPLS_Label")),
    ("FileAction", M::Own("cisco.FileAction")),
    ("SSLVersion", M::Own("cisco.SSLVersion")),
    ("VPN_Action", M::Own("cisco.VPN_Action")),
    ("FilePolicy", M::Own("cisco.FilePolicy")),
    ("SSLTicketID", M::Own("cisco.SSLTicketID")),
    ("HTTP_Method", M::Own("cisco.HTTP_Method")),
    ("IngressZone", M::Text("observer.ingress.zone")),
    ("SSLRuleName", M::Own("cisco.SSLRuleName")),
    ("ThreatScore", M::Own("cisco.ThreatScore")),
    ("HTTPReferer", M::Free("http.request.referrer")),
    ("URLCategory", M::Own("cisco.URLCategory")),
    ("ConnectionID", M::Own("cisco.ConnectionID")),
    ("SSLSessionID", M::Own("cisco.SSLSessionID")),
    ("DNS_Sinkhole", M::Own("cisco.DNS_Sinkhole")),
    ("HTTPResponse", M::Number("http.response.status_code")),
    ("ArchiveDepth", M::Own("cisco.ArchiveDepth")),
    ("InlineResult", M::Action),
    ("ArchiveSHA256", M::Own("cisco.ArchiveSHA256")),
    ("EncryptPeerIP", M::Own("cisco.EncryptPeerIP")),
    ("DNSRecordType", M::Own("cisco.DNSRecordType")),
    ("DetectionType", M::Own("cisco.DetectionType")),
    ("HTTP_Hostname", M::Free("url.domain")),
    ("SSLServerName", M::Own("cisco.SSLServerName")),
    ("ClientVersion", M::Own("cisco.ClientVersion")),
    ("FileDirection", M::Own("cisco.FileDirection")),
    ("NetBIOSDomain", M::Own("cisco.NetBIOSDomain")),
    ("URLReputation", M::Own("cisco.URLReputation")),
    ("SecurityGroup", M::Own("cisco.SecurityGroup")),
    ("SSLFlowStatus", M::Own("cisco.SSLFlowStatus")),
    ("DNSSICategory", M::Category),
    ("EventPriority", M::Own("cisco.EventPriority")),
    ("URLSICategory", M::Category),
    ("SSLCertificate", M::Own("cisco.SSLCertificate")),
    ("Classification", M::Category),
    ("WebApplication", M::Own("cisco.WebApplication")),
    ("WebAppDetector", M::Own("cisco.WebAppDetector")),
    ("InitiatorBytes", M::Own("cisco.InitiatorBytes")),
    ("ResponderBytes", M::Own("cisco.ResponderBytes")),
    ("ReferencedHost", M::Free("url.domain")),
    ("NAT_InitiatorIP", M::Own("cisco.NAT_InitiatorIP")),
    ("NAT_ResponderIP", M::Own("cisco.NAT_ResponderIP")),
    ("ArchiveFileName", M::Own("cisco.ArchiveFileName")),
    ("DNSResponseType", M::Own("cisco.DNSResponseType")),
    ("EgressInterface", M::Text("observer.egress.interface.name")),
    ("EndpointProfile", M::Own("cisco.EndpointProfile")),
    ("SHA_Disposition", M::Own("cisco.SHA_Disposition")),
    ("SSLActualAction", M::Own("cisco.SSLActualAction")),
    ("SnortRuleGroups", M::Own("cisco.SnortRuleGroups")),
    ("IntrusionPolicy", M::Policy),
    ("SecIntMatchingIP", M::Own("cisco.SecIntMatchingIP")),
    ("HTTPResponseCode", M::Own("cisco.HTTPResponseCode")),
    ("IngressInterface", M::Interface),
    ("SperoDisposition", M::Own("cisco.SperoDisposition")),
    ("InitiatorPackets", M::Own("cisco.InitiatorPackets")),
    ("ResponderPackets", M::Own("cisco.ResponderPackets")),
    ("Prefilter Policy", M::Own("cisco.Prefilter Policy")),
    ("FirstPacketSecond", M::Own("cisco.FirstPacketSecond")),
    ("SSLExpectedAction", M::Own("cisco.SSLExpectedAction")),
    ("ClientAppDetector", M::Own("cisco.ClientAppDetector")),
    ("ArchiveFileStatus", M::Own("cisco.ArchiveFileStatus")),
    ("FileSandboxStatus", M::Own("cisco.FileSandboxStatus")),
    ("FileStorageStatus", M::Own("cisco.FileStorageStatus")),
    ("MitreAttackGroups", M::Techniques),
    ("NAT_InitiatorPort", M::Own("cisco.NAT_InitiatorPort")),
    ("NAT_ResponderPort", M::Own("cisco.NAT_ResponderPort")),
    ("ConnectionDuration", M::Own("cisco.ConnectionDuration")),
    ("InlineResultReason", M::Own("cisco.InlineResultReason")),
    ("OriginalClientSrcIP", M::Own("cisco.OriginalClientSrcIP")),
    ("ApplicationProtocol", M::Protocol),
    ("SourceSecurityGroup", M::Own("cisco.SourceSecurityGroup")),
    ("AccessControlRuleName", M::Own("cisco.AccessControlRuleName")),
    ("SourceSecurityGroupTag", M::Own("cisco.SourceSecurityGroupTag")),
    ("IPReputationSICategory", M::Category),
    ("SourceSecurityGroupType", M::Own("cisco.SourceSecurityGroupType")),
    ("AccessControlRuleAction", M::Own("cisco.AccessControlRuleAction")),
    ("Tunnel or Prefilter Rule", M::Own("cisco.Tunnel or Prefilter Rule")),
    ("DestinationSecurityGroup", M::Own("cisco.DestinationSecurityGroup")),
    ("DestinationSecurityGroupTag", M::Own("cisco.DestinationSecurityGroupTag")),
    ("DestinationSecurityGroupType", M::Own("cisco.DestinationSecurityGroupType")),
];

fn meaning(key: &str) -> Option<Meaning> {
    let at = KEYS.binary_search_by(|(name, _)| lex::by_shape(name, key)).ok()?;
    KEYS.get(at).map(|(_, meaning)| *meaning)
}

/// A key of a record, what it means, and what follows its colon.
struct Key<'a> {
    name: &'a str,
    meaning: Option<Meaning>,
    behind: &'a [u8],
}

/// Reads all pairs; were there any? The first of a key counts.
pub(super) fn read<'a>(text: &'a [u8], alert: &mut Alert<'a>) -> bool {
    let Some(mut key) = key_at(text) else { return false };
    alert.details.reserve_exact(24);
    loop {
        let free = matches!(key.meaning, Some(M::Free(_) | M::Name));
        let (end, next) = match next_key(key.behind, free) {
            Some((end, next)) => (end, Some(next)),
            None => (key.behind.len(), None),
        };
        let value = text::shown(key.behind.get(..end).unwrap_or_default().trim_ascii());
        if !value.is_empty() {
            take(key.name, key.meaning, unquoted(value), alert);
        }
        match next {
            Some(next) => key = next,
            None => return true,
        }
    }
}

// The key that stands here.
fn key_at(text: &[u8]) -> Option<Key<'_>> {
    let text = text.trim_ascii_start();
    if !text.first().is_some_and(u8::is_ascii_uppercase) {
        return None;
    }
    let window = text.get(..KEY_BYTES_MAX + 1).unwrap_or(text);
    let shaped = |byte: &u8| byte.is_ascii_alphanumeric() || b"_ ".contains(byte);
    let end = window.iter().position(|byte| !shaped(byte))?;
    let (name, behind) = text.split_at_checked(end)?;
    let name = core::str::from_utf8(name).ok()?;
    Some(Key { name, meaning: meaning(name), behind: behind.strip_prefix(b":")? })
}

// Where the value ends that begins here, and the next key.
fn next_key(text: &[u8], free: bool) -> Option<(usize, Key<'_>)> {
    for comma in memchr::memchr_iter(b',', text) {
        let behind = text.get(comma + 1..).filter(|behind| behind.first() == Some(&b' '));
        let Some(key) = behind.and_then(key_at) else { continue };
        if key.meaning.is_some() || (!free && key.behind.first() == Some(&b' ')) {
            return Some((comma, key));
        }
    }
    None
}

// Some releases put the message into quotes.
fn unquoted(value: Text<'_>) -> Text<'_> {
    match value {
        Cow::Borrowed(value) => {
            let inside = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            Cow::Borrowed(inside.unwrap_or(value))
        }
        Cow::Owned(_) => value,
    }
}

fn take<'a>(key: &'a str, known: Option<Meaning>, value: Text<'a>, alert: &mut Alert<'a>) {
    let bytes = value.as_bytes();
    let left = match known {
        None => Some((Cow::Owned(format!("cisco.{key}")), value)),
        Some(M::Action) => first(&mut alert.action, value, "cisco.InlineResult"),
        Some(M::Category) => first(&mut alert.rule.category, value, "cisco.SICategory"),
        Some(M::Interface) => first(&mut alert.interface, value, "cisco.IngressInterface"),
        Some(M::Name) => first(&mut alert.rule.name, value, "cisco.Message"),
        Some(M::Policy) => first(&mut alert.rule.ruleset, value, "cisco.IntrusionPolicy"),
        Some(M::Revision) => first(&mut alert.rule.revision, value, "cisco.Revision"),
        Some(M::Signature) => first(&mut alert.rule.id, value, "cisco.SID"),
        Some(M::Protocol) => {
            first(&mut alert.protocol, text::lower(value), "cisco.ApplicationProtocol")
        }
        Some(M::Transport) => {
            first(&mut alert.transport, words::transport(value), "cisco.Protocol")
        }
        Some(M::User) if matches!(&*value, "No Authentication Required" | "Unknown") => None,
        Some(M::User) => first(&mut alert.source.user, value, "cisco.User"),
        Some(M::SourceAddress) => {
            let found = lex::address(bytes).map(|(ip, _)| ip);
            parsed(&mut alert.source.ip, found, value, "cisco.SrcIP")
        }
        Some(M::DestinationAddress) => {
            let found = lex::address(bytes).map(|(ip, _)| ip);
            parsed(&mut alert.destination.ip, found, value, "cisco.DstIP")
        }
        Some(M::SourcePort) => {
            parsed(&mut alert.source.port, lex::number(bytes), value, "cisco.SrcPort")
        }
        Some(M::DestinationPort) => {
            parsed(&mut alert.destination.port, lex::number(bytes), value, "cisco.DstPort")
        }
        Some(M::Generator) => {
            parsed(&mut alert.rule.generator, lex::number(bytes), value, "cisco.GID")
        }
        Some(M::Priority) => {
            parsed(&mut alert.priority, lex::number(bytes), value, "cisco.Priority")
        }
        Some(M::Sha256) if bytes.len() == 64 => Some((Cow::Borrowed("file.hash.sha256"), value)),
        Some(M::Sha256) => Some((Cow::Borrowed("cisco.FileSHA256"), value)),
        Some(M::Techniques) => {
            techniques(&value, &mut alert.techniques);
            Some((Cow::Borrowed("cisco.MitreAttackGroups"), value))
        }
        Some(M::Text(name) | M::Free(name) | M::Own(name)) => Some((Cow::Borrowed(name), value)),
        Some(M::Number(name)) => match lex::number(bytes) {
            Some(number) => {
                alert.note(name, Value::Integer(number));
                None
            }
            None => Some((Cow::Borrowed(name), value)),
        },
    };
    if let Some((name, value)) = left {
        alert.note(name, Value::Text(value));
    }
}

/// The most techniques that are taken.
const TECHNIQUES_MAX: usize = 16;

// `T1190`, `T1059.007`.
fn techniques(value: &str, found: &mut Vec<Text<'_>>) {
    for word in value.split(|c: char| !c.is_ascii_alphanumeric() && c != '.') {
        let Some(number) = word.strip_prefix('T') else { continue };
        let (number, sub) = number.split_once('.').unwrap_or((number, "000"));
        let digits =
            |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
        if digits(number, 4) && digits(sub, 3) && found.len() < TECHNIQUES_MAX {
            found.push(Cow::Owned(word.into()));
        }
    }
}

type Left<'a> = Option<(Text<'a>, Text<'a>)>;

// What a field does not take is kept under the product's own name.
fn first<'a>(field: &mut Option<Text<'a>>, value: Text<'a>, own: &'static str) -> Left<'a> {
    if field.is_some() {
        return Some((Cow::Borrowed(own), value));
    }
    *field = Some(value);
    None
}

fn parsed<'a, T>(
    field: &mut Option<T>,
    found: Option<T>,
    value: Text<'a>,
    own: &'static str,
) -> Left<'a> {
    if field.is_some() || found.is_none() {
        return Some((Cow::Borrowed(own), value));
    }
    *field = found;
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(KEYS.is_sorted_by(|a, b| lex::by_shape(a.0, b.0).is_lt()));
    }
}
