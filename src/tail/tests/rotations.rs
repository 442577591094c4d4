//! Files that are renamed, deleted, truncated and replaced while they are read or while nobody reads.

use std::io::Write;

use super::*;

const JUST_BEFORE: Duration = Duration::from_millis(1);

#[test]
fn case_03_a_renamed_file_is_drained_to_its_end() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "a 1\n");
    assert_eq!(rig.read(), ["a 1"]);
    rig.append("eve.json", "a 2\na 3\n");
    rig.rename("eve.json", "eve.json.1");
    rig.write("eve.json", "b 1\n");
    assert_eq!(rig.read(), ["a 2", "a 3", "b 1"]);
    assert!(rig.found().contains(&What::Rotated { unread_bytes: 8 }));
    let generations: Vec<u64> = rig.given.iter().map(|line| line.generation).collect();
    assert_eq!(generations[0], generations[2]);
    assert_ne!(generations[2], generations[3]);
}

#[test]
fn case_04_a_writer_that_goes_on_in_the_renamed_file_is_followed_for_a_while() {
    let mut rig = Rig::new(&["eve.json"]);
    let mut writer = rig.writer("eve.json");
    writer.write_all(b"a 1\n").unwrap();
    rig.read();
    rig.rename("eve.json", "eve.json.1");
    rig.write("eve.json", "b 1\n");
    assert_eq!(rig.read(), ["b 1"]);
    writer.write_all(b"a 2\n").unwrap();
    assert_eq!(rig.after(ROTATE_WAIT - JUST_BEFORE), ["a 2"]);
    assert!(rig.after(ROTATE_WAIT - JUST_BEFORE).is_empty());
    assert_eq!(rig.open_files(), 2);
    assert!(rig.after(JUST_BEFORE * 1001).is_empty());
    assert_eq!(rig.open_files(), 1);
    assert!(rig.found().contains(&What::Finished));
    assert_eq!(rig.followed().len(), 1, "the row of the file that was let go is deleted");
}

#[test]
fn case_04_a_renamed_file_without_a_successor_is_kept_for_long() {
    let mut rig = Rig::new(&["eve.json"]);
    let mut writer = rig.writer("eve.json");
    writer.write_all(b"a 1\n").unwrap();
    rig.read();
    rig.rename("eve.json", "eve.json.1");
    rig.read();
    rig.after(ROTATE_WAIT * 10);
    // The file that a rotation creates says nothing about where the writer is.
    rig.write("eve.json", "");
    rig.after(ROTATE_WAIT * 10);
    writer.write_all(b"a 2\n").unwrap();
    assert_eq!(rig.read(), ["a 2"]);
    rig.after(ABANDONED_WAIT);
    assert_eq!(rig.open_files(), 1);
}

#[test]
fn case_05_a_file_with_unread_data_is_never_closed() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "a 1\n");
    rig.read();
    rig.append("eve.json", "a 2\n");
    rig.rename("eve.json", "eve.json.1");
    rig.write("eve.json", "b 1\n");
    // A reader that cannot take anything, for a day.
    for _ in 0..24 {
        rig.now += Duration::from_secs(3600);
        rig.tail.look(rig.now);
    }
    assert_eq!(rig.open_files(), 2);
    assert_eq!(rig.read(), ["a 2", "b 1"]);
}

#[test]
fn case_05_a_file_whose_lines_are_not_committed_is_never_closed() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "a 1\n");
    rig.read();
    rig.append("eve.json", "a 2\n");
    rig.rename("eve.json", "eve.json.1");
    rig.write("eve.json", "b 1\n");
    for _ in 0..5 {
        rig.now += ROTATE_WAIT;
        rig.tail.look(rig.now);
        while rig.turn() {}
        rig.tail.rolled_back();
    }
    rig.given.clear();
    assert_eq!(rig.read(), ["a 2", "b 1"]);
}

#[test]
fn case_06_a_file_that_is_deleted_while_unread_is_read() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "a 1\n");
    rig.read();
    let mut writer = rig.writer("eve.json");
    writer.write_all(b"a 2\n").unwrap();
    rig.remove("eve.json");
    assert_eq!(rig.read(), ["a 2"]);
    assert!(rig.found().contains(&What::Deleted { unread_bytes: 4 }));
    writer.write_all(b"a 3\n").unwrap();
    assert_eq!(rig.read(), ["a 3"]);
    rig.after(ROTATE_WAIT);
    assert_eq!(rig.open_files(), 0);
}

#[test]
fn case_07_a_rotation_while_stopped_is_made_up_for() {
    for name in ["eve.json.1", "eve.json-20261123", "old"] {
        let mut rig = Rig::new(&["eve.json"]);
        rig.write("eve.json", numbered("a", 0..100));
        rig.read();
        rig.append("eve.json", "a 100\na 101\n");
        rig.rename("eve.json", name);
        rig.write("eve.json", "b 1\n");
        rig.restart();
        assert_eq!(rig.read(), ["a 100", "a 101", "b 1"], "renamed to {name}");
    }
}

