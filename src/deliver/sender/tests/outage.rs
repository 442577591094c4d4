//! A webhook that is dead for a day and comes back, with alerts every hour. Days are passed over by hand.

use super::*;

/// Tries of a dead webhook in a day: doubling pauses from one minute, then one each 13.5 to 15 minutes.
const PROBES_A_DAY: std::ops::RangeInclusive<u32> = 98..=111;

/// So many tries fit into a day, if the pauses are as long as they are for this chance.
fn tries_in_a_day(answer: &Answer, minimal: bool, chance: f64) -> u32 {
    let mut left = Duration::from_secs(86_400);
    let mut tries = 0;
    loop {
        tries += 1;
        let wait = match retry::next(answer, u64::from(tries), minimal, chance) {
            retry::Next::Probe(wait) | retry::Next::Again(wait) => wait,
            other => panic!("it ends with {other:?} after {tries} tries"),
        };
        match left.checked_sub(wait) {
            Some(rest) => left = rest,
            None => return tries,
        }
    }
}

#[test]
fn a_receiver_that_is_gone_for_a_day_is_asked_about_a_hundred_times() {
    for chance in [0.0, 0.5, 1.0] {
        let tries = tries_in_a_day(&gone(), false, chance);
        assert!(PROBES_A_DAY.contains(&tries), "{tries} tries for {chance}");
    }
    // One that is not there is asked each 5 minutes at the least, half of that on the average.
    assert!((288..=310).contains(&tries_in_a_day(&later(false), false, 1.0)));
    assert!((576..=610).contains(&tries_in_a_day(&later(false), false, 0.5)));
}

/// Sets the beginning of the outage back, as if it had lasted for so long already.
fn pass(bench: &mut Bench, hours: i64) {
    let failing = bench.sender.health.failing.as_mut().unwrap();
    failing.since -= SignedDuration::from_hours(hours);
}

#[test]
fn a_webhook_that_is_dead_for_a_day_costs_no_alert_and_says_so_when_it_is_back() {
    for answer in [gone(), later(false)] {
        let mut bench = Bench::new();
        bench.receiver.script().otherwise = Some(answer.clone());
        for hour in 0..24 {
            // The others of this file's parent are read in a year to come, and none of those has waited.
            let an_hour_ago = clock::now() - SignedDuration::from_hours(1);
            let since = an_hour_ago.duration_since(at(0)).as_secs();
            store(&mut bench.writer, 1 + hour % 5, 10, since);
            bench.settle_again();
            pass(&mut bench, 1);
            // Half of the hours end with a restart, one with a crash.
            match hour % 4 {
                1 => {
                    bench.sender.put_down().unwrap();
                    bench.restart();
                }
                3 => bench.restart(),
                _ => {}
            }
            assert_eq!(bench.account().iter().sum::<u64>(), u64::from(hour + 1) * 10);
        }
        let tried = bench.receiver.posts().len();
        bench.receiver.script().otherwise = None;
        bench.settle_again();
        bench.wait();
        assert!(bench.settle(&drained()));
        assert_eq!(bench.account(), [0, 0, 240, 0, 0], "{answer:?}");
        let posts = bench.receiver.posts();
        // The post that waited, one that tells all the others and how long it was, and the last numbers of the groups.
        let since = &posts[tried..];
        assert!(since.len() <= 3, "{} posts after {answer:?}", since.len());
        let says: Vec<String> =
            since.iter().map(text).filter(|text| text.contains("posted again after")).collect();
        assert_eq!(says.len(), 1, "{says:?}");
        assert!(says[0].contains("240 alerts waited, none lost"), "{}", says[0]);
    }
}

#[test]
fn what_retention_let_go_in_that_day_is_told_to_the_last_one() {
    let mut bench = Bench::new();
    bench.receiver.script().otherwise = Some(gone());
    bench.store(1, 7);
    bench.settle_again();
    for hour in 0..24 {
        bench.store(2 + hour % 5, 10);
        if hour == 12 {
            // Those that are read into a group are told all the same; those that are not are lost.
            bench.let_all_go();
        }
        pass(&mut bench, 1);
    }
    bench.receiver.script().otherwise = None;
    bench.settle_again();
    assert!(bench.settle(&drained()));
    assert_eq!(bench.account(), [0, 0, 7 + 110, 0, 130]);
    let posts = bench.receiver.posts();
    let told = posts.iter().filter(|post| text(post).contains("130 alerts LOST")).count();
    assert_eq!(told, 1);
}
