//! The desk of one destination: its open groups, what of them is to be told, and what was told.

mod due;
mod gather;
mod plan;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipsbell_parsers::alert::Severity;
use jiff::Timestamp;

pub use self::plan::{Plan, Told};
use super::budget::Budgets;
use super::group::Scope;
use super::late::Lateness;
use super::mutes::{Mute, Muting, Reminded};
use super::policy::{Fate, HISTORY_KEY, Policy, source_key};
use super::{CARDS_MAX, Group};
use crate::event::Event;

/// The most open groups; the events of further ones share [`OVERFLOW_KEY`] and are still counted exactly.
pub const OPEN_GROUPS_MAX: usize = 10_000;

/// The key of the overflow group.
pub const OVERFLOW_KEY: &str = "*";

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
    /// Who has a group of his own, because he tripped many rules.
    gathered: BTreeSet<IpAddr>,
    budgets: Budgets,
    lateness: Lateness,
    /// When something is due next, and when that was found out; none where it must be looked for.
    soonest: Option<(Timestamp, Timestamp)>,
    changed: BTreeSet<String>,
    closed: BTreeSet<String>,
    untold: Untold,
    muting: Muting,
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
    /// Of those that are muted: how many each mute hid, by its id.
    pub hidden: &'a BTreeMap<String, u64>,
    /// Muted critical alerts that are told all the same.
    pub reminded: &'a Reminded,
}

impl Desk {
    /// A desk with the groups that the store remembers. Groups that the policy would form otherwise are closed by
    /// [`Desk::plan`] with their exact numbers, since no event joins them any more.
    pub fn new(policy: Policy, groups: BTreeMap<String, Group>) -> Self {
        let gathered = groups.values().filter_map(|group| match group.scope {
            Scope::Source(source) => Some(source),
            _ => None,
        });
        Self {
            gathered: gathered.collect(),
            budgets: Budgets::new(policy.posts_per_hour),
            policy,
            groups,
            lateness: Lateness::default(),
            soonest: None,
            changed: BTreeSet::new(),
            closed: BTreeSet::new(),
            untold: Untold::default(),
            muting: Muting::default(),
        }
    }

    /// Goes on with the groups that the store remembers, after it refused what was changed since.
    pub fn restore(&mut self, groups: BTreeMap<String, Group>) {
        let fresh = Self::new(self.policy.clone(), groups);
        // What was spent is spent.
        let spent = std::mem::replace(self, fresh);
        (self.budgets, self.lateness) = (spent.budgets, spent.lateness);
    }

    /// Takes up when muted critical alerts were told, as the store remembers it.
    pub fn recall(&mut self, reminded: Reminded) {
        self.muting = Muting::remembering(reminded);
    }

    /// From now on these are the mutes that were made by command, the oldest first.
    pub fn mute_by(&mut self, made: Vec<Mute>) {
        self.policy.mute_by(made);
    }

    /// Takes up an event: mutes, matches and counts it. Says what became of it.
    pub fn fold(
        &mut self,
        event: &Event<'_>,
        now: Timestamp,
        new_id: &mut dyn FnMut() -> String,
    ) -> Fate {
        if !self.policy.wants(event) {
            self.untold.not_matched += 1;
            return Fate::NotMatched;
        }
        let mute = self.policy.mute(event, now);
        if let Some(mute) = mute {
            let critical = event.severity == Severity::Critical;
            if !(critical && self.muting.reminds(&mute.id, self.policy.values(event), now)) {
                self.muting.hide(&mute.id);
                self.untold.muted += 1;
                return Fate::Muted;
            }
        }
        let muted_by = mute.map(|mute| mute.id.clone());
        let (key, scope) = self.place(event);
        let group = self.groups.entry(key.clone());
        let group = group.or_insert_with(|| Group::open(new_id(), event, scope));
        group.add(event);
        group.muted_by = muted_by;
        self.hasten(&key, now);
        self.changed.insert(key);
        Fate::Tell
    }

    /// The group to which an event belongs.
    fn place(&mut self, event: &Event<'_>) -> (String, Scope) {
        if self.policy.triage
            && self.lateness.is_late(event.at, event.read_at)
            && self.policy.joins_history(event)
        {
            return (HISTORY_KEY.to_owned(), Scope::History);
        }
        let key = self.policy.key(event);
        let gathered = event.alert.source.ip.filter(|source| self.gathered.contains(source));
        match (self.groups.get(&key), gathered) {
            // What only he tripped is told with all else of his.
            (Some(group), Some(_)) if group.sources.count() != (1, false) => {}
            (Some(_), None) => {}
            (_, Some(source)) => return (source_key(source), Scope::Source(source)),
            (None, None) => {
                let is_full = self.groups.len() >= OPEN_GROUPS_MAX;
                return if is_full { overflow() } else { (key, Scope::Values) };
            }
        }
        (key, Scope::Values)
    }

    /// Is there no room for another event that needs a card of its own? Only without triage.
    pub fn full(&self) -> bool {
        !self.policy.triage && self.groups.len() >= CARDS_MAX
    }

    /// Events that are in groups and not told.
    pub fn held(&self) -> u64 {
        self.groups.values().map(Group::held).sum()
    }

    /// As [`Desk::held`], by severity as in `Severity::ALL`.
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

    /// The sequence numbers of the events that are shown of the open groups.
    pub fn samples(&self) -> BTreeSet<u64> {
        self.groups.values().map(|group| group.newest).collect()
    }

    /// What the store has to write.
    pub fn changes(&self) -> Changes<'_> {
        let groups = self.changed.iter().filter_map(|key| self.groups.get_key_value(key));
        Changes {
            groups: groups.map(|(key, group)| (key.as_str(), group)).collect(),
            closed: self.closed.iter().map(String::as_str).collect(),
            untold: self.untold,
            hidden: &self.muting.hidden,
            reminded: &self.muting.told,
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
        self.muting.committed();
    }

    fn close(&mut self, key: &str) -> Option<Group> {
        let group = self.groups.remove(key)?;
        self.soonest = None;
        if let Scope::Source(source) = group.scope {
            self.gathered.remove(&source);
        }
        self.changed.remove(key);
        self.closed.insert(key.to_owned());
        Some(group)
    }
}

fn overflow() -> (String, Scope) {
    (OVERFLOW_KEY.to_owned(), Scope::Overflow)
}

#[cfg(test)]
mod tests;
