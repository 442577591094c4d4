//! What the logs of ModSecurity and Coraza share, whichever file they stand in: the engine's message of a rule that matched
//! ([`Message`]), and what an alert takes from one message or from all of a request ([`Request`]). Knows no file's form.
//!
//! Sources: ModSecurity 2 Data Formats ("Alerts", "Audit log"); ModSecurity reference manual v2 and v3; the OWASP Core Rule
//! Set's documentation ("Anomaly scoring", "Rule tags").

mod message;
mod request;
mod tag;

use alloc::borrow::Cow;

use crate::alert::{Alert, Endpoint, Text, Value};
use crate::lex;

pub(crate) use message::Message;
pub(crate) use request::{Engine, MESSAGES_MAX, Request, describe};

/// The client as a web server writes it: an address, one with a port, or a host name. An IPv6 address that is one as it
/// stands has no port glued on.
pub(crate) fn client(text: &str) -> Endpoint<'_> {
    let bytes = text.as_bytes();
    lex::socket(bytes, false).or_else(|| lex::socket(bytes, true)).unwrap_or_else(|| Endpoint {
        domain: (!text.is_empty()).then_some(Cow::Borrowed(text)),
        ..Endpoint::default()
    })
}

/// Keeps the host that the client asked for, `www.example.com:8080`, as domain and port.
pub(crate) fn host<'a>(host: Text<'a>, alert: &mut Alert<'a>) {
    let end = match host.rsplit_once(':') {
        Some((name, _)) if name.contains(':') && !name.ends_with(']') => host.len(),
        Some((name, port)) if lex::number::<u16>(port.as_bytes()).is_some() => name.len(),
        _ => host.len(),
    };
    let port = host.get(end + 1..).and_then(|port| lex::number(port.as_bytes()));
    note_text("url.domain", crate::text::cut(host, end), alert);
    if let Some(port) = port {
        alert.note("url.port", Value::Integer(port));
    }
}

/// Keeps a text that says something.
pub(crate) fn note_text<'a>(key: &'static str, text: Text<'a>, alert: &mut Alert<'a>) {
    if !text.is_empty() && text != "-" {
        alert.note(key, Value::Text(text));
    }
}

/// Keeps `GET /path HTTP/1.1`: a method, and what was asked for. A client that sends something else has it kept whole.
pub(crate) fn request_line<'a>(line: &'a str, alert: &mut Alert<'a>) {
    let Some((method, rest)) = line.split_once(' ') else {
        return note_text("url.original", Cow::Borrowed(line), alert);
    };
    let (target, version) = match rest.rsplit_once(" HTTP/") {
        Some((target, version)) => (target, version),
        None => (rest, ""),
    };
    note_text("http.request.method", Cow::Borrowed(method), alert);
    note_text("url.original", Cow::Borrowed(target), alert);
    note_text("http.version", Cow::Borrowed(version), alert);
}

/// Keeps a head's line of a request that has a name of its own; names come in any case.
pub(crate) fn request_header<'a>(name: &str, value: Text<'a>, alert: &mut Alert<'a>) {
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    match () {
        () if is("Host") && alert.detail("url.domain").is_none() => host(value, alert),
        () if is("User-Agent") => note_text("user_agent.original", value, alert),
        () if is("Referer") => note_text("http.request.referrer", value, alert),
        () => {}
    }
}
