//! The desk of one destination: its open groups, what of them is to be told, and what was told.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ipsbell_parsers::alert::Severity;
use jiff::{SignedDuration, Timestamp};

use super::policy::{Fate, Policy};
use super::{CARDS_MAX, Group, Reason, Rest};
use crate::event::Event;

/// The most open groups; the events of further ones share [`OVERFLOW_KEY`] and are still counted exactly.
pub const OPEN_GROUPS_MAX: usize = 10_000;

/// The key of the overflow group.
pub const OVERFLOW_KEY: &str = "*";

/// The time between two posts of a group doubles up to this, if `repeat_every` is not longer.
const REPEAT_MAX: Duration = Duration::from_secs(3600);

/// A group is told at once, whatever its interval, when so many times as many events wait as were told ...
const JUMP_FACTOR: u64 = 10;

/// ... and at least so many wait.
const JUMP_EVENTS_MIN: u64 = 100;

/// Events that are counted and never told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Untold {
    /// The destination does not want them.
    pub not_matched: u64,
    /// A mute hides them.
    pub muted: u64,
}

/// Open groups and what has changed in them since the store last heard of it.
#[derive(Debug)]
pub struct Desk {
    policy: Policy,
    groups: BTreeMap<String, Group>,
    changed: BTreeSet<String>,
    closed: BTreeSet<String>,
    untold: Untold,
}

/// What one post shall tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Groups with a card each, most important first: key, reason, events told for the first time.
    pub cards: Vec<Told>,
    /// Groups that are told by number alone.
    pub rest: Vec<Told>,
}

/// A group in a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The group's key.
    pub key: String,
    /// Why it is told.
    pub reason: Reason,
    /// How many events are told for the first time.
    pub events: u64,
    /// The sequence numbers between which they lie.
    pub range: (u64, u64),
}

/// What the store has to write: changed groups, keys of closed ones, and events that are counted only.
#[derive(Debug)]
pub struct Changes<'a> {
    /// Groups as they are now.
    pub groups: Vec<(&'a str, &'a Group)>,
    /// Keys that are gone.
    pub closed: Vec<&'a str>,
    /// Since the last time.
    pub untold: Untold,
}

impl Desk {
    /// A desk with the groups that the store remembers. Groups that the policy would form otherwise are closed by
    /// [`Desk::plan`] with their exact numbers, since no event joins them any more.
    pub fn new(policy: Policy, groups: BTreeMap<String, Group>) -> Self {
        Self {
            policy,
            groups,
            changed: BTreeSet::new(),
            closed: BTreeSet::new(),
            untold: Untold::default(),
        }
    }

    /// Takes up an event: mutes, matches and counts it. Says what became of it.
    pub fn fold(
        &mut self,
        event: &Event<'_>,
        now: Timestamp,
        new_id: &mut dyn FnMut() -> String,
    ) -> Fate {
        let fate = self.policy.fate(event, now);
        match fate {
            Fate::NotMatched => self.untold.not_matched += 1,
            Fate::Muted => self.untold.muted += 1,
            Fate::Tell => {
                let mut key = self.policy.key(event);
                if !self.groups.contains_key(&key) && self.groups.len() >= OPEN_GROUPS_MAX {
                    key = OVERFLOW_KEY.to_owned();
                }
                let overflow = key == OVERFLOW_KEY;
                let group = self.groups.entry(key.clone());
                group.or_insert_with(|| Group::open(new_id(), event, overflow)).add(event);
                self.changed.insert(key);
            }
        }
        fate
    }

    /// Is there no room for another event that needs a card of its own? Only without triage.
    pub fn full(&self) -> bool {
        !self.policy.triage && self.groups.len() >= CARDS_MAX
    }

    /// Events that are in groups and not told.
    pub fn held(&self) -> u64 {
        self.groups.values().map(Group::held).sum()
    }

    /// As [`Desk::held`], by severity as in [`Severity::ALL`].
    pub fn all_held_by_severity(&self) -> [u64; 5] {
        Self::held_by_severity(self.groups.values())
    }

