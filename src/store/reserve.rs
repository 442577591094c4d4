//! Room on the disk for who has to go on when it is full. A file that holds nothing takes up the room until the disk is
//! full; then it is emptied, and what senders write down finds its place. The reader leaves that room alone.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::FallocateFlags;
use rustix::io::Errno;

use super::{StoreError, WAL_BYTES_KEPT, Writer};
use crate::clock;

/// The file's name in the state directory.
pub const RESERVE: &str = "reserve";

/// Its size: the write-ahead log can grow to its full size in it, or be copied into the database, and from then on its
/// own room serves again and again.
pub const RESERVE_BYTES: u64 = WAL_BYTES_KEPT as u64;

/// The reader writes only while so much is free beside the reserve ...
pub const READER_LEAVES_BYTES: u64 = 8 << 20;

/// ... and begins again when there is twice as much, so that it does not stop and go with every batch.
const READER_NEEDS_BYTES: u64 = 2 * READER_LEAVES_BYTES;

/// Where there can be none for another reason than a full disk, it is tried again after this time.
const RETRY_EVERY: Duration = Duration::from_secs(60);

/// The reserve of one state directory.
#[derive(Debug)]
pub(super) struct Reserve {
    directory: PathBuf,
    /// The file takes up all of its room.
    whole: AtomicBool,
    /// The reader was refused the last time.
    refused: AtomicBool,
    /// Why there can be none, though the disk is not full.
    failed: Mutex<Option<Failed>>,
}

#[derive(Debug)]
struct Failed {
    at: Instant,
    /// Nobody has heard of it yet.
    untold: Option<StoreError>,
}

impl Reserve {
    /// Looks how it is; the reader makes it ([`Reserve::admit`]).
    pub(super) fn new(directory: &Path) -> Self {
        // A file with holes, as some copies of a disk have it, takes up no room.
        let whole = std::fs::metadata(directory.join(RESERVE))
            .is_ok_and(|file| file.len() == RESERVE_BYTES && file.blocks() * 512 >= RESERVE_BYTES);
        let reserve = Self {
            directory: directory.to_owned(),
            whole: AtomicBool::new(whole),
            refused: AtomicBool::new(false),
            failed: Mutex::default(),
        };
        if reserve.free().is_ok_and(|free| free < READER_LEAVES_BYTES) {
            // An agent that starts has to write as well.
            reserve.give_back();
        }
        reserve
    }

    /// For the reader, before it writes: is there room beside the reserve? Makes the reserve where there is none. Where
    /// there can be none though the disk is not full, reading goes on without it ([`Writer::without_reserve`]).
    ///
    /// # Errors
    /// [`StoreError::NoRoom`], or the disk cannot be asked.
    pub(super) fn admit(&self) -> Result<(), StoreError> {
        let makes = !self.whole.load(Ordering::Relaxed) && self.may_be_made();
        let refused = self.refused.load(Ordering::Relaxed);
        let beside = if refused { READER_NEEDS_BYTES } else { READER_LEAVES_BYTES };
        let wanted = if makes { beside + RESERVE_BYTES } else { beside };
        let free = self.free().map_err(|error| self.at(error.into()))?;
        let made = if makes && free >= wanted { self.make() } else { Ok(()) };
        let full = free < wanted || made.as_ref().is_err_and(is_full);
        self.refused.store(full, Ordering::Relaxed);
        if full {
            let directory = self.directory.clone();
            return Err(StoreError::NoRoom { directory, free_bytes: free, wanted_bytes: wanted });
        }
        if makes {
            self.note(made);
        }
        Ok(())
    }

    fn may_be_made(&self) -> bool {
        let failed = self.failed();
        failed.as_ref().is_none_or(|failed| clock::monotonic() >= failed.at + RETRY_EVERY)
    }

    fn note(&self, made: std::io::Result<()>) {
        let mut failed = self.failed();
        let known = failed.take();
        let Err(error) = made else { return };
        // A failure that comes again is told once.
        let untold = known.map_or_else(|| Some(self.at(error)), |known| known.untold);
        *failed = Some(Failed { at: clock::monotonic(), untold });
    }

    fn failed(&self) -> MutexGuard<'_, Option<Failed>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives its room to whoever writes next. False if it had none, or the disk does not allow it: that has been said by
    /// the error that led here.
    pub(super) fn give_back(&self) -> bool {
        let had = self.whole.swap(false, Ordering::Relaxed);
        had && OpenOptions::new().write(true).truncate(true).open(self.path()).is_ok()
    }

    fn make(&self) -> std::io::Result<()> {
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(self.path())?;
        if let Err(error) = fill(&file) {
            // Half a reserve would only be in the way of those for whom it is. If the disk refuses this too, the next try
            // begins with it.
            drop(file.set_len(0));
            return Err(error);
        }
        self.whole.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Bytes that are free for us.
    fn free(&self) -> rustix::io::Result<u64> {
        let disk = rustix::fs::statvfs(&self.directory)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    fn path(&self) -> PathBuf {
        self.directory.join(RESERVE)
    }

    fn at(&self, error: std::io::Error) -> StoreError {
        StoreError::Io { path: self.path(), error }
    }
}

impl Writer {
    /// Why there is no reserve though the disk is not full, once.
    pub fn without_reserve(&self) -> Option<StoreError> {
        self.turn.reserve.failed().as_mut()?.untold.take()
    }
}

fn is_full(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// Takes up the room, by the file system's own means where it has them.
fn fill(file: &File) -> std::io::Result<()> {
    match rustix::fs::fallocate(file, FallocateFlags::empty(), 0, RESERVE_BYTES) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => fill_by_writing(file),
        filled => Ok(filled?),
    }
}

fn fill_by_writing(mut file: &File) -> std::io::Result<()> {
    let zeros = vec![0; 1 << 20];
    for _ in 0..RESERVE_BYTES / zeros.len() as u64 {
        file.write_all(&zeros)?;
    }
    // Only now is it known that there is room for it all.
    file.sync_data()
}

#[cfg(test)]
mod tests;
