//! Where reading goes on of files that are not open: each checkpoint finds its file again, under the
//! name it had, one that it was renamed to in the same directory, or compressed, and only if its
//! content is the one that was read. What is not found is told as lost once, and as missing as long
//! as the directory itself may come back.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::Tail;
use super::checkpoint::{Checkpoint, FileKey, Stage};
use super::file::{Handle, Stat};
use super::finding::{Finding, What};
use super::identity::FINGERPRINT_BYTES_MAX;
use super::mark::Mark;
use super::memory::{let_go, mark_of};
use super::recognise::Recognised;
use super::siblings::Origin;
use super::tracked::{Place, Tracked};
use super::unpack::Packing;
use super::view::View;

/// The number of no file, in checkpoints of a content that was cut off or replaced in place: the file
/// itself is followed on.
pub(super) const NO_INODE: u64 = 0;

/// A checkpoint of which the file is not open.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) checkpoint: Checkpoint,
    /// The file is there and cannot be read.
    pub(super) blocked: bool,
    /// Another content is in its place.
    replaced: bool,
    /// It lies nowhere as it was.
    is_sought: bool,
}

/// What became of a checkpoint's file.
enum Found {
    /// Its content is the one that was read.
    Same(Opened, Mark),
    /// It was compressed and read in part: its content is compared when it has a turn.
    Packed(PathBuf, Box<dyn Handle>, Stat, Vec<FileKey>),
    /// Another content is in its place, and no copy of its own was found: the file is a new one.
    Replaced,
    /// It is there and cannot be read.
    Blocked(PathBuf, io::Error),
    /// It is not there.
    Nowhere,
}

struct Opened {
    path: Arc<Path>,
    place: Place,
    handle: Box<dyn Handle>,
    stat: Stat,
}

impl Waiting {
    pub(super) fn new(checkpoint: Checkpoint) -> Self {
        let replaced = checkpoint.identity.inode == NO_INODE;
        Self { checkpoint, blocked: false, replaced, is_sought: false }
    }

    /// What was read of a file whose content was cut off or replaced in place.
    pub(super) fn replaced(checkpoint: Checkpoint) -> Self {
        Self { is_sought: true, ..Self::new(checkpoint) }
    }
}

impl Tail {
    /// Opens what the checkpoints stand for, as far as it is there.
    pub(super) fn resume(&mut self, now: Instant, view: &mut View<'_>) {
        self.part_with_stale();
        let claimed = self.claimed();
        for key in self.waiting.keys().copied().collect::<Vec<_>>() {
            let Some(waiting) = self.waiting.get_mut(&key) else { continue };
            if claimed.contains(&waiting.checkpoint.file) {
                continue;
            }
            (waiting.blocked, waiting.is_sought) = (false, false);
            let checkpoint = waiting.checkpoint.clone();
            let path: Arc<Path> = checkpoint.path.as_path().into();
            let Some(source) = self.sources.iter().position(|source| source.matches(&path)) else {
                // It is left for when its source is configured again.
                self.keep_missing(now, key);
                continue;
            };
            let origin = (source, path);
            let found =
                if waiting.replaced { Found::Replaced } else { self.find(&checkpoint, view) };
            match found {
                Found::Same(opened, mark) => {
                    self.waiting.remove(&key);
                    view.taken.insert(opened.stat.id());
                    self.take_up(now, source, &checkpoint, opened, mark);
                }
                Found::Packed(name, handle, stat, claims) => {
                    view.taken.insert(stat.id());
                    self.begin_packed(now, origin, (name, handle, stat), claims);
                }
                Found::Blocked(path, error) => {
                    view.troubles.insert(path, What::unreadable(&error));
                    if let Some(waiting) = self.waiting.get_mut(&key) {
                        waiting.blocked = true;
                    }
                    view.taken.insert((checkpoint.identity.device, checkpoint.identity.inode));
                }
                Found::Replaced | Found::Nowhere => {
                    if let Some(waiting) = self.waiting.get_mut(&key) {
                        waiting.replaced = matches!(found, Found::Replaced);
                        waiting.is_sought = true;
                    }
                }
            }
        }
    }

    /// Seeks what lies nowhere as it was, when the logs are open of which there may be copies.
    pub(super) fn seek_all(&mut self, now: Instant, view: &mut View<'_>) {
        let sought = self.waiting.iter().filter(|(_, waiting)| waiting.is_sought);
        for key in sought.map(|(key, _)| *key).collect::<Vec<_>>() {
            let Some(waiting) = self.waiting.get(&key) else { continue };
            let path: Arc<Path> = waiting.checkpoint.path.as_path().into();
            if let Some(source) = self.sources.iter().position(|source| source.matches(&path)) {
                self.seek(now, key, &(source, path), view);
            }
        }
    }

