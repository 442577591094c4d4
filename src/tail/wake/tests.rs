//! Watches that fail are played; one test asks the system itself, and waits for its answer.

use std::fs;
use std::io::Write as _;

use tempfile::TempDir;

use super::super::file::Disk;
use super::super::{Buffer, SourceFiles, StartAt, Tail, compile};
use super::*;
use crate::signal::Woken;

#[derive(Default, Clone)]
struct Book(Arc<Mutex<(BTreeSet<PathBuf>, bool)>>);

impl Watch for Book {
    fn watch(&mut self, directory: &Path) -> Result<(), String> {
        let mut book = self.0.lock().unwrap();
        if book.1 {
            return Err("full".to_owned());
        }
        book.0.insert(directory.to_owned());
        Ok(())
    }

    fn unwatch(&mut self, directory: &Path) {
        self.0.lock().unwrap().0.remove(directory);
    }
}

fn follow(wake: &mut Wake, now: Instant, directories: &[&Path]) -> usize {
    let directories = directories.iter().map(|path| path.to_path_buf()).collect();
    wake.follow(now, &Disk, &directories).len()
}

#[test]
fn directories_are_watched_while_they_are_needed() {
    let (root, book) = (TempDir::new().unwrap(), Book::default());
    let (a, b) = (root.path().join("a"), root.path().join("b"));
    fs::create_dir(&a).unwrap();
    let played = book.clone();
    let mut wake = Wake::new(Box::new(move |_| Ok(Box::new(played.clone()))));
    let watched = || book.0.lock().unwrap().0.clone();
    let now = Instant::now();

    assert_eq!(follow(&mut wake, now, &[&a, &b]), 0);
    assert_eq!(watched(), BTreeSet::from([a.clone()]), "what is not there is awaited");
    fs::create_dir(&b).unwrap();
    follow(&mut wake, now, &[&a, &b]);
    assert_eq!(watched(), BTreeSet::from([a.clone(), b.clone()]));
    follow(&mut wake, now, &[&b]);
    assert_eq!(watched(), BTreeSet::from([b.clone()]));
    assert_eq!(wake.interval(), LOOK_EVERY);
}

#[test]
fn a_watch_that_fails_is_told_once_and_tried_again_later() {
    let (root, book) = (TempDir::new().unwrap(), Book::default());
    let played = book.clone();
    let mut wake = Wake::new(Box::new(move |_| Ok(Box::new(played.clone()))));
    let now = Instant::now();
    book.0.lock().unwrap().1 = true;
    assert_eq!(follow(&mut wake, now, &[root.path()]), 1);
    assert_eq!(wake.interval(), POLL_EVERY);
    assert_eq!(follow(&mut wake, now + WATCH_RETRY, &[root.path()]), 0);
    book.0.lock().unwrap().1 = false;
    follow(&mut wake, now + WATCH_RETRY * 2 - Duration::from_millis(1), &[root.path()]);
    assert_eq!(wake.interval(), POLL_EVERY);
    follow(&mut wake, now + WATCH_RETRY * 2, &[root.path()]);
    assert_eq!(wake.interval(), LOOK_EVERY);
}

#[test]
fn too_many_hints_mean_all() {
    let hints = Hints::default();
    for number in 0..HINTS_MAX + 1 {
        hints.path(Path::new(&number.to_string()));
    }
    let changed = hints.take();
    assert!(changed.all);
    assert_eq!(changed.paths.len(), HINTS_MAX);
    assert!(!hints.take().all, "taken once");
}

#[test]
fn only_what_is_about_a_log_wakes() {
    use notify::event::{AccessKind, Event, EventKind, Flag, ModifyKind};

    let sources = compile(&[SourceFiles {
        paths: vec!["/logs/*.log".to_owned()],
        exclude: Vec::new(),
        start_at: StartAt::End,
        first_start: false,
    }])
    .unwrap();
    let modify = EventKind::Modify(ModifyKind::Any);
    for (event, rings, all) in [
        (Ok(Event::new(modify).add_path("/logs/a.log".into())), true, false),
        (Ok(Event::new(modify).add_path("/logs/a.txt".into())), false, false),
        (
            Ok(Event::new(EventKind::Access(AccessKind::Any)).add_path("/logs/a.log".into())),
            false,
            false,
        ),
        (Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan)), true, true),
        (Err(notify::Error::generic("lost")), true, true),
    ] {
        let hints = Hints::default();
        assert_eq!(take_down(&hints, &sources, event), rings);
        assert_eq!(hints.take().all, all);
    }
}

#[test]
fn the_system_wakes_when_a_log_is_written() {
    let root = TempDir::new().unwrap();
    let log = root.path().join("a.log");
    let sources = compile(&[SourceFiles {
        paths: vec![log.to_str().unwrap().to_owned()],
        exclude: Vec::new(),
        start_at: StartAt::End,
        first_start: false,
    }])
    .unwrap();
    let signal = Signal::default();
    let mut wake = Wake::new(system(sources, signal.clone()));
    let mut waiter = signal.waiter();
    assert_eq!(follow(&mut wake, Instant::now(), &[root.path()]), 0);
    fs::write(&log, "one\n").unwrap();
    let deadline = crate::clock::monotonic() + Duration::from_secs(30);
    assert_eq!(waiter.wait_until(Some(deadline)), Woken::Rung);
    assert!(wake.hints.take().paths.contains(&log));
}

