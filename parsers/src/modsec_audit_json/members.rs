//! The members of an audit record in JSON. The three products' names do not contradict each other, so one reader knows them
//! all. Of a name that stands there twice the first counts.

use alloc::{borrow::Cow, vec::Vec};

use crate::alert::{Alert, Endpoint, Stamp, Text, Value};
use crate::json::{self, Members};
use crate::modsec::{self, Engine, MESSAGES_MAX, Message, Request};
use crate::{lex, stamp};

/// What is read so far.
#[derive(Default)]
pub(super) struct Audit<'a> {
    pub(super) transaction_seen: bool,
    alert: Alert<'a>,
    /// The engine's sentences, escapes undone, and beside each what else is said of the rule.
    said: Vec<(Option<Text<'a>>, Message<'a>)>,
    request: Request<'a>,
    /// Coraza's instant, which counts before its wall clock.
    instant: Option<Stamp>,
    coraza: bool,
}

/// Reads one member into what is read so far.
type Take = for<'a> fn(&mut Audit<'a>, &str, &'a str);

/// An object of the record, and how its members are read.
pub(super) struct Section<'s, 'a> {
    audit: &'s mut Audit<'a>,
    take: Take,
}

impl<'a> Members<'a> for Section<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        (self.take)(self.audit, key, value);
    }
}

impl<'a> Audit<'a> {
    /// Reads an object by these rules.
    pub(super) fn section(&mut self, take: Take) -> Section<'_, 'a> {
        Section { audit: self, take }
    }

    /// The alert, if there is one.
    pub(super) fn into_alert(self) -> Option<Alert<'a>> {
        let Self { mut alert, said, request, instant, coraza, .. } = self;
        alert.product = Cow::Borrowed(if coraza { "coraza" } else { "modsecurity" });
        alert.stamp = instant.or(alert.stamp);
        let (sentences, rules): (Vec<_>, Vec<_>) = said.into_iter().unzip();
        if sentences.iter().all(Option::is_none) {
            return described(alert, request, rules.into_iter());
        }
        let messages = sentences.iter().zip(rules).map(|(sentence, rule)| match sentence {
            Some(sentence) => spoken(sentence, rule),
            None => rule,
        });
        described(alert, request, messages).map(Alert::into_owned)
    }

    fn note(&mut self, key: &'static str, value: &'a str) {
        if let Some(text) = json::plain(value) {
            modsec::note_text(key, text, &mut self.alert);
        }
    }

    fn inside(&mut self, value: &'a str, take: Take) {
        json::inside(value, &mut self.section(take));
    }
}

/// The members of the record.
pub(super) fn record<'a>(audit: &mut Audit<'a>, key: &str, value: &'a str) {
    match key {
        "transaction" => {
            audit.transaction_seen |= value.starts_with('{');
            audit.inside(value, transaction);
        }
        "request" => audit.inside(value, request),
        "response" => audit.inside(value, response),
        "audit_data" => audit.inside(value, audit_data),
        "messages" => messages(audit, value),
        _ => {}
    }
}

// 2.x has its own names here; libmodsecurity and Coraza nest all else in it.
fn transaction<'a>(audit: &mut Audit<'a>, key: &str, value: &'a str) {
    match key {
        "time" | "time_stamp" | "timestamp" => time(audit, value),
        "unix_timestamp" => {
            audit.coraza = true;
            audit.instant = audit.instant.or_else(|| stamp::epoch(value.as_bytes()));
        }
        "transaction_id" | "unique_id" | "id" => audit.note("modsecurity.unique_id", value),
        "remote_address" | "client_ip" => address(&mut audit.alert.source, value),
        "remote_port" | "client_port" => port(&mut audit.alert.source, value),
        "local_address" | "host_ip" => address(&mut audit.alert.destination, value),
        "local_port" | "host_port" => port(&mut audit.alert.destination, value),
        "server_id" => audit.note("modsecurity.server_id", value),
        "request" => audit.inside(value, request),
        "response" => audit.inside(value, response),
        "producer" => audit.inside(value, producer),
        "messages" => messages(audit, value),
        "highest_severity" => audit.note("modsecurity.highest_severity", value),
        "is_interrupted" => audit.request.intercepted = truth(audit.request.intercepted, value),
        _ => {}
    }
}

fn request<'a>(audit: &mut Audit<'a>, key: &str, value: &'a str) {
    match key {
        "request_line" => match json::plain(value) {
            Some(Cow::Borrowed(line)) => modsec::request_line(line, &mut audit.alert),
            Some(Cow::Owned(line)) => {
                let mut own = Alert::default();
                modsec::request_line(&line, &mut own);
                for (key, value) in own.into_owned().details {
                    audit.alert.note(key, value);
                }
            }
            None => {}
        },
        "method" => audit.note("http.request.method", value),
        "uri" => audit.note("url.original", value),
        "protocol" => version(audit, value),
        "http_version" => audit.note("http.version", value),
        "headers" => audit.inside(value, request_header),
        _ => {}
    }
}

// A value, or a list of values of which the first counts.
fn request_header<'a>(audit: &mut Audit<'a>, key: &str, value: &'a str) {
    json::items(value, 1, |value| {
        if let Some(text) = json::plain(value) {
            modsec::request_header(key, text, &mut audit.alert);
        }
    });
}

fn response<'a>(audit: &mut Audit<'a>, key: &str, value: &'a str) {
    if matches!(key, "status" | "http_code")
        && let Some(status) = number::<i64>(value).filter(|status| *status > 0)
    {
        audit.alert.note("http.response.status_code", Value::Integer(status));
    }
}

