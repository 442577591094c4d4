//! Where another process left off: each checkpoint finds its file again, under the name it had or
//! one that it was renamed to in the same directory, and only if its content is the one that was
//! read.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::Tail;
use super::checkpoint::Checkpoint;
use super::copies::Copy;
use super::discover::{Sight, Sighting};
use super::file::{Handle, Stat};
use super::finding::{Finding, What};
use super::mark::Mark;
use super::tracked::{Hides, Place, Tracked};

/// A checkpoint of which the file is not open yet.
#[derive(Debug)]
pub(super) struct Waiting {
    checkpoint: Checkpoint,
    /// It was told that the file is not there.
    told: bool,
    /// The file is there and cannot be read.
    blocked: bool,
}

/// What became of a checkpoint's file.
enum Found {
    /// Its content is the one that was read.
    Same(Opened, Mark),
    /// Another content is in its place, and no copy of its own was found: the file is a new one.
    Replaced,
    /// It is there and cannot be read.
    Blocked(PathBuf, io::Error),
    /// It is not there.
    Nowhere,
}

struct Opened {
    path: Arc<Path>,
    place: Place,
    handle: Box<dyn Handle>,
    stat: Stat,
}

/// What a walk saw, to be looked up.
struct There<'a> {
    by_path: HashMap<&'a Path, &'a Sighting>,
    by_id: HashMap<(u64, u64), &'a Sighting>,
    /// What belongs to a checkpoint already.
    followed: HashSet<(u64, u64)>,
}

impl<'a> There<'a> {
    fn new(files: &'a [Sighting]) -> Self {
        Self {
            by_path: files.iter().map(|sighting| (&*sighting.path, sighting)).collect(),
            by_id: files.iter().rev().map(|sighting| (sighting.stat.id(), sighting)).collect(),
            followed: HashSet::new(),
        }
    }
}

impl Waiting {
    pub(super) fn new(checkpoint: Checkpoint) -> Self {
        Self { checkpoint, told: false, blocked: false }
    }
}

impl Tail {
    /// Opens what the checkpoints stand for, as far as it is there.
    pub(super) fn resume(&mut self, now: Instant, sight: &mut Sight) {
        if self.waiting.is_empty() {
            return;
        }
        let Sight { files, troubles, .. } = sight;
        let mut there = There::new(files);
        there.followed.extend(self.tracked.values().map(|file| file.stat.id()));
        for mut waiting in std::mem::take(&mut self.waiting) {
            let checkpoint = &waiting.checkpoint;
            let path = &checkpoint.path;
            // A checkpoint of a source that is not configured is left for when it is again.
            let Some(source) = self.sources.iter().position(|source| source.matches(path)) else {
                continue;
            };
            let lost_bytes_at_least = checkpoint.size.saturating_sub(checkpoint.position.offset);
            match self.find(checkpoint, &there) {
                Found::Same(opened, mark) => {
                    there.followed.insert(opened.stat.id());
                    let from = mark.position.offset;
                    self.findings.push(Finding::new(path, What::Resumed { from }));
                    self.take_up(now, source, checkpoint, opened, mark);
                }
                Found::Replaced => {
                    let what = What::Truncated { lost_bytes_at_least };
                    self.findings.push(Finding::new(path, what));
                    self.leave(path, checkpoint.modified_ns);
                    self.forget.insert(checkpoint.file);
                }
                Found::Blocked(path, error) => {
                    troubles.insert(path, What::unreadable(&error));
                    waiting.blocked = true;
                    self.waiting.push(waiting);
                }
                Found::Nowhere => {
                    if !waiting.told {
                        let what = What::Vanished { lost_bytes_at_least };
                        self.findings.push(Finding::new(path, what));
                    }
                    self.give_up_or_wait(waiting, &there);
                }
            }
        }
    }

    /// The file is not there, as far as can be known: what was rotated since is looked for. If
    /// there is anything, the directory is the true one, and not that under a file system that is
    /// not mounted yet, and the checkpoint has done its work. Else it waits.
    fn give_up_or_wait(&mut self, mut waiting: Waiting, there: &There<'_>) {
        let path = waiting.checkpoint.path.as_path();
        self.leave(path, waiting.checkpoint.modified_ns);
        if there.by_path.contains_key(path) || self.newest.contains_key(path) {
            self.forget.insert(waiting.checkpoint.file);
        } else {
            (waiting.told, waiting.blocked) = (true, false);
            self.waiting.push(waiting);
        }
    }

    /// Files that belong to a checkpoint and must not be taken for new.
    pub(super) fn blocked_ids(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.waiting
            .iter()
            .filter(|waiting| waiting.blocked)
            .map(|waiting| (waiting.checkpoint.identity.device, waiting.checkpoint.identity.inode))
    }

