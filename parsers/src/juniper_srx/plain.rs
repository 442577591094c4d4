//! The sentences of the same messages where the device writes plain text: the words between the values are Junos', so
//! each value is what stands behind its words. Source: Juniper, System Log Explorer, the text of each message.

use memchr::{memchr, memmem};

use super::structured::take;
use crate::alert::{Alert, Endpoint, Text};
use crate::{lex, text};

/// `IDP: at 1773485425, SIG Attack log <a/p->b/p> for TCP protocol and service S application A by rule 3 of rulebase IPS
/// in policy P. attack: id=1, repeat=0, action=DROP, threat-severity=HIGH, name=N, NAT <a:p->b:p>, ..., intf:z:i->z:i,
/// ... and misc-message -`.
pub(super) fn attack<'a>(body: &'a [u8], alert: &mut Alert<'a>) -> bool {
    let at = memmem::find(body, b" attack: ").unwrap_or(body.len());
    let (sentence, list) = body.split_at_checked(at).unwrap_or((body, b""));
    let list = list.get(" attack: ".len()..).unwrap_or_default();
    if !told(sentence, alert) {
        return false;
    }
    let keys: &[(&[u8], &str)] = &[
        (b"id=", "export-id"),
        (b"repeat=", "repeat-count"),
        (b"action=", "action"),
        (b"threat-severity=", "threat-severity"),
        (b"severity=", "threat-severity"),
        (b"name=", "attack-name"),
        (b"time-elapsed=", "elapsed-time"),
        (b"inbytes=", "inbound-bytes"),
        (b"outbytes=", "outbound-bytes"),
        (b"inpackets=", "inbound-packets"),
        (b"outpackets=", "outbound-packets"),
        (b"packet-log-id: ", "packet-log-id"),
        (b"alert=", "alert"),
        (b"username=", "username"),
        (b"roles=", "roles"),
    ];
    let (list, message) = match memmem::find(list, b" and misc-message ") {
        Some(end) => (list.get(..end), list.get(end + " and misc-message ".len()..)),
        None => (Some(list), None),
    };
    for item in list.unwrap_or_default().split(|byte| *byte == b',') {
        let item = item.trim_ascii();
        let key = keys.iter().find(|(mark, _)| item.starts_with(mark));
        if let Some((mark, key)) = key {
            let value = item.get(mark.len()..).unwrap_or_default();
            take(Text::Borrowed(key), text::shown(value), alert);
        } else if let Some(path) = item.strip_prefix(b"intf:") {
            interfaces(path, alert);
        } else if let Some(inside) = item.strip_prefix(b"NAT <") {
            translated(inside.strip_suffix(b">").unwrap_or(inside), alert);
        }
    }
    take(Text::Borrowed("message"), text::shown(message.unwrap_or_default()), alert);
    true
}

// What both attack messages begin with.
fn told<'a>(sentence: &'a [u8], alert: &mut Alert<'a>) -> bool {
    let values: &[(&[u8], &[u8], &str)] = &[
        (b" at ", b" ,", "epoch-time"),
        (b", ", b" ", "message-type"),
        (b"> for ", b" ", "protocol-name"),
        (b" and service ", b" ", "service-name"),
        (b" application ", b" ", "application-name"),
        (b" rule ", b" ", "rule-name"),
        (b" of rulebase ", b" ", "rulebase-name"),
        (b" in policy ", b" ", "policy-name"),
    ];
    for (words, ends, key) in values {
        let Some(value) = behind(sentence, words, ends) else { continue };
        let value =
            if *key == "policy-name" { value.strip_suffix(b".").unwrap_or(value) } else { value };
        let says_none = *key == "application-name" && value == b"NONE";
        let no_type = *key == "message-type" && value.starts_with(b"<");
        if !says_none && !no_type {
            take(Text::Borrowed(key), text::shown(value), alert);
        }
    }
    let inside = memchr(b'<', sentence)
        .and_then(|open| sentence.get(open + 1..))
        .and_then(|inside| inside.get(..memmem::find(inside, b"> ").unwrap_or(inside.len())));
    let Some(inside) = inside else { return false };
    let Some(arrow) = memmem::find(inside, b"->") else { return false };
    alert.source = end(inside.get(..arrow).unwrap_or_default(), &mut alert.interface);
    let mut egress = None;
    alert.destination = end(inside.get(arrow + 2..).unwrap_or_default(), &mut egress);
    if let Some(interface) = egress {
        take(Text::Borrowed("destination-interface-name"), interface, alert);
    }
    true
}

