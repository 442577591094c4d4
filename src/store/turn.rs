//! What the writers of one process share: whose turn it is, the write-ahead log on its way to the disk, and the room that
//! is kept for senders. They take turns by a lock of their own, so that nobody polls SQLite's.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::reserve::Reserve;
use super::wal::Wal;

#[derive(Debug)]
pub(super) struct Turn {
    lock: Mutex<()>,
    pub(super) wal: Wal,
    pub(super) reserve: Reserve,
}

impl Turn {
    pub(super) fn new(directory: &Path) -> Self {
        Self { lock: Mutex::default(), wal: Wal::new(directory), reserve: Reserve::new(directory) }
    }
}

pub(super) fn take_turn(turn: &Turn) -> MutexGuard<'_, ()> {
    // The lock guards no data: SQLite rolls back what a panicking thread had begun.
    turn.lock.lock().unwrap_or_else(PoisonError::into_inner)
}
