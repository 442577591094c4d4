//! `ipsbell watch`: follows logs and shows the cards on this terminal. The whole agent, with a store that is thrown away.

use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::time::Duration;

use clap::{Args as _, FromArgMatches as _};
use signal_hook::consts::signal::{SIGINT, SIGTERM};

use super::{Command, Exit, Unusable, log, run, say, temporary};
use crate::agent::{Agent, Happening, Mode};
use crate::config::{Config, StartAt};
use crate::store::Store;
use crate::{clock, destinations};

/// `ipsbell watch`.
pub(super) const COMMAND: Command = Command {
    name: "watch",
    about: "Follow logs and show the posts on this terminal; needs no configuration",
    define: Arguments::augment_args,
    run: watch,
};

#[derive(Debug, clap::Args)]
struct Arguments {
    /// Log files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Show what the files hold already, too
    #[arg(long)]
    from_beginning: bool,
}

/// The first look at the logs takes so long at most; it is asked for so often whether it is over.
const FIRST_LOOK_MAX: Duration = Duration::from_secs(5);
const LOOKED_EVERY: Duration = Duration::from_millis(5);

fn watch(matches: &clap::ArgMatches) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    log::start(tracing::level_filters::LevelFilter::WARN);
    let directory = temporary::directory()?;
    let kind = destinations::kind("console")
        .ok_or_else(|| anyhow::anyhow!("there is no kind `console`"))?;
    let mut config = Config::for_files(&arguments.files, kind, directory.path().to_owned())
        .map_err(|error| Unusable(format!("ipsbell: {error}")))?;
    for source in &mut config.sources {
        source.start_at = if arguments.from_beginning { StartAt::Beginning } else { StartAt::End };
    }
    let (sender, happenings) = channel();
    run::listen(sender.clone(), &[SIGTERM, SIGINT])?;
    let store = Store::open(directory.path(), clock::now())?;
    let mut agent = Agent::start(&store, &config, Mode::Follow, Vec::new(), &sender)?;
    // What is written from here on is shown: the reader has seen where the logs end.
    let (writer, until) = (store.writer()?, clock::monotonic() + FIRST_LOOK_MAX);
    let paths = config.sources.iter().map(|source| &source.paths);
    for paths in paths {
        while writer.source_is_new(paths)? && clock::monotonic() < until {
            match happenings.recv_timeout(LOOKED_EVERY) {
                Ok(Happening::Signal(_)) => return Ok(Exit::Well),
                Ok(happening) => agent.note(happening),
                Err(_) => {}
            }
        }
    }
    drop(writer);
    say(
        "watching; nothing is kept, so ids in the posts cannot be searched later; stop with Ctrl-C",
    );
    while let Ok(happening) = happenings.recv() {
        if matches!(happening, Happening::Signal(_)) {
            break;
        }
        agent.note(happening);
        if agent.failed {
            break;
        }
    }
    agent.stop();
    while let Ok(happening) = happenings.recv_timeout(Duration::from_secs(2)) {
        agent.note(happening);
        if agent.ended() {
            break;
        }
    }
    Ok(if agent.failed { Exit::Failed } else { Exit::Well })
}
