//! Random lives of a log against a toy: whatever is written, rotated, cut off or deleted, and
//! whenever the reader pauses, fails to commit or starts again, each numbered line is given once and
//! in order. Only what a truncation or a deletion took before anyone could read may be missing.
//!
//! The toy knows which lines each file holds. It bounds what must be given: a line that is in a file
//! that the tail holds open, or can find again, must come; one that was destroyed unread may not.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::os::unix::fs::MetadataExt;
use std::time::UNIX_EPOCH;

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Action {
    /// Whole lines.
    Write(u8),
    /// A line without its end, and its end.
    WriteHalf,
    WriteRest,
    /// To `.1`, `.1` to `.2`, and so on; a new file, or none yet.
    Rotate {
        create: bool,
    },
    /// The writer keeps its descriptor over a rotation and writes to it once more.
    WriteToOld,
    /// In place.
    Truncate,
    DeleteOldest,
    Read,
    /// Reads a part, and the commit fails.
    ReadAndFail,
    Pause(u8),
    Restart,
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        6 => (1_u8..20).prop_map(Action::Write),
        2 => Just(Action::WriteHalf),
        2 => Just(Action::WriteRest),
        3 => any::<bool>().prop_map(|create| Action::Rotate { create }),
        1 => Just(Action::WriteToOld),
        1 => Just(Action::Truncate),
        1 => Just(Action::DeleteOldest),
        4 => Just(Action::Read),
        2 => Just(Action::ReadAndFail),
        2 => (0_u8..8).prop_map(Action::Pause),
        2 => Just(Action::Restart),
    ]
}

/// The toy. Rotated names are `log.1` (the newest), `log.2`, …
struct World {
    rig: Rig,
    next: u32,
    writes: Cell<u64>,
    half: Option<u32>,
    rotated: usize,
    /// What may be missing: it was destroyed before it was known to be read.
    excused: BTreeSet<u32>,
    /// The file that was renamed last, while its writer keeps it, and when it was renamed.
    old: Option<(File, Instant)>,
    /// Deleted files are held, so that their inodes are not used again: where nothing was read of a
    /// file its inode is all that tells it apart. Tests of their own are about that.
    graves: Vec<File>,
}

impl World {
    fn new() -> Self {
        let rig = Rig::new(&["log"]);
        let mut world = Self {
            rig,
            next: 0,
            writes: Cell::new(0),
            half: None,
            rotated: 0,
            excused: BTreeSet::new(),
            old: None,
            graves: Vec::new(),
        };
        // A log that was never seen before it was rotated is not known for one.
        world.write(1);
        world.rig.read();
        world
    }

