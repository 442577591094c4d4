//! One file's way through the grammars into a batch.

use std::path::Path;

use ipsbell_parsers::alert::{Alert, Direction, Verdict};
use ipsbell_parsers::{Format, Read, Reader};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Shared;
use super::quality::{Judgement, Legibility, Quality};
use crate::config::Source;
use crate::event::{Event, Origin};
use crate::store::{Batch, Counts, NewEvent, Rejected, StoreError};
use crate::tail::Line;

/// Rejects of one chunk that are kept as samples; the others are counted.
const SAMPLES_A_CHUNK: u64 = 8;

/// Bytes of a sample.
const SAMPLE_BYTES_MAX: usize = 2048;

/// The grammars' memory of one file, and what was counted since the last [`Lane::finish`].
#[derive(Debug)]
pub(super) struct Lane {
    reader: Reader,
    timezone: TimeZone,
    path_number: i64,
    path: String,
    generation: u64,
    counts: Counts,
    quality: Quality,
}

impl Lane {
    pub(super) fn new(source: &Source, shared: &Shared) -> Self {
        let choice = source.format.into();
        Self {
            // A raw record that is kept tells its details when they are asked for.
            reader: if shared.keep_raw { Reader::of_heads(choice) } else { Reader::new(choice) },
            timezone: source.timezone.clone(),
            path_number: 0,
            path: String::new(),
            generation: 0,
            counts: Counts::default(),
            quality: Quality::default(),
        }
    }

    /// Says of which file the next lines are.
    pub(super) fn at(&mut self, path_number: i64, path: &Path, generation: u64) {
        if self.path_number != path_number {
            self.path = path.to_string_lossy().into_owned();
        }
        self.path_number = path_number;
        self.generation = generation;
        self.counts = Counts::default();
    }

    /// Reads a line and stores what it is.
    pub(super) fn line(
        &mut self,
        batch: &mut Batch<'_>,
        shared: &Shared,
        read_at: Timestamp,
        line: &Line<'_>,
    ) -> Result<(), StoreError> {
        self.counts.records += 1;
        self.counts.cut += u64::from(line.cut);
        let legibility = match self.reader.read(line.bytes) {
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
                self.event(batch, shared, read_at, line, format, *alert)?;
                Legibility::Understood
            }
            Read::Reject { format, reject } => {
                self.counts.rejects += 1;
                if self.counts.rejects <= SAMPLES_A_CHUNK {
                    batch.reject(&Rejected {
                        path: self.path_number,
                        offset: line.offset,
                        format: Some(format.name),
                        wanted: reject.wanted,
                        at_byte: reject.at,
                        sample: line.bytes.get(..SAMPLE_BYTES_MAX).unwrap_or(line.bytes),
                    })?;
                }
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

    /// Writes what was counted; gives the number of events.
    pub(super) fn finish(&mut self, batch: &mut Batch<'_>) -> Result<u64, StoreError> {
        let counts = std::mem::take(&mut self.counts);
        let format = self.reader.found().map(|format| format.name);
        batch.count(self.path_number, format, &counts)?;
        Ok(counts.events)
    }

    fn event(
        &self,
        batch: &mut Batch<'_>,
        shared: &Shared,
        read_at: Timestamp,
        line: &Line<'_>,
        format: &'static Format,
        alert: Alert<'_>,
    ) -> Result<(), StoreError> {
        let origin = Origin {
            path: &self.path,
            generation: self.generation,
            zone: &self.timezone,
            ..shared.origin()
        };
        let mut event = Event::new(alert, format, line.bytes, line.offset, read_at, &origin);
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
            record: form.as_deref().map_or(line.bytes, str::as_bytes),
        })?;
        Ok(())
    }
}

fn number<T: PartialEq>(all: &[T], one: &T) -> Option<u8> {
    all.iter().position(|each| each == one).and_then(|place| u8::try_from(place).ok())
}
