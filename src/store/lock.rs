//! The lock that keeps a second agent out of the state directory. It goes with the process, however that ends.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use super::StoreError;

/// Tries to take the lock that keeps other agents out, and the pause between two.
const LOCK_TRIES: u32 = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(1);

/// Is an agent running on the store in this directory? Its process id, if so.
///
/// # Errors
/// The lock file is there and cannot be read.
pub fn running(directory: &Path) -> Result<Option<u32>, StoreError> {
    let path = directory.join("lock");
    let at = |error| StoreError::Io { path: path.clone(), error };
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(error)),
    };
    if rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockShared).is_ok() {
        return Ok(None);
    }
    let mut text = String::new();
    Read::by_ref(&mut file).take(32).read_to_string(&mut text).map_err(at)?;
    Ok(Some(text.trim().parse().unwrap_or(0)))
}

/// The lock goes with the process, however it ends.
pub(super) fn take_lock(directory: &Path) -> Result<File, StoreError> {
    let path = directory.join("lock");
    let at = |error| StoreError::Io { path: path.clone(), error };
    let mut options = OpenOptions::new();
    let file = options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(at)?;
    let mut process = None;
    for _ in 0..LOCK_TRIES {
        let lock = rustix::fs::FlockOperation::NonBlockingLockExclusive;
        if rustix::fs::flock(&file, lock).is_ok() {
            return sign(file).map_err(at);
        }
        // A command that asks who runs holds the lock for a moment; it is gone when nobody runs.
        process = running(directory)?;
        if process.is_some() {
            break;
        }
        std::thread::sleep(LOCK_PAUSE);
    }
    Err(StoreError::InUse { directory: directory.to_owned(), process: process.unwrap_or(0) })
}

/// Writes into the lock file who holds it. A full disk may have no room even for this, and the lock holds without it.
fn sign(mut file: File) -> std::io::Result<File> {
    file.set_len(0)?;
    file.rewind()?;
    match writeln!(file, "{}", std::process::id()) {
        Err(error) if error.kind() != std::io::ErrorKind::StorageFull => Err(error),
        _ => Ok(file),
    }
}
