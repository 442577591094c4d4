//! What one notice tells. Knows no words beyond those of its subjects.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::known::{Known, Phase};
use super::{Incidents, Kind};

/// What is told in one post.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notice {
    /// What is new first, what is over last.
    pub sections: Vec<Section>,
    /// Conditions that were told, last, and are not in it.
    pub others_open: u64,
}

/// All of one kind that is in the same state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Of what kind; none where a newer program named it.
    pub kind: Option<Kind>,
    /// What became of it.
    pub state: State,
    /// Each.
    pub entries: Vec<Entry>,
    /// So many more that are not among them.
    pub more: u64,
}

/// What becomes of trouble, in the order in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It lasts, and is told for the first time.
    Began,
    /// It happened once.
    Happened,
    /// It lasts still.
    Still,
    /// It is over.
    Over,
}

/// One condition, or incidents of one kind about one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is about. May be hostile.
    pub subject: String,
    /// What is wrong, a sentence. May quote what is hostile.
    pub text: String,
    /// When it began, or happened first.
    pub since: Timestamp,
    /// When it ended, or happened last.
    pub until: Option<Timestamp>,
    /// How often it happened.
    pub count: u64,
}

impl Notice {
    pub(super) fn of<'a>(
        known: impl Iterator<Item = (&'a Known, State)>,
        incidents: &[Incidents],
        more: u64,
    ) -> Self {
        let mut sections: BTreeMap<(State, Option<Kind>), Section> = BTreeMap::new();
        let mut section = |state, kind, entry: Option<Entry>, more| {
            let empty = || Section { kind, state, entries: Vec::new(), more: 0 };
            let section = sections.entry((state, kind)).or_insert_with(empty);
            section.entries.extend(entry);
            section.more += more;
        };
        for (Known { condition, phase, .. }, state) in known {
            let entry = Entry {
                subject: condition.subject.clone(),
                text: condition.text.clone(),
                since: condition.since,
                until: match phase {
                    Phase::Open => None,
                    Phase::Away(at) | Phase::Over(at) => Some(*at),
                },
                count: 1,
            };
            section(state, Some(condition.kind), Some(entry), 0);
        }
        for incidents in incidents {
            let entry = Entry {
                subject: incidents.subject.clone(),
                text: incidents.text.clone(),
                since: incidents.first_at,
                until: Some(incidents.last_at),
                count: incidents.count,
            };
            section(State::Happened, incidents.kind, Some(entry), 0);
        }
        if more > 0 {
            section(State::Happened, None, None, more);
        }
        Self { sections: sections.into_values().collect(), others_open: 0 }
    }

    /// Is all of it good news?
    pub fn is_good(&self) -> bool {
        self.sections.iter().all(|section| section.state == State::Over)
    }

    /// Is there nothing left of which people were told?
    pub fn is_all_clear(&self) -> bool {
        self.is_good() && self.others_open == 0
    }
}
