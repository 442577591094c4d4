//! Decisions as tables.

use super::super::file::Kind;
use super::*;

fn sibling(name: &str, modified_ns: i64) -> Sibling {
    let stat = Stat { kind: Kind::Regular, device: 1, inode: 1, size: 1, modified_ns, links: 1 };
    Sibling { name: name.into(), stat }
}

fn check(last: Option<&str>, last_modified: i64, siblings: &[(&str, i64)], expected: &[&str]) {
    check_left(None, last, last_modified, siblings, expected);
}

fn check_left(
    left: Option<i64>,
    last: Option<&str>,
    last_modified: i64,
    siblings: &[(&str, i64)],
    expected: &[&str],
) {
    let siblings = siblings.iter().map(|(name, modified)| sibling(name, *modified)).collect();
    let last_name = last.map(OsStr::new);
    let missed = missed("eve.json".as_ref(), last_name, last_modified, left, siblings);
    let names: Vec<_> = missed.iter().map(|sibling| sibling.name.to_str().unwrap()).collect();
    assert_eq!(names, expected, "after {last:?}");
}

#[test]
fn change_compares_sizes() {
    for (known, offset, now, expected) in [
        (10, 10, 10, Change::Same),
        (10, 5, 10, Change::Same),
        (10, 10, 11, Change::Grown),
        (10, 5, 7, Change::Same),
        (10, 5, 5, Change::Same),
        (10, 5, 4, Change::Truncated { lost_bytes_at_least: 5 }),
        (10, 10, 0, Change::Truncated { lost_bytes_at_least: 0 }),
        (5, 10, 0, Change::Truncated { lost_bytes_at_least: 0 }),
    ] {
        assert_eq!(change(known, offset, now), expected, "{known} {offset} {now}");
    }
}

#[test]
fn a_moved_file_expires_by_what_became_of_its_path() {
    let start = Instant::now();
    for (deleted, superseded, wait) in [
        (false, false, ABANDONED_WAIT),
        (true, false, ROTATE_WAIT),
        (false, true, ROTATE_WAIT),
        (true, true, ROTATE_WAIT),
    ] {
        let moved = Moved { grew_at: start, deleted, superseded };
        assert!(!expires(moved, start + wait - Duration::from_nanos(1)));
        assert!(expires(moved, start + wait));
    }
}

#[test]
fn names_decide_before_times() {
    // The clock went back: the newer files have older times.
    let siblings = [("eve.json.1", 100), ("eve.json.4", 800), ("eve.json.2", 200)];
    check(Some("eve.json.3"), 900, &siblings, &["eve.json.2", "eve.json.1"]);
    // This writer counts upwards: what was let go is old.
    let siblings = [("eve.json.1", 100), ("eve.json.2", 200)];
    check_left(Some(200), Some("eve.json.3"), 900, &siblings, &[]);
    check(
        Some("eve.json-20260102"),
        900,
        &[("eve.json-20260104", 100), ("eve.json-20260101", 950), ("eve.json-20260103", 200)],
        &["eve.json-20260103", "eve.json-20260104"],
    );
    check(
        Some("eve-2026-01-02_10:00.json"),
        900,
        &[("eve-2026-01-02_11:00.json", 1), ("eve-2026-01-02_09:00.json", 1)],
        &["eve-2026-01-02_11:00.json"],
    );
}

#[test]
fn times_decide_where_names_cannot() {
    let siblings = [("eve.json.1", 300), ("eve.json.2", 200), ("eve.json.3", 100)];
    check(None, 150, &siblings, &["eve.json.2", "eve.json.1"]);
    check(Some("kept"), 250, &siblings, &["eve.json.1"]);
    check(
        None,
        150,
        &[("eve.json.1", 300), ("eve.json-20260101", 200)],
        &["eve.json-20260101", "eve.json.1"],
    );
}

#[test]
fn other_logs_are_no_siblings() {
    let names = ["eve.jsonl", "eve-stats.json", "eve.json.1.gz", "eve.json.bak", "eve.json", "x.1"];
    let names = names.map(|name| (name, 900));
    check(None, 0, &names, &[]);
    check(Some("eve.json.9"), 0, &names, &[]);
}

#[test]
fn the_newest_of_too_many_are_taken() {
    let names: Vec<String> = (1..=MISSED_MAX + 3).map(|n| format!("eve.json.{n}")).collect();
    let siblings = names.iter().map(|name| sibling(name, 10)).collect();
    let missed = missed("eve.json".as_ref(), None, 0, None, siblings);
    assert_eq!(missed.len(), MISSED_MAX);
    assert_eq!(missed[0].name, OsStr::new(&format!("eve.json.{MISSED_MAX}")));
    assert_eq!(missed[MISSED_MAX - 1].name, OsStr::new("eve.json.1"));
}
