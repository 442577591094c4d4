//! A backlog behind a receiver that was away and is slow now, with kills and stops in the midst; two destinations of which
//! one is dead; signals while a reload waits for a post.

use std::time::{Duration, Instant};

use ipsbell::fake_slack::{FakeSlack, Fault};

use crate::numbered::{EVE, Writer};
use crate::received::channel;
use crate::support::{DEADLINE, Options, Place, alerts, is_whole, secret, wait_for};

/// Events of the backlog, and how long it may take.
const LITTLE: (u32, Duration) = (50_000, Duration::from_secs(60));
const WHOLE: (u32, Duration) = (1_000_000, Duration::from_secs(600));

/// A receiver that answers after this is slow.
const SLOW: Fault = Fault::Late(Duration::from_millis(250));

#[test]
fn a_backlog_is_told_to_the_last_alert_through_a_slow_receiver_and_restarts() {
    let (events, limit) = if is_whole() { WHOLE } else { LITTLE };
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let agent = place.run_to_signals();
    place.append(&alerts(6_999, 0..1));
    place.wait_for_account("one post before", |account| account.told == 1);
    slack.down();

    // Stored while nobody listens.
    std::fs::remove_file(place.log()).unwrap();
    let begin = Instant::now();
    let mut writer = Writer::open(&place.log(), EVE);
    while writer.written < events {
        writer.write(10_000);
        let stored = u64::from(writer.written);
        while place.account().is_none_or(|account| account.stored <= stored) {
            assert!(begin.elapsed() < limit, "it does not store them");
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }
    let stored = begin.elapsed();
    let all = u64::from(events) + 1;
    let account = place.account().unwrap();
    assert_eq!((account.stored, account.told, account.unaccounted()), (all, 1, 0));

    // It is back, and slow; the agent dies in the midst of a post, and is stopped in the midst of another.
    slack.answer_with(Some(SLOW));
    slack.up().unwrap();
    agent.signal("HUP");
    let requests = slack.requests().len();
    slack.wait_for_requests(requests + 1, DEADLINE);
    agent.kill();
    let agent = place.run_to_signals();
    slack.wait_for_requests(requests + 2, DEADLINE);
    assert_eq!(agent.stop(), 0);
    let agent = place.run_to_signals();
    while place.account().is_some_and(|account| account.pending() > 0) {
        assert!(begin.elapsed() < limit, "it does not tell them: {:?}", place.account());
        std::thread::park_timeout(Duration::from_millis(20));
    }
    let account = place.account().unwrap();
    assert_eq!((account.stored, account.told, account.unaccounted()), (all, all, 0));
    let posts = slack.received();
    let told = channel(&posts);
    assert_eq!((told.told, told.unmarked_again), (all, 0), "{told:?}");
    eprintln!(
        "{events} events stored in {stored:.1?}, all told after {:.1?} in {} posts, {} of them repeated with a mark",
        begin.elapsed(),
        posts.len(),
        told.marked_again,
    );
    assert_eq!(agent.stop(), 0);
}

/// A second destination, `spare`, for another hook.
fn with_spare(place_for: &FakeSlack, spare: &FakeSlack, directory: &std::path::Path) -> Place {
    let url = directory.join("spare.url");
    secret(&url, &spare.url());
    let more = format!(
        "[[destination]]\nname = \"spare\"\ntype = \"slack\"\nurl_file = {url:?}\npace = \"20ms\"\n"
    );
    // Each new rule is told at once.
    let destination =
        "pace = \"20ms\"\nrepeat_every = \"1s\"\nposts_per_hour = { medium = \"unlimited\" }"
            .into();
    Place::with(place_for, Options { more, destination, ..Options::default() })
}

#[test]
fn a_destination_that_hangs_does_not_disturb_the_other() {
    let (slack, dead) = (FakeSlack::start().unwrap(), FakeSlack::start().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let place = with_spare(&slack, &dead, directory.path());
    let agent = place.run_to_signals();
    let mut waits = Vec::new();
    let mut written = 0;
    // Ten beside a well one, ten while a post hangs in it, ten after it has gone down.
    for round in 0..3 {
        match round {
            1 => {
                dead.answer_with(Some(Fault::Hang));
                let before = dead.requests().len();
                place.append(&alerts(7_099, 0..1));
                written += 1;
                dead.wait_for_requests(before + 1, DEADLINE);
            }
            2 => dead.down(),
            _ => {}
        }
        let mut longest = Duration::ZERO;
        for turn in 0..10 {
            let rule = 7_000 + round * 10 + turn;
            let name = format!("Probe number {rule}");
            let began = Instant::now();
            place.append(&alerts(rule, written..written + 2));
            written += 2;
            wait_for("the post", || {
                slack.received().iter().any(|post| post.shown().contains(&name)).then_some(())
            });
            longest = longest.max(began.elapsed());
        }
        waits.push(longest);
    }
    let all = u64::from(written);
    let account = place.wait_for_account("all to be told", |account| account.told == all);
    assert_eq!(account.unaccounted(), 0);
    let account = place.account_of("spare").unwrap();
    assert!(account.pending() > 0 && account.unaccounted() == 0, "{account:?}");
    assert_eq!(channel(&slack.received()).told, all);
    eprintln!(
        "longest way to the post: beside a well one, one that hangs, one that is gone: {waits:?}"
    );
    // It comes back, and misses nothing.
    dead.answer_with(None);
    dead.up().unwrap();
    agent.signal("HUP");
    wait_for("the other to catch up", || {
        place.account_of("spare").filter(|account| account.told == all)
    });
    let told = channel(&dead.received());
    assert_eq!((told.told, told.unmarked_again), (all, 0));
    assert_eq!(agent.stop(), 0);
}

/// A post hangs, and the agent was told to reload: it waits for that post.
fn reloading(slack: &FakeSlack, place: &Place) -> crate::support::Agent {
    slack.answer_with(Some(Fault::Hang));
    place.append(&alerts(7_200, 0..4));
    let agent = place.run_to_signals();
    slack.wait_for_requests(1, DEADLINE);
    agent.signal("HUP");
    agent
}

#[test]
fn term_during_a_reload_ends_the_agent_and_the_post_is_sent_again() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let agent = reloading(&slack, &place);
    assert_eq!(agent.stop(), 0);
    slack.answer_with(None);
    slack.release();
    let agent = place.run_to_signals();
    let account = place.wait_for_account("all to be told", |account| account.told == 4);
    assert_eq!(account.unaccounted(), 0);
    let posts = slack.received();
    assert!(posts[0].text().contains("epeat"), "{}", posts[0].text());
    assert_eq!(channel(&posts).told, 4);
    assert_eq!(agent.stop(), 0);
}

#[test]
fn hup_and_usr1_during_a_reload_are_acted_on_afterwards() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let agent = reloading(&slack, &place);
    agent.signal("USR1");
    agent.signal("HUP");
    place.append(&alerts(7_201, 4..9));
    assert!(!agent.log().contains("is read again"), "{}", agent.log());
    slack.answer_with(None);
    slack.release();
    agent.wait_for_log("The configuration is read again");
    agent.wait_for_log("destination  soc");
    // Two reloads, unless the second signal came before the first was acted on: then one does for both.
    let account = place.wait_for_account("all to be told", |account| account.told == 9);
    assert_eq!(account.unaccounted(), 0);
    let told = channel(&slack.received());
    assert_eq!((told.told, told.unmarked_again), (9, 0));
    assert_eq!(agent.stop(), 0);
}

