//! What one destination is told of trouble, and when: once it has lasted, again at growing intervals, and that it is over,
//! once. Pure. What was told is kept with the destination, so that a restart neither repeats it nor forgets its end.

mod known;
mod notice;

pub use notice::{Entry, Notice, Section, State};

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use self::known::Known;
use super::{CONDITIONS_MAX, Condition, Incidents, Kind};

/// Told again so long after it was told the first, the second, and each further time.
const REPEATS: [Duration; 3] =
    [Duration::from_secs(3_600), Duration::from_secs(4 * 3_600), Duration::from_secs(86_400)];

/// What comes back for the first, second, third, and each further time is told no sooner than so long after the last
/// time: a log that is there one minute and gone the next is no news.
const RETURNS: [Duration; 4] = [
    Duration::from_secs(60),
    Duration::from_secs(300),
    Duration::from_secs(900),
    Duration::from_secs(3_600),
];

/// What is away for so long has come to its end.
const CALM: Duration = Duration::from_secs(3);

/// What is due waits so long for others that begin or end with it.
const GATHER: Duration = Duration::from_secs(1);

/// Between two notices, doubled with each further one up to [`PAUSE_MAX`] ...
const PAUSE: Duration = Duration::from_secs(5);
const PAUSE_MAX: Duration = Duration::from_secs(900);

/// ... until there was none for so long.
const QUIET: Duration = Duration::from_secs(3_600);

/// What is over is remembered for so long, to know it when it comes back.
const REMEMBERED: Duration = Duration::from_secs(86_400);

/// So much is known of at a time: all that can be open, and as much that is over.
const KNOWN_MAX: usize = 2 * (CONDITIONS_MAX + 1);

/// A destination's memory of what it was told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Telling {
    known: Vec<Known>,
    /// Incidents up to this one are told; none is known to this destination yet.
    incidents_to: Option<i64>,
    /// When the last notice began.
    told_at: Option<Timestamp>,
    /// Notices that followed each other.
    in_a_row: u32,
    /// What held before the notice under way; it holds again if that is given up.
    before: Option<Box<Self>>,
}

impl Telling {
    /// Nothing is told yet, and incidents up to this one never will be.
    pub fn beginning_after(incident: i64) -> Self {
        Self { incidents_to: Some(incident), ..Self::default() }
    }

    /// Incidents after this one are still to be told.
    pub fn incidents_to(&self) -> Option<i64> {
        self.incidents_to
    }

    /// Takes note of what is open now. What is not among it is over, unless somebody has `settled` nothing yet.
    pub fn observe<'a>(
        &mut self,
        now: Timestamp,
        open: impl IntoIterator<Item = &'a Condition>,
        settled: bool,
    ) {
        // A clock that was set back must not silence anything: what lies in the future is now.
        self.told_at = self.told_at.map(|at| at.min(now));
        let mut seen = vec![false; self.known.len()];
        for condition in open {
            let same = |known: &Known| known.is(condition);
            match self.known.iter().position(same) {
                Some(place) => {
                    if let (Some(known), Some(seen)) =
                        (self.known.get_mut(place), seen.get_mut(place))
                    {
                        known.goes_on(condition);
                        *seen = true;
                    }
                }
                None => self.known.push(Known::new(condition)),
            }
        }
        for (known, seen) in self.known.iter_mut().zip(seen) {
            known.not_after(now);
            if !seen && settled {
                known.is_away(now);
            }
        }
        self.known.retain(|known| known.is_worth_keeping(now));
        while self.known.len() > KNOWN_MAX {
            let oldest = self.known.iter().enumerate().min_by_key(|(_, known)| known.worth());
            let Some((place, _)) = oldest else { break };
            self.known.remove(place);
        }
    }

    /// When there is something to tell, if nothing changes before; `incident_at` is when the oldest incident happened that
    /// is not told.
    pub fn due_at(&self, now: Timestamp, incident_at: Option<Timestamp>) -> Option<Timestamp> {
        let known = self.known.iter().filter_map(Known::due).map(|(at, _)| at);
        let due = known.chain(incident_at.map(|at| at.min(now))).min()?;
        Some(after(due, GATHER).max(self.free_at(now)))
    }

    /// What is to be told now, with these incidents and `more` that are not among them; nothing if it is not due yet. With
    /// `all`, what is open is told although it may be a hiccup: there will be no later.
    pub fn notice(
        &self,
        now: Timestamp,
        incidents: &[Incidents],
        more: u64,
        all: bool,
    ) -> Option<Notice> {
        let incident_at = incidents.iter().map(|incidents| incidents.first_at).min();
        if !all && self.due_at(now, incident_at).is_none_or(|due| due > now) {
            return None;
        }
        let state = |known: &Known| {
            let is_due = |(at, state): &(Timestamp, State)| {
                *at <= now || (all && matches!(state, State::Began | State::Over))
            };
            known.due().filter(is_due).map(|(_, state)| state)
        };
        let due = self.known.iter().filter_map(|known| Some((known, state(known)?)));
        let mut notice = Notice::of(due, incidents, more);
        let others = self.known.iter().filter(|known| known.lasts() && state(known).is_none());
        notice.others_open = others.count() as u64;
        (!notice.sections.is_empty()).then_some(notice)
    }

    /// A notice that tells this begins; incidents up to `incident` are in it.
    pub fn begin(&mut self, now: Timestamp, notice: &Notice, incident: Option<i64>) {
        self.before = None;
        self.before = Some(Box::new(self.clone()));
        for section in &notice.sections {
            let Some(kind) = section.kind.filter(|_| section.state != State::Happened) else {
                continue;
            };
            for entry in &section.entries {
                let told = |known: &&mut Known| known.has(kind, &entry.subject);
                if let Some(known) = self.known.iter_mut().find(told) {
                    known.told(now, section.state);
                }
            }
        }
        self.incidents_to = incident.or(self.incidents_to);
        self.note_notice(now);
    }

    /// The post under way was taken.
    pub fn delivered(&mut self) {
        self.before = None;
    }

    /// The post under way is given up: if it was a notice, what it should have told is still to be told.
    pub fn given_up(&mut self, now: Timestamp) {
        if let Some(before) = self.before.take() {
            let (told_at, in_a_row) = (self.told_at, self.in_a_row);
            *self = Self { told_at, in_a_row, ..*before };
            self.note_notice(now);
        }
    }

    fn note_notice(&mut self, now: Timestamp) {
        let quiet = self.told_at.is_none_or(|at| now >= after(at, QUIET));
        self.in_a_row = if quiet { 1 } else { self.in_a_row.saturating_add(1) };
        self.told_at = Some(now);
    }

    /// No notice goes before this.
    fn free_at(&self, now: Timestamp) -> Timestamp {
        let Some(told_at) = self.told_at else { return now };
        let doublings = self.in_a_row.saturating_sub(1).min(16);
        after(told_at.min(now), PAUSE.saturating_mul(1 << doublings).min(PAUSE_MAX))
    }
}

/// So long after an instant; the end of time where there is no such one.
fn after(at: Timestamp, wait: Duration) -> Timestamp {
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// The entry of a table for the `n`-th time, from 1; the last one holds from there on.
fn nth(table: &[Duration], n: u32) -> Duration {
    let place = usize::try_from(n.saturating_sub(1)).unwrap_or(usize::MAX);
    table.get(place).or(table.last()).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
