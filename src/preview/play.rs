//! One destination's desk, played through.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::event::Event;
use crate::message::{Message, Wording};
use crate::triage::{Desk, Fate, Plan, Policy, Report};

/// Samples of groups are looked through after so many events, so that no more are kept than are needed.
const SAMPLES_KEPT: usize = 10_000;

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
    /// Groups that were told in them, each time counted.
    pub groups: u64,
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
    samples: BTreeMap<u64, Event<'static>>,
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
            samples: BTreeMap::new(),
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

    /// The next event. It is read when it happened, or when the one before it did if that is later.
    pub fn event(&mut self, event: Event<'static>) {
        self.until(event.at);
        self.now = self.now.max(event.at);
        self.sequence += 1;
        let event = Event { sequence: Some(self.sequence), read_at: self.now, ..event };
        self.played.alerts += 1;
        let ids = &mut self.ids;
        let fate = self.desk.fold(&event, self.now, &mut || numbered(ids));
        match fate {
            Fate::Muted => self.played.muted += 1,
            Fate::NotMatched => self.played.not_matched += 1,
            Fate::Tell => {
                self.samples.insert(self.sequence, event);
            }
        }
        self.forget_samples();
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

    fn plan(&mut self, everything: bool) {
        let plan = self.desk.plan(self.now, everything);
        if plan.is_empty() {
            return;
        }
        let message = self.message(&plan);
        self.desk.tell(&plan, self.now);
        self.desk.committed();
        let (alerts, groups) = (plan.events(), plan.told().count() as u64);
        self.played.told += alerts;
        self.played.posts += 1;
        self.played.groups += groups;
        self.free_at = self.now.saturating_add(self.pace).unwrap_or(Timestamp::MAX);
        (self.post)(Post { at: self.now, alerts, groups, message });
    }

    fn message(&mut self, plan: &Plan) -> Message {
        let id = numbered(&mut self.ids);
        let entries = plan.cards.iter().filter_map(|told| {
            let group = self.desk.group(&told.key)?;
            let sample = self.samples.get(&group.newest).filter(|_| told.events > 0).cloned();
            Some(crate::triage::Entry { group, reason: told.reason, events: told.events, sample })
        });
        self.wording.compose(&Report {
            id: &id,
            agent_host: &self.agent_host,
            now: self.now,
            entries: entries.collect(),
            rest: plan.rest(&self.desk),
            gap: None,
        })
    }

    fn forget_samples(&mut self) {
        if self.samples.len() >= SAMPLES_KEPT {
            let wanted = self.desk.samples();
            self.samples.retain(|sequence, _| wanted.contains(sequence));
        }
    }
}

/// Eight characters as those of a card, counted up: the same log gives the same posts.
fn numbered(ids: &mut u64) -> String {
    *ids += 1;
    format!("{ids:08}")
}