// `a/p`; `zone:interface:a:p`, where the zone may be missing.
fn end<'a>(place: &'a [u8], interface: &mut Option<Text<'a>>) -> Endpoint<'a> {
    if let Some(slash) = memchr::memrchr(b'/', place)
        && let Some((ip, zone)) = place.get(..slash).and_then(lex::address)
    {
        let port = place.get(slash + 1..).and_then(lex::number);
        return Endpoint { ip: Some(ip), zone, port, ..Endpoint::default() };
    }
    let mut rest = place;
    for _ in 0..3 {
        if let Some(found) = lex::socket(rest, true) {
            return found;
        }
        let Some(colon) = memchr(b':', rest) else { break };
        let (word, behind) = rest.split_at_checked(colon).unwrap_or((rest, b""));
        *interface = Some(text::shown(word));
        rest = behind.get(1..).unwrap_or_default();
    }
    Endpoint { domain: Some(text::shown(place)), ..Endpoint::default() }
}

// `zone:interface->zone:interface`.
fn interfaces<'a>(path: &'a [u8], alert: &mut Alert<'a>) {
    let arrow = memmem::find(path, b"->").unwrap_or(path.len());
    let ends = [
        (path.get(..arrow), "source-zone-name", "source-interface-name"),
        (path.get(arrow + 2..), "destination-zone-name", "destination-interface-name"),
    ];
    for (end, zone_key, interface_key) in ends {
        let end = end.unwrap_or_default();
        let Some(colon) = memchr(b':', end) else { continue };
        let (zone, interface) = (end.get(..colon), end.get(colon + 1..));
        take(Text::Borrowed(zone_key), text::shown(zone.unwrap_or_default()), alert);
        take(Text::Borrowed(interface_key), text::shown(interface.unwrap_or_default()), alert);
    }
}

// `a:p->b:p`.
fn translated<'a>(inside: &'a [u8], alert: &mut Alert<'a>) {
    let arrow = memmem::find(inside, b"->").unwrap_or(inside.len());
    let ends = [
        (inside.get(..arrow), "nat-source-address", "nat-source-port"),
        (inside.get(arrow + 2..), "nat-destination-address", "nat-destination-port"),
    ];
    for (end, address_key, port_key) in ends {
        let end = end.unwrap_or_default();
        let Some(colon) = memchr::memrchr(b':', end) else { continue };
        let (address, port) = (end.get(..colon), end.get(colon + 1..));
        take(Text::Borrowed(address_key), text::shown(address.unwrap_or_default()), alert);
        take(Text::Borrowed(port_key), text::shown(port.unwrap_or_default()), alert);
    }
}

/// `DDOS Attack at 1773485425 on my-http, <z:i:a:p->z:i:b:p> for TCP protocol and service S by rule 1 of rulebase DDOS in
/// policy P. attack: repeats 3 action DROP threat-severity INFO, connection-hit-rate 30, context-name c, hit-rate 123,
/// value-hit-rate 0 time-scope PEER time-count 3 time-period 60 secs, context value: ascii: x hex: y`.
pub(super) fn application_attack<'a>(body: &'a [u8], alert: &mut Alert<'a>) -> bool {
    let at = memmem::find(body, b" attack: ").unwrap_or(body.len());
    let (sentence, list) = body.split_at_checked(at).unwrap_or((body, b""));
    if !told(sentence, alert) {
        return false;
    }
    let on = behind(sentence, b" on ", b",").unwrap_or_default();
    take(Text::Borrowed("ddos-application-name"), text::shown(on), alert);
    let (list, value) = match memmem::find(list, b" context value: ") {
        Some(end) => (list.get(..end), list.get(end + " context value: ".len()..)),
        None => (Some(list), None),
    };
    let list = list.unwrap_or_default();
    let values: &[(&[u8], &str)] = &[
        (b" repeats ", "repeat-count"),
        (b" action ", "action"),
        (b"severity ", "threat-severity"),
        (b" connection-hit-rate ", "connection-hit-rate"),
        (b" context-name ", "context-name"),
        (b" hit-rate ", "context-hit-rate"),
        (b" value-hit-rate ", "context-value-hit-rate"),
        (b" time-scope ", "time-scope"),
        (b" time-count ", "time-count"),
        (b" time-period ", "time-period"),
    ];
    for (words, key) in values {
        if let Some(value) = behind(list, words, b" ,") {
            take(Text::Borrowed(key), text::shown(value), alert);
        }
    }
    take(Text::Borrowed("context-value"), text::shown(value.unwrap_or_default()), alert);
    true
}

