//! The loop of one sender.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ipsbell_parsers::alert::Severity;
use jiff::Timestamp;
use tracing::{info, warn};

use super::Limiter;
use super::mentions::Mentions;
use super::posting::Unwritten;
use super::retry;
use super::wording::poison_of;
use crate::context::Context;
use crate::destinations::Destination;
use crate::health::Health;
use crate::message::Message;
use crate::signal::{Signal, Waiter, Woken};
use crate::store::{Attempt, Ledger, NewAttempt, Store, StoreError};
use crate::triage::{Desk, Fate, Policy, Report};
use crate::trouble::{Board, Condition, Snapshot};
use crate::{clock, config, identifier};

/// Events that are read between two looks at the clock and the stop signal.
const SWEEP_EVENTS: usize = 5_000;

/// A flood that is read faster than it ends is told of at least so often.
const PLAN_EVERY: Duration = Duration::from_secs(1);

/// What was read without being told is committed after this time, so that a restart need not read it again.
const COMMIT_EVERY: Duration = Duration::from_secs(1);

/// A store that cannot be written is tried again after this time.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// How long a sender goes on.
#[derive(Debug, Clone)]
pub enum Until {
    /// Until it is told to stop.
    Stopped,
    /// Until all that the reader has stored is told; the reader rings when it is done and has set this.
    Drained(Signal),
}

/// A sender and all that it owns.
pub struct Sender {
    pub(super) name: String,
    pub(super) agent_host: String,
    pub(super) mentions: Mentions,
    pub(super) kind: &'static str,
    pub(super) ledger: Ledger,
    pub(super) receiver: Box<dyn Destination>,
    pub(super) limiter: Arc<Limiter>,
    pub(super) desk: Desk,
    pub(super) health: Health,
    pub(super) cursor: u64,
    pub(super) expired: u64,
    /// The version of the mutes that the desk knows.
    pub(super) mutes_version: Option<u64>,
    pub(super) attempt: Option<Attempt>,
    /// The answer of the attempt, while the store could not take it.
    pub(super) unwritten: Option<Unwritten>,
    /// Nothing is posted before this.
    pub(super) next_try_at: Option<Instant>,
    /// The receiver refused us since this sender runs.
    pub(super) refused: bool,
    pub(super) planned_at: Instant,
    pub(super) committed_at: Instant,
    pub(super) cursor_moved: bool,
    pub(super) stale: bool,
    /// [`Wording::compose`](crate::message::Wording::compose).
    pub(super) wording: Box<dyn Fn(&Report<'_>) -> Message + Send>,
    /// Is the agent's own trouble told here?
    pub(super) tells_notices: bool,
    pub(super) board: Board,
    /// Its name on the board.
    pub(super) finder: String,
    /// What it put there last.
    pub(super) reported: Option<Vec<Condition>>,
    /// What is there, and when it was last taken note of.
    pub(super) open: Snapshot,
    pub(super) observed_at: Option<Instant>,
    /// Since when alerts go before a notice that is due.
    pub(super) notice_waits_since: Option<Instant>,
    /// Since when the store refuses what it writes, and why.
    pub(super) store_refuses: Option<(Timestamp, String)>,
}

/// What a step leaves to do.
pub(super) enum Step {
    /// There is more to do at once.
    GoOn,
    /// Nothing before this, if nobody rings.
    Wait(Option<Instant>),
    /// It ends: all is told, or not.
    End(bool),
}

impl Sender {
    /// Takes up where the store says that this destination was.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub fn new(
        store: &Store,
        config: &config::Config,
        destination: &config::Destination,
        receiver: Box<dyn Destination>,
        limiter: Arc<Limiter>,
        board: Board,
        context: &Arc<Context>,
    ) -> Result<Self, StoreError> {
        let mut ledger = store.ledger(&destination.name, &config.agent.host)?;
        let kind = destination.kind.name;
        let restored = ledger.restore(kind)?;
        let policy = Policy::new(config, destination);
        let wording = super::wording(config, destination, context);
        let next_try_at = named_pause(&restored.health, clock::now());
        let mut desk = Desk::new(policy, restored.groups);
        desk.recall(restored.reminded);
        let mut sender = Self {
            kind,
            name: destination.name.clone(),
            agent_host: config.agent.host.clone(),
            mentions: Mentions::new(&destination.mentions),
            ledger,
            receiver,
            limiter,
            desk,
            health: restored.health,
            cursor: restored.cursor,
            expired: 0,
            mutes_version: None,
            attempt: restored.attempt,
            unwritten: None,
            next_try_at,
            refused: false,
            planned_at: clock::monotonic(),
            committed_at: clock::monotonic(),
            cursor_moved: false,
            stale: false,
            wording: Box::new(move |report| wording.compose(report)),
            tells_notices: destination.notices,
            board,
            finder: finder(&destination.name),
            reported: None,
            open: Snapshot { conditions: Vec::new(), version: 0, settled: false },
            observed_at: None,
            notice_waits_since: None,
            store_refuses: None,
        };
        sender.report();
        Ok(sender)
    }

