//! The loop of one sender.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tracing::warn;

use super::mentions::Mentions;
use super::retry::{self, Next};
use super::said;
use super::{Health, Limiter};
use crate::destinations::{Answer, Destination, Form};
use crate::message::{self, Message};
use crate::signal::{Signal, Waiter, Woken};
use crate::store::{Attempt, Ledger, NewAttempt, Outcome, Store, StoreError};
use crate::triage::{Desk, Entry, Plan, Policy, Report};
use crate::{clock, config, identifier};

/// Events that are read between two looks at the clock and the stop signal.
const SWEEP_EVENTS: usize = 5_000;

/// What was read without being told is committed after this time, so that a restart need not read it again.
const COMMIT_EVERY: Duration = Duration::from_secs(1);

/// The longest that one post may take.
const POST_TIME_MAX: Duration = Duration::from_secs(15);

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
    name: String,
    agent_host: String,
    mentions: Mentions,
    kind: &'static str,
    policy: Policy,
    ledger: Ledger,
    receiver: Box<dyn Destination>,
    limiter: Arc<Limiter>,
    desk: Desk,
    health: Health,
    cursor: u64,
    expired: u64,
    attempt: Option<Attempt>,
    next_try_at: Option<Instant>,
    committed_at: Instant,
    dirty: bool,
    stale: bool,
}

