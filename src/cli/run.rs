//! `ipsbell run`: the agent.

use std::cell::Cell;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::{Args as _, FromArgMatches as _};
use signal_hook::consts::signal::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use tracing::{error, info, warn};

use super::settings::Settings;
use super::{Command, Exit, Unusable, log, status};
use crate::agent::{Agent, Happening, Mode};
use crate::clock;
use crate::config::{Config, values};
use crate::destinations::Tells;
use crate::ingest::Standing;
use crate::store::{Store, StoreError, View};
use crate::tail::FILES_MAX;

/// `ipsbell run`.
pub(super) const COMMAND: Command = Command {
    name: "run",
    about: "Read the logs and tell the destinations, until stopped",
    define: Arguments::augment_args,
    run,
};

/// What in-flight posts get when the program stops; what has no answer by then is sent again at the next start.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// How long until a reload that the store cannot take is tried again.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// Descriptors for all but logs: store, receivers, watches.
const DESCRIPTORS_BESIDE: u64 = 512;

/// A reload waits for posts under way, which take 15 seconds at the most.
const RELOAD_GRACE: Duration = Duration::from_secs(20);

#[derive(Debug, clap::Args)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
    /// Read all sources to their end, deliver everything and exit: 0 if nothing is left, 1 if something is
    #[arg(long)]
    once: bool,
    /// With --once: give up after this time
    #[arg(long, value_name = "TIME", default_value = "5m", requires = "once")]
    deadline: String,
}

fn run(matches: &clap::ArgMatches) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let deadline = values::duration(&arguments.deadline).map_err(|wanted| {
        Unusable(format!("ipsbell: `--deadline {}`: {wanted}", arguments.deadline))
    })?;
    // First of all: a HUP that comes before would end the program without a word.
    let (sender, happenings) = channel();
    listen(sender.clone(), &[SIGTERM, SIGINT, SIGHUP, SIGUSR1])?;
    let config = arguments.settings.load()?;
    log::start(tracing::level_filters::LevelFilter::INFO);
    allow_open_files();
    let store = Store::open(&config.agent.state_dir, clock::now())?;
    for incident in store.incidents() {
        error!("{}.", incident.text);
    }
    let mut run = Run {
        settings: arguments.settings,
        store,
        config,
        sender,
        happenings,
        asked: Asked::default(),
    };
    let end = if arguments.once { run.once(clock::monotonic() + deadline) } else { run.follow() };
    // How far the destinations were told last is known only now.
    if let Err(error) = run.store.mirror(clock::now()) {
        warn!("At the end, the second copy of the positions is not written: {error}.");
    }
    end
}

/// A run of the agent in the foreground.
struct Run {
    settings: Settings,
    store: Store,
    config: Config,
    sender: Sender<Happening>,
    happenings: Receiver<Happening>,
    /// What the system asked for, perhaps while something else was waited for.
    asked: Asked,
}

/// Signals that are still to be acted on.
#[derive(Debug, Default)]
struct Asked {
    /// TERM or INT: for good.
    stop: Cell<bool>,
    /// HUP.
    reload: Cell<bool>,
    /// USR1.
    status: Cell<bool>,
}

impl Run {
    fn start(&self, mode: Mode, standing: Vec<Standing>) -> anyhow::Result<Agent> {
        Agent::start(&self.store, &self.config, mode, standing, &self.sender)
    }

    fn once(&mut self, deadline: Instant) -> anyhow::Result<Exit> {
        self.warn_of_nothing_to_do();
        let mut agent = self.start(Mode::Once, Vec::new())?;
        while !agent.ended() && !self.asked.stop.get() {
            let Some(happening) = self.next(Some(deadline))? else {
                warn!("The deadline has come before all was delivered.");
                break;
            };
            agent.note(happening);
        }
        let drained = agent.ended() && !agent.failed;
        self.stop(&mut agent, STOP_GRACE)?;
        self.tell_account()?;
        let all = drained && self.tells_alerts().all(|name| agent.drained.contains(name));
        if all {
            agent.beat_once()?;
        }
        Ok(if all { Exit::Well } else { Exit::Failed })
    }

    fn follow(&mut self) -> anyhow::Result<Exit> {
        let mut agent = self.start(Mode::Follow, Vec::new())?;
        info!(
            sources = self.config.sources.len(),
            destinations = self.config.destinations.len(),
            state_dir = %self.config.agent.state_dir.display(),
            "ipsbell {} runs.",
            env!("CARGO_PKG_VERSION"),
        );
        self.warn_of_nothing_to_do();
        while !agent.failed && !self.asked.stop.get() {
            if self.asked.status.take() {
                self.tell_status();
            } else if self.asked.reload.take() {
                agent = self.reload(agent)?;
            } else if let Some(happening) = self.next(None)? {
                agent.note(happening);
            }
        }
        let failed = agent.failed;
        self.stop(&mut agent, STOP_GRACE)?;
        for destination in agent.sending() {
            info!(destination, "A post has no answer yet; it will be sent again.");
        }
        info!("ipsbell stops.");
        Ok(if failed || agent.failed { Exit::Failed } else { Exit::Well })
    }