    fn take_up(
        &mut self,
        now: Instant,
        source: usize,
        checkpoint: &Checkpoint,
        opened: Opened,
        mark: Mark,
    ) {
        if opened.place == Place::Moved {
            let unread_bytes = opened.stat.size.saturating_sub(mark.position.offset);
            self.findings.push(Finding::new(&opened.path, What::Rotated { unread_bytes }));
        }
        let opened_as = (opened.handle, opened.stat);
        let origin = (source, opened.path);
        let stands = (opened.place, mark);
        let mut file = Tracked::new(checkpoint.file, origin, opened_as, stands, now);
        file.number = checkpoint.number;
        // Of a file that nothing was read of only name and inode are known, and of one that moved
        // only the inode, which is used again.
        file.is_proven = mark.position.offset > 0 || file.place == Place::AtPath;
        if !file.is_proven {
            self.leave(&checkpoint.path, checkpoint.modified_ns);
        }
        if mark.position.offset == 0 && file.place == Place::AtPath {
            file.hides = Some(Hides::new(checkpoint.modified_ns, now));
        }
        self.insert(file);
    }

    fn find(&self, checkpoint: &Checkpoint, there: &There<'_>) -> Found {
        if let Some(sighting) = there.by_path.get(&*checkpoint.path)
            && sighting.stat.inode == checkpoint.identity.inode
            && !there.followed.contains(&sighting.stat.id())
        {
            let found = self.verify(checkpoint, sighting.path.clone(), Place::AtPath);
            // Device numbers change when disks are found in another order; content tells.
            let same_device = sighting.stat.device == checkpoint.identity.device;
            match found {
                Found::Replaced if same_device => return self.copy_or(checkpoint, Found::Replaced),
                Found::Same(..) => return found,
                Found::Blocked(..) if same_device => return found,
                _ => {}
            }
        }
        let id = (checkpoint.identity.device, checkpoint.identity.inode);
        if there.followed.contains(&id) {
            return Found::Nowhere;
        }
        if let Some(sighting) = there.by_id.get(&id) {
            return match self.verify(checkpoint, sighting.path.clone(), Place::AtPath) {
                // Under another name only the same content is the same file: the number may be used again.
                Found::Replaced => self.copy_or(checkpoint, Found::Nowhere),
                found => found,
            };
        }
        let Some(directory) = checkpoint.path.parent() else { return Found::Nowhere };
        let siblings = match self.siblings(directory) {
            Ok(siblings) => siblings,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Found::Nowhere,
            // It may be in there: it stays awaited.
            Err(error) => return Found::Blocked(directory.to_path_buf(), error),
        };
        let sibling = siblings.into_iter().find(|sibling| sibling.stat.id() == id);
        let found = sibling.map(|sibling| {
            let path = directory.join(sibling.name).into();
            self.verify(checkpoint, path, Place::Moved)
        });
        match found {
            Some(Found::Same(opened, mark)) => {
                let path = checkpoint.path.as_path().into();
                Found::Same(Opened { path, ..opened }, mark)
            }
            Some(Found::Blocked(path, error)) => Found::Blocked(path, error),
            // It may have been copied and cut off before it got another name.
            Some(Found::Replaced | Found::Nowhere) | None => {
                self.copy_or(checkpoint, Found::Nowhere)
            }
        }
    }

    /// A copy of what was read, if there is one beside the path.
    fn copy_or(&self, checkpoint: &Checkpoint, otherwise: Found) -> Found {
        match self.find_copy(&checkpoint.path, mark_of(checkpoint)) {
            Some(Copy { handle, stat, mark }) => {
                let path = checkpoint.path.as_path().into();
                Found::Same(Opened { path, place: Place::Moved, handle, stat }, mark)
            }
            None => otherwise,
        }
    }

    /// Opens a candidate and compares its content with what was read.
    fn verify(&self, checkpoint: &Checkpoint, path: Arc<Path>, place: Place) -> Found {
        let compared = self.open(&path).and_then(|(handle, stat)| {
            let mark = Mark::at(&*handle, checkpoint.generation, checkpoint.position)?;
            Ok((handle, stat, mark))
        });
        match compared {
            Ok((handle, stat, mark)) => {
                let opened = Opened { path, place, handle, stat };
                match mark {
                    Some(mark) if mark == mark_of(checkpoint) => Found::Same(opened, mark),
                    Some(_) | None => Found::Replaced,
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Found::Nowhere,
            Err(error) => Found::Blocked(path.to_path_buf(), error),
        }
    }
}

fn mark_of(checkpoint: &Checkpoint) -> Mark {
    Mark {
        generation: checkpoint.generation,
        position: checkpoint.position,
        head: checkpoint.identity.head,
        behind: checkpoint.behind,
    }
}
