//! `ipsbell mutes`: those of the configuration and those that were made by command, and how many alerts each hid.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

use clap::{Args as _, FromArgMatches as _};
use jiff::Timestamp;
use serde::Serialize;

use super::rights::explained;
use super::settings::Settings;
use super::status::brief;
use super::{Command, Exit, output, say};
use crate::clock;
use crate::config;
use crate::destinations::console::printable;
use crate::store::{Hidden, MadeMute, View};
use crate::triage::Mute;

/// `ipsbell mutes`.
pub(super) const COMMAND: Command = Command {
    name: "mutes",
    about: "List what is muted, by whom, until when, and how many alerts each hid",
    define: Arguments::augment_args,
    run,
};

#[derive(Debug, clap::Args)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
    /// Also those that ended, for 13 weeks
    #[arg(long)]
    all: bool,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// A mute as it is listed.
#[derive(Debug, Serialize)]
struct Listed {
    id: String,
    /// As it would stand in the configuration.
    matcher: String,
    holds: bool,
    since: Option<Timestamp>,
    /// None is for good.
    until: Option<Timestamp>,
    lifted_at: Option<Timestamp>,
    lifted_by: Option<String>,
    /// Who made it; none of the configuration.
    author: Option<String>,
    /// Where it stands in the configuration.
    place: Option<String>,
    reason: String,
    hidden: u64,
    hidden_by_destination: BTreeMap<String, u64>,
}

fn run(matches: &clap::ArgMatches) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let config = arguments.settings.load_to_read()?;
    let (directory, now) = (&config.agent.state_dir, clock::now());
    let view = View::open(directory, &config.agent.host)
        .map_err(|error| explained(error, directory, "mutes"))?;
    let hidden = view.hidden()?;
    let mut listed: Vec<Listed> =
        config.mutes.iter().map(|mute| Listed::configured(mute, &hidden, now)).collect();
    listed.extend(view.mutes()?.into_iter().map(|made| Listed::made(made, &hidden, now)));
    listed.retain(|mute| arguments.all || mute.holds);
    let mut out = output();
    for mute in &listed {
        if arguments.json {
            writeln!(out, "{}", serde_json::to_string(mute)?)?;
        } else {
            write!(out, "{}", mute.text()?)?;
        }
    }
    out.flush()?;
    if listed.is_empty() && !arguments.json {
        say("nothing is muted");
    }
    Ok(Exit::Well)
}

impl Listed {
    fn configured(mute: &config::Mute, hidden: &Hidden, now: Timestamp) -> Self {
        let (reason, place) = (mute.reason.clone(), Some(mute.place.clone()));
        Self { reason, place, ..Self::of(&Mute::configured(mute), hidden, now) }
    }

    fn made(made: MadeMute, hidden: &Hidden, now: Timestamp) -> Self {
        let holds = made.holds_at(now);
        let (lifted_at, lifted_by) = made.lifted.unzip();
        Self {
            holds,
            since: Some(made.since),
            lifted_at,
            lifted_by,
            author: Some(made.author),
            reason: made.reason,
            ..Self::of(&made.mute, hidden, now)
        }
    }

    fn of(mute: &Mute, hidden: &Hidden, now: Timestamp) -> Self {
        let by_destination = hidden.get(&mute.id).cloned().unwrap_or_default();
        Self {
            id: mute.id.clone(),
            matcher: mute.matcher.to_string(),
            holds: mute.holds_at(now),
            since: None,
            until: mute.until,
            lifted_at: None,
            lifted_by: None,
            author: None,
            place: None,
            reason: String::new(),
            hidden: by_destination.values().sum(),
            hidden_by_destination: by_destination,
        }
    }

    /// Its lines on a terminal.
    fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = format!("{}  {}\n", self.id, printable(&self.matcher));
        let begun = match (&self.author, self.since, &self.place) {
            (Some(author), Some(since), _) => format!("by {author} since {}", brief(since)),
            (_, _, Some(place)) => format!("in {place}"),
            _ => String::new(),
        };
        let end = match (self.lifted_at, &self.lifted_by, self.until) {
            (Some(at), Some(by), _) => format!("lifted by {by} at {}", brief(at)),
            (_, _, Some(until)) if self.holds => format!("until {}", brief(until)),
            (_, _, Some(until)) => format!("ended at {}", brief(until)),
            _ => "for good".to_owned(),
        };
        writeln!(text, "          {}", printable(&format!("{begun}, {end}")))?;
        let by: Vec<String> = self
            .hidden_by_destination
            .iter()
            .map(|(destination, events)| format!("{destination} {events}"))
            .collect();
        let by = if by.is_empty() { String::new() } else { format!(": {}", by.join(", ")) };
        writeln!(text, "          hid {}{}", self.hidden, printable(&by))?;
        if !self.reason.is_empty() {
            writeln!(text, "          {}", printable(&self.reason))?;
        }
        Ok(text)
    }
}
