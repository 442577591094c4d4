//! Rotation by copying and truncating: logrotate's `copytruncate`. The log keeps its inode, so that only its content tells
//! that another one began; what it held is in a copy beside it, under a name that nobody announced. Several may be made
//! while nobody looks.

use std::io;
use std::path::Path;
use std::time::Instant;

use super::Tail;
use super::checkpoint::{FileKey, Position};
use super::file::{Handle, Stat, read_full};
use super::finding::{Finding, What};
use super::identity::Fingerprint;
use super::mark::Mark;
use super::rotation::ROTATE_WAIT;
use super::tracked::{Hides, Place, Tracked};

/// So many bytes at a copy's beginning are compared with the log that it may be a copy of.
const COMPARED_BYTES: usize = 64 * 1024;

/// A file that holds what a log held, up to some byte.
pub(super) struct Copy {
    pub(super) handle: Box<dyn Handle>,
    pub(super) stat: Stat,
    /// Where reading goes on in it: where it stood in the log, or the copy's end, if it was made before that was written.
    pub(super) mark: Mark,
}

impl Tail {
    /// The content was cut off or replaced in place: a new generation begins, after what a copy
    /// still holds of the old one.
    pub(super) fn truncated(&mut self, now: Instant, key: FileKey, lost_bytes_at_least: u64) {
        let (copy_key, generation) = (FileKey(self.draw()), self.draw());
        let Some(file) = self.tracked.get_mut(&key) else { return };
        let (read, base) = (file.read, file.base);
        let known_bytes = read.position.offset.saturating_add(lost_bytes_at_least);
        let (source, path, number) = (file.source, file.path.clone(), file.number);
        file.hides = Some(Hides::new(file.verified_ns(), now));
        file.restart(generation, now);
        // The copy is the older of the two, also for the next process.
        self.come_last(key);
        if let Some(copy) = self.find_copy(&path, read) {
            let unread_bytes = copy.stat.size.saturating_sub(copy.mark.position.offset);
            self.findings.push(Finding::new(&path, What::Rotated { unread_bytes }));
            let read_or_copied = copy.stat.size.max(read.position.offset);
            let lost_bytes_at_least = known_bytes.saturating_sub(read_or_copied);
            if lost_bytes_at_least > 0 {
                self.findings.push(Finding::new(&path, What::Truncated { lost_bytes_at_least }));
            }
            let origin = (source, path);
            let opened = (copy.handle, copy.stat);
            let mut copy = Tracked::new(copy_key, origin, opened, (Place::Moved, copy.mark), now);
            copy.number = number;
            if base.position.offset <= copy.read.position.offset {
                copy.base = base;
            }
            self.insert(copy);
            self.dirty.insert(copy_key);
            self.enqueue(copy_key);
        } else {
            self.findings.push(Finding::new(&path, What::Truncated { lost_bytes_at_least }));
        }
        self.look_beside(now, key);
        self.enqueue(key);
    }

    /// A file beside `path` that is not followed and begins with the very bytes that were read up to `mark`: the newest of
    /// them. `None` where nothing was read that it could be known by.
    pub(super) fn find_copy(&self, path: &Path, mark: Mark) -> Option<Copy> {
        if mark.position.offset == 0 {
            return None;
        }
        let directory = path.parent()?;
        let followed = self.taken();
        // What cannot be listed or opened is no copy that could be read.
        let mut siblings = self.siblings(directory).unwrap_or_default();
        siblings.retain(|sibling| !followed.contains(&sibling.stat.id()));
        siblings.sort_by_key(|sibling| std::cmp::Reverse(sibling.stat.modified_ns));
        siblings.into_iter().find_map(|sibling| {
            let (handle, stat) = self.open(&directory.join(sibling.name)).ok()?;
            let mark = in_copy(&*handle, stat, mark).ok()??;
            Some(Copy { handle, stat, mark })
        })
    }

