//! A look at all files: which are still where they were, which moved, which are new, and which get
//! a turn.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::Tail;
use super::checkpoint::FileKey;
use super::discover::{Sight, Sighting, sight};
use super::file::{Handle, Kind, Stat};
use super::finding::{Finding, What};
use super::packed::Packed;
use super::rotation::{Change, Moved, expires};
use super::tracked::{Flush, Place, Tracked};
use super::unpack::Packing;
use super::view::View;

impl Tail {
    /// Looks at everything.
    pub(super) fn pass(&mut self, now: Instant) {
        let sight = sight(&*self.files, &self.sources);
        // First what is open: what is opened only now may have grown since it was sighted.
        self.locate(now, &sight);
        let followed = self.tracked.values().map(|file| file.stat.id());
        let mut view = View::new(&sight.files, followed.collect());
        self.resume(now, &mut view);
        self.limit_deleted(now);
        self.adopt(now, &sight, &mut view);
        self.seek_all(now, &mut view);
        for key in self.keys() {
            self.settle(now, key);
        }
        if self.passes == 0 {
            self.forget_missing(now);
            self.forget_unknown(now);
        }
        let findings = self.wake.follow(now, &*self.files, &sight.directories);
        self.findings.extend(findings);
        let mut troubles = std::mem::take(&mut view.troubles);
        drop(view);
        troubles.extend(sight.troubles);
        self.tell_troubles(troubles);
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
        if file.read != file.base {
            // What was accepted of the old content is not committed: if that fails, it must come from a
            // copy too.
            file.compare_again();
            self.next_pass = None;
            return;
        }
        let begun_bytes = file.begun_bytes();
        let lost = match file.handle.stat().map(|stat| file.seen(now, stat)) {
            Ok(Change::Truncated { lost_bytes_at_least }) => lost_bytes_at_least,
            // It grew again past the position: how long it was in between nobody knows.
            Ok(Change::Same | Change::Grown) | Err(_) => begun_bytes,
        };
        self.truncated(now, key, lost);
    }

    /// Files that must not be taken for new, whatever leads to them.
    pub(super) fn taken(&self) -> HashSet<(u64, u64)> {
        self.tracked.values().map(|file| file.stat.id()).chain(self.blocked_ids()).collect()
    }

    /// Files that belong to a checkpoint and cannot be read now.
    fn blocked_ids(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let blocked = self.waiting.values().filter(|waiting| waiting.blocked);
        blocked.map(|waiting| &waiting.checkpoint.identity).map(|of| (of.device, of.inode))
    }

    pub(super) fn open(&self, path: &Path) -> io::Result<(Box<dyn Handle>, Stat)> {
        self.open_packed(path, None)
    }

    /// Opens a file that is compressed, or is not.
    pub(super) fn open_packed(
        &self,
        path: &Path,
        packing: Option<Packing>,
    ) -> io::Result<(Box<dyn Handle>, Stat)> {
        let mut handle = self.files.open(path)?;
        if let Some(packing) = packing {
            handle = Box::new(Packed::new(handle, packing));
        }
        let stat = handle.stat()?;
        if stat.kind == Kind::Regular {
            Ok((handle, stat))
        } else {
            Err(io::Error::other(format!("it became {}", stat.kind)))
        }
    }

    /// Decides whether a file gets a turn, and why.
    fn settle(&mut self, now: Instant, key: FileKey) {
        let Some(file) = self.tracked.get(&key) else { return };
        let origin = (file.source, file.path.clone());
        let is_held = file.place == Place::AtPath && self.unsettled.get(&origin) == Some(&true);
        if file.done || file.is_waiting(now) || is_held {
            return;
        }
        let flush = if file.has_news() {
            file.flush
        } else if file.place == Place::Moved && expires(self.moved(file), now) {
            if let Some((why, lost_bytes_at_least)) = file.shortfall()
                && file.flush != Flush::Finish
            {
                let what = What::Damaged { why, lost_bytes_at_least };
                self.findings.push(Finding::new(&file.found_as, what));
            }
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
            superseded: file.handle.is_packed()
                || newest.is_some_and(|newest| newest.key != file.key && newest.stat.size > 0),
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
