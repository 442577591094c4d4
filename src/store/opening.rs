//! A store that is opened: sound, of the present version, on this machine, and not older than its mirror; or made so, with an
//! incident for people to be told.

use std::fs::{DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE as NO_CHECKPOINT_ON_CLOSE;

use super::identity::{self, Home};
use super::mirror::{self, Found, Mirror, Reached, State};
use super::turn::{Turn, take_turn};
use super::{
    CACHE_KIB, DATABASE, Ledger, PAGE_BYTES, StoreError, Troubles, Writer, damage, lock, numbers,
    prepare, rows, schema, troubles,
};
use crate::trouble::{Incident, Kind};

/// Memory for pages, in KiB, of the connection that writes events.
const WRITER_CACHE_KIB: i32 = 4 * CACHE_KIB;

/// An open store. Clones are handles of the same one.
#[derive(Debug, Clone)]
pub struct Store {
    directory: PathBuf,
    machine: u128,
    incidents: Vec<Incident>,
    opened_at: Timestamp,
    turn: Arc<Turn>,
    _in_use: Arc<File>,
}

impl Store {
    /// Opens the store in `directory`, makes it where there is none, and keeps other agents out of it. A damaged database is
    /// set aside, and what can be saved of it is in a new one.
    ///
    /// # Errors
    /// The directory cannot be made or written, another agent uses it, or the database is a newer or another program's.
    pub fn open(directory: &Path, now: Timestamp) -> Result<Self, StoreError> {
        Self::open_on(directory, now, Home::here())
    }

    /// The same on the machine `home`.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_on(
        directory: &Path,
        now: Timestamp,
        home: Option<Home>,
    ) -> Result<Self, StoreError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(|error| StoreError::Io { path: directory.to_owned(), error })?;
        let in_use = lock::take_lock(directory)?;
        let turn = Arc::new(Turn::new(directory));
        damage::finish(directory, now)?;
        let mut mirrored = mirror::read(directory);
        let (incidents, machine, state) = match present(directory, &mirrored, home, now) {
            // Nothing says that it ever was a store: it may be anybody's file.
            Err(why) if why.is_no_database() && matches!(mirrored, Found::Nothing) => {
                return Err(StoreError::Foreign);
            }
            Err(why) if why.is_damage() => {
                let told = damage::replace(directory, mirrored.state(), home, &why, now)?;
                mirrored = Found::Nothing;
                let (mut incidents, machine, state) = present(directory, &mirrored, home, now)?;
                incidents.insert(0, told);
                (incidents, machine, state)
            }
            opened => opened?,
        };
        // What was done here must not be undone by a mirror that speaks of the time before.
        if mirrored.state() != Ok(&state) {
            mirror::write(directory, now, &state)?;
        }
        Ok(Self {
            directory: directory.to_owned(),
            machine,
            incidents,
            opened_at: now,
            turn,
            _in_use: Arc::new(in_use),
        })
    }

    /// The machine that the event ids of this store speak of.
    pub fn machine(&self) -> u128 {
        self.machine
    }

    /// What happened when it was opened. It is also in the store, for the destinations to be told.
    pub fn incidents(&self) -> &[Incident] {
        &self.incidents
    }

    /// For the reader thread.
    ///
    /// # Errors
    /// The database cannot be opened.
    pub fn writer(&self) -> Result<Writer, StoreError> {
        let connection = self.connect()?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
        // The writer copies the log into the database itself ([`Writer::sync`]).
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        Writer::new(connection, Arc::clone(&self.turn))
    }

    /// For the sender thread of this destination; `agent_host` is what events are given as their agent's host.
    ///
    /// # Errors
    /// The database cannot be opened.
    pub fn ledger(&self, destination: &str, agent_host: &str) -> Result<Ledger, StoreError> {
        let connection = self.connect()?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        let turn = Arc::clone(&self.turn);
        Ok(Ledger::new(connection, turn, destination, agent_host, self.opened_at))
    }

    /// For who looks after the agent itself.
    ///
    /// # Errors
    /// The database cannot be opened.
    pub fn troubles(&self) -> Result<Troubles, StoreError> {
        Ok(Troubles::new(self.connect()?, Arc::clone(&self.turn)))
    }

    /// Notes that the database was found damaged, so that the next start sets it aside, wherever the damage is.
    ///
    /// # Errors
    /// The directory cannot be written.
    pub fn suspect(&self, why: &StoreError) -> Result<(), StoreError> {
        damage::suspect(&self.directory, &why.to_string())
    }

    /// Writes the second copy of the positions, when nobody writes the store any more.
    ///
    /// # Errors
    /// The store cannot be read, or the directory not be written.
    pub fn mirror(&self, now: Timestamp) -> Result<(), StoreError> {
        let _turn = take_turn(&self.turn);
        let connection = self.connect()?;
        let state = State::of(&connection)?;
        self.turn.wal.sync(&connection)?;
        mirror::write_of_sound(&self.directory, now, &state)
    }

    fn connect(&self) -> Result<Connection, StoreError> {
        let connection = Connection::open(self.directory.join(DATABASE))?;
        prepare(&connection)?;
        Ok(connection)
    }
}

