//! `ipsbell preview`: what would be posted of a log, and when, by these settings. Stores nothing, sends nothing, and needs
//! no configuration.

mod feed;
mod file;
mod progress;
mod stage;

use std::cell::RefCell;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args as _, FromArgMatches as _};
use jiff::Timestamp;

use super::parse::{self, Summary, Task};
use super::{Command, Exit, Unusable, output, say, search, settings};
use crate::config::{self, Agent, Config, Destination, Secrets};
use crate::context::Context;
use crate::deliver::wording;
use crate::destinations::{self, Tells};
use crate::event::Event;
use crate::preview::{Player, Post, page};
use crate::store::View;
use crate::triage::{Policy, SeverityPolicy};
use crate::wanted::known_words;
use crate::{clock, preview};
use feed::{FILES_MAX, Feed};
use file::PageFile;
use progress::Progress;
use stage::{Seat, Shown};

/// `ipsbell preview`.
pub(super) const COMMAND: Command = Command {
    name: "preview",
    about: "Show what would be posted of a log by these settings; sends nothing",
    define: |command| Arguments::augment_args(command).after_help(HELP),
    run,
};

const HELP: &str = "\
The clock is the records' own and never goes backwards; the receiver takes every post at once, at the configured pace; \
nothing was told before. Several logs are merged by time: held in memory are a line of each log, the open groups with \
the newest alert of each (64 MiB at the most), and with --html the first 300 posts of each destination.

Exit status: 0 all was played, 1 a file or a record could not be read, 2 wrong usage or configuration";

#[derive(Debug, clap::Args)]
struct Arguments {
    /// The configuration to play; without it the agent's, or the defaults where there is none
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Name of a destination; without it, all that tell alerts
    #[arg(long, value_name = "NAME")]
    destination: Option<String>,
    /// Print a line of JSON for each post, then one for the sums of each destination
    #[arg(long)]
    json: bool,
    /// Write the posts as a page that looks like the channel; only you can read it
    #[arg(long, value_name = "OUT.html")]
    html: Option<PathBuf>,
    /// Play the stored alerts since then, before the files: `24h`, `2026-11-01`, `2026-11-01T10:00:00Z`
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// A name of `ipsbell formats`, or `auto`: told record by record
    #[arg(long, value_name = "F", default_value = "auto")]
    format: String,
    /// Zone of stamps without an offset, `Europe/Berlin`; default the machine's
    #[arg(long, value_name = "Z")]
    timezone: Option<String>,
    /// Logs; `-` is standard input
    #[arg(value_name = "FILE", required_unless_present = "since")]
    files: Vec<String>,
}

fn run(matches: &clap::ArgMatches) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    check_files(&arguments.files)?;
    let zone = parse::zone(arguments.timezone.as_deref())?;
    let now = clock::now();
    let since = arguments.since.as_deref().map(|text| search::since(text, now)).transpose()?;
    let config = config(arguments.config.as_deref())?;
    let choice = parse::choice(Some(&arguments.format), &config.formats)?;
    let destinations = chosen(&config, arguments.destination.as_deref())?;
    let file = arguments.html.as_deref().map(PageFile::at).transpose()?;
    let severity = SeverityPolicy::new(&config);
    let own_formats = Arc::clone(&config.formats);
    let task = Task::of_events(choice, zone, config.agent.clone(), severity, own_formats);
    let shown = match (arguments.json, &file) {
        (true, _) => Shown::Json,
        (false, None) => Shown::Text,
        (false, Some(_)) => Shown::OnPage,
    };
    let seats = destinations.iter().map(|destination| Seat::new(&config, destination));
    let mut show = Show {
        task: &task,
        shown,
        has_page: file.is_some(),
        seats: seats.collect(),
        summary: Summary::default(),
        progress: Progress::new(&arguments.files),
    };
    let unaccounted = show.play(&config, &destinations, &arguments.files, since)?;
    if !arguments.files.is_empty() {
        show.summary.tell(&mut std::io::stderr().lock())?;
    }
    if let Some(file) = file {
        let channels: Vec<_> = show.seats.into_iter().map(|seat| seat.channel).collect();
        file.write(&page::page(&channels, &logs(&arguments), now))?;
    }
    say("nothing was sent or stored; the ids in these posts cannot be searched");
    let failed = show.summary.failed() || unaccounted > 0;
    Ok(if failed { Exit::Failed } else { Exit::Well })
}

/// What plays, and where its posts go.
struct Show<'c> {
    task: &'c Task,
    shown: Shown,
    has_page: bool,
    seats: Vec<Seat<'c>>,
    summary: Summary,
    progress: Progress,
}

