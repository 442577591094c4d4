//! An event: an alert, where and when it was read, and what this agent adds. Its JSON form is in
//! `event/ecs.rs`.

mod ecs;
pub mod links;

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use ipsbell_parsers::alert::{Alert, Direction, Endpoint, Severity, Value};
use jiff::{Timestamp, tz::TimeZone};
use xxhash_rust::xxh3::xxh3_128;

use crate::stamp;

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
    pub format: Cow<'a, str>,
    /// The log file.
    pub path: Cow<'a, str>,
    /// Byte offset of the record's first byte in its file.
    pub offset: u64,
    /// What the grammar read.
    pub alert: Alert<'a>,
    /// The record's bytes, without the line's end.
    pub raw: Cow<'a, [u8]>,
}

/// What the records of one file have in common.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The identity of this machine's store.
    pub machine: u128,
    /// Changes when the file is truncated or replaced.
    pub generation: u64,
    /// This agent's host.
    pub agent_host: &'a str,
    /// The log file.
    pub path: &'a str,
    /// The zone of wall clocks.
    pub zone: &'a TimeZone,
    /// Networks of our own machines.
    pub home_networks: &'a [IpNet],
}

/// The detail that says why an event's time is the time of reading although its record has a stamp.
pub const STAMP_PROBLEM: &str = "ipsbell.timestamp_problem";

/// The detail that says why of a stored event nothing more is known: its grammar failed on its record. The first of an
/// alert that has it.
pub const GRAMMAR_PROBLEM: &str = "ipsbell.grammar_problem";

/// The identity of the record at `offset` of a file: xxh3-128 over machine, generation, offset and
/// the record's own hash.
pub fn event_id(machine: u128, generation: u64, offset: u64, record: &[u8]) -> EventId {
    let place = u128::from(offset) << 64 | u128::from(generation);
    let seed = [machine, place, xxh3_128(record)].map(u128::to_le_bytes);
    EventId(xxh3_128(seed.as_flattened()))
}

impl<'a> Event<'a> {
    /// An event from what the grammar of this name read of `record`, of which `own` stands at `offset` of its file: what
    /// is before it are header lines. The stamp becomes an
    /// instant; a stamp that names none is noted under [`STAMP_PROBLEM`]. The direction is the
    /// log's, else the home networks'.
    pub fn new(
        mut alert: Alert<'a>,
        format: &'a str,
        record: &'a [u8],
        own: &[u8],
        offset: u64,
        read_at: Timestamp,
        origin: &Origin<'a>,
    ) -> Self {
        let at = instant(&mut alert, origin.zone, read_at);
        let networks = || direction(&alert.source, &alert.destination, origin.home_networks);
        Self {
            sequence: None,
            // Header lines in front of a record are known in several ways; what stands at its offset is not.
            id: event_id(origin.machine, origin.generation, offset, own),
            at,
            read_at,
            severity: alert.severity,
            direction: alert.direction.or_else(networks),
            agent_host: Cow::Borrowed(origin.agent_host),
            format: Cow::Borrowed(format),
            path: Cow::Borrowed(origin.path),
            offset,
            alert,
            raw: Cow::Borrowed(record),
        }
    }

    /// Why of this event nothing more is known, if its grammar failed on its record ([`GRAMMAR_PROBLEM`]).
    pub fn grammar_problem(&self) -> Option<&str> {
        match self.alert.details.first() {
            Some((key, Value::Text(why))) if key == GRAMMAR_PROBLEM => Some(why),
            _ => None,
        }
    }

    /// The same event, owning its texts.
    pub fn into_owned(self) -> Event<'static> {
        Event {
            agent_host: Cow::Owned(self.agent_host.into_owned()),
            format: Cow::Owned(self.format.into_owned()),
            path: Cow::Owned(self.path.into_owned()),
            alert: self.alert.into_owned(),
            raw: Cow::Owned(self.raw.into_owned()),
            sequence: self.sequence,
            id: self.id,
            at: self.at,
            read_at: self.read_at,
            severity: self.severity,
            direction: self.direction,
            offset: self.offset,
        }
    }
}

/// When an alert happened, its wall clock being one of `zone`: its stamp's instant. Where the stamp
/// names none it is the time of reading, and why is noted under [`STAMP_PROBLEM`].
pub fn instant(alert: &mut Alert<'_>, zone: &TimeZone, read_at: Timestamp) -> Timestamp {
    let Some(stamp) = &alert.stamp else { return read_at };
    match stamp::resolve(stamp, zone, read_at) {
        Ok(at) => at,
        Err(why) => {
            alert.note(STAMP_PROBLEM, Value::Text(Cow::Owned(why.to_string())));
            read_at
        }
    }
}

/// Which way the traffic went, seen from `home`; `None` where an address is missing.
pub fn direction(from: &Endpoint<'_>, to: &Endpoint<'_>, home: &[IpNet]) -> Option<Direction> {
    let ours = |ip: IpAddr| stays_here(ip) || home.iter().any(|network| network.contains(&ip));
    Some(match (ours(from.ip?), ours(to.ip?)) {
        (false, true) => Direction::Inbound,
        (true, false) => Direction::Outbound,
        (true, true) => Direction::Internal,
        (false, false) => Direction::External,
    })
}

// Addresses that no router forwards are on our side whatever the home networks are.
fn stays_here(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            ip.is_loopback()
                || ip.is_link_local()
                || ip.is_multicast()
                || ip.is_broadcast()
                || ip.is_unspecified()
        }
        IpAddr::V6(ip) => {
            ip.is_loopback()
                || ip.is_unicast_link_local()
                || ip.is_multicast()
                || ip.is_unspecified()
        }
    }
}

/// 32 hex digits.
impl fmt::Display for EventId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

/// Not the 32 hex digits of an [`EventId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("wanted 32 hex digits")]
pub struct NoEventId;

impl FromStr for EventId {
    type Err = NoEventId;

    fn from_str(text: &str) -> Result<Self, NoEventId> {
        let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let id = digits.then(|| u128::from_str_radix(text, 16).ok()).flatten();
        id.map(Self).ok_or(NoEventId)
    }
}

#[cfg(test)]
mod tests;
