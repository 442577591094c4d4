//! The pieces of which headers are made, each told by its own form. What may follow what is not known here.

use memchr::{memchr, memchr2, memchr3};

use crate::alert::Stamp;
use crate::{lex, stamp};

/// The most bytes of a host, an application, a process id: RFC 5424 section 6 allows 255, 48 and
/// 128.
const WORD_BYTES_MAX: usize = 255;

/// The most bytes of a tag that has blanks in its name.
const SPACED_TAG_BYTES_MAX: usize = 64;

/// The most digits of a router's sequence number.
const SEQUENCE_DIGITS_MAX: usize = 10;

/// RFC 3164 section 4.1.1 and RFC 5424 section 6.2.1, with the names of `syslog.conf`; the place is the number.
const FACILITIES: [&[&str]; 24] = [
    &["kern", "kernel"],
    &["user"],
    &["mail"],
    &["daemon", "system"],
    &["auth", "security"],
    &["syslog"],
    &["lpr"],
    &["news"],
    &["uucp"],
    &["cron", "clock"],
    &["authpriv"],
    &["ftp"],
    &["ntp"],
    &["audit"],
    &["logalert"],
    &["clock2"],
    &["local0"],
    &["local1"],
    &["local2"],
    &["local3"],
    &["local4"],
    &["local5"],
    &["local6"],
    &["local7"],
];

/// The same for severities.
const SEVERITIES: [&[&str]; 8] = [
    &["emerg", "panic", "emergency"],
    &["alert"],
    &["crit", "critical"],
    &["err", "error"],
    &["warning", "warn"],
    &["notice"],
    &["info", "informational"],
    &["debug"],
];

/// Behind blanks and tabs.
pub(super) fn skip_blanks(input: &[u8]) -> &[u8] {
    let count = input.iter().take_while(|byte| is_blank(**byte)).count();
    input.get(count..).unwrap_or_default()
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// `<0>` to `<191>`.
pub(super) fn priority(input: &[u8]) -> Option<(u8, &[u8])> {
    let inside = input.strip_prefix(b"<")?;
    let end = memchr(b'>', inside.get(..4).unwrap_or(inside))?;
    let value: u8 = lex::number(inside.get(..end)?)?;
    (value <= 191).then_some((value, inside.get(end + 1..)?))
}

/// `kern.warning`, `user.info`, `Local7.Debug`: the priority in words, as daemons write it into files.
pub(super) fn facility(input: &[u8]) -> Option<(u8, &[u8])> {
    let (word, rest) = word(input.get(..32).unwrap_or(input))?;
    let dot = memchr(b'.', word)?;
    let place = |names: &[&[&str]], word: &[u8]| {
        let is = |name: &&str| word.eq_ignore_ascii_case(name.as_bytes());
        names.iter().position(|names| names.iter().any(is))
    };
    let facility = place(&FACILITIES, word.get(..dot)?)?;
    let severity = place(&SEVERITIES, word.get(dot + 1..)?)?;
    let value = u8::try_from(facility * SEVERITIES.len() + severity).ok()?;
    let taken = input.get(..32).unwrap_or(input).len() - rest.len();
    Some((value, input.get(taken..)?))
}

/// A stamp that ends at a blank, so that `2021-10-08T02:20:47,5,x` is no header.
pub(super) fn stamp(input: &[u8]) -> Option<(Stamp, &[u8])> {
    // Routers mark a clock that is not set with `*` or `.`; firewalls write a colon before it.
    let input = match input {
        [b'*' | b'.' | b':', rest @ ..] => rest,
        _ => input,
    };
    let dated = stamp::weekday(input);
    let (rest, stamp) = match dated.first()? {
        b'A'..=b'S' => stamp::month_name(dated).ok()?,
        b'1'..=b'9' if dated.len() < input.len() => {
            let (rest, stamp) = stamp::iso(dated).or_else(|_| stamp::month_name(dated)).ok()?;
            (without_zone_name(rest), stamp)
        }
        b'0'..=b'9' => stamp::iso(input)
            .or_else(|_| stamp::month_name(input))
            .ok()
            .or_else(|| seconds_since_1970(input))?,
        _ => return None,
    };
    let rest = without_router_zone(rest);
    // Cisco writes a colon behind the stamp.
    let rest = rest.strip_prefix(b":").unwrap_or(rest);
    rest.first().is_some_and(|byte| is_blank(*byte)).then_some((stamp, rest))
}

// journalctl's `short-full` names the zone, which may mean several: `Sat 2026-03-14 10:50:25 CET`.
fn without_zone_name(rest: &[u8]) -> &[u8] {
    let Some((zone, behind)) = rest.strip_prefix(b" ").and_then(word) else { return rest };
    let letters = zone.iter().all(u8::is_ascii_uppercase) && (2..=5).contains(&zone.len());
    if letters { rest.get(rest.len() - behind.len() - 1..).unwrap_or(rest) } else { rest }
}

// `Jul 10 15:14:04 PDT: %ASA-...`
fn without_router_zone(rest: &[u8]) -> &[u8] {
    let letters = rest.iter().skip(1).take(6).take_while(|byte| byte.is_ascii_uppercase()).count();
    match rest.get(1 + letters..) {
        Some(behind) if letters > 1 && rest.starts_with(b" ") && behind.starts_with(b": %") => {
            behind
        }
        _ => rest,
    }
}

// journalctl's `short-unix`: `1773485425.123456`.
fn seconds_since_1970(input: &[u8]) -> Option<(&[u8], Stamp)> {
    let (word, _) = word(input.get(..24)?)?;
    let fraction = word.get(10..)?.strip_prefix(b".")?;
    if !(3..=9).contains(&fraction.len()) {
        return None;
    }
    Some((input.get(word.len()..)?, stamp::epoch(word)?))
}

/// What the kernel puts before its messages: `[  123.456789]`, with a thread or processor in a second pair of
/// brackets, and the stamps of `dmesg -T`, `[Sat Mar 14 10:50:25 2026]`.
pub(super) fn kernel_clock(input: &[u8]) -> Option<(Option<Stamp>, &[u8])> {
    let (inside, rest) = bracketed(input)?;
    let word = inside.trim_ascii();
    if word.first().is_some_and(u8::is_ascii_digit) {
        let dot = memchr(b'.', word)?;
        let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit) && !part.is_empty();
        if !digits(word.get(..dot)?) || !digits(word.get(dot + 1..)?) {
            return None;
        }
        let caller = bracketed(rest.trim_ascii_start()).filter(|(caller, _)| {
            matches!(caller.trim_ascii(), [b'T' | b'C', number @ ..] if digits(number))
        });
        return Some((None, caller.map_or(rest, |(_, behind)| behind)));
    }
    let dated = stamp::weekday(word);
    match stamp::month_name(dated) {
        Ok((b"", stamp)) => Some((Some(stamp), rest)),
        _ => None,
    }
}

