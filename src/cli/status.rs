//! `ipsbell status`: how the agent, its sources and its destinations are, from the store. Exit status 1 if anything is sick.

use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use clap::{Args as _, FromArgMatches as _};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::settings::Settings;
use super::{Command, Exit, output};
use crate::clock;
use crate::config::Config;
use crate::destinations::Tells;
use crate::destinations::console::printable;
use crate::store::{self, Account, DestinationView, FileView, Pulse, View};
use crate::tail::Mounts;
use crate::trouble::{Condition, Kind};

/// `ipsbell status`.
pub(super) const COMMAND: Command = Command {
    name: "status",
    about: "Show how the agent, its sources and its destinations are",
    define: Arguments::augment_args,
    run,
};

#[derive(Debug, clap::Args)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn run(matches: &clap::ArgMatches) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let config = arguments.settings.load_to_read()?;
    let status = gather(&config)?;
    let mut out = output();
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&status)?)?;
    } else {
        write!(out, "{}", status.text())?;
    }
    out.flush()?;
    Ok(if status.problems.is_empty() { Exit::Well } else { Exit::Failed })
}

/// Incidents are shown for so long.
const INCIDENTS_SHOWN: SignedDuration = SignedDuration::from_hours(24);

/// All that `status` shows.
#[derive(Debug, Serialize)]
pub(super) struct Status {
    host: String,
    running: Option<u32>,
    state_dir: String,
    events: u64,
    oldest: Option<Timestamp>,
    bytes: u64,
    bytes_max: u64,
    sources: Vec<Source>,
    destinations: Vec<Destination>,
    heartbeats: Vec<Heartbeat>,
    conditions: Vec<Condition>,
    incidents: Vec<Incident>,
    problems: Vec<String>,
}

/// A destination that tells no alerts.
#[derive(Debug, Serialize)]
struct Heartbeat {
    name: String,
    pinged_at: Option<Timestamp>,
    held: Option<String>,
}

/// What happened in the last day; of each kind and subject the last.
#[derive(Debug, Serialize)]
struct Incident {
    at: Timestamp,
    kind: Option<&'static str>,
    subject: String,
    text: String,
    count: u64,
}

#[derive(Debug, Serialize)]
struct Source {
    path: String,
    format: Option<String>,
    records: u64,
    events: u64,
    others: u64,
    rejects: u64,
    cut: u64,
    lost_bytes: u64,
    offset: Option<u64>,
    /// Of the journal: all that was written before is read.
    read_until: Option<Timestamp>,
    /// How often journalctl had to be started again.
    failures: Option<u64>,
    lag_bytes: Option<u64>,
    last_read_at: Option<Timestamp>,
    last_reject: Option<String>,
    problem: Option<String>,
}

#[derive(Debug, Serialize)]
struct Destination {
    name: String,
    r#type: String,
    state: &'static str,
    since: Option<Timestamp>,
    why: Option<String>,
    tries: u64,
    next_try_at: Option<Timestamp>,
    delivered_at: Option<Timestamp>,
    posts: u64,
    account: Account,
    unaccounted: i64,
}

/// Reads the status from the store of this configuration.
pub(super) fn gather(config: &Config) -> anyhow::Result<Status> {
    let directory = &config.agent.state_dir;
    let view = View::open(directory, &config.agent.host)?;
    let running = store::running(directory)?;
    let (events, oldest, bytes) = view.size()?;
    let mounts = Mounts::of_system().unwrap_or_default();
    let conditions = view.conditions()?;
    let files = view.files()?.into_iter();
    let sources = files.map(|file| source(file, &conditions, &mounts)).collect();
    let names = |tells: Tells| {
        let those = config.destinations.iter().filter(move |each| each.kind.tells == tells);
        those.map(|destination| destination.name.as_str())
    };
    let known = |name: &str| names(Tells::Alerts).any(|each| each == name);
    let destinations = view.destinations()?.into_iter().filter(|found| known(&found.name));
    let destinations: Vec<Destination> = destinations.map(destination).collect();
    let mut status = Status {
        host: config.agent.host.clone(),
        running,
        state_dir: directory.display().to_string(),
        events,
        oldest,
        bytes,
        bytes_max: config.retention.max_size_bytes,
        sources,
        destinations,
        heartbeats: heartbeats(names(Tells::Wellness), &view.pulses()?),
        conditions,
        incidents: incidents(&view)?,
        problems: Vec::new(),
    };
    status.problems = status.find_problems();
    Ok(status)
}

