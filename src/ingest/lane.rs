//! One log's way through the grammars into a batch: lines of a file, or (`entries`) entries of the journal.

mod entries;

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use ipsbell_parsers::alert::{Alert, Direction, Verdict};
use ipsbell_parsers::{Format, Offer, Read, Reader, Record, Records};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tracing::error;

use super::Shared;
use super::care::{Care, Turn};
use super::quality::{Judgement, Legibility, Quality};
use super::standing::Duty;
use crate::config::Source;
use crate::event::{Event, Origin};
use crate::guard::guard;
use crate::store::{Batch, Counts, NewEvent, Rejected, StoreError};
use crate::tail::{Chunk, End, FileKey, Position};
use crate::trouble::{Incident, POISON_TOLD_EVERY};

/// Rejects of one chunk that are kept as samples; the others are counted.
const SAMPLES_A_CHUNK: u64 = 8;

/// Bytes of a sample.
const SAMPLE_BYTES_MAX: usize = 2048;

/// What is wanted of a record that makes the program fail.
const HARMLESS: &str = "a record that does not make the program fail";

/// The grammars' memory of one file, and what was counted of the chunk that is read.
#[derive(Debug)]
pub(super) struct Lane {
    records: Records,
    reader: Reader,
    timezone: TimeZone,
    path_number: i64,
    path: String,
    generation: u64,
    read_at: Timestamp,
    counts: Counts,
    poison_told_at: Option<Timestamp>,
    quality: Quality,
}

/// What was taken of a chunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    /// Up to here: the end of the chunk, or the beginning of a record that may go on.
    pub(super) until: Position,
    /// Events that were stored.
    pub(super) events: u64,
}

