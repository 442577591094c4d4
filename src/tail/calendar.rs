//! What the date is, by a clock that does not jump while the process lives. Reads no clock.

use std::time::Instant;

/// A date, and when it was.
#[derive(Debug, Clone, Copy)]
pub(super) struct Calendar {
    started_us: i64,
    started: Option<Instant>,
}

impl Calendar {
    /// It is `now_us` microseconds since 1970 when it is first asked.
    pub(super) fn new(now_us: i64) -> Self {
        Self { started_us: now_us, started: None }
    }

    /// Begins to count, if it does not yet.
    pub(super) fn begin(&mut self, now: Instant) {
        self.started.get_or_insert(now);
    }

    /// Microseconds since 1970.
    pub(super) fn at(&self, now: Instant) -> i64 {
        let passed = self.started.map(|started| now.saturating_duration_since(started));
        let passed = passed.map_or(0, |passed| passed.as_micros());
        self.started_us.saturating_add(i64::try_from(passed).unwrap_or(i64::MAX))
    }

    /// The date at which it began.
    pub(super) fn started_us(&self) -> i64 {
        self.started_us
    }
}
