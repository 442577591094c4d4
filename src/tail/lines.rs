//! Bytes into lines: bounded, without a copy, wherever the reads were cut. Pure.

use memchr::memchr;

use super::checkpoint::Position;

/// The most bytes of a line, its newline not counted. Of a longer one the first so many are given,
/// marked as cut; the rest is skipped and counted, and reading goes on behind it.
pub const LINE_BYTES_MAX: usize = 1024 * 1024;

/// One line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Where its first byte lies in the file.
    pub offset: u64,
    /// Its bytes, without the newline and a carriage return before it. Any bytes.
    pub bytes: &'a [u8],
    /// It was longer than [`LINE_BYTES_MAX`], and these are only its first bytes.
    pub cut: bool,
}

/// What is known of the bytes behind a window: it tells what its last line and NULs at its end are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// There are none yet. The writer may go on with the line, and NULs may be space that it set
    /// aside and will write: both are left.
    Waits,
    /// There is data.
    GoesOn,
    /// There will never be any: the last line is given as it is.
    Final,
}

/// The lines of a window of a file, given one by one. After each the [`position`](Self::position)
/// is one where reading can begin again.
#[derive(Debug, Clone)]
pub(super) struct Lines<'a> {
    rest: &'a [u8],
    position: Position,
    behind: Rest,
}

impl<'a> Lines<'a> {
    /// The lines of `bytes`, which lie in the file at `position`.
    pub(super) fn new(bytes: &'a [u8], position: Position, behind: Rest) -> Self {
        Self { rest: bytes, position, behind }
    }

    /// Behind the last line that was given and what had to be skipped since.
    pub(super) fn position(&self) -> Position {
        self.position
    }

    /// The bytes that no line was made of yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn advance(&mut self, bytes: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, &[]));
        self.rest = rest;
        self.position.offset = self.position.offset.saturating_add(taken.len() as u64);
        taken
    }

    /// Passes over the rest of a line that was given in part.
    fn skip_cut_rest(&mut self) {
        let (skipped, newline) = match memchr(b'\n', self.rest) {
            Some(end) => (self.advance(end), self.advance(1)),
            None => (self.advance(self.written_bytes()), &[] as &[u8]),
        };
        let count = &mut self.position.skipped.cut_bytes;
        *count = count.saturating_add(skipped.len() as u64);
        self.position.mid_line = newline.is_empty();
    }

    /// The bytes up to NULs at the window's end that may be space set aside.
    fn written_bytes(&self) -> usize {
        let nuls = if self.behind == Rest::Waits { nul_tail(self.rest) } else { 0 };
        self.rest.len().saturating_sub(nuls)
    }

    /// Passes over NULs where a line begins.
    fn skip_nuls(&mut self) {
        let nuls = nul_run(self.rest);
        if nuls < self.rest.len() || self.behind != Rest::Waits {
            self.advance(nuls);
            let count = &mut self.position.skipped.nul_bytes;
            *count = count.saturating_add(nuls as u64);
        }
    }

    /// The part of a line that fits, and a mark to skip what follows.
    fn take_cut(&mut self) -> &'a [u8] {
        let bytes = self.advance(LINE_BYTES_MAX);
        self.position.mid_line = true;
        let count = &mut self.position.skipped.cut_lines;
        *count = count.saturating_add(1);
        bytes
    }

    /// The last line of a file that ends without a newline. Should a writer come back to it, what
    /// it adds belongs to a line that was given.
    fn take_final(&mut self) -> &'a [u8] {
        let whole = self.advance(self.rest.len());
        self.position.mid_line = true;
        let written = whole.len().saturating_sub(nul_tail(whole));
        let count = &mut self.position.skipped.nul_bytes;
        *count = count.saturating_add(whole.len().saturating_sub(written) as u64);
        whole.get(..written).unwrap_or(whole)
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    #[inline]
    fn next(&mut self) -> Option<Line<'a>> {
        if self.position.mid_line {
            self.skip_cut_rest();
        }
        if self.rest.first() == Some(&0) {
            self.skip_nuls();
        }
        let offset = self.position.offset;
        let within = self.rest.get(..=LINE_BYTES_MAX).unwrap_or(self.rest);
        let (bytes, cut) = match memchr(b'\n', within) {
            Some(end) => {
                let line = self.advance(end);
                self.advance(1);
                (line.strip_suffix(b"\r").unwrap_or(line), false)
            }
            None if self.rest.len() > LINE_BYTES_MAX && self.written_bytes() > LINE_BYTES_MAX => {
                (self.take_cut(), true)
            }
            None if self.behind == Rest::Final && !self.rest.is_empty() => {
                (self.take_final(), false)
            }
            None => return None,
        };
        Some(Line { offset, bytes, cut })
    }
}

const ZEROS: [u8; 4096] = [0; 4096];

/// How many NULs `bytes` begin with.
pub(super) fn nul_run(bytes: &[u8]) -> usize {
    // Whole blocks are compared at the speed of memory; only the block that differs is searched.
    let blocks = bytes.chunks_exact(ZEROS.len()).take_while(|block| *block == ZEROS).count();
    let whole = blocks * ZEROS.len();
    let rest = bytes.get(whole..).unwrap_or_default();
    whole + rest.iter().take_while(|byte| **byte == 0).count()
}

/// How many NULs `bytes` end with.
pub(super) fn nul_tail(bytes: &[u8]) -> usize {
    let blocks = bytes.rchunks_exact(ZEROS.len()).take_while(|block| *block == ZEROS).count();
    let whole = blocks * ZEROS.len();
    let rest = bytes.get(..bytes.len().saturating_sub(whole)).unwrap_or_default();
    whole + rest.iter().rev().take_while(|byte| **byte == 0).count()
}

#[cfg(test)]
mod tests;
