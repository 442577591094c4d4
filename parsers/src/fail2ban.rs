//! fail2ban, versions 0.8 to 1.x: `STAMP fail2ban.COMPONENT [PID]: LEVEL [jail] Ban ADDRESS`, in its own file, in
//! syslog or in the journal, where less stands in front:
//!
//! ```text
//! 2026-03-14 10:50:25,823 fail2ban.actions        [1164]: NOTICE  [sshd] Ban 203.0.113.9
//! 2026-03-14 10:50:25,823 fail2ban.actions: WARNING [sshd] Ban 203.0.113.9
//! Mar 14 10:50:25 web1 fail2ban-server[99]: fail2ban.actions [99]: NOTICE [sshd] Ban 203.0.113.9
//! web1 fail2ban[99]: [sshd] Ban 203.0.113.9
//! ```
//!
//! Source: the manual pages `fail2ban(1)` and `jail.conf(5)`, and the messages of `fail2ban/server/actions.py` and
//! `filter.py` from 0.8 to 1.1.

use alloc::{borrow::Cow, boxed::Box};

use memchr::{memchr, memchr_iter, memmem};

use crate::alert::{Alert, Parsed, Reject, Severity, Stamp, Text, Value, Verdict};
use crate::{Format, Framing, lex, places, stamp, text, words};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "fail2ban",
    about: "fail2ban's log, the bans in it",
    example: "2026-03-14 10:50:25,823 fail2ban.actions        [1164]: NOTICE  [sshd] Ban \
              203.0.113.9",
    framing: Framing::Line,
    also: &["found", "unban", "already-banned", "increase"],
    claims,
    skips,
    parse,
    parse_head: parse,
};

const NAME: &[u8] = b"fail2ban";

/// `2026-03-14 10:50:25,823 `, and a host's name of a journal.
const BEFORE_NAME_BYTES_MAX: usize = 80;

/// The longest name of a component, the longest process id.
const NAME_BYTES_MAX: usize = 48;
const PID_BYTES_MAX: usize = 24;

/// The most names and stamps in front of a message: `fail2ban-server[1]: STAMP fail2ban.actions[1]:`.
const HEADS_MAX: usize = 4;

// The address of a message stands behind one of these words, or in front of `already banned`.
const ACTIONS: [(&[u8], Kind); 7] = [
    (b"Ban", Kind::Ban),
    (b"Restore Ban", Kind::Restore),
    // A release wrote it so.
    (b"Resore Ban", Kind::Restore),
    (b"Unban", Kind::Unban),
    (b"Found", Kind::Found),
    (b"Increase Ban", Kind::Increase),
    (b"Prolong Ban", Kind::Increase),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ban,
    Restore,
    Unban,
    Found,
    Increase,
    Already,
}

/// What stands in front of a message.
#[derive(Default)]
struct Head<'a> {
    stamp: Option<Stamp>,
    host: Option<&'a [u8]>,
    component: &'a [u8],
    pid: Option<&'a [u8]>,
}

/// Where the name stands in fail2ban's own file.
const NAME_AT: usize = "2026-03-14 10:50:25,823 ".len();

fn claims(record: &[u8]) -> bool {
    // Of most lines this is all that is looked at.
    if let [_, _, _, _, b'-', _, _, b'-', _, _, b' ', ..] = record
        && record.get(NAME_AT..).is_some_and(|rest| rest.starts_with(NAME))
    {
        return tag(record.get(NAME_AT..).unwrap_or_default()).is_some();
    }
    let near = record.get(..BEFORE_NAME_BYTES_MAX + NAME.len()).unwrap_or(record);
    let Some(at) = memmem::find(near, NAME) else { return false };
    let (before, name) = record.split_at_checked(at).unwrap_or_default();
    let Some((name, pid, _)) = tag(name) else { return false };
    // Of what is no stamp only a host's name is taken, and only in front of what a daemon is called in syslog.
    match before {
        [] => true,
        [b'0'..=b'9', ..] => stamp::iso(before).is_ok_and(|(rest, _)| rest.trim_ascii().is_empty()),
        _ => is_host(before) && (pid.is_some() || memchr(b'.', name).is_some()),
    }
}

fn is_host(before: &[u8]) -> bool {
    let Some(host) = before.strip_suffix(b" ") else { return false };
    host.iter().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(byte))
}