    /// A new configuration comes into force whole or not at all.
    fn reload(&mut self, mut agent: Agent) -> anyhow::Result<Agent> {
        let config = match self.settings.load() {
            Ok(config) => config,
            Err(faults) => {
                error!("The new configuration is refused, the old one stays in force:\n{faults:#}");
                return Ok(agent);
            }
        };
        if config.agent.state_dir != self.config.agent.state_dir {
            error!(
                "`state_dir` cannot change while ipsbell runs; restart needed, the old configuration stays in force."
            );
            return Ok(agent);
        }
        self.stop(&mut agent, RELOAD_GRACE)?;
        if self.asked.stop.get() {
            return Ok(agent);
        }
        if !agent.ended() || agent.failed {
            agent.failed = true;
            return Ok(agent);
        }
        let same_sources = config.sources == self.config.sources;
        let standing = if same_sources { std::mem::take(&mut agent.standing) } else { Vec::new() };
        self.config = config;
        let mut started = self.start(Mode::Follow, standing);
        // A disk that is full ends no agent that runs: it waits for room, as its threads do.
        while let Err(error) = &started
            && error.downcast_ref::<StoreError>().is_some_and(StoreError::may_pass)
        {
            warn!("The reload waits: {error:#}.");
            self.next(Some(clock::monotonic() + STORE_PAUSE))?;
            if self.asked.stop.get() {
                return Ok(agent);
            }
            started = self.start(Mode::Follow, Vec::new());
        }
        info!("The configuration is read again.");
        started
    }

    fn stop(&self, agent: &mut Agent, grace: Duration) -> anyhow::Result<()> {
        agent.stop();
        let mut deadline = clock::monotonic() + grace;
        while !agent.ended() {
            match self.next(Some(deadline))? {
                Some(happening) => agent.note(happening),
                None => break,
            }
            // Who asks us to end does not wait for a reload's longer grace.
            if self.asked.stop.get() {
                deadline = deadline.min(clock::monotonic() + STOP_GRACE);
            }
        }
        Ok(())
    }

    /// What happens next, or nothing until the deadline.
    fn next(&self, deadline: Option<Instant>) -> anyhow::Result<Option<Happening>> {
        let happening = self.receive(deadline)?;
        match happening {
            Some(Happening::Signal(SIGTERM | SIGINT)) => self.asked.stop.set(true),
            Some(Happening::Signal(SIGHUP)) => self.asked.reload.set(true),
            Some(Happening::Signal(SIGUSR1)) => self.asked.status.set(true),
            _ => {}
        }
        Ok(happening)
    }

    fn receive(&self, deadline: Option<Instant>) -> anyhow::Result<Option<Happening>> {
        let Some(deadline) = deadline else {
            return Ok(Some(self.happenings.recv().context("nothing is left that could happen")?));
        };
        let left = deadline.saturating_duration_since(clock::monotonic());
        match self.happenings.recv_timeout(left) {
            Ok(happening) => Ok(Some(happening)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(error) => Err(error).context("nothing is left that could happen"),
        }
    }

    fn warn_of_nothing_to_do(&self) {
        if self.config.sources.is_empty() {
            warn!("There is no [[source]] in the configuration: nothing is read.");
        }
        if self.tells_alerts().next().is_none() {
            warn!("There is no [[destination]] for alerts in the configuration: nobody is told.");
        }
    }

    /// The names of the destinations that tell alerts.
    fn tells_alerts(&self) -> impl Iterator<Item = &str> {
        let destinations = self.config.destinations.iter();
        let those = destinations.filter(|destination| destination.kind.tells == Tells::Alerts);
        those.map(|destination| destination.name.as_str())
    }

    fn tell_account(&self) -> anyhow::Result<()> {
        let view = View::open(&self.config.agent.state_dir, &self.config.agent.host)?;
        let configured = |name: &str| self.tells_alerts().any(|each| each == name);
        for destination in view.destinations()?.into_iter().filter(|each| configured(&each.name)) {
            let account = destination.account;
            info!(
                destination = destination.name,
                stored = account.stored,
                told = account.told,
                not_matched = account.not_matched,
                muted = account.muted,
                left = account.pending(),
                given_up = account.given_up,
                expired = account.expired,
                posts = destination.posts,
                "The account."
            );
        }
        Ok(())
    }

    fn tell_status(&self) {
        match status::gather(&self.config) {
            Ok(status) => status.lines().for_each(|line| info!("{line}")),
            Err(error) => error!("The status cannot be read: {error:#}"),
        }
    }
}

/// Each followed file keeps a descriptor, and the usual limit of 1,024 is for programs that do not.
fn allow_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let wanted = FILES_MAX as u64 + DESCRIPTORS_BESIDE;
    let current = limit.maximum.map_or(wanted, |maximum| wanted.min(maximum));
    if limit.current.is_some_and(|now| now < current) {
        let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(current), ..limit });
        if let Err(error) = raised {
            warn!("The limit of open files stays as it is: {error}.");
        }
    }
}

/// Turns the system's signals into happenings.
pub(super) fn listen(sender: Sender<Happening>, signals: &[i32]) -> anyhow::Result<()> {
    let mut signals =
        signal_hook::iterator::Signals::new(signals).context("cannot listen to signals")?;
    let body = move || {
        for signal in signals.forever() {
            // The main thread is gone only when the process is about to end.
            drop(sender.send(Happening::Signal(signal)));
        }
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(body).map(drop)?;
    Ok(())
}
