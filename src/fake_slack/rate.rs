//! How fast one may post. Pure: `now` is given.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Limits;
use super::fault::{Reply, RetryAfter};

/// A token bucket: Slack takes one post a second and short bursts above that.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// A post becomes free every so often.
    pub every: Duration,
    /// So many may be saved up.
    pub burst: u32,
    /// What a refused post is told to wait, whole seconds.
    pub retry_after_seconds: u64,
}

/// Slack switches off hooks that are abused.
#[derive(Debug, Clone, Copy)]
pub struct KillSwitch {
    /// So many posts …
    pub posts: usize,
    /// … within this time.
    pub within: Duration,
}

/// What is left of the limits.
#[derive(Debug, Default)]
pub(super) struct Meter {
    /// When the bucket will be full again.
    full_at: Option<Instant>,
    posts: VecDeque<Instant>,
    killed: bool,
}

impl Meter {
    /// Counts a post: the refusal, if it is one too many.
    pub(super) fn count(&mut self, limits: &Limits, now: Instant) -> Option<Reply> {
        if let Some(kill) = limits.kill_switch {
            self.posts.push_back(now);
            while self.posts.front().is_some_and(|at| now.duration_since(*at) > kill.within) {
                self.posts.pop_front();
            }
            self.killed |= self.posts.len() > kill.posts;
        }
        if self.killed {
            return Some(Reply::new(404, "no_active_hooks"));
        }
        let rate = limits.rate?;
        let full_at = self.full_at.unwrap_or(now).max(now) + rate.every;
        if full_at.duration_since(now) > rate.every * rate.burst.max(1) {
            return Some(RetryAfter::Seconds(rate.retry_after_seconds).reply());
        }
        self.full_at = Some(full_at);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_taken_and_then_one_at_a_time() {
        let second = Duration::from_secs(1);
        let rate = Rate { every: second, burst: 3, retry_after_seconds: 7 };
        let limits = Limits { rate: Some(rate), kill_switch: None };
        let mut meter = Meter::default();
        let start = crate::clock::monotonic();
        let mut count = |at: Duration| meter.count(&limits, start + at).map(|reply| reply.status);
        let at_once: Vec<_> = (0..5).map(|_| count(Duration::ZERO)).collect();
        assert_eq!(at_once, [None, None, None, Some(429), Some(429)]);
        assert_eq!((count(second), count(second)), (None, Some(429)));
    }

    #[test]
    fn an_abused_hook_is_switched_off_for_good() {
        let within = Duration::from_secs(10);
        let limits = Limits { rate: None, kill_switch: Some(KillSwitch { posts: 2, within }) };
        let mut meter = Meter::default();
        let start = crate::clock::monotonic();
        let mut count =
            |at: u64| meter.count(&limits, start + Duration::from_secs(at)).map(|reply| reply.body);
        assert_eq!((count(0), count(1), count(11)), (None, None, None));
        let off = Some("no_active_hooks".to_owned());
        assert_eq!((count(11), count(12), count(100)), (off.clone(), off.clone(), off));
    }
}
