//! What is being read, written down so that it outlives a crash: a small file in the state directory. A start finds in it
//! what the life before was at when it ended, if it ended in the midst of something. Knows places by their hashes, and
//! neither logs nor records.
//!
//! The file is never synced: a process that dies leaves it to the kernel, and after a power cut nothing of it is needed.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use tracing::warn;
use xxhash_rust::xxh3::{xxh3_128, xxh3_128_with_seed};

/// The file's name in the state directory.
pub(super) const UNDERWAY: &str = "underway";

/// Places of one batch: it has no more chunks than this, so that all are written down.
pub(super) const PLACES_MAX: usize = 128;

/// A file that is longer was not written by this program.
const BYTES_MAX: u64 = 8 << 10;

/// A place in a log, or a record there. The same in every life of the program until reading got past it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(u128);

impl Place {
    /// The place in a log where a chunk begins.
    pub(super) fn of_chunk(path: &[u8], offset: u64) -> Self {
        Self(xxh3_128_with_seed(path, offset))
    }

    /// A record and where it stands.
    pub(super) fn of_record(path: &[u8], offset: u64, record: &[u8]) -> Self {
        let parts = [Self::of_chunk(path, offset).0, xxh3_128(record)].map(u128::to_le_bytes);
        Self(xxh3_128(parts.as_flattened()))
    }
}

/// What lives before this one were at when they ended, each in the midst of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Before {
    /// Nothing that is known.
    #[default]
    Nothing,
    /// So many of them, one behind another, in a batch with one of these places.
    Batch(u32, Vec<Place>),
    /// So many of them at one record, the first of the chunk that begins at the second place.
    Record(u32, Place, Place),
}

/// The file, and what is known from it.
#[derive(Debug)]
pub(super) struct Underway {
    path: PathBuf,
    file: Option<File>,
    before: Before,
    /// How many places the batch has that is under way, and how many lives before ended at one of them.
    batch: (usize, u32),
    /// Bytes of the line that is in the file.
    written: u64,
    is_idle: bool,
}

impl Underway {
    /// What the file of this reader in this directory says. That it cannot be read or written keeps nobody from reading
    /// logs.
    pub(super) fn open(directory: &Path, reader: usize) -> Self {
        let path = match reader {
            0 => directory.join(UNDERWAY),
            _ => directory.join(format!("{UNDERWAY}-{reader}")),
        };
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let opened = options.open(&path).and_then(|mut file| {
            let mut bytes = Vec::new();
            io::Read::by_ref(&mut file).take(BYTES_MAX).read_to_end(&mut bytes)?;
            Ok((file, before(&String::from_utf8_lossy(&bytes))))
        });
        let (file, before) = match opened {
            Ok((file, before)) => (Some(file), before),
            Err(error) => {
                complain(&path, &error);
                (None, Before::Nothing)
            }
        };
        let mut underway = Self { path, file, before, batch: (0, 0), written: 0, is_idle: false };
        // Whoever ends this life before it reads anything has nothing to do with what was read.
        underway.idle();
        underway
    }

    /// What the lives before were at.
    pub(super) fn before(&self) -> &Before {
        &self.before
    }

    /// How many lives before ended in the midst of a batch with this place, or at a record behind it.
    pub(super) fn ends_at(&self, place: Place) -> u32 {
        match &self.before {
            Before::Batch(ends, places) if places.contains(&place) => *ends,
            Before::Record(ends, _, at) if *at == place => *ends,
            Before::Batch(..) | Before::Record(..) | Before::Nothing => 0,
        }
    }

    /// Is anything under way?
    pub(super) fn has_begun(&self) -> bool {
        !self.is_idle
    }

    /// Has the batch that is under way as many places as can be written down?
    pub(super) fn is_full(&self) -> bool {
        self.batch.0 >= PLACES_MAX
    }

    /// A chunk that begins here is about to be read, in the batch that is under way.
    pub(super) fn chunk(&mut self, place: Place) {
        let ends = match &self.before {
            Before::Batch(ends, places) if places.contains(&place) => *ends,
            _ => 0,
        };
        self.batch.0 += 1;
        if self.batch.0 == 1 || ends > self.batch.1 {
            // Only with its first place: where lives ended before, a chunk is a batch of its own.
            self.batch.1 = ends;
            self.write(0, &format!("batch {ends} {:032x}\n", place.0));
        } else {
            self.write(self.written.saturating_sub(1), &format!(" {:032x}\n", place.0));
        }
    }

    /// This record is about to be read, alone, the first of the chunk that begins there. How many lives before ended at it.
    pub(super) fn record(&mut self, record: Place, chunk: Place) -> u32 {
        let ends = match self.before {
            Before::Record(ends, at, _) if at == record => ends,
            _ => 0,
        };
        self.write(0, &format!("record {ends} {:032x} {:032x}\n", record.0, chunk.0));
        ends
    }

    /// What was under way is committed or given up: nothing is under way.
    pub(super) fn idle(&mut self) {
        self.batch = (0, 0);
        if !self.is_idle {
            self.write(0, "idle\n");
            self.is_idle = true;
        }
    }

