//! The security events of Cisco Firepower Threat Defense and the NGIPS: `%FTD-1-430001: Key: value, Key: value, ...`.
//! 430001 is an intrusion event and an alert; connections (430002, 430003) with a Security Intelligence category, files
//! (430004) and malware (430005) are alerts for those who ask. Source: Cisco, "Cisco Secure Firewall Threat Defense
//! Syslog Messages", "Security Event Syslog Messages".

mod keys;

use alloc::{borrow::Cow, boxed::Box};

use memchr::memmem;

use crate::alert::{Alert, Parsed, Reject, Severity, Value, Verdict};
use crate::cisco::{self, Message};
use crate::{Format, Framing, text, words};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "cisco-ftd",
    about: "Intrusion events of Cisco Firepower Threat Defense",
    example: "2026-03-14T10:50:25Z fw1 : %FTD-1-430001: EventPriority: High, SrcIP: 203.0.113.9, \
              DstIP: 192.0.2.80, SrcPort: 40112, DstPort: 80, Protocol: tcp, Priority: 1, GID: 1, \
              SID: 1000001, Revision: 3, Message: LOCAL path traversal, Classification: Web \
              Application Attack, InlineResult: Blocked",
    framing: Framing::Line,
    also: &["file", "malware", "security-intelligence"],
    claims,
    skips,
    parse,
    parse_head: parse,
};

const MARKS: &[&[u8]] = &[b"%FTD-", b"%NGIPS-"];

/// What an event is, by the number of its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Intrusion,
    Connection,
    File,
    Malware,
}

fn message(record: &[u8]) -> Option<(Message<'_>, Event)> {
    let message = cisco::message(record, MARKS)?;
    let event = match message.id {
        "430001" => Event::Intrusion,
        "430002" | "430003" => Event::Connection,
        "430004" => Event::File,
        "430005" => Event::Malware,
        _ => return None,
    };
    Some((message, event))
}

fn claims(record: &[u8]) -> bool {
    message(record).is_some()
}

fn skips(record: &[u8]) -> bool {
    cisco::id(record, MARKS).is_some_and(|id| id != "430001")
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let Some((message, event)) = message(record) else {
        return Err(Reject { at: 0, wanted: "`%FTD-`, a level and an event's number" });
    };
    // `IPReputationSICategory`, `URLSICategory`, `DNSSICategory`.
    if event == Event::Connection && memmem::find(message.text, b"SICategory: ").is_none() {
        return Ok(Parsed::Other);
    }
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("cisco_ftd");
    message.head.tell(&mut alert);
    alert.note("event.code", Value::Text(Cow::Borrowed(message.id)));
    if !keys::read(message.text, &mut alert) {
        let at = record.len().saturating_sub(message.text.len());
        return Err(Reject { at, wanted: "a key, a colon and a value" });
    }
    if let Some(Cow::Borrowed(name)) = alert.rule.name {
        words::cves(name, &mut alert.vulnerabilities);
    }
    Ok(match event {
        Event::Intrusion => {
            intrusion(&mut alert);
            Parsed::Alert(alert)
        }
        Event::Connection => {
            told_by(&mut alert, "AccessControlRuleAction");
            alert.severity = Severity::Medium;
            alert.rule.name = Some(Cow::Borrowed("Security Intelligence"));
            Parsed::Also("security-intelligence", alert)
        }
        Event::File => {
            told_by(&mut alert, "FileAction");
            Parsed::Also("file", alert)
        }
        Event::Malware => {
            told_by(&mut alert, "FileAction");
            alert.severity = Severity::High;
            Parsed::Also("malware", alert)
        }
    })
}

// An event without a result was not stopped.
fn intrusion(alert: &mut Alert<'_>) {
    alert.verdict = match alert.action.as_deref() {
        None => Verdict::Detected,
        Some(action) => words::verdict(action),
    };
    alert.severity = match alert.priority {
        Some(priority) => words::priority(priority),
        None => match alert.detail("cisco.EventPriority") {
            Some(Value::Text(word)) if word == "High" => Severity::High,
            Some(Value::Text(word)) if word == "Medium" => Severity::Medium,
            Some(Value::Text(word)) if word == "Low" => Severity::Low,
            _ => Severity::Info,
        },
    };
}

// What was done about a connection or a file.
fn told_by(alert: &mut Alert<'_>, key: &str) {
    let Some(at) =
        alert.details.iter().position(|(name, _)| name.strip_prefix("cisco.") == Some(key))
    else {
        return;
    };
    if let (_, Value::Text(action)) = alert.details.remove(at) {
        // `Malware Cloud Lookup` only asks; `Block Malware` and `Malware Block` do.
        alert.verdict = words::verdict(&action);
        alert.action = Some(text::trimmed(action));
    }
}

#[cfg(test)]
mod tests;