fn producer<'a>(audit: &mut Audit<'a>, key: &str, value: &'a str) {
    match key {
        "modsecurity" | "version" => audit.note("modsecurity.producer", value),
        "connector" => audit.note("modsecurity.connector", value),
        "server" => audit.note("modsecurity.server", value),
        "secrules_engine" | "rule_engine" => engine(audit, value),
        _ => {}
    }
}

// The trailer of 2.x.
fn audit_data<'a>(audit: &mut Audit<'a>, key: &str, value: &'a str) {
    match key {
        "messages" => messages(audit, value),
        "action" => audit.inside(value, |audit, key, value| {
            if key == "intercepted" {
                audit.request.intercepted = truth(audit.request.intercepted, value);
            }
        }),
        "engine_mode" => engine(audit, value),
        "producer" => {
            json::items(value, 1, |value| audit.note("modsecurity.producer", value));
        }
        "server" => audit.note("modsecurity.server", value),
        _ => {}
    }
}

// Sentences of 2.x; objects of libmodsecurity, whose rule is in `details`, and of Coraza, whose rule is in `data`.
fn messages<'a>(audit: &mut Audit<'a>, value: &'a str) {
    if !value.starts_with('[') {
        return;
    }
    json::items(value, usize::MAX, |item| {
        if audit.said.len() == MESSAGES_MAX {
            audit.request.leave_out();
        } else if item.starts_with('{') {
            let mut said = Said::default();
            json::inside(item, &mut said);
            audit.said.push(said.into_parts());
        } else {
            audit.said.push((json::plain(item), Message::default()));
        }
    });
}

// What the messages of a request make of its alert.
fn described<'s>(
    mut alert: Alert<'s>,
    mut request: Request<'s>,
    messages: impl Iterator<Item = Message<'s>>,
) -> Option<Alert<'s>> {
    messages.for_each(|message| request.push(message));
    if !request.is_alert() {
        return None;
    }
    request.describe(&mut alert);
    Some(alert)
}

// A sentence has all that stands beside it, and the decision as well.
fn spoken<'s>(sentence: &'s str, rule: Message<'s>) -> Message<'s> {
    let body = match sentence.strip_prefix("[client ").and_then(|rest| rest.split_once("] ")) {
        Some((_, body)) => body,
        None => sentence,
    };
    let body = body.strip_prefix("Coraza: ").or_else(|| body.strip_prefix("ModSecurity: "));
    Message::read(body.unwrap_or(sentence)).0.filled(rule)
}

/// One message of libmodsecurity or Coraza.
#[derive(Default)]
struct Said<'a> {
    sentence: Option<Text<'a>>,
    rule: Message<'a>,
    /// The rule's name where nothing else has it.
    name: Option<Text<'a>>,
}

impl<'a> Said<'a> {
    fn into_parts(self) -> (Option<Text<'a>>, Message<'a>) {
        let Self { sentence, mut rule, name } = self;
        if let Some(name) = name {
            rule.set("msg", name);
        }
        (sentence, rule)
    }
}

impl<'a> Members<'a> for Said<'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        match key {
            "message" => self.name = self.name.take().or_else(|| json::plain(value)),
            "error_message" => self.sentence = self.sentence.take().or_else(|| json::plain(value)),
            "details" | "data" => json::inside(value, &mut Details(&mut self.rule)),
            _ => {}
        }
    }
}

/// What a message says of its rule.
struct Details<'m, 'a>(&'m mut Message<'a>);

impl<'a> Members<'a> for Details<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        if key == "tags" {
            return json::items(value, usize::MAX, |tag| {
                if let Some(tag) = json::plain(tag) {
                    self.0.set("tag", tag);
                }
            });
        }
        let Some(text) = json::plain(value) else { return };
        match key {
            "match" => self.0.set_reason(text),
            "ruleId" => self.0.set("id", text),
            "lineNumber" => self.0.set("line", text),
            "reference" => self.0.set("ref", text),
            // `raw`, the rule's own text, is none of these.
            _ => self.0.set(key, text),
        }
    }
}

fn time(audit: &mut Audit<'_>, value: &str) {
    let text = json::plain(value).unwrap_or_default();
    let stamp = stamp::common_log(text.as_bytes()).ok().map(|(_, stamp)| stamp);
    audit.alert.stamp = audit.alert.stamp.or(stamp).or_else(|| stamp::any(text.as_bytes()));
}

fn address<'a>(end: &mut Endpoint<'a>, value: &'a str) {
    if end.ip.is_some() || end.domain.is_some() {
        return;
    }
    match json::plain(value) {
        Some(Cow::Borrowed(text)) => *end = Endpoint { port: end.port, ..modsec::client(text) },
        Some(Cow::Owned(name)) => end.domain = Some(Cow::Owned(name)),
        None => {}
    }
}

fn port(end: &mut Endpoint<'_>, value: &str) {
    // Coraza writes 0 where its connector did not tell it.
    end.port = end.port.or_else(|| number(value).filter(|port| *port > 0));
}

fn engine<'a>(audit: &mut Audit<'a>, value: &'a str) {
    if audit.request.engine == Engine::Unknown {
        audit.request.engine = Engine::read(&json::plain(value).unwrap_or_default());
    }
    audit.note("modsecurity.engine_mode", value);
}

// `HTTP/1.1`
fn version<'a>(audit: &mut Audit<'a>, value: &'a str) {
    if let Some(Cow::Borrowed(text)) = json::plain(value)
        && let Some(version) = text.strip_prefix("HTTP/")
    {
        modsec::note_text("http.version", Cow::Borrowed(version), &mut audit.alert);
    }
}

fn number<T: core::str::FromStr>(value: &str) -> Option<T> {
    json::plain(value).and_then(|digits| lex::number(digits.as_bytes()))
}

fn truth(known: Option<bool>, value: &str) -> Option<bool> {
    known.or_else(|| json::plain(value)?.parse().ok())
}
