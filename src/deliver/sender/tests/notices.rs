//! The agent's own trouble through a sender: an attempt of no event, after the alerts, kept through crashes; each outage
//! is told by the others.

use super::*;
use crate::deliver::notices::NOTICE_WAIT_MAX;
use crate::trouble::{Incident, Kind};

pub(super) fn condition(kind: Kind, subject: &str) -> Condition {
    let text = format!("trouble with {subject:?}");
    // Long enough ago for every kind.
    let since = clock::now() - SignedDuration::from_hours(1);
    Condition { kind, subject: subject.into(), text, since }
}

impl Bench {
    /// All that is wrong now; it is taken note of at once.
    pub(super) fn trouble(&mut self, open: Vec<Condition>) {
        self.board.report("test", clock::now(), open);
        self.sender.observed_at = None;
    }

    pub(super) fn lose_bytes(&self) {
        let text = "\"/var/log/eve.json\" was truncated".to_owned();
        let lost = Incident { kind: Kind::BytesLost, subject: "/var/log/eve.json".into(), text };
        self.place.store.troubles().unwrap().incident(clock::now(), &lost).unwrap();
    }

    fn headlines(&self) -> Vec<String> {
        let headline = |post: &Post| post.message.headline.plain();
        self.receiver.posts().iter().map(headline).collect()
    }
}

#[test]
fn a_notice_is_an_attempt_of_no_event() {
    let mut bench = Bench::new();
    bench.trouble(vec![condition(Kind::SourceUnreadable, "/var/log/eve.json")]);
    assert!(!bench.settle(&Until::Stopped), "what it waits for is the pause for others");
    assert!(bench.settle(&drained()), "at the end of a run nothing waits");
    assert_eq!(bench.ledger(), ["1 0 1 0 0 0"]);
    assert_eq!(bench.account(), [0; 5]);
    assert!(bench.headlines()[0].ends_with(": a log cannot be read"), "{:?}", bench.headlines());
    // Another process tells it again only when it is over, and then once.
    bench.restart();
    bench.settle(&drained());
    bench.trouble(Vec::new());
    bench.settle(&drained());
    bench.restart();
    bench.settle(&drained());
    let headlines = bench.headlines();
    assert_eq!(headlines.len(), 2, "{headlines:?}");
    assert!(headlines[1].contains("all clear, a log can be read again after 1 h"), "{headlines:?}");
}

#[test]
fn alerts_go_first_unless_a_notice_waited_too_long() {
    let mut bench = Bench::new();
    bench.store(1, 1);
    bench.trouble(vec![condition(Kind::SourceUnreadable, "/a")]);
    bench.settle(&drained());
    assert!(bench.headlines()[0].contains("Probe 1") && bench.headlines()[1].contains("a log"));
    let mut bench = Bench::new();
    bench.trouble(vec![condition(Kind::SourceUnreadable, "/a")]);
    bench.store(1, 1);
    bench.sender.notice_waits_since = clock::monotonic().checked_sub(NOTICE_WAIT_MAX);
    bench.settle(&Until::Stopped);
    assert!(bench.headlines()[0].contains("a log cannot be read"), "{:?}", bench.headlines());
    assert_eq!((bench.headlines().len(), bench.account()), (2, [0, 0, 1, 0, 0]));
}

#[test]
fn an_outage_is_told_by_the_others_and_not_by_itself() {
    let mut bench = Bench::new();
    bench.trouble(vec![
        condition(Kind::DestinationDown, "soc"),
        condition(Kind::DestinationDown, "mail"),
    ]);
    bench.settle(&drained());
    let posts = bench.receiver.posts();
    assert_eq!(posts.len(), 1);
    assert!(text(&posts[0]).contains("mail") && !text(&posts[0]).contains("soc"), "{posts:?}");
}

#[test]
fn a_dead_destination_is_on_the_board_until_it_takes_a_post() {
    let mut bench = Bench::new();
    bench.store(1, 1);
    bench.receiver.answer([gone()]);
    bench.settle(&Until::Stopped);
    assert!(bench.board.has(Kind::DestinationDown, "soc"));
    // Another process knows it before it has tried.
    bench.board = Board::new(Vec::new(), []);
    bench.restart();
    assert!(bench.board.has(Kind::DestinationDown, "soc"));
    bench.settle_again();
    assert!(!bench.board.has(Kind::DestinationDown, "soc"));
    assert_eq!(bench.headlines().len(), 2, "its own outage of seconds is told nowhere");
}

#[test]
fn incidents_are_told_once_with_their_number() {
    let mut bench = Bench::new();
    bench.lose_bytes();
    bench.lose_bytes();
    bench.settle(&drained());
    bench.settle(&drained());
    bench.restart();
    bench.settle(&drained());
    let posts = bench.receiver.posts();
    assert_eq!(posts.len(), 1);
    assert!(text(&posts[0]).contains("2 times"), "{posts:?}");
}

#[test]
fn a_notice_without_an_answer_is_repeated_with_a_mark_and_told_once() {
    let mut bench = Bench::new();
    bench.lose_bytes();
    bench.receiver.answer([later(true)]);
    assert!(!bench.settle(&drained()), "it has no answer");
    bench.restart();
    bench.wait();
    assert!(bench.settle(&drained()));
    let posts = bench.receiver.posts();
    assert_eq!(posts.iter().map(|post| post.maybe_repeated).collect::<Vec<_>>(), [false, true]);
    assert_eq!(posts[0].message, posts[1].message);
}

#[test]
fn a_notice_that_is_given_up_is_told_again_and_nothing_else_is() {
    let mut bench = Bench::new();
    bench.lose_bytes();
    bench.receiver.answer([refused(), refused()]);
    bench.settle(&Until::Drained(Signal::default()));
    bench.sender.advance(&drained()).unwrap();
    bench.settle(&drained());
    assert_eq!(bench.sender.health.gap, None, "no alert was given up");
    bench.wait();
    assert!(bench.settle(&drained()));
    let headlines = bench.headlines();
    assert_eq!(headlines.len(), 3, "{headlines:?}");
    assert_eq!(headlines[0], headlines[2]);
    assert_eq!(bench.ledger(), ["2 0 2 0 0 1", "1 0 1 0 0 0"]);
}

#[test]
fn a_notice_that_cannot_be_written_down_is_not_sent_and_not_forgotten() {
    let mut bench = Bench::new();
    bench.sender.ledger.refuse_writes(true);
    bench.trouble(vec![condition(Kind::SourceUnreadable, "/a")]);
    bench.settle(&drained());
    assert!(bench.receiver.posts().is_empty());
    let open = bench.board.look(0).unwrap().conditions;
    assert!(open.iter().any(|open| open.kind == Kind::StoreUnwritable && open.subject == "soc"));
    bench.sender.ledger.refuse_writes(false);
    assert!(bench.settle(&drained()));
    assert_eq!(bench.headlines().len(), 1, "{:?}", bench.headlines());
    assert!(!bench.board.has(Kind::StoreUnwritable, "soc"));
}

#[test]
fn who_wants_no_notices_gets_none() {
    let mut bench = Bench::with(|config| config.destinations[0].notices = false);
    bench.lose_bytes();
    bench.trouble(vec![condition(Kind::SourceUnreadable, "/a")]);
    bench.store(1, 1);
    assert!(bench.settle(&drained()));
    assert_eq!(bench.headlines().len(), 1);
    assert!(bench.headlines()[0].contains("Probe 1"));
}
