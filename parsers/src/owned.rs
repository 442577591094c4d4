//! Alerts that outlive their record.

use alloc::{borrow::Cow, boxed::Box, vec::Vec};

use crate::Read;
use crate::alert::{Alert, Endpoint, Parsed, Rule, Text, Value};

fn text(text: Text<'_>) -> Text<'static> {
    Cow::Owned(text.into_owned())
}

fn maybe(value: Option<Text<'_>>) -> Option<Text<'static>> {
    value.map(text)
}

fn list(values: Vec<Text<'_>>) -> Vec<Text<'static>> {
    values.into_iter().map(text).collect()
}

impl Parsed<'_> {
    /// The same, owning its texts.
    pub fn into_owned(self) -> Parsed<'static> {
        match self {
            Self::Alert(alert) => Parsed::Alert(Box::new(alert.into_owned())),
            Self::Also(kind, alert) => Parsed::Also(kind, Box::new(alert.into_owned())),
            Self::Other => Parsed::Other,
        }
    }
}

impl Read<'_> {
    /// The same, owning its texts.
    pub fn into_owned(self) -> Read<'static> {
        match self {
            Self::Alert { format, alert } => {
                Read::Alert { format, alert: Box::new(alert.into_owned()) }
            }
            Self::Other { format } => Read::Other { format },
            Self::Blank => Read::Blank,
            Self::Unclaimed => Read::Unclaimed,
            Self::Reject { format, reject } => Read::Reject { format, reject },
        }
    }
}

impl Alert<'_> {
    /// The same alert, owning its texts.
    pub fn into_owned(self) -> Alert<'static> {
        Alert {
            product: text(self.product),
            host: maybe(self.host),
            action: maybe(self.action),
            severity_raw: maybe(self.severity_raw),
            rule: self.rule.into_owned(),
            source: self.source.into_owned(),
            destination: self.destination.into_owned(),
            transport: maybe(self.transport),
            protocol: maybe(self.protocol),
            direction_raw: maybe(self.direction_raw),
            interface: maybe(self.interface),
            vulnerabilities: list(self.vulnerabilities),
            techniques: list(self.techniques),
            tags: list(self.tags),
            details: self.details.into_iter().map(|(k, v)| (text(k), v.into_owned())).collect(),
            stamp: self.stamp,
            verdict: self.verdict,
            severity: self.severity,
            priority: self.priority,
            direction: self.direction,
            count: self.count,
        }
    }
}

impl Rule<'_> {
    /// The same rule, owning its texts.
    pub fn into_owned(self) -> Rule<'static> {
        Rule {
            id: maybe(self.id),
            generator: self.generator,
            name: maybe(self.name),
            category: maybe(self.category),
            revision: maybe(self.revision),
            ruleset: maybe(self.ruleset),
            references: list(self.references),
        }
    }
}

impl Endpoint<'_> {
    /// The same side, owning its texts.
    pub fn into_owned(self) -> Endpoint<'static> {
        Endpoint {
            zone: maybe(self.zone),
            domain: maybe(self.domain),
            user: maybe(self.user),
            ip: self.ip,
            port: self.port,
            mac: self.mac,
        }
    }
}

impl Value<'_> {
    /// The same value, owning its texts.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Value::Text(value) => Value::Text(text(value)),
            Value::Json(value) => Value::Json(text(value)),
            Value::List(values) => Value::List(list(values)),
            Value::Integer(value) => Value::Integer(value),
            Value::Bool(value) => Value::Bool(value),
        }
    }
}
