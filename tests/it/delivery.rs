//! Every way in which Slack can fail, one after the other and at random, with kills, stops and reloads in between. At the
//! end two accounts agree: the store's, and that of the posts which the receiver really got.

use std::time::{Duration, Instant};

use ipsbell::fake_slack::{FakeSlack, Fault, Foreign, RetryAfter};
use ipsbell::store::Account;

use crate::dice::Dice;
use crate::received::channel;
use crate::support::{Agent, Place, alerts, is_whole, wait_for};

/// The post is not in the channel and goes out again.
fn passing() -> Vec<Fault> {
    let past = "Mon, 23 Nov 2026 11:37:00 GMT".to_owned();
    let rate_limits = [
        RetryAfter::Seconds(0),
        RetryAfter::Json(1),
        RetryAfter::Date(past),
        RetryAfter::Garbage,
        RetryAfter::Absent,
        RetryAfter::Empty,
    ];
    let mut faults = vec![
        Fault::word(500, "rollup_error"),
        Fault::page(502),
        Fault::page(503),
        Fault::page(504),
        Fault::CloseBeforeRead,
        Fault::CloseAfterRead,
        Fault::HalfAnswer,
        Fault::EmptyOk,
        Fault::NoHttp(Foreign::TlsAlert),
        Fault::NoHttp(Foreign::GoAway),
        Fault::NoHttp(Foreign::Greeting),
    ];
    faults.extend(rate_limits.map(Fault::RateLimited));
    faults
}

/// The post is in the channel, and the agent cannot know: it goes out again, with a mark.
fn taken_unseen() -> Vec<Fault> {
    vec![Fault::AcceptedButError, Fault::AcceptedButClosed, Fault::AcceptedButHalf]
}

/// The post is in the channel, and odd is only the manner.
fn taken() -> Vec<Fault> {
    let late = Fault::Late(Duration::from_millis(50));
    vec![late, Fault::OkLine, Fault::OkThenClose, Fault::OkAndClose]
}

/// The circuit opens, until somebody mends it and reloads.
fn refusing() -> Vec<Fault> {
    vec![
        Fault::Redirect,
        Fault::RedirectLoop,
        Fault::Html,
        Fault::OkUpper,
        Fault::HugeBody,
        Fault::word(404, "no_service"),
        Fault::word(410, "channel_is_archived"),
    ]
}

/// The payload is refused, and goes out in its plainest form.
fn refused_payload() -> Fault {
    Fault::word(400, "invalid_blocks")
}

/// Both accounts, when all is over.
fn check_accounts(place: &Place, slack: &FakeSlack, alerts: u64) -> Account {
    let account = place.wait_for_account("the end", |account| {
        account.stored == alerts && account.pending() == 0 && account.unaccounted() == 0
    });
    let told = channel(&slack.received());
    assert_eq!(told.told, account.told, "the sum of what the posts said, and of the store");
    assert_eq!(told.unmarked_again, 0, "posts that came again without a mark");
    assert_eq!((told.lost, account.expired), (0, 0));
    account
}

/// Each of these, an alert or more for each.
fn check_in_turn(faults: &[Fault]) {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let agent = place.run();
    let mut written = 0;
    for (turn, fault) in (0_u32..).zip(faults) {
        slack.fail_next(1, fault);
        let count = 1 + turn % 3;
        // A rule of its own, so that it is told at once.
        place.append(&alerts(6_000 + turn, written..written + count));
        written += count;
        let all = u64::from(written);
        let mut reloads = 0;
        wait_for(&format!("all to be told after {fault:?}"), || {
            reload_if_refused(&agent, &mut reloads);
            place.account().filter(|account| account.told == all)
        });
    }
    check_accounts(&place, &slack, u64::from(written));
    assert_eq!(agent.stop(), 0);
}

/// What people do when the log says that the destination refuses posts.
fn reload_if_refused(agent: &Agent, reloads: &mut usize) {
    let refusals = agent.log().matches("The destination refuses posts").count();
    if refusals > *reloads {
        *reloads = refusals;
        agent.signal("HUP");
    }
}

