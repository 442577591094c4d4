//! `ipsbell check`: what would keep the agent from doing its work, before it is started. Posts nothing, stores nothing.

mod journal;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use clap::{Args as _, FromArgMatches as _};
use ipsbell_parsers::{Offer, Record, Records};
use jiff::Timestamp;

use super::settings::Settings;
use super::status::size;
use super::{Command, Exit, output};
use crate::config::{Config, Destination, Source, StartAt};
use crate::context::Context;
use crate::destinations::Tells;
use crate::grammar::{self, Read, Reader};
use crate::guard::{Panicked, guard};
use crate::signal::Signal;
use crate::store::{READER_LEAVES_BYTES, RESERVE, RESERVE_BYTES};
use crate::tail::{Buffer, Chunk, SourceFiles, Tail, Weight};
use crate::{clock, identifier};

/// `ipsbell check`.
pub(super) const COMMAND: Command = Command {
    name: "check",
    about: "Check configuration, logs, disk and destinations; posts nothing",
    define: Arguments::augment_args,
    run,
};

/// So many records of each log are read to know its format.
const RECORDS_MAX: usize = 100;

/// The longest that reaching a receiver may take.
const REACH_TIME_MAX: Duration = Duration::from_secs(10);

#[derive(Debug, clap::Args)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
}

fn run(matches: &clap::ArgMatches) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let config = arguments.settings.load()?;
    let mut report = Report::default();
    report.well(&format!("configuration: {} is in order", arguments.settings.path().display()));
    if config.sources.is_empty() {
        report.bad("no [[source]]: nothing would be read", "name the IPS's log in a [[source]]");
    }
    if !config.destinations.iter().any(|each| each.kind.tells == Tells::Alerts) {
        report.bad(
            "no [[destination]] for alerts: nobody would be told",
            "name a Slack hook in a [[destination]]",
        );
    }
    for source in &config.sources {
        check_source(&mut report, source, &config)?;
    }
    check_context(&mut report, &config);
    check_state(&mut report, &config);
    for destination in &config.destinations {
        check_destination(&mut report, destination);
    }
    let mut out = output();
    out.write_all(report.text.as_bytes())?;
    out.flush()?;
    Ok(if report.faults == 0 { Exit::Well } else { Exit::Failed })
}

/// What was found, line by line.
#[derive(Debug, Default)]
struct Report {
    text: String,
    faults: usize,
}

impl Report {
    fn well(&mut self, what: &str) {
        self.text.push_str(&format!("ok    {what}\n"));
    }

    fn note(&mut self, what: &str) {
        self.text.push_str(&format!("note  {what}\n"));
    }

    fn bad(&mut self, what: &str, hint: &str) {
        self.text.push_str(&format!("FAULT {what}\n"));
        if !hint.is_empty() {
            self.text.push_str(&format!("      hint: {hint}\n"));
        }
        self.faults += 1;
    }
}

fn check_source(report: &mut Report, source: &Source, config: &Config) -> anyhow::Result<()> {
    if let Some(wanted) = &source.journal {
        journal::check(report, (source, config), wanted);
        return Ok(());
    }
    let files = SourceFiles {
        paths: source.paths.clone(),
        exclude: source.exclude.clone(),
        start_at: StartAt::Beginning,
        first_start: true,
    };
    let mut tail = Tail::new(&[files], Vec::new(), identifier::random(), 0, Signal::default())?;
    for finding in tail.look(clock::monotonic()) {
        if finding.weight() != Weight::Notice {
            report.bad(&finding.to_string(), "");
        }
    }
    let found = tail.files().len();
    if found == 0 {
        report
            .note(&format!("source {}: no such file yet; it is awaited", source.paths.join(", ")));
    }
    let mut buffer = Buffer::new();
    for _ in 0..found {
        let Some(chunk) = tail.turn(clock::monotonic(), &mut buffer) else { break };
        let path = chunk.path.clone();
        let records = first_records(chunk, source);
        check_records(report, &format!("{path:?}"), (source, config), &records);
    }
    Ok(())
}

