//! Where reading stands in a file: plain values that a store can write to columns and that outlive
//! this process. Knows no descriptor and no clock.

use std::path::{Path, PathBuf};

use super::anchors::Anchors;
use super::file::Stat;
use super::identity::{Fingerprint, Identity};
use super::mark::Mark;

/// A file that is followed: the number of its checkpoint's row. Given at first sight, kept through
/// renames and truncations until the file is let go. Random, so that two readers that share one
/// store do not collide. A store of signed integers keeps it by its bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileKey(pub u64);

/// A place in a file where reading can begin. It lies behind a line's end, or inside an over-long
/// line ([`mid_line`](Self::mid_line)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// Bytes from the file's beginning.
    pub offset: u64,
    /// The bytes at `offset` belong to a line of which the first part was given already: they are
    /// skipped up to and including the next newline.
    pub mid_line: bool,
    /// What was passed over on the way here. Part of the position, so that a line that is read
    /// twice is counted once.
    pub skipped: Skipped,
}

/// Exact counts of what was not given as part of a line, since the file's generation began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Skipped {
    /// Lines that were longer than [`LINE_BYTES_MAX`](super::LINE_BYTES_MAX) and were given cut.
    pub cut_lines: u64,
    /// Bytes of those lines behind the cut.
    pub cut_bytes: u64,
    /// NUL bytes in front of lines: holes of sparse files, preallocated space.
    pub nul_bytes: u64,
}

/// What a checkpoint is kept for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stage {
    /// The file is read on.
    #[default]
    Followed,
    /// The file was not to be found, and neither were others beside it: what it lies on may come
    /// back. Or its source is not configured.
    Missing,
    /// The file was read to its end and let go, or was there before its log was followed: none of
    /// it up to the position is to be read again, whatever it is called and however compressed.
    LetGo,
}

/// All that is needed to go on reading a file in another process, wherever it was renamed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The row's number: the store's primary key.
    pub file: FileKey,
    /// The order of appearance: of the files of one path those with lower numbers are read first.
    pub number: u64,
    /// The path under which the file was found, by which its source is known. A file that was
    /// renamed away since keeps it. Any bytes, not only UTF-8.
    pub path: PathBuf,
    /// Which file it is.
    pub identity: Identity,
    /// Random; renewed when the content is truncated or replaced. Event ids are built from it.
    pub generation: u64,
    /// Where reading goes on.
    pub position: Position,
    /// The bytes right before `position.offset`: as they change, the content was replaced.
    pub behind: Fingerprint,
    /// What was read before that, by which a copy is known that ends earlier.
    pub anchors: Anchors,
    /// Bytes that the file was known to hold: what is lost at least if it is never seen again. Of one
    /// that was let go the bytes on the disk, compressed if it is.
    pub size: u64,
    /// The last modification that was seen, in nanoseconds since 1970 by the file system's clock.
    pub modified_ns: i64,
    /// What it is kept for.
    pub stage: Stage,
    /// Since when, in microseconds since 1970; of a file that is followed the start of who followed it,
    /// and 0 in a row of a store of version 1.
    pub since_us: i64,
}

impl Checkpoint {
    /// A file that is read up to `mark`.
    pub(super) fn new(file: FileKey, path: &Path, mark: Mark, stat: &Stat) -> Self {
        Self {
            file,
            number: 0,
            path: path.to_path_buf(),
            identity: Identity { device: stat.device, inode: stat.inode, head: mark.head },
            generation: mark.generation,
            position: mark.position,
            behind: mark.behind,
            anchors: Anchors::default(),
            size: stat.size,
            modified_ns: stat.modified_ns,
            stage: Stage::Followed,
            since_us: 0,
        }
    }

    /// Up to which byte the file was known to hold any that are not read; 0 for one that was read to
    /// its end.
    pub(super) fn unread_to(&self) -> u64 {
        if self.stage == Stage::LetGo { 0 } else { self.size }
    }

    /// Bytes that were known to be unread.
    pub(super) fn unread_bytes(&self) -> u64 {
        self.unread_to().saturating_sub(self.position.offset)
    }
}
