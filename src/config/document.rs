//! A configuration file as text and tree, and its values with their places. Knows TOML; knows no
//! key, and nothing of what the values mean. What it shows of a value in a fault is never a secret.

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use zeroize::Zeroizing;

use super::fault::{Fault, Position};
use crate::wanted::Unfit;

/// The text of one file. It may hold secrets, so there is no `Debug`.
pub(super) struct File {
    pub(super) path: PathBuf,
    text: Zeroizing<String>,
    /// Nobody but its owner and group can read it.
    pub(super) private: bool,
    /// Where it is no TOML. What is around such a place is read all the same.
    pub(super) syntax_faults: Vec<Fault>,
    /// A bracket is open, so that nothing behind it can be trusted to be what it seems.
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
        let (syntax_faults, open_bracket) = syntax_faults(&path, &text);
        Self { path, text, private, syntax_faults, open_bracket }
    }

    /// The tree, as far as the text is TOML.
    pub(super) fn tree(&self) -> DeTable<'_> {
        if self.open_bracket {
            return DeTable::new();
        }
        DeTable::parse_recoverable(&self.text).0.into_inner()
    }

    pub(super) fn fault(&self, offset: usize, what: String) -> Fault {
        let position = Some(Position::of(&self.text, offset));
        Fault { file: self.path.clone(), position, what, hint: None }
    }
}

/// The parser's own words and places; never its picture of the line, which may hold a secret.
fn syntax_faults(path: &Path, text: &str) -> (Vec<Fault>, bool) {
    let mut errors = DeTable::parse_recoverable(text).1;
    errors.sort_by_key(|error| error.span().map_or(0, |span| span.start));
    let mut faults: Vec<Fault> = Vec::new();
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        let position = Some(Position::of(text, span.start));
        let line = |position: Option<Position>| position.map(|position| position.line);
        if faults.last().is_some_and(|last| line(last.position) == line(position)) {
            continue; // a consequence of the one before
        }
        let message = error.message();
        let (what, hint) = match message {
            "duplicate key" => {
                let key = shown(text.get(span).unwrap_or_default());
                (format!("{key} is given twice here"), "remove one of them")
            }
            _ if message.starts_with("string values must be quoted") => {
                ("wanted a value, found text without quotes".to_owned(), "write it as `\"…\"`")
            }
            _ => (message.replacen(", expected ", ", wanted ", 1), ""),
        };
        let hint = (!hint.is_empty()).then(|| hint.to_owned());
        faults.push(Fault { file: path.to_owned(), position, what, hint });
        if message.starts_with("unclosed") || message.starts_with("missing comma") {
            return (faults, true);
        }
    }
    (faults, false)
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
        let position = Position::of(&self.file.text, self.offset);
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
