//! What a truncation left elsewhere: a rotation by copy and truncation (`copytruncate`) leaves a file
//! beside the log that holds what was read of it, and what was not.

use std::collections::HashSet;
use std::path::Path;
use std::time::Instant;

use super::Tail;
use super::checkpoint::FileKey;
use super::file::{Handle, Stat};
use super::finding::{Finding, What};
use super::tracked::{Mark, Place, Tracked};

impl Tail {
    /// A file beside `path` that is not followed and holds the very bytes that were read up to
    /// `mark`: the newest of them.
    pub(super) fn find_copy(&self, path: &Path, mark: Mark) -> Option<(Box<dyn Handle>, Stat)> {
        if mark.position.offset == 0 {
            return None;
        }
        let directory = path.parent()?;
        let followed: HashSet<(u64, u64)> =
            self.tracked.values().map(|file| file.stat.id()).collect();
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
    /// still holds of the old one.
    pub(super) fn truncated(&mut self, now: Instant, key: FileKey, lost_bytes_at_least: u64) {
        let (copy_key, generation) = (FileKey(self.draw()), self.draw());
        let Some(file) = self.tracked.get_mut(&key) else { return };
        let (read, base) = (file.read, file.base);
        let (source, path) = (file.source, file.path.clone());
        file.restart(generation, now);
        self.dirty.insert(key);
        if let Some((handle, stat)) = self.find_copy(&path, read) {
            let unread_bytes = stat.size.saturating_sub(read.position.offset);
            self.findings.push(Finding::new(&path, What::Rotated { unread_bytes }));
            let origin = (source, path.clone());
            let mut copy =
                Tracked::new(copy_key, origin, (handle, stat), (Place::Moved, read), now);
            copy.base = base;
            self.insert(copy);
            self.dirty.insert(copy_key);
            self.enqueue(copy_key);
        } else {
            self.findings.push(Finding::new(&path, What::Truncated { lost_bytes_at_least }));
        }
        self.enqueue(key);
    }
}
