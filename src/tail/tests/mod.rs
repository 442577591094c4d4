//! The tail against real files in a temporary directory. [`Rig`] plays its reader: it takes lines,
//! keeps the rows that a store would keep, and moves the clock by hand. Nothing sleeps; faults are
//! injected beneath the file system's trait.

mod away;
mod cases;
mod content;
mod copies;
mod cost;
mod faults;
mod head;
mod hurry;
mod known;
mod model;
mod packed;
mod records;
mod rotations;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use self::faults::Faulty;
pub(super) use self::packed::pack;
use super::wake::{Open, Watch};
use super::*;

/// 2026-11-23, in microseconds since 1970.
const TODAY_US: i64 = 1_795_392_000_000_000;

/// A line as a test sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Given {
    path: String,
    generation: u64,
    offset: u64,
    text: String,
    cut: bool,
}

/// A watch that sees nothing: what is found is found by looking.
struct Blind;

impl Watch for Blind {
    fn watch(&mut self, _: &Path) -> Result<(), String> {
        Ok(())
    }

    fn unwatch(&mut self, _: &Path) {}
}

fn blind() -> Open {
    Box::new(|_| Ok(Box::new(Blind)))
}

/// A directory of logs, a tail, and its reader.
struct Rig {
    directory: TempDir,
    sources: Vec<SourceFiles>,
    faults: Faulty,
    tail: Tail,
    buffer: Buffer,
    now: Instant,
    started: Instant,
    seed: u64,
    /// What a store would hold.
    rows: BTreeMap<FileKey, Checkpoint>,
    given: Vec<Given>,
    findings: Vec<Finding>,
}

impl Rig {
    /// Follows these patterns, relative to the directory; files are read from their beginning.
    fn new(paths: &[&str]) -> Self {
        let directory = TempDir::new().unwrap();
        Self::over(directory, paths, StartAt::Beginning)
    }

    fn over(directory: TempDir, paths: &[&str], start_at: StartAt) -> Self {
        let paths =
            paths.iter().map(|path| directory.path().join(path).to_str().unwrap().to_owned());
        let sources = vec![SourceFiles {
            paths: paths.collect(),
            exclude: vec!["*.skip".to_owned()],
            start_at,
            first_start: true,
        }];
        Self::with_sources(directory, sources)
    }

