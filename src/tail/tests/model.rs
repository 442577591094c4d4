//! Random lives of a log against a toy: whatever is written, rotated, compressed, copied, cut off or
//! deleted, and whenever the reader pauses, fails to commit or starts again, each numbered line is
//! given once and in order. Only what a truncation or a deletion took before anyone could read may be
//! missing, and what is told as lost is never more than what is.
//!
//! The toy knows which lines each file holds. It bounds what must be given: a line that is in a file
//! that the tail holds open, or can find again, must come; one that was destroyed unread may not.

mod found;

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::os::unix::fs::MetadataExt;
use std::time::UNIX_EPOCH;

use proptest::prelude::*;
use rustix::io::Errno;

use super::*;

#[derive(Debug, Clone)]
enum Action {
    /// Whole lines.
    Write(u8),
    /// A line without its end, and its end.
    WriteHalf,
    WriteRest,
    /// To the next rotated name; a new file, or none yet.
    Rotate {
        create: bool,
    },
    /// Copied to the next rotated name and truncated, perhaps with a look between.
    CopyTruncate {
        look: bool,
    },
    /// One of the rotated files, by age, in one of three forms; what compresses may keep its time.
    Compress {
        which: u8,
        form: u8,
        keeps_time: bool,
    },
    /// Another name for the newest rotated file, which is not one of a rotated file.
    HardLink,
    /// The writer keeps its descriptor over a rotation and writes to it once more.
    WriteToOld,
    /// In place.
    Truncate,
    DeleteOldest,
    /// The log may not be opened, or may be again.
    Unreadable(bool),
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
        4 => any::<bool>().prop_map(|create| Action::Rotate { create }),
        1 => any::<bool>().prop_map(|look| Action::CopyTruncate { look }),
        3 => (0_u8..4, 0_u8..3, any::<bool>())
            .prop_map(|(which, form, keeps_time)| Action::Compress { which, form, keeps_time }),
        1 => Just(Action::HardLink),
        1 => Just(Action::WriteToOld),
        1 => Just(Action::Truncate),
        1 => Just(Action::DeleteOldest),
        1 => any::<bool>().prop_map(Action::Unreadable),
        4 => Just(Action::Read),
        2 => Just(Action::ReadAndFail),
        2 => (0_u8..8).prop_map(Action::Pause),
        2 => Just(Action::Restart),
    ]
}

/// A rotated file.
struct Old {
    number: usize,
    ending: &'static str,
    /// What it holds, if it is compressed.
    lines: Vec<u32>,
}

impl Old {
    fn name(&self) -> String {
        format!("log.{}{}", self.number, self.ending)
    }
}

/// The toy.
struct World {
    rig: Rig,
    /// Rotated files are counted upwards: the newest has the highest number.
    upwards: bool,
    next: u32,
    writes: Cell<u64>,
    half: Option<u32>,
    /// The newest first.
    rotated: Vec<Old>,
    rotations: usize,
    links: usize,
    /// What may be missing: it was destroyed before it was known to be read.
    excused: BTreeSet<u32>,
    /// The file that was renamed last, while its writer keeps it, and when it was renamed.
    old: Option<(File, Instant)>,
    /// Deleted files are held, so that their inodes are not used again: where nothing was read of a
    /// file its inode is all that tells it apart. Tests of their own are about that.
    graves: Vec<File>,
}

