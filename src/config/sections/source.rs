//! `[[source]]`.

mod journal;

use std::sync::Arc;
use std::time::Duration;

use globset::GlobBuilder;
use ipsbell_parsers::Choice;
use jiff::tz::TimeZone;

use super::duration;
use crate::config::document::Node;
use crate::config::fault::Fault;
use crate::config::reader::{Reader, Table};
use crate::config::{FormatChoice, Source, StartAt, kinds, values};
use crate::wanted::Unfit;

/// Longer patterns, and more of them, are nobody's wish (the system's own limit of a path is 4,096
/// bytes).
const PATTERN_BYTES_MAX: usize = 4_096;
const SILENT_AFTER_BOUNDS: [Duration; 2] =
    [Duration::from_secs(1), Duration::from_secs(365 * 86_400)];

impl Source {
    /// All defaults, for these paths and globs.
    pub(crate) fn standard(paths: Vec<String>) -> Self {
        Self {
            paths,
            journal: None,
            exclude: Vec::new(),
            format: FormatChoice::Auto,
            columns: Vec::new(),
            also: Vec::new(),
            // Without /etc/localtime a machine's zone is UTC, as for every other program.
            timezone: TimeZone::try_system().unwrap_or(TimeZone::UTC),
            start_at: StartAt::End,
            silent_after: None,
        }
    }

    /// The source and the places of its paths, or of what it reads of the journal, which no other source may have.
    pub(in crate::config) fn read<'d>(
        table: &Table<'d, '_>,
    ) -> (Option<Self>, Vec<(String, Node<'d>)>) {
        let reader = table.reader;
        let mut places = Vec::new();
        let journal = table.node("journal");
        if let Some(other) = journal.and_then(|_| table.node("paths").or(table.node("exclude"))) {
            let hint = "put the files into a [[source]] of their own".to_owned();
            let what = format!("`{}` beside `journal`", other.key);
            reader.blame(Fault { hint: Some(hint), ..other.key_fault(what) });
        } else if journal.is_none() {
            table.require("paths");
        }
        let journal = table.one("journal", |node| journal::read(reader, node, &mut places));
        let paths = table.list("paths", |node| {
            let path = path(reader, node)?;
            places.push((path.clone(), node));
            Ok(path)
        });
        let exclude = table.list("exclude", |node| pattern(reader, node));
        let format = table.one("format", |node| format(reader, node));
        let choice = format.as_ref().map_or(Choice::Auto, FormatChoice::known);
        let columns = table.list("columns", |node| {
            reader.parsed(node, "text", |name| kinds::column(choice, reader.formats, name))
        });
        let also = table.list("also", |node| {
            reader.parsed(node, "text", |kind| kinds::also(choice, reader.formats, kind))
        });
        let timezone =
            table.one("timezone", |node| reader.parsed(node, "a time zone", values::time_zone));
        let start_at = table.one("start_at", |node| reader.parsed(node, START_AT, start_at));
        let silent_after =
            table.one("silent_after", |node| duration(reader, node, SILENT_AFTER_BOUNDS));
        let paths = if journal.is_some() { Some(Vec::new()) } else { paths };
        let source = paths.map(Self::standard).map(|standard| Self {
            journal,
            exclude: exclude.unwrap_or_default(),
            format: format.unwrap_or(standard.format),
            columns: columns.unwrap_or_default(),
            also: also.unwrap_or_default(),
            timezone: timezone.unwrap_or(standard.timezone),
            start_at: start_at.unwrap_or(standard.start_at),
            silent_after,
            ..standard
        });
        (source, places)
    }
}

fn path(reader: &Reader<'_>, node: Node<'_>) -> Result<String, Fault> {
    let pattern = pattern(reader, node)?;
    if pattern.starts_with('/') && !pattern.ends_with('/') {
        return Ok(pattern);
    }
    let hint = match pattern.strip_suffix('/').filter(|directory| directory.starts_with('/')) {
        Some(_) => "this is a directory: name its files, such as `/var/log/suricata/*.json`",
        None => "write it from the root on, such as `/var/log/suricata/eve.json`",
    };
    Err(node.unfit(Unfit::new("an absolute path of a file").hint(hint)))
}

fn pattern(reader: &Reader<'_>, node: Node<'_>) -> Result<String, Fault> {
    let text = reader.text(node)?;
    if text.is_empty() || text.len() > PATTERN_BYTES_MAX || text.contains('\0') {
        return Err(node.wanted(&format!("a path or pattern of 1 to {PATTERN_BYTES_MAX} bytes")));
    }
    if let Err(error) = GlobBuilder::new(&text).literal_separator(true).build() {
        let hint = "put `[` and `]` around a character that is meant as it stands: `[*]`";
        let wanted = format!("a pattern ({})", error.kind());
        return Err(node.unfit(Unfit::new(wanted).hint(hint)));
    }
    Ok(text.into_owned())
}

fn format(reader: &Reader<'_>, node: Node<'_>) -> Result<FormatChoice, Fault> {
    reader.parsed(node, "`auto` or the name of a format", |text| {
        if text == "auto" {
            return Ok(FormatChoice::Auto);
        }
        if let Some(known) = reader.formats.iter().copied().find(|format| format.name == text) {
            return Ok(FormatChoice::Named(known));
        }
        match reader.own_formats.iter().find(|(name, _)| name == text) {
            Some((_, Some(own))) => Ok(FormatChoice::Own(Arc::clone(own))),
            // Its own faults are enough.
            Some((_, None)) => Ok(FormatChoice::Auto),
            None => {
                let names: Vec<&str> =
                    std::iter::once("auto").chain(reader.format_names()).collect();
                Err(Unfit::one_of("`auto` or the name of a format", text, &names))
            }
        }
    })
}

const START_AT: &str = "`end` or `beginning`";

fn start_at(text: &str) -> Result<StartAt, Unfit> {
    match text {
        "end" => Ok(StartAt::End),
        "beginning" => Ok(StartAt::Beginning),
        _ => Err(Unfit::of_these(START_AT, text, &["end", "beginning"])),
    }
}
