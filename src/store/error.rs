//! What can go wrong with the store.

use std::path::PathBuf;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file or directory cannot be used.
    #[error("cannot use {}: {error}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Another agent has the store.
    #[error("another ipsbell (process {process}) uses {}", directory.display())]
    InUse {
        /// Its state directory.
        directory: PathBuf,
        /// Its process id, 0 if unknown.
        process: u32,
    },
    /// There is a file and nothing in it.
    #[error("the store in {} is empty: no agent has used it yet", directory.display())]
    Empty {
        /// Its state directory.
        directory: PathBuf,
    },
    /// This user may not write it.
    #[error("the store in {} belongs to another user", directory.display())]
    ReadOnly {
        /// Its state directory.
        directory: PathBuf,
    },
    /// The database was written by a newer program, or a command is newer than the agent that wrote it.
    #[error(
        "the store has version {found}, this program knows version {known}: use the ipsbell that wrote it"
    )]
    Newer {
        /// The version found.
        found: u32,
        /// The version known.
        known: u32,
    },
    /// The file is a database, but not ours.
    #[error("hot.db belongs to another program: choose another `state_dir`")]
    Foreign,
    /// The file system cannot carry a write-ahead log.
    #[error(
        "the store needs SQLite's WAL mode, which this file system does not allow (it stays in `{mode}`): \
             put `state_dir` on a local disk"
    )]
    NoWal {
        /// The mode that it stays in.
        mode: String,
    },
    /// No space is left, or the disk refuses to write.
    #[error(
        "the store cannot be written: {0}; make room or remount the disk, reading goes on by itself"
    )]
    Full(rusqlite::Error),
    /// Little space is left, and that is for the senders.
    #[error(
        "the disk of {} is full: {} MiB are free and reading needs {}; make room, it goes on by itself",
        directory.display(), free_bytes >> 20, wanted_bytes >> 20
    )]
    NoRoom {
        /// The state directory.
        directory: PathBuf,
        /// Bytes that are free.
        free_bytes: u64,
        /// Bytes that have to be free before reading goes on.
        wanted_bytes: u64,
    },
    /// The database's files cannot be opened.
    #[error("the store cannot be opened: {0}; see whether hot.db is there and who may read it")]
    Closed(rusqlite::Error),
    /// Another process holds the database.
    #[error("the store is locked by another process: {0}; close what has hot.db open")]
    Busy(rusqlite::Error),
    /// The database's pages or rows contradict each other.
    #[error(
        "the database is damaged: {0}; hint: the next start of the agent sets it aside and goes on from the file \
             `positions`"
    )]
    Corrupt(rusqlite::Error),
    /// Anything else that SQLite says.
    #[error("the store failed: {0}")]
    Sqlite(rusqlite::Error),
    /// What is in the store does not make sense.
    #[error("the store holds {found} where {wanted} was expected")]
    Damaged {
        /// What was wanted.
        wanted: &'static str,
        /// What was found.
        found: String,
    },
}

impl StoreError {
    /// The same of the store in this directory, where it is not the disk but the user's rights that forbid to write: who
    /// reads a database with a write-ahead log writes beside it.
    pub(super) fn of_user(self, directory: &std::path::Path) -> Self {
        match self {
            Self::Full(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ReadOnly) =>
            {
                Self::ReadOnly { directory: directory.to_owned() }
            }
            other => other,
        }
    }

    /// Is the database itself sick, so that it is to be set aside? Not if it is another program's, or a newer one's.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Corrupt(_) | Self::Damaged { .. })
    }

    /// Is the file no database at all?
    pub(super) fn is_no_database(&self) -> bool {
        let no_database = Some(rusqlite::ErrorCode::NotADatabase);
        matches!(self, Self::Corrupt(error) if error.sqlite_error_code() == no_database)
    }

    /// Will it pass by itself or by somebody's making room, so that the same step can be tried again?
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Full(_)
            | Self::NoRoom { .. }
            | Self::Busy(_)
            | Self::Closed(_)
            | Self::Io { .. } => true,
            Self::InUse { .. }
            | Self::Empty { .. }
            | Self::ReadOnly { .. }
            | Self::Newer { .. }
            | Self::Foreign
            | Self::NoWal { .. }
            | Self::Sqlite(_)
            | Self::Corrupt(_)
            | Self::Damaged { .. } => false,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::{Error, ErrorCode as Code};
        match error.sqlite_error_code() {
            // What this program writes keeps every constraint: where one fails, the rows that it met are not what it wrote.
            Some(
                Code::DatabaseCorrupt
                | Code::NotADatabase
                | Code::ConstraintViolation
                | Code::TypeMismatch,
            ) => Self::Corrupt(error),
            Some(Code::DiskFull | Code::SystemIoFailure | Code::ReadOnly) => Self::Full(error),
            Some(Code::CannotOpen) => Self::Closed(error),
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Self::Busy(error),
            Some(_) => Self::Sqlite(error),
            // Not SQLite's own: a value is not of the kind, or a row is not there, that this program wrote.
            None => match error {
                Error::InvalidColumnType(..)
                | Error::FromSqlConversionFailure(..)
                | Error::IntegralValueOutOfRange(..)
                | Error::Utf8Error(..)
                | Error::QueryReturnedNoRows => Self::Corrupt(error),
                _ => Self::Sqlite(error),
            },
        }
    }
}
