//! A group: the events that are told together, counted exactly.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipsbell_parsers::alert::{Severity, Verdict};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::rules::{Named, Rules};
use crate::event::Event;

/// The longest rule name or category that a group remembers, in characters.
const NAME_CHARS_MAX: usize = 200;

/// Distinct addresses, exact up to [`Distinct::EXACT_MAX`], then "at least" (promise 5).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distinct {
    values: BTreeSet<IpAddr>,
    more: bool,
}

/// What the events of a group have in common.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// The `group_by` values.
    #[default]
    Values,
    /// Who attacked, by many rules.
    Source(IpAddr),
    /// That they happened long before they were read.
    History,
    /// Nothing: the limit of open groups was reached.
    Overflow,
}

/// Events of the same `group_by` values. "Told" includes what stands in a post that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// 8 Crockford characters.
    pub id: String,
    /// Name of the rule, as the log has it, cut to 200 characters; `None` in the overflow group.
    pub rule_name: Option<String>,
    /// Id of the rule.
    pub rule_id: Option<String>,
    /// Generator of the rule.
    pub rule_generator: Option<u32>,
    /// Category of the rule.
    pub category: Option<String>,
    /// The worst severity, its number in [`Severity::ALL`].
    pub severity: u8,
    /// Events by verdict, as in [`Verdict::ALL`].
    pub verdicts: [u64; 6],
    /// Who attacked.
    pub sources: Distinct,
    /// Who was attacked.
    pub destinations: Distinct,
    /// Events since the group was opened.
    pub total: u64,
    /// How many of them were told.
    pub told: u64,
    /// How often the group was told.
    pub posts: u64,
    /// Earliest event.
    pub first_at: Timestamp,
    /// Latest event.
    pub last_at: Timestamp,
    /// Sequence number of the newest event.
    pub newest: u64,
    /// Sequence number of the oldest event that is not told.
    pub oldest_held: u64,
    /// The events that are not told, by severity.
    pub held: [u64; 5],
    /// When the oldest event that is not told was read.
    pub held_since: Timestamp,
    /// When the newest event was read.
    pub heard_at: Timestamp,
    /// When it was told last.
    pub told_at: Option<Timestamp>,
    /// What they have in common.
    #[serde(default)]
    pub scope: Scope,
    /// Where it holds several rules.
    #[serde(default)]
    pub rules: Rules,
    /// What was told of it, to know what is new.
    #[serde(default)]
    pub known: Known,
    /// The mute that would hide its newest event, if it is told all the same because it is critical.
    #[serde(default)]
    pub muted_by: Option<String>,
}

/// What of a group was told last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// The worst severity.
    pub severity: u8,
    /// Events that were not stopped.
    pub not_stopped: u64,
    /// Different sources.
    pub sources: u64,
    /// Posts since it was quiet last.
    pub streak: u64,
    /// The worst severity of a rule that came since.
    pub new_rule: Option<u8>,
}

impl Distinct {
    /// Up to so many values are counted exactly.
    pub const EXACT_MAX: usize = 256;

    /// Counts a value.
    pub fn add(&mut self, value: IpAddr) {
        if self.values.len() < Self::EXACT_MAX {
            self.values.insert(value);
        } else if !self.values.contains(&value) {
            self.more = true;
        }
    }

    /// Counts the values of another one.
    pub(super) fn join(&mut self, other: Self) {
        self.more |= other.more;
        other.values.into_iter().for_each(|value| self.add(value));
    }

    /// How many, and whether there may be more.
    pub fn count(&self) -> (usize, bool) {
        (self.values.len(), self.more)
    }

    /// One of the values, if there is any.
    pub fn first(&self) -> Option<IpAddr> {
        self.values.first().copied()
    }
}

fn add_all<const COUNT: usize>(sums: &mut [u64; COUNT], more: [u64; COUNT]) {
    for (sum, more) in sums.iter_mut().zip(more) {
        *sum += more;
    }
}

/// The first [`NAME_CHARS_MAX`] characters, and how many more there were.
pub(super) fn cut(text: &str) -> String {
    let Some((at, _)) = text.char_indices().nth(NAME_CHARS_MAX) else { return text.to_owned() };
    let (head, tail) = text.split_at(at);
    format!("{head}…(+{})", tail.chars().count())
}

