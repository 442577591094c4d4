//! Files that are away: with their file system, for long, or deleted while they are read.

use std::io::Write;

use rustix::io::Errno;

use super::*;

const DAY: Duration = Duration::from_secs(86_400);

#[test]
fn case_26_a_network_file_system_that_went_away_is_read_on_when_it_is_back() {
    for (error, stale) in [
        (Errno::STALE, Errno::STALE),
        (Errno::NOTCONN, Errno::NOTCONN),
        (Errno::IO, Errno::STALE),
        (Errno::NOENT, Errno::NOTCONN),
    ] {
        for other_device in [false, true] {
            let mut rig = Rig::new(&["eve.json"]);
            rig.write("eve.json", numbered("a", 0..100));
            rig.read();
            rig.append("eve.json", "a 100\n");
            rig.faults.go_away(rig.directory.path(), error, stale);
            for _ in 0..5 {
                assert!(rig.read().is_empty());
            }
            assert!(rig.tail.troubles().count() + rig.problems() > 0, "{error:?}: told");
            assert_eq!(rig.losses(), [], "{error:?}");
            if other_device {
                rig.faults.say_device(&rig.path("eve.json"), 77);
            }
            rig.append("eve.json", "a 101\n");
            rig.faults.come_back();
            rig.read();
            rig.after(RETRY_MAX);
            let given: Vec<&str> = rig.given[100..].iter().map(|line| line.text.as_str()).collect();
            assert_eq!(given, ["a 100", "a 101"], "{error:?}, other device: {other_device}");
            assert_eq!(rig.losses(), [], "{error:?}");
            assert_eq!(rig.tail.troubles().count() + rig.problems(), 0, "{error:?}: it is over");
            rig.append("eve.json", "a 102\n");
            assert_eq!(rig.read(), ["a 102"]);
        }
    }
}

#[test]
fn case_26_what_was_rotated_and_compressed_meanwhile_is_read() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", numbered("a", 0..100));
    rig.read();
    rig.append("eve.json", "a 100\n");
    rig.faults.go_away(rig.directory.path(), Errno::STALE, Errno::STALE);
    rig.read();
    rig.compress("eve.json", "eve.json.2.gz");
    rig.write("eve.json.1", "b 1\n");
    rig.write("eve.json", "c 1\n");
    rig.faults.come_back();
    assert_eq!(rig.read(), ["a 100", "b 1", "c 1"]);
    assert_eq!(rig.losses(), []);
}

#[test]
fn case_26_a_restart_while_it_is_away_changes_nothing() {
    for error in [Errno::STALE, Errno::NOENT] {
        let mut rig = Rig::new(&["eve.json"]);
        rig.write("eve.json", "a 1\n");
        rig.read();
        rig.append("eve.json", "a 2\n");
        rig.read();
        rig.append("eve.json", "a 3\n");
        rig.faults.go_away(rig.directory.path(), error, Errno::STALE);
        for _ in 0..3 {
            rig.restart();
            assert!(rig.read().is_empty());
            rig.now += DAY;
        }
        rig.faults.come_back();
        assert_eq!(rig.read(), ["a 3"], "{error:?}");
        assert_eq!(rig.losses(), []);
    }
}

#[test]
fn case_30_a_file_that_is_missing_for_long_is_told_and_forgotten() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "a 1\npartial");
    rig.read();
    rig.remove("eve.json");
    rig.restart();
    rig.read();
    assert!(rig.found().contains(&What::Missing { unread_bytes: 7 }), "a problem, and no loss yet");
    rig.now += DAY * u32::try_from(MISSING_DAYS_MAX - 1).unwrap();
    rig.restart();
    rig.read();
    assert_eq!(rig.losses(), []);
    assert_eq!(rig.rows.len(), 1, "it may come back");
    rig.now += DAY * 2;
    rig.restart();
    rig.read();
    assert_eq!(rig.losses(), [What::Forgotten { lost_bytes_at_least: 7 }]);
    assert_eq!(rig.rows.len(), 0);
    rig.restart();
    rig.read();
    assert_eq!(rig.losses(), []);
}

#[test]
fn case_30_a_file_of_a_source_that_is_not_configured_is_kept_for_a_while() {
    let mut rig = Rig::new(&["a.log", "b.log"]);
    rig.write("a.log", "a 1\n");
    rig.write("b.log", "b 1\nb 2");
    rig.read();
    let both = rig.sources.clone();
    rig.sources[0].paths.pop();
    rig.restart();
    rig.read();
    rig.append("b.log", " and more\n");
    rig.now += DAY * 9;
    (rig.sources, _) = (both.clone(), rig.sources[0].paths.pop());
    rig.restart();
    assert_eq!(rig.read(), ["b 2 and more"]);
    assert_eq!(rig.followed().len(), 2);
    rig.append("b.log", "unread\n");
    rig.now += LOOK_EVERY;
    rig.tail.look(rig.now);
    rig.sources[0].paths.pop();
    rig.restart();
    rig.read();
    rig.now += DAY * u32::try_from(MISSING_DAYS_MAX + 1).unwrap();
    rig.restart();
    rig.read();
    assert_eq!(rig.rows.len(), 1);
    assert_eq!(rig.losses(), [], "nothing was known to be unread");
}

