//! What a record is and why, in lines for people: the format that reads it, the headers before it, the place where a
//! grammar stopped. Every byte of a record is shown as ASCII, so that nothing in it is obeyed by a terminal and the mark
//! stands where it should.

use std::io::{self, Write};

use ipsbell_parsers::FORMATS;

use crate::grammar::{self, Grammar, Read, Reader};

/// So many bytes of a record are shown before the place of a reject, and behind it.
const SHOWN_BEFORE: usize = 60;
const SHOWN_BEHIND: usize = 30;

/// So many bytes of a header's piece are shown.
const PIECE_SHOWN_MAX: usize = 48;

const INDENT: &str = "    ";

/// Writes what the record at `place`, a path and the number of its first line, is.
pub(super) fn write(
    out: &mut impl Write,
    (path, number): (&str, u64),
    record: &[u8],
    read: &Read<'_>,
    reader: &Reader,
) -> io::Result<()> {
    let begins = reader.begins(record);
    // Of a reject that nobody claims it is not known what stands before it.
    let unclaimed = if matches!(read, Read::Unclaimed) { record.len() } else { 0 };
    let behind = behind(record, begins.unwrap_or(unclaimed));
    let lead = format!("{path}:{number}:");
    match read {
        Read::Blank => Ok(()),
        Read::Alert { format, alert } => {
            let (severity, verdict) = (alert.severity.word(), alert.verdict.word());
            writeln!(out, "{lead} alert, {}, {severity}, {verdict}{behind}", format.name())
        }
        Read::Other { format } => writeln!(out, "{lead} no alert, {}{behind}", format.name()),
        Read::Unclaimed => {
            let own = match reader.own_count() {
                0 => String::new(),
                count => format!(" and {count} of the configuration"),
            };
            let known = FORMATS.len();
            let bare = if behind.is_empty() { "" } else { ", bare or" };
            writeln!(out, "{lead} unclaimed: none of {known} formats{own} claims it{bare}{behind}")
        }
        Read::Reject { format, reject } => {
            let (at, wanted) = grammar::place(format, *reject, record);
            let claimed = match begins {
                None if matches!(format, Grammar::Known(_)) => {
                    ", which does not claim it".to_owned()
                }
                _ => behind,
            };
            let format = format.name();
            writeln!(out, "{lead} reject, {format}{claimed}: wanted {wanted} at byte {at}")?;
            excerpt(out, record, at)
        }
    }
}

/// ` behind HEADER`, piece by piece.
fn behind(record: &[u8], before: usize) -> String {
    let pieces: Vec<String> = grammar::headers(record, before)
        .map(|piece| {
            let piece = piece.trim_ascii();
            let cut = piece.get(..PIECE_SHOWN_MAX);
            format!("`{}{}`", shown(cut.unwrap_or(piece)), if cut.is_some() { "…" } else { "" })
        })
        .collect();
    if pieces.is_empty() { String::new() } else { format!(" behind {}", pieces.join(" ")) }
}

/// The record around a byte, and a mark under it.
fn excerpt(out: &mut impl Write, record: &[u8], at: usize) -> io::Result<()> {
    let at = at.min(record.len());
    let from = at.saturating_sub(SHOWN_BEFORE);
    let to = record.len().min(at.saturating_add(SHOWN_BEHIND));
    let part = |from, to| shown(record.get(from..to).unwrap_or_default());
    let (before, rest) = (part(from, at), part(at, to));
    let [begin, end] = [from > 0, to < record.len()].map(|cut| if cut { "…" } else { "" });
    writeln!(out, "{INDENT}{begin}{before}{rest}{end}")?;
    let width = begin.chars().count() + before.len();
    writeln!(out, "{INDENT}{:width$}^", "")
}

/// The bytes as ASCII that a terminal shows and does not obey: what is none stands as `\xNN`.
fn shown(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b' '..=b'~' => text.push(char::from(*byte)),
            _ => text.extend(byte.escape_ascii().map(char::from)),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::grammar::FormatChoice;

    #[track_caller]
    fn check(choice: &FormatChoice, records: &[&[u8]], wanted: &str) {
        let known = ipsbell_parsers::Reader::new;
        let mut reader = Reader::new(choice, &Arc::default(), known);
        let mut out = Vec::new();
        for (number, record) in (1..).zip(records) {
            let read = reader.read(record);
            write(&mut out, ("x.log", number), record, &read, &reader).unwrap();
        }
        let told = String::from_utf8(out).unwrap();
        assert_eq!(told.trim_end(), wanted.trim_matches('\n'), "\n{told}");
    }

    const FAST: &[u8] =
        b"<134>Mar 14 10:50:25 fw ips[7]: 03/14/2026-10:50:25.000000  [**] [1:7:1] x [**] \
          [Classification: y] [Priority: 1] {TCP} 203.0.113.1:4 -> 198.51.100.2:443";

    #[test]
    fn each_record_is_explained_and_the_place_is_marked() {
        let torn = b"{\"event_type\":\"alert\"\x1b[2J\xff";
        check(
            &FormatChoice::Auto,
            &[FAST, b"", br#"{"event_type":"dns"}"#, torn],
            r#"
x.log:1: alert, suricata-fast, high, detected behind `<134>` `Mar 14 10:50:25` `fw` `ips[7]:`
x.log:3: no alert, suricata-eve
x.log:4: reject, suricata-eve: wanted `,` or `}` at byte 21
    {"event_type":"alert"\x1b[2J\xff
                         ^
"#,
        );
    }

    #[test]
    fn what_nobody_claims_says_so_and_long_records_are_cut() {
        let formats = FORMATS.len();
        check(
            &FormatChoice::Auto,
            &[b"Sep  2 00:13:42 web1 sshd[1]: hello", b"hello"],
            &format!(
                "x.log:1: unclaimed: none of {formats} formats claims it, bare or behind `Sep  2 00:13:42` \
                 `web1` `sshd[1]:`\nx.log:2: unclaimed: none of {formats} formats claims it"
            ),
        );
        let long = [br#"{"a":""#.repeat(100), b"z".repeat(100)].concat();
        let eve = FormatChoice::Named(ipsbell_parsers::format("suricata-eve").unwrap());
        let begin = String::from_utf8_lossy(&long[..38]);
        check(
            &eve,
            &[&long],
            &format!(
                "x.log:1: reject, suricata-eve, which does not claim it: wanted `,` or `}}` at byte 8\n    \
                 {begin}…\n            ^"
            ),
        );
        let mut out = Vec::new();
        excerpt(&mut out, &long, 350).unwrap();
        let lines = String::from_utf8(out).unwrap();
        let widths: Vec<usize> = lines.lines().map(|line| line.chars().count()).collect();
        assert_eq!(widths, [4 + 1 + SHOWN_BEFORE + SHOWN_BEHIND + 1, 4 + 1 + SHOWN_BEFORE + 1]);
    }
}
