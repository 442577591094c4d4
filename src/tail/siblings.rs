//! The files beside a log. A rotation by copy and truncation (`copytruncate`) leaves one that holds
//! what was read, and what was not; rotations that went unseen leave some that were never read.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use super::Tail;
use super::checkpoint::FileKey;
use super::file::{Handle, Kind, Stat};
use super::finding::{Finding, What};
use super::mark::Mark;
use super::rotation::{Sibling, missed};
use super::tracked::{Place, Tracked};

/// A directory in which files move all the time is listed so often at most.
const LISTINGS_MAX: u32 = 10;

impl Tail {
    /// The regular files of a directory. One that is rotated while it is listed shows a file under
    /// two names or under none: it is listed again until nothing moves.
    pub(super) fn siblings(&self, directory: &Path) -> io::Result<Vec<Sibling>> {
        let mut siblings = self.list(directory)?;
        for _ in 1..LISTINGS_MAX {
            let before = std::mem::replace(&mut siblings, self.list(directory)?);
            let ids = |siblings: &[Sibling]| -> BTreeMap<_, _> {
                siblings.iter().map(|each| (each.name.clone(), each.stat.id())).collect()
            };
            if ids(&before) == ids(&siblings) {
                break;
            }
        }
        Ok(siblings)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<Sibling>> {
        // The parent of a relative path without a directory is empty.
        let here = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        let names = self.files.names(here)?;
        let regular = names.into_iter().filter_map(|name| {
            // What is gone or closed to us since is no candidate.
            let stat = self.files.stat(&directory.join(&name)).ok()?;
            (stat.kind == Kind::Regular).then_some(Sibling { name, stat })
        });
        Ok(regular.collect())
    }

    /// Makes up for rotations that went unseen: what was written after the file that was read last
    /// at this path and before the one that is there now is followed too, in order. Only those
    /// that are `free`: no path of a source leads to them.
    pub(super) fn make_up(
        &mut self,
        now: Instant,
        origin: &(usize, Arc<Path>),
        free: impl Fn((u64, u64)) -> bool,
    ) {
        let last = self.newest.get(&origin.1).and_then(|key| self.tracked.get(key));
        let last = last.filter(|file| file.is_proven).map(|file| file.stat);
        self.make_up_after(now, origin, last, free);
    }

    /// The same behind a file that is known: the one of the path that was read `last`.
    fn make_up_after(
        &mut self,
        now: Instant,
        origin: &(usize, Arc<Path>),
        last: Option<Stat>,
        free: impl Fn((u64, u64)) -> bool,
    ) {
        let path = &origin.1;
        let left_ns = self.left.get(&**path).copied();
        let modified_ns = match (last, left_ns) {
            (Some(last), _) => last.modified_ns,
            (None, Some(left_ns)) => left_ns,
            (None, None) => return,
        };
        let (Some(directory), Some(base)) = (path.parent(), path.file_name()) else { return };
        for _ in 0..LISTINGS_MAX {
            // A directory that cannot be listed is among the troubles of the walk, if it holds a glob.
            let mut siblings = self.siblings(directory).unwrap_or_default();
            let name = siblings
                .iter()
                .find(|sibling| last.is_some_and(|last| last.id() == sibling.stat.id()))
                .map(|sibling| sibling.name.clone());
            let followed = self.taken();
            siblings.retain(|sibling| {
                let id = sibling.stat.id();
                !followed.contains(&id) && free(id)
            });
            let missed = missed(base, name.as_deref(), modified_ns, left_ns, siblings);
            if self.follow_all(now, origin, directory, missed) {
                break;
            }
        }
    }

    /// Follows these files. False if one has another name by now: then they are to be listed again.
    fn follow_all(
        &mut self,
        now: Instant,
        origin: &(usize, Arc<Path>),
        directory: &Path,
        missed: Vec<Sibling>,
    ) -> bool {
        for sibling in missed {
            let name = directory.join(&sibling.name);
            match self.open(&name) {
                Ok((handle, stat)) if stat.id() == sibling.stat.id() => {
                    let mark = Mark::beginning(self.draw());
                    self.begin(now, origin.clone(), (handle, stat), (Place::Moved, mark));
                }
                Ok(_) => return false,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return false,
                Err(error) => self.findings.push(Finding::new(&name, What::unreadable(&error))),
            }
        }
        true
    }

    /// A file that was cut off holds something again. Whole generations of it may have come and gone
    /// since: nothing was read of them by which they could be known, but they are younger than the
    /// last copy.
    pub(super) fn refilled(&mut self, now: Instant, key: FileKey) {
        let Some(file) = self.tracked.get(&key).filter(|_| self.emptied.remove(&key)) else {
            return;
        };
        if file.read.position.offset > 0 {
            return;
        }
        let origin = (file.source, file.path.clone());
        let copies = self
            .tracked
            .values()
            .filter(|copy| copy.place == Place::Moved && copy.path == origin.1 && copy.is_proven);
        let last = copies.max_by_key(|copy| copy.number).map(|copy| copy.stat);
        self.make_up_copies(now, &origin, last);
    }

    /// Makes up for copies that are younger than the `last` one. What a path of a source leads to is
    /// followed by itself.
    fn make_up_copies(&mut self, now: Instant, origin: &(usize, Arc<Path>), last: Option<Stat>) {
        let directory = origin.1.parent().unwrap_or(Path::new(""));
        // As above: what cannot be listed is no candidate.
        let siblings = self.siblings(directory).unwrap_or_default();
        let claimed: HashSet<_> = siblings
            .into_iter()
            .filter(|sibling| {
                let path = directory.join(&sibling.name);
                self.sources.iter().any(|source| source.matches(&path))
            })
            .map(|sibling| sibling.stat.id())
            .collect();
        self.make_up_after(now, origin, last, |id| !claimed.contains(&id));
    }

    /// A file beside `path` that is not followed and holds the very bytes that were read up to
    /// `mark`: the newest of them.
    pub(super) fn find_copy(&self, path: &Path, mark: Mark) -> Option<(Box<dyn Handle>, Stat)> {
        if mark.position.offset == 0 {
            return None;
        }
        let directory = path.parent()?;
        let followed = self.taken();
        // What cannot be listed or opened is no copy that could be read.
        let mut siblings = self.siblings(directory).unwrap_or_default();
        siblings.retain(|sibling| {
            sibling.stat.size >= mark.position.offset && !followed.contains(&sibling.stat.id())
        });
        siblings.sort_by_key(|sibling| std::cmp::Reverse(sibling.stat.modified_ns));
        siblings.into_iter().find_map(|sibling| {
            let (handle, stat) = self.open(&directory.join(sibling.name)).ok()?;
            let found = Mark::at(&*handle, mark.generation, mark.position).ok()??;
            (found == mark).then_some((handle, stat))
        })
    }

    /// The content was cut off or replaced in place: a new generation begins, after what a copy
    /// still holds of the old one, and after the copies of generations that came and went unseen.
    pub(super) fn truncated(&mut self, now: Instant, key: FileKey, lost_bytes_at_least: u64) {
        let (copy_key, generation) = (FileKey(self.draw()), self.draw());
        let Some(file) = self.tracked.get_mut(&key) else { return };
        let (read, base) = (file.read, file.base);
        let (source, path) = (file.source, file.path.clone());
        file.restart(generation, now);
        self.dirty.insert(key);
        self.emptied.insert(key);
        if let Some((handle, stat)) = self.find_copy(&path, read) {
            let unread_bytes = stat.size.saturating_sub(read.position.offset);
            self.findings.push(Finding::new(&path, What::Rotated { unread_bytes }));
            let origin = (source, path.clone());
            let mut copy =
                Tracked::new(copy_key, origin.clone(), (handle, stat), (Place::Moved, read), now);
            copy.base = base;
            self.insert(copy);
            self.dirty.insert(copy_key);
            self.enqueue(copy_key);
            self.make_up_copies(now, &origin, Some(stat));
        } else {
            self.findings.push(Finding::new(&path, What::Truncated { lost_bytes_at_least }));
        }
        self.enqueue(key);
    }
}
