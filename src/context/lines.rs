//! The lines of a file. The only place here that opens one: a regular one, of a bounded length, without ever waiting.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::Faults;

/// A longer file is not read.
pub(super) const FILE_BYTES_MAX: u64 = 64 << 20;

/// Gives each line, numbered from 1, without its end. What it is refused for is a fault of the line; what the file cannot be
/// read for, one of the file.
pub(super) fn each(
    path: &Path,
    faults: &mut Faults,
    take: &mut dyn FnMut(u64, &str) -> Result<(), String>,
) {
    let read = open(path).and_then(|file| {
        let mut lines = BufReader::new(file.take(FILE_BYTES_MAX));
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            if lines.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            if let Err(what) = take(number, String::from_utf8_lossy(&line).trim()) {
                faults.push(path, Some(number), what);
            }
        }
        Ok(())
    });
    if let Err(error) = read {
        faults.push(path, None, format!("it cannot be read: {error}"));
    }
}

fn open(path: &Path) -> io::Result<File> {
    // Opening a pipe without a writer would wait for ever.
    let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(nonblocking).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("this is no regular file"));
    }
    if metadata.len() > FILE_BYTES_MAX {
        return Err(io::Error::other(format!("it is longer than {FILE_BYTES_MAX} bytes")));
    }
    Ok(file)
}