    /// Looks for what a log's path led to, or what the log held, in between: files that were renamed, or copied and cut off
    /// in the log, while nobody looked. One that begins as the log does is a copy of what is there now; that is asked again
    /// when the first bytes of the log are read, since the log may be cut off in between.
    pub(super) fn look_beside(&mut self, now: Instant, key: FileKey) {
        let Some(file) = self.tracked.get(&key) else { return };
        let Some(mut hides) = file.hides else { return };
        let (origin, last) = ((file.source, file.path.clone()), file.after);
        hides.looked = Some((file.place, file.stat.modified_ns));
        hides.has_empty = false;
        let left_ns = self.left.get(&*origin.1).copied();
        let since_ns = left_ns.map_or(hides.since_ns, |left_ns| left_ns.max(hides.since_ns));
        let mut found = false;
        let Some(missed) = self.missed(&origin.1, last, since_ns) else { return };
        for path in missed {
            match self.open(&path) {
                Ok((_, stat)) if stat.size == 0 => hides.has_empty = true,
                Ok((handle, _)) if self.is_copy(&origin.1, &*handle) => {}
                Ok(opened) => {
                    let mark = Mark::beginning(self.draw());
                    self.begin(now, origin.clone(), opened, (Place::Moved, mark));
                    found = true;
                }
                Err(error) => self.findings.push(Finding::new(&path, What::unreadable(&error))),
            }
        }
        if found {
            self.come_last(key);
            self.keys().into_iter().for_each(|key| self.settle(now, key));
        }
        if let Some(file) = self.tracked.get_mut(&key) {
            let is_over = now.saturating_duration_since(hides.began) >= ROTATE_WAIT;
            let is_known = file.read.position.offset > 0 && (!hides.has_empty || is_over);
            file.hides = Some(hides).filter(|_| !is_known);
        }
    }

    /// What the path led to after this time may be unknown.
    pub(super) fn hides(&mut self, now: Instant, key: FileKey, since_ns: Option<i64>) {
        if let Some(file) = self.tracked.get_mut(&key) {
            file.hides = since_ns.map(|since_ns| Hides::new(since_ns, now));
        }
        self.look_beside(now, key);
    }

    /// Gives the file the highest number: what it holds now came after all else of its path.
    fn come_last(&mut self, key: FileKey) {
        self.inserted = self.inserted.saturating_add(1);
        if let Some(file) = self.tracked.get_mut(&key) {
            file.number = self.inserted;
            self.dirty.insert(key);
        }
    }

    /// Does a file hold nothing but what a file of this path begins with, now or when it was read?
    fn is_copy(&self, path: &Path, copy: &dyn Handle) -> bool {
        let mut there = vec![0; COMPARED_BYTES];
        let of_path = || self.tracked.values().filter(|file| *file.path == *path);
        let mut compare = || {
            let bytes = read_full(copy, &mut there, 0)?;
            let there = there.get(..bytes).unwrap_or_default();
            let mut here = vec![0; bytes];
            for file in of_path() {
                let same = read_full(&*file.handle, &mut here, 0)? == bytes && here == there;
                if same || begins_with(copy, file.read.head)? {
                    return Ok(true);
                }
            }
            Ok::<_, io::Error>(false)
        };
        // What cannot be compared is read: twice is better than never.
        compare().unwrap_or(false)
    }
}

/// Where reading goes on in `handle`, if it holds what was read up to `mark`, or a part of it.
fn in_copy(handle: &dyn Handle, stat: Stat, mark: Mark) -> io::Result<Option<Mark>> {
    if stat.size >= mark.position.offset {
        let found = Mark::at(handle, mark.generation, mark.position)?;
        return Ok(found.filter(|found| *found == mark));
    }
    if !begins_with(handle, mark.head)? {
        return Ok(None);
    }
    let position = Position { offset: stat.size, ..mark.position };
    Mark::at(handle, mark.generation, position)
}

/// Are these the bytes at the beginning of a file? Nobody knows where there are none.
fn begins_with(handle: &dyn Handle, head: Fingerprint) -> io::Result<bool> {
    let mut first = vec![0; usize::from(head.bytes)];
    Ok(head.bytes > 0 && read_full(handle, &mut first, 0)? == first.len() && head.matches(&first))
}
