//! Entries of the journal through the grammars into a batch. Each record gets the entry's header in front, so that it is
//! understood by itself; one of several lines may stand in one entry or go over several of the same process.

use std::borrow::Cow;
use std::path::Path;

use ipsbell_parsers::{Offer, Record};
use jiff::Timestamp;

use super::{Care, Lane, Shared};
use crate::journal::{ENTRY_BYTES_MAX, Entry, MESSAGE_BYTES_MAX, Turn};
use crate::store::{Batch, StoreError};

/// Of one turn: where its records go, and where the one begins that is open.
struct Way<'w, 'b, 't> {
    batch: &'w mut Batch<'b>,
    shared: &'w Shared,
    care: &'w mut Care,
    entries: &'t [Entry],
    /// The line in its entry with which the open record begins.
    begun_line: usize,
    /// The memory in which records are put together.
    record: Vec<u8>,
}

impl Lane {
    /// Reads the records of a turn, or as many of its entries as `care` allows, and stores what they are. Gives how many
    /// entries are read to their ends, and how many events were in them.
    pub(in crate::ingest) fn read_entries(
        &mut self,
        batch: &mut Batch<'_>,
        shared: &Shared,
        care: &mut Care,
        (name, turn): (&str, &Turn<'_>),
        read_at: Timestamp,
    ) -> Result<(usize, u64), StoreError> {
        self.begin(batch, Path::new(name), read_at)?;
        for _ in 0..turn.too_long {
            self.unread(batch, 0, ENTRY_BYTES_MAX)?;
        }
        let entries = turn.entries;
        let mut way =
            Way { batch: &mut *batch, shared, care, entries, begun_line: 0, record: Vec::new() };
        let taken = self.entries(&mut way, turn.is_final)?;
        Ok((taken, self.finish(batch)?))
    }

    fn entries(&mut self, way: &mut Way<'_, '_, '_>, is_final: bool) -> Result<usize, StoreError> {
        for (place, entry) in way.entries.iter().enumerate() {
            if self.open_entry(way).is_some_and(|open| !open.is_of_same_writer(entry)) {
                self.complete_entry(way)?;
            }
            if way.care.takes_one() && place > 0 && self.records.open().is_none() {
                return Ok(place);
            }
            self.entry(way, place, entry)?;
        }
        match self.records.open().and_then(|open| usize::try_from(open).ok()) {
            Some(open) if !is_final => Ok(open),
            _ => {
                self.complete_entry(way)?;
                Ok(way.entries.len())
            }
        }
    }

    /// The lines of one entry.
    fn entry(
        &mut self,
        way: &mut Way<'_, '_, '_>,
        place: usize,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        if entry.is_cut && entry.message.is_empty() {
            return self.unread(way.batch, entry.at_us, MESSAGE_BYTES_MAX);
        }
        let mut lines = entry.lines().enumerate().peekable();
        let mut several = false;
        while let Some((line, bytes)) = lines.next() {
            several |= line > 0;
            let cut = entry.is_cut && lines.peek().is_none();
            let mut begins = self.records.open().is_none();
            let mut offer = self.records.offer(place as u64, bytes, cut);
            if offer == Offer::Before {
                self.complete_entry(way)?;
                begins = true;
                offer = self.records.offer(place as u64, bytes, cut);
            }
            if begins {
                way.begun_line = line;
            }
            match offer {
                Offer::Alone => self.entry_record(way, (entry, line), bytes, cut)?,
                Offer::Complete => self.complete_entry(way)?,
                Offer::Taken | Offer::Before => {}
            }
        }
        // Who writes several lines at once writes a whole record.
        if several { self.complete_entry(way) } else { Ok(()) }
    }

    /// The entry in which the open record begins.
    fn open_entry<'t>(&self, way: &Way<'_, '_, 't>) -> Option<&'t Entry> {
        way.entries.get(usize::try_from(self.records.open()?).ok()?)
    }

    fn complete_entry(&mut self, way: &mut Way<'_, '_, '_>) -> Result<(), StoreError> {
        let Some(entry) = self.open_entry(way) else { return Ok(()) };
        let Some(record) = self.records.take() else { return Ok(()) };
        self.entry_record(way, (entry, way.begun_line), &record.bytes, record.cut)
    }

    /// A record that begins with this line of the entry.
    fn entry_record(
        &mut self,
        way: &mut Way<'_, '_, '_>,
        (entry, line): (&Entry, usize),
        bytes: &[u8],
        cut: bool,
    ) -> Result<(), StoreError> {
        way.record.clear();
        entry.write_header(&mut way.record);
        way.record.extend_from_slice(bytes);
        self.generation = entry.line_identity(line);
        let offset = entry.at_us.cast_unsigned();
        let record = Record { offset, bytes: Cow::Borrowed(&way.record), cut };
        self.record(way.batch, way.shared, way.care, &record)
    }

    /// An entry that is too long to be read.
    fn unread(
        &mut self,
        batch: &mut Batch<'_>,
        at_us: i64,
        bytes_max: usize,
    ) -> Result<(), StoreError> {
        self.counts.records += 1;
        self.counts.cut += 1;
        let wanted = format!("an entry of at most {} MiB", bytes_max >> 20);
        self.unreadable(batch, at_us.cast_unsigned(), &wanted)
    }
}
