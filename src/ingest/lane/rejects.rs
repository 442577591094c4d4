//! What becomes of the records of a file that are not understood: each is counted by its reason, some are kept as samples.

use ipsbell_parsers::Record;
use ipsbell_parsers::alert::Reject;
use jiff::SignedDuration;
use tracing::error;

use super::Lane;
use crate::grammar::{self, Grammar};
use crate::store::{Batch, Reason, Rejected, StoreError};
use crate::trouble::{Incident, POISON_TOLD_EVERY};

/// Rejects of one chunk that are kept as samples; the others are counted.
const SAMPLES_A_CHUNK: u64 = 8;

/// Bytes of a sample.
const SAMPLE_BYTES_MAX: usize = 2048;

/// Reasons for the rejects of one chunk that are told apart; the last stands for all others.
const REASONS_MAX: usize = 32;

/// What was wanted of those others.
const OTHERWISE: &str = "something else";

/// What is wanted of a record that makes the program fail.
const HARMLESS: &str = "a record that does not make the program fail";

impl Lane {
    /// Counts a record that its grammar does not read, and keeps a sample of it.
    pub(super) fn reject(
        &mut self,
        batch: &mut Batch<'_>,
        record: &Record<'_>,
        format: &Grammar,
        reject: Reject,
    ) -> Result<(), StoreError> {
        let own = format.own(&record.bytes);
        let at = reject.at.saturating_sub(record.bytes.len() - own.len());
        self.count_reason(format.name(), reject.wanted, record.offset, at);
        if self.counts.rejects >= SAMPLES_A_CHUNK {
            self.counts.rejects += 1;
            return Ok(());
        }
        let (at, wanted) = grammar::place(format, reject, &record.bytes);
        self.keep(batch, (record.offset, own), Some(format.name()), &wanted, at)
    }

    /// Counts a record of which no byte can be read.
    pub(super) fn unreadable(
        &mut self,
        batch: &mut Batch<'_>,
        offset: u64,
        wanted: &str,
    ) -> Result<(), StoreError> {
        self.count_reason("", wanted, offset, 0);
        self.keep(batch, (offset, b""), None, wanted, 0)
    }

    /// One more record that is not understood for this reason, the newest of them.
    fn count_reason(&mut self, format: &str, wanted: &str, offset: u64, at_byte: usize) {
        let same = |reason: &&mut Reason| reason.wanted == wanted && reason.format == format;
        if let Some(reason) = self.reasons.iter_mut().find(same) {
            reason.records += 1;
            (reason.offset, reason.at_byte) = (offset, at_byte);
        } else if self.reasons.len() < REASONS_MAX {
            let (format, wanted) = (format.to_owned(), wanted.to_owned());
            self.reasons.push(Reason { format, wanted, records: 1, offset, at_byte });
        } else if let Some(last) = self.reasons.last_mut() {
            *last = Reason {
                format: String::new(),
                wanted: OTHERWISE.to_owned(),
                records: last.records + 1,
                offset,
                at_byte,
            };
        }
    }

    /// Keeps a sample of a record that is not understood, unless there are enough of this chunk.
    fn keep(
        &mut self,
        batch: &mut Batch<'_>,
        (offset, record): (u64, &[u8]),
        format: Option<&str>,
        wanted: &str,
        at_byte: usize,
    ) -> Result<(), StoreError> {
        self.counts.rejects += 1;
        if self.counts.rejects > SAMPLES_A_CHUNK {
            return Ok(());
        }
        batch.reject(&Rejected {
            path: self.path_number,
            offset,
            format,
            wanted,
            at_byte,
            sample: record.get(..SAMPLE_BYTES_MAX).unwrap_or(record),
        })
    }

    /// Keeps a record that makes the program fail as a reject, and lets people know.
    pub(super) fn poison(
        &mut self,
        batch: &mut Batch<'_>,
        record: &Record<'_>,
        why: &str,
    ) -> Result<(), StoreError> {
        self.counts.records += 1;
        self.counts.cut += u64::from(record.cut);
        let format = self.reader.found().map(str::to_owned);
        self.count_reason(format.as_deref().unwrap_or_default(), HARMLESS, record.offset, 0);
        let place = (record.offset, &*record.bytes);
        self.keep(batch, place, format.as_deref(), &format!("{HARMLESS} ({why})"), 0)?;
        let now = self.read_at;
        let told = self.poison_told_at.map(|told| now.duration_since(told));
        if told.is_some_and(|since| since >= SignedDuration::ZERO && since < POISON_TOLD_EVERY) {
            return Ok(());
        }
        self.poison_told_at = Some(now);
        let incident = Incident::poison(&self.path, record.offset, why);
        error!("{}.", incident.text);
        batch.incident(&incident)
    }
}
