//! The rotated files beside a log: rotations that went unseen leave some that were never read, perhaps
//! compressed since.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::Tail;
use super::checkpoint::{Checkpoint, FileKey, Stage};
use super::file::{Handle, Kind, Stat};
use super::finding::{Finding, What};
use super::mark::Mark;
use super::memory::{let_go, mark_of};
use super::recognise::Recognised;
use super::rotated::{Rotated, Turn, oldest_first};
use super::rotation::MISSED_MAX;
use super::tracked::{Place, Tracked};
use super::view::View;

/// A log: its source and its path.
pub(super) type Origin = (usize, Arc<Path>);

/// What became of the rotated files of a log.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct MadeUp {
    /// There are more: the log itself must wait for them.
    pub(super) more: bool,
    /// Some could not be read: they are tried again.
    pub(super) again: bool,
}

impl MadeUp {
    /// Is all done?
    pub(super) fn is_settled(self) -> bool {
        !(self.more || self.again)
    }
}

/// What a file beside a log is.
enum Beside {
    /// No file, or one that is looked at otherwise.
    Nothing,
    /// It is followed or was read.
    Known,
    /// It is compressed, and perhaps still being written.
    Unripe,
    /// It is empty, and may be a copy that is being made.
    Unclear,
    Missed(Missed),
}

/// A rotated file that is to be read.
struct Missed {
    turn: Turn,
    name: PathBuf,
    handle: Box<dyn Handle>,
    stat: Stat,
    /// It was read up to this checkpoint.
    known: Option<FileKey>,
    /// What it could be, to be found out while it is decoded.
    claims: Vec<FileKey>,
    /// The path under which a source has it, if one does.
    own: Option<Origin>,
}

impl Tail {
    /// Makes up for rotations that went unseen: rotated files of this log of which nothing is known
    /// are followed too, oldest first and before the log itself. What lies beside a log that was
    /// never seen before is none of ours, and remembered as such.
    pub(super) fn make_up(
        &mut self,
        now: Instant,
        origin: &Origin,
        is_new: bool,
        view: &mut View<'_>,
    ) -> MadeUp {
        let path = &origin.1;
        let (Some(directory), Some(base)) = (path.parent(), path.file_name()) else {
            return MadeUp::default();
        };
        let rotated = match view.beside(&*self.files, directory) {
            Ok(beside) => beside.rotated(base),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return MadeUp::default(),
            Err(error) => {
                if !is_new {
                    view.troubles.insert(directory.to_path_buf(), What::unreadable(&error));
                }
                return MadeUp { again: !is_new, ..MadeUp::default() };
            }
        };
        if rotated.is_empty() {
            return MadeUp::default();
        }
        if self.find_replaced(now, path) {
            view.taken.extend(self.taken());
        }
        let (mut missed, mut known, mut there) = (Vec::new(), Vec::new(), HashSet::new());
        let mut made = MadeUp::default();
        for one in rotated {
            let name = directory.join(&one.name);
            let found = self.files.stat(&name).and_then(|stat| {
                there.insert(stat.id());
                self.look_beside(now, origin, (&name, &one), (stat, is_new), view)
            });
            match found {
                Ok(Beside::Nothing) => {}
                Ok(Beside::Known) => known.push(one.turn),
                Ok(Beside::Unripe) => made.more = true,
                Ok(Beside::Unclear) => made.again = true,
                Ok(Beside::Missed(file)) => missed.push(file),
                // Gone since it was listed, perhaps to be compressed.
                Err(error) if error.kind() == io::ErrorKind::NotFound => made.more = !is_new,
                Err(error) => {
                    view.troubles.insert(name, What::unreadable(&error));
                    made.again = !is_new;
                }
            }
        }
        if !missed.is_empty() && !self.still_holds(path) {
            // The log was cut off meanwhile, or cannot be read: what seems to be new may be a copy of what was read of it.
            made.again = true;
            return made;
        }
        let now_us = self.calendar.at(now);
        for file in self.memory.long_gone(path, &there, now_us) {
            self.memory.remove(file);
            self.drop_row(file);
        }
        let missed = oldest_first(missed, &known, |file| &file.turn, |file| file.stat.modified_ns);
        self.follow_missed(now, origin, missed, made, view)
    }

