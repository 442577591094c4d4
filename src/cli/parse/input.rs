//! One log, read record by record: its lines, framed and given to the grammars.

use std::borrow::Cow;
use std::io;

use ipsbell_parsers::{Offer, Record, Records};

use super::lines::Lines;
use super::{Summary, Task};
use crate::event::Event;
use crate::grammar::{Read, Reader};

/// What is done with what was read.
pub(in crate::cli) trait Sink {
    /// An event.
    fn event(&mut self, event: Event<'_>) -> io::Result<()>;

    /// What a record is, where it is to be explained: its path and the number of its first line, its bytes, what was read of
    /// it and by whom.
    fn explain(
        &mut self,
        _place: (&str, u64),
        _record: &[u8],
        _read: &Read<'_>,
        _reader: &Reader,
    ) -> io::Result<()> {
        Ok(())
    }
}

impl<T: FnMut(Event<'_>) -> io::Result<()>> Sink for T {
    fn event(&mut self, event: Event<'_>) -> io::Result<()> {
        self(event)
    }
}

/// A log that is read.
pub(in crate::cli) struct Input<'p, R> {
    path: &'p str,
    lines: Lines<R>,
    reader: Reader,
    records: Records,
    /// The line that is read, from 1.
    number: u64,
    /// That on which the record that is open begins.
    begin: u64,
}

impl<'p, R: io::Read> Input<'p, R> {
    /// The log from its beginning.
    pub(in crate::cli) fn new(path: &'p str, task: &Task, input: R) -> Self {
        let (reader, records) = task.reader();
        Self { path, lines: Lines::new(input), reader, records, number: 0, begin: 0 }
    }

    /// Bytes that were read.
    pub(in crate::cli) fn offset(&self) -> u64 {
        self.lines.offset()
    }

    /// Reads the next line. `sink` is given the events that are complete with it, two at the most. Gives false at the end;
    /// the outer error is that of `sink`, the inner one the input's.
    pub(in crate::cli) fn step(
        &mut self,
        task: &Task,
        summary: &mut Summary,
        sink: &mut dyn Sink,
    ) -> io::Result<io::Result<bool>> {
        let Self { path, lines, reader, records, number, begin } = self;
        let mut record = |number: u64, record: Option<Record<'_>>| match record {
            Some(record) => task.record((path, number), &record, reader, summary, sink),
            None => Ok(()),
        };
        let line = match lines.next_line() {
            Ok(Some(line)) => line,
            Ok(None) => return record(*begin, records.take()).map(|()| Ok(false)),
            Err(error) => return Ok(Err(error)),
        };
        *number += 1;
        let (offset, bytes, cut) = (line.offset, line.record, line.cut_bytes > 0);
        let mut offer = records.offer(offset, bytes, cut);
        if offer == Offer::Before {
            record(*begin, records.take())?;
            offer = records.offer(offset, bytes, cut);
        }
        if records.open() == Some(offset) {
            *begin = *number;
        }
        match offer {
            Offer::Alone => {
                let alone = Record { offset, bytes: Cow::Borrowed(bytes), cut };
                record(*number, Some(alone))?;
            }
            Offer::Complete => record(*begin, records.take())?,
            Offer::Taken | Offer::Before => {}
        }
        Ok(Ok(true))
    }
}
