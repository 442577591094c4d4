//! The files beside a log: rotations that went unseen leave some that were never read.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::Tail;
use super::checkpoint::FileKey;
use super::file::Kind;
use super::finding::{Finding, What};
use super::mark::Mark;
use super::rotation::{Sibling, missed};
use super::tracked::Place;

impl Tail {
    /// The regular files of a directory.
    pub(super) fn siblings(&self, directory: &Path) -> io::Result<Vec<Sibling>> {
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

    /// Makes up for rotations that went unseen, where a path leads nowhere: what was written after the file that was read
    /// last at this path is followed, in order.
    pub(super) fn make_up(&mut self, now: Instant, origin: &(usize, Arc<Path>)) {
        let Some(since_ns) = self.known_until(&origin.1) else { return };
        let last = self.newest.get(&origin.1).copied();
        for path in self.missed(&origin.1, last, since_ns).unwrap_or_default() {
            match self.open(&path) {
                Ok(opened) => {
                    let mark = Mark::beginning(self.draw());
                    self.begin(now, origin.clone(), opened, (Place::Moved, mark));
                }
                Err(error) => self.findings.push(Finding::new(&path, What::unreadable(&error))),
            }
        }
    }

    /// The last modification of what was read at a path. `None` if nothing was.
    pub(super) fn known_until(&self, path: &Path) -> Option<i64> {
        let last = self.newest.get(path).and_then(|key| self.tracked.get(key));
        let last = last.filter(|file| file.is_proven).map(|file| file.stat.modified_ns);
        last.or_else(|| self.left.get(path).copied())
    }

    /// The files beside `path` that were written after the file `last`, and modified after `since_ns` where names do not
    /// tell; the oldest first. Not those that are followed, or that a path of a source leads to. `None` while the path
    /// leads to a file that is not followed: they may be copies of it.
    pub(super) fn missed(
        &self,
        path: &Path,
        last: Option<FileKey>,
        since_ns: i64,
    ) -> Option<Vec<PathBuf>> {
        let (directory, base) = (path.parent()?, path.file_name()?);
        // A directory that cannot be listed is among the troubles of the walk, if it holds a glob.
        let mut siblings = self.siblings(directory).unwrap_or_default();
        let last = last.and_then(|key| self.tracked.get(&key)).filter(|file| file.is_proven);
        let name = siblings
            .iter()
            .find(|sibling| last.is_some_and(|last| last.stat.id() == sibling.stat.id()))
            .map(|sibling| sibling.name.clone());
        let followed = self.taken();
        siblings.retain(|sibling| {
            let path = directory.join(&sibling.name);
            let is_free = !self.sources.iter().any(|source| source.matches(&path));
            is_free && !followed.contains(&sibling.stat.id())
        });
        if self.files.stat(path).is_ok_and(|there| !followed.contains(&there.id())) {
            return None;
        }
        let left_ns = self.left.get(path).copied();
        let missed = missed(base, name.as_deref(), since_ns, left_ns, siblings);
        Some(missed.into_iter().map(|Sibling { name, .. }| directory.join(name)).collect())
    }
}
