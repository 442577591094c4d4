//! `ipsbell unmute`: lifts a mute that was made by command.

use clap::{Args as _, FromArgMatches as _};

use super::rights::{author, explained};
use super::settings::Settings;
use super::{Command, Exit, say};
use crate::clock;
use crate::store::{MuteBook, View};
use crate::triage::Mute;

/// `ipsbell unmute`.
pub(super) const COMMAND: Command = Command {
    name: "unmute",
    about: "Lift a mute; what comes from then on is told again",
    define: Arguments::augment_args,
    run,
};

#[derive(Debug, clap::Args)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
    /// Id of the mute, or its beginning (`ipsbell mutes` lists them)
    id: String,
}

fn run(matches: &clap::ArgMatches) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let config = arguments.settings.load_to_read()?;
    let (directory, now) = (&config.agent.state_dir, clock::now());
    let asked = arguments.id.to_ascii_uppercase();
    let configured = config.mutes.iter().find(|mute| Mute::configured(mute).id.starts_with(&asked));
    let view = View::open(directory, &config.agent.host)
        .map_err(|error| explained(error, directory, "unmute …"))?;
    let made = view.mutes()?;
    let made: Vec<&str> = made
        .iter()
        .filter(|made| made.holds_at(now) && made.mute.id.starts_with(&asked))
        .map(|made| made.mute.id.as_str())
        .collect();
    let why = match (made.as_slice(), configured) {
        ([id], None) => {
            let mut book = MuteBook::open(directory)
                .map_err(|error| explained(error, directory, &format!("unmute {id}")))?;
            if book.lift(id, now, &author())? {
                say(&format!("{id} is lifted"));
                return Ok(Exit::Well);
            }
            format!("{id} has just ended by itself")
        }
        ([], Some(mute)) => format!(
            "this mute stands in the configuration, at {}: remove it there and let the agent read it again \
             (`systemctl reload ipsbell`)",
            mute.place
        ),
        ([], None) => "no mute that holds has this id; `ipsbell mutes` lists them".to_owned(),
        (several, _) => {
            let mut several: Vec<String> = several.iter().map(|id| (*id).to_owned()).collect();
            several.extend(configured.map(|mute| Mute::configured(mute).id));
            format!("several mutes begin like this, type one more character: {}", several.join(" "))
        }
    };
    say(&format!("ipsbell: {why}"));
    Ok(Exit::Failed)
}