#[test]
fn case_30_of_too_many_missing_files_the_oldest_are_told_and_forgotten() {
    let mut rig = Rig::new(&["away/*.log"]);
    rig.write("eve.json", "a 1\n");
    let row = {
        let mut other = Rig::new(&["eve.json"]);
        other.write("eve.json", "a 1\npart");
        other.read();
        other.followed_row().clone()
    };
    for number in 0..MISSING_MAX as u64 + 3 {
        let path = rig.path(&format!("away/{number}.log"));
        let since_us = TODAY_US + i64::try_from(number).unwrap();
        let (file, stage) = (FileKey(number), Stage::Missing);
        rig.rows.insert(file, Checkpoint { file, number, path, stage, since_us, ..row.clone() });
    }
    rig.restart();
    rig.read();
    assert_eq!(rig.rows.len(), MISSING_MAX);
    assert_eq!(rig.losses(), vec![What::Forgotten { lost_bytes_at_least: 4 }; 3]);
    assert!(!rig.rows.contains_key(&FileKey(0)));
}

#[test]
fn case_30_files_that_were_let_go_are_forgotten_when_they_are_gone_for_long() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "a 0\n");
    rig.read();
    for number in 1..6 {
        rig.rename("eve.json", "eve.json.1");
        rig.write("eve.json", format!("a {number}\n"));
        rig.read();
        rig.after(ROTATE_WAIT);
        rig.rename("eve.json.1", &format!("eve.json.{}", 10 - number));
        rig.now += DAY;
    }
    let remembered = |rig: &Rig| rig.rows.len() - rig.followed().len();
    assert_eq!(remembered(&rig), 5);
    for number in 6..9 {
        rig.remove(&format!("eve.json.{number}"));
    }
    rig.now += DAY * u32::try_from(REMEMBERED_DAYS).unwrap();
    rig.rename("eve.json", "eve.json.1");
    rig.write("eve.json", "b\n");
    assert_eq!(rig.read(), ["b"]);
    assert_eq!(remembered(&rig), 2, "those that are there, however old, and no others");
}

#[test]
fn case_30_of_too_many_files_that_were_let_go_the_oldest_are_forgotten_and_not_read_again() {
    let mut rig = Rig::new(&["eve.json"]);
    for number in 0..REMEMBERED_MAX + 20 {
        rig.write(&format!("eve.json.{number}"), format!("never ours {number}\n"));
        let then = std::time::UNIX_EPOCH + Duration::from_secs(1_000_000 - number as u64);
        File::open(rig.path(&format!("eve.json.{number}"))).unwrap().set_modified(then).unwrap();
    }
    rig.write("eve.json", "a 1\n");
    assert_eq!(rig.read(), ["a 1"]);
    assert_eq!(rig.rows.len(), REMEMBERED_MAX + 1);
    for _ in 0..3 {
        rig.shift();
        rig.write("eve.json", "next\n");
        rig.restart();
        assert_eq!(rig.read(), ["next"]);
        rig.after(ROTATE_WAIT);
    }
}

#[test]
fn deleted_files_take_no_more_of_the_disk_than_they_may() {
    let mut rig = Rig::new(&["*.log"]);
    let block = fs::metadata(rig.directory.path()).unwrap();
    drop(block);
    for name in ["a.log", "b.log", "c.log"] {
        rig.write(name, "read\n");
    }
    rig.read();
    for name in ["a.log", "b.log", "c.log"] {
        rig.append(name, "x".repeat(100_000) + "\n");
    }
    // A reader that cannot take anything.
    rig.now += LOOK_EVERY;
    rig.tail.look(rig.now);
    for name in ["a.log", "b.log", "c.log"] {
        rig.remove(name);
    }
    rig.tail.deleted_bytes_max = 250_000;
    rig.now += LOOK_EVERY;
    let found = rig.tail.look(rig.now);
    rig.findings.extend(found);
    assert_eq!(rig.open_files(), 2);
    assert_eq!(rig.losses(), [What::Abandoned { lost_bytes_at_least: 100_001 }]);
    assert_eq!(rig.read().len(), 2, "the others are read");
    assert_eq!(rig.losses(), []);
    assert_eq!(rig.followed().len(), 2);
    rig.restart();
    rig.read();
    assert!(!rig.losses().contains(&What::Vanished { lost_bytes_at_least: 100_001 }), "told once");
}

#[test]
fn a_deleted_file_whose_lines_are_not_committed_is_not_let_go() {
    let mut rig = Rig::new(&["a.log"]);
    let mut writer = rig.writer("a.log");
    writer.write_all(b"one\n").unwrap();
    rig.tail.deleted_bytes_max = 0;
    rig.now += LOOK_EVERY;
    rig.tail.look(rig.now);
    assert!(rig.turn());
    rig.remove("a.log");
    rig.now += LOOK_EVERY;
    let found = rig.tail.look(rig.now);
    assert!(found.iter().all(|one| one.weight() != Weight::Loss), "{found:?}");
    rig.tail.rolled_back();
    rig.given.clear();
    assert!(rig.turn());
    assert_eq!(rig.given.len(), 1);
}
