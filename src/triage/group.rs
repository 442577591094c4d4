//! A group: the events that are told together, counted exactly.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipsbell_parsers::alert::{Severity, Verdict};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::Event;

/// The longest rule name or category that a group remembers, in characters.
const NAME_CHARS_MAX: usize = 200;

/// Distinct addresses, exact up to [`Distinct::EXACT_MAX`], then "at least" (promise 5).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distinct {
    values: BTreeSet<IpAddr>,
    more: bool,
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
    /// Does it hold several rules, because the limit of open groups was reached?
    pub overflow: bool,
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

    /// How many, and whether there may be more.
    pub fn count(&self) -> (usize, bool) {
        (self.values.len(), self.more)
    }

    /// One of the values, if there is any.
    pub fn first(&self) -> Option<IpAddr> {
        self.values.first().copied()
    }
}

/// The first [`NAME_CHARS_MAX`] characters, and how many more there were.
fn cut(text: &str) -> String {
    let Some((at, _)) = text.char_indices().nth(NAME_CHARS_MAX) else { return text.to_owned() };
    let (head, tail) = text.split_at(at);
    format!("{head}…(+{})", tail.chars().count())
}

impl Group {
    /// A group that is opened by this event, which is not counted yet.
    pub fn open(id: String, event: &Event<'_>, overflow: bool) -> Self {
        let rule = &event.alert.rule;
        let named = |text: &Option<_>| text.as_deref().filter(|_| !overflow).map(cut);
        Self {
            id,
            rule_name: named(&rule.name),
            rule_id: named(&rule.id),
            rule_generator: rule.generator.filter(|_| !overflow),
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
            overflow,
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
        events
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
