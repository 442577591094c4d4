//! A turn of one file: its next window into the buffer, and what the window's end means.

use std::io;

use super::buffer::{Buffer, WINDOW_BYTES, WINDOW_BYTES_MAX};
use super::chunk::{Chunk, End};
use super::identity::Fingerprint;
use super::lines::{Lines, Rest, nul_run, nul_tail};
use super::tracked::{Caught, Flush, Tracked};

/// How many NULs are passed over in one turn.
const NUL_BYTES_A_TURN: u64 = 64 * 1024 * 1024;

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
                None if self.handle.damage().is_some() => return self.at_damage(buffer),
                _ => return Ok(Turn::Replaced),
            };
            if !self.is_begun_as(ahead) {
                return Ok(Turn::Replaced);
            }
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
                self.begun = Fingerprint::default();
                return Ok(Turn::Again);
            }
            if ended {
                return Ok(self.at_end(window, size, ahead));
            }
            let data_end = size.saturating_sub(nul_tail(ahead) as u64);
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

    /// A compressed file is damaged before the place where reading goes on.
    fn at_damage(&mut self, buffer: &Buffer) -> io::Result<Turn> {
        let size = self.handle.stat()?.size;
        let lead_bytes = buffer.filled().len();
        let end = if self.flush == Flush::Finish { End::Finished } else { End::Caught };
        self.verified_ns = self.stat.modified_ns;
        Ok(self.at_end(Window { lead_bytes, rest: Rest::Waits, end }, size, &[]))
    }

    fn at_end(&mut self, window: Window, size: u64, ahead: &[u8]) -> Turn {
        if window.end == End::Finished {
            return Turn::Window(window);
        }
        self.flush = Flush::None;
        self.catch(size, ahead);
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
}