// A message is about a jail, and most are not.
fn skips(record: &[u8]) -> bool {
    let actions: [&[u8]; 3] = [b"] Ban", b"] Restore Ban", b"] Resore Ban"];
    !memchr_iter(b']', record).any(|at| {
        let rest = record.get(at..).unwrap_or_default();
        actions.iter().any(|action| rest.starts_with(action))
    })
}

/// Name, process id, what follows the colon.
type Tag<'a> = (&'a [u8], Option<&'a [u8]>, &'a [u8]);

// `fail2ban.server.actions        [1164]:`, `fail2ban-server[1]:`, `fail2ban.actions:`
fn tag(input: &[u8]) -> Option<Tag<'_>> {
    let behind = input.strip_prefix(NAME)?;
    let plain = |byte: &&u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    let length = NAME.len() + behind.iter().take(NAME_BYTES_MAX).take_while(plain).count();
    let (name, rest) = input.split_at_checked(length)?;
    let rest = rest.trim_ascii_start();
    let (pid, rest) = match rest.strip_prefix(b"[") {
        Some(inside) => {
            let end = memchr(b']', inside.get(..PID_BYTES_MAX).unwrap_or(inside))?;
            (Some(inside.get(..end)?), inside.get(end + 1..)?)
        }
        None => (None, rest),
    };
    Some((name, pid, rest.strip_prefix(b":")?))
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let Some((head, rest)) = head(record) else { return unclaimed(record) };
    let (level, rest) = level(rest);
    let Some((jail, message)) = jail(rest) else { return Ok(Parsed::Other) };
    let Some((kind, action, address)) = action(message) else { return Ok(Parsed::Other) };
    // The observer repeats what the filter found, to count it.
    if kind == Kind::Found && head.component.ends_with(b"observer") {
        return Ok(Parsed::Other);
    }
    let (address, tail) = split_address(address);
    if address.is_empty() {
        return Err(Reject { at: record.len(), wanted: "an address behind the action" });
    }
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("fail2ban");
    alert.stamp = head.stamp;
    alert.host = head.host.map(text::shown);
    alert.rule.name = Some(text::shown(jail));
    alert.action = Some(text::shown(action));
    alert.severity_raw = level.map(text::shown);
    (alert.verdict, alert.severity) = meaning(kind, jail);
    let address = text::shown(address);
    if address.contains('/') {
        places::keep_text(&mut alert, "fail2ban.network", Some(address.clone()));
    }
    places::address(&mut alert.source, Some(address));
    details(&head, tail, &mut alert);
    if let Some(Cow::Borrowed(name)) = alert.rule.name {
        words::cves(name, &mut alert.vulnerabilities);
    }
    Ok(match kind {
        Kind::Ban | Kind::Restore => Parsed::Alert(alert),
        Kind::Found => Parsed::Also("found", alert),
        Kind::Unban => Parsed::Also("unban", alert),
        Kind::Already => Parsed::Also("already-banned", alert),
        Kind::Increase => Parsed::Also("increase", alert),
    })
}

// A command that failed is logged with all that it printed, on lines of their own: what has no stamp goes on with the
// line before it.
fn unclaimed(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let is_stamped = stamp::iso(record).is_ok() || stamp::month_name(record).is_ok();
    if is_stamped || matches!(record.first(), Some(b'<' | b'{')) {
        return Err(Reject { at: 0, wanted: "`fail2ban` and its component" });
    }
    Ok(Parsed::Other)
}

// Stamps, a host and names, in the orders in which they are met; at least one name.
fn head(record: &[u8]) -> Option<(Head<'_>, &[u8])> {
    let mut head = Head::default();
    let mut rest = record;
    for _ in 0..HEADS_MAX {
        rest = rest.trim_ascii_start();
        if let Some((name, pid, behind)) = tag(rest) {
            (head.component, head.pid, rest) = (name, pid.or(head.pid), behind);
        } else if let Ok((behind, stamp)) = stamp::iso(rest) {
            (head.stamp, rest) = (Some(stamp), behind);
        } else if head.component.is_empty() && head.host.is_none() {
            let end = memchr(b' ', rest.get(..BEFORE_NAME_BYTES_MAX).unwrap_or(rest))?;
            (head.host, rest) = (rest.get(..end), rest.get(end..)?);
        } else {
            break;
        }
    }
    (!head.component.is_empty()).then_some((head, rest.trim_ascii_start()))
}

