//! Falco: its alerts as JSON objects (`json_output`), and as text:
//!
//! ```text
//! 10:20:05.408091526: Warning Sensitive file opened (user=root command=cat /etc/shadow file=/etc/shadow)
//! 2026-03-14T10:20:05.408091526+0000: Notice Shell in a container | user=root container_id=0123456789ab
//! ```
//!
//! Sources: falco.org, "Output Channels", "Alert Formatting", "Rule Priorities" and "Supported Fields for Conditions and
//! Outputs"; `falco_formats::format_event` of releases 0.30 to 0.41 for the members of the object.

mod object;

use alloc::{borrow::Cow, boxed::Box};

use memchr::memchr;

use crate::alert::{Alert, Parsed, Reject, Severity, Stamp, Text, Value, Verdict};
use crate::{Format, Framing, json, lex, no_short_cut, places, stamp, text, words};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "falco",
    about: "Falco's alerts, as JSON or as text",
    example: concat!(
        r#"{"hostname":"web1","output":"10:50:25.408091526: Warning Sensitive file opened "#,
        r#"(user=root file=/etc/shadow)","output_fields":{"evt.time":1773485425408091526,"#,
        r#""fd.name":"/etc/shadow","proc.cmdline":"cat /etc/shadow","user.name":"root"},"#,
        r#""priority":"Warning","rule":"Read sensitive file untrusted","source":"syscall","#,
        r#""tags":["T1555","filesystem"],"time":"2026-03-14T10:50:25.408091526Z"}"#
    ),
    framing: Framing::Line,
    also: &[],
    claims,
    skips: no_short_cut,
    parse,
    parse_head: parse,
};

/// Room for the details of most alerts: one more doubling costs less than growing.
const DETAILS_USUAL: usize = 16;

/// The most values that are taken from one text.
const VALUES_MAX: usize = 64;

// How far from syslog's ranks is a rule's priority.
const PRIORITIES: [(&str, Severity); 9] = [
    ("Emergency", Severity::Critical),
    ("Alert", Severity::Critical),
    ("Critical", Severity::Critical),
    ("Error", Severity::High),
    ("Warning", Severity::Medium),
    ("Notice", Severity::Low),
    ("Informational", Severity::Info),
    ("Info", Severity::Info),
    ("Debug", Severity::Info),
];

/// What a priority means; `None` if it is none of Falco's.
fn severity(word: &str) -> Option<Severity> {
    let same = |(name, _): &&(&str, Severity)| name.eq_ignore_ascii_case(word);
    PRIORITIES.iter().find(same).map(|(_, severity)| *severity)
}

fn claims(record: &[u8]) -> bool {
    if record.trim_ascii_start().first() == Some(&b'{') {
        return object::claims(record);
    }
    title(record).is_some()
}

/// When, how bad, what.
type Title<'a> = (When<'a>, (&'a str, Severity), &'a [u8]);

enum When<'a> {
    /// Of an unknown day.
    Clock(&'a [u8]),
    Stamp(Stamp),
}

// `10:20:05.408091526: Warning ` or an ISO stamp, and what follows.
fn title(record: &[u8]) -> Option<Title<'_>> {
    if !record.first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let (when, rest) = match clock(record) {
        Some((clock, rest)) => (When::Clock(clock), rest),
        None => {
            let (rest, stamp) = stamp::iso(record).ok()?;
            (When::Stamp(stamp), rest)
        }
    };
    let rest = rest.strip_prefix(b": ")?;
    let (word, text) = rest.split_at_checked(memchr(b' ', rest.get(..16).unwrap_or(rest))?)?;
    let word = core::str::from_utf8(word).ok()?;
    Some((when, (word, severity(word)?), text.trim_ascii()))
}

// `HH:MM:SS.nnnnnnnnn`
fn clock(record: &[u8]) -> Option<(&[u8], &[u8])> {
    let [_, _, b':', _, _, b':', _, _, b'.', fraction @ ..] = record else { return None };
    let length = "HH:MM:SS.".len() + fraction.iter().take_while(|b| b.is_ascii_digit()).count();
    let (clock, rest) = record.split_at_checked(length)?;
    let plain = |byte: &u8| byte.is_ascii_digit() || b":.".contains(byte);
    clock.iter().all(plain).then_some((clock, rest))
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("falco");
    // It looks on.
    alert.verdict = Verdict::Detected;
    alert.details.reserve_exact(DETAILS_USUAL);
    if record.trim_ascii_start().first() != Some(&b'{') {
        line(record, &mut alert)?;
        return Ok(Parsed::Alert(alert));
    }
    let document = text::shown_json(record);
    match &document {
        Cow::Borrowed(document) => object::read(document, &mut alert)?,
        Cow::Owned(document) => {
            let mut here = Alert { product: alert.product, ..Alert::default() };
            object::read(document, &mut here)
                .map_err(|reject| Reject { at: text::place_in(record, reject.at), ..reject })?;
            here.verdict = Verdict::Detected;
            alert = Box::new(here.into_owned());
        }
    }
    Ok(Parsed::Alert(alert))
}

