//! One destination's desk, played through.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ipsbell_parsers::alert::Severity;
use jiff::{SignedDuration, Timestamp};

use crate::event::Event;
use crate::guard::guard;
use crate::message::{self, Message, Wording};
use crate::triage::{Desk, Entry, Fate, Plan, Policy, Reason, Report};

/// Samples of groups are looked through after so many events, so that no more are kept than are needed ...
const SAMPLES_KEPT: usize = 10_000;

/// ... and after so many bytes of their records. If the open groups alone need more, the oldest samples go, and their
/// groups are told without one.
const SAMPLE_BYTES_MAX: usize = 64 << 20;

/// What an event takes beside its record.
const EVENT_BYTES: usize = 1 << 10;

/// What is left is told after the last event for so long at the most; then it is told as it stands.
const TAIL_MAX: SignedDuration = SignedDuration::from_hours(24);

/// A post that would have been made.
#[derive(Debug)]
pub struct Post {
    /// When.
    pub at: Timestamp,
    /// How many alerts it tells for the first time.
    pub alerts: u64,
    /// How many groups.
    pub groups: u64,
    /// The severities of what is told for the first time, for which people may be called.
    pub new: BTreeSet<Severity>,
    /// What people would read.
    pub message: Message,
}

/// What became of all events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Played {
    /// Events that were given.
    pub alerts: u64,
    /// Told in posts.
    pub told: u64,
    /// Hidden by mutes.
    pub muted: u64,
    /// Not wanted by the destination.
    pub not_matched: u64,
    /// Posts.
    pub posts: u64,
    /// Groups that were told in them, each counted once.
    pub groups: u64,
}

impl Played {
    /// Alerts of which nobody knows what became: none, unless something is wrong.
    pub fn unaccounted(&self) -> u64 {
        self.alerts.abs_diff(self.told + self.muted + self.not_matched)
    }
}

/// Plays events.
pub struct Player<'p> {
    agent_host: String,
    desk: Desk,
    wording: Wording,
    pace: SignedDuration,
    now: Timestamp,
    /// The next post may go then.
    free_at: Timestamp,
    samples: Samples,
    sequence: u64,
    ids: u64,
    played: Played,
    /// Takes each post.
    post: &'p mut dyn FnMut(Post),
}

impl<'p> Player<'p> {
    /// Nothing was told before. `post` is given each post in turn.
    pub fn new(
        agent_host: &str,
        policy: Policy,
        pace: Duration,
        post: &'p mut dyn FnMut(Post),
    ) -> Self {
        Self {
            agent_host: agent_host.to_owned(),
            desk: Desk::new(policy, BTreeMap::new()),
            wording: Wording::default(),
            pace: SignedDuration::try_from(pace).unwrap_or(SignedDuration::MAX),
            now: Timestamp::MIN,
            free_at: Timestamp::MIN,
            samples: Samples::default(),
            sequence: 0,
            ids: 0,
            played: Played::default(),
            post,
        }
    }

    /// The same, with posts that are worded so.
    #[must_use]
    pub fn worded(self, wording: Wording) -> Self {
        Self { wording, ..self }
    }

    /// The next event. It is read at its `read_at`, or with the one before it if that is later.
    pub fn event(&mut self, event: Event<'static>) {
        self.until(event.read_at);
        self.now = self.now.max(event.read_at);
        self.make_room();
        self.sequence += 1;
        let event = Event { sequence: Some(self.sequence), read_at: self.now, ..event };
        self.played.alerts += 1;
        let ids = &mut self.ids;
        let fate = self.desk.fold(&event, self.now, &mut || numbered(ids));
        match fate {
            Fate::Muted => self.played.muted += 1,
            Fate::NotMatched => self.played.not_matched += 1,
            Fate::Tell => {
                self.samples.insert(self.sequence, event, &self.desk);
            }
        }
        if self.free_at <= self.now && self.desk.next_due(self.now).is_some_and(|at| at <= self.now)
        {
            self.plan(false);
        }
    }

