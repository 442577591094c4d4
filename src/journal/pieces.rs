//! What a child writes, into lines: bounded, wherever the reads were cut. Pure.

use memchr::memchr;

/// The most bytes of a line. A message of 1 MiB that is no text takes four times as much, written as numbers.
pub const ENTRY_BYTES_MAX: usize = 8 << 20;

/// A line of the child.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A whole one.
    Line(&'a [u8]),
    /// One that was longer than [`ENTRY_BYTES_MAX`] is passed over.
    TooLong,
}

/// The line that has no end yet.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    begun: Vec<u8>,
    is_skipping: bool,
}

impl Pieces {
    /// Takes what was read, and gives the lines that end in it.
    pub(super) fn feed(&mut self, mut block: &[u8], mut give: impl FnMut(Piece<'_>)) {
        while let Some(end) = memchr(b'\n', block) {
            let (line, rest) = block.split_at_checked(end).unwrap_or_default();
            block = rest.get(1..).unwrap_or_default();
            if self.begun.is_empty() && !self.is_skipping && line.len() <= ENTRY_BYTES_MAX {
                give(Piece::Line(line));
                continue;
            }
            self.keep(line);
            let begun = std::mem::take(&mut self.begun);
            let too_long = std::mem::take(&mut self.is_skipping);
            give(if too_long { Piece::TooLong } else { Piece::Line(&begun) });
        }
        self.keep(block);
    }

    /// Was the last line left without its end?
    pub(super) fn is_amid(&self) -> bool {
        self.is_skipping || !self.begun.is_empty()
    }

    fn keep(&mut self, part: &[u8]) {
        self.is_skipping |= self.begun.len().saturating_add(part.len()) > ENTRY_BYTES_MAX;
        if self.is_skipping {
            self.begun = Vec::new();
        } else {
            self.begun.extend_from_slice(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fed<'a>(blocks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Option<Vec<u8>>> {
        let (mut pieces, mut found) = (Pieces::default(), Vec::new());
        for block in blocks {
            pieces.feed(block, |piece| {
                found.push(match piece {
                    Piece::Line(line) => Some(line.to_vec()),
                    Piece::TooLong => None,
                });
            });
        }
        found
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over_and_the_next_is_whole() {
        let long = vec![b'x'; ENTRY_BYTES_MAX + 1];
        let wanted = [Some(b"a".to_vec()), None, Some(b"b".to_vec())];
        let whole = [b"a\n", long.as_slice(), b"\nb\nhalf"].concat();
        assert_eq!(fed([whole.as_slice()]), wanted);
        assert_eq!(fed(whole.chunks(1 << 16)), wanted);
        let fits = [&long[1..], b"\n"].concat();
        assert_eq!(fed(fits.chunks(1 << 16)), [Some(long[1..].to_vec())]);
    }

    proptest! {
        #[test]
        fn however_it_is_cut_the_lines_are_the_same(
            lines in prop::collection::vec("[a-z{}\"]{0,9}", 0..9), cut in 1..20_usize
        ) {
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            let wanted: Vec<_> = lines.iter().map(|line| Some(line.clone().into_bytes())).collect();
            prop_assert_eq!(fed(text.as_bytes().chunks(cut)), wanted);
        }
    }
}
