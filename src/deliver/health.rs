//! What is known of a destination's health, kept in the store as JSON so that `status` shows it and a restart keeps it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::destinations::Answer;
use crate::triage::Gap;

/// An outage shorter than this is not worth a card of its own.
const GAP_TOLD_SECS_MIN: i64 = 60;

/// A destination's health.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Health {
    /// Since when nothing passes, and why.
    pub failing: Option<Failing>,
    /// When it last took a post.
    pub delivered_at: Option<Timestamp>,
    /// What is still to be told of past trouble.
    pub gap: Option<Gap>,
    /// What the post under way tells of past trouble; told when the receiver takes it.
    pub telling: Option<Gap>,
    /// A post without alerts was refused in every form: what is to be told waits for a post with
    /// some.
    pub gap_waits: bool,
}

/// A destination that takes nothing now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    /// The first failure.
    pub since: Timestamp,
    /// What the last one said; no secret.
    pub why: String,
    /// Tries in vain.
    pub tries: u64,
    /// It refuses us: somebody has to mend something.
    pub refused: bool,
    /// When it is tried again.
    pub next_try_at: Option<Timestamp>,
}

impl Health {
    /// Takes note of an answer.
    pub fn note(&mut self, now: Timestamp, answer: &Answer) {
        match answer {
            Answer::Delivered => {
                self.delivered_at = Some(now);
                self.telling = None;
                self.gap_waits = false;
                self.recovered(now);
            }
            Answer::Later { why, .. } => self.failed(now, why, false),
            Answer::DestinationRefused { why } => self.failed(now, why, true),
            // The receiver is well; it is this payload that it does not take.
            Answer::PayloadRefused { .. } => self.recovered(now),
        }
    }

    /// Is past trouble to be told in a post of its own, if there is no other?
    pub fn gap_is_due(&self) -> bool {
        self.gap.is_some() && !self.gap_waits
    }

    /// A post that tells of past trouble is about to be committed.
    pub fn tell_gap(&mut self) {
        self.telling = self.gap.take();
    }

    /// So many events were gone before they could be told.
    pub fn expired(&mut self, now: Timestamp, events: u64) {
        self.gap_mut(now).expired += events;
        self.gap_waits = false;
    }

    /// A post of so many events was given up. That is told in another one, and what this one would
    /// have told of past trouble. When a post without events is given up the next waits: it would
    /// be refused as well, for ever.
    pub fn given_up(&mut self, now: Timestamp, events: u64) {
        if let Some(told) = self.telling.take() {
            let gap = self.gap_mut(now);
            gap.since = gap.since.min(told.since);
            if gap.why.is_empty() {
                gap.why = told.why;
            }
            gap.tries += told.tries;
            gap.expired += told.expired;
            gap.given_up += told.given_up;
            gap.maybe_repeated += told.maybe_repeated;
        }
        self.gap_waits = events == 0;
        if events > 0 {
            self.gap_mut(now).given_up += events;
        }
    }

    /// What is to be told of past trouble, made if there is none yet.
    fn gap_mut(&mut self, now: Timestamp) -> &mut Gap {
        self.gap.get_or_insert_with(|| Gap {
            since: now,
            until: now,
            why: String::new(),
            tries: 0,
            waited: [0; 5],
            expired: 0,
            given_up: 0,
            maybe_repeated: 0,
        })
    }

    fn failed(&mut self, now: Timestamp, why: &str, refused: bool) {
        let tries = self.failing.as_ref().map_or(0, |failing| failing.tries) + 1;
        let since = self.failing.as_ref().map_or(now, |failing| failing.since);
        let why = why.to_owned();
        self.failing = Some(Failing { since, why, tries, refused, next_try_at: None });
    }

    fn recovered(&mut self, now: Timestamp) {
        let Some(failing) = self.failing.take() else { return };
        if now.duration_since(failing.since).as_secs() >= GAP_TOLD_SECS_MIN {
            let gap = self.gap_mut(now);
            gap.since = gap.since.min(failing.since);
            gap.until = now;
            gap.why = failing.why;
            gap.tries += failing.tries;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_leaves_a_gap_to_be_told_and_a_hiccup_does_not() {
        let start = Timestamp::UNIX_EPOCH;
        let later = |secs: i64| start + jiff::SignedDuration::from_secs(secs);
        let failure = Answer::DestinationRefused { why: "no_service".into() };
        for (outage_secs, told) in [(59, false), (60, true)] {
            let mut health = Health::default();
            health.note(start, &failure);
            health.note(later(1), &failure);
            assert_eq!(health.failing.as_ref().map(|failing| failing.tries), Some(2));
            health.note(later(outage_secs), &Answer::Delivered);
            assert_eq!(health.failing, None);
            assert_eq!(health.gap.is_some(), told, "{outage_secs}");
        }
    }

    #[test]
    fn what_a_post_that_is_given_up_would_have_told_is_told_with_what_came_since() {
        let later = |secs: i64| Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(secs);
        let mut health = Health::default();
        health.expired(later(0), 5);
        health.tell_gap();
        assert!(!health.gap_is_due());
        health.note(later(1), &Answer::DestinationRefused { why: "no_service".into() });
        health.note(later(100), &Answer::PayloadRefused { why: "no_text".into() });
        assert_eq!(health.failing, None, "it answers again");
        health.given_up(later(100), 2);
        assert!(health.gap_is_due());
        let gap = health.gap.as_ref().unwrap();
        assert_eq!((gap.expired, gap.given_up, gap.tries), (5, 2, 1));
        assert_eq!((gap.since, gap.until, gap.why.as_str()), (later(0), later(100), "no_service"));
        // A post that tells nothing else is not repeated for ever, and loses nothing.
        health.tell_gap();
        health.given_up(later(101), 0);
        assert!(!health.gap_is_due());
        assert_eq!(health.gap.as_ref().map(|gap| (gap.expired, gap.given_up)), Some((5, 2)));
        health.note(later(102), &Answer::Delivered);
        assert!(health.gap_is_due());
    }
}
