//! Zeek's `notice.log` and `signatures.log`, as tab-separated values behind their header lines and as JSON. Sources:
//! docs.zeek.org, "notice.log", "Zeek Log Formats and Inspection", `base/frameworks/notice/main.zeek`,
//! `base/frameworks/signatures/main.zeek`.

mod fields;
mod table;

use memchr::memmem;

use self::fields::{Given, Notice};
use crate::alert::{Parsed, Reject};
use crate::json::glance::{self, Key};
use crate::json::{self, Members};
use crate::record::Headed;
use crate::{Format, Framing};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "zeek-notice",
    about: "Zeek's notice.log and signatures.log, TSV and JSON",
    example: concat!(
        r#"{"ts":1773485425.823699,"uid":"CHhAvVGS1DHFjwGM9","id.orig_h":"192.0.2.80","#,
        r#""id.orig_p":40112,"id.resp_h":"198.51.100.11","id.resp_p":22,"proto":"tcp","#,
        r#""note":"SSH::Password_Guessing","msg":"192.0.2.80 appears to be guessing SSH "#,
        r#"passwords","src":"192.0.2.80","dst":"198.51.100.11","p":22,"#,
        r#""actions":["Notice::ACTION_LOG"],"suppress_for":3600.0}"#
    ),
    framing: Framing::Headed(Headed { keep: table::keep, needs: table::needs, columns: &[] }),
    also: &[],
    claims,
    skips,
    parse,
    parse_head: parse,
};

const NOTE: Key = Key { quoted: b"\"note\"", rare: 1 };

/// The kind of a notice stands in so many bytes.
const NOTE_BYTES_MAX: usize = 256;

/// What is wanted of a row without a header.
const HEADER: &str = "the `#fields` line above it, which names its columns";

fn claims(record: &[u8]) -> bool {
    match record.first() {
        Some(b'#') => table::is_header(record),
        Some(b'{' | b' ' | b'\t') => {
            glance::member(record, NOTE).is_some_and(|value| {
                let kind = value.get(..NOTE_BYTES_MAX).unwrap_or(value);
                // The module and its notice.
                value.first() == Some(&b'"') && memmem::find(kind, b"::").is_some()
            })
        }
        Some(b'0'..=b'9') => table::is_row(record),
        _ => false,
    }
}

// Zeek's other logs have the same header lines, and are most of what it writes.
fn skips(record: &[u8]) -> bool {
    record.first() == Some(&b'#') && !table::is_of_notices(record)
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    match record.trim_ascii_start().first() {
        Some(b'{') => json::read_whole(record, object),
        Some(b'#') => table::read(record),
        _ => Err(Reject { at: 0, wanted: HEADER }),
    }
}

fn object(document: &str) -> Result<Parsed<'_>, Reject> {
    let mut notice = Notice::new();
    json::read(document, &mut notice)?;
    notice.finish(document.len())
}

impl<'a> Members<'a> for Notice<'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        match key {
            // Some write the connection as it is inside Zeek.
            "id" if value.starts_with('{') => json::inside(value, &mut Connection(self)),
            _ => self.take(key, Given::Json(value)),
        }
    }
}

struct Connection<'n, 'a>(&'n mut Notice<'a>);

impl<'a> Members<'a> for Connection<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        let key = match key {
            "orig_h" => "id.orig_h",
            "orig_p" => "id.orig_p",
            "resp_h" => "id.resp_h",
            "resp_p" => "id.resp_p",
            _ => return,
        };
        self.0.take(key, Given::Json(value));
    }
}
