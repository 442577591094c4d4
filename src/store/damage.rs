//! Is the database sound, and what is done if it is not: a new one is made beside it from what can be saved, the damaged one
//! is set aside under another name, and the new one takes its place. Each step can be the last before a crash.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use super::identity::Home;
use super::mirror::{self, State};
use super::{DATABASE, StoreError, salvage};
use crate::trouble::Incident;

/// Where the new database is made ...
const PART: &str = "hot.db.part";

/// ... and where it waits, complete, for the damaged one to be out of its way.
const NEW: &str = "hot.db.new";

/// Where a running agent notes what it came upon, for the next start to act on.
pub(super) const SUSPECT: &str = "hot.db.suspect";

/// What the name of a database that is set aside begins with; a stamp follows.
pub(super) const ASIDE: &str = "hot.db.damaged-";

/// So many are kept. When there are more, the smallest goes: a disk that damages one database after the other leaves small
/// ones behind, and the history is in the large one.
pub(super) const ASIDE_MAX: usize = 3;

/// A note of damage is read so far.
const NOTE_BYTES_MAX: u64 = 500;

/// The files of a database: itself first, since a database that is there without its log would be taken for whole.
const FILES: [&str; 3] = ["", "-wal", "-shm"];

/// What is small or always needed is checked at each start.
const CHECKED: [&str; 8] =
    ["identity", "source", "position", "journal", "destination", "open_group", "path", "reading"];

/// Of the events, which may be gigabytes, the newest are read at each start: what a crash or a power cut tore is there.
const EVENTS_READ: usize = 1_000;

/// ... as long as they are not larger than this in all.
const EVENTS_READ_BYTES: usize = 16 << 20;

/// Looks for damage where it is most likely and costs little; the rest is found by whoever reads it.
///
/// # Errors
/// It is damaged, or cannot be read.
pub(super) fn examine(connection: &Connection) -> Result<(), StoreError> {
    for table in CHECKED {
        let found: String =
            connection.query_row(&format!("PRAGMA quick_check({table})"), [], |row| row.get(0))?;
        if found != "ok" {
            return Err(StoreError::Damaged { wanted: "a sound table", found });
        }
    }
    let broken = "SELECT count(*) FROM open_group WHERE NOT json_valid(state)";
    let broken: i64 = connection.query_row(broken, [], |row| row.get(0))?;
    if broken > 0 {
        let found = format!("{broken} that are no JSON");
        return Err(StoreError::Damaged { wanted: "groups", found });
    }
    let mut query =
        connection.prepare("SELECT record FROM event ORDER BY sequence DESC LIMIT ?1")?;
    let mut rows = query.query([EVENTS_READ as i64])?;
    let mut bytes = 0;
    while let Some(row) = rows.next()? {
        bytes += row.get_ref(0)?.as_bytes().map_or(0, <[u8]>::len);
        if bytes > EVENTS_READ_BYTES {
            break;
        }
    }
    let posts = "SELECT count(*), max(id), (SELECT max(id) FROM incident) FROM notification WHERE state = 0";
    connection.query_row(posts, [], |_| Ok(()))?;
    let numbers = "SELECT last_sequence, (SELECT max(sequence) FROM event) FROM identity";
    let numbers = connection.query_row(numbers, [], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?.unwrap_or(0)))
    });
    match numbers.optional()? {
        Some((last, newest)) if newest > last || last < 0 => Err(StoreError::Damaged {
            wanted: "a last sequence number that no event exceeds",
            found: format!("{last}, and an event {newest}"),
        }),
        _ => Ok(()),
    }
}

/// Notes that the database is damaged, so that the next start sets it aside even if it would not come upon it.
///
/// # Errors
/// The directory cannot be written.
pub(super) fn suspect(directory: &Path, why: &str) -> Result<(), StoreError> {
    let path = directory.join(SUSPECT);
    let written =
        File::create(&path).and_then(|mut file| writeln!(file, "{why}").and(file.sync_all()));
    written.map_err(|error| StoreError::Io { path, error })
}

/// What was noted.
pub(super) fn suspected(directory: &Path) -> Result<Option<String>, StoreError> {
    let path = directory.join(SUSPECT);
    let mut note = Vec::new();
    match File::open(&path).and_then(|file| file.take(NOTE_BYTES_MAX).read_to_end(&mut note)) {
        Ok(_) => Ok(Some(String::from_utf8_lossy(&note).trim().escape_debug().to_string())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::Io { path, error }),
    }
}