// `NOTICE  `; with much logging the thread stands before it.
fn level(input: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let mut rest = input;
    for _ in 0..3 {
        let length = rest.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
        let (word, behind) = rest.split_at_checked(length).unwrap_or_default();
        if length > 2 && behind.first() == Some(&b' ') {
            return (Some(word), behind.trim_ascii_start());
        }
        // `+ 1234 7F8A2B7FE700`
        let length = rest.iter().take_while(|b| b.is_ascii_hexdigit() || **b == b'+').count();
        let behind = rest.get(length..).filter(|rest| length > 0 && rest.first() == Some(&b' '));
        let Some(behind) = behind else { break };
        rest = behind.trim_ascii_start();
    }
    (None, input)
}

// `[jail] message`
fn jail(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = input.strip_prefix(b"[")?;
    let end = memmem::find(inside, b"] ")?;
    Some((inside.get(..end).filter(|jail| !jail.is_empty())?, inside.get(end + 2..)?))
}

// What was done, in the product's words, and what follows: the address.
fn action(message: &[u8]) -> Option<(Kind, &[u8], &[u8])> {
    let message = message.trim_ascii();
    for (word, kind) in ACTIONS {
        if let Some(address) = message.strip_prefix(word)
            && matches!(address.first(), None | Some(b' '))
        {
            return Some((kind, message.get(..word.len())?, address));
        }
    }
    let at = memmem::find(message, b" already banned")?;
    let (address, words) = message.split_at_checked(at)?;
    // Text that merely holds the words is no address.
    let one = memchr(b' ', address).is_none();
    one.then_some((Kind::Already, words.get(1.."already banned".len() + 1)?, address))
}

// `203.0.113.9`, and behind it ` - 2026-03-14 10:50:24`, ` (3 # 1:00:00 -> ...)` or ` by ip`.
fn split_address(rest: &[u8]) -> (&[u8], &[u8]) {
    let rest = rest.trim_ascii();
    let end = memchr(b' ', rest).unwrap_or(rest.len());
    let (address, tail) = rest.split_at_checked(end).unwrap_or_default();
    (address.strip_suffix(b",").unwrap_or(address), tail.trim_ascii())
}

// fail2ban rates nothing. What it stopped is low, who comes back after bans is more than that.
fn meaning(kind: Kind, jail: &[u8]) -> (Verdict, Severity) {
    match kind {
        Kind::Ban | Kind::Restore | Kind::Increase if jail.starts_with(b"recidive") => {
            (Verdict::Blocked, Severity::Medium)
        }
        Kind::Ban | Kind::Restore | Kind::Increase => (Verdict::Blocked, Severity::Low),
        Kind::Already => (Verdict::Blocked, Severity::Info),
        Kind::Found => (Verdict::Detected, Severity::Info),
        Kind::Unban => (Verdict::Unknown, Severity::Info),
    }
}

fn details<'a>(head: &Head<'a>, tail: &'a [u8], alert: &mut Alert<'a>) {
    places::keep_text(alert, "fail2ban.component", Some(text::shown(head.component)));
    if let Some(pid) = head.pid.and_then(lex::number) {
        alert.note("process.pid", Value::Integer(pid));
    }
    // When the line was written on which the filter fired.
    let tail: Text<'a> = text::shown(tail.strip_prefix(b"- ").unwrap_or(tail));
    places::keep_text(alert, "fail2ban.detail", Some(tail));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_of_fail2ban_are_claimed() {
        for line in [
            "fail2ban sshd[99]: Invalid user admin from 192.0.2.1 port 50000",
            "sshd[99]: Invalid user fail2ban from 192.0.2.1 port 50000",
            "sudo: ann : COMMAND=/bin/grep fail2ban.actions: NOTICE [ssh] Ban 203.0.113.18",
            "2026-03-14 10:50:25,823 other fail2ban.actions: NOTICE [ssh] Ban 203.0.113.18",
            "web1 fail2ban: no name of a component",
            "fail2ban",
            "",
        ] {
            assert!(!claims(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn what_goes_on_with_a_line_is_no_reject() {
        fn check(line: &str) -> Result<Parsed<'_>, Reject> {
            parse(line.as_bytes())
        }
        assert_eq!(check("iptables -w -A f2b-sshd -j RETURN"), Ok(Parsed::Other));
        assert!(check("Mar 14 10:50:31 web1 another program").is_err());
        assert!(check("{\"json\":1}").is_err());
    }
}
