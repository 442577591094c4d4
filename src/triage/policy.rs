//! Which events a destination is told of, and which belong together.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use ipsbell_parsers::alert::Severity;
use jiff::Timestamp;

use super::mutes::Mute;
use super::severity::talks_out;
use crate::config::{self, GroupField, PostsPerHour};
use crate::event::Event;
use crate::matcher::Matcher;

/// Characters of a value in a key; a longer one is its beginning and its hash.
const VALUE_CHARS_MAX: usize = 200;

/// What one destination's configuration says about what it is told.
#[derive(Debug, Clone)]
pub struct Policy {
    min_severity: Severity,
    matches: Vec<Matcher>,
    unless: Vec<Matcher>,
    /// Those of the configuration.
    configured: Vec<Mute>,
    /// Those that were made by command.
    made: Vec<Mute>,
    group_by: Vec<GroupField>,
    home_networks: Vec<IpNet>,
    pub(super) posts_per_hour: PostsPerHour,
    /// Group and count; without it every event is a group of its own.
    pub triage: bool,
    /// An open group is told again at most so often.
    pub repeat_every: Duration,
}

/// What becomes of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Told, sooner or later.
    Tell,
    /// A mute hides it.
    Muted,
    /// The destination does not want it.
    NotMatched,
}

impl Policy {
    /// The policy of this destination.
    pub fn new(config: &config::Config, destination: &config::Destination) -> Self {
        Self {
            min_severity: destination.min_severity,
            matches: destination.matches.clone(),
            unless: destination.unless.clone(),
            configured: config.mutes.iter().map(Mute::configured).collect(),
            made: Vec::new(),
            group_by: destination.group_by.clone(),
            home_networks: config.agent.home_networks.clone(),
            posts_per_hour: destination.posts_per_hour,
            triage: destination.triage,
            repeat_every: destination.repeat_every,
        }
    }

    /// Does the destination want this event?
    pub(super) fn wants(&self, event: &Event<'_>) -> bool {
        event.severity >= self.min_severity
            && (self.matches.is_empty() || self.matches.iter().any(|m| m.matches(event)))
            && !self.unless.iter().any(|m| m.matches(event))
    }

    /// The mute that hides this event: the first of the configuration, else the first that was made.
    pub(super) fn mute(&self, event: &Event<'_>, now: Timestamp) -> Option<&Mute> {
        let mut mutes = self.configured.iter().chain(&self.made);
        mutes.find(|mute| mute.hides(event, now))
    }

    /// From now on these are the mutes that were made by command, the oldest first.
    pub(super) fn mute_by(&mut self, made: Vec<Mute>) {
        self.made = made;
    }

    /// The `group_by` values of an event, as `field=value` lines: the same text means the same group. A machine of ours
    /// that talks out and was not stopped has a group of its own.
    pub fn key(&self, event: &Event<'_>) -> String {
        if self.triage { self.values(event) } else { format!("event={:032x}", event.id.0) }
    }

    /// What stands for alerts like this one, also where each is a group of its own.
    pub(super) fn values(&self, event: &Event<'_>) -> String {
        let mut key = group_key(&self.group_by, event);
        if !self.group_by.contains(&GroupField::Source)
            && let Some(source) = event.alert.source.ip
            && talks_out(&self.home_networks, event)
        {
            key.push_str(&source_key(source));
        }
        key
    }

    /// Are several rules of one source told as his?
    pub(super) fn gathers(&self) -> bool {
        let by = |field| self.group_by.contains(&field);
        self.triage && by(GroupField::Rule) && !by(GroupField::Source)
    }

    /// Is an event that happened long ago told with the others of then?
    pub(super) fn joins_history(&self, event: &Event<'_>) -> bool {
        event.severity < Severity::Critical
    }
}

/// The key of a group that holds all of one source.
pub(super) fn source_key(source: IpAddr) -> String {
    format!("source={source}\n")
}

/// The key of what happened long before it was read.
pub(super) const HISTORY_KEY: &str = "history";

fn group_key(fields: &[GroupField], event: &Event<'_>) -> String {
    let mut key = String::new();
    for field in fields {
        let rule = &event.alert.rule;
        let text = |text: &Option<_>| text.as_deref().unwrap_or("-").to_owned();
        let address = |ip: Option<IpAddr>| ip.map_or_else(|| "-".to_owned(), |ip| ip.to_string());
        let (name, value) = match field {
            GroupField::Rule => match (&rule.id, rule.generator) {
                (Some(id), Some(generator)) => ("rule", format!("{generator}:{id}")),
                (Some(id), None) => ("rule", id.to_string()),
                (None, _) => ("rule_name", text(&rule.name)),
            },
            GroupField::Verdict => ("verdict", event.alert.verdict.word().to_owned()),
            GroupField::Severity => ("severity", event.severity.word().to_owned()),
            GroupField::Source => ("source", address(event.alert.source.ip)),
            GroupField::Destination => ("destination", address(event.alert.destination.ip)),
            GroupField::Category => ("category", text(&rule.category)),
            GroupField::Format => ("format", event.format.as_ref().to_owned()),
        };
        writeln!(key, "{name}={}", bounded(&value)).unwrap_or_default();
    }
    key
}

/// The value as it stands in a key: a newline would let one rule pass for another's group, and a long text would cost the
/// memory of ten thousand groups as often.
fn bounded(value: &str) -> String {
    let value = value.replace('\n', "\\n");
    match value.char_indices().nth(VALUE_CHARS_MAX) {
        None => value,
        Some((at, _)) => {
            let (head, _) = value.split_at(at);
            format!("{head}…{:032x}", xxhash_rust::xxh3::xxh3_128(value.as_bytes()))
        }
    }
}

/// Does this event belong to the group of this key?
pub fn key_matches(key: &str, event: &Event<'_>) -> bool {
    let fields: Vec<GroupField> = key
        .lines()
        .filter_map(|line| {
            Some(match line.split_once('=')?.0 {
                "rule" | "rule_name" => GroupField::Rule,
                "verdict" => GroupField::Verdict,
                "severity" => GroupField::Severity,
                "source" => GroupField::Source,
                "destination" => GroupField::Destination,
                "category" => GroupField::Category,
                "format" => GroupField::Format,
                _ => return None,
            })
        })
        .collect();
    match key.strip_prefix("event=") {
        Some(id) => id == format!("{:032x}", event.id.0),
        // The overflow group and the rest of a post have no values of their own: all of the range.
        None => fields.is_empty() || group_key(&fields, event) == key,
    }
}
