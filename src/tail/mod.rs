//! The only place that opens a log: which files there are, how far they are read, what became of
//! them. Gives complete lines with their offsets. Knows no format and no store.
//!
//! A pass of its reader, which keeps lines and position in one transaction:
//!
//! ```text
//! findings = tail.look(now)
//! while chunk = tail.turn(now, &mut buffer):     a window of the next file, in fair order
//!     lines of the chunk -> events
//!     tail.accept(now, chunk, position)          up to where the events reach
//!     transaction: events + tail.changes()
//!     tail.committed(now)                        or tail.rolled_back(), if it failed
//! sleep until the signal rings or tail.next_look(now)
//! ```
//!
//! What is not accepted is given again. What is accepted and not committed is given again after
//! [`rolled_back`](Tail::rolled_back), or by the next process. A rotated file is closed after the
//! commit of its last line and never before.

mod adopt;
mod anchors;
mod buffer;
mod calendar;
mod checkpoint;
mod chunk;
mod copies;
mod discover;
mod file;
mod finding;
mod gone;
mod head;
mod identity;
mod lines;
mod mark;
mod memory;
mod mounts;
mod packed;
mod pass;
mod queue;
mod recognise;
mod resume;
mod rotated;
mod rotation;
mod rows;
mod siblings;
mod start;
mod status;
mod tracked;
mod turn;
mod unpack;
mod view;
mod wake;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use xxhash_rust::xxh3::xxh3_64_with_seed;

pub use self::anchors::{ANCHORS_MAX, Anchors};
pub use self::buffer::{Buffer, WINDOW_BYTES_MAX};
pub use self::checkpoint::{Checkpoint, FileKey, Position, Skipped, Stage};
pub use self::chunk::{Chunk, End};
pub use self::discover::{DEPTH_MAX, FILES_MAX, Pattern, PatternError};
pub use self::file::{Kind, RETRY_FIRST, RETRY_MAX};
pub use self::finding::{Finding, Weight, What};
pub use self::gone::{DELETED_BYTES_MAX, MISSING_DAYS_MAX, MISSING_MAX};
pub use self::identity::{FINGERPRINT_BYTES_MAX, Fingerprint, Identity};
pub use self::lines::{LINE_BYTES_MAX, Line};
pub use self::memory::{REMEMBERED_DAYS, REMEMBERED_MAX, REMEMBERED_TOTAL_MAX};
pub use self::mounts::Mounts;
pub use self::packed::{UNPACKED_BYTES_MAX, UNPACKED_RATIO_MAX};
pub use self::rotation::{ABANDONED_WAIT, MISSED_MAX, QUIET_WAIT, ROTATE_WAIT};
pub use self::rows::Changes;
pub use self::status::{FileStatus, State};
pub use self::unpack::UNPACK_MEMORY_BYTES_MAX;
pub use self::wake::{HINTS_MAX, LOOK_EVERY, POLL_EVERY, WATCH_RETRY};
pub use crate::config::StartAt;

use self::adopt::Listed;
use self::calendar::Calendar;
use self::discover::Source;
use self::file::{Disk, Files, Stat};
use self::memory::Memory;
use self::recognise::Copied;
use self::resume::Waiting;
use self::siblings::Origin;
use self::tracked::{Flush, Place, Tracked};
use self::wake::Wake;
use crate::signal::Signal;

/// The files of one `[[source]]`.
#[derive(Debug, Clone)]
pub struct SourceFiles {
    /// Paths and globs.
    pub paths: Vec<String>,
    /// Globs of files that are left out. Without a slash they are about names.
    pub exclude: Vec<String>,
    /// Where reading begins in files that are there at the source's first start.
    pub start_at: StartAt,
    /// This is the source's first start: the store knows nothing of it. At a later one, files without
    /// a checkpoint appeared in between and are read from their beginning.
    pub first_start: bool,
}

