//! How carefully records are read. As usual nothing is done for each of them. After a panic a panic of each is caught;
//! after crashes at one place each is a transaction of its own and written down before. So the one that is to blame is
//! found, kept as a reject, and the others go on (promise 8). Knows no grammar and no store.

use std::path::Path;

use tracing::warn;

use super::underway::{Before, Place, Underway};

/// A batch that ended the program so many times is taken record by record at the next start.
pub const BATCH_ENDS_MAX: u32 = 2;

/// A record, taken alone, that ended the program so many times is kept as a reject. Twice, since whoever kills a program
/// hits some record too, but hardly the same one again.
pub const RECORD_ENDS_MAX: u32 = 2;

/// So many bytes of logs are read with care, then as usual again: as many as a batch may stand for, since the record to
/// blame was in one.
pub const CAREFUL_BYTES: u64 = super::BATCH_BYTES_MAX;

/// How records are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Many a transaction.
    Usual,
    /// The same, but a panic of one is caught and makes it a reject.
    Caught,
    /// The same, one a transaction, written down before.
    Alone,
}

/// Whether a record is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// It is; a panic is caught.
    Guarded,
    /// Not at all: it ended the program so many times.
    Refused(u32),
}

/// The reader's care.
#[derive(Debug)]
pub(super) struct Care {
    mode: Mode,
    left_bytes: u64,
    underway: Underway,
}

impl Care {
    /// As carefully as the file of this reader in the state directory advises.
    pub(super) fn new(directory: &Path, reader: usize) -> Self {
        let underway = Underway::open(directory, reader);
        let mode = match underway.before() {
            Before::Batch(ends, _) if *ends >= BATCH_ENDS_MAX => Mode::Alone,
            Before::Record(..) => Mode::Alone,
            Before::Batch(..) | Before::Nothing => Mode::Usual,
        };
        if mode == Mode::Alone {
            warn!(
                "The program ended several times while it read the same: records are read one by one for a while."
            );
        }
        Self { mode, left_bytes: CAREFUL_BYTES, underway }
    }

    /// Is nothing done for each record?
    #[inline]
    pub(super) fn is_usual(&self) -> bool {
        self.mode == Mode::Usual
    }

    /// Is each record a transaction of its own?
    #[inline]
    pub(super) fn takes_one(&self) -> bool {
        self.mode == Mode::Alone
    }

    /// A chunk that begins here is about to be read.
    pub(super) fn chunk(&mut self, path: &Path, offset: u64) {
        if self.mode != Mode::Alone {
            self.underway.chunk(Place::of_chunk(path.as_os_str().as_encoded_bytes(), offset));
        }
    }

    /// A record is about to be read with care.
    pub(super) fn record(&mut self, path: &str, offset: u64, record: &[u8]) -> Turn {
        if self.mode != Mode::Alone {
            return Turn::Guarded;
        }
        let ends = self.underway.record(Place::of_record(path.as_bytes(), offset, record));
        if ends >= RECORD_ENDS_MAX { Turn::Refused(ends) } else { Turn::Guarded }
    }

    /// A chunk panicked. It is read again, with care.
    pub(super) fn panicked(&mut self) {
        (self.mode, self.left_bytes) = (Mode::Caught, CAREFUL_BYTES);
    }

    /// So many bytes of logs are committed.
    pub(super) fn committed(&mut self, bytes: u64) {
        self.underway.idle();
        self.left_bytes = self.left_bytes.saturating_sub(bytes);
        if self.left_bytes == 0 {
            self.mode = Mode::Usual;
        }
    }

    /// Nothing of the batch is committed, and the program goes on: no record is to blame.
    pub(super) fn given_up(&mut self) {
        self.underway.idle();
    }
}
