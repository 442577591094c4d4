//! Arguments in, a command run, an exit status out. One file a command, one table of commands. To add one, copy
//! `formats.rs`, end it in a `COMMAND`, and list it. Standard output is data, standard error is for people.

mod check;
mod demo;
mod formats;
mod log;
mod mute;
mod mutes;
mod parse;
mod preview;
mod rights;
mod run;
mod search;
mod settings;
mod status;
mod store;
mod temporary;
mod test;
mod unmute;
mod watch;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::error::ErrorKind;

/// A command, `ipsbell NAME`.
#[derive(Debug)]
pub struct Command {
    /// What users type.
    pub name: &'static str,
    /// One line, no full stop.
    pub about: &'static str,
    /// Adds its arguments.
    pub define: fn(clap::Command) -> clap::Command,
    /// Runs it.
    pub run: fn(&clap::ArgMatches) -> anyhow::Result<Exit>,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Well: 0.
    Well,
    /// It ran, and something failed: 1.
    Failed,
    /// Wrong usage or configuration: 2.
    Usage,
}

/// Wrong usage or configuration: the command could not begin. Shown as it is, exit status 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(pub String);

/// All commands, in the order of the help.
pub const COMMANDS: &[&Command] = &[
    &run::COMMAND,
    &check::COMMAND,
    &test::COMMAND,
    &parse::COMMAND,
    &preview::COMMAND,
    &watch::COMMAND,
    &status::COMMAND,
    &search::COMMAND,
    &mute::COMMAND,
    &unmute::COMMAND,
    &mutes::COMMAND,
    &store::COMMAND,
    &formats::COMMAND,
    &demo::COMMAND,
];

/// Runs the program.
pub fn main() -> ExitCode {
    let matches = match program().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return explain(&error),
    };
    let chosen = matches.subcommand().and_then(|(name, arguments)| {
        let command = COMMANDS.iter().find(|command| command.name == name)?;
        Some((command, arguments))
    });
    // clap has refused everything that is not in the table.
    let Some((command, arguments)) = chosen else { return ExitCode::from(2) };
    let exit = (command.run)(arguments).unwrap_or_else(|error| report(&error));
    ExitCode::from(match exit {
        Exit::Well => 0,
        Exit::Failed => 1,
        Exit::Usage => 2,
    })
}

/// The whole command line.
pub fn program() -> clap::Command {
    let program = clap::Command::new("ipsbell")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Tells a Slack channel what this machine's intrusion prevention system catches")
        .after_help("Try `ipsbell demo` first: it needs no configuration and no account.")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true);
    COMMANDS.iter().fold(program, |program, command| {
        // The table's word stands above what a derived argument list would say of itself.
        let defined = (command.define)(clap::Command::new(command.name));
        program.subcommand(defined.about(command.about).long_about(None))
    })
}

/// Standard output, buffered; to be flushed by the command.
pub(crate) fn output() -> io::BufWriter<io::StdoutLock<'static>> {
    io::BufWriter::with_capacity(64 << 10, io::stdout().lock())
}

/// A line for people.
pub(crate) fn say(text: &str) {
    // Where standard error is gone there is nobody left to tell.
    drop(writeln!(io::stderr(), "{text}"));
}

fn explain(error: &clap::Error) -> ExitCode {
    // As above: a closed standard error is no reason to fail differently.
    drop(error.print());
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    ExitCode::from(if asked { 0 } else { 2 })
}

fn report(error: &anyhow::Error) -> Exit {
    let closed = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    if closed.into_iter().any(|cause| cause.kind() == io::ErrorKind::BrokenPipe) {
        return Exit::Well;
    }
    if let Some(Unusable(text)) = error.downcast_ref() {
        say(text);
        return Exit::Usage;
    }
    say(&format!("ipsbell: {error:#}"));
    Exit::Failed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        program().debug_assert();
        for command in COMMANDS {
            let about = command.about;
            assert!(about.len() < 76 && !about.ends_with('.'), "{}: {about}", command.name);
        }
    }
}
