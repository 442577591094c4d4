//! What the fields of a notice mean, whatever form they came in.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use core::net::IpAddr;

use crate::alert::{Alert, Parsed, Reject, Severity, Text, Value, Verdict};
use crate::{json, lex, stamp, text, words};

/// The most items that are taken of a set.
const SET_MAX: usize = 64;

/// A field's value as it was given.
pub(super) enum Given<'a> {
    /// A column's text, not unset and not empty.
    Column(Text<'a>),
    /// A set's column, and what stands between its items.
    Set(Text<'a>, u8),
    /// Valid JSON.
    Json(&'a str),
}

impl<'a> Given<'a> {
    fn text(self) -> Option<Text<'a>> {
        match self {
            Self::Column(text) | Self::Set(text, _) => Some(text),
            Self::Json(json) => json::plain(json),
        }
    }

    fn set(self) -> Vec<Text<'a>> {
        match self {
            Self::Column(text) => [text].into(),
            Self::Set(Text::Borrowed(text), separator) => {
                text.split(char::from(separator)).take(SET_MAX).map(Text::Borrowed).collect()
            }
            Self::Set(text, separator) => {
                let items = text.split(char::from(separator)).take(SET_MAX);
                items.map(|item| Text::Owned(item.into())).collect()
            }
            Self::Json(json) => json::texts(json, SET_MAX),
        }
    }

    fn kept(self) -> Option<Value<'a>> {
        match self {
            Self::Json(json) => json::kept(json).filter(|value| *value != Value::Text("".into())),
            Self::Column(text) | Self::Set(text, _) => {
                let number = lex::number(text.as_bytes()).map(Value::Integer);
                Some(number.unwrap_or(Value::Text(text)))
            }
        }
    }
}

/// One side of the traffic: address and port.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
struct Side {
    ip: Option<IpAddr>,
    port: Option<u16>,
}

/// A notice that is put together from fields.
pub(super) struct Notice<'a> {
    alert: Box<Alert<'a>>,
    /// What the notice itself names: the port is that of the second.
    source: Side,
    destination: Side,
    /// Who opened the connection that it is about, and who answered.
    originator: Side,
    responder: Side,
    actions: Vec<Text<'a>>,
    dropped: bool,
}

impl<'a> Notice<'a> {
    pub(super) fn new() -> Self {
        let mut alert = Box::<Alert<'a>>::default();
        alert.product = Text::Borrowed("zeek");
        alert.details.reserve_exact(12);
        Self {
            alert,
            source: Side::default(),
            destination: Side::default(),
            originator: Side::default(),
            responder: Side::default(),
            actions: Vec::new(),
            dropped: false,
        }
    }

    pub(super) fn take(&mut self, name: &str, value: Given<'a>) {
        let alert = &mut *self.alert;
        match name {
            "ts" => alert.stamp = value.text().and_then(|text| stamp::any(text.as_bytes())),
            "note" => {
                alert.rule.name = value.text();
                // `Scan::Port_Scan` belongs to the module Scan.
                let module = alert.rule.name.as_deref().and_then(|name| name.split_once("::"));
                alert.rule.category = module.map(|(module, _)| Text::Owned(module.into()));
            }
            "sig_id" => alert.rule.id = value.text(),
            "msg" | "event_msg" => {
                if let Some(message) = value.text() {
                    words::cves_owned(&message, &mut alert.vulnerabilities);
                    alert.note("message", Value::Text(message));
                }
            }
            "proto" => alert.transport = value.text().map(words::transport),
            "id.orig_h" => self.originator.ip = address(value),
            "id.orig_p" => self.originator.port = port(value),
            "id.resp_h" => self.responder.ip = address(value),
            "id.resp_p" => self.responder.port = port(value),
            "src" | "src_addr" => self.source.ip = address(value),
            "src_port" => self.source.port = port(value),
            "dst" | "dst_addr" => self.destination.ip = address(value),
            "p" | "dst_port" => self.destination.port = port(value),
            "actions" => self.actions = value.set(),
            "dropped" => self.dropped = value.text().is_some_and(|t| matches!(&*t, "T" | "true")),
            "_path" | "_write_ts" => {}
            _ => {
                if let Some(value) = value.kept() {
                    self.alert.note(named(name), value);
                }
            }
        }
    }

