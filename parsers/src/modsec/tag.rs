//! One `[key "value"]` of an engine's message: where it ends, and what it says. Knows the keys, not what they mean.

use alloc::{borrow::Cow, string::String};

use memchr::memchr;

use crate::alert::Text;

/// The keys that ModSecurity and Coraza write once in a message.
pub(super) const KEYS: [&str; 14] = [
    "file",
    "line",
    "id",
    "rev",
    "msg",
    "data",
    "severity",
    "ver",
    "maturity",
    "accuracy",
    "hostname",
    "uri",
    "unique_id",
    "ref",
];

/// The key that may stand there many times.
pub(super) const MANY: &str = "tag";

/// A tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    pub(super) key: &'a str,
    /// As written, escapes included.
    pub(super) value: &'a str,
    /// Byte offset behind the closing bracket.
    pub(super) end: usize,
    /// Is its end there? A log's line may be cut in the midst of it.
    pub(super) whole: bool,
}

impl<'a> Tag<'a> {
    /// The tag whose bracket opens at this byte; none where the bracket is another one.
    pub(super) fn at(text: &'a str, open: usize) -> Option<Self> {
        let inside = text.get(open + 1..)?;
        let (key, _) = inside.get(..LEAD_BYTES_MAX).unwrap_or(inside).split_once(" \"")?;
        if key != MANY && !KEYS.contains(&key) {
            return None;
        }
        let from = open + 1 + key.len() + 2;
        let (to, whole) = match value_end(text.as_bytes(), from) {
            Some(to) => (to, true),
            None => (text.len(), false),
        };
        let end = if whole { to + 2 } else { to };
        Some(Self { key, value: text.get(from..to)?, end, whole })
    }
}

/// The most bytes of a key, its blank and its quote.
const LEAD_BYTES_MAX: usize = "unique_id \"".len();

// The quote that ends the value: one with the bracket behind it and no backslash before it. A value that ends in a
// backslash is told by the next tag: inside a value its quote would be escaped as well. Apache doubles the backslashes of
// what ModSecurity has escaped before, so that counting them says nothing.
fn value_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += memchr(b'"', bytes.get(at..)?)?;
        if bytes.get(at + 1) == Some(&b']') {
            let behind = bytes.get(at + 2..).unwrap_or_default();
            let escaped = at > from && bytes.get(at - 1) == Some(&b'\\');
            let ends = if escaped { begins_tag(behind) } else { may_follow(behind) };
            if ends {
                return Some(at);
            }
        }
        at += 1;
    }
}

// What the products write behind a tag: nothing, a blank, the next tag, nginx's own words. Lists of quoted words, which an
// early libmodsecurity did not escape (`["a"]}`), go on otherwise.
fn may_follow(behind: &[u8]) -> bool {
    matches!(behind, [] | [b' ' | b'[' | b'\t', ..] | [b',', b' ', ..])
}

fn begins_tag(behind: &[u8]) -> bool {
    let behind = behind.trim_ascii_start();
    let Some((b'[', inside)) = behind.split_first() else { return behind.is_empty() };
    let letters = inside.iter().take(LEAD_BYTES_MAX).take_while(|b| is_key_byte(**b)).count();
    letters > 0 && inside.get(letters..).is_some_and(|rest| rest.starts_with(b" \""))
}

const fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte == b'_'
}

/// Undoes `\"` and `\\`, also where Apache has escaped the backslash once more (`\\"`). Other escapes stay as written.
pub(super) fn unescaped(value: &str) -> Text<'_> {
    if memchr(b'\\', value.as_bytes()).is_none() {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = memchr(b'\\', rest.as_bytes()) {
        let (before, escape) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let (character, length) = match escape.as_bytes() {
            [_, b'\\', b'"', ..] => ('"', 3),
            [_, b'"', ..] => ('"', 2),
            [_, b'\\', ..] => ('\\', 2),
            _ => ('\\', 1),
        };
        out.push(character);
        rest = escape.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_ends_at_its_own_quote() {
        let check = |text: &str, want: Option<(&str, &str)>| {
            let got = Tag::at(text, 0);
            let whole = got.filter(|tag| tag.whole).map(|tag| (tag.value, &text[tag.end..]));
            assert_eq!(whole, want, "{text}");
        };
        check(r#"[msg "a"] [id "5"]"#, Some(("a", r#" [id "5"]"#)));
        check(r#"[msg "a"][id "5"]"#, Some(("a", r#"[id "5"]"#)));
        check(r#"[msg ""], client: x"#, Some(("", ", client: x")));
        check(r#"[data "a[0]="b"] c"#, Some((r#"a[0]="b"#, " c")));
        check(r#"[data "["a"]}"] c"#, Some((r#"["a"]}"#, " c")));
        check(r#"[msg "say \"x\"] [id \"1\"]"] z"#, Some((r#"say \"x\"] [id \"1\"]"#, " z")));
        check(r#"[msg "say \\"x\\"] more"] z"#, Some((r#"say \\"x\\"] more"#, " z")));
        check(r#"[data "C:\\"] [severity "1"]"#, Some((r"C:\\", r#" [severity "1"]"#)));
        check(r#"[data "C:\\"]"#, Some((r"C:\\", "")));
        check(r#"[data "cut"#, None);
        check(r#"[data "cut""#, None);
    }

    #[test]
    fn only_known_keys_are_tags() {
        for text in [r#"[foo "a"]"#, "[id 5]", r#"[ "a"]"#, "[", r#"["a"]"#, r#"[unique_ids "a"]"#]
        {
            assert_eq!(Tag::at(text, 0), None, "{text}");
        }
    }

    #[test]
    fn both_depths_of_escapes_are_undone() {
        let check = |value: &str, want: &str| assert_eq!(unescaped(value), want, "{value}");
        check(r#"a \"b\""#, r#"a "b""#);
        check(r#"a \\"b\\""#, r#"a "b""#);
        check(r"C:\\dir\x22\", r"C:\dir\x22\");
        assert!(matches!(unescaped("plain"), Cow::Borrowed("plain")));
    }
}
