//! From files to a [`Config`] or to all that is wrong with them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ipsbell_parsers::FORMATS;
use toml::de::DeTable;

use super::document::{File, Node, shown};
use super::fault::{FAULTS_MAX, Fault, Faults};
use super::keys::{
    AGENT, CONTEXT, DESTINATION, FORMAT, MUTE, REDACT, RETENTION, RUNBOOK, SECTIONS, SEVERITY,
    SOURCE, Section,
};
use super::reader::{Reader, Table};
use super::sections::redact::REDACTIONS_MAX;
use super::{
    Agent, Config, ContextFiles, Destination, Mute, Redaction, Retention, Runbook, SeverityRule,
    Source, files, sections,
};
use crate::destinations::{KINDS, Kind};
use crate::grammar::OwnFormat;
use crate::wanted::known_words;

/// Where the configuration is if nobody says otherwise.
pub const PATH: &str = "/etc/ipsbell/config.toml";

/// Are the secrets wanted?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// Every secret is read, and one that cannot be is a fault: for what posts.
    Read,
    /// None is looked up: for commands that only read the store, whose user may see neither the
    /// files nor the service's environment. [`super::Settings::url`] is `None`.
    Leave,
}

/// Reads the configuration at `path` and `conf.d/*.toml` beside it, in name order. `environment`
/// gives the value of a variable (`|name| std::env::var(name).ok()`).
///
/// # Errors
/// All faults of all files at once, in the order of the files.
pub fn load(
    path: &Path,
    secrets: Secrets,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, Faults> {
    let (files, faults) = files::all(path);
    let reader = Reader {
        formats: FORMATS,
        own_formats: Vec::new(),
        kinds: KINDS,
        environment,
        secrets,
        faults: faults.into(),
    };
    read(&files, reader, &machine())
}

impl Config {
    /// The configuration of a command that needs none: these files, one destination of a kind that
    /// needs no settings, named as its kind, no mutes. `paths` are taken as they stand, without
    /// wildcards; relative ones from the working directory.
    ///
    /// # Errors
    /// If a path is no UTF-8, or there is no working directory.
    pub fn for_files(
        paths: &[PathBuf],
        kind: &'static Kind,
        state_dir: PathBuf,
    ) -> std::io::Result<Self> {
        let literal = |path: &PathBuf| {
            let path = std::path::absolute(path)?;
            let text = path.to_str().ok_or_else(|| {
                std::io::Error::other(format!("{}: the path is no UTF-8", path.display()))
            })?;
            Ok(globset::escape(text))
        };
        Ok(Self {
            agent: Agent { state_dir, ..Agent::standard(&machine()) },
            formats: Arc::default(),
            sources: vec![Source::standard(
                paths.iter().map(literal).collect::<std::io::Result<_>>()?,
            )],
            destinations: vec![Destination::standard(kind.name.to_owned(), kind)],
            mutes: Vec::new(),
            severities: Vec::new(),
            retention: Retention::default(),
            redactions: Vec::new(),
            context: ContextFiles::default(),
            runbooks: Vec::new(),
        })
    }
}

/// The machine's name, uname(2).
fn machine() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if name.is_empty() { "localhost".to_owned() } else { name }
}

/// The files as one configuration: lists are appended, single tables are put together key by key.
pub(super) fn read(
    files: &[File],
    mut reader: Reader<'_>,
    machine: &str,
) -> Result<Config, Faults> {
    let trees: Vec<(&File, DeTable<'_>)> = files.iter().map(|file| (file, file.tree())).collect();
    let parts = Parts::collect(&reader, &trees);
    // First, since sources and matchers name them.
    reader.own_formats = parts.formats(&reader);
    let agent = parts.one(&reader, &AGENT).map(|table| Agent::read(&table, machine));
    let retention = parts.one(&reader, &RETENTION).map(|table| Retention::read(&table));
    let context = parts.one(&reader, &CONTEXT).map(|table| ContextFiles::read(&table));
    let mut names = Names::default();
    let mut sources = Vec::new();
    for table in parts.many(&reader, &SOURCE) {
        let (source, paths) = Source::read(&table);
        for (path, node) in paths {
            names.claim(&reader, path, node);
        }
        sources.extend(source);
    }
    let mut destinations = Vec::new();
    for table in parts.many(&reader, &DESTINATION) {
        let (destination, name) = Destination::read(&table);
        if let Some((name, node)) = name {
            names.claim(&reader, name, node);
        }
        destinations.extend(destination);
    }
    let mutes = parts.many(&reader, &MUTE).iter().filter_map(Mute::read).collect();
    let severities = parts.many(&reader, &SEVERITY).iter().filter_map(SeverityRule::read).collect();
    let runbooks = parts.many(&reader, &RUNBOOK).iter().filter_map(Runbook::read).collect();
    let known: Vec<&str> = names.of("name").collect();
    let redactions: Vec<Redaction> = parts
        .many(&reader, &REDACT)
        .iter()
        .filter_map(|table| Redaction::read(table, &known))
        .collect();
    if redactions.len() > REDACTIONS_MAX
        && let Some(table) = parts.many(&reader, &REDACT).get(REDACTIONS_MAX)
    {
        let what = format!("more than {REDACTIONS_MAX} [[redact]]");
        table.blame(what, Some("put several into one: `a|b`".to_owned()));
    }
    let found = reader.faults.take();
    let faults = in_order(files, found);
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Config {
        formats: reader.own_formats.into_iter().filter_map(|(_, format)| format).collect(),
        agent: agent.unwrap_or_else(|| Agent::standard(machine)),
        sources,
        destinations,
        mutes,
        severities,
        retention: retention.unwrap_or_default(),
        redactions,
        context: context.unwrap_or_default(),
        runbooks,
    })
}