impl Found {
    /// The state in it, or why there is none.
    fn state(&self) -> Result<&State, &str> {
        match self {
            Self::Mirror(mirror) => Ok(&mirror.state),
            Self::Nothing => Err("there is none"),
            Self::Broken(why) => Err(why),
        }
    }
}

/// Makes the database what it has to be here and now: what happened, who it is, and what is in it for the mirror.
fn present(
    directory: &Path,
    mirrored: &Found,
    home: Option<Home>,
    now: Timestamp,
) -> Result<(Vec<Incident>, u128, State), StoreError> {
    let mut connection = sound(directory, mirrored)?;
    let mut incidents = Vec::new();
    if let Found::Mirror(mirror) = mirrored {
        incidents.extend(take_back(&mut connection, mirror, now)?);
    }
    let (machine, moved) = identity::settle(&mut connection, home, now)?;
    incidents.extend(moved);
    let state = State::of(&connection)?;
    connection.set_db_config(NO_CHECKPOINT_ON_CLOSE, false)?;
    Ok((incidents, machine, state))
}

/// The database, as this version has it. Where a mirror is there must be a database.
fn sound(directory: &Path, mirrored: &Found) -> Result<Connection, StoreError> {
    if let Some(found) = damage::suspected(directory)? {
        return Err(StoreError::Damaged { wanted: "a sound database", found });
    }
    let file = directory.join(DATABASE);
    let known = mirrored.state().is_ok();
    let lost = |found: &str| StoreError::Damaged { wanted: DATABASE, found: found.to_owned() };
    match file.metadata() {
        Ok(found) if known && found.len() == 0 => return Err(lost("an empty file")),
        Err(error) if known && error.kind() == std::io::ErrorKind::NotFound => {
            return Err(lost("no file"));
        }
        _ => {}
    }
    // SQLite gives its side files the mode of the database: nobody else reads the events.
    let options =
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&file);
    options.map_err(|error| StoreError::Io { path: file.clone(), error })?;
    let mut connection = Connection::open(&file)?;
    // What is damaged is set aside as it is.
    connection.set_db_config(NO_CHECKPOINT_ON_CLOSE, true)?;
    // Before any setting, since another program's database is left as it is.
    schema::usable(&connection)?;
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    prepare(&connection)?;
    schema::migrate(&mut connection)?;
    schema::check(&connection)?;
    damage::examine(&connection)?;
    let nameless = "SELECT count(*) = 0 FROM identity";
    if known && connection.query_row(nameless, [], |row| row.get(0))? {
        return Err(lost("one without an identity"));
    }
    Ok(connection)
}

/// A store that is sound, and older than what its own mirror says of it: an older copy was put in its place, or its newest
/// part is lost. It is read on from where it stands, since it has nothing of what the mirror says was read; what it told in the
/// part that is lost may be told again, and the numbers that it gave there are not given again.
fn take_back(
    connection: &mut Connection,
    mirror: &Mirror,
    now: Timestamp,
) -> Result<Option<Incident>, StoreError> {
    let state = State::of(connection)?;
    let machine = |state: &State| state.identity.first("machine").cloned();
    let behind = |before: &Reached| {
        let here = state.destinations.iter().find(|here| here.name == before.name);
        here.is_some_and(|here| here.cursor < before.cursor)
    };
    let before = &mirror.state;
    let older = state.last_sequence() < before.last_sequence();
    if machine(&state) != machine(before) || !(older || before.destinations.iter().any(behind)) {
        return Ok(None);
    }
    let transaction = connection.transaction()?;
    if older {
        numbers::leave_behind(&transaction, before.last_sequence().unwrap_or(0))?;
    }
    numbers::expect_repetition(&transaction)?;
    // A source that it had come to know since is not asked again for its `start_at`: that would leave out what was written since.
    rows::write(&transaction, "source", &before.source)?;
    transaction.execute("UPDATE notification SET unanswered = 1 WHERE state = 0", [])?;
    let incident = Incident {
        kind: Kind::StoreBehind,
        subject: DATABASE.to_owned(),
        text: format!(
            "the database is older than the file `positions`, which is of {}: an older copy was put in its place, or its \
             newest part is lost; reading goes on where the database stands, and some alerts may be told again, in \
             posts that say so",
            mirror.written_at.strftime("%Y-%m-%d %H:%M:%SZ")
        ),
    };
    troubles::insert(&transaction, now, &incident)?;
    transaction.commit()?;
    Ok(Some(incident))
}
