//! Who may open a store, and what is left alone.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn nobody_else_reads_the_store() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("deep/state");
    let store = Store::open(&directory, at(0)).unwrap();
    let mut writer = store.writer().unwrap();
    super::store(&mut writer, 1, 1, 0);
    assert_eq!(mode(&directory), 0o700);
    let names = ["hot.db", "hot.db-wal", "hot.db-shm", "lock", "positions", "reserve"];
    for name in names {
        assert_eq!(mode(&directory.join(name)), 0o600, "{name}");
    }
    assert_eq!(fs::read_dir(&directory).unwrap().count(), names.len());
}

#[test]
fn a_second_agent_is_refused_with_the_process_of_the_first() {
    let place = Place::new();
    let own = std::process::id();
    assert_eq!(running(place.path()).unwrap(), Some(own));
    match Store::open(place.path(), at(0)) {
        Err(StoreError::InUse { process, directory }) => {
            assert_eq!((process, directory.as_path()), (own, place.path()));
        }
        other => panic!("{other:?}"),
    }
    let place = place.reopened();
    let Place { directory, store } = place;
    drop(store);
    assert_eq!(running(directory.path()).unwrap(), None);
}

#[test]
fn a_command_that_asks_who_runs_keeps_no_agent_out() {
    let directory = tempfile::tempdir().unwrap();
    drop(Store::open(directory.path(), at(0)).unwrap());
    let asked = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            for _ in 0..20_000 {
                running(directory.path()).unwrap();
            }
            asked.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        while !asked.load(std::sync::atomic::Ordering::Relaxed) {
            drop(lock::take_lock(directory.path()).unwrap());
        }
        asking.join().unwrap();
    });
}

/// Opening a directory with this database is refused, and its bytes stay as they are.
fn check_refused(sql: &str, refused: fn(&StoreError) -> bool) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join(DATABASE);
    Connection::open(&file).unwrap().execute_batch(sql).unwrap();
    let before = fs::read(&file).unwrap();
    for _ in 0..2 {
        let error = Store::open(directory.path(), at(0)).unwrap_err();
        assert!(refused(&error), "{sql}: {error}");
        assert_eq!(fs::read(&file).unwrap(), before, "{sql}: the file was changed");
    }
    assert!(refused(&View::open(directory.path(), HOST).unwrap_err()), "{sql}");
}

#[test]
fn a_database_that_is_not_ours_is_refused_and_untouched() {
    let foreign = |error: &StoreError| matches!(error, StoreError::Foreign);
    check_refused("CREATE TABLE song (name TEXT)", foreign);
    check_refused("PRAGMA user_version = 1", foreign);
    check_refused("PRAGMA application_id = 7", foreign);
    let known = |error: &StoreError| matches!(error, StoreError::Newer { found: 999, .. });
    check_refused("PRAGMA application_id = 1768977250; PRAGMA user_version = 999", known);
}

#[test]
fn a_file_that_is_no_database_and_never_was_a_store_is_refused_and_untouched() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join(DATABASE);
    let text = "a diary, not a database ".repeat(400);
    fs::write(&file, &text).unwrap();
    assert!(matches!(Store::open(directory.path(), at(0)), Err(StoreError::Foreign)));
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn a_view_of_nothing_says_which_file_is_missing() {
    let directory = tempfile::tempdir().unwrap();
    let error = View::open(directory.path(), HOST).unwrap_err().to_string();
    assert!(error.contains("hot.db"), "{error}");
    assert_eq!(running(directory.path()).unwrap(), None);
}
