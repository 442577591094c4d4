//! Crashes and a store that fails, at every point of a post.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;
use crate::store::tests::hold;

#[test]
fn a_crash_between_post_and_answer_is_repeated_with_a_mark() {
    let mut bench = Bench::new();
    bench.receiver.during(|| panic!("the receiver's code has a fault"));
    bench.store(1, 2);
    let crash = catch_unwind(AssertUnwindSafe(|| bench.sender.step(&Until::Stopped)));
    assert!(crash.is_err());
    assert_eq!((bench.ledger(), bench.account()), (vec!["0 2 1 1 0 0".into()], [0, 2, 0, 0, 0]));

    // Another crash, and another: it is still one post of two alerts.
    for tries in 2..4 {
        bench.receiver.during(|| panic!("the receiver's code has a fault"));
        bench.restart();
        assert!(catch_unwind(AssertUnwindSafe(|| bench.sender.step(&Until::Stopped))).is_err());
        assert_eq!(bench.ledger(), [format!("0 2 {tries} 1 1 0")]);
    }
    bench.restart();
    bench.settle(&Until::Stopped);
    assert_eq!((bench.ledger(), bench.account()), (vec!["1 2 4 0 1 0".into()], [0, 0, 2, 0, 0]));
    let posts = bench.receiver.posts();
    let marks: Vec<bool> = posts.iter().map(|post| post.maybe_repeated).collect();
    assert_eq!(marks, [false, true, true, true]);
    assert!(posts.iter().all(|post| post.message == posts[0].message));
    bench.restart();
    bench.settle(&drained());
    assert_eq!(bench.receiver.posts().len(), 4);
}

#[test]
fn without_an_attempt_on_record_nothing_is_posted() {
    let mut bench = Bench::new();
    bench.store(1, 3);
    bench.sender.ledger.refuse_writes(true);
    for _ in 0..3 {
        assert!(!bench.settle(&drained()));
        assert_eq!((bench.receiver.posts().len(), bench.account()), (0, [3, 0, 0, 0, 0]));
    }
    bench.sender.ledger.refuse_writes(false);
    assert!(bench.settle(&drained()));
    assert_eq!((bench.receiver.posts().len(), bench.account()), (1, [0, 0, 3, 0, 0]));
}

#[test]
fn an_answer_that_cannot_be_written_is_kept_and_the_post_is_not_repeated_for_it() {
    for (answer, posts) in [(Answer::Delivered, 1), (later(false), 2), (later(true), 2)] {
        let mut bench = Bench::new();
        let (directory, held) = (bench.place.path().to_owned(), Arc::new(Mutex::new(None)));
        let keep = Arc::clone(&held);
        bench.receiver.during(move || *keep.lock().unwrap() = Some(hold(&directory)));
        bench.receiver.answer([answer.clone()]);
        bench.store(1, 2);
        assert!(!bench.settle(&Until::Stopped));
        // While the other process holds the database nothing more is posted.
        assert!(!bench.settle(&Until::Stopped));
        assert_eq!((bench.receiver.posts().len(), bench.account()), (1, [0, 2, 0, 0, 0]));
        held.lock().unwrap().take();
        bench.settle_again();
        let made = bench.receiver.posts();
        let repeated = made.last().unwrap().maybe_repeated;
        assert_eq!((made.len(), repeated), (posts, answer == later(true)), "{answer:?}");
        assert_eq!(bench.account(), [0, 0, 2, 0, 0]);
    }
}

#[test]
fn an_answer_that_was_never_written_is_asked_for_again_with_a_mark() {
    let mut bench = Bench::new();
    let (directory, held) = (bench.place.path().to_owned(), Arc::new(Mutex::new(None)));
    let keep = Arc::clone(&held);
    bench.receiver.during(move || *keep.lock().unwrap() = Some(hold(&directory)));
    bench.store(1, 2);
    assert!(!bench.settle(&Until::Stopped));
    held.lock().unwrap().take();
    bench.restart();
    bench.settle(&Until::Stopped);
    let posts = bench.receiver.posts();
    assert_eq!((posts.len(), posts[1].maybe_repeated), (2, true));
    assert_eq!(posts[0].message, posts[1].message);
    assert_eq!(bench.account(), [0, 0, 2, 0, 0]);
}

#[test]
fn a_further_try_is_on_record_before_it_is_made() {
    let mut bench = Bench::new();
    bench.receiver.answer([later(false)]);
    bench.store(1, 1);
    bench.settle(&Until::Stopped);
    let other = hold(bench.place.path());
    bench.settle_again();
    assert_eq!((bench.receiver.posts().len(), bench.ledger()), (1, vec!["0 1 1 0 0 0".into()]));
    drop(other);
    bench.settle_again();
    let posts = bench.receiver.posts();
    assert_eq!((posts.len(), posts[1].maybe_repeated), (2, false), "the first was not taken");
    assert_eq!(bench.account(), [0, 0, 1, 0, 0]);
}

#[test]
fn a_drain_ends_when_all_is_told_and_closes_the_groups() {
    let mut bench = Bench::with(|config| {
        config.destinations[0].repeat_every = Duration::from_secs(3600);
    });
    assert!(bench.settle(&drained()), "nothing was there");
    bench.store(1, 2);
    bench.settle(&Until::Stopped);
    bench.store(1, 3);
    bench.settle(&Until::Stopped);
    assert_eq!(bench.receiver.posts().len(), 1, "an open group is not told again at once");
    bench.receiver.answer([later(false)]);
    assert!(!bench.settle(&drained()), "an attempt is open");
    bench.sender.next_try_at = None;
    assert!(bench.settle(&drained()));
    assert_eq!(bench.account(), [0, 0, 5, 0, 0]);
    assert_eq!(bench.place.number("SELECT count(*) FROM open_group"), 0);
}