#[test]
fn case_07_several_rotations_while_stopped_are_read_oldest_first() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json.1", "never ours\n");
    rig.write("eve.json", "a 1\n");
    rig.read();
    rig.append("eve.json", "a 2\n");
    rig.rename("eve.json.1", "eve.json.4");
    rig.rename("eve.json", "eve.json.3");
    rig.write("eve.json.2", "b 1\n");
    rig.write("eve.json.1", "c 1\n");
    rig.write("eve.json.gz", "compressed");
    rig.write("eve.jsonl", "another log\n");
    rig.write("eve.json", "d 1\n");
    rig.restart();
    assert_eq!(rig.read(), ["a 2", "b 1", "c 1", "d 1"]);
}

#[test]
fn case_07_several_rotations_between_two_looks_are_read_oldest_first() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "a 1\n");
    rig.read();
    rig.append("eve.json", "a 2\n");
    rig.rename("eve.json", "eve.json-20261123");
    rig.write("eve.json-20261124", "b 1\n");
    rig.write("eve.json", "c 1\n");
    assert_eq!(rig.read(), ["a 2", "b 1", "c 1"]);
    assert!(rig.read().is_empty());
}

#[test]
fn case_07_a_file_that_is_gone_at_start_is_told() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "a 1\npartial");
    rig.write("stats.log", "another file\n");
    rig.read();
    rig.remove("eve.json");
    for told in [true, false, false] {
        rig.restart();
        rig.read();
        let lost = What::Vanished { lost_bytes_at_least: 7 };
        assert_eq!(rig.found().contains(&lost), told, "told once, whatever is started again");
    }
    rig.write("eve.json", "b 1\n");
    assert_eq!(rig.read(), ["b 1"]);
    assert_eq!(rig.followed().len(), 1);
}

#[test]
fn case_08_a_truncated_file_is_read_from_its_beginning() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "a 1\na 2\npartial");
    rig.read();
    let generation = rig.given[0].generation;
    rig.write("eve.json", "b 1\n");
    assert_eq!(rig.read(), ["b 1"]);
    assert!(rig.found().contains(&What::Truncated { lost_bytes_at_least: 7 }));
    assert_ne!(rig.given[2].generation, generation);
    assert_eq!(rig.given[2].offset, 0);
}

#[test]
fn case_08_a_file_that_is_truncated_while_stopped_is_read_from_its_beginning() {
    for content in ["b 1\n", "b 1\nb 2\nb 3\nb 4\n"] {
        let mut rig = Rig::new(&["eve.json"]);
        rig.write("eve.json", "a 1\na 2\n");
        rig.read();
        let generation = rig.given[0].generation;
        rig.write("eve.json", content);
        rig.restart();
        assert_eq!(rig.read(), texts(content));
        assert!(rig.found().contains(&What::Truncated { lost_bytes_at_least: 0 }));
        assert_ne!(rig.given[2].generation, generation);
        assert_eq!(rig.followed().len(), 1);
    }
}

#[test]
fn case_09_a_file_that_is_truncated_and_grew_past_the_offset_is_read_from_its_beginning() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", numbered("a", 0..1000));
    rig.read();
    let content = numbered("b", 0..2000);
    rig.write("eve.json", &content);
    assert_eq!(rig.read(), texts(&content));
    assert!(rig.found().contains(&What::Truncated { lost_bytes_at_least: 0 }));
}

#[test]
fn case_09_a_file_that_is_truncated_and_grew_to_the_same_size_is_read_from_its_beginning() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "a 1\n");
    rig.read();
    rig.write("eve.json", "b 1\n");
    // The machine's clock is coarser than these writes.
    let log = File::open(rig.path("eve.json")).unwrap();
    log.set_modified(std::time::SystemTime::now() + Duration::from_secs(9)).unwrap();
    assert_eq!(rig.read(), ["b 1"]);
}

#[test]
fn case_12_a_reused_inode_is_another_file() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", numbered("a", 0..100));
    rig.read();
    let inode = rig.followed_row().identity.inode;
    rig.remove("eve.json");
    let content = numbered("b", 0..200);
    rig.write("eve.json", &content);
    rig.faults.say_inode(&rig.path("eve.json"), inode);
    rig.restart();
    assert_eq!(rig.read(), texts(&content));
}

#[test]
fn case_12_a_sibling_with_the_inode_and_other_content_is_not_taken() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", numbered("a", 0..100));
    rig.read();
    let inode = rig.followed_row().identity.inode;
    rig.write("other", numbered("x", 0..200));
    rig.rename("eve.json", "elsewhere");
    rig.remove("elsewhere");
    rig.faults.say_inode(&rig.path("other"), inode);
    rig.restart();
    assert!(rig.read().is_empty());
    assert!(rig.found().contains(&What::Vanished { lost_bytes_at_least: 0 }));
}

