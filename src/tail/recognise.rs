//! Is a file that turns up one that is known: read in part, read to its end under another name, or a
//! copy of one that is followed? Its content tells: the bytes that it begins with, and those before
//! the place up to which the other was read.

use std::cmp::Reverse;
use std::io;
use std::path::Path;
use std::time::Instant;

use super::Tail;
use super::checkpoint::{Checkpoint, FileKey};
use super::discover::{FILES_MAX, Sighting};
use super::file::{Handle, Stat, read_full};
use super::finding::{Finding, What};
use super::identity::{FINGERPRINT_BYTES_MAX, Fingerprint};
use super::mark::Mark;
use super::memory::{REMEMBERED_MAX, mark_of, same_time};
use super::packed::DECODED_BYTES_A_TURN;
use super::rotated::Rotated;
use super::rotation::ROTATE_WAIT;
use super::tracked::Tracked;

/// What a file's content is known as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recognised {
    /// The beginning or the whole of a file that is followed.
    CopyOf(FileKey),
    /// A file that was read up to its checkpoint.
    ReadBefore(FileKey),
    /// The beginning of a file that was read beyond it.
    Within(FileKey),
    /// No content that is known.
    New,
}

/// A copy that is left alone as long as it does not change and the file that it is of is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Copied {
    pub(super) of: FileKey,
    /// When that was modified last, where nothing of it is read by which it would be known again.
    pub(super) unread_ns: Option<i64>,
    pub(super) stored_bytes: u64,
    pub(super) modified_ns: i64,
}

impl Tail {
    /// Known files of this directory that begin as the file does: what it could be.
    pub(super) fn claims(&self, directory: &Path, handle: &dyn Handle) -> io::Result<Vec<FileKey>> {
        let mut first = vec![0; usize::from(FINGERPRINT_BYTES_MAX)];
        let read = read_full(handle, &mut first, 0)?;
        first.truncate(read);
        let here = |path: &Path| path.parent() == Some(directory);
        let followed = self
            .tracked
            .values()
            .filter(|file| here(&file.path) && file.claims.is_empty() && file.begins_as(&first));
        let checkpoints =
            self.memory.files().chain(self.waiting.values().map(|one| &one.checkpoint));
        let checkpoints = checkpoints.filter(|known| here(&known.path) && begins_as(known, &first));
        Ok(followed.map(|file| file.key).chain(checkpoints.map(|known| known.file)).collect())
    }

    /// Compares the file with what it could be.
    pub(super) fn recognise(
        &self,
        handle: &dyn Handle,
        stat: &Stat,
        mut claims: Vec<FileKey>,
    ) -> io::Result<Recognised> {
        // Where one known file is the beginning of another, the longer one says more.
        claims.sort_by_key(|key| Reverse(self.offset_of_known(*key)));
        for key in claims {
            let same = match self.tracked.get(&key) {
                Some(file) => file.is_held_by(handle, stat)?.then_some(Recognised::CopyOf(key)),
                None => match self.checkpoint_of(key) {
                    Some(known) => is_of(known, handle)?,
                    None => None,
                },
            };
            if let Some(same) = same {
                return Ok(same);
            }
        }
        Ok(Recognised::New)
    }

    /// What a file is that a path of a source leads to. A log's own path is written anew with whatever
    /// it is: only one that is called like a rotated file of another log can be a copy, and only one
    /// that has the number of a file that was let go can be that file.
    pub(super) fn recognise_at_path(
        &self,
        sighting: &Sighting,
        handle: &dyn Handle,
        stat: &Stat,
    ) -> io::Result<Recognised> {
        let directory = sighting.path.parent().unwrap_or(Path::new(""));
        let claims = match self.memory.by_id(stat.id()) {
            _ if self.is_rotated(&sighting.path) => self.claims(directory, handle)?,
            // The number may be used again, for a log that begins alike.
            Some(known)
                if (self.memory.is_unchanged(stat) || stat.size > known.position.offset)
                    && self.claims(directory, handle)?.contains(&known.file) =>
            {
                vec![known.file]
            }
            Some(_) | None => return Ok(Recognised::New),
        };
        self.recognise(handle, stat, claims)
    }

    /// Is it called like a rotated file of a log that is known?
    pub(super) fn is_rotated(&self, path: &Path) -> bool {
        let logs = path.file_name().map(Rotated::all).unwrap_or_default();
        logs.iter().any(|(log, _)| self.knows(&path.with_file_name(log)))
    }

    /// Is it the log that is followed, on a disk that has another number since it was mounted again?
    pub(super) fn is_moved_disk(&mut self, sighting: &Sighting) -> bool {
        let newest = self.newest.get(&sighting.path).and_then(|key| self.tracked.get(key));
        let Some(file) = newest.filter(|file| {
            file.stat.inode == sighting.stat.inode && file.stat.device != sighting.stat.device
        }) else {
            return false;
        };
        let mark = file.read;
        let key = file.key;
        let is_same = self
            .open(&sighting.path)
            .and_then(|(handle, _)| Mark::at(&*handle, mark.generation, mark.position));
        let is_same = is_same.is_ok_and(|found| found == Some(mark)) && mark.position.offset > 0;
        if let Some(file) = self.tracked.get_mut(&key) {
            file.is_stale |= is_same;
        }
        is_same
    }

