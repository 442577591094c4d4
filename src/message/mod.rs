//! What a person reads, before any receiver's syntax. Pure; knows no Slack, no store.
//!
//! Text of a log line is a [`Span::Quote`] from here on, sanitised and cut; a receiver's renderer
//! escapes it once more by its own rules. What we say ourselves is [`Span::Words`] and holds no
//! byte of a log but what was read as a number or an address.

mod compose;
pub use compose::{compose, compose_in_numbers, compose_with, message_chars};
mod notice;
pub use notice::{NOTICE_LINES_MAX, notice, test_message};

mod alert_card;
mod gap_card;
mod group_card;
mod line;
pub use line::utc;
mod minimal;
mod phrase;
mod traffic;
mod wording;
pub use wording::Wording;

mod defang;
mod mask;
mod punycode;
mod redact;
pub mod sanitize;

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;

use ipsbell_parsers::alert::Severity;
use jiff::Timestamp;
use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::context::Context;

/// A whole message has at most so many characters, counted after a receiver's escaping
/// ([`sanitize::escaped_chars`]). Slack refuses somewhat above 13,200.
pub const MESSAGE_CHARS_MAX: usize = 10_000;

/// A whole message makes at most so many blocks of a receiver. Slack refuses more than 50.
pub const MESSAGE_BLOCKS_MAX: usize = 45;

/// A post about one alert or one group has at most so many lines, headline and footer among them.
pub const ALERT_LINES_MAX: usize = 8;

/// A post about several groups has at most so many lines, headline and footer among them.
pub const BATCH_LINES_MAX: usize = 25;

/// [`Message::minimal`] has at most so many bytes, all ASCII.
pub const MINIMAL_CHARS_MAX: usize = 400;

/// One post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Sets colour and emoji.
    pub tone: Tone,
    /// One or two sentences with every essential fact: all that a notification or a screen reader
    /// shows.
    pub headline: Line,
    /// A mention from the settings, put before the headline as it stands.
    pub mention: Option<String>,
    /// What the headline is about, worst first.
    pub cards: Vec<Card>,
    /// The end: what to type next, counts.
    pub footer: Line,
    /// The essential facts without any byte of a log but numbers and addresses; ASCII, at most
    /// [`MINIMAL_CHARS_MAX`].
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
    /// What the card is, for its emoji.
    pub tone: Tone,
    /// Verdict first, then the rule.
    pub title: Line,
    /// Label and value, in reading order, a line each. An empty label is not shown.
    pub facts: Vec<(String, Line)>,
    /// What the attacker sent, shown as untrusted data: label and text, a line each.
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
    /// Text of a log: hostile until rendered. Sanitised by [`sanitize`] already.
    Quote(String),
    /// An instant, shown in the reader's zone where the receiver can.
    Time(Timestamp),
    /// A page to read, of an address that is ours.
    Link {
        /// What is shown of it.
        text: String,
        /// Its address.
        url: String,
    },
    /// Something of ours to type, `ipsbell search K7Q2M9XA`.
    Command(String),
}

/// What may be shown of an alert, and what is known beside it, by the operator's choice.
#[derive(Debug, Clone, Copy)]
pub struct Disclosure<'w> {
    /// Mask what follows `Authorization:`, `Cookie:`, `password=`, `token=` and their like.
    pub mask: bool,
    /// Break URLs and host names so that nothing can be clicked.
    pub defang: bool,
    /// Show an excerpt of the packet's data.
    pub payload: bool,
    /// What fits one of these is shown as `***`, in texts of the log and in addresses.
    pub redactions: &'w [Regex],
    /// What the machine's own files say of addresses and rules.
    pub context: Option<&'w Context>,
}

impl Disclosure<'_> {
    /// All of it as the log has it.
    pub const OPEN: Self =
        Self { mask: false, defang: false, payload: true, redactions: &[], context: None };

    /// The same, where there is no room for more than the log says.
    #[must_use]
    pub fn without_context(self) -> Self {
        Self { context: None, ..self }
    }
}

impl Default for Disclosure<'_> {
    fn default() -> Self {
        Self { mask: true, defang: true, ..Self::OPEN }
    }
}

/// The severity of a number in a card or a tone.
pub fn severity(number: u8) -> Severity {
    Severity::ALL.get(usize::from(number)).copied().unwrap_or_default()
}
