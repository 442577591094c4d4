//! What is let go, and what that does to the accounts.

use std::fs;

use super::*;

fn events(place: &Place) -> u64 {
    place.view().size().unwrap().0
}

#[test]
fn by_age_what_was_read_before_goes_and_no_more() {
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    let old = retention::STEP_ROWS as u32 + 3;
    store(&mut writer, 1, old, 0);
    store(&mut writer, 1, 10, 100);
    let keep = retention(|keep| keep.events = Some(Duration::from_secs(100)));
    assert_eq!(writer.sweep(at(100), &keep).unwrap(), Swept::default());
    let swept = writer.sweep(at(101), &keep).unwrap();
    assert_eq!(swept, Swept { events_old: u64::from(old), ..Swept::default() });
    assert_eq!(events(&place), 10);
    assert_eq!(writer.sweep(at(9_999), &retention(|_| {})).unwrap(), Swept::default());
    // So long ago that there was no such time: for ever.
    let ages = retention(|keep| keep.events = Some(Duration::MAX));
    assert_eq!(writer.sweep(at(9_999), &ages).unwrap(), Swept::default());
}

#[test]
fn the_ledger_counts_towards_the_size_and_its_oldest_go_first() {
    let place = Place::new();
    let database = Connection::open(place.path().join(DATABASE)).unwrap();
    database
        .execute_batch(
            "INSERT INTO destination (name, kind, began_after, cursor, told) VALUES ('soc', 'slack', 0, 600, 600);
             UPDATE identity SET last_sequence = 600;
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
             INSERT INTO notification (destination, card, created_at, events, state, tries, unanswered, message, payload)
             SELECT 'soc', 'CARD', i, 1, 1, 1, 0, '{}', zeroblob(20000) FROM n;",
        )
        .unwrap();
    let mut writer = place.store.writer().unwrap();
    // All posts are older than the first event, and take most of the room.
    store(&mut writer, 1, 100, 5);
    let full = place.view().size().unwrap().2;
    let swept = writer.sweep(at(9), &retention(|keep| keep.max_size_bytes = full / 2)).unwrap();
    assert_eq!((swept.events_over_size, swept.notifications, swept.more), (0, 600, false));
    assert_eq!(events(&place), 100);
    let account = place.account("soc");
    assert_eq!(account.told, 600, "what the ledger forgets stays in the account");
}

#[test]
fn a_sweep_ends_at_its_most_steps_and_says_that_there_is_more() {
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    let rows = retention::STEP_ROWS as u32;
    let steps = retention::STEPS_MAX as u32;
    store(&mut writer, 1, rows * (steps + 1), 0);
    let none = retention(|keep| keep.events = Some(Duration::ZERO));
    let swept = writer.sweep(at(9), &none).unwrap();
    assert_eq!((swept.events_old, swept.more), (u64::from(rows * steps), true));
    let swept = writer.sweep(at(9), &none).unwrap();
    assert_eq!((swept.events_old, swept.more), (u64::from(rows), false));
}

#[test]
fn by_size_the_oldest_go_until_it_fits_and_the_file_shrinks() {
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    for round in 0..4 {
        store(&mut writer, 1, retention::STEP_ROWS as u32, round);
    }
    let bytes = |place: &Place| place.view().size().unwrap().2;
    let full = bytes(&place);
    let keep = retention(|keep| keep.max_size_bytes = full);
    assert_eq!(writer.sweep(at(9), &keep).unwrap(), Swept::default(), "it fits to the byte");

    // Somewhat more than the half of it, since the other tables need their place too.
    let limit = full / 10 * 6;
    let swept = writer.sweep(at(9), &retention(|keep| keep.max_size_bytes = limit)).unwrap();
    assert_eq!(swept, Swept { events_over_size: 10_000, ..Swept::default() });
    assert!(bytes(&place) <= limit);
    assert_eq!(place.number("SELECT min(sequence) FROM event"), 10_001);
    assert_eq!(place.number("PRAGMA freelist_count"), 0, "no free page is kept");
    drop(writer);
    // The last connection that closes brings the log of the database into its file.
    let place = place.reopened();
    let file = fs::metadata(place.path().join(DATABASE)).unwrap().len();
    assert!(file <= limit, "{file} bytes of {full}");

    // A limit that nothing can meet empties the store and ends.
    let none = retention(|keep| keep.max_size_bytes = 1);
    let swept = place.store.writer().unwrap().sweep(at(9), &none).unwrap();
    assert_eq!((swept.events_over_size, events(&place)), (10_000, 0));
}

