//! What goes wrong with the agent's own work, in the words that people are told. Pure: who finds a condition puts it on
//! the [`Board`], [`Telling`] decides what a destination is told of it and when. Knows nobody who finds it, and no
//! receiver. To add a kind, add a variant, its name and its [`Nature`].

mod board;
mod kind;
mod telling;

pub use board::{Board, CONDITIONS_MAX, Snapshot, UNLISTED};
pub use kind::{Kind, Nature};
pub use telling::{Entry, Notice, Section, State, Telling};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long after a [`Kind::PoisonRecord`] of a log the next one is kept; those in between are only counted.
pub const POISON_TOLD_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// Something that happened once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// Of what sort it is.
    pub kind: Kind,
    /// What it is about: a path, a destination's name. May be hostile.
    pub subject: String,
    /// A sentence for people: what happened, what it means, what to do. May quote what is hostile.
    pub text: String,
}

impl Incident {
    /// A record of this log made the program fail, in this way.
    pub fn poison(path: &str, offset: u64, why: &str) -> Self {
        let text = format!(
            "a record of {path:?} at offset {offset} made ipsbell fail: {why}; it is not understood, and all others are \
             read on; please report the record"
        );
        Self { kind: Kind::PoisonRecord, subject: path.to_owned(), text }
    }

    /// The records of this log are in another format than before.
    pub fn format_changed(path: &str, from: &str, to: &str) -> Self {
        let text = format!(
            "{path:?} was in the format `{from}`, and is in `{to}` now, as after an upgrade of the IPS; hint: `ipsbell \
             parse --explain FILE` shows how each record is read"
        );
        Self { kind: Kind::FormatChanged, subject: path.to_owned(), text }
    }
}

/// Something that lasts for a while. It is the same one as long as kind and subject are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// Of what sort it is.
    pub kind: Kind,
    /// What it is about, as in [`Incident::subject`].
    pub subject: String,
    /// A sentence for people, as in [`Incident::text`]. No number that moves stands in it.
    pub text: String,
    /// When it began.
    pub since: Timestamp,
}

/// Incidents of one kind about one subject, as the store gives them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Incidents {
    /// Of what sort; `None` where a newer program wrote it.
    #[serde(skip)]
    pub kind: Option<Kind>,
    /// What they are about.
    pub subject: String,
    /// The last one's text.
    pub text: String,
    /// How many.
    pub count: u64,
    /// The first.
    pub first_at: Timestamp,
    /// The last.
    pub last_at: Timestamp,
}

impl Condition {
    /// Did it last long enough by now to count? A hiccup does not.
    pub fn counts(&self, now: Timestamp) -> bool {
        lasted(self.since, now) >= self.kind.nature().onset
    }
}

/// The time from `since` to `until`; none if the clock was set back between them.
fn lasted(since: Timestamp, until: Timestamp) -> std::time::Duration {
    std::time::Duration::try_from(until.duration_since(since)).unwrap_or_default()
}
