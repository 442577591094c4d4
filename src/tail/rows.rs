//! What the store has to write so that another process goes on where this one stands, and what follows
//! when it is written.

use std::time::Instant;

use super::Tail;
use super::checkpoint::{Checkpoint, FileKey, Stage};
use super::finding::{Finding, What};
use super::memory::let_go;
use super::tracked::Tracked;

/// What a transaction has to write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Rows to insert, or to replace by [`Checkpoint::file`].
    pub save: Vec<Checkpoint>,
    /// Rows to delete.
    pub forget: Vec<FileKey>,
}

impl Changes {
    /// Files of which nothing more is given once this is written.
    pub fn finished(&self) -> impl Iterator<Item = FileKey> + '_ {
        let let_go = self.save.iter().filter(|row| row.stage == Stage::LetGo);
        let_go.map(|row| row.file).chain(self.forget.iter().copied())
    }
}

impl Tail {
    /// What differs from what the store has. To be written in the transaction that holds the events
    /// of the accepted lines; also when there are none.
    pub fn changes(&self) -> Changes {
        let mut changes = Changes {
            save: self.keep.values().cloned().collect(),
            forget: self.forget.iter().copied().collect(),
        };
        for file in self.dirty.iter().filter_map(|key| self.tracked.get(key)) {
            let checkpoint = file.checkpoint();
            let now_us = self.calendar.at(file.grew_at);
            changes.save.push(match file.done {
                true => let_go(checkpoint, file.stat.stored_bytes, now_us),
                false => checkpoint,
            });
        }
        changes
    }

    /// Does anything differ from what the store has?
    pub fn has_changes(&self) -> bool {
        !(self.dirty.is_empty() && self.keep.is_empty() && self.forget.is_empty())
    }

    /// The last [`changes`](Self::changes) and their events are durable. Only now a rotated file
    /// that is read to its end is closed.
    pub fn committed(&mut self, now: Instant) {
        self.forget.clear();
        self.keep.clear();
        for key in std::mem::take(&mut self.dirty) {
            let Some(file) = self.tracked.get_mut(&key) else { continue };
            file.base = file.read;
            if !file.done {
                continue;
            }
            let grew = file.handle.stat().is_ok_and(|stat| stat.size > file.read.position.offset);
            if grew {
                // Its writer came back at the last moment: it is followed on, in a new row.
                file.rewind();
                file.grew_at = now;
                self.dirty.insert(key);
            } else if let Some(file) = self.tracked.remove(&key) {
                self.close(&file);
            }
        }
    }

    /// Remembers a file that is closed now, as its row does.
    fn close(&mut self, file: &Tracked) {
        self.newest.retain(|_, newest| *newest != file.key);
        let checkpoint = file.checkpoint();
        self.findings.push(Finding::new(&file.found_as, What::Finished));
        let since_us = self.calendar.at(file.grew_at);
        let known = let_go(checkpoint, file.stat.stored_bytes, since_us);
        let forgotten = self.memory.insert(known);
        forgotten.into_iter().for_each(|file| self.drop_row(file));
    }

    /// Stops following a file that another one takes the place of.
    pub(super) fn drop_file(&mut self, key: FileKey) {
        let Some(file) = self.tracked.remove(&key) else { return };
        self.dirty.remove(&key);
        let before = file.after.filter(|before| self.tracked.contains_key(before));
        match before {
            Some(before) => {
                self.newest
                    .values_mut()
                    .filter(|newest| **newest == key)
                    .for_each(|newest| *newest = before);
            }
            None => self.newest.retain(|_, newest| *newest != key),
        }
        for file in self.tracked.values_mut().filter(|file| file.after == Some(key)) {
            file.after = before;
        }
    }

    /// Writes a row of a file that is not open.
    pub(super) fn keep(&mut self, checkpoint: Checkpoint) {
        self.forget.remove(&checkpoint.file);
        self.keep.insert(checkpoint.file, checkpoint);
    }

    /// Deletes a row.
    pub(super) fn drop_row(&mut self, file: FileKey) {
        self.keep.remove(&file);
        self.forget.insert(file);
    }

    /// Remembers a file that was let go.
    pub(super) fn remember(&mut self, known: Checkpoint) {
        self.keep(known.clone());
        let forgotten = self.memory.insert(known);
        forgotten.into_iter().for_each(|file| self.drop_row(file));
    }

    /// The transaction failed: all that was accepted since the last commit is given again.
    pub fn rolled_back(&mut self) {
        for key in self.dirty.clone() {
            if let Some(file) = self.tracked.get_mut(&key) {
                file.read = file.base;
                file.rewind();
            }
            self.enqueue(key);
        }
    }
}
