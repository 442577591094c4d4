//! One log's way through the grammars into a batch: lines of a file, or (`entries`) entries of the journal.

mod entries;

mod rejects;

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;

use ipsbell_parsers::alert::{Alert, Direction, Verdict};
use ipsbell_parsers::{Offer, Record, Records};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tracing::info;

use super::Shared;
use super::care::{Care, Turn};
use super::habit::{Change, Habit};
use super::quality::{Judgement, Legibility, Quality};
use super::standing::Duty;
use crate::config::Source;
use crate::event::{Event, Origin};
use crate::grammar::{Grammar, Read, Reader};
use crate::guard::guard;
use crate::store::{self, Batch, Counts, Form, NewEvent, Reason, StoreError};
use crate::tail::{Chunk, End, FileKey, Position, Tail};
use crate::trouble::Incident;

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
    /// None until the store was asked, and after a transaction that came to nothing.
    habit: Option<Habit>,
    reasons: Vec<Reason>,
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
        // A raw record that is kept tells its details when they are asked for.
        let make = |choice| {
            let reader = match shared.keep_raw {
                true => ipsbell_parsers::Reader::of_heads(choice),
                false => ipsbell_parsers::Reader::new(choice),
            };
            reader.also(source.also.iter().copied())
        };
        Self {
            records: Records::new(source.format.known()).columns(&source.columns),
            reader: Reader::new(&source.format, &shared.own_formats, make),
            timezone: source.timezone.clone(),
            path_number: 0,
            path: String::new(),
            generation: 0,
            read_at: Timestamp::UNIX_EPOCH,
            counts: Counts::default(),
            poison_told_at: None,
            quality: Quality::new(shared.unparsed_share),
            habit: None,
            reasons: Vec::new(),
        }
    }

    /// Ready for the chunk. `None` where the head of its file must be read for that and cannot: the tail says so, and gives
    /// the chunk again.
    pub(super) fn prepare(
        &mut self,
        chunk: &Chunk<'_>,
        tail: &mut Tail,
        now: Instant,
    ) -> Option<&mut Self> {
        let offset = chunk.position().offset;
        self.records.begin(offset);
        if self.records.lacks_head(offset) {
            self.records.head(&tail.head(now, chunk)?);
        }
        Some(self)
    }

    /// Reads the records of a chunk after [`Lane::prepare`], or as many of them as `care` allows, and stores what they are. One that may go on behind
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
        self.reasons.clear();
        if self.habit.is_none() {
            self.habit = Some(Habit::resumed(batch.formats(path_number)?));
        }
        Ok(())
    }

    /// Writes what was counted; gives how many events there were.
    fn finish(&mut self, batch: &mut Batch<'_>) -> Result<u64, StoreError> {
        let counts = std::mem::take(&mut self.counts);
        let format = self.reader.found();
        batch.count(self.path_number, format, &counts)?;
        for (format, records) in self.habit.iter_mut().flat_map(Habit::take_new) {
            batch.read_by(self.path_number, format, records)?;
        }
        for reason in &self.reasons {
            batch.reason(self.path_number, reason)?;
        }
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
            Read::Other { format } => {
                self.counts.others += 1;
                self.understood(batch, format.name())?;
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
                self.event(batch, shared, record, &format, *alert)?;
                self.understood(batch, format.name())?;
                Legibility::Understood
            }
            Read::Reject { format, reject } => {
                self.reject(batch, record, &format, reject)?;
                Legibility::Rejected
            }
        };
        let found = self.reader.found().is_some();
        self.quality.note(legibility, || found || shared.known_formats.contains(&self.path));
        Ok(())
    }

    /// One more record of this format. A log that went over to it is told.
    #[inline]
    fn understood(&mut self, batch: &mut Batch<'_>, format: &str) -> Result<(), StoreError> {
        match self.habit.as_mut().and_then(|habit| habit.note(format)) {
            None => Ok(()),
            Some(Change { from, to }) => {
                let incident = Incident::format_changed(&self.path, &from, &to);
                info!("{}.", incident.text);
                batch.incident(&incident)
            }
        }
    }

    /// The transaction came to nothing: what was read is read again.
    pub(super) fn rolled_back(&mut self) {
        self.habit = None;
    }

    /// Are its last records understood?
    pub(super) fn judgement(&self) -> Option<Judgement> {
        self.quality.judgement()
    }

    fn event(
        &self,
        batch: &mut Batch<'_>,
        shared: &Shared,
        record: &Record<'_>,
        format: &Grammar,
        alert: Alert<'_>,
    ) -> Result<(), StoreError> {
        let origin = Origin {
            path: &self.path,
            generation: self.generation,
            zone: &self.timezone,
            ..shared.origin()
        };
        let own = format.own(&record.bytes);
        let mut event = Event::new(
            alert,
            format.name(),
            &record.bytes,
            own,
            record.offset,
            self.read_at,
            &origin,
        );
        event.severity = shared.severity.severity(&event);
        let rule = &event.alert.rule;
        // What a user defined may be another tomorrow: its alerts are stored as they were read.
        let form = match (shared.keep_raw, format) {
            (true, Grammar::Known(_)) => Form::Raw,
            (true, Grammar::Own(_)) => Form::Whole,
            (false, _) => Form::Alert,
        };
        let stored = match form {
            Form::Raw => Cow::Borrowed(record.bytes.as_ref()),
            Form::Alert => Cow::Owned(store::alert_form(&event.alert)?.into_bytes()),
            Form::Whole => Cow::Owned(store::whole_form(&event.alert, &record.bytes)?),
        };
        batch.event(&NewEvent {
            id: event.id,
            at: event.at,
            read_at: event.read_at,
            path: self.path_number,
            offset: event.offset,
            format: &event.format,
            severity: event.severity as u8,
            verdict: number(&Verdict::ALL, &event.alert.verdict).unwrap_or_default(),
            direction: event.direction.and_then(|direction| number(&Direction::ALL, &direction)),
            rule_id: rule.id.as_deref(),
            rule_name: rule.name.as_deref(),
            source: event.alert.source.ip,
            destination: event.alert.destination.ip,
            form,
            record: &stored,
        })?;
        Ok(())
    }
}

fn number<T: PartialEq>(all: &[T], one: &T) -> Option<u8> {
    all.iter().position(|each| each == one).and_then(|place| u8::try_from(place).ok())
}
