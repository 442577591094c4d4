//! `copytruncate`: what is in a copy is read once, however often it happened and whenever somebody looked.

use super::*;

/// As logrotate does it: `.1` is the newest.
fn shift(rig: &Rig) {
    for number in (1..9).rev() {
        let name = format!("eve.json.{number}");
        if rig.path(&name).exists() {
            rig.rename(&name, &format!("eve.json.{}", number + 1));
        }
    }
}

fn copy(rig: &Rig) {
    shift(rig);
    fs::copy(rig.path("eve.json"), rig.path("eve.json.1")).unwrap();
    tick(rig, "eve.json.1");
}

fn copy_and_truncate(rig: &Rig) {
    copy(rig);
    rig.write("eve.json", "");
    tick(rig, "eve.json");
}

/// The machine's clock is coarser than these writes: each comes a second after the one before.
fn tick(rig: &Rig, name: &str) {
    let newest = fs::read_dir(rig.directory.path()).unwrap().map(|entry| {
        let modified = entry.unwrap().metadata().unwrap().modified().unwrap();
        modified + Duration::from_secs(1)
    });
    let file = File::options().write(true).open(rig.path(name)).unwrap();
    file.set_modified(newest.max().unwrap()).unwrap();
}

fn lost(found: &[What]) -> Vec<u64> {
    let lost = found.iter().filter_map(|what| match what {
        What::Truncated { lost_bytes_at_least } | What::Damaged { lost_bytes_at_least, .. } => {
            Some(*lost_bytes_at_least)
        }
        _ => None,
    });
    lost.collect()
}

#[test]
fn case_10_a_copy_that_was_overtaken_is_not_read_again() {
    // A copy of one line is shorter than what a file is known by.
    for (restarts, lines) in [(false, 200), (true, 200), (false, 1), (true, 1)] {
        let mut rig = Rig::new(&["eve.json"]);
        for turn in 0..4 {
            rig.append("eve.json", numbered("early", turn * lines..turn * lines + lines));
            assert_eq!(rig.read().len(), lines as usize);
            copy(&rig);
            rig.append("eve.json", format!("late {turn}\n"));
            tick(&rig, "eve.json");
            assert_eq!(rig.read(), [format!("late {turn}")]);
            rig.write("eve.json", "");
            tick(&rig, "eve.json");
            if restarts {
                rig.restart();
            }
            assert!(rig.read().is_empty(), "turn {turn}, {restarts}, {lines}");
        }
        assert_eq!(lost(&rig.found()).into_iter().sum::<u64>(), 0);
        rig.append("eve.json", "last\n");
        assert_eq!(rig.read(), ["last"]);
        rig.after(ROTATE_WAIT);
        rig.restart();
        assert!(rig.read().is_empty());
        assert_eq!(rig.open_files(), 1);
    }
}

#[test]
fn case_10_several_copies_between_two_looks_are_read_once_each() {
    for (restarts, first) in [(false, "a 1\n"), (true, "a 1\n"), (false, ""), (true, "")] {
        let mut rig = Rig::new(&["eve.json"]);
        rig.write("eve.json", "before\n");
        rig.read();
        copy_and_truncate(&rig);
        rig.read();
        // Of the log nothing is read now, or its first line.
        rig.append("eve.json", first);
        assert_eq!(rig.read(), texts(first));
        for line in ["a 2\n", "b 1\n", "c 1\n"] {
            rig.append("eve.json", line);
            copy_and_truncate(&rig);
        }
        rig.append("eve.json", "d 1\n");
        tick(&rig, "eve.json");
        if restarts {
            rig.restart();
        }
        // What lies beside a log that was cut off is looked for at the next look.
        let mut read = [rig.read(), rig.read()].concat();
        read.sort();
        assert_eq!(read, ["a 2", "b 1", "c 1", "d 1"], "{restarts} {first:?}");
        rig.after(ROTATE_WAIT);
        rig.restart();
        assert!(rig.read().is_empty());
        assert_eq!(rig.open_files(), 1);
    }
}

#[test]
fn case_10_a_copy_of_what_is_there_now_is_not_read_beside_it() {
    for restarts in [false, true] {
        let mut rig = Rig::new(&["eve.json"]);
        rig.write("eve.json", "before\n");
        rig.read();
        copy_and_truncate(&rig);
        rig.read();
        rig.append("eve.json", numbered("a", 0..100));
        tick(&rig, "eve.json");
        copy(&rig);
        if restarts {
            rig.restart();
        }
        assert_eq!(rig.read().len(), 100);
        rig.append("eve.json", "a 100\n");
        tick(&rig, "eve.json");
        rig.write("eve.json", "b 0\n");
        tick(&rig, "eve.json");
        assert_eq!(rig.read(), ["b 0"]);
        rig.restart();
        assert!(rig.read().is_empty());
    }
}

#[test]
fn case_10_what_was_seen_behind_a_copys_end_is_told_as_lost() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", numbered("a", 0..100));
    rig.read();
    rig.append("eve.json", "a 100\n");
    copy(&rig);
    rig.append("eve.json", "a 101\n");
    // It is seen and cannot be read.
    rig.faults.fail_reads(&rig.path("eve.json"), rustix::io::Errno::IO, 9);
    assert!(rig.read().is_empty());
    rig.write("eve.json", "b 0\n");
    tick(&rig, "eve.json");
    let read: Vec<String> = (0..9).flat_map(|_| rig.after(RETRY_MAX)).collect();
    assert_eq!(read, ["a 100", "b 0"]);
    assert_eq!(lost(&rig.found()), [6]);
}

