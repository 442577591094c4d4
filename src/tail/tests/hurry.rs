//! Rotations in a hurry: copies of several truncations between two looks, a directory that is rotated while it is
//! listed.

use super::*;

impl Rig {
    /// As logrotate(8) does it with `copytruncate`: `.1` is the newest copy.
    fn copy_and_truncate(&self, rotated: u32) {
        let name = |number: u32| self.path(&format!("eve.json.{number}"));
        for number in (1..=rotated).rev() {
            fs::rename(name(number), name(number + 1)).unwrap();
        }
        fs::copy(self.path("eve.json"), name(1)).unwrap();
        self.write("eve.json", "");
    }
}

#[test]
fn case_10_copies_of_several_truncations_between_two_looks_are_all_read() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "a 1\n");
    rig.read();
    rig.append("eve.json", "a 2\n");
    for (rotated, line) in [(0, "b 1\n"), (1, "c 1\n"), (2, "d 1\n")] {
        rig.copy_and_truncate(rotated);
        rig.append("eve.json", line);
    }
    // What else was copied is found when the first copy is, and read after the next look.
    let mut given = [rig.read(), rig.read()].concat();
    given.sort();
    assert_eq!(given, ["a 2", "b 1", "c 1", "d 1"]);
    rig.after(ROTATE_WAIT);
    rig.append("eve.json", "d 2\n");
    assert_eq!(rig.read(), ["d 2"]);
}

#[test]
fn case_10_a_generation_that_came_and_went_unseen_is_read_from_its_copy() {
    // With the last copy still followed, and with it let go.
    for wait in [Duration::from_secs(1), ROTATE_WAIT * 2] {
        let mut rig = Rig::new(&["eve.json"]);
        rig.write("eve.json", "a 1\n");
        rig.read();
        rig.copy_and_truncate(0);
        assert!(rig.after(wait).is_empty());
        assert!(rig.after(wait).is_empty());
        // Nothing was read of it yet when it is cut off again.
        rig.append("eve.json", "b 1\n");
        rig.copy_and_truncate(1);
        rig.append("eve.json", "c 1\nc 2\n");
        let mut given = rig.read();
        given.sort();
        assert_eq!(given, ["b 1", "c 1", "c 2"], "{wait:?}");
        rig.after(ROTATE_WAIT * 2);
        rig.append("eve.json", "c 3\n");
        assert_eq!(rig.read(), ["c 3"]);
    }
}

/// Renames as logrotate(8) does, one after the other.
fn rotate(directory: &Path, rotated: u32) {
    let name = |number: u32| directory.join(format!("eve.json.{number}"));
    for number in (1..=rotated).rev() {
        fs::rename(name(number), name(number + 1)).unwrap();
    }
    fs::rename(directory.join("eve.json"), name(1)).unwrap();
}

#[test]
fn case_07_a_rotation_while_the_directory_is_listed_hides_no_file_and_doubles_none() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "a 1\n");
    rig.read();
    for (rotated, line) in [(0, "b 1\n"), (1, "c 1\n"), (2, "d 1\n")] {
        rotate(rig.directory.path(), rotated);
        rig.append("eve.json", line);
    }
    let directory = rig.directory.path().to_owned();
    rig.faults.once_listed(move || {
        rotate(&directory, 3);
        fs::write(directory.join("eve.json"), "e 1\n").unwrap();
    });
    let mut given = [rig.read(), rig.read(), rig.read()].concat();
    given.sort();
    assert_eq!(given, ["b 1", "c 1", "d 1", "e 1"]);
}

#[test]
fn a_log_that_grows_between_its_sighting_and_its_opening_did_not_shrink() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "a 1\n");
    rig.read();
    rig.copy_and_truncate(0);
    // Nothing is read of what comes now when the agent ends.
    assert!(rig.read().is_empty());
    rig.append("eve.json", "b 1\n");
    rig.restart();
    let log = rig.writer("eve.json");
    rig.faults.once_opened(move || (&log).write_all(b"b 2\n").unwrap());
    assert_eq!(rig.read(), ["b 1", "b 2"]);
    assert_eq!(rig.losses(), []);
}

#[test]
fn case_10_a_log_that_is_written_and_copied_as_it_is_opened_is_read_once() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "a 1\n");
    rig.read();
    rig.remove("eve.json");
    rig.write("eve.json", "");
    let directory = rig.directory.path().to_owned();
    let log = rig.writer("eve.json");
    // Between the opening of the log and the look at what lies beside it.
    rig.faults.once_before_listing(move || {
        (&log).write_all(b"b 1\nb 2\n").unwrap();
        fs::copy(directory.join("eve.json"), directory.join("eve.json.1")).unwrap();
    });
    assert_eq!([rig.read(), rig.read()].concat(), ["b 1", "b 2"]);
}
