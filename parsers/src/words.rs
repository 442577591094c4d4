//! What products mean by their words: actions, transports, CVE numbers. The tables are told in
//! `docs/formats.md`.

use alloc::{borrow::Cow, string::String, vec::Vec};

use crate::alert::{Severity, Text, Verdict};
use crate::text;

const RESET: &[&str] = &["reset", "rst", "close", "closed"];
const REJECT: &[&str] = &["reject", "rejected", "refuse", "refused"];
const BLOCK: &[&str] = &[
    "block",
    "blocked",
    "drop",
    "dropped",
    "deny",
    "denied",
    "discard",
    "discarded",
    "prevent",
    "prevented",
    "quarantine",
    "quarantined",
    "terminate",
    "terminated",
    "delete",
    "deleted",
    "ban",
    "banned",
    "clean",
    "cleaned",
];
const DETECT: &[&str] = &[
    "alert",
    "alerted",
    "allow",
    "allowed",
    "accept",
    "accepted",
    "permit",
    "permitted",
    "pass",
    "passed",
    "passthrough",
    "detect",
    "detected",
    "log",
    "logged",
    "monitor",
    "monitored",
    "notify",
    "notified",
    "exempt",
    "warning",
    "ignore",
    "ignored",
];
const UNDONE: &[&str] = &["not", "no", "without", "failed", "un", "unable"];
const WOULD: &[&str] = &["would", "wdrop", "wouldblock", "ids", "simulate", "simulated"];

/// What an action word means: `drop-all-packets`, `clear_session`, `IDS:Reset`, `Detect Only:
/// Block`, `would_drop`. Words are compared whole, so that `unblocked` is not `blocked`.
pub(crate) fn verdict(action: &str) -> Verdict {
    let words = || action.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    let says = |table: &[&str]| words().any(|w| table.iter().any(|t| w.eq_ignore_ascii_case(t)));
    let stops = if says(RESET) || action.eq_ignore_ascii_case("clear_session") {
        Some(Verdict::Reset)
    } else if says(REJECT) {
        Some(Verdict::Rejected)
    } else if says(BLOCK) {
        Some(Verdict::Blocked)
    } else {
        None
    };
    match stops {
        Some(_) if says(WOULD) => Verdict::WouldBlock,
        Some(_) if says(&["detect"]) && says(&["only"]) => Verdict::WouldBlock,
        Some(_) if says(UNDONE) => Verdict::Detected,
        Some(verdict) => verdict,
        None if says(WOULD) => Verdict::WouldBlock,
        None if says(DETECT) => Verdict::Detected,
        None => Verdict::Unknown,
    }
}

/// Suricata's and Snort's priority: 1 is the worst. 1 high, 2 medium, 3 low, else info.
pub(crate) const fn priority(priority: u32) -> Severity {
    match priority {
        1 => Severity::High,
        2 => Severity::Medium,
        3 => Severity::Low,
        _ => Severity::Info,
    }
}

/// The transport in lower case; the common IANA protocol numbers by name.
pub(crate) fn transport(word: Text<'_>) -> Text<'_> {
    let name = match word.as_ref() {
        "1" => "icmp",
        "2" => "igmp",
        "6" | "TCP" => "tcp",
        "17" | "UDP" => "udp",
        "58" => "ipv6-icmp",
        "132" => "sctp",
        "ICMP" => "icmp",
        "ICMPv6" | "icmp6" => "ipv6-icmp",
        _ => return text::lower(word),
    };
    Cow::Borrowed(name)
}

/// Has this transport ports?
pub(crate) fn has_ports(transport: &str) -> bool {
    !matches!(transport, "icmp" | "ipv6-icmp" | "icmpv6" | "icmp6" | "igmp" | "ip")
}

/// The most CVE numbers that are taken from one text.
const CVES_MAX: usize = 16;

/// Adds the CVE numbers that stand in a text, in their usual form: `CVE-2021-41773`,
/// `CVE_2021_41773`, `cve,2021-41773` and `(CVE-2021-41773)`.
pub(crate) fn cves<'a>(text: &'a str, found: &mut Vec<Text<'a>>) {
    let bytes = text.as_bytes();
    for at in memchr::memchr2_iter(b'C', b'c', bytes) {
        if found.len() >= CVES_MAX {
            return;
        }
        let Some(cve) = text.get(at..).and_then(cve) else { continue };
        if !found.contains(&cve) {
            found.push(cve);
        }
    }
}

/// As [`cves`], for a text that is gone before what was found.
pub(crate) fn cves_owned(text: &str, found: &mut Vec<Text<'_>>) {
    let mut here = Vec::new();
    cves(text, &mut here);
    for cve in here {
        if found.len() < CVES_MAX && !found.contains(&cve) {
            found.push(Cow::Owned(cve.into_owned()));
        }
    }
}

fn cve(text: &str) -> Option<Text<'_>> {
    let bytes = text.as_bytes();
    let mark = |at: usize| matches!(bytes.get(at), Some(b'-' | b'_' | b',' | b':' | b' '));
    let digits = |from: usize| {
        bytes
            .get(from..)
            .unwrap_or_default()
            .iter()
            .take(20)
            .take_while(|b| b.is_ascii_digit())
            .count()
    };
    let count = digits(9);
    let is_one = bytes.get(..3)?.eq_ignore_ascii_case(b"cve")
        && mark(3)
        && digits(4) == 4
        && mark(8)
        && (4..=19).contains(&count);
    if !is_one {
        return None;
    }
    let whole = text.get(..9 + count)?;
    if whole.starts_with("CVE-") && whole.as_bytes().get(8) == Some(&b'-') {
        return Some(Cow::Borrowed(whole));
    }
    let mut usual = String::from("CVE-");
    usual.push_str(whole.get(4..8)?);
    usual.push('-');
    usual.push_str(whole.get(9..)?);
    Some(Cow::Owned(usual))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_mean_what_the_products_say() {
        let check = |action: &str, want: Verdict| assert_eq!(verdict(action), want, "{action}");
        for action in ["blocked", "Drop", "drop-all-packets", "DENY", "Discard", "Delete"] {
            check(action, Verdict::Blocked);
        }
        for action in ["Reset", "reset-both", "clear_session", "CLOSE"] {
            check(action, Verdict::Reset);
        }
        for action in
            ["IDS:Reset", "Detect Only: Block", "would_drop", "wDrop", "Would have dropped"]
        {
            check(action, Verdict::WouldBlock);
        }
        for action in ["allowed", "alarm-without-drop", "notified", "Pass", "not blocked"] {
            check(action, Verdict::Detected);
        }
        for action in ["", "unblocked", "frobnicate"] {
            check(action, Verdict::Unknown);
        }
        check("reject", Verdict::Rejected);
    }

    #[test]
    fn cve_numbers_are_found_in_their_disguises() {
        let check = |text: &str, want: &[&str]| {
            let mut found = Vec::new();
            cves(text, &mut found);
            assert_eq!(found, want, "{text}");
        };
        check("Apache traversal (CVE-2021-41773)", &["CVE-2021-41773"]);
        check("CVE_2021_44228 cve,2021-44228", &["CVE-2021-44228"]);
        check("CVE-99-1 CVE-2021-123 \u{e9}cve", &[]);
    }
}
