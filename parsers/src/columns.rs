//! A line of comma-separated values (RFC 4180) as its fields: a field in double quotes may hold the separator, and a
//! quote in it is doubled. Knows no format and no names of columns.

use alloc::{borrow::Cow, string::String, vec::Vec};

use memchr::memchr;

use crate::alert::Text;
use crate::text;

/// The most fields that are split off; what follows belongs to the last one, so nothing is lost.
pub(crate) const FIELDS_MAX: usize = 512;

/// The fields of one line, in their order, as written.
pub(crate) struct Columns<'a> {
    fields: Vec<&'a [u8]>,
}

impl<'a> Columns<'a> {
    /// Splits a line in one pass.
    pub(crate) fn split(line: &'a [u8], separator: u8) -> Self {
        let mut fields = Vec::with_capacity(64);
        let mut rest = line;
        loop {
            let from = behind_quotes(rest);
            let end = rest.get(from..).and_then(|tail| memchr(separator, tail));
            match end {
                Some(end) if fields.len() + 1 < FIELDS_MAX => {
                    let (field, behind) = rest.split_at_checked(from + end).unwrap_or((rest, b""));
                    fields.push(field);
                    rest = behind.get(1..).unwrap_or_default();
                }
                _ => {
                    fields.push(rest);
                    return Self { fields };
                }
            }
        }
    }

    /// How many there are; at least one.
    pub(crate) fn count(&self) -> usize {
        self.fields.len()
    }

    /// The bytes of the field at this place (from 0), quotes and blanks around it left aside, quotes inside not undone;
    /// `None` where it is empty or the line is too short.
    pub(crate) fn bytes(&self, at: usize) -> Option<&'a [u8]> {
        let field = self.fields.get(at)?.trim_ascii();
        let inside = field.strip_prefix(b"\"").and_then(|field| field.strip_suffix(b"\""));
        Some(inside.unwrap_or(field)).filter(|field| !field.is_empty())
    }

    /// The same as text, doubled quotes undone.
    pub(crate) fn text(&self, at: usize) -> Option<Text<'a>> {
        let field = text::shown(self.bytes(at)?);
        Some(if memchr(b'"', field.as_bytes()).is_some() { undoubled(&field) } else { field })
    }
}

// Where the search for the separator begins: behind the quoted text with which the field begins. A quote that nothing
// closes is an ordinary character.
fn behind_quotes(field: &[u8]) -> usize {
    let blanks = field.iter().take_while(|byte| **byte == b' ').count();
    if field.get(blanks) != Some(&b'"') {
        return 0;
    }
    let mut at = blanks + 1;
    while let Some(quote) = field.get(at..).and_then(|tail| memchr(b'"', tail)) {
        at += quote + 1;
        if field.get(at) != Some(&b'"') {
            return at;
        }
        at += 1;
    }
    0
}

fn undoubled(field: &str) -> Text<'static> {
    let mut text = String::with_capacity(field.len());
    let mut rest = field;
    while let Some(at) = memchr(b'"', rest.as_bytes()) {
        let (before, behind) = rest.split_at_checked(at + 1).unwrap_or((rest, ""));
        text.push_str(before);
        rest = behind.strip_prefix('"').unwrap_or(behind);
    }
    text.push_str(rest);
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, want: &[Option<&str>]) {
        let columns = Columns::split(line.as_bytes(), b',');
        let got: Vec<_> = (0..columns.count()).map(|at| columns.text(at)).collect();
        assert_eq!(got.iter().map(Option::as_deref).collect::<Vec<_>>(), want, "{line}");
    }

    #[test]
    fn fields_end_at_the_separator_outside_quotes() {
        check("a,b,c", &[Some("a"), Some("b"), Some("c")]);
        check("", &[None]);
        check(",", &[None, None]);
        check("a, \"b, c\" ,d", &[Some("a"), Some("b, c"), Some("d")]);
        check("\"say \"\"hi\"\", he\",x", &[Some("say \"hi\", he"), Some("x")]);
        check("\"\",x", &[None, Some("x")]);
        check("a\"b,c\"", &[Some("a\"b"), Some("c\"")]);
        check("\"open,x", &[Some("\"open"), Some("x")]);
    }

    #[test]
    fn the_number_of_fields_is_bounded_and_nothing_lost() {
        let line = ",".repeat(FIELDS_MAX + 9);
        let columns = Columns::split(line.as_bytes(), b',');
        assert_eq!(columns.count(), FIELDS_MAX);
        assert_eq!(columns.bytes(FIELDS_MAX - 1), Some(&b",,,,,,,,,,"[..]));
    }
}
