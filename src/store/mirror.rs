//! The file `positions`: a second copy of what is needed to go on if the database is lost. Where reading stands, which
//! sources are known, who this store is, how far each destination was told. It is written from what the disk has confirmed,
//! so it is never ahead of the store, and replaced as a whole. It is text: a line with version and checksum, then JSON.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::rows::{self, Cell, Rows};
use super::{StoreError, damage};

/// Its name in the state directory.
pub const MIRROR: &str = "positions";

/// The name under which it is written, before it takes the other's place.
const MIRROR_NEW: &str = "positions.new";

/// How often it is written at the most.
pub(super) const MIRROR_EVERY: Duration = Duration::from_secs(5);

/// A larger one is not read: 10,000 files take some 5 MiB.
const MIRROR_BYTES_MAX: u64 = 64 << 20;

/// The first words of the file, with its version.
const OPENING: &str = "ipsbell positions 1 ";

/// What the file holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Mirror {
    /// When it was written.
    pub(super) written_at: Timestamp,
    #[serde(flatten)]
    pub(super) state: State,
}

/// What of it is worth another file when it changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    /// The row of `identity`.
    pub(super) identity: Rows,
    /// `source`, all rows.
    pub(super) source: Rows,
    /// `position`, all rows.
    pub(super) position: Rows,
    /// `journal`, all rows.
    #[serde(default)]
    pub(super) journal: Rows,
    pub(super) destinations: Vec<Reached>,
}

/// How far a destination was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reached {
    pub(super) name: String,
    pub(super) kind: String,
    /// Events up to this one are read.
    pub(super) cursor: u64,
    /// Events up to this one are told, or never will be: none of them is held in a group or in a post under way.
    pub(super) told_through: u64,
}

/// What is in the place of the file.
#[derive(Debug)]
pub(super) enum Found {
    Mirror(Box<Mirror>),
    /// There is none.
    Nothing,
    /// It cannot be relied on, and why.
    Broken(String),
}

impl State {
    /// What the store holds now, as one snapshot.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(super) fn of(connection: &Connection) -> Result<Self, StoreError> {
        let snapshot = connection.unchecked_transaction()?;
        let all = |table| match rows::read(&snapshot, table, "true") {
            (rows, true) => Ok(rows),
            (_, false) => Err(StoreError::Damaged { wanted: "its rows", found: table.to_owned() }),
        };
        let state = Self {
            identity: all("identity")?,
            source: all("source")?,
            position: all("position")?,
            journal: all("journal")?,
            destinations: reached(&snapshot)?,
        };
        snapshot.rollback()?;
        Ok(state)
    }

    /// The last sequence number that was given then.
    pub(super) fn last_sequence(&self) -> Option<u64> {
        self.identity.first("last_sequence").and_then(Cell::integer).map(|last| last as u64)
    }

    /// Changes as the content does.
    pub(super) fn hash(&self) -> Result<u64, StoreError> {
        Ok(xxh3_64(json(self)?.as_bytes()))
    }
}

/// The destinations and how far they were told.
pub(super) fn reached(connection: &Connection) -> Result<Vec<Reached>, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT name, kind, cursor, \
                min(cursor, \
                    coalesce((SELECT min(state ->> 'oldest_held') - 1 FROM open_group \
                              WHERE destination = name AND held > 0), cursor), \
                    coalesce((SELECT min(first) - 1 FROM card JOIN notification ON notification.id = card.notification \
                              WHERE destination = name AND state = 0), cursor)) \
         FROM destination ORDER BY name",
    )?;
    let rows = query.query_map([], |row| {
        Ok(Reached {
            name: row.get(0)?,
            kind: row.get(1)?,
            cursor: row.get::<_, i64>(2)? as u64,
            told_through: row.get::<_, i64>(3)?.max(0) as u64,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Reads the file. Whatever is wrong with it is a finding, not an error: it is only the second copy.
pub(super) fn read(directory: &Path) -> Found {
    let mut text = String::new();
    let opened = File::open(directory.join(MIRROR))
        .and_then(|file| file.take(MIRROR_BYTES_MAX).read_to_string(&mut text));
    match opened {
        Ok(_) => match parse(&text) {
            Ok(mirror) => Found::Mirror(Box::new(mirror)),
            Err(why) => Found::Broken(why),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Found::Nothing,
        Err(error) => Found::Broken(error.to_string()),
    }
}

fn parse(text: &str) -> Result<Mirror, String> {
    let (first, body) = text.split_once('\n').unwrap_or((text, ""));
    let Some(sum) = first.strip_prefix(OPENING) else {
        let found: String = first.chars().take(40).collect();
        return Err(format!("wanted `{OPENING}` and a checksum, found `{}`", found.escape_debug()));
    };
    if sum != checksum(body) {
        return Err("its checksum is not that of its content".to_owned());
    }
    serde_json::from_str(body).map_err(|error| error.to_string())
}

/// Replaces the file, where the disk has all that `state` was read from. A database that was found damaged has nothing to say.
///
/// # Errors
/// The directory cannot be written.
pub(super) fn write_of_sound(
    directory: &Path,
    now: Timestamp,
    state: &State,
) -> Result<(), StoreError> {
    if damage::suspected(directory)?.is_some() {
        return Ok(());
    }
    write(directory, now, state)
}

/// Replaces the file. A crash before the renaming leaves the old one, a crash after it the new one.
///
/// # Errors
/// The directory cannot be written.
pub(super) fn write(directory: &Path, now: Timestamp, state: &State) -> Result<(), StoreError> {
    let body = json(&Mirror { written_at: now, state: state.clone() })? + "\n";
    let text = format!("{OPENING}{}\n{body}", checksum(&body));
    let new = directory.join(MIRROR_NEW);
    let at = |error| StoreError::Io { path: new.clone(), error };
    let mut options = OpenOptions::new();
    let mut file =
        options.write(true).create(true).truncate(true).mode(0o600).open(&new).map_err(at)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(at)?;
    fs::rename(&new, directory.join(MIRROR)).map_err(at)?;
    sync_directory(directory)
}

/// Brings renamings in a directory to the disk.
pub(super) fn sync_directory(directory: &Path) -> Result<(), StoreError> {
    let synced = File::open(directory).and_then(|directory| directory.sync_all());
    synced.map_err(|error| StoreError::Io { path: directory.to_owned(), error })
}

fn checksum(body: &str) -> String {
    format!("{:016x}", xxh3_64(body.as_bytes()))
}

fn json(value: &impl Serialize) -> Result<String, StoreError> {
    super::json::to_json(value)
}