    fn offset_of_known(&self, key: FileKey) -> Option<u64> {
        let followed = self.tracked.get(&key).map(|file| file.read.position.offset);
        followed.or_else(|| self.checkpoint_of(key).map(|known| known.position.offset))
    }

    /// The checkpoint of a file that is not open.
    pub(super) fn checkpoint_of(&self, key: FileKey) -> Option<&Checkpoint> {
        let waiting = || self.waiting.values().map(|one| &one.checkpoint);
        self.memory.file(key).or_else(|| waiting().find(|checkpoint| checkpoint.file == key))
    }

    /// Takes the checkpoint of a file that is open from now on.
    pub(super) fn take_checkpoint(&mut self, key: FileKey) -> Option<Checkpoint> {
        self.memory.remove(key).or_else(|| {
            let place = *self.waiting.iter().find(|(_, one)| one.checkpoint.file == key)?.0;
            self.waiting.remove(&place).map(|one| one.checkpoint)
        })
    }

    /// Is a compressed file what became of one that was let go? What compresses keeps the time of the
    /// last modification, so that the whole need not be decoded to know.
    pub(super) fn is_compressed_from(&self, claims: &[FileKey], stat: &Stat) -> Option<FileKey> {
        let same = |key: &&FileKey| {
            let known = self.memory.file(**key);
            known.is_some_and(|known| same_time(known.modified_ns, stat.modified_ns))
        };
        claims.iter().find(same).copied()
    }

    /// Can it be told what a compressed file is, of which the beginning was just compared? One of which
    /// that cannot be decoded may still be written.
    pub(super) fn is_ripe(&mut self, now: Instant, handle: &dyn Handle) -> io::Result<bool> {
        let is_sound = handle.damage().is_none();
        let stat = handle.stat()?;
        if !is_sound && handle.damage().is_none() {
            // It grew since, and is to be compared again.
            return Ok(false);
        }
        if is_sound || stat.size >= u64::from(FINGERPRINT_BYTES_MAX) {
            self.unripe.remove(&stat.id());
            return Ok(true);
        }
        let seen = (stat.stored_bytes, stat.modified_ns);
        let before = self.unripe.get(&stat.id()).filter(|(before, _)| *before == seen);
        let since = before.map_or(now, |(_, since)| *since);
        let ripe = now.saturating_duration_since(since) >= ROTATE_WAIT;
        if ripe || self.unripe.len() >= REMEMBERED_MAX {
            self.unripe.remove(&stat.id());
            return Ok(true);
        }
        self.unripe.insert(stat.id(), (seen, since));
        Ok(false)
    }

    /// Leaves a copy alone while the file that it is of is followed.
    pub(super) fn leave_copy(&mut self, stat: &Stat, of: FileKey) {
        let Stat { stored_bytes, modified_ns, .. } = *stat;
        let unread_ns = self.tracked.get(&of).and_then(Tracked::unread_ns);
        self.copies.insert(stat.id(), Copied { of, unread_ns, stored_bytes, modified_ns });
    }

    pub(super) fn is_left_copy(&self, stat: &Stat) -> bool {
        self.copies.get(&stat.id()).is_some_and(|copy| {
            let unchanged =
                (copy.stored_bytes, copy.modified_ns) == (stat.stored_bytes, stat.modified_ns);
            let of = self.tracked.get(&copy.of);
            let is_known =
                |of: &Tracked| copy.unread_ns.is_none() || of.unread_ns() == copy.unread_ns;
            unchanged && of.is_some_and(is_known)
        })
    }

    /// May an empty file be a copy that is being made?
    pub(super) fn may_be_begun(&mut self, stat: &Stat, now: Instant) -> bool {
        if stat.size > 0 {
            self.empty_since.remove(&stat.id());
            return false;
        }
        if self.empty_since.len() >= FILES_MAX {
            self.empty_since.clear();
        }
        let since = *self.empty_since.entry(stat.id()).or_insert(now);
        now.saturating_duration_since(since) < ROTATE_WAIT
    }

    /// Does the log that a path leads to still hold what was read of it?
    pub(super) fn still_holds(&self, path: &Path) -> bool {
        let log = self.newest.get(path).and_then(|key| self.tracked.get(key));
        log.is_none_or(|log| {
            log.handle.is_packed() || log.read.is_reached_by(&*log.handle).unwrap_or(false)
        })
    }

