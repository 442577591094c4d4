//! Files that are new: a log, one that turns up under a log's name, and whatever was rotated beside it before it was
//! seen. Which of them begin to be followed, where and in which order.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use super::Tail;
use super::checkpoint::{FileKey, Position};
use super::discover::{FILES_MAX, Sight, Sighting};
use super::file::{Handle, Stat};
use super::finding::{Finding, What};
use super::mark::Mark;
use super::recognise::Recognised;
use super::siblings::Origin;
use super::start::last_line;
use super::tracked::{Place, Tracked};
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
    /// Begins to follow the files that are new.
    pub(super) fn adopt(&mut self, now: Instant, sight: &Sight, view: &mut View<'_>) {
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
        if stat.id() != sighting.stat.id() {
            // Rotated since it was seen: the next look finds both.
            return Err(io::ErrorKind::NotFound.into());
        }
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
}
