//! Tokens that several grammars share: numbers, addresses, quoted text; and the error that says
//! what was wanted. Knows no format.

use alloc::{borrow::Cow, string::String};
use core::cmp::Ordering;
use core::net::{IpAddr, Ipv4Addr};
use core::str::FromStr;

use memchr::{memchr, memchr2, memrchr};
use nom::error::{ContextError, ErrorKind, ParseError};

use crate::alert::{Endpoint, Reject, Text};
use crate::text;

/// What a token gives: the rest and its value. All parsers are `complete`: a record is whole when
/// it comes here.
pub(crate) type Parse<'a, T> = Result<(&'a [u8], T), nom::Err<Wanted<'a>>>;

/// Where a grammar stopped, and the innermost name of what it wanted there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Wanted<'a> {
    /// This was wanted at the start of `rest`.
    pub(crate) fn here<T>(rest: &'a [u8], what: &'static str) -> Parse<'a, T> {
        Err(nom::Err::Error(Self { rest, what }))
    }
}

impl<'a> ParseError<&'a [u8]> for Wanted<'a> {
    fn from_error_kind(rest: &'a [u8], _kind: ErrorKind) -> Self {
        Self { rest, what: "" }
    }

    fn append(_rest: &'a [u8], _kind: ErrorKind, other: Self) -> Self {
        other
    }
}

impl<'a> ContextError<&'a [u8]> for Wanted<'a> {
    fn add_context(_rest: &'a [u8], what: &'static str, other: Self) -> Self {
        if other.what.is_empty() { Self { what, ..other } } else { other }
    }
}

/// The result of a grammar over a whole record, its error as an offset in that record.
pub(crate) fn finish<T>(record: &[u8], parsed: Parse<'_, T>) -> Result<T, Reject> {
    match parsed {
        Ok((_, value)) => Ok(value),
        Err(nom::Err::Error(wanted) | nom::Err::Failure(wanted)) => {
            Err(Reject { at: record.len().saturating_sub(wanted.rest.len()), wanted: wanted.what })
        }
        // `complete` parsers ask for no more input.
        Err(nom::Err::Incomplete(_)) => Err(Reject { at: record.len(), wanted: "more" }),
    }
}

/// A whole text as a number; no sign, no blank, bounded by the type.
pub(crate) fn number<T: FromStr>(digits: &[u8]) -> Option<T> {
    if digits.is_empty() || digits.len() > 20 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    core::str::from_utf8(digits).ok()?.parse().ok()
}

/// The order of a table of names in which a binary search seldom compares whole names: by length, by the last byte, then
/// by name.
pub(crate) fn by_shape(one: &str, other: &str) -> Ordering {
    let last = |name: &str| name.as_bytes().last().copied();
    let shape = one.len().cmp(&other.len()).then_with(|| last(one).cmp(&last(other)));
    shape.then_with(|| one.cmp(other))
}

/// An IP address with an optional IPv6 zone; IPv4 mapped into IPv6 is folded.
pub(crate) fn address(bytes: &[u8]) -> Option<(IpAddr, Option<Text<'_>>)> {
    let (bytes, zone) = match memchr(b'%', bytes) {
        Some(at) => {
            let (ip, zone) = (bytes.get(..at)?, bytes.get(at + 1..)?);
            (ip, (!zone.is_empty()).then(|| text::shown(zone)))
        }
        None => (bytes, None),
    };
    if let Some(ip) = ipv4(bytes) {
        return Some((IpAddr::V4(ip), zone));
    }
    // The longest IPv6 text is 45 bytes.
    if bytes.len() > 45 || memchr(b':', bytes).is_none() {
        return None;
    }
    let ip = core::str::from_utf8(bytes).ok()?.parse::<core::net::Ipv6Addr>().ok()?;
    Some((ip.to_canonical(), zone))
}

