//! `ipsbell parse`: logs in, one ECS event a line out. Stores nothing, posts nothing, needs no
//! configuration.

mod input;
mod lines;

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write};

use anyhow::{Context as _, bail};
use clap::{Arg, ArgAction, ArgMatches};
use ipsbell_parsers::record::RECORD_BYTES_MAX;
use ipsbell_parsers::{Choice, Format, Read, Reader, Record};
use jiff::tz::TimeZone;

use super::{Command, Exit};
use crate::clock;
use crate::config::{self, values};
use crate::event::{Event, Origin};
use crate::guard::guard;
use crate::triage::SeverityPolicy;
use crate::wanted::known_words;
pub(super) use input::Input;

/// The command.
pub(crate) const COMMAND: Command =
    Command { name: "parse", about: "Read logs and print one ECS JSON event a line", define, run };

/// How many rejects are shown; all are counted.
const REJECTS_SHOWN_MAX: usize = 5;

fn define(command: clap::Command) -> clap::Command {
    let format = Arg::new("format").long("format").value_name("F").default_value("auto");
    let zone = Arg::new("timezone").long("timezone").value_name("Z");
    let raw = Arg::new("raw").long("raw").action(ArgAction::SetTrue);
    let files = Arg::new("files").value_name("FILE").required(true).num_args(1..);
    command
        .arg(format.help("A name of `ipsbell formats`, or `auto`: told record by record"))
        .arg(zone.help("Zone of stamps without an offset, `Europe/Berlin`; default the machine's"))
        .arg(raw.help("Add the record itself, as event.original"))
        .arg(files.help("Logs; `-` is standard input").value_parser(clap::value_parser!(String)))
        .after_help("Exit status: 0 all was read, 1 a file or a record could not be, 2 wrong usage")
}

/// What was read, of all files together.
#[derive(Debug, Default)]
pub(super) struct Summary {
    records: u64,
    pub(super) events: u64,
    other: u64,
    unclaimed: u64,
    rejects: u64,
    cut: u64,
    pub(super) unreadable: u64,
    shown: Vec<String>,
}

/// What is asked for.
pub(super) struct Task {
    pub(super) choice: Choice,
    pub(super) zone: TimeZone,
    /// Is the record itself printed?
    pub(super) raw: bool,
    pub(super) agent: config::Agent,
    pub(super) severity: SeverityPolicy,
}

fn run(arguments: &ArgMatches) -> anyhow::Result<Exit> {
    let task = match task(arguments) {
        Ok(task) => task,
        Err(wrong) => {
            writeln!(io::stderr(), "ipsbell: {wrong:#}")?;
            return Ok(Exit::Usage);
        }
    };
    let mut summary = Summary::default();
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    for path in arguments.get_many::<String>("files").unwrap_or_default() {
        let input: Box<dyn io::Read> = match open(path) {
            Ok(input) => input,
            Err(error) => {
                summary.unreadable += 1;
                writeln!(io::stderr(), "ipsbell: {error:#}")?;
                continue;
            }
        };
        if let Err(error) = task.print(path, input, &mut out, &mut summary)? {
            summary.unreadable += 1;
            writeln!(io::stderr(), "ipsbell: cannot read `{path}`: {error}")?;
        }
    }
    out.flush()?;
    summary.tell(&mut io::stderr().lock())?;
    Ok(if summary.failed() { Exit::Failed } else { Exit::Well })
}

fn task(arguments: &ArgMatches) -> anyhow::Result<Task> {
    let given = |name: &str| arguments.get_one::<String>(name).map(String::as_str);
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    // There is no configuration here: its defaults, so that an event is what the agent would make of it.
    let agent = config::Agent::standard(&host);
    Ok(Task {
        choice: choice(given("format"))?,
        zone: zone(given("timezone"))?,
        raw: arguments.get_flag("raw"),
        severity: SeverityPolicy::of(Vec::new(), agent.home_networks.clone()),
        agent,
    })
}

/// What `--format` says.
pub(super) fn choice(format: Option<&str>) -> anyhow::Result<Choice> {
    let Some(name) = format.filter(|name| *name != "auto") else { return Ok(Choice::Auto) };
    let names: Vec<&str> = ipsbell_parsers::FORMATS.iter().map(|format| format.name).collect();
    match ipsbell_parsers::format(name) {
        Some(format) => Ok(Choice::Fixed(format)),
        None => bail!("no format is called `{name}`\n  hint: {}", known_words(name, &names)),
    }
}

