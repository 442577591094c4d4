//! The prefix of a kernel log line: free text in which firewalls and administrators name the rule and what was done.

use alloc::borrow::Cow;

use crate::alert::{Alert, Value, Verdict};
use crate::text;

/// The most bytes of a word that says what was done.
const ACTION_BYTES_MAX: usize = 16;

/// Reads the prefix. False for what a firewall lets through because of a setting, not of a rule that was made to log.
pub(super) fn read<'a>(prefix: &'a [u8], alert: &mut Alert<'a>) -> bool {
    let (prefix, description) = described(prefix);
    let name = trimmed(prefix);
    if name.is_empty() {
        return true;
    }
    let unifi = numbered(name);
    let (action, verdict) = match unifi {
        Some(rule) => (Some(rule.action), rule.verdict()),
        None => acted(name),
    };
    alert.action = action.map(text::shown);
    alert.verdict = verdict;
    let name_shown = text::shown(name);
    match unifi {
        Some(rule) => {
            alert.rule.ruleset = Some(text::shown(rule.set));
            alert.rule.id = Some(text::shown(rule.number));
        }
        None if name.starts_with(b"UFW ") => alert.rule.ruleset = Some(Cow::Borrowed("UFW")),
        None => {}
    }
    if let Some(description) = description {
        alert.rule.name = Some(text::shown(description));
        alert.note("netfilter.prefix", Value::Text(name_shown));
    } else {
        alert.rule.name = Some(name_shown);
    }
    let by_setting = unifi.is_some() || name.starts_with(b"UFW ");
    !(by_setting && verdict == Verdict::Detected)
}

// UniFi describes the rule behind its prefix: `[WAN_IN-D-2000] DESCR="no telnet" `.
fn described(prefix: &[u8]) -> (&[u8], Option<&[u8]>) {
    let Some(at) = memchr::memmem::find(prefix, b"DESCR=\"") else { return (prefix, None) };
    let (before, behind) = prefix.split_at_checked(at).unwrap_or((prefix, b""));
    let inside = behind.get("DESCR=\"".len()..).unwrap_or_default().trim_ascii_end();
    let inside = inside.strip_suffix(b"\"").unwrap_or(inside);
    (before, Some(inside).filter(|inside| !inside.is_empty()))
}

// Without what joins it to the first field, and without brackets around the whole.
fn trimmed(prefix: &[u8]) -> &[u8] {
    let mut name = prefix.trim_ascii();
    // Some builds of firewalld log the quotes of their own configuration.
    name = name.strip_prefix(b"\"").unwrap_or(name);
    while let Some((b'"' | b':' | b'=' | b'-' | b'>' | b',' | b';', before)) =
        name.split_last().map(|(last, before)| (*last, before))
    {
        name = before.trim_ascii_end();
    }
    let inside = name.strip_prefix(b"[").and_then(|name| name.strip_suffix(b"]"));
    inside.filter(|inside| !inside.contains(&b'[')).unwrap_or(name).trim_ascii()
}

/// A rule of UniFi or EdgeOS: `WAN_LOCAL-default-D`, `WAN_IN-2000-A`, `LAN_IN-B-4000000003`.
#[derive(Clone, Copy)]
struct Numbered<'a> {
    set: &'a [u8],
    number: &'a [u8],
    action: &'a [u8],
}

impl Numbered<'_> {
    fn verdict(self) -> Verdict {
        match self.action {
            b"A" => Verdict::Detected,
            b"D" | b"B" => Verdict::Blocked,
            b"R" => Verdict::Rejected,
            _ => Verdict::Unknown,
        }
    }
}

fn numbered(name: &[u8]) -> Option<Numbered<'_>> {
    let is_action = |word: &[u8]| matches!(word, b"A" | b"D" | b"R" | b"B" | b"RET");
    let is_number = |word: &[u8]| word == b"default" || word.iter().all(u8::is_ascii_digit);
    let (before, last) = split_last(name)?;
    let (set, middle) = split_last(before)?;
    let (number, action) = match () {
        () if is_action(last) && is_number(middle) => (middle, last),
        () if is_action(middle) && is_number(last) => (last, middle),
        () => return None,
    };
    (!set.is_empty() && !number.is_empty()).then_some(Numbered { set, number, action })
}

fn split_last(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let dash = memchr::memrchr(b'-', name)?;
    Some((name.get(..dash)?, name.get(dash + 1..)?))
}

