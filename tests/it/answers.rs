//! What Slack can answer, and what becomes of the alert.

use std::time::Duration;

use ipsbell::fake_slack::{FakeSlack, Fault, RetryAfter};

use crate::support::{DEADLINE, Options, Place, alerts};

/// After this fault the same alert is told once Slack is well again.
fn check_passes(fault: &Fault, maybe_repeated: bool) {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    slack.fail_next(1, fault);
    place.append(&alerts(3001, 0..1));
    let agent = place.run();
    let account = place.wait_for_account("the alert to be told", |account| account.told == 1);
    assert_eq!(account.unaccounted(), 0, "{fault:?}");
    let posts = slack.received();
    let last = posts.last().unwrap();
    assert!(last.shown().contains("Probe number 3001"), "{fault:?}: {}", last.shown());
    assert_eq!(last.text().contains("epeat"), maybe_repeated, "{fault:?}: {}", last.text());
    assert_eq!(agent.stop(), 0);
}

#[test]
fn faults_that_pass() {
    for (fault, maybe_repeated) in [
        (Fault::word(500, "rollup_error"), true),
        (Fault::page(503), true),
        (Fault::RateLimited(RetryAfter::Seconds(1)), false),
        (Fault::RateLimited(RetryAfter::Seconds(0)), false),
        (Fault::RateLimited(RetryAfter::Json(1)), false),
        (Fault::RateLimited(RetryAfter::Garbage), false),
        (Fault::RateLimited(RetryAfter::Absent), false),
        (Fault::CloseAfterRead, true),
        (Fault::HalfAnswer, true),
    ] {
        check_passes(&fault, maybe_repeated);
    }
}

#[test]
fn retry_after_is_kept() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    slack.fail_next(1, &Fault::RateLimited(RetryAfter::Seconds(3)));
    place.append(&alerts(3002, 0..1));
    let agent = place.run();
    slack.wait_for(1, DEADLINE);
    let requests = slack.requests();
    assert_eq!(requests.len(), 2, "no try in between");
    let pause = requests[1].at.duration_since(requests[0].at);
    // A lower bound of a wait is what was promised to the receiver, not a timing of ours.
    assert!(pause >= Duration::from_secs(3), "{pause:?}");
    assert_eq!(agent.stop(), 0);
}

#[test]
fn a_refused_rich_payload_is_told_in_plain_form_once() {
    for word in ["invalid_blocks", "invalid_payload", "invalid_attachments", "no_text"] {
        let slack = FakeSlack::start().unwrap();
        let place = Place::new(&slack);
        slack.fail_next(1, &Fault::word(400, word));
        place.append(&alerts(3003, 0..1));
        let agent = place.run();
        place.wait_for_account("the alert to be told", |account| account.told == 1);
        let post = slack.received().pop().unwrap();
        assert!(
            post.blocks().is_empty() && post.text().contains("3003"),
            "{word}: {}",
            post.text()
        );
        assert_eq!(agent.stop(), 0);
    }
}

#[test]
fn a_payload_refused_in_every_form_is_given_up_and_told() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    slack.fail_next(2, &Fault::word(400, "invalid_payload"));
    place.append(&alerts(3004, 0..3));
    let agent = place.run();
    let account =
        place.wait_for_account("the post to be given up", |account| account.given_up == 3);
    assert_eq!(account.unaccounted(), 0);
    let posts = slack.wait_for(1, DEADLINE);
    let shown = posts[0].shown();
    assert!(shown.contains("3") && shown.contains("given up"), "{shown}");
    assert_eq!(agent.stop(), 0);
}

/// Not hammered while it lasts, and told when it is over: exactly what was given up.
#[test]
fn a_receiver_that_refuses_everything_is_told_what_it_missed() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    slack.answer_with(Some(Fault::word(400, "invalid_payload")));
    place.append(&alerts(3014, 0..3));
    let agent = place.run();
    // The alerts' post and two that would tell of it, each in both forms.
    slack.wait_for_requests(6, DEADLINE);
    let status = place.ipsbell(&["status"]);
    assert_eq!(status.status.code(), Some(1), "{}", String::from_utf8_lossy(&status.stdout));
    slack.answer_with(None);
    let posts = slack.wait_for(1, DEADLINE);
    let shown = posts[0].shown();
    assert!(shown.contains("3 alerts given up"), "{shown}");
    let account = place.wait_for_account("the account", |account| account.given_up == 3);
    assert_eq!(account.unaccounted(), 0);
    assert_eq!(agent.stop(), 0);
}

