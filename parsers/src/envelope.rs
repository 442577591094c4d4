//! The headers that syslog daemons put in front of a record: RFC 3164 in the forms met in practice,
//! RFC 5424, the stamps of rsyslog, journald and the kernel, one behind another. Knows no format: it
//! offers what is left after each piece, and the caller stops where a grammar claims it.

mod pieces;

use crate::alert::{Alert, Stamp, Text, Value};
use crate::{stamp, text};

/// The most pieces (priority, stamp, host, tag, ...) that are taken off one record: three whole
/// headers.
pub const PIECES_MAX: usize = 12;

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
    /// How often the daemon says that the record came in a row.
    pub count: Option<u64>,
}

/// Takes a record's headers off piece by piece. After each [`Peel::next`] the envelope holds what
/// was taken off so far.
#[derive(Debug, Clone)]
pub struct Peel<'a> {
    envelope: Envelope<'a>,
    record_bytes: usize,
    // Bytes at the record's end that belong to a header.
    closing_bytes: usize,
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
    /// RFC 5424 up to its host.
    Origin,
    Tag,
}

impl<'a> Peel<'a> {
    /// Begins at the record's first byte.
    pub fn new(record: &'a [u8]) -> Self {
        Self {
            envelope: Envelope::default(),
            record_bytes: record.len(),
            closing_bytes: 0,
            rest: record,
            last: Piece::Nothing,
            pieces: 0,
        }
    }

