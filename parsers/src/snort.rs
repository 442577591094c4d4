//! The fields that Snort writes in columns and in JSON, whichever order was configured: what each name of Snort 2 and
//! Snort 3 means. Sources: Snort 2 users manual, "CSV"; Snort 3 reference manual, `alert_csv` and `alert_json`.

mod columns;

use alloc::boxed::Box;

pub(crate) use self::columns::{
    Names, behind_stamp, columns, configured, is_number, keep, names, needs, whole_header,
};
use crate::alert::{Alert, Endpoint, Parsed, Stamp, Text, Value, Verdict};
use crate::{lex, stamp, text, words};

/// The most bytes of a payload's base64.
const PAYLOAD_BYTES_MAX: usize = 64 * 1024;

/// What a field means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Timestamp,
    Seconds,
    Generator,
    Id,
    Revision,
    /// `gid:sid:rev`.
    Rule,
    Message,
    Class,
    Priority,
    Transport,
    Service,
    Action,
    /// What became of the packet, where the rule's own action stands beside it.
    Disposition,
    Direction,
    Interface,
    SourceIp,
    SourcePort,
    /// Address and port, glued together by a colon.
    SourceSocket,
    SourceMac,
    DestinationIp,
    DestinationPort,
    DestinationSocket,
    DestinationMac,
    Payload,
    /// A detail.
    Word(&'static str),
    Integer(&'static str),
    /// The same in hex digits behind `0x`.
    Hex(&'static str),
    /// A number of which 0 says that there is none.
    Tag(&'static str),
    /// Not to be read.
    PassedOver,
}

impl Field {
    /// What a value that [`Event::take`] refuses should have been.
    pub(crate) const fn wanted(self) -> &'static str {
        match self {
            Self::Timestamp => "timestamp",
            Self::Rule => "`gid:sid:rev` of the rule",
            Self::SourceIp => "source address",
            Self::SourceSocket => "source address, `:` and port",
            Self::DestinationIp => "destination address",
            Self::DestinationSocket => "destination address, `:` and port",
            Self::Seconds
            | Self::Generator
            | Self::Id
            | Self::Revision
            | Self::Message
            | Self::Class
            | Self::Priority
            | Self::Transport
            | Self::Service
            | Self::Action
            | Self::Disposition
            | Self::Direction
            | Self::Interface
            | Self::SourcePort
            | Self::SourceMac
            | Self::DestinationPort
            | Self::DestinationMac
            | Self::Payload
            | Self::Word(_)
            | Self::Integer(_)
            | Self::Hex(_)
            | Self::Tag(_)
            | Self::PassedOver => "value",
        }
    }
}

/// An alert that is put together from fields.
pub(crate) struct Event<'a> {
    pub(crate) alert: Box<Alert<'a>>,
    seconds: Option<i64>,
}

impl<'a> Event<'a> {
    /// Nothing is known yet.
    pub(crate) fn new() -> Self {
        let mut alert = Box::<Alert<'a>>::default();
        alert.product = Text::Borrowed("snort");
        // Most have so many.
        alert.details.reserve_exact(16);
        Self { alert, seconds: None }
    }

    /// Takes a field. False where its value cannot be what the field means.
    pub(crate) fn take(&mut self, field: Field, value: Text<'a>) -> bool {
        if value.is_empty() {
            return true;
        }
        let alert = &mut *self.alert;
        match field {
            Field::Timestamp => match stamp::slashes(value.as_bytes()) {
                Ok((_, stamp)) => alert.stamp = Some(stamp),
                Err(_) => return false,
            },
            Field::Seconds => self.seconds = lex::number(value.as_bytes()),
            Field::Generator => alert.rule.generator = lex::number(value.as_bytes()),
            Field::Id => alert.rule.id = Some(value),
            Field::Revision => alert.rule.revision = Some(value),
            Field::Rule => return rule(alert, &value),
            Field::Message => {
                words::cves_owned(&value, &mut alert.vulnerabilities);
                alert.rule.name = Some(text::trimmed(value)).filter(|n| !text::says_nothing(n));
            }
            Field::Class => alert.rule.category = Some(value).filter(|c| !text::says_nothing(c)),
            Field::Priority => {
                alert.priority = lex::number(value.as_bytes());
                alert.severity = alert.priority.map(words::priority).unwrap_or_default();
            }
            Field::Transport => alert.transport = Some(words::transport(value)),
            Field::Service => alert.protocol = Some(value).filter(|s| s != "unknown"),
            Field::Action => alert.action = Some(value),
            Field::Disposition => {
                if let Some(action) = alert.action.replace(value) {
                    alert.note("snort.action", Value::Text(action));
                }
            }
            Field::Direction => alert.direction_raw = Some(value),
            Field::Interface => alert.interface = Some(value),
            Field::SourceIp => return address(&mut alert.source, &value),
            Field::DestinationIp => return address(&mut alert.destination, &value),
            Field::SourcePort => alert.source.port = lex::number(value.as_bytes()),
            Field::DestinationPort => alert.destination.port = lex::number(value.as_bytes()),
            Field::SourceSocket => return socket(&mut alert.source, &value),
            Field::DestinationSocket => return socket(&mut alert.destination, &value),
            Field::SourceMac => alert.source.mac = lex::mac(value.as_bytes()),
            Field::DestinationMac => alert.destination.mac = lex::mac(value.as_bytes()),
            Field::Payload => payload(alert, value),
            Field::Word(key) => note(alert, key, Value::Text(value)),
            Field::Integer(key) => {
                let number = lex::number(value.as_bytes()).map(Value::Integer);
                note(alert, key, number.unwrap_or(Value::Text(value)));
            }
            Field::Hex(key) => {
                let digits = value.strip_prefix("0x").unwrap_or(&value);
                let number = i64::from_str_radix(digits, 16).map(Value::Integer);
                note(alert, key, number.unwrap_or(Value::Text(value)));
            }
            Field::Tag(key) if value != "0" => {
                let number = lex::number(value.as_bytes()).map(Value::Integer);
                note(alert, key, number.unwrap_or(Value::Text(value)));
            }
            Field::Tag(_) | Field::PassedOver => {}
        }
        true
    }

    /// What follows from several fields together; `None` where no rule is named.
    pub(crate) fn finish(self) -> Option<Parsed<'a>> {
        let mut alert = self.alert;
        if alert.rule.id.is_none() && alert.rule.name.is_none() {
            return None;
        }
        alert.stamp = self.seconds.and_then(|whole| instant(whole, alert.stamp)).or(alert.stamp);
        // Without an action it writes the same for what it drops and for what it only sees.
        alert.verdict = alert.action.as_deref().map_or(Verdict::Detected, verdict);
        let has_ports = alert.transport.as_deref().is_none_or(words::has_ports);
        for end in [&mut alert.source, &mut alert.destination] {
            end.port = end.port.filter(|_| has_ports && end.ip.is_some());
        }
        Some(Parsed::Alert(alert))
    }
}

