//! What is told, and when. Pure: open groups, new events and `now` in, what to post out. Knows no store, no receiver's
//! form, no clock.

mod budget;
mod desk;
mod group;
mod late;
mod mutes;
mod policy;
mod rules;
mod severity;

pub use desk::{Changes, Desk, OPEN_GROUPS_MAX, OVERFLOW_KEY, Plan, Told, Untold};
pub use group::{Distinct, Group, Known, Scope};
pub use mutes::{Mute, REMIND_EVERY, REMINDED_MAX, Reminded};
pub use policy::{Fate, Policy, key_matches};
pub use rules::{Named, Rules};
pub use severity::SeverityPolicy;

use ipsbell_parsers::alert::Severity;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::Event;

/// Everything that one post tells; `message::compose` words it.
#[derive(Debug)]
pub struct Report<'a> {
    /// Id of the whole post, 8 Crockford characters: finds all events that it tells.
    pub id: &'a str,
    /// The agent's host.
    pub agent_host: &'a str,
    /// The time of composing.
    pub now: Timestamp,
    /// What is told in a card each, most important first. At most [`CARDS_MAX`].
    pub entries: Vec<Entry<'a>>,
    /// What is told in one line because it fits no card.
    pub rest: Rest,
    /// The receiver could not be reached, or the agent was behind, before this post.
    pub gap: Option<Gap>,
}

/// The most cards in a post.
pub const CARDS_MAX: usize = 20;

/// A group in a post.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The group, its numbers including what is told now.
    pub group: &'a Group,
    /// Why it is told.
    pub reason: Reason,
    /// How many events are told now for the first time; 0 only when it is closed.
    pub events: u64,
    /// The newest of them, where it could be loaded.
    pub sample: Option<Event<'a>>,
}

/// Why a group is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// For the first time.
    New,
    /// It goes on.
    Again,
    /// It became quiet, and these are the last numbers.
    Closed,
}

/// Groups that are told by their numbers alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rest {
    /// How many groups.
    pub groups: u64,
    /// How many events.
    pub events: u64,
    /// The worst severity among them.
    pub worst: Severity,
}

/// A time in which nothing could be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// From when.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Why, in the words of the last failure.
    pub why: String,
    /// How many posts were tried in vain.
    pub tries: u64,
    /// Events that waited, by severity as in [`Severity::ALL`].
    pub waited: [u64; 5],
    /// Events that the store had to let go before they could be told (promise 2: expired).
    pub expired: u64,
    /// Events in posts that the receiver refused even in their plainest form (promise 2: given up).
    pub given_up: u64,
    /// Posts that may appear twice.
    pub maybe_repeated: u64,
}

impl Gap {
    /// A gap of which nothing is known but that it is noticed now.
    pub fn noticed(now: Timestamp) -> Self {
        Self {
            since: now,
            until: now,
            why: String::new(),
            tries: 0,
            waited: [0; 5],
            expired: 0,
            given_up: 0,
            maybe_repeated: 0,
        }
    }

    /// Both as one: what an earlier post should have told, and what came after it.
    pub fn join(self, later: Self) -> Self {
        let mut waited = self.waited;
        for (sum, more) in waited.iter_mut().zip(later.waited) {
            *sum += more;
        }
        Self {
            since: self.since.min(later.since),
            until: self.until.max(later.until),
            why: if later.why.is_empty() { self.why } else { later.why },
            tries: self.tries + later.tries,
            waited,
            expired: self.expired + later.expired,
            given_up: self.given_up + later.given_up,
            maybe_repeated: self.maybe_repeated + later.maybe_repeated,
        }
    }

    /// Adds events that waited, by severity.
    pub fn add_waited(&mut self, events: [u64; 5]) {
        for (sum, more) in self.waited.iter_mut().zip(events) {
            *sum += more;
        }
    }
}
