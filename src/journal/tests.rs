//! Reading the journal with a journalctl that does what a test wants. Times are simulated.

mod cases;
mod model;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::child::{Child, Children, Next};
use super::*;

/// Simulated times begin here, in microseconds since 1970.
const BEGIN_US: i64 = 1_773_485_425_000_000;

/// What a journalctl does after it gave so many entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Dies,
    DiesInAnEntry,
    Hangs,
    WritesGarbage,
    ClosesItsOutput,
}

/// A journal and what will happen to those who read it.
#[derive(Debug, Default)]
struct World {
    /// When each entry was written. Its message is its number.
    entries: Vec<i64>,
    /// Entries before this one are gone.
    first: usize,
    /// Those who are started next, in turn; those behind them are well.
    faults: Vec<(usize, Fault)>,
    /// The journal's oldest entry, which is not wanted, is of then.
    other_us: Option<i64>,
    forbidden: bool,
    missing: bool,
    /// What each was started with.
    started: Vec<String>,
}

/// Clones are the same one.
#[derive(Debug, Clone, Default)]
struct Shared(Arc<Mutex<World>>);

struct Fake {
    world: Shared,
    at: usize,
    left: usize,
    fault: Option<Fault>,
    purpose: Purpose,
    /// The other half of a line.
    rest: Option<Vec<u8>>,
}

fn line(number: usize, at_us: i64) -> Vec<u8> {
    let cursor = format!("s=a;i={number:x};b=b;m={number:x};t={at_us:x};x={number:x}");
    let text = format!(
        r#"{{"__CURSOR":"{cursor}","__REALTIME_TIMESTAMP":"{at_us}","MESSAGE":"{number}","_PID":"1"}}"#
    );
    format!("{text}\n").into_bytes()
}

impl Shared {
    fn with<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        work(&mut self.0.lock().unwrap())
    }
}

impl Children for Shared {
    fn start(&mut self, arguments: &[String]) -> io::Result<Box<dyn Child>> {
        let has = |option: &str| arguments.iter().any(|argument| argument == option);
        let purpose = match () {
            () if has("--follow") => Purpose::Follow,
            () if has("--lines=1") => Purpose::Newest,
            () if has("_TRANSPORT=kernel") => Purpose::Run,
            () => Purpose::Oldest,
        };
        self.with(|world| {
            if world.missing {
                return Err(io::Error::from(io::ErrorKind::NotFound));
            }
            let cursor = arguments.iter().find_map(|argument| argument.strip_prefix("--cursor="));
            let number = cursor.map(|cursor| cursor.split(';').nth(1).unwrap().split_at(2).1);
            let at = number.map_or(0, |number| usize::from_str_radix(number, 16).unwrap());
            let newest = world.entries.len().saturating_sub(1);
            // One that runs has what it reads open, and keeps it.
            let at = if purpose == Purpose::Newest { newest } else { at.max(world.first) };
            world.started.push(format!("{purpose:?}"));
            // Who only asks for one entry is well, or the tests would be about nothing else.
            let asks = matches!(purpose, Purpose::Oldest | Purpose::Newest);
            let fault =
                if asks || world.faults.is_empty() { None } else { Some(world.faults.remove(0)) };
            let (left, fault) =
                fault.map_or((usize::MAX, None), |(left, fault)| (left, Some(fault)));
            let world = self.clone();
            Ok(Box::new(Fake { world, at, left, fault, purpose, rest: None }) as Box<dyn Child>)
        })
    }

    fn forbidden(&self, _: Option<&Path>) -> Option<PathBuf> {
        self.with(|world| world.forbidden.then(|| PathBuf::from("/var/log/journal/system.journal")))
    }
}

