//! May retention believe the clock? What it lets go is gone for good, so a clock that has jumped ahead is not believed before it
//! has gone on for a day. A clock that is set back lets nothing go, and needs no belief.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use super::turn::take_turn;
use super::{StoreError, Writer};

/// A clock that is ahead by more than this, of what the time that has passed explains, has jumped.
const JUMP: SignedDuration = SignedDuration::from_hours(24);

/// It is believed again after it has gone on for so long.
pub(super) const DOUBTED_FOR: SignedDuration = SignedDuration::from_hours(24);

/// How often the time is written down, for the next process to compare with.
const WRITTEN_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// What is thought of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// It is believed.
    Believed,
    /// It is not believed from now on: it is so far ahead.
    Jumped {
        /// By so much more than has passed.
        ahead: SignedDuration,
        /// Was it seen to jump? Else the agent may just not have run for so long.
        seen: bool,
    },
    /// It has jumped not long ago.
    Doubted,
}

/// What is remembered of the clock.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Doubt {
    /// The time of day at the last look, by this process or an earlier one.
    seen_at: Option<Timestamp>,
    /// When that was written down.
    written_at: Option<Timestamp>,
    /// The same instant by a clock that does not jump, if it was this process that looked.
    looked_at: Option<Instant>,
    /// Since when it is not believed, by its own time.
    doubted_at: Option<Timestamp>,
}

impl Doubt {
    pub(super) fn read(connection: &Connection) -> Result<Self, StoreError> {
        let sql = "SELECT clock_seen_at, clock_doubted_at FROM identity";
        let (seen, doubted) = connection.query_row(sql, [], |row| {
            Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?))
        })?;
        let instant = |micros: Option<i64>| Timestamp::from_microsecond(micros?).ok();
        let seen_at = instant(seen);
        let doubted_at = instant(doubted);
        Ok(Self { seen_at, written_at: seen_at, looked_at: None, doubted_at })
    }

    /// Looks at the clock: `now` is its time, `time` that of one that does not jump.
    fn look(&mut self, now: Timestamp, time: Instant) -> Clock {
        let ahead = self.seen_at.map_or(SignedDuration::ZERO, |seen_at| {
            let passed =
                self.looked_at.map_or(Duration::ZERO, |looked| time.duration_since(looked));
            let passed = SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
            now.duration_since(seen_at).saturating_sub(passed)
        });
        let seen = self.looked_at.is_some();
        (self.seen_at, self.looked_at) = (Some(now), Some(time));
        if let Some(doubted_at) = self.doubted_at {
            let since = now.duration_since(doubted_at);
            // It went back to before it jumped, or it has gone on for long enough to be right.
            if since.is_negative() || since >= DOUBTED_FOR && (!seen || ahead <= JUMP) {
                self.doubted_at = None;
                return Clock::Believed;
            }
        }
        if ahead > JUMP {
            self.doubted_at = Some(now);
            return Clock::Jumped { ahead, seen };
        }
        if self.doubted_at.is_some() { Clock::Doubted } else { Clock::Believed }
    }

    fn is_to_be_written(&self, now: Timestamp) -> bool {
        self.written_at.is_none_or(|at| now.duration_since(at).abs() >= WRITTEN_EVERY)
    }
}

impl Writer {
    /// May what is old by the clock be let go? To be asked before each sweep: `now` is the time of day, `time` that of a clock
    /// that does not jump.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn look_at_clock(&mut self, now: Timestamp, time: Instant) -> Result<Clock, StoreError> {
        let mut doubt = self.doubt;
        let clock = doubt.look(now, time);
        if doubt.doubted_at != self.doubt.doubted_at || doubt.is_to_be_written(now) {
            let (connection, turn) = self.parts();
            let _turn = take_turn(turn);
            let doubted_at = doubt.doubted_at.map(Timestamp::as_microsecond);
            connection.execute(
                "UPDATE identity SET clock_seen_at = ?1, clock_doubted_at = ?2",
                (now.as_microsecond(), doubted_at),
            )?;
            doubt.written_at = Some(now);
        }
        self.doubt = doubt;
        Ok(clock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks one after the other: hours of the clock, hours that have passed (none: another process looks), and what is thought.
    fn check(looks: &[(i64, Option<u64>, &str)]) {
        let (epoch, start) =
            (Timestamp::from_second(1_800_000_000).unwrap(), crate::clock::monotonic());
        let mut doubt = Doubt::default();
        for (place, (clock, passed, expected)) in looks.iter().enumerate() {
            let now = epoch + SignedDuration::from_hours(*clock);
            if passed.is_none() {
                doubt.looked_at = None;
            }
            let time = start + Duration::from_secs(3600 * passed.unwrap_or(0));
            let found = match doubt.look(now, time) {
                Clock::Believed => "believed",
                Clock::Doubted => "doubted",
                Clock::Jumped { seen: true, .. } => "jumped",
                Clock::Jumped { seen: false, .. } => "off",
            };
            assert_eq!(found, *expected, "look {place} of {looks:?}");
        }
    }

    #[test]
    fn a_clock_that_jumps_ahead_is_believed_after_a_day() {
        let years = 10 * 365 * 24;
        check(&[(0, Some(0), "believed"), (1, Some(1), "believed"), (25, Some(1), "believed")]);
        check(&[(0, Some(0), "believed"), (26, Some(1), "jumped")]);
        // Ahead, and it stays there.
        let ahead = |hours: i64| years + hours;
        check(&[
            (0, Some(0), "believed"),
            (ahead(0), Some(0), "jumped"),
            (ahead(1), Some(1), "doubted"),
            (ahead(2), None, "doubted"),
            (ahead(23), Some(23), "doubted"),
            (ahead(24), Some(24), "believed"),
            (ahead(25), Some(25), "believed"),
        ]);
        // Ahead for a while, and right again.
        check(&[
            (0, Some(0), "believed"),
            (ahead(1), Some(1), "jumped"),
            (2, Some(2), "believed"),
            (ahead(3), Some(3), "jumped"),
            (ahead(9 * years), Some(4), "jumped"),
        ]);
        // Back, and right again: the way back looks like a jump ahead.
        check(&[
            (years, Some(0), "believed"),
            (0, Some(1), "believed"),
            (years + 2, Some(2), "jumped"),
            (years + 26, Some(26), "believed"),
        ]);
    }

    #[test]
    fn a_machine_that_was_off_is_not_doubted_for_ever() {
        // It runs for an hour each month.
        let month = 30 * 24;
        check(&[
            (0, None, "believed"),
            (month, None, "off"),
            (2 * month, None, "believed"),
            (3 * month, None, "off"),
        ]);
        // An hour each day.
        check(&[(0, None, "believed"), (24, None, "believed"), (48, None, "believed")]);
    }
}
