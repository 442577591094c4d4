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

// To add a key, add a line.
const KEYS: &[(&str, Meaning)] = &[
    ("ACPolicy", M::Own("cisco.ACPolicy")),
    ("AccessControlRuleAction", M::Own("cisco.AccessControlRuleAction")),
    ("AccessControlRuleName", M::Own("cisco.AccessControlRuleName")),
    ("ApplicationProtocol", M::Protocol),
    ("ArchiveDepth", M::Own("cisco.ArchiveDepth")),
    ("ArchiveFileName", M::Own("cisco.ArchiveFileName")),
    ("ArchiveFileStatus", M::Own("cisco.ArchiveFileStatus")),
    ("ArchiveSHA256", M::Own("cisco.ArchiveSHA256")),
    ("Classification", M::Category),
    ("Client", M::Own("cisco.Client")),
    ("ClientAppDetector", M::Own("cisco.ClientAppDetector")),
    ("ClientVersion", M::Own("cisco.ClientVersion")),
    ("ConnectionDuration", M::Own("cisco.ConnectionDuration")),
    ("ConnectionID", M::Own("cisco.ConnectionID")),
    ("DNSQuery", M::Free("dns.question.name")),
    ("DNSRecordType", M::Own("cisco.DNSRecordType")),
    ("DNSResponseType", M::Own("cisco.DNSResponseType")),
    ("DNSSICategory", M::Category),
    ("DNS_Sinkhole", M::Own("cisco.DNS_Sinkhole")),
    ("DNS_TTL", M::Own("cisco.DNS_TTL")),
    ("DestinationSecurityGroup", M::Own("cisco.DestinationSecurityGroup")),
    ("DestinationSecurityGroupTag", M::Own("cisco.DestinationSecurityGroupTag")),
    ("DestinationSecurityGroupType", M::Own("cisco.DestinationSecurityGroupType")),
    ("DetectionType", M::Own("cisco.DetectionType")),
    ("DeviceUUID", M::Own("cisco.DeviceUUID")),
    ("DstIP", M::DestinationAddress),
    ("DstPort", M::DestinationPort),
    ("EgressInterface", M::Text("observer.egress.interface.name")),
    ("EgressVRF", M::Own("cisco.EgressVRF")),
    ("EgressZone", M::Text("observer.egress.zone")),
    ("EncryptPeerIP", M::Own("cisco.EncryptPeerIP")),
    ("EndpointProfile", M::Own("cisco.EndpointProfile")),
    ("EventPriority", M::Own("cisco.EventPriority")),
    ("FileAction", M::Own("cisco.FileAction")),
    ("FileCount", M::Own("cisco.FileCount")),
    ("FileDirection", M::Own("cisco.FileDirection")),
    ("FileName", M::Free("file.name")),
    ("FilePolicy", M::Own("cisco.FilePolicy")),
    ("FileSHA256", M::Sha256),
    ("FileSandboxStatus", M::Own("cisco.FileSandboxStatus")),
    ("FileSize", M::Number("file.size")),
    ("FileStorageStatus", M::Own("cisco.FileStorageStatus")),
    ("FileType", M::Own("cisco.FileType")),
    ("FirstPacketSecond", M::Own("cisco.FirstPacketSecond")),
    ("GID", M::Generator),
    ("HTTPReferer", M::Free("http.request.referrer")),
    ("HTTPResponse", M::Number("http.response.status_code")),
    ("HTTPResponseCode", M::Own("cisco.HTTPResponseCode")),
    ("HTTP_Hostname", M::Free("url.domain")),
    ("HTTP_Method", M::Own("cisco.HTTP_Method")),
    ("HTTP_URI", M::Free("url.original")),
    ("ICMPCode", M::Own("cisco.ICMPCode")),
    ("ICMPType", M::Own("cisco.ICMPType")),
    ("IPReputationSICategory", M::Category),
    ("IPSCount", M::Own("cisco.IPSCount")),
    ("IngressInterface", M::Interface),
    ("IngressVRF", M::Own("cisco.IngressVRF")),
    ("IngressZone", M::Text("observer.ingress.zone")),
    ("InitiatorBytes", M::Own("cisco.InitiatorBytes")),
    ("InitiatorPackets", M::Own("cisco.InitiatorPackets")),
    ("InlineResult", M::Action),
    ("InlineResultReason", M::Own("cisco.InlineResultReason")),
    ("InstanceID", M::Own("cisco.InstanceID")),
    ("IntrusionPolicy", M::Policy),
    ("MPLS_Label", M::Own("cisco.MPLS_Label")),
    ("Message", M::Name),
    ("MitreAttackGroups", M::Techniques),
    ("NAPPolicy", M::Own("cisco.NAPPolicy")),
    ("NAT_InitiatorIP", M::Own("cisco.NAT_InitiatorIP")),
    ("NAT_InitiatorPort", M::Own("cisco.NAT_InitiatorPort")),
    ("NAT_ResponderIP", M::Own("cisco.NAT_ResponderIP")),
    ("NAT_ResponderPort", M::Own("cisco.NAT_ResponderPort")),
    ("NetBIOSDomain", M::Own("cisco.NetBIOSDomain")),
    ("NumIOC", M::Own("cisco.NumIOC")),
    ("OriginalClientSrcIP", M::Own("cisco.OriginalClientSrcIP")),
    ("Prefilter Policy", M::Own("cisco.Prefilter Policy")),
    ("Priority", M::Priority),
    ("Protocol", M::Transport),
    ("ReferencedHost", M::Free("url.domain")),
    ("ResponderBytes", M::Own("cisco.ResponderBytes")),
    ("ResponderPackets", M::Own("cisco.ResponderPackets")),
    ("Revision", M::Revision),
    ("SHA_Disposition", M::Own("cisco.SHA_Disposition")),
    ("SID", M::Signature),
    ("SSLActualAction", M::Own("cisco.SSLActualAction")),
    ("SSLCertificate", M::Own("cisco.SSLCertificate")),
    ("SSLExpectedAction", M::Own("cisco.SSLExpectedAction")),
    ("SSLFlowStatus", M::Own("cisco.SSLFlowStatus")),
    ("SSLPolicy", M::Own("cisco.SSLPolicy")),
    ("SSLRuleName", M::Own("cisco.SSLRuleName")),
    ("SSLServerName", M::Own("cisco.SSLServerName")),
    ("SSLSessionID", M::Own("cisco.SSLSessionID")),
    ("SSLTicketID", M::Own("cisco.SSLTicketID")),
    ("SSLVersion", M::Own("cisco.SSLVersion")),
    ("SecIntMatchingIP", M::Own("cisco.SecIntMatchingIP")),
    ("SecurityGroup", M::Own("cisco.SecurityGroup")),
    ("SnortRuleGroups", M::Own("cisco.SnortRuleGroups")),
    ("SourceSecurityGroup", M::Own("cisco.SourceSecurityGroup")),
    ("SourceSecurityGroupTag", M::Own("cisco.SourceSecurityGroupTag")),
    ("SourceSecurityGroupType", M::Own("cisco.SourceSecurityGroupType")),
    ("SperoDisposition", M::Own("cisco.SperoDisposition")),
    ("SrcIP", M::SourceAddress),
    ("SrcPort", M::SourcePort),
    ("TCPFlags", M::Own("cisco.TCPFlags")),
    ("ThreatName", M::Name),
    ("ThreatScore", M::Own("cisco.ThreatScore")),
    ("Tunnel or Prefilter Rule", M::Own("cisco.Tunnel or Prefilter Rule")),
    ("URI", M::Free("url.original")),
    ("URL", M::Free("url.original")),
    ("URLCategory", M::Own("cisco.URLCategory")),
    ("URLReputation", M::Own("cisco.URLReputation")),
    ("URLSICategory", M::Category),
    ("User", M::User),
    ("UserAgent", M::Free("user_agent.original")),
    ("VLAN_ID", M::Own("cisco.VLAN_ID")),
    ("VPN_Action", M::Own("cisco.VPN_Action")),
    ("WebAppDetector", M::Own("cisco.WebAppDetector")),
    ("WebApplication", M::Own("cisco.WebApplication")),
];

