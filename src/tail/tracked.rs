//! One file that is followed: its descriptor, how far it is read, and its next window. Decides about
//! no other file.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::anchors::Anchors;
use super::buffer::{WINDOW_BYTES, WINDOW_BYTES_MAX};
use super::checkpoint::{Checkpoint, FileKey};
use super::chunk::{Chunk, End};
use super::file::{Handle, RETRY_FIRST, RETRY_MAX, Stat, is_stale, read_full};
use super::finding::What;
use super::identity::Fingerprint;
use super::lines::nul_tail;
use super::mark::Mark;
use super::rotation::{Change, QUIET_WAIT, change};

/// Where a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Its path leads to it.
    AtPath,
    /// Its path leads elsewhere or nowhere: it was rotated or deleted.
    Moved,
}

/// Why a file that did not grow gets a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flush {
    /// There is no reason.
    None,
    /// To take a record that could have gone on.
    Quiet,
    /// To take all there is, as no more is awaited by this run.
    All,
    /// To take all there is, before it is let go.
    Finish,
}

/// What there was when a file was read to its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caught {
    pub(super) size: u64,
    /// Where the NULs begin that the file ends with, if it does. Space that was set aside is written
    /// without a change of size; the first byte there tells.
    pub(super) data_end: u64,
}

/// A fault that did not go away yet.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    pub(super) what: What,
    wait: Duration,
    retry_at: Instant,
}

pub(super) struct Tracked {
    pub(super) key: FileKey,
    pub(super) source: usize,
    pub(super) path: Arc<Path>,
    pub(super) handle: Box<dyn Handle>,
    pub(super) stat: Stat,
    pub(super) place: Place,
    /// How far the store has it.
    pub(super) base: Mark,
    /// How far it was accepted.
    pub(super) read: Mark,
    /// What was accepted on the way there.
    pub(super) anchors: Anchors,
    pub(super) read_at: Option<Instant>,
    pub(super) grew_at: Instant,
    pub(super) caught: Option<Caught>,
    /// What was read there and not accepted.
    pub(super) begun: Fingerprint,
    /// Lines at the end were given and not accepted: a record that may go on.
    pub(super) left_open: bool,
    pub(super) flush: Flush,
    /// Read to its end for good, as soon as the store has it.
    pub(super) done: bool,
    /// What is read before it: the file that was at its path.
    pub(super) after: Option<FileKey>,
    /// Given in order of appearance; 0 before that.
    pub(super) number: u64,
    pub(super) queued: bool,
    /// The name under which it was found, where that is not its log's.
    pub(super) found_as: PathBuf,
    /// Known files that it may be, to be found out before it is read.
    pub(super) claims: Vec<FileKey>,
    /// Bytes that it was known to hold before it was opened.
    pub(super) expected: u64,
    /// Its descriptor leads nowhere any more.
    pub(super) is_stale: bool,
    pub(super) trouble: Option<Trouble>,
    /// The last modification at which the bytes before the position were those that were read.
    pub(super) verified_ns: i64,
    pub(super) window_bytes: usize,
    /// How far a search through NULs has come.
    pub(super) nuls_to: u64,
    /// NULs before this offset have data behind them.
    pub(super) data_to: u64,
}

impl Tracked {
    pub(super) fn new(
        key: FileKey,
        (source, path): (usize, Arc<Path>),
        (handle, stat): (Box<dyn Handle>, Stat),
        (place, mark): (Place, Mark),
        now: Instant,
    ) -> Self {
        let found_as = path.to_path_buf();
        Self {
            key,
            source,
            path,
            handle,
            stat,
            place,
            base: mark,
            read: mark,
            anchors: Anchors::default(),
            read_at: None,
            grew_at: now,
            caught: None,
            begun: Fingerprint::default(),
            left_open: false,
            flush: Flush::None,
            done: false,
            after: None,
            number: 0,
            queued: false,
            found_as,
            claims: Vec::new(),
            expected: 0,
            is_stale: false,
            trouble: None,
            verified_ns: stat.modified_ns,
            window_bytes: WINDOW_BYTES,
            nuls_to: 0,
            data_to: 0,
        }
    }

    pub(super) fn checkpoint(&self) -> Checkpoint {
        let mut checkpoint = Checkpoint::new(self.key, &self.path, self.read, &self.stat);
        checkpoint.number = self.number;
        checkpoint.anchors = self.anchors.clone();
        checkpoint.size = self.known_bytes().max(self.read.position.offset);
        checkpoint
    }

    /// Bytes that it holds for sure.
    fn known_bytes(&self) -> u64 {
        // Of what is compressed the size is a guess until it is decoded.
        if self.handle.is_packed() { self.expected } else { self.stat.size.max(self.expected) }
    }

    /// Bytes that are not read yet, for sure.
    pub(super) fn known_unread_bytes(&self) -> u64 {
        self.known_bytes().saturating_sub(self.read.position.offset)
    }

    pub(super) fn unread_bytes(&self) -> u64 {
        self.stat.size.saturating_sub(self.read.position.offset)
    }

    /// Why a file that is read as far as it goes does not hold what it should, and how much is
    /// missing at least.
    pub(super) fn shortfall(&self) -> Option<(String, u64)> {
        let held = self.stat.size.max(self.read.position.offset);
        let missing = self.expected.saturating_sub(held);
        let short = (missing > 0).then(|| "it ends before what it was made from did".to_owned());
        self.handle.damage().or(short).map(|why| (why, missing))
    }

