//! The one JSON form of an event: Elastic Common Schema 8, nested, absent keys left out, keys
//! sorted. Source: elastic.co, "ECS field reference", release 8.17; own names stand under
//! `ipsbell.`.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::Write as _;

use ipsbell_parsers::alert::{Endpoint, Text, Value, Verdict};
use ipsbell_parsers::text;
use jiff::Timestamp;

use super::{Event, links};

const ECS_VERSION: &str = "8.17.0";

/// The deepest nesting; what a hostile key adds beyond stays a key with points in it.
const DEPTH_MAX: usize = 12;

/// A value on its way into JSON.
enum Leaf<'a> {
    Text(Cow<'a, str>),
    Word(&'static str),
    Number(i128),
    Words(&'static [&'static str]),
    Texts(&'a [Text<'a>]),
    Value(&'a Value<'a>),
    /// A list of one text.
    Only(String),
}

/// Dotted keys and their values.
#[derive(Default)]
struct Fields<'a>(Vec<(Cow<'a, str>, Leaf<'a>)>);

impl Event<'_> {
    /// The event as JSON text on one line, with the record itself under `event.original` where
    /// `with_raw` is set.
    pub fn ecs(&self, with_raw: bool) -> String {
        let mut fields = Fields(Vec::with_capacity(48 + self.alert.details.len()));
        self.about_the_event(&mut fields);
        if with_raw {
            fields.push("event.original", Leaf::Text(text::shown(&self.raw)));
        }
        self.about_the_alert(&mut fields);
        endpoint(Side::SOURCE, &self.alert.source, &mut fields);
        endpoint(Side::DESTINATION, &self.alert.destination, &mut fields);
        let ours = fields.0.len();
        for (key, value) in &self.alert.details {
            let taken = fields.0.iter().take(ours).any(|(name, _)| *name == **key);
            let key = if taken { format!("ipsbell.also.{key}").into() } else { borrowed(key) };
            fields.0.push((key, Leaf::Value(value)));
        }
        fields.json()
    }

    fn about_the_event<'a>(&'a self, fields: &mut Fields<'a>) {
        fields.owned("@timestamp", instant(self.at));
        fields.owned("event.created", instant(self.read_at));
        fields.owned("event.id", self.id.to_string());
        fields.word("ecs.version", ECS_VERSION);
        fields.word("event.kind", "alert");
        fields.push("event.category", Leaf::Words(&["intrusion_detection"]));
        let kind: &[&str] = match self.alert.verdict {
            Verdict::Blocked | Verdict::Reset | Verdict::Rejected => &["denied"],
            Verdict::Detected | Verdict::WouldBlock => &["allowed"],
            Verdict::Unknown => &["info"],
        };
        fields.push("event.type", Leaf::Words(kind));
        fields.text("event.dataset", Some(&self.format));
        fields.number("event.sequence", self.sequence);
        fields.word("agent.type", "ipsbell");
        fields.word("agent.version", env!("CARGO_PKG_VERSION"));
        fields.text("agent.name", Some(&self.agent_host));
        fields.text("host.name", self.alert.host.as_ref().or(Some(&self.agent_host)));
        fields.text("log.file.path", Some(&self.path));
        fields.number("log.offset", Some(self.offset));
        fields.word("ipsbell.severity", self.severity.word());
        fields.word("ipsbell.verdict", self.alert.verdict.word());
        if let Some(direction) = self.direction {
            fields.word("network.direction", direction.word());
        }
    }

    fn about_the_alert<'a>(&'a self, fields: &mut Fields<'a>) {
        let alert = &self.alert;
        fields.text("event.module", Some(&alert.product));
        fields.text("event.action", alert.action.as_ref());
        fields.text("ipsbell.severity_raw", alert.severity_raw.as_ref());
        let severity = alert.severity_raw.as_deref().and_then(|raw| raw.parse::<u32>().ok());
        fields.number("event.severity", severity);
        fields.number("ipsbell.priority", alert.priority);
        fields.number("ipsbell.count", alert.count);
        fields.number("ipsbell.rule.gid", alert.rule.generator);
        fields.text("rule.id", alert.rule.id.as_ref());
        fields.text("rule.name", alert.rule.name.as_ref());
        fields.text("rule.category", alert.rule.category.as_ref());
        fields.text("rule.version", alert.rule.revision.as_ref());
        fields.text("rule.ruleset", alert.rule.ruleset.as_ref());
        match links::link(alert).filter(|_| alert.rule.references.is_empty()) {
            Some(link) => fields.push("rule.reference", Leaf::Only(link.url)),
            None => fields.texts("rule.reference", &alert.rule.references),
        }
        fields.text("network.transport", alert.transport.as_ref());
        fields.text("network.protocol", alert.protocol.as_ref());
        fields.text("ipsbell.direction_raw", alert.direction_raw.as_ref());
        fields.text("observer.ingress.interface.name", alert.interface.as_ref());
        fields.texts("vulnerability.id", &alert.vulnerabilities);
        fields.texts("threat.technique.id", &alert.techniques);
        fields.texts("tags", &alert.tags);
    }
}

