//! The values of a matcher: rules, ports, networks, words. Pure.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::ops::RangeInclusive;

use ipnet::{IpNet, Ipv4Net};
use ipsbell_parsers::alert::{Direction, Rule, Severity, Verdict};

use super::pattern::Pattern;
use crate::wanted::Unfit;

/// A test of the rule.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum RuleTest {
    /// `2010935`, `2210000-2210099`, `1:2010935`, `1:2210000-2210099`.
    Number { generator: Option<u32>, ids: RangeInclusive<u64> },
    /// `119:*`: all of a generator.
    Generator(u32),
    /// The whole id or the whole name.
    Text(Pattern),
}

impl RuleTest {
    pub(super) fn read(text: &str) -> Result<Self, Unfit> {
        let number =
            |text: &str| text.chars().all(|c| c.is_ascii_digit()).then(|| text.parse().ok());
        let (generator, ids) = match text.split_once(':') {
            Some((generator, ids)) => match number(generator).flatten() {
                Some(generator) => (u32::try_from(generator).ok(), ids),
                None => return Pattern::new(text).map(Self::Text),
            },
            None => (None, text),
        };
        if let (Some(generator), "*") = (generator, ids) {
            return Ok(Self::Generator(generator));
        }
        let (first, last) = ids.split_once('-').unwrap_or((ids, ids));
        match (number(first).flatten(), number(last).flatten()) {
            (Some(first), Some(last)) if first <= last => {
                Ok(Self::Number { generator, ids: first..=last })
            }
            (Some(_), Some(_)) => {
                Err(Unfit::new("a range of rule ids").hint("write the smaller id first"))
            }
            _ => Pattern::new(text).map(Self::Text),
        }
    }

    pub(super) fn holds(&self, rule: &Rule<'_>) -> bool {
        match self {
            Self::Number { generator, ids } => {
                let id = rule.id.as_deref().and_then(|id| id.parse::<u64>().ok());
                id.is_some_and(|id| ids.contains(&id))
                    && (generator.is_none() || *generator == rule.generator)
            }
            Self::Generator(generator) => rule.generator == Some(*generator),
            Self::Text(pattern) => {
                [&rule.id, &rule.name].into_iter().flatten().any(|text| pattern.matches(text))
            }
        }
    }
}

impl fmt::Display for RuleTest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number { generator, ids } => {
                generator.iter().try_for_each(|generator| write!(formatter, "{generator}:"))?;
                range(formatter, ids)
            }
            Self::Generator(generator) => write!(formatter, "{generator}:*"),
            Self::Text(pattern) => formatter.write_str(pattern.text()),
        }
    }
}

/// A port or a range of ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ports(RangeInclusive<u16>);

impl Ports {
    pub(super) fn read(text: &str) -> Result<Self, Unfit> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (first.trim().parse(), last.trim().parse()) {
            (Ok(first), Ok(last)) if first <= last => Ok(Self(first..=last)),
            _ => Err(Unfit::new("a port from 0 to 65535, or a range of ports")
                .hint("such as `22` or `8000-8999`")),
        }
    }

    pub(super) fn contains(&self, port: u16) -> bool {
        self.0.contains(&port)
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        range(formatter, &self.0)
    }
}

fn range<T: fmt::Display + PartialEq>(
    formatter: &mut fmt::Formatter<'_>,
    range: &RangeInclusive<T>,
) -> fmt::Result {
    if range.start() == range.end() {
        write!(formatter, "{}", range.start())
    } else {
        write!(formatter, "{}-{}", range.start(), range.end())
    }
}

/// An address or a network (CIDR). Bits behind the prefix do not count; an IPv4 network mapped into
/// IPv6 is folded, as the addresses of events are.
///
/// # Errors
/// Anything else.
pub fn network(text: &str) -> Result<IpNet, Unfit> {
    const MAPPED_BITS: u8 = 96;
    let text = text.trim();
    let parsed = match text.parse::<IpAddr>() {
        Ok(address) => Some(IpNet::from(address)),
        Err(_) => text.parse::<IpNet>().ok(),
    };
    let net = parsed.ok_or_else(|| {
        Unfit::new("an address or a network")
            .hint("such as `192.0.2.7`, `192.0.2.0/24` or `2001:db8::/32`")
    })?;
    let mapped = |net: IpNet| {
        let IpAddr::V6(address) = net.addr() else { return None };
        let prefix = net.prefix_len().checked_sub(MAPPED_BITS)?;
        Ipv4Net::new(Ipv6Addr::to_ipv4_mapped(&address)?, prefix).ok()
    };
    Ok(mapped(net).map_or(net, IpNet::V4).trunc())
}

/// A network as users type it: an address where it holds only one.
pub(super) fn network_text(net: &IpNet) -> String {
    if net.prefix_len() == net.max_prefix_len() { net.addr().to_string() } else { net.to_string() }
}

/// A severity's word.
///
/// # Errors
/// Anything else.
pub fn severity(text: &str) -> Result<Severity, Unfit> {
    word("a severity", text, &Severity::ALL, Severity::word)
}

/// A verdict by its word.
///
/// # Errors
/// Anything else.
pub fn verdict(text: &str) -> Result<Verdict, Unfit> {
    word("a verdict", text, &Verdict::ALL, Verdict::word)
}

pub(super) fn direction(text: &str) -> Result<Direction, Unfit> {
    word("a direction", text, &Direction::ALL, Direction::word)
}

fn word<T: Copy>(
    wanted: &str,
    text: &str,
    all: &[T],
    word: impl Fn(T) -> &'static str,
) -> Result<T, Unfit> {
    let known = all.iter().copied().find(|known| word(*known).eq_ignore_ascii_case(text.trim()));
    known.ok_or_else(|| {
        let words: Vec<&str> = all.iter().copied().map(word).collect();
        Unfit::one_of(wanted, text, &words)
    })
}