    /// What was taken off.
    pub fn into_envelope(self) -> Envelope<'a> {
        self.envelope
    }

    /// What is left of the record.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Takes off what may follow a stamp (a host) or RFC 5424's host (its later fields). Says whether there was any.
    pub(crate) fn rest_of_header(&mut self) -> bool {
        let rest = self.rest;
        match self.last {
            Piece::Stamp => {
                let Some((host, rest)) = pieces::host(rest) else { return false };
                self.envelope.host = Some(text::shown(host));
                self.advance(Piece::Host, rest);
            }
            Piece::Origin => {
                let Some(rest) = self.content(rest) else { return false };
                self.advance(Piece::Tag, rest);
            }
            _ => return false,
        }
        true
    }

    fn advance(&mut self, piece: Piece, rest: &'a [u8]) {
        self.last = piece;
        self.pieces += 1;
        self.rest = pieces::skip_blanks(rest);
    }

    // The piece that is told by its first byte, else one that may stand here.
    fn piece(&mut self) -> Option<(Piece, &'a [u8])> {
        let input = pieces::skip_blanks(self.rest);
        match input.first()? {
            b'<' => self.priority(input),
            b'[' => match pieces::kernel_clock(input) {
                Some((stamp, rest)) => {
                    if let Some(stamp) = stamp {
                        self.take_stamp(stamp);
                    }
                    Some((Piece::Tag, rest))
                }
                None => self.words(input),
            },
            // The cookie of JSON in syslog (CEE, as rsyslog writes it).
            b'@' if input.starts_with(b"@cee:") => Some((Piece::Tag, input.get(b"@cee:".len()..)?)),
            _ => self.words(input),
        }
    }

    fn priority(&mut self, input: &'a [u8]) -> Option<(Piece, &'a [u8])> {
        let (priority, rest) = pieces::priority(input)?;
        let behind = self.origin(rest);
        self.envelope.priority = Some(priority);
        Some(behind.map_or((Piece::Priority, rest), |rest| (Piece::Origin, rest)))
    }

    fn words(&mut self, input: &'a [u8]) -> Option<(Piece, &'a [u8])> {
        if let Some(rest) = self.origin(input) {
            return Some((Piece::Origin, rest));
        }
        if self.last == Piece::Origin
            && let Some(rest) = self.content(input)
        {
            return Some((Piece::Tag, rest));
        }
        // RFC 5424's version before a stamp and a host, and then no more of its fields (as QRadar's guide has it for LEEF).
        if self.last == Piece::Priority
            && let Some(rest) = input.strip_prefix(b"1 ")
            && pieces::stamp(rest).is_some()
        {
            return Some((Piece::Priority, rest));
        }
        if self.last != Piece::Stamp
            && let Some((found, rest)) = pieces::stamp(input)
        {
            self.take_stamp(found);
            return Some((Piece::Stamp, rest));
        }
        if self.last != Piece::Tag
            && let Some((priority, rest)) = pieces::facility(input)
        {
            self.envelope.priority = Some(priority);
            let piece = if self.last == Piece::Nothing { Piece::Priority } else { self.last };
            return Some((piece, rest));
        }
        if let Some((count, rest, closing_bytes)) = pieces::repeated(input) {
            self.envelope.count = Some(count);
            self.closing_bytes += closing_bytes;
            return Some((Piece::Tag, rest));
        }
        if self.last == Piece::Stamp
            && let Some((host, rest)) = pieces::host(input)
        {
            self.envelope.host = Some(text::shown(host));
            return Some((Piece::Host, rest));
        }
        if let Some(rest) = pieces::sequence(input) {
            return Some((self.last, rest));
        }
        let (app, pid, rest) = match self.last {
            Piece::Nothing => pieces::sure_tag(input)?,
            Piece::Priority | Piece::Stamp | Piece::Host | Piece::Origin => pieces::tag(input)?,
            Piece::Tag => return None,
        };
        self.envelope.app = Some(text::shown(app));
        self.envelope.pid = pid.map(text::shown);
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

    // RFC 5424 section 6, behind the priority, which may have been taken off by a collector: `1 STAMP HOST `.
    fn origin(&mut self, input: &'a [u8]) -> Option<&'a [u8]> {
        let rest = input.strip_prefix(b"1 ")?;
        let (stamp, rest) = pieces::word(rest)?;
        let stamp = if stamp == b"-" {
            None
        } else {
            Some(stamp::iso(stamp).ok().map(|(_, s)| s).or_else(|| stamp::epoch(stamp))?)
        };
        let (host, rest) = pieces::word(rest)?;
        self.envelope = Envelope {
            stamp: stamp.or(self.envelope.stamp),
            host: some(host).or(self.envelope.host.take()),
            priority: self.envelope.priority,
            count: self.envelope.count,
            ..Envelope::default()
        };
        Some(rest)
    }

    // The rest of the header, `APP PROCID MSGID SD`. A piece of its own, since there are formats whose fields are the
    // structured data.
    fn content(&mut self, input: &'a [u8]) -> Option<&'a [u8]> {
        let (app, rest) = pieces::word(input)?;
        let (pid, rest) = pieces::word(rest)?;
        let (message_id, rest) = pieces::word(rest)?;
        let (structured_data, rest) = pieces::structured_data(rest)?;
        self.envelope.app = some(app);
        self.envelope.pid = some(pid);
        self.envelope.message_id = some(message_id);
        self.envelope.structured_data = some(structured_data);
        Some(rest.strip_prefix(BOM).unwrap_or(rest))
    }
}

// A value of RFC 5424, where `-` is none.
fn some(value: &[u8]) -> Option<Text<'_>> {
    (value != b"-").then(|| text::shown(value))
}

/// What begins behind the next piece, and its byte offset in the record.
impl<'a> Iterator for Peel<'a> {
    type Item = (usize, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        if self.pieces >= PIECES_MAX {
            return None;
        }
        let (piece, rest) = self.piece()?;
        self.advance(piece, rest);
        Some((self.record_bytes - self.closing_bytes - self.rest.len(), self.rest))
    }
}

impl<'a> Envelope<'a> {
    /// Gives an alert what its own record left out; all else is kept under `log.syslog`.
    pub fn complete(self, alert: &mut Alert<'a>) {
        alert.stamp = match (alert.stamp, self.stamp) {
            // The same time, and only the header says in which zone.
            (Some(clock), Some(Stamp::Instant { unix_micros })) => {
                Some(stamp::in_zone_of(clock, unix_micros).unwrap_or(clock))
            }
            (stamp, header) => stamp.or(header),
        };
        alert.count = alert.count.or(self.count);
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

const BOM: &[u8] = b"\xef\xbb\xbf";

#[cfg(test)]
mod tests;
