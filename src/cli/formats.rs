//! `ipsbell formats`: the table of log formats with an example each; of one format what its example becomes.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches};
use ipsbell_parsers::{FORMATS, Framing};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{Command, Exit, Unusable, output, settings};
use crate::config::Secrets;
use crate::event::{Event, Origin};
use crate::grammar::{FormatChoice, OwnFormat, Read, Reader};
use crate::wanted::known_words;

/// The command.
pub(crate) const COMMAND: Command =
    Command { name: "formats", about: "List the log formats, or tell of one", define, run };

fn define(command: clap::Command) -> clap::Command {
    let config = Arg::new("config").long("config").value_name("FILE");
    let config = config.value_parser(clap::value_parser!(PathBuf));
    let json = Arg::new("json").long("json").action(ArgAction::SetTrue);
    let name = Arg::new("name").value_name("NAME");
    command
        .arg(config.help("Also list the [[format]]s of this configuration"))
        .arg(json.help("One JSON object a line: name, about, example, lines, also"))
        .arg(name.help("Tell of this format what its example becomes"))
}

/// A format as it is told.
struct Told<'f> {
    name: &'f str,
    about: &'f str,
    /// May be empty where a user gave no sample.
    example: &'f str,
    /// Does a record have several lines?
    several_lines: bool,
    also: &'f [&'f str],
    choice: FormatChoice,
}

fn run(arguments: &ArgMatches) -> anyhow::Result<Exit> {
    let path = arguments.get_one::<PathBuf>("config");
    let config = path.map(|path| settings::load(path, Secrets::Leave)).transpose()?;
    let own = config.map(|config| config.formats).unwrap_or_default();
    let told: Vec<Told<'_>> = known().chain(own.iter().map(defined)).collect();
    let json = arguments.get_flag("json");
    let mut out = output();
    match arguments.get_one::<String>("name") {
        None => told.iter().try_for_each(|format| format.list(json, &mut out))?,
        Some(name) => {
            let Some(format) = told.iter().find(|format| format.name == name) else {
                let names: Vec<&str> = told.iter().map(|format| format.name).collect();
                let hint = known_words(name, &names);
                let what = format!("ipsbell: no format is called `{name}`\n  hint: {hint}");
                return Err(Unusable(what).into());
            };
            format.tell(json, &mut out)?;
        }
    }
    out.flush()?;
    Ok(Exit::Well)
}

fn known<'f>() -> impl Iterator<Item = Told<'f>> {
    FORMATS.iter().copied().map(|format| Told {
        name: format.name,
        about: format.about,
        example: format.example,
        several_lines: matches!(format.framing, Framing::Lines(_)),
        also: format.also,
        choice: FormatChoice::Named(format),
    })
}

fn defined(format: &Arc<OwnFormat>) -> Told<'_> {
    let definition = format.definition();
    Told {
        name: &definition.name,
        about: "A [[format]] of this configuration",
        example: definition.samples.first().map_or("", String::as_str),
        several_lines: false,
        also: &[],
        choice: FormatChoice::Own(Arc::clone(format)),
    }
}

impl Told<'_> {
    fn json(&self) -> Value {
        let lines = if self.several_lines { "several" } else { "one" };
        json!({
            "name": self.name, "about": self.about, "example": self.example, "lines": lines,
            "also": self.also,
        })
    }

    /// What it is, with its example.
    fn list(&self, json: bool, out: &mut impl Write) -> io::Result<()> {
        if json {
            return writeln!(out, "{}", self.json());
        }
        writeln!(out, "{}\n    {}", self.name, self.about)?;
        if self.several_lines {
            writeln!(out, "    A record has several lines")?;
        }
        if !self.also.is_empty() {
            writeln!(out, "    Alerts only where they are asked for: {}", self.also.join(", "))?;
        }
        writeln!(out, "    {}\n", self.example.replace('\n', "\n    "))
    }

    /// The same, and what the example becomes.
    fn tell(&self, json: bool, out: &mut impl Write) -> anyhow::Result<()> {
        let event = self.event().map(|event| serde_json::from_str::<Value>(&event)).transpose()?;
        if json {
            let mut whole = self.json();
            if let (Some(whole), Some(event)) = (whole.as_object_mut(), event) {
                whole.insert("event".to_owned(), event);
            }
            writeln!(out, "{whole}")?;
            return Ok(());
        }
        self.list(false, out)?;
        if let Some(event) = event {
            writeln!(out, "It becomes the event")?;
            let mut leaves = Vec::new();
            flatten("", &event, &mut leaves);
            let width = leaves.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
            for (key, value) in leaves {
                writeln!(out, "    {key:width$}  {value}")?;
            }
        }
        Ok(())
    }

    /// What the agent would make of the example, had it read it when it happened.
    fn event(&self) -> Option<String> {
        let record = self.example.as_bytes();
        let known = |choice| ipsbell_parsers::Reader::new(choice).also_all();
        let mut reader = Reader::new(&self.choice, &Arc::default(), known);
        let Read::Alert { alert, .. } = reader.read(record) else { return None };
        let origin = Origin {
            machine: 0,
            generation: 0,
            agent_host: "this-host",
            path: "(example)",
            zone: &TimeZone::UTC,
            home_networks: &[],
        };
        let now = crate::clock::now();
        let mut event = Event::new(*alert, self.name, record, record, 0, now, &origin);
        event.read_at = event.at;
        Some(event.ecs(false))
    }
}

/// The values of a nested object under their dotted names.
fn flatten(before: &str, value: &Value, leaves: &mut Vec<(String, String)>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let key = if before.is_empty() { key.clone() } else { format!("{before}.{key}") };
                flatten(&key, value, leaves);
            }
        }
        value => leaves.push((before.to_owned(), value.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_becomes_an_event_and_what_is_told_says_so() {
        for format in known() {
            let mut told = Vec::new();
            format.tell(false, &mut told).unwrap();
            let told = String::from_utf8(told).unwrap();
            for wanted in [format.name, format.about, "It becomes the event", "event.module"] {
                assert!(told.contains(wanted), "{wanted}\n{told}");
            }
            assert_eq!(told.contains("several lines"), format.several_lines, "{told}");
            let mut told = Vec::new();
            format.tell(true, &mut told).unwrap();
            let told: Value = serde_json::from_slice(&told).unwrap();
            assert_eq!(told["event"]["event"]["dataset"], format.name);
        }
    }
}
