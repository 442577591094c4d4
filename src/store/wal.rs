//! The file of the write-ahead log, and how it is brought to the disk. All that is committed and not synced lies in it:
//! SQLite syncs it before it copies it into the database.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use super::{DATABASE, StoreError};

/// So much of the log is written again at a time.
const PIECE_BYTES: usize = 1 << 20;

/// The log's file. The kernel reports a write that failed on its way to the disk once, to the next sync, and takes the
/// pages for clean from then on: a further sync succeeds without them. So after a sync that failed the log is in doubt
/// until all of it was written again.
#[derive(Debug)]
pub(super) struct Wal {
    path: PathBuf,
    in_doubt: AtomicBool,
}

impl Wal {
    pub(super) fn new(directory: &Path) -> Self {
        let path = directory.join(format!("{DATABASE}-wal"));
        Self { path, in_doubt: AtomicBool::new(false) }
    }

    /// The directory that it lies in.
    pub(super) fn directory(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// Has to be written again before it is synced.
    pub(super) fn in_doubt(&self) -> bool {
        self.in_doubt.load(Ordering::Relaxed)
    }

    /// Brings what is committed to the disk.
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn sync(&self, connection: &Connection) -> Result<(), StoreError> {
        self.renew(connection)?;
        match File::open(&self.path) {
            Ok(file) => self.sync_file(&file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(self.at(error)),
        }
    }

    /// Takes note of a commit that failed: perhaps it was its sync.
    pub(super) fn doubt(&self, error: &rusqlite::Error) {
        if error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) {
            self.in_doubt.store(true, Ordering::Relaxed);
        }
    }

    /// Writes the log again and syncs it if it is in doubt: what is synced behind it would not be found after a power cut
    /// otherwise, since the log is read up to the first page that is missing.
    ///
    /// # Errors
    /// The disk refuses, or another process writes.
    pub(super) fn renew(&self, connection: &Connection) -> Result<(), StoreError> {
        if !self.in_doubt() {
            return Ok(());
        }
        // Nobody appends meanwhile, not even another process. Nothing is written by this, so nothing is rolled back.
        let nobody_writes = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
        match OpenOptions::new().read(true).write(true).open(&self.path) {
            Ok(file) => {
                write_again(&file).map_err(|error| self.at(error))?;
                self.sync_file(&file)?;
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(self.at(error)),
        }
        self.in_doubt.store(false, Ordering::Relaxed);
        nobody_writes.rollback()?;
        Ok(())
    }

    fn sync_file(&self, file: &File) -> Result<(), StoreError> {
        file.sync_data().map_err(|error| {
            self.in_doubt.store(true, Ordering::Relaxed);
            self.at(error)
        })
    }

    fn at(&self, error: std::io::Error) -> StoreError {
        StoreError::Io { path: self.path.clone(), error }
    }
}

/// Every byte of the file once more, so that the kernel has to bring all of it to the disk.
fn write_again(file: &File) -> std::io::Result<()> {
    let mut piece = vec![0; PIECE_BYTES];
    let mut at = 0;
    loop {
        let bytes = file.read_at(&mut piece, at)?;
        let Some(read) = piece.get(..bytes).filter(|read| !read.is_empty()) else {
            return Ok(());
        };
        file.write_all_at(read, at)?;
        at += bytes as u64;
    }
}
