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
            Answer::Delivered => self.recovered(now),
            Answer::Later { why, .. } => self.failed(now, why, false),
            Answer::DestinationRefused { why } => self.failed(now, why, true),
            // The receiver is well; it is this payload that it does not take.
            Answer::PayloadRefused { .. } => {}
        }
    }

    /// What is to be told of past trouble, made if there is none yet.
    pub fn gap_mut(&mut self, now: Timestamp) -> &mut Gap {
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
        self.delivered_at = Some(now);
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
}
