//! Each answer, and what the ledger holds after it.

use super::*;

/// Three alerts, these answers: the ledger, the account, and whether each post was minimal and
/// marked as repeated.
#[track_caller]
fn check(answers: &[Answer], ledger: &[&str], account: [u64; 5], forms: &[(bool, bool)]) {
    let mut bench = Bench::new();
    bench.receiver.answer(answers.iter().cloned());
    bench.store(1, 3);
    bench.settle(&Until::Stopped);
    assert_eq!(bench.ledger(), ledger);
    assert_eq!(bench.account(), account);
    let posts = bench.receiver.posts();
    let found: Vec<_> = posts.iter().map(|post| (post.minimal, post.maybe_repeated)).collect();
    assert_eq!(found, forms);
    assert_eq!(bench.sender.attempt.is_some(), account[1] > 0);
    // The same in a new process: what is over is over, and what is not is tried at once.
    bench.receiver.answer([later(false)]);
    bench.restart();
    bench.settle(&Until::Stopped);
    assert_eq!(bench.account(), account);
    assert_eq!(bench.receiver.posts().len(), forms.len() + usize::from(account[1] > 0));
}

#[test]
fn each_answer_and_what_the_ledger_holds() {
    let (rich, minimal) = ((false, false), (true, false));
    // state, events, tries, unanswered, maybe repeated, minimal
    check(&[Answer::Delivered], &["1 3 1 0 0 0"], [0, 0, 3, 0, 0], &[rich]);
    check(&[later(false)], &["0 3 1 0 0 0"], [0, 3, 0, 0, 0], &[rich]);
    check(&[later(true)], &["0 3 1 0 1 0"], [0, 3, 0, 0, 0], &[rich]);
    check(&[gone()], &["0 3 1 0 0 0"], [0, 3, 0, 0, 0], &[rich]);
    check(&[refused()], &["1 3 2 0 0 1"], [0, 0, 3, 0, 0], &[rich, minimal]);
    check(&[refused(), later(false)], &["0 3 2 0 0 1"], [0, 3, 0, 0, 0], &[rich, minimal]);
    check(
        &[refused(), refused()],
        &["2 3 2 0 0 1", "1 0 1 0 0 0"],
        [0, 0, 0, 3, 0],
        &[rich, minimal, rich],
    );
}

#[test]
fn a_try_that_may_have_arrived_is_repeated_with_a_mark() {
    let mut bench = Bench::new();
    bench.receiver.answer([later(false), later(true), later(false), Answer::Delivered]);
    bench.store(1, 1);
    for marked in [false, false, true, true] {
        bench.settle_again();
        let posts = bench.receiver.posts();
        let (first, last) = (posts.first().unwrap(), posts.last().unwrap());
        assert_eq!((last.maybe_repeated, &last.message), (marked, &first.message));
    }
    assert_eq!((bench.ledger(), bench.account()), (vec!["1 1 4 0 1 0".into()], [0, 0, 1, 0, 0]));
    bench.settle_again();
    assert_eq!(bench.receiver.posts().len(), 4);
}

#[test]
fn the_attempt_is_on_record_before_the_receiver_has_it() {
    let mut bench = Bench::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (directory, record) = (bench.place.path().to_owned(), Arc::clone(&seen));
    bench.receiver.during(move || {
        let account = crate::store::View::open(&directory, "host").unwrap();
        let account = account.destinations().unwrap()[0].account;
        assert_eq!((account.unread, account.held, account.unaccounted()), (0, 2, 0));
        record.lock().unwrap().extend(Place::lines(&directory, LEDGER));
    });
    bench.store(1, 2);
    bench.settle(&Until::Stopped);
    assert_eq!(*seen.lock().unwrap(), ["0 2 1 1 0 0"]);
    assert_eq!(bench.ledger(), ["1 2 1 0 0 0"]);
}

#[test]
fn a_failure_waits_and_a_refusing_receiver_is_only_probed() {
    for (answer, refused, least) in
        [(later(false), false, Duration::from_millis(500)), (gone(), true, Duration::from_secs(54))]
    {
        let mut bench = Bench::new();
        bench.receiver.answer([answer]);
        bench.store(1, 1);
        let before = clock::monotonic();
        bench.settle(&Until::Stopped);
        assert!(bench.sender.next_try_at.unwrap() >= before + least);
        // Nothing is tried before, whatever comes in.
        bench.store(2, 1);
        bench.settle(&Until::Stopped);
        assert_eq!(bench.receiver.posts().len(), 1);
        let view = bench.place.view().destinations().unwrap().pop().unwrap();
        let failing = view.health.failing.unwrap();
        assert_eq!((failing.refused, failing.tries), (refused, 1));
        assert!(failing.next_try_at.is_some());
        bench.settle_again();
        assert_eq!(bench.account(), [0, 0, 2, 0, 0]);
        assert_eq!(bench.place.view().destinations().unwrap()[0].health.failing, None);
    }
}