    /// Finds files of this log that were cut off and written on since they were read: what lies beside
    /// them may be copies of what they held.
    fn find_replaced(&mut self, now: Instant, path: &Path) -> bool {
        let is_replaced = |file: &&Tracked| {
            let changed = *file.path == *path && file.claims.is_empty() && file.is_changed();
            // A fault shows when the file is read.
            changed && file.is_replaced().unwrap_or(false)
        };
        let replaced: Vec<FileKey> =
            self.tracked.values().filter(is_replaced).map(|file| file.key).collect();
        replaced.iter().for_each(|key| self.replaced(now, *key));
        !replaced.is_empty()
    }

    /// Was this log seen before, by this process or another?
    pub(super) fn knows(&self, path: &Path) -> bool {
        self.newest.contains_key(path)
            || self.memory.knows(path)
            || self.waiting.values().any(|one| one.checkpoint.path == *path)
    }

    fn look_beside(
        &mut self,
        now: Instant,
        origin: &Origin,
        (name, rotated): (&Path, &Rotated),
        (stat, is_new): (Stat, bool),
        view: &View<'_>,
    ) -> io::Result<Beside> {
        if stat.kind != Kind::Regular {
            return Ok(Beside::Nothing);
        }
        if view.taken.contains(&stat.id())
            || self.is_left_copy(&stat)
            || self.memory.is_unchanged(&stat)
            || self.memory.is_older(&origin.1, stat.modified_ns)
        {
            return Ok(Beside::Known);
        }
        let noted_until = self.unnoted.get(&*origin.1);
        let is_new = is_new || noted_until.is_some_and(|until| stat.modified_ns <= *until);
        let own = view.seen.get(&stat.id()).map(|seen| (seen.source, seen.path.clone()));
        if !is_new && self.may_be_begun(&stat, now) {
            return Ok(Beside::Unclear);
        }
        if is_new {
            if own.is_none() {
                self.leave_unread(&origin.1, name, rotated, &stat);
            }
            return Ok(Beside::Nothing);
        }
        let seen = stat.id();
        let (handle, mut stat) = self.open_as(name, rotated)?;
        if stat.id() != seen {
            // Rotated since it was listed.
            return Err(io::ErrorKind::NotFound.into());
        }
        let directory = origin.1.parent().unwrap_or(Path::new(""));
        let mut claims = self.claims(directory, &*handle)?;
        let mut known = None;
        if handle.is_packed() {
            if !self.is_ripe(now, &*handle)? {
                return Ok(Beside::Unripe);
            }
            // More is known since its beginning was decoded.
            stat = handle.stat()?;
            if let Some(of) = self.is_compressed_from(&claims, &stat) {
                self.remember_as(of, &stat);
                return Ok(Beside::Known);
            }
        } else {
            match self.recognise(&*handle, &stat, std::mem::take(&mut claims))? {
                Recognised::CopyOf(of) => {
                    self.leave_copy(&stat, of);
                    return Ok(Beside::Known);
                }
                Recognised::ReadBefore(of) if own.is_none() && self.is_read_to_end(of, &stat) => {
                    self.remember_as(of, &stat);
                    return Ok(Beside::Known);
                }
                Recognised::ReadBefore(of) => known = Some(of),
                Recognised::Within(_) if own.is_some() => return Ok(Beside::Known),
                Recognised::Within(of) => {
                    self.remember_as(of, &stat);
                    return Ok(Beside::Known);
                }
                Recognised::New => {}
            }
        }
        let turn = rotated.turn.clone();
        Ok(Beside::Missed(Missed {
            turn,
            name: name.to_path_buf(),
            handle,
            stat,
            known,
            claims,
            own,
        }))
    }

    fn open_as(&self, name: &Path, rotated: &Rotated) -> io::Result<(Box<dyn Handle>, Stat)> {
        self.open_packed(name, rotated.packing.as_ref().map(|(_, how)| *how))
    }

    fn is_read_to_end(&self, of: FileKey, stat: &Stat) -> bool {
        self.memory.file(of).is_some_and(|known| known.position.offset == stat.size)
    }

    /// Remembers that a file that was let go lies there now.
    pub(super) fn remember_as(&mut self, of: FileKey, stat: &Stat) {
        let Some(mut known) = self.checkpoint_of(of).cloned() else { return };
        (known.file, known.stage) = (FileKey(self.draw()), Stage::LetGo);
        (known.identity.device, known.identity.inode) = stat.id();
        (known.size, known.modified_ns) = (stat.stored_bytes, stat.modified_ns);
        self.remember(known);
    }

