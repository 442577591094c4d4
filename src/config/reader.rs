//! From nodes to values: collects every fault instead of stopping at the first. Knows the shape of
//! a table, not what its keys mean.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::Arc;

use ipsbell_parsers::Format;
use toml::de::DeValue;

use super::Secrets;
use super::document::{Node, shown};
use super::fault::{Fault, Faults};
use super::keys::{SECTIONS, Section};
use crate::destinations::Kind;
use crate::grammar::OwnFormat;
use crate::wanted::{Unfit, known_words};

/// The most members of a list, and the most tables of a section in one file.
pub const LIST_ITEMS_MAX: usize = 10_000;

/// What the values are read against. Faults are collected through a shared reference, so that what
/// reads one value need not know who reads the others.
pub(super) struct Reader<'r> {
    pub(super) formats: &'r [&'static Format],
    /// Those of `[[format]]`, by their names; none where a definition has faults.
    pub(super) own_formats: Vec<(String, Option<Arc<OwnFormat>>)>,
    pub(super) kinds: &'r [&'static Kind],
    pub(super) environment: &'r dyn Fn(&str) -> Option<String>,
    pub(super) secrets: Secrets,
    pub(super) faults: RefCell<Faults>,
}

impl Reader<'_> {
    /// The names of all formats, those that users defined last.
    pub(super) fn format_names(&self) -> Vec<&str> {
        let own = self.own_formats.iter().map(|(name, _)| name.as_str());
        self.formats.iter().map(|format| format.name).chain(own).collect()
    }

    pub(super) fn blame(&self, fault: Fault) {
        self.faults.borrow_mut().push(fault);
    }

    /// The value, or its fault is kept.
    pub(super) fn keep<T>(&self, result: Result<T, Fault>) -> Option<T> {
        result.map_err(|fault| self.blame(fault)).ok()
    }

    /// The members of a list, or the single value; none, and a fault, if it is empty or longer than
    /// [`LIST_ITEMS_MAX`].
    pub(super) fn items<'d>(&self, node: Node<'d>) -> Vec<Node<'d>> {
        let items = node.items();
        match items.len() {
            0 => self.blame(node.wanted("at least one value")),
            1..=LIST_ITEMS_MAX => return items,
            _ => self.blame(node.wanted(&format!("at most {LIST_ITEMS_MAX} values"))),
        }
        Vec::new()
    }

    /// A text, with `${NAME}` replaced from the environment.
    pub(super) fn text<'d>(&self, node: Node<'d>) -> Result<Cow<'d, str>, Fault> {
        match node.value {
            DeValue::String(text) => self.expand(node, text),
            _ => Err(node.wanted("a text in quotes")),
        }
    }

    /// A text that `parse` takes.
    pub(super) fn parsed<T>(
        &self,
        node: Node<'_>,
        wanted: &str,
        parse: impl FnOnce(&str) -> Result<T, Unfit>,
    ) -> Result<T, Fault> {
        let DeValue::String(written) = node.value else {
            // The parser of the empty text knows the hint.
            let hint = parse("").err().and_then(|unfit| unfit.hint);
            return Err(node.unfit(Unfit { wanted: wanted.to_owned(), hint }));
        };
        parse(&self.expand(node, written)?).map_err(|unfit| node.unfit(unfit))
    }

    /// `true` or `false`.
    pub(super) fn truth(&self, node: Node<'_>) -> Result<bool, Fault> {
        match node.value {
            DeValue::Boolean(truth) => Ok(*truth),
            _ => Err(node.wanted("`true` or `false`, without quotes")),
        }
    }

    /// `$${` stands for `${`; any other `$` stands for itself.
    fn expand<'d>(&self, node: Node<'_>, text: &'d str) -> Result<Cow<'d, str>, Fault> {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("${") {
            if let Some(literal) = before.strip_suffix('$') {
                expanded.push_str(literal);
                expanded.push_str("${");
                rest = behind;
                continue;
            }
            let name = behind.split_once('}').filter(|(name, _)| is_variable(name));
            let Some((name, behind)) = name else {
                let what = format!("`{}`: wanted `${{NAME}}`, found `${{` without it", node.key);
                let hint = "to write `${` itself, write `$${`".to_owned();
                return Err(Fault { hint: Some(hint), ..node.fault(what) });
            };
            let Some(value) = (self.environment)(name) else {
                let what = format!("`{}`: `{name}` is not in the environment", node.key);
                let hint = format!(
                    "set it where ipsbell is started (`Environment={name}=…` in the unit), or \
                     write the value here"
                );
                return Err(Fault { hint: Some(hint), ..node.fault(what) });
            };
            expanded.push_str(before);
            expanded.push_str(&value);
            rest = behind;
        }
        if rest.len() == text.len() {
            return Ok(Cow::Borrowed(text));
        }
        expanded.push_str(rest);
        Ok(Cow::Owned(expanded))
    }
}

