//! Watches that fail are played; one test asks the system itself, and waits for its answer.

use std::fs;

use tempfile::TempDir;

use super::super::file::Disk;
use super::super::{SourceFiles, StartAt, compile};
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