    /// All events were given: tells what is left, each when it is due.
    pub fn finish(mut self) -> Played {
        let last = self.now;
        while self.desk.held() > 0 {
            let next = self.desk.next_due(self.now).map(|due| due.max(self.free_at));
            match next.filter(|next| next.duration_since(last) <= TAIL_MAX) {
                Some(next) => {
                    self.now = self.now.max(next);
                    self.plan(false);
                }
                None => self.plan(true),
            }
        }
        self.played
    }

    /// Posts what is due before `until`.
    fn until(&mut self, until: Timestamp) {
        while let Some(due) = self.desk.next_due(self.now) {
            let next = due.max(self.free_at).max(self.now);
            if next >= until {
                return;
            }
            self.now = next;
            self.plan(false);
        }
    }

    /// Where each event has a card of its own, reading waits until the receiver has taken those that are there.
    fn make_room(&mut self) {
        while self.desk.full()
            && let Some(due) = self.desk.next_due(self.now)
        {
            let held = self.desk.held();
            self.now = self.now.max(due).max(self.free_at);
            self.plan(false);
            if self.desk.held() == held {
                return;
            }
        }
    }

    fn plan(&mut self, everything: bool) {
        let plan = self.desk.plan(self.now, everything);
        if plan.is_empty() {
            return;
        }
        let message = self.message(&plan);
        let new = plan.new_severities(&self.desk);
        let opened = plan.told().filter(|told| told.reason == Reason::New).count() as u64;
        self.desk.tell(&plan, self.now);
        self.desk.committed();
        let (alerts, groups) = (plan.events(), plan.told().count() as u64);
        self.played.told += alerts;
        self.played.posts += 1;
        self.played.groups += opened;
        self.free_at = self.now.saturating_add(self.pace).unwrap_or(Timestamp::MAX);
        (self.post)(Post { at: self.now, alerts, groups, new, message });
    }

    fn message(&mut self, plan: &Plan) -> Message {
        let id = numbered(&mut self.ids);
        let entries = plan.cards.iter().filter_map(|told| {
            let group = self.desk.group(&told.key)?;
            let sample = self.samples.get(group.newest).filter(|_| told.events > 0).cloned();
            Some(Entry { group, reason: told.reason, events: told.events, sample })
        });
        let report = Report {
            id: &id,
            agent_host: &self.agent_host,
            now: self.now,
            entries: entries.collect(),
            rest: plan.rest(&self.desk),
            gap: None,
        };
        // As the sender does it.
        guard(|| self.wording.compose(&report))
            .unwrap_or_else(|_| message::compose_in_numbers(&report))
    }
}

/// The newest events of the open groups, and some more.
#[derive(Default)]
struct Samples {
    by_sequence: BTreeMap<u64, (usize, Event<'static>)>,
    bytes: usize,
    /// After the last look so many were left.
    left: usize,
}

impl Samples {
    fn get(&self, sequence: u64) -> Option<&Event<'static>> {
        self.by_sequence.get(&sequence).map(|(_, event)| event)
    }

    fn insert(&mut self, sequence: u64, event: Event<'static>, desk: &Desk) {
        let bytes = event.raw.len() + EVENT_BYTES;
        self.bytes += bytes;
        // What is told of an event is in its alert; the record served only to say how large it is.
        let event = Event { raw: Cow::Borrowed(&[]), ..event };
        self.by_sequence.insert(sequence, (bytes, event));
        // Twice what was left, so that a look is paid for by as many events.
        let many = self.by_sequence.len() >= SAMPLES_KEPT.max(2 * self.left);
        if many || self.bytes > SAMPLE_BYTES_MAX {
            self.forget(&desk.samples());
        }
    }

    fn forget(&mut self, wanted: &BTreeSet<u64>) {
        self.by_sequence.retain(|sequence, _| wanted.contains(sequence));
        self.bytes = self.by_sequence.values().map(|(bytes, _)| bytes).sum();
        while self.bytes > SAMPLE_BYTES_MAX / 2
            && let Some((_, (bytes, _))) = self.by_sequence.pop_first()
        {
            self.bytes -= bytes;
        }
        self.left = self.by_sequence.len();
    }
}

/// Eight characters as those of a card, counted up: the same log gives the same posts.
fn numbered(ids: &mut u64) -> String {
    *ids += 1;
    format!("{ids:08}")
}

#[cfg(test)]
mod tests;
