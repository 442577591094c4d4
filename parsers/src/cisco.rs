//! What the messages of Cisco's systems have in common: `%FACILITY-[class-]LEVEL-ID: text`, and what a device itself
//! writes in front of that: a number, `*` or `.` (its clock was not set), a time, the name of its zone or its own name.
//! Sources: Cisco, "Cisco Secure Firewall ASA Series Syslog Messages", "About This Guide"; "Cisco IOS System Message
//! Guide", "How to read system messages". What the text says is for each format to read.

use core::fmt;

use memchr::{memchr, memrchr};

use crate::alert::{Alert, Endpoint, Stamp, Text, Value};
use crate::{lex, stamp, text};

/// Within so many bytes stands the `%`, and within so many behind it the colon.
const HEAD_BYTES_MAX: usize = 128;

/// The most pieces in front of the `%`.
const PIECES_MAX: usize = 8;

/// One message.
pub(crate) struct Message<'a> {
    pub(crate) head: Head<'a>,
    /// `session` in `%ASA-session-2-106017`.
    pub(crate) class: Option<&'a str>,
    /// 0 to 7, as syslog has it.
    pub(crate) level: u8,
    /// `106017`, `SIGNATURE`.
    pub(crate) id: &'a str,
    /// What stands behind the colon.
    pub(crate) text: &'a [u8],
}

/// What the device wrote in front of its message.
#[derive(Default)]
pub(crate) struct Head<'a> {
    stamp: Option<Stamp>,
    zone: Option<&'a [u8]>,
    host: Option<&'a [u8]>,
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}-{}-{}", self.class, self.level, self.id)
    }
}

/// The message of a record whose mark is one of these (`%ASA-`). What stands in front must be such that a device writes
/// it: another program's line that quotes a message is none.
pub(crate) fn message<'a>(record: &'a [u8], marks: &[&[u8]]) -> Option<Message<'a>> {
    let (before, name, text) = marked(record, marks)?;
    let (level, id) = name.rsplit_once('-')?;
    let (class, level) = match level.rsplit_once('-') {
        Some((class, level)) => (Some(class), level),
        None => (None, level),
    };
    let level = lex::number::<u8>(level.as_bytes()).filter(|level| *level <= 7)?;
    let id_only = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if id.is_empty() || !id.bytes().all(id_only) {
        return None;
    }
    Some(Message { head: head(before)?, class, level, id, text: text.trim_ascii_start() })
}

/// The id alone, of a record that has such a message.
pub(crate) fn id<'a>(record: &'a [u8], marks: &[&[u8]]) -> Option<&'a str> {
    marked(record, marks)?.1.rsplit_once('-').map(|(_, id)| id)
}

// What stands before the mark, between it and the colon, and behind that.
fn marked<'a>(record: &'a [u8], marks: &[&[u8]]) -> Option<(&'a [u8], &'a str, &'a [u8])> {
    let at = memchr(b'%', record.get(..HEAD_BYTES_MAX).unwrap_or(record))?;
    let (before, rest) = record.split_at_checked(at)?;
    let mark = marks.iter().find(|mark| rest.starts_with(mark))?;
    let rest = rest.get(mark.len()..)?;
    let colon = memchr(b':', rest.get(..HEAD_BYTES_MAX).unwrap_or(rest))?;
    let (name, behind) = rest.split_at_checked(colon)?;
    let name = core::str::from_utf8(name.trim_ascii_end()).ok()?;
    Some((before, name, behind.get(1..)?))
}

/// The words of a sentence that say who sent what to whom.
#[derive(Default)]
pub(crate) struct Flow<'a> {
    /// What stands before `from`; the whole sentence where there is none.
    pub(crate) before: &'a [u8],
    pub(crate) from: Option<&'a [u8]>,
    pub(crate) to: Option<&'a [u8]>,
    pub(crate) interface: Option<&'a [u8]>,
}