// The word that says what was done, and what it means. One that stops the packet counts before one that lets it pass.
fn acted(name: &[u8]) -> (Option<&[u8]>, Verdict) {
    let mut passed = None;
    for word in name.split(|byte| !byte.is_ascii_alphanumeric()) {
        match verdict(word) {
            Some(Verdict::Detected) if passed.is_none() => passed = Some(word),
            Some(Verdict::Detected) | None => {}
            Some(verdict) => return (Some(word), verdict),
        }
    }
    (passed, if passed.is_some() { Verdict::Detected } else { Verdict::Unknown })
}

// The words that stand in prefixes. A prefix is free text, so it is not looked through for all the words of all products
// (`words::verdict`): `log` and `alert` say nothing there.
fn verdict(word: &[u8]) -> Option<Verdict> {
    // `drop6`, `REJECT2`.
    let digits = word.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let word = word.get(..word.len() - digits)?;
    let mut lower = [0; ACTION_BYTES_MAX];
    let lower = lower.get_mut(..word.len()).filter(|lower| lower.len() > 2)?;
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    let whole = match &*lower {
        b"reset" => Verdict::Reset,
        b"rejected" | b"refuse" | b"refused" => Verdict::Rejected,
        b"dropped" | b"drops" | b"blocked" | b"denied" | b"discard" | b"discarded" | b"banned"
        | b"drp" | b"blk" => Verdict::Blocked,
        b"accepted" | b"allowed" | b"permit" | b"permitted" | b"pass" | b"passed" | b"acc"
        | b"audit" => Verdict::Detected,
        _ => return LAST_WORDS.iter().find(|(end, _)| lower.ends_with(end)).map(|(_, v)| *v),
    };
    Some(whole)
}

// These are also written together with another word: `LOGDROP`, `IPTREJECT`.
const LAST_WORDS: [(&[u8], Verdict); 6] = [
    (b"drop", Verdict::Blocked),
    (b"block", Verdict::Blocked),
    (b"deny", Verdict::Blocked),
    (b"reject", Verdict::Rejected),
    (b"accept", Verdict::Detected),
    (b"allow", Verdict::Detected),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_say_what_was_done() {
        let check = |prefix: &str, name: &str, action: Option<&str>, verdict: Verdict| {
            let mut alert = Alert::default();
            read(prefix.as_bytes(), &mut alert);
            assert_eq!(alert.rule.name.as_deref().unwrap_or_default(), name, "{prefix}");
            assert_eq!((alert.action.as_deref(), alert.verdict), (action, verdict), "{prefix}");
        };
        check("[UFW BLOCK] ", "UFW BLOCK", Some("BLOCK"), Verdict::Blocked);
        check("[UFW LIMIT BLOCK] ", "UFW LIMIT BLOCK", Some("BLOCK"), Verdict::Blocked);
        check("[UFW AUDIT INVALID] ", "UFW AUDIT INVALID", Some("AUDIT"), Verdict::Detected);
        check("Shorewall:net-fw:DROP:", "Shorewall:net-fw:DROP", Some("DROP"), Verdict::Blocked);
        check("FINAL_REJECT: ", "FINAL_REJECT", Some("REJECT"), Verdict::Rejected);
        check("SFW2-INext-ACC-TCP ", "SFW2-INext-ACC-TCP", Some("ACC"), Verdict::Detected);
        check("DROP(src wan)", "DROP(src wan)", Some("DROP"), Verdict::Blocked);
        check("\"filter_IN_DROP: \"", "filter_IN_DROP", Some("DROP"), Verdict::Blocked);
        check("drop6 ", "drop6", Some("drop6"), Verdict::Blocked);
        check("LOGDROP ", "LOGDROP", Some("LOGDROP"), Verdict::Blocked);
        check("IPTables-Dropped: ", "IPTables-Dropped", Some("Dropped"), Verdict::Blocked);
        check("ACCEPT to DROP ", "ACCEPT to DROP", Some("DROP"), Verdict::Blocked);
        check("a->b accept => ", "a->b accept", Some("accept"), Verdict::Detected);
        check("[WAN_LOCAL-default-D]", "WAN_LOCAL-default-D", Some("D"), Verdict::Blocked);
        check("[LAN_IN-B-4000000003] ", "LAN_IN-B-4000000003", Some("B"), Verdict::Blocked);
        check("[WAN_IN-R-1] DESCR=\"no telnet\" ", "no telnet", Some("R"), Verdict::Rejected);
        check("Outbound ", "Outbound", None, Verdict::Unknown);
        check("", "", None, Verdict::Unknown);
    }
}
