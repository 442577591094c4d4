//! Files that look like others: the same beginning, the same number, another name, another order.

use std::time::UNIX_EPOCH;

use super::*;

/// More than a fingerprint covers, and the same in every file.
fn header() -> String {
    format!("# {}\n", "the same in every file ".repeat(60))
}

#[test]
fn case_13_files_with_the_same_header_are_told_apart() {
    for ending in ["", ".gz"] {
        let mut rig = Rig::new(&["eve.json", "other.log"]);
        let content = |name: &str, range| header() + &numbered(name, range);
        rig.write("eve.json", content("a", 0..100));
        rig.write("other.log", content("other", 0..100));
        assert_eq!(rig.read().len(), 202);
        // Rotations that go unseen, while stopped and while running.
        for (number, restart) in [(1, true), (2, false), (3, true)] {
            rig.append("eve.json", format!("late {number}\n"));
            rig.shift();
            rig.shift_in(&content(&format!("missed {number}"), 0..100));
            if !ending.is_empty() {
                rig.compress("eve.json.1", "eve.json.1.gz");
                rig.compress("eve.json.2", "eve.json.2.gz");
            }
            rig.write("eve.json", content(&format!("new {number}"), 0..100));
            if restart {
                rig.restart();
            }
            let given = rig.read();
            assert_eq!(given.len(), 1 + 101 + 101, "{number}{ending}");
            assert_eq!(given[0], format!("late {number}"));
            assert_eq!(given[2], format!("missed {number} 0"));
            assert_eq!(given[203 - 1], format!("new {number} 99"));
            assert!(rig.after(ROTATE_WAIT).is_empty());
        }
        assert_eq!(rig.losses(), []);
    }
}

#[test]
fn case_13_logs_that_begin_alike_are_no_copies_of_each_other() {
    let mut rig = Rig::new(&["sensor*.log"]);
    rig.write("sensor.log", "# started\n");
    rig.write("sensor-1.log", "# started\n");
    rig.read();
    rig.append("sensor.log", "a 1\n");
    rig.append("sensor-1.log", "b 1\n");
    rig.read();
    rig.append("sensor-1.log", "b 2\n");
    rig.read();
    let mut given: Vec<&str> = rig.given.iter().map(|line| line.text.as_str()).collect();
    given.retain(|line| *line != "# started");
    given.sort_unstable();
    assert_eq!(given, ["a 1", "b 1", "b 2"]);
}

#[test]
fn case_22_a_hard_link_that_is_swapped_is_followed() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "a 1\n");
    assert_eq!(rig.read(), ["a 1"]);
    for number in 1..4 {
        rig.append("eve.json", format!("late {number}\n"));
        let (new, old) = (format!("new-{number}"), format!("old-{number}"));
        rig.write(&new, format!("b {number}\n"));
        fs::hard_link(rig.path("eve.json"), rig.path(&old)).unwrap();
        rig.rename(&new, "eve.json");
        if number == 2 {
            rig.restart();
        }
        assert_eq!(rig.read(), [format!("late {number}"), format!("b {number}")]);
        rig.append(&old, "too late\n");
        assert_eq!(rig.after(ROTATE_WAIT / 2), ["too late"]);
        rig.after(ROTATE_WAIT);
    }
    assert_eq!(rig.losses(), []);
}

#[test]
fn case_22_two_logs_that_change_places_are_read_on() {
    for restart in [false, true] {
        let mut rig = Rig::new(&["a.log", "b.log"]);
        rig.write("a.log", numbered("a", 0..9));
        rig.write("b.log", numbered("b", 0..5));
        rig.read();
        fs::hard_link(rig.path("a.log"), rig.path("kept")).unwrap();
        rig.rename("b.log", "a.log");
        rig.rename("kept", "b.log");
        rig.append("a.log", "b 5\n");
        rig.append("b.log", "a 9\n");
        if restart {
            rig.restart();
        }
        let mut given = rig.read();
        given.sort_unstable();
        assert_eq!(given, ["a 9", "b 5"], "restarted: {restart}");
        assert_eq!(rig.losses(), []);
    }
}

#[test]
fn case_07_rotations_that_are_numbered_upwards_are_made_up_for() {
    for restart in [false, true] {
        let mut rig = Rig::new(&["eve.json"]);
        rig.write("eve.json.1", "never ours\n");
        rig.write("eve.json", "a 1\n");
        rig.read();
        rig.append("eve.json", "a 2\n");
        rig.rename("eve.json", "eve.json.2");
        rig.write("eve.json.3", "b 1\n");
        rig.write("eve.json.4", "c 1\n");
        rig.write("eve.json", "d 1\n");
        if restart {
            rig.restart();
        }
        assert_eq!(rig.read(), ["a 2", "b 1", "c 1", "d 1"], "restarted: {restart}");
        rig.after(ROTATE_WAIT);
        // Once more, when all that was read is let go.
        rig.rename("eve.json", "eve.json.5");
        rig.write("eve.json.6", "e 1\n");
        rig.write("eve.json", "f 1\n");
        rig.restart();
        assert_eq!(rig.read(), ["e 1", "f 1"]);
        rig.after(ROTATE_WAIT);
        rig.restart();
        assert!(rig.read().is_empty());
    }
}

