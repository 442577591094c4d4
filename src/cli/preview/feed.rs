//! Several logs as one row of events in the order of time. Held in memory are a line, the record that is open and the
//! events that are complete with it, of each log.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::io;

use jiff::Timestamp;

use super::progress::Progress;
use crate::cli::parse::{self, Input, Summary, Task};
use crate::cli::say;
use crate::event::Event;

/// So many logs are open at a time.
pub(super) const FILES_MAX: usize = 128;

/// The logs, each from where it is read.
pub(super) struct Feed<'t> {
    task: &'t Task,
    logs: Vec<Log<'t>>,
    /// The time of each log's next event, and the log's place: the earliest on top.
    next: BinaryHeap<Reverse<(Timestamp, usize)>>,
}

struct Log<'t> {
    path: &'t str,
    input: Input<'t, Box<dyn io::Read>>,
    ended: bool,
    ready: VecDeque<Event<'static>>,
}

impl<'t> Feed<'t> {
    /// The logs at these paths, of which `-` is standard input. One that cannot be opened is told and counted.
    pub(super) fn open(
        task: &'t Task,
        paths: impl Iterator<Item = &'t str>,
        summary: &mut Summary,
        progress: &mut Progress,
    ) -> Self {
        let mut feed = Self { task, logs: Vec::new(), next: BinaryHeap::new() };
        for path in paths {
            match parse::open(path) {
                Ok(input) => {
                    let input = Input::new(path, task, input);
                    let log = Log { path, input, ended: false, ready: VecDeque::new() };
                    feed.logs.push(log);
                    feed.queue(feed.logs.len() - 1, summary, progress);
                }
                Err(error) => {
                    summary.unreadable += 1;
                    say(&format!("ipsbell: {error:#}"));
                }
            }
        }
        feed
    }

    /// The earliest of the logs' next events; none at the end of all of them.
    pub(super) fn next(
        &mut self,
        summary: &mut Summary,
        progress: &mut Progress,
    ) -> Option<Event<'static>> {
        let Reverse((_, place)) = self.next.pop()?;
        let event = self.logs.get_mut(place)?.ready.pop_front();
        self.queue(place, summary, progress);
        event
    }

    /// Reads on in a log until there is an event, and puts it into the row.
    fn queue(&mut self, place: usize, summary: &mut Summary, progress: &mut Progress) {
        while let Some(log) = self.logs.get_mut(place)
            && log.ready.is_empty()
            && !log.ended
        {
            log.read(self.task, summary);
            // A log may hold millions of records that are no alerts.
            if progress.is_due() {
                progress.tell(self.bytes_read());
            }
        }
        let ready = self.logs.get(place).and_then(|log| log.ready.front());
        self.next.extend(ready.map(|event| Reverse((event.read_at, place))));
    }

    /// Of all logs.
    fn bytes_read(&self) -> u64 {
        self.logs.iter().map(|log| log.input.offset()).sum()
    }
}

impl Log<'_> {
    fn read(&mut self, task: &Task, summary: &mut Summary) {
        let ready = &mut self.ready;
        let mut take = |event: Event<'_>| {
            // The clock that plays is the records' own. What bears a stamp of the future would drag it along, and all
            // behind it would be history.
            let read_at = event.read_at.min(event.at);
            ready.push_back(Event { read_at, ..event }.into_owned());
            Ok(())
        };
        match self.input.step(task, summary, &mut take) {
            Ok(Ok(more)) => self.ended = !more,
            Ok(Err(error)) | Err(error) => {
                self.ended = true;
                summary.unreadable += 1;
                say(&format!("ipsbell: cannot read `{}`: {error}", self.path));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::grammar::FormatChoice;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::config;
    use crate::triage::SeverityPolicy;

    fn line(second: u32) -> String {
        format!(
            r#"{{"timestamp":"2026-11-23T10:00:{second:02}.000000+0000","event_type":"alert","src_ip":"203.0.113.7","dest_ip":"192.0.2.1","proto":"TCP","alert":{{"action":"blocked","gid":1,"signature_id":7,"rev":1,"signature":"Probe","severity":2}}}}"#
        )
    }

    #[test]
    fn logs_are_merged_by_time_and_a_missing_one_is_counted() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        let write = |name: &str, seconds: &[u32]| {
            let lines: Vec<String> = seconds.iter().map(|second| line(*second)).collect();
            std::fs::write(path(name), lines.join("\n") + "\nno alert\n").unwrap();
        };
        write("a", &[1, 5, 4, 9]);
        write("b", &[2, 3, 8]);
        write("c", &[]);
        let task = task();
        let paths = ["a", "b", "c", "missing"].map(path);
        let (mut summary, mut progress) = (Summary::default(), Progress::new(&[]));
        let mut feed =
            Feed::open(&task, paths.iter().map(String::as_str), &mut summary, &mut progress);
        let mut found = Vec::new();
        while let Some(event) = feed.next(&mut summary, &mut progress) {
            found.push(event.at.as_second() % 60);
        }
        // What stands too late in its log is given when it is found.
        assert_eq!(found, [1, 2, 3, 5, 4, 8, 9]);
        assert_eq!((summary.events, summary.unreadable), (7, 1));
        assert!(feed.bytes_read() > 1_000);
    }

    fn task() -> Task {
        let severity = SeverityPolicy::of(Vec::new(), Vec::new());
        let agent = config::Agent::standard("web1");
        Task::of_events(FormatChoice::Auto, TimeZone::UTC, agent, severity, Default::default())
    }

    #[test]
    fn a_stamp_of_the_future_does_not_move_the_clock() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("eve.json");
        std::fs::write(&path, line(1).replace("2026-", "9026-")).unwrap();
        let task = task();
        let (mut summary, mut progress) = (Summary::default(), Progress::new(&[]));
        let mut feed = Feed::open(&task, path.to_str().into_iter(), &mut summary, &mut progress);
        let event = feed.next(&mut summary, &mut progress).unwrap();
        assert!(event.read_at < event.at && event.read_at <= crate::clock::now());
    }
}