fn line<'a>(record: &'a [u8], alert: &mut Alert<'a>) -> Result<(), Reject> {
    let wanted = "a time, `: ` and one of Falco's priorities";
    let Some((when, (priority, severity), output)) = title(record) else {
        return Err(Reject { at: 0, wanted });
    };
    match when {
        When::Stamp(stamp) => alert.stamp = Some(stamp),
        When::Clock(clock) => places::keep_text(alert, "falco.time", Some(text::shown(clock))),
    }
    (alert.severity_raw, alert.severity) = (Some(Cow::Borrowed(priority)), severity);
    let output = text::shown(output);
    match &output {
        Cow::Borrowed(output) => values(output, alert),
        Cow::Owned(shown) => {
            let mut here = Alert::default();
            values(shown, &mut here);
            let here = here.into_owned();
            (alert.rule.name, alert.vulnerabilities) = (here.rule.name, here.vulnerabilities);
            alert.details.extend(here.details);
        }
    }
    if alert.rule.name.is_none() {
        return Err(Reject { at: record.len(), wanted: "an output behind the priority" });
    }
    places::keep_text(alert, "falco.output", Some(output));
    Ok(())
}

// `Text of the rule (key=value key=value)` or `Text of the rule | key=value key=value`. The text names the rule, of
// which this form does not tell the name.
fn values<'a>(output: &'a str, alert: &mut Alert<'a>) {
    let (name, values) = match (output.split_once(" | "), output.split_once(" (")) {
        (Some((name, values)), Some((shorter, _))) if name.len() < shorter.len() => (name, values),
        (_, Some((name, values))) => (name, values.strip_suffix(')').unwrap_or(values)),
        (Some((name, values)), None) => (name, values),
        (None, None) => (output, ""),
    };
    alert.rule.name = Some(Cow::Borrowed(name)).filter(|name| !name.is_empty());
    words::cves(name, &mut alert.vulnerabilities);
    let mut rest = values;
    for _ in 0..VALUES_MAX {
        let Some((key, behind)) = rest.split_once('=') else { return };
        let end = value_end(behind);
        let (value, next) = behind.split_at_checked(end).unwrap_or((behind, ""));
        rest = next.trim_start();
        let key = key.trim();
        if is_key(key) && !says_nothing(value) {
            alert.note(
                places::joined("falco.values.", key),
                Value::Text(Cow::Borrowed(value.trim())),
            );
        }
    }
}

fn is_key(word: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !word.is_empty() && word.bytes().all(plain)
}

// A value may hold blanks: it ends before ` key=`.
fn value_end(text: &str) -> usize {
    let Some(equals) = text.find('=') else { return text.len() };
    let before = text.get(..equals).unwrap_or_default();
    before.rfind(' ').unwrap_or(text.len())
}

/// Does a value say that there is none?
fn says_nothing(value: &str) -> bool {
    text::says_nothing(value) || value == "<NA>"
}

// A technique among a rule's tags: `T1059`, `T1059.004`.
fn is_technique(tag: &str) -> bool {
    let digits = tag.strip_prefix('T').unwrap_or_default();
    let (main, sub) = digits.split_once('.').unwrap_or((digits, "000"));
    let number =
        |text: &str, length| text.len() == length && lex::number::<u32>(text.as_bytes()).is_some();
    number(main, 4) && number(sub, 3)
}

fn own_text<'a>(value: &'a str) -> Option<Text<'a>> {
    json::plain(value).filter(|text| !says_nothing(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_objects_and_lines_are_not_claimed() {
        for line in [
            r#"{"priority":"urgent","rule":"not theirs","output":"x"}"#,
            r#"{"priority":3,"rule":"1:2:3","output":"x"}"#,
            r#"{"priority":"Error","rule":"r"}"#,
            r#"{"a":{"priority":"Error","rule":"r","output":"x"}}"#,
            "10:50:30.000000000: Urgent is no priority",
            "10:50:31: Warning has no fraction",
            "2026-03-14T10:50:32+0000: Falco version: 0.41.0",
        ] {
            assert!(!claims(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn a_technique_is_told_by_its_form() {
        let is = ["T1059", "T1059.004"];
        assert!(is.iter().all(|tag| is_technique(tag)));
        let is_not = ["TA0002", "T105", "T10590", "T1059.4", "1059", "T1059.", "mitre"];
        assert!(!is_not.iter().any(|tag| is_technique(tag)));
    }
}
