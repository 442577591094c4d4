//! Where one record ends and the next begins: lines in, records out. The table of formats says how each one's records
//! are framed; nothing here knows a format, a file or a chunk of one.
//!
//! A record of several lines is put together in memory, so it does not matter how its lines were read. What is open can
//! be forgotten at any time: whoever offers the lines again from the record's first byte gets the same record.

mod headed;
mod wrapping;

use alloc::borrow::Cow;
use alloc::vec::Vec;

use memchr::memrchr;

use self::headed::Header;
pub use self::headed::{HEAD_BYTES_MAX, HEADER_BYTES_MAX, Headed, PASSED_OVER};
use self::wrapping::Wrapping;
use crate::{Choice, FORMATS, wrapped};

/// The most bytes of a record of several lines. One that would grow beyond it is given as far as it came, marked as
/// cut; what follows is a record of its own without a beginning, which no grammar reads.
pub const RECORD_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How the records of a format are framed.
#[derive(Debug, Clone, Copy)]
pub enum Framing {
    /// Each line is a record, perhaps with a syslog header in front.
    Line,
    /// A record has several lines, as they are.
    Lines(Frame),
    /// Each line is a record, as with `Line`, but some are understood only together with header lines that stand above
    /// them, or that the configuration gives: those stand in front of the record that the grammar gets.
    Headed(Headed),
}

/// What a format of several lines knows about them. Lines come without their end.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// Does a record begin with this line? Cheap, since every line of every file is asked, and never true for another
    /// format's record.
    pub begins: fn(&[u8]) -> bool,
    /// Where a line belongs that comes behind these bytes of a record (its lines so far, joined by `\n`). They are
    /// empty where the beginning was not seen, as in a file that is read from its midst; never for a blank line then.
    /// Asked before `begins`: whoever can write into a record must not be able to begin one there.
    pub place: fn(&[u8], &[u8]) -> Place,
}

/// Where a line belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// To the record, which may go on.
    Inside,
    /// To the record, and it ends there: a closing mark.
    Last,
    /// Not to the record: that ended before it.
    Outside,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record<'a> {
    /// Where its first byte lies in the file.
    pub offset: u64,
    /// Its bytes, lines joined by `\n`, without the last one's end.
    pub bytes: Cow<'a, [u8]>,
    /// A line of it or the whole was longer than the limit, and something is missing.
    pub cut: bool,
}

/// What became of a line that was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// It is a record by itself.
    Alone,
    /// It was taken into the record that is open.
    Taken,
    /// It was taken, and the record that is open is complete: [`Records::take`] it.
    Complete,
    /// It was not taken: the record that is open ends before it. [`Records::take`] that, then offer the line again.
    Before,
}

/// The records of one file.
#[derive(Debug)]
pub struct Records {
    choice: Choice,
    /// Of the record that is open, else of the last one: its format tells lines that lack their beginning.
    frame: Option<Frame>,
    /// Of the record that is open; empty when none is.
    bytes: Vec<u8>,
    offset: u64,
    cut: bool,
    header: Header,
    /// Where the lines of the record that is open are wrapped: what they hold.
    wrapping: Option<Wrapping>,
}

impl Records {
    /// Nothing is open.
    pub const fn new(choice: Choice) -> Self {
        let frame = match choice {
            Choice::Fixed(format) => format.framing.frame(),
            Choice::Auto | Choice::None => None,
        };
        Self {
            choice,
            frame,
            bytes: Vec::new(),
            offset: 0,
            cut: false,
            header: Header::new(),
            wrapping: None,
        }
    }

    /// With a header of these columns, which no line of the file replaces. Without columns, or with a choice that knows
    /// none, the file's own header lines count.
    #[must_use]
    pub fn columns(mut self, columns: &[&str]) -> Self {
        self.header.configure(self.choice, columns);
        self
    }

    /// Reading goes on at `offset`: whatever was offered from there on is offered again.
    pub fn begin(&mut self, offset: u64) {
        self.forget();
        self.header.begin(offset);
    }

    /// Are header lines to be looked for in the head of the file, because reading begins behind it?
    pub fn lacks_head(&self, offset: u64) -> bool {
        self.header.lacks_head(self.choice, offset)
    }

    /// The file's first bytes, at most [`HEAD_BYTES_MAX`] and none from where reading goes on: their header lines are
    /// known from now on. To be given before the first line after [`Records::begin`], where [`Records::lacks_head`].
    pub fn head(&mut self, head: &[u8]) {
        self.header.head(self.choice, head);
    }

