//! A look at all files: which are still where they were, which moved, which are new, and which get
//! a turn.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::Tail;
use super::checkpoint::{FileKey, Position};
use super::discover::{FILES_MAX, Sight, Sighting, sight};
use super::file::{Handle, Kind, Stat};
use super::finding::{Finding, What};
use super::mark::Mark;
use super::packed::Packed;
use super::recognise::Recognised;
use super::rotation::{Change, Moved, expires};
use super::siblings::Origin;
use super::start::last_line;
use super::tracked::{Flush, Place, Tracked};
use super::unpack::Packing;
use super::view::{View, here};
use crate::config::StartAt;

/// At how many looks the names in a directory are listed after they changed.
const LOOKS_UNTIL_SURE: u32 = 3;

/// A directory of logs as it was when its names were listed.
#[derive(Debug)]
pub(super) struct Listed {
    stat: Stat,
    /// How often it was the same.
    looks: u32,
}

impl Tail {
    /// Looks at everything.
    pub(super) fn pass(&mut self, now: Instant) {
        let sight = sight(&*self.files, &self.sources);
        let followed = self.tracked.values().map(|file| file.stat.id());
        let mut view = View::new(&sight.files, followed.collect());
        self.resume(now, &mut view);
        self.locate(now, &sight);
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

    /// Begins to follow the files that are new.
    fn adopt(&mut self, now: Instant, sight: &Sight, view: &mut View<'_>) {
        view.taken.extend(self.taken());
        for sighting in &sight.files {
            let origin = (sighting.source, sighting.path.clone());
            if view.taken.contains(&sighting.stat.id()) {
                continue;
            }
            // The log comes after what was written before it, and first as that of which it may be a copy.
            let is_new = !self.knows(&sighting.path);
            view.taken.insert(sighting.stat.id());
            let adopted = self.adopt_one(now, sighting, origin.clone());
            self.make_up_or_again(now, origin, is_new, view);
            if let Err(error) = adopted
                // Deleted since it was seen.
                && error.kind() != io::ErrorKind::NotFound
            {
                if self.is_first(sighting) {
                    self.unopened.insert(sighting.path.to_path_buf(), sighting.stat);
                }
                view.troubles.insert(sighting.path.to_path_buf(), What::unreadable(&error));
            }
        }
        for (origin, _) in std::mem::take(&mut self.unsettled) {
            self.make_up_or_again(now, origin, false, view);
        }
        self.make_up_changed(now, view);
        self.copies.retain(|_, copy| self.tracked.contains_key(&copy.of));
    }

    fn make_up_or_again(
        &mut self,
        now: Instant,
        origin: Origin,
        is_new: bool,
        view: &mut View<'_>,
    ) {
        let made = self.make_up(now, &origin, is_new, view);
        if made.is_settled() {
            self.unsettled.remove(&origin);
        } else {
            self.unsettled.insert(origin, made.more);
        }
    }

    fn adopt_one(&mut self, now: Instant, sighting: &Sighting, origin: Origin) -> io::Result<()> {
        // What is called like a rotated file and is empty may become a copy.
        let may_become_copy = sighting.stat.size == 0 && self.is_rotated(&sighting.path);
        if may_become_copy || self.is_left_copy(&sighting.stat) || self.is_moved_disk(sighting) {
            return Ok(());
        }
        let (handle, stat) = self.open(&sighting.path)?;
        match self.recognise_at_path(sighting, &*handle, &stat)? {
            Recognised::CopyOf(of) => self.leave_copy(&stat, of),
            Recognised::Within(_) => {
                let position = Position { offset: stat.size, ..Position::default() };
                let mark = Mark::at(&*handle, self.draw(), position)?;
                let mark = mark.ok_or_else(|| io::Error::other("it shrank meanwhile"))?;
                self.begin(now, origin, (handle, stat), (Place::AtPath, mark));
            }
            Recognised::ReadBefore(of) => {
                self.follow_known(now, of, origin, (handle, stat), Place::AtPath);
            }
            Recognised::New => {
                let generation = self.draw();
                let position = self.start(sighting, &*handle, stat)?;
                let mark = Mark::at(&*handle, generation, position)?;
                let mark = mark.ok_or_else(|| io::Error::other("it shrank meanwhile"))?;
                self.unopened.remove(&*sighting.path);
                self.begin(now, origin, (handle, stat), (Place::AtPath, mark));
            }
        }
        Ok(())
    }

    /// Looks for rotated files wherever the names in a directory of logs have changed: what was copied
    /// and cut off before anything was read of it shows in nothing else.
    fn make_up_changed(&mut self, now: Instant, view: &mut View<'_>) {
        let logs = || self.newest.keys().map(|path| &**path).chain(self.memory.paths());
        let directory_of = |path: &Path| path.parent().unwrap_or(Path::new("")).to_path_buf();
        let directories: HashSet<&Path> = logs().filter_map(Path::parent).collect();
        let mut changed = BTreeMap::new();
        for directory in directories {
            // What cannot be looked at has no names that changed; the walk tells of it.
            let Ok(stat) = self.files.stat(here(directory)) else { continue };
            let before = self.listed.get(directory).filter(|before| before.stat == stat);
            let looks = before.map_or(0, |before| before.looks);
            // The time of a directory is coarse: only at a further look it is sure to be the last.
            if looks < LOOKS_UNTIL_SURE {
                changed.insert(directory.to_path_buf(), Listed { stat, looks: looks + 1 });
            }
        }
        if changed.is_empty() {
            return;
        }
        let logs: BTreeSet<Arc<Path>> =
            logs().filter(|log| changed.contains_key(&directory_of(log))).map(Arc::from).collect();
        for log in logs {
            if let Some(source) = self.sources.iter().position(|source| source.matches(&log)) {
                self.make_up_or_again(now, (source, log), false, view);
            }
        }
        self.listed.extend(changed);
        if self.listed.len() > FILES_MAX {
            self.listed.clear();
        }
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

    /// Is this a file that was there when its source was first configured? A path of which something was read before is
    /// no new one, also where the source has got another path beside it.
    fn is_first(&self, sighting: &Sighting) -> bool {
        self.passes == 0
            && !self.memory.knows(&sighting.path)
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
    ) -> FileKey {
        let key = FileKey(self.draw());
        let from = stands.1.position.offset;
        self.findings.push(Finding::new(&origin.1, What::Appeared { from }));
        self.insert(Tracked::new(key, origin, opened, stands, now));
        self.dirty.insert(key);
        key
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