#[test]
fn an_answer_that_nobody_documented_costs_no_alert() {
    for fault in [Fault::word(418, "something_new"), Fault::word(401, "")] {
        let slack = FakeSlack::start().unwrap();
        let place = Place::new(&slack);
        slack.answer_with(Some(fault));
        place.append(&alerts(3015, 0..4));
        let agent = place.run();
        agent.wait_for_log("The destination refuses posts");
        let account = place.account().unwrap();
        assert_eq!((account.given_up, account.held), (0, 4));
        slack.answer_with(None);
        agent.signal("HUP");
        place.wait_for_account("all to be told", |account| account.told == 4);
        assert_eq!(agent.stop(), 0);
    }
}

#[test]
fn once_ends_when_the_receiver_refuses_us() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    slack.answer_with(Some(Fault::word(404, "no_service")));
    place.append(&alerts(3016, 0..4));
    let output = place.ipsbell(&["run", "--once"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(slack.requests().len(), 1);
    slack.answer_with(None);
    assert_eq!(place.ipsbell(&["run", "--once"]).status.code(), Some(0));
    assert_eq!(place.account().unwrap().told, 4);
}

#[test]
fn a_dead_hook_opens_the_circuit_and_is_seen() {
    for (fault, word) in [
        (Fault::word(404, "no_service"), "no_service"),
        (Fault::word(403, "invalid_token"), "invalid_token"),
        (Fault::word(410, "channel_is_archived"), "channel_is_archived"),
        (Fault::Redirect, "302"),
        (Fault::Html, "200"),
    ] {
        let slack = FakeSlack::start().unwrap();
        let place = Place::new(&slack);
        slack.answer_with(Some(fault));
        place.append(&alerts(3005, 0..5));
        let agent = place.run();
        agent.wait_for_log("The destination refuses posts");
        let status = place.ipsbell(&["status"]);
        let text = String::from_utf8_lossy(&status.stdout).into_owned();
        assert_eq!(status.status.code(), Some(1), "{text}");
        assert!(text.contains("refused") && text.contains(word), "{word}:\n{text}");
        assert_eq!(slack.requests().len(), 1, "{word}: a dead hook is not hammered");
        // Mended, and read again: what waited is told.
        slack.answer_with(None);
        agent.signal("HUP");
        let account = place.wait_for_account("all to be told", |account| account.told == 5);
        assert_eq!(account.unaccounted(), 0);
        assert_eq!(agent.stop(), 0);
    }
}

#[test]
fn an_answer_that_never_ends_does_not_hold_the_agent() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    slack.answer_with(Some(Fault::Hang));
    place.append(&alerts(3006, 0..5));
    let agent = place.run();
    slack.wait_for_requests(1, DEADLINE);
    // Its post is under way; it stops all the same, and the attempt stays open.
    assert_eq!(agent.stop(), 0);
    slack.answer_with(None);
    slack.release();
    let agent = place.run();
    place.wait_for_account("all to be told", |account| account.told == 5);
    let posts = slack.received();
    assert!(posts[0].text().contains("epeat"), "{}", posts[0].text());
    assert_eq!(agent.stop(), 0);
}

#[test]
fn a_storm_is_few_posts_with_exact_numbers() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::with(
        &slack,
        Options {
            destination: "pace = \"200ms\"\nrepeat_every = \"1s\"".into(),
            ..Options::default()
        },
    );
    let lines: Vec<String> =
        (0..20_000).map(|number| crate::support::alert(4000 + number % 50, number)).collect();
    place.append(&lines);
    let agent = place.run();
    let account = place.wait_for_account("all to be told", |account| account.told == 20_000);
    assert_eq!(account.unaccounted(), 0);
    let posts = slack.received().len();
    assert!(posts < 20, "{posts} posts for one storm of 50 rules");
    assert_eq!(agent.stop(), 0);
}

#[test]
fn without_triage_every_event_is_in_a_card_of_its_own() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::with(
        &slack,
        Options { destination: "pace = \"20ms\"\ntriage = false".into(), ..Options::default() },
    );
    place.append(&alerts(3007, 0..35));
    let agent = place.run();
    let account = place.wait_for_account("all to be told", |account| account.told == 35);
    assert_eq!(account.unaccounted(), 0);
    let shown: String = slack.received().iter().map(|post| post.shown()).collect();
    for number in 0..35 {
        let source = format!("203.0.0.{number}");
        assert!(shown.contains(&source), "{source} is in no card");
    }
    assert_eq!(agent.stop(), 0);
}
