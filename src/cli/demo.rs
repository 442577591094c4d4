//! `ipsbell demo`: the whole agent against a sample log and a fake Slack on loopback. Ends by itself with an account.

mod sample;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::{Command, Exit, log, output, temporary};
use crate::agent::{Agent, Happening, Mode};
use crate::clock;
use crate::config::{Config, StartAt};
use crate::destinations::{self, console};
use crate::fake_slack::{FakeSlack, Fault, RetryAfter, render_terminal};
use crate::secret::Secret;
use crate::store::{Store, View};

/// `ipsbell demo`.
pub(super) const COMMAND: Command = Command {
    name: "demo",
    about: "Show all of it on a sample log and a fake Slack; needs no account",
    define: |command| command,
    run,
};

/// Nothing in the demo takes longer, or it has failed.
const STEP_TIME_MAX: Duration = Duration::from_secs(30);

/// Slack asks for a second between posts; the demo's own needs less.
const PACE: Duration = Duration::from_millis(250);

fn run(_: &clap::ArgMatches) -> anyhow::Result<Exit> {
    log::start(tracing::level_filters::LevelFilter::ERROR);
    let directory = temporary::directory()?;
    let mut demo = Demo::start(directory.path())?;
    demo.play()?;
    demo.finish()
}

/// The demo's stage.
struct Demo {
    slack: FakeSlack,
    log: PathBuf,
    config: Config,
    store: Store,
    agent: Agent,
    happenings: (Sender<Happening>, Receiver<Happening>),
    written: u64,
    shown: usize,
}

impl Demo {
    fn start(directory: &Path) -> anyhow::Result<Self> {
        let slack = FakeSlack::start().context("cannot listen on loopback")?;
        let log = directory.join("eve.json");
        let config = config(directory, &log, &slack)?;
        let store = Store::open(&config.agent.state_dir, clock::now())?;
        let happenings = channel();
        let agent = Agent::start(&store, &config, Mode::Follow, Vec::new(), &happenings.0)?;
        Ok(Self { slack, log, config, store, agent, happenings, written: 0, shown: 0 })
    }

    fn play(&mut self) -> anyhow::Result<()> {
        self.say("An alert is written to eve.json:")?;
        let before = clock::monotonic();
        self.write(&[sample::injection()])?;
        self.show(1)?;
        let first = self.slack.received().first().map(|post| post.at);
        if let Some(first) = first {
            let millis = first.saturating_duration_since(before).as_millis();
            self.say(&format!("It was in the channel after {millis} ms."))?;
        }
        self.say("An attacker writes a mention, a link and terminal codes into the request:")?;
        self.write(&[sample::hostile()])?;
        self.show(1)?;
        self.say("A scanner trips 40 rules, 500 alerts; beside it the log grows by 20,000 lines that are no alerts:")?;
        self.write(&sample::scan(40, 500))?;
        self.write(&sample::flows(20_000))?;
        self.show(1)?;
        self.say("The log is rotated. Slack answers 429, then 503; alerts go on:")?;
        self.slack.fail_next(1, &Fault::RateLimited(RetryAfter::Seconds(1)));
        self.slack.fail_next(1, &Fault::word(503, "upstream_unavailable"));
        self.write(&sample::brute_force(150))?;
        std::fs::rename(&self.log, self.log.with_extension("json.1"))?;
        self.write(&sample::brute_force(150))?;
        self.write(&[sample::outbound()])?;
        self.show(1)
    }

    /// Stops the agent as a service manager would, then lets it read and tell what is left.
    fn finish(mut self) -> anyhow::Result<Exit> {
        stop(&mut self.agent, &self.happenings.1);
        self.agent =
            Agent::start(&self.store, &self.config, Mode::Once, Vec::new(), &self.happenings.0)?;
        wait(&mut self.agent, &self.happenings.1, clock::monotonic() + STEP_TIME_MAX);
        if self.slack.received().len() > self.shown {
            self.say("The agent is stopped and tells what it had counted and not told:")?;
            self.show(0)?;
        } else {
            self.say("The agent is stopped; nothing was left to tell.")?;
        }
        let view = View::open(&self.config.agent.state_dir, &self.config.agent.host)?;
        let destinations = view.destinations()?;
        let account =
            destinations.first().context("the demo's destination is not in the store")?.account;
        let lost = self.written.saturating_sub(account.told);
        let posts = self.slack.received().len();
        let mut out = output();
        writeln!(
            out,
            "Account: {} alerts written, {} read, {} posted in {posts} posts, lost {lost}.",
            self.written, account.stored, account.told,
        )?;
        writeln!(
            out,
            "Next: `ipsbell watch FILE` on a log of yours; README.md tells how to run it for good."
        )?;
        out.flush()?;
        let well = lost == 0 && account.unaccounted() == 0 && !self.agent.failed;
        Ok(if well { Exit::Well } else { Exit::Failed })
    }

    fn write(&mut self, lines: &[String]) -> anyhow::Result<()> {
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(&self.log)?;
        let mut text = lines.join("\n");
        text.push('\n');
        file.write_all(text.as_bytes())?;
        self.written += lines.iter().filter(|line| sample::is_alert(line)).count() as u64;
        Ok(())
    }

    /// Shows the posts that the channel took since the last time, at least `least` of them.
    fn show(&mut self, least: usize) -> anyhow::Result<()> {
        let posts = self.slack.wait_for(self.shown + least, STEP_TIME_MAX);
        anyhow::ensure!(
            posts.len() >= self.shown + least,
            "no post came within {} s",
            STEP_TIME_MAX.as_secs()
        );
        let mut out = output();
        for post in posts.iter().skip(self.shown) {
            let shown = if console::wants_colour() { render_terminal(post) } else { post.shown() };
            writeln!(out, "{shown}")?;
        }
        out.flush()?;
        self.shown = posts.len();
        Ok(())
    }

    fn say(&self, text: &str) -> anyhow::Result<()> {
        let mut out = output();
        writeln!(out, "\n— {text}\n")?;
        Ok(out.flush()?)
    }
}

fn config(directory: &Path, log: &Path, slack: &FakeSlack) -> anyhow::Result<Config> {
    let kind = destinations::kind("slack").context("there is no kind `slack`")?;
    let mut config = Config::for_files(&[log.to_owned()], kind, directory.join("state"))?;
    for source in &mut config.sources {
        source.start_at = StartAt::Beginning;
    }
    for destination in &mut config.destinations {
        destination.settings.url = Some(Secret::new(slack.url()));
        destination.pace = PACE;
    }
    Ok(config)
}

fn stop(agent: &mut Agent, happenings: &Receiver<Happening>) {
    agent.stop();
    wait(agent, happenings, clock::monotonic() + STEP_TIME_MAX);
}

fn wait(agent: &mut Agent, happenings: &Receiver<Happening>, deadline: Instant) {
    while !agent.ended() {
        let left = deadline.saturating_duration_since(clock::monotonic());
        match happenings.recv_timeout(left) {
            Ok(happening) => agent.note(happening),
            Err(_) => break,
        }
    }
}
