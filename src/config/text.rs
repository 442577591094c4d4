//! A text and the places in it. Knows nothing of what it says.

use zeroize::Zeroizing;

use super::fault::Position;

/// A text and where its lines begin. It may hold secrets, so there is no `Debug`.
pub(super) struct Text {
    text: Zeroizing<String>,
    line_starts: Vec<usize>,
}

impl Text {
    pub(super) fn new(text: Zeroizing<String>) -> Self {
        let behind_newline = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        let line_starts = std::iter::once(0).chain(behind_newline).collect();
        Self { text, line_starts }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The line of a byte offset, from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    /// The place of a byte offset; the end of the text if it is beyond it.
    pub(super) fn position(&self, offset: usize) -> Position {
        let line = self.line(offset);
        let start = line.checked_sub(1).and_then(|index| self.line_starts.get(index));
        let end = offset.min(self.text.len());
        let before = start.and_then(|start| self.text.get(*start..end)).unwrap_or_default();
        Position { line, column: before.chars().count() + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let text = Text::new("ab\nc\u{e4}d\n".to_owned().into());
        for (offset, line, column) in [
            (0, 1, 1),
            (2, 1, 3),
            (3, 2, 1),
            (6, 2, 3),
            (8, 3, 1),
            (99, 3, 1),
            // In the middle of a character: its line.
            (5, 2, 1),
        ] {
            assert_eq!(text.position(offset), Position { line, column }, "{offset}");
        }
    }
}