/// `TCP sweep! source: a:p, destination: b:p, protocol-id: n, zone name: z, interface name: i, action: drop`; a limit of
/// sessions has only one of the two places.
pub(super) fn screen<'a>(body: &'a [u8], alert: &mut Alert<'a>) -> bool {
    let first =
        memmem::find(body, b"source: ").into_iter().chain(memmem::find(body, b"destination: "));
    let Some(at) = first.min() else { return false };
    let (name, list) = body.split_at_checked(at).unwrap_or((body, b""));
    let name = name.trim_ascii();
    alert.rule.name = Some(name).filter(|name| !name.is_empty()).map(text::shown);
    let ports = alert.transport.as_deref() != Some("icmp");
    for item in list.split(|byte| *byte == b',') {
        let Some(colon) = memmem::find(item, b": ") else { continue };
        let (key, value) = item.split_at_checked(colon).unwrap_or((item, b""));
        let value = value.get(2..).unwrap_or_default().trim_ascii();
        let key = match key.trim_ascii() {
            key @ (b"source" | b"destination") => {
                let end = if key == b"source" { &mut alert.source } else { &mut alert.destination };
                *end = lex::socket(value, ports).unwrap_or_else(|| Endpoint {
                    domain: Some(text::shown(value)),
                    ..Endpoint::default()
                });
                continue;
            }
            b"zone name" => Text::Borrowed("source-zone-name"),
            b"interface name" => Text::Borrowed("interface-name"),
            other => text::shown(other),
        };
        take(key, text::shown(value), alert);
    }
    alert.rule.name.is_some()
}

/// What the filters write: `... a(p)->b(p) ...` and words; the sentence stays whole.
pub(super) fn sentence<'a>(body: &'a [u8], alert: &mut Alert<'a>) -> bool {
    take(Text::Borrowed("message"), text::shown(body), alert);
    let Some(arrow) = memmem::find(body, b")->") else { return true };
    let source = body.get(..arrow).and_then(|before| before.rsplit(|byte| *byte == b' ').next());
    let destination =
        body.get(arrow + 3..).and_then(|rest| rest.split(|byte| *byte == b')').next());
    let end = |place: Option<&'a [u8]>| {
        let place = place?;
        let open = memchr(b'(', place)?;
        let (ip, zone) = lex::address(place.get(..open)?)?;
        let port = lex::number(place.get(open + 1..)?);
        Some(Endpoint { ip: Some(ip), zone, port, ..Endpoint::default() })
    };
    alert.source = end(source).unwrap_or_default();
    alert.destination = end(destination).unwrap_or_default();
    let values: &[(&[u8], &str)] = &[
        (b"CATEGORY=\"", "category"),
        (b"URL=", "url"),
        (b" virus ", "name"),
        (b"USERNAME=", "username"),
    ];
    for (words, key) in values {
        if let Some(value) = behind(body, words, b" \"") {
            take(Text::Borrowed(key), text::shown(value), alert);
        }
    }
    true
}

// What stands behind these words, up to one of these bytes.
fn behind<'a>(text: &'a [u8], words: &[u8], ends: &[u8]) -> Option<&'a [u8]> {
    let at = memmem::find(text, words)? + words.len();
    text.get(at..)?.split(|byte| ends.contains(byte)).next()
}