    /// Runs until it is told to stop or all is told. True if nothing is left to tell.
    ///
    /// # Errors
    /// The store failed in a way that does not pass.
    pub fn run(mut self, mut waiter: Waiter, until: &Until) -> Result<bool, StoreError> {
        loop {
            let woken = match self.advance(until)? {
                Step::End(drained) => return Ok(drained),
                Step::GoOn => waiter.wait_until(Some(clock::monotonic())),
                Step::Wait(deadline) => waiter.wait_until(deadline),
            };
            if woken == Woken::Stopping {
                return match self.put_down() {
                    // As after a crash: what is not put down is read again.
                    Err(error) if error.may_pass() => {
                        warn!(destination = self.name, "At the end, {error}.");
                        Ok(false)
                    }
                    put_down => put_down.map(|()| false),
                };
            }
        }
    }

    /// A step. After a failure of the store that may pass, the next one begins with what the store remembers; but an
    /// answer that is known is kept and written later.
    fn advance(&mut self, until: &Until) -> Result<Step, StoreError> {
        match self.step(until) {
            Err(error) if error.may_pass() => {
                if self.ledger.refused(clock::now(), &error) {
                    warn!(destination = self.name, "Telling waits: {error}.");
                }
                if matches!(error, StoreError::Full(_)) && self.ledger.make_room() {
                    warn!(destination = self.name, "The reserve is given back to go on telling.");
                }
                let since = self.store_refuses.take().map_or_else(clock::now, |(since, _)| since);
                self.store_refuses = Some((since, error.to_string()));
                self.report();
                self.stale = self.unwritten.is_none();
                Ok(Step::Wait(Some(clock::monotonic() + STORE_PAUSE)))
            }
            step => {
                if let Some(since) = self.ledger.recovered() {
                    info!(
                        destination = self.name,
                        "The store takes posts again; it had refused since {since}."
                    );
                }
                self.report();
                step
            }
        }
    }

    fn step(&mut self, until: &Until) -> Result<Step, StoreError> {
        self.write_answer()?;
        if self.stale {
            self.restore()?;
        }
        // Had the store refused something, the two would have failed again.
        self.store_refuses = None;
        self.report();
        let now = clock::monotonic();
        self.observe(now, clock::now());
        // The order matters: who reads "the reader is done" first and then the store has read all of it.
        let drains = matches!(until, Until::Drained(reader) if reader.stopping());
        if drains && self.refused {
            self.put_down()?;
            return Ok(Step::End(false));
        }
        let free_at = self.next_try_at.max(self.limiter.free_at(now));
        if free_at.is_some_and(|at| at > now) {
            return Ok(Step::Wait(free_at));
        }
        if self.attempt.is_some() {
            return self.retry(now);
        }
        let more = self.sweep()?;
        if more && !self.desk.full() && now.duration_since(self.planned_at) < PLAN_EVERY {
            return Ok(Step::GoOn);
        }
        self.planned_at = now;
        let wall = clock::now();
        let plan = self.desk.plan(wall, drains && !more);
        let tells = !plan.is_empty() || self.health.gap.is_some();
        let notice = self.due_notice(now, wall, drains && !more)?;
        if let Some(due) = notice.filter(|due| !tells || due.goes_first) {
            return self.tell(now, wall, &due);
        }
        if tells {
            // Another destination with the same receiver may have been faster.
            if !self.limiter.take(now) {
                return Ok(Step::Wait(self.limiter.free_at(now)));
            }
            self.begin(wall, &plan)?;
            return Ok(Step::GoOn);
        }
        if more {
            return Ok(Step::GoOn);
        }
        if drains {
            self.put_down()?;
            return Ok(Step::End(true));
        }
        self.keep(now)?;
        let notice = self.notice_due_at(now, wall)?;
        let next = [self.next_step_at(now, wall), notice];
        Ok(Step::Wait(next.into_iter().flatten().min()))
    }

