//! IBM's Log Event Extended Format: `LEEF:1.0|vendor|product|version|event id|key=value<TAB>key=value ...`, and `LEEF:2.0`
//! with one field more that says what separates the attributes. Its keys are read as those of CEF that mean the same, so
//! a product is known in both. Source: IBM QRadar, "Log Event Extended Format (LEEF)", version 2.

use crate::alert::{Parsed, Reject};
use crate::cef::{self, Extension, Header};
use crate::table::Table;
use crate::{Format, Framing, no_short_cut};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "leef",
    about: "Log Event Extended Format of Deep Security and others",
    example: "LEEF:2.0|Trend Micro|Deep Security Agent|20.0.1|1008445|cat=Intrusion Prevention\t\
              name=Code Execution (CVE-2021-44228)\tsev=8\tdvchost=web1\tact=Reset\t\
              src=203.0.113.9\tdst=192.0.2.80\tin=1093\tproto=TCP\tsrcPort=49786\tdstPort=80",
    framing: Framing::Line,
    also: cef::KINDS,
    claims,
    skips: no_short_cut,
    parse,
    parse_head: parse,
};

// Predefined keys that CEF has under another name.
static KEYS: Table<&str> = Table::new(&[
    ("devTime", "rt"),
    ("dstBytes", "out"),
    ("dstMAC", "dmac"),
    ("dstPort", "dpt"),
    ("dstPostNAT", "destinationTranslatedAddress"),
    ("dstPostNATPort", "destinationTranslatedPort"),
    ("identHostName", "dvchost"),
    ("srcBytes", "in"),
    ("srcMAC", "smac"),
    ("srcPort", "spt"),
    ("srcPostNAT", "sourceTranslatedAddress"),
    ("srcPostNATPort", "sourceTranslatedPort"),
    ("url", "request"),
    ("usrName", "suser"),
]);

/// The header's keyword and version.
fn behind_mark(record: &[u8]) -> Option<(bool, &[u8])> {
    let version = record.strip_prefix(b"LEEF:")?.trim_ascii_start();
    match version {
        [b'1', rest @ ..] => Some((false, behind_version(rest)?)),
        [b'2', rest @ ..] => Some((true, behind_version(rest)?)),
        _ => None,
    }
}

// `.0|`, or nothing but the bar.
fn behind_version(rest: &[u8]) -> Option<&[u8]> {
    let rest = rest.strip_prefix(b".0").unwrap_or(rest);
    rest.strip_prefix(b"|")
}

fn claims(record: &[u8]) -> bool {
    behind_mark(record).is_some()
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let Some((second, fields)) = behind_mark(record) else {
        return Err(Reject { at: 0, wanted: "`LEEF:1.0|` or `LEEF:2.0|`" });
    };
    let mut rest = fields;
    let mut next = || {
        let (field, behind) = cef::field(rest)?;
        rest = behind;
        Some(field)
    };
    let (Some(vendor), Some(product), Some(version), Some(id)) = (next(), next(), next(), next())
    else {
        let wanted = "vendor, product, version and event id, each with a `|` behind it";
        return Err(Reject { at: record.len(), wanted });
    };
    let (separator, attributes) = if second { separator(rest) } else { (b'\t', rest) };
    let mut attributes = Extension::split_at(separator, attributes);
    for pair in &mut attributes.pairs {
        pair.key = KEYS.find(pair.key).map_or(pair.key, |(_, key)| key);
    }
    let severity = attributes.take("sev").unwrap_or_default();
    let name = attributes.take("name").or_else(|| attributes.get("desc"));
    let name = name.or_else(|| attributes.get("msg")).unwrap_or_else(|| id.clone());
    Ok(cef::event(Header { vendor, product, version, id, name, severity }, attributes))
}

// The separator and what follows its field: a character, its code as `x09` or `0x09`, or nothing for a tab. Products leave
// out the field as well, and then attributes follow at once.
fn separator(rest: &[u8]) -> (u8, &[u8]) {
    let bar = memchr::memchr(b'|', rest.get(..SEPARATOR_BYTES_MAX + 1).unwrap_or(rest));
    let field = bar.and_then(|bar| Some((rest.get(..bar)?, rest.get(bar + 1..)?)));
    match field {
        Some((b"", behind)) => match behind {
            // `|||`: the bar itself.
            [b'|', behind @ ..] => (b'|', behind),
            _ => (b'\t', behind),
        },
        Some((&[one], behind)) => (one, behind),
        Some((code, behind)) => match hexadecimal(code) {
            Some(separator) => (separator, behind),
            None => (b'\t', rest),
        },
        None => (b'\t', rest),
    }
}

/// `0x0009`.
const SEPARATOR_BYTES_MAX: usize = 6;

fn hexadecimal(code: &[u8]) -> Option<u8> {
    let digits =
        [&b"0x"[..], b"0X", b"\\x", b"x", b"X"].iter().find_map(|x| code.strip_prefix(*x))?;
    let digits = core::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    u8::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_is_told_in_its_field() {
        let check = |rest: &str, want: (u8, &str)| {
            let (separator, behind) = separator(rest.as_bytes());
            assert_eq!((separator, core::str::from_utf8(behind).unwrap()), want, "{rest}");
        };
        check("^|a=1^b=2", (b'^', "a=1^b=2"));
        check("x5E|a=1", (b'^', "a=1"));
        check("0x09|a=1", (b'\t', "a=1"));
        check("x7C|a=1|b=2", (b'|', "a=1|b=2"));
        check("|||a=1", (b'|', "|a=1"));
        check("\t|a=1", (b'\t', "a=1"));
        check("|a=1", (b'\t', "a=1"));
        check("a=1", (b'\t', "a=1"));
        check("a=1|b", (b'\t', "a=1|b"));
        check("a=1\tb=x|y", (b'\t', "a=1\tb=x|y"));
        check("", (b'\t', ""));
    }

    #[test]
    fn only_two_versions_are_claimed() {
        for record in ["LEEF:1.0|", "LEEF:2.0|x", "LEEF: 2.0|x", "LEEF:2|x"] {
            assert!(claims(record.as_bytes()), "{record}");
        }
        for record in ["LEEF:3.0|", "LEEF:1.00|", "LEEF:", "leef:1.0|", "LEEF:1.0 "] {
            assert!(!claims(record.as_bytes()), "{record}");
        }
    }
}