fn heartbeats<'a>(names: impl Iterator<Item = &'a str>, pulses: &[Pulse]) -> Vec<Heartbeat> {
    let pulse = |name: &str| pulses.iter().find(|pulse| pulse.name == name);
    names
        .map(|name| Heartbeat {
            name: name.to_owned(),
            pinged_at: pulse(name).and_then(|pulse| pulse.pinged_at),
            held: pulse(name).and_then(|pulse| pulse.held.clone()),
        })
        .collect()
}

fn incidents(view: &View) -> anyhow::Result<Vec<Incident>> {
    let since = clock::now().checked_sub(INCIDENTS_SHOWN)?;
    let (found, more) = view.incidents(since)?;
    let mut incidents: Vec<Incident> = found
        .into_iter()
        .map(|each| Incident {
            at: each.last_at,
            kind: each.kind.map(Kind::name),
            subject: each.subject,
            text: each.text,
            count: each.count,
        })
        .collect();
    if more > 0 {
        let text = "further incidents; the view `incidents` of the store has them".to_owned();
        incidents.push(Incident {
            at: since,
            kind: None,
            subject: String::new(),
            text,
            count: more,
        });
    }
    Ok(incidents)
}

fn source(file: FileView, conditions: &[Condition], mounts: &Mounts) -> Source {
    let path = Path::new(&file.path);
    // A file system that does not answer must not hang the one who asks why.
    let near = mounts.network(path).is_none();
    let size = near.then(|| std::fs::metadata(path).map(|metadata| metadata.size()).ok()).flatten();
    let of_file = conditions.iter().find(|condition| condition.subject == file.path);
    let problem = of_file.map(|condition| condition.text.clone());
    let of_journal = file.journal.is_some();
    // An entry of the journal has its time for an offset.
    let record = |offset: u64| match Timestamp::from_microsecond(offset.cast_signed()) {
        Ok(at) if of_journal => format!("an entry of {at}"),
        _ => format!("the record at offset {offset}"),
    };
    Source {
        lag_bytes: size.zip(file.offset).map(|(size, offset)| size.saturating_sub(offset)),
        path: file.path,
        format: file.format,
        records: file.counts.records,
        events: file.counts.events,
        others: file.counts.others,
        rejects: file.counts.rejects,
        cut: file.counts.cut,
        lost_bytes: file.counts.lost_bytes,
        offset: file.offset,
        read_until: file.journal.map(|(read_until, _)| read_until),
        failures: file.journal.map(|(_, failures)| failures),
        last_read_at: file.last_read_at,
        last_reject: file.reject.map(|(offset, at, wanted)| {
            format!("{}: wanted {wanted} at its byte {at}", record(offset))
        }),
        problem,
    }
}

fn destination(found: DestinationView) -> Destination {
    let failing = found.health.failing;
    let differs =
        found.told.abs_diff(found.account.told) + found.given_up.abs_diff(found.account.given_up);
    Destination {
        state: match &failing {
            None => "ok",
            Some(failing) if failing.refused => "refused",
            Some(_) => "failing",
        },
        since: failing.as_ref().map(|failing| failing.since),
        why: failing.as_ref().map(|failing| failing.why.clone()),
        tries: failing.as_ref().map_or(0, |failing| failing.tries),
        next_try_at: failing.as_ref().and_then(|failing| failing.next_try_at),
        delivered_at: found.health.delivered_at,
        posts: found.posts,
        unaccounted: found.account.unaccounted().abs() + differs as i64,
        account: found.account,
        name: found.name,
        r#type: found.kind,
    }
}

