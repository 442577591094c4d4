//! What the tail has to say: a closed list of what can happen to a log, each with its path, what it
//! means and what to do. Knows nobody who listens.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::discover::FILES_MAX;
use super::file::Kind;
use super::gone::{DELETED_BYTES_MAX, MISSING_DAYS_MAX};

/// Something that happened to a log, worth a line in this program's own log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file or directory that it is about. Its name is shown escaped: it may be hostile.
    pub path: PathBuf,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A file is read for the first time.
    Appeared {
        /// The offset at which reading begins.
        from: u64,
    },
    /// Reading goes on where another process left off.
    Resumed {
        /// The offset.
        from: u64,
    },
    /// The path leads elsewhere now, or nowhere: what is left of the old file is read first.
    Rotated {
        /// Bytes that are not read yet.
        unread_bytes: u64,
    },
    /// The file was deleted. It is held open until it is read.
    Deleted {
        /// Bytes that are not read yet.
        unread_bytes: u64,
    },
    /// The content was cut off, or replaced in place. The file is read from its beginning.
    Truncated {
        /// Bytes that were known to be there and that nobody can read any more.
        lost_bytes_at_least: u64,
    },
    /// A file that was being read is not to be found at start, under no name in its directory.
    Vanished {
        /// Bytes that were known to be unread.
        lost_bytes_at_least: u64,
    },
    /// A rotated file that was compressed before it was read is decoded and read.
    Unpacking {
        /// The offset at which reading begins, in what it holds.
        from: u64,
    },
    /// A compressed file cannot be decoded to its end.
    Damaged {
        /// What is wrong with it.
        why: String,
        /// Bytes that it was known to hold and that could not be read.
        lost_bytes_at_least: u64,
    },
    /// A deleted file took too much of the disk while it was held open to be read.
    Abandoned {
        /// Bytes of it that were not read yet.
        lost_bytes_at_least: u64,
    },
    /// The file that was being read is not there, nor is any other in its directory.
    Missing {
        /// Bytes that are known to be unread.
        unread_bytes: u64,
    },
    /// A file is missing for so long that it is not awaited any more.
    Forgotten {
        /// Bytes that were known to be unread.
        lost_bytes_at_least: u64,
    },
    /// A path that names a compressed file, which is no log.
    Compressed,
    /// A rotated file that is read to its end was let go.
    Finished,
    /// It cannot be looked at, opened or read. It is tried again.
    Unreadable {
        /// The system's words.
        why: String,
        /// What to do.
        hint: &'static str,
    },
    /// What was unreadable is readable.
    Readable,
    /// It is not a regular file.
    NotAFile {
        /// What it is.
        found: Kind,
    },
    /// More files match than are followed.
    TooManyFiles,
    /// Changes cannot be watched; files are looked at in short intervals instead.
    Polling {
        /// The system's words.
        why: String,
    },
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// In the order of things.
    Notice,
    /// Somebody should act; nothing is lost yet.
    Problem,
    /// Alerts may be lost: to be told to people.
    Loss,
}

impl Finding {
    pub(super) fn new(path: impl AsRef<Path>, what: What) -> Self {
        Self { path: path.as_ref().to_path_buf(), what }
    }

    /// How much it matters.
    pub fn weight(&self) -> Weight {
        match self.what {
            What::Appeared { .. }
            | What::Resumed { .. }
            | What::Rotated { .. }
            | What::Deleted { .. }
            | What::Unpacking { .. }
            | What::Finished
            | What::Readable
            | What::Polling { .. } => Weight::Notice,
            What::Unreadable { .. }
            | What::NotAFile { .. }
            | What::Compressed
            | What::Missing { .. }
            | What::TooManyFiles => Weight::Problem,
            What::Forgotten { lost_bytes_at_least: 0 } => Weight::Notice,
            What::Truncated { .. }
            | What::Vanished { .. }
            | What::Damaged { .. }
            | What::Abandoned { .. }
            | What::Forgotten { .. } => Weight::Loss,
        }
    }

    /// Bytes that nobody can read any more, at least so many.
    pub fn lost_bytes_at_least(&self) -> Option<u64> {
        match self.what {
            What::Truncated { lost_bytes_at_least }
            | What::Vanished { lost_bytes_at_least }
            | What::Damaged { lost_bytes_at_least, .. }
            | What::Abandoned { lost_bytes_at_least }
            | What::Forgotten { lost_bytes_at_least } => Some(lost_bytes_at_least),
            _ => None,
        }
        .filter(|_| self.weight() == Weight::Loss)
    }
}

