//! The one-line form that Snort invented and Suricata took over, behind its stamp: `[Action] [**]
//! [gid:sid:rev] message [**] [Classification: c] [Priority: n] {PROTO} source -> destination`.

use alloc::borrow::Cow;

use memchr::memmem;
use nom::Parser;
use nom::bytes::complete::{tag, take_until};
use nom::character::complete::{char, digit1, space0, u32};
use nom::combinator::opt;
use nom::error::context;
use nom::sequence::{delimited, preceded};

use crate::alert::{Alert, Endpoint, Text, Value, Verdict};
use crate::lex::{self, Parse, Wanted};
use crate::{text, words};

pub(crate) const MARK: &[u8] = b"[**]";
const RAW_PACKET: &[u8] = b"[**] [Raw pkt: ";

/// Is there the mark of this form near the start, behind a stamp and perhaps an action?
pub(crate) fn claims(behind_stamp: &[u8]) -> bool {
    memmem::find(behind_stamp.get(..96).unwrap_or(behind_stamp), b"[**] [").is_some()
}

/// Reads what stands behind the stamp.
pub(crate) fn line<'a>(input: &'a [u8], alert: &mut Alert<'a>) -> Parse<'a, ()> {
    let (input, _) = space0(input)?;
    let (input, action) = opt(delimited(char('['), take_until("] "), tag("] ")))
        .parse(input)
        .map(|(rest, word)| if word == Some(b"**") { (input, None) } else { (rest, word) })?;
    alert.action = action.map(text::shown);
    alert.verdict = alert.action.as_deref().map_or(Verdict::Detected, words::verdict);
    let (input, _) = space0(input)?;
    let (input, ()) = ids(input, alert)?;
    // The message is the rule author's and may hold anything: what stands behind it is found from
    // the right.
    let bracketed = input.trim_ascii_end().last() == Some(&b']');
    let packet = if bracketed { rfind(input, RAW_PACKET) } else { None };
    if let Some(at) = packet {
        let (head, packet) = input.split_at_checked(at).unwrap_or((input, b""));
        raw_packet(packet, alert);
        return tags(head, alert);
    }
    let Some(brace) = memchr::memrchr(b'{', input) else {
        return Wanted::here(input, "`{` and the protocol");
    };
    let (head, tail) = input.split_at_checked(brace).unwrap_or((input, b""));
    endpoints(tail, alert)?;
    tags(head, alert)
}

/// `[**] [gid:sid:rev]`
pub(crate) fn ids<'a>(input: &'a [u8], alert: &mut Alert<'a>) -> Parse<'a, ()> {
    let (input, _) = context("`[**] [`", tag("[**] ")).parse(input)?;
    numbers(input, alert)
}

/// `[gid:sid:rev]`
pub(crate) fn numbers<'a>(input: &'a [u8], alert: &mut Alert<'a>) -> Parse<'a, ()> {
    let (input, _) = context("`[`", char('[')).parse(input)?;
    let (input, generator) = context("generator id", u32).parse(input)?;
    let (input, id) =
        context("`:` and the signature id", preceded(char(':'), digit1)).parse(input)?;
    let (input, revision) =
        context("`:` and the revision", preceded(char(':'), digit1)).parse(input)?;
    let (input, _) = context("`]`", char(']')).parse(input)?;
    alert.rule.generator = Some(generator);
    alert.rule.id = Some(text::shown(id));
    alert.rule.revision = Some(text::shown(revision));
    Ok((input, ()))
}

/// The last place of a needle that begins with `[`. The needles stand near the end, where this finds
/// them sooner than a general search is set up.
pub(crate) fn rfind(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let mut end = haystack.len();
    loop {
        let at = memchr::memrchr(b'[', haystack.get(..end)?)?;
        if haystack.get(at..)?.starts_with(needle) {
            return Some(at);
        }
        end = at;
    }
}