#[test]
fn case_11_a_copy_is_found_though_the_log_was_renamed_after_it_was_cut_off() {
    for line in ["b 1\n", "longer than what it held before\n", ""] {
        let mut rig = Rig::new(&["eve.json"]);
        rig.write("eve.json", "a 1\n");
        rig.read();
        rig.append("eve.json", "a 2\n");
        copy_and_truncate(&rig);
        rig.append("eve.json", line);
        tick(&rig, "eve.json");
        shift(&rig);
        rig.rename("eve.json", "eve.json.1");
        rig.restart();
        assert_eq!(rig.read(), [vec!["a 2".to_owned()], texts(line)].concat());
    }
}

#[test]
fn case_10_a_log_that_is_copied_when_it_is_first_seen_is_read_once() {
    for cut_off in [false, true] {
        let mut rig = Rig::new(&["eve.json"]);
        rig.write("eve.json", "a 1\n");
        rig.read();
        rig.remove("eve.json");
        rig.restart();
        rig.read();
        rig.append("eve.json", "b 1\n");
        tick(&rig, "eve.json");
        copy(&rig);
        let mut expected = vec!["b 1".to_owned()];
        if cut_off {
            rig.write("eve.json", "c 1\n");
            tick(&rig, "eve.json");
            expected.push("c 1".to_owned());
        }
        assert_eq!(rig.read(), expected);
        rig.after(ROTATE_WAIT);
        rig.restart();
        assert!(rig.read().is_empty());
    }
}

#[test]
fn case_10_a_copy_that_is_being_made_is_no_file_of_its_own() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "a 1\n");
    rig.read();
    rig.rename("eve.json", "eve.json.1");
    rig.read();
    rig.append("eve.json", "b 1\n");
    tick(&rig, "eve.json");
    shift(&rig);
    rig.write("eve.json.1", "");
    tick(&rig, "eve.json.1");
    assert_eq!(rig.read(), ["b 1"]);
    rig.write("eve.json.1", "b 1\n");
    tick(&rig, "eve.json.1");
    assert!(rig.read().is_empty());
    rig.write("eve.json", "c 1\n");
    tick(&rig, "eve.json");
    assert_eq!(rig.read(), ["c 1"]);
}

#[test]
fn case_10_a_copy_of_a_log_that_was_seen_and_not_read_is_found_behind_its_next_name() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "a 1\n");
    rig.read();
    rig.rename("eve.json", "eve.json.1");
    rig.append("eve.json", "b 1\n");
    tick(&rig, "eve.json");
    copy(&rig);
    // Seen beside its copy, and not read.
    rig.now += LOOK_EVERY;
    rig.tail.look(rig.now);
    rig.write("eve.json", "");
    tick(&rig, "eve.json");
    shift(&rig);
    rig.rename("eve.json", "eve.json.1");
    rig.append("eve.json", "c 1\n");
    tick(&rig, "eve.json");
    let mut read = rig.read();
    read.sort();
    assert_eq!(read, ["b 1", "c 1"]);
}

#[test]
fn case_10_a_copy_of_the_new_log_is_none_of_the_old_one_that_was_empty() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "a 1\n");
    rig.read();
    rig.rename("eve.json", "eve.json.1");
    rig.write("eve.json", "");
    tick(&rig, "eve.json");
    rig.read();
    rig.write("fresh", "b 1\n");
    tick(&rig, "fresh");
    rig.rename("fresh", "eve.json");
    copy(&rig);
    assert_eq!(rig.read(), ["b 1"]);
}

#[test]
fn case_11_a_copy_that_was_overtaken_is_known_though_the_log_is_gone() {
    for lines in [1, 200] {
        let mut rig = Rig::new(&["eve.json"]);
        rig.append("eve.json", numbered("early", 0..lines));
        copy(&rig);
        rig.append("eve.json", "late\n");
        tick(&rig, "eve.json");
        assert_eq!(rig.read().len(), lines as usize + 1);
        rig.remove("eve.json");
        rig.restart();
        rig.append("eve.json", "next\n");
        tick(&rig, "eve.json");
        assert_eq!(rig.read(), ["next"]);
    }
}

#[test]
fn case_10_a_copy_that_was_compressed_while_the_log_was_deleted_is_known() {
    for (reads, restarts_first) in [(0, false), (1, false), (0, true), (1, true), (6, false)] {
        let mut rig = Rig::new(&["eve.json"]);
        rig.write("eve.json", "a 1\n");
        rig.read();
        copy_and_truncate(&rig);
        for _ in 0..reads {
            rig.read();
        }
        rig.remove("eve.json");
        if restarts_first {
            rig.restart();
        }
        rig.write("eve.json.1.gz", pack("eve.json.1.gz", b"a 1\n"));
        rig.remove("eve.json.1");
        rig.restart();
        rig.append("eve.json", "b 1\n");
        assert_eq!(rig.read(), ["b 1"], "{reads} {restarts_first}");
        rig.restart();
        assert!(rig.read().is_empty());
        rig.after(ROTATE_WAIT);
        assert!(rig.read().is_empty());
        rig.restart();
        assert!(rig.read().is_empty());
    }
}
