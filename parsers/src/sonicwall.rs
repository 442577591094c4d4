//! SonicWall: `id=firewall sn=... time="2026-03-14 10:50:25" fw=192.0.2.1 pri=1 c=32 m=82 msg="Possible port scan detected" n=1
//! src=203.0.113.9:40112:X1 dst=192.0.2.80:22:X0`. The category (`c`) tells an attack, or the message's number (`m`). Source:
//! SonicWall, "SonicOS log events reference guide", "Index of syslog tag field descriptions", "Legacy categories".

use alloc::{borrow::Cow, boxed::Box};

use crate::alert::{Alert, Endpoint, Parsed, Reject, Severity, Text, Value, Verdict};
use crate::pairs::{self, Pairs};
use crate::product_keys::{self, Field, Names, Side};
use crate::table::Table;
use crate::{Format, Framing, lex, no_short_cut, ranks, stamp, text, words};

use Field as F;

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "sonicwall",
    about: "SonicWall's syslog",
    example: "id=firewall sn=0006B1000000 time=\"2026-03-14 10:50:25\" fw=192.0.2.1 pri=1 c=32 m=82 \
              msg=\"Possible port scan detected\" n=3 src=203.0.113.9:40112:X1 dst=192.0.2.80:22:X0",
    framing: Framing::Line,
    also: &[FLOOD, POLICY],
    claims,
    skips: no_short_cut,
    parse,
    parse_head: parse,
};

/// Floods that the release does not count among the attacks.
const FLOOD: &str = "flood";

/// What the administrator's own rules stopped: applications, countries.
const POLICY: &str = "policy";

/// The legacy category of attacks.
const ATTACK: u32 = 32;

// Messages by their numbers.
const DETECTION: [u32; 4] = [608, 789, 795, 1154];
const PREVENTION: [u32; 4] = [609, 790, 794, 1155];
const SERVICES: [u32; 15] =
    [608, 609, 789, 790, 794, 795, 809, 1098, 1099, 1200, 1201, 1476, 1477, 1518, 1519];
const POLICIES: [u32; 7] = [793, 1154, 1155, 1198, 1199, 1474, 1475];
const FLOODS: [u32; 15] =
    [25, 859, 860, 864, 866, 898, 901, 904, 905, 1180, 1213, 1214, 1369, 1450, 1451];
// Category "attack", and no attack: the administrator changed how floods are dealt with.
const SETTINGS: [u32; 5] = [856, 857, 858, 862, 863];

fn claims(record: &[u8]) -> bool {
    record.starts_with(b"id=") && pairs::has_keys(record, &[b"sn", b"fw"])
}

