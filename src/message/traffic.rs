//! Who talked to whom and how, read from an event. Words that a log brings are taken over as ours
//! only if they are in a table here; all else is quoted.

use std::net::IpAddr;

use ipsbell_parsers::alert::{Alert, Endpoint, Value};

use super::redact::redact;
use super::sanitize::{Rules, sanitize};
use super::{Disclosure, Line, Span};
pub(super) use crate::event::links::{is_cve, is_digits, is_technique};

/// Budgets in escaped characters ([`super::sanitize::escaped_chars`]).
pub(super) const RULE_CHARS_MAX: usize = 200;
pub(super) const URL_CHARS_MAX: usize = 240;
pub(super) const AGENT_CHARS_MAX: usize = 120;
pub(super) const HOST_CHARS_MAX: usize = 100;
pub(super) const WORD_CHARS_MAX: usize = 48;
/// No list of identifiers is longer in a card; the rest is counted.
pub(super) const LIST_MAX: usize = 4;

/// Protocols that need no quotes.
const PROTOCOLS: [&str; 34] = [
    "tcp",
    "udp",
    "icmp",
    "ipv6-icmp",
    "igmp",
    "sctp",
    "gre",
    "esp",
    "ah",
    "ip",
    "http",
    "http2",
    "tls",
    "ssl",
    "dns",
    "ssh",
    "smb",
    "smtp",
    "ftp",
    "ftp-data",
    "tftp",
    "sip",
    "rdp",
    "nfs",
    "ntp",
    "snmp",
    "dhcp",
    "imap",
    "pop3",
    "mqtt",
    "modbus",
    "dnp3",
    "krb5",
    "quic",
];

/// `203.0.113.7:52144`, `[2001:db8::7]:443`, `203.0.113.7`; what the operator redacts in it stands apart.
pub(super) fn address(ip: IpAddr, port: Option<u16>, disclosure: Disclosure<'_>) -> Line {
    let (plain, is_redacted) = redacted(ip.to_string(), disclosure);
    let text = match (ip, port) {
        (_, None) => plain,
        (IpAddr::V4(_), Some(port)) => format!("{plain}:{port}"),
        (IpAddr::V6(_), Some(port)) => format!("[{plain}]:{port}"),
    };
    // A receiver might take the mask in our own words for its markup.
    if is_redacted { Line(vec![Span::Quote(text)]) } else { Line::new().words(text) }
}

/// ` (web-1, shop, owner Team Shop)`: what the operator's own files say of an address; empty where they say nothing.
pub(super) fn known(ip: IpAddr, disclosure: Disclosure<'_>) -> String {
    let Some(text) = disclosure.context.and_then(|context| context.known(ip)) else {
        return String::new();
    };
    // Names of machines are to be read as they are; what looks like an address of a page is broken all the same.
    let disclosure = Disclosure { mask: false, defang: text.contains("://"), ..disclosure };
    format!(" ({})", sanitize(&text, &rules(HOST_CHARS_MAX, disclosure)))
}

/// The text, what fits a redaction masked, and whether anything did.
fn redacted(text: String, disclosure: Disclosure<'_>) -> (String, bool) {
    let shown = redact(&text, text.len(), disclosure.redactions).into_owned();
    let differs = shown != text;
    (shown, differs)
}

/// One side of the traffic with all that is known of it; empty where nothing is.
fn endpoint(side: &Endpoint<'_>, disclosure: Disclosure<'_>) -> Line {
    let mut line = Line::new();
    if let Some(ip) = side.ip {
        line = line.line(address(ip, side.port, disclosure));
        if let Some(zone) = &side.zone {
            line = line.words(" zone ").quote(zone, &rules(WORD_CHARS_MAX, disclosure));
        }
    } else if let Some(port) = side.port {
        line = line.words(format!("port {port}"));
    }
    if let Some(mac) = side.mac {
        let blank = if line.is_empty() { "" } else { " " };
        let (mac, _) = redacted(self::mac(mac), disclosure);
        line = line.words(format!("{blank}({mac})"));
    }
    if let Some(ip) = side.ip {
        line = line.words(known(ip, disclosure));
    }
    if let Some(domain) = &side.domain {
        let host = Rules { is_host: true, ..rules(HOST_CHARS_MAX, disclosure) };
        line = Line::joined([line, Line::new().quote(domain, &host)], " ");
    }
    if let Some(user) = side.user.as_ref().filter(|user| !user.is_empty()) {
        let user = Line::new().words("user ").quote(user, &rules(WORD_CHARS_MAX, disclosure));
        line = Line::joined([line, user], " ");
    }
    line
}

