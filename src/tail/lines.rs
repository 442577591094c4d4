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

/// What becomes of a line that has no newline when the window ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unended {
    /// The writer may go on with it: wait.
    Waits,
    /// Nothing comes after it: give it.
    Given,
}

/// The lines of a window of a file, given one by one. After each the [`position`](Self::position)
/// is one where reading can begin again.
#[derive(Debug, Clone)]
pub(super) struct Lines<'a> {
    rest: &'a [u8],
    position: Position,
    unended: Unended,
}

impl<'a> Lines<'a> {
    /// The lines of `bytes`, which lie in the file at `position`.
    pub(super) fn new(bytes: &'a [u8], position: Position, unended: Unended) -> Self {
        Self { rest: bytes, position, unended }
    }

    /// Behind the last line that was given and what had to be skipped since.
    pub(super) fn position(&self) -> Position {
        self.position
    }

    /// The bytes that no line was made of yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn take(&mut self, bytes: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, &[]));
        self.rest = rest;
        self.position.offset = self.position.offset.saturating_add(taken.len() as u64);
        taken
    }

    /// Passes over the rest of a line that was given in part.
    fn skip_cut_rest(&mut self) {
        let (skipped, newline) = match memchr(b'\n', self.rest) {
            Some(end) => (self.take(end), self.take(1)),
            None => (self.take(self.rest.len()), &[] as &[u8]),
        };
        let count = &mut self.position.skipped.cut_bytes;
        *count = count.saturating_add(skipped.len() as u64);
        self.position.mid_line = newline.is_empty();
    }

    /// Passes over NULs where a line begins. Those that reach the window's end are left: space that
    /// the writer set aside looks the same and will be written.
    fn skip_nuls(&mut self) {
        let nuls = nul_run(self.rest);
        if nuls > 0 && (nuls < self.rest.len() || self.unended == Unended::Given) {
            self.take(nuls);
            let count = &mut self.position.skipped.nul_bytes;
            *count = count.saturating_add(nuls as u64);
        }
    }

    /// The part of a line that fits, and a mark to skip what follows.
    fn take_cut(&mut self) -> &'a [u8] {
        let bytes = self.take(LINE_BYTES_MAX);
        self.position.mid_line = true;
        let count = &mut self.position.skipped.cut_lines;
        *count = count.saturating_add(1);
        bytes
    }

    /// The last line of a file that ends without a newline. Should a writer come back to it, what
    /// it adds belongs to a line that was given.
    fn take_final(&mut self) -> &'a [u8] {
        let whole = self.take(self.rest.len());
        self.position.mid_line = true;
        let written = whole.len() - whole.iter().rev().take_while(|byte| **byte == 0).count();
        let count = &mut self.position.skipped.nul_bytes;
        *count = count.saturating_add((whole.len() - written) as u64);
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
                let line = self.take(end);
                self.take(1);
                (line.strip_suffix(b"\r").unwrap_or(line), false)
            }
            None if self.rest.len() > LINE_BYTES_MAX && self.rest.first() != Some(&0) => {
                (self.take_cut(), true)
            }
            None if self.unended == Unended::Given && !self.rest.is_empty() => {
                (self.take_final(), false)
            }
            None => return None,
        };
        Some(Line { offset, bytes, cut })
    }
}

/// How many NULs `bytes` begin with.
pub(super) fn nul_run(bytes: &[u8]) -> usize {
    const ZEROS: [u8; 4096] = [0; 4096];
    // Whole blocks are compared at the speed of memory; only the block that differs is searched.
    let blocks = bytes.chunks_exact(ZEROS.len()).take_while(|block| *block == ZEROS).count();
    let whole = blocks * ZEROS.len();
    let rest = bytes.get(whole..).unwrap_or_default();
    whole + rest.iter().take_while(|byte| **byte == 0).count()
}
