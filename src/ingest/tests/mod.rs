//! The reader over real files and a real store, one life of the program after another.

mod formats;
mod headers;
mod poison;
mod records;
mod understood;

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::*;
use crate::config::{FormatChoice, StartAt};
use crate::store::{Counts, Query, View};
use crate::tail::Mounts;
use crate::{clock, destinations};

/// A log, a store, and a configuration that names both.
struct Rig {
    directory: tempfile::TempDir,
    store: Store,
    config: Config,
}

impl Rig {
    fn new(format: FormatChoice) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let kind = destinations::kind("console").unwrap();
        let logs = [directory.path().join("alert"), directory.path().join("other")];
        let state = directory.path().join("state");
        let mut config = Config::for_files(&logs, kind, state.clone()).unwrap();
        for source in &mut config.sources {
            source.start_at = StartAt::Beginning;
            source.format = format.clone();
            source.timezone = jiff::tz::TimeZone::UTC;
        }
        let store = Store::open(&state, clock::now()).unwrap();
        Self { directory, store, config }
    }

    fn log(&self) -> PathBuf {
        self.directory.path().join("alert")
    }

    fn append(&self, text: impl AsRef<[u8]>) {
        append(&self.log(), text.as_ref());
    }

    /// A new life of the program.
    fn reader(&self) -> Reader {
        let table = Mounts::default();
        let mut standings = Standing::restore(&self.store, &self.config, &table).unwrap();
        let standing = standings.remove(0);
        let board = Board::new(Vec::new(), []);
        Reader::new(&self.store, &self.config, standing, Signal::default(), board).unwrap()
    }

    /// A life that reads what is there, and waits for what may go on.
    fn read(&self) {
        self.reader().pass(&mut Buffer::new()).unwrap();
    }

    /// A life that reads all there is.
    fn read_all(&self) {
        self.reader().run(ReadUntil::End).unwrap();
    }

    /// Offset and raw record of each event, in the order in which they were read.
    fn records(&self) -> Vec<(u64, String)> {
        self.events().into_iter().map(|(_, offset, record)| (offset, record)).collect()
    }

    /// The same behind the log's path.
    fn events(&self) -> Vec<(String, u64, String)> {
        let mut found = Vec::new();
        let query = Query { since: None, limit: usize::MAX };
        let take = &mut |event: &crate::event::Event<'_>| {
            let record = String::from_utf8_lossy(&event.raw).into_owned();
            found.push((event.path.clone().into_owned(), event.offset, record));
        };
        self.view().search(&query, None, &|_| true, take, &mut || {}).unwrap();
        found.reverse();
        found
    }

    fn view(&self) -> View {
        View::open(&self.config.agent.state_dir, "sensor-1").unwrap()
    }

    /// What was counted of the log.
    fn counts(&self) -> Counts {
        let files = self.view().files().unwrap();
        let log = self.log();
        files.iter().find(|file| Path::new(&file.path) == log).unwrap().counts
    }

    fn incidents(&self) -> Vec<String> {
        crate::store::tests::Place::lines(
            &self.config.agent.state_dir,
            "SELECT kind || ' ' || subject || ' ' || text FROM incident ORDER BY id",
        )
    }

    /// What was wanted of each reject.
    fn wanted(&self) -> Vec<String> {
        crate::store::tests::Place::lines(
            &self.config.agent.state_dir,
            "SELECT wanted FROM reject ORDER BY id",
        )
    }
}

fn append(path: &Path, bytes: &[u8]) {
    OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(bytes).unwrap();
}
