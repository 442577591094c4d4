//! Whatever happens in whatever order: the account is whole after every step, nothing that was
//! taken is told again without a mark, and in the end all is told, given up or expired.

use proptest::prelude::*;

use super::notices::condition;
use super::*;
use crate::message::Tone;
use crate::trouble::Kind;

/// What happens next.
#[derive(Debug, Clone)]
enum Happening {
    /// So many alerts of a rule are stored.
    Stored(u32, u32),
    /// The sender comes to rest.
    Settled,
    /// A single step.
    Step,
    /// The receiver's next answer.
    Answered(Answer),
    /// The pause after a failure is over.
    Waited,
    /// The process is gone, and another one begins.
    Crashed,
    /// The same, with time to put things down.
    Stopped,
    /// Retention takes all events, or all posts that are over.
    EventsGone,
    PostsGone,
    /// The database refuses what the sender writes, or takes it again.
    Refusing(bool),
    /// Some of three logs cannot be read.
    Troubled(u8),
    /// Bytes of a log are lost.
    Lost,
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening::{
        Answered, Crashed, EventsGone, Lost, PostsGone, Refusing, Settled, Step, Stopped, Stored,
        Troubled, Waited,
    };
    let answer = prop::sample::select(vec![
        Answer::Delivered,
        later(false),
        later(true),
        refused(),
        refused(),
        gone(),
    ]);
    prop_oneof![
        4 => (1_u32..15, 1_u32..4).prop_map(|(rule, count)| Stored(rule, count)),
        4 => Just(Settled),
        2 => Just(Step),
        4 => answer.prop_map(Answered),
        2 => Just(Waited),
        1 => Just(Crashed),
        1 => Just(Stopped),
        1 => Just(EventsGone),
        1 => Just(PostsGone),
        1 => any::<bool>().prop_map(Refusing),
        1 => (0_u8..8).prop_map(Troubled),
        1 => Just(Lost),
    ]
}

impl Bench {
    fn happen(&mut self, happening: &Happening) {
        match happening {
            Happening::Stored(rule, count) => self.store(*rule, *count),
            Happening::Settled => drop(self.settle(&Until::Stopped)),
            Happening::Step => drop(self.sender.advance(&Until::Stopped).unwrap()),
            Happening::Answered(answer) => self.receiver.answer([answer.clone()]),
            Happening::Waited => self.wait(),
            Happening::Crashed => self.restart(),
            Happening::Stopped => {
                // It may be refused: then it is a crash.
                drop(self.sender.put_down());
                self.restart();
            }
            Happening::EventsGone => self.let_all_go(),
            Happening::PostsGone => {
                let none = retention(|keep| keep.notifications = Some(Duration::ZERO));
                let ever = clock::now() + SignedDuration::from_hours(1);
                self.writer.sweep(ever, &none).unwrap();
            }
            Happening::Refusing(refuse) => self.sender.ledger.refuse_writes(*refuse),
            Happening::Troubled(logs) => {
                let open = (0..3).filter(|log| logs & (1 << log) != 0);
                let unreadable = |log: u8| condition(Kind::SourceUnreadable, &format!("/{log}"));
                self.trouble(open.map(unreadable).collect());
            }
            Happening::Lost => self.lose_bytes(),
        }
    }
}

/// Posts of alerts that came again without a mark although an earlier one may have been taken. A notice that is given up
/// is told anew: it tells no alert.
fn unmarked(posts: &[Post], may_be_taken: &[bool]) -> usize {
    let mut taken: Vec<&Message> = Vec::new();
    let mut found = 0;
    let of_alerts = |post: &Post| !matches!(post.message.tone, Tone::Notice | Tone::Recovered);
    for (post, may_be_taken) in posts.iter().zip(may_be_taken).filter(|(post, _)| of_alerts(post)) {
        found += usize::from(taken.contains(&&post.message) && !post.maybe_repeated);
        if *may_be_taken {
            taken.push(&post.message);
        }
    }
    found
}

fn check(happenings: &[Happening], triage: bool) {
    let mut bench = Bench::with(|config| config.destinations[0].triage = triage);
    let mut stored = 0;
    for happening in happenings {
        bench.happen(happening);
        if let Happening::Stored(_, count) = happening {
            stored += u64::from(*count);
        }
        assert_eq!(bench.account().iter().sum::<u64>(), stored, "after {happening:?}");
    }
    // The trouble is over: what is left is told.
    bench.sender.ledger.refuse_writes(false);
    bench.receiver.script().answers.clear();
    bench.wait();
    bench.settle(&drained());
    bench.wait();
    assert!(bench.settle(&drained()), "it is drained");
    // What is over is told as well, and then there is nothing left to tell of trouble.
    bench.trouble(Vec::new());
    assert!(bench.settle(&drained()), "it is drained once more");
    let (now, wall) = (clock::monotonic(), clock::now());
    assert!(bench.sender.due_notice(now, wall, true).unwrap().is_none());
    let told_to = bench.sender.health.notices.incidents_to();
    let lost = happenings.iter().filter(|happening| matches!(happening, Happening::Lost)).count();
    // Retention takes incidents with the posts.
    let kept = !happenings.iter().any(|happening| matches!(happening, Happening::PostsGone));
    assert!(!kept || told_to == Some(lost as i64), "{told_to:?} of {lost}");
    let [unread, held, told, given_up, expired] = bench.account();
    assert_eq!((unread, held, told + given_up + expired), (0, 0, stored));
    assert_eq!(bench.place.number("SELECT count(*) FROM open_group"), 0);
    assert_eq!(bench.place.number("SELECT count(*) FROM notification WHERE state = 0"), 0);
    let health = &bench.place.view().destinations().unwrap()[0].health;
    assert_eq!((&health.telling, health.failing.is_none()), (&None, true));
    assert!(health.gap.is_none(), "what is to be told is told: {health:?}");
    let script = bench.receiver.script();
    assert_eq!(script.taken.len(), script.posts.len());
    assert_eq!(unmarked(&script.posts, &script.taken), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_happens_the_account_is_whole(
        happenings in prop::collection::vec(happening(), 1..60),
        triage in any::<bool>(),
    ) {
        check(&happenings, triage);
    }
}

#[test]
fn a_repetition_without_a_mark_would_be_found() {
    let mut bench = Bench::new();
    bench.store(1, 1);
    bench.settle(&Until::Stopped);
    let post = bench.receiver.posts().pop().unwrap();
    let again = [post.clone(), post.clone()];
    assert_eq!(unmarked(&again, &[true, true]), 1);
    assert_eq!(unmarked(&again, &[false, true]), 0);
    assert_eq!(unmarked(&[post.clone(), Post { maybe_repeated: true, ..post }], &[true, true]), 0);
}
