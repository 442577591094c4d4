//! When a group is to be told.
//!
//! What is new is due at once. What repeats is due at once as long as it comes alone, then at growing intervals, and before
//! that when it jumps: ten times as much, worse than was told, not stopped where all was, from ever more sources. What
//! stays quiet is closed. Being due is not being told: [`super::plan`] looks after the budgets.

use std::time::Duration;

use ipsbell_parsers::alert::Severity;
use jiff::{SignedDuration, Timestamp};

use super::Desk;
use crate::triage::Group;
use crate::triage::group::Scope;

/// The time between two posts of a group doubles up to this, if `repeat_every` is not longer.
const REPEAT_MAX: Duration = Duration::from_secs(6 * 3_600);

/// A group is open as long as an event comes within this time, or within its interval if that is longer.
pub(super) const QUIET_AFTER: SignedDuration = SignedDuration::from_hours(6);

/// So many alerts that come one by one are told one by one.
const ALONE_POSTS_MAX: u64 = 3;

/// Jumps are told at most so often, but for what is critical or not stopped where all was.
const JUMP_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// A jump is so many times as many events as were told ...
const JUMP_FACTOR: u64 = 10;

/// ... and so many at least ...
pub(super) const JUMP_EVENTS_MIN: u64 = 100;

/// ... or so many times as many sources, and so many at least.
const JUMP_SOURCES_MIN: u64 = 20;

/// Whoever is told as one who trips many rules is told of again after this time, doubled each time, while further rules
/// of at least this severity come.
const RULES_EVERY: SignedDuration = SignedDuration::from_secs(60);
const RULES_SEVERITY_MIN: u8 = Severity::High as u8;

impl Desk {
    /// When there is something to tell of this group, or it is to be closed.
    pub(super) fn due_at(&self, group: &Group, now: Timestamp) -> Timestamp {
        let Some(told_at) = group.told_at else { return group.held_since.min(now) };
        // A clock that was set back must not silence a group: what was told in the future is due now.
        if told_at > now {
            return now;
        }
        let after = |wait: SignedDuration| told_at.saturating_add(wait).unwrap_or(told_at);
        if group.held() == 0 {
            let quiet = QUIET_AFTER.max(self.interval(group));
            return group.heard_at.max(told_at).saturating_add(quiet).unwrap_or(Timestamp::MAX);
        }
        if is_worse(group) {
            return now;
        }
        let streak = self.streak(group);
        if group.held() == 1 && streak < ALONE_POSTS_MAX && group.scope == Scope::Values {
            return now;
        }
        let mut due = after(self.interval_after(streak));
        if jumped(group) {
            due = due.min(after(JUMP_EVERY));
        }
        if group.known.new_rule >= Some(RULES_SEVERITY_MIN) {
            let doublings = i32::try_from(streak.saturating_sub(1).min(16)).unwrap_or(16);
            due = due.min(after(RULES_EVERY.saturating_mul(1 << doublings)));
        }
        due
    }

    /// Posts in a row: after a quiet time the next begins a new row.
    pub(super) fn streak(&self, group: &Group) -> u64 {
        let quiet = SignedDuration::try_from(self.policy.repeat_every.saturating_mul(2));
        let quiet = quiet.unwrap_or(SignedDuration::MAX);
        let told_at = group.told_at.unwrap_or(group.held_since);
        let was_quiet = group.held_since.duration_since(told_at) >= quiet;
        if was_quiet { 0 } else { group.known.streak }
    }

    fn interval(&self, group: &Group) -> SignedDuration {
        self.interval_after(self.streak(group))
    }

    fn interval_after(&self, streak: u64) -> SignedDuration {
        let doublings = streak.saturating_sub(1).min(16);
        let longest = REPEAT_MAX.max(self.policy.repeat_every);
        let interval = self.policy.repeat_every.saturating_mul(1 << doublings).min(longest);
        SignedDuration::try_from(interval).unwrap_or(SignedDuration::MAX)
    }
}

/// Is there what cannot wait: something critical where nothing was, or the first that was not stopped?
pub(super) fn is_worse(group: &Group) -> bool {
    let critical = Severity::Critical as u8;
    (group.severity == critical && group.known.severity < critical)
        || (group.known.not_stopped == 0 && group.not_stopped() > 0)
}

pub(super) fn jumped(group: &Group) -> bool {
    let held = group.held();
    let many = held >= JUMP_EVENTS_MIN && held >= group.told.saturating_mul(JUMP_FACTOR);
    let sources = group.sources.count().0 as u64;
    let spreads =
        sources >= JUMP_SOURCES_MIN && sources >= group.known.sources.saturating_mul(JUMP_FACTOR);
    many || spreads || group.severity > group.known.severity
}