impl What {
    /// An error of the system as a finding, with what helps against it.
    pub(super) fn unreadable(error: &io::Error) -> Self {
        let hint = match error.raw_os_error().map(Errno::from_raw_os_error) {
            Some(Errno::ACCESS | Errno::PERM) => {
                "give the agent's user read access: `setfacl -m u:ipsbell:r FILE`, and `x` on the \
                 directories above it"
            }
            Some(Errno::MFILE | Errno::NFILE) => {
                "raise the number of open files: `LimitNOFILE=` in the unit, or `ulimit -n`"
            }
            Some(Errno::IO) => "look for faults of the disk with `dmesg`",
            Some(Errno::STALE | Errno::NOTCONN) => "see whether the network file system is mounted",
            Some(Errno::LOOP) => "see where the symbolic link leads with `readlink -f`",
            _ => "see whether `tail FILE` can read it as the same user",
        };
        Self::Unreadable { why: error.to_string(), hint }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.what {
            What::Appeared { from } => write!(out, "new file {path:?}: read from byte {from}"),
            What::Resumed { from } => write!(out, "{path:?}: reading goes on at byte {from}"),
            What::Rotated { unread_bytes } => {
                write!(out, "{path:?} was rotated: its last {unread_bytes} bytes are read first")
            }
            What::Deleted { unread_bytes } => write!(
                out,
                "{path:?} was deleted: held open until its last {unread_bytes} bytes are read"
            ),
            What::Truncated { lost_bytes_at_least } => write!(
                out,
                "{path:?} was truncated or replaced in place: read from its beginning; at least \
                 {lost_bytes_at_least} bytes were lost unread, and whatever was written before \
                 this was noticed; hint: rotate by renaming, not by `copytruncate`"
            ),
            What::Vanished { lost_bytes_at_least } => write!(
                out,
                "{path:?}: the file that was being read is gone, also under other names in its \
                 directory; at least {lost_bytes_at_least} bytes were lost unread; hint: let \
                 the log be rotated within its directory, and keep one rotation at least"
            ),
            What::Unpacking { from } => {
                write!(
                    out,
                    "{path:?} was compressed before it was read: read from byte {from} of what it holds"
                )
            }
            What::Damaged { why, lost_bytes_at_least } => write!(
                out,
                "cannot decode {path:?} to its end: {why}; what could be decoded is read; at least \
                 {lost_bytes_at_least} bytes were lost unread; hint: see what `zcat`, `xzcat` or \
                 `zstdcat` says of it"
            ),
            What::Abandoned { lost_bytes_at_least } => write!(
                out,
                "{path:?} was deleted and let go before it was read, because deleted files took \
                 more than {} MiB of the disk; at least {lost_bytes_at_least} bytes were lost \
                 unread; hint: keep rotated files for longer",
                DELETED_BYTES_MAX / (1024 * 1024)
            ),
            What::Missing { unread_bytes } => write!(
                out,
                "{path:?} is not there, and its directory is empty or missing; at least \
                 {unread_bytes} bytes of it are unread; it is awaited; hint: see whether the file \
                 system is mounted"
            ),
            What::Forgotten { lost_bytes_at_least } => write!(
                out,
                "{path:?} is missing for {MISSING_DAYS_MAX} days, or too many others are, and is \
                 not awaited any more; at least {lost_bytes_at_least} bytes were lost unread"
            ),
            What::Compressed => write!(
                out,
                "wanted a log at {path:?}, found the name of a compressed file; hint: name the log \
                 itself: what was rotated and compressed unread is found beside it"
            ),
            What::Finished => write!(out, "{path:?}: the rotated file is read to its end"),
            What::Unreadable { why, hint } => {
                write!(out, "cannot read {path:?}: {why}; it is tried again; hint: {hint}")
            }
            What::Readable => write!(out, "{path:?} is readable again"),
            What::NotAFile { found } => {
                write!(out, "wanted a log file at {path:?}, found {found}; hint: {}", found.hint())
            }
            What::TooManyFiles => write!(
                out,
                "more than {FILES_MAX} files match, {path:?} and those after it are not read; \
                 hint: narrow `paths` or add to `exclude`"
            ),
            What::Polling { why } => write!(
                out,
                "cannot watch {path:?} for changes: {why}; it is looked at several times a second \
                 instead; hint: raise `fs.inotify.max_user_watches` and `max_user_instances`"
            ),
        }
    }
}

impl Kind {
    fn hint(self) -> &'static str {
        match self {
            Self::Regular => "none needed",
            Self::Directory => "name the files in it, as in `/var/log/suricata/*.json`",
            Self::Fifo => "let the writer write to a regular file: a pipe cannot be read again",
            Self::Special => "let the writer write to a regular file",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Regular => "a regular file",
            Self::Directory => "a directory",
            Self::Fifo => "a named pipe",
            Self::Special => "a socket or a device",
        })
    }
}