/// The names of an endpoint's keys.
struct Side {
    ip: &'static str,
    zone: &'static str,
    port: &'static str,
    mac: &'static str,
    domain: &'static str,
    user: &'static str,
}

impl Side {
    const SOURCE: Self = Self {
        ip: "source.ip",
        zone: "ipsbell.source.zone",
        port: "source.port",
        mac: "source.mac",
        domain: "source.domain",
        user: "source.user.name",
    };
    const DESTINATION: Self = Self {
        ip: "destination.ip",
        zone: "ipsbell.destination.zone",
        port: "destination.port",
        mac: "destination.mac",
        domain: "destination.domain",
        user: "destination.user.name",
    };
}

fn endpoint<'a>(side: Side, end: &'a Endpoint<'a>, fields: &mut Fields<'a>) {
    if let Some(ip) = end.ip {
        fields.owned(side.ip, ip.to_string());
    }
    if let Some([a, b, c, d, e, f]) = end.mac {
        fields.owned(side.mac, format!("{a:02X}-{b:02X}-{c:02X}-{d:02X}-{e:02X}-{f:02X}"));
    }
    fields.text(side.zone, end.zone.as_ref());
    fields.number(side.port, end.port);
    fields.text(side.domain, end.domain.as_ref());
    fields.text(side.user, end.user.as_ref());
}

// RFC 3339 in UTC with microseconds.
fn instant(at: Timestamp) -> String {
    format!("{at:.6}")
}

fn borrowed<'a>(text: &'a Text<'a>) -> Cow<'a, str> {
    Cow::Borrowed(text.as_ref())
}

impl<'a> Fields<'a> {
    fn push(&mut self, key: &'static str, leaf: Leaf<'a>) {
        self.0.push((Cow::Borrowed(key), leaf));
    }

    fn word(&mut self, key: &'static str, word: &'static str) {
        self.push(key, Leaf::Word(word));
    }

    fn owned(&mut self, key: &'static str, text: String) {
        self.push(key, Leaf::Text(Cow::Owned(text)));
    }

    fn number(&mut self, key: &'static str, number: Option<impl Into<i128>>) {
        if let Some(number) = number {
            self.push(key, Leaf::Number(number.into()));
        }
    }

    fn text(&mut self, key: &'static str, text: Option<&'a Cow<'_, str>>) {
        if let Some(text) = text {
            self.push(key, Leaf::Text(Cow::Borrowed(text)));
        }
    }

