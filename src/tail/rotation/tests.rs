//! Decisions as tables.

use super::*;

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
