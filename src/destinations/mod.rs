//! The receivers: one file a kind, one table of kinds. To add one, copy `console.rs`, end it in a
//! `KIND`, and list it.
//!
//! A destination puts a [`Message`] into its receiver's form and says what the receiver answered.
//! It knows no store, no queue and no time: when to try again is `deliver`'s to decide.

use std::time::Duration;

mod http;
mod url;

pub mod console;
pub mod heartbeat;
pub mod slack;

use crate::config::Settings;
use crate::message::Message;

/// A kind of destination, `type = "…"`.
#[derive(Debug)]
pub struct Kind {
    /// What users type.
    pub name: &'static str,
    /// One line, no full stop.
    pub about: &'static str,
    /// What it is for.
    pub tells: Tells,
    /// A `[[destination]]` that works once the receiver's own values are put in.
    pub example: &'static str,
    /// The keys of [`Settings`] that it reads, as users type them (`url`, `ca_file`, `proxy`, `every`).
    pub keys: &'static [&'static str],
    /// Least time between two posts if the user says nothing.
    pub pace: Duration,
    /// The mentions that it can send, `<!here>`; a text is accepted if this says so.
    pub mention_allowed: fn(&str) -> bool,
    /// The message in the form of this kind, without a receiver and its secrets: for a preview.
    pub render: fn(&Message, Form) -> Vec<u8>,
    /// Makes one from its settings.
    pub open: fn(&Settings) -> Result<Box<dyn Destination>, SettingsError>,
}

/// What a destination is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tells {
    /// Alerts, each accounted for, and the agent's own trouble.
    Alerts,
    /// That the agent is well, in equal intervals, and nothing else: no event is for it.
    Wellness,
}

/// A setting that a kind cannot work with. The text never holds a secret.
#[derive(Debug, thiserror::Error)]
#[error("{wanted}")]
pub struct SettingsError {
    /// The key at fault.
    pub key: &'static str,
    /// What was wanted and what was found.
    pub wanted: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// One receiver.
pub trait Destination: Send {
    /// The message in the receiver's form. Never fails: what does not fit was cut when the message
    /// was composed.
    fn render(&self, message: &Message, form: Form) -> Vec<u8>;

    /// Sends what `render` gave and waits for the answer, at most `time_limit`.
    fn post(&mut self, payload: &[u8], time_limit: Duration) -> Answer;

    /// Finds the receiver, connects and agrees on encryption, without posting and without showing it a secret.
    ///
    /// # Errors
    /// What stood in the way, in words for people.
    fn reach(&mut self, time_limit: Duration) -> Result<(), String>;
}

/// How a message is rendered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Form {
    /// The plainest payload that still tells: after the receiver refused the rich one.
    pub minimal: bool,
    /// Say that it may have been posted before: an earlier try had no clear answer.
    pub maybe_repeated: bool,
}

/// What came of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The receiver took it.
    Delivered,
    /// Not now. `why` is for people and holds no secret.
    Later {
        /// The receiver's own word on when (Retry-After), as it stands.
        after: Option<Duration>,
        /// It may have been taken all the same: the request was sent and no answer came.
        maybe_delivered: bool,
        /// The receiver asked for less (429): the pace is halved.
        slow_down: bool,
        /// What happened.
        why: String,
    },
    /// This payload is refused, others may pass.
    PayloadRefused {
        /// What the receiver said.
        why: String,
    },
    /// The receiver refuses, in words that nobody documented: this payload, or us. If the plainest form is refused as well
    /// it is us.
    Unclear {
        /// What the receiver said.
        why: String,
    },
    /// The receiver itself is gone or closed to us: nothing passes until somebody mends it.
    DestinationRefused {
        /// What the receiver said, and what to do.
        why: String,
    },
}

/// All kinds.
pub const KINDS: &[&Kind] = &[&slack::KIND, &console::KIND, &heartbeat::KIND];

/// The kind of this name.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| kind.name == name)
}
