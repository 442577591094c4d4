//! Files that are away for long, and files that are held only because they are read: neither may
//! grow without end. What is let go unread is told.

use std::time::Instant;

use super::Tail;
use super::checkpoint::{Checkpoint, FileKey, Stage};
use super::finding::{Finding, What};
use super::memory::{DAY_US, REMEMBERED_DAYS, let_go};
use super::tracked::Tracked;

/// How many days a checkpoint is kept whose file is missing, or whose source is not configured.
pub const MISSING_DAYS_MAX: i64 = 90;

/// The most such checkpoints. Of more the oldest are forgotten.
pub const MISSING_MAX: usize = 10_000;

/// The most bytes of the disk that deleted files take because they are held open to be read. Of more
/// the oldest are let go.
pub const DELETED_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

impl Tail {
    /// Keeps a checkpoint of which the file may come back, and notes since when.
    pub(super) fn keep_missing(&mut self, now: Instant, key: (u64, FileKey)) {
        let since_us = self.calendar.at(now);
        let Some(waiting) = self.waiting.get_mut(&key) else { return };
        if waiting.checkpoint.stage != Stage::Missing {
            waiting.checkpoint.stage = Stage::Missing;
            waiting.checkpoint.since_us = since_us;
            let checkpoint = waiting.checkpoint.clone();
            self.keep(checkpoint);
        }
    }

    /// Forgets checkpoints of files that are missing for too long, or too many.
    pub(super) fn forget_missing(&mut self, now: Instant) {
        let now_us = self.calendar.at(now);
        let is_missing = |checkpoint: &Checkpoint| checkpoint.stage == Stage::Missing;
        let mut missing: Vec<_> = self
            .waiting
            .iter()
            .filter(|(_, waiting)| is_missing(&waiting.checkpoint))
            .map(|(key, waiting)| (waiting.checkpoint.since_us, *key))
            .collect();
        missing.sort_unstable();
        let surplus = missing.len().saturating_sub(MISSING_MAX);
        let long = MISSING_DAYS_MAX.saturating_mul(DAY_US);
        for (place, (since_us, key)) in missing.into_iter().enumerate() {
            if place >= surplus && now_us.saturating_sub(since_us) <= long {
                continue;
            }
            if let Some(waiting) = self.waiting.remove(&key) {
                let checkpoint = waiting.checkpoint;
                let lost_bytes_at_least = checkpoint.unread_bytes();
                let what = What::Forgotten { lost_bytes_at_least };
                self.findings.push(Finding::new(&checkpoint.path, what));
                self.drop_row(checkpoint.file);
            }
        }
    }

    /// Forgets files that were let go of logs that no source names any more.
    pub(super) fn forget_unknown(&mut self, now: Instant) {
        let now_us = self.calendar.at(now);
        let long = REMEMBERED_DAYS.saturating_mul(DAY_US);
        let old: Vec<FileKey> = self
            .memory
            .files()
            .filter(|known| now_us.saturating_sub(known.since_us) > long)
            .filter(|known| !self.sources.iter().any(|source| source.matches(&known.path)))
            .map(|known| known.file)
            .collect();
        for file in old {
            self.memory.remove(file);
            self.drop_row(file);
        }
    }

    /// Lets go of the oldest deleted files while they take more of the disk than they may.
    pub(super) fn limit_deleted(&mut self, now: Instant) {
        let deleted = |file: &Tracked| file.stat.links == 0;
        let held =
            self.tracked.values().filter(|file| deleted(file)).map(|file| file.stat.held_bytes);
        let mut held = held.fold(0, u64::saturating_add);
        for key in self.keys() {
            if held <= self.deleted_bytes_max {
                return;
            }
            // What was accepted and is not committed would be neither lost nor kept.
            let now_deleted =
                |file: &&Tracked| deleted(file) && file.read == file.base && !file.done;
            let Some(file) = self.tracked.get(&key).filter(now_deleted) else { continue };
            held = held.saturating_sub(file.stat.held_bytes);
            let lost_bytes_at_least = file.known_unread_bytes();
            let (path, checkpoint) = (file.path.clone(), file.checkpoint());
            let stored_bytes = file.stat.stored_bytes;
            let what = What::Abandoned { lost_bytes_at_least };
            self.findings.push(Finding::new(&path, what));
            self.drop_file(key);
            self.remember(let_go(checkpoint, stored_bytes, self.calendar.at(now)));
        }
    }
}
