//! The security logs of Junos on the SRX: attacks that the IDP found (`IDP_ATTACK_LOG_EVENT`,
//! `IDP_APPDDOS_APP_ATTACK_EVENT`) and that a screen found (`RT_SCREEN_TCP` and its kind), in their structured form,
//! which lives in the structured data of RFC 5424, and as plain text. What the antivirus, the web filter, the spam and
//! content filters, the malware cloud and Security Intelligence stopped are alerts for those who ask. Source: Juniper,
//! System Log Explorer, IDP, RT_IDS, RT_UTM, RT_AAMW, RT_SECINTEL.

mod plain;
mod structured;

use alloc::{borrow::Cow, boxed::Box};

use memchr::memchr;

use crate::alert::{Alert, Endpoint, Parsed, Reject, Severity, Text, Verdict};
use crate::{Format, Framing, lex, text, words};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "juniper-srx",
    about: "IDP attacks and screens of Juniper SRX",
    example: "RT_IDP - IDP_ATTACK_LOG_EVENT [junos@2636.1.1.1.2.129 source-address=\"203.0.113.9\" \
              source-port=\"40112\" destination-address=\"192.0.2.80\" destination-port=\"80\" \
              protocol-name=\"TCP\" action=\"DROP\" threat-severity=\"HIGH\" \
              attack-name=\"HTTP:EXAMPLE:TRAVERSAL\"]",
    framing: Framing::Line,
    also: &["antispam", "antivirus", "content-filter", "malware", "secintel", "web-filter"],
    claims,
    skips,
    parse,
    parse_head: parse,
};

/// What an event is, by the name of its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Attack,
    ApplicationAttack,
    Screen,
    Also(&'static str),
    Other,
}

// By how the name begins: releases add `_MT` and `_LS` (logical systems) to it.
const EVENTS: &[(&str, Event)] = &[
    ("IDP_ATTACK_LOG_EVENT", Event::Attack),
    ("IDP_APPDDOS_APP_ATTACK_EVENT", Event::ApplicationAttack),
    ("RT_SCREEN_WHITE_LIST", Event::Other),
    ("RT_SCREEN_", Event::Screen),
    ("AAMW_", Event::Also("malware")),
    ("ANTISPAM_SPAM_DETECTED", Event::Also("antispam")),
    ("AV_MANY_MSGS", Event::Other),
    ("AV_VIRUS_DETECTED", Event::Also("antivirus")),
    ("CONTENT_FILTERING_BLOCKED", Event::Also("content-filter")),
    ("SECINTEL_ACTION_LOG", Event::Also("secintel")),
    ("WEBFILTER_URL_BLOCKED", Event::Also("web-filter")),
];

/// What every structured log of Junos begins with; 2636 is Juniper's number at the IANA.
const STRUCTURED: &[u8] = b"[junos@2636.";

/// A record's name and what follows it.
struct Message<'a> {
    name: &'a str,
    event: Event,
    body: &'a [u8],
}

fn claims(record: &[u8]) -> bool {
    matches!(record, [b'R', b'T', b'_', ..] | [b'I', b'D', b'P', b'_', ..] | [b'[', b'j', ..])
        && message(record).is_some()
}

fn skips(record: &[u8]) -> bool {
    message(record).is_some_and(|message| matches!(message.event, Event::Other | Event::Also(_)))
}

// `RT_IDP - NAME [junos@...]`, `RT_IDP: NAME: text`, the same without the application, and the structured data alone,
// whose keys tell what it is.
fn message(record: &[u8]) -> Option<Message<'_>> {
    if record.starts_with(STRUCTURED) {
        let attack = memchr::memmem::find(record, b" attack-name=\"").is_some();
        let idp = memchr::memmem::find(record, b" threat-severity=\"").is_some();
        let event = match (attack, idp) {
            (true, true) => Event::Attack,
            (true, false) => Event::Screen,
            _ => Event::Other,
        };
        return Some(Message { name: "", event, body: record });
    }
    let (first, rest) = name(record)?;
    if let Some(event) = event(first).filter(|event| !matches!(event, Event::Also(_))) {
        let body = separated(rest)?;
        return Some(Message { name: first, event, body });
    }
    // An application: what it writes is named in the second place.
    let body = separated(first.starts_with("RT_").then_some(rest)?)?;
    match name(body).and_then(|(name, rest)| Some((name, event(name), separated(rest)?))) {
        Some((name, event, body)) => {
            Some(Message { name, event: event.unwrap_or(Event::Other), body })
        }
        None if first == "RT_IDS" => Some(Message { name: "", event: Event::Screen, body }),
        None => Some(Message { name: "", event: Event::Other, body }),
    }
}

fn event(name: &str) -> Option<Event> {
    EVENTS.iter().find(|(begin, _)| name.starts_with(begin)).map(|(_, event)| *event)
}

/// The longest name of an application or a message.
const NAME_BYTES_MAX: usize = 64;

fn name(input: &[u8]) -> Option<(&str, &[u8])> {
    let window = input.get(..NAME_BYTES_MAX).unwrap_or(input);
    let part = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
    let end = window.iter().position(|byte| !part(byte))?;
    let (name, rest) = input.split_at_checked(end)?;
    let name = core::str::from_utf8(name).ok()?;
    (name.contains('_') && name.len() > 4).then_some((name, rest))
}

