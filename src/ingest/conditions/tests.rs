//! What is found wrong with real files in a temporary directory; time is moved by hand.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::config::{Config, StartAt};
use crate::signal::Signal;
use crate::tail::{Buffer, Mounts, SourceFiles};

/// A directory with a log, a tail, and the eye on it.
struct Bench {
    directory: TempDir,
    board: Board,
    tail: Tail,
    conditions: Conditions,
    now: Instant,
}

/// All sources on this machine.
fn duty(sources: &[Source]) -> Duty {
    Duty::divide(sources, &Mounts::default()).remove(0)
}

impl Bench {
    fn new() -> Self {
        Self::with(&[], |_| {})
    }

    fn with(read: &[Reading], change: impl FnOnce(&mut Source)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let kind = crate::destinations::kind("console").unwrap();
        let files = [directory.path().join("*.json")];
        let mut config = Config::for_files(&files, kind, directory.path().to_owned()).unwrap();
        // As the user writes it: a pattern.
        config.sources[0].paths = vec![files[0].to_str().unwrap().to_owned()];
        change(&mut config.sources[0]);
        let board = Board::new(Vec::new(), []);
        let conditions = Conditions::new(board.clone(), &duty(&config.sources), read);
        let tail = tail(config.sources[0].paths.clone());
        Self { directory, board, tail, conditions, now: clock::monotonic() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The source is this file and all others.
    fn name(&mut self, name: &str) {
        let paths = [name, "*.json"].map(|name| self.path(name).to_str().unwrap().to_owned());
        self.tail = tail(paths.to_vec());
    }

    /// So much later: looks, reads if it is told to, and judges.
    fn later(&mut self, secs: u64, reads: bool) {
        self.now += Duration::from_secs(secs);
        self.tail.look(self.now);
        let mut buffer = Buffer::new();
        while let Some(mut chunk) = self.tail.turn(self.now, &mut buffer).filter(|_| reads) {
            chunk.by_ref().for_each(drop);
            let position = chunk.position();
            self.tail.accept(self.now, chunk, position);
            self.tail.committed(self.now);
        }
        self.conditions.came_round(reads);
        self.conditions.judge(self.now, &self.tail, &[], &HashMap::new());
    }

    fn kinds(&self) -> Vec<Kind> {
        self.board.look(0).unwrap().conditions.iter().map(|open| open.kind).collect()
    }
}

fn tail(paths: Vec<String>) -> Tail {
    let (exclude, start_at) = (Vec::new(), StartAt::Beginning);
    let files = SourceFiles { paths, exclude, start_at, first_start: true };
    Tail::new(&[files], Vec::new(), 1, 0, Signal::default()).unwrap()
}

#[test]
fn what_is_no_log_is_found_until_it_is_gone() {
    let mut bench = Bench::new();
    // A directory is passed over where a pattern finds it; here it is named.
    bench.name("a.json");
    fs::create_dir(bench.path("a.json")).unwrap();
    std::os::unix::fs::symlink("b.json", bench.path("b.json")).unwrap();
    fs::write(bench.path("c.json"), "well\n").unwrap();
    bench.later(1, true);
    assert_eq!(bench.kinds(), [Kind::SourceUnreadable, Kind::NotAFile]);
    let open = bench.board.look(0).unwrap().conditions;
    assert!(open[0].text.contains("readlink -f"), "{}", open[0].text);
    fs::remove_dir(bench.path("a.json")).unwrap();
    fs::remove_file(bench.path("b.json")).unwrap();
    bench.later(61, true);
    assert_eq!(bench.kinds(), []);
}

#[test]
fn a_deleted_log_is_found_until_it_is_let_go() {
    let mut bench = Bench::new();
    let mut writer = fs::File::create(bench.path("a.json")).unwrap();
    bench.later(1, true);
    fs::remove_file(bench.path("a.json")).unwrap();
    for _ in 0..5 {
        writer.write_all(b"one\n").unwrap();
        bench.later(4, true);
        assert_eq!(bench.kinds(), [Kind::DeletedHeld]);
    }
    // Its writer has left it.
    bench.later(10, true);
    bench.later(1, true);
    assert_eq!(bench.kinds(), []);
}

#[test]
fn a_log_that_waits_too_long_is_behind_and_an_unfinished_line_is_not() {
    let mut bench = Bench::new();
    fs::write(bench.path("a.json"), "one\nunfinished").unwrap();
    fs::write(bench.path("b.json"), "one\n").unwrap();
    bench.later(1, false);
    bench.later(LAG_TIME_MAX.as_secs() + 1, false);
    assert_eq!(bench.kinds(), [Kind::Lagging, Kind::Lagging]);
    bench.later(1, true);
    assert_eq!(bench.kinds(), []);
    bench.later(LAG_TIME_MAX.as_secs() + 1, true);
    bench.later(LAG_TIME_MAX.as_secs() + 1, true);
    assert_eq!(bench.kinds(), []);
}

#[test]
fn a_source_is_silent_from_its_last_write_on_also_across_restarts() {
    let hours = |hours: i64| clock::now() - jiff::SignedDuration::from_hours(hours);
    let of = |path: &str, hours_ago: i64| Reading {
        path: path.to_owned(),
        format: None,
        last_read_at: Some(hours(hours_ago)),
    };
    for (hours_ago, is_silent) in [(5, false), (7, true)] {
        let mut bench = Bench::new();
        let read = [
            of(bench.path("old.json").to_str().unwrap(), 20),
            of(bench.path("a.json").to_str().unwrap(), hours_ago),
            of("/of/another/source.json", 0),
        ];
        let pattern = bench.path("*.json").to_str().unwrap().to_owned();
        let kind = crate::destinations::kind("console").unwrap();
        let config =
            Config::for_files(&[bench.path("a.json")], kind, "/nonexistent".into()).unwrap();
        let mut source = config.sources[0].clone();
        source.paths = vec![pattern.clone()];
        source.silent_after = Some(Duration::from_secs(6 * 3_600));
        bench.conditions = Conditions::new(bench.board.clone(), &duty(&[source]), &read);
        // Before all was read nobody knows what was written meanwhile.
        bench.later(1, false);
        assert_eq!(bench.kinds(), []);
        bench.later(1, true);
        assert_eq!(bench.kinds(), if is_silent { vec![Kind::Silent] } else { vec![] });
        if is_silent {
            let open = bench.board.look(0).unwrap().conditions.pop().unwrap();
            assert_eq!(open.since, read[1].last_read_at.unwrap());
            assert!(open.text.contains(&pattern) && open.text.contains("6h"), "{}", open.text);
            bench.conditions.read(0, clock::now());
            bench.later(1, true);
            assert_eq!(bench.kinds(), []);
        }
    }
}

#[test]
fn a_source_of_which_nothing_is_known_is_silent_from_the_start_on() {
    let mut bench = Bench::with(&[], |source| source.silent_after = Some(Duration::ZERO));
    bench.later(1, true);
    assert_eq!(bench.kinds(), [Kind::Silent]);
    let mut bench =
        Bench::with(&[], |source| source.silent_after = Some(Duration::from_secs(3_600)));
    bench.later(1, true);
    assert_eq!(bench.kinds(), []);
}

#[test]
fn a_store_that_refuses_is_found_until_it_takes_something() {
    let mut bench = Bench::new();
    let full = StoreError::Busy(rusqlite::Error::InvalidQuery);
    assert!(bench.conditions.store(Some(&full)));
    bench.later(1, true);
    let since = bench.board.look(0).unwrap().conditions[0].since;
    assert!(!bench.conditions.store(Some(&full)), "it is known");
    bench.later(1, true);
    let open = bench.board.look(0).unwrap().conditions;
    assert_eq!((open[0].kind, open[0].since), (Kind::StoreUnwritable, since));
    assert!(bench.conditions.store(None));
    bench.later(1, true);
    assert_eq!(bench.kinds(), []);
}

#[test]
fn what_the_last_process_said_of_the_records_holds_until_a_hundred_are_read() {
    let mut bench = Bench::new();
    fs::write(bench.path("a.json"), "one\n").unwrap();
    let subject = bench.path("a.json").to_str().unwrap().to_owned();
    let left = Condition {
        kind: Kind::Unparsable,
        text: "not understood".into(),
        since: clock::now(),
        subject,
    };
    bench.board = Board::new(vec![left], ["read".to_owned()]);
    bench.conditions = Conditions::new(bench.board.clone(), &duty(&[]), &[]);
    bench.later(1, true);
    assert_eq!(bench.kinds(), [Kind::Unparsable]);
}

#[test]
fn a_name_that_is_no_text_is_shown_in_bytes() {
    use std::os::unix::ffi::OsStrExt as _;
    let path = Path::new(std::ffi::OsStr::from_bytes(b"/var/log/\xff.json"));
    assert_eq!(named(path), r"/var/log/\xff.json");
}