/// What is done with a packet, in Snort 3's words: `cant_drop` says that it could not be.
fn verdict(action: &str) -> Verdict {
    if action.starts_with("cant_") { Verdict::Detected } else { words::verdict(action) }
}

fn note<'a>(alert: &mut Alert<'a>, key: &'static str, value: Value<'a>) {
    alert.note(key, value);
}

// `1:2100498:7`, where no field of its own says it.
fn rule(alert: &mut Alert<'_>, value: &str) -> bool {
    let mut parts = value.split(':');
    let mut next = || parts.next().filter(|part| part.bytes().all(|b| b.is_ascii_digit()));
    let (Some(generator), Some(id), Some(revision)) = (next(), next(), next()) else {
        return false;
    };
    let rule = &mut alert.rule;
    rule.generator = rule.generator.or_else(|| lex::number(generator.as_bytes()));
    rule.id.get_or_insert_with(|| Text::Owned(id.into()));
    rule.revision.get_or_insert_with(|| Text::Owned(revision.into()));
    true
}

fn address(end: &mut Endpoint<'_>, value: &str) -> bool {
    let Some((ip, _)) = lex::address(value.as_bytes()) else { return false };
    end.ip = Some(ip);
    true
}

// The port is always there, 0 where the transport has none; the address is missing where the packet has none.
fn socket(end: &mut Endpoint<'_>, value: &str) -> bool {
    let Some((ip, port)) = value.rsplit_once(':') else { return false };
    if !ip.is_empty() && end.ip.is_none() && !address(end, ip) {
        return false;
    }
    end.port = end.port.or_else(|| lex::number(port.as_bytes()));
    true
}

fn payload<'a>(alert: &mut Alert<'a>, base64: Text<'a>) {
    if base64.len() > PAYLOAD_BYTES_MAX {
        let bytes = i64::try_from(base64.len() / 4 * 3).unwrap_or(i64::MAX);
        alert.note("snort.payload_bytes", Value::Integer(bytes));
    }
    alert.note("ipsbell.payload", Value::Text(text::cut(base64, PAYLOAD_BYTES_MAX)));
}

// The whole seconds, and the fraction of the stamp beside them.
fn instant(seconds: i64, stamp: Option<Stamp>) -> Option<Stamp> {
    let micros = match stamp {
        Some(Stamp::Local { micros, .. }) => i64::from(micros),
        Some(Stamp::Instant { .. }) | None => 0,
    };
    let unix_micros = seconds.checked_mul(1_000_000)?.checked_add(micros)?;
    Some(Stamp::Instant { unix_micros })
}