/// What a record is, by its category and its message's number.
enum Kind {
    Alert,
    Also(&'static str),
    Other,
}

fn kind(category: Option<u32>, message: Option<u32>) -> Kind {
    let is = |table: &[u32]| message.is_some_and(|message| table.contains(&message));
    match category {
        _ if is(&SETTINGS) => Kind::Other,
        _ if is(&SERVICES) => Kind::Alert,
        _ if is(&POLICIES) => Kind::Also(POLICY),
        Some(ATTACK) => Kind::Alert,
        _ if is(&FLOODS) => Kind::Also(FLOOD),
        _ => Kind::Other,
    }
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let number = |key| pairs::near_value(record, key).and_then(lex::number::<u32>);
    let (category, message) = (number(b"c"), number(b"m"));
    if category.is_none() && message.is_none() {
        return Err(Reject { at: record.len(), wanted: "`c` or `m`" });
    }
    let kind = kind(category, message);
    if matches!(kind, Kind::Other) {
        return Ok(Parsed::Other);
    }
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("sonicwall");
    let mut signature = None;
    NAMES.take_all(Pairs::new(record).texts(), &mut alert, |key, value, alert| match key {
        "time" => {
            alert.stamp = stamp::any(value.as_bytes());
            alert.stamp.is_none().then_some(value)
        }
        "src" | "srcV6" => side(key, value, Which::Source, alert),
        "dst" | "dstV6" => side(key, value, Which::Destination, alert),
        "proto" => protocol(value, alert),
        "sid" => product_keys::first(&mut signature, value),
        "ipspri" | "idppri" | "spypri" => rank(value, alert),
        // Not applicable: the firewall took no action of its own.
        "fw_action" if value == "NA" => Some(value),
        "fw_action" => F::Action.take(value, alert),
        _ => Some(value),
    });
    // A signature is the rule; where there is none, the message.
    let message_id = alert.detail("sonicwall.message_id").and_then(|id| match id {
        Value::Text(id) => Some(id.clone()),
        _ => None,
    });
    alert.rule.id = signature.or(message_id);
    if alert.severity_raw.is_none() {
        alert.severity = alert.priority.map(ranks::level_number).unwrap_or_default();
    }
    alert.verdict = verdict(message, &alert);
    Ok(match kind {
        Kind::Also(kind) => Parsed::Also(kind, alert),
        Kind::Alert | Kind::Other => Parsed::Alert(alert),
    })
}

// The firewall's own word; what the kind of message says; what the message says.
fn verdict(message: Option<u32>, alert: &Alert<'_>) -> Verdict {
    match alert.action.as_deref() {
        Some("forward") => return Verdict::Detected,
        Some("mgmt") | None => {}
        Some(action) => return words::verdict(action),
    }
    match message {
        Some(message) if PREVENTION.contains(&message) => Verdict::Blocked,
        Some(message) if DETECTION.contains(&message) => Verdict::Detected,
        _ => alert.rule.name.as_deref().map(words::verdict).unwrap_or_default(),
    }
}

// The priority of a signature: 1 high, 2 medium, 3 low.
fn rank<'a>(value: Text<'a>, alert: &mut Alert<'a>) -> Option<Text<'a>> {
    alert.severity = match value.as_ref() {
        "1" => Severity::High,
        "2" => Severity::Medium,
        "3" => Severity::Low,
        _ => Severity::Info,
    };
    product_keys::first(&mut alert.severity_raw, value)
}

// `tcp/http`, `6`.
fn protocol<'a>(value: Text<'a>, alert: &mut Alert<'a>) -> Option<Text<'a>> {
    let Some((transport, service)) = value.split_once('/') else {
        return F::Transport.take(value, alert);
    };
    let (transport, service) = (Cow::Owned(transport.into()), Cow::Owned(service.into()));
    product_keys::first(&mut alert.transport, words::transport(transport))?;
    F::Protocol.take(service, alert)
}

#[derive(Clone, Copy)]
enum Which {
    Source,
    Destination,
}

// `address:port:interface:name`, of which all but the address may be missing; the older `::` is none.
fn side<'a>(
    key: &'a str,
    value: Text<'a>,
    which: Which,
    alert: &mut Alert<'a>,
) -> Option<Text<'a>> {
    let Some((ip, rest)) = address(&value) else { return Some(value) };
    let end = match which {
        Which::Source => &mut alert.source,
        Which::Destination => &mut alert.destination,
    };
    // The addresses of IPv6 have keys of their own, beside an empty one of IPv4.
    let better = end.ip.is_none_or(|there| there.is_unspecified() && key.ends_with("V6"));
    if !better {
        return Some(value);
    }
    let mut parts = rest.split(':');
    let port = parts.next().and_then(|port| lex::number(port.as_bytes()));
    let interface: Option<Text<'_>> = some(parts.next()).map(|name| Cow::Owned(name.into()));
    let name: Option<Text<'_>> = some(parts.next()).map(|name| Cow::Owned(name.into()));
    *end = Endpoint { ip: Some(ip), port: port.or(end.port), ..core::mem::take(end) };
    end.domain = end.domain.take().or(name);
    match which {
        Which::Source => alert.interface = alert.interface.take().or(interface),
        Which::Destination => {
            if let Some(interface) = interface {
                alert.note("observer.egress.interface.name", Value::Text(interface));
            }
        }
    }
    None
}

fn some(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text::says_nothing(text))
}

// The address, and what is behind its colon. Of IPv6 with nothing around it, the last groups are the port and what follows
// if no number can stand there.
fn address(value: &str) -> Option<(core::net::IpAddr, &str)> {
    if let Some((inside, rest)) = value.strip_prefix('[').and_then(|v| v.split_once(']')) {
        let (ip, _) = lex::address(inside.as_bytes())?;
        return Some((ip, rest.strip_prefix(':').unwrap_or_default()));
    }
    let colon = match value.find('.') {
        Some(_) => value.find(':'),
        None => port_colon(value),
    };
    let (ip, rest) = match colon {
        Some(at) => (value.get(..at)?, value.get(at + 1..)?),
        None => (value, ""),
    };
    lex::address(ip.as_bytes()).map(|(ip, _)| (ip, rest))
}

