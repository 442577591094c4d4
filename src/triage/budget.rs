//! How many posts of each severity an hour may have: what is unspent lets new things be told at once, what is spent lets
//! them wait and share a post. Pure; in memory alone, so a restart begins with all of it.

use ipsbell_parsers::alert::Severity;
use jiff::{SignedDuration, Timestamp};

use crate::config::PostsPerHour;

/// So many posts may be saved up, if an hour has not more.
pub(super) const SAVED_POSTS_MIN: u32 = 12;

const HOUR_US: i64 = 3_600_000_000;

/// What is left to spend.
#[derive(Debug, Clone)]
pub(super) struct Budgets([Option<Bucket>; 5]);

/// A bucket of posts that fills up evenly.
#[derive(Debug, Clone)]
struct Bucket {
    /// The time in which one post comes to it.
    post_us: i64,
    room_us: i64,
    /// What is in it, in time saved.
    saved_us: i64,
    filled_at: Option<Timestamp>,
}

impl Budgets {
    /// All unspent.
    pub(super) fn new(posts_per_hour: PostsPerHour) -> Self {
        Self(posts_per_hour.map(|posts| posts.map(Bucket::new)))
    }

    /// When a post of this severity may go: now, or later.
    pub(super) fn free_at(&self, severity: Severity, now: Timestamp) -> Timestamp {
        let Some(bucket) = self.bucket(severity) else { return now };
        let missing_us = bucket.post_us.saturating_sub(bucket.saved(now));
        if missing_us <= 0 {
            return now;
        }
        now.saturating_add(SignedDuration::from_micros(missing_us)).unwrap_or(Timestamp::MAX)
    }

    /// Takes the price of a post.
    pub(super) fn spend(&mut self, severity: Severity, now: Timestamp) {
        let place = place(severity);
        if let Some(bucket) = self.0.get_mut(place).and_then(Option::as_mut) {
            bucket.saved_us = bucket.saved(now).saturating_sub(bucket.post_us).max(0);
            bucket.filled_at = Some(now);
        }
    }

    fn bucket(&self, severity: Severity) -> Option<&Bucket> {
        self.0.get(place(severity)).and_then(Option::as_ref)
    }
}

impl Bucket {
    fn new(posts: u32) -> Self {
        let post_us = HOUR_US / i64::from(posts.max(1));
        let room_us = post_us.saturating_mul(i64::from(posts.max(SAVED_POSTS_MIN)));
        Self { post_us, room_us, saved_us: room_us, filled_at: None }
    }

    fn saved(&self, now: Timestamp) -> i64 {
        // A clock that was set back fills nothing, and takes nothing away.
        let since = self.filled_at.map_or(0, |at| now.duration_since(at).as_micros().max(0));
        let since = i64::try_from(since).unwrap_or(i64::MAX);
        self.saved_us.saturating_add(since).min(self.room_us)
    }
}

fn place(severity: Severity) -> usize {
    severity as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::POSTS_PER_HOUR;

    fn at(secs: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(secs)
    }

    #[test]
    fn what_is_saved_is_spent_at_once_and_then_comes_evenly() {
        let mut budgets = Budgets::new(POSTS_PER_HOUR);
        for (severity, saved, secs_a_post) in
            [(Severity::High, 30, 120), (Severity::Medium, 12, 600), (Severity::Info, 12, 3600)]
        {
            for _ in 0..saved {
                assert_eq!(budgets.free_at(severity, at(0)), at(0));
                budgets.spend(severity, at(0));
            }
            assert_eq!(budgets.free_at(severity, at(0)), at(secs_a_post), "{severity:?}");
            assert_eq!(budgets.free_at(severity, at(10)), at(secs_a_post), "{severity:?}");
        }
        budgets.spend(Severity::Critical, at(0));
        assert_eq!(budgets.free_at(Severity::Critical, at(0)), at(0));
    }

    #[test]
    fn a_clock_that_jumps_neither_fills_nor_blocks() {
        let mut budgets = Budgets::new(POSTS_PER_HOUR);
        (0..12).for_each(|_| budgets.spend(Severity::Medium, at(1_000_000)));
        assert_eq!(budgets.free_at(Severity::Medium, at(0)), at(600));
        budgets.spend(Severity::Medium, at(0));
        assert_eq!(budgets.free_at(Severity::Medium, at(600)), at(600));
        // Forward fills it, and no further than it holds.
        (0..12).for_each(|_| budgets.spend(Severity::Medium, at(10_000_000)));
        assert_eq!(budgets.free_at(Severity::Medium, at(10_000_000)), at(10_000_600));
    }
}
