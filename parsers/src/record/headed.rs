//! Header lines that say what the records under them mean, such as the names of their columns. A stored record is read
//! again by itself, so the header stands in front of each record that needs it. Knows no format's header.

use alloc::vec::Vec;

use crate::record::{Framing, ended, is_blank};
use crate::{Choice, FORMATS, Format};

/// The most bytes of a header. The records under a longer one are given without it.
pub const HEADER_BYTES_MAX: usize = 16 * 1024;

/// The most bytes at a file's beginning in which its header is looked for when reading begins behind it.
pub const HEAD_BYTES_MAX: usize = 64 * 1024;

/// What a format knows about the header lines that its records need.
#[derive(Debug, Clone, Copy)]
pub struct Headed {
    /// Does this line belong to a header? Then what records need of it is added to the header that was kept so far, with
    /// a newline behind it; a line with which another header begins empties that first. Cheap, since every line of every
    /// file is asked, and never true for another format's line.
    pub keep: fn(&mut Vec<u8>, &[u8]) -> bool,
    /// Does this line, which is not blank and belongs to no header, need this header?
    pub needs: fn(&[u8], &[u8]) -> bool,
    /// The columns that a configuration may name, [`PASSED_OVER`] aside; none where only the file's own header counts.
    pub columns: &'static [&'static str],
}

/// The name of a column that is not to be read.
pub const PASSED_OVER: &str = "-";

/// The header of the lines that come next.
#[derive(Debug)]
pub(super) struct Header {
    /// Whose it is; empty bytes where none is known.
    of: Option<(&'static Format, Headed)>,
    bytes: Vec<u8>,
    /// Where its last line lies in the file.
    at: u64,
    /// It comes from the configuration.
    configured: bool,
    /// The head of the file was looked through.
    head_seen: bool,
}

impl Header {
    pub(super) const fn new() -> Self {
        Self { of: None, bytes: Vec::new(), at: 0, configured: false, head_seen: false }
    }

    pub(super) fn configure(&mut self, choice: Choice, columns: &[&str]) {
        if let Choice::Fixed(format) = choice
            && !columns.is_empty()
        {
            let mut line = Vec::from(b"#");
            line.extend_from_slice(format.name.as_bytes());
            for (at, column) in columns.iter().enumerate() {
                line.push(if at == 0 { b' ' } else { b',' });
                line.extend_from_slice(column.as_bytes());
            }
            self.configured = self.takes(choice, 0, &line) && !self.bytes.is_empty();
        }
    }

    pub(super) fn begin(&mut self, offset: u64) {
        if !self.configured && self.of.is_some() && self.at >= offset {
            self.clear();
            self.head_seen = false;
        }
    }

    pub(super) fn lacks_head(&self, choice: Choice, offset: u64) -> bool {
        let may_have_one = match choice {
            Choice::Auto => true,
            Choice::Fixed(format) => format.framing.headed().is_some(),
            Choice::None => false,
        };
        may_have_one && offset > 0 && self.of.is_none() && !self.head_seen
    }

    pub(super) fn head(&mut self, choice: Choice, head: &[u8]) {
        self.head_seen = true;
        let head = head.get(..HEAD_BYTES_MAX).unwrap_or(head);
        let mut offset = 0;
        for line in head.split_inclusive(|byte| *byte == b'\n') {
            if let Some(whole) = line.strip_suffix(b"\n") {
                self.takes(choice, offset, super::first(whole));
            }
            offset += line.len() as u64;
        }
    }

    /// Is the line part of a header, which is kept then?
    #[inline]
    pub(super) fn takes(&mut self, choice: Choice, offset: u64, line: &[u8]) -> bool {
        // Every header line that a format knows begins so.
        if !matches!(line.first(), Some(b'#' | b't')) {
            return false;
        }
        match choice {
            Choice::Fixed(format) => self.is_of(format, offset, line),
            Choice::Auto => FORMATS.iter().any(|format| self.is_of(format, offset, line)),
            Choice::None => false,
        }
    }

    fn is_of(&mut self, format: &'static Format, offset: u64, line: &[u8]) -> bool {
        let Some(headed) = format.framing.headed() else { return false };
        if self.configured || self.of.is_some_and(|(of, _)| of != format) {
            let mut kept = Vec::new();
            let taken = (headed.keep)(&mut kept, line);
            if taken && !self.configured {
                (self.bytes, self.of, self.at) = (kept, Some((format, headed)), offset);
            }
            return taken;
        }
        let taken = (headed.keep)(&mut self.bytes, line);
        if taken {
            (self.of, self.at) = (Some((format, headed)), offset);
            if self.bytes.len() > HEADER_BYTES_MAX {
                self.bytes = Vec::new();
            }
        }
        taken
    }

    /// The header, if the line needs it.
    #[inline]
    pub(super) fn needed_by(&self, line: &[u8]) -> Option<&[u8]> {
        let (_, headed) = self.of?;
        let needs = || !is_blank(line) && (headed.needs)(&self.bytes, ended(line));
        (!self.bytes.is_empty() && needs()).then_some(&self.bytes)
    }

    fn clear(&mut self) {
        self.of = None;
        self.bytes.clear();
    }
}

impl Framing {
    /// What the format knows about header lines.
    pub const fn headed(self) -> Option<Headed> {
        match self {
            Self::Headed(headed) => Some(headed),
            Self::Line | Self::Lines(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