    /// Where does this line belong? It lies at `offset` of its file, comes without its newline, and is perhaps `cut`.
    #[inline]
    pub fn offer(&mut self, offset: u64, line: &[u8], cut: bool) -> Offer {
        if let Some(inner) = wrapped::line(line) {
            return self.offer_wrapped(offset, line, &inner, cut);
        }
        if self.wrapping.is_some() {
            return Offer::Before;
        }
        if self.bytes.is_empty()
            && let Some(offer) = self.headed(offset, line, cut)
        {
            return offer;
        }
        let frame = if self.bytes.is_empty() { self.beginning(line) } else { None };
        match (frame, self.bytes.is_empty()) {
            (None, true) => Offer::Alone,
            (None, false) => self.go_on(line, cut),
            (Some((frame, place)), _) => {
                (self.frame, self.offset, self.cut) = (Some(frame), offset, cut);
                self.bytes.extend_from_slice(first(line));
                if place == Place::Last { Offer::Complete } else { Offer::Taken }
            }
        }
    }

    /// The record that is open, as far as it came, and nothing is open any more.
    pub fn take(&mut self) -> Option<Record<'static>> {
        let record = self.open().map(|offset| Record {
            offset,
            bytes: Cow::Owned(core::mem::take(&mut self.bytes)),
            cut: self.cut,
        });
        self.forget();
        record
    }

    /// Where the record begins that is open.
    #[inline]
    pub fn open(&self) -> Option<u64> {
        if self.bytes.is_empty() { None } else { Some(self.offset) }
    }

    /// Nothing is open any more: its lines are offered again later, from its first byte.
    pub fn forget(&mut self) {
        self.bytes.clear();
        self.wrapping = None;
    }

    /// What becomes of a header line, and of one that needs the header.
    #[inline]
    fn headed(&mut self, offset: u64, line: &[u8], cut: bool) -> Option<Offer> {
        if self.header.takes(self.choice, offset, first(line)) {
            return Some(Offer::Alone);
        }
        let header = self.header.needed_by(line)?;
        self.bytes.reserve(header.len() + line.len());
        self.bytes.extend_from_slice(header);
        self.bytes.extend_from_slice(line);
        (self.offset, self.cut) = (offset, cut);
        Some(Offer::Complete)
    }

    /// The frame of the record that begins with this line, or that goes on with it and lacks its beginning.
    #[inline]
    fn beginning(&self, line: &[u8]) -> Option<(Frame, Place)> {
        let begun = match self.choice {
            Choice::Fixed(format) => format.framing.begun_by(line),
            Choice::Auto => FORMATS.iter().find_map(|format| format.framing.begun_by(line)),
            Choice::None => None,
        };
        match (begun, self.frame) {
            (Some(frame), _) => Some((frame, Place::Inside)),
            (None, Some(frame)) if !is_blank(line) => match (frame.place)(&[], ended(line)) {
                Place::Outside => None,
                place => Some((frame, place)),
            },
            (None, _) => None,
        }
    }

    fn go_on(&mut self, line: &[u8], cut: bool) -> Offer {
        let line = ended(line);
        let place = self.frame.map_or(Place::Outside, |frame| (frame.place)(&self.bytes, line));
        if place == Place::Outside {
            return Offer::Before;
        }
        if self.bytes.len() + 1 + line.len() > RECORD_BYTES_MAX {
            self.cut = true;
            return Offer::Before;
        }
        self.bytes.push(b'\n');
        self.bytes.extend_from_slice(line);
        self.cut |= cut;
        if place == Place::Last { Offer::Complete } else { Offer::Taken }
    }
}

impl Framing {
    const fn frame(self) -> Option<Frame> {
        match self {
            Self::Line | Self::Headed(_) => None,
            Self::Lines(frame) => Some(frame),
        }
    }

    /// The bytes of a record that stand in the file at its offset: without the header lines in front of them.
    pub fn own(self, record: &[u8]) -> &[u8] {
        match self {
            Self::Line | Self::Lines(_) => record,
            Self::Headed(_) => {
                let begin = memrchr(b'\n', record).map_or(0, |newline| newline + 1);
                record.get(begin..).unwrap_or_default()
            }
        }
    }

    #[inline]
    fn begun_by(self, line: &[u8]) -> Option<Frame> {
        match self {
            Self::Line | Self::Headed(_) => None,
            Self::Lines(frame) => (frame.begins)(first(line)).then_some(frame),
        }
    }
}

/// Without the carriage return of a line's end.
#[inline]
fn ended(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The same of a line that may be a file's first, without a byte order mark.
#[inline]
fn first(line: &[u8]) -> &[u8] {
    ended(line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line))
}

fn is_blank(line: &[u8]) -> bool {
    line.trim_ascii_start().is_empty()
}

#[cfg(test)]
mod tests;