/// The outage is a day long in the store's own rows: what the agent wrote is set back while it is stopped.
#[test]
fn a_webhook_that_was_dead_for_a_day_is_told_with_its_length() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    slack.answer_with(Some(Fault::word(404, "no_service")));
    place.append(&alerts(7_300, 0..6));
    let agent = place.run_to_signals();
    agent.wait_for_log("The destination refuses posts");
    place.append(&alerts(7_301, 6..20));
    place.wait_for_account("the others", |account| account.stored == 20);
    assert_eq!(agent.stop(), 0);
    set_back_by_a_day(&place);
    slack.answer_with(None);
    let agent = place.run_to_signals();
    let account = place.wait_for_account("all to be told", |account| account.told == 20);
    assert_eq!(account.unaccounted(), 0);
    let says = wait_for("the end of the outage to be told", || {
        let posts = slack.received();
        posts.iter().map(|post| post.text().to_owned()).find(|text| text.contains("again after"))
    });
    assert!(says.contains("after 1 d: 20 alerts waited, none lost"), "{says}");
    assert_eq!(channel(&slack.received()).told, 20);
    assert_eq!(agent.stop(), 0);
}

fn set_back_by_a_day(place: &Place) {
    let database = rusqlite::Connection::open(place.state().join("hot.db")).unwrap();
    let health: String =
        database.query_row("SELECT health FROM destination", [], |row| row.get(0)).unwrap();
    let mut health: serde_json::Value = serde_json::from_str(&health).unwrap();
    let since: jiff::Timestamp = health["failing"]["since"].as_str().unwrap().parse().unwrap();
    let since = since - jiff::SignedDuration::from_hours(24);
    health["failing"]["since"] = since.to_string().into();
    let changed = database.execute("UPDATE destination SET health = ?1", [health.to_string()]);
    assert_eq!(changed.unwrap(), 1);
}
