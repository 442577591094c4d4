//! The toy: a writer, its log, and what logrotate or a careless hand does to them. It knows which numbers stand in which
//! file, and so which of them nobody may miss. Knows no agent.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::action::{Naming, Packing};
use crate::stored;
use crate::support::{Place, alert, wait_for};

/// Rules, so many that each has its card in a post.
const RULES: u32 = 6;

/// The logs of one life.
pub(super) struct World<'p> {
    place: &'p Place,
    naming: Naming,
    next: u32,
    /// Kept over a rotation until the writer is told to reopen, as a daemon does.
    writer: Option<File>,
    /// The number of the line that is begun, and what is still to be written of it.
    half: Option<(u32, String)>,
    /// Rotated files, the newest first.
    rotated: Vec<PathBuf>,
    turns: u32,
    /// Numbers that may be missing: what they stood in was destroyed before they were stored.
    excused: BTreeSet<u32>,
}

impl<'p> World<'p> {
    pub(super) fn new(place: &'p Place, naming: Naming) -> Self {
        fs::create_dir(place.path("clock")).unwrap();
        Self {
            place,
            naming,
            next: 0,
            writer: None,
            half: None,
            rotated: Vec::new(),
            turns: 0,
            excused: BTreeSet::new(),
        }
    }

    /// How many numbers were given out.
    pub(super) fn written(&self) -> u32 {
        self.next
    }

    /// May this number be missing?
    pub(super) fn is_excused(&self, number: u32) -> bool {
        self.excused.contains(&number)
    }

    /// The numbers of whole lines that nobody may miss.
    pub(super) fn must(&self) -> BTreeSet<u32> {
        let half = self.half.as_ref().map(|(number, _)| *number);
        (0..self.next).filter(|n| !self.excused.contains(n) && Some(*n) != half).collect()
    }

    pub(super) fn write(&mut self, count: u8) {
        self.end_half();
        let lines: String = (0..count).map(|_| line(self.take_number()) + "\n").collect();
        self.append(&lines);
    }

    pub(super) fn write_half(&mut self) {
        if self.half.is_none() {
            let number = self.take_number();
            let mut line = line(number);
            let rest = line.split_off(line.len() / 2);
            self.append(&line);
            self.half = Some((number, rest));
        }
    }

    pub(super) fn end_half(&mut self) {
        if let Some((number, rest)) = self.half.take() {
            self.append(&(rest + "\n"));
            if self.is_writer_lost() {
                self.excused.insert(number);
            }
        }
    }

    /// The log gets the newest rotated file's name. The writer goes on in it until it reopens.
    pub(super) fn rotate(&mut self, create: bool) {
        if self.may_rotate() {
            let to = self.newest_name();
            fs::rename(self.place.log(), &to).unwrap();
            self.rotated.insert(0, to);
            self.tick();
            if create {
                File::create(self.place.log()).unwrap();
            }
        }
    }

    pub(super) fn reopen(&mut self) {
        self.end_half();
        if self.writer.take().is_some() {
            self.tick();
        }
    }

    /// A line that is begun is torn: its first half is in the copy, the other will be in the log.
    pub(super) fn copy_and_truncate(&mut self, between: u8) {
        if !self.may_rotate() {
            return;
        }
        let to = self.newest_name();
        fs::copy(self.place.log(), &to).unwrap();
        self.rotated.insert(0, to.clone());
        self.tick();
        if between > 0 && self.half.is_none() {
            self.write(between);
        }
        self.excused.extend(self.half.as_ref().map(|(number, _)| *number));
        let copied = numbers_in(&to);
        let log = File::options().write(true).open(self.place.log()).unwrap();
        self.destroy(|world| {
            let mut numbers = numbers_in(&world.place.log());
            numbers.retain(|number| !copied.contains(number));
            numbers
        });
        log.set_len(0).unwrap();
        self.tick();
    }

    /// Compresses the newest rotated file that is not, unless it is still written to.
    pub(super) fn compress(&mut self, packing: Packing) {
        let Some(at) = self.rotated.iter().position(|path| !is_packed(path)) else { return };
        let from = &self.rotated[at];
        if !self.is_writer_in(from) {
            self.rotated[at] = pack(from, packing);
            self.tick();
        }
    }

    pub(super) fn delete_oldest(&mut self) {
        if let Some(path) = self.rotated.pop() {
            self.destroy(|_| numbers_in(&path));
            fs::remove_file(path).unwrap();
            self.excuse_a_lost_half();
        }
    }

    pub(super) fn delete_log(&mut self) {
        let log = self.place.log();
        if log.exists() {
            self.destroy(|_| numbers_in(&log));
            fs::remove_file(log).unwrap();
            self.excuse_a_lost_half();
        }
    }

    /// As an editor saves a file: another one is written and gets the log's name.
    pub(super) fn replace(&mut self, count: u8) {
        let (log, fresh) = (self.place.log(), self.place.path("fresh"));
        self.reopen();
        let lines: String = (0..count).map(|_| line(self.take_number()) + "\n").collect();
        fs::write(&fresh, lines).unwrap();
        self.destroy(|_| numbers_in(&log));
        fs::rename(fresh, log).unwrap();
        self.tick();
    }

    /// What stands where, for a person who looks into it.
    pub(super) fn show(&self) -> String {
        let files = std::iter::once(self.place.log()).chain(self.rotated.iter().cloned());
        let mut shown: String = files
            .map(|path| {
                let numbers = stored::ranges(numbers_in(&path).into_iter());
                format!("  {}: {numbers}\n", path.file_name().unwrap().display())
            })
            .collect();
        let excused = stored::ranges(self.excused.iter().copied());
        shown.push_str(&format!("  destroyed before they were stored: {excused}\n"));
        shown
    }