impl Show<'_> {
    /// Plays all of it into each destination. Gives how many alerts are unaccounted for.
    fn play(
        &mut self,
        config: &Config,
        destinations: &[&Destination],
        files: &[String],
        since: Option<Timestamp>,
    ) -> anyhow::Result<u64> {
        let posts = RefCell::new(Vec::new());
        let taker = |place: usize| {
            let posts = &posts;
            move |post: Post| posts.borrow_mut().push((place, post))
        };
        let mut takers: Vec<_> = (0..destinations.len()).map(taker).collect();
        let seats = destinations.iter().zip(&mut takers);
        // What is wrong with its files is told by `ipsbell check`.
        let context = Arc::new(Context::of(config).0);
        let mut players: Vec<Player<'_>> = seats
            .map(|(destination, taker)| player(config, destination, &context, taker))
            .collect();
        let mut play = |show: &mut Self, event: Event<'static>| {
            show.progress.events += 1;
            if let Some((last, others)) = players.split_last_mut() {
                for player in others {
                    player.event(event.clone());
                }
                last.event(event);
            }
            show.posts(&posts)
        };
        if let Some(since) = since {
            self.stored(config, since, &mut play)?;
        }
        let paths = files.iter().map(String::as_str);
        let mut feed = Feed::open(self.task, paths, &mut self.summary, &mut self.progress);
        while let Some(event) = feed.next(&mut self.summary, &mut self.progress) {
            play(self, event)?;
        }
        let played: Vec<_> = players.into_iter().map(Player::finish).collect();
        self.posts(&posts)?;
        let mut out = output();
        for (seat, played) in self.seats.iter_mut().zip(&played) {
            seat.finish(*played, self.shown, &mut out)?;
        }
        out.flush()?;
        Ok(played.iter().map(preview::Played::unaccounted).sum())
    }

    /// Plays what the store has, by the severities of now.
    fn stored(
        &mut self,
        config: &Config,
        since: Timestamp,
        play: &mut dyn FnMut(&mut Self, Event<'static>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let view = View::open(&config.agent.state_dir, &config.agent.host)?;
        let mut after = 0;
        loop {
            let events = view.events_after(after, since)?;
            let Some(last) = events.last() else { return Ok(()) };
            after = last.sequence.unwrap_or(u64::MAX);
            for event in events {
                if self.progress.is_due() {
                    self.progress.tell(0);
                }
                let severity = self.task.severity.severity(&event);
                // The clock is the records' own, as with files.
                let read_at = event.read_at.min(event.at);
                play(self, Event { severity, read_at, ..event })?;
            }
        }
    }

    /// Shows the posts that were made, the earliest first.
    fn posts(&mut self, posts: &RefCell<Vec<(usize, Post)>>) -> anyhow::Result<()> {
        let mut posts = posts.take();
        if posts.is_empty() {
            return Ok(());
        }
        posts.sort_by_key(|(_, post)| post.at);
        let mut out = output();
        for (place, post) in posts {
            self.progress.posts += 1;
            if let Some(seat) = self.seats.get_mut(place) {
                seat.post(post, self.shown, self.has_page, &mut out)?;
            }
        }
        Ok(out.flush()?)
    }
}

fn player<'p>(
    config: &Config,
    destination: &Destination,
    context: &Arc<Context>,
    taker: &'p mut dyn FnMut(Post),
) -> Player<'p> {
    let policy = Policy::new(config, destination);
    Player::new(&config.agent.host, policy, destination.pace, taker).worded(wording(
        config,
        destination,
        context,
    ))
}

fn check_files(files: &[String]) -> Result<(), Unusable> {
    if files.len() > FILES_MAX {
        let count = files.len();
        return Err(Unusable(format!("ipsbell: {count} files; wanted {FILES_MAX} at the most")));
    }
    let again = files
        .iter()
        .enumerate()
        .find(|(place, file)| files.iter().take(*place).any(|f| f == *file));
    match again {
        Some((_, file)) => {
            Err(Unusable(format!("ipsbell: `{file}` is given twice; its alerts would count twice")))
        }
        None => Ok(()),
    }
}

/// The configuration that is played. Without one, the defaults, and a Slack channel that they tell.
fn config(given: Option<&Path>) -> anyhow::Result<Config> {
    let path = given.unwrap_or(Path::new(config::PATH));
    let slack = destinations::kind("slack").ok_or_else(|| anyhow::anyhow!("no kind `slack`"))?;
    let standard = || Config::for_files(&[], slack, Agent::standard("").state_dir);
    let default = "a Slack channel by the defaults is played";
    match std::fs::File::open(path).map_err(|error| error.kind()) {
        Err(ErrorKind::NotFound) if given.is_none() => {
            say(&format!("no configuration: {default}"));
            return Ok(standard()?);
        }
        // Who tries a log as himself need not be able to read the agent's settings.
        Err(ErrorKind::PermissionDenied) if given.is_none() => {
            let path = path.display();
            say(&format!("{path} cannot be read: {default}; for the agent's settings use sudo"));
            return Ok(standard()?);
        }
        _ => {}
    }
    let mut config = settings::load(path, Secrets::Leave)?;
    if !config.destinations.iter().any(|each| each.kind.tells == Tells::Alerts) {
        say(&format!("{}: no destination for alerts: {default}", path.display()));
        config.destinations = standard()?.destinations;
    }
    Ok(config)
}

/// The destinations that are played: the one of this name, or all that tell alerts.
fn chosen<'c>(config: &'c Config, name: Option<&str>) -> Result<Vec<&'c Destination>, Unusable> {
    let tells = |destination: &&Destination| destination.kind.tells == Tells::Alerts;
    let all: Vec<&Destination> = config.destinations.iter().filter(tells).collect();
    let Some(name) = name else { return Ok(all) };
    if let Some(found) = all.iter().find(|destination| destination.name == name) {
        return Ok(vec![found]);
    }
    let names: Vec<&str> = all.iter().map(|destination| destination.name.as_str()).collect();
    let hint = known_words(name, &names);
    Err(Unusable(format!("ipsbell: no destination for alerts is called `{name}`\n  hint: {hint}")))
}

/// What was played, for the page.
fn logs(arguments: &Arguments) -> String {
    let stored = arguments.since.iter().map(|since| format!("the store since {since}"));
    stored.chain(arguments.files.iter().cloned()).collect::<Vec<_>>().join(", ")
}
