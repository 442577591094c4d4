//! Is an event told as history, because it happened long before it was read? Pure.

use jiff::{SignedDuration, Timestamp};

/// What happened so long before it was read is history.
const LATE_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// Two late events that were read with so much time between them came as they happened, and not from a backlog.
const LIVE_GAP: SignedDuration = SignedDuration::from_secs(5);

/// What is known of the clocks of the logs.
#[derive(Debug, Clone, Default)]
pub(super) struct Lateness {
    /// So far behind is a clock, or so wrong its time zone, that the events of now look as old.
    skew: SignedDuration,
    last: Option<(Timestamp, Timestamp)>,
}

impl Lateness {
    /// Is an event that happened at `at` and was read at `read_at` history?
    pub(super) fn is_late(&mut self, at: Timestamp, read_at: Timestamp) -> bool {
        let delay = read_at.duration_since(at);
        if delay <= LATE_AFTER {
            return false;
        }
        let last = self.last.replace((at, read_at));
        if let Some((last_at, last_read_at)) = last {
            let (happened, read) =
                (at.duration_since(last_at), read_at.duration_since(last_read_at));
            // A backlog is read faster than it happened. What comes at the pace at which it happens is of now, under a
            // clock that is wrong: it must not be hidden among history for that.
            if read >= LIVE_GAP && happened <= read * 2 && happened * 2 >= read {
                self.skew = self.skew.max(delay);
            }
        }
        delay > self.skew.saturating_add(LATE_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(happened, read)` in seconds, and whether it is history.
    #[track_caller]
    fn check(events: &[(i64, i64, bool)]) {
        let at = |secs: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(secs);
        let mut lateness = Lateness::default();
        for (place, (happened, read, is_late)) in events.iter().enumerate() {
            assert_eq!(lateness.is_late(at(*happened), at(*read)), *is_late, "event {place}");
        }
    }

    #[test]
    fn a_backlog_is_history_until_it_is_caught_up() {
        check(&[
            (0, 90_000, true),
            (3_000, 90_000, true),
            (86_000, 90_001, true),
            (88_000, 90_001, false),
        ]);
        check(&[(0, 3_600, false), (0, 3_601, true)]);
        // An event from the future is not old.
        check(&[(90_000, 0, false)]);
    }

    #[test]
    fn a_clock_that_is_wrong_makes_no_history_of_what_happens_now() {
        let hours = 5 * 3_600;
        check(&[(0, hours, true), (60, hours + 60, false), (61, hours + 61, false)]);
        // Also when nothing came for long, and when a backlog comes on top of it.
        check(&[(0, hours, true), (7_200, hours + 7_205, false), (7_300, 9 * hours, true)]);
    }
}
