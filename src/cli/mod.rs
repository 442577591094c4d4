//! Arguments in, a command run, an exit status out. One file a command, one table of commands. To
//! add one, copy `formats.rs`, end it in a `COMMAND`, and list it.

mod formats;
mod parse;

use std::io::{self, Write as _};
use std::process::ExitCode;

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

/// All commands, in the order of the help.
pub const COMMANDS: &[&Command] = &[&parse::COMMAND, &formats::COMMAND];

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments = match program().try_get_matches() {
        Ok(arguments) => arguments,
        // Help and version are no faults; clap knows their exit status, and prints to where each
        // belongs.
        Err(shown) => {
            return match shown.print() {
                Ok(()) => ExitCode::from(u8::try_from(shown.exit_code()).unwrap_or(2)),
                Err(_) => ExitCode::FAILURE,
            };
        }
    };
    let chosen = arguments.subcommand().and_then(|(name, matches)| {
        let command = COMMANDS.iter().find(|command| command.name == name)?;
        Some((command.run)(matches))
    });
    match chosen {
        Some(Ok(Exit::Well)) => ExitCode::SUCCESS,
        Some(Ok(Exit::Failed)) => ExitCode::FAILURE,
        Some(Ok(Exit::Usage)) | None => ExitCode::from(2),
        // Whoever reads our output may have read enough.
        Some(Err(error)) if broken_pipe(&error) => ExitCode::SUCCESS,
        Some(Err(error)) => {
            // If standard error is gone too, the exit status is all that is left to say.
            writeln!(io::stderr(), "ipsbell: {error:#}").unwrap_or_default();
            ExitCode::FAILURE
        }
    }
}

fn program() -> clap::Command {
    let program = clap::Command::new("ipsbell")
        .version(env!("CARGO_PKG_VERSION"))
        .about(env!("CARGO_PKG_DESCRIPTION"))
        .subcommand_required(true)
        .arg_required_else_help(true);
    COMMANDS.iter().fold(program, |program, command| {
        program.subcommand((command.define)(clap::Command::new(command.name).about(command.about)))
    })
}

fn broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<io::Error>();
    io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_hold_together() {
        program().debug_assert();
    }
}
