//! What one post tells. A group that is due and whose budget is not spent makes a post go; all else that is due rides in
//! it, so the batch grows with the load and the number of posts does not.

use std::collections::BTreeSet;

use ipsbell_parsers::alert::Severity;
use jiff::Timestamp;

use super::Desk;
use super::due::{is_worse, jumped};
use crate::triage::{CARDS_MAX, Group, Reason, Rest};

/// So many new groups wait for a card of their own; of more the others are told in numbers.
const WAITING_MAX: usize = 5 * CARDS_MAX;

/// That a group became quiet is worth a word if it had so many alerts.
const LAST_WORD_ALERTS_MIN: u64 = 10;

/// What one post shall tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Groups with a card each, most important first: key, reason, events told for the first time.
    pub cards: Vec<Told>,
    /// Groups that are told by number alone.
    pub rest: Vec<Told>,
    /// The severity whose budget pays for it.
    pub(super) price: Option<Severity>,
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

impl Desk {
    /// When [`Desk::plan`] will next have something to tell, if no event comes before.
    pub fn next_due(&mut self, now: Timestamp) -> Option<Timestamp> {
        // Under a clock that was set back other things are due.
        if let Some((due, found_at)) = self.soonest
            && found_at <= now
        {
            return Some(due);
        }
        let due = self.groups.values().map(|group| self.told_at(group, now)).min()?;
        self.soonest = Some((due, now));
        Some(due)
    }

    /// Takes note that this group may be due earlier than it was.
    pub(super) fn hasten(&mut self, key: &str, now: Timestamp) {
        if let Some((due, found_at)) = self.soonest
            && let Some(group) = self.groups.get(key)
        {
            self.soonest = Some((due.min(self.told_at(group, now)), found_at));
        }
    }

    /// When a post may go because of this group.
    fn told_at(&self, group: &Group, now: Timestamp) -> Timestamp {
        let due = self.due_at(group, now);
        self.budgets.free_at(price(group), now.max(due))
    }

    /// What is to be told at `now`; `everything` tells and closes all groups. Closes groups that were told and are quiet.
    pub fn plan(&mut self, now: Timestamp, everything: bool) -> Plan {
        self.gather();
        self.soonest = None;
        let mut due: Vec<Told> = Vec::new();
        let mut quiet: Vec<String> = Vec::new();
        let mut paid = None;
        for (key, group) in &self.groups {
            let is_due = everything || self.due_at(group, now) <= now;
            let reason = match (group.held(), group.posts) {
                _ if !is_due => continue,
                (0, _) if everything || group.told < LAST_WORD_ALERTS_MIN => None,
                (0, _) => Some(Reason::Closed),
                (_, 0) => Some(Reason::New),
                (_, _) => Some(Reason::Again),
            };
            let Some(reason) = reason else {
                quiet.push(key.clone());
                continue;
            };
            if everything || self.budgets.free_at(price(group), now) <= now {
                paid = paid.max(Some(price(group)));
            }
            let range = (group.oldest_held, group.newest);
            due.push(Told { key: key.clone(), reason, events: group.held(), range });
        }
        for key in quiet {
            self.close(&key);
        }
        if paid.is_none() {
            return Plan::default();
        }
        due.sort_by_cached_key(|told| self.rank(told));
        let rest = due.split_off(due.len().min(CARDS_MAX));
        // A closing line never stands for events, so it can wait for a post with room. What is new is named, if it need
        // not wait for long.
        let waits = |(place, told): (usize, &Told)| {
            told.reason == Reason::New && place < WAITING_MAX && !everything
        };
        let told_in_numbers = |(place, told): &(usize, Told)| {
            told.events > 0 && self.policy.triage && !waits((*place, told))
        };
        let rest = rest.into_iter().enumerate().filter(told_in_numbers).map(|(_, told)| told);
        Plan { rest: rest.collect(), cards: due, price: paid.filter(|_| !everything) }
    }

    /// Marks what a plan tells as told. To be called in the step that commits the attempt.
    pub fn tell(&mut self, plan: &Plan, now: Timestamp) {
        self.soonest = None;
        if let Some(price) = plan.price {
            self.budgets.spend(price, now);
        }
        for told in plan.told() {
            if told.reason == Reason::Closed || !self.policy.triage {
                self.close(&told.key);
                continue;
            }
            let streak = self.groups.get(&told.key).map_or(0, |group| self.streak(group));
            if let Some(group) = self.groups.get_mut(&told.key) {
                group.known.streak = streak;
                group.tell(now);
                self.changed.insert(told.key.clone());
            }
        }
    }

    /// Worst first: what is critical, then what is new before what is known; severity, not stopped before stopped, many
    /// before few, then the key.
    fn rank(&self, told: &Told) -> (bool, u8, u8, bool, u64, String) {
        let group = self.groups.get(&told.key);
        let severity = group.map_or(0, |group| group.severity);
        let stopped = group.is_none_or(|group| group.not_stopped() == 0);
        let reason = match told.reason {
            Reason::New => 0,
            Reason::Again => 1,
            Reason::Closed => 2,
        };
        let is_critical = severity == Severity::Critical as u8;
        (
            !is_critical,
            reason,
            u8::MAX - severity,
            stopped,
            u64::MAX - told.events,
            told.key.clone(),
        )
    }
}

/// The severity whose budget pays for a post of this group: its own when it is new or jumps, else three steps lower; the
/// lowest for a last word.
fn price(group: &Group) -> Severity {
    let severity = group.severity();
    if group.held() == 0 {
        return Severity::Info;
    }
    if group.posts == 0 || is_worse(group) || jumped(group) {
        return severity;
    }
    Severity::ALL.get((severity as usize).saturating_sub(3)).copied().unwrap_or(severity)
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
