//! The tail against real files in a temporary directory. [`Rig`] plays its reader: it takes lines,
//! keeps the rows that a store would keep, and moves the clock by hand. Nothing sleeps; faults are
//! injected beneath the file system's trait.

mod cases;
mod content;
mod faults;
mod hurry;
mod model;
mod records;
mod rotations;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use self::faults::Faulty;
use super::wake::{Open, Watch};
use super::*;

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
            exclude: vec!["*.gz".to_owned()],
            start_at,
            first_start: true,
        }];
        Self::with_sources(directory, sources)
    }

    fn with_sources(directory: TempDir, sources: Vec<SourceFiles>) -> Self {
        let faults = Faulty::default();
        let compiled = compile(&sources).unwrap();
        let tail = Tail::with(Box::new(faults.clone()), blind(), compiled, Vec::new(), 1);
        Self {
            directory,
            sources,
            faults,
            tail,
            buffer: Buffer::new(),
            now: Instant::now(),
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
        self.tail = Tail::with(Box::new(self.faults.clone()), blind(), sources, rows, self.seed);
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
        panic!("the tail does not come to rest");
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