// What stands behind a name: `: `, ` - `, ` pid `, `[pid]: `, or only a blank.
fn separated(rest: &[u8]) -> Option<&[u8]> {
    let rest = match rest.strip_prefix(b"[") {
        Some(pid) => pid.get(memchr(b']', pid.get(..16).unwrap_or(pid))? + 1..)?,
        None => rest,
    };
    let behind = rest.strip_prefix(b":").or_else(|| rest.starts_with(b" ").then_some(rest))?;
    let behind = behind.trim_ascii_start();
    Some(unlevelled(process(behind).unwrap_or(behind)))
}

// RFC 5424's process id: a number, or `-` for none.
fn process(rest: &[u8]) -> Option<&[u8]> {
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = if digits > 0 { rest.get(digits..) } else { rest.strip_prefix(b"-") }?;
    rest.strip_prefix(b" ").map(<[u8]>::trim_ascii_start)
}

// `%PFE-3-` in front of a message's name, where the device was told to write facility and level.
fn unlevelled(rest: &[u8]) -> &[u8] {
    let behind = || {
        let inside = rest.strip_prefix(b"%")?;
        let facility = memchr(b'-', inside.get(..16).unwrap_or(inside))?;
        let level = inside.get(facility + 1..)?;
        level.first().is_some_and(u8::is_ascii_digit).then_some(())?;
        level.get(1..)?.strip_prefix(b"-")
    };
    behind().unwrap_or(rest)
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let Some(Message { name, event, body }) = message(record) else {
        return Err(Reject { at: 0, wanted: "`RT_IDP`, `RT_IDS` or a message's name" });
    };
    if event == Event::Other {
        return Ok(Parsed::Other);
    }
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("juniper_srx");
    let transport = [("TCP", "tcp"), ("UDP", "udp"), ("ICMP", "icmp")];
    if event == Event::ApplicationAttack {
        alert.rule.name = Some(Cow::Borrowed("Application-level DDoS attack"));
    }
    if event == Event::Screen
        && let Some((_, transport)) = transport.iter().find(|(word, _)| name.contains(word))
    {
        alert.transport = Some(Cow::Borrowed(transport));
    }
    let read = match body.strip_prefix(b"[junos@") {
        Some(_) => structured::read(body, &mut alert),
        None => match event {
            Event::Attack => plain::attack(body, &mut alert),
            Event::ApplicationAttack => plain::application_attack(body, &mut alert),
            Event::Screen => plain::screen(body, &mut alert),
            Event::Also(_) => plain::sentence(body, &mut alert),
            Event::Other => true,
        },
    };
    let at = record.len().saturating_sub(body.len());
    if !read {
        return Err(Reject { at, wanted: "an attack's name and addresses" });
    }
    // A feature's own category stays beside the message's name.
    if let Some(own) = alert.rule.category.take() {
        alert.note("juniper_srx.category", crate::alert::Value::Text(own));
    }
    alert.rule.category = Some(Text::Borrowed(name)).filter(|name| !name.is_empty());
    judge(event, &mut alert);
    Ok(match event {
        Event::Also(kind) => Parsed::Also(kind, alert),
        _ => Parsed::Alert(alert),
    })
}

// A screen has no severity of its own, nor has what the filters stopped.
fn judge(event: Event, alert: &mut Alert<'_>) {
    if let Some(Cow::Borrowed(name)) = alert.rule.name {
        words::cves(name, &mut alert.vulnerabilities);
    }
    let (severity, verdict) = match event {
        Event::Also("antivirus" | "malware") => (Severity::High, Verdict::Blocked),
        Event::Also(_) => (Severity::Medium, Verdict::Blocked),
        _ => (Severity::Medium, Verdict::Unknown),
    };
    alert.severity = match alert.severity_raw.as_deref() {
        Some(raw) => self::severity(raw).unwrap_or_default(),
        None => severity,
    };
    alert.verdict = match alert.action.as_deref() {
        // The IDP's word for doing nothing, and the ways of only marking a packet.
        Some(action) if action.eq_ignore_ascii_case("none") => Verdict::Detected,
        Some(action) if action.to_ascii_uppercase().contains("DIFFSERV") => Verdict::Detected,
        Some(action) => words::verdict(action),
        None => verdict,
    };
}

fn severity(word: &str) -> Option<Severity> {
    let is = |words: &[&str]| words.iter().any(|name| word.eq_ignore_ascii_case(name));
    match () {
        () if is(&["info", "informational"]) => Some(Severity::Info),
        () if is(&["low", "warning"]) => Some(Severity::Low),
        () if is(&["medium", "minor"]) => Some(Severity::Medium),
        () if is(&["high", "major"]) => Some(Severity::High),
        () if is(&["critical"]) => Some(Severity::Critical),
        () => None,
    }
}

/// The address in a value; what is none is a name.
fn place<'a>(end: &mut Endpoint<'a>, value: Text<'a>) {
    match lex::address(value.as_bytes()) {
        Some((ip, _)) => end.ip = end.ip.or(Some(ip)),
        None if end.domain.is_none() => end.domain = Some(text::trimmed(value)),
        None => {}
    }
}

#[cfg(test)]
mod tests;