    /// Writes the end of the line. What is left of a longer one stands behind the newline, where nobody reads.
    fn write(&mut self, at: u64, text: &str) {
        self.is_idle = false;
        self.written = at.saturating_add(text.len() as u64);
        let Some(file) = &self.file else { return };
        if let Err(error) = file.write_all_at(text.as_bytes(), at) {
            complain(&self.path, &error);
            self.file = None;
        }
    }
}

fn complain(path: &Path, error: &io::Error) {
    warn!("A record that ends the program would not be found: {}: {error}.", path.display());
}

/// What the first line says, of which the life that wrote it did not come back.
fn before(text: &str) -> Before {
    let mut words = text.lines().next().unwrap_or_default().split(' ');
    let what = words.next();
    let ends = words.next().and_then(|ends| ends.parse::<u32>().ok());
    let mut places = words.map_while(|place| Some(Place(u128::from_str_radix(place, 16).ok()?)));
    match (what, ends) {
        (Some("batch"), Some(ends)) => {
            Before::Batch(ends.saturating_add(1), places.take(PLACES_MAX).collect())
        }
        (Some("record"), Some(ends)) => match (places.next(), places.next()) {
            (Some(record), Some(chunk)) => Before::Record(ends.saturating_add(1), record, chunk),
            _ => Before::Nothing,
        },
        _ => Before::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(offset: u64) -> Place {
        Place::of_chunk(b"/var/log/a.log", offset)
    }

    /// A life that does `what` and ends in the midst of it; what the next one finds.
    fn life(directory: &Path, what: impl FnOnce(&mut Underway)) -> Before {
        what(&mut Underway::open(directory, 0));
        before(&std::fs::read_to_string(directory.join(UNDERWAY)).unwrap())
    }

    #[test]
    fn ends_at_one_place_are_counted_and_any_progress_resets_them() {
        let directory = tempfile::tempdir().unwrap();
        let life = |what: &dyn Fn(&mut Underway)| life(directory.path(), what);
        assert_eq!(life(&|_| {}), Before::Nothing);
        // A life that read nothing says nothing about what was read before.
        assert_eq!(life(&|underway| underway.chunk(place(9))), Before::Batch(1, vec![place(9)]));
        assert_eq!(life(&|_| {}), Before::Nothing);
        let both = |underway: &mut Underway| {
            underway.chunk(place(1));
            underway.chunk(place(2));
        };
        assert_eq!(life(&both), Before::Batch(1, vec![place(1), place(2)]));
        // Of the files in the batch one went on; the other is where it was.
        let other = |underway: &mut Underway| {
            underway.chunk(place(3));
            underway.idle();
            underway.chunk(place(2));
        };
        assert_eq!(life(&other), Before::Batch(2, vec![place(2)]));
        let progress = |underway: &mut Underway| {
            underway.chunk(place(2));
            underway.idle();
            underway.chunk(place(5));
        };
        assert_eq!(life(&progress), Before::Batch(1, vec![place(5)]));
        let well = |underway: &mut Underway| {
            underway.chunk(place(5));
            underway.idle();
        };
        assert_eq!(life(&well), Before::Nothing);
    }

    #[test]
    fn ends_at_one_record_are_counted() {
        let directory = tempfile::tempdir().unwrap();
        let record = |bytes: &[u8]| Place::of_record(b"/var/log/a.log", 7, bytes);
        let at = |bytes: &'static [u8], ends: u32| {
            move |underway: &mut Underway| {
                assert_eq!(underway.record(record(bytes), place(7)), ends);
            }
        };
        assert_eq!(life(directory.path(), at(b"a", 0)), Before::Record(1, record(b"a"), place(7)));
        assert_eq!(life(directory.path(), at(b"a", 1)), Before::Record(2, record(b"a"), place(7)));
        assert_eq!(life(directory.path(), at(b"b", 0)), Before::Record(1, record(b"b"), place(7)));
    }

    #[test]
    fn places_are_bounded_and_what_is_not_ours_says_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let many = |underway: &mut Underway| {
            let offsets = (0..).take_while(|at| {
                underway.chunk(place(*at));
                !underway.is_full()
            });
            assert_eq!(offsets.count() + 1, PLACES_MAX);
        };
        let all: Vec<_> = (0..PLACES_MAX as u64).map(place).collect();
        assert_eq!(life(directory.path(), many), Before::Batch(1, all));
        for text in [
            "",
            "batch",
            "batch x",
            "record 1",
            "record 1 1",
            "record 1 zz zz\n",
            "\u{0}\u{0}",
            "other 1 2",
        ] {
            assert_eq!(before(text), Before::Nothing, "{text:?}");
        }
        std::fs::write(directory.path().join(UNDERWAY), [0xff; 4096]).unwrap();
        assert_eq!(Underway::open(directory.path(), 0).before, Before::Nothing);
        let missing = directory.path().join("missing");
        let mut without = Underway::open(&missing, 1);
        without.chunk(place(1));
        without.idle();
    }
}
