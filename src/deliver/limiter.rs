//! The least time between two posts to one receiver. Destinations that share a hook share a limiter.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The pace never falls below one post in this time, however often a receiver asks for less.
const INTERVAL_MAX: Duration = Duration::from_secs(60);

/// After so many posts in a row without a complaint the pace doubles again, up to the configured one.
const CALM_POSTS: u32 = 10;

/// A limiter of posts.
#[derive(Debug)]
pub struct Limiter {
    configured: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    interval: Duration,
    next_at: Option<Instant>,
    calm: u32,
}

impl Limiter {
    /// At most one post in `interval`.
    pub fn new(interval: Duration) -> Self {
        Self { configured: interval, state: Mutex::new(State { interval, next_at: None, calm: 0 }) }
    }

    /// When the next post may go; `None` is now.
    pub fn free_at(&self, now: Instant) -> Option<Instant> {
        self.state().next_at.filter(|next| *next > now)
    }

    /// Takes the place of a post at `now`; false if it is not free, because another destination was faster.
    pub fn take(&self, now: Instant) -> bool {
        let mut state = self.state();
        if state.next_at.is_some_and(|next| next > now) {
            return false;
        }
        state.next_at = Some(now + state.interval);
        true
    }

    /// The receiver asked for fewer posts, and for none before `until`.
    pub fn slow_down(&self, until: Option<Instant>) {
        let mut state = self.state();
        state.calm = 0;
        state.interval = (state.interval * 2).max(Duration::from_millis(100)).min(INTERVAL_MAX);
        state.next_at = state.next_at.max(until);
    }

    /// A post was taken without complaint.
    pub fn delivered(&self) {
        let mut state = self.state();
        state.calm += 1;
        if state.calm >= CALM_POSTS {
            state.calm = 0;
            state.interval = (state.interval / 2).max(self.configured);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paces_slows_down_and_recovers() {
        let start = crate::clock::monotonic();
        let second = Duration::from_secs(1);
        let limiter = Limiter::new(second);
        assert!(limiter.take(start));
        assert!(!limiter.take(start + second / 2));
        assert_eq!(limiter.free_at(start), Some(start + second));
        limiter.slow_down(Some(start + 30 * second));
        assert_eq!(limiter.free_at(start + second), Some(start + 30 * second));
        assert!(limiter.take(start + 30 * second));
        assert_eq!(limiter.free_at(start + 30 * second), Some(start + 32 * second));
        for _ in 0..CALM_POSTS {
            limiter.delivered();
        }
        assert!(limiter.take(start + 40 * second));
        assert_eq!(limiter.free_at(start + 40 * second), Some(start + 41 * second));
    }

    #[test]
    fn never_slower_than_the_limit() {
        let start = crate::clock::monotonic();
        let limiter = Limiter::new(Duration::from_secs(1));
        for _ in 0..100 {
            limiter.slow_down(None);
        }
        assert!(limiter.take(start));
        assert_eq!(limiter.free_at(start), Some(start + INTERVAL_MAX));
    }
}