/// All logs of all sources. See the module's text for how it is driven.
pub struct Tail {
    files: Box<dyn Files>,
    sources: Arc<[Source]>,
    wake: Wake,
    /// Where all keys and generations come from.
    seed: u64,
    /// How many numbers were drawn from the seed.
    drawn: u64,
    /// The number of the file that appeared last.
    inserted: u64,
    tracked: HashMap<FileKey, Tracked>,
    /// The file that a path led to last.
    newest: HashMap<Arc<Path>, FileKey>,
    memory: Memory,
    /// Copies of followed files that nothing is read of.
    copies: HashMap<(u64, u64), Copied>,
    waiting: BTreeMap<(u64, FileKey), Waiting>,
    /// Logs of which a store of version 1 remembers nothing else: what was modified up to then is
    /// known.
    unnoted: HashMap<PathBuf, i64>,
    /// Compressed files of which nothing can be decoded yet: size and time, and since when.
    unripe: HashMap<(u64, u64), ((u64, i64), Instant)>,
    /// Logs of which not all missed files are followed yet, and whether they must wait for them.
    unsettled: BTreeMap<Origin, bool>,
    /// Empty files beside logs, with when they were first seen.
    empty_since: BTreeMap<(u64, u64), Instant>,
    /// Directories of logs, as they were when they were listed.
    listed: HashMap<PathBuf, Listed>,
    /// The one compressed file that is decoded now.
    unpacking: Option<FileKey>,
    deleted_bytes_max: u64,
    calendar: Calendar,
    /// Files that were there at the first start and could not be read: what was known of them then.
    unopened: BTreeMap<PathBuf, Stat>,
    queue: VecDeque<FileKey>,
    dirty: BTreeSet<FileKey>,
    /// Rows of files that are not open.
    keep: BTreeMap<FileKey, Checkpoint>,
    forget: BTreeSet<FileKey>,
    findings: Vec<Finding>,
    troubles: BTreeMap<PathBuf, What>,
    next_pass: Option<Instant>,
    passes: u64,
}

impl Tail {
    /// A tail that has not looked yet.
    ///
    /// `resumed` are all checkpoints that the store holds; `seed` is a random number, from which
    /// keys and generations are made; `now_us` is the date in microseconds since 1970, by which files
    /// that are long gone are forgotten; `wake` is rung when a log changes.
    ///
    /// # Errors
    ///
    /// A path or glob of a source cannot be used.
    pub fn new(
        sources: &[SourceFiles],
        resumed: Vec<Checkpoint>,
        seed: u64,
        now_us: i64,
        wake: Signal,
    ) -> Result<Self, PatternError> {
        let sources = compile(sources)?;
        let open = wake::system(sources.clone(), wake);
        Ok(Self::with(Box::new(Disk), open, sources, resumed, (seed, now_us)))
    }

    fn with(
        files: Box<dyn Files>,
        open: wake::Open,
        sources: Arc<[Source]>,
        resumed: Vec<Checkpoint>,
        (seed, now_us): (u64, i64),
    ) -> Self {
        let inserted = resumed.iter().map(|checkpoint| checkpoint.number).max().unwrap_or(0);
        let is_let_go = |checkpoint: &Checkpoint| checkpoint.stage == Stage::LetGo;
        let (known, waiting): (Vec<_>, Vec<_>) = resumed.into_iter().partition(is_let_go);
        let mut memory = Memory::default();
        let forget = known.into_iter().flat_map(|known| memory.insert(known)).collect();
        let unnoted =
            waiting.iter().filter(|row| row.stage == Stage::Followed && row.since_us == 0);
        let unnoted = unnoted.map(|row| (row.path.clone(), row.modified_ns)).collect::<Vec<_>>();
        let place = |checkpoint: Checkpoint| {
            ((checkpoint.number, checkpoint.file), Waiting::new(checkpoint))
        };
        Self {
            files,
            sources,
            wake: Wake::new(open),
            seed,
            drawn: 0,
            inserted,
            tracked: HashMap::new(),
            newest: HashMap::new(),
            memory,
            copies: HashMap::new(),
            unnoted: unnoted.into_iter().collect(),
            waiting: waiting.into_iter().map(place).collect(),
            unripe: HashMap::new(),
            unsettled: BTreeMap::new(),
            empty_since: BTreeMap::new(),
            listed: HashMap::new(),
            unpacking: None,
            deleted_bytes_max: DELETED_BYTES_MAX,
            calendar: Calendar::new(now_us),
            unopened: BTreeMap::new(),
            queue: VecDeque::new(),
            dirty: BTreeSet::new(),
            keep: BTreeMap::new(),
            forget,
            findings: Vec::new(),
            troubles: BTreeMap::new(),
            next_pass: None,
            passes: 0,
        }
    }

