//! A format that a user defines: patterns whose groups are named like the fields of an event.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ipsbell_parsers::alert::{Alert, Severity, Value, Verdict};
use ipsbell_parsers::fields::Field;
use ipsbell_parsers::text;

use super::layout::Layout;
use super::pattern::{Group, Pattern};

/// So many bytes of a record are held against the patterns; a longer one is read as if it ended there.
pub(super) const RECORD_BYTES_MAX: usize = 64 << 10;

/// The word that stands for every other value, and for none, in the tables of severities and verdicts.
pub const OTHERS: &str = "*";

/// What a user says of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The name, `event.dataset`.
    pub name: String,
    /// The product, `event.module`; what has no field of its own stands under it.
    pub product: String,
    /// The patterns, in the order in which they are tried.
    pub patterns: Vec<Pattern>,
    /// How the group `timestamp` is written, where it is in no form that is known.
    pub layout: Option<Layout>,
    /// The severity of the group `severity`, by its text in lower case, and of [`OTHERS`].
    pub severities: BTreeMap<String, Severity>,
    /// The verdict of the group `action`, likewise.
    pub verdicts: BTreeMap<String, Verdict>,
    /// Lines that it reads.
    pub samples: Vec<String>,
}

/// A format that a user defined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnFormat {
    definition: Definition,
}

/// A value that is not what its field wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit<'a> {
    /// The field.
    pub field: &'static Field,
    /// The value.
    pub value: Cow<'a, str>,
}

impl OwnFormat {
    /// The format of this definition.
    pub const fn new(definition: Definition) -> Self {
        Self { definition }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.definition.name
    }

    /// What the user said.
    pub const fn definition(&self) -> &Definition {
        &self.definition
    }

    /// What the first pattern that fits reads of a record's own text. A value that is not what its field wants is kept
    /// under the product's name.
    pub fn read<'a>(&self, record: &'a [u8]) -> Option<Alert<'a>> {
        let (mut alert, misfits) = self.read_strictly(record)?;
        for Misfit { field, value } in misfits {
            let key = format!("{}.{}", self.definition.product, field.name);
            alert.note(key, Value::Text(value));
        }
        Some(alert)
    }

    /// The same, with the values that are not what their fields want beside it.
    pub fn read_strictly<'a>(&self, record: &'a [u8]) -> Option<(Alert<'a>, Vec<Misfit<'a>>)> {
        let definition = &self.definition;
        let head = record.get(..RECORD_BYTES_MAX).unwrap_or(record);
        let mut fitting = definition.patterns.iter().filter_map(|pattern| pattern.groups(head));
        let groups = fitting.next()?;
        let product = Cow::Owned(definition.product.clone());
        let mut alert = Alert { product, ..Alert::default() };
        let mut misfits = Vec::new();
        for (group, value) in groups {
            let value = text::shown(value);
            match group {
                Group::Field(field) => misfits.extend(self.fill(&mut alert, field, value)),
                Group::Extra(name) => {
                    let key = format!("{}.{name}", definition.product);
                    alert.note(key, Value::Text(value));
                }
            }
        }
        if let Some(severity) = listed(&definition.severities, alert.severity_raw.as_deref()) {
            alert.severity = severity;
        }
        if let Some(verdict) = listed(&definition.verdicts, alert.action.as_deref()) {
            alert.verdict = verdict;
        }
        Some((alert, misfits))
    }

    fn fill<'a>(
        &self,
        alert: &mut Alert<'a>,
        field: &'static Field,
        value: Cow<'a, str>,
    ) -> Option<Misfit<'a>> {
        if let Some(layout) = &self.definition.layout
            && field.name == "timestamp"
            && let Some(stamp) = layout.read(value.trim())
        {
            alert.stamp = Some(stamp);
            return None;
        }
        field.fill(alert, value).map(|value| Misfit { field, value })
    }

    /// Where the pattern that came farthest stopped, and what it wanted there. `starts` are the places where a record's
    /// own text may begin, and the texts.
    pub(super) fn wanted<'a>(
        &self,
        starts: impl Iterator<Item = (usize, &'a [u8])>,
    ) -> (usize, String) {
        let mut best: Option<(usize, usize, String)> = None;
        for (start, rest) in starts {
            let head = rest.get(..RECORD_BYTES_MAX).unwrap_or(rest);
            for (number, pattern) in self.definition.patterns.iter().enumerate() {
                let (at, piece) = pattern.farthest(head);
                let at = start + at;
                if best.as_ref().is_none_or(|(far, ..)| at > *far) {
                    best = Some((at, number, piece));
                }
            }
        }
        let (at, number, piece) = best.unwrap_or_default();
        let which = match self.definition.patterns.len() {
            0 | 1 => String::new(),
            _ => format!(" of pattern {}", number + 1),
        };
        (at, format!("`{piece}`{which}"))
    }
}

/// What a table says of a word, or of all others.
fn listed<T: Copy>(table: &BTreeMap<String, T>, word: Option<&str>) -> Option<T> {
    if table.is_empty() {
        return None;
    }
    let named = word.and_then(|word| table.get(word.to_lowercase().as_str()));
    named.or_else(|| table.get(OTHERS)).copied()
}
