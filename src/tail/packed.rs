//! A compressed file as if it were a plain one: offsets are those of what it holds. It is decoded
//! from its beginning towards what is asked for, keeps as much as a window reaches back, and says
//! what is wrong with it instead of failing. Whose log it was it does not know.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use super::buffer::WINDOW_BYTES_MAX;
use super::file::{Handle, Stat};
use super::identity::FINGERPRINT_BYTES_MAX;
use super::unpack::{Fed, Feed, Packing};

/// A compressed file may hold so many bytes whatever its own size.
pub const UNPACKED_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// A larger one may hold so many times its own size. Logs are compressed to a tenth, at the most to
/// a few hundredths; what goes beyond is made to fill whoever reads it.
pub const UNPACKED_RATIO_MAX: u64 = 1000;

/// How many bytes are decoded in one turn on the way to where reading goes on.
pub(super) const DECODED_BYTES_A_TURN: usize = 16 * 1024 * 1024;

/// How many decoded bytes are kept: what a turn may read again.
const HELD_BYTES_MAX: usize = WINDOW_BYTES_MAX + 2 * FINGERPRINT_BYTES_MAX as usize;

/// How many bytes are decoded at once.
const PIECE_BYTES: usize = 64 * 1024;

/// A compressed file that is open.
pub(super) struct Packed {
    file: Arc<dyn Handle>,
    packing: Packing,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    decoder: Option<Box<dyn Read + Send>>,
    feed: Feed,
    /// What was decoded after the compressed bytes had run out: of a file that is cut off a decoder may
    /// make more than was put in, so it counts only if the end is sound.
    unsure: Vec<u8>,
    /// Decoded bytes, the first of which lies at `from`.
    held: Vec<u8>,
    from: u64,
    /// The most bytes that were ever decoded.
    reached: u64,
    end: Option<End>,
}

/// There is nothing more to decode.
struct End {
    /// What is wrong, if it is not the end of a whole file.
    damage: Option<String>,
    /// The file's own size then: a damaged one that grows was not complete.
    stored_bytes: u64,
}

impl Packed {
    pub(super) fn new(file: Box<dyn Handle>, packing: Packing) -> Self {
        Self { file: file.into(), packing, state: Mutex::default() }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decodes one piece more.
    fn advance(&self, state: &mut State) -> io::Result<()> {
        let stored_bytes = self.file.stat()?.size;
        let decoder = state
            .decoder
            .get_or_insert_with(|| self.packing.decode(self.file.clone(), state.feed.clone()));
        let mut piece = vec![0; PIECE_BYTES];
        let read = decoder.read(&mut piece);
        let Fed { fault, ended } = std::mem::take(&mut *state.feed());
        state.feed().ended = ended;
        if let Some(fault) = fault {
            // Not the content's fault: it is decoded again when it can be read again.
            state.restart();
            return Err(fault);
        }
        let damage = match read {
            Ok(0) if stored_bytes == 0 => Some("it is empty".to_owned()),
            Ok(0) => None,
            Ok(bytes) => {
                state.take(piece.get(..bytes).unwrap_or_default(), ended);
                let most = UNPACKED_BYTES_MAX.max(stored_bytes.saturating_mul(UNPACKED_RATIO_MAX));
                if state.decoded() < most && state.unsure.len() < HELD_BYTES_MAX {
                    return Ok(());
                }
                Some(format!("it holds {most} bytes and more, which no log of its size does"))
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            Err(error) => Some(error.to_string()),
        };
        let unsure = std::mem::take(&mut state.unsure);
        if damage.is_none() {
            state.take(&unsure, false);
        }
        // What it looks back to is needed no more.
        state.decoder = Some(Box::new(io::empty()));
        state.end = Some(End { damage, stored_bytes });
        Ok(())
    }
}

impl State {
    /// How far it is decoded.
    fn decoded(&self) -> u64 {
        self.from.saturating_add(self.held.len() as u64)
    }

    fn feed(&self) -> std::sync::MutexGuard<'_, Fed> {
        self.feed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&mut self, bytes: &[u8], is_unsure: bool) {
        if is_unsure {
            self.unsure.extend_from_slice(bytes);
        } else {
            self.held.extend_from_slice(bytes);
            self.reached = self.reached.max(self.decoded());
        }
    }

    /// Forgets what is too far back, in steps that are worth the copying.
    fn forget_old(&mut self) {
        if self.held.len() >= HELD_BYTES_MAX.saturating_mul(2) {
            let surplus = self.held.len() - HELD_BYTES_MAX;
            self.held.drain(..surplus);
            self.from = self.from.saturating_add(surplus as u64);
        }
    }

    fn restart(&mut self) {
        *self = Self { reached: self.reached, ..Self::default() };
    }
}

impl Handle for Packed {
    /// Of a file that is not decoded to its end the size is one byte more than what is known of it.
    fn stat(&self) -> io::Result<Stat> {
        let stat = self.file.stat()?;
        let mut state = self.state();
        let grew = state
            .end
            .as_ref()
            .is_some_and(|end| end.damage.is_some() && end.stored_bytes != stat.size);
        if grew {
            state.restart();
        }
        let more = u64::from(state.end.is_none());
        Ok(Stat { size: state.reached.saturating_add(more), ..stat })
    }

    /// Fails with [`WouldBlock`](io::ErrorKind::WouldBlock) where the way to `offset` is too long for
    /// one turn: the next call goes on.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut state = self.state();
        if offset < state.from {
            state.restart();
        }
        let mut decoded = 0_usize;
        loop {
            let at = usize::try_from(offset.saturating_sub(state.from)).unwrap_or(usize::MAX);
            if let Some(held) = state.held.get(at..).filter(|held| !held.is_empty()) {
                let bytes = held.len().min(buffer.len());
                if let (Some(to), Some(from)) = (buffer.get_mut(..bytes), held.get(..bytes)) {
                    to.copy_from_slice(from);
                }
                return Ok(bytes);
            }
            if state.end.is_some() {
                return Ok(0);
            }
            if decoded >= DECODED_BYTES_A_TURN {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            state.forget_old();
            self.advance(&mut state)?;
            decoded = decoded.saturating_add(PIECE_BYTES);
        }
    }

    fn damage(&self) -> Option<String> {
        self.state().end.as_ref()?.damage.clone()
    }

    fn rest(&self) {
        let mut state = self.state();
        if state.end.is_none() {
            state.restart();
        } else {
            // That it is decoded to its end is still known.
            state.from = state.decoded();
            state.held = Vec::new();
        }
    }

    fn is_packed(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
