//! A look at all files: which are still where they were, which moved, which are new, and which get
//! a turn.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::Tail;
use super::checkpoint::{FileKey, Position};
use super::discover::{Sight, Sighting, sight};
use super::file::{Handle, Kind, Stat};
use super::finding::{Finding, What};
use super::rotation::{Change, Moved, Sibling, expires, missed};
use super::start::last_line;
use super::tracked::{Flush, Mark, Place, Tracked};
use crate::config::StartAt;

impl Tail {
    /// Looks at everything.
    pub(super) fn pass(&mut self, now: Instant) {
        let mut sight = sight(&*self.files, &self.sources);
        self.resume(now, &mut sight);
        self.locate(now, &sight);
        self.adopt(now, &mut sight);
        for key in self.keys() {
            self.settle(now, key);
        }
        let findings = self.wake.follow(now, &*self.files, &sight.directories);
        self.findings.extend(findings);
        self.tell_troubles(sight.troubles);
        self.passes = self.passes.saturating_add(1);
    }

    /// Looks at the one file that `path` led to last. Says whether that suffices.
    pub(super) fn look_at(&mut self, now: Instant, path: &Path) -> bool {
        let Some(key) = self.newest.get(path).copied() else { return false };
        let Some(file) = self.tracked.get(&key) else { return false };
        if file.place != Place::AtPath || *file.path != *path {
            return false;
        }
        match self.files.stat(path) {
            Ok(stat) if stat.id() == file.stat.id() => {
                self.see(now, key, stat);
                self.settle(now, key);
                true
            }
            Ok(_) | Err(_) => false,
        }
    }

    /// Finds the followed files again, by device and inode, under whatever path.
    fn locate(&mut self, now: Instant, sight: &Sight) {
        let mut by_id: HashMap<(u64, u64), Vec<&Sighting>> = HashMap::new();
        for sighting in &sight.files {
            by_id.entry(sighting.stat.id()).or_default().push(sighting);
        }
        for key in self.keys() {
            let Some(file) = self.tracked.get_mut(&key) else { continue };
            let names = by_id.get(&file.stat.id()).map(Vec::as_slice).unwrap_or_default();
            let here = names.iter().find(|sighting| sighting.path == file.path);
            let Some(sighting) = here.or(names.first()) else {
                self.lost_sight(now, key);
                continue;
            };
            file.place = Place::AtPath;
            if file.path != sighting.path {
                file.path = sighting.path.clone();
                self.newest.insert(sighting.path.clone(), key);
                self.dirty.insert(key);
            }
            self.see(now, key, sighting.stat);
        }
    }

    /// No path of a source was seen to lead to the file. Its descriptor still does.
    fn lost_sight(&mut self, now: Instant, key: FileKey) {
        let Some(file) = self.tracked.get_mut(&key) else { return };
        let stat = match file.handle.stat() {
            Ok(stat) => stat,
            Err(error) => {
                if let Some(what) = file.failed(now, &error) {
                    self.findings.push(Finding::new(&file.path, what));
                }
                return;
            }
        };
        let left = match (file.place, self.files.stat(&file.path)) {
            (Place::Moved, _) => false,
            // Not reached by the walk, as when there are too many.
            (Place::AtPath, Ok(stat)) => stat.id() != file.stat.id(),
            // A directory that cannot be searched says nothing about its files.
            (Place::AtPath, Err(error)) => error.kind() == io::ErrorKind::NotFound,
        };
        if left {
            file.place = Place::Moved;
            file.grew_at = now;
            let unread_bytes = stat.size.saturating_sub(file.read.position.offset);
            let deleted = stat.links == 0;
            let what = if deleted {
                What::Deleted { unread_bytes }
            } else {
                What::Rotated { unread_bytes }
            };
            self.findings.push(Finding::new(&file.path, what));
        }
        self.see(now, key, stat);
    }

