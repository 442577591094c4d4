//! A configuration file as text and tree, and its values with their places. Knows TOML; knows no
//! key, and nothing of what the values mean. What it shows of a value in a fault is never a secret.

use std::path::PathBuf;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use zeroize::Zeroizing;

use super::fault::{Fault, Faults};
use super::syntax;
use super::text::Text;
use crate::wanted::Unfit;

/// The text of one file. It may hold secrets, so there is no `Debug`.
pub(super) struct File {
    pub(super) path: PathBuf,
    text: Text,
    /// Nobody but its owner and group can read it.
    pub(super) private: bool,
    /// Where it is no TOML. What is around such a place is read all the same.
    pub(super) syntax_faults: Faults,
    open_bracket: bool,
}

/// A value, with the key that it belongs to and its place.
#[derive(Clone, Copy)]
pub(super) struct Node<'d> {
    pub(super) file: &'d File,
    pub(super) key: &'d str,
    pub(super) key_offset: usize,
    pub(super) offset: usize,
    pub(super) value: &'d DeValue<'d>,
}

impl File {
    pub(super) fn new(path: PathBuf, text: Zeroizing<String>, private: bool) -> Self {
        let text = Text::new(text);
        let (syntax_faults, open_bracket) = syntax::faults(&path, &text);
        Self { path, text, private, syntax_faults, open_bracket }
    }

    /// The tree, as far as the text is TOML.
    pub(super) fn tree(&self) -> DeTable<'_> {
        if self.open_bracket {
            return DeTable::new();
        }
        DeTable::parse_recoverable(self.text.as_str()).0.into_inner()
    }

    pub(super) fn fault(&self, offset: usize, what: String) -> Fault {
        let position = Some(self.text.position(offset));
        Fault { file: self.path.clone(), position, what, hint: None }
    }
}

impl<'d> Node<'d> {
    /// The entries of a table.
    pub(super) fn entries(file: &'d File, table: &'d DeTable<'d>) -> Vec<Self> {
        let node = |(key, value): (&'d Spanned<_>, &'d Spanned<DeValue<'d>>)| Self {
            file,
            key: AsRef::<std::borrow::Cow<'d, str>>::as_ref(key),
            key_offset: key.span().start,
            offset: value.span().start,
            value: value.get_ref(),
        };
        table.iter().map(node).collect()
    }

    /// The members of a list; a single value is a list of one.
    pub(super) fn items(self) -> Vec<Self> {
        let DeValue::Array(items) = self.value else { return vec![self] };
        let item = |item: &'d Spanned<DeValue<'d>>| Self {
            offset: item.span().start,
            value: item.get_ref(),
            ..self
        };
        items.iter().map(item).collect()
    }

    /// A fault at this value.
    pub(super) fn fault(&self, what: impl Into<String>) -> Fault {
        self.file.fault(self.offset, what.into())
    }

    /// A fault at this value's key.
    pub(super) fn key_fault(&self, what: impl Into<String>) -> Fault {
        self.file.fault(self.key_offset, what.into())
    }

    /// A fault: this was wanted, and the value is what was found.
    pub(super) fn unfit(&self, unfit: Unfit) -> Fault {
        let what = format!("`{}`: wanted {}, found {}", self.key, unfit.wanted, self.found());
        Fault { hint: unfit.hint, ..self.fault(what) }
    }

    /// As [`Node::unfit`], with no more to say.
    pub(super) fn wanted(&self, wanted: &str) -> Fault {
        self.unfit(Unfit::new(wanted))
    }

    /// Is the text, or a part of it, taken from the environment?
    pub(super) fn uses_environment(&self) -> bool {
        matches!(self.value, DeValue::String(text) if text.replace("$${", "").contains("${"))
    }

    /// The place for a sentence, `FILE:LINE:COLUMN`.
    pub(super) fn place(&self) -> String {
        let position = self.file.text.position(self.offset);
        format!("{}:{position}", self.file.path.display())
    }

    /// The value in words, if it may be shown.
    pub(super) fn found(&self) -> String {
        match self.value {
            DeValue::Array(items) if items.is_empty() => "an empty list".to_owned(),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
            DeValue::String(text) if text.is_empty() => "an empty text".to_owned(),
            _ if SECRET_KEYS.contains(&self.key) => "a value that is not shown".to_owned(),
            DeValue::String(text) => shown(text),
            DeValue::Integer(number) => format!("the number `{number}`"),
            DeValue::Float(number) => format!("the number `{number}`"),
            DeValue::Boolean(truth) => format!("`{truth}`"),
            DeValue::Datetime(datetime) => format!("the time `{datetime}`"),
        }
    }
}

/// The values of these keys are never shown.
const SECRET_KEYS: &[&str] = &["url", "proxy"];

/// A text with one of these is taken for a secret that was written in the wrong place.
const SECRET_MARKS: &[&str] = &["://", "hooks.", "/services/", "xox"];

/// So many characters of a text are shown.
const SHOWN_CHARS_MAX: usize = 60;

/// A text of the file, for a sentence: in backticks, cut, without control characters; not at all
/// if it may be a secret.
pub(super) fn shown(text: &str) -> String {
    let folded = text.to_ascii_lowercase();
    if SECRET_MARKS.iter().any(|mark| folded.contains(mark)) {
        return "a text that is not shown, since it may be a secret".to_owned();
    }
    let mut cut: String = text.chars().take(SHOWN_CHARS_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN_CHARS_MAX).is_some() {
        cut.push('…');
    }
    format!("`{cut}`")
}
