//! Searches, and what a card's id stands for.

use super::*;

/// A store with so many events of rule 1, read at second 0; their `at` is a second each after
/// second 0.
fn filled(events: u32) -> Place {
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    let mut batch = writer.begin(at(0)).unwrap();
    for number in 0..events {
        let record = record(1, 2, number);
        let mut event = event(record.as_bytes(), u64::from(number), at(0));
        event.at = at(i64::from(number));
        insert(&mut batch, &event, true);
    }
    batch.commit().unwrap();
    drop(writer);
    place
}

/// The sequence numbers that a search finds, in its order.
fn search(
    place: &Place,
    query: &Query,
    ranges: Option<&[(String, u64, u64)]>,
    wanted: &dyn Fn(u64) -> bool,
) -> Vec<u64> {
    let mut found = Vec::new();
    let count = place.view().search(
        query,
        ranges,
        &|event| wanted(event.sequence.unwrap()),
        &mut |event| found.push(event.sequence.unwrap()),
        &mut || {},
    );
    assert_eq!(count.unwrap(), found.len());
    found
}

#[test]
fn a_search_goes_on_over_the_edge_of_its_steps() {
    let step = view::STEP_EVENTS as u64;
    let place = filled(2 * view::STEP_EVENTS as u32 + 1);
    let all = |limit| Query { since: None, limit };
    let newest_first: Vec<u64> = (1..=2 * step + 1).rev().collect();
    assert_eq!(search(&place, &all(usize::MAX), None, &|_| true), newest_first);
    // The limit counts what is found, not what is looked at.
    for limit in [0, 1, 2] {
        let few = search(&place, &all(limit), None, &|number| number <= 2);
        assert_eq!(few, [2, 1][..limit], "{limit}");
    }
    for limit in [view::STEP_EVENTS - 1, view::STEP_EVENTS, view::STEP_EVENTS + 1] {
        assert_eq!(search(&place, &all(limit), None, &|_| true), newest_first[..limit]);
    }
    let since = Query { since: Some(at(2 * step as i64 - 1)), limit: usize::MAX };
    assert_eq!(search(&place, &since, None, &|_| true), [2 * step + 1, 2 * step]);
    let key = "rule=1:1\nverdict=detected\n".to_owned();
    let ranges = [(key.clone(), 3, 4), (key, step, step + 1), ("rule=1:2\n".to_owned(), 1, 9)];
    let found = search(&place, &all(usize::MAX), Some(&ranges), &|_| true);
    assert_eq!(found, [step + 1, step, 4, 3]);
    assert_eq!(search(&place, &all(usize::MAX), Some(&[]), &|_| true), [0; 0]);
}

#[test]
fn an_exact_multiple_of_a_step_ends() {
    let place = filled(view::STEP_EVENTS as u32);
    let query = Query { since: None, limit: usize::MAX };
    assert_eq!(search(&place, &query, None, &|_| true).len(), view::STEP_EVENTS);
    assert_eq!(search(&Place::new(), &query, None, &|_| true), [0; 0]);
}

#[test]
fn a_card_is_found_by_its_id_or_the_beginning_of_it() {
    let place = Place::new();
    let connection = Connection::open(place.path().join(DATABASE)).unwrap();
    connection
        .execute_batch(
            "INSERT INTO notification (id, destination, card, created_at, events, state, tries, \
             unanswered, message) \
             VALUES (1, 'soc', 'P0ST0001', 0, 3, 1, 1, 0, '{}'), \
             (2, 'soc', 'P0ST0002', 0, 1, 1, 1, 0, '{}'), \
             (3, 'soc', 'N0TH1NG0', 0, 0, 1, 1, 0, '{}'); \
             INSERT INTO card (notification, card, key, events, first, last) \
             VALUES (1, 'K7Q2M9XA', 'a', 2, 1, 2), (1, 'K7Q2M9XB', 'b', 1, 3, 3), \
             (2, 'K7Q2M9XA', 'a', 1, 4, 4), \
             (2, 'K7Q2M9XB', 'b', 0, 3, 3)",
        )
        .unwrap();
    let a = [("a".to_owned(), 1, 2), ("a".to_owned(), 4, 4)];
    let b = ("b".to_owned(), 3, 3);
    let card = |ranges: &[(String, u64, u64)]| Found::Card(ranges.to_vec());
    let both = Found::Ambiguous(vec!["K7Q2M9XA".into(), "K7Q2M9XB".into()]);
    let unknown = || Found::Unknown;
    for (id, want) in [
        ("K7Q2M9XA", card(&a)),
        ("k7q2m9xa", card(&a)),
        ("K7Q2M9XB", card(std::slice::from_ref(&b))),
        ("K7Q2", both.clone()),
        ("k7q2m9x", both),
        ("P0ST0001", card(&[a[0].clone(), b])),
        ("p0st0002", card(&a[1..])),
        ("N0TH", card(&[])),
        // Too short, not there, longer than an id, and what no id can be.
        ("K7Q", unknown()),
        ("", unknown()),
        ("K7Q3", unknown()),
        ("K7Q2M9XAA", unknown()),
        ("K7Q_", unknown()),
        ("K7Q2%", unknown()),
        ("' OR 1=1", unknown()),
        ("K7Q\u{2126}", unknown()),
    ] {
        assert_eq!(place.view().card(id).unwrap(), want, "{id}");
    }
}

#[test]
fn the_size_counts_what_is_there() {
    let place = Place::new();
    let (events, oldest, _) = place.view().size().unwrap();
    assert_eq!((events, oldest), (0, None));
    let mut writer = place.store.writer().unwrap();
    store(&mut writer, 1, 10, 5);
    store(&mut writer, 1, 10, 7);
    let second = retention(|keep| keep.events = Some(Duration::from_secs(1)));
    assert_eq!(writer.sweep(at(7), &second).unwrap().events_old, 10);
    let (events, oldest, bytes) = place.view().size().unwrap();
    assert_eq!((events, oldest), (10, Some(at(7))));
    assert!(bytes > 0);
}
