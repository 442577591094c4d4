//! Can the journal be read, and what is in it?

use std::borrow::Cow;
use std::time::Duration;

use ipsbell_parsers::Record;

use super::{RECORDS_MAX, Report, check_records};
use crate::config::{Config, JournalMatch, Source};
use crate::journal;

/// The longest that reading the journal's last entries may take.
const SAMPLE_TIME_MAX: Duration = Duration::from_secs(10);

pub(super) fn check(report: &mut Report, source: (&Source, &Config), wanted: &JournalMatch) {
    let entries = match journal::sample(wanted, RECORDS_MAX, SAMPLE_TIME_MAX) {
        Ok(entries) => entries,
        Err(failure) => {
            let text = failure.to_string();
            let (what, hint) = text.split_once("; hint: ").unwrap_or((&text, ""));
            return report.bad(&format!("source {wanted}: {what}"), hint);
        }
    };
    if entries.is_empty() {
        return report.note(&format!(
            "source {wanted}: the journal can be read, and has no such entry yet; it is awaited; \
             `journalctl --field=_SYSTEMD_UNIT` and `--field=SYSLOG_IDENTIFIER` list the names that it has"
        ));
    }
    let mut records = Vec::new();
    for entry in &entries {
        let mut bytes = Vec::new();
        entry.write_header(&mut bytes);
        bytes.extend_from_slice(&entry.message);
        let offset = entry.at_us.cast_unsigned();
        records.push(Record { offset, bytes: Cow::Owned(bytes), cut: entry.is_cut });
    }
    check_records(report, &wanted.to_string(), source, &records);
}