impl Group {
    /// A group that is opened by this event, which is not counted yet.
    pub fn open(id: String, event: &Event<'_>, scope: Scope) -> Self {
        let rule = &event.alert.rule;
        let has_one_rule = scope == Scope::Values;
        let named = |text: &Option<_>| text.as_deref().filter(|_| has_one_rule).map(cut);
        Self {
            id,
            rule_name: named(&rule.name),
            rule_id: named(&rule.id),
            rule_generator: rule.generator.filter(|_| has_one_rule),
            category: named(&rule.category),
            severity: 0,
            verdicts: [0; 6],
            sources: Distinct::default(),
            destinations: Distinct::default(),
            total: 0,
            told: 0,
            posts: 0,
            first_at: event.at,
            last_at: event.at,
            newest: 0,
            oldest_held: 0,
            held: [0; 5],
            held_since: event.read_at,
            heard_at: event.read_at,
            told_at: None,
            scope,
            rules: Rules::default(),
            known: Known::default(),
            muted_by: None,
        }
    }

    /// Counts an event, not told yet.
    pub fn add(&mut self, event: &Event<'_>) {
        let sequence = event.sequence.unwrap_or(self.newest);
        if self.total == self.told {
            self.oldest_held = sequence;
            self.held_since = event.read_at;
        }
        let severity = event.severity as usize;
        if self.scope != Scope::Values && self.rules.add(event) {
            self.known.new_rule = self.known.new_rule.max(Some(event.severity as u8));
        }
        self.severity = self.severity.max(severity as u8);
        for (count, here) in self.held.iter_mut().zip(0..) {
            *count += u64::from(here == severity);
        }
        for (count, here) in self.verdicts.iter_mut().zip(Verdict::ALL) {
            *count += u64::from(here == event.alert.verdict);
        }
        if let Some(address) = event.alert.source.ip {
            self.sources.add(address);
        }
        if let Some(address) = event.alert.destination.ip {
            self.destinations.add(address);
        }
        self.total += 1;
        self.first_at = self.first_at.min(event.at);
        self.last_at = self.last_at.max(event.at);
        self.newest = self.newest.max(sequence);
        self.heard_at = event.read_at;
    }

    /// Marks everything as told, and says how many events that is.
    pub fn tell(&mut self, now: Timestamp) -> u64 {
        let events = self.total - self.told;
        self.told = self.total;
        self.held = [0; 5];
        self.posts += 1;
        self.told_at = Some(now);
        self.known = Known {
            severity: self.severity,
            not_stopped: self.not_stopped(),
            sources: self.sources.count().0 as u64,
            streak: self.known.streak + 1,
            new_rule: None,
        };
        events
    }

    /// The same as a group of whoever attacked, which holds several rules. Nothing of it was told.
    pub(super) fn into_gathered(self, source: IpAddr) -> Self {
        let mut gathered = Self {
            rule_name: None,
            rule_id: None,
            rule_generator: None,
            category: None,
            scope: Scope::Source(source),
            ..self.clone()
        };
        let rule = Named {
            name: self.rule_name,
            id: self.rule_id,
            generator: self.rule_generator,
            severity: self.severity,
        };
        gathered.known.new_rule = Some(rule.severity);
        gathered.rules.join(rule);
        gathered
    }

    /// Takes up another group of which nothing was told, all of whose events belong here.
    pub(super) fn join(&mut self, other: Self) {
        let rule = Named {
            name: other.rule_name,
            id: other.rule_id,
            generator: other.rule_generator,
            severity: other.severity,
        };
        self.known.new_rule = self.known.new_rule.max(Some(rule.severity));
        self.rules.join(rule);
        if self.total == self.told {
            (self.oldest_held, self.held_since) = (other.oldest_held, other.held_since);
        }
        self.oldest_held = self.oldest_held.min(other.oldest_held);
        self.held_since = self.held_since.min(other.held_since);
        self.severity = self.severity.max(other.severity);
        add_all(&mut self.verdicts, other.verdicts);
        add_all(&mut self.held, other.held);
        self.sources.join(other.sources);
        self.destinations.join(other.destinations);
        self.total += other.total;
        self.first_at = self.first_at.min(other.first_at);
        self.last_at = self.last_at.max(other.last_at);
        self.newest = self.newest.max(other.newest);
        self.heard_at = self.heard_at.max(other.heard_at);
    }

    /// Events that no post has told.
    pub fn held(&self) -> u64 {
        self.total - self.told
    }

    /// The verdict that most of the events have; the worse one (not stopped) in a tie.
    pub fn verdict(&self) -> Verdict {
        let counts = Verdict::ALL.iter().zip(self.verdicts);
        let most = counts.max_by_key(|(verdict, count)| (*count, !verdict.stopped()));
        most.map_or(Verdict::Unknown, |(verdict, _)| *verdict)
    }

    /// Events that were not stopped, for all that the log says.
    pub fn not_stopped(&self) -> u64 {
        let counts = Verdict::ALL.iter().zip(self.verdicts);
        counts.filter(|(verdict, _)| !verdict.stopped()).map(|(_, count)| count).sum()
    }

    /// The worst severity.
    pub fn severity(&self) -> Severity {
        Severity::ALL.get(usize::from(self.severity)).copied().unwrap_or_default()
    }
}
