//! What a person reads, before any receiver's syntax. Pure; knows no Slack, no store.
//!
//! Text of a log line is a [`Span::Quote`] from here on, sanitised and cut; a receiver's renderer escapes it once more by
//! its own rules. What we say ourselves is [`Span::Words`] and holds no byte of a log.

use ipsbell_parsers::alert::Severity;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Sets colour and emoji.
    pub tone: Tone,
    /// One or two sentences with every essential fact: all that a notification or a screen reader shows.
    pub headline: Line,
    /// A mention from the settings, put before the headline as it stands.
    pub mention: Option<String>,
    /// What the headline is about, worst first.
    pub cards: Vec<Card>,
    /// The end: what to type next, counts.
    pub footer: Line,
    /// The essential facts without any byte of a log but numbers and addresses; ASCII, at most 400 characters.
    pub minimal: String,
}

/// What a message is, for colour and emoji.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tone {
    /// Alerts, the worst of this severity (its number in [`Severity::ALL`]).
    Alert(u8),
    /// Good news: reachable again.
    Recovered,
    /// The agent speaks of itself.
    Notice,
    /// A test.
    Test,
}

/// One thing that is told: an event or a group of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// The group's id, to search and mute by; none where there is nothing to search.
    pub id: Option<String>,
    /// Number in [`Severity::ALL`].
    pub severity: u8,
    /// Verdict first, then the rule.
    pub title: Line,
    /// Label and value, in reading order.
    pub facts: Vec<(String, Line)>,
    /// What the attacker sent, shown as untrusted data: label and text.
    pub evidence: Vec<(String, String)>,
}

/// A line of text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line(pub Vec<Span>);

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Span {
    /// Our own words.
    Words(String),
    /// Our own words, made to stand out.
    Strong(String),
    /// Text of a log: hostile until rendered. Sanitised by `message::sanitize` already.
    Quote(String),
    /// An instant, shown in the reader's zone where the receiver can.
    Time(Timestamp),
    /// Something of ours to type, `ipsbell search K7Q2M9XA`.
    Command(String),
}

/// The severity of a number in a card or a tone.
pub fn severity(number: u8) -> Severity {
    Severity::ALL.get(usize::from(number)).copied().unwrap_or_default()
}
