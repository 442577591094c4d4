//! Past trouble is told once, and does not cause more of it.

use super::*;
use crate::health::Failing;

fn lost(posts: &[Post], words: &str) -> usize {
    posts.iter().filter(|post| text(post).contains(words)).count()
}

#[test]
fn expired_events_are_told_once() {
    let mut bench = Bench::new();
    bench.store(1, 5);
    bench.let_all_go();
    bench.store(2, 1);
    bench.settle(&Until::Stopped);
    let posts = bench.receiver.posts();
    assert_eq!((posts.len(), lost(&posts, "5 alerts LOST")), (1, 1), "{posts:?}");
    assert_eq!(bench.account(), [0, 0, 1, 0, 5]);
    // With nothing beside it, a post of its own.
    bench.store(1, 7);
    bench.let_all_go();
    bench.settle(&Until::Stopped);
    bench.restart();
    assert!(bench.settle(&drained()));
    let posts = bench.receiver.posts();
    assert_eq!((posts.len(), lost(&posts, "7 alerts LOST")), (2, 1));
    assert_eq!(bench.account(), [0, 0, 1, 0, 12]);
}

#[test]
fn expired_events_whose_post_is_given_up_are_told_in_another() {
    let mut bench = Bench::new();
    bench.store(1, 5);
    bench.let_all_go();
    bench.store(2, 1);
    bench.receiver.answer([refused(), refused()]);
    bench.settle(&Until::Stopped);
    let posts = bench.receiver.posts();
    let last = text(posts.last().unwrap());
    assert!(last.contains("5 alerts LOST") && last.contains("1 alert given up"), "{last}");
    assert_eq!((posts.len(), bench.account()), (3, [0, 0, 0, 1, 5]));
}

#[test]
fn a_receiver_that_refuses_everything_is_not_told_so_for_ever() {
    let mut bench = Bench::new();
    bench.receiver.script().otherwise = Some(refused());
    bench.store(1, 3);
    bench.settle(&Until::Stopped);
    // The alerts in two forms, that they are given up in two forms, and then a pause.
    assert_eq!((bench.receiver.posts().len(), bench.account()), (4, [0, 0, 0, 3, 0]));
    assert!(bench.sender.next_try_at.is_some_and(|at| at > clock::monotonic()));
    bench.restart();
    assert!(!bench.settle(&drained()), "a run that shall end does not wait for it");
    assert_eq!(bench.receiver.posts().len(), 6);
    // When it takes posts again, all that was not told is told, once.
    bench.receiver.script().otherwise = None;
    bench.store(2, 1);
    bench.settle_again();
    let posts = bench.receiver.posts();
    assert_eq!((posts.len(), lost(&posts[6..], "3 alerts given up")), (7, 1));
    assert!(bench.settle(&drained()));
    assert_eq!((bench.receiver.posts().len(), bench.account()), (7, [0, 0, 1, 3, 0]));
}

#[test]
fn an_outage_is_told_once_when_it_is_over() {
    let mut bench = Bench::new();
    bench.receiver.answer([later(true)]);
    bench.store(1, 1);
    bench.settle(&Until::Stopped);
    // It lasts for an hour.
    let since = clock::now() - SignedDuration::from_hours(1);
    let failing = bench.sender.health.failing.take().unwrap();
    bench.sender.health.failing = Some(Failing { since, ..failing });
    bench.settle_again();
    bench.restart();
    bench.settle(&Until::Stopped);
    let posts = bench.receiver.posts();
    assert_eq!(lost(&posts, "posted again after"), 1, "{posts:?}");
    assert_eq!(lost(&posts, "1 post may appear twice"), 1, "{posts:?}");
    assert_eq!((posts.len(), bench.account()), (3, [0, 0, 1, 0, 0]));
}

#[test]
fn a_gap_whose_post_has_no_answer_is_told_in_its_repetition() {
    let mut bench = Bench::new();
    bench.store(1, 5);
    bench.let_all_go();
    bench.receiver.answer([later(true)]);
    bench.settle(&Until::Stopped);
    bench.restart();
    bench.settle(&Until::Stopped);
    let posts = bench.receiver.posts();
    assert_eq!((posts.len(), posts[1].maybe_repeated), (2, true));
    assert_eq!(posts[0].message, posts[1].message);
    assert!(bench.settle(&drained()));
    assert_eq!(bench.receiver.posts().len(), 2);
}