impl World {
    fn new(upwards: bool) -> Self {
        let rig = Rig::new(&["log"]);
        let mut world = Self {
            rig,
            upwards,
            next: 0,
            writes: Cell::new(0),
            half: None,
            rotated: Vec::new(),
            rotations: 0,
            links: 0,
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
        Self::lines_of(&fs::read(self.rig.path(name)).unwrap_or_default())
    }

    fn lines_of(content: &[u8]) -> Vec<u32> {
        let content = String::from_utf8_lossy(content);
        content.split(['\n', ' ']).filter_map(|word| word.parse().ok()).collect()
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

    /// Makes room for the newest rotated file, and says what it is called.
    fn next_rotated(&mut self) -> String {
        self.rotations += 1;
        let number = if self.upwards { self.rotations } else { 1 };
        if !self.upwards {
            for old in self.rotated.iter_mut().rev() {
                let from = old.name();
                old.number += 1;
                self.rig.rename(&from, &old.name());
            }
        }
        self.rotated.insert(0, Old { number, ending: "", lines: Vec::new() });
        self.rotated[0].name()
    }

    fn rotate(&mut self, create: bool) {
        if !self.exists() {
            return;
        }
        // A line that a rotation leaves without its end is given when the file is let go, if it is
        // still held then: a restart in between may end it elsewhere.
        self.end_half();
        let name = self.next_rotated();
        self.rig.rename("log", &name);
        self.old = Some((self.rig.writer(&name), self.rig.now));
        if create {
            self.empty();
        }
    }

    fn copy_and_truncate(&mut self, look: bool) {
        if !self.exists() {
            return;
        }
        self.end_half();
        let name = self.next_rotated();
        fs::copy(self.rig.path("log"), self.rig.path(&name)).unwrap();
        self.append(&mut self.rig.writer(&name), "");
        if look {
            self.rig.read();
        }
        self.empty();
    }

    fn compress(&mut self, which: u8, form: u8, keeps_time: bool) {
        let Some(old) = self.rotated.get_mut(usize::from(which)) else { return };
        let from = old.name();
        // Who compresses waits until the writer has left.
        let inode = fs::metadata(self.rig.path(&from)).unwrap().ino();
        let is_written = |(file, _): &(File, Instant)| file.metadata().unwrap().ino() == inode;
        if !old.ending.is_empty() || self.old.as_ref().is_some_and(is_written) {
            return;
        }
        old.lines = World::lines_of(&fs::read(self.rig.path(&from)).unwrap());
        old.ending = [".gz", ".xz", ".zst"][usize::from(form)];
        let to = old.name();
        self.graves.push(File::open(self.rig.path(&from)).unwrap());
        self.rig.compress(&from, &to);
        if !keeps_time {
            self.append(&mut self.rig.writer(&to), "");
        }
    }

    fn write_to_old(&mut self) {
        // A writer is told to reopen before the file is let go.
        let Some((mut old, since)) = self.old.take() else { return };
        if self.rig.now.duration_since(since) < ROTATE_WAIT {
            let number = self.next;
            self.next += 1;
            self.append(&mut old, &format!("{number} end\n"));
            // A name that is none of a rotated file does not lead there.
            let inode = old.metadata().unwrap().ino();
            let at = |old: &Old| fs::metadata(self.rig.path(&old.name())).unwrap().ino();
            if self.rotated.iter().all(|old| at(old) != inode) {
                self.excused.insert(number);
            }
        }
    }

    fn delete_oldest(&mut self) {
        let Some(oldest) = self.rotated.pop() else { return };
        let lines = self.lines_in(&oldest.name());
        self.graves.push(File::open(self.rig.path(&oldest.name())).unwrap());
        self.rig.remove(&oldest.name());
        let lines = if oldest.ending.is_empty() { lines } else { oldest.lines };
        self.excused.extend(lines);
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
            Action::CopyTruncate { look } => self.copy_and_truncate(*look),
            Action::Compress { which, form, keeps_time } => {
                self.compress(*which, *form, *keeps_time);
            }
            Action::HardLink => {
                if let Some(newest) = self.rotated.first() {
                    self.links += 1;
                    let link = self.rig.path(&format!("kept-{}", self.links));
                    fs::hard_link(self.rig.path(&newest.name()), link).unwrap();
                }
            }
            Action::WriteToOld => self.write_to_old(),
            Action::Truncate if self.exists() => {
                let lines = self.lines_in("log");
                self.excused.extend(lines);
                self.half = None;
                self.empty();
            }
            Action::Truncate => {}
            Action::DeleteOldest => self.delete_oldest(),
            Action::Unreadable(is_so) => {
                self.rig.faults.fail_open(&self.rig.path("log"), is_so.then_some(Errno::ACCESS));
            }
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
        self.rig.faults.fail_open(&self.rig.path("log"), None);
        self.end_half();
        self.write(1);
        for _ in 0..4 {
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
        let missing: Vec<u32> = (0..self.next).filter(|number| !once.contains(number)).collect();
        let unexcused: Vec<_> =
            missing.iter().filter(|number| !self.excused.contains(number)).collect();
        prop_assert!(unexcused.is_empty(), "missing {unexcused:?}");
        // What is told as lost is lost, and told once.
        let told: u64 = self.rig.findings.iter().filter_map(Finding::lost_bytes_at_least).sum();
        let lost: usize =
            missing.iter().map(|number| number.to_string().len() + " end\n".len()).sum();
        prop_assert!(told <= lost as u64, "told {told}, lost {lost}: {:?}", self.rig.findings);
        // Nothing is held for ever.
        prop_assert!(self.rig.open_files() <= 1);
        prop_assert_eq!(self.rig.followed().len(), self.rig.open_files());
        Ok(())
    }
}

fn check(upwards: bool, actions: &[Action]) -> Result<(), TestCaseError> {
    let mut world = World::new(upwards);
    for action in actions {
        world.apply(action);
    }
    world.check()
}

proptest! {
    #[test]
    fn every_line_is_given_once_and_in_order(
        upwards in any::<bool>(),
        actions in proptest::collection::vec(action(), 1..40),
    ) {
        check(upwards, &actions)?;
    }
}
