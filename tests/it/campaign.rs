//! A writer in a hurry, rotation after rotation, an agent that is killed again and again, a Slack that is away: each numbered
//! alert is stored exactly once, or it was gone before anybody could read it; and what the channel got twice says so.
//!
//! In little with every run of the tests; whole with `IPSBELL_CAMPAIGN=1 cargo test --release --test it campaign`.

use std::collections::BTreeSet;
use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ipsbell::fake_slack::FakeSlack;

use crate::stored::ranges;
use crate::support::{Options, Place, alert, is_whole, wait_for};
use crate::{received, stored};

/// How much of it.
struct Campaign {
    alerts: u32,
    alerts_a_second: u32,
    rotate_every: Duration,
    rotation: Rotation,
    kills: u32,
    slack_down: Duration,
    finish: Duration,
}

/// As logrotate(8) does it: `.1` is the newest.
#[derive(Clone, Copy, PartialEq)]
enum Rotation {
    /// The log gets another name, and a new file takes its place.
    Rename,
    /// The log is copied, then cut off in place, while its writer waits.
    CopyTruncate,
    /// The same, and the writer does not wait. What it writes in between is gone.
    CopyTruncateHurried,
}

/// What the writer knows in the end.
#[derive(Default)]
struct Written {
    /// Numbers that are in no file any more: written behind a copy's end and before the truncation.
    cut_off: BTreeSet<u32>,
    rotated: u32,
}

const LITTLE: Campaign = Campaign {
    alerts: 30_000,
    alerts_a_second: 20_000,
    rotate_every: Duration::from_millis(300),
    rotation: Rotation::Rename,
    kills: 4,
    slack_down: Duration::from_millis(600),
    finish: Duration::from_secs(60),
};

const WHOLE: Campaign = Campaign {
    alerts: 200_000,
    rotate_every: Duration::from_millis(500),
    kills: 20,
    slack_down: Duration::from_secs(20),
    finish: Duration::from_secs(180),
    ..LITTLE
};

fn scale() -> Campaign {
    if is_whole() { WHOLE } else { LITTLE }
}

#[test]
fn rotated_killed_and_cut_off_every_alert_is_stored_once_and_accounted_for() {
    check(&scale());
}

#[test]
fn copied_truncated_and_killed_every_alert_is_stored_once_where_the_writer_waits() {
    check(&copy_truncate(Rotation::CopyTruncate));
}

#[test]
fn copied_truncated_and_killed_only_what_no_copy_holds_is_lost_and_no_more_is_told() {
    check(&copy_truncate(Rotation::CopyTruncateHurried));
}

fn copy_truncate(rotation: Rotation) -> Campaign {
    let scale = scale();
    let alerts_a_second = scale.alerts_a_second.min(scale.alerts / 4).min(5_000);
    Campaign { rotation, alerts_a_second, ..scale }
}

fn check(campaign: &Campaign) {
    let slack = FakeSlack::start().unwrap();
    let options = Options {
        destination: "pace = \"50ms\"\nrepeat_every = \"1s\"".into(),
        ..Options::default()
    };
    let place = Place::with(&slack, options);
    // A log that is rotated before anybody saw it is a file like any other.
    let agent = place.run();
    place.append(&[line(0)]);
    place.wait_for_account("the first alert", |account| account.stored == 1);
    agent.kill();
    let finished = AtomicBool::new(false);
    let written = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let written = write(&place, campaign);
            finished.store(true, Ordering::Release);
            written
        });
        harass(&place, &slack, campaign, &finished);
        writer.join().unwrap()
    });
    let agent = place.run();
    let must = u64::from(campaign.alerts) - written.cut_off.len() as u64;
    let begin = Instant::now();
    loop {
        let account = place.account();
        if account.is_some_and(|account| account.stored >= must && account.pending() == 0) {
            break;
        }
        assert!(
            begin.elapsed() < campaign.finish,
            "it does not end: {account:?}, missing: {}, excused: {}",
            ranges(missing(&place, campaign).into_iter()),
            ranges(written.cut_off.into_iter()),
        );
        std::thread::park_timeout(Duration::from_millis(20));
    }
    if campaign.rotation == Rotation::Rename {
        // The rotated files are let go when their writer has left them, and stay let go.
        agent.wait_for_log("the rotated file is read to its end");
    }
    // The status comes after a look at all.
    agent.signal("USR1");
    agent.wait_for_log("destination  soc");
    assert_eq!(agent.stop(), 0);
    check_account(&place, campaign, &written);
    let account = place.account().unwrap();
    let channel = received::channel(&slack.received());
    assert_eq!((channel.told, channel.unmarked_again), (account.told, 0), "{channel:?}");
}

