//! A sender's part in telling the agent's own trouble: it puts its own on the board, and tells its receiver what others
//! find. A notice is an attempt in the ledger like any other, of no event.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::sender::{Sender, Step};
use crate::message;
use crate::store::{NewAttempt, StoreError};
use crate::triage::Plan;
use crate::trouble::{Condition, Kind, Notice};
use crate::{clock, identifier};

/// Alerts go before a notice, but not for longer than this.
pub(super) const NOTICE_WAIT_MAX: Duration = Duration::from_secs(300);

/// What is open is looked at so often, also if nothing changes.
const OBSERVE_EVERY: Duration = Duration::from_secs(1);

/// A notice that is due, and the last incident in it.
pub(super) struct Due {
    notice: Notice,
    incident: Option<i64>,
    /// It has waited long enough.
    pub(super) goes_first: bool,
}

impl Sender {
    /// Puts what is wrong with this destination on the board.
    pub(super) fn report(&mut self) {
        let name = &self.name;
        let now = clock::now();
        let down = self.health.failing.as_ref().map(|failing| Condition {
            kind: Kind::DestinationDown,
            subject: name.clone(),
            text: format!(
                "destination `{name}`: {}; hint: `ipsbell test {name}` tries it",
                failing.why
            ),
            since: failing.since,
        });
        let store = self.store_refuses.as_ref().map(|(since, why)| Condition {
            kind: Kind::StoreUnwritable,
            subject: name.clone(),
            text: format!("`{name}`: {why}"),
            since: *since,
        });
        let found: Vec<Condition> = down.into_iter().chain(store).collect();
        if self.reported.as_ref() != Some(&found) {
            self.board.report(&self.finder, now, found.clone());
            self.reported = Some(found);
        }
    }

    /// Takes note of what others find.
    pub(super) fn observe(&mut self, now: Instant, wall: Timestamp) {
        let news = self.board.look(self.open.version);
        let due = self.observed_at.is_none_or(|at| now.duration_since(at) >= OBSERVE_EVERY);
        if !self.tells_notices || (news.is_none() && !due) {
            return;
        }
        if let Some(news) = news {
            self.open = news;
        }
        self.observed_at = Some(now);
        // Its own outage is told by the others; here it is told when it is over, with what waited (`Gap`).
        let own =
            |open: &&Condition| open.kind == Kind::DestinationDown && open.subject == self.name;
        let others = self.open.conditions.iter().filter(|open| !own(open));
        self.health.notices.observe(wall, others, self.open.settled);
    }

    /// The notice that is due now, if there is one; with `all`, whatever is to be told at the end of a run.
    pub(super) fn due_notice(
        &mut self,
        now: Instant,
        wall: Timestamp,
        all: bool,
    ) -> Result<Option<Due>, StoreError> {
        if !self.tells_notices {
            return Ok(None);
        }
        let notices = &self.health.notices;
        let after = notices.incidents_to().unwrap_or_default();
        let happened_at = self.ledger.next_incident(after)?;
        if !all && notices.due_at(wall, happened_at).is_none_or(|due| due > wall) {
            return Ok(None);
        }
        let (incidents, more, last) = match happened_at {
            Some(_) => self.ledger.incidents(after)?,
            None => (Vec::new(), 0, after),
        };
        let Some(notice) = notices.notice(wall, &incidents, more, all) else { return Ok(None) };
        let waits_since = *self.notice_waits_since.get_or_insert(now);
        Ok(Some(Due {
            notice,
            incident: happened_at.map(|_| last),
            goes_first: now.duration_since(waits_since) >= NOTICE_WAIT_MAX,
        }))
    }

    /// When a notice will be due.
    pub(super) fn notice_due_at(
        &self,
        now: Instant,
        wall: Timestamp,
    ) -> Result<Option<Instant>, StoreError> {
        if !self.tells_notices {
            return Ok(None);
        }
        let after = self.health.notices.incidents_to().unwrap_or_default();
        let happened_at = self.ledger.next_incident(after)?;
        let due = self.health.notices.due_at(wall, happened_at);
        Ok(due.map(|due| {
            let wait = Duration::try_from(due.duration_since(wall)).unwrap_or(Duration::ZERO);
            now + wait.max(Duration::from_millis(1))
        }))
    }

    /// Commits a notice as an attempt and posts it.
    pub(super) fn tell(
        &mut self,
        now: Instant,
        wall: Timestamp,
        due: &Due,
    ) -> Result<Step, StoreError> {
        if !self.limiter.take(now) {
            return Ok(Step::Wait(self.limiter.free_at(now)));
        }
        let id = identifier::card();
        let message = message::notice(&self.agent_host, wall, &due.notice);
        let nothing = Plan::default();
        let new = NewAttempt {
            id: &id,
            message: &message,
            cards: Vec::new(),
            plan: &nothing,
            oldest_at: None,
        };
        let before = self.health.notices.clone();
        self.health.under_way = [0; 5];
        self.health.notices.begin(wall, &due.notice, due.incident);
        match self.commit(wall, Some(&new)) {
            Ok(attempt) => {
                self.attempt = attempt;
                self.notice_waits_since = None;
            }
            Err(error) => {
                // It is not on record, so it is still to be told.
                self.health.notices = before;
                return Err(error);
            }
        }
        self.post()?;
        Ok(Step::GoOn)
    }
}
