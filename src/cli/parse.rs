//! `ipsbell parse`: logs in, one ECS event a line out, or what each record is. Stores nothing, posts nothing, needs no
//! configuration.

mod explain;
mod input;
mod lines;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Arg, ArgAction, ArgMatches};
use ipsbell_parsers::record::RECORD_BYTES_MAX;
use ipsbell_parsers::{FORMATS, Record, Records};
use jiff::tz::TimeZone;

use super::{Command, Exit, Unusable, settings};
use crate::clock;
use crate::config::{self, Secrets, kinds, values};
use crate::event::{Event, Origin};
use crate::grammar::{self, FormatChoice, Grammar, OwnFormat, Read, Reader};
use crate::guard::guard;
use crate::triage::SeverityPolicy;
use crate::wanted::{Unfit, known_words};
pub(super) use input::{Input, Sink};

/// The command.
pub(crate) const COMMAND: Command =
    Command { name: "parse", about: "Read logs and print one ECS JSON event a line", define, run };

/// How many rejects are shown; all are counted.
const REJECTS_SHOWN_MAX: usize = 5;

fn define(command: clap::Command) -> clap::Command {
    let format = Arg::new("format").long("format").value_name("F").default_value("auto");
    let zone = Arg::new("timezone").long("timezone").value_name("Z");
    let also = Arg::new("also").long("also").value_name("KIND").value_delimiter(',');
    let columns = Arg::new("columns").long("columns").value_name("NAMES").value_delimiter(',');
    let raw = Arg::new("raw").long("raw").action(ArgAction::SetTrue);
    let config = Arg::new("config").long("config").value_name("FILE");
    let config = config.value_parser(clap::value_parser!(PathBuf));
    let explain = Arg::new("explain").long("explain").action(ArgAction::SetTrue);
    let files = Arg::new("files").value_name("FILE").required(true).num_args(1..);
    command
        .arg(format.help("A name of `ipsbell formats`, or `auto`: told record by record"))
        .arg(zone.help("Zone of stamps without an offset, `Europe/Berlin`; default the machine's"))
        .arg(
            also.help("Also take records of this kind, `ipsbell formats` lists them")
                .action(ArgAction::Append),
        )
        .arg(columns.help("Order of the columns, for formats that have them: `timestamp,msg,src`"))
        .arg(raw.help("Add the record itself, as event.original"))
        .arg(config.help("Read as the agent of this configuration would, with its [[format]]s"))
        .arg(
            explain
                .help("Print of each record which format reads it, or why none does")
                .conflicts_with("raw"),
        )
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
    /// Alerts, other records and rejects by format, where each record is explained.
    formats: BTreeMap<String, [u64; 3]>,
}

/// What is asked for.
pub(super) struct Task {
    explains: bool,
    pub(super) choice: FormatChoice,
    own_formats: Arc<[Arc<OwnFormat>]>,
    also: Vec<&'static str>,
    columns: Vec<&'static str>,
    pub(super) zone: TimeZone,
    /// Is the record itself printed?
    pub(super) raw: bool,
    pub(super) agent: config::Agent,
    pub(super) severity: SeverityPolicy,
}

fn run(arguments: &ArgMatches) -> anyhow::Result<Exit> {
    let task = task(arguments)?;
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
    let path = arguments.get_one::<PathBuf>("config");
    let config = path.map(|path| settings::load(path, Secrets::Leave)).transpose()?;
    let own_formats = config.as_ref().map(|config| Arc::clone(&config.formats)).unwrap_or_default();
    let choice = choice(given("format"), &own_formats)?;
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    // Without a configuration its defaults, so that an event is what the agent would make of it.
    let standard = config::Agent::standard(&host);
    let severity = match &config {
        Some(config) => SeverityPolicy::new(config),
        None => SeverityPolicy::of(Vec::new(), standard.home_networks.clone()),
    };
    let known = choice.known();
    Ok(Task {
        explains: arguments.get_flag("explain"),
        also: words(arguments, "also", |kind| kinds::also(known, FORMATS, kind))?,
        columns: words(arguments, "columns", |name| kinds::column(known, FORMATS, name))?,
        choice,
        own_formats,
        zone: zone(given("timezone"))?,
        raw: arguments.get_flag("raw"),
        severity,
        agent: config.map_or(standard, |config| config.agent),
    })
}

// The values of an option, each one that is known.
fn words(
    arguments: &ArgMatches,
    option: &str,
    known: impl Fn(&str) -> Result<&'static str, Unfit>,
) -> anyhow::Result<Vec<&'static str>> {
    let texts = arguments.get_many::<String>(option).unwrap_or_default();
    let word = |text: &String| {
        known(text.trim()).map_err(|Unfit { wanted, hint }| {
            let hint = hint.map(|hint| format!("\n  hint: {hint}")).unwrap_or_default();
            anyhow::anyhow!("`--{option} {text}`: wanted {wanted}{hint}")
        })
    };
    texts.map(word).collect()
}

