//! A rotation by copy and truncation (`copytruncate`) leaves a file that holds what was read, and what
//! was not.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::time::Instant;

use super::Tail;
use super::checkpoint::{Checkpoint, FileKey};
use super::file::{Handle, Kind, Stat};
use super::finding::{Finding, What};
use super::identity::{Fingerprint, Identity};
use super::mark::Mark;
use super::memory::let_go;
use super::recognise::Copied;
use super::resume::{NO_INODE, Waiting};
use super::tracked::{Place, Tracked};
use super::view::here;

impl Tail {
    /// A file beside `path` that is not followed and holds the very bytes that were read up to
    /// `mark`, whatever it is called: the newest of them.
    pub(super) fn find_copy(&self, path: &Path, mark: Mark) -> Option<(Box<dyn Handle>, Stat)> {
        if mark.position.offset == 0 {
            return None;
        }
        let directory = path.parent()?;
        let followed = self.taken();
        // What cannot be listed or opened is no copy that could be read.
        let mut siblings = self.siblings(directory).unwrap_or_default();
        siblings.retain(|(_, stat)| {
            stat.size >= mark.position.offset && !followed.contains(&stat.id())
        });
        siblings.sort_by_key(|(_, stat)| std::cmp::Reverse(stat.modified_ns));
        siblings.into_iter().find_map(|(name, _)| {
            let (handle, stat) = self.open(&directory.join(name)).ok()?;
            let found = Mark::at(&*handle, mark.generation, mark.position).ok()??;
            (found == mark).then_some((handle, stat))
        })
    }

    /// The regular files of a directory.
    pub(super) fn siblings(&self, directory: &Path) -> io::Result<Vec<(OsString, Stat)>> {
        let names = self.files.names(here(directory))?;
        let regular = names.into_iter().filter_map(|name| {
            // What is gone or closed to us since is no candidate.
            let stat = self.files.stat(&directory.join(&name)).ok()?;
            (stat.kind == Kind::Regular).then_some((name, stat))
        });
        Ok(regular.collect())
    }

    /// The content was cut off or replaced in place: a new generation begins, after what a copy
    /// still holds of the old one.
    pub(super) fn truncated(&mut self, now: Instant, key: FileKey, lost_bytes_at_least: u64) {
        let (copy_key, generation) = (FileKey(self.draw()), self.draw());
        let Some(file) = self.tracked.get_mut(&key) else { return };
        let (read, base) = (file.read, file.base);
        let origin = (file.source, file.path.clone());
        let mut old = file.checkpoint();
        (old.file, old.number) = (copy_key, 0);
        old.since_us = self.calendar.started_us().max(1);
        old.size = read.position.offset.saturating_add(lost_bytes_at_least);
        file.restart(generation, now);
        self.dirty.insert(key);
        let found = self.find_copy(&origin.1, read);
        self.remember_copies(now, key, &old);
        if let Some((handle, stat)) = found {
            let unread_bytes = stat.size.saturating_sub(read.position.offset);
            self.findings.push(Finding::new(&origin.1, What::Rotated { unread_bytes }));
            let mut copy =
                Tracked::new(copy_key, origin, (handle, stat), (Place::Moved, read), now);
            copy.base = base;
            copy.anchors = old.anchors;
            copy.expected = old.size;
            self.insert(copy);
            self.dirty.insert(copy_key);
            self.enqueue(copy_key);
            self.enqueue(key);
        } else {
            // It may have been compressed since, or the log itself be another by now: all is looked at
            // before the new content is read.
            (old.identity.device, old.identity.inode) = (0, NO_INODE);
            self.keep(old.clone());
            self.waiting.insert((old.number, copy_key), Waiting::replaced(old));
            self.next_pass = None;
        }
    }

    /// Copies that were compared with a log before it was cut off hold nothing that is not read elsewhere: remembered by
    /// their numbers and times, also for the next process.
    fn remember_copies(&mut self, now: Instant, key: FileKey, old: &Checkpoint) {
        let is_of = |copy: &&Copied| copy.of == key && copy.unread_ns.is_none();
        let copies: Vec<_> = self.copies.iter().filter(|(_, copy)| is_of(copy)).collect();
        let copies: Vec<_> = copies.into_iter().map(|(id, copy)| (*id, *copy)).collect();
        for ((device, inode), copy) in copies {
            let identity = Identity { device, inode, head: Fingerprint::default() };
            let mark = Mark::beginning(old.generation);
            let known = Checkpoint {
                file: FileKey(self.draw()),
                identity,
                position: mark.position,
                behind: mark.behind,
                modified_ns: copy.modified_ns,
                ..old.clone()
            };
            self.remember(let_go(known, copy.stored_bytes, self.calendar.at(now)));
        }
    }
}
