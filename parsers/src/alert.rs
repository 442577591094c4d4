//! What a grammar returns. Borrowed from the record wherever the bytes allow it; knows no format
//! and no receiver.

use alloc::{borrow::Cow, boxed::Box, vec::Vec};
use core::net::IpAddr;

use serde::{Deserialize, Serialize};

/// A value of a record as text; bytes that are no UTF-8 have become a visible `\xNN` before they
/// come here.
pub type Text<'a> = Cow<'a, str>;

/// What a grammar makes of one record.
#[derive(Debug, Clone, PartialEq)]
pub enum Parsed<'a> {
    /// An alert of an intrusion prevention system.
    Alert(Box<Alert<'a>>),
    /// An alert only for those who ask for records of this kind ([`Format::also`](crate::Format::also)).
    Also(&'static str, Box<Alert<'a>>),
    /// A well-formed record of this format that is no alert.
    Other,
}

/// Why a record was not read: what the grammar wanted, and at which byte of the record (from 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reject {
    /// Byte offset in the record.
    pub at: usize,
    /// What was wanted there, as a noun phrase: `signature id`.
    pub wanted: &'static str,
}

/// One alert. Absent values are `None` or empty; what the log says is kept raw beside what was
/// normalised from it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Alert<'a> {
    /// The product, as ECS `event.module` has it: `suricata`, `snort`, `deep_security`.
    pub product: Text<'a>,
    /// When the product says it happened.
    pub stamp: Option<Stamp>,
    /// The host that the record names. It can be forged.
    pub host: Option<Text<'a>>,
    /// The log's raw word for what was done.
    pub action: Option<Text<'a>>,
    /// What was done, normalised.
    pub verdict: Verdict,
    /// How bad it is, normalised by the format's table.
    pub severity: Severity,
    /// The log's raw severity, a number or a word.
    pub severity_raw: Option<Text<'a>>,
    /// The log's raw priority where it has one beside or instead of a severity.
    pub priority: Option<u32>,
    /// The rule that fired.
    pub rule: Rule<'a>,
    /// Who attacked.
    pub source: Endpoint<'a>,
    /// Who was attacked.
    pub destination: Endpoint<'a>,
    /// Transport, lower case: `tcp`, `udp`, `icmp`, `ipv6-icmp`. The numbers 1, 2, 6, 17, 58 and
    /// 132 of a log have become their names (IANA protocol numbers), others stay numbers.
    pub transport: Option<Text<'a>>,
    /// Application protocol: `http`, `tls`.
    pub protocol: Option<Text<'a>>,
    /// The log's raw word for the direction.
    pub direction_raw: Option<Text<'a>>,
    /// The direction where the log fixes it.
    pub direction: Option<Direction>,
    /// The interface on which the packet came in.
    pub interface: Option<Text<'a>>,
    /// How often the product says that it repeated.
    pub count: Option<u64>,
    /// CVE identifiers in their usual form, `CVE-2021-41773`.
    pub vulnerabilities: Vec<Text<'a>>,
    /// MITRE ATT&CK technique identifiers, `T1190`.
    pub techniques: Vec<Text<'a>>,
    /// Tags.
    pub tags: Vec<Text<'a>>,
    /// All else, by its dotted ECS name (`url.original`) or under the product's own name
    /// (`suricata.flow_id`), in the record's order. No key twice.
    pub details: Vec<(Text<'a>, Value<'a>)>,
}

/// The rule that fired.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Rule<'a> {
    /// `rule.id`.
    pub id: Option<Text<'a>>,
    /// Generator, `ipsbell.rule.gid`.
    pub generator: Option<u32>,
    /// `rule.name`.
    pub name: Option<Text<'a>>,
    /// `rule.category`.
    pub category: Option<Text<'a>>,
    /// `rule.version`.
    pub revision: Option<Text<'a>>,
    /// `rule.ruleset`.
    pub ruleset: Option<Text<'a>>,
    /// `rule.reference`.
    pub references: Vec<Text<'a>>,
}

/// One side of the traffic.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Endpoint<'a> {
    /// Address; an IPv4 address mapped into IPv6 is folded to IPv4.
    pub ip: Option<IpAddr>,
    /// IPv6 zone (`eth0` in `fe80::1%eth0`).
    pub zone: Option<Text<'a>>,
    /// TCP or UDP port; absent for ICMP.
    pub port: Option<u16>,
    /// Ethernet address.
    pub mac: Option<[u8; 6]>,
    /// Host name.
    pub domain: Option<Text<'a>>,
    /// User name.
    pub user: Option<Text<'a>>,
}