/// What is stored and what was lost is what was written.
fn check_account(place: &Place, campaign: &Campaign, written: &Written) {
    let account = place.account().unwrap();
    assert_eq!((account.told, account.unaccounted()), (account.stored, 0), "{account:?}");
    let stored = stored::numbers(place);
    let twice = stored.iter().filter(|(_, times)| **times > 1).map(|(number, _)| *number);
    assert_eq!(ranges(twice), "", "stored twice");
    let missing = missing(place, campaign);
    let unexcused = missing.difference(&written.cut_off).copied();
    assert_eq!(ranges(unexcused), "", "in a file that was there to be read, and not stored");
    assert_eq!(account.stored + missing.len() as u64, u64::from(campaign.alerts));
    let bytes: u64 = missing.iter().map(|n| line(*n).len() as u64 + 1).sum();
    let told = stored::lost_bytes(place);
    if told > bytes {
        place.keep();
    }
    assert!(told <= bytes, "told to be lost: at least {told} bytes, lost: {bytes}");
    println!(
        "{} alerts, {} rotations, {} kills: {} stored, {} of {} lost that no copy held ({bytes} bytes, at least {told} \
         told)",
        campaign.alerts,
        written.rotated,
        campaign.kills,
        account.stored,
        missing.len(),
        written.cut_off.len(),
    );
}

fn missing(place: &Place, campaign: &Campaign) -> BTreeSet<u32> {
    let stored = stored::numbers(place);
    (0..campaign.alerts).filter(|number| !stored.contains_key(number)).collect()
}

/// Writes at its pace, whatever happens to the reader, and rotates.
fn write(place: &Place, campaign: &Campaign) -> Written {
    let begin = Instant::now();
    let mut written = Written::default();
    let mut next = 1;
    let mut write_what_is_due = || {
        std::thread::park_timeout(Duration::from_millis(2));
        let due = begin.elapsed().as_secs_f64() * f64::from(campaign.alerts_a_second);
        let numbers = next..(due as u32).clamp(next, campaign.alerts);
        if !numbers.is_empty() {
            place.append(&numbers.clone().map(line).collect::<Vec<_>>());
        }
        next = numbers.end;
        numbers
    };
    while write_what_is_due().end < campaign.alerts {
        if begin.elapsed() < campaign.rotate_every * (written.rotated + 1) || !place.log().exists()
        {
            continue;
        }
        written.rotated += 1;
        let name = |number: u32| place.path(&format!("eve.json.{number}"));
        for number in (1..written.rotated).rev() {
            std::fs::rename(name(number), name(number + 1)).unwrap();
        }
        match campaign.rotation {
            Rotation::Rename => std::fs::rename(place.log(), name(1)).unwrap(),
            Rotation::CopyTruncate | Rotation::CopyTruncateHurried => {
                std::fs::copy(place.log(), name(1)).unwrap();
                if campaign.rotation == Rotation::CopyTruncateHurried {
                    written.cut_off.extend(write_what_is_due());
                }
                File::options().write(true).open(place.log()).unwrap().set_len(0).unwrap();
            }
        }
    }
    written
}

fn line(number: u32) -> String {
    alert(9000 + number % 40, number)
}

/// Kills and restarts the agent while the log is written, and takes Slack away meanwhile.
fn harass(place: &Place, slack: &FakeSlack, campaign: &Campaign, finished: &AtomicBool) {
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
    while !finished.load(Ordering::Acquire) {
        std::thread::park_timeout(Duration::from_millis(5));
    }
    let agent = place.run();
    let up_at = begin + writing / 3 + campaign.slack_down;
    while down && Instant::now() < up_at {
        std::thread::park_timeout(Duration::from_millis(5));
    }
    // Another connection may have its port for a moment.
    wait_for("Slack's port", || slack.up().ok());
    agent.kill();
}