// As `Ipv4Addr::from_str`, but on bytes; leading zeros are accepted as decimal, as products pad
// them.
fn ipv4(bytes: &[u8]) -> Option<Ipv4Addr> {
    let mut octets = [0_u8; 4];
    let mut at = 0;
    let mut digits = 0;
    let mut value = 0_u16;
    for byte in bytes {
        match byte {
            b'0'..=b'9' if digits < 3 => {
                value = value * 10 + u16::from(byte - b'0');
                digits += 1;
            }
            b'.' if digits > 0 && at < 3 => {
                *octets.get_mut(at)? = u8::try_from(value).ok()?;
                (at, digits, value) = (at + 1, 0, 0);
            }
            _ => return None,
        }
    }
    if at != 3 || digits == 0 {
        return None;
    }
    *octets.get_mut(at)? = u8::try_from(value).ok()?;
    Some(Ipv4Addr::from(octets))
}

/// An address with perhaps a port: `192.0.2.1:80`, `192.0.2.1`, `[2001:db8::1]:80`, `2001:db8::1`,
/// and IPv6 with the port glued on by a colon. The last colon begins a port when there are nine
/// groups, or when `ports` says that this transport has ports and what stands before the colon is
/// an address by itself.
pub(crate) fn socket(bytes: &[u8], ports: bool) -> Option<Endpoint<'_>> {
    let (ip_end, port) = split_port(bytes, ports).unwrap_or((bytes.len(), None));
    let ip = bytes.get(..ip_end)?;
    let ip = ip.strip_prefix(b"[").and_then(|ip| ip.strip_suffix(b"]")).unwrap_or(ip);
    let (ip, zone) = address(ip)?;
    Some(Endpoint { ip: Some(ip), zone, port, ..Endpoint::default() })
}

// Where the address ends, and the port behind it.
fn split_port(bytes: &[u8], ports: bool) -> Option<(usize, Option<u16>)> {
    let colon = memrchr(b':', bytes)?;
    let (ip, port) = (bytes.get(..colon)?, number::<u16>(bytes.get(colon + 1..)?)?);
    let colons = memchr::memchr_iter(b':', ip).count();
    let one_too_many = colons == 7 && memchr::memmem::find(ip, b"::").is_none();
    let sure = colons == 0 || ip.ends_with(b"]") || one_too_many || memchr(b'.', ip).is_some();
    (sure || (ports && address(ip).is_some())).then_some((colon, Some(port)))
}

/// An Ethernet address: six groups with `:` or `-` (a leading zero may be missing),
/// `aabb.ccdd.eeff`, or twelve digits.
pub(crate) fn mac(bytes: &[u8]) -> Option<[u8; 6]> {
    let mut octets = [0_u8; 6];
    // The usual form first.
    if let Ok(text) = <&[u8; 17]>::try_from(bytes)
        && let (groups, [a, b]) = text.as_chunks::<3>()
        && groups.iter().all(|[_, _, separator]| matches!(separator, b':' | b'-'))
    {
        let digits = groups.iter().map(|[a, b, _]| [*a, *b]).chain([[*a, *b]]);
        for (octet, digits) in octets.iter_mut().zip(digits) {
            *octet = hex(&digits, 2)?;
        }
        return Some(octets);
    }
    match memchr2(b':', b'-', bytes) {
        Some(_) => {
            let mut groups = bytes.split(|byte| matches!(byte, b':' | b'-'));
            for octet in &mut octets {
                *octet = hex(groups.next()?, 1)?;
            }
            groups.next().is_none().then_some(octets)
        }
        None => {
            let mut digits = bytes.iter().copied().filter(|byte| *byte != b'.');
            for octet in &mut octets {
                *octet = hex(&[digits.next()?, digits.next()?], 2)?;
            }
            digits.next().is_none().then_some(octets)
        }
    }
}

fn hex(digits: &[u8], digits_min: usize) -> Option<u8> {
    if digits.len() < digits_min || digits.len() > 2 {
        return None;
    }
    digits.iter().try_fold(0_u8, |value, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some(value << 4 | u8::try_from(digit).ok()?)
    })
}