impl Lane {
    /// That of this file of a source.
    pub(super) fn of<'l>(
        (file, source): (FileKey, usize),
        lanes: &'l mut HashMap<FileKey, Self>,
        duty: &Duty,
        shared: &Shared,
    ) -> Option<&'l mut Self> {
        let source = duty.sources.get(source)?;
        Some(lanes.entry(file).or_insert_with(|| Self::new(source, shared)))
    }

    fn new(source: &Source, shared: &Shared) -> Self {
        let choice = source.format.into();
        Self {
            records: Records::new(choice),
            // A raw record that is kept tells its details when they are asked for.
            reader: if shared.keep_raw { Reader::of_heads(choice) } else { Reader::new(choice) },
            timezone: source.timezone.clone(),
            path_number: 0,
            path: String::new(),
            generation: 0,
            read_at: Timestamp::UNIX_EPOCH,
            counts: Counts::default(),
            poison_told_at: None,
            quality: Quality::default(),
        }
    }

    /// Reads the records of a chunk, or as many of them as `care` allows, and stores what they are. One that may go on behind
    /// the chunk is left, and read from its first byte when it is given again.
    pub(super) fn read(
        &mut self,
        batch: &mut Batch<'_>,
        shared: &Shared,
        care: &mut Care,
        chunk: &mut Chunk<'_>,
        read_at: Timestamp,
    ) -> Result<Taken, StoreError> {
        self.begin(batch, &chunk.path, read_at)?;
        self.generation = chunk.generation;
        let until = self.lines(batch, shared, care, chunk)?;
        Ok(Taken { until, events: self.finish(batch)? })
    }

    fn begin(
        &mut self,
        batch: &mut Batch<'_>,
        path: &Path,
        read_at: Timestamp,
    ) -> Result<(), StoreError> {
        let path_number = batch.path(path)?;
        if self.path_number != path_number {
            self.path = path.to_string_lossy().into_owned();
        }
        self.path_number = path_number;
        self.read_at = read_at;
        self.counts = Counts::default();
        self.records.forget();
        Ok(())
    }

    /// Writes what was counted; gives how many events there were.
    fn finish(&mut self, batch: &mut Batch<'_>) -> Result<u64, StoreError> {
        let counts = std::mem::take(&mut self.counts);
        let format = self.reader.found().map(|format| format.name);
        batch.count(self.path_number, format, &counts)?;
        Ok(counts.events)
    }

    /// Up to where the records reach, or as far as `care` allows.
    fn lines(
        &mut self,
        batch: &mut Batch<'_>,
        shared: &Shared,
        care: &mut Care,
        chunk: &mut Chunk<'_>,
    ) -> Result<Position, StoreError> {
        let begin = Chunk::position(chunk);
        let mut open = begin;
        while let Some(line) = chunk.next() {
            let mut offer = self.records.offer(line.offset, line.bytes, line.cut);
            if offer == Offer::Before {
                self.complete(batch, shared, care)?;
                if care.takes_one() {
                    return Ok(chunk.before(&line));
                }
                offer = self.records.offer(line.offset, line.bytes, line.cut);
            }
            match offer {
                Offer::Alone => {
                    let bytes = Cow::Borrowed(line.bytes);
                    let record = Record { offset: line.offset, bytes, cut: line.cut };
                    self.record(batch, shared, care, &record)?;
                }
                Offer::Complete => self.complete(batch, shared, care)?,
                Offer::Taken | Offer::Before => {
                    if self.records.open() == Some(line.offset) {
                        open = chunk.before(&line);
                    }
                    continue;
                }
            }
            if care.takes_one() {
                return Ok(Chunk::position(chunk));
            }
        }
        if self.records.open().is_none() {
            return Ok(Chunk::position(chunk));
        }
        let ends = match chunk.end {
            End::More | End::Caught => false,
            // No chunk is larger: holes in the file make the record longer than it is.
            End::Full => open == begin,
            End::Quiet | End::Finished => true,
        };
        if !ends {
            return Ok(open);
        }
        self.complete(batch, shared, care)?;
        Ok(Chunk::position(chunk))
    }

    /// The record of several lines that is open has come to its end.
    fn complete(
        &mut self,
        batch: &mut Batch<'_>,
        shared: &Shared,
        care: &mut Care,
    ) -> Result<(), StoreError> {
        match self.records.take() {
            Some(record) => self.record(batch, shared, care, &record),
            None => Ok(()),
        }
    }

    #[inline]
    fn record(
        &mut self,
        batch: &mut Batch<'_>,
        shared: &Shared,
        care: &mut Care,
        record: &Record<'_>,
    ) -> Result<(), StoreError> {
        if care.is_usual() {
            return self.understand(batch, shared, record);
        }
        let counts = self.counts;
        let why = match care.record(Path::new(&self.path), record.offset, &record.bytes) {
            Turn::Refused(ends) => format!("the program ended {ends} times while it was read"),
            Turn::Guarded => match guard(|| self.understand(batch, shared, record)) {
                Ok(done) => return done,
                Err(panicked) => panicked.to_string(),
            },
        };
        self.counts = counts;
        self.poison(batch, record, &why)
    }

    /// Reads a record and stores what it is.
    fn understand(
        &mut self,
        batch: &mut Batch<'_>,
        shared: &Shared,
        record: &Record<'_>,
    ) -> Result<(), StoreError> {
        self.counts.records += 1;
        self.counts.cut += u64::from(record.cut);
        let legibility = match self.reader.read(&record.bytes) {
            Read::Other { .. } => {
                self.counts.others += 1;
                Legibility::Understood
            }
            Read::Unclaimed => {
                self.counts.others += 1;
                Legibility::Unclaimed
            }
            Read::Blank => {
                self.counts.records -= 1;
                return Ok(());
            }
            Read::Alert { format, alert } => {
                self.counts.events += 1;
                self.event(batch, shared, record, format, *alert)?;
                Legibility::Understood
            }
            Read::Reject { format, reject } => {
                self.reject(batch, record, Some(format.name), reject.wanted, reject.at)?;
                Legibility::Rejected
            }
        };
        let found = self.reader.found().is_some();
        self.quality.note(legibility, || found || shared.known_formats.contains(&self.path));
        Ok(())
    }

    /// Are its last records understood?
    pub(super) fn judgement(&self) -> Option<Judgement> {
        self.quality.judgement()
    }

    fn reject(
        &mut self,
        batch: &mut Batch<'_>,
        record: &Record<'_>,
        format: Option<&'static str>,
        wanted: &str,
        at_byte: usize,
    ) -> Result<(), StoreError> {
        self.counts.rejects += 1;
        if self.counts.rejects > SAMPLES_A_CHUNK {
            return Ok(());
        }
        batch.reject(&Rejected {
            path: self.path_number,
            offset: record.offset,
            format,
            wanted,
            at_byte,
            sample: record.bytes.get(..SAMPLE_BYTES_MAX).unwrap_or(&record.bytes),
        })
    }

    /// Keeps a record that makes the program fail as a reject, and lets people know.
    fn poison(
        &mut self,
        batch: &mut Batch<'_>,
        record: &Record<'_>,
        why: &str,
    ) -> Result<(), StoreError> {
        self.counts.records += 1;
        self.counts.cut += u64::from(record.cut);
        let format = self.reader.found().map(|format| format.name);
        self.reject(batch, record, format, &format!("{HARMLESS} ({why})"), 0)?;
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

    fn event(
        &self,
        batch: &mut Batch<'_>,
        shared: &Shared,
        record: &Record<'_>,
        format: &'static Format,
        alert: Alert<'_>,
    ) -> Result<(), StoreError> {
        let origin = Origin {
            path: &self.path,
            generation: self.generation,
            zone: &self.timezone,
            ..shared.origin()
        };
        let mut event =
            Event::new(alert, format, &record.bytes, record.offset, self.read_at, &origin);
        event.severity = shared.severity.severity(&event);
        let rule = &event.alert.rule;
        let form =
            if shared.keep_raw { None } else { Some(crate::store::alert_form(&event.alert)?) };
        batch.event(&NewEvent {
            id: event.id,
            at: event.at,
            read_at: event.read_at,
            path: self.path_number,
            offset: event.offset,
            format: event.format,
            severity: event.severity as u8,
            verdict: number(&Verdict::ALL, &event.alert.verdict).unwrap_or_default(),
            direction: event.direction.and_then(|direction| number(&Direction::ALL, &direction)),
            rule_id: rule.id.as_deref(),
            rule_name: rule.name.as_deref(),
            source: event.alert.source.ip,
            destination: event.alert.destination.ip,
            raw: shared.keep_raw,
            record: form.as_deref().map_or(&record.bytes, str::as_bytes),
        })?;
        Ok(())
    }
}

fn number<T: PartialEq>(all: &[T], one: &T) -> Option<u8> {
    all.iter().position(|each| each == one).and_then(|place| u8::try_from(place).ok())
}
