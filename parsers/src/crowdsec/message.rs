//! What a message of CrowdSec's log says: that a scenario overflowed, or what was decided.

use alloc::{borrow::Cow, string::String};

use memchr::{memchr_iter, memmem};

use super::{line, scenario};
use crate::alert::{Alert, Text, Value, Verdict};
use crate::places::{address, first, keep_text};
use crate::{lex, text};

/// How far into a line a message is looked at to know it.
const KNOWN_BYTES_MAX: usize = 1024;

/// Is this the beginning of a message about an overflow or a decision? Asked for lines of any program that logs alike.
pub(super) fn is_ours(message: &[u8]) -> bool {
    let near = message.get(..KNOWN_BYTES_MAX).unwrap_or(message);
    if near.first() == Some(&b'(') {
        let behind = near.split(|byte| *byte == b')').nth(1).unwrap_or_default();
        return behind.starts_with(b" alert : ") || memmem::find(near, b" : ").is_some();
    }
    memmem::find(near, b" performed '").is_some()
}

/// Takes what a message says; false where it is about something else.
pub(super) fn read<'a>(message: Text<'a>, alert: &mut Alert<'a>) -> bool {
    let taken = match &message {
        Cow::Borrowed(message) => decided(message, alert) || overflow(message, alert),
        Cow::Owned(owned) => {
            let mut here = Alert::default();
            let taken = decided(owned, &mut here) || overflow(owned, &mut here);
            take_over(here.into_owned(), alert);
            taken
        }
    };
    if taken {
        alert.note("crowdsec.message", Value::Text(message));
    }
    taken
}

// What a message said whose text was only borrowed here; the line's own pairs are not there yet or say the same.
fn take_over<'a>(from: Alert<'a>, alert: &mut Alert<'a>) {
    first(&mut alert.rule.name, from.rule.name);
    first(&mut alert.rule.id, from.rule.id);
    first(&mut alert.rule.ruleset, from.rule.ruleset);
    first(&mut alert.action, from.action);
    alert.source.ip = alert.source.ip.or(from.source.ip);
    first(&mut alert.source.domain, from.source.domain);
    first(&mut alert.source.user, from.source.user);
    (alert.verdict, alert.count) = (from.verdict, alert.count.or(from.count));
    alert.stamp = alert.stamp.or(from.stamp);
    for (key, value) in from.details {
        alert.note(key, value);
    }
}

// `Ip 203.0.113.9 performed 'crowdsecurity/ssh-bf' (6 events over 2.9s) at 2026-03-14 10:50:25.39 +0000 UTC`.
// Early releases have words in front (`Processing Overflow with no decisions`), and no scope.
fn overflow<'a>(message: &'a str, alert: &mut Alert<'a>) -> bool {
    let Some((before, behind)) = split(message, " performed '") else { return false };
    // A line that was cut has no closing quote.
    let (name, behind) = behind.split_once('\'').unwrap_or((behind, ""));
    if name.is_empty() {
        return false;
    }
    match split(before, " sources").or_else(|| split(before, " Sources")) {
        Some((before, _)) => many(last_word(before), alert),
        None => {
            let (words, value) = before.rsplit_once(' ').unwrap_or(("", before));
            about(last_word(words), value, alert);
        }
    }
    first(&mut alert.rule.name, Some(Cow::Borrowed(name)));
    scenario(alert, Cow::Borrowed(name));
    // `(6 events over 2.9s) at STAMP`; either may be missing.
    let (counted, at) = split(behind, " at ").unwrap_or((behind, ""));
    let counted = counted.trim().trim_start_matches('(').trim_end_matches(')');
    if let Some((count, duration)) = split(counted, " events over ") {
        alert.count = alert.count.or_else(|| lex::number(count.as_bytes()));
        keep_text(alert, "crowdsec.duration", Some(Cow::Borrowed(duration)));
    }
    if !at.is_empty() {
        alert.stamp = alert.stamp.or_else(|| line::time(at.as_bytes()));
        keep_text(alert, "crowdsec.overflow_at", Some(Cow::Borrowed(at)));
    }
    true
}

// As `str::split_once` and `rsplit_once`, for short texts, in which setting up a search takes longer than searching.
fn split<'a>(text: &'a str, mark: &str) -> Option<(&'a str, &'a str)> {
    let first = *mark.as_bytes().first()?;
    memchr_iter(first, text.as_bytes()).find_map(|at| split_at(text, at, mark))
}

fn last_split<'a>(text: &'a str, mark: &str) -> Option<(&'a str, &'a str)> {
    let first = *mark.as_bytes().first()?;
    memchr_iter(first, text.as_bytes()).rev().find_map(|at| split_at(text, at, mark))
}

