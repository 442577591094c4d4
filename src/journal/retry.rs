//! When a journalctl that failed is started again. Pure.

use std::time::{Duration, Instant};

/// How long until it is started again; doubled each time.
pub const RETRY_FIRST: Duration = Duration::from_secs(1);

/// The longest of those pauses.
pub const RETRY_MAX: Duration = Duration::from_secs(60);

/// The pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Retry {
    next: Duration,
    until: Option<Instant>,
}

impl Default for Retry {
    fn default() -> Self {
        Self { next: RETRY_FIRST, until: None }
    }
}

impl Retry {
    /// It failed.
    pub(super) fn failed(&mut self, now: Instant) {
        self.until = Some(now + self.next);
        self.next = self.next.saturating_mul(2).min(RETRY_MAX);
    }

    /// It gave what was not read before, or held out: the next pause is the shortest again.
    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// Until when nothing is started.
    pub(super) fn until(&self, now: Instant) -> Option<Instant> {
        self.until.filter(|until| *until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_minute_and_begin_anew_after_a_success() {
        let (mut retry, now) = (Retry::default(), crate::clock::monotonic());
        assert_eq!(retry.until(now), None);
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            retry.failed(now);
            let until = now + Duration::from_secs(seconds);
            assert_eq!(retry.until(now), Some(until));
            assert_eq!(retry.until(until), None);
        }
        retry.succeeded();
        retry.failed(now);
        assert_eq!(retry.until(now), Some(now + RETRY_FIRST));
    }
}
