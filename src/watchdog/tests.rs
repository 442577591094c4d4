//! What the watchdog sees: readers, disk, clock; and that it is written down.

use super::*;
use crate::store::tests::{Place, at};
use crate::trouble::Snapshot;

fn config(place: &Place) -> Config {
    let kind = crate::destinations::kind("console").unwrap();
    Config::for_files(&[], kind, place.path().to_owned()).unwrap()
}

fn watchdog(place: &Place, board: &Board, bell: &Signal) -> Watchdog {
    Watchdog::new(&place.store, &config(place), board.clone(), bell.clone()).unwrap()
}

fn open(board: &Board) -> Snapshot {
    board.look(0).unwrap()
}

#[test]
fn a_reader_that_hangs_is_reported_and_written_down_until_it_comes_round() {
    let (place, bell) = (Place::new(), Signal::default());
    let board = Board::new(Vec::new(), [WATCHDOG.to_owned()]);
    let mut watchdog = watchdog(&place, &board, &bell);
    assert!(open(&board).settled, "it has looked once");
    let begin = clock::monotonic();
    let late = begin + HANG_TIME_MAX + Duration::from_secs(1);
    board.passed("read", begin);
    watchdog.look(begin + HANG_TIME_MAX, clock::now());
    assert!(!board.has(Kind::SourceHangs, "read"));
    // The clock went on with the time that passed: it did not jump.
    watchdog.looked_at = None;
    let mut waiter = bell.waiter();
    watchdog.look(late, clock::now());
    watchdog.write().unwrap();
    assert_eq!(waiter.wait_until(Some(clock::monotonic())), Woken::Rung);
    let written = place.view().conditions().unwrap();
    assert_eq!(written.len(), open(&board).conditions.len());
    assert_eq!((written[0].kind, written[0].subject.as_str()), (Kind::SourceHangs, "read"));
    assert!(open(&board).sick(clock::now()).is_some());
    // Nothing new: nothing is written and nobody is woken.
    watchdog.write().unwrap();
    assert_eq!(waiter.wait_until(Some(clock::monotonic())), Woken::Deadline);
    board.passed("read", late);
    watchdog.look(late, clock::now());
    watchdog.write().unwrap();
    assert_eq!(place.view().conditions().unwrap(), []);
    assert!(open(&board).sick(clock::now()).is_none());
}

#[test]
fn a_disk_is_nearly_full_by_what_the_store_may_still_need() {
    let (mib, gib) = (1_u64 << 20, 1_u64 << 30);
    for (store_bytes, store_bytes_max, was_full, wanted) in [
        // Much room to grow: the fixed limit, and a quarter more to be well again.
        (0, 10 * gib, false, 256 * mib),
        (gib, 10 * gib, true, 320 * mib),
        // Near its greatest size it needs less, and beyond it only its write-ahead log.
        (990 * mib, 1_000 * mib, false, 74 * mib),
        (2 * gib, gib, false, 64 * mib),
        (2 * gib, gib, true, 80 * mib),
    ] {
        assert_eq!(needed(store_bytes, store_bytes_max, was_full), wanted, "{store_bytes}");
    }
}

#[test]
fn a_full_disk_is_reported_by_its_directory() {
    let place = Place::new();
    let board = Board::new(Vec::new(), []);
    let mut watchdog = watchdog(&place, &board, &Signal::default());
    let subject = place.path().to_str().unwrap();
    // No disk is looked at that is not there.
    watchdog.state_dir = "/nonexistent".into();
    assert!(watchdog.disk(at(0)).is_none());
    // A file system that holds nothing has no room.
    watchdog.state_dir = "/proc".into();
    let found = watchdog.disk(at(0)).unwrap();
    assert_eq!((found.kind, found.subject.as_str()), (Kind::DiskNearlyFull, "/proc"));
    assert!(found.text.contains("less than 256 MiB"), "{}", found.text);
    assert!(!board.has(Kind::DiskNearlyFull, subject), "the tests need room themselves");
}

#[test]
fn the_clock_jumps_if_it_differs_from_the_time_that_passed() {
    let begin = clock::monotonic();
    for (passed_secs, wall_secs, wanted) in [
        (1, 1, None),
        (3_600, 3_600, None),
        (1, 60, None),
        (1, 61, Some("the clock went forward by 1m at once")),
        (1, 7_261, Some("the clock went forward by 2h 1m at once")),
        (1, -59 + 1, None),
        (1, -3_599, Some("the clock was set back by 1h")),
        // A process that slept is no jump of the clock.
        (7_200, 7_200, None),
    ] {
        let now = (begin + Duration::from_secs(passed_secs), at(wall_secs));
        let found = clock_jump((begin, at(0)), now);
        let text = found.map(|incident| incident.text).unwrap_or_default();
        match wanted {
            Some(wanted) => assert!(text.starts_with(wanted), "{text}"),
            None => assert_eq!(text, "", "{passed_secs} {wall_secs}"),
        }
    }
}

#[test]
fn a_jump_is_kept_for_people_to_be_told_and_waits_for_the_store() {
    let (place, bell) = (Place::new(), Signal::default());
    let board = Board::new(Vec::new(), []);
    let mut watchdog = watchdog(&place, &board, &bell);
    let (now, wall) = (clock::monotonic(), clock::now());
    for hour in 1..=20 {
        watchdog.look(now, wall + SignedDuration::from_hours(hour));
    }
    assert_eq!(watchdog.waiting.len(), WAITING_MAX);
    watchdog.write().unwrap();
    assert!(watchdog.waiting.is_empty());
    let (found, _) = place.view().incidents(Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!((found.len(), found[0].kind), (1, Some(Kind::ClockJumped)));
    assert_eq!(found[0].count, WAITING_MAX as u64);
}

#[test]
fn what_is_open_at_the_end_is_written_down() {
    let (place, stop) = (Place::new(), Signal::default());
    let board = Board::new(Vec::new(), []);
    let watchdog = watchdog(&place, &board, &Signal::default());
    let open =
        Condition { kind: Kind::Silent, subject: "/a".into(), text: "silent".into(), since: at(0) };
    board.report("read", at(0), vec![open.clone()]);
    stop.stop();
    watchdog.run(stop.waiter()).unwrap();
    assert_eq!(place.view().conditions().unwrap(), [open]);
}
