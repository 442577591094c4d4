//! What to do after an answer. Pure: the answer, how often it was tried, a random number in; what is next out.

use std::time::Duration;

use crate::destinations::Answer;

/// First and longest pause after a failure that may pass; between them it doubles (full jitter).
const BACKOFF_MIN: Duration = Duration::from_secs(1);
const BACKOFF_MAX: Duration = Duration::from_secs(300);

/// First and longest pause between the probes of a destination that refuses us.
const PROBE_MIN: Duration = Duration::from_secs(60);
const PROBE_MAX: Duration = Duration::from_secs(900);

/// A receiver that asks for a longer pause is asked again after this.
pub(super) const RETRY_AFTER_MAX: Duration = Duration::from_secs(3600);

/// What comes after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// It is told.
    Delivered,
    /// Send it again after this pause.
    Again(Duration),
    /// Send its plainest form, as soon as the pace allows.
    Minimal,
    /// Even the plainest form was refused: this post is given up, and that is told.
    GiveUp,
    /// The circuit is open: one try after this pause.
    Probe(Duration),
}

/// What comes after the `tries`-th try (from 1) had this answer; `chance` is uniform in 0..1.
pub(super) fn next(answer: &Answer, tries: u64, minimal: bool, chance: f64) -> Next {
    match answer {
        Answer::Delivered => Next::Delivered,
        Answer::Later { after: Some(after), .. } => {
            // Half a second of jitter so that the agents which share a hook do not return together.
            let told = (*after).clamp(BACKOFF_MIN, RETRY_AFTER_MAX);
            Next::Again(told + Duration::from_millis(500).mul_f64(chance))
        }
        Answer::Later { after: None, .. } => {
            let longest = doubled(BACKOFF_MIN, tries, BACKOFF_MAX);
            Next::Again(longest.mul_f64(chance).max(BACKOFF_MIN / 2))
        }
        Answer::PayloadRefused { .. } if minimal => Next::GiveUp,
        Answer::PayloadRefused { .. } | Answer::Unclear { .. } if !minimal => Next::Minimal,
        Answer::PayloadRefused { .. }
        | Answer::Unclear { .. }
        | Answer::DestinationRefused { .. } => {
            let longest = doubled(PROBE_MIN, tries, PROBE_MAX);
            Next::Probe(longest.mul_f64(0.9 + 0.1 * chance))
        }
    }
}

/// The pause after posts that were given up, one after the other: a receiver that refuses everything is not hammered, and
/// one odd post does not hold up the next.
pub(super) fn pause_after_given_up(in_a_row: u64) -> Duration {
    if in_a_row <= 1 { Duration::ZERO } else { doubled(BACKOFF_MIN, in_a_row - 1, BACKOFF_MAX) }
}

fn doubled(first: Duration, tries: u64, longest: Duration) -> Duration {
    let doublings = u32::try_from(tries.saturating_sub(1)).unwrap_or(u32::MAX).min(20);
    first.saturating_mul(1 << doublings).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later(after: Option<u64>) -> Answer {
        Answer::Later {
            after: after.map(Duration::from_secs),
            maybe_delivered: false,
            slow_down: false,
            why: String::new(),
        }
    }

    #[test]
    fn each_answer_has_its_next_step() {
        let refused = Answer::PayloadRefused { why: String::new() };
        let unclear = Answer::Unclear { why: String::new() };
        let gone = Answer::DestinationRefused { why: String::new() };
        let seconds = Duration::from_secs;
        for (answer, tries, minimal, chance, expected) in [
            (&Answer::Delivered, 1, false, 0.5, Next::Delivered),
            (&later(Some(30)), 1, false, 0.0, Next::Again(seconds(30))),
            (&later(Some(0)), 1, false, 0.0, Next::Again(seconds(1))),
            (&later(Some(86_400)), 1, false, 0.0, Next::Again(seconds(3600))),
            (&later(None), 1, false, 1.0, Next::Again(seconds(1))),
            (&later(None), 4, false, 1.0, Next::Again(seconds(8))),
            (&later(None), 1_000_000, false, 1.0, Next::Again(seconds(300))),
            (&later(None), 9, false, 0.0, Next::Again(Duration::from_millis(500))),
            (&refused, 1, false, 0.5, Next::Minimal),
            (&refused, 2, true, 0.5, Next::GiveUp),
            (&unclear, 1, false, 0.5, Next::Minimal),
            (&unclear, 2, true, 1.0, Next::Probe(seconds(120))),
            (&gone, 1, false, 1.0, Next::Probe(seconds(60))),
            (&gone, 99, false, 1.0, Next::Probe(seconds(900))),
        ] {
            assert_eq!(next(answer, tries, minimal, chance), expected, "{answer:?} {tries}");
        }
        let pauses = [1, 2, 3, 99].map(|in_a_row| pause_after_given_up(in_a_row).as_secs());
        assert_eq!(pauses, [0, 1, 2, 300]);
    }
}
