//! What `status` shows of the files. Reads nothing.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use super::Tail;
use super::checkpoint::{FileKey, Position};
use super::finding::{Finding, What};
use super::tracked::{Place, Tracked};

/// A file as `status` shows it.
#[derive(Debug, Clone)]
pub struct FileStatus {
    /// Which file it is.
    pub key: FileKey,
    /// The path under which it was found.
    pub path: Arc<Path>,
    /// Its source.
    pub source: usize,
    /// How it is.
    pub state: State,
    /// Its length in bytes, when it was last looked at.
    pub size: u64,
    /// How far it is read.
    pub position: Position,
    /// Bytes that are not read yet.
    pub lag_bytes: u64,
    /// It is read as far as it goes: what is left is the beginning of a line, or space that was set aside.
    pub is_caught_up: bool,
    /// When lines of it were last accepted.
    pub read_at: Option<Instant>,
    /// What is wrong with it.
    pub problem: Option<What>,
}

/// How a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its path leads to it.
    Followed,
    /// It was renamed, and is read until its writer has left it.
    Rotated,
    /// It was deleted, and is read to its end.
    Deleted,
}

impl Tail {
    /// All files, in order of appearance.
    pub fn files(&self) -> Vec<FileStatus> {
        let mut files: Vec<&Tracked> = self.tracked.values().collect();
        files.sort_by_key(|file| file.number);
        files
            .into_iter()
            .map(|file| FileStatus {
                key: file.key,
                path: file.path.clone(),
                source: file.source,
                state: match file.place {
                    Place::AtPath => State::Followed,
                    Place::Moved if file.stat.links == 0 => State::Deleted,
                    Place::Moved => State::Rotated,
                },
                size: file.stat.size,
                position: file.read.position,
                lag_bytes: file.unread_bytes(),
                is_caught_up: is_caught_up(file),
                read_at: file.read_at,
                problem: file.trouble.as_ref().map(|trouble| trouble.what.clone()),
            })
            .collect()
    }

    /// What cannot be read, or is not a file, at present: paths that no [`FileStatus`] is about.
    pub fn troubles(&self) -> impl Iterator<Item = Finding> + '_ {
        self.troubles.iter().map(|(path, what)| Finding::new(path, what.clone()))
    }
}

fn is_caught_up(file: &Tracked) -> bool {
    file.unread_bytes() == 0 || file.caught.is_some_and(|caught| caught.size == file.stat.size)
}

impl std::fmt::Debug for Tail {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Tail").field("files", &self.files()).finish_non_exhaustive()
    }
}