    fn held_by_severity<'g>(groups: impl Iterator<Item = &'g Group>) -> [u64; 5] {
        let mut sums = [0; 5];
        for group in groups {
            for (sum, held) in sums.iter_mut().zip(group.held) {
                *sum += held;
            }
        }
        sums
    }

    /// The group of this key.
    pub fn group(&self, key: &str) -> Option<&Group> {
        self.groups.get(key)
    }

    /// When [`Desk::plan`] will next have something to tell, if no event comes before.
    pub fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        self.groups.values().map(|group| self.due_at(group, now)).min()
    }

    /// What is to be told at `now`; `everything` tells and closes all groups. Closes groups that were told and are quiet.
    pub fn plan(&mut self, now: Timestamp, everything: bool) -> Plan {
        let mut due: Vec<Told> = Vec::new();
        let mut quiet: Vec<String> = Vec::new();
        for (key, group) in &self.groups {
            let is_due = everything || self.due_at(group, now) <= now;
            let reason = match (group.held(), group.posts) {
                _ if !is_due => continue,
                (0, 0 | 1) => None,
                (0, _) if everything => None,
                (0, _) => Some(Reason::Closed),
                (_, 0) => Some(Reason::New),
                (_, _) => Some(Reason::Again),
            };
            match reason {
                None => quiet.push(key.clone()),
                Some(reason) => due.push(Told {
                    key: key.clone(),
                    reason,
                    events: group.held(),
                    range: (group.oldest_held, group.newest),
                }),
            }
        }
        for key in quiet {
            self.close(&key);
        }
        due.sort_by_cached_key(|told| self.rank(told));
        let rest = due.split_off(due.len().min(CARDS_MAX));
        // A closing line never stands for events, so it can wait for a post with room.
        let rest = rest.into_iter().filter(|told| told.events > 0 && self.policy.triage).collect();
        Plan { cards: due, rest }
    }

    /// Marks what a plan tells as told. To be called in the step that commits the attempt.
    pub fn tell(&mut self, plan: &Plan, now: Timestamp) {
        for told in plan.told() {
            if told.reason == Reason::Closed || !self.policy.triage {
                self.close(&told.key);
            } else if let Some(group) = self.groups.get_mut(&told.key) {
                group.tell(now);
                self.changed.insert(told.key.clone());
            }
        }
    }

    /// What the store has to write.
    pub fn changes(&self) -> Changes<'_> {
        let groups = self.changed.iter().filter_map(|key| self.groups.get_key_value(key));
        Changes {
            groups: groups.map(|(key, group)| (key.as_str(), group)).collect(),
            closed: self.closed.iter().map(String::as_str).collect(),
            untold: self.untold,
        }
    }

    /// Is there anything that the store has to write?
    pub fn has_changes(&self) -> bool {
        !(self.changed.is_empty() && self.closed.is_empty() && self.untold == Untold::default())
    }

    /// The store has written the changes.
    pub fn committed(&mut self) {
        self.changed.clear();
        self.closed.clear();
        self.untold = Untold::default();
    }

    fn close(&mut self, key: &str) {
        self.groups.remove(key);
        self.changed.remove(key);
        self.closed.insert(key.to_owned());
    }

    fn due_at(&self, group: &Group, now: Timestamp) -> Timestamp {
        let Some(told_at) = group.told_at else { return group.held_since.min(now) };
        let held = group.held();
        let jumped = held >= JUMP_EVENTS_MIN && held >= group.told.saturating_mul(JUMP_FACTOR);
        // A clock that was set back must not silence a group: what was told in the future is due now.
        if jumped || told_at > now {
            return now;
        }
        told_at.saturating_add(self.interval(group)).unwrap_or(told_at)
    }

    fn interval(&self, group: &Group) -> SignedDuration {
        let doublings = u32::try_from(group.posts.saturating_sub(1)).unwrap_or(u32::MAX).min(16);
        let longest = REPEAT_MAX.max(self.policy.repeat_every);
        let interval = self.policy.repeat_every.saturating_mul(1 << doublings).min(longest);
        SignedDuration::try_from(interval).unwrap_or(SignedDuration::MAX)
    }

    /// Worst first: severity, not stopped before stopped, new before known, many before few, then the key.
    fn rank(&self, told: &Told) -> (u8, bool, u8, u64, String) {
        let group = self.groups.get(&told.key);
        let severity = group.map_or(0, |group| group.severity);
        let stopped = group.is_none_or(|group| group.not_stopped() == 0);
        let reason = match told.reason {
            Reason::New => 0,
            Reason::Again => 1,
            Reason::Closed => 2,
        };
        (u8::MAX - severity, stopped, reason, u64::MAX - told.events, told.key.clone())
    }
}

impl Plan {
    /// Nothing to tell?
    pub fn is_empty(&self) -> bool {
        self.cards.is_empty() && self.rest.is_empty()
    }

    /// Cards, then the rest.
    pub fn told(&self) -> impl Iterator<Item = &Told> {
        self.cards.iter().chain(&self.rest)
    }

    /// The severities of the groups that are new.
    pub fn new_severities(&self, desk: &Desk) -> BTreeSet<Severity> {
        let told = self.told().filter(|told| told.reason == Reason::New);
        told.filter_map(|told| desk.group(&told.key)).map(Group::severity).collect()
    }

    /// Events that it tells for the first time, by severity as in [`Severity::ALL`].
    pub fn events_by_severity(&self, desk: &Desk) -> [u64; 5] {
        Desk::held_by_severity(self.told().filter_map(|told| desk.group(&told.key)))
    }

    /// Events that it tells for the first time.
    pub fn events(&self) -> u64 {
        self.told().map(|told| told.events).sum()
    }

    /// The rest in numbers.
    pub fn rest(&self, desk: &Desk) -> Rest {
        let worst =
            self.rest.iter().filter_map(|told| desk.group(&told.key)).map(Group::severity).max();
        Rest {
            groups: self.rest.len() as u64,
            events: self.rest.iter().map(|told| told.events).sum(),
            worst: worst.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests;