// `[**] [Raw pkt: 45 00 ...]`: Suricata's form for a packet that has no addresses.
fn raw_packet<'a>(input: &'a [u8], alert: &mut Alert<'a>) {
    let hex = input.get(RAW_PACKET.len()..).unwrap_or_default();
    let end = memchr::memchr(b']', hex).unwrap_or(hex.len());
    let hex = text::trimmed(text::shown(hex.get(..end).unwrap_or(hex)));
    alert.note("suricata.raw_packet", Value::Text(hex));
}

// ` message [**] [Classification: c] [Priority: n] [AppID: x] `
fn tags<'a>(input: &'a [u8], alert: &mut Alert<'a>) -> Parse<'a, ()> {
    let Some(mark) = rfind(input, MARK) else {
        return Wanted::here(input, "`[**]` behind the message");
    };
    let (message, tags) = input.split_at_checked(mark).unwrap_or((input, b""));
    alert.rule.name = name(message);
    if let Some(Cow::Borrowed(name)) = &alert.rule.name {
        words::cves(name, &mut alert.vulnerabilities);
    }
    classes(tags.get(MARK.len()..).unwrap_or_default(), alert)
}

/// ` [Classification: c] [Priority: n] [AppID: x] `
pub(crate) fn classes<'a>(tags: &'a [u8], alert: &mut Alert<'a>) -> Parse<'a, ()> {
    let priority = rfind(tags, b"[Priority: ");
    let (category, rest) =
        tags.split_at_checked(priority.unwrap_or(tags.len())).unwrap_or_default();
    let inside = category.trim_ascii().strip_prefix(b"[Classification: ");
    let category = inside.and_then(|tag| tag.strip_suffix(b"]")).map(text::shown);
    alert.rule.category = category.filter(|category| !text::says_nothing(category));
    if priority.is_some() {
        let (rest, number) =
            context("priority", delimited(tag("[Priority: "), u32, char(']'))).parse(rest)?;
        alert.priority = Some(number);
        alert.severity = words::priority(number);
        let app: Parse<'a, &[u8]> =
            delimited(tag(" [AppID: "), take_until("]"), char(']')).parse(rest);
        if let Ok((_, app)) = app {
            alert.protocol = Some(text::lower(text::shown(app)));
        }
    }
    Ok((b"", ()))
}

/// A rule's message as its name. Snort 3 quotes it, and escapes quotes inside.
pub(crate) fn name(message: &[u8]) -> Option<Text<'_>> {
    let message = message.trim_ascii();
    let name = match lex::quoted(message) {
        Ok((b"", unquoted)) => text::trimmed(unquoted),
        _ => text::shown(message),
    };
    (!text::says_nothing(&name)).then_some(name)
}

/// `{PROTO} source -> destination`
pub(crate) fn endpoints<'a>(input: &'a [u8], alert: &mut Alert<'a>) -> Parse<'a, ()> {
    let (rest, protocol) =
        delimited(char('{'), context("`}` behind the protocol", take_until("} ")), tag("} "))
            .parse(input)?;
    let transport = words::transport(text::shown(protocol));
    let ports = words::has_ports(&transport);
    let (rest, source) = context("` -> ` between the addresses", take_until(" -> ")).parse(rest)?;
    let destination = rest.get(4..).unwrap_or_default().trim_ascii();
    let Some(mut from) = lex::socket(source, ports) else {
        return Wanted::here(source, "source address");
    };
    let Some(mut to) = lex::socket(destination, ports) else {
        return Wanted::here(destination, "destination address");
    };
    if !ports {
        // Suricata writes an ICMP message's type and code where the ports would be.
        icmp("type", &mut from, alert);
        icmp("code", &mut to, alert);
    }
    (alert.source, alert.destination, alert.transport) = (from, to, Some(transport));
    Ok((b"", ()))
}

fn icmp<'a>(what: &'static str, end: &mut Endpoint<'a>, alert: &mut Alert<'a>) {
    if let Some(number) = end.port.take() {
        let key = if what == "type" { "suricata.icmp_type" } else { "suricata.icmp_code" };
        alert.note(Cow::Borrowed(key), Value::Integer(i64::from(number)));
    }
}
