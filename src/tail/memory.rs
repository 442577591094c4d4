//! What is known of files that were let go, so that none is read twice and none is missed, whatever
//! it is called meanwhile and however it was compressed. Bounded. Opens nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::checkpoint::{Checkpoint, FileKey, Stage};
use super::file::Stat;
use super::mark::Mark;

/// The most files of one log that are remembered. Of more the oldest are forgotten, and what is
/// older still than the rest is taken for known.
pub const REMEMBERED_MAX: usize = 1_000;

/// The most files of all logs that are remembered.
pub const REMEMBERED_TOTAL_MAX: usize = 50_000;

/// How long a file is remembered that is not seen beside its log any more, in days.
pub const REMEMBERED_DAYS: i64 = 90;

/// A day in microseconds.
pub(super) const DAY_US: i64 = 86_400_000_000;

/// Files that were let go, by their checkpoints.
#[derive(Debug, Default)]
pub(super) struct Memory {
    files: HashMap<FileKey, Checkpoint>,
    /// By their logs, in the order in which they were let go or, if at once, written.
    by_path: BTreeMap<PathBuf, BTreeSet<(i64, i64, FileKey)>>,
    by_id: HashMap<(u64, u64), FileKey>,
    /// Logs of which some were forgotten because there were too many.
    full: HashSet<PathBuf>,
}

impl Memory {
    /// Remembers one file more; gives those that are forgotten for it.
    pub(super) fn insert(&mut self, checkpoint: Checkpoint) -> Vec<FileKey> {
        self.remove(checkpoint.file);
        let of_path = self.by_path.entry(checkpoint.path.clone()).or_default();
        of_path.insert((checkpoint.since_us, checkpoint.modified_ns, checkpoint.file));
        let mut forgotten = Vec::new();
        let surplus = of_path.len().saturating_sub(REMEMBERED_MAX);
        forgotten.extend(of_path.iter().take(surplus).map(|(_, _, file)| *file));
        self.by_id.insert((checkpoint.identity.device, checkpoint.identity.inode), checkpoint.file);
        if self.files.len() >= REMEMBERED_TOTAL_MAX && forgotten.is_empty() {
            let most = self.by_path.iter().max_by_key(|(_, files)| files.len());
            forgotten.extend(most.and_then(|(_, files)| files.first()).map(|(_, _, file)| *file));
        }
        self.full.extend(
            forgotten.iter().filter_map(|file| self.files.get(file)).map(|of| of.path.clone()),
        );
        self.files.insert(checkpoint.file, checkpoint);
        for file in &forgotten {
            self.remove(*file);
        }
        forgotten
    }

    /// Forgets a file.
    pub(super) fn remove(&mut self, file: FileKey) -> Option<Checkpoint> {
        let gone = self.files.remove(&file)?;
        if let Some(of_path) = self.by_path.get_mut(&gone.path) {
            of_path.remove(&(gone.since_us, gone.modified_ns, file));
            if of_path.is_empty() {
                self.by_path.remove(&gone.path);
            }
        }
        let id = (gone.identity.device, gone.identity.inode);
        if self.by_id.get(&id) == Some(&file) {
            self.by_id.remove(&id);
        }
        Some(gone)
    }

    pub(super) fn file(&self, file: FileKey) -> Option<&Checkpoint> {
        self.files.get(&file)
    }

    pub(super) fn files(&self) -> impl Iterator<Item = &Checkpoint> {
        self.files.values()
    }

    /// Logs of which files were let go.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.by_path.keys().map(PathBuf::as_path)
    }

    /// Was ever a file of this log let go?
    pub(super) fn knows(&self, path: &Path) -> bool {
        self.by_path.contains_key(path)
    }

    /// The file of this device and inode.
    pub(super) fn by_id(&self, id: (u64, u64)) -> Option<&Checkpoint> {
        self.files.get(self.by_id.get(&id)?)
    }

    /// Is this a file that was let go, and unchanged since?
    pub(super) fn is_unchanged(&self, stat: &Stat) -> bool {
        self.by_id(stat.id()).is_some_and(|known| {
            known.size == stat.stored_bytes && known.modified_ns == stat.modified_ns
        })
    }

    /// Is a file of this log, of which nothing is remembered, as old as those that were forgotten
    /// because there were too many?
    pub(super) fn is_older(&self, path: &Path, modified_ns: i64) -> bool {
        let full = self.by_path.get(path).is_some_and(|files| files.len() >= REMEMBERED_MAX);
        (full || self.full.contains(path))
            && self
                .of_path(path)
                .map(|known| known.modified_ns)
                .min()
                .is_some_and(|oldest| modified_ns < oldest)
    }

    fn of_path(&self, path: &Path) -> impl Iterator<Item = &Checkpoint> {
        let files = self.by_path.get(path).into_iter().flatten();
        files.filter_map(|(_, _, file)| self.files.get(file))
    }

    /// Files of this log that are long gone: none of those that are `there` now.
    pub(super) fn long_gone(
        &self,
        path: &Path,
        there: &HashSet<(u64, u64)>,
        now_us: i64,
    ) -> Vec<FileKey> {
        let long = REMEMBERED_DAYS.saturating_mul(DAY_US);
        let gone = self.of_path(path).filter(|known| {
            let id = (known.identity.device, known.identity.inode);
            !there.contains(&id) && now_us.saturating_sub(known.since_us) > long
        });
        // The newest stays, so that the log is not taken for one that was never seen.
        let newest = self.by_path.get(path).and_then(|files| files.last()).map(|last| last.2);
        gone.map(|known| known.file).filter(|file| Some(*file) != newest).collect()
    }
}

/// A file that was let go as it is remembered: `followed` with what was read of it.
pub(super) fn let_go(followed: Checkpoint, stored_bytes: u64, now_us: i64) -> Checkpoint {
    Checkpoint { size: stored_bytes, stage: Stage::LetGo, since_us: now_us, ..followed }
}

/// How far a checkpoint's file was read.
pub(super) fn mark_of(checkpoint: &Checkpoint) -> Mark {
    Mark {
        generation: checkpoint.generation,
        position: checkpoint.position,
        head: checkpoint.identity.head,
        behind: checkpoint.behind,
    }
}

/// Could a file that was modified at `now_ns` be what was modified at `then_ns`? Some programs that
/// compress keep whole seconds only.
pub(super) fn same_time(then_ns: i64, now_ns: i64) -> bool {
    const SECOND: i64 = 1_000_000_000;
    then_ns == now_ns || (now_ns % SECOND == 0 && then_ns.div_euclid(SECOND) == now_ns / SECOND)
}