/// Makes a new database, sets the damaged one aside, and puts the new one in its place. What happened is in the new one, for
/// people to be told. A crash before the damaged one is renamed begins anew at the next start; after it, [`finish`] ends it.
///
/// # Errors
/// The directory cannot be written.
pub(super) fn replace(
    directory: &Path,
    mirror: Result<&State, &str>,
    home: Option<Home>,
    why: &StoreError,
    now: Timestamp,
) -> Result<Incident, StoreError> {
    let (part, new) = (directory.join(PART), directory.join(NEW));
    remove(&part)?;
    remove(&with_suffix(&part, "-journal"))?;
    let aside = free_name(directory, now);
    let damaged = directory.join(DATABASE);
    let readable = damaged.metadata().is_ok_and(|found| found.len() > 0);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let old = if readable { Connection::open_with_flags(&damaged, flags).ok() } else { None };
    let loss = salvage::Loss { why, aside: aside.file_name().unwrap_or_default(), now };
    let incident = salvage::build(&part, old.as_ref(), mirror, home, &loss)?;
    drop(old);
    fs::rename(&part, &new).map_err(|error| StoreError::Io { path: part, error })?;
    mirror::sync_directory(directory)?;
    set_aside(directory, &aside)?;
    finish(directory, now)?;
    forget_surplus(directory, &aside)?;
    Ok(incident)
}

/// Puts a new database in its place if a crash came after the damaged one was renamed.
///
/// # Errors
/// The directory cannot be written.
pub(super) fn finish(directory: &Path, now: Timestamp) -> Result<(), StoreError> {
    let (new, place) = (directory.join(NEW), directory.join(DATABASE));
    if place.exists() || !new.exists() {
        return Ok(());
    }
    // A log that was left behind belongs to the database that was set aside, and must not meet the new one.
    set_aside(directory, &free_name(directory, now))?;
    remove(&directory.join(SUSPECT))?;
    fs::rename(&new, &place).map_err(|error| StoreError::Io { path: new, error })?;
    mirror::sync_directory(directory)
}

fn set_aside(directory: &Path, aside: &Path) -> Result<(), StoreError> {
    for suffix in FILES {
        let from = with_suffix(&directory.join(DATABASE), suffix);
        match fs::rename(&from, with_suffix(aside, suffix)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::Io { path: from, error });
            }
            _ => mirror::sync_directory(directory)?,
        }
    }
    Ok(())
}

/// `hot.db.damaged-20261123T101500Z`, a second later where that is taken.
fn free_name(directory: &Path, now: Timestamp) -> PathBuf {
    let mut at = now;
    loop {
        let path = directory.join(format!("{ASIDE}{}", at.strftime("%Y%m%dT%H%M%SZ")));
        let taken = FILES.iter().any(|suffix| with_suffix(&path, suffix).exists());
        match at.checked_add(SignedDuration::from_secs(1)) {
            Ok(later) if taken => at = later,
            _ => return path,
        }
    }
}

/// Lets go of what is too much, but never of `newest`.
fn forget_surplus(directory: &Path, newest: &Path) -> Result<(), StoreError> {
    let mut kept = set_aside_before(directory)?;
    while kept.len() > ASIDE_MAX {
        let smallest = kept.iter().filter(|path| *path != newest).min_by_key(|path| bytes(path));
        let Some(smallest) = smallest.cloned() else { break };
        for suffix in FILES {
            remove(&with_suffix(&smallest, suffix))?;
        }
        kept.retain(|path| *path != smallest);
    }
    Ok(())
}

/// The databases that were set aside and are kept.
pub(super) fn set_aside_before(directory: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let at = |error| StoreError::Io { path: directory.to_owned(), error };
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(at)? {
        let path = entry.map_err(at)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(ASIDE) && !name.ends_with("-wal") && !name.ends_with("-shm") {
            found.push(path);
        }
    }
    Ok(found)
}

fn bytes(path: &Path) -> u64 {
    let length = |suffix| with_suffix(path, suffix).metadata().map_or(0, |found| found.len());
    FILES.map(length).iter().sum()
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(StoreError::Io { path: path.to_owned(), error })
        }
        _ => Ok(()),
    }
}
