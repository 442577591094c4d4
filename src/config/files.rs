//! The files of a configuration: the only place here that opens one. Bounded, and never waiting:
//! what is no regular file is refused.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::document::File;
use super::fault::{Fault, Faults};
use super::text::Text;

/// The most bytes of a configuration file.
pub const FILE_BYTES_MAX: u64 = 1 << 20;

/// The most files of `conf.d`.
pub const FILES_MAX: usize = 1_000;

/// What a file holds, and who else can get at it.
pub(super) struct Content {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// Others than owner and group may read it.
    pub(super) others_read: bool,
    /// Others than owner and group may write it.
    pub(super) others_write: bool,
}

/// Reads a regular file of at most `bytes_max` bytes.
pub(super) fn content(path: &Path, bytes_max: u64) -> io::Result<Content> {
    // Opening a pipe without a writer would wait for ever.
    let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = fs::OpenOptions::new().read(true).custom_flags(nonblocking).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("this is no regular file"));
    }
    let too_long = || io::Error::other(format!("it is longer than {bytes_max} bytes"));
    if metadata.len() > bytes_max {
        return Err(too_long());
    }
    // In one piece from the start, so that no copy of a secret is left where a growing buffer was.
    let capacity = usize::try_from(metadata.len() + 1).unwrap_or_default();
    let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
    file.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > bytes_max) {
        return Err(too_long());
    }
    let mode = metadata.permissions().mode();
    Ok(Content { bytes, others_read: mode & 0o004 != 0, others_write: mode & 0o002 != 0 })
}

/// The configuration file and `conf.d/*.toml` beside it, in name order; those that cannot be read
/// are faults.
pub(super) fn all(path: &Path) -> (Vec<File>, Faults) {
    let mut faults = Faults::default();
    let paths: Vec<PathBuf> = match beside(path) {
        Ok(beside) => std::iter::once(path.to_owned()).chain(beside).collect(),
        Err(fault) => {
            faults.push(fault);
            vec![path.to_owned()]
        }
    };
    let mut files = Vec::new();
    for path in paths {
        match file(path) {
            Ok(file) => files.push(file),
            Err(fault) => faults.push(fault),
        }
    }
    (files, faults)
}

fn file(path: PathBuf) -> Result<File, Fault> {
    let content = content(&path, FILE_BYTES_MAX).map_err(|error| unreadable(&path, &error))?;
    if content.others_write {
        let what = "others can write it, so anybody could send your alerts elsewhere".to_owned();
        let hint = Some(format!("type `chmod o-w {}`, and look at what it says", path.display()));
        return Err(Fault { file: path, position: None, what, hint });
    }
    let bytes = content.bytes;
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(File::new(path, Zeroizing::new(text.to_owned()), !content.others_read)),
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let text = Text::new(String::from_utf8_lossy(valid).into_owned().into());
            let position = text.position(error.valid_up_to());
            let what = "wanted text in UTF-8, found another byte".to_owned();
            let hint = Some("write the file anew in UTF-8".to_owned());
            Err(Fault { file: path, position: Some(position), what, hint })
        }
    }
}

/// `conf.d/*.toml` beside `path`. Names that begin with a dot are an editor's own.
fn beside(path: &Path) -> Result<Vec<PathBuf>, Fault> {
    let directory = path.with_file_name("conf.d");
    let entries = match fs::read_dir(&directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(&directory, &error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| unreadable(&directory, &error))?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if path.extension().is_none_or(|extension| extension != "toml") || hidden {
            continue;
        }
        paths.push(path);
        if paths.len() > FILES_MAX {
            let error = io::Error::other(format!("it holds more than {FILES_MAX} files"));
            return Err(unreadable(&directory, &error));
        }
    }
    paths.sort();
    Ok(paths)
}

fn unreadable(path: &Path, error: &io::Error) -> Fault {
    let hint = match error.kind() {
        io::ErrorKind::NotFound => {
            Some("write one, or name another with `--config PATH`".to_owned())
        }
        io::ErrorKind::PermissionDenied => Some(format!(
            "run this as root, or as a user who may read it (`ls -ld {}`)",
            path.display()
        )),
        _ => None,
    };
    let what = format!("cannot read it: {}", reason(error));
    Fault { file: path.to_owned(), position: None, what, hint }
}

/// The reason of an error in words: without the number that only programs want.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}
