//! The files beside a log: rotations that went unseen leave some that were never read.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use super::Tail;
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

    /// Makes up for rotations that went unseen: what was written after the file that was read last
    /// at this path and before the one that is there now is followed too, in order. Only those
    /// that are `free`: no path of a source leads to them.
    pub(super) fn make_up(
        &mut self,
        now: Instant,
        origin: &(usize, Arc<Path>),
        free: impl Fn((u64, u64)) -> bool,
    ) {
        let path = &origin.1;
        let last = self.newest.get(path).and_then(|key| self.tracked.get(key));
        let last = last.filter(|file| file.is_proven).map(|file| file.stat);
        let left_ns = self.left.get(&**path).copied();
        let modified_ns = match (last, left_ns) {
            (Some(last), _) => last.modified_ns,
            (None, Some(left_ns)) => left_ns,
            (None, None) => return,
        };
        let (Some(directory), Some(base)) = (path.parent(), path.file_name()) else { return };
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
        for Sibling { name, .. } in missed {
            let name = directory.join(&name);
            match self.open(&name) {
                Ok(opened) => {
                    let mark = Mark::beginning(self.draw());
                    self.begin(now, origin.clone(), opened, (Place::Moved, mark));
                }
                Err(error) => self.findings.push(Finding::new(&name, What::unreadable(&error))),
            }
        }
    }
}
