//! What `status` says of a log.

use std::fmt::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use super::{brief, size};
use crate::destinations::console::printable;
use crate::store::{FileView, Reason};
use crate::tail::Mounts;
use crate::trouble::Condition;

#[derive(Debug, Serialize)]
pub(super) struct Source {
    path: String,
    format: Option<String>,
    records: u64,
    events: u64,
    others: u64,
    rejects: u64,
    cut: u64,
    lost_bytes: u64,
    offset: Option<u64>,
    /// Of the journal: all that was written before is read.
    read_until: Option<Timestamp>,
    /// How often journalctl had to be started again.
    failures: Option<u64>,
    lag_bytes: Option<u64>,
    last_read_at: Option<Timestamp>,
    /// Records by the format that reads them, most first.
    formats: Vec<Format>,
    /// Why records are not understood, most first.
    reasons: Vec<Unread>,
    last_reject: Option<String>,
    problem: Option<String>,
}

/// Records that one format reads.
#[derive(Debug, Serialize)]
struct Format {
    name: String,
    records: u64,
}

/// Records that are not understood for one reason.
#[derive(Debug, Serialize)]
struct Unread {
    /// Which format tried; none if none claimed them.
    format: Option<String>,
    wanted: String,
    records: u64,
    last_seen_at: Option<Timestamp>,
    last_offset: u64,
    last_at_byte: usize,
}

impl Source {
    /// What is known of a path, from the store and the file that is there.
    pub(super) fn of(file: FileView, conditions: &[Condition], mounts: &Mounts) -> Self {
        let path = Path::new(&file.path);
        // A file system that does not answer must not hang the one who asks why.
        let near = mounts.network(path).is_none();
        let size =
            near.then(|| std::fs::metadata(path).map(|metadata| metadata.size()).ok()).flatten();
        let of_file = conditions.iter().find(|condition| condition.subject == file.path);
        let formats = file.understood.formats.into_iter();
        let reasons = file.understood.reasons.into_iter();
        let problem = of_file.map(|condition| condition.text.clone());
        let of_journal = file.journal.is_some();
        // An entry of the journal has its time for an offset.
        let record = |offset: u64| match Timestamp::from_microsecond(offset.cast_signed()) {
            Ok(at) if of_journal => format!("an entry of {at}"),
            _ => format!("the record at offset {offset}"),
        };
        Self {
            lag_bytes: size.zip(file.offset).map(|(size, offset)| size.saturating_sub(offset)),
            path: file.path,
            format: file.format,
            records: file.counts.records,
            events: file.counts.events,
            others: file.counts.others,
            rejects: file.counts.rejects,
            cut: file.counts.cut,
            lost_bytes: file.counts.lost_bytes,
            offset: file.offset,
            read_until: file.journal.map(|(read_until, _)| read_until),
            failures: file.journal.map(|(_, failures)| failures),
            last_read_at: file.last_read_at,
            last_reject: file.reject.map(|(offset, at, wanted)| {
                format!("{}: wanted {wanted} at its byte {at}", record(offset))
            }),
            formats: formats.map(|(name, records)| Format { name, records }).collect(),
            reasons: reasons.map(Unread::of).collect(),
            problem,
        }
    }

    /// Its lines.
    pub(super) fn write(&self, text: &mut String) -> fmt::Result {
        let formats: Vec<String> = self.formats.iter().map(Format::to_string).collect();
        let formats = match (formats.is_empty(), &self.format) {
            (false, _) => formats.join(", "),
            (true, Some(format)) => format.clone(),
            (true, None) => "format not found yet".to_owned(),
        };
        writeln!(text, "source       {} ({formats})", self.path.escape_debug())?;
        let last_read = self.last_read_at;
        writeln!(
            text,
            "             {} records: {} events, {} other, {} not understood{}",
            self.records,
            self.events,
            self.others,
            self.rejects,
            last_read.map_or_else(String::new, |at| format!("; last read {}", brief(at))),
        )?;
        for reason in &self.reasons {
            writeln!(text, "             not understood: {reason}")?;
        }
        if let Some(reject) = &self.last_reject {
            writeln!(text, "             last not understood: {reject}")?;
        }
        if let (Some(until), Some(failures)) = (self.read_until, self.failures) {
            let again = match failures {
                0 => String::new(),
                times => format!("; journalctl failed {times} times and was started again"),
            };
            writeln!(text, "             read until {}{again}", brief(until))?;
        }
        if let Some(lag) = self.lag_bytes.filter(|lag| *lag > 0) {
            writeln!(text, "             {} still to be read", size(lag))?;
        }
        if self.cut + self.lost_bytes > 0 {
            let (cut, lost) = (self.cut, self.lost_bytes);
            writeln!(
                text,
                "             {cut} lines cut at 1 MiB or records at 4 MiB, at least {lost} bytes gone unread"
            )?;
        }
        Ok(())
    }
}

impl Unread {
    fn of((reason, last_seen_at): (Reason, Option<Timestamp>)) -> Self {
        let Reason { format, wanted, records, offset, at_byte } = reason;
        let format = Some(format).filter(|format| !format.is_empty());
        Self { format, wanted, records, last_seen_at, last_offset: offset, last_at_byte: at_byte }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {} records", printable(&self.name), self.records)
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wanted, records, last_offset: offset, last_at_byte: at, .. } = self;
        let format = self.format.as_deref().unwrap_or("no format");
        let wanted = printable(wanted);
        write!(
            formatter,
            "{records} times {format} wanted {wanted}, last at offset {offset}, byte {at}"
        )
    }
}