/// `... from a to b on interface i`, each part where it is there, the first of each.
pub(crate) fn flow(text: &[u8]) -> Flow<'_> {
    let mut flow = Flow { before: text, ..Flow::default() };
    let mut last: &[u8] = b"";
    let mut at = 0;
    for word in text.split(|byte| *byte == b' ') {
        let begin = at;
        at += word.len() + 1;
        if word.is_empty() {
            continue;
        }
        match last {
            b"from" if flow.from.is_none() => {
                let before = begin.checked_sub("from ".len()).and_then(|end| text.get(..end));
                flow.before = before.unwrap_or_default().trim_ascii();
                flow.from = Some(word);
            }
            b"to" if flow.from.is_some() && flow.to.is_none() => flow.to = Some(word),
            b"interface" if flow.interface.is_none() => flow.interface = Some(word),
            _ => {}
        }
        last = word;
    }
    flow
}

impl<'a> Head<'a> {
    /// Tells the alert when and where it was written.
    pub(crate) fn tell(self, alert: &mut Alert<'a>) {
        alert.stamp = self.stamp;
        alert.host = self.host.map(text::shown);
        if let Some(zone) = self.zone {
            alert.note("event.timezone", Value::Text(text::shown(zone)));
        }
    }
}

// `123: `, `00:04:51: `, `192.0.2.1/198.51.100.1 :`, `name: ` before a time; `*Jul 10 15:14:04.114 PDT: `,
// `Jul 10 2026 15:14:04 name : `.
fn head(before: &[u8]) -> Option<Head<'_>> {
    let mut head = Head::default();
    let mut rest = before;
    for _ in 0..PIECES_MAX {
        rest = skip(rest, b" :");
        if rest.is_empty() {
            // A name stands there only beside a time.
            return (head.host.is_none() || head.stamp.is_some()).then_some(head);
        }
        if head.stamp.is_none()
            && let Some((found, behind)) = time(rest)
        {
            (head.stamp, rest) = (Some(found), behind);
            continue;
        }
        let end = rest.iter().position(|byte| matches!(byte, b' ' | b':')).unwrap_or(rest.len());
        let (word, behind) = rest.split_at_checked(end)?;
        let closed = behind.trim_ascii_start().first() == Some(&b':');
        match () {
            () if head.stamp.is_none() && is_count(word) && closed => {}
            () if head.stamp.is_none() && is_relay(word) => {}
            () if head.stamp.is_some() && closed && is_zone(word) => head.zone = Some(word),
            () if closed && head.host.is_none() && is_name(word) => head.host = Some(word),
            () => return None,
        }
        rest = behind;
    }
    None
}

fn skip<'a>(input: &'a [u8], bytes: &[u8]) -> &'a [u8] {
    let count = input.iter().take_while(|byte| bytes.contains(byte)).count();
    input.get(count..).unwrap_or_default()
}

fn time(input: &[u8]) -> Option<(Stamp, &[u8])> {
    let input = input.strip_prefix(b"*").or_else(|| input.strip_prefix(b".")).unwrap_or(input);
    let (rest, found) = stamp::month_name(input).or_else(|_| stamp::iso(input)).ok()?;
    matches!(rest.first(), None | Some(b' ' | b':')).then_some((found, rest))
}

// A message's number, or the time since the device's start: `00`, `1w2d`.
fn is_count(word: &[u8]) -> bool {
    word.first().is_some_and(u8::is_ascii_digit)
        && word.iter().all(|byte| byte.is_ascii_digit() || b"ywdhms".contains(byte))
}

// The two addresses that a relay writes.
fn is_relay(word: &[u8]) -> bool {
    let Some(slash) = memchr(b'/', word) else { return false };
    let (one, other) = (word.get(..slash), word.get(slash + 1..));
    [one, other].into_iter().flatten().all(|side| lex::address(side).is_some())
}

fn is_zone(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"utc")
        || word.eq_ignore_ascii_case(b"gmt")
        || (matches!(word.len(), 3..=5)
            && word.last() == Some(&b'T')
            && word.iter().all(u8::is_ascii_uppercase))
}

fn is_name(word: &[u8]) -> bool {
    word.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(byte))
}