    /// Times of modification by the toy's clock: that of the machine is coarser than these writes.
    fn append(&self, file: &mut File, text: &str) {
        self.writes.set(self.writes.get() + 1);
        file.write_all(text.as_bytes()).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(self.writes.get())).unwrap();
    }

    /// Makes the log an empty file, in its place or new.
    fn empty(&self) {
        self.rig.write("log", "");
        self.append(&mut self.rig.writer("log"), "");
    }

    fn exists(&self) -> bool {
        self.rig.path("log").exists()
    }

    /// The lines that a file holds, whole or begun.
    fn lines_in(&self, name: &str) -> Vec<u32> {
        let content = fs::read_to_string(self.rig.path(name)).unwrap_or_default();
        content.split(['\n', ' ']).filter_map(|word| word.parse().ok()).collect()
    }

    fn excuse(&mut self, name: &str) {
        let lines = self.lines_in(name);
        self.excused.extend(lines);
    }

    fn end_half(&mut self) {
        if self.half.take().is_some() {
            self.append(&mut self.rig.writer("log"), " end\n");
        }
    }

    fn write(&mut self, count: u8) {
        self.end_half();
        for _ in 0..count {
            let line = format!("{} end\n", self.next);
            self.next += 1;
            self.append(&mut self.rig.writer("log"), &line);
        }
    }

    fn rotate(&mut self, create: bool) {
        if !self.exists() {
            return;
        }
        // Where no row is left, as after a deletion that nothing followed, a log that comes and is
        // rotated while nobody looks is not known for one: a limit of what rows can tell.
        if self.rig.rows.is_empty() {
            self.rig.read();
        }
        // A line that a rotation leaves without its end is given when the file is let go, if it is
        // still held then: a restart in between may end it elsewhere.
        self.end_half();
        for number in (1..=self.rotated).rev() {
            self.rig.rename(&format!("log.{number}"), &format!("log.{}", number + 1));
        }
        self.rig.rename("log", "log.1");
        self.rotated += 1;
        self.old = Some((self.rig.writer("log.1"), self.rig.now));
        if create {
            self.empty();
        }
    }

    fn apply(&mut self, action: &Action) {
        match action {
            Action::Write(count) => self.write(*count),
            Action::WriteHalf if self.half.is_none() => {
                let number = self.next;
                self.next += 1;
                self.append(&mut self.rig.writer("log"), &number.to_string());
                self.half = Some(number);
            }
            Action::WriteHalf => {}
            Action::WriteRest => self.end_half(),
            Action::Rotate { create } => self.rotate(*create),
            Action::WriteToOld => {
                // A writer is told to reopen before the file is let go.
                let Some((mut old, since)) = self.old.take() else { return };
                if self.rig.now.duration_since(since) < ROTATE_WAIT {
                    // Should the old file be deleted before the next look, its time is all that
                    // is known of it, and now makes the log's lines look older than what was read.
                    self.excuse("log");
                    let number = self.next;
                    self.next += 1;
                    self.append(&mut old, &format!("{number} end\n"));
                    if old.metadata().unwrap().nlink() == 0 || !self.graves.is_empty() {
                        self.excused.insert(number);
                    }
                }
            }
            Action::Truncate if self.exists() => {
                self.excuse("log");
                self.half = None;
                self.empty();
            }
            Action::Truncate => {}
            Action::DeleteOldest if self.rotated > 0 => {
                let name = format!("log.{}", self.rotated);
                self.excuse(&name);
                self.graves.push(File::open(self.rig.path(&name)).unwrap());
                self.rig.remove(&name);
                self.rotated -= 1;
            }
            Action::DeleteOldest => {}
            Action::Read => drop(self.rig.read()),
            Action::ReadAndFail => self.read_and_fail(),
            Action::Pause(seconds) => self.rig.now += Duration::from_secs(u64::from(*seconds)),
            Action::Restart => self.rig.restart(),
        }
    }

    /// What was given in a transaction that failed was not given.
    fn read_and_fail(&mut self) {
        let given = self.rig.given.len();
        self.rig.now += LOOK_EVERY;
        let found = self.rig.tail.look(self.rig.now);
        self.rig.findings.extend(found);
        while self.rig.turn() {}
        self.rig.given.truncate(given);
        self.rig.tail.rolled_back();
    }

    fn check(mut self) -> Result<(), TestCaseError> {
        self.end_half();
        self.write(1);
        for _ in 0..3 {
            self.rig.after(ROTATE_WAIT);
        }
        let mut given: Vec<u32> = Vec::new();
        let mut last: HashMap<u64, u32> = HashMap::new();
        for line in &self.rig.given {
            let number = line.text.strip_suffix(" end").and_then(|text| text.parse().ok());
            let number = number.expect("lines are whole");
            let before = last.insert(line.generation, number);
            prop_assert!(before < Some(number), "in order: {before:?}, {number}");
            given.push(number);
        }
        let once: BTreeSet<u32> = given.iter().copied().collect();
        prop_assert_eq!(once.len(), given.len(), "once: {:?}", given);
        let missing: Vec<u32> = (0..self.next)
            .filter(|number| !once.contains(number) && !self.excused.contains(number))
            .collect();
        prop_assert!(missing.is_empty(), "missing {missing:?}");
        // Nothing is held for ever.
        prop_assert!(self.rig.open_files() <= 1);
        prop_assert_eq!(self.rig.followed().len(), self.rig.open_files());
        Ok(())
    }
}

fn check(actions: &[Action]) -> Result<(), TestCaseError> {
    let mut world = World::new();
    for action in actions {
        world.apply(action);
    }
    world.check()
}

proptest! {
    #[test]
    fn every_line_is_given_once_and_in_order(actions in proptest::collection::vec(action(), 1..40)) {
        check(&actions)?;
    }
}

/// Histories that were read wrongly once.
#[test]
fn found_cases_are_read_right() {
    use Action::{Pause, Read, Restart, Rotate, Truncate, Write, WriteHalf, WriteToOld};
    let gone = Rotate { create: false };
    for actions in [
        vec![
            Write(1),
            Write(1),
            gone.clone(),
            Read,
            WriteHalf,
            Pause(4),
            Read,
            WriteToOld,
            Restart,
        ],
        vec![Truncate, gone.clone(), Read, Restart, Read, Write(1), gone.clone(), Restart],
        vec![gone.clone(), Write(1), WriteToOld, Read, gone.clone(), Read, Pause(3), Read],
        vec![gone.clone(), Write(1), WriteToOld, Read, gone, Pause(4), Read],
    ] {
        if let Err(error) = check(&actions) {
            panic!("{actions:?}: {error}");
        }
    }
}