/// `00-0C-29-F3-6D-AE`, as ECS writes it.
fn mac(bytes: [u8; 6]) -> String {
    bytes.map(|byte| format!("{byte:02X}")).join("-")
}

/// `SOURCE → DESTINATION`, with what is known of each.
pub(super) fn parties(alert: &Alert<'_>, disclosure: Disclosure<'_>) -> Line {
    let source = endpoint(&alert.source, disclosure);
    let destination = endpoint(&alert.destination, disclosure);
    match (source.is_empty(), destination.is_empty()) {
        (true, true) => Line::new(),
        (false, true) => source,
        (true, false) => Line::new().words("→ ").line(destination),
        (false, false) => source.words(" → ").line(destination),
    }
}

/// `tcp/http`.
pub(super) fn protocols(alert: &Alert<'_>, disclosure: Disclosure<'_>) -> Line {
    let word = |text: Option<&str>| text.map(|t| protocol(t, disclosure)).unwrap_or_default();
    Line::joined([word(alert.transport.as_deref()), word(alert.protocol.as_deref())], "/")
}

fn protocol(text: &str, disclosure: Disclosure<'_>) -> Line {
    match PROTOCOLS.iter().find(|known| text.eq_ignore_ascii_case(known)) {
        Some(known) => Line::new().words(*known),
        None => Line::new().quote(text, &rules(WORD_CHARS_MAX, disclosure)),
    }
}

/// Identifiers of a known shape as our words, others quoted; at most [`LIST_MAX`] and a count.
pub(super) fn identifiers<'a>(
    values: impl ExactSizeIterator<Item = &'a str>,
    is_known: fn(&str) -> bool,
    disclosure: Disclosure<'_>,
) -> Line {
    let more = values.len().saturating_sub(LIST_MAX);
    let shown = values.take(LIST_MAX).map(|value| {
        if is_known(value) {
            Line::new().words(value)
        } else {
            Line::new().quote(value, &rules(WORD_CHARS_MAX, disclosure))
        }
    });
    let line = Line::joined(shown, ", ");
    if more == 0 { line } else { line.words(format!(" and {more} more")) }
}

/// A detail as text: numbers as they are, lists by commas.
pub(super) fn detail(alert: &Alert<'_>, key: &str) -> Option<String> {
    let text = match alert.detail(key)? {
        Value::Text(text) | Value::Json(text) => text.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Bool(is) => is.to_string(),
        Value::List(texts) => texts.join(","),
    };
    (!text.is_empty()).then_some(text)
}

/// The rules for a quote of this budget.
pub(super) fn rules(chars_max: usize, disclosure: Disclosure<'_>) -> Rules<'_> {
    Rules { chars_max, disclosure, is_host: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_well_formed_identifiers_are_taken_over() {
        let table = [
            ("CVE-2021-41773", true, false),
            ("CVE-2021-4177", true, false),
            ("CVE-21-41773", false, false),
            ("CVE-2021-41773<!here>", false, false),
            ("CVE-2021-", false, false),
            ("T1190", false, true),
            ("T1059.004", false, true),
            ("T1059.4", false, false),
            ("T105x", false, false),
            ("", false, false),
        ];
        for (text, cve, technique) in table {
            assert_eq!((is_cve(text), is_technique(text)), (cve, technique), "for {text}");
        }
    }

    #[test]
    fn addresses_carry_their_port() {
        let v6: IpAddr = "2001:db8::7".parse().expect("an address");
        let shown = |port| address(v6, port, Disclosure::default()).plain();
        assert_eq!(shown(Some(443)), "[2001:db8::7]:443");
        assert_eq!(shown(None), "2001:db8::7");
    }
}
