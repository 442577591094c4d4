//! The rules of a group that holds several: how many, and the worst of them. Bounded.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::group::cut;
use crate::event::Event;

/// The rules of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Hashes of what tells rules apart.
    seen: BTreeSet<u64>,
    more: bool,
    /// The worst first, of the same severity in the order of their appearance.
    worst: Vec<Named>,
}

/// A rule as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Its name, as the log has it, cut.
    pub name: Option<String>,
    /// Its id.
    pub id: Option<String>,
    /// Its generator.
    pub generator: Option<u32>,
    /// The worst severity of its events, its number in `Severity::ALL`.
    pub severity: u8,
}

impl Rules {
    /// Up to so many are counted exactly.
    pub const EXACT_MAX: usize = 4_096;

    /// So many are named.
    pub const NAMED_MAX: usize = 8;

    /// Counts an event's rule. Says whether it was not there before.
    pub(super) fn add(&mut self, event: &Event<'_>) -> bool {
        let rule = &event.alert.rule;
        let text = |text: &Option<_>| text.as_deref().map(cut);
        let named = Named {
            name: text(&rule.name),
            id: text(&rule.id),
            generator: rule.generator,
            severity: event.severity as u8,
        };
        let is_new = self.count(named.hash());
        let known = self.worst.iter_mut().find(|known| known.is(&named));
        match known {
            Some(known) => known.severity = known.severity.max(named.severity),
            None => self.worst.push(named),
        }
        self.worst.sort_by_key(|named| std::cmp::Reverse(named.severity));
        self.worst.truncate(Self::NAMED_MAX);
        is_new
    }

    /// Takes up the rule of a group that has only this one.
    pub(super) fn join(&mut self, named: Named) {
        self.count(named.hash());
        if !self.worst.iter().any(|known| known.is(&named)) {
            self.worst.push(named);
            self.worst.sort_by_key(|named| std::cmp::Reverse(named.severity));
            self.worst.truncate(Self::NAMED_MAX);
        }
    }

    fn count(&mut self, hash: u64) -> bool {
        if self.seen.contains(&hash) {
            return false;
        }
        if self.seen.len() >= Self::EXACT_MAX {
            // Whether it was there before nobody knows.
            self.more = true;
            return false;
        }
        self.seen.insert(hash)
    }

    /// How many, and whether there may be more.
    pub fn len(&self) -> (usize, bool) {
        (self.seen.len(), self.more)
    }

    /// The worst of them, worst first.
    pub fn worst(&self) -> &[Named] {
        &self.worst
    }
}

impl Named {
    fn is(&self, other: &Self) -> bool {
        (&self.id, self.generator) == (&other.id, other.generator)
            && (self.id.is_some() || self.name == other.name)
    }

    fn hash(&self) -> u64 {
        let name = if self.id.is_some() { None } else { self.name.as_deref() };
        let text = format!("{:?}:{:?}:{name:?}", self.generator, self.id);
        xxhash_rust::xxh3::xxh3_64(text.as_bytes())
    }
}
