//! One way at a time in which it can go wrong.

use super::*;

fn world(entries: usize) -> World {
    World { entries: vec![BEGIN_US - 3_600_000_000; entries], ..World::default() }
}

fn numbers(range: std::ops::Range<usize>) -> Vec<usize> {
    range.collect()
}

#[test]
fn all_is_read_then_followed_and_looked_at_when_it_is_idle() {
    let mut rig = Rig::new(StartAt::Beginning, world(3));
    rig.pass(1);
    rig.write(2);
    rig.pass(1);
    assert_eq!((rig.started().as_str(), &rig.read), ("Run Follow", &numbers(0..5)));
    assert!(rig.journal.came_round());
    rig.pass(60);
    assert_eq!(rig.started(), "Run Follow");
    assert_eq!((rig.read.len(), rig.found.len()), (5, 1), "{:?}", rig.found);
}

#[test]
fn reading_begins_at_the_end_or_where_it_stood() {
    let mut rig = Rig::new(StartAt::End, world(3));
    rig.pass(1);
    assert_eq!((rig.started().as_str(), rig.read.len()), ("Newest Run Follow", 0));
    rig.write(1);
    rig.restart();
    rig.pass(1);
    assert_eq!((rig.started().as_str(), &rig.read), ("Run Follow", &numbers(3..4)));
    // Where there is nothing yet, the first entry is new.
    let mut rig = Rig::new(StartAt::End, world(0));
    rig.pass(1);
    rig.restart();
    rig.write(1);
    rig.pass(1);
    assert_eq!(rig.read, numbers(0..1));
}

#[test]
fn one_that_fails_again_and_again_is_started_less_and_less_often() {
    let mut rig = Rig::new(StartAt::Beginning, World { missing: true, ..world(2) });
    let mut starts = Vec::new();
    for second in 0..200 {
        let before = rig.journal.position().failures;
        rig.pass(1);
        if rig.journal.position().failures > before {
            starts.push(second);
        }
    }
    assert_eq!(starts, [0, 1, 3, 7, 15, 31, 63, 123, 183]);
    assert!(matches!(rig.journal.failure(), Some(Failure::NotStarted(_))));
    rig.world.with(|world| world.missing = false);
    rig.pass(61);
    assert_eq!((rig.read.len(), rig.journal.failure()), (2, None));
    // It is said once, and counted.
    let failed = rig.found.iter().filter(|found| found.starts_with("Failed")).count();
    assert_eq!((failed, rig.place.as_ref().unwrap().failures), (1, 9));
    assert_eq!(rig.found.last().unwrap(), "Recovered");
}

/// What happens first, and how it fails after `seconds`; all is read all the same.
fn check(faults: &[(usize, Fault)], seconds: u64, failure: Option<Failure>) {
    let mut rig = Rig::new(StartAt::Beginning, World { faults: faults.to_vec(), ..world(5) });
    rig.pass(seconds);
    assert_eq!(rig.journal.failure(), failure.as_ref(), "{faults:?}");
    rig.pass(200);
    assert_eq!((&rig.read, rig.journal.failure()), (&numbers(0..5), None), "{faults:?}");
    assert!(rig.gaps.is_empty(), "{faults:?}");
}

#[test]
fn however_it_fails_it_goes_on_where_it_was() {
    let killed = Failure::Ended("killed by signal 9".to_owned());
    let entry = "an entry of the journal as JSON, with its cursor and time";
    check(&[], 1, None);
    check(&[(0, Fault::Dies)], 1, Some(killed.clone()));
    check(&[(3, Fault::Dies)], 1, Some(killed.clone()));
    check(&[(3, Fault::DiesInAnEntry), (1, Fault::DiesInAnEntry)], 1, Some(killed.clone()));
    check(&[(2, Fault::WritesGarbage)], 1, Some(Failure::Garbage(entry)));
    check(&[(0, Fault::Hangs)], 59, None);
    check(&[(0, Fault::Hangs)], 61, Some(Failure::Hangs));
    check(&[(2, Fault::Hangs)], 61, Some(Failure::Hangs));
    let closed = Failure::Ended("it closed its output and goes on".to_owned());
    check(&[(2, Fault::ClosesItsOutput)], 2, Some(closed));
    // One that follows must not end at all.
    check(&[(9, Fault::Dies), (1, Fault::Dies)], 1, Some(killed));
}

#[test]
fn one_that_stops_to_follow_is_found_out() {
    let faults = vec![(9, Fault::Hangs), (1, Fault::Hangs)];
    let mut rig = Rig::new(StartAt::Beginning, World { faults, ..world(2) });
    rig.pass(1);
    rig.write(3);
    rig.pass(58);
    assert_eq!(rig.read, numbers(0..2));
    rig.pass(3);
    assert_eq!((rig.started().as_str(), &rig.read), ("Run Follow Run Follow", &numbers(0..5)));
    assert!(rig.found.iter().any(|found| found.contains("StoppedFollowing")), "{:?}", rig.found);
    assert_eq!(rig.place.unwrap().failures, 1);
}