    fn take_number(&mut self) -> u32 {
        self.next += 1;
        self.next - 1
    }

    fn append(&mut self, text: &str) {
        let log = self.place.log();
        let writer = self
            .writer
            .get_or_insert_with(|| File::options().append(true).create(true).open(log).unwrap());
        writer.write_all(text.as_bytes()).unwrap();
        if self.is_writer_lost() {
            // A file without a name is read as long as it is held open; nobody can find it again.
            self.excused.extend(numbers_of(text));
        }
    }

    /// Does the writer write to a file that has no name any more?
    fn is_writer_lost(&self) -> bool {
        self.writer.as_ref().is_some_and(|writer| writer.metadata().unwrap().nlink() == 0)
    }

    fn is_writer_in(&self, path: &Path) -> bool {
        let (Some(writer), Ok(there)) = (&self.writer, fs::metadata(path)) else { return false };
        let here = writer.metadata().unwrap();
        (here.dev(), here.ino()) == (there.dev(), there.ino())
    }

    /// Excuses those of these numbers that are not stored yet.
    fn destroy(&mut self, numbers: impl FnOnce(&Self) -> BTreeSet<u32>) {
        let numbers = numbers(self);
        let stored = stored::numbers(self.place);
        self.excused.extend(numbers.into_iter().filter(|number| !stored.contains_key(number)));
    }

    fn excuse_a_lost_half(&mut self) {
        if self.is_writer_lost() {
            self.excused.extend(self.half.as_ref().map(|(number, _)| *number));
        }
    }

    /// Is there a log that the agent may know? One that came and was rotated before anybody saw it is a file like any
    /// other, where nothing is known of its path. And nobody rotates before the writer has left the file of the last time.
    fn may_rotate(&mut self) -> bool {
        let log = self.place.log();
        if self.writer.is_some() && !self.is_writer_in(&log) {
            self.reopen();
        }
        let mut is_known = false;
        stored::ask(self.place, "SELECT 1 FROM position", |_| {
            is_known = true;
            Ok(())
        });
        is_known && log.exists()
    }

    /// The name for the next rotated file; the others make room for it.
    fn newest_name(&mut self) -> PathBuf {
        self.turns += 1;
        match self.naming {
            Naming::Dated => self.place.path(&format!("eve.json-{}", 20_260_000 + self.turns)),
            Naming::Upwards => self.place.path(&format!("eve.json.{}", self.turns)),
            Naming::Shifted => {
                for at in (0..self.rotated.len()).rev() {
                    let suffix = packing_of(&self.rotated[at]).map_or("", Packing::suffix);
                    let to = self.place.path(&format!("eve.json.{}{suffix}", at + 2));
                    fs::rename(&self.rotated[at], &to).unwrap();
                    self.rotated[at] = to;
                }
                self.place.path("eve.json.1")
            }
        }
    }

    /// Waits until the file system's clock has moved on. It is coarser than these writes, and nobody rotates twice within
    /// its steps.
    fn tick(&self) {
        let probe = self.place.path("clock/probe");
        let touch = || {
            fs::write(&probe, "").unwrap();
            fs::metadata(&probe).unwrap().modified().unwrap()
        };
        let first = touch();
        wait_for("the file system's clock", || (touch() > first).then_some(()));
    }
}

impl Packing {
    pub(super) const ALL: [Self; 3] = [Self::Gzip, Self::Xz, Self::Zstd];

    fn suffix(self) -> &'static str {
        match self {
            Self::Gzip => ".gz",
            Self::Xz => ".xz",
            Self::Zstd => ".zst",
        }
    }

    pub(super) fn program(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Xz => "xz",
            Self::Zstd => "zstd",
        }
    }
}

fn packing_of(path: &Path) -> Option<Packing> {
    let name = path.to_str().unwrap();
    Packing::ALL.into_iter().find(|packing| name.ends_with(packing.suffix()))
}

fn is_packed(path: &Path) -> bool {
    packing_of(path).is_some()
}

/// As logrotate does: the compressed file is written beside it, then the file goes.
fn pack(path: &Path, packing: Packing) -> PathBuf {
    let to = PathBuf::from(format!("{}{}", path.display(), packing.suffix()));
    let out = File::create(&to).unwrap();
    let mut command = std::process::Command::new(packing.program());
    assert!(command.arg("-c").arg(path).stdout(out).status().unwrap().success());
    fs::remove_file(path).unwrap();
    to
}

fn unpack(path: &Path) -> String {
    match packing_of(path) {
        None => fs::read_to_string(path).unwrap_or_default(),
        Some(packing) => {
            let mut command = std::process::Command::new(packing.program());
            let output = command.arg("-dc").arg(path).output().unwrap();
            String::from_utf8(output.stdout).unwrap()
        }
    }
}

/// The numbers of the whole lines in a file.
fn numbers_in(path: &Path) -> BTreeSet<u32> {
    numbers_of(&unpack(path))
}

fn numbers_of(text: &str) -> BTreeSet<u32> {
    let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let number = |line: &str| line.split_once("\"flow_id\":")?.1.split(',').next()?.parse().ok();
    whole.filter_map(number).collect()
}

fn line(number: u32) -> String {
    alert(5000 + number % RULES, number)
}