/// A log of which a system's watch tells, played by `tell`.
fn told_log() -> (TempDir, PathBuf, Tail, Arc<Mutex<Option<Arc<Hints>>>>, Arc<[Source]>) {
    let root = TempDir::new().unwrap();
    let log = root.path().join("a.log");
    let sources = compile(&[SourceFiles {
        paths: vec![root.path().join("*.log").to_str().unwrap().to_owned()],
        exclude: Vec::new(),
        start_at: StartAt::Beginning,
        first_start: true,
    }])
    .unwrap();
    let told = Arc::<Mutex<Option<Arc<Hints>>>>::default();
    let kept = told.clone();
    let open: Open = Box::new(move |hints| {
        *kept.lock().unwrap() = Some(hints);
        Ok(Box::new(Book::default()))
    });
    let tail = Tail::with(Box::new(Disk), open, sources.clone(), Vec::new(), (1, 0));
    (root, log, tail, told, sources)
}

fn lines(tail: &mut Tail, now: Instant) -> usize {
    let (mut count, mut buffer) = (0, Buffer::new());
    tail.look(now);
    while let Some(mut chunk) = tail.turn(now, &mut buffer) {
        count += chunk.by_ref().count();
        let position = chunk.position();
        tail.accept(now, chunk, position);
        tail.committed(now);
    }
    count
}

#[test]
fn case_01_a_queue_that_overflows_means_look_at_everything_at_once() {
    use notify::event::{Event, EventKind, Flag, ModifyKind};

    let (root, log, mut tail, told, sources) = told_log();
    let now = Instant::now();
    fs::write(&log, "one\n").unwrap();
    assert_eq!(lines(&mut tail, now), 1);
    let hints = told.lock().unwrap().clone().unwrap();
    // More files than hints are kept, and reports that the system dropped.
    let modify = EventKind::Modify(ModifyKind::Any);
    for number in 0..HINTS_MAX + 100 {
        let path = root.path().join(format!("{number}.log"));
        fs::write(&path, "new\n").unwrap();
        if number % 2 == 0 {
            take_down(&hints, &sources, Ok(Event::new(modify).add_path(path)));
        }
    }
    take_down(&hints, &sources, Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan)));
    assert_eq!(lines(&mut tail, now), HINTS_MAX + 100, "without waiting for the next look");
}

#[test]
fn case_02_watches_that_are_used_up_are_told_and_nothing_is_lost() {
    struct UsedUp;
    impl Watch for UsedUp {
        fn watch(&mut self, _: &Path) -> Result<(), String> {
            Err(words(&notify::Error::new(notify::ErrorKind::MaxFilesWatch)))
        }
        fn unwatch(&mut self, _: &Path) {}
    }

    let (_root, log, _, _, sources) = told_log();
    let open: Open = Box::new(|_| Ok(Box::new(UsedUp)));
    let mut tail = Tail::with(Box::new(Disk), open, sources, Vec::new(), (1, 0));
    let mut now = Instant::now();
    fs::write(&log, "one\n").unwrap();
    let found = tail.look(now);
    let told = found.iter().find(|one| matches!(one.what, What::Polling { .. })).unwrap();
    assert!(told.to_string().contains("the system's limit of watches is reached"), "{told}");
    for number in 1..50 {
        now += POLL_EVERY;
        assert_eq!(lines(&mut tail, now), 1, "look {number}");
        fs::OpenOptions::new().append(true).open(&log).unwrap().write_all(b"more\n").unwrap();
    }
}

#[test]
fn case_01_the_systems_own_queue_overflows_and_says_so() {
    let queue = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap_or_default();
    let Some(queue) = queue.trim().parse::<usize>().ok().filter(|most| *most <= 100_000) else {
        println!("SKIPPED case_01_the_systems_own_queue_overflows_and_says_so: limit {queue:?}");
        return;
    };
    let (root, log, _, _, sources) = told_log();
    let signal = Signal::default();
    let mut wake = Wake::new(system(sources, signal.clone()));
    assert_eq!(follow(&mut wake, Instant::now(), &[root.path()]), 0);
    let hints = wake.hints.clone();
    // The watcher's thread waits at the first hint, while more is written than the system keeps.
    let held = hints.0.lock().unwrap();
    let other = root.path().join("b.log");
    fs::write(&log, "one\n").unwrap();
    for _ in 0..queue {
        fs::rename(&log, &other).unwrap();
        fs::rename(&other, &log).unwrap();
    }
    drop(held);
    let deadline = crate::clock::monotonic() + Duration::from_secs(60);
    let mut waiter = signal.waiter();
    while !wake.hints.take().all {
        let woken = waiter.wait_until(Some(deadline));
        assert_eq!(woken, Woken::Rung, "the overflow was not reported");
    }
}