    fn texts(&mut self, key: &'static str, texts: &'a [Text<'a>]) {
        if !texts.is_empty() {
            self.push(key, Leaf::Texts(texts));
        }
    }

    fn sort(&mut self) {
        self.0.sort_by(|(a, _), (b, _)| by_parts(a, b));
    }

    // A key that is both a value and the beginning of other keys becomes `key.value`.
    fn settle_conflicts(&mut self) {
        self.sort();
        let mut renamed = Vec::new();
        for (at, pair) in self.0.windows(2).enumerate() {
            if let [(key, _), (next, _)] = pair
                && begins(next, key)
            {
                let mut name = format!("{key}.value");
                while self.0.iter().any(|(taken, _)| *taken == name || begins(taken, &name)) {
                    name.push('_');
                }
                renamed.push((at, name));
            }
        }
        let conflicts = !renamed.is_empty();
        for (at, name) in renamed {
            if let Some((key, _)) = self.0.get_mut(at) {
                *key = Cow::Owned(name);
            }
        }
        if conflicts {
            self.sort();
        }
    }

    fn json(mut self) -> String {
        self.settle_conflicts();
        let mut out = String::with_capacity(2048);
        let mut open: Vec<&str> = Vec::with_capacity(DEPTH_MAX);
        out.push('{');
        let mut empty = true;
        for (key, leaf) in &self.0 {
            let mut slots = [""; DEPTH_MAX];
            let length = slots.iter_mut().zip(parts(key)).map(|(slot, part)| *slot = part).count();
            let (path, last) = slots.split_at_checked(length - 1).unwrap_or_default();
            let last = last.first().copied().unwrap_or_default();
            let common = open.iter().zip(path).take_while(|(a, b)| a == b).count();
            for _ in common..open.len() {
                out.push('}');
                empty = false;
            }
            open.truncate(common);
            for part in path.iter().skip(common) {
                name(part, empty, &mut out);
                out.push('{');
                open.push(part);
                empty = true;
            }
            name(last, empty, &mut out);
            leaf.json(&mut out);
            empty = false;
        }
        out.extend(open.iter().map(|_| '}'));
        out.push('}');
        out
    }
}

fn parts(key: &str) -> impl Iterator<Item = &str> {
    key.splitn(DEPTH_MAX, '.')
}

// A point sorts before all else, so that what begins with the same parts stands together.
fn by_parts(a: &str, b: &str) -> Ordering {
    let sortable = |byte: u8| if byte == b'.' { 0 } else { u16::from(byte) + 1 };
    a.bytes().map(sortable).cmp(b.bytes().map(sortable))
}

fn begins(longer: &str, key: &str) -> bool {
    longer.strip_prefix(key).is_some_and(|rest| rest.starts_with('.'))
        && parts(key).count() < DEPTH_MAX
}

fn name(part: &str, first: bool, out: &mut String) {
    if !first {
        out.push(',');
    }
    string(part, out);
    out.push(':');
}

impl Leaf<'_> {
    fn json(&self, out: &mut String) {
        match self {
            Leaf::Text(text) => string(text, out),
            Leaf::Word(word) => string(word, out),
            Leaf::Number(number) => push_number(*number, out),
            Leaf::Words(words) => list(words.iter().copied(), out),
            Leaf::Texts(texts) => list(texts.iter().map(AsRef::as_ref), out),
            Leaf::Only(text) => list([text.as_str()].into_iter(), out),
            Leaf::Value(Value::Text(text)) => string(text, out),
            Leaf::Value(Value::Integer(number)) => push_number(i128::from(*number), out),
            Leaf::Value(Value::Bool(truth)) => out.push_str(if *truth { "true" } else { "false" }),
            Leaf::Value(Value::List(texts)) => list(texts.iter().map(AsRef::as_ref), out),
            Leaf::Value(Value::Json(json)) if json.contains(char::is_control) => {
                piece(json, out);
            }
            Leaf::Value(Value::Json(json)) => out.push_str(json),
        }
    }
}

// A piece of the record that is JSON already. The white space between its tokens must not end our
// line; what else is a control character can only stand inside a string.
fn piece(json: &str, out: &mut String) {
    for character in json.chars() {
        match character {
            '\n' | '\r' | '\t' => out.push(' '),
            c if c.is_control() => {
                write!(out, "\\u{:04x}", u32::from(c)).unwrap_or_default();
            }
            c => out.push(c),
        }
    }
}

fn push_number(number: i128, out: &mut String) {
    // Writing into a string cannot fail.
    write!(out, "{number}").unwrap_or_default();
}

fn list<'a>(texts: impl Iterator<Item = &'a str>, out: &mut String) {
    out.push('[');
    for (at, text) in texts.enumerate() {
        if at > 0 {
            out.push(',');
        }
        string(text, out);
    }
    out.push(']');
}

// RFC 8259 section 7; DEL and the C1 controls are escaped too, so that no terminal obeys a log
// line.
fn string(text: &str, out: &mut String) {
    out.push('"');
    let mut plain = 0;
    for (at, character) in text.char_indices() {
        let escape = match character {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            c if c.is_control() => "",
            _ => continue,
        };
        out.push_str(text.get(plain..at).unwrap_or_default());
        plain = at + character.len_utf8();
        if escape.is_empty() {
            write!(out, "\\u{:04x}", u32::from(character)).unwrap_or_default();
        } else {
            out.push_str(escape);
        }
    }
    out.push_str(text.get(plain..).unwrap_or_default());
    out.push('"');
}
