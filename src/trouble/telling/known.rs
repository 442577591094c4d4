//! What a destination knows of one condition: that it began, how often it was told, that it is away, that it is over.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::lasted;
use super::{CALM, Condition, Kind, REMEMBERED, REPEATS, RETURNS, State, after, nth};

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Known {
    /// As it is now, or was last.
    pub(super) condition: Condition,
    pub(super) phase: Phase,
    /// How often it was told since it began.
    told: u32,
    /// When it was told last, this time or an earlier one.
    told_at: Option<Timestamp>,
    /// How often it came back.
    returns: u32,
}

/// Where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Phase {
    /// It lasts.
    Open,
    /// Not there since; it may come back at once.
    Away(Timestamp),
    /// It ended then, and that is told, or need not be.
    Over(Timestamp),
}

impl Known {
    pub(super) fn new(condition: &Condition) -> Self {
        Self {
            condition: condition.clone(),
            phase: Phase::Open,
            told: 0,
            told_at: None,
            returns: 0,
        }
    }

    pub(super) fn is(&self, condition: &Condition) -> bool {
        self.has(condition.kind, &condition.subject)
    }

    pub(super) fn has(&self, kind: Kind, subject: &str) -> bool {
        self.condition.kind == kind && self.condition.subject == subject
    }

    /// It is there.
    pub(super) fn goes_on(&mut self, condition: &Condition) {
        let since = match self.phase {
            Phase::Over(_) => {
                self.told = 0;
                self.returns = self.returns.saturating_add(1);
                condition.since
            }
            Phase::Open | Phase::Away(_) => self.condition.since.min(condition.since),
        };
        self.condition = Condition { since, ..condition.clone() };
        self.phase = Phase::Open;
    }

    /// It is not there.
    pub(super) fn is_away(&mut self, now: Timestamp) {
        if self.phase == Phase::Open {
            self.phase = Phase::Away(now);
        }
        // What nobody needs to be told of ends without a word: a hiccup, and what came back before its time.
        if let Phase::Away(since) = self.phase
            && !self.owes_an_end(since)
        {
            self.phase = Phase::Over(since);
        }
    }

    fn owes_an_end(&self, away_since: Timestamp) -> bool {
        let onset = self.condition.kind.nature().onset;
        let counted = lasted(self.condition.since, away_since) >= onset;
        self.told > 0 || (counted && self.returns == 0)
    }

    /// The clock was set back: what it says is the latest that can be.
    pub(super) fn not_after(&mut self, now: Timestamp) {
        self.condition.since = self.condition.since.min(now);
        self.told_at = self.told_at.map(|at| at.min(now));
        self.phase = match self.phase {
            Phase::Open => Phase::Open,
            Phase::Away(at) => Phase::Away(at.min(now)),
            Phase::Over(at) => Phase::Over(at.min(now)),
        };
    }

    /// Do people think that it lasts?
    pub(super) fn lasts(&self) -> bool {
        self.phase == Phase::Open && self.told > 0
    }

    /// What is to be told of it next, and when.
    pub(super) fn due(&self) -> Option<(Timestamp, State)> {
        match self.phase {
            Phase::Open if self.told > 0 => {
                let at = self.told_at.map(|at| after(at, nth(&REPEATS, self.told)))?;
                Some((at, State::Still))
            }
            Phase::Open => {
                let counts = after(self.condition.since, self.condition.kind.nature().onset);
                let last = self.told_at.filter(|_| self.returns > 0);
                let again = last.map(|at| after(at, nth(&RETURNS, self.returns)));
                Some((again.map_or(counts, |again| again.max(counts)), State::Began))
            }
            Phase::Away(since) => Some((after(since, CALM), State::Over)),
            Phase::Over(_) => None,
        }
    }

    /// A notice says so.
    pub(super) fn told(&mut self, now: Timestamp, state: State) {
        match (state, self.phase) {
            (State::Over, Phase::Away(since)) => self.phase = Phase::Over(since),
            (State::Over, _) => {}
            _ => {
                self.told = self.told.saturating_add(1);
                self.told_at = Some(now);
            }
        }
    }

    /// What is over is kept while its coming back would be no news.
    pub(super) fn is_worth_keeping(&self, now: Timestamp) -> bool {
        match self.phase {
            Phase::Open | Phase::Away(_) => true,
            Phase::Over(at) => self.told_at.is_some() && now < after(at, REMEMBERED),
        }
    }

    /// What must go first when there is too much: what is over, the oldest of it.
    pub(super) fn worth(&self) -> (u8, Timestamp) {
        match self.phase {
            Phase::Over(at) => (0, at),
            Phase::Away(at) => (1, at),
            Phase::Open => (2, self.condition.since),
        }
    }
}