#[test]
fn a_journal_file_that_may_not_be_read_is_told_instead_of_left_out() {
    let mut rig = Rig::new(StartAt::Beginning, World { forbidden: true, ..world(2) });
    rig.pass(1);
    let text = rig.journal.failure().unwrap().to_string();
    assert!(text.contains("systemd-journal") && text.contains("system.journal"), "{text}");
    assert_eq!(rig.started(), "");
}

#[test]
fn what_was_vacuumed_unread_is_told_once_and_what_was_read_is_not() {
    let mut rig = Rig::new(StartAt::Beginning, world(3));
    rig.pass(90);
    // All of it is gone. What is left is not ours, and begins before the time until which all was read.
    rig.world.with(|world| (world.first, world.other_us) = (3, Some(BEGIN_US)));
    rig.started();
    rig.pass(60);
    assert!(rig.started().starts_with("Run Oldest"));
    assert!(rig.gaps.is_empty(), "{:?}", rig.gaps);
    assert!(rig.found.iter().any(|found| found == "Vacuumed"), "{:?}", rig.found);
    // The program is away, and so is what was written meanwhile.
    let place = rig.place.clone().unwrap();
    rig.seconds += 86_400;
    rig.write(5);
    rig.world.with(|world| (world.first, world.other_us) = (6, None));
    rig.restart();
    rig.pass(200);
    let begins_us = Some(BEGIN_US + 86_400_000_000 + 150_000_006);
    assert_eq!(rig.gaps, [Gap { read_until_us: place.read_until_us, begins_us }]);
    assert_eq!(rig.read, [0, 1, 2, 6, 7]);
    rig.restart();
    rig.pass(200);
    assert_eq!(rig.gaps.len(), 1);
}

#[test]
fn an_empty_journal_is_told_as_one_that_lost_all() {
    let mut rig = Rig::new(StartAt::Beginning, world(3));
    rig.pass(1);
    rig.world.with(|world| world.first = 3);
    rig.restart();
    rig.pass(200);
    assert_eq!(rig.gaps.len(), 1);
    assert_eq!(rig.gaps[0].begins_us, None);
}

#[test]
fn a_run_that_ends_reads_all_and_fails_once() {
    let mut rig = Rig::new(StartAt::Beginning, world(3));
    rig.journal.read_once();
    rig.pass(1);
    assert_eq!((rig.started().as_str(), rig.journal.is_done()), ("Run", true));
    assert_eq!(rig.read, numbers(0..3));
    let mut rig =
        Rig::new(StartAt::Beginning, World { faults: vec![(1, Fault::Dies)], ..world(3) });
    rig.journal.read_once();
    rig.pass(20);
    assert_eq!((rig.started().as_str(), rig.journal.is_done()), ("Run", true));
    assert!(rig.journal.failure().is_some());
}

#[test]
fn entries_that_nobody_takes_are_bounded_and_wait() {
    let many = 50_000;
    let mut rig = Rig::new(StartAt::Beginning, world(many));
    rig.look();
    let held = |rig: &mut Rig| {
        let now = rig.begin;
        let turn = rig.journal.turn(now).unwrap();
        assert!(turn.is_final);
        (turn.entries.len(), turn.entries.iter().map(Entry::bytes).sum::<usize>())
    };
    let (entries, bytes) = held(&mut rig);
    assert!(
        entries < many && bytes < WINDOW_BYTES_MAX + 65_536,
        "{entries} entries, {bytes} bytes"
    );
    rig.journal.rolled_back();
    // A long refusal of the store is no hang of journalctl.
    rig.seconds += 1_000;
    rig.look();
    assert_eq!(held(&mut rig).0, entries);
    assert!(rig.journal.busy_since().is_some());
    rig.journal.rolled_back();
    rig.pass(1);
    assert_eq!(rig.read, numbers(0..many));
    // What the first had not read may have been gone meanwhile, so another one looked.
    assert_eq!(rig.started(), "Run Run Follow");
    assert!(rig.journal.busy_since().is_none() && rig.journal.failure().is_none());
}

#[test]
fn what_may_go_on_is_given_again_and_then_as_complete() {
    let mut rig = Rig::new(StartAt::Beginning, world(2));
    rig.look();
    let turn = |rig: &mut Rig| {
        let now = rig.begin + Duration::from_secs(rig.seconds);
        let turn = rig.journal.turn(now)?;
        Some((turn.entries.len(), turn.is_final))
    };
    assert_eq!(turn(&mut rig), Some((2, false)));
    rig.journal.accept(1);
    rig.journal.committed();
    assert_eq!(turn(&mut rig), None);
    rig.write(1);
    rig.look();
    assert_eq!(turn(&mut rig), Some((2, false)));
    rig.journal.accept(0);
    rig.journal.committed();
    rig.seconds += 2;
    assert_eq!(turn(&mut rig), Some((2, true)));
}
