//! Where the posts of a preview go: text or JSON lines on standard output, and the page.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use ipsbell_parsers::alert::Severity;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::clock;
use crate::config::values::duration_text;
use crate::config::{Config, Destination};
use crate::deliver::Mentions;
use crate::destinations::{Form, console};
use crate::message::utc;
use crate::preview::page::Channel;
use crate::preview::{Played, Post};

/// How posts are shown on standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// As a terminal shows them.
    Text,
    /// A line each.
    Json,
    /// Not at all: they are on the page.
    OnPage,
}

/// One destination's posts.
pub(super) struct Seat<'c> {
    destination: &'c Destination,
    mentions: Mentions,
    /// When the first post was made, and what stands for it on the clock by which mentions are counted.
    first: Option<(Timestamp, Instant)>,
    /// What the page shows of it.
    pub(super) channel: Channel,
    posts: u64,
}

#[derive(Serialize)]
struct PostLine<'a> {
    at: Timestamp,
    destination: &'a str,
    alerts: u64,
    payload: Box<RawValue>,
}

#[derive(Serialize)]
struct SummaryLine<'a> {
    summary: Sums<'a>,
}

#[derive(Serialize)]
struct Sums<'a> {
    destination: &'a str,
    alerts: u64,
    posts: u64,
    groups: u64,
    told: u64,
    muted: u64,
    not_matched: u64,
    unaccounted: u64,
}

impl<'c> Seat<'c> {
    /// Nothing was posted yet.
    pub(super) fn new(config: &Config, destination: &'c Destination) -> Self {
        Self {
            destination,
            mentions: Mentions::new(&destination.mentions),
            first: None,
            channel: Channel::new(destination.name.clone(), settings(config, destination)),
            posts: 0,
        }
    }

    /// Shows a post. The page is given it only if there is one.
    pub(super) fn post(
        &mut self,
        mut post: Post,
        shown: Shown,
        has_page: bool,
        out: &mut impl Write,
    ) -> io::Result<()> {
        self.mention(&mut post);
        self.posts += 1;
        match shown {
            Shown::Text => {
                let Post { at, alerts, message, .. } = &post;
                let (at, number, name) = (utc(*at), self.posts, &self.destination.name);
                let plural = if *alerts == 1 { "" } else { "s" };
                let calls = message.mention.as_deref();
                let calls = calls.map_or_else(String::new, |text| format!(", calls {text}"));
                writeln!(out, "── {at}  post {number} to {name}, {alerts} alert{plural}{calls}")?;
                write!(out, "{}", console::text(message, console::wants_colour()))?;
            }
            Shown::Json => {
                let payload = (self.destination.kind.render)(&post.message, Form::default());
                let line = PostLine {
                    at: post.at,
                    destination: &self.destination.name,
                    alerts: post.alerts,
                    payload: json(payload)?,
                };
                writeln!(out, "{}", serde_json::to_string(&line)?)?;
            }
            Shown::OnPage => {}
        }
        if has_page {
            self.channel.post(post);
        }
        Ok(())
    }

    /// All was played.
    pub(super) fn finish(
        &mut self,
        played: Played,
        shown: Shown,
        out: &mut impl Write,
    ) -> io::Result<()> {
        self.channel.played = played;
        let destination = self.destination.name.as_str();
        let Played { alerts, told, muted, not_matched, posts, groups } = played;
        let unaccounted = played.unaccounted();
        if shown == Shown::Json {
            let summary =
                Sums { destination, alerts, posts, groups, told, muted, not_matched, unaccounted };
            return writeln!(out, "{}", serde_json::to_string(&SummaryLine { summary })?);
        }
        writeln!(
            out,
            "{destination}: {alerts} alerts -> {posts} posts, {groups} groups\n  \
             told {told}, muted {muted}, not matched {not_matched}, unaccounted {unaccounted}"
        )
    }

    /// Calls people as the sender does.
    fn mention(&mut self, post: &mut Post) {
        let (first, start) = *self.first.get_or_insert_with(|| (post.at, clock::monotonic()));
        let after = Duration::try_from(post.at.duration_since(first)).unwrap_or_default();
        let now = start.checked_add(after).unwrap_or(start);
        if let Some((severity, mention)) = self.mentions.mention(&post.new, now) {
            self.mentions.called(severity, now);
            post.message.mention = Some(mention);
        }
    }
}

/// A payload as a part of JSON: as it is, or as a text.
fn json(payload: Vec<u8>) -> io::Result<Box<RawValue>> {
    let text = String::from_utf8_lossy(&payload).into_owned();
    match RawValue::from_string(text) {
        Ok(json) => Ok(json),
        Err(_) => Ok(serde_json::value::to_raw_value(&String::from_utf8_lossy(&payload))?),
    }
}

/// What of the configuration decides about the posts, for people.
fn settings(config: &Config, destination: &Destination) -> Vec<(&'static str, String)> {
    let Destination { matches, unless, group_by, mentions, .. } = destination;
    let budget = |(severity, posts): (Severity, &Option<u32>)| match posts {
        None => format!("{} no limit", severity.word()),
        Some(posts) => format!("{} {posts}", severity.word()),
    };
    let budgets = Severity::ALL.into_iter().zip(&destination.posts_per_hour).rev().map(budget);
    let mention = |(severity, text): &(Severity, String)| format!("{} {text}", severity.word());
    let group_by = group_by.iter().map(|field| field.word().to_owned());
    vec![
        ("type", destination.kind.name.to_owned()),
        ("min_severity", destination.min_severity.word().to_owned()),
        ("match", if matches.is_empty() { "everything".to_owned() } else { count(matches.len()) }),
        ("unless", count(unless.len())),
        ("[[mute]]", count(config.mutes.len())),
        ("[[severity]]", count(config.severities.len())),
        ("triage", destination.triage.to_string()),
        ("group_by", list(group_by)),
        ("repeat_every", duration_text(destination.repeat_every)),
        ("posts_per_hour", list(budgets)),
        ("pace", duration_text(destination.pace)),
        ("mention", list(mentions.iter().map(mention))),
    ]
}

fn count(given: usize) -> String {
    if given == 0 { "none".to_owned() } else { format!("{given} given") }
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}
