//! A look at all files: which are still where they were, which moved, which are new, and which get
//! a turn.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::Tail;
use super::checkpoint::{FileKey, Position};
use super::discover::{Sight, Sighting, sight};
use super::file::{Handle, Kind, Stat};
use super::finding::{Finding, What};
use super::mark::Mark;
use super::rotation::{Change, Moved, expires};
use super::start::last_line;
use super::tracked::{Flush, Place, Tracked};
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
            Change::Grown => self.refilled(now, key),
            Change::Same => {}
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
        let mut taken = self.taken();
        let seen: HashSet<(u64, u64)> = sight.files.iter().map(|seen| seen.stat.id()).collect();
        for sighting in &sight.files {
            if !taken.insert(sighting.stat.id()) {
                continue;
            }
            let origin = (sighting.source, sighting.path.clone());
            self.make_up(now, &origin, |id| !seen.contains(&id));
            let generation = self.draw();
            let opened = self.open(&sighting.path).and_then(|(handle, stat)| {
                let position = self.start(sighting, &*handle, stat)?;
                let mark = Mark::at(&*handle, generation, position)?;
                let mark = mark.ok_or_else(|| io::Error::other("it shrank meanwhile"))?;
                Ok((handle, stat, mark))
            });
            match opened {
                // It was rotated since it was seen: it comes first, and the next look finds it.
                Ok((_, stat, _)) if stat.id() != sighting.stat.id() => {}
                Ok((handle, stat, mark)) => {
                    self.unopened.remove(&*sighting.path);
                    self.begin(now, origin, (handle, stat), (Place::AtPath, mark));
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
        // Where a path leads nowhere, the next rotation may pass before it leads somewhere.
        for origin in self.absent() {
            self.make_up(now, &origin, |id| !seen.contains(&id));
        }
    }

    /// Paths that lead to no file any more, with their sources.
    fn absent(&self) -> Vec<(usize, Arc<Path>)> {
        let moved = self.tracked.values().filter(|file| {
            file.place == Place::Moved && self.newest.get(&file.path) == Some(&file.key)
        });
        let left = self.left.keys().filter(|path| !self.newest.contains_key(path.as_path()));
        let left = left.filter_map(|path| {
            let source = self.sources.iter().position(|source| source.matches(path))?;
            Some((source, Arc::from(path.as_path())))
        });
        moved.map(|file| (file.source, file.path.clone())).chain(left).collect()
    }

    /// Files that must not be taken for new, whatever leads to them.
    pub(super) fn taken(&self) -> HashSet<(u64, u64)> {
        self.tracked.values().map(|file| file.stat.id()).chain(self.blocked_ids()).collect()
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

    /// Is this a file that was there when its source was first configured? A path of which something was read before is
    /// no new one, also where the source has got another path beside it.
    fn is_first(&self, sighting: &Sighting) -> bool {
        self.passes == 0
            && !self.left.contains_key(&*sighting.path)
            && !self.newest.contains_key(&*sighting.path)
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

    /// Follows one more file, `origin` being its source and the path under which it was found.
    pub(super) fn begin(
        &mut self,
        now: Instant,
        origin: (usize, Arc<Path>),
        opened: (Box<dyn Handle>, Stat),
        stands: (Place, Mark),
    ) {
        let key = FileKey(self.draw());
        let from = stands.1.position.offset;
        self.findings.push(Finding::new(&origin.1, What::Appeared { from }));
        self.insert(Tracked::new(key, origin, opened, stands, now));
        self.dirty.insert(key);
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