/// The tables of each section, from all files.
struct Parts<'d>(BTreeMap<&'static str, Vec<Node<'d>>>);

impl<'d> Parts<'d> {
    fn collect(reader: &Reader<'_>, trees: &'d [(&'d File, DeTable<'d>)]) -> Self {
        let mut parts: BTreeMap<&'static str, Vec<Node<'d>>> = BTreeMap::new();
        for (file, tree) in trees {
            for node in Node::entries(file, tree) {
                match Section::named(node.key) {
                    Some(section) => parts.entry(section.name).or_default().push(node),
                    None => reader.blame(unknown(node)),
                }
            }
        }
        Self(parts)
    }

    fn one<'r>(&self, reader: &'r Reader<'r>, section: &'static Section) -> Option<Table<'d, 'r>> {
        Table::open(reader, section, self.0.get(section.name)?)
    }

    fn many<'r>(&self, reader: &'r Reader<'r>, section: &'static Section) -> Vec<Table<'d, 'r>> {
        let parts = self.0.get(section.name).into_iter().flatten();
        let items = parts.flat_map(|part| reader.items(*part));
        items.filter_map(|item| Table::open(reader, section, &[item])).collect()
    }

    /// The formats that users define, by their names; none where its definition has faults.
    fn formats(&self, reader: &Reader<'_>) -> Vec<(String, Option<Arc<OwnFormat>>)> {
        let mut names = Names::default();
        let mut formats = Vec::new();
        for table in self.many(reader, &FORMAT) {
            let (format, name) = sections::format::read(&table);
            if let Some((name, node)) = name {
                names.claim(reader, name.clone(), node);
                formats.push((name, format.map(Arc::new)));
            }
        }
        formats
    }
}

fn unknown(node: Node<'_>) -> Fault {
    let sections: Vec<&str> = SECTIONS.iter().map(|section| section.name).collect();
    let home = SECTIONS.iter().find(|section| section.keys.iter().any(|key| key.name == node.key));
    let hint = match home {
        Some(section) => format!("it is a key of {}", section.heading()),
        None => known_words(node.key, &sections),
    };
    let what = format!("unknown section {}", shown(node.key));
    Fault { hint: Some(hint), ..node.key_fault(what) }
}

/// What may be given only once: by key and value, the place.
#[derive(Default)]
struct Names<'d>(BTreeMap<(&'d str, String), Node<'d>>);

impl<'d> Names<'d> {
    fn claim(&mut self, reader: &Reader<'_>, name: String, node: Node<'d>) {
        if let Some(first) = self.0.get(&(node.key, name.clone())) {
            let what = format!("`{}`: {} is given twice", node.key, node.found());
            let hint = Some(format!("it is given first at {}", first.place()));
            reader.blame(Fault { hint, ..node.fault(what) });
            return;
        }
        self.0.insert((node.key, name), node);
    }

    /// The values of a key.
    fn of(&self, key: &str) -> impl Iterator<Item = &str> {
        self.0.keys().filter(move |(of, _)| *of == key).map(|(_, name)| name.as_str())
    }
}

/// With the faults of syntax, by file and place, without what only follows from a fault of syntax
/// on the same line.
fn in_order(files: &[File], mut found: Faults) -> Faults {
    let line = |fault: &Fault| fault.position.map(|position| position.line);
    for file in files {
        let syntax = &file.syntax_faults;
        found.list.retain(|fault| {
            let follows = |cause: &Fault| line(cause) == line(fault);
            fault.file != file.path || !syntax.list.iter().any(follows)
        });
        found.list.extend(syntax.list.iter().cloned());
        found.more += syntax.more;
    }
    found.list.sort_by_key(|fault| {
        let number = files.iter().position(|file| file.path == fault.file);
        (number, fault.position)
    });
    found.more += found.list.len().saturating_sub(FAULTS_MAX);
    found.list.truncate(FAULTS_MAX);
    found
}
