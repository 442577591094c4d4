//! Matchers: the values of `match` and `unless`, `[[severity]]`, and what is muted.

use toml::de::DeValue;

use crate::config::document::{Node, shown};
use crate::config::fault::Fault;
use crate::config::reader::{Reader, Table};
use crate::config::{Mute, SeverityRule, values};
use crate::matcher::{Key, Matcher};
use crate::wanted::{Unfit, known_words};

impl Mute {
    pub(in crate::config) fn read(table: &Table<'_, '_>) -> Option<Self> {
        let reader = table.reader;
        let mut matcher = Matcher::default();
        let given: Vec<_> =
            Key::ALL.iter().filter_map(|key| Some((*key, table.node(key.word())?))).collect();
        if given.is_empty() {
            let hint = "say what is muted, such as `rule = \"2010935\"`".to_owned();
            table.missing("a matcher would mute everything", Some(hint));
        }
        for (key, node) in given {
            add(reader, &mut matcher, key, node);
        }
        let until = table.one("until", |node| match node.value {
            DeValue::Datetime(datetime) => {
                values::instant(&datetime.to_string()).map_err(|unfit| node.unfit(unfit))
            }
            _ => reader.parsed(node, "an instant", values::instant),
        });
        let reason = table.required("reason", |node| {
            let text = reader.text(node)?;
            let empty = text.trim().is_empty();
            if empty { Err(node.wanted("a reason")) } else { Ok(text.into_owned()) }
        });
        Some(Self { matcher, until, reason: reason?, place: table.place() })
    }
}

impl SeverityRule {
    pub(in crate::config) fn read(table: &Table<'_, '_>) -> Option<Self> {
        let reader = table.reader;
        table.require("match");
        let matches = list(table, "match");
        let set = table.required("set", |node| reader.parsed(node, "a severity", severity));
        Some(Self { matches: matches?, set: set? })
    }
}

pub(super) use crate::matcher::severity;

/// One matcher or a list of them.
pub(super) fn list(table: &Table<'_, '_>, key: &str) -> Option<Vec<Matcher>> {
    table.list(key, |node| read(table.reader, node))
}

/// A matcher, `{ rule = "2010935", source = ["192.0.2.1"] }`. Faults of its values are kept, so
/// that all are seen.
fn read(reader: &Reader<'_>, node: Node<'_>) -> Result<Matcher, Fault> {
    let DeValue::Table(entries) = node.value else {
        return Err(node.wanted("a matcher such as `{ rule = \"2010935\" }`"));
    };
    if entries.is_empty() {
        return Err(node.fault(format!("`{}`: a matcher without a key fits everything", node.key)));
    }
    let mut matcher = Matcher::default();
    for entry in Node::entries(node.file, entries) {
        match Key::named(entry.key) {
            Some(key) => add(reader, &mut matcher, key, entry),
            None => {
                let known = Key::ALL.map(Key::word);
                let what = format!("unknown key {} in a matcher", shown(entry.key));
                let hint = Some(known_words(entry.key, &known));
                reader.blame(Fault { hint, ..entry.key_fault(what) });
            }
        }
    }
    Ok(matcher)
}

/// Adds the values of one key. Whole numbers may stand without quotes.
fn add(reader: &Reader<'_>, matcher: &mut Matcher, key: Key, node: Node<'_>) {
    for item in reader.items(node) {
        let added = match item.value {
            DeValue::Integer(number) => {
                matcher.add(key, &number.to_string()).map_err(|unfit| item.unfit(unfit))
            }
            _ => reader.parsed(item, key.value(), |text| {
                if key == Key::Format {
                    known_format(reader, text)?;
                }
                matcher.add(key, text)
            }),
        };
        if let Err(fault) = added {
            reader.blame(fault);
        }
    }
}

/// A format that nobody reads would never fit.
fn known_format(reader: &Reader<'_>, text: &str) -> Result<(), Unfit> {
    let names = reader.format_names();
    if text.contains('*') || names.iter().any(|name| name.eq_ignore_ascii_case(text)) {
        return Ok(());
    }
    Err(Unfit::one_of("the name of a format", text, &names))
}
