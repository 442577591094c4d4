//! ModSecurity's audit log, native and serial: a record of sections between boundary lines, `--0a1b2c3d-A--` (2.x) or
//! `---aB3dE5g7---A--` (libmodsecurity), the last of which is `Z`.
//!
//! A client wrote the bodies and a part of the heads in a record, and may write boundaries into them. He cannot know the
//! record's own, which is thrown as dice, so nothing else ends a section or a record. All messages of a request are one
//! alert. Sources: ModSecurity 2 Data Formats, "Audit log"; ModSecurity reference manual, `SecAuditLogParts`.

mod boundary;
mod sections;

use alloc::{borrow::Cow, boxed::Box};

use self::boundary::Boundary;
use self::sections::Sections;
use crate::alert::{Alert, Parsed, Reject};
use crate::record::{Frame, Place};
use crate::{Format, Framing, modsec, no_short_cut, text};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "modsec-audit",
    about: "ModSecurity's native audit log, 2.x and libmodsecurity",
    example: concat!(
        "--0a1b2c3d-A--\n",
        "[14/Mar/2026:10:50:25 +0000] ZmwR5AebAO5-Tfs4FnXWuwAAigg 203.0.113.9 50234 192.0.2.80 80\n",
        "--0a1b2c3d-B--\n",
        "GET /?q=attack HTTP/1.1\n",
        "Host: www.example.com\n",
        "\n",
        "--0a1b2c3d-F--\n",
        "HTTP/1.1 403 Forbidden\n",
        "\n",
        "--0a1b2c3d-H--\n",
        "Message: Access denied with code 403 (phase 2). Pattern match \"attack\" at ARGS:q. ",
        "[file \"/etc/modsecurity/rules.conf\"] [line \"7\"] [id \"1000001\"] [msg \"Attack in q\"] ",
        "[severity \"CRITICAL\"]\n",
        "Action: Intercepted (phase 2)\n",
        "Engine-Mode: \"ENABLED\"\n",
        "\n",
        "--0a1b2c3d-Z--",
    ),
    framing: Framing::Lines(Frame { begins, place }),
    also: &[],
    claims,
    skips: no_short_cut,
    parse,
    parse_head: parse,
};

fn begins(line: &[u8]) -> bool {
    Boundary::read(line).is_some_and(|boundary| boundary.section == b'A')
}

// A record whose beginning is gone is one record as well, and one reject.
fn claims(record: &[u8]) -> bool {
    Boundary::first(record).is_some()
}

fn place(record: &[u8], line: &[u8]) -> Place {
    let Some(boundary) = Boundary::read(line) else {
        return if record.is_empty() { Place::Outside } else { Place::Inside };
    };
    match Boundary::first(record) {
        Some(first) if first.id == boundary.id && boundary.section == b'Z' => Place::Last,
        // The record lost its end, if the server itself wrote what stands before.
        Some(first)
            if first.id != boundary.id
                && boundary.section == b'A'
                && first.is_among_servers_words(record) =>
        {
            Place::Outside
        }
        _ => Place::Inside,
    }
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let sections = Sections::split(record)?;
    let parts = [sections.header, sections.request, sections.response, sections.trailer];
    let parsed = match parts.map(text::shown) {
        [
            Cow::Borrowed(header),
            Cow::Borrowed(request),
            Cow::Borrowed(response),
            Cow::Borrowed(trailer),
        ] => read([header, request, response, trailer]),
        shown => {
            let [header, request, response, trailer] = &shown;
            read([header, request, response, trailer]).map(Parsed::into_owned)
        }
    };
    // Only the header can be wrong, and it stands behind the first boundary.
    parsed.map_err(|reject| Reject { at: reject.at + sections.header_at, ..reject })
}

fn read<'a>([header, request, response, trailer]: [&'a str; 4]) -> Result<Parsed<'a>, Reject> {
    let mut alert = Box::<Alert<'a>>::default();
    alert.product = Cow::Borrowed("modsecurity");
    let mut messages = modsec::Request::default();
    let engine = sections::trailer(trailer, &mut messages);
    if !messages.is_alert() {
        return Ok(Parsed::Other);
    }
    alert.details.reserve_exact(24);
    sections::header(header, &mut alert)?;
    sections::request(request, &mut alert);
    sections::response(response, &mut alert);
    messages.describe(&mut alert);
    engine.complete(&mut alert);
    Ok(Parsed::Alert(alert))
}

#[cfg(test)]
mod tests;