fn port_colon(value: &str) -> Option<usize> {
    let is_group = |part: &&str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let groups: usize = value.split(':').take_while(is_group).map(|group| group.len() + 1).sum();
    // The last of the groups is the port; nothing behind them means that all are the address.
    let groups =
        value.get(..groups.saturating_sub(1)).filter(|groups| groups.len() < value.len())?;
    groups.rfind(':')
}

/// What is not listed stays under `sonicwall.`.
static NAMES: Names = Names { prefix: "sonicwall.", keys: Table::new(KEYS) };

const KEYS: &[(&str, Field)] = &[
    ("app", F::Text("sonicwall.app")),
    ("appName", F::Text("sonicwall.appName")),
    ("appcat", F::Text("sonicwall.appcat")),
    ("appid", F::Text("sonicwall.appid")),
    ("arg", F::Text("url.path")),
    ("c", F::Text("sonicwall.category")),
    ("dst", F::Own("sonicwall.dst")),
    ("dstMac", F::Destination(Side::Mac)),
    ("dstV6", F::Own("sonicwall.dstV6")),
    ("dstZone", F::Text("observer.egress.zone")),
    ("dstname", F::Text("url.domain")),
    ("filename", F::Text("file.name")),
    ("fw", F::Host),
    ("fw_action", F::Own("sonicwall.fw_action")),
    ("gcat", F::Text("sonicwall.gcat")),
    ("id", F::Text("sonicwall.id")),
    ("idpcat", F::Category),
    ("idppri", F::Own("sonicwall.idppri")),
    ("ipscat", F::Category),
    ("ipspri", F::Own("sonicwall.ipspri")),
    ("m", F::Text("sonicwall.message_id")),
    ("mac", F::Source(Side::Mac)),
    ("msg", F::Name),
    ("n", F::Number("sonicwall.n")),
    ("note", F::Text("sonicwall.note")),
    ("op", F::Text("sonicwall.op")),
    ("pri", F::Priority),
    ("proto", F::Own("sonicwall.proto")),
    ("rcvd", F::Number("destination.bytes")),
    ("referer", F::Text("http.request.referrer")),
    ("result", F::Number("http.response.status_code")),
    ("rule", F::Ruleset),
    ("sent", F::Number("source.bytes")),
    ("sid", F::Own("sonicwall.sid")),
    ("sn", F::Text("observer.serial_number")),
    ("spycat", F::Category),
    ("spypri", F::Own("sonicwall.spypri")),
    ("src", F::Own("sonicwall.src")),
    ("srcMac", F::Source(Side::Mac)),
    ("srcV6", F::Own("sonicwall.srcV6")),
    ("srcZone", F::Text("observer.ingress.zone")),
    ("time", F::Own("sonicwall.time")),
    ("user", F::Source(Side::User)),
    ("usr", F::Source(Side::User)),
];

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn an_address_may_have_a_port_an_interface_and_a_name() {
        let check = |value: &str, want: Option<(&str, &str)>| {
            let got = address(value).map(|(ip, rest)| (ip.to_string(), rest));
            let want = want.map(|(ip, rest)| (ip.to_string(), rest));
            assert_eq!(got, want, "{value}");
        };
        check("192.0.2.1:80:X0:www.example.com", Some(("192.0.2.1", "80:X0:www.example.com")));
        check("192.0.2.1::X0", Some(("192.0.2.1", ":X0")));
        check("192.0.2.1", Some(("192.0.2.1", "")));
        check("[2001:db8::1]:443:X1", Some(("2001:db8::1", "443:X1")));
        check("2001:db8::1:443:X1", Some(("2001:db8::1", "443:X1")));
        check("2001:db8::1", Some(("2001:db8::1", "")));
        check("::", Some(("::", "")));
        check("example", None);
        check("", None);
    }

    #[test]
    fn some_records_are_alerts_only_for_those_who_ask() {
        let check = |record: &str, want: &str| {
            let got = parse(record.as_bytes());
            assert!(matches!(got, Ok(Parsed::Also(kind, _)) if kind == want), "{record}");
        };
        check("id=f sn=1 fw=192.0.2.1 c=0 m=860 msg=\"Possible SYN Flood\"", FLOOD);
        check("id=f sn=1 fw=192.0.2.1 c=0 m=1198 msg=\"Initiator blocked\"", POLICY);
    }
}