#[test]
fn case_12_a_device_that_got_another_number_is_recognised_by_content() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "a 1\n");
    rig.read();
    rig.append("eve.json", "a 2\n");
    rig.faults.say_device(&rig.path("eve.json"), 77);
    rig.restart();
    assert_eq!(rig.read(), ["a 2"]);
    assert_eq!(rig.given[0].generation, rig.given[1].generation);
}

#[test]
fn case_14_a_file_shorter_than_the_fingerprint_has_a_growing_one() {
    let mut rig = Rig::new(&["eve.json"]);
    let mut covered = Vec::new();
    for number in 0..300 {
        rig.append("eve.json", format!("line {number}\n"));
        assert_eq!(rig.read(), [format!("line {number}")]);
        covered.push(rig.followed_row().identity.head.bytes);
        if number % 10 == 0 {
            rig.restart();
        }
    }
    assert_eq!(covered[0], 7);
    assert_eq!(covered[1], 14);
    assert_eq!(covered[299], FINGERPRINT_BYTES_MAX);
    assert!(!rig.found().iter().any(|what| matches!(what, What::Truncated { .. })));
}

#[test]
fn case_21_a_symbolic_link_that_is_turned_is_followed_after_the_old_target_is_read() {
    let mut rig = Rig::new(&["current"]);
    rig.write("log-1", "a 1\n");
    std::os::unix::fs::symlink(rig.path("log-1"), rig.path("current")).unwrap();
    assert_eq!(rig.read(), ["a 1"]);
    rig.append("log-1", "a 2\n");
    rig.write("log-2", "b 1\n");
    std::os::unix::fs::symlink(rig.path("log-2"), rig.path("next")).unwrap();
    rig.rename("next", "current");
    assert_eq!(rig.read(), ["a 2", "b 1"]);
    rig.after(ROTATE_WAIT);
    assert_eq!(rig.open_files(), 1);
}

#[test]
fn a_rotated_name_that_a_glob_matches_too_is_read_once_and_followed_on() {
    let mut rig = Rig::new(&["eve.json*"]);
    rig.write("eve.json", "a 1\n");
    rig.read();
    for turn in 0..5 {
        rig.append("eve.json", format!("late {turn}\n"));
        for number in (1..=turn).rev() {
            rig.rename(&format!("eve.json.{number}"), &format!("eve.json.{}", number + 1));
        }
        rig.rename("eve.json", "eve.json.1");
        rig.write("eve.json", format!("new {turn}\n"));
        assert_eq!(rig.read(), [format!("late {turn}"), format!("new {turn}")]);
        rig.after(ABANDONED_WAIT);
    }
    assert_eq!(rig.open_files(), 6);
    rig.restart();
    assert!(rig.read().is_empty());
}

#[test]
fn case_10_what_a_copy_still_holds_is_read_from_it_after_a_truncation() {
    for paths in [&["eve.json"][..], &["eve.json*"]] {
        let mut rig = Rig::new(paths);
        rig.write("eve.json", numbered("a", 0..100));
        rig.read();
        rig.append("eve.json", "a 100\na 101\n");
        fs::copy(rig.path("eve.json"), rig.path("eve.json.1")).unwrap();
        rig.write("eve.json", "b 1\n");
        assert_eq!(rig.read(), ["a 100", "a 101", "b 1"], "{paths:?}");
        let [.., last, next] = &rig.given[..] else { panic!("wanted two lines") };
        assert_eq!(last.generation, rig.given[0].generation);
        assert_ne!(last.generation, next.generation);
        assert!(rig.found().contains(&What::Rotated { unread_bytes: 12 }));
        rig.after(ROTATE_WAIT);
        rig.restart();
        assert!(rig.read().is_empty());
    }
}

#[test]
fn case_11_what_a_copy_still_holds_is_read_after_a_truncation_while_stopped() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", numbered("a", 0..100));
    rig.read();
    rig.append("eve.json", "a 100\na 101\n");
    fs::copy(rig.path("eve.json"), rig.path("eve.json.1")).unwrap();
    rig.write("eve.json", "b 1\n");
    rig.restart();
    assert_eq!(rig.read(), ["a 100", "a 101", "b 1"]);
    assert!(!rig.found().iter().any(|what| matches!(what, What::Truncated { .. })));
}

#[test]
fn case_12_a_rotation_is_made_up_for_though_the_inode_is_used_again() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "a 1\n");
    rig.read();
    let inode = rig.followed_row().identity.inode;
    rig.remove("eve.json");
    rig.write("eve.json.1", "b 1\n");
    rig.write("eve.json", "c 1\n");
    rig.faults.say_inode(&rig.path("eve.json"), inode);
    let later = File::open(rig.path("eve.json.1")).unwrap();
    later.set_modified(std::time::SystemTime::now() + Duration::from_secs(9)).unwrap();
    rig.restart();
    assert_eq!(rig.read(), ["b 1", "c 1"]);
}
