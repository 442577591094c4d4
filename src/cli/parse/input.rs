//! One log, read record by record: its lines, framed and given to the grammars.

use std::borrow::Cow;
use std::io;

use ipsbell_parsers::{Choice, Offer, Reader, Record, Records};

use super::lines::Lines;
use super::{Summary, Task};
use crate::event::Event;

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
    pub(in crate::cli) fn new(path: &'p str, choice: Choice, input: R) -> Self {
        Self {
            path,
            lines: Lines::new(input),
            reader: Reader::new(choice),
            records: Records::new(choice),
            number: 0,
            begin: 0,
        }
    }

    /// Bytes that were read.
    pub(in crate::cli) fn offset(&self) -> u64 {
        self.lines.offset()
    }

    /// Reads the next line. `take` is given the events that are complete with it, two at the most. Gives false at the end;
    /// the outer error is that of `take`, the inner one the input's.
    pub(in crate::cli) fn step(
        &mut self,
        task: &Task,
        summary: &mut Summary,
        take: &mut dyn FnMut(Event<'_>) -> io::Result<()>,
    ) -> io::Result<io::Result<bool>> {
        let Self { path, lines, reader, records, number, begin } = self;
        let mut record = |number: u64, record: Option<Record<'_>>| match record {
            Some(record) => task.record((path, number), &record, reader, summary, take),
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