fn meaning(key: &str) -> Option<Meaning> {
    let at = KEYS.binary_search_by(|(name, _)| (*name).cmp(key)).ok()?;
    KEYS.get(at).map(|(_, meaning)| *meaning)
}

/// Reads all pairs; were there any? The first of a key counts.
pub(super) fn read<'a>(text: &'a [u8], alert: &mut Alert<'a>) -> bool {
    let Some((mut key, mut rest)) = key_at(text) else { return false };
    alert.details.reserve_exact(24);
    loop {
        let known = meaning(key);
        let free = matches!(known, Some(M::Free(_) | M::Name));
        let next = next_key(rest, free);
        let (end, following) = next.map_or((rest.len(), None), |(end, next)| (end, Some(next)));
        let value = text::shown(rest.get(..end).unwrap_or_default().trim_ascii());
        if !value.is_empty() {
            take(key, known, unquoted(value), alert);
        }
        match following {
            Some((next, behind)) => (key, rest) = (next, behind),
            None => return true,
        }
    }
}

// The key that stands here, and what follows its colon.
fn key_at(text: &[u8]) -> Option<(&str, &[u8])> {
    let text = text.trim_ascii_start();
    let window = text.get(..KEY_BYTES_MAX + 1).unwrap_or(text);
    let end = memchr::memchr(b':', window)?;
    let key = core::str::from_utf8(text.get(..end)?).ok()?;
    let shaped = |byte: u8| byte.is_ascii_alphanumeric() || b"_ ".contains(&byte);
    let capital = key.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase());
    (capital && key.bytes().all(shaped)).then_some((key, text.get(end + 1..)?))
}

type Next<'a> = (usize, (&'a str, &'a [u8]));

// Where the value ends that begins here, the next key, and what follows it.
fn next_key(text: &[u8], free: bool) -> Option<Next<'_>> {
    for comma in memchr::memchr_iter(b',', text) {
        let behind = text.get(comma + 1..).filter(|behind| behind.first() == Some(&b' '));
        let Some((key, behind)) = behind.and_then(key_at) else { continue };
        if meaning(key).is_some() || (!free && behind.first() == Some(&b' ')) {
            return Some((comma, (key, behind)));
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
        assert!(KEYS.is_sorted_by(|a, b| a.0 < b.0));
    }
}
