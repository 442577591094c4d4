//! The sections of an audit record: where they begin, and what those say that an alert takes. Bodies are not looked into.

use alloc::borrow::Cow;

use memchr::memmem;

use super::boundary::Boundary;
use crate::alert::{Alert, Reject, Text, Value};
use crate::modsec::{self, Engine, Message, Request};
use crate::{lex, stamp};

/// The sections that are read; empty where one is missing.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Sections<'a> {
    /// `A`: time, id, addresses.
    pub(super) header: &'a [u8],
    /// Where that begins in the record.
    pub(super) header_at: usize,
    /// `B`: the request's line and head.
    pub(super) request: &'a [u8],
    /// `F`: the response's head.
    pub(super) response: &'a [u8],
    /// `H`: messages, and what was done.
    pub(super) trailer: &'a [u8],
}

impl<'a> Sections<'a> {
    /// Splits a record at its own boundaries, in any order. The first of a letter counts.
    pub(super) fn split(record: &'a [u8]) -> Result<Self, Reject> {
        let Some(first) = Boundary::first(record) else {
            return Err(Reject { at: 0, wanted: "a boundary, `--id-A--`" });
        };
        if first.section != b'A' {
            return Err(Reject { at: 0, wanted: "section A, where a record begins" });
        }
        let header_at = first.id.len() + "A--".len();
        let mut sections = Self { header_at, ..Self::default() };
        let (mut trailer_seen, mut end_seen) = (false, false);
        let (mut section, mut from) = (first.section, header_at);
        for at in memmem::find_iter(record, first.id).skip(1) {
            let line = record.get(at..).unwrap_or_default();
            let begins_line = at.checked_sub(1).and_then(|at| record.get(at)) == Some(&b'\n');
            let Some(boundary) = Boundary::first(line).filter(|_| begins_line) else { continue };
            sections.keep(section, record.get(from..at).unwrap_or_default());
            (section, from) = (boundary.section, at + boundary.id.len() + "A--".len());
            trailer_seen |= section == b'H';
            end_seen |= section == b'Z';
        }
        sections.keep(section, record.get(from..).unwrap_or_default());
        if trailer_seen || end_seen {
            Ok(sections)
        } else {
            Err(Reject { at: record.len(), wanted: "section H, or the end in Z" })
        }
    }

    fn keep(&mut self, section: u8, content: &'a [u8]) {
        let place = match section {
            b'A' => &mut self.header,
            b'B' => &mut self.request,
            b'F' => &mut self.response,
            b'H' => &mut self.trailer,
            _ => return,
        };
        if place.is_empty() {
            *place = content;
        }
    }
}

/// `[14/Mar/2026:10:50:25 +0000] ID SOURCE PORT DESTINATION PORT`
pub(super) fn header<'a>(text: &'a str, alert: &mut Alert<'a>) -> Result<(), Reject> {
    let blanks = text.len() - text.trim_start().len();
    let line = text.trim();
    let (time, rest) = line
        .strip_prefix('[')
        .and_then(|inside| inside.split_once(']'))
        .ok_or(Reject { at: blanks, wanted: "the time in brackets" })?;
    alert.stamp = stamp::common_log(time.as_bytes()).ok().map(|(_, stamp)| stamp);
    let mut words = rest.split_ascii_whitespace();
    if let Some(id) = words.next() {
        modsec::note_text("modsecurity.unique_id", Cow::Borrowed(id), alert);
    }
    for end in [&mut alert.source, &mut alert.destination] {
        if let Some(address) = words.next() {
            *end = modsec::client(address);
            end.port = words.next().and_then(|port| lex::number(port.as_bytes())).or(end.port);
        }
    }
    Ok(())
}

/// The request's line, and of its head what has a name.
pub(super) fn request<'a>(text: &'a str, alert: &mut Alert<'a>) {
    let mut lines = text.trim_start_matches(['\r', '\n']).lines();
    modsec::request_line(lines.next().unwrap_or_default(), alert);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        modsec::request_header(name, Cow::Borrowed(value.trim()), alert);
    }
}

/// `HTTP/1.1 403 Forbidden`
pub(super) fn response(text: &str, alert: &mut Alert<'_>) {
    let line = text.trim_start().lines().next().unwrap_or_default();
    let status = line.split(' ').nth(1).and_then(|status| lex::number(status.as_bytes()));
    if let Some(status) = status {
        alert.note("http.response.status_code", Value::Integer(status));
    }
}

/// What the trailer says of the engine.
#[derive(Debug, Default)]
pub(super) struct Trailer<'a> {
    mode: Text<'a>,
    producer: Text<'a>,
    server: Text<'a>,
}

impl<'a> Trailer<'a> {
    /// Gives the alert what the trailer says.
    pub(super) fn complete(self, alert: &mut Alert<'a>) {
        modsec::note_text("modsecurity.engine_mode", self.mode, alert);
        modsec::note_text("modsecurity.producer", self.producer, alert);
        modsec::note_text("modsecurity.server", self.server, alert);
    }
}

/// The messages, one a line: `Message: ...` of 2.x, `ModSecurity: ...` of libmodsecurity, whose early releases put the client
/// in front; and what was done. `Apache-Error` repeats messages, and is not looked at.
pub(super) fn trailer<'a>(text: &'a str, messages: &mut Request<'a>) -> Trailer<'a> {
    let mut trailer = Trailer::default();
    for line in text.lines() {
        let line = match line.strip_prefix("[client ").and_then(|rest| rest.split_once("] ")) {
            Some((_, behind)) => behind,
            None => line,
        };
        let Some((name, value)) = line.split_once(": ") else { continue };
        match name {
            "Message" | "ModSecurity" | "mod_security-message" => {
                messages.push(Message::read(value).0);
            }
            "Action" if value.starts_with("Intercepted") => messages.intercepted = Some(true),
            "Engine-Mode" => {
                trailer.mode = Cow::Borrowed(value.trim_matches('"'));
                messages.engine = Engine::read(&trailer.mode);
            }
            "Producer" => trailer.producer = Cow::Borrowed(value),
            "Server" => trailer.server = Cow::Borrowed(value),
            _ => {}
        }
    }
    trailer
}