    /// Files for which compressed ones are still compared.
    fn claimed(&self) -> HashSet<FileKey> {
        self.tracked.values().flat_map(|file| file.claims.iter().copied()).collect()
    }

    /// Its file lies nowhere as it was: what was rotated since is looked through. What is not among
    /// that is lost, if the directory is the true one and not that under a file system that is not
    /// mounted now.
    fn seek(&mut self, now: Instant, key: (u64, FileKey), origin: &Origin, view: &mut View<'_>) {
        let made = self.make_up(now, origin, false, view);
        let Some(waiting) = self.waiting.get(&key) else { return };
        let checkpoint = waiting.checkpoint.clone();
        let replaced = waiting.replaced;
        if self.claimed().contains(&checkpoint.file) {
            return;
        }
        if checkpoint.position.offset == 0 && view.begun.contains(&origin.1) {
            // Nothing was read of it by which it could be known: it is the oldest that was missed. At a later look it
            // would not be seen any more that something was begun for it.
            self.waiting.remove(&key);
            self.newest.retain(|_, newest| *newest != checkpoint.file);
            self.drop_row(checkpoint.file);
            return;
        }
        if !made.is_settled() {
            return;
        }
        let is_true = replaced
            || self.newest.get(&origin.1).is_some_and(|newest| *newest != checkpoint.file)
            || view.at(&origin.1).is_some()
            || view.holds_files(&*self.files, &origin.1);
        if !is_true {
            let what = What::Missing { unread_bytes: checkpoint.unread_bytes() };
            view.troubles.insert(checkpoint.path, what);
            self.keep_missing(now, key);
            return;
        }
        self.waiting.remove(&key);
        self.newest.retain(|_, newest| *newest != checkpoint.file);
        let lost_bytes_at_least = checkpoint.unread_bytes();
        let what = if replaced {
            What::Truncated { lost_bytes_at_least }
        } else {
            What::Vanished { lost_bytes_at_least }
        };
        self.findings.push(Finding::new(&checkpoint.path, what));
        let stored_bytes = checkpoint.position.offset;
        self.remember(let_go(checkpoint, stored_bytes, self.calendar.at(now)));
    }

    /// Goes on without a descriptor that leads nowhere any more, as that of a network file system
    /// that went away, as another process would.
    fn part_with_stale(&mut self) {
        for key in self.keys() {
            let Some(file) = self.tracked.get(&key) else { continue };
            // What was accepted and is not committed would be forgotten with it.
            if file.is_stale && file.read == file.base && !file.done {
                let checkpoint = file.checkpoint();
                let is_known = file.claims.is_empty();
                self.tracked.remove(&key);
                if is_known {
                    self.dirty.remove(&key);
                    let since_us = self.calendar.started_us().max(1);
                    let checkpoint = Checkpoint { since_us, ..checkpoint };
                    self.keep(checkpoint.clone());
                    self.waiting.insert((checkpoint.number, key), Waiting::new(checkpoint));
                }
            }
        }
    }

    fn take_up(
        &mut self,
        now: Instant,
        source: usize,
        checkpoint: &Checkpoint,
        opened: Opened,
        mark: Mark,
    ) {
        let from = mark.position.offset;
        self.findings.push(Finding::new(&checkpoint.path, What::Resumed { from }));
        if opened.place == Place::Moved {
            let unread_bytes = opened.stat.size.saturating_sub(from);
            self.findings.push(Finding::new(&opened.path, What::Rotated { unread_bytes }));
        }
        let opened_as = (opened.handle, opened.stat);
        let origin = (source, opened.path);
        let stands = (opened.place, mark);
        let mut file = Tracked::new(checkpoint.file, origin, opened_as, stands, now);
        file.number = checkpoint.number;
        file.anchors = checkpoint.anchors.clone();
        if checkpoint.stage != Stage::Followed {
            self.dirty.insert(checkpoint.file);
        }
        self.insert(file);
    }

