//! Arguments in, a command run, an exit status out. One file a command, one table of commands. To add one, copy
//! `formats.rs`, end it in a `COMMAND`, and list it.

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
pub const COMMANDS: &[&Command] = &[];

/// Runs the program.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
