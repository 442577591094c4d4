//! One file that is followed: its descriptor, how far it is read, and its next window. Decides about
//! no other file.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::buffer::{Buffer, WINDOW_BYTES, WINDOW_BYTES_MAX};
use super::checkpoint::{Checkpoint, FileKey};
use super::chunk::{Chunk, End};
use super::file::{Handle, RETRY_FIRST, RETRY_MAX, Stat, is_stale, read_full};
use super::finding::What;
use super::lines::{Lines, Rest, nul_run, nul_tail};
use super::mark::Mark;
use super::rotation::{Change, QUIET_WAIT, change};

/// How many NULs are passed over in one turn.
const NUL_BYTES_A_TURN: u64 = 64 * 1024 * 1024;

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
    size: u64,
    /// Where the NULs begin that the file ends with, if it does. Space that was set aside is written
    /// without a change of size; the first byte there tells.
    data_end: u64,
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
    pub(super) read_at: Option<Instant>,
    pub(super) grew_at: Instant,
    pub(super) caught: Option<Caught>,
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
    verified_ns: i64,
    window_bytes: usize,
    /// How far a search through NULs has come.
    nuls_to: u64,
    /// NULs before this offset have data behind them.
    data_to: u64,
}

/// What a turn of one file came to.
pub(super) enum Turn {
    /// There are lines, or an end, to give.
    Window(Window),
    /// Nothing new.
    Nothing,
    /// No line so far; there is more.
    Again,
    /// The bytes before the position are not those that were read.
    Replaced,
}

