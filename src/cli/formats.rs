//! `ipsbell formats`: the table of log formats, with an example each.

use std::io::{self, Write as _};

use clap::{Arg, ArgAction, ArgMatches};
use ipsbell_parsers::FORMATS;
use serde_json::json;

use super::{Command, Exit};

/// The command.
pub(crate) const COMMAND: Command =
    Command { name: "formats", about: "List the log formats, with an example each", define, run };

fn define(command: clap::Command) -> clap::Command {
    let json = Arg::new("json").long("json").action(ArgAction::SetTrue);
    command.arg(json.help("One JSON object a line: name, about, also, example"))
}

fn run(arguments: &ArgMatches) -> anyhow::Result<Exit> {
    let mut out = io::stdout().lock();
    for format in FORMATS {
        if arguments.get_flag("json") {
            let line = json!({
                "name": format.name, "about": format.about, "also": format.also,
                "example": format.example,
            });
            writeln!(out, "{line}")?;
        } else {
            let example = format.example.replace('\n', "\n    ");
            writeln!(out, "{}\n    {}", format.name, format.about)?;
            if !format.also.is_empty() {
                writeln!(out, "    also: {}", format.also.join(", "))?;
            }
            writeln!(out, "    {example}\n")?;
        }
    }
    out.flush()?;
    Ok(Exit::Well)
}
