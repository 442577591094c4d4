//! `ipsbell store`: the database itself. `verify` recomputes what it says of itself; exit status 1 if anything does not agree.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use clap::{Args as _, FromArgMatches as _};

use super::settings::Settings;
use super::{Command, Exit, output, say};
use crate::clock;
use crate::store::{self, Verified};

/// `ipsbell store`.
pub(super) const COMMAND: Command = Command {
    name: "store",
    about: "Verify the database: every sum, every row, every page",
    define: Arguments::augment_args,
    run,
};

/// How often a long check says how far it is, on a terminal.
const PROGRESS_EVERY: Duration = Duration::from_secs(2);

#[derive(Debug, clap::Args)]
struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Recompute what the store says of itself; exit status 1 if anything does not agree
    Verify(Verify),
}

#[derive(Debug, clap::Args)]
struct Verify {
    #[command(flatten)]
    settings: Settings,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn run(matches: &clap::ArgMatches) -> anyhow::Result<Exit> {
    let Action::Verify(arguments) = Arguments::from_arg_matches(matches)?.action;
    let config = arguments.settings.load_to_read()?;
    let shown = std::io::stderr().is_terminal();
    let mut next = clock::monotonic() + PROGRESS_EVERY;
    let verified = store::verify(&config.agent.state_dir, &mut |read, of| {
        if shown && clock::monotonic() >= next {
            next = clock::monotonic() + PROGRESS_EVERY;
            say(&format!("{read} of {of} rows of events"));
        }
    })?;
    let mut out = output();
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&verified)?)?;
    } else {
        write!(out, "{}", text(&verified))?;
    }
    out.flush()?;
    Ok(if verified.is_sound() { Exit::Well } else { Exit::Failed })
}

fn text(verified: &Verified) -> String {
    let Verified { version, events, last_sequence, .. } = verified;
    let mut lines = vec![format!(
        "store        version {version}: {events} events, the last number given is {last_sequence}"
    )];
    let destinations = verified.destinations.iter();
    lines.extend(destinations.map(|(name, account)| format!("destination  {name}: {account}")));
    lines.extend(verified.left_out.iter().map(|what| format!("left out     {what}")));
    lines.extend(verified.differences.iter().map(|what| format!("difference   {what}")));
    if verified.differences_more > 0 {
        lines.push(format!("             and {} more", verified.differences_more));
    }
    if verified.is_sound() {
        lines.push("all of it agrees".to_owned());
    }
    lines.join("\n") + "\n"
}
