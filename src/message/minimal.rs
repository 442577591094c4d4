//! The plainest form: ASCII, numbers, addresses and our own words. A receiver that refuses
//! everything else takes this, whatever the attacker wrote.

use super::phrase::{self, counted};
use super::traffic::{address, is_digits};
use super::{Disclosure, MINIMAL_CHARS_MAX, gap_card, group_card, severity};
use crate::triage::{Entry, Reason, Report};

/// The report in one ASCII line of at most [`MINIMAL_CHARS_MAX`] bytes.
pub(super) fn minimal(report: &Report<'_>, disclosure: Disclosure<'_>) -> String {
    let mut words = vec!["IPS".to_owned()];
    match report.entries.first() {
        None if report.rest.events == 0 && report.gap.is_some() => {
            let reachable = report.gap.as_ref().is_some_and(|gap| gap.tries > 0);
            words.push(
                if reachable { "agent can post again" } else { "alerts not told" }.to_owned(),
            );
        }
        None => words.push(format!("alerts, worst {}", report.rest.worst.word())),
        Some(entry) => words.push(lead(entry, disclosure)),
    }
    let others = others(report);
    if others > 0 {
        words.push(format!("and {} in other groups", counted(others, "more alert")));
    }
    words.push(format!("on {}", host(report.agent_host)));
    if let Some(gap) = &report.gap {
        if gap.tries > 0 {
            words.push(format!("after {} without contact,", phrase::between(gap.since, gap.until)));
        }
        words.push(gap_card::outcome(gap));
    }
    if let Some(id) =
        report.entries.first().and_then(|entry| group_card::search_id(&entry.group.id))
    {
        words.push(format!("- ipsbell search {id}"));
    }
    ascii(&words.join(" "))
}

/// `ALERT high blocked, rule 2034125, 203.0.113.7 -> 10.0.4.12:443`.
fn lead(entry: &Entry<'_>, disclosure: Disclosure<'_>) -> String {
    let group = entry.group;
    let mut words =
        format!("ALERT {} {}", severity(group.severity).word(), group_card::verdict(group));
    if let Some(id) = group.rule_id.as_deref().filter(|id| is_digits(id) && id.len() <= 12) {
        words.push_str(", rule ");
        words.push_str(id);
    }
    let source = entry.sample.as_ref().and_then(|event| event.alert.source.ip);
    let target = entry.sample.as_ref().map(|event| &event.alert.destination);
    if let Some(source) = source.or(group.sources.first()) {
        words.push_str(&format!(", {}", address(source, None, disclosure).plain()));
    }
    if let Some((ip, port)) = target.and_then(|side| side.ip.map(|ip| (ip, side.port))) {
        words.push_str(&format!(" -> {}", address(ip, port, disclosure).plain()));
    }
    if entry.reason == Reason::Closed {
        words.push_str(&format!(", quiet now, {} in all", counted(group.total, "alert")));
    } else if entry.events != 1 || group.total != 1 {
        words.push_str(&format!(
            ", {}, {} in all",
            counted(entry.events, "alert"),
            phrase::number(group.total)
        ));
    }
    words
}

/// Events that the report tells beside its first entry.
fn others(report: &Report<'_>) -> u64 {
    let entries = report.entries.iter().skip(1).map(|entry| entry.events);
    entries.chain([report.rest.events]).fold(0, u64::saturating_add)
}

/// A host name with nothing in it but letters, digits, dots and hyphens.
fn host(name: &str) -> String {
    const HOST_CHARS_MAX: usize = 64;
    let plain = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' });
    plain.take(HOST_CHARS_MAX).collect()
}

/// Cut to the limit, every character beyond printable ASCII as `?`.
pub(super) fn ascii(text: &str) -> String {
    let plain = text.chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '?' });
    plain.take(MINIMAL_CHARS_MAX).collect()
}