    /// Decides what a compressed file is, as far as one turn decodes it. One that holds what is read
    /// elsewhere is not followed.
    pub(super) fn prove(&mut self, now: Instant, key: FileKey) -> io::Result<()> {
        let Some(file) = self.tracked.get(&key) else { return Ok(()) };
        let recognised = self.recognise(&*file.handle, &file.stat, file.claims.clone())?;
        let Some(file) = self.tracked.get_mut(&key) else { return Ok(()) };
        file.claims.clear();
        match recognised {
            Recognised::CopyOf(of) => {
                let stat = file.stat;
                self.drop_file(key);
                self.leave_copy(&stat, of);
                return Ok(());
            }
            Recognised::Within(of) => {
                let stat = file.stat;
                self.drop_file(key);
                self.remember_as(of, &stat);
                return Ok(());
            }
            Recognised::ReadBefore(of) => {
                let known = self.take_checkpoint(of);
                if let (Some(file), Some(known)) = (self.tracked.get_mut(&key), known) {
                    let mark = mark_of(&known);
                    (file.base, file.read, file.expected) = (mark, mark, known.unread_to());
                    file.anchors = known.anchors;
                    let found = What::Unpacking { from: mark.position.offset };
                    self.findings.push(Finding::new(&file.found_as, found));
                    self.drop_row(of);
                }
            }
            Recognised::New => {
                let found = What::Unpacking { from: 0 };
                self.findings.push(Finding::new(&file.found_as, found));
            }
        }
        if let Some(file) = self.tracked.get_mut(&key) {
            file.grew_at = now;
        }
        self.dirty.insert(key);
        Ok(())
    }
}

/// What a file that begins as what was read of a known one is of it.
fn is_of(known: &Checkpoint, handle: &dyn Handle) -> io::Result<Option<Recognised>> {
    if mark_of(known).is_reached_by(handle)? {
        return Ok(Some(Recognised::ReadBefore(known.file)));
    }
    if handle.damage().is_some() {
        // Nothing of it can be decoded that was not read.
        return Ok(Some(Recognised::ReadBefore(known.file)));
    }
    let size = handle.stat()?.size;
    // To go back in what is compressed is to decode it anew, which must be done in one turn.
    let goes_back = !handle.is_packed() || size <= DECODED_BYTES_A_TURN as u64;
    let is_within =
        goes_back && size <= known.position.offset && known.anchors.hold(handle, size)?;
    Ok(is_within.then_some(Recognised::Within(known.file)))
}

/// Does a file that begins with these bytes begin as what was read of a known one?
fn begins_as(known: &Checkpoint, first: &[u8]) -> bool {
    let head = known.identity.head;
    if first.len() < usize::from(head.bytes) {
        return known.anchors.begin_as(first);
    }
    known.position.offset > 0
        && first.get(..usize::from(head.bytes)).is_some_and(|first| head.matches(first))
}

impl Tracked {
    /// When it was modified last, if nothing of it is read.
    fn unread_ns(&self) -> Option<i64> {
        (self.read.position.offset == 0).then_some(self.stat.modified_ns)
    }

    /// Does a file that begins with these bytes begin as this one?
    fn begins_as(&self, first: &[u8]) -> bool {
        let head = self.read.head;
        let differs = |read: &[u8]| !head.matches(read);
        if first.is_empty() || first.get(..usize::from(head.bytes)).is_some_and(differs) {
            return false;
        }
        if self.handle.is_packed() {
            // To go back to its beginning would mean to decode it anew.
            return head.bytes > 0 && usize::from(head.bytes) <= first.len();
        }
        let mut own = vec![0; first.len()];
        // What cannot be read now cannot be compared: it is not taken for the same.
        let read = read_full(&*self.handle, &mut own, 0).unwrap_or(0).min(first.len());
        read > 0 && own.get(..read) == first.get(..read)
    }

    /// Is what was read, or what was seen behind it, not there any more?
    pub(super) fn is_replaced(&self) -> io::Result<bool> {
        if !self.read.is_reached_by(&*self.handle)? {
            return Ok(true);
        }
        let mut ahead = vec![0; usize::from(self.begun.bytes)];
        let read = read_full(&*self.handle, &mut ahead, self.read.position.offset)?;
        ahead.truncate(read);
        Ok(!self.is_begun_as(&ahead))
    }

    /// Is the other file, which begins alike, a copy of this one, or of its beginning while it is
    /// being made?
    fn is_held_by(&self, other: &dyn Handle, stat: &Stat) -> io::Result<bool> {
        if self.handle.is_packed() {
            return self.read.is_reached_by(other);
        }
        // Of what is compressed the size is known when it is decoded: up to here at the most.
        let mut until = if other.is_packed() { self.stat.size } else { stat.size };
        if other.is_packed() && read_full(other, &mut [0], until.saturating_sub(1))? == 0 {
            until = other.stat()?.size;
        }
        // A copy cannot hold more than is there by now. What does only begins alike.
        if until > self.stat.size && until > self.handle.stat()?.size {
            return Ok(false);
        }
        let bytes = Fingerprint::bytes_at(until);
        let from = until.saturating_sub(u64::from(bytes));
        let (mut theirs, mut own) = (vec![0; usize::from(bytes)], vec![0; usize::from(bytes)]);
        let whole = read_full(other, &mut theirs, from)? == theirs.len()
            && read_full(&*self.handle, &mut own, from)? == own.len();
        Ok(whole && theirs == own)
    }
}