    /// Takes down what the file system says now.
    pub(super) fn seen(&mut self, now: Instant, stat: Stat) -> Change {
        let offset = self.read.position.offset;
        // What is compressed may be damaged before the place where reading went on.
        let size = if self.handle.is_packed() { stat.size.max(offset) } else { stat.size };
        let change = change(self.stat.size, offset, size);
        if (stat.size, stat.stored_bytes) != (self.stat.size, self.stat.stored_bytes) {
            self.grew_at = now;
        }
        let known = self.caught.map_or(self.stat.size, |caught| caught.data_end);
        self.stat = stat;
        // Where nothing was read there is nothing to compare: a log does not shrink.
        if offset == 0 && size < known && !self.handle.is_packed() {
            return Change::Truncated { lost_bytes_at_least: known };
        }
        change
    }

    /// Takes down that the file was read to its end, at `size` bytes; `ahead` is what lies behind the
    /// position.
    pub(super) fn catch(&mut self, size: u64, ahead: &[u8]) {
        let nuls = nul_tail(ahead);
        self.begun = Fingerprint::of_first(ahead.get(..ahead.len() - nuls).unwrap_or(ahead));
        self.caught = Some(Caught { size, data_end: size.saturating_sub(nuls as u64) });
    }

    /// Is what was read behind the position, and not accepted, still there?
    pub(super) fn is_begun_as(&self, ahead: &[u8]) -> bool {
        let begun = usize::from(self.begun.bytes);
        begun == 0 || ahead.get(..begun).is_some_and(|ahead| self.begun.matches(ahead))
    }

    /// Bytes that were read at the end and not accepted: the beginning of a line or record.
    pub(super) fn begun_bytes(&self) -> u64 {
        let end = self.caught.map_or(0, |caught| caught.data_end);
        end.saturating_sub(self.read.position.offset)
    }

    /// Begins anew, with a content that was not read yet.
    pub(super) fn restart(&mut self, generation: u64, now: Instant) {
        let mark = Mark::beginning(generation);
        (self.base, self.read) = (mark, mark);
        self.rewind();
        self.grew_at = now;
    }

    /// Forgets all that only holds for the position where it stood.
    pub(super) fn rewind(&mut self) {
        self.anchors.cut(self.read.position.offset);
        self.caught = None;
        self.begun = Fingerprint::default();
        self.left_open = false;
        self.flush = Flush::None;
        self.done = false;
        self.window_bytes = WINDOW_BYTES;
        self.nuls_to = 0;
        self.data_to = 0;
    }

    /// Was it written since its content was compared?
    pub(super) fn is_changed(&self) -> bool {
        self.stat.modified_ns != self.verified_ns && !self.handle.is_packed()
    }

    /// Makes the next look find it changed.
    pub(super) fn compare_again(&mut self) {
        self.verified_ns = self.stat.modified_ns.wrapping_add(1);
    }

    /// Are there bytes that were not given yet?
    pub(super) fn has_news(&self) -> bool {
        // A file that was cut off and grew to the very same size shows only in its time.
        if self.stat.modified_ns != self.verified_ns {
            return true;
        }
        match self.caught {
            None => self.stat.size > self.read.position.offset,
            Some(caught) => {
                caught.size != self.stat.size
                    || (caught.data_end < caught.size && self.is_written(caught.data_end))
            }
        }
    }

    fn is_written(&self, offset: u64) -> bool {
        let mut byte = [0];
        // A fault shows when the file is read for the answer's sake.
        read_full(&*self.handle, &mut byte, offset).map_or(true, |read| read == 1 && byte != [0])
    }

    /// Has it an unfinished record for so long that it is taken as complete?
    pub(super) fn is_quiet(&self, now: Instant) -> bool {
        self.left_open && now.saturating_duration_since(self.grew_at) >= QUIET_WAIT
    }

    pub(super) fn is_waiting(&self, now: Instant) -> bool {
        self.trouble.as_ref().is_some_and(|trouble| now < trouble.retry_at)
    }

    /// Reading failed. Says whether that is news.
    pub(super) fn failed(&mut self, now: Instant, error: &io::Error) -> Option<What> {
        let what = What::unreadable(error);
        self.is_stale |= is_stale(error);
        let before = self.trouble.take();
        let wait = before.as_ref().map_or(RETRY_FIRST, |before| (before.wait * 2).min(RETRY_MAX));
        let news = before.is_none_or(|before| before.what != what).then(|| what.clone());
        self.trouble = Some(Trouble { what, wait, retry_at: now + wait });
        news
    }

    /// Takes over how far a chunk was accepted. Says whether the file wants another turn at once.
    pub(super) fn accept(&mut self, now: Instant, chunk: &Chunk<'_>, mark: Mark) -> bool {
        let moved = mark != self.read;
        let (bytes, lead_bytes, until) = chunk.read_until(mark);
        self.anchors.extend(bytes, lead_bytes, until);
        let all = mark.position == chunk.position();
        self.read = mark;
        self.read_at = Some(now);
        if moved {
            self.begun = Fingerprint::default();
            self.window_bytes = WINDOW_BYTES;
            self.nuls_to = 0;
        }
        if !chunk.exhausted {
            return true;
        }
        match chunk.end {
            End::More if !moved => {
                self.window_bytes = self.window_bytes.saturating_mul(2).min(WINDOW_BYTES_MAX);
                true
            }
            End::More => true,
            End::Full => moved,
            End::Caught | End::Quiet | End::Finished => {
                let accepted = mark.position.offset.saturating_sub(chunk.mark.position.offset);
                let from = usize::try_from(accepted).unwrap_or(0).saturating_add(chunk.lead_bytes);
                self.catch(chunk.size(), chunk.bytes.get(from..).unwrap_or_default());
                self.left_open = !all && chunk.end == End::Caught;
                self.done = all && chunk.end == End::Finished;
                self.flush = Flush::None;
                false
            }
        }
    }
}