fn bracketed(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = input.strip_prefix(b"[")?;
    let end = memchr(b']', inside.get(..32).unwrap_or(inside))?;
    Some((inside.get(..end)?, inside.get(end + 1..)?))
}

/// A word that ends at a blank.
pub(super) fn word(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let window = input.get(..WORD_BYTES_MAX + 1).unwrap_or(input);
    let end = memchr2(b' ', b'\t', window).filter(|end| *end > 0)?;
    Some((input.get(..end)?, input.get(end + 1..)?))
}

/// A host's name or address; `origin@relay/192.0.2.1` as some daemons chain them.
pub(super) fn host(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (word, rest) = word(input)?;
    let plausible = word
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]/%@".contains(byte) || *byte >= 0x80);
    let is_tag = word.last() == Some(&b':')
        || memchr(b'[', word).is_some_and(|at| at > 0 || word.last() != Some(&b']'));
    (plausible && !is_tag).then_some((word, rest))
}

/// Application, process id, what follows.
pub(super) type Tag<'a> = (&'a [u8], Option<&'a [u8]>, &'a [u8]);

/// `app[pid]:`, `app:`, `/usr/bin/app:`, `Two Words[pid]:`.
pub(super) fn tag(input: &[u8]) -> Option<Tag<'_>> {
    let window = input.get(..WORD_BYTES_MAX + 1).unwrap_or(input);
    let end = memchr3(b' ', b'\t', b':', window).unwrap_or(window.len());
    let name = window.get(..end)?;
    if let Some(open) = memchr(b'[', name) {
        let close = open + 1 + memchr(b']', name.get(open + 1..)?)?;
        let (app, pid) = (name.get(..open)?, name.get(open + 1..close)?);
        let rest = input.get(close + 1..)?;
        let rest = rest.strip_prefix(b":").or_else(|| rest.starts_with(b" ").then_some(rest))?;
        return is_name(app).then_some((app, Some(pid), rest));
    }
    match input.get(end..)?.strip_prefix(b":") {
        Some(rest) => is_name(name).then_some((name, None, rest)),
        None => spaced_tag(input),
    }
}

