//! ArcSight's Common Event Format, `CEF:0|vendor|product|version|id|name|severity|key=value ...`:
//! generic by its guide ("Implementing ArcSight Common Event Format", version 26), with the own
//! keys of the products that need more. Most of what Trend Micro Deep Security, F5, FortiGate,
//! Forcepoint and Trellix send is read by `keys.rs` alone.

mod deep_security;
mod extension;
mod f5;
mod fortigate;
mod keys;

use alloc::{borrow::Cow, boxed::Box, format, string::String};

use memchr::memchr2;

use crate::alert::{Alert, Parsed, Reject, Severity, Text, Value, Verdict};
use crate::{Format, Framing, lex, no_short_cut, ranks, text, words};
pub(crate) use extension::Extension;

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "cef",
    about: "Common Event Format of Deep Security, F5, FortiGate",
    example: "CEF:0|Trend Micro|Deep Security Agent|20.0.1|1008445|Code Execution (CVE-2021-44228)\
              |8|dvchost=web1 src=203.0.113.9 dst=192.0.2.80 in=1093 proto=TCP spt=49786 dpt=80 \
              act=Reset",
    framing: Framing::Line,
    also: KINDS,
    claims,
    skips: no_short_cut,
    parse,
    parse_head: parse,
};

// The kinds of records that are alerts only for those who ask.
const CONNECTION: &str = "connection";
const PASSED: &str = "passed";
const RECONNAISSANCE: &str = "reconnaissance";

/// The kinds of both formats.
pub(crate) const KINDS: &[&str] = &[CONNECTION, PASSED, RECONNAISSANCE];

/// The seven fields of the header, unescaped.
pub(crate) struct Header<'a> {
    pub(crate) vendor: Text<'a>,
    pub(crate) product: Text<'a>,
    pub(crate) version: Text<'a>,
    pub(crate) id: Text<'a>,
    pub(crate) name: Text<'a>,
    pub(crate) severity: Text<'a>,
}

// A header's name alone may be long; what claims without the word `CEF` must show its severity
// within this.
const HEADER_BYTES_MAX: usize = 1024;

fn claims(record: &[u8]) -> bool {
    let Some(fields) = behind_mark(record) else { return false };
    if record.starts_with(b"CEF") {
        return true;
    }
    // A relay took the `CEF:` for a syslog tag and ate it: the rest of the header must be there.
    let window = fields.get(..HEADER_BYTES_MAX).unwrap_or(fields);
    header(window).is_some_and(|(header, _)| severity(&header.severity).is_some())
}

// What stands behind `CEF:0|`; `CEF:CEF:0|` and `CEF: 0|` are written too.
fn behind_mark(record: &[u8]) -> Option<&[u8]> {
    let mut rest = record;
    for _ in 0..2 {
        rest = rest.strip_prefix(b"CEF:").unwrap_or(rest).trim_ascii_start();
    }
    match rest {
        [b'0' | b'1', b'|', fields @ ..] => Some(fields),
        _ => None,
    }
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let Some(fields) = behind_mark(record) else {
        return Err(Reject { at: 0, wanted: "`CEF:0|`" });
    };
    let Some((header, rest)) = header(fields) else {
        return Err(Reject {
            at: record.len(),
            wanted: "seven header fields, each with a `|` behind it",
        });
    };
    Ok(event(header, Extension::split(rest)))
}

/// What a record of this header and these pairs is. LEEF says the same in other words, and comes here too.
pub(crate) fn event<'a>(header: Header<'a>, mut extension: Extension<'a>) -> Parsed<'a> {
    let fortinet = header.vendor.eq_ignore_ascii_case("Fortinet");
    let trend = deep_security::kind(&header, &extension);
    let mut alert = Box::<Alert<'_>>::default();
    alert.details.reserve_exact(extension.pairs.len() + 4);
    let mut kind = other_kind(&header, &extension);
    match trend {
        Some(deep_security::Kind::System) => return Parsed::Other,
        Some(deep_security::Kind::Reconnaissance) => kind = Some(RECONNAISSANCE),
        Some(deep_security::Kind::Event) | None => {}
    }
    if trend.is_some() {
        deep_security::read(&header, &mut extension, &mut alert);
    } else if fortinet {
        match fortigate::read(&mut extension, &mut alert) {
            fortigate::Kind::Attack => {}
            fortigate::Kind::Passed => kind = Some(PASSED),
            fortigate::Kind::Other => return Parsed::Other,
        }
    }
    head(header, extension.dialect.name, &mut alert);
    keys::read(&extension, &mut alert);
    if alert.verdict == Verdict::Unknown {
        alert.verdict = alert.action.as_deref().map(words::verdict).unwrap_or_default();
    }
    f5::read(&extension, &mut alert);
    match kind {
        Some(kind) => Parsed::Also(kind, alert),
        None => Parsed::Alert(alert),
    }
}

// What products log beside their alerts, when told to.
fn other_kind(header: &Header<'_>, extension: &Extension<'_>) -> Option<&'static str> {
    let facility = |name| extension.get("deviceFacility").as_deref() == Some(name);
    match header.vendor.as_ref() {
        "F5" if header.id == "Successful Request" => Some(PASSED),
        // The rules of the packet filter, as "Connection_Allowed"; what it finds itself has other ids.
        "FORCEPOINT" if facility("Packet Filtering") => {
            matches!(lex::number(header.id.as_bytes()), Some(70_018..=70_022_u32))
                .then_some(CONNECTION)
        }
        // The blades that tell of rules and not of attacks.
        "Check Point" if matches!(header.product.as_ref(), "VPN-1 & FireWall-1" | "Firewall") => {
            Some(CONNECTION)
        }
        _ => None,
    }
}

