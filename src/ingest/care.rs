//! How carefully records are read. As usual nothing is done for each of them. After a panic a panic of each is caught.
//! Where lives of the program ended before, a chunk is a transaction of its own, then each record is, written down before.
//! So the one that is to blame is found, kept as a reject, and the others go on (promise 8). Knows no grammar and no store.

use std::path::Path;

use tracing::warn;

use super::underway::{Before, Place, Underway};
use crate::journal::Entry;
use crate::tail::{Chunk, FileKey};

/// A chunk in whose midst the program ended so many times is taken record by record at the next start.
pub const BATCH_ENDS_MAX: u32 = 2;

/// A record, taken alone, that ended the program so many times is kept as a reject. Twice, since whoever kills a program
/// hits some record too, but hardly the same one again.
pub const RECORD_ENDS_MAX: u32 = 2;

/// After a panic, so many bytes of logs are read with a guard around each record: as many as a batch may stand for, since
/// the record to blame was in one.
pub const CAREFUL_BYTES: u64 = super::BATCH_BYTES_MAX;

/// Whether a record is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// It is; a panic is caught.
    Guarded,
    /// Not at all: it ended the program so many times.
    Refused(u32),
}

/// Part of a log that is about to be read: a chunk of a file, a turn of the journal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch<'p> {
    path: &'p Path,
    file: FileKey,
    generation: u64,
    begin: u64,
    end: u64,
}

impl<'p> Stretch<'p> {
    pub(super) fn of_chunk(chunk: &'p Chunk<'_>) -> Self {
        let (file, generation) = (chunk.file, chunk.generation);
        let begin = chunk.position().offset;
        Self { path: &chunk.path, file, generation, begin, end: chunk.size() }
    }

    /// Entries of the journal have their times for offsets.
    pub(super) fn of_entries(name: &'p str, file: FileKey, entries: &[Entry]) -> Self {
        let at = |entry: Option<&Entry>| entry.map_or(0, |entry| entry.at_us.cast_unsigned());
        let end = at(entries.last()).saturating_add(1);
        Self { path: Path::new(name), file, generation: 0, begin: at(entries.first()), end }
    }

    fn place(&self) -> Place {
        Place::of_chunk(self.path.as_os_str().as_encoded_bytes(), self.begin)
    }
}

/// Part of a log that is taken record by record.
#[derive(Debug)]
struct Alone {
    file: FileKey,
    generation: u64,
    until: u64,
}

/// The reader's care.
#[derive(Debug)]
pub(super) struct Care {
    guarded_bytes: u64,
    underway: Underway,
    alone: Option<Alone>,
    /// Of the chunk that is read, if it is read record by record: where it begins.
    one_of: Option<Place>,
}

impl Care {
    /// As carefully as the file of this reader in the state directory advises.
    pub(super) fn new(directory: &Path, reader: usize) -> Self {
        let underway = Underway::open(directory, reader);
        if let Before::Batch(BATCH_ENDS_MAX.., _) | Before::Record(..) = underway.before() {
            warn!(
                "The program ended several times while it read the same: there records are read one by one."
            );
        }
        Self { guarded_bytes: 0, underway, alone: None, one_of: None }
    }

    /// Is nothing done for each record of the chunk that is read?
    #[inline]
    pub(super) fn is_usual(&self) -> bool {
        self.guarded_bytes == 0 && self.one_of.is_none()
    }

    /// Is each record of the chunk that is read a transaction of its own?
    #[inline]
    pub(super) fn takes_one(&self) -> bool {
        self.one_of.is_some()
    }

    /// Must this chunk be a transaction of its own, or less?
    pub(super) fn suspects(&self, stretch: &Stretch<'_>) -> bool {
        self.is_in_alone(stretch) || self.underway.ends_at(stretch.place()) > 0
    }

    /// Has the batch a chunk?
    pub(super) fn has_begun(&self) -> bool {
        self.underway.has_begun()
    }

    /// Can the batch have no further chunk?
    pub(super) fn is_full(&self) -> bool {
        self.underway.is_full()
    }

    /// This is about to be read.
    pub(super) fn begins(&mut self, stretch: &Stretch<'_>) {
        let place = stretch.place();
        let often = match self.underway.before() {
            Before::Record(..) => 1,
            Before::Batch(..) | Before::Nothing => BATCH_ENDS_MAX,
        };
        if self.underway.ends_at(place) >= often {
            let &Stretch { file, generation, end, .. } = stretch;
            self.alone = Some(Alone { file, generation, until: end });
        }
        self.one_of = self.is_in_alone(stretch).then_some(place);
        if self.one_of.is_none() {
            self.underway.chunk(place);
        }
    }

    fn is_in_alone(&self, stretch: &Stretch<'_>) -> bool {
        self.alone.as_ref().is_some_and(|alone| {
            let same = alone.file == stretch.file && alone.generation == stretch.generation;
            same && stretch.begin < alone.until
        })
    }

    /// A record is about to be read with care.
    pub(super) fn record(&mut self, path: &Path, offset: u64, record: &[u8]) -> Turn {
        let Some(chunk) = self.one_of else { return Turn::Guarded };
        let place = Place::of_record(path.as_os_str().as_encoded_bytes(), offset, record);
        let ends = self.underway.record(place, chunk);
        if ends >= RECORD_ENDS_MAX { Turn::Refused(ends) } else { Turn::Guarded }
    }

    /// A chunk panicked. It is read again, with a guard around each record.
    pub(super) fn panicked(&mut self) {
        self.guarded_bytes = CAREFUL_BYTES;
    }

    /// So many bytes of logs are committed.
    pub(super) fn committed(&mut self, bytes: u64) {
        self.underway.idle();
        self.one_of = None;
        self.guarded_bytes = self.guarded_bytes.saturating_sub(bytes);
    }

    /// Nothing of the batch is committed, and the program goes on: no record is to blame.
    pub(super) fn given_up(&mut self) {
        self.underway.idle();
        self.one_of = None;
    }
}
