//! What stands before the message on a line of Apache's error log: brackets in any order, and at most two words, as
//! `ErrorLogFormat` allows it. Knows nothing of messages.
//!
//! Only such a header makes a line ModSecurity's. Other modules quote what clients sent, which may read like an alert; it
//! stands behind words of theirs.

use alloc::vec::Vec;

use memchr::memchr;

use crate::alert::{Alert, Endpoint, Stamp, Value};
use crate::{lex, modsec, stamp, text};

/// A header.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Header<'a> {
    /// Who wrote the message: `modsecurity`, `coraza`.
    pub(super) product: &'static str,
    /// Where the message begins.
    pub(super) end: usize,
    stamp: Option<Stamp>,
    /// `[client ...]`, `[remote ...]`: the first, which is the server's, and the last, which is ModSecurity's own.
    clients: [Option<&'a [u8]>; 2],
    module: Option<&'a [u8]>,
    level: Option<&'a [u8]>,
    process: Option<&'a [u8]>,
    thread: Option<&'a [u8]>,
    /// Brackets of another meaning: a virtual host, a pod, a log id.
    others: Vec<&'a [u8]>,
}

/// The most bytes of a header.
const HEADER_BYTES_MAX: usize = 1024;

/// The most brackets.
const GROUPS_MAX: usize = 12;

/// The most words between them: the container image of the Core Rule Set writes the client and the request's id.
const WORDS_MAX: usize = 2;

/// What ModSecurity 2 and 3, ModSecurity 1, and Coraza begin their messages with.
const MARKS: [(&[u8], &str); 4] = [
    (b"ModSecurity: ", "modsecurity"),
    (b"mod_security: ", "modsecurity"),
    (b"mod_security-message: ", "modsecurity"),
    (b"Coraza: ", "coraza"),
];

const LEVELS: [&[u8]; 8] =
    [b"emerg", b"alert", b"crit", b"error", b"warn", b"notice", b"info", b"debug"];

impl<'a> Header<'a> {
    /// The header of a line that is ModSecurity's.
    pub(super) fn read(line: &'a [u8]) -> Option<Self> {
        let window = line.get(..HEADER_BYTES_MAX).unwrap_or(line);
        let mut header = Self::default();
        let (mut rest, mut groups, mut words, mut known) = (window, 0, 0, false);
        loop {
            rest = rest.trim_ascii_start();
            match rest.first()? {
                b'[' if groups < GROUPS_MAX => {
                    let (inside, behind) = group(rest)?;
                    known |= header.take(inside);
                    (rest, groups) = (behind, groups + 1);
                }
                _ => {
                    let mark = MARKS.iter().find(|(mark, _)| rest.starts_with(mark));
                    if let Some((mark, product)) = mark {
                        header.product = product;
                        header.end = window.len() - rest.len() + mark.len();
                        return known.then_some(header);
                    }
                    words += 1;
                    if words > WORDS_MAX || groups == 0 {
                        return None;
                    }
                    rest = rest.get(memchr(b' ', rest)?..)?;
                }
            }
        }
    }

    /// Gives the alert what the header says.
    pub(super) fn complete(self, alert: &mut Alert<'a>) {
        alert.stamp = self.stamp;
        alert.source = source(self.clients);
        for (key, word) in [("log.level", self.level), ("apache.module", self.module)] {
            if let Some(word) = word {
                modsec::note_text(key, text::shown(word), alert);
            }
        }
        for (key, digits) in [("process.pid", self.process), ("process.thread.id", self.thread)] {
            if let Some(number) = digits.and_then(lex::number) {
                alert.note(key, Value::Integer(number));
            }
        }
        if !self.others.is_empty() {
            let others = self.others.into_iter().map(text::shown).collect();
            alert.note("apache.log_fields", Value::List(others));
        }
    }

    // The inside of one bracket; is it of a known meaning?
    fn take(&mut self, inside: &'a [u8]) -> bool {
        if let Some(client) =
            inside.strip_prefix(b"client ").or_else(|| inside.strip_prefix(b"remote "))
        {
            let quoted = client.strip_prefix(b"\"").and_then(|inside| inside.strip_suffix(b"\""));
            let client = Some(quoted.unwrap_or(client));
            let [first, last] = &mut self.clients;
            (*first, *last) = (first.or(client), client);
        } else if let Some(ids) = inside.strip_prefix(b"pid ") {
            let end = memchr(b':', ids).unwrap_or(ids.len());
            self.process = ids.get(..end);
            self.thread = ids.get(end..).and_then(|behind| behind.strip_prefix(b":tid "));
        } else if let Some((module, level)) = level(inside) {
            self.level = Some(level);
            self.module = Some(module).filter(|module| !module.is_empty());
        } else if let Some(stamp) = time(inside).filter(|_| self.stamp.is_none()) {
            self.stamp = Some(stamp);
        } else {
            self.others.push(inside);
            return false;
        }
        true
    }
}

