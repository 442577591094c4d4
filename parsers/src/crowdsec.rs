//! CrowdSec: the lines of its own log about overflows and decisions, and its alerts as JSON objects.
//!
//! ```text
//! time="..." level=info msg="Ip 203.0.113.9 performed 'crowdsecurity/ssh-bf' (6 events over 2.9s) at ..."
//! time="..." level=info msg="(id/crowdsec) crowdsecurity/ssh-bf by ip 203.0.113.9 (NL/64496) : 4h ban on Ip 203.0.113.9"
//! {"level":"info","msg":"Ip 203.0.113.9 performed ...","time":"..."}
//! {"scenario":"crowdsecurity/ssh-bf","scenario_hash":"...","source":{"ip":"203.0.113.9"},"decisions":[...]}
//! ```
//!
//! Sources: docs.crowdsec.net, "Local API" (the model `Alert` of its specification), "cscli alerts list", "File
//! notification plugin"; the messages of `pkg/leakybucket` and `pkg/database` from 0.3 to 1.7.

mod line;
mod message;
mod object;

use alloc::{borrow::Cow, boxed::Box};

use memchr::memmem;

use crate::alert::{Alert, Parsed, Reject, Severity, Text, Verdict};
use crate::{Format, Framing, json, no_short_cut, words};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "crowdsec",
    about: "CrowdSec's log, and its alerts as JSON",
    example: "time=\"2026-03-14T10:50:25Z\" level=info msg=\"(web1/crowdsec) crowdsecurity/ssh-bf \
              by ip 203.0.113.9 (NL/64496) : 4h ban on Ip 203.0.113.9\"",
    framing: Framing::Line,
    also: &[],
    claims,
    skips: no_short_cut,
    parse,
    parse_head: parse,
};

/// Room for the details of most alerts.
const DETAILS_USUAL: usize = 12;

fn claims(record: &[u8]) -> bool {
    if record.trim_ascii_start().first() == Some(&b'{') {
        return object::inner(record).is_some() || json_message(record).is_some();
    }
    line::message(record).is_some_and(message::is_ours)
}

// The message of a line of the log that is a JSON object, as it stands.
fn json_message(record: &[u8]) -> Option<&[u8]> {
    // Each line of the log says how loud it is; others that have a `msg` do not.
    json::own(record, b"\"level\"")?;
    let message = json::own(record, b"\"msg\"")?.strip_prefix(b"\"")?;
    message::is_ours(message).then_some(message)
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    if record.trim_ascii_start().first() != Some(&b'{') {
        return log_line(record);
    }
    json::read_whole(record, read)
}

fn read(document: &str) -> Result<Parsed<'_>, Reject> {
    let mut alert = new();
    if memmem::find(document.as_bytes(), b"\"scenario_hash\"").is_some() {
        object::read(document, &mut alert)?;
    } else {
        let message = line::from_json(document, &mut alert)?;
        if !message.is_some_and(|message| message::read(message, &mut alert)) {
            return Ok(Parsed::Other);
        }
    }
    settle(&mut alert);
    Ok(Parsed::Alert(alert))
}

fn log_line(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let mut alert = new();
    let Some(message) = line::read(record, &mut alert) else {
        return Err(Reject { at: 0, wanted: "a line of CrowdSec's log, with `level=` and `msg=`" });
    };
    if !message::read(message, &mut alert) {
        return Ok(Parsed::Other);
    }
    settle(&mut alert);
    Ok(Parsed::Alert(alert))
}

fn new<'a>() -> Box<Alert<'a>> {
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("crowdsec");
    // It rates nothing; what a decision stops is low, a known vulnerability that is tried is more.
    alert.severity = Severity::Low;
    alert.details.reserve_exact(DETAILS_USUAL);
    alert
}

// What follows from all fields together.
fn settle(alert: &mut Alert<'_>) {
    if alert.rule.name.is_none() {
        alert.rule.name = alert.rule.id.clone();
    }
    let name = alert.rule.name.as_deref().unwrap_or_default();
    words::cves_owned(name, &mut alert.vulnerabilities);
    if !alert.vulnerabilities.is_empty() {
        alert.severity = Severity::Medium;
    }
    let said = alert.action.as_deref().map_or(Verdict::Detected, decision);
    if alert.verdict == Verdict::Unknown {
        alert.verdict = said;
    } else if alert.verdict == Verdict::WouldBlock && said == Verdict::Detected {
        // Nothing was to be done, so nothing was simulated.
        alert.verdict = Verdict::Detected;
    }
}

// A decision's type: what the bouncers do with who it is about.
fn decision(kind: &str) -> Verdict {
    match kind {
        "captcha" | "throttle" => Verdict::Rejected,
        _ => words::verdict(kind),
    }
}

// The scenario that overflowed; its author is what it comes from.
fn scenario<'a>(alert: &mut Alert<'a>, name: Text<'a>) {
    if alert.rule.ruleset.is_none() {
        alert.rule.ruleset = match &name {
            Cow::Borrowed(name) => name.split_once('/').map(|(author, _)| Cow::Borrowed(author)),
            Cow::Owned(name) => name.split_once('/').map(|(author, _)| Cow::Owned(author.into())),
        };
    }
    if alert.rule.id.is_none() {
        alert.rule.id = Some(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_lines_of_the_log_are_not_claimed_and_no_rejects() {
        for line in [
            "level=fatal msg=\"local API server stopped with error: listening on 192.0.2.1:8080\"",
            "time=\"2026-03-14T10:50:43Z\" level=info msg=\"loading acquisition file\"",
            "time=\"2026-03-14T10:50:44Z\" level=warning msg=\"(something) else\"",
        ] {
            assert!(!claims(line.as_bytes()), "{line}");
            assert_eq!(parse(line.as_bytes()), Ok(Parsed::Other), "{line}");
        }
        assert!(!claims(b"another program's line: Ip 203.0.113.9 performed 'x'"));
        assert!(parse(b"another program's line").is_err());
    }
}
