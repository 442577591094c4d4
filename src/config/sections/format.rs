//! `[[format]]`.

use std::collections::BTreeMap;

use toml::de::DeValue;

use crate::config::document::Node;
use crate::config::fault::Fault;
use crate::config::reader::{Reader, Table};
use crate::grammar::{self, Definition, Layout, OwnFormat, Pattern};
use crate::matcher::{severity, verdict};
use crate::wanted::Unfit;

/// A longer name, and more of what there may be several of, is nobody's wish.
const NAME_CHARS_MAX: usize = 64;
const PATTERNS_MAX: usize = 64;
const WORDS_MAX: usize = 1_000;
const SAMPLE_BYTES_MAX: usize = 65_536;

/// The format, and its name with its place.
pub(in crate::config) fn read<'d>(
    table: &Table<'d, '_>,
) -> (Option<OwnFormat>, Option<(String, Node<'d>)>) {
    let reader = table.reader;
    let name = table.required("name", |node| Ok((name(reader, node)?, node)));
    table.require("pattern");
    let patterns = table.list("pattern", |node| {
        reader.parsed(node, "a regular expression in quotes", Pattern::parse)
    });
    let too_many = |patterns: &Vec<Pattern>| patterns.len() > PATTERNS_MAX;
    if patterns.as_ref().is_some_and(too_many) {
        table.blame(format!("more than {PATTERNS_MAX} patterns in [[format]]"), None);
    }
    let product = table.one("product", |node| product(reader, node));
    let layout = table.one("timestamp", |node| {
        reader.parsed(node, "the layout of a day and a time", Layout::parse)
    });
    let severities = table.one("severity", |node| words(reader, node, "a severity", severity));
    let verdicts = table.one("verdict", |node| words(reader, node, "a verdict", verdict));
    let samples = table.list("samples", |node| Ok((line(reader, node)?, node))).unwrap_or_default();
    let named = name.as_ref().map(|(name, _)| name.clone());
    let format = named.zip(patterns).map(|(name, patterns)| {
        OwnFormat::new(Definition {
            product: product.unwrap_or_else(|| name.replace('-', "_")),
            name,
            patterns,
            layout,
            severities: severities.unwrap_or_default(),
            verdicts: verdicts.unwrap_or_default(),
            samples: samples.iter().map(|(line, _)| line.clone()).collect(),
        })
    });
    let others = table.list("not", |node| Ok((line(reader, node)?, node))).unwrap_or_default();
    if let Some(format) = &format {
        for (line, node) in &samples {
            reader.keep(grammar::check_sample(format, line).map_err(|unfit| node.unfit(unfit)));
        }
        for (_, node) in others.iter().filter(|(line, _)| grammar::reads(format, line)) {
            reader.blame(node.wanted("a line that no pattern reads"));
        }
    }
    (format, name)
}

fn line(reader: &Reader<'_>, node: Node<'_>) -> Result<String, Fault> {
    // A `${` in a line of a log is its own.
    let text = match node.value {
        DeValue::String(text) => text.as_ref(),
        _ => reader.text(node).map(|_| "")?,
    };
    let fits = !text.trim().is_empty() && text.len() <= SAMPLE_BYTES_MAX && !text.contains('\n');
    if fits { Ok(text.to_owned()) } else { Err(node.wanted("one line of a log")) }
}

fn name(reader: &Reader<'_>, node: Node<'_>) -> Result<String, Fault> {
    let name = reader.text(node)?;
    if !is_name(&name, b"_-") {
        let wanted = format!("a name of 1 to {NAME_CHARS_MAX} of `a-z`, `0-9`, `_`, `-`");
        return Err(node.wanted(&wanted));
    }
    if name == "auto" || reader.formats.iter().any(|format| format.name == name) {
        return Err(node.wanted("a name that no format of ipsbell has"));
    }
    Ok(name.into_owned())
}

fn product(reader: &Reader<'_>, node: Node<'_>) -> Result<String, Fault> {
    let name = reader.text(node)?;
    let wanted = format!("a name of 1 to {NAME_CHARS_MAX} of `a-z`, `0-9`, `_`");
    if is_name(&name, b"_") { Ok(name.into_owned()) } else { Err(node.wanted(&wanted)) }
}

fn is_name(name: &str, beside: &[u8]) -> bool {
    let fits =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || beside.contains(&byte);
    (1..=NAME_CHARS_MAX).contains(&name.len()) && name.bytes().all(fits)
}

/// A table of words of the log, kept in lower case, and what they mean. Faults of its values are kept, so that all are
/// seen.
fn words<T>(
    reader: &Reader<'_>,
    node: Node<'_>,
    wanted: &str,
    parse: impl Fn(&str) -> Result<T, Unfit>,
) -> Result<BTreeMap<String, T>, Fault> {
    let DeValue::Table(entries) = node.value else {
        return Err(node.wanted(&format!("a table of texts of the log and {wanted} for each")));
    };
    if entries.len() > WORDS_MAX {
        return Err(node.wanted(&format!("at most {WORDS_MAX} texts")));
    }
    let mut words = BTreeMap::new();
    for entry in Node::entries(node.file, entries) {
        if let Some(meaning) = reader.keep(reader.parsed(entry, wanted, &parse)) {
            words.insert(entry.key.to_lowercase(), meaning);
        }
    }
    Ok(words)
}
