//! What is known of a destination's health, kept in the store as JSON so that `status` shows it and a restart keeps it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::destinations::Answer;
use crate::triage::Gap;
use crate::trouble::Telling;

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
    /// What of it the post under way tells; it is to be told again if that post is given up.
    pub telling: Option<Gap>,
    /// Events of the post under way, by severity.
    pub under_way: [u64; 5],
    /// Posts that were given up since one was taken.
    pub given_up_in_a_row: u64,
    /// What it was told of the agent's own trouble.
    pub notices: Telling,
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
    /// The receiver itself named the time of the next try, which a restart must keep.
    pub named: bool,
    /// When it is tried again.
    pub next_try_at: Option<Timestamp>,
}

impl Health {
    /// Takes note of an answer to a post, which was in its plainest form or not.
    pub fn note(&mut self, now: Timestamp, answer: &Answer, minimal: bool) {
        match answer {
            Answer::Delivered => self.recovered(now),
            Answer::Later { why, after, .. } => self.failed(now, why, false, after.is_some()),
            Answer::DestinationRefused { why } => self.failed(now, why, true, false),
            Answer::PayloadRefused { why } | Answer::Unclear { why } if minimal => {
                self.failed(now, why, true, false);
            }
            // The receiver may be well: it is this payload that it does not take.
            Answer::PayloadRefused { .. } | Answer::Unclear { .. } => {}
        }
    }

    /// The post under way, with so many events, is given up: what it should have told of past trouble is still to be told.
    pub fn given_up(&mut self, now: Timestamp, events: u64) {
        self.given_up_in_a_row += 1;
        self.under_way = [0; 5];
        self.notices.given_up(now);
        let parts = [self.telling.take(), self.gap.take()].into_iter().flatten();
        let gap = parts.reduce(Gap::join);
        // A notice that is given up costs no alert: there is nothing to tell but itself, once more.
        if events > 0 || gap.is_some() {
            let mut gap = gap.unwrap_or_else(|| Gap::noticed(now));
            gap.given_up += events;
            self.gap = Some(gap);
        }
    }

    /// A post with events of these severities begins, and tells what there is to tell of past trouble.
    pub fn begin(&mut self, events: [u64; 5]) {
        self.telling = self.gap.take();
        self.under_way = events;
    }

    /// What is to be told of past trouble, made if there is none yet.
    pub fn gap_mut(&mut self, now: Timestamp) -> &mut Gap {
        self.gap.get_or_insert_with(|| Gap::noticed(now))
    }

    fn failed(&mut self, now: Timestamp, why: &str, refused: bool, named: bool) {
        let tries = self.failing.as_ref().map_or(0, |failing| failing.tries) + 1;
        let since = self.failing.as_ref().map_or(now, |failing| failing.since);
        let why = why.to_owned();
        self.failing = Some(Failing { since, why, tries, refused, named, next_try_at: None });
    }

    fn recovered(&mut self, now: Timestamp) {
        self.delivered_at = Some(now);
        self.telling = None;
        self.notices.delivered();
        self.given_up_in_a_row = 0;
        let waited = std::mem::take(&mut self.under_way);
        let Some(failing) = self.failing.take() else { return };
        if now.duration_since(failing.since).as_secs() >= GAP_TOLD_SECS_MIN {
            let gap = self.gap_mut(now);
            gap.since = gap.since.min(failing.since);
            gap.until = now;
            gap.why = failing.why;
            gap.tries += failing.tries;
            gap.add_waited(waited);
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
            health.begin([0, 0, 0, 2, 0]);
            health.note(start, &failure, false);
            health.note(later(1), &failure, false);
            assert_eq!(health.failing.as_ref().map(|failing| failing.tries), Some(2));
            health.note(later(outage_secs), &Answer::Delivered, false);
            assert_eq!(health.failing, None);
            let waited = health.gap.map(|gap| gap.waited);
            assert_eq!(waited, told.then_some([0, 0, 0, 2, 0]), "{outage_secs}");
        }
    }

    #[test]
    fn what_a_given_up_post_should_have_told_is_told_by_the_next() {
        let now = Timestamp::UNIX_EPOCH;
        let mut health = Health::default();
        health.gap_mut(now).expired = 5;
        for (events, in_a_row) in [(3, 1), (0, 2), (0, 3)] {
            health.begin([0; 5]);
            assert_eq!(health.gap, None);
            health.note(now, &Answer::PayloadRefused { why: "no".into() }, true);
            health.given_up(now, events);
            let gap = health.gap.as_ref().map(|gap| (gap.expired, gap.given_up));
            assert_eq!((gap, health.given_up_in_a_row), (Some((5, 3)), in_a_row));
            assert!(health.failing.as_ref().is_some_and(|failing| failing.refused));
        }
        health.begin([0; 5]);
        health.note(now, &Answer::Delivered, false);
        assert_eq!((health.gap, health.telling, health.given_up_in_a_row), (None, None, 0));
    }
}
