//! The headers that syslog daemons put in front of a record: RFC 3164 in the forms met in practice,
//! RFC 5424, the ISO stamps of rsyslog and journald, one behind another. Knows no format: it offers
//! what is left after each piece, and the caller stops where a grammar claims it.

use memchr::{memchr, memchr2};

use crate::alert::{Alert, Stamp, Text, Value};
use crate::{lex, stamp, text};

/// The most pieces (priority, stamp, host, tag, ...) that are taken off one record: three whole
/// headers.
pub const PIECES_MAX: usize = 12;

/// The most bytes of a host, an application, a process id: RFC 5424 section 6 allows 255, 48 and
/// 128.
const WORD_BYTES_MAX: usize = 255;

/// What the headers said. Where several stood in a row the inner one, which is nearer to the
/// origin, counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Envelope<'a> {
    /// The stamp. An instant is kept against a wall clock further in.
    pub stamp: Option<Stamp>,
    /// The host that wrote or relayed the record.
    pub host: Option<Text<'a>>,
    /// The application, RFC 3164's tag.
    pub app: Option<Text<'a>>,
    /// The process id, as written.
    pub pid: Option<Text<'a>>,
    /// RFC 5424's message id.
    pub message_id: Option<Text<'a>>,
    /// Facility times eight plus severity, 0 to 191.
    pub priority: Option<u8>,
    /// RFC 5424's structured data, as written.
    pub structured_data: Option<Text<'a>>,
}

/// Takes a record's headers off piece by piece. After each [`Peel::next`] the envelope holds what
/// was taken off so far.
#[derive(Debug, Clone)]
pub struct Peel<'a> {
    envelope: Envelope<'a>,
    record_bytes: usize,
    rest: &'a [u8],
    last: Piece,
    pieces: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Nothing,
    Priority,
    Stamp,
    Host,
    Origin,
    Tag,
}

impl<'a> Peel<'a> {
    /// Begins at the record's first byte.
    pub fn new(record: &'a [u8]) -> Self {
        Self {
            envelope: Envelope::default(),
            record_bytes: record.len(),
            rest: record,
            last: Piece::Nothing,
            pieces: 0,
        }
    }