// A name of up to three words and its process id: `Suricata IPS[1]:`.
fn spaced_tag(input: &[u8]) -> Option<Tag<'_>> {
    let window = input.get(..SPACED_TAG_BYTES_MAX).unwrap_or(input);
    let open = memchr(b'[', window)?;
    let app = window.get(..open)?;
    let words = app.split(|byte| *byte == b' ');
    let named = words.clone().count() <= 3 && words.clone().all(is_name);
    let (pid, rest) = bracketed(input.get(open..)?)?;
    let numbered = !pid.is_empty() && pid.iter().all(u8::is_ascii_digit);
    (named && numbered).then_some((app, Some(pid), rest.strip_prefix(b":")?))
}

fn is_name(word: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./()@+~#%".contains(byte);
    !word.is_empty() && word.iter().all(|byte| fits(byte) || *byte >= 0x80)
}

/// A tag that is one beyond doubt, where no other piece stands before it: `kernel:`, `app[12]:`.
pub(super) fn sure_tag(input: &[u8]) -> Option<Tag<'_>> {
    if let Some(rest) = input.strip_prefix(b"kernel: ") {
        return Some((b"kernel", None, rest));
    }
    let window = input.get(..SPACED_TAG_BYTES_MAX).unwrap_or(input);
    let end = memchr3(b'[', b' ', b':', window).filter(|end| *end > 0)?;
    if window.get(end) != Some(&b'[') {
        return None;
    }
    let (app, pid, rest) = tag(input)?;
    let numbered = pid.is_some_and(|pid| !pid.is_empty() && pid.iter().all(u8::is_ascii_digit));
    (numbered && rest.starts_with(b" ")).then_some((app, pid, rest))
}

/// A router's count of its messages, `000123: `, or the length that stands before a message on TCP (RFC 6587), `87 <`.
pub(super) fn sequence(input: &[u8]) -> Option<&[u8]> {
    let digits = input.iter().take(SEQUENCE_DIGITS_MAX + 1).take_while(|b| b.is_ascii_digit());
    let count = digits.count();
    let behind = input.get(count..)?;
    let rest = match behind {
        [b' ', rest @ ..] if rest.starts_with(b"<") => rest,
        _ => behind.strip_prefix(b": ")?,
    };
    (1..=SEQUENCE_DIGITS_MAX).contains(&count).then_some(rest)
}

/// What rsyslog makes of a message that came several times in a row: `message repeated 3 times: [ text]`.
/// Also says how many bytes close it.
pub(super) fn repeated(input: &[u8]) -> Option<(u64, &[u8], usize)> {
    let rest = input.strip_prefix(b"message repeated ")?;
    let (count, rest) = word(rest)?;
    let text = rest.strip_prefix(b"times: [")?;
    let inside = text.trim_ascii_end();
    let inside = inside.strip_suffix(b"]").unwrap_or(inside);
    Some((lex::number(count)?, inside, text.len() - inside.len()))
}

/// RFC 5424 section 6.3: `-` or `[id key="value" ...]` one behind another; `"`, `\` and `]` are
/// escaped inside values.
pub(super) fn structured_data(input: &[u8]) -> Option<(&[u8], &[u8])> {
    if let Some(rest) = input.strip_prefix(b"-") {
        return Some((b"-", rest.strip_prefix(b" ").unwrap_or(rest)));
    }
    if input.first() != Some(&b'[') {
        return None;
    }
    let mut end = 0;
    while input.get(end) == Some(&b'[') {
        end = element_end(input, end + 1)?;
    }
    let rest = input.get(end..)?;
    Some((input.get(..end)?, rest.strip_prefix(b" ").unwrap_or(rest)))
}

// Behind the `]` that closes the element whose inside begins at `at`.
fn element_end(input: &[u8], mut at: usize) -> Option<usize> {
    let mut quoted = false;
    loop {
        at += memchr3(b'"', b'\\', b']', input.get(at..)?)?;
        match input.get(at)? {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            b']' if !quoted => return Some(at + 1),
            _ => {}
        }
        at += 1;
    }
}