/// What `--format` says: a format of the table, or one of `own`, or any.
pub(super) fn choice(
    format: Option<&str>,
    own: &[Arc<OwnFormat>],
) -> Result<FormatChoice, Unusable> {
    let Some(name) = format.filter(|name| *name != "auto") else { return Ok(FormatChoice::Auto) };
    if let Some(known) = ipsbell_parsers::format(name) {
        return Ok(FormatChoice::Named(known));
    }
    if let Some(found) = own.iter().find(|format| format.name() == name) {
        return Ok(FormatChoice::Own(Arc::clone(found)));
    }
    let known = FORMATS.iter().map(|format| format.name);
    let names: Vec<&str> = known.chain(own.iter().map(|format| format.name())).collect();
    let hint = known_words(name, &names);
    Err(Unusable(format!("ipsbell: no format is called `{name}`\n  hint: {hint}")))
}

/// What `--timezone` says.
pub(super) fn zone(name: Option<&str>) -> Result<TimeZone, Unusable> {
    let Some(name) = name else { return Ok(TimeZone::system()) };
    values::time_zone(name)
        .map_err(|unfit| Unusable(format!("ipsbell: `--timezone {name}`: wanted {}", unfit.wanted)))
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
    /// Events are wanted, of records that this configuration's agent would read.
    pub(super) fn of_events(
        choice: FormatChoice,
        zone: TimeZone,
        agent: config::Agent,
        severity: SeverityPolicy,
        own_formats: Arc<[Arc<OwnFormat>]>,
    ) -> Self {
        let (also, columns) = (Vec::new(), Vec::new());
        let (explains, raw) = (false, false);
        Self { explains, choice, own_formats, also, columns, zone, raw, agent, severity }
    }

    /// The grammars for a log.
    fn reader(&self) -> (Reader, Records) {
        let make = |choice| ipsbell_parsers::Reader::new(choice).also(self.also.iter().copied());
        let reader = Reader::new(&self.choice, &self.own_formats, make);
        (reader, Records::new(self.choice.known()).columns(&self.columns))
    }

    // The outer error is our output's, the inner one the input's.
    fn print(
        &self,
        path: &str,
        input: impl io::Read,
        out: &mut impl Write,
        summary: &mut Summary,
    ) -> io::Result<io::Result<()>> {
        let mut input = Input::new(path, self, input);
        let mut printer = Printer { out, raw: self.raw };
        loop {
            match input.step(self, summary, &mut printer)? {
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
        sink: &mut dyn Sink,
    ) -> io::Result<()> {
        summary.records += 1;
        summary.cut += u64::from(record.cut);
        let (path, number) = place;
        let read = guard(|| reader.read(&record.bytes));
        if self.explains
            && let Ok(read) = &read
        {
            summary.note(read);
            sink.explain(place, &record.bytes, read, reader)?;
        }
        match read {
            Ok(Read::Alert { .. }) if self.explains => summary.events += 1,
            Ok(Read::Alert { format, alert }) => {
                summary.events += 1;
                sink.event(self.event(*alert, &format, path, record))?;
            }
            Ok(Read::Other { .. }) => summary.other += 1,
            Ok(Read::Blank) => summary.records -= 1,
            Ok(Read::Unclaimed) => summary.unclaimed += 1,
            Ok(Read::Reject { .. }) if self.explains => summary.rejects += 1,
            Ok(Read::Reject { format, reject }) => {
                let (at, wanted) = grammar::place(&format, reject, &record.bytes);
                let offset = record.offset + u64::try_from(at).unwrap_or(u64::MAX);
                let format = format.name();
                summary.reject(format!(
                    "{path}:{number}: {format}: wanted {wanted} at byte {at} of the record, offset {offset}",
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
        format: &'a Grammar,
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
        let own = format.own(bytes);
        let mut event = Event::new(alert, format.name(), bytes, own, offset, clock::now(), &origin);
        event.severity = self.severity.severity(&event);
        event
    }
}

/// Prints on standard output.
struct Printer<'o, W> {
    out: &'o mut W,
    raw: bool,
}

impl<W: Write> Sink for Printer<'_, W> {
    fn event(&mut self, event: Event<'_>) -> io::Result<()> {
        self.out.write_all(event.ecs(self.raw).as_bytes())?;
        self.out.write_all(b"\n")
    }

    fn explain(
        &mut self,
        place: (&str, u64),
        record: &[u8],
        read: &Read<'_>,
        reader: &Reader,
    ) -> io::Result<()> {
        explain::write(&mut self.out, place, record, read, reader)
    }
}

impl Summary {
    fn note(&mut self, read: &Read<'_>) {
        let (format, kind) = match read {
            Read::Alert { format, .. } => (format, 0),
            Read::Other { format } => (format, 1),
            Read::Reject { format, .. } => (format, 2),
            Read::Blank | Read::Unclaimed => return,
        };
        let counts = self.formats.entry(format.name().to_owned()).or_default();
        counts.iter_mut().skip(kind).take(1).for_each(|count| *count += 1);
    }

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
        let Self { records, events, other, unclaimed, rejects, cut, unreadable, shown, formats } =
            self;
        writeln!(
            out,
            "{records} records: {events} events, {other} other, {unclaimed} unclaimed, \
             {rejects} rejects"
        )?;
        for (format, [alerts, others, rejects]) in formats {
            writeln!(out, "  {format}: {alerts} alerts, {others} other, {rejects} rejects")?;
        }
        for reject in shown {
            writeln!(out, "  {reject}")?;
        }
        let more = rejects.saturating_sub(u64::try_from(shown.len()).unwrap_or(u64::MAX));
        if more > 0 && !shown.is_empty() {
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
