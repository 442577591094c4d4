//! What Snort's `alert_syslog` and Suricata's `syslog` output write: `[gid:sid:rev] message [Classification: c] [Priority: n]
//! {PROTO} a -> b`, without the marks of `alert_fast`. Older versions put a colon behind the priority, and leave it out where
//! the rule has none. The program's name in front tells whose it is. Sources: Snort 2 users manual, "Syslog"; Snort 3
//! reference manual, `alert_syslog`; docs.suricata.io, "Syslog alerting".

use alloc::{borrow::Cow, boxed::Box};

use memchr::{memchr, memchr_iter, memmem, memrchr};
use nom::Parser;
use nom::bytes::complete::tag;
use nom::character::complete::{alpha1, char, space0};
use nom::combinator::opt;
use nom::sequence::delimited;

use crate::alert::{Alert, Parsed, Reject, Value, Verdict};
use crate::lex::{self, Parse};
use crate::{Format, Framing, fast, no_short_cut, text, words};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "snort-syslog",
    about: "Snort's and Suricata's alerts in syslog",
    example: "snort[4711]: [1:1000001:1] Echo request [Classification: Misc activity] \
              [Priority: 3] {ICMP} 192.0.2.80 -> 198.51.100.11",
    framing: Framing::Line,
    also: &[],
    claims,
    skips: no_short_cut,
    parse,
    parse_head: parse,
};

/// The program's name and its process id are in so many bytes.
const TAG_BYTES_MAX: usize = 64;

/// The message may be long; what stands behind it is in so many bytes.
const WINDOW_BYTES: usize = 2048;

fn claims(record: &[u8]) -> bool {
    let Some((tag, rest)) = program(record) else { return false };
    let rest = behind_action(rest);
    let Some(behind) = ids_end(rest) else { return false };
    let window = rest.get(behind..).unwrap_or_default();
    let window = window.get(..WINDOW_BYTES).unwrap_or(window);
    // Three numbers in brackets may be a time of day: only Snort's own name makes them enough.
    tag.is_some()
        || memmem::find(window, b"[Priority: ").is_some()
        || memmem::find(window, b"} ").is_some_and(|at| {
            let addresses = window.get(at..).unwrap_or_default();
            memmem::find(addresses, b" -> ").is_some()
        })
}

/// The program's name and its process id.
type Program<'a> = (&'a [u8], Option<&'a [u8]>);

// `snort[4711]: `, `suricata: `, `barnyard2[1]: ` and what begins behind it; nothing but that where a header was taken off
// that knew the name.
fn program(record: &[u8]) -> Option<(Option<Program<'_>>, &[u8])> {
    if record.first() == Some(&b'[') {
        return Some((None, record));
    }
    // By its name first, since every line of a mixed log comes here.
    if !["snort", "suricata", "barnyard"].iter().any(|known| begins_as(record, known)) {
        return None;
    }
    let window = record.get(..TAG_BYTES_MAX).unwrap_or(record);
    let end = memchr(b':', window).filter(|end| window.get(end + 1..end + 3) == Some(b" ["))?;
    let (tag, rest) = (record.get(..end)?, record.get(end + 2..)?);
    let (name, pid) = match memchr(b'[', tag) {
        Some(open) => (tag.get(..open)?, Some(tag.get(open + 1..)?.strip_suffix(b"]")?)),
        None => (tag, None),
    };
    let plain = name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte));
    plain.then_some((Some((name, pid)), rest))
}

fn begins_as(name: &[u8], known: &str) -> bool {
    name.get(..known.len()).is_some_and(|head| head.eq_ignore_ascii_case(known.as_bytes()))
}

// Suricata writes what it dropped as `fast.log` does.
fn behind_action(record: &[u8]) -> &[u8] {
    let actions = [&b"[Drop] "[..], b"[wDrop] "];
    actions.iter().find_map(|action| record.strip_prefix(*action)).unwrap_or(record)
}

// Where `[gid:sid:rev] ` ends.
fn ids_end(record: &[u8]) -> Option<usize> {
    let inside = record.strip_prefix(b"[")?;
    let end = memchr(b']', inside.get(..34).unwrap_or(inside))?;
    let mut numbers = inside.get(..end)?.split(|byte| *byte == b':');
    let three = (0..3).all(|_| numbers.next().and_then(lex::number::<u32>).is_some());
    (three && numbers.next().is_none() && inside.get(end + 1) == Some(&b' ')).then_some(end + 2)
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let mut alert = Box::<Alert<'_>>::default();
    let (program, rest) = program(record).unwrap_or((None, record));
    let name = program.map(|(name, _)| name).unwrap_or_default();
    let is_suricata = begins_as(name, "suricata");
    alert.product = Cow::Borrowed(if is_suricata { "suricata" } else { "snort" });
    lex::finish(record, line(rest, &mut alert))?;
    if let Some((name, pid)) = program {
        alert.note("log.syslog.appname", Value::Text(text::shown(name)));
        if let Some(pid) = pid {
            alert.note("log.syslog.procid", Value::Text(text::shown(pid)));
        }
    }
    Ok(Parsed::Alert(alert))
}

fn line<'a>(input: &'a [u8], alert: &mut Alert<'a>) -> Parse<'a, ()> {
    let (input, _) = space0(input)?;
    let (input, action) = opt(delimited(char('['), alpha1, tag("] "))).parse(input)?;
    alert.action = action.map(text::shown);
    alert.verdict = alert.action.as_deref().map_or(Verdict::Detected, words::verdict);
    let (input, ()) = fast::numbers(input, alert)?;
    // The message may hold anything: what stands behind it is found from the right. A packet without an IP header has no
    // addresses.
    let (head, addresses) = match addresses(input) {
        Some(at) => input.split_at_checked(at).unwrap_or((input, b"")),
        None => (input, &b""[..]),
    };
    if !addresses.is_empty() {
        fast::endpoints(addresses, alert)?;
    }
    rule(head, alert)
}

// Where `{PROTO} a -> b` begins.
fn addresses(input: &[u8]) -> Option<usize> {
    let at = memrchr(b'{', input)?;
    let behind = input.get(at..)?;
    let pair = behind.get(memchr(b'}', behind)?..)?;
    let is_arrow = |end: usize| pair.get(..end).is_some_and(|before| before.ends_with(b" -"));
    memchr_iter(b'>', pair).any(is_arrow).then_some(at)
}

// ` message [Classification: c] [Priority: n]: <interface> `
fn rule<'a>(head: &'a [u8], alert: &mut Alert<'a>) -> Parse<'a, ()> {
    let classes = fast::rfind(head, b"[Classification: ");
    let end = classes.or_else(|| fast::rfind(head, b"[Priority: ")).unwrap_or(head.len());
    let (message, classes) = head.split_at_checked(end).unwrap_or((head, b""));
    alert.rule.name = fast::name(message);
    if let Some(Cow::Borrowed(name)) = &alert.rule.name {
        words::cves(name, &mut alert.vulnerabilities);
    }
    let behind = memrchr(b']', classes).and_then(|at| classes.get(at + 1..)).unwrap_or_default();
    let behind = behind.strip_prefix(b":").unwrap_or(behind).trim_ascii();
    let interface = behind.strip_prefix(b"<").and_then(|behind| behind.strip_suffix(b">"));
    alert.interface = interface.map(text::shown);
    fast::classes(classes, alert)
}
