//! One `[key "value"]` of an engine's message: where it ends, and what it says. Knows the keys, not what they mean.

use alloc::{borrow::Cow, string::String};

use memchr::memchr;

use crate::alert::Text;

/// The keys that ModSecurity and Coraza write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    File,
    Line,
    Id,
    Rev,
    Msg,
    Data,
    Severity,
    Ver,
    Maturity,
    Accuracy,
    Hostname,
    Uri,
    UniqueId,
    Ref,
    /// The one that may stand there many times.
    Tag,
}

impl Key {
    /// How many stand in a message once.
    pub(super) const ONCE: usize = Self::Tag as usize;

    pub(super) const fn of(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"file" => Self::File,
            b"line" => Self::Line,
            b"id" => Self::Id,
            b"rev" => Self::Rev,
            b"msg" => Self::Msg,
            b"data" => Self::Data,
            b"severity" => Self::Severity,
            b"ver" => Self::Ver,
            b"maturity" => Self::Maturity,
            b"accuracy" => Self::Accuracy,
            b"hostname" => Self::Hostname,
            b"uri" => Self::Uri,
            b"unique_id" => Self::UniqueId,
            b"ref" => Self::Ref,
            b"tag" => Self::Tag,
            _ => return None,
        })
    }
}

/// The most bytes of a key.
const KEY_BYTES_MAX: usize = "unique_id".len();

/// A tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    pub(super) key: Key,
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
        let bytes = text.as_bytes();
        let (name, _) = lead(bytes.get(open..)?)?;
        let key = Key::of(name)?;
        let from = open + name.len() + "[ \"".len();
        let (to, whole) = match value_end(bytes, from) {
            Some(to) => (to, true),
            None => (bytes.len(), false),
        };
        let end = if whole { to + "\"]".len() } else { to };
        Some(Self { key, value: text.get(from..to)?, end, whole })
    }
}

// `[key "`: the key, and what stands behind.
fn lead(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = bytes.strip_prefix(b"[")?;
    let is_key_byte = |byte: &&u8| byte.is_ascii_lowercase() || **byte == b'_';
    let length = inside.iter().take(KEY_BYTES_MAX).take_while(is_key_byte).count();
    let (key, behind) = inside.split_at_checked(length)?;
    Some((key, behind.strip_prefix(b" \"")?)).filter(|_| length > 0)
}

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
    behind.is_empty() || lead(behind).is_some()
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
            let whole =
                got.filter(|tag| tag.whole).map(|tag| (tag.value, text.get(tag.end..).unwrap()));
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