    /// What was taken off.
    pub fn into_envelope(self) -> Envelope<'a> {
        self.envelope
    }

    fn piece(&mut self) -> Option<(Piece, &'a [u8])> {
        let input = skip_blanks(self.rest);
        if let Some(rest) = self.origin(input) {
            return Some((Piece::Origin, rest));
        }
        if self.last == Piece::Origin
            && let Some(rest) = self.content(input)
        {
            return Some((Piece::Tag, rest));
        }
        if let Some((priority, rest)) = priority(input) {
            self.envelope.priority = Some(priority);
            return Some((Piece::Priority, rest));
        }
        // RFC 5424's version before a stamp and a host, and then no more of its fields (as QRadar's guide has it for LEEF).
        if self.last == Piece::Priority
            && let Some(rest) = input.strip_prefix(b"1 ")
            && header_stamp(rest).is_some()
        {
            return Some((Piece::Priority, rest));
        }
        if self.last != Piece::Stamp
            && let Some((found, rest)) = header_stamp(input)
        {
            self.take_stamp(found);
            return Some((Piece::Stamp, rest));
        }
        if self.last == Piece::Stamp
            && let Some((host, rest)) = host(input)
        {
            self.envelope.host = Some(text::shown(host));
            return Some((Piece::Host, rest));
        }
        if matches!(self.last, Piece::Priority | Piece::Stamp | Piece::Host | Piece::Origin)
            && let Some((app, pid, rest)) = tag(input)
        {
            self.envelope.app = Some(text::shown(app));
            self.envelope.pid = pid.map(text::shown);
            return Some((Piece::Tag, rest));
        }
        // The cookie of JSON in syslog (CEE, as rsyslog writes it).
        let rest = input.strip_prefix(b"@cee:")?;
        Some((Piece::Tag, rest))
    }

    fn take_stamp(&mut self, found: Stamp) {
        if !matches!(
            (self.envelope.stamp, found),
            (Some(Stamp::Instant { .. }), Stamp::Local { .. })
        ) {
            self.envelope.stamp = Some(found);
        }
    }

    // RFC 5424 section 6: `<PRI>1 STAMP HOST `; the priority may have been taken off by a collector.
    fn origin(&mut self, input: &'a [u8]) -> Option<&'a [u8]> {
        let (pri, rest) = match priority(input) {
            Some((value, rest)) => (Some(value), rest),
            None => (self.envelope.priority.filter(|_| self.last == Piece::Priority), input),
        };
        let rest = rest.strip_prefix(b"1 ")?;
        let (stamp, rest) = word(rest)?;
        let stamp = if stamp == b"-" {
            None
        } else {
            Some(stamp::iso(stamp).ok().map(|(_, s)| s).or_else(|| stamp::epoch(stamp))?)
        };
        let (host, rest) = word(rest)?;
        self.envelope = Envelope {
            stamp: stamp.or(self.envelope.stamp),
            host: some(host).or(self.envelope.host.take()),
            priority: pri.or(self.envelope.priority),
            ..Envelope::default()
        };
        Some(rest)
    }

    // The rest of the header, `APP PROCID MSGID SD`. A piece of its own, since there are formats whose fields are the
    // structured data.
    fn content(&mut self, input: &'a [u8]) -> Option<&'a [u8]> {
        let (app, rest) = word(input)?;
        let (pid, rest) = word(rest)?;
        let (message_id, rest) = word(rest)?;
        let (structured_data, rest) = structured_data(rest)?;
        self.envelope.app = some(app);
        self.envelope.pid = some(pid);
        self.envelope.message_id = some(message_id);
        self.envelope.structured_data = some(structured_data);
        Some(rest.strip_prefix(BOM).unwrap_or(rest))
    }
}

/// What begins behind the next piece, and its byte offset in the record.
impl<'a> Iterator for Peel<'a> {
    type Item = (usize, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        if self.pieces >= PIECES_MAX {
            return None;
        }
        let (piece, rest) = self.piece()?;
        self.last = piece;
        self.pieces += 1;
        self.rest = skip_blanks(rest);
        Some((self.record_bytes - self.rest.len(), self.rest))
    }
}

impl<'a> Envelope<'a> {
    /// Gives an alert what its own record left out; all else is kept under `log.syslog`.
    pub fn complete(self, alert: &mut Alert<'a>) {
        alert.stamp = match (alert.stamp, self.stamp) {
            (Some(clock), Some(header)) if differ_by_zone(clock, header) => Some(header),
            (stamp, header) => stamp.or(header),
        };
        if alert.host.is_none() {
            alert.host = self.host;
        }
        let texts = [
            ("log.syslog.appname", self.app),
            ("log.syslog.procid", self.pid),
            ("log.syslog.msgid", self.message_id),
            ("log.syslog.structured_data", self.structured_data),
        ];
        for (key, value) in texts {
            if let Some(value) = value {
                alert.note(key, Value::Text(value));
            }
        }
        if let Some(priority) = self.priority {
            alert.note("log.syslog.priority", Value::Integer(i64::from(priority)));
        }
    }
}

/// How long a record may be on its way to whoever put the header before it, so that both times are one.
const UNDERWAY_SECONDS_MAX: i64 = 60;

// Does a wall clock of an unknown zone show the time of this instant in some zone? All are quarters of an hour apart. Then
// the instant says more.
fn differ_by_zone(clock: Stamp, header: Stamp) -> bool {
    const QUARTER: i64 = 15 * 60;
    let (Stamp::Local { minute, second, .. }, Stamp::Instant { unix_micros }) = (clock, header)
    else {
        return false;
    };
    let clock = i64::from(minute) * 60 + i64::from(second);
    let apart = (unix_micros.div_euclid(1_000_000) - clock).rem_euclid(QUARTER);
    apart.min(QUARTER - apart) <= UNDERWAY_SECONDS_MAX
}

const BOM: &[u8] = b"\xef\xbb\xbf";

fn skip_blanks(input: &[u8]) -> &[u8] {
    let count = input.iter().take_while(|byte| **byte == b' ').count();
    input.get(count..).unwrap_or_default()
}

// `<0>` to `<191>`.
fn priority(input: &[u8]) -> Option<(u8, &[u8])> {
    let inside = input.strip_prefix(b"<")?;
    let end = memchr(b'>', inside.get(..4).unwrap_or(inside))?;
    let value: u8 = lex::number(inside.get(..end)?)?;
    (value <= 191).then_some((value, inside.get(end + 1..)?))
}

// A stamp that ends at a blank, so that `2021-10-08T02:20:47,5,x` is no header.
fn header_stamp(input: &[u8]) -> Option<(Stamp, &[u8])> {
    let (rest, stamp) = stamp::month_name(input).or_else(|_| stamp::iso(input)).ok()?;
    // Cisco writes a colon behind the stamp.
    let rest = rest.strip_prefix(b":").unwrap_or(rest);
    rest.first().is_some_and(|byte| *byte == b' ').then_some((stamp, rest))
}

// A value of RFC 5424, where `-` is none.
fn some(value: &[u8]) -> Option<Text<'_>> {
    (value != b"-").then(|| text::shown(value))
}

