//! The matcher of `match`, `unless`, `[[mute]]`, `[[severity]]` and `search`: all given keys must
//! hold, any listed value suffices. Pure; knows neither the configuration's form nor the command
//! line's.

mod pattern;
mod values;

pub use pattern::PATTERN_BYTES_MAX;
pub use values::{network, severity, verdict};

use std::fmt;

use ipnet::IpNet;
use ipsbell_parsers::alert::{Direction, Severity, Verdict};

use crate::event::Event;
use crate::wanted::Unfit;
use pattern::Pattern;
use values::{Ports, RuleTest, direction, network_text};

/// A test of an event. Without any key it holds for every event.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Matcher {
    rules: Vec<RuleTest>,
    categories: Vec<Pattern>,
    severities: Vec<Severity>,
    verdicts: Vec<Verdict>,
    sources: Vec<IpNet>,
    destinations: Vec<IpNet>,
    ports: Vec<Ports>,
    protocols: Vec<Pattern>,
    directions: Vec<Direction>,
    hosts: Vec<Pattern>,
    formats: Vec<Pattern>,
    tags: Vec<Pattern>,
}

/// The most values of one key.
pub const VALUES_MAX: usize = 1_000;

/// A key of a matcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "`Key::about` says what each is, for people and the reference")]
pub enum Key {
    Rule,
    Category,
    Severity,
    Verdict,
    Source,
    Destination,
    Port,
    Protocol,
    Direction,
    Host,
    Format,
    Tag,
}

impl Key {
    /// All, in the order of the reference.
    pub const ALL: [Self; 12] = [
        Self::Rule,
        Self::Category,
        Self::Severity,
        Self::Verdict,
        Self::Source,
        Self::Destination,
        Self::Port,
        Self::Protocol,
        Self::Direction,
        Self::Host,
        Self::Format,
        Self::Tag,
    ];

    /// What users type.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Category => "category",
            Self::Severity => "severity",
            Self::Verdict => "verdict",
            Self::Source => "source",
            Self::Destination => "destination",
            Self::Port => "port",
            Self::Protocol => "protocol",
            Self::Direction => "direction",
            Self::Host => "host",
            Self::Format => "format",
            Self::Tag => "tag",
        }
    }

    /// The key of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.word() == name)
    }

    /// What its values are, a noun phrase.
    pub const fn value(self) -> &'static str {
        match self {
            Self::Rule => "a rule's id, range of ids, or name",
            Self::Category | Self::Protocol | Self::Host | Self::Format | Self::Tag => "a text",
            Self::Severity => "a severity",
            Self::Verdict => "a verdict",
            Self::Source | Self::Destination => "an address or a network",
            Self::Port => "a port or a range of ports",
            Self::Direction => "a direction",
        }
    }

    /// Values to type, without quotes.
    pub const fn examples(self) -> &'static [&'static str] {
        match self {
            Self::Rule => &["2010935", "2210000-2210099", "1:2010935", "119:*", "ET SCAN *"],
            Self::Category => &["*trojan*"],
            Self::Severity => &["high"],
            Self::Verdict => &["detected"],
            Self::Source => &["192.0.2.7", "192.0.2.0/24"],
            Self::Destination => &["2001:db8::/32"],
            Self::Port => &["22", "8000-8999"],
            Self::Protocol => &["tcp", "http"],
            Self::Direction => &["outbound"],
            Self::Host => &["web-*"],
            Self::Format => &["suricata-*"],
            Self::Tag => &["dmz"],
        }
    }

    /// What it tests, for the reference and the help.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Rule => {
                "the rule: its id, a range of ids, generator and id (`1:2010935`), all rules of a \
                 generator (`119:*`), or a text that is compared with its id and with its name"
            }
            Self::Category => "the rule's category",
            Self::Severity => {
                "exactly this severity: `info`, `low`, `medium`, `high` or `critical`"
            }
            Self::Verdict => {
                "what was done: `blocked`, `reset`, `rejected`, `detected`, `would_block` or \
                 `unknown`"
            }
            Self::Source => "the source's address, or a network that it is in",
            Self::Destination => "the destination's address, or a network that it is in",
            Self::Port => "the port, or a range of ports, on either side",
            Self::Protocol => "the transport (`tcp`) or the application protocol (`http`)",
            Self::Direction => "`inbound`, `outbound`, `internal` or `external`",
            Self::Host => "the host: as the record names it, or this agent's",
            Self::Format => "the name of the log's format",
            Self::Tag => "one of the tags",
        }
    }
}