/// A window that is in the buffer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    lead_bytes: usize,
    rest: Rest,
    end: End,
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
            read_at: None,
            grew_at: now,
            caught: None,
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
        let missing = self.expected.saturating_sub(self.stat.size);
        let short = (missing > 0).then(|| "it ends before what it was made from did".to_owned());
        self.handle.damage().or(short).map(|why| (why, missing))
    }

    /// Takes down what the file system says now.
    pub(super) fn seen(&mut self, now: Instant, stat: Stat) -> Change {
        let change = change(self.stat.size, self.read.position.offset, stat.size);
        if stat.size != self.stat.size {
            self.grew_at = now;
        }
        self.stat = stat;
        change
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
        self.caught = None;
        self.left_open = false;
        self.flush = Flush::None;
        self.done = false;
        self.window_bytes = WINDOW_BYTES;
        self.nuls_to = 0;
        self.data_to = 0;
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

    /// Reads the next window into `buffer`.
    pub(super) fn turn(&mut self, buffer: &mut Buffer) -> io::Result<Turn> {
        match self.read_window(buffer) {
            // The way to where reading goes on in a compressed file is longer than a turn.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Turn::Again),
            other => other,
        }
    }

    fn read_window(&mut self, buffer: &mut Buffer) -> io::Result<Turn> {
        let lead_bytes = usize::from(self.read.behind.bytes);
        let position = self.read.position;
        let from = position.offset.saturating_sub(lead_bytes as u64);
        let bytes_max = lead_bytes.saturating_add(WINDOW_BYTES_MAX);
        let mut bytes = lead_bytes.saturating_add(self.window_bytes);
        buffer.begin(bytes);
        loop {
            let ended = buffer.fill(&*self.handle, from)?;
            let ahead = match buffer.filled().split_at_checked(lead_bytes) {
                Some((behind, ahead)) if self.read.behind.matches(behind) => ahead,
                _ => return Ok(Turn::Replaced),
            };
            self.verified_ns = self.stat.modified_ns;
            let size = position.offset.saturating_add(ahead.len() as u64);
            let window = self.window(lead_bytes, ahead, ended, size);
            let mut lines = Lines::new(ahead, position, window.rest);
            if lines.next().is_some() {
                return Ok(Turn::Window(window));
            }
            if lines.position() != position {
                // NULs, or the rest of a cut line: nothing that a reader has to see.
                let chunk = Chunk { lines, ..self.chunk(window, buffer) };
                self.read = chunk.mark_at(chunk.position());
                return Ok(Turn::Again);
            }
            let data_end = size.saturating_sub(nul_tail(ahead) as u64);
            if ended {
                return Ok(self.at_end(window, Caught { size, data_end }));
            }
            if window.rest == Rest::Waits {
                return self.find_data(buffer, size, data_end);
            }
            if bytes >= bytes_max {
                return Ok(Turn::Nothing);
            }
            bytes = bytes.saturating_mul(2).min(bytes_max);
            buffer.grow(bytes);
        }
    }

    /// What the window's end means. A file that grew after all is neither quiet nor finished.
    fn window(&mut self, lead_bytes: usize, ahead: &[u8], ended: bool, size: u64) -> Window {
        if ended && self.flush != Flush::All && size > self.stat.size {
            self.flush = Flush::None;
        }
        let is_whole = self.handle.is_packed() && self.handle.damage().is_none();
        if ended && is_whole && size >= self.expected {
            // Nobody writes to what is compressed.
            self.flush = Flush::Finish;
        }
        let end = match self.flush {
            _ if !ended && ahead.len() >= WINDOW_BYTES_MAX => End::Full,
            _ if !ended => End::More,
            Flush::None => End::Caught,
            Flush::Quiet | Flush::All => End::Quiet,
            Flush::Finish => End::Finished,
        };
        let rest = match ended {
            true if self.takes_all() => Rest::Final,
            // NULs at the end may be space that is set aside, unless data was seen behind them.
            false if ahead.last() != Some(&0) || size <= self.data_to => Rest::GoesOn,
            _ => Rest::Waits,
        };
        Window { lead_bytes, rest, end }
    }

    fn takes_all(&self) -> bool {
        matches!(self.flush, Flush::All | Flush::Finish)
    }

    fn at_end(&mut self, window: Window, caught: Caught) -> Turn {
        if window.end == End::Finished {
            return Turn::Window(window);
        }
        self.flush = Flush::None;
        self.caught = Some(caught);
        Turn::Nothing
    }

    /// Looks whether data lies behind the NULs that begin at `data_end` and fill the file up to `at`
    /// at least. If not they are space that was set aside, which is waited for.
    fn find_data(&mut self, buffer: &mut Buffer, at: u64, data_end: u64) -> io::Result<Turn> {
        let mut at = self.nuls_to.max(at);
        let until = at.saturating_add(NUL_BYTES_A_TURN);
        while at < until {
            buffer.begin(WINDOW_BYTES);
            let ended = buffer.fill(&*self.handle, at)?;
            let nuls = nul_run(buffer.filled());
            at = at.saturating_add(nuls as u64);
            if nuls < buffer.filled().len() || (ended && self.takes_all()) {
                (self.data_to, self.nuls_to) = (at, 0);
                return Ok(Turn::Again);
            }
            if ended {
                self.caught = Some(Caught { size: at, data_end });
                (self.flush, self.nuls_to) = (Flush::None, 0);
                return Ok(Turn::Nothing);
            }
        }
        self.nuls_to = at;
        Ok(Turn::Again)
    }

    /// The chunk that [`turn`](Self::turn) left in `buffer`.
    pub(super) fn chunk<'b>(&self, window: Window, buffer: &'b Buffer) -> Chunk<'b> {
        let bytes = buffer.filled();
        let ahead = bytes.get(window.lead_bytes..).unwrap_or_default();
        Chunk {
            file: self.key,
            source: self.source,
            path: self.path.clone(),
            generation: self.read.generation,
            end: window.end,
            mark: self.read,
            lead_bytes: window.lead_bytes,
            bytes,
            lines: Lines::new(ahead, self.read.position, window.rest),
            exhausted: false,
        }
    }

    /// Takes over how far a chunk was accepted. Says whether the file wants another turn at once.
    pub(super) fn accept(&mut self, now: Instant, chunk: &Chunk<'_>, mark: Mark) -> bool {
        let moved = mark != self.read;
        let all = mark.position == chunk.position();
        self.read = mark;
        self.read_at = Some(now);
        if moved {
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
                let size = chunk.size();
                let data_end = size.saturating_sub(nul_tail(chunk.lines.rest()) as u64);
                self.caught = Some(Caught { size, data_end });
                self.left_open = !all && chunk.end == End::Caught;
                self.done = all && chunk.end == End::Finished;
                self.flush = Flush::None;
                false
            }
        }
    }
}