// A word that ends at a blank.
fn word(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let window = input.get(..WORD_BYTES_MAX + 1).unwrap_or(input);
    let end = memchr(b' ', window).filter(|end| *end > 0)?;
    Some((input.get(..end)?, input.get(end + 1..)?))
}

fn host(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (word, rest) = word(input)?;
    let plausible = word
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]/%@".contains(byte) || *byte >= 0x80);
    let is_tag = word.last() == Some(&b':') || memchr(b'[', word).is_some_and(|at| at > 0);
    (plausible && !is_tag).then_some((word, rest))
}

/// Application, process id, what follows.
type Tag<'a> = (&'a [u8], Option<&'a [u8]>, &'a [u8]);

// `app[pid]:`, `app:`; a path or blanks in the application as some write it (`Suricata IPS[1]:`)
// are not taken.
fn tag(input: &[u8]) -> Option<Tag<'_>> {
    let window = input.get(..WORD_BYTES_MAX + 1).unwrap_or(input);
    let end = memchr2(b' ', b':', window).unwrap_or(window.len());
    let name = window.get(..end)?;
    if let Some(open) = memchr(b'[', name) {
        let close = open + 1 + memchr(b']', name.get(open + 1..)?)?;
        let (app, pid) = (name.get(..open)?, name.get(open + 1..close)?);
        let rest = input.get(close + 1..)?;
        let rest = rest.strip_prefix(b":").or_else(|| rest.starts_with(b" ").then_some(rest))?;
        return (!app.is_empty()).then_some((app, Some(pid), rest));
    }
    let rest = input.get(end..)?.strip_prefix(b":")?;
    (!name.is_empty()).then_some((name, None, rest))
}

// RFC 5424 section 6.3: `-` or `[id key="value" ...]` one behind another; `"`, `\` and `]` are
// escaped inside values.
fn structured_data(input: &[u8]) -> Option<(&[u8], &[u8])> {
    if let Some(rest) = input.strip_prefix(b"-") {
        return Some((b"-", rest.strip_prefix(b" ").unwrap_or(rest)));
    }
    if input.first() != Some(&b'[') {
        return None;
    }
    let mut end = 0;
    while input.get(end) == Some(&b'[') {
        end = element_end(input, end + 1)?;
    }
    let rest = input.get(end..)?;
    Some((input.get(..end)?, rest.strip_prefix(b" ").unwrap_or(rest)))
}

// Behind the `]` that closes the element whose inside begins at `at`.
fn element_end(input: &[u8], mut at: usize) -> Option<usize> {
    let mut quoted = false;
    loop {
        at += memchr::memchr3(b'"', b'\\', b']', input.get(at..)?)?;
        match input.get(at)? {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            b']' if !quoted => return Some(at + 1),
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests;