#[test]
fn case_33_a_clock_that_jumps_changes_nothing() {
    // Rotations that were missed, with times that go backwards, stand still, lie before 1970 or ahead.
    for times in [[9, 8, 7, 6, 5], [5; 5], [-9, 4_000_000_000, 0, -1, 7], [1, 2, 3, 4, 5]] {
        for upwards in [false, true] {
            let mut rig = Rig::new(&["eve.json"]);
            rig.write("eve.json", "a 1\n");
            rig.read();
            rig.append("eve.json", "a 2\n");
            let number = |age: usize| if upwards { age } else { 5 - age };
            rig.rename("eve.json", &format!("eve.json.{}", number(1)));
            for age in 2..5 {
                rig.write(&format!("eve.json.{}", number(age)), format!("b {age}\n"));
            }
            rig.write("eve.json", "c 1\n");
            let named = |age| match age {
                5 => "eve.json".to_owned(),
                age => format!("eve.json.{}", number(age)),
            };
            for (age, time) in (1..6).zip(times) {
                let time: i64 = time;
                let by = Duration::from_secs(time.unsigned_abs());
                let then = if time < 0 { UNIX_EPOCH - by } else { UNIX_EPOCH + by };
                File::open(rig.path(&named(age))).unwrap().set_modified(then).unwrap();
            }
            rig.restart();
            assert_eq!(rig.read(), ["a 2", "b 2", "b 3", "b 4", "c 1"], "{times:?} {upwards}");
            rig.after(ROTATE_WAIT);
            rig.restart();
            assert!(rig.read().is_empty());
        }
    }
}

#[test]
fn more_missed_files_than_may_be_open_are_read_in_their_order() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "a 1\n");
    rig.read();
    rig.rename("eve.json", "eve.json-20260000");
    let days = u32::try_from(MISSED_MAX).unwrap() * 2 + 7;
    for day in 1..=days {
        rig.write(&format!("eve.json-2026{day:04}"), format!("day {day}\n"));
    }
    rig.write("eve.json", "now\n");
    rig.restart();
    let mut most = 0;
    for _ in 0..10 {
        rig.after(ROTATE_WAIT);
        most = most.max(rig.open_files());
    }
    let given: Vec<String> = rig.given[1..].iter().map(|line| line.text.clone()).collect();
    let mut expected: Vec<String> = (1..=days).map(|day| format!("day {day}")).collect();
    expected.push("now".to_owned());
    assert_eq!(given, expected);
    assert!(most <= MISSED_MAX + 2, "{most}");
}

#[test]
fn a_copy_that_is_made_under_a_glob_is_not_read_beside_its_log() {
    let mut rig = Rig::new(&["eve.json*"]);
    rig.write("eve.json", numbered("a", 0..100));
    rig.read();
    rig.append("eve.json", "a 100\n");
    let whole = fs::read(rig.path("eve.json")).unwrap();
    // As it is made, look by look.
    for bytes in [0, 1, 400, whole.len()] {
        rig.write("eve.json.1", &whole[..bytes]);
        let given = rig.read();
        assert!(given.is_empty() || given == ["a 100"], "{given:?}");
    }
    rig.append("eve.json", "a 101\n");
    rig.append("eve.json.1", "a 101\n");
    rig.write("eve.json", "b 1\n");
    let mut given = rig.read();
    given.sort_unstable();
    assert_eq!(given, ["a 101", "b 1"]);
    rig.after(ROTATE_WAIT);
    rig.restart();
    assert!(rig.read().is_empty());
    assert_eq!(rig.losses(), []);
}

#[test]
fn a_file_that_grew_after_it_was_let_go_is_read_on() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "a 1\n");
    rig.read();
    rig.rename("eve.json", "eve.json.1");
    rig.write("eve.json", "b 1\n");
    rig.read();
    rig.after(ROTATE_WAIT);
    assert_eq!(rig.open_files(), 1);
    rig.append("eve.json.1", "a 2\n");
    rig.shift();
    rig.write("eve.json", "c 1\n");
    assert_eq!(rig.read(), ["a 2", "c 1"]);
}

#[test]
fn a_log_that_was_brought_to_another_disk_is_read_on() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", numbered("a", 0..1000));
    rig.read();
    rig.append("eve.json", "a 1000\n");
    fs::copy(rig.path("eve.json"), rig.path("copy")).unwrap();
    rig.remove("eve.json");
    rig.write("between", "so that the number is not used again\n");
    rig.rename("copy", "eve.json");
    rig.restart();
    assert_eq!(rig.read(), ["a 1000"]);
    assert_eq!(rig.losses(), []);
}