/// Text in double quotes, with `\"` and `\\` undone; the rest begins behind the closing quote.
pub(crate) fn quoted(input: &[u8]) -> Parse<'_, Text<'_>> {
    let Some(inside) = input.strip_prefix(b"\"") else {
        return Wanted::here(input, "quoted text");
    };
    let mut from = 0;
    let mut escaped = false;
    while let Some(at) = inside.get(from..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        let at = from + at;
        if inside.get(at) == Some(&b'"') {
            let (value, rest) = inside.split_at_checked(at).unwrap_or((inside, b""));
            let value = text::shown(value);
            let value = if escaped { Cow::Owned(unescaped(&value)) } else { value };
            return Ok((rest.get(1..).unwrap_or_default(), value));
        }
        escaped = true;
        from = at + 2;
    }
    Wanted::here(input, "the closing quote")
}

/// Undoes `\"` and `\\`; any other backslash stays.
pub(crate) fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek().copied();
        match (character, next) {
            ('\\', Some(escaped @ ('"' | '\\'))) => {
                out.push(escaped);
                characters.next();
            }
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_told_apart() {
        let check = |text: &str, ports: bool, want: Option<(&str, Option<u16>)>| {
            let got = socket(text.as_bytes(), ports).map(|end| (end.ip.unwrap(), end.port));
            let want = want.map(|(ip, port)| (ip.parse::<IpAddr>().unwrap(), port));
            assert_eq!(got, want, "{text}");
        };
        check("192.0.2.1:80", true, Some(("192.0.2.1", Some(80))));
        check("192.0.2.1", true, Some(("192.0.2.1", None)));
        check("[2001:db8::1]:443", false, Some(("2001:db8::1", Some(443))));
        check("[2001:db8::1]", false, Some(("2001:db8::1", None)));
        check("2001:db8::1:443", false, Some(("2001:db8::1:443", None)));
        check("2001:db8::1:443", true, Some(("2001:db8::1", Some(443))));
        let full = "2001:0db8:0000:0000:0000:0000:0000:0001";
        check(full, true, Some(("2001:db8::1", None)));
        check(
            "2001:0db8:0000:0000:0000:0000:0000:0001:133",
            false,
            Some(("2001:db8::1", Some(133))),
        );
        check("::ffff:192.0.2.1:80", false, Some(("192.0.2.1", Some(80))));
        check("ff02::16", false, Some(("ff02::16", None)));
        check("192.0.2.1:65536", true, None);
        check("192.0.2.256", true, None);
        check("", true, None);
        check("example.com:80", true, None);
    }

    #[test]
    fn a_zone_is_kept() {
        let (ip, zone) = address(b"fe80::1%eth0").unwrap();
        assert_eq!((ip, zone.as_deref()), ("fe80::1".parse().unwrap(), Some("eth0")));
    }

    #[test]
    fn ethernet_addresses_in_all_their_forms() {
        let want = Some([0x00, 0x0c, 0x29, 0xf3, 0x6d, 0xae]);
        for text in [
            "00:0C:29:f3:6d:ae",
            "0:c:29:f3:6d:ae",
            "00-0C-29-F3-6D-AE",
            "000c.29f3.6dae",
            "000c29f36dae",
        ] {
            assert_eq!(mac(text.as_bytes()), want, "{text}");
        }
        for text in ["", "00:0c:29:f3:6d", "00:0c:29:f3:6d:ae:00", "zz:0c:29:f3:6d:ae", "::::::"] {
            assert_eq!(mac(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn quoted_text_ends_at_its_own_quote() {
        let (rest, value) = quoted(br#""a \"b\" \\" c"#).unwrap();
        assert_eq!((rest, value.as_ref()), (&b" c"[..], r#"a "b" \"#));
        assert!(quoted(br#""open \" "#).is_err());
    }
}
