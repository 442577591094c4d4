//! One try of a post: the payload out, the answer in, and what follows from it into the store.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tracing::{error, info, warn};

use super::retry::{self, Next};
use super::sender::{Sender, Step};
use crate::destinations::{Answer, Form};
use crate::guard::guard;
use crate::store::{Attempt, Outcome, StoreError};
use crate::{clock, identifier};

/// The longest that one post may take.
pub const POST_TIME_MAX: Duration = Duration::from_secs(15);

/// An answer that is to be committed.
pub(super) struct Unwritten {
    at: Timestamp,
    outcome: Outcome,
    answer: Answer,
    payload: Vec<u8>,
    wait: Option<Duration>,
}

impl Sender {
    /// Tries the attempt again.
    pub(super) fn retry(&mut self, now: Instant) -> Result<Step, StoreError> {
        if !self.limiter.take(now) {
            return Ok(Step::Wait(self.limiter.free_at(now)));
        }
        if let Some(attempt) = &mut self.attempt {
            self.ledger.retry(attempt)?;
        }
        self.post()?;
        Ok(Step::GoOn)
    }

    /// Posts the attempt and commits the answer.
    pub(super) fn post(&mut self) -> Result<(), StoreError> {
        let Some(attempt) = &self.attempt else { return Ok(()) };
        let form = Form { minimal: attempt.minimal, maybe_repeated: attempt.maybe_repeated };
        let (payload, answer) = match guard(|| self.receiver.render(&attempt.message, form)) {
            Ok(payload) => {
                let answer = self.receiver.post(&payload, POST_TIME_MAX);
                (payload, answer)
            }
            // As if the receiver had refused it: its plainest form is next, and then it is given up and told.
            Err(panicked) => {
                let why = format!("ipsbell cannot write it down, please report this: {panicked}");
                (Vec::new(), Answer::PayloadRefused { why })
            }
        };
        let now = clock::now();
        let had_gap = self.health.gap.is_some();
        self.health.note(now, &answer, attempt.minimal);
        let next = retry::next(&answer, attempt.tries, attempt.minimal, identifier::chance());
        let (outcome, wait) = match next {
            Next::Delivered => (Outcome::Delivered, None),
            Next::GiveUp => {
                self.health.given_up(now, attempt.events);
                let pause = retry::pause_after_given_up(self.health.given_up_in_a_row);
                (Outcome::GivenUp, Some(pause))
            }
            Next::Minimal => (Outcome::Again { maybe_delivered: false, minimal: true }, None),
            Next::Again(wait) | Next::Probe(wait) => {
                let maybe_delivered = matches!(answer, Answer::Later { maybe_delivered: true, .. });
                (Outcome::Again { maybe_delivered, minimal: attempt.minimal }, Some(wait))
            }
        };
        if let Some(gap) = &mut self.health.gap
            && outcome == Outcome::Delivered
        {
            gap.maybe_repeated += u64::from(attempt.maybe_repeated);
            if !had_gap {
                gap.add_waited(self.desk.all_held_by_severity());
            }
        }
        self.refused = match next {
            Next::Delivered => false,
            Next::Probe(_) => true,
            Next::GiveUp => self.health.given_up_in_a_row > 1,
            Next::Again(_) | Next::Minimal => self.refused,
        };
        self.pause(now, &answer, wait);
        self.unwritten = Some(Unwritten { at: now, outcome, answer, payload, wait });
        self.write_answer()
    }

    /// Keeps the pace that the answer asks for.
    fn pause(&mut self, now: Timestamp, answer: &Answer, wait: Option<Duration>) {
        self.next_try_at = wait.map(|wait| clock::monotonic() + wait);
        match answer {
            Answer::Delivered => self.limiter.delivered(),
            Answer::Later { slow_down: true, .. } => self.limiter.slow_down(self.next_try_at),
            _ => {}
        }
        if let (Some(failing), Some(wait)) = (&mut self.health.failing, wait) {
            let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
            failing.next_try_at = now.checked_add(wait).ok();
        }
    }

    /// Commits the answer of the attempt, if there is one that the store has not taken yet.
    pub(super) fn write_answer(&mut self) -> Result<(), StoreError> {
        let (Some(known), Some(attempt)) = (&self.unwritten, &mut self.attempt) else {
            return Ok(());
        };
        let Unwritten { at, outcome, answer, payload, wait } = known;
        self.ledger.answered(*at, attempt, *outcome, &words(answer), payload, &self.health)?;
        // Said when it stands in the ledger: who reads the log finds it there.
        say(&self.name, answer, attempt, *wait);
        if matches!(outcome, Outcome::Delivered | Outcome::GivenUp) {
            self.attempt = None;
        }
        self.unwritten = None;
        Ok(())
    }
}

fn words(answer: &Answer) -> String {
    match answer {
        Answer::Delivered => "ok".to_owned(),
        Answer::Later { why, .. }
        | Answer::PayloadRefused { why }
        | Answer::Unclear { why }
        | Answer::DestinationRefused { why } => why.clone(),
    }
}

fn say(destination: &str, answer: &Answer, attempt: &Attempt, wait: Option<Duration>) {
    let (events, tries) = (attempt.events, attempt.tries);
    match answer {
        Answer::Delivered if tries == 1 => {}
        Answer::Delivered => info!(destination, events, tries, "Posted after several tries."),
        Answer::Later { why, .. } => {
            warn!(destination, events, tries, ?wait, "The post waits: {why}.");
        }
        Answer::PayloadRefused { why } if attempt.minimal => {
            error!(
                destination,
                events, "The post is given up, its events stay in the store: {why}."
            );
        }
        Answer::Unclear { why } if attempt.minimal => {
            error!(destination, events, ?wait, "The destination refuses posts: {why}.");
        }
        Answer::PayloadRefused { why } | Answer::Unclear { why } => {
            warn!(destination, events, "The post is sent again in its plainest form: {why}.");
        }
        Answer::DestinationRefused { why } => {
            error!(destination, events, ?wait, "The destination refuses posts: {why}.");
        }
    }
}
