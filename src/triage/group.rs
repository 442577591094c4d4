//! A group: the events that are told together, counted exactly.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipsbell_parsers::alert::{Severity, Verdict};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Distinct values, exact up to [`Distinct::EXACT_MAX`], then "at least" (promise 5).
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
    /// Name of the rule, as the log has it, cut to 200 characters.
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

impl Group {
    /// The verdict that most of the events have; the worse one (not stopped) in a tie.
    pub fn verdict(&self) -> Verdict {
        let most = Verdict::ALL
            .iter()
            .zip(self.verdicts)
            .max_by_key(|(verdict, count)| (*count, !verdict.stopped()));
        most.map_or(Verdict::Unknown, |(verdict, _)| *verdict)
    }

    /// The worst severity.
    pub fn severity(&self) -> Severity {
        Severity::ALL.get(usize::from(self.severity)).copied().unwrap_or_default()
    }
}
