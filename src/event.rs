//! An event: an alert, where and when it was read, and what this agent adds. Its JSON form is in `event/ecs.rs`.

use std::borrow::Cow;

use ipsbell_parsers::alert::{Alert, Direction, Severity};
use jiff::Timestamp;

/// The identity of an event: a hash of machine, file generation, offset and record (promise 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(pub u128);

/// One alert as this agent knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Event<'a> {
    /// The place in the store, from 1; `None` before it is stored.
    pub sequence: Option<u64>,
    /// The identity.
    pub id: EventId,
    /// When the IPS says it happened; the time of reading where the record says nothing.
    pub at: Timestamp,
    /// When it was read.
    pub read_at: Timestamp,
    /// The severity after the `[[severity]]` rules.
    pub severity: Severity,
    /// The direction, from the log, else from the home networks.
    pub direction: Option<Direction>,
    /// This agent's host.
    pub agent_host: Cow<'a, str>,
    /// The format's name, ECS `event.dataset`.
    pub format: &'static str,
    /// The log file.
    pub path: Cow<'a, str>,
    /// Byte offset of the record's first byte in its file.
    pub offset: u64,
    /// What the grammar read.
    pub alert: Alert<'a>,
    /// The record's bytes, without the line's end.
    pub raw: Cow<'a, [u8]>,
}
impl Event<'_> { /// x
 pub fn into_owned(self) -> Event<'static> { todo!() } }