/// What the grammars make of the first records of a log.
fn check_records(
    report: &mut Report,
    log: &str,
    (source, config): (&Source, &Config),
    records: &[Record<'_>],
) {
    let make = |choice| ipsbell_parsers::Reader::new(choice).also(source.also.iter().copied());
    let mut reader = Reader::new(&source.format, &config.formats, make);
    let mut seen = Seen::default();
    for record in records {
        let place = place(source, record.offset);
        seen.note(&place, &record.bytes, guard(|| reader.read(&record.bytes)));
    }
    seen.tell(report, log);
}

/// Where a record lies: an entry of the journal has its time for an offset.
fn place(source: &Source, offset: u64) -> String {
    match Timestamp::from_microsecond(offset.cast_signed()) {
        Ok(at) if source.journal.is_some() => format!("an entry of {at}"),
        _ => format!("at offset {offset}"),
    }
}

/// What the first records of a file are.
#[derive(Debug, Default)]
struct Seen {
    records: usize,
    alerts: usize,
    rejects: usize,
    first_reject: String,
    /// Records that a format reads, by its name.
    formats: BTreeMap<String, usize>,
}

impl Seen {
    fn note(&mut self, place: &str, record: &[u8], read: Result<Read<'_>, Panicked>) {
        self.records += 1;
        let (format, problem) = match read {
            Ok(Read::Blank) => {
                self.records -= 1;
                return;
            }
            Ok(Read::Unclaimed) => return,
            Ok(Read::Alert { format, .. }) => {
                self.alerts += 1;
                (format, None)
            }
            Ok(Read::Other { format }) => (format, None),
            Ok(Read::Reject { format, reject }) => {
                let (at, wanted) = grammar::place(&format, reject, record);
                let name = format.name();
                let what = format!(
                    "the first, {place}: {name} wanted {wanted} at its byte {at}; see all with \
                     `ipsbell parse --explain FILE`"
                );
                (format, Some(what))
            }
            Err(panicked) => {
                self.reject(format!("{place} ipsbell itself failed: {panicked}; please report it"));
                return;
            }
        };
        match problem {
            Some(what) => self.reject(what),
            None => *self.formats.entry(format.name().to_owned()).or_default() += 1,
        }
    }

    fn reject(&mut self, what: String) {
        self.rejects += 1;
        if self.rejects == 1 {
            self.first_reject = what;
        }
    }

    fn tell(&self, report: &mut Report, log: &str) {
        let Self { records, alerts, rejects, first_reject, formats } = self;
        if *records == 0 {
            report.well(&format!("source {log}: readable, empty"));
            return;
        }
        let what = format!(
            "source {log}: of its first {records} records {alerts} are alerts, {rejects} are not understood"
        );
        let formats: Vec<String> =
            formats.iter().map(|(name, count)| format!("{name} ({count})")).collect();
        let formats = formats.join(", ");
        match (*rejects, formats.is_empty()) {
            (0, false) => report.well(&format!("{what}; format {formats}")),
            (0, true) => {
                report.note(&format!("{what}; no known format yet, `ipsbell formats` lists them"));
            }
            (_, false) => report.bad(&format!("{what}; format {formats}"), first_reject),
            (_, true) => report.bad(&what, first_reject),
        }
    }
}

/// The first records of a chunk. One that may go on behind it is left out.
fn first_records<'c>(chunk: Chunk<'c>, source: &Source) -> Vec<Record<'c>> {
    let mut records = Records::new(source.format.known()).columns(&source.columns);
    let mut found = Vec::new();
    for line in chunk {
        let mut offer = records.offer(line.offset, line.bytes, line.cut);
        if offer == Offer::Before {
            found.extend(records.take());
            offer = records.offer(line.offset, line.bytes, line.cut);
        }
        match offer {
            Offer::Alone => {
                let bytes = Cow::Borrowed(line.bytes);
                found.push(Record { offset: line.offset, bytes, cut: line.cut });
            }
            Offer::Complete => found.extend(records.take()),
            Offer::Taken | Offer::Before => {}
        }
        if found.len() >= RECORDS_MAX {
            break;
        }
    }
    found
}

fn check_context(report: &mut Report, config: &Config) {
    let (context, faults) = Context::of(config);
    faults.sentences().for_each(|fault| report.bad(&format!("context: {fault}"), ""));
    let [hosts, assets, rules] = context.counts();
    if hosts + assets + rules > 0 {
        report
            .well(&format!("context: names of {hosts} addresses, {assets} assets, {rules} rules"));
    }
}

fn check_state(report: &mut Report, config: &Config) {
    let directory = &config.agent.state_dir;
    let existing = directory.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    let shown = directory.display();
    let writable = rustix::fs::access(existing, rustix::fs::Access::WRITE_OK);
    if let Err(error) = writable {
        let hint = format!(
            "`install -d -o ipsbell -g ipsbell -m 0700 {shown}`, or run this as the agent's user"
        );
        report.bad(&format!("store: cannot write {}: {error}", existing.display()), &hint);
        return;
    }
    match rustix::fs::statvfs(existing) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let most = config.retention.max_size_bytes;
            let reserve = std::fs::metadata(directory.join(RESERVE)).map_or(0, |file| file.len());
            let needed = RESERVE_BYTES + READER_LEAVES_BYTES;
            if free + reserve < needed {
                report.bad(
                    &format!(
                        "store: {shown} has {} free, reading needs {}",
                        size(free),
                        size(needed)
                    ),
                    "make room; what is written to the logs meanwhile is read when there is",
                );
            } else if free < most {
                report.note(&format!(
                    "store: {shown} has {} free, less than the {} that the store may take; lower `max_size`",
                    size(free),
                    size(most),
                ));
            } else {
                report.well(&format!("store: {shown} can be written, {} free", size(free)));
            }
        }
        Err(error) => {
            report.bad(&format!("store: cannot look at the disk of {shown}: {error}"), "")
        }
    }
}

fn check_destination(report: &mut Report, destination: &Destination) {
    let name = &destination.name;
    let mut receiver = match (destination.kind.open)(&destination.settings) {
        Ok(receiver) => receiver,
        Err(error) => {
            report.bad(
                &format!("destination `{name}`: {error}"),
                error.hint.as_deref().unwrap_or(""),
            );
            return;
        }
    };
    match receiver.reach(REACH_TIME_MAX) {
        Ok(()) => report.well(&format!(
            "destination `{name}`: reachable; whether it takes what it is sent is shown by `ipsbell test {name}`"
        )),
        Err(why) => report.bad(
            &format!("destination `{name}`: {why}"),
            "check name service, firewall and `proxy`; the agent itself would go on trying",
        ),
    }
}