/// An endpoint as the firewalls write it, and its interface: `outside:192.0.2.1/80`, `192.0.2.1/80`, `192.0.2.1`,
/// `(192.0.2.1)`; a name where the device has names for addresses.
pub(crate) fn endpoint(word: &[u8]) -> (Endpoint<'_>, Option<Text<'_>>) {
    let inside = |byte: &u8| !b"(),.".contains(byte);
    let from = word.iter().position(inside).unwrap_or(word.len());
    let to = word.iter().rposition(inside).map_or(from, |last| last + 1);
    let word = word.get(from..to).unwrap_or_default();
    let (place, port) = match memrchr(b'/', word) {
        Some(slash) => (
            word.get(..slash).unwrap_or_default(),
            lex::number(word.get(slash + 1..).unwrap_or_default()),
        ),
        None => (word, None),
    };
    if let Some((ip, zone)) = lex::address(place) {
        return (Endpoint { ip: Some(ip), zone, port, ..Endpoint::default() }, None);
    }
    let (interface, place) = match memchr(b':', place) {
        Some(colon) => (place.get(..colon), place.get(colon + 1..).unwrap_or_default()),
        None => (None, place),
    };
    let mut end = Endpoint { port, ..Endpoint::default() };
    match lex::address(place) {
        Some((ip, zone)) => (end.ip, end.zone) = (Some(ip), zone),
        None => end.domain = Some(place).filter(|place| !place.is_empty()).map(text::shown),
    }
    (end, interface.filter(|name| !name.is_empty()).map(text::shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKS: &[&[u8]] = &[b"%ASA-", b"%IPS-"];

    #[track_caller]
    fn check(record: &str, want: Option<(u8, &str, &str)>) {
        let message = message(record.as_bytes(), MARKS);
        let got = message.map(|m| (m.level, m.id, core::str::from_utf8(m.text).unwrap()));
        assert_eq!(got, want, "{record}");
    }

    #[test]
    fn messages_stand_behind_what_devices_write() {
        let want = Some((4, "400011", "IDS:2001 x"));
        for head in [
            "",
            ": ",
            "Jun 30 2026 07:08:20: ",
            "Jun 30 2026 07:08:20 fw1 : ",
            "Jun 30 07:08:20 fw1.example.com: ",
            ":Jul 10 15:14:04 PDT: ",
            "192.0.2.1/198.51.100.1 :Jul 10 15:14:04 PDT: ",
            "681: ",
            "681: *Aug 17 17:41:24.776 AEST: ",
            "681: fw1: .Aug 17 17:41:24.776 gmt: ",
            "00:04:51: ",
            "000123: 1w2d: ",
            "2026-03-14T10:50:25Z fw1 : ",
        ] {
            check(&std::format!("{head}%ASA-4-400011: IDS:2001 x"), want);
        }
        check("%ASA-session-2-106017: x", Some((2, "106017", "x")));
        check("%IPS-4-SIGNATURE:Sig:1", Some((4, "SIGNATURE", "Sig:1")));
        check("%ASA-4-400011 : x", Some((4, "400011", "x")));
    }

    #[test]
    fn a_quoted_message_is_none() {
        for record in [
            "Invalid user %ASA-4-400000: IPS:1 x",
            "Sep  2 00:13:42 web1 sshd[9]: %ASA-4-400000: x",
            "sshd: %ASA-4-400000: x",
            "%ASA-9-400000: x",
            "%ASA-4-: x",
            "%ASA-4-400000",
            "%PIX-4-400000: x",
            "1: 2: 3: 4: 5: 6: 7: 8: %ASA-4-400000: x",
        ] {
            check(record, None);
        }
    }

    #[test]
    fn endpoints_in_their_forms() {
        let check = |word: &str, want: &str| {
            let (end, interface) = endpoint(word.as_bytes());
            let got = std::format!("{:?} {:?} {:?} {:?}", interface, end.ip, end.port, end.domain);
            assert_eq!(got, want, "{word}");
        };
        check("outside:192.0.2.1/80", "Some(\"outside\") Some(192.0.2.1) Some(80) None");
        check("(192.0.2.1)", "None Some(192.0.2.1) None None");
        check("outside:2001:db8::1/443,", "Some(\"outside\") Some(2001:db8::1) Some(443) None");
        check("2001:db8::1", "None Some(2001:db8::1) None None");
        check("dmz:mail/25.", "Some(\"dmz\") None Some(25) Some(\"mail\")");
        check("", "None None None None");
    }
}
