//! From bytes to text without loss: what is not UTF-8 is shown as `\xNN`. Knows no format.

use alloc::{borrow::Cow, string::String};

use crate::alert::Text;

/// The bytes as text. Borrowed when they are UTF-8; else each wrong byte becomes `\xNN`.
pub fn shown(bytes: &[u8]) -> Text<'_> {
    match core::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(escaped(bytes, "\\x")),
    }
}

/// A JSON document as text. A wrong byte becomes `\\xNN`, so that a JSON string stays one and reads
/// `\xNN`.
pub(crate) fn shown_json(bytes: &[u8]) -> Text<'_> {
    match core::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(escaped(bytes, "\\\\x")),
    }
}

/// Where a place of [`shown_json`]'s text lies in the bytes that it was made of.
pub(crate) fn place_in(bytes: &[u8], shown_at: usize) -> usize {
    let escape_bytes = "\\\\x00".len();
    let (mut at, mut shown) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        let valid = chunk.valid().len();
        if shown_at <= shown + valid {
            return at + (shown_at - shown);
        }
        (at, shown) = (at + valid, shown + valid);
        for _ in chunk.invalid() {
            if shown_at < shown + escape_bytes {
                return at;
            }
            (at, shown) = (at + 1, shown + escape_bytes);
        }
    }
    at
}

fn escaped(bytes: &[u8], mark: &str) -> String {
    let mut text = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(mark);
            for digit in [byte >> 4, byte & 0xf] {
                text.push(char::from_digit(u32::from(digit), 16).unwrap_or('?'));
            }
        }
    }
    text
}

/// The text in lower case; borrowed when it already is.
pub(crate) fn lower(text: Text<'_>) -> Text<'_> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        text
    }
}

/// The text without white space at both ends.
pub(crate) fn trimmed(text: Text<'_>) -> Text<'_> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().into()),
    }
}

/// At most so many bytes of the text, cut between characters.
pub(crate) fn cut(text: Text<'_>, bytes_max: usize) -> Text<'_> {
    match text {
        Cow::Borrowed(text) => {
            Cow::Borrowed(text.get(..text.floor_char_boundary(bytes_max)).unwrap_or(text))
        }
        Cow::Owned(mut text) => {
            text.truncate(text.floor_char_boundary(bytes_max));
            Cow::Owned(text)
        }
    }
}

/// Does a value say that there is none (`-`, `N/A`, `(null)`, nothing)?
pub(crate) fn says_nothing(text: &str) -> bool {
    matches!(text, "" | "-" | "N/A" | "n/a" | "(null)" | "none" | "None")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_bytes_are_shown_and_right_ones_kept() {
        assert_eq!(shown(b"a\xffb\xc3\xa4"), "a\\xffb\u{e4}");
        assert_eq!(shown_json(b"\"\xfe\""), r#""\\xfe""#);
        assert!(matches!(shown("\u{e4}".as_bytes()), Cow::Borrowed(_)));
    }

    #[test]
    fn a_place_in_shown_json_is_found_in_its_bytes() {
        let bytes = b"ab\xff\xe4c\xff";
        let shown = shown_json(bytes);
        for (byte, at) in [("a", 0), ("b", 1), ("c", 4)] {
            assert_eq!(place_in(bytes, shown.find(byte).unwrap()), at);
        }
        assert_eq!(place_in(bytes, "ab\\\\x".len()), 2);
        assert_eq!(place_in(bytes, shown.len()), bytes.len());
        assert_eq!(place_in(bytes, shown.len() - 1), 5);
    }

    #[test]
    fn a_cut_is_between_characters() {
        assert_eq!(cut(Cow::Borrowed("a\u{e4}b"), 2), "a");
        assert_eq!(cut(Cow::Owned("a\u{e4}b".into()), 3), "a\u{e4}");
        assert_eq!(cut(Cow::Borrowed("ab"), 3), "ab");
    }

    #[test]
    fn lower_case_borrows_where_it_can() {
        assert!(matches!(lower(Cow::Borrowed("tcp")), Cow::Borrowed("tcp")));
        assert_eq!(lower(Cow::Borrowed("IPv6-ICMP")), "ipv6-icmp");
    }
}
