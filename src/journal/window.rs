//! The entries that are read and not committed yet, and where reading stands behind them. Pure.

use std::time::Instant;

use super::cursor::Cursor;
use super::entry::Entry;
use super::finding::Gap;
use super::position::Position;
use super::running::Catch;
use crate::tail::QUIET_WAIT;

/// So many bytes of entries are held at most, but for what one block brings beyond them. A record that goes over several
/// entries is no longer.
pub const WINDOW_BYTES_MAX: usize = 1 << 20;

/// How far reading reaches is written down this often, in microseconds, where there are no entries.
const NOTED_EVERY_US: i64 = 600_000_000;

/// What is to be read and committed together.
#[derive(Debug)]
pub struct Turn<'a> {
    /// In the journal's order. There may be none, and something to be written down all the same.
    pub entries: &'a [Entry],
    /// A record of several lines that could go on behind them is complete.
    pub is_final: bool,
    /// Entries may have been lost before them.
    pub gap: Option<Gap>,
    /// So many entries beside them were too long to be read.
    pub too_long: u64,
}

/// See the module's text.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// What is committed.
    place: Position,
    entries: Vec<Entry>,
    bytes: usize,
    too_long: u64,
    gap: Option<Gap>,
    /// All that was written before is in the entries or before them.
    reached_us: i64,
    failures: u64,
    /// So many of the entries were given, and are accepted.
    offered: usize,
    accepted: usize,
    arrived_at: Option<Instant>,
    busy_since: Option<Instant>,
    /// The place differs from what is committed, though no entry is accepted.
    is_changed: bool,
}

impl Window {
    pub(super) fn new(place: Option<Position>) -> Self {
        let place = place.unwrap_or_default();
        Self { failures: place.failures, place, ..Self::default() }
    }

    /// Reading begins behind this entry; all that is older is of no interest.
    pub(super) fn begin(&mut self, cursor: Option<Cursor>, at_us: i64) {
        self.place.cursor = cursor;
        self.reached_us = at_us;
        self.is_changed = true;
    }

    /// The last entry that is known.
    pub(super) fn last_cursor(&self) -> Option<&Cursor> {
        self.entries.last().map(|entry| &entry.cursor).or(self.place.cursor.as_ref())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.too_long == 0 && self.gap.is_none() && !self.is_changed
    }

    pub(super) fn has_room(&self) -> bool {
        self.bytes < WINDOW_BYTES_MAX
    }

    /// Takes note whether all that there is was heard.
    pub(super) fn note_busy(&mut self, now: Instant) {
        self.busy_since = (!self.has_room()).then(|| self.busy_since.unwrap_or(now));
    }

    pub(super) fn busy_since(&self) -> Option<Instant> {
        self.busy_since
    }

    pub(super) fn push(&mut self, now: Instant, caught: Catch) {
        if !caught.entries.is_empty() {
            self.arrived_at = Some(now);
        }
        self.too_long += caught.too_long;
        self.bytes += caught.entries.iter().map(Entry::bytes).sum::<usize>();
        self.entries.extend(caught.entries);
    }

    /// All that was written before this time is known.
    pub(super) fn reach(&mut self, at_us: i64) {
        self.reached_us = at_us;
        self.is_changed |= at_us.saturating_sub(self.place.read_until_us) >= NOTED_EVERY_US;
    }

    /// Up to when all is read and known. It counts for what is committed only, so it can be too early.
    pub(super) fn read_until_us(&self) -> i64 {
        self.place.read_until_us.max(self.reached_us)
    }

    /// Entries before those that come now may be lost. It is told once: from then on all is known up to where they begin.
    pub(super) fn lose(&mut self, gap: Gap, began_us: i64) {
        if gap.begins_us.is_none() {
            // Whatever comes now is new.
            self.place.cursor = None;
        }
        self.gap = Some(gap);
        self.reached_us = gap.begins_us.unwrap_or(began_us);
        self.place.read_until_us = self.place.read_until_us.max(self.reached_us);
    }

    /// journalctl failed; how often it did so far.
    pub(super) fn fail(&mut self) -> u64 {
        self.failures += 1;
        self.is_changed = true;
        self.failures
    }

    /// When a record that could go on counts as complete.
    pub(super) fn quiet_at(&self) -> Option<Instant> {
        self.arrived_at.filter(|_| !self.entries.is_empty()).map(|at| at + QUIET_WAIT)
    }

    pub(super) fn turn(&mut self, now: Instant, is_done: bool) -> Option<Turn<'_>> {
        let is_quiet = is_done || self.quiet_at().is_some_and(|at| now >= at);
        let is_final = is_quiet || !self.has_room();
        let is_new = self.entries.len() > self.offered
            || (is_final && !self.entries.is_empty())
            || self.too_long > 0
            || self.gap.is_some()
            || self.is_changed;
        if !is_new {
            return None;
        }
        self.offered = self.entries.len();
        Some(Turn { entries: &self.entries, is_final, gap: self.gap, too_long: self.too_long })
    }

    pub(super) fn accept(&mut self, entries: usize) {
        self.accepted = entries.min(self.entries.len());
    }

    pub(super) fn position(&self) -> Position {
        let last = self.accepted.checked_sub(1).and_then(|last| self.entries.get(last));
        let mut read_until_us = self.place.read_until_us;
        if let Some(last) = last {
            read_until_us = read_until_us.max(last.at_us);
        }
        if self.accepted == self.entries.len() {
            read_until_us = read_until_us.max(self.reached_us);
        }
        Position {
            cursor: last.map(|entry| &entry.cursor).or(self.place.cursor.as_ref()).cloned(),
            read_until_us,
            failures: self.failures,
        }
    }

    pub(super) fn committed(&mut self) {
        self.place = self.position();
        self.entries.drain(..self.accepted);
        self.bytes = self.entries.iter().map(Entry::bytes).sum();
        (self.accepted, self.offered) = (0, self.entries.len());
        (self.too_long, self.gap, self.is_changed) = (0, None, false);
    }

    pub(super) fn rolled_back(&mut self) {
        (self.accepted, self.offered) = (0, 0);
    }
}