// Six fields with a `|` behind each; the last may end the record. `\|` and `\\` are escaped.
fn header(fields: &[u8]) -> Option<(Header<'_>, &[u8])> {
    let mut rest = fields;
    let mut next = || {
        let (field, behind) = field(rest)?;
        rest = behind;
        Some(field)
    };
    let (vendor, product, version) = (next()?, next()?, next()?);
    let (id, name) = (next()?, next()?);
    let (severity, rest) = field(rest).unwrap_or_else(|| (text::shown(rest.trim_ascii()), b""));
    Some((Header { vendor, product, version, id, name, severity }, rest))
}

/// A field of the header, and what is behind its `|`.
pub(crate) fn field(input: &[u8]) -> Option<(Text<'_>, &[u8])> {
    let mut end = 0;
    loop {
        end += memchr2(b'|', b'\\', input.get(end..)?)?;
        if input.get(end) == Some(&b'|') {
            break;
        }
        end += 2;
    }
    let value = extension::unescaped(text::trimmed(text::shown(input.get(..end)?)));
    Some((value, input.get(end + 1..)?))
}

// The header's fields, where the product's own keys have not said it better.
fn head<'a>(header: Header<'a>, dialect: &'static str, alert: &mut Alert<'a>) {
    if alert.product.is_empty() {
        alert.product = Cow::Owned(slug(&header.vendor, &header.product));
    }
    words::cves_owned(&header.name, &mut alert.vulnerabilities);
    if alert.rule.id.is_none() {
        alert.rule.id = some(header.id);
    } else {
        alert.note(format!("{dialect}.device.event_class_id"), Value::Text(header.id));
    }
    if alert.rule.name.is_none() {
        alert.rule.name = some(header.name);
    } else {
        alert.note(format!("{dialect}.name"), Value::Text(header.name));
    }
    if alert.severity_raw.is_none() {
        alert.severity = severity(&header.severity).unwrap_or_default();
        alert.severity_raw = some(header.severity);
    } else {
        alert.note(format!("{dialect}.severity"), Value::Text(header.severity));
    }
    alert.note("observer.vendor", Value::Text(header.vendor));
    alert.note("observer.product", Value::Text(header.product));
    alert.note("observer.version", Value::Text(header.version));
}

fn some(text: Text<'_>) -> Option<Text<'_>> {
    (!text.is_empty()).then_some(text)
}

// A number, or the guide's words.
fn severity(raw: &str) -> Option<Severity> {
    lex::number::<u8>(raw.as_bytes()).map(ranks::ten).or_else(|| ranks::risk(raw))
}

/// The most bytes of a product's name.
const SLUG_BYTES_MAX: usize = 64;

// `F5`, `ASM` -> `f5_asm`
fn slug(vendor: &str, product: &str) -> String {
    let mut slug = String::with_capacity(vendor.len().min(32) + product.len().min(32) + 1);
    for character in vendor.chars().chain([' ']).chain(product.chars()).take(SLUG_BYTES_MAX) {
        match character {
            c if c.is_ascii_alphanumeric() => slug.push(c.to_ascii_lowercase()),
            _ if slug.ends_with('_') || slug.is_empty() => {}
            _ => slug.push('_'),
        }
    }
    let end = slug.trim_end_matches('_').len();
    slug.truncate(end);
    if slug.is_empty() {
        slug.push_str("cef");
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_named_by_vendor_and_product() {
        assert_eq!(slug("F5", "ASM"), "f5_asm");
        assert_eq!(slug("FORCEPOINT", "Next-Gen  Firewall!"), "forcepoint_next_gen_firewall");
        assert_eq!(slug("", ""), "cef");
    }

    #[test]
    fn header_escapes_are_undone() {
        let (header, rest) = header(br"a\|b|c\\|d|e|f|5|x=1").unwrap();
        let fields = (&*header.vendor, &*header.product, &*header.severity, rest);
        assert_eq!(fields, ("a|b", "c\\", "5", &b"x=1"[..]));
    }

    #[test]
    fn a_header_without_its_mark_must_be_whole() {
        assert!(claims(b"0|Fortinet|Fortigate|v6|1|x|7|a=b"));
        assert!(claims(b"CEF: 0|x"));
        assert!(claims(b"CEF:CEF:0|x"));
        for record in
            ["0|a|b", "0|a|b|c|d|e|many|x", "0|a|b|c|d|e|999|x", "CEF:x", "2|a|b|c|d|e|7|x", ""]
        {
            assert!(!claims(record.as_bytes()), "{record}");
        }
    }

    #[test]
    fn some_records_are_alerts_only_for_those_who_ask() {
        let check = |record: &str, want: &str| {
            let got = parse(record.as_bytes());
            assert!(matches!(got, Ok(Parsed::Also(kind, _)) if kind == want), "{record}");
        };
        check("CEF:0|Trend Micro|Deep Security Manager|20|851|Scan|6|", RECONNAISSANCE);
        check("CEF:0|F5|ASM|15|Successful Request|Successful Request|2|", PASSED);
        check("CEF:0|Fortinet|Fortigate|v7|1|x|3|cat=utm:dns act=pass", PASSED);
        check("CEF:0|Check Point|VPN-1 & FireWall-1|Check Point|Log|Log|5|", CONNECTION);
        let packet_filter = "deviceFacility=Packet Filtering act=Discard";
        check(&format!("CEF:0|FORCEPOINT|Firewall|6|70019|x|0|{packet_filter}"), CONNECTION);
    }
}