#[test]
fn every_fault_in_turn_costs_no_alert_and_both_accounts_agree() {
    let all = [passing(), taken_unseen(), taken(), refusing()].concat();
    // Most of the time is pauses: several agents beside each other.
    std::thread::scope(|scope| {
        for lane in 0..6 {
            let faults: Vec<Fault> = all.iter().skip(lane).step_by(6).cloned().collect();
            scope.spawn(move || check_in_turn(&faults));
        }
    });
}

/// What nobody can prevent: the answer was a lie. The store believes it, and the difference is exactly that post.
#[test]
fn a_post_that_was_dropped_behind_its_ok_is_the_only_difference() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    slack.fail_next(1, &Fault::OkButDropped);
    place.append(&alerts(6_100, 0..3));
    let agent = place.run();
    place.wait_for_account("the dropped ones", |account| account.told == 3);
    place.append(&alerts(6_101, 3..8));
    let account = place.wait_for_account("the others", |account| account.told == 8);
    assert_eq!(account.unaccounted(), 0);
    assert_eq!(channel(&slack.received()).told, 5);
    assert_eq!(channel(&slack.requests()).told, 8);
    assert_eq!(agent.stop(), 0);
}

/// A plan of faults. A payload is refused only when the post before it is known to be over, so that one post does not
/// stand in the channel in two forms, of which nobody could say that they are the same.
fn plan(dice: &mut Dice, length: usize) -> Vec<Fault> {
    let usual = [passing(), taken_unseen(), taken(), taken(), taken()].concat();
    let mut plan = Vec::new();
    while plan.len() < length {
        match dice.below(12) {
            0 => plan.push(dice.one(&refusing()).clone()),
            1 => plan.extend([Fault::OkAndClose, refused_payload()]),
            2 => plan.extend([Fault::OkAndClose, refused_payload(), refused_payload()]),
            _ => plan.push(dice.one(&usual).clone()),
        }
    }
    plan
}

#[test]
fn faults_kills_and_reloads_at_random_cost_no_alert_and_both_accounts_agree() {
    let (length, limit) = if is_whole() { (300, 600) } else { (16, 60) };
    let mut dice = Dice::thrown();
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let faults = plan(&mut dice, length);
    faults.iter().for_each(|fault| slack.fail_next(1, fault));
    let begin = Instant::now();
    let mut agent = place.run_to_signals();
    let (mut written, mut reloads) = (0, 0);
    // Before the plan is at its end every post that arrives meets a fault.
    while slack.requests().len() < faults.len() {
        assert!(begin.elapsed() < Duration::from_secs(limit), "it does not end");
        let count = dice.below(40) as u32;
        place.append(&alerts(6_200 + dice.below(25) as u32, written..written + count));
        written += count;
        match dice.below(10) {
            0 => {
                agent.kill();
                agent = place.run_to_signals();
            }
            1 => {
                assert_eq!(agent.stop(), 0);
                agent = place.run_to_signals();
            }
            2 => agent.signal("HUP"),
            _ => reload_if_refused(&agent, &mut reloads),
        }
        std::thread::park_timeout(Duration::from_millis(50 + dice.below(200) as u64));
    }
    // Some of the plan may be left: who closes before it reads counts no request.
    let all = u64::from(written);
    agent.signal("HUP");
    while !place.account().is_some_and(|account| account.stored == all && account.pending() == 0) {
        assert!(begin.elapsed() < Duration::from_secs(limit), "it does not end");
        reload_if_refused(&agent, &mut reloads);
        std::thread::park_timeout(Duration::from_millis(50));
    }
    let account = check_accounts(&place, &slack, all);
    // What was given up is told in a post of its own, if in no other.
    let told = wait_for("all that was given up to be told", || {
        Some(channel(&slack.received())).filter(|told| told.given_up == account.given_up)
    });
    eprintln!("{} faults, {written} alerts: {account:?}, {told:?}", faults.len());
    assert_eq!(agent.stop(), 0);
}
