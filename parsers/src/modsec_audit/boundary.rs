//! The boundary lines of an audit log. Knows no section's content.

use memchr::{memchr, memmem};

/// `--ID-X--` or `---ID---X--`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Boundary<'a> {
    /// All that stands before the letter; the same on all boundaries of a record.
    pub(super) id: &'a [u8],
    /// `A` to `Z`.
    pub(super) section: u8,
}

/// The least and the most bytes of an id without its hyphens: 2.x writes eight, libmodsecurity eight, Coraza ten.
const ID_BYTES: core::ops::RangeInclusive<usize> = 8..=32;

/// The most bytes of a boundary line.
const LINE_BYTES_MAX: usize = 48;

/// How far back is looked for the section in which a line stands. Bounded, since a client may write a line like a beginning
/// thousands of times into a body, and each asks.
const LOOK_BACK_BYTES: usize = 16 * 1024;

/// What the server writes alone: the header, the response's head, messages, rules. A request's head is the client's.
const SERVERS_WORDS: &[u8] = b"AFHK";

impl<'a> Boundary<'a> {
    /// The boundary that this line is.
    pub(super) fn read(line: &'a [u8]) -> Option<Self> {
        if !line.starts_with(b"--") || line.len() > LINE_BYTES_MAX {
            return None;
        }
        let (id, [section, b'-', b'-']) = line.split_last_chunk::<3>()? else { return None };
        let name = id
            .strip_prefix(b"---")
            .and_then(|name| name.strip_suffix(b"---"))
            .or_else(|| id.strip_prefix(b"--").and_then(|name| name.strip_suffix(b"-")))?;
        let is_one = section.is_ascii_uppercase()
            && ID_BYTES.contains(&name.len())
            && name.iter().all(u8::is_ascii_alphanumeric);
        is_one.then_some(Self { id, section: *section })
    }

    /// The boundary with which a record begins.
    pub(super) fn first(record: &'a [u8]) -> Option<Self> {
        let window = record.get(..LINE_BYTES_MAX + 2).unwrap_or(record);
        let line = window.get(..memchr(b'\n', window).unwrap_or(window.len()))?;
        Self::read(line.strip_suffix(b"\r").unwrap_or(line))
    }

    /// Does the record end in a section that the server wrote alone? Asked of the record's first boundary.
    pub(super) fn is_among_servers_words(&self, record: &[u8]) -> bool {
        let window = record.get(record.len().saturating_sub(LOOK_BACK_BYTES)..).unwrap_or(record);
        let section = memmem::rfind(window, self.id)
            .and_then(|at| window.get(at + self.id.len()..))
            .and_then(<[u8]>::first);
        section.is_some_and(|section| SERVERS_WORDS.contains(section))
    }
}