    fn find(&self, checkpoint: &Checkpoint, view: &mut View<'_>) -> Found {
        let at_path =
            view.at(&checkpoint.path).filter(|seen| !view.taken.contains(&seen.stat.id()));
        let at_path = at_path.cloned();
        if let Some(sighting) = &at_path
            && sighting.stat.inode == checkpoint.identity.inode
        {
            let found = self.verify(checkpoint, sighting.path.clone(), Place::AtPath);
            // Device numbers change when disks are found in another order; content tells.
            let same_device = sighting.stat.device == checkpoint.identity.device;
            match found {
                Found::Replaced if same_device => return self.copy_or_replaced(checkpoint),
                Found::Same(..) => return found,
                Found::Blocked(..) if same_device => return found,
                _ => {}
            }
        }
        let id = (checkpoint.identity.device, checkpoint.identity.inode);
        if view.taken.contains(&id) {
            return Found::Nowhere;
        }
        if let Some(sighting) = view.seen.get(&id) {
            return or_nowhere(self.verify(checkpoint, sighting.path.clone(), Place::AtPath));
        }
        let Some(directory) = checkpoint.path.parent() else { return Found::Nowhere };
        let sibling = match view.by_id(self, directory, id) {
            Ok(sibling) => sibling,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Found::Nowhere,
            // It may be in there: it stays awaited.
            Err(error) => return Found::Blocked(directory.to_path_buf(), error),
        };
        match (sibling, at_path) {
            (Some(name), _) => self.find_moved(checkpoint, &directory.join(name)),
            // What was brought here from another disk has another number and the same content.
            (None, Some(sighting))
                if checkpoint.position.offset >= u64::from(FINGERPRINT_BYTES_MAX) =>
            {
                or_nowhere(self.verify(checkpoint, sighting.path, Place::AtPath))
            }
            (None, _) => Found::Nowhere,
        }
    }

    /// The file's number was found at another name.
    fn find_moved(&self, checkpoint: &Checkpoint, name: &Path) -> Found {
        let packing = name.file_name().and_then(Packing::of);
        if let Some((_, packing)) = packing {
            let opened = self.open_packed(name, Some(packing)).and_then(|(handle, stat)| {
                let claims = self.claims(name.parent().unwrap_or(Path::new("")), &*handle)?;
                Ok((handle, stat, claims))
            });
            let is_unread = checkpoint.position.offset == 0;
            return match opened {
                // Where nothing was read the number is all that tells, unless the content does.
                Ok((handle, stat, claims)) if is_unread && claims.is_empty() => {
                    Found::Packed(name.to_path_buf(), handle, stat, vec![checkpoint.file])
                }
                Ok((handle, stat, claims)) if claims.contains(&checkpoint.file) => {
                    Found::Packed(name.to_path_buf(), handle, stat, claims)
                }
                Ok(_) => Found::Nowhere,
                Err(error) if error.kind() == io::ErrorKind::NotFound => Found::Nowhere,
                Err(error) => Found::Blocked(name.to_path_buf(), error),
            };
        }
        match self.verify(checkpoint, name.into(), Place::Moved) {
            Found::Same(opened, _) if self.is_another(checkpoint, &opened) => Found::Nowhere,
            Found::Same(opened, mark) => {
                let path = checkpoint.path.as_path().into();
                Found::Same(Opened { path, ..opened }, mark)
            }
            other => or_nowhere(other),
        }
    }

    /// Is a file that has the number of one of which nothing was read known as another by its content?
    fn is_another(&self, checkpoint: &Checkpoint, opened: &Opened) -> bool {
        if checkpoint.position.offset > 0 {
            return false;
        }
        let directory = checkpoint.path.parent().unwrap_or(Path::new(""));
        let claims = self.claims(directory, &*opened.handle);
        let known = claims.and_then(|claims| self.recognise(&*opened.handle, &opened.stat, claims));
        // What cannot be read now is looked at when it has a turn.
        known.is_ok_and(|known| known != Recognised::New)
    }

    fn copy_or_replaced(&self, checkpoint: &Checkpoint) -> Found {
        let mark = mark_of(checkpoint);
        match self.find_copy(&checkpoint.path, mark) {
            Some((handle, stat)) => {
                let path = checkpoint.path.as_path().into();
                Found::Same(Opened { path, place: Place::Moved, handle, stat }, mark)
            }
            None => Found::Replaced,
        }
    }

    /// Opens a candidate and compares its content with what was read.
    fn verify(&self, checkpoint: &Checkpoint, path: Arc<Path>, place: Place) -> Found {
        let compared = self.open(&path).and_then(|(handle, stat)| {
            let mark = Mark::at(&*handle, checkpoint.generation, checkpoint.position)?;
            Ok((handle, stat, mark))
        });
        match compared {
            Ok((handle, stat, mark)) => {
                let opened = Opened { path, place, handle, stat };
                // Where nothing was read there is nothing to compare: a log does not shrink.
                let shrank = checkpoint.position.offset == 0 && opened.stat.size < checkpoint.size;
                match mark {
                    Some(mark) if mark == mark_of(checkpoint) && !shrank => {
                        Found::Same(opened, mark)
                    }
                    Some(_) | None => Found::Replaced,
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Found::Nowhere,
            Err(error) => Found::Blocked(path.to_path_buf(), error),
        }
    }
}

/// Under another name only the same content is the same file: the number may be used again.
fn or_nowhere(found: Found) -> Found {
    match found {
        Found::Replaced => Found::Nowhere,
        Found::Same(..) | Found::Packed(..) | Found::Blocked(..) | Found::Nowhere => found,
    }
}