impl Status {
    fn find_problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.running.is_none() {
            problems.push(
                "the agent does not run: `systemctl start ipsbell`, or `ipsbell run`".to_owned(),
            );
        }
        // A destination's own row says it more exactly.
        let others = self.conditions.iter().filter(|open| open.kind != Kind::DestinationDown);
        problems.extend(others.map(|open| format!("{}; since {}", open.text, brief(open.since))));
        for destination in &self.destinations {
            if let Some(why) = &destination.why {
                problems.push(format!("destination `{}`: {why}", destination.name));
            }
            if destination.unaccounted != 0 {
                let (name, count) = (&destination.name, destination.unaccounted);
                problems
                    .push(format!("destination `{name}`: {count} events are not accounted for"));
            }
        }
        problems
    }

    /// The status, line by line.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        self.text().lines().map(str::to_owned).collect::<Vec<_>>().into_iter()
    }

    fn text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text).unwrap_or_default();
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        let running = self
            .running
            .map_or_else(|| "stopped".to_owned(), |process| format!("running, process {process}"));
        writeln!(text, "agent        {} ({running})", self.host)?;
        let oldest = self
            .oldest
            .map_or_else(String::new, |oldest| format!(", the oldest read {}", brief(oldest)));
        writeln!(text, "store        {}: {} events{oldest}", self.state_dir, self.events)?;
        writeln!(text, "             {} of at most {}", size(self.bytes), size(self.bytes_max))?;
        self.sources.iter().try_for_each(|source| source.write(text))?;
        self.destinations.iter().try_for_each(|destination| destination.write(text))?;
        self.heartbeats.iter().try_for_each(|heartbeat| heartbeat.write(text))?;
        self.incidents.iter().try_for_each(|incident| incident.write(text))?;
        let problems = self.problems.iter();
        problems.map(|it| printable(it)).try_for_each(|it| writeln!(text, "problem      {it}"))
    }
}

impl Heartbeat {
    fn write(&self, text: &mut String) -> std::fmt::Result {
        let last = self.pinged_at.map_or_else(|| "none yet".to_owned(), brief);
        writeln!(text, "heartbeat    {}: last ping {last}", self.name)?;
        self.held
            .iter()
            .try_for_each(|why| writeln!(text, "             none now: {}", printable(why)))
    }
}

impl Incident {
    fn write(&self, text: &mut String) -> std::fmt::Result {
        let times = if self.count > 1 { format!(" ({} times)", self.count) } else { String::new() };
        writeln!(text, "incident     {}: {}{times}", brief(self.at), printable(&self.text))
    }
}

impl Source {
    fn write(&self, text: &mut String) -> std::fmt::Result {
        let format = self.format.as_deref().unwrap_or("format not found yet");
        writeln!(text, "source       {} ({format})", self.path.escape_debug())?;
        let last_read = self.last_read_at;
        writeln!(
            text,
            "             {} records: {} events, {} other, {} not understood{}",
            self.records,
            self.events,
            self.others,
            self.rejects,
            last_read.map_or_else(String::new, |at| format!("; last read {}", brief(at))),
        )?;
        if let Some(reject) = &self.last_reject {
            writeln!(text, "             last not understood: {reject}")?;
        }
        if let (Some(until), Some(failures)) = (self.read_until, self.failures) {
            let again = match failures {
                0 => String::new(),
                times => format!("; journalctl failed {times} times and was started again"),
            };
            writeln!(text, "             read until {}{again}", brief(until))?;
        }
        if let Some(lag) = self.lag_bytes.filter(|lag| *lag > 0) {
            writeln!(text, "             {} still to be read", size(lag))?;
        }
        if self.cut + self.lost_bytes > 0 {
            let (cut, lost) = (self.cut, self.lost_bytes);
            writeln!(
                text,
                "             {cut} lines cut at 1 MiB or records at 4 MiB, at least {lost} bytes gone unread"
            )?;
        }
        Ok(())
    }
}

impl Destination {
    fn write(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "destination  {} ({}): {}", self.name, self.r#type, self.state)?;
        if let (Some(since), Some(why)) = (self.since, &self.why) {
            let next = self.next_try_at;
            let next = next.map_or_else(String::new, |at| format!(", next try {}", brief(at)));
            let (since, tries) = (brief(since), self.tries);
            writeln!(text, "             since {since}, {tries} tries{next}: {why}")?;
        }
        writeln!(text, "             {}", self.account)
    }
}

/// An instant for people: UTC, to the second.
pub(super) fn brief(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// A number of bytes for people.
pub(super) fn size(bytes: u64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    let name = units.get(unit).copied().unwrap_or_default();
    if unit == 0 { format!("{bytes} {name}") } else { format!("{value:.1} {name}") }
}
