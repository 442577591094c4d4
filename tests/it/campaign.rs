//! A writer in a hurry, rotation after rotation, an agent that is killed again and again, a Slack that is away: each numbered
//! alert is stored exactly once, and what the channel got twice says so.
//!
//! In little with every run of the tests; whole with `IPSBELL_CAMPAIGN=1 cargo test --release --test it campaign`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ipsbell::fake_slack::{FakeSlack, Received};
use ipsbell::store::{Query, View};

use crate::support::{Options, Place, alert};

/// How much of it.
struct Campaign {
    alerts: u32,
    alerts_a_second: u32,
    rotate_every: Duration,
    kills: u32,
    slack_down: Duration,
    finish: Duration,
}

const LITTLE: Campaign = Campaign {
    alerts: 30_000,
    alerts_a_second: 20_000,
    rotate_every: Duration::from_millis(300),
    kills: 4,
    slack_down: Duration::from_millis(600),
    finish: Duration::from_secs(60),
};

const WHOLE: Campaign = Campaign {
    alerts: 200_000,
    alerts_a_second: 20_000,
    rotate_every: Duration::from_millis(500),
    kills: 20,
    slack_down: Duration::from_secs(20),
    finish: Duration::from_secs(180),
};

#[test]
fn rotated_killed_and_cut_off_every_alert_is_stored_once_and_accounted_for() {
    let campaign = if std::env::var_os("IPSBELL_CAMPAIGN").is_some() { WHOLE } else { LITTLE };
    let slack = FakeSlack::start().unwrap();
    let options = Options {
        destination: "pace = \"50ms\"\nrepeat_every = \"1s\"".into(),
        ..Options::default()
    };
    let place = Place::with(&slack, options);
    let written = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            write(&place, &campaign);
            written.store(true, Ordering::Release);
        });
        harass(&place, &slack, &campaign, &written);
    });
    let agent = place.run();
    let begin = Instant::now();
    let wanted = u64::from(campaign.alerts);
    loop {
        let account = place.account();
        if account.is_some_and(|account| account.stored >= wanted && account.pending() == 0) {
            break;
        }
        assert!(begin.elapsed() < campaign.finish, "it does not end: {account:?}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
    // The rotated files are let go when their writer has left them, and stay let go: the status comes after a look at all.
    agent.wait_for_log("the rotated file is read to its end");
    agent.signal("USR1");
    agent.wait_for_log("destination  soc");
    assert_eq!(agent.stop(), 0);
    let account = place.account().unwrap();
    assert_eq!((account.stored, account.told, account.unaccounted()), (wanted, wanted, 0));
    check_stored(&place, campaign.alerts);
    check_received(&slack.received());
}

/// Writes at its pace, whatever happens to the reader, and rotates by renaming.
fn write(place: &Place, campaign: &Campaign) {
    let begin = Instant::now();
    let (mut number, mut rotated) = (0, 0);
    while number < campaign.alerts {
        let due = begin.elapsed().as_secs_f64() * f64::from(campaign.alerts_a_second);
        let until = (due as u32).min(campaign.alerts);
        if until > number {
            let lines: Vec<String> = (number..until).map(|n| alert(9000 + n % 40, n)).collect();
            place.append(&lines);
            number = until;
        }
        if begin.elapsed() >= campaign.rotate_every * (rotated + 1) {
            rotated += 1;
            rotate(place, rotated);
        }
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// As logrotate(8) does it: `.1` is the newest.
fn rotate(place: &Place, rotated: u32) {
    let name = |number: u32| place.path(&format!("eve.json.{number}"));
    for number in (1..rotated).rev() {
        std::fs::rename(name(number), name(number + 1)).unwrap();
    }
    std::fs::rename(place.log(), name(1)).unwrap();
}

/// Kills and restarts the agent while the log is written, and takes Slack away meanwhile.
fn harass(place: &Place, slack: &FakeSlack, campaign: &Campaign, written: &AtomicBool) {
    let writing =
        Duration::from_secs_f64(f64::from(campaign.alerts) / f64::from(campaign.alerts_a_second));
    let begin = Instant::now();
    let mut down = false;
    for kill in 0..campaign.kills {
        let agent = place.run();
        let until = begin + writing * (kill + 1) / (campaign.kills + 1);
        while Instant::now() < until {
            std::thread::park_timeout(Duration::from_millis(5));
        }
        if kill == campaign.kills / 3 {
            slack.down();
            down = true;
        }
        agent.kill();
    }
    while !written.load(Ordering::Acquire) {
        std::thread::park_timeout(Duration::from_millis(5));
    }
    let agent = place.run();
    let up_at = begin + writing / 3 + campaign.slack_down;
    while down && Instant::now() < up_at {
        std::thread::park_timeout(Duration::from_millis(5));
    }
    slack.up().unwrap();
    agent.kill();
}

fn check_stored(place: &Place, alerts: u32) {
    let view = View::open(&place.state(), "sensor-1").unwrap();
    let mut times = vec![0_u32; alerts as usize];
    let query = Query { since: None, limit: usize::MAX };
    let number = |raw: &[u8]| {
        serde_json::from_slice::<serde_json::Value>(raw).unwrap()["flow_id"].as_u64().unwrap()
    };
    view.search(
        &query,
        None,
        &|_| true,
        &mut |event| times[number(&event.raw) as usize] += 1,
        &mut || {},
    )
    .unwrap();
    let missing = times.iter().filter(|count| **count == 0).count();
    let twice = times.iter().filter(|count| **count > 1).count();
    assert_eq!((missing, twice), (0, 0), "missing and stored twice");
}

/// A post is known by the id in its last line. It comes again only with a mark.
fn check_received(posts: &[Received]) {
    let mut unmarked: BTreeMap<String, u32> = BTreeMap::new();
    for post in posts {
        let shown = post.shown();
        let id = shown.rsplit("ipsbell search ").next().unwrap().get(..8).unwrap().to_owned();
        if !post.text().contains("epeat") {
            *unmarked.entry(id).or_default() += 1;
        }
    }
    let again: Vec<_> = unmarked.iter().filter(|(_, times)| **times > 1).collect();
    assert!(again.is_empty(), "posts that came again without a mark: {again:?}");
}