#[test]
fn a_receiver_that_asks_for_less_slows_its_limiter() {
    let mut bench = Bench::new();
    let after = Some(Duration::from_secs(600));
    let why = String::new();
    let answer = Answer::Later { after, maybe_delivered: false, slow_down: true, why };
    bench.receiver.answer([answer]);
    bench.store(1, 1);
    let before = clock::monotonic();
    bench.settle(&Until::Stopped);
    let free_at = bench.sender.limiter.free_at(clock::monotonic()).unwrap();
    assert!(free_at >= before + Duration::from_secs(600));
}

#[test]
fn a_pause_that_was_named_before_the_clock_jumped_is_an_hour_at_most() {
    let failing = |next_try_at| crate::health::Failing {
        since: at(0),
        why: "later".into(),
        tries: 1,
        refused: false,
        named: true,
        next_try_at: Some(next_try_at),
    };
    let years = 10 * 365 * 86_400;
    for (jump, secs_max) in [(years, 0), (-years, 3_600), (0, 30)] {
        let health = Health { failing: Some(failing(at(30))), ..Health::default() };
        let begin = clock::monotonic();
        let pause = named_pause(&health, at(jump)).map(|until| until.duration_since(begin));
        let pause = pause.unwrap_or_default().as_secs();
        assert!(pause <= secs_max + 5 && pause + 5 >= secs_max, "{jump}: {pause}");
    }
}

#[test]
fn a_time_that_the_receiver_named_is_kept_over_a_restart() {
    let mut bench = Bench::new();
    let after = Some(Duration::from_secs(600));
    let why = String::new();
    bench.receiver.answer([Answer::Later { after, maybe_delivered: false, slow_down: true, why }]);
    bench.store(1, 1);
    bench.settle(&Until::Stopped);
    bench.restart();
    bench.settle(&Until::Stopped);
    assert_eq!(bench.receiver.posts().len(), 1, "nothing is posted before its time");
    bench.settle_again();
    assert_eq!((bench.receiver.posts().len(), bench.account()), (2, [0, 0, 1, 0, 0]));
}

#[test]
fn a_flood_is_told_while_it_lasts() {
    let mut bench = Bench::new();
    bench.store(1, 2 * SWEEP_EVENTS as u32 + 1);
    // The last plan is long ago, and there is more to read than one sweep takes.
    bench.sender.planned_at = clock::monotonic().checked_sub(PLAN_EVERY).unwrap();
    assert!(matches!(bench.sender.advance(&Until::Stopped).unwrap(), Step::GoOn));
    assert_eq!(bench.receiver.posts().len(), 1);
    let [unread, _, told, _, _] = bench.account();
    assert_eq!((unread, told), (SWEEP_EVENTS as u64 + 1, SWEEP_EVENTS as u64));
}

#[test]
fn destinations_of_one_receiver_share_its_pace() {
    let mut bench = Bench::new();
    let limiter = Arc::new(Limiter::new(Duration::from_secs(3600)));
    bench.sender.limiter = Arc::clone(&limiter);
    bench.config.destinations[0].name = "mail".into();
    let receiver = Scripted::default();
    let mut other = sender(&bench.place, &bench.config, &receiver, &bench.board);
    other.limiter = limiter;
    bench.store(1, 1);
    bench.settle(&Until::Stopped);
    assert_eq!(bench.account(), [0, 0, 1, 0, 0]);
    let now = clock::monotonic();
    for until in [Until::Stopped, drained()] {
        let step = other.step(&until).unwrap();
        assert!(matches!(step, Step::Wait(Some(at)) if at > now), "it waits for its turn");
    }
    assert_eq!((receiver.posts().len(), bench.place.account("mail").pending()), (0, 1));
    other.limiter = Arc::new(Limiter::new(Duration::ZERO));
    while matches!(other.step(&Until::Stopped).unwrap(), Step::GoOn) {}
    assert_eq!((receiver.posts().len(), bench.place.account("mail").told), (1, 1));
}

#[test]
fn only_what_is_new_calls_people_and_a_failed_commit_calls_nobody() {
    let medium = Severity::Medium;
    let here = Some("<!here>".to_owned());
    let mentions = vec![(medium, "<!here>".to_owned())];
    let mut bench = Bench::with(|config| {
        config.destinations[0].mentions = mentions.clone();
        config.destinations[0].repeat_every = Duration::from_secs(3600);
    });
    let last = |bench: &Bench| bench.receiver.posts().pop().unwrap().message.mention;
    bench.store(1, 1);
    bench.sender.ledger.refuse_writes(true);
    bench.settle(&Until::Stopped);
    assert_eq!(bench.receiver.posts().len(), 0);
    bench.sender.ledger.refuse_writes(false);
    bench.settle(&Until::Stopped);
    assert_eq!((last(&bench), bench.account()), (here.clone(), [0, 0, 1, 0, 0]));
    // Long after the last mention: more of the same calls nobody, another rule does.
    bench.sender.mentions = Mentions::new(&mentions);
    bench.store(1, 1);
    bench.settle(&drained());
    assert_eq!((last(&bench), bench.account()), (None, [0, 0, 2, 0, 0]));
    bench.store(2, 1);
    bench.settle(&Until::Stopped);
    assert_eq!(last(&bench), here);
}
