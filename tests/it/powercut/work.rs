//! A piece of work with everything in it, and what must hold after it, whatever came between: an agent starts on a store
//! with old events, which retention lets go of; the log is rotated, a post has no answer, the configuration is read again.

use std::collections::BTreeSet;

use ipsbell::fake_slack::{FakeSlack, Fault as SlackFault};
use ipsbell::store::{DATABASE, View};
use rusqlite::Connection;

use super::disk::{CUT_OFF, Fault, comes_so_far, ipsbell_on, power_is_back};
use crate::support::{Agent, Options, Place, alerts, append, text};

/// Alerts that are stored and told before the work begins, numbered from [`OLD_FROM`] on.
const OLD: u64 = 200;
const OLD_FROM: u32 = 1000;

/// Alerts of the work itself, numbered from 0 on.
const NEW: u64 = 34;

/// A log, a Slack, and an agent to come.
pub(crate) struct Work {
    slack: FakeSlack,
    pub(crate) place: Place,
    /// The posts of the old alerts.
    old_cards: Vec<String>,
}

impl Work {
    /// The old alerts are stored, told, and older than retention keeps them.
    pub(crate) fn new() -> Self {
        let slack = FakeSlack::start().unwrap();
        let options = Options {
            more: "[retention]\nevents = \"1h\"\nnotifications = \"1h\"".into(),
            ..Options::default()
        };
        let place = Place::with(&slack, options);
        place.append(&alerts(1000, OLD_FROM..OLD_FROM + OLD as u32));
        assert_eq!(place.ipsbell(&["run", "--once"]).status.code(), Some(0));
        let age = "UPDATE event SET read_at = read_at - 7200000000; \
                   UPDATE notification SET created_at = created_at - 7200000000";
        database(&place).execute_batch(age).unwrap();
        let old_cards = cards(&place);
        Self { slack, place, old_cards }
    }

    /// All of the work over a disk with this fault. Where the agent is cut off, the log still gets its lines. The exit
    /// status.
    pub(crate) fn run(&self, fault: Fault<'_>) -> i32 {
        self.place.append(&alerts(1001, 0..12));
        let mut agent = self.place.run_by(&mut ipsbell_on(&self.place, fault));
        let mut goes_on = self.told(&mut agent, 12);

        let rotated = self.place.path("eve.json.1");
        std::fs::rename(self.place.log(), &rotated).unwrap();
        append(&rotated, &alerts(1002, 12..15));
        self.place.append(&alerts(1003, 15..23));
        goes_on = goes_on && self.told(&mut agent, 23);

        // The post is read, and its answer is lost: it may be in the channel. The new senders of the reload try it again.
        if goes_on {
            self.slack.fail_next(1, &SlackFault::CloseAfterRead);
        }
        self.place.append(&alerts(1004, 23..28));
        goes_on = goes_on && self.logs(&mut agent, "The post waits");
        if goes_on {
            agent.signal("HUP");
        }
        goes_on = goes_on && self.logs(&mut agent, "The configuration is read again.");
        self.place.append(&alerts(1005, 28..34));
        if goes_on && self.told(&mut agent, NEW) {
            return agent.stop();
        }
        agent.wait()
    }

    fn logs(&self, agent: &mut Agent, words: &str) -> bool {
        let log = self.place.path("agent.log");
        comes_so_far(agent, || std::fs::read_to_string(&log).unwrap_or_default().contains(words))
    }

    fn told(&self, agent: &mut Agent, new: u64) -> bool {
        let told = |account: ipsbell::store::Account| account.told >= OLD + new;
        comes_so_far(agent, || self.place.account().is_some_and(told))
    }

    /// Another agent on a sound disk takes up what is there and ends it; then everything is as it should be.
    pub(crate) fn is_made_good(&self, status: i32, context: &str) {
        let log = std::fs::read_to_string(self.place.path("agent.log")).unwrap_or_default();
        assert!(!log.contains("panicked"), "{context}: {log}");
        let old = &self.old_cards;
        are_made_good(&self.place, &self.slack, status, OLD + NEW, old, context);
        let mut stored = numbers(&self.place);
        stored.retain(|number| *number < u64::from(OLD_FROM));
        stored.sort_unstable();
        assert_eq!(stored, (0..NEW).collect::<Vec<_>>(), "{context}: stored once, each of them");
    }
}

/// After an agent that ended with `status`, one on a sound disk stores and tells all of so many alerts.
pub(crate) fn is_made_good(
    place: &Place,
    slack: &FakeSlack,
    status: i32,
    alerts: u64,
    context: &str,
) {
    are_made_good(place, slack, status, alerts, &[], context);
}

/// The same where retention let go of posts.
fn are_made_good(
    place: &Place,
    slack: &FakeSlack,
    status: i32,
    alerts: u64,
    gone: &[String],
    context: &str,
) {
    if status == CUT_OFF && place.path("survivors").exists() {
        power_is_back(place);
    }
    let output = place.ipsbell(&["run", "--once", "--deadline", "20s"]);
    assert_eq!(output.status.code(), Some(0), "{context}: {}", text(&output.stderr));
    let sound: String =
        database(place).query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok", "{context}");

    let view = View::open(&place.state(), "sensor-1").unwrap();
    let soc = view.destinations().unwrap().remove(0);
    let account = soc.account;
    assert_eq!(account.unaccounted(), 0, "{context}: {account:?}");
    assert_eq!(soc.told, account.told, "{context}: the row and the ledger differ");
    let ended = (account.stored, account.told, account.pending());
    assert_eq!(ended, (alerts, alerts, 0), "{context}: {account:?}");

    // Each post that was read may be in the channel: it is in the ledger, and comes again only with a mark.
    let known = cards(place);
    let mut unmarked = BTreeSet::new();
    for post in slack.requests() {
        let shown = post.shown();
        // A notice of the agent's own trouble tells no alert.
        if !shown.contains("ipsbell search ") {
            continue;
        }
        let id = shown.rsplit("ipsbell search ").next().unwrap().get(..8).unwrap().to_owned();
        let known = known.contains(&id) || gone.contains(&id);
        assert!(known, "{context}: no ledger knows the post {id}:\n{shown}");
        // The message of a post is frozen: what comes again without a mark is the same byte by byte.
        let marked = post.text().contains("epeat");
        assert!(marked || unmarked.insert(post.body), "{context}: again without a mark:\n{shown}");
    }
}

/// The ids of all posts in the ledger, and of the cards in them.
fn cards(place: &Place) -> Vec<String> {
    list(place, "SELECT card FROM notification UNION SELECT card FROM card")
}

/// The numbers of all alerts that are stored.
pub(crate) fn numbers(place: &Place) -> Vec<u64> {
    let number = |record: &String| {
        serde_json::from_str::<serde_json::Value>(record).unwrap()["flow_id"].as_u64().unwrap()
    };
    list(place, "SELECT CAST(record AS TEXT) FROM event").iter().map(number).collect()
}

fn list(place: &Place, sql: &str) -> Vec<String> {
    let database = database(place);
    let mut query = database.prepare(sql).unwrap();
    query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

pub(crate) fn database(place: &Place) -> Connection {
    Connection::open(place.state().join(DATABASE)).unwrap()
}