#[test]
fn events_that_are_gone_are_counted_exactly() {
    let place = Place::new();
    let mut ledger = place.store.ledger("soc", HOST).unwrap();
    ledger.restore("console").unwrap();
    let mut writer = place.store.writer().unwrap();
    let read = |cursor, events_max| {
        let mut seen = Vec::new();
        let end = ledger.read_on(cursor, events_max, &mut |event| {
            seen.push(event.sequence.unwrap());
            event.sequence != Some(13)
        });
        (seen, end.unwrap())
    };
    assert_eq!(read(0, 10), (vec![], (0, 0)), "nothing was stored yet");
    store(&mut writer, 1, 10, 0);
    assert_eq!(read(0, 4), ((1..=4).collect(), (4, 0)));
    assert_eq!(read(4, 10), ((5..=10).collect(), (10, 0)));
    assert_eq!(read(10, 10), (vec![], (10, 0)));
    store(&mut writer, 1, 5, 10);
    let old = retention(|keep| keep.events = Some(Duration::from_secs(5)));
    writer.sweep(at(10), &old).unwrap();
    // A gap in front, partly read before, with a stop right behind it.
    assert_eq!(read(0, 1), (vec![11], (11, 10)));
    assert_eq!(read(4, 2), (vec![11, 12], (12, 6)));
    assert_eq!(read(10, 9), (vec![11, 12, 13], (13, 0)), "the reader said stop");
    assert_eq!(read(12, 9), (vec![13], (13, 0)));
    // All of it is gone, read in part or not at all.
    writer.sweep(at(99), &old).unwrap();
    assert_eq!(read(0, 10), (vec![], (15, 15)));
    assert_eq!(read(12, 10), (vec![], (15, 3)));
    assert_eq!(read(15, 10), (vec![], (15, 0)));
}

/// A clock that jumps by ten years, either way, in seconds.
const JUMPS: [i64; 2] = [10 * 365 * 86_400, -10 * 365 * 86_400];

#[test]
fn what_was_read_under_a_wrong_clock_goes_with_its_neighbours() {
    let week = 7 * 86_400;
    let keep = retention(|keep| {
        keep.events = Some(Duration::from_secs(week as u64));
        keep.notifications = Some(Duration::from_secs(week as u64));
    });
    for jump in JUMPS {
        let place = Place::new();
        let mut writer = place.store.writer().unwrap();
        let wrong = retention::STEP_ROWS as u32 + 9;
        for (count, secs) in [(3, 0), (wrong, jump), (2, 2), (5, week)] {
            store(&mut writer, 1, count, secs);
        }
        let database = Connection::open(place.path().join(DATABASE)).unwrap();
        for secs in [0, jump, 2, week] {
            let post = "INSERT INTO notification (destination, card, created_at, events, state, tries, unanswered, \
                        message) VALUES ('soc', 'CARD', ?1, 0, 1, 1, 0, '{}')";
            database.execute(post, [at(secs).as_microsecond()]).unwrap();
        }
        let posts = |place: &Place| place.number("SELECT count(*) FROM notification");
        // While the clock is wrong: nothing that is young goes when it is back, and what goes when it is ahead is not asked of
        // it (`look_at_clock`).
        let left = 10 + u64::from(wrong);
        if jump < 0 {
            assert_eq!(writer.sweep(at(jump + 1), &keep).unwrap(), Swept::default());
        }
        assert_eq!((events(&place), posts(&place)), (left, 4));
        // When it is right: nothing before its time, though the stamps in the midst are older or younger than any.
        assert_eq!(writer.sweep(at(week), &keep).unwrap(), Swept::default(), "{jump}");
        let swept = writer.sweep(at(week + 3), &keep).unwrap();
        assert_eq!((swept.events_old, events(&place)), (left - 5, 5), "{jump}");
        assert_eq!((swept.notifications, posts(&place)), (3, 1), "{jump}");
        assert_eq!(writer.sweep(at(2 * week + 1), &keep).unwrap().events_old, 5, "{jump}");
    }
}

#[test]
fn a_clock_that_has_jumped_ahead_is_not_believed_for_a_day_also_by_the_next_process() {
    let place = Place::new();
    let start = crate::clock::monotonic();
    let mut writer = place.store.writer().unwrap();
    let ahead = JUMPS[0];
    let look = |writer: &mut Writer, secs: i64, passed: u64| {
        writer.look_at_clock(at(secs), start + Duration::from_secs(passed)).unwrap()
    };
    assert_eq!(look(&mut writer, 0, 0), Clock::Believed);
    let jumped = look(&mut writer, ahead + 60, 60);
    assert_eq!(jumped, Clock::Jumped { ahead: SignedDuration::from_secs(ahead), seen: true });
    let mut writer = place.store.writer().unwrap();
    assert_eq!(look(&mut writer, ahead + 120, 0), Clock::Doubted);
    assert_eq!(look(&mut writer, ahead + 86_460, 86_340), Clock::Believed);
    // Back in time nothing is let go, so it needs no belief; and the way there and back is a jump.
    let mut writer = place.store.writer().unwrap();
    assert_eq!(look(&mut writer, 0, 0), Clock::Believed);
    assert!(matches!(look(&mut writer, ahead, 60), Clock::Jumped { .. }));
}
