//! Where an event comes from: the first ipsbell that read it, and those that relayed it since.

use alloc::vec::Vec;

use super::tree;
use crate::alert::{Alert, Text, Value};
use crate::json;
use crate::places::joined;

/// What the ipsbell that printed the event said of itself and of the record, and the name that it keeps.
const NAMES: [(&str, &str); 9] = [
    ("agent.name", "agent.name"),
    ("agent.version", "agent.version"),
    ("event.id", "id"),
    ("event.sequence", "sequence"),
    ("event.created", "created"),
    ("event.dataset", "format"),
    ("event.original", "original"),
    ("log.file.path", "path"),
    ("log.offset", "offset"),
];

const PREFIX: &str = "ipsbell.origin.";

/// The agents that relayed the event, from the first on.
const RELAYS: &str = "ipsbell.relays";

/// The details that are kept free for this.
pub(super) const DETAILS: usize = 16;

/// Pieces about the ipsbell that printed the event: the first one, or a relay.
#[derive(Default)]
pub(super) struct Origin<'a> {
    pieces: Vec<(&'static str, &'a str)>,
    relays: Vec<Text<'a>>,
    /// Has an ipsbell printed it?
    pub(super) is_ours: bool,
    left_out: i64,
}

impl<'a> Origin<'a> {
    /// Takes a value by its key; false for what says nothing about this.
    pub(super) fn take(&mut self, key: &str, leaf: &'a str) -> bool {
        if key == "agent.type" {
            self.is_ours |= leaf == "\"ipsbell\"";
            return true;
        }
        if key == RELAYS {
            self.relays = tree::texts(leaf).unwrap_or_default();
            return true;
        }
        let Some((_, name)) = NAMES.iter().find(|(own, _)| *own == key) else { return false };
        self.pieces.push((name, leaf));
        true
    }

    /// Counts details that are not there: those that the event left out already, and those for which there is no room.
    pub(super) fn left_out(&mut self, count: i64) {
        self.left_out = self.left_out.saturating_add(count);
    }

    /// Writes it down. If the event had an origin before, who printed it was a relay.
    pub(super) fn settle(mut self, alert: &mut Alert<'a>) {
        let was_relayed = alert.details.iter().any(|(key, _)| key.starts_with(PREFIX));
        for (name, leaf) in self.pieces {
            if !was_relayed {
                alert.note(joined(PREFIX, name), tree::value(leaf));
            } else if name == "agent.name" {
                self.relays.extend(json::plain(leaf));
            }
        }
        if !self.relays.is_empty() {
            alert.note(RELAYS, Value::List(self.relays));
        }
        if self.left_out > 0 {
            alert.leave_out(self.left_out);
        }
    }
}