impl Child for Fake {
    fn next(&mut self) -> Next {
        if let Some(rest) = self.rest.take() {
            return Next::Block(rest);
        }
        let world = self.world.0.lock().unwrap();
        if let (Purpose::Oldest, Some(at_us)) = (self.purpose, world.other_us) {
            return Next::Block(line(0xffff, at_us));
        }
        let entry = world.entries.get(self.at).map(|at_us| line(self.at, *at_us));
        if self.left == 0 {
            return match self.fault {
                Some(Fault::Dies) => Next::Ended(Err("killed by signal 9".to_owned())),
                Some(Fault::DiesInAnEntry) => {
                    self.fault = Some(Fault::Dies);
                    Next::Block(entry.map_or_else(Vec::new, |line| line[..line.len() / 2].to_vec()))
                }
                Some(Fault::WritesGarbage) => Next::Block(b"Segmentation fault\n".to_vec()),
                Some(Fault::ClosesItsOutput) => Next::Ending,
                Some(Fault::Hangs) | None => Next::Nothing,
            };
        }
        let Some(mut line) = entry else {
            let follows = self.purpose == Purpose::Follow;
            return if follows { Next::Nothing } else { Next::Ended(Ok(())) };
        };
        (self.at, self.left) = (self.at + 1, self.left - 1);
        // Blocks end anywhere.
        self.rest = Some(line.split_off(line.len() / 3));
        Next::Block(line)
    }
}

/// A source, the store's memory of it, and a simulated time.
struct Rig {
    world: Shared,
    journal: Journal,
    /// What is committed.
    place: Option<Position>,
    read: Vec<usize>,
    gaps: Vec<Gap>,
    found: Vec<String>,
    begin: Instant,
    seconds: u64,
    start_at: StartAt,
}

fn wanted() -> JournalMatch {
    JournalMatch { kernel: true, ..JournalMatch::default() }
}

impl Rig {
    fn new(start_at: StartAt, world: World) -> Self {
        let world = Shared(Arc::new(Mutex::new(world)));
        let journal = Journal::with(Box::new(world.clone()), wanted(), None, start_at);
        let begin = crate::clock::monotonic();
        let (read, gaps, found) = (Vec::new(), Vec::new(), Vec::new());
        Self { world, journal, place: None, read, gaps, found, begin, seconds: 0, start_at }
    }

    fn wall_us(&self) -> i64 {
        BEGIN_US + i64::try_from(self.seconds).unwrap() * 1_000_000
    }

    fn write(&self, entries: usize) {
        let at_us = self.wall_us();
        // No two have the same time.
        self.world.with(|world| {
            let next = world.entries.len();
            let range = next..next + entries;
            world.entries.extend(range.map(|number| at_us + i64::try_from(number).unwrap()));
        });
    }

    /// A new life of the program.
    fn restart(&mut self) {
        let (world, place) = (Box::new(self.world.clone()), self.place.clone());
        self.journal = Journal::with(world, wanted(), place, self.start_at);
    }

    fn look(&mut self) {
        let now = self.begin + Duration::from_secs(self.seconds);
        let found = self.journal.look(now, self.wall_us());
        self.found.extend(found.iter().map(|finding| format!("{:?}", finding.what)));
    }

    /// A turn of at most so many entries; true if there was one. It is committed, or fails.
    fn turn(&mut self, entries_max: usize, commits: bool) -> bool {
        let now = self.begin + Duration::from_secs(self.seconds);
        let Some(turn) = self.journal.turn(now) else { return false };
        let number =
            |entry: &Entry| String::from_utf8(entry.message.clone()).unwrap().parse().unwrap();
        let read: Vec<usize> = turn.entries.iter().take(entries_max).map(number).collect();
        let gap = turn.gap;
        self.journal.accept(read.len());
        if !commits {
            self.journal.rolled_back();
            return true;
        }
        self.place = Some(self.journal.position());
        self.journal.committed();
        self.read.extend(read);
        self.gaps.extend(gap);
        true
    }

    /// Reads all that there is, and lets so much time go by.
    fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds.max(1) {
            self.look();
            while self.turn(usize::MAX, true) {
                self.look();
            }
            self.seconds += u64::from(seconds > 0);
        }
    }

    fn started(&self) -> String {
        self.world.with(|world| std::mem::take(&mut world.started).join(" "))
    }
}
