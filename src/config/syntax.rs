//! What is no TOML: the parser's own words and places; never its picture of the line, which may
//! hold a secret.

use std::path::Path;

use toml::de::DeTable;

use super::document::shown;
use super::fault::{Fault, Faults};
use super::text::Text;

/// The faults of a text, and whether a bracket is open, so that nothing behind it can be trusted
/// to be what it seems.
pub(super) fn faults(path: &Path, text: &Text) -> (Faults, bool) {
    let mut errors = DeTable::parse_recoverable(text.as_str()).1;
    errors.sort_by_key(|error| error.span().map_or(0, |span| span.start));
    let mut faults = Faults::default();
    let mut line_at_fault = 0;
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        let line = text.line(span.start);
        if line == line_at_fault {
            continue; // a consequence of the one before
        }
        line_at_fault = line;
        let message = error.message();
        let (what, hint) = match message {
            "duplicate key" => {
                let key = shown(text.as_str().get(span.clone()).unwrap_or_default());
                (format!("{key} is given twice here"), Some("remove one of them"))
            }
            _ if message.starts_with("string values must be quoted") => {
                let what = "wanted a value, found text without quotes".to_owned();
                (what, Some("write it as `\"…\"`"))
            }
            _ => (message.replacen(", expected ", ", wanted ", 1), None),
        };
        let position = Some(text.position(span.start));
        let hint = hint.map(str::to_owned);
        faults.push(Fault { file: path.to_owned(), position, what, hint });
        if message.starts_with("unclosed") || message.starts_with("missing comma") {
            return (faults, true);
        }
    }
    (faults, false)
}