// `[client 192.0.2.1]`, and `[client [2001:db8::1]:80]`, where brackets stand within.
fn group(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut end = memchr(b']', rest)?;
    if rest.get(1..end)?.contains(&b'[') {
        end += 1 + memchr(b']', rest.get(end + 1..)?)?;
    }
    Some((rest.get(1..end)?, rest.get(end + 1..)?))
}

// `error`, `:error`, `security2:error`, `-:trace3`
fn level(inside: &[u8]) -> Option<(&[u8], &[u8])> {
    let (module, level) = match memchr(b':', inside) {
        Some(colon) => (inside.get(..colon)?, inside.get(colon + 1..)?),
        None => (&b""[..], inside),
    };
    let trace = level.strip_prefix(b"trace").is_some_and(|n| matches!(n, [b'1'..=b'8']));
    (trace || LEVELS.contains(&level)).then_some((module, level))
}

fn time(inside: &[u8]) -> Option<Stamp> {
    let read = stamp::month_name(inside).or_else(|_| stamp::iso(inside)).ok();
    read.filter(|(rest, _)| rest.is_empty()).map(|(_, stamp)| stamp)
}

// ModSecurity's own client is the one that its rules saw. The server writes the same with its port, glued on by a colon.
fn source<'a>([server, own]: [Option<&'a [u8]>; 2]) -> Endpoint<'a> {
    let (Some(server), Some(own)) = (server, own) else { return Endpoint::default() };
    let mut source = core::str::from_utf8(own).map(modsec::client).unwrap_or_default();
    if source.port.is_none() {
        let glued = server.strip_prefix(own).and_then(|behind| behind.strip_prefix(b":"));
        source.port = match glued {
            Some(port) => lex::number(port),
            None => lex::socket(server, false).and_then(|server| server.port),
        };
    }
    source
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, ip: &str, port: Option<u16>) {
        let header = Header::read(line.as_bytes()).unwrap_or_else(|| panic!("{line}"));
        assert!(line.get(..header.end).unwrap().ends_with("ModSecurity: "));
        let source = source(header.clients);
        let ip = (!ip.is_empty()).then(|| ip.parse().unwrap());
        assert_eq!((source.ip, source.port), (ip, port), "{line}");
    }

    #[test]
    fn clients_in_all_their_forms() {
        check("[client 192.0.2.1] ModSecurity: ", "192.0.2.1", None);
        check("[client 192.0.2.1:80] ModSecurity: ", "192.0.2.1", Some(80));
        check("[client 192.0.2.1:80] [client 192.0.2.1] ModSecurity: ", "192.0.2.1", Some(80));
        check("[remote 192.0.2.1:0] [client 192.0.2.1] ModSecurity: ", "192.0.2.1", Some(0));
        check("[client 198.51.100.1:80] [client 192.0.2.1] ModSecurity: ", "192.0.2.1", Some(80));
        check("[client ::1] ModSecurity: ", "::1", None);
        check("[client ::1:37752] ModSecurity: ", "::1", Some(37752));
        check(
            "[client 2001:db8::1:443] [client 2001:db8::1] ModSecurity: ",
            "2001:db8::1",
            Some(443),
        );
        check(
            "[client [2001:db8::1]:443] [client 2001:db8::1] ModSecurity: ",
            "2001:db8::1",
            Some(443),
        );
        check("[error] [client www.example.com] ModSecurity: ", "", None);
    }

    #[test]
    fn only_a_header_makes_a_line_modsecuritys() {
        let check = |line: &str, want: bool| {
            assert_eq!(Header::read(line.as_bytes()).is_some(), want, "{line}");
        };
        check("[error] ModSecurity: x", true);
        check(" [error]\t[client 192.0.2.1]   mod_security: x", true);
        check("[a] [-:error] 192.0.2.1:9 aB-c [client 192.0.2.1] ModSecurity: x", true);
        check("[client \"192.0.2.1\"] Coraza: x", true);
        check("[a] ModSecurity: x", false);
        check("ModSecurity: x", false);
        check(
            "[core:error] [client 192.0.2.1:9] AH00128: File does not exist: ModSecurity: x",
            false,
        );
        check("[php:error] [client 192.0.2.1:9] PHP message: said ModSecurity: x", false);
        check("[error] ModSecurity for Apache/2.9.7 configured.", false);
        check("[error", false);
        check(&("[error]".repeat(GROUPS_MAX + 1) + "ModSecurity: x"), false);
    }
}