impl Matcher {
    /// A matcher of keys and values as they are typed (`rule`, `2010935`). A key that is given
    /// again adds a value.
    ///
    /// # Errors
    /// An unknown key, or a value that does not fit its key.
    pub fn from_pairs<'t>(
        pairs: impl IntoIterator<Item = (&'t str, &'t str)>,
    ) -> Result<Self, Unfit> {
        let mut matcher = Self::default();
        for (name, value) in pairs {
            let key = Key::named(name).ok_or_else(|| {
                Unfit::one_of("a key of a matcher", name, &Key::ALL.map(Key::word))
            })?;
            matcher.add(key, value)?;
        }
        Ok(matcher)
    }

    /// Adds a value to a key: it suffices beside those that are there.
    ///
    /// # Errors
    /// A value that does not fit the key, and more than [`VALUES_MAX`] of them.
    pub fn add(&mut self, key: Key, value: &str) -> Result<(), Unfit> {
        match key {
            Key::Rule => push(&mut self.rules, RuleTest::read(value)?),
            Key::Category => push(&mut self.categories, Pattern::new(value)?),
            Key::Severity => push(&mut self.severities, severity(value)?),
            Key::Verdict => push(&mut self.verdicts, verdict(value)?),
            Key::Source => push(&mut self.sources, network(value)?),
            Key::Destination => push(&mut self.destinations, network(value)?),
            Key::Port => push(&mut self.ports, Ports::read(value)?),
            Key::Protocol => push(&mut self.protocols, Pattern::new(value)?),
            Key::Direction => push(&mut self.directions, direction(value)?),
            Key::Host => push(&mut self.hosts, Pattern::new(value)?),
            Key::Format => push(&mut self.formats, Pattern::new(value)?),
            Key::Tag => push(&mut self.tags, Pattern::new(value)?),
        }
    }

    /// Does it hold for this event? What the event does not say fits no value.
    pub fn matches(&self, event: &Event<'_>) -> bool {
        let alert = &event.alert;
        let [source, destination] = [&alert.source, &alert.destination];
        let ports = [source.port, destination.port];
        let protocols = [alert.transport.as_deref(), alert.protocol.as_deref()];
        let hosts = [Some(event.agent_host.as_ref()), alert.host.as_deref()];
        any(&self.severities, |severity| *severity == event.severity)
            && any(&self.verdicts, |verdict| *verdict == alert.verdict)
            && any(&self.directions, |direction| Some(*direction) == event.direction)
            && any(&self.sources, |net| source.ip.is_some_and(|ip| net.contains(&ip)))
            && any(&self.destinations, |net| destination.ip.is_some_and(|ip| net.contains(&ip)))
            && any(&self.ports, |range| ports.iter().flatten().any(|port| range.contains(*port)))
            && any(&self.rules, |rule| rule.holds(&alert.rule))
            && any_text(&self.formats, [event.format.as_ref()])
            && any_text(&self.categories, alert.rule.category.as_deref())
            && any_text(&self.protocols, protocols.into_iter().flatten())
            && any_text(&self.hosts, hosts.into_iter().flatten())
            && any_text(&self.tags, alert.tags.iter().map(AsRef::as_ref))
    }

    /// Has it no key, so that it holds for every event?
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Its keys and values as they are typed, in the order of [`Key::ALL`]: what
    /// [`Matcher::from_pairs`] takes.
    pub fn pairs(&self) -> impl Iterator<Item = (Key, String)> {
        Key::ALL.into_iter().flat_map(|key| self.values(key).into_iter().map(move |v| (key, v)))
    }

    fn values(&self, key: Key) -> Vec<String> {
        let text = |pattern: &Pattern| pattern.text().to_owned();
        match key {
            Key::Rule => self.rules.iter().map(RuleTest::to_string).collect(),
            Key::Category => self.categories.iter().map(text).collect(),
            Key::Severity => self.severities.iter().map(|s| s.word().to_owned()).collect(),
            Key::Verdict => self.verdicts.iter().map(|v| v.word().to_owned()).collect(),
            Key::Source => self.sources.iter().map(network_text).collect(),
            Key::Destination => self.destinations.iter().map(network_text).collect(),
            Key::Port => self.ports.iter().map(Ports::to_string).collect(),
            Key::Protocol => self.protocols.iter().map(text).collect(),
            Key::Direction => self.directions.iter().map(|d| d.word().to_owned()).collect(),
            Key::Host => self.hosts.iter().map(text).collect(),
            Key::Format => self.formats.iter().map(text).collect(),
            Key::Tag => self.tags.iter().map(text).collect(),
        }
    }
}

/// As it is typed in the configuration, without the braces: `rule = "2010935", port = ["22",
/// "80"]`.
impl fmt::Display for Matcher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for key in Key::ALL {
            let values: Vec<String> = self.values(key).iter().map(|v| quoted(v)).collect();
            match &values[..] {
                [] => continue,
                [value] => write!(formatter, "{separator}{} = {value}", key.word())?,
                _ => write!(formatter, "{separator}{} = [{}]", key.word(), values.join(", "))?,
            }
            separator = ", ";
        }
        Ok(())
    }
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            _ if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            _ => quoted.push(c),
        }
    }
    // What the configuration would take from the environment is meant as it stands.
    quoted = quoted.replace("${", "$${");
    quoted.push('"');
    quoted
}

fn push<T>(values: &mut Vec<T>, value: T) -> Result<(), Unfit> {
    if values.len() >= VALUES_MAX {
        return Err(Unfit::new(format!("at most {VALUES_MAX} values")));
    }
    values.push(value);
    Ok(())
}

fn any<T>(values: &[T], holds: impl Fn(&T) -> bool) -> bool {
    values.is_empty() || values.iter().any(holds)
}

fn any_text<'t>(patterns: &[Pattern], texts: impl IntoIterator<Item = &'t str>) -> bool {
    patterns.is_empty()
        || texts.into_iter().any(|text| patterns.iter().any(|pattern| pattern.matches(text)))
}

#[cfg(test)]
mod tests;