    /// After a failure of the store, what it remembers is the truth, as after a crash.
    fn restore(&mut self) -> Result<(), StoreError> {
        let restored = self.ledger.restore(self.kind)?;
        self.desk.restore(restored.groups);
        self.desk.recall(restored.reminded);
        // What is known of trouble was found meanwhile, and may be all that is known of the store's own.
        let notices = std::mem::take(&mut self.health.notices);
        self.health = Health { notices, ..restored.health };
        self.cursor = restored.cursor;
        self.attempt = restored.attempt;
        self.expired = 0;
        self.cursor_moved = false;
        self.stale = false;
        Ok(())
    }

    /// Reads on. True if there may be more behind it.
    fn sweep(&mut self) -> Result<bool, StoreError> {
        let now = clock::now();
        let (desk, gap) = (&mut self.desk, &mut self.health.gap);
        let instant = self.ledger.instant()?;
        if let Some((version, mutes)) = self.ledger.mutes(self.mutes_version)? {
            self.mutes_version = Some(version);
            desk.mute_by(mutes);
        }
        let (mut read, mut poison) = (0, None);
        let (cursor, expired) = self.ledger.read_on(self.cursor, SWEEP_EVENTS, &mut |event| {
            read += 1;
            poison = poison.take().or_else(|| poison_of(&event));
            let told = desk.fold(&event, now, &mut identifier::card) == Fate::Tell;
            if let Some(gap) = gap.as_mut().filter(|gap| told && event.read_at <= gap.until) {
                gap.add_waited(Severity::ALL.map(|each| u64::from(each == event.severity)));
            }
            !desk.full()
        })?;
        drop(instant);
        self.note_poison(now, poison)?;
        if expired > 0 {
            self.expired += expired;
            self.health.gap_mut(now).expired += expired;
        }
        self.cursor_moved |= cursor != self.cursor;
        self.cursor = cursor;
        let more = read == SWEEP_EVENTS || self.desk.full();
        if more {
            self.keep(clock::monotonic())?;
        }
        Ok(more)
    }

    /// Commits what was read and not told, now and then.
    fn keep(&mut self, now: Instant) -> Result<(), StoreError> {
        if self.has_changes() && now.duration_since(self.committed_at) >= COMMIT_EVERY {
            self.commit(clock::now(), None)?;
        }
        Ok(())
    }

    /// Commits what was read, before the end.
    fn put_down(&mut self) -> Result<(), StoreError> {
        self.write_answer()?;
        if !self.stale && self.has_changes() {
            self.commit(clock::now(), None)?;
        }
        Ok(())
    }

    fn has_changes(&self) -> bool {
        self.cursor_moved || self.expired > 0 || self.desk.has_changes()
    }

    pub(super) fn commit(
        &mut self,
        now: Timestamp,
        attempt: Option<&NewAttempt<'_>>,
    ) -> Result<Option<Attempt>, StoreError> {
        let changes = self.desk.changes();
        let begun =
            self.ledger.commit(now, self.cursor, self.expired, &changes, &self.health, attempt)?;
        self.desk.committed();
        self.expired = 0;
        self.cursor_moved = false;
        self.committed_at = clock::monotonic();
        Ok(begun)
    }

    fn next_step_at(&mut self, now: Instant, wall: Timestamp) -> Option<Instant> {
        let due = self.desk.next_due(wall).map(|due| {
            let wait = Duration::try_from(due.duration_since(wall)).unwrap_or(Duration::ZERO);
            now + wait.max(Duration::from_millis(1))
        });
        let keep = self.has_changes().then(|| self.committed_at + COMMIT_EVERY);
        [due, keep].into_iter().flatten().min()
    }
}

/// The name under which the sender or the heartbeat of a destination reports what is wrong.
pub fn finder(destination: &str) -> String {
    format!("send {destination}")
}

/// The pause that the receiver asked for before this sender was started.
fn named_pause(health: &Health, now: Timestamp) -> Option<Instant> {
    let failing = health.failing.as_ref().filter(|failing| failing.named)?;
    let left = Duration::try_from(failing.next_try_at?.duration_since(now)).ok()?;
    // A clock that was set back must not make hours of it.
    Some(clock::monotonic() + left.min(retry::RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests;
