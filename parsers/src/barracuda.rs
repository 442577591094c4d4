//! The threat log of Barracuda's CloudGen Firewall (formerly NextGen, NG): `Warning  HOST firewall: [Request] Block:   IPS
//! TCP(6) a:p -> b:p |[ID: 5000001 name]|user|severity|category`. Only what the IPS wrote is an alert; the same log holds
//! the virus scanner's and others' lines. Source: Barracuda Campus, "Available Log Files and Structure"
//! (`Box\Firewall\threat`), "Intrusion Prevention System (IPS)"; the columns are as the product writes them.

use alloc::{borrow::Cow, boxed::Box};

use memchr::{memchr, memmem};

use crate::alert::{Alert, Endpoint, Parsed, Reject, Text, Value};
use crate::{Format, Framing, levels, lex, no_short_cut, text, words};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "barracuda",
    about: "IPS lines of Barracuda CloudGen Firewall",
    example: "Warning  fw1 firewall: [Request] Block:   IPS TCP(6) 203.0.113.9:40112 -> \
              192.0.2.80:80 |[ID: 1000001 Example traversal]||3|Attack",
    framing: Framing::Line,
    also: &[],
    claims,
    skips: no_short_cut,
    parse,
    parse_head: parse,
};

/// Within so many bytes stands `firewall: [`.
const HEAD_BYTES_MAX: usize = 128;

const MARK: &[u8] = b"firewall: [";

/// What stands in front of the module's name, and what behind.
struct Line<'a> {
    level: &'a str,
    host: Option<&'a [u8]>,
    /// `Request`: the packet's place in its session.
    side: &'a [u8],
    action: &'a [u8],
    /// `IPS TCP(6) ...`.
    text: &'a [u8],
}

fn claims(record: &[u8]) -> bool {
    record.first().is_some_and(u8::is_ascii_uppercase) && line(record).is_some()
}

// `Warning  HOST firewall: [Request] Block:   `; the firewall's own files have `+01:00` in the host's place.
fn line(record: &[u8]) -> Option<Line<'_>> {
    let window = record.get(..HEAD_BYTES_MAX).unwrap_or(record);
    let end = memchr(b' ', window)?;
    let level = core::str::from_utf8(window.get(..end)?).ok()?;
    if levels::of_word(level).is_none() && !matches!(level, "Security" | "Fatal" | "Panic") {
        return None;
    }
    let at = memmem::find(window, MARK)?;
    let mut words =
        record.get(end..at)?.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let host = words.next().filter(|word| !word.starts_with(b"+") && !word.starts_with(b"-"));
    if words.next().is_some() {
        return None;
    }
    let rest = record.get(at + MARK.len()..)?;
    let close = memchr(b']', rest.get(..32).unwrap_or(rest))?;
    let (side, rest) = rest.split_at_checked(close)?;
    let rest = rest.get(1..)?.trim_ascii_start();
    let colon = memchr(b':', rest.get(..32).unwrap_or(rest))?;
    let (action, rest) = rest.split_at_checked(colon)?;
    let text = rest.get(1..)?.trim_ascii_start();
    Some(Line { level, host, side, action, text })
}

fn is_ips(text: &[u8]) -> bool {
    text.starts_with(b"IPS ")
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let Some(line) = line(record) else {
        return Err(Reject { at: 0, wanted: "a level, a host and `firewall: [`" });
    };
    if !is_ips(line.text) {
        return Ok(Parsed::Other);
    }
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("barracuda_cloudgen");
    alert.host = line.host.map(text::shown);
    alert.direction_raw = some(line.side);
    alert.action = some(line.action);
    alert.verdict = alert.action.as_deref().map(words::verdict).unwrap_or_default();
    // What its numbers mean is not documented; the level of the line says how bad it is.
    alert.severity = levels::of_word(line.level).map_or(levels::severity(2), levels::severity);
    alert.note("log.level", Value::Text(Cow::Borrowed(line.level)));
    let mut columns = line.text.split(|byte| *byte == b'|');
    flow(columns.next().unwrap_or_default(), &mut alert);
    let rule = columns.next().unwrap_or_default();
    if !named(rule, &mut alert) {
        let at = record.len().saturating_sub(line.text.len());
        return Err(Reject { at, wanted: "`|[ID: number name]`" });
    }
    alert.source.user = columns.next().and_then(some);
    alert.severity_raw = columns.next().and_then(some);
    alert.rule.category = columns.next().and_then(some);
    if let Some(Cow::Borrowed(name)) = alert.rule.name {
        words::cves(name, &mut alert.vulnerabilities);
    }
    Ok(Parsed::Alert(alert))
}

fn some(value: &[u8]) -> Option<Text<'_>> {
    let value = value.trim_ascii();
    (!value.is_empty()).then(|| text::shown(value))
}

// `IPS TCP(6) a:p -> b:p `; `ALLIP(0)` stands for any protocol, and port 0 for none.
fn flow<'a>(text: &'a [u8], alert: &mut Alert<'a>) {
    let mut words = text.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).skip(1);
    let protocol = words.next().unwrap_or_default();
    let number = memchr(b'(', protocol)
        .and_then(|open| protocol.get(open + 1..))
        .map(|number| number.strip_suffix(b")").unwrap_or(number));
    alert.transport = match number {
        Some(b"0") => None,
        Some(number) => some(number).map(words::transport),
        None => some(protocol).map(words::transport),
    };
    let place = |word: Option<&'a [u8]>| {
        let mut end: Endpoint<'a> =
            word.and_then(|word| lex::socket(word, true)).unwrap_or_default();
        end.port = end.port.filter(|port| *port != 0);
        end
    };
    alert.source = place(words.next());
    let arrow = words.next();
    alert.destination = place(words.next().filter(|_| arrow == Some(b"->")));
}

// `[ID: 5000002 name]`.
fn named<'a>(rule: &'a [u8], alert: &mut Alert<'a>) -> bool {
    let rule = rule.trim_ascii();
    let Some(inside) = rule.strip_prefix(b"[ID:") else { return false };
    let inside = inside.strip_suffix(b"]").unwrap_or(inside).trim_ascii();
    let count = inside.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (id, name) = inside.split_at_checked(count).unwrap_or((inside, b""));
    (alert.rule.id, alert.rule.name) = (some(id), some(name));
    alert.rule.id.is_some() || alert.rule.name.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_of_the_product_are_its() {
        assert!(claims(b"Notice   +01:00 firewall: [Response] Detect: x"));
        assert!(claims(b"Security fw1 firewall: [Request] Block: x"));
        for record in [
            "Security fw1 Block: FWD|TCP|eth0|203.0.113.9|40112||192.0.2.80|80|http||BLOCKALL|4002",
            "Warning the next firewall: [Request] Block: IPS x",
            "Loud fw1 firewall: [Request] Block: IPS x",
            "warning",
            "Warning  fw1 firewall: [Request",
            "Warning  fw1 firewall: [Request] no colon",
        ] {
            assert!(!claims(record.as_bytes()), "{record}");
        }
    }
}
