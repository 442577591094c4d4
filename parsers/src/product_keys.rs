//! Where the value of a product's key belongs in an alert: products share the meanings and differ in the keys. A product has
//! a table of its keys; what the table does not know stays under the product's own name. Knows no product.

use alloc::{borrow::Cow, format, vec::Vec};

use crate::alert::{Alert, Endpoint, Text, Value};
use crate::table::{ROWS_MAX, Table};
use crate::{lex, text, words};

/// What a key says.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Field {
    Action,
    Category,
    Count,
    /// Text with CVE numbers in it.
    Cve,
    Direction,
    Host,
    Interface,
    /// The rule's name. CVE numbers in it are taken.
    Name,
    Priority,
    Protocol,
    Reference,
    Rule,
    Ruleset,
    Transport,
    Source(Side),
    Destination(Side),
    /// Looked at by the product's own reader; what that hands back is text under this name.
    Own(&'static str),
    /// Text under this name.
    Text(&'static str),
    /// The same in lower case.
    Lower(&'static str),
    /// A number under this name, or text where it is none.
    Number(&'static str),
}

/// What of an endpoint.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Side {
    Address,
    Domain,
    Mac,
    Port,
    User,
}

/// The keys of a product.
#[derive(Debug)]
pub(crate) struct Names {
    /// What stands before the keys that are not in the table: `fortigate.`.
    pub(crate) prefix: &'static str,
    pub(crate) keys: Table<Field>,
}

/// Which keys of a table a record had, and what it said a second time.
#[derive(Debug, Default)]
struct Seen<'a> {
    bits: [u64; ROWS_MAX / 64 + 1],
    repeated: Vec<Text<'a>>,
}

impl Seen<'_> {
    // Marks a key. False where it was marked before.
    fn mark(&mut self, at: usize) -> bool {
        let bit = 1_u64 << (at % 64);
        let Some(bits) = self.bits.get_mut(at / 64) else { return true };
        let new = *bits & bit == 0;
        *bits |= bit;
        new
    }
}

impl Names {
    /// Takes keys and their values in their order. `own` sees those that are the product's own ([`Field::Own`]), and hands
    /// back what is to be kept as well. A value is kept under its own key where the table does not know that, or where its
    /// field has a value already. The second value of a key changes nothing, and is kept in one list with the others.
    pub(crate) fn take_all<'a>(
        &self,
        pairs: impl Iterator<Item = (&'a str, Text<'a>)>,
        alert: &mut Alert<'a>,
        mut own: impl FnMut(&'a str, Text<'a>, &mut Alert<'a>) -> Option<Text<'a>>,
    ) {
        let mut seen = Seen::default();
        for (key, value) in pairs {
            let left = match self.keys.find(key) {
                Some((at, _)) if !seen.mark(at) => Some(value),
                Some((_, Field::Own(name))) => own(key, value, alert)
                    .and_then(|value| text_of(alert.note(name, Value::Text(value)))),
                Some((_, field)) => self.take(key, Some(field), value, alert),
                None => self.take(key, None, value, alert),
            };
            if let Some(value) = left {
                seen.repeated.push(Cow::Owned(format!("{key}={value}")));
            }
        }
        if !seen.repeated.is_empty() {
            alert.note(format!("{}repeated", self.prefix), Value::List(seen.repeated));
        }
    }

    fn take<'a>(
        &self,
        key: &str,
        field: Option<Field>,
        value: Text<'a>,
        alert: &mut Alert<'a>,
    ) -> Option<Text<'a>> {
        let left = match field {
            Some(field) if !text::says_nothing(&value) => field.take(value, alert)?,
            _ => value,
        };
        text_of(alert.note(format!("{}{key}", self.prefix), Value::Text(left)))
    }
}

impl Field {
    /// Puts a value where it belongs. Gives it back where that place is taken by another, or where it is not of that form.
    pub(crate) fn take<'a>(self, value: Text<'a>, alert: &mut Alert<'a>) -> Option<Text<'a>> {
        match self {
            Self::Action => first(&mut alert.action, value),
            Self::Category => first(&mut alert.rule.category, value),
            Self::Count => parsed(&mut alert.count, lex::number(value.as_bytes()), value),
            Self::Cve => {
                words::cves_owned(&value, &mut alert.vulnerabilities);
                Some(value).filter(|_| alert.vulnerabilities.is_empty())
            }
            Self::Direction => first(&mut alert.direction_raw, value),
            Self::Host => first(&mut alert.host, value),
            Self::Interface => first(&mut alert.interface, value),
            Self::Name => {
                words::cves_owned(&value, &mut alert.vulnerabilities);
                first(&mut alert.rule.name, value)
            }
            Self::Priority => parsed(&mut alert.priority, lex::number(value.as_bytes()), value),
            Self::Protocol => first(&mut alert.protocol, text::lower(value)),
            Self::Reference => {
                alert.rule.references.push(value);
                None
            }
            Self::Rule => first(&mut alert.rule.id, value),
            Self::Ruleset => first(&mut alert.rule.ruleset, value),
            Self::Transport => first(&mut alert.transport, words::transport(value)),
            Self::Source(side) => side.take(value, &mut alert.source),
            Self::Destination(side) => side.take(value, &mut alert.destination),
            Self::Text(name) | Self::Own(name) => text_of(alert.note(name, Value::Text(value))),
            Self::Lower(name) => text_of(alert.note(name, Value::Text(text::lower(value)))),
            Self::Number(name) => match lex::number(value.as_bytes()) {
                Some(number) => text_of(alert.note(name, Value::Integer(number))),
                None => text_of(alert.note(name, Value::Text(value))),
            },
        }
    }
}

impl Side {
    fn take<'a>(self, value: Text<'a>, end: &mut Endpoint<'a>) -> Option<Text<'a>> {
        match self {
            Self::Domain => first(&mut end.domain, value),
            Self::User => first(&mut end.user, value),
            Self::Port => parsed(&mut end.port, lex::number(value.as_bytes()), value),
            Self::Mac => parsed(&mut end.mac, lex::mac(value.as_bytes()), value),
            Self::Address => match lex::address(value.as_bytes()) {
                Some((ip, zone)) if end.ip.is_none() => {
                    end.ip = Some(ip);
                    end.zone = zone.map(|zone| Cow::Owned(zone.into_owned()));
                    None
                }
                // Some products put a name where an address is wanted.
                None if end.domain.is_none() => first(&mut end.domain, value),
                _ => Some(value),
            },
        }
    }
}

/// Sets a field that has no value yet. Gives the value back where it has another.
pub(crate) fn first<'a>(field: &mut Option<Text<'a>>, value: Text<'a>) -> Option<Text<'a>> {
    if field.is_some() {
        // A product's own reader took the same value already.
        return (field.as_deref() != Some(&*value)).then_some(value);
    }
    *field = Some(value);
    None
}

fn parsed<'a, T: PartialEq>(
    field: &mut Option<T>,
    found: Option<T>,
    value: Text<'a>,
) -> Option<Text<'a>> {
    match found {
        Some(found) if field.as_ref().is_none_or(|there| *there == found) => {
            *field = Some(found);
            None
        }
        _ => Some(value),
    }
}

/// A detail that was not taken, as the text that it was.
pub(crate) fn text_of(value: Option<Value<'_>>) -> Option<Text<'_>> {
    match value? {
        Value::Text(text) => Some(text),
        Value::Integer(number) => Some(Cow::Owned(format!("{number}"))),
        Value::Bool(_) | Value::List(_) | Value::Json(_) => None,
    }
}