/// A value that has no field of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Value<'a> {
    /// Text.
    Text(Text<'a>),
    /// A whole number.
    Integer(i64),
    /// True or false.
    Bool(bool),
    /// A list of texts.
    List(Vec<Text<'a>>),
    /// A piece of valid JSON, as it stood in the record.
    Json(Text<'a>),
}

/// When a record says it happened, as far as the record alone can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stamp {
    /// A fixed instant, in microseconds since 1970-01-01T00:00:00Z.
    Instant {
        /// Microseconds, negative before 1970.
        unix_micros: i64,
    },
    /// A wall clock of an unknown zone, perhaps without a year. Fields are in range, but 30
    /// February is not excluded.
    Local {
        /// Four digits where the log has them (two-digit years are 20xx).
        year: Option<i16>,
        /// 1 to 12.
        month: i8,
        /// 1 to 31.
        day: i8,
        /// 0 to 23.
        hour: i8,
        /// 0 to 59.
        minute: i8,
        /// 0 to 60, 60 being a leap second.
        second: i8,
        /// 0 to 999,999.
        micros: u32,
    },
}

/// What was done, normalised (`ipsbell.verdict`).
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub enum Verdict {
    /// Dropped or denied without an answer.
    Blocked,
    /// The connection was reset.
    Reset,
    /// Refused with an answer.
    Rejected,
    /// Seen, not stopped.
    Detected,
    /// Would have been stopped if the product were in its blocking mode.
    WouldBlock,
    /// The log does not say.
    #[default]
    Unknown,
}

/// How bad it is, normalised (`ipsbell.severity`); the order is from harmless to bad.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub enum Severity {
    /// For information.
    #[default]
    Info,
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
    /// Critical.
    Critical,
}

/// Which way the traffic went (`network.direction`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Direction {
    /// From outside to a machine of ours.
    Inbound,
    /// From a machine of ours to outside.
    Outbound,
    /// Between machines of ours.
    Internal,
    /// Between machines that are not ours.
    External,
}

impl Verdict {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 6] = [
        Self::Blocked,
        Self::Reset,
        Self::Rejected,
        Self::Detected,
        Self::WouldBlock,
        Self::Unknown,
    ];

    /// The word that users type and read.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Reset => "reset",
            Self::Rejected => "rejected",
            Self::Detected => "detected",
            Self::WouldBlock => "would_block",
            Self::Unknown => "unknown",
        }
    }

    /// Was the attack stopped?
    pub const fn stopped(self) -> bool {
        matches!(self, Self::Blocked | Self::Reset | Self::Rejected)
    }
}

impl Severity {
    /// All, from harmless to bad.
    pub const ALL: [Self; 5] = [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The word that users type and read.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl Direction {
    /// All.
    pub const ALL: [Self; 4] = [Self::Inbound, Self::Outbound, Self::Internal, Self::External];

    /// The word that users type and read, ECS `network.direction`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
            Self::Internal => "internal",
            Self::External => "external",
        }
    }
}

impl<'a> Alert<'a> {
    /// The most details that an alert keeps by name; the raw record has them all.
    pub const DETAILS_MAX: usize = 512;

    /// The name under which details over [`Alert::DETAILS_MAX`] are counted.
    pub const DETAILS_LEFT_OUT: &'static str = "ipsbell.details_left_out";

    /// The detail of this dotted name.
    pub fn detail(&self, key: &str) -> Option<&Value<'a>> {
        self.details.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Adds a detail. A key that is there stays as it is: what a record says first cannot be
    /// overwritten by what an attacker made it say later. Gives the value back that was not taken.
    pub fn note(&mut self, key: impl Into<Text<'a>>, value: Value<'a>) -> Option<Value<'a>> {
        let key = key.into();
        if self.detail(&key).is_some() {
            return Some(value);
        }
        if self.details.len() < Self::DETAILS_MAX {
            self.details.push((key, value));
            return None;
        }
        self.leave_out(1);
        None
    }

    /// Counts details that are left out, under [`Alert::DETAILS_LEFT_OUT`].
    pub(crate) fn leave_out(&mut self, more: i64) {
        match self.details.last_mut() {
            Some((name, Value::Integer(count))) if name == Self::DETAILS_LEFT_OUT => {
                *count = count.saturating_add(more);
            }
            _ => self.details.push((Text::Borrowed(Self::DETAILS_LEFT_OUT), Value::Integer(more))),
        }
    }
}