    /// Remembers what was there before its log was followed.
    fn leave_unread(&mut self, path: &Path, name: &Path, rotated: &Rotated, stat: &Stat) {
        let generation = self.draw();
        let beginning = Mark::beginning(generation);
        // What cannot be read now is known by its number and time alone.
        let mark = self.open_as(name, rotated).and_then(|(handle, stat)| {
            if handle.is_packed() {
                return Ok(None);
            }
            Mark::at(
                &*handle,
                generation,
                super::Position { offset: stat.size, ..Default::default() },
            )
        });
        let mark = mark.ok().flatten().unwrap_or(beginning);
        let file = FileKey(self.draw());
        let checkpoint = Checkpoint::new(file, path, mark, stat);
        let checkpoint = let_go(checkpoint, stat.stored_bytes, self.calendar.started_us());
        self.remember(checkpoint);
    }

    fn follow_missed(
        &mut self,
        now: Instant,
        origin: &Origin,
        missed: Vec<Missed>,
        mut made: MadeUp,
        view: &mut View<'_>,
    ) -> MadeUp {
        if missed.is_empty() {
            return made;
        }
        let of_log = |file: &&Tracked| file.place == Place::Moved && file.path == origin.1;
        let mut room = MISSED_MAX.saturating_sub(self.tracked.values().filter(of_log).count());
        let newest = self.newest.get(&origin.1).copied();
        let log = newest.and_then(|key| self.tracked.get(&key));
        let log = log.filter(|log| log.place == Place::AtPath).map(|log| (log.key, log.after));
        let mut before = log.map_or(newest, |(_, after)| after);
        for file in missed {
            if file.own.is_none() && room == 0 {
                made.more = true;
                break;
            }
            view.taken.insert(file.stat.id());
            let (place, chained) = match file.own {
                Some(_) => (Place::AtPath, true),
                None => (Place::Moved, false),
            };
            room = room.saturating_sub(usize::from(!chained));
            if file.known.is_none() {
                view.begun.insert(origin.1.clone());
            }
            let key = self.follow(now, file, origin, place);
            if chained && let Some(file) = self.tracked.get_mut(&key) {
                file.after = before;
            }
            if chained && let Some(log) = log.and_then(|log| self.tracked.get_mut(&log.0)) {
                log.after = Some(key);
            }
            before = Some(key);
        }
        made
    }

    fn follow(&mut self, now: Instant, file: Missed, origin: &Origin, place: Place) -> FileKey {
        let Missed { name, handle, stat, known, claims, own, .. } = file;
        let origin = own.unwrap_or_else(|| origin.clone());
        let is_packed = handle.is_packed();
        let opened = (handle, stat);
        if let Some(known) = known {
            return self.follow_known(now, known, origin, opened, place);
        }
        if is_packed {
            return self.begin_packed(now, origin, (name, opened.0, opened.1), claims);
        }
        let mark = Mark::beginning(self.draw());
        self.begin(now, origin, opened, (place, mark))
    }

    /// Follows a file that was read in part before.
    pub(super) fn follow_known(
        &mut self,
        now: Instant,
        of: FileKey,
        origin: Origin,
        opened: (Box<dyn Handle>, Stat),
        place: Place,
    ) -> FileKey {
        let Some(known) = self.take_checkpoint(of) else {
            let mark = Mark::beginning(self.draw());
            return self.begin(now, origin, opened, (place, mark));
        };
        let mark = mark_of(&known);
        self.findings.push(Finding::new(&origin.1, What::Resumed { from: mark.position.offset }));
        let mut file = Tracked::new(known.file, origin, opened, (place, mark), now);
        file.expected = known.unread_to();
        file.anchors = known.anchors;
        self.keep.remove(&known.file);
        self.forget.remove(&known.file);
        self.dirty.insert(known.file);
        self.insert(file);
        known.file
    }

    /// Follows a compressed file, which may be one of those that it claims to be.
    pub(super) fn begin_packed(
        &mut self,
        now: Instant,
        origin: Origin,
        (name, handle, stat): (PathBuf, Box<dyn Handle>, Stat),
        claims: Vec<FileKey>,
    ) -> FileKey {
        let mark = Mark::beginning(self.draw());
        let key = FileKey(self.draw());
        let mut file = Tracked::new(key, origin, (handle, stat), (Place::Moved, mark), now);
        if claims.is_empty() {
            self.findings.push(Finding::new(&name, What::Unpacking { from: 0 }));
            self.dirty.insert(key);
        }
        (file.found_as, file.claims) = (name, claims);
        self.insert(file);
        key
    }
}