fn split_at<'a>(text: &'a str, at: usize, mark: &str) -> Option<(&'a str, &'a str)> {
    let (before, behind) = text.split_at_checked(at)?;
    Some((before, behind.strip_prefix(mark)?))
}

fn last_word(words: &str) -> &str {
    words.rsplit_once(' ').map_or(words, |(_, word)| word)
}

// `Ip 2 sources`, `2 Sources on scope.`
fn many(count: &str, alert: &mut Alert<'_>) {
    if let Some(count) = lex::number(count.as_bytes()) {
        alert.note("crowdsec.sources", Value::Integer(count));
    }
}

// `(machine/origin) SCENARIO by ip A (CC/AS) : 4h ban on Ip A`, `... for 1/2 decisions : ...`, `(machine) alert :
// SCENARIO by ip A`; `(simulated alert)` or `(simulated decision)` in front of the duration.
fn decided<'a>(message: &'a str, alert: &mut Alert<'a>) -> bool {
    let Some((machine, rest)) = message.strip_prefix('(').and_then(|m| split(m, ") ")) else {
        return false;
    };
    let (reason, decision) = match rest.strip_prefix("alert : ") {
        Some(reason) => (reason, None),
        None => match last_split(rest, " : ") {
            Some((reason, decision)) => (reason, Some(decision)),
            None => return false,
        },
    };
    // The scope, of one word, and the value end it.
    if let Some(decision) = decision {
        let simulated = ["(simulated alert)", "(simulated decision)"];
        let said = simulated.iter().find_map(|mark| decision.strip_prefix(mark));
        if said.is_some() {
            alert.verdict = Verdict::WouldBlock;
        }
        let Some((what, whom)) = split(said.unwrap_or(decision).trim(), " on ") else {
            return false;
        };
        let Some((duration, kind)) = what.rsplit_once(' ') else { return false };
        let (scope, value) = whom.split_once(' ').unwrap_or(("", whom));
        first(&mut alert.action, Some(Cow::Borrowed(kind)));
        keep_text(alert, "crowdsec.decision.duration", Some(Cow::Borrowed(duration)));
        about(scope, value, alert);
    }
    let (name, by) = last_split(reason, " by ").unwrap_or((reason, ""));
    let (name, part) = last_split(name, " for ").unwrap_or((name, ""));
    scenario(alert, Cow::Borrowed(name));
    keep_text(alert, "crowdsec.decision.part", Some(Cow::Borrowed(part)));
    by_whom(by, alert);
    // Alone, before a decision, stands its origin.
    let alone = if decision.is_some() { ("", machine) } else { (machine, "") };
    let (machine, origin) = machine.rsplit_once('/').unwrap_or(alone);
    keep_text(alert, "crowdsec.machine_id", Some(Cow::Borrowed(machine)));
    keep_text(alert, "crowdsec.decision.origin", Some(Cow::Borrowed(origin)));
    true
}

// `ip 203.0.113.9 (NL/64496)`
fn by_whom<'a>(by: &'a str, alert: &mut Alert<'a>) {
    let (whom, place) = split(by, " (").unwrap_or((by, ""));
    if let Some((scope, value)) = whom.split_once(' ') {
        about(scope, value, alert);
    }
    let (country, system) = place.trim_end_matches(')').split_once('/').unwrap_or((place, ""));
    let country = country.trim_end_matches(')');
    keep_text(alert, "source.geo.country_iso_code", Some(Cow::Borrowed(country)));
    keep_text(alert, "source.as.number", Some(Cow::Borrowed(system)));
}

/// Who it is about: `Ip`, `Range`, `Username`, or what a scenario's author invents.
pub(super) fn about<'a>(scope: &str, value: &'a str, alert: &mut Alert<'a>) {
    let value = value.trim();
    let is_address = lex::address(value.as_bytes()).is_some();
    match scope {
        _ if is_address => address(&mut alert.source, Some(Cow::Borrowed(value))),
        "Range" | "range" => {
            address(&mut alert.source, Some(Cow::Borrowed(value)));
            keep_text(alert, "crowdsec.source.range", Some(Cow::Borrowed(value)));
        }
        "Username" | "username" => first(&mut alert.source.user, Some(Cow::Borrowed(value))),
        _ if text::says_nothing(value) => {}
        _ => {
            let mut whole = String::from(scope);
            whole.push(' ');
            whole.push_str(value);
            keep_text(alert, "crowdsec.source.value", Some(Cow::Owned(whole.trim().into())));
        }
    }
}
