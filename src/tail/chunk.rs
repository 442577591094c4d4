//! A window of one file as its reader sees it: complete lines, one by one, and what its end means.

use std::path::Path;
use std::sync::Arc;

use super::checkpoint::{FileKey, Position};
use super::identity::{FINGERPRINT_BYTES_MAX, Fingerprint};
use super::lines::{Line, Lines};
use super::mark::Mark;

/// What the end of a chunk means for a record that could go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The file goes on. What is not accepted is given again, with more.
    More,
    /// The file goes on, but no chunk can be larger: a record that is not complete here is too long.
    Full,
    /// The file ends here for now. What is not accepted is given again when there is more, or when
    /// the file did not grow for [`QUIET_WAIT`](super::QUIET_WAIT).
    Caught,
    /// The file ends here and was quiet: take what there is as complete.
    Quiet,
    /// The file ends here and will be let go: take all. There may be no line at all (only with this
    /// end); accept it all the same.
    Finished,
}

/// Lines of one file. Iterate over it, then give it back to [`Tail::accept`](super::Tail::accept).
#[derive(Debug)]
pub struct Chunk<'b> {
    /// The file.
    pub file: FileKey,
    /// Its source: the place in the list that the tail was made with.
    pub source: usize,
    /// The path under which it was found.
    pub path: Arc<Path>,
    /// The generation of its content.
    pub generation: u64,
    /// What the chunk's end means.
    pub end: End,
    pub(super) mark: Mark,
    pub(super) lead_bytes: usize,
    /// What was read: the bytes before the position, then those behind it.
    pub(super) bytes: &'b [u8],
    pub(super) lines: Lines<'b>,
    pub(super) exhausted: bool,
}

impl<'b> Iterator for Chunk<'b> {
    type Item = Line<'b>;

    #[inline]
    fn next(&mut self) -> Option<Line<'b>> {
        let line = self.lines.next();
        self.exhausted = line.is_none();
        line
    }
}

impl Chunk<'_> {
    /// Behind the last line that was given: from here the rest can be read again. To accept up to a
    /// record's beginning, take the position before its first line is given.
    pub fn position(&self) -> Position {
        self.lines.position()
    }

    /// The position in front of the line that was given last: from there it is given again.
    pub fn before(&self, last: &Line<'_>) -> Position {
        let mut position = self.position();
        position.offset = last.offset;
        position.mid_line = false;
        let counted = &mut position.skipped.cut_lines;
        *counted = counted.saturating_sub(u64::from(last.cut));
        position
    }

    /// How long the file was, as far as it was read for this chunk.
    pub fn size(&self) -> u64 {
        self.position().offset.saturating_add(self.lines.rest().len() as u64)
    }

    /// The bytes up to the place where a mark stands, how many of them were read before, and that place.
    pub(super) fn read_until(&self, mark: Mark) -> (&[u8], usize, u64) {
        let until = mark.position.offset;
        let taken = until.saturating_sub(self.mark.position.offset);
        let end = usize::try_from(taken).unwrap_or(0).saturating_add(self.lead_bytes);
        (self.bytes.get(..end).unwrap_or_default(), self.lead_bytes, until)
    }

    /// How far the file is read when the chunk is accepted up to `position`. A position that is not
    /// in the chunk accepts nothing.
    pub(super) fn mark_at(&self, position: Position) -> Mark {
        if position == self.mark.position {
            return self.mark;
        }
        let taken = position.offset.checked_sub(self.mark.position.offset);
        let until = taken
            .filter(|_| position.offset <= self.position().offset)
            .and_then(|taken| usize::try_from(taken).ok())
            .and_then(|taken| taken.checked_add(self.lead_bytes));
        let Some(read) = until.and_then(|until| self.bytes.get(..until)) else {
            return self.mark;
        };
        // While the head still grows, the lead-in reaches back to the file's first byte.
        let head_grows = self.mark.head.bytes < FINGERPRINT_BYTES_MAX;
        let head = if head_grows { Fingerprint::of_first(read) } else { self.mark.head };
        Mark { position, head, behind: Fingerprint::of_last(read), ..self.mark }
    }
}
