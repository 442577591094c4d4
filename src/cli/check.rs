//! `ipsbell check`: what would keep the agent from doing its work, before it is started. Posts nothing, stores nothing.

use std::borrow::Cow;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use clap::{Args as _, FromArgMatches as _};
use ipsbell_parsers::{Choice, Offer, Read, Reader, Record, Records};

use super::settings::Settings;
use super::status::size;
use super::{Command, Exit, output};
use crate::config::{Config, Destination, Source, StartAt};
use crate::context::Context;
use crate::destinations::Tells;
use crate::guard::guard;
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

/// So many records of each file are read to know its format.
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
        check_source(&mut report, source)?;
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

fn check_source(report: &mut Report, source: &Source) -> anyhow::Result<()> {
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
        let mut reader = Reader::new(source.format.into());
        let (mut alerts, mut rejects) = (0, 0);
        let mut first_reject = String::new();
        let records = first_records(chunk, source.format.into());
        for record in &records {
            match guard(|| reader.read(&record.bytes)) {
                Ok(Read::Alert { .. }) => alerts += 1,
                Ok(Read::Reject { reject, .. }) => {
                    rejects += 1;
                    if rejects == 1 {
                        let (wanted, at) = (reject.wanted, reject.at);
                        first_reject = format!(
                            "the first, at offset {}: wanted {wanted} at its byte {at}; see all with `ipsbell parse FILE`",
                            record.offset
                        );
                    }
                }
                Ok(Read::Other { .. } | Read::Blank | Read::Unclaimed) => {}
                Err(panicked) => {
                    rejects += 1;
                    first_reject = format!("ipsbell itself failed: {panicked}; please report it");
                }
            }
        }
        let records = records.len();
        let what = format!(
            "source {path:?}: of its first {records} records {alerts} are alerts, {rejects} are not understood"
        );
        match reader.found() {
            Some(format) if rejects == 0 => report.well(&format!("{what}; format {}", format.name)),
            Some(format) => report.bad(&format!("{what}; format {}", format.name), &first_reject),
            None if records == 0 => report.well(&format!("source {path:?}: readable, empty")),
            None => {
                report.note(&format!("{what}; no known format yet, `ipsbell formats` lists them"))
            }
        }
    }
    Ok(())
}

/// The first records of a chunk. One that may go on behind it is left out.
fn first_records(chunk: Chunk<'_>, choice: Choice) -> Vec<Record<'_>> {
    let mut records = Records::new(choice);
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