    /// What follows from several fields together.
    pub(super) fn finish(mut self, record_bytes: usize) -> Result<Parsed<'a>, Reject> {
        let reject = |wanted| Err(Reject { at: record_bytes, wanted });
        if !self.alert.rule.name.as_deref().is_some_and(|name| name.contains("::")) {
            return reject("`note` with a notice's kind");
        }
        if self.alert.stamp.is_none() {
            return reject("`ts`");
        }
        self.sides();
        let alert = &mut *self.alert;
        let dropped = self.actions.iter().find(|action| action.ends_with("::ACTION_DROP")).cloned();
        alert.verdict = match dropped.is_some() || self.dropped {
            true => Verdict::Blocked,
            false => Verdict::Detected,
        };
        alert.action = dropped;
        alert.severity =
            self.actions.iter().map(|action| severity(action)).max().unwrap_or(Severity::Low);
        if !self.actions.is_empty() {
            alert.note("zeek.actions", Value::List(self.actions));
        }
        Ok(Parsed::Alert(self.alert))
    }

    // The notice's own addresses count; what it leaves out the connection says.
    fn sides(&mut self) {
        let (mut from, mut to) = (self.source, self.destination);
        let (originator, responder) = (self.originator, self.responder);
        match (from.ip, to.ip) {
            (None, None) => (from.ip, to.ip) = (originator.ip, responder.ip),
            (Some(ip), None) if Some(ip) == originator.ip => to.ip = responder.ip,
            (Some(ip), None) if Some(ip) == responder.ip => to.ip = originator.ip,
            (None, Some(ip)) if Some(ip) == responder.ip => from.ip = originator.ip,
            _ => {}
        }
        let along = from.ip == originator.ip && from.ip.is_some();
        if along {
            from.port = from.port.or(originator.port);
            if to.ip == responder.ip {
                to.port = to.port.or(responder.port);
            }
        }
        let alert = &mut *self.alert;
        (alert.source.ip, alert.source.port) = (from.ip, from.port);
        (alert.destination.ip, alert.destination.port) = (to.ip, to.port);
        if alert.transport.as_deref().is_some_and(|transport| !words::has_ports(transport)) {
            (alert.source.port, alert.destination.port) = (None, None);
        }
        // Seen the other way round, the connection is told beside.
        if !along && originator.ip.is_some() {
            for (prefix, side) in [("zeek.id.orig", originator), ("zeek.id.resp", responder)] {
                if let Some(ip) = side.ip {
                    alert.note(format!("{prefix}_h"), Value::Text(format!("{ip}").into()));
                }
                if let Some(port) = side.port {
                    alert.note(format!("{prefix}_p"), Value::Integer(i64::from(port)));
                }
            }
        }
    }
}

// What the site's policy makes of a notice is all that says how bad it is.
fn severity(action: &str) -> Severity {
    match action.rsplit("::").next() {
        Some("ACTION_PAGE") => Severity::High,
        Some("ACTION_ALARM" | "ACTION_DROP" | "ACTION_EMAIL" | "ACTION_EMAIL_ADMIN") => {
            Severity::Medium
        }
        _ => Severity::Low,
    }
}

fn named(name: &str) -> Text<'static> {
    let ecs = match name {
        "file_mime_type" => "file.mime_type",
        "peer_descr" | "peer_name" | "_system_name" => "observer.name",
        "community_id" => "network.community_id",
        "sub" | "sub_msg" => "zeek.sub",
        "uid" => "zeek.uid",
        "fuid" => "zeek.fuid",
        "suppress_for" => "zeek.suppress_for",
        "email_dest" => "zeek.email_dest",
        "n" => "zeek.n",
        _ => return Text::Owned(format!("zeek.{name}")),
    };
    Text::Borrowed(ecs)
}

fn address(value: Given<'_>) -> Option<IpAddr> {
    lex::address(value.text()?.as_bytes()).map(|(ip, _)| ip)
}

fn port(value: Given<'_>) -> Option<u16> {
    let text = value.text()?;
    // Zeek itself writes `22/tcp` in some places.
    let number = text.split('/').next().unwrap_or_default();
    lex::number(text::trimmed(Text::Borrowed(number)).as_bytes())
}