/// What a step leaves to do.
enum Step {
    /// There is more to do at once.
    GoOn,
    /// Nothing before this, if nobody rings.
    Wait(Option<Instant>),
    /// All is told.
    Drained,
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
    ) -> Result<Self, StoreError> {
        let mut ledger = store.ledger(&destination.name, &config.agent.host)?;
        let kind = destination.kind.name;
        let restored = ledger.restore(kind)?;
        let policy = Policy::new(config, destination);
        Ok(Self {
            kind,
            name: destination.name.clone(),
            agent_host: config.agent.host.clone(),
            mentions: Mentions::new(&destination.mentions),
            ledger,
            receiver,
            limiter,
            desk: Desk::new(policy.clone(), restored.groups),
            policy,
            health: restored.health,
            cursor: restored.cursor,
            expired: 0,
            attempt: restored.attempt,
            next_try_at: None,
            committed_at: clock::monotonic(),
            dirty: false,
            stale: false,
        })
    }

    /// Runs until it is told to stop or all is told. True if nothing is left to tell.
    ///
    /// # Errors
    /// The store failed in a way that does not pass.
    pub fn run(mut self, mut waiter: Waiter, until: &Until) -> Result<bool, StoreError> {
        loop {
            let woken = match self.advance(until)? {
                Step::Drained => return Ok(true),
                Step::GoOn => waiter.wait_until(Some(clock::monotonic())),
                Step::Wait(deadline) => waiter.wait_until(deadline),
            };
            if woken == Woken::Stopping {
                self.put_down()?;
                return Ok(false);
            }
        }
    }

    /// A step. After a failure of the store that may pass, the next one begins with what the store
    /// remembers.
    fn advance(&mut self, until: &Until) -> Result<Step, StoreError> {
        match self.step(until) {
            Err(error) if error.may_pass() => {
                warn!(destination = self.name, "{error}.");
                self.stale = true;
                Ok(Step::Wait(Some(clock::monotonic() + STORE_PAUSE)))
            }
            step => step,
        }
    }

    fn step(&mut self, until: &Until) -> Result<Step, StoreError> {
        if self.stale {
            self.restore()?;
        }
        let now = clock::monotonic();
        if self.attempt.is_some() {
            let free_at = self.next_try_at.max(self.limiter.free_at(now));
            if free_at.is_some_and(|at| at > now) || !self.limiter.take(now) {
                return Ok(Step::Wait(free_at.or(Some(now))));
            }
            self.retry()?;
            return Ok(Step::GoOn);
        }
        if let Some(free_at) = self.limiter.free_at(now) {
            return Ok(Step::Wait(Some(free_at)));
        }
        // The order matters: who reads "the reader is done" first and then the store has read all of it.
        let drained = matches!(until, Until::Drained(reader) if reader.stopping());
        let more = self.sweep()?;
        if more && !self.desk.full() {
            return Ok(Step::GoOn);
        }
        let wall = clock::now();
        let plan = self.desk.plan(wall, drained);
        self.dirty |= !self.desk.changes().closed.is_empty();
        if !plan.is_empty() || self.health.gap_is_due() {
            if !self.limiter.take(now) {
                // Another destination of the same receiver was faster.
                return Ok(Step::Wait(self.limiter.free_at(now).or(Some(now))));
            }
            self.begin(wall, &plan)?;
            return Ok(Step::GoOn);
        }
        if drained && !more {
            self.put_down()?;
            return Ok(Step::Drained);
        }
        self.keep(now)?;
        Ok(Step::Wait(self.next_step_at(now, wall)))
    }

    /// After a failure of the store, what it remembers is the truth, as after a crash.
    fn restore(&mut self) -> Result<(), StoreError> {
        let restored = self.ledger.restore(self.kind)?;
        self.desk = Desk::new(self.policy.clone(), restored.groups);
        self.health = restored.health;
        self.cursor = restored.cursor;
        self.attempt = restored.attempt;
        self.expired = 0;
        self.dirty = false;
        self.stale = false;
        Ok(())
    }

    /// Reads on. True if there may be more behind it.
    fn sweep(&mut self) -> Result<bool, StoreError> {
        let now = clock::now();
        let desk = &mut self.desk;
        let mut read = 0;
        let (cursor, expired) = self.ledger.read_on(self.cursor, SWEEP_EVENTS, &mut |event| {
            desk.fold(&event, now, &mut identifier::card);
            read += 1;
            !desk.full()
        })?;
        if expired > 0 {
            self.expired += expired;
            self.health.expired(now, expired);
        }
        self.dirty |= cursor != self.cursor;
        self.cursor = cursor;
        let more = read == SWEEP_EVENTS;
        if more {
            self.commit(now, None)?;
        }
        Ok(more || self.desk.full())
    }

    /// Commits a new attempt and posts it.
    fn begin(&mut self, now: Timestamp, plan: &Plan) -> Result<(), StoreError> {
        let id = identifier::card();
        let oldest_at = plan.told().filter_map(|told| self.desk.group(&told.key));
        let oldest_at =
            oldest_at.filter(|group| group.held() > 0).map(|group| group.held_since).min();
        let cards: Vec<String> = plan.told().map(|told| self.card_of(&told.key, &id)).collect();
        let message = self.compose(now, &id, plan)?;
        let cards = cards.iter().map(String::as_str).zip(plan.told()).collect();
        self.health.tell_gap();
        self.desk.tell(plan, now);
        let new = NewAttempt { id: &id, message: &message, cards, plan, oldest_at };
        self.attempt = self.commit(now, Some(&new))?;
        if message.mention.is_some() {
            self.mentions.called(clock::monotonic());
        }
        self.post()
    }

    /// The id under which a group is searched: its own in a card, the post's where it stands in the rest.
    fn card_of(&self, key: &str, post: &str) -> String {
        self.desk.group(key).map_or_else(|| post.to_owned(), |group| group.id.clone())
    }

    fn compose(&mut self, now: Timestamp, id: &str, plan: &Plan) -> Result<Message, StoreError> {
        let mut samples = Vec::with_capacity(plan.cards.len());
        for told in &plan.cards {
            let newest = self.desk.group(&told.key).map(|group| group.newest);
            samples.push(match newest {
                Some(newest) if told.events > 0 => self.ledger.event(newest)?,
                _ => None,
            });
        }
        let mut gap = self.health.gap.clone();
        if let Some(gap) = &mut gap {
            for group in plan.told().filter_map(|told| self.desk.group(&told.key)) {
                for (sum, held) in gap.waited.iter_mut().zip(group.held) {
                    *sum += held;
                }
            }
        }
        let entries = plan.cards.iter().zip(samples).filter_map(|(told, sample)| {
            let group = self.desk.group(&told.key)?;
            Some(Entry { group, reason: told.reason, events: told.events, sample })
        });
        let report = Report {
            id,
            agent_host: &self.agent_host,
            now,
            entries: entries.collect(),
            rest: plan.rest(&self.desk),
            gap,
        };
        let mut message = message::compose(&report);
        message.mention = self.mentions.mention(plan.worst_new(&self.desk), clock::monotonic());
        Ok(message)
    }

    fn retry(&mut self) -> Result<(), StoreError> {
        if let Some(attempt) = &mut self.attempt {
            self.ledger.retry(attempt)?;
        }
        self.post()
    }

    /// Posts the attempt and commits the answer.
    fn post(&mut self) -> Result<(), StoreError> {
        let Some(attempt) = &mut self.attempt else { return Ok(()) };
        let form = Form { minimal: attempt.minimal, maybe_repeated: attempt.maybe_repeated };
        let payload = self.receiver.render(&attempt.message, form);
        let answer = self.receiver.post(&payload, POST_TIME_MAX);
        let now = clock::now();
        self.health.note(now, &answer);
        let (outcome, wait) =
            match retry::next(&answer, attempt.tries, attempt.minimal, identifier::chance()) {
                Next::Delivered => (Outcome::Delivered, None),
                Next::GiveUp => (Outcome::GivenUp, None),
                Next::Minimal => (Outcome::Again { maybe_delivered: false, minimal: true }, None),
                Next::Again(wait) | Next::Probe(wait) => {
                    let maybe_delivered =
                        matches!(answer, Answer::Later { maybe_delivered: true, .. });
                    (Outcome::Again { maybe_delivered, minimal: attempt.minimal }, Some(wait))
                }
            };
        let again_at = wait.map(|wait| clock::monotonic() + wait);
        match &answer {
            Answer::Delivered => self.limiter.delivered(),
            Answer::Later { slow_down: true, .. } => self.limiter.slow_down(again_at),
            _ => {}
        }
        if let (Some(failing), Some(wait)) = (&mut self.health.failing, wait) {
            failing.next_try_at =
                SignedDuration::try_from(wait).ok().and_then(|wait| now.checked_add(wait).ok());
        }
        if outcome == Outcome::GivenUp {
            self.health.given_up(now, attempt.events);
        }
        if outcome == Outcome::Delivered
            && attempt.maybe_repeated
            && let Some(gap) = &mut self.health.gap
        {
            gap.maybe_repeated += 1;
        }
        said::log(&self.name, &answer, attempt, wait);
        self.next_try_at = again_at;
        self.ledger.answered(
            now,
            attempt,
            outcome,
            &said::words(&answer),
            &payload,
            &self.health,
        )?;
        if matches!(outcome, Outcome::Delivered | Outcome::GivenUp) {
            self.attempt = None;
        }
        Ok(())
    }

    /// Commits what was read and not told, now and then.
    fn keep(&mut self, now: Instant) -> Result<(), StoreError> {
        if self.dirty && now.duration_since(self.committed_at) >= COMMIT_EVERY {
            self.commit(clock::now(), None)?;
        }
        Ok(())
    }

    /// Commits what was read, before the end.
    fn put_down(&mut self) -> Result<(), StoreError> {
        if !self.stale && (self.dirty || self.expired > 0) {
            self.commit(clock::now(), None)?;
        }
        Ok(())
    }

    fn commit(
        &mut self,
        now: Timestamp,
        attempt: Option<&NewAttempt<'_>>,
    ) -> Result<Option<Attempt>, StoreError> {
        let changes = self.desk.changes();
        let begun =
            self.ledger.commit(now, self.cursor, self.expired, &changes, &self.health, attempt)?;
        self.desk.committed();
        self.expired = 0;
        self.dirty = false;
        self.committed_at = clock::monotonic();
        Ok(begun)
    }

    fn next_step_at(&self, now: Instant, wall: Timestamp) -> Option<Instant> {
        let due = self.desk.next_due(wall).map(|due| {
            let wait = Duration::try_from(due.duration_since(wall)).unwrap_or(Duration::ZERO);
            now + wait.max(Duration::from_millis(1))
        });
        let keep = self.dirty.then(|| self.committed_at + COMMIT_EVERY);
        [due, keep].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests;