    fn with_sources(directory: TempDir, sources: Vec<SourceFiles>) -> Self {
        let (faults, now) = (Faulty::default(), Instant::now());
        let compiled = compile(&sources).unwrap();
        let tail =
            Tail::with(Box::new(faults.clone()), blind(), compiled, Vec::new(), (1, TODAY_US));
        Self {
            directory,
            sources,
            faults,
            tail,
            buffer: Buffer::new(),
            now,
            started: now,
            seed: 1,
            rows: BTreeMap::new(),
            given: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// Another process, with what the store kept.
    fn restart(&mut self) {
        self.seed += 1;
        for source in &mut self.sources {
            source.first_start = false;
        }
        let rows = self.rows.values().cloned().collect();
        let sources = compile(&self.sources).unwrap();
        let since = (self.seed, self.today_us());
        self.tail = Tail::with(Box::new(self.faults.clone()), blind(), sources, rows, since);
    }

    fn today_us(&self) -> i64 {
        TODAY_US + i64::try_from(self.now.duration_since(self.started).as_micros()).unwrap()
    }

    /// Rows of files that are read on.
    fn followed(&self) -> Vec<&Checkpoint> {
        self.rows.values().filter(|row| row.stage == Stage::Followed).collect()
    }

    fn followed_row(&self) -> &Checkpoint {
        self.followed()[0]
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file anew, in its place.
    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    fn append(&self, name: &str, bytes: impl AsRef<[u8]>) {
        self.writer(name).write_all(bytes.as_ref()).unwrap();
    }

    /// A writer that keeps its file whatever the file is called.
    fn writer(&self, name: &str) -> File {
        File::options().append(true).create(true).open(self.path(name)).unwrap()
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    /// Does what a program does that compresses a file: the time of its last modification is kept.
    fn compress(&self, name: &str, to: &str) {
        let modified = fs::metadata(self.path(name)).unwrap().modified().unwrap();
        self.write(to, pack(to, &fs::read(self.path(name)).unwrap()));
        File::open(self.path(to)).unwrap().set_modified(modified).unwrap();
        self.remove(name);
    }

    /// Moves `eve.json` to `.1`, `.1` to `.2` and so on, compressed or not, as logrotate does.
    fn shift(&self) {
        let names = fs::read_dir(self.directory.path()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut numbered: Vec<(u32, String, String)> = names
            .filter_map(|name| {
                let (number, ending) = name
                    .strip_prefix("eve.json.")?
                    .split_once('.')
                    .unwrap_or((name.strip_prefix("eve.json.")?, ""));
                Some((number.parse().ok()?, name.clone(), ending.to_owned()))
            })
            .collect();
        numbered.sort_unstable();
        for (number, name, ending) in numbered.into_iter().rev() {
            let dot = if ending.is_empty() { "" } else { "." };
            self.rename(&name, &format!("eve.json.{}{dot}{ending}", number + 1));
        }
        self.rename("eve.json", "eve.json.1");
    }

    /// A rotation more, of a file that nobody saw.
    fn shift_in(&self, content: &str) {
        self.write("eve.json", content);
        self.shift();
    }

    /// How many files something is wrong with.
    fn problems(&self) -> usize {
        self.tail.files().iter().filter(|file| file.problem.is_some()).count()
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// Lets time pass and reads all there is, a commit a chunk.
    fn after(&mut self, wait: Duration) -> Vec<String> {
        self.now += wait;
        self.read_all()
    }

    /// The same, a second later.
    fn read(&mut self) -> Vec<String> {
        self.after(Duration::from_secs(1))
    }

    fn read_all(&mut self) -> Vec<String> {
        let before = self.given.len();
        for _ in 0..10_000 {
            let found = self.tail.look(self.now);
            self.findings.extend(found);
            let mut turns = 0;
            while self.turn() {
                turns += 1;
            }
            self.commit();
            if turns == 0 && self.tail.next_look(self.now) > self.now {
                let found = self.tail.look(self.now);
                self.findings.extend(found);
                return self.given[before..].iter().map(|line| line.text.clone()).collect();
            }
        }
        let files = self.tail.tracked.values();
        let files: Vec<_> = files
            .map(|file| (file.key, &file.found_as, file.after, file.queued, file.done, file.flush))
            .collect();
        panic!("the tail does not come to rest: {files:?}, queued {:?}", self.tail.queue);
    }

    fn turn(&mut self) -> bool {
        let Some(mut chunk) = self.tail.turn(self.now, &mut self.buffer) else { return false };
        let path = chunk.path.file_name().unwrap().to_string_lossy().into_owned();
        let generation = chunk.generation;
        for line in chunk.by_ref() {
            self.given.push(Given {
                path: path.clone(),
                generation,
                offset: line.offset,
                text: String::from_utf8_lossy(line.bytes).into_owned(),
                cut: line.cut,
            });
        }
        let position = chunk.position();
        self.tail.accept(self.now, chunk, position);
        true
    }

    fn commit(&mut self) {
        let changes = self.tail.changes();
        for checkpoint in changes.save {
            self.rows.insert(checkpoint.file, checkpoint);
        }
        for file in changes.forget {
            self.rows.remove(&file);
        }
        self.tail.committed(self.now);
    }

    /// What was found since this was asked last.
    fn found(&mut self) -> Vec<What> {
        std::mem::take(&mut self.findings).into_iter().map(|finding| finding.what).collect()
    }

    /// Those of them that tell of a loss.
    fn losses(&mut self) -> Vec<What> {
        let found = std::mem::take(&mut self.findings);
        found.into_iter().filter(|one| one.weight() == Weight::Loss).map(|one| one.what).collect()
    }

    fn open_files(&self) -> usize {
        self.tail.files().len()
    }
}

/// `first 1`, `first 2`, … as lines.
fn numbered(first: &str, range: std::ops::Range<u32>) -> String {
    range.map(|number| format!("{first} {number}\n")).collect()
}

fn texts(lines: &str) -> Vec<String> {
    lines.lines().map(str::to_owned).collect()
}