/// What `--timezone` says.
pub(super) fn zone(name: Option<&str>) -> anyhow::Result<TimeZone> {
    let Some(name) = name else { return Ok(TimeZone::system()) };
    values::time_zone(name)
        .map_err(|unfit| anyhow::anyhow!("`--timezone {name}`: wanted {}", unfit.wanted))
}

/// The log at this path; `-` is standard input.
pub(super) fn open(path: &str) -> anyhow::Result<Box<dyn io::Read>> {
    if path == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    let mut file = File::open(path).with_context(|| format!("cannot open `{path}`"))?;
    // A directory opens, and fails only when it is read.
    file.read(&mut []).with_context(|| format!("cannot read `{path}`"))?;
    Ok(Box::new(file))
}

impl Task {
    // The outer error is our output's, the inner one the input's.
    fn print(
        &self,
        path: &str,
        input: impl io::Read,
        out: &mut impl Write,
        summary: &mut Summary,
    ) -> io::Result<io::Result<()>> {
        let mut input = Input::new(path, self.choice, input);
        let mut print = |event: Event<'_>| {
            out.write_all(event.ecs(self.raw).as_bytes())?;
            out.write_all(b"\n")
        };
        loop {
            match input.step(self, summary, &mut print)? {
                Ok(true) => {}
                Ok(false) => return Ok(Ok(())),
                Err(error) => return Ok(Err(error)),
            }
        }
    }

    // `place` is the path and the number of the record's first line.
    fn record(
        &self,
        place: (&str, u64),
        record: &Record<'_>,
        reader: &mut Reader,
        summary: &mut Summary,
        take: &mut dyn FnMut(Event<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        summary.records += 1;
        summary.cut += u64::from(record.cut);
        let (path, number) = place;
        match guard(|| reader.read(&record.bytes)) {
            Ok(Read::Alert { format, alert }) => {
                summary.events += 1;
                take(self.event(*alert, format, path, record))?;
            }
            Ok(Read::Other { .. }) => summary.other += 1,
            Ok(Read::Blank) => summary.records -= 1,
            Ok(Read::Unclaimed) => summary.unclaimed += 1,
            Ok(Read::Reject { format, reject }) => {
                let offset = record.offset + u64::try_from(reject.at).unwrap_or(u64::MAX);
                summary.reject(format!(
                    "{path}:{number}: {}: wanted {} at byte {} of the record, offset {offset}",
                    format.name, reject.wanted, reject.at,
                ));
            }
            Err(panicked) => {
                let offset = record.offset;
                summary.reject(format!(
                    "{path}:{number}: offset {offset}: ipsbell itself failed, please report the record: {panicked}",
                ));
            }
        }
        Ok(())
    }

    fn event<'a>(
        &'a self,
        alert: ipsbell_parsers::alert::Alert<'a>,
        format: &'static Format,
        path: &'a str,
        record: &'a Record<'_>,
    ) -> Event<'a> {
        // No store, so no machine's identity and no file's generation.
        let origin = Origin {
            machine: 0,
            generation: 0,
            agent_host: &self.agent.host,
            path,
            zone: &self.zone,
            home_networks: &self.agent.home_networks,
        };
        let (bytes, offset) = (&record.bytes, record.offset);
        let mut event = Event::new(alert, format, bytes, offset, clock::now(), &origin);
        event.severity = self.severity.severity(&event);
        event
    }
}

impl Summary {
    fn reject(&mut self, what: String) {
        self.rejects += 1;
        if self.shown.len() < REJECTS_SHOWN_MAX {
            self.shown.push(what);
        }
    }

    /// Could something not be read?
    pub(super) fn failed(&self) -> bool {
        self.rejects + self.cut + self.unreadable > 0
    }

    pub(super) fn tell(&self, out: &mut impl Write) -> io::Result<()> {
        let Self { records, events, other, unclaimed, rejects, cut, unreadable, shown } = self;
        writeln!(
            out,
            "{records} records: {events} events, {other} other, {unclaimed} unclaimed, \
             {rejects} rejects"
        )?;
        for reject in shown {
            writeln!(out, "  {reject}")?;
        }
        let more = rejects.saturating_sub(u64::try_from(shown.len()).unwrap_or(u64::MAX));
        if more > 0 {
            writeln!(out, "  and {more} more")?;
        }
        if *cut > 0 {
            let (line, record) = (lines::LINE_BYTES_MAX, RECORD_BYTES_MAX);
            writeln!(
                out,
                "{cut} records were cut: a line over {line} bytes, or {record} bytes in all"
            )?;
        }
        if *unreadable > 0 {
            writeln!(out, "{unreadable} files could not be read")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