    /// Takes down what the file system says of a file now.
    fn see(&mut self, now: Instant, key: FileKey, stat: Stat) {
        let Some(file) = self.tracked.get_mut(&key) else { return };
        match file.seen(now, stat) {
            Change::Same | Change::Grown => {}
            Change::Truncated { lost_bytes_at_least } => {
                self.truncated(now, key, lost_bytes_at_least);
            }
        }
    }

    /// A read found other bytes before the position than those that were read.
    pub(super) fn replaced(&mut self, now: Instant, key: FileKey) {
        let Some(file) = self.tracked.get_mut(&key) else { return };
        let begun_bytes = file.begun_bytes();
        let lost = match file.handle.stat().map(|stat| file.seen(now, stat)) {
            Ok(Change::Truncated { lost_bytes_at_least }) => lost_bytes_at_least,
            // It grew again past the position: how long it was in between nobody knows.
            Ok(Change::Same | Change::Grown) | Err(_) => begun_bytes,
        };
        self.truncated(now, key, lost);
    }

    /// Begins to follow the files that are new.
    fn adopt(&mut self, now: Instant, sight: &mut Sight) {
        let mut known: HashSet<(u64, u64)> =
            self.tracked.values().map(|file| file.stat.id()).collect();
        known.extend(self.blocked_ids());
        let seen: HashSet<(u64, u64)> = sight.files.iter().map(|seen| seen.stat.id()).collect();
        for sighting in &sight.files {
            if !known.insert(sighting.stat.id()) {
                continue;
            }
            let taken: HashSet<_> = known.union(&seen).copied().collect();
            self.make_up(now, sighting, &taken);
            let opened = self.open(&sighting.path).and_then(|(handle, stat)| {
                let position = self.start(sighting, &*handle, stat)?;
                Ok((handle, stat, position))
            });
            match opened {
                Ok((handle, stat, position)) => {
                    self.unopened.remove(&*sighting.path);
                    self.begin(now, (sighting, Place::AtPath), (handle, stat), position);
                }
                // Deleted since it was seen.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    if self.is_first(sighting) {
                        self.unopened.insert(sighting.path.to_path_buf(), sighting.stat);
                    }
                    let path = sighting.path.to_path_buf();
                    sight.troubles.insert(path, What::unreadable(&error));
                }
            }
        }
    }

    pub(super) fn open(&self, path: &Path) -> io::Result<(Box<dyn Handle>, Stat)> {
        let handle = self.files.open(path)?;
        let stat = handle.stat()?;
        if stat.kind == Kind::Regular {
            Ok((handle, stat))
        } else {
            Err(io::Error::other(format!("it became {}", stat.kind)))
        }
    }

    /// Is this a file that was there when its source was first configured?
    fn is_first(&self, sighting: &Sighting) -> bool {
        self.passes == 0
            && !self.left.contains_key(&*sighting.path)
            && self.sources.get(sighting.source).is_some_and(|source| source.first_start)
    }

    /// Where reading begins in a file that was never seen.
    fn start(&self, sighting: &Sighting, handle: &dyn Handle, stat: Stat) -> io::Result<Position> {
        let start_at = self.sources.get(sighting.source).map(|source| source.start_at);
        let there = match self.unopened.get(&*sighting.path) {
            Some(there) if there.id() == stat.id() => there.size,
            None if self.is_first(sighting) => stat.size,
            Some(_) | None => 0,
        };
        match start_at {
            // A file that shrank was written anew since.
            Some(StartAt::End) if there <= stat.size => last_line(handle, there),
            Some(StartAt::End | StartAt::Beginning) | None => Ok(Position::default()),
        }
    }

    /// Follows one more file.
    fn begin(
        &mut self,
        now: Instant,
        (sighting, place): (&Sighting, Place),
        (handle, stat): (Box<dyn Handle>, Stat),
        position: Position,
    ) {
        let (key, generation) = (FileKey(self.draw()), self.draw());
        let mark = match Mark::at(&*handle, generation, position) {
            Ok(Some(mark)) => mark,
            // It shrank, or a fault that the first turn meets again and tells.
            Ok(None) | Err(_) => Mark::beginning(generation),
        };
        let from = mark.position.offset;
        let origin = (sighting.source, sighting.path.clone());
        self.findings.push(Finding::new(&sighting.path, What::Appeared { from }));
        self.insert(Tracked::new(key, origin, (handle, stat), (place, mark), now));
        self.dirty.insert(key);
    }

    /// Makes up for rotations that went unseen: what was written after the file that was read last
    /// at this path and before the one that is there now is followed too, in order.
    fn make_up(&mut self, now: Instant, sighting: &Sighting, taken: &HashSet<(u64, u64)>) {
        let last = self.newest.get(&sighting.path).and_then(|key| self.tracked.get(key));
        let last = last.map(|file| file.stat);
        let modified_ns = match (last, self.left.get(&*sighting.path)) {
            (Some(last), _) => last.modified_ns,
            (None, Some(modified_ns)) => *modified_ns,
            (None, None) => return,
        };
        let (Some(directory), Some(base)) = (sighting.path.parent(), sighting.path.file_name())
        else {
            return;
        };
        // A directory that cannot be listed is among the troubles of the walk, if it holds a glob.
        let siblings = self.siblings(directory).unwrap_or_default();
        let name = siblings
            .iter()
            .find(|sibling| last.is_some_and(|last| last.id() == sibling.stat.id()))
            .map(|sibling| sibling.name.clone());
        let unknown =
            siblings.into_iter().filter(|sibling| !taken.contains(&sibling.stat.id())).collect();
        for Sibling { name, .. } in missed(base, name.as_deref(), modified_ns, unknown) {
            let path = directory.join(&name);
            match self.open(&path) {
                Ok(opened) => {
                    let origin = (sighting, Place::Moved);
                    self.begin(now, origin, opened, Position::default());
                }
                Err(error) => self.findings.push(Finding::new(&path, What::unreadable(&error))),
            }
        }
    }

    /// The regular files of a directory.
    pub(super) fn siblings(&self, directory: &Path) -> io::Result<Vec<Sibling>> {
        let names = self.files.names(directory)?;
        let regular = names.into_iter().filter_map(|name| {
            // What is gone or closed to us since is no candidate.
            let stat = self.files.stat(&directory.join(&name)).ok()?;
            (stat.kind == Kind::Regular).then_some(Sibling { name, stat })
        });
        Ok(regular.collect())
    }

    /// Decides whether a file gets a turn, and why.
    fn settle(&mut self, now: Instant, key: FileKey) {
        let Some(file) = self.tracked.get(&key) else { return };
        if file.done || file.is_waiting(now) {
            return;
        }
        let flush = if file.has_news() {
            file.flush
        } else if file.place == Place::Moved && expires(self.moved(file), now) {
            Flush::Finish
        } else if file.is_quiet(now) {
            Flush::Quiet
        } else {
            return;
        };
        if let Some(file) = self.tracked.get_mut(&key) {
            file.flush = flush;
        }
        self.enqueue(key);
    }

    fn moved(&self, file: &Tracked) -> Moved {
        let newest = self.newest.get(&file.path).and_then(|key| self.tracked.get(key));
        Moved {
            grew_at: file.grew_at,
            deleted: file.stat.links == 0,
            superseded: newest.is_some_and(|newest| newest.key != file.key && newest.stat.size > 0),
        }
    }

    /// Tells what is new among the troubles and what is over.
    fn tell_troubles(&mut self, troubles: BTreeMap<PathBuf, What>) {
        let before = std::mem::replace(&mut self.troubles, troubles);
        let too_many = before.values().any(|what| *what == What::TooManyFiles);
        for (path, what) in &self.troubles {
            let again = *what == What::TooManyFiles && too_many;
            if before.get(path) != Some(what) && !again {
                self.findings.push(Finding::new(path, what.clone()));
            }
        }
        for (path, what) in before {
            if matches!(what, What::Unreadable { .. }) && !self.troubles.contains_key(&path) {
                self.findings.push(Finding::new(path, What::Readable));
            }
        }
    }
}
