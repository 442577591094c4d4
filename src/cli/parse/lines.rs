//! The lines of an input of any length, in bounded memory.

use std::io;

use memchr::memchr;

/// The longest line; what is over it is cut off and counted.
pub(super) use crate::tail::LINE_BYTES_MAX;

const CHUNK_BYTES: usize = 1 << 18;

/// A line, without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Where it begins in the input.
    pub(super) offset: u64,
    /// Its bytes, at most [`LINE_BYTES_MAX`].
    pub(super) record: &'a [u8],
    /// How many bytes were cut off.
    pub(super) cut_bytes: u64,
}

/// Reads lines.
pub(super) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    // The unread part of the buffer.
    start: usize,
    end: usize,
    // Where `start` is in the input.
    offset: u64,
    ended: bool,
}

impl<R: io::Read> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        let buffer = vec![0; LINE_BYTES_MAX + CHUNK_BYTES];
        Self { input, buffer, start: 0, end: 0, offset: 0, ended: false }
    }

    /// How much of the input was given out.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The next line; the last one needs no line end.
    pub(super) fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        let mut searched = 0;
        let length = loop {
            let unread = self.buffer.get(self.start..self.end).unwrap_or_default();
            if let Some(at) = memchr(b'\n', unread.get(searched..).unwrap_or_default()) {
                break searched + at;
            }
            searched = unread.len();
            if searched >= LINE_BYTES_MAX || self.ended {
                break searched;
            }
            self.fill()?;
        };
        let (start, offset) = (self.start, self.offset);
        if length == 0 && self.ended && self.start == self.end {
            return Ok(None);
        }
        let kept = length.min(LINE_BYTES_MAX);
        let terminated =
            self.buffer.get(start + length) == Some(&b'\n') && start + length < self.end;
        self.advance(kept);
        let mut cut_bytes = 0;
        if terminated {
            let over = length - kept;
            cut_bytes = to_u64(over);
            self.advance(over + 1);
        } else if kept == LINE_BYTES_MAX {
            return self.over_long(start, offset, kept);
        }
        let record = self.buffer.get(start..start + kept).unwrap_or_default();
        Ok(Some(Line { offset, record, cut_bytes }))
    }

    // The line goes on beyond the limit: its head is moved aside while the rest is read and let go.
    fn over_long(
        &mut self,
        start: usize,
        offset: u64,
        kept: usize,
    ) -> io::Result<Option<Line<'_>>> {
        self.buffer.copy_within(start..self.end, 0);
        self.start -= start;
        self.end -= start;
        let mut cut_bytes = 0_u64;
        loop {
            let unread = self.buffer.get(self.start..self.end).unwrap_or_default();
            if let Some(at) = memchr(b'\n', unread) {
                cut_bytes += to_u64(at);
                self.advance(at + 1);
                break;
            }
            cut_bytes += to_u64(unread.len());
            self.advance(unread.len());
            if self.ended {
                break;
            }
            // Behind the head there is always a chunk of room.
            (self.start, self.end) = (kept, kept);
            self.read_to(kept + CHUNK_BYTES)?;
        }
        let record = self.buffer.get(..kept).unwrap_or_default();
        Ok(Some(Line { offset, record, cut_bytes }))
    }

    fn fill(&mut self) -> io::Result<()> {
        if self.buffer.len() - self.end < CHUNK_BYTES {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        self.read_to(self.end + CHUNK_BYTES)
    }

    fn read_to(&mut self, to: usize) -> io::Result<()> {
        let room = self.buffer.get_mut(self.end..to).unwrap_or_default();
        let count = loop {
            match self.input.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                done => break done?,
            }
        };
        self.end += count;
        self.ended = count == 0;
        Ok(())
    }

    fn advance(&mut self, bytes: usize) {
        self.start += bytes;
        self.offset += to_u64(bytes);
    }
}

fn to_u64(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Gives at most `step` bytes at a time.
    struct Drops<'a>(&'a [u8], usize);

    impl io::Read for Drops<'_> {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(room.len()).min(self.0.len());
            let (now, later) = self.0.split_at(count);
            room[..count].copy_from_slice(now);
            self.0 = later;
            Ok(count)
        }
    }

    fn check(input: &[u8], want: &[(u64, usize, u64)]) {
        for step in [997, CHUNK_BYTES, usize::MAX] {
            let mut lines = Lines::new(Drops(input, step));
            let mut got = Vec::new();
            while let Some(line) = lines.next_line().unwrap() {
                assert_eq!(line.record, &input[line.offset as usize..][..line.record.len()]);
                got.push((line.offset, line.record.len(), line.cut_bytes));
            }
            assert_eq!(got, want, "in steps of {step}");
        }
    }

    #[test]
    fn lines_with_and_without_an_end() {
        check(b"", &[]);
        check(b"a\nbc\n", &[(0, 1, 0), (2, 2, 0)]);
        check(b"a\n\nb", &[(0, 1, 0), (2, 0, 0), (3, 1, 0)]);
        check(b"\n", &[(0, 0, 0)]);
    }

    #[test]
    fn over_long_lines_are_cut_and_counted() {
        let max = LINE_BYTES_MAX as u64;
        for (over, end) in [(0, true), (1, true), (CHUNK_BYTES * 9, true), (0, false), (5, false)] {
            let mut input = b"x\n".to_vec();
            input.resize(input.len() + LINE_BYTES_MAX + over, b'y');
            let over = over as u64;
            let mut want = vec![(0, 1, 0), (2, LINE_BYTES_MAX, over)];
            if end {
                input.extend_from_slice(b"\nlast");
                want.push((2 + max + over + 1, 4, 0));
            }
            check(&input, &want);
        }
    }

    #[test]
    fn many_lines_cross_many_chunks() {
        let line = [b"z".repeat(100_000), b"\n".to_vec()].concat();
        let want: Vec<_> = (0..40).map(|at| (at * 100_001, 100_000, 0)).collect();
        check(&line.repeat(40), &want);
    }
}