/// A name of the environment: letters, digits and `_`, no digit first (POSIX.1-2024, 8.1).
pub(super) fn is_variable(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}

/// A table of the configuration, its keys known and none given twice.
pub(super) struct Table<'d, 'r> {
    pub(super) reader: &'r Reader<'r>,
    section: &'static Section,
    head: Node<'d>,
    entries: Vec<Node<'d>>,
    // A file that is no TOML may hold the key that is missing.
    torn: bool,
}

impl<'d, 'r> Table<'d, 'r> {
    /// One table of the parts, which may come from several files. `None` if there is no part that
    /// is a table.
    pub(super) fn open(
        reader: &'r Reader<'r>,
        section: &'static Section,
        parts: &[Node<'d>],
    ) -> Option<Self> {
        let mut table: Option<Self> = None;
        for part in parts {
            let DeValue::Table(entries) = part.value else {
                let heading = section.heading();
                reader.blame(part.wanted(&format!("a table with the heading `{heading}`")));
                continue;
            };
            let torn = !part.file.syntax_faults.is_empty();
            let table = table.get_or_insert(Self {
                reader,
                section,
                head: *part,
                entries: Vec::new(),
                torn,
            });
            table.torn |= torn;
            for entry in Node::entries(part.file, entries) {
                table.add(entry);
            }
        }
        table
    }

    fn add(&mut self, entry: Node<'d>) {
        if !self.section.key_names().any(|known| known == entry.key) {
            self.reader.blame(unknown_key(self.section, entry));
        } else if let Some(first) = self.entries.iter().find(|first| first.key == entry.key) {
            let what = format!("`{}` is given twice, first at {}", entry.key, first.place());
            let hint = Some("remove one of them".to_owned());
            self.reader.blame(Fault { hint, ..entry.key_fault(what) });
        } else {
            self.entries.push(entry);
        }
    }

    /// The value of a key.
    pub(super) fn node(&self, key: &str) -> Option<Node<'d>> {
        debug_assert!(self.section.key_names().any(|known| known == key), "{key} is not listed");
        self.entries.iter().find(|entry| entry.key == key).copied()
    }

    /// The value of a key as `read` takes it; `None` if it is absent or its fault is kept.
    pub(super) fn one<T>(
        &self,
        key: &str,
        read: impl FnOnce(Node<'d>) -> Result<T, Fault>,
    ) -> Option<T> {
        self.reader.keep(read(self.node(key)?))
    }

    /// As [`Table::one`]; a fault is kept if it is absent.
    pub(super) fn required<T>(
        &self,
        key: &str,
        read: impl FnOnce(Node<'d>) -> Result<T, Fault>,
    ) -> Option<T> {
        self.require(key);
        self.one(key, read)
    }

    /// The members of a list, or a single value; `None` if it is absent or has faults, which are
    /// kept. An empty list is a fault.
    pub(super) fn list<T>(
        &self,
        key: &str,
        mut read: impl FnMut(Node<'d>) -> Result<T, Fault>,
    ) -> Option<Vec<T>> {
        let items = self.reader.items(self.node(key)?);
        // Every item is read before the first fault ends it.
        let read: Vec<_> = items.into_iter().map(|item| self.reader.keep(read(item))).collect();
        read.into_iter().collect::<Option<_>>().filter(|list: &Vec<T>| !list.is_empty())
    }

    /// Where it begins: `config.toml:12:1`.
    pub(super) fn place(&self) -> String {
        self.head.place()
    }

    /// A fault is kept if the key is absent.
    pub(super) fn require(&self, key: &str) {
        if self.node(key).is_none() {
            let example = self.section.keys.iter().find(|known| known.name == key);
            let hint = example.map(|known| format!("add `{}`", known.example));
            self.missing(&format!("`{key}`"), hint);
        }
    }

    /// A fault of the whole table: this is missing in it.
    pub(super) fn missing(&self, what: &str, hint: Option<String>) {
        if !self.torn {
            self.blame(format!("{} without {what}", self.section.heading()), hint);
        }
    }

    /// A fault of the whole table.
    pub(super) fn blame(&self, what: String, hint: Option<String>) {
        self.reader.blame(Fault { hint, ..self.head.fault(what) });
    }
}

fn unknown_key(section: &Section, entry: Node<'_>) -> Fault {
    let heading = section.heading();
    let what = format!("unknown key {} in {heading}", shown(entry.key));
    let known: Vec<&str> = section.key_names().collect();
    let elsewhere = |other: &&&Section| other.keys.iter().any(|key| key.name == entry.key);
    let hint = match SECTIONS.iter().find(elsewhere) {
        Some(other) => format!("it is a key of {}", other.heading()),
        None => known_words(entry.key, &known),
    };
    Fault { hint: Some(hint), ..entry.key_fault(what) }
}
