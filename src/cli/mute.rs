//! `ipsbell mute`: hides what is like a card, or what fits a matcher, for a time. Shows first what that would have hidden.

mod asked;
mod effect;

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use clap::{Arg, ArgAction, Args as _, FromArgMatches as _};
use jiff::{SignedDuration, Timestamp};

use self::effect::Effect;
use super::rights::{author, explained};
use super::settings::Settings;
use super::status::brief;
use super::{Command, Exit, Unusable, output, say};
use crate::config::values;
use crate::destinations::console::printable;
use crate::matcher::Key;
use crate::store::{MUTES_MAX, MadeMute, MuteBook, View};
use crate::triage::Mute;
use crate::{clock, identifier};

/// `ipsbell mute`.
pub(super) const COMMAND: Command = Command {
    name: "mute",
    about: "Hide alerts like those of a card, or that fit a matcher, for a time",
    define,
    run,
};

/// How long a mute holds if nobody says.
const STANDARD: SignedDuration = SignedDuration::from_hours(24);

/// The longest reason, in characters.
const REASON_CHARS_MAX: usize = 500;

#[derive(Debug, clap::Args)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
    /// Id of a card or post, or its beginning (at least 4 characters); with --by
    #[arg(requires = "by")]
    id: Option<String>,
    /// Fields of the card whose values are muted, such as `rule,source`
    #[arg(long, value_name = "FIELDS", value_delimiter = ',', requires = "id")]
    by: Vec<String>,
    /// How long it holds: `2h`, `3 days`; 24h if you say nothing
    #[arg(long = "for", value_name = "TIME", conflicts_with = "until")]
    length: Option<String>,
    /// Until when it holds: `2027-01-01T00:00:00Z`; for good with `never`
    #[arg(long, value_name = "INSTANT")]
    until: Option<String>,
    /// Why, for the others
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

fn define(command: clap::Command) -> clap::Command {
    let key = |command: clap::Command, key: &Key| {
        let arg = Arg::new(key.word()).long(key.word()).value_name("VALUE");
        command.arg(arg.action(ArgAction::Append).help(key.about()))
    };
    let command = Arguments::augment_args(command).next_help_heading("What is muted");
    Key::ALL.iter().fold(command, key)
}

fn run(matches: &clap::ArgMatches) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let now = clock::now();
    let until = until(&arguments, now)?;
    if arguments.reason.chars().count() > REASON_CHARS_MAX {
        let what =
            format!("ipsbell: `--reason`: wanted a text of at most {REASON_CHARS_MAX} characters");
        return Err(Unusable(what).into());
    }
    let by = asked::keys(&arguments.by)?;
    let mut matcher = asked::matcher(matches)?;
    let config = arguments.settings.load_to_read()?;
    let directory = &config.agent.state_dir;
    let mut book =
        MuteBook::open(directory).map_err(|error| explained(error, directory, "mute …"))?;
    let view = View::open(directory, &config.agent.host)?;
    if let Some(id) = &arguments.id {
        let Some(ranges) = super::search::card(&view, id)? else { return Ok(Exit::Failed) };
        asked::add_card(&view, &ranges, &by, &mut matcher)?;
    }
    if matcher.is_empty() {
        return Err(Unusable(
            "ipsbell: say what to mute: a card's id with `--by rule,source`, or `--rule 2010935`"
                .to_owned(),
        )
        .into());
    }
    let effect = Effect::of(&view, &matcher, now)?;
    say(&format!("this mutes   {}", printable(&matcher.to_string())));
    say(&format!("until        {}", until.map_or_else(|| "somebody lifts it".to_owned(), brief)));
    say(&effect.text());
    if !arguments.yes && !confirmed()? {
        say("nothing is muted");
        return Ok(Exit::Failed);
    }
    let reason = arguments.reason.trim().to_owned();
    let mute = Mute { id: new_id(), matcher, until };
    let made = MadeMute { mute, author: author(), reason, since: now, lifted: None };
    if !book.make(&made).map_err(|error| explained(error, directory, "mute …"))? {
        say(&format!(
            "ipsbell: there are {MUTES_MAX} mutes already; lift one (`ipsbell mutes` lists them), or put a wider one \
             into the configuration"
        ));
        return Ok(Exit::Failed);
    }
    let id = &made.mute.id;
    say(&format!("muted; `ipsbell unmute {id}` lifts it"));
    writeln!(output(), "{id}")?;
    Ok(Exit::Well)
}

/// `M` and 7 Crockford characters.
fn new_id() -> String {
    std::iter::once('M').chain(identifier::card().chars().skip(1)).collect()
}

/// The end of the mute; `None` is never.
fn until(arguments: &Arguments, now: Timestamp) -> anyhow::Result<Option<Timestamp>> {
    let wrong = |what: String| anyhow::Error::from(Unusable(format!("ipsbell: {what}")));
    let until = match (&arguments.until, &arguments.length) {
        (Some(text), _) if text == "never" => return Ok(None),
        (Some(text), _) => values::instant(text).map_err(|unfit| {
            let hint = unfit.hint.as_deref().unwrap_or_default();
            wrong(format!("`--until {text}`: {unfit}, or `never`; {hint}"))
        })?,
        (None, length) => {
            let length = length.as_deref().map(|text| {
                let read = values::duration(text).map_err(|unfit| {
                    let hint = unfit.hint.as_deref().unwrap_or_default();
                    wrong(format!("`--for {text}`: {unfit}; {hint}"))
                });
                read.and_then(|length| Ok(SignedDuration::try_from(length)?))
            });
            now.checked_add(length.transpose()?.unwrap_or(STANDARD))?
        }
    };
    if until <= now {
        return Err(wrong(format!("the mute would have ended at {} already", brief(until))));
    }
    Ok(Some(until))
}

/// Asks whoever sits there.
fn confirmed() -> anyhow::Result<bool> {
    let stdin = std::io::stdin();
    if !(stdin.is_terminal() && std::io::stderr().is_terminal()) {
        return Err(Unusable(
            "ipsbell: nobody can be asked here, so nothing is muted; to mute it, type the same with `--yes`".to_owned(),
        )
        .into());
    }
    // A prompt that cannot be written is answered by nobody.
    write!(std::io::stderr(), "Mute? [y/N] ")?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    Ok(is_yes(&answer))
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_yes() {
        for (answer, yes) in
            [("y\n", true), ("YES\r\n", true), ("\n", false), ("", false), ("no", false)]
        {
            assert_eq!(is_yes(answer), yes, "{answer:?}");
        }
    }

    #[test]
    fn the_id_of_a_mute_is_no_cards() {
        let id = new_id();
        assert!(id.len() == 8 && id.starts_with('M'), "{id}");
    }
}
