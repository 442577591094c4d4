//! How a post begins: what is due is put into words, and committed as an attempt before it is sent.

use std::sync::Arc;

use jiff::Timestamp;
use tracing::error;

use super::sender::Sender;
use crate::config::{Config, Destination};
use crate::context::Context;
use crate::event::Event;
use crate::guard::guard;
use crate::message::{self, Message, Wording};
use crate::store::{NewAttempt, StoreError};
use crate::triage::{Entry, Plan, Report};
use crate::trouble::{Incident, POISON_TOLD_EVERY};
use crate::{clock, identifier};

/// How posts of this destination are worded, with what is known beside the log.
pub fn wording(config: &Config, destination: &Destination, context: &Arc<Context>) -> Wording {
    let redactions = config.redactions.iter().filter(|each| each.holds_for(&destination.name));
    Wording {
        mask: destination.mask,
        defang: destination.defang,
        payload: destination.payload,
        redactions: redactions.map(|each| each.pattern.clone()).collect(),
        context: Arc::clone(context),
    }
}

impl Sender {
    /// Commits a new attempt and posts it.
    pub(super) fn begin(&mut self, now: Timestamp, plan: &Plan) -> Result<(), StoreError> {
        let id = identifier::card();
        let oldest_at = plan.told().filter_map(|told| self.desk.group(&told.key));
        let oldest_at =
            oldest_at.filter(|group| group.held() > 0).map(|group| group.held_since).min();
        let cards: Vec<String> = plan.told().map(|told| self.card_of(&told.key, &id)).collect();
        let mut message = self.compose(now, &id, plan)?;
        let mention = self.mentions.mention(&plan.new_severities(&self.desk), clock::monotonic());
        message.mention = mention.as_ref().map(|(_, text)| text.clone());
        let cards = cards.iter().map(String::as_str).zip(plan.told()).collect();
        self.health.begin(plan.events_by_severity(&self.desk));
        self.desk.tell(plan, now);
        let new = NewAttempt { id: &id, message: &message, cards, plan, oldest_at };
        self.attempt = self.commit(now, Some(&new))?;
        if let Some((severity, _)) = mention {
            self.mentions.called(severity, clock::monotonic());
        }
        self.post()
    }

    /// The id under which a group is searched: its own in a card, the post's where it stands in the rest.
    fn card_of(&self, key: &str, post: &str) -> String {
        self.desk.group(key).map_or_else(|| post.to_owned(), |group| group.id.clone())
    }

    fn compose(&self, now: Timestamp, id: &str, plan: &Plan) -> Result<Message, StoreError> {
        let mut samples = Vec::with_capacity(plan.cards.len());
        for told in &plan.cards {
            let newest = self.desk.group(&told.key).map(|group| group.newest);
            samples.push(match newest {
                Some(newest) if told.events > 0 => self.ledger.event(newest)?,
                _ => None,
            });
            let poison = samples.last().and_then(Option::as_ref).and_then(poison_of);
            self.note_poison(now, poison)?;
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
            gap: self.health.gap.clone(),
        };
        Ok(guard(|| (self.wording)(&report)).unwrap_or_else(|panicked| {
            error!(destination = self.name, "Wording {panicked}; the post has the numbers alone.");
            message::compose_in_numbers(&report)
        }))
    }

    /// Lets people know of a record on which its grammar failed.
    pub(super) fn note_poison(
        &self,
        now: Timestamp,
        poison: Option<Incident>,
    ) -> Result<(), StoreError> {
        let Some(poison) = poison else { return Ok(()) };
        error!(destination = self.name, "{}.", poison.text);
        self.ledger.incident(now, &poison, POISON_TOLD_EVERY)
    }
}

/// What there is to tell of an event on which its grammar failed.
pub(super) fn poison_of(event: &Event<'_>) -> Option<Incident> {
    event.grammar_problem().map(|why| Incident::poison(&event.path, event.offset, why))
}
