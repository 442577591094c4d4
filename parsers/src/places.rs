//! How the values of a record find their places in an alert: what is said first stays. Knows no format.

use alloc::{borrow::Cow, string::String};

use crate::alert::{Alert, Endpoint, Text, Value};
use crate::{json, lex, text};

/// Sets a field that is not set yet.
pub(crate) fn first<'a>(field: &mut Option<Text<'a>>, value: Option<Text<'a>>) {
    if field.is_none() {
        *field = value;
    }
}

/// Sets an endpoint's address, or its name where the text is none. A network (`192.0.2.0/24`) stands for its first
/// address. Words for nothing are left out.
pub(crate) fn address<'a>(end: &mut Endpoint<'a>, text: Option<Text<'a>>) {
    let Some(text) = text.filter(|text| !text::says_nothing(text)) else { return };
    let (ip, zone) = match network(&text).or_else(|| lex::address(text.as_bytes())) {
        Some((ip, zone)) => (ip, zone.map(|zone| Cow::Owned(zone.into_owned()))),
        None => return first(&mut end.domain, Some(text)),
    };
    if end.ip.is_none() {
        end.ip = Some(ip);
        end.zone = zone.or(end.zone.take());
    }
}

// The first address of `address/bits`.
fn network(text: &str) -> Option<(core::net::IpAddr, Option<Text<'_>>)> {
    let (address, bits) = text.split_once('/')?;
    lex::number::<u8>(bits.as_bytes()).filter(|bits| *bits <= 128)?;
    lex::address(address.as_bytes())
}

/// Sets an endpoint's port.
pub(crate) fn port(end: &mut Endpoint<'_>, text: Option<Text<'_>>) {
    end.port = end.port.or_else(|| lex::number(text?.as_bytes()));
}

/// Keeps a value of JSON under this name.
pub(crate) fn keep<'a>(alert: &mut Alert<'a>, name: &'static str, json: &'a str) {
    if let Some(value) = json::kept(json) {
        alert.note(name, value);
    }
}

/// Keeps a value of JSON under a prefix, which ends in a point, and its own key.
pub(crate) fn keep_under<'a>(alert: &mut Alert<'a>, prefix: &str, key: &str, json: &'a str) {
    if let Some(value) = json::kept(json) {
        alert.note(joined(prefix, key), value);
    }
}

/// A prefix and a key as one name. `format!` takes several times as long.
pub(crate) fn joined(prefix: &str, key: &str) -> String {
    let mut name = String::with_capacity(prefix.len() + key.len());
    name.push_str(prefix);
    name.push_str(key);
    name
}

/// Keeps a text under this name, if there is one.
pub(crate) fn keep_text<'a>(alert: &mut Alert<'a>, name: &'static str, text: Option<Text<'a>>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        alert.note(name, Value::Text(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_an_address_a_network_or_a_name() {
        let check = |text: &'static str, ip: Option<&str>, domain: Option<&str>| {
            let mut end = Endpoint::default();
            address(&mut end, Some(Cow::Borrowed(text)));
            let ip = ip.map(|ip| ip.parse().unwrap());
            assert_eq!((end.ip, end.domain.as_deref()), (ip, domain), "{text}");
        };
        check("192.0.2.1", Some("192.0.2.1"), None);
        check("::ffff:192.0.2.1", Some("192.0.2.1"), None);
        check("192.0.2.0/24", Some("192.0.2.0"), None);
        check("2001:db8::/64", Some("2001:db8::"), None);
        check("192.0.2.0/240", None, Some("192.0.2.0/240"));
        check("host.example.com", None, Some("host.example.com"));
        check("N/A", None, None);
    }
}