    /// Looks what is there: all files if that is due, else those of which a change was reported.
    /// Gives what was found, also by turns since the last look.
    pub fn look(&mut self, now: Instant) -> Vec<Finding> {
        self.calendar.begin(now);
        let changed = self.wake.hints.take();
        let due = changed.all || self.next_pass.is_none_or(|at| now >= at);
        if due || !changed.paths.iter().all(|path| self.look_at(now, path)) {
            self.pass(now);
            self.next_pass = Some(now + self.wake.interval());
        }
        std::mem::take(&mut self.findings)
    }

    /// Is it time for a look at all files, whatever is still to be read?
    pub fn look_is_due(&self, now: Instant) -> bool {
        self.next_pass.is_none_or(|at| now >= at)
    }

    /// When to look again, if nothing rings before.
    pub fn next_look(&self, now: Instant) -> Instant {
        if self.queue.is_empty() { self.next_pass.unwrap_or(now) } else { now }
    }

    /// A window of the next file that has something new, read into `buffer`. `None` when all files
    /// are read as far as they go, or those that are left must wait.
    pub fn turn<'b>(&mut self, now: Instant, buffer: &'b mut Buffer) -> Option<Chunk<'b>> {
        let (key, window) = self.next_window(now, buffer)?;
        self.tracked.get(&key).map(|file| file.chunk(window, buffer))
    }

    /// Are there files whose turn is still to come?
    pub fn has_turns(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Takes the lines of `chunk` up to `position` as read: one that the chunk had while it was
    /// iterated. The next turn of the file begins there. To be called before the next look.
    pub fn accept(&mut self, now: Instant, chunk: Chunk<'_>, position: Position) {
        let Some(file) = self.tracked.get_mut(&chunk.file) else { return };
        if file.read != chunk.mark {
            return;
        }
        let wants_more = file.accept(now, &chunk, chunk.mark_at(position));
        if file.read != file.base || file.done {
            self.dirty.insert(chunk.file);
        }
        if wants_more {
            self.enqueue(chunk.file);
        }
    }

    /// Gives, in the turns that follow, also lines without a newline and records that could go on:
    /// for a run that ends when all is read.
    pub fn flush(&mut self) {
        for key in self.keys() {
            if let Some(file) = self.tracked.get_mut(&key)
                && file.unread_bytes() > 0
            {
                file.flush = Flush::All;
                self.enqueue(key);
            }
        }
    }

    /// In order of appearance.
    fn keys(&self) -> Vec<FileKey> {
        let mut keys: Vec<_> = self.tracked.values().map(|file| (file.number, file.key)).collect();
        keys.sort_unstable();
        keys.into_iter().map(|(_, key)| key).collect()
    }

    fn enqueue(&mut self, key: FileKey) {
        if let Some(file) = self.tracked.get_mut(&key)
            && !std::mem::replace(&mut file.queued, true)
        {
            self.queue.push_back(key);
        }
    }

    /// A number that was never drawn before, in this process or another.
    fn draw(&mut self) -> u64 {
        self.drawn = self.drawn.wrapping_add(1);
        xxh3_64_with_seed(&self.drawn.to_le_bytes(), self.seed)
    }

    /// Follows one more file, after the one that was at its path before. A file that was moved away
    /// comes before the one that is there now.
    fn insert(&mut self, mut file: Tracked) {
        if file.number == 0 {
            self.inserted = self.inserted.saturating_add(1);
            file.number = self.inserted;
        }
        let newest = self.newest.get(&file.path).and_then(|key| self.tracked.get_mut(key));
        match newest {
            Some(newest) if file.place == Place::Moved && newest.place == Place::AtPath => {
                file.after = newest.after.replace(file.key);
            }
            _ => {
                let before = self.newest.insert(file.path.clone(), file.key);
                file.after = before.filter(|before| *before != file.key);
            }
        }
        self.tracked.insert(file.key, file);
    }
}

fn compile(sources: &[SourceFiles]) -> Result<Arc<[Source]>, PatternError> {
    sources.iter().map(Source::new).collect()
}

#[cfg(test)]
mod tests;
