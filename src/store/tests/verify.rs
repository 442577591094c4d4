//! Each kind of difference is found and named.

use std::fs;

use super::damage::lived;
use super::*;
use crate::store::verify::DIFFERENCES_MAX;

fn verified(directory: &Path) -> Verified {
    verify(directory, &mut |_, _| {}).unwrap()
}

/// After this change the first difference holds these words.
fn check(harm: &str, words: &str) {
    let place = lived();
    let connection = Connection::open(place.path().join(DATABASE)).unwrap();
    connection.execute_batch(harm).unwrap();
    drop(connection);
    let found = verified(place.path());
    let first = found.differences.first().cloned().unwrap_or_default();
    assert!(first.contains(words), "{harm}: {:?}", found.differences);
}

#[test]
fn a_sound_store_agrees_with_itself() {
    for place in [Place::new(), lived()] {
        let (mut last, mut calls) = (0, 0);
        let found = verify(place.path(), &mut |read, of| {
            assert!(last < read && read <= of);
            (last, calls) = (read, calls + 1);
        });
        let found = found.unwrap();
        assert!(found.is_sound() && found.left_out.is_empty(), "{found:?}");
        assert_eq!((found.events, found.last_sequence, found.version), (last, last, VERSION));
        // Nor does it when nobody runs.
        let Place { directory, store } = place;
        drop(store);
        assert!(verified(directory.path()).is_sound());
    }
}

#[test]
fn each_kind_of_difference_is_named() {
    for (harm, words) in [
        ("UPDATE destination SET told = told + 1", "5 told by its row, 4 by the posts"),
        ("UPDATE destination SET given_up = 2", "2 given up by its row, 0 by"),
        ("UPDATE destination SET cursor = cursor - 1", "events stored since it began, and"),
        ("INSERT INTO hidden VALUES ('soc', 'M1', 3)", "0 muted by its row, 3 by the mutes"),
        ("UPDATE destination SET muted = -3", "14 events stored since it began, and 3 fewer"),
        (
            "UPDATE destination SET cursor = 99, not_matched = 90, began_after = 0",
            "and has read to 99 of 14",
        ),
        (
            "UPDATE event SET id = (SELECT id FROM event WHERE sequence = 1) WHERE sequence = 9",
            "that of several",
        ),
        ("UPDATE event SET id = x'00' WHERE sequence = 2", "event 2: its id has not 16 bytes"),
        ("UPDATE event SET sequence = 0 WHERE sequence = 2", "event 0: its number"),
        (
            "UPDATE event SET sequence = 15 WHERE sequence = 2",
            "event 15 is beyond the last number given, 14",
        ),
        ("UPDATE event SET read_at = 9223372036854775807 WHERE sequence = 2", "event 2: its times"),
        ("UPDATE event SET verdict = 6 WHERE sequence = 2", "event 2: its severity or verdict"),
        ("UPDATE event SET form = 3 WHERE sequence = 2", "event 2: its record"),
        ("UPDATE event SET format = '' WHERE sequence = 2", "event 2: it has no format"),
        (
            "UPDATE open_group SET state = json_set(state, '$.held', json('[0,0,9,0,0]'))",
            "9 by severity",
        ),
        (
            "INSERT INTO open_group SELECT 'nobody', key, held, state FROM open_group",
            "`nobody` has events",
        ),
        ("UPDATE card SET events = 1 WHERE notification = 1", "post 1 tells 4 events, its cards 1"),
        ("UPDATE card SET first = 9, last = 5", "between 9 and 5"),
        ("UPDATE card SET last = 99", "between 1 and 99"),
        (
            "INSERT INTO notification (destination, card, created_at, events, state, tries, unanswered, message) \
          VALUES ('soc', 'X', 0, 0, 0, 1, 1, '{}')",
            "2 posts are under way to `soc`",
        ),
        ("UPDATE position SET \"offset\" = 15", "byte 15, is not one"),
        ("UPDATE position SET behind_bytes = 2000", "is not one that reading can stand at"),
        ("UPDATE position SET path = x''", "is not one that reading can stand at"),
        (
            "INSERT INTO position SELECT 8, path, device, inode, head_bytes, head_hash, generation, \"offset\", mid_line, \
          cut_lines, cut_bytes, nul_bytes, behind_bytes, behind_hash, size, modified_ns, number, updated_at, \
          stage, since, anchors FROM position",
            "2 positions are of the one generation",
        ),
        ("UPDATE identity SET last_sequence = 13", "event 14 is beyond"),
        ("UPDATE identity SET machine = x'00000000000000000000000000000000'", "is another store's"),
        ("DROP TABLE reading", "another `reading`, or none"),
        ("DROP TABLE open_group", "another `open_group`, or none"),
        (
            "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET rootpage = 3 WHERE name = 'card'",
            "pages",
        ),
    ] {
        check(harm, words);
    }
}

#[test]
fn a_second_copy_that_is_not_of_this_store_is_named() {
    let place = lived();
    let file = place.path().join(MIRROR);
    let whole = fs::read(&file).unwrap();
    for (harm, words) in [
        (None, "is not there"),
        (Some(b"positions".to_vec()), "wanted `ipsbell positions 1"),
        (Some([whole.clone(), b" ".to_vec()].concat()), "checksum"),
    ] {
        drop(fs::remove_file(&file));
        if let Some(text) = harm {
            fs::write(&file, text).unwrap();
        }
        let found = verified(place.path()).differences;
        assert!(found.len() == 1 && found[0].contains(words), "{found:?}");
    }
    fs::write(&file, whole).unwrap();
    assert!(verified(place.path()).is_sound());
}

#[test]
fn torn_pages_are_named_and_the_rest_is_looked_at_all_the_same() {
    let place = lived();
    let mut writer = place.store.writer().unwrap();
    damage::read_on(&mut writer, 5, 400);
    drop(writer);
    let Place { directory, store } = place;
    drop(store);
    let file = directory.path().join(DATABASE);
    let connection = Connection::open(&file).unwrap();
    let page = "SELECT max(rootpage) FROM sqlite_schema";
    let root: i64 = connection.query_row(page, [], |row| row.get(0)).unwrap();
    drop(connection);
    let mut bytes = fs::read(&file).unwrap();
    let from = (root as usize + 2) * PAGE_BYTES as usize;
    bytes[from..from + 200].fill(0xA5);
    fs::write(&file, bytes).unwrap();
    let found = verified(directory.path());
    assert!(!found.is_sound());
    assert_eq!(found.destinations.len(), 1, "{:?}", found.differences);
}

#[test]
fn of_many_differences_the_first_are_named_and_the_others_counted() {
    let place = lived();
    let mut writer = place.store.writer().unwrap();
    damage::read_on(&mut writer, 5, DIFFERENCES_MAX as u32);
    let connection = Connection::open(place.path().join(DATABASE)).unwrap();
    connection.execute_batch("UPDATE event SET format = ''").unwrap();
    let found = verified(place.path());
    assert_eq!((found.differences.len(), found.differences_more), (DIFFERENCES_MAX, 14));
}
