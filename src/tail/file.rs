//! The one place that touches log files: look, list, open, read. Behind two small traits, so that
//! tests can make any of these fail.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::io::Errno;

/// The most entries of a directory that are looked at.
pub(super) const ENTRIES_MAX: usize = 100_000;

/// How often one read is tried again when a signal interrupts it.
const INTERRUPTS_MAX: usize = 100;

/// How long until a file that could not be read is tried again; doubled each time.
pub const RETRY_FIRST: Duration = Duration::from_secs(1);

/// The longest of those waits.
pub const RETRY_MAX: Duration = Duration::from_secs(60);

/// What kind of thing lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file: the only kind that is read.
    Regular,
    /// A directory.
    Directory,
    /// A named pipe, which has no positions to go back to.
    Fifo,
    /// A socket or a device.
    Special,
}

/// What the file system says about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) kind: Kind,
    pub(super) device: u64,
    pub(super) inode: u64,
    pub(super) size: u64,
    /// Nanoseconds since 1970.
    pub(super) modified_ns: i64,
    /// Names that lead to it; 0 when it was deleted.
    pub(super) links: u64,
    /// Bytes that it lies in on the disk: compressed, if it is.
    pub(super) stored_bytes: u64,
    /// Bytes of the disk that it takes.
    pub(super) held_bytes: u64,
}

impl Stat {
    /// Device and inode: no two files have the same at the same time.
    pub(super) fn id(&self) -> (u64, u64) {
        (self.device, self.inode)
    }
}

/// A file system.
pub(super) trait Files: Send {
    /// What lies at `path`, symbolic links followed.
    fn stat(&self, path: &Path) -> io::Result<Stat>;
    /// The names in a directory, in no order, at most [`ENTRIES_MAX`].
    fn names(&self, directory: &Path) -> io::Result<Vec<OsString>>;
    /// Opens for reading. Never waits, not even for a pipe's writer.
    fn open(&self, path: &Path) -> io::Result<Box<dyn Handle>>;
}

/// An open file.
pub(super) trait Handle: Send + Sync {
    /// What the file system says about it now.
    fn stat(&self) -> io::Result<Stat>;
    /// Reads at `offset`; fewer bytes than `buffer` takes, or none, at the end.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// What is wrong with its content, so that there is no more to be read.
    fn damage(&self) -> Option<String> {
        None
    }
    /// Lets go of memory that it takes to go on reading; the next read takes it again.
    fn rest(&self) {}
    /// Is it decoded while it is read, and its size known only at its end?
    fn is_packed(&self) -> bool {
        false
    }
}

/// The machine's own file system.
#[derive(Debug, Clone, Copy)]
pub(super) struct Disk;

impl Files for Disk {
    fn stat(&self, path: &Path) -> io::Result<Stat> {
        fs::metadata(path).map(|metadata| stat_of(&metadata))
    }

    fn names(&self, directory: &Path) -> io::Result<Vec<OsString>> {
        let entries = fs::read_dir(directory)?.take(ENTRIES_MAX);
        entries.map(|entry| entry.map(|entry| entry.file_name())).collect()
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Handle>> {
        // Close-on-exec is the standard library's default.
        let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
        Ok(Box::new(fs::OpenOptions::new().read(true).custom_flags(flags).open(path)?))
    }
}

impl Handle for File {
    fn stat(&self) -> io::Result<Stat> {
        self.metadata().map(|metadata| stat_of(&metadata))
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(self, buffer, offset)
    }
}

/// Reads until `buffer` is full or the file ends; says how many bytes there were.
pub(super) fn read_full(handle: &dyn Handle, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let (mut filled, mut interrupts) = (0, 0);
    while let Some(space) = buffer.get_mut(filled..).filter(|space| !space.is_empty()) {
        match handle.read_at(space, offset.saturating_add(filled as u64)) {
            Ok(0) => break,
            Ok(bytes) => filled = filled.saturating_add(bytes),
            Err(error)
                if error.kind() == io::ErrorKind::Interrupted && interrupts < INTERRUPTS_MAX =>
            {
                interrupts += 1;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Does the error say that a descriptor leads nowhere any more, whatever becomes of the file?
pub(super) fn is_stale(error: &io::Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw_os_error);
    matches!(errno, Some(Errno::STALE | Errno::NOTCONN))
}

fn stat_of(metadata: &fs::Metadata) -> Stat {
    let kind = match metadata.file_type() {
        kind if kind.is_file() => Kind::Regular,
        kind if kind.is_dir() => Kind::Directory,
        kind if kind.is_fifo() => Kind::Fifo,
        _ => Kind::Special,
    };
    Stat {
        kind,
        device: metadata.dev(),
        inode: metadata.ino(),
        size: metadata.size(),
        modified_ns: metadata
            .mtime()
            .saturating_mul(1_000_000_000)
            .saturating_add(metadata.mtime_nsec()),
        links: metadata.nlink(),
        stored_bytes: metadata.size(),
        held_bytes: metadata.blocks().saturating_mul(512),
    }
}
