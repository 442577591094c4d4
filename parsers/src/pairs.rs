//! Records of `key=value` pairs, as firewalls write them: values perhaps in quotes with `\"` and `\\` inside, separated by
//! blanks and tabs, or by commas. Knows no product and no key.

use memchr::{memchr, memchr_iter, memchr2, memchr3};

use crate::alert::Text;
use crate::{lex, text};

/// The most pairs that are split off; what follows belongs to the last value, so nothing is lost.
pub(crate) const PAIRS_MAX: usize = 512;

/// The most bytes of a key.
const KEY_BYTES_MAX: usize = 64;

/// How far the keys that tell a product stand from a record's beginning.
const WINDOW_BYTES: usize = 512;

/// Do all of these keys stand near the record's beginning?
pub(crate) fn has_keys(record: &[u8], keys: &[&[u8]]) -> bool {
    keys.iter().all(|key| near_value(record, key).is_some())
}

/// The value of a key near the record's beginning, without its quotes: for who must tell records apart before they are
/// split, at a fraction of the cost. It may be cut at the window's end.
pub(crate) fn near_value<'a>(record: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let window = record.get(..WINDOW_BYTES).unwrap_or(record);
    for equals in memchr_iter(b'=', window) {
        let Some(before) = window.get(..equals).and_then(|before| before.strip_suffix(key)) else {
            continue;
        };
        if before.last().is_none_or(|byte| matches!(byte, b' ' | b'\t' | b',')) {
            let value = window.get(equals + 1..)?;
            let (value, end) = match value.strip_prefix(b"\"") {
                Some(value) => (value, memchr(b'"', value)),
                None => (value, memchr3(b' ', b',', b'\t', value)),
            };
            return value.get(..end.unwrap_or(value.len()));
        }
    }
    None
}

/// A key and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair<'a> {
    pub(crate) key: &'a str,
    /// Without its quotes and the blanks around it, escapes not undone.
    pub(crate) value: &'a [u8],
    escaped: bool,
}

/// The pairs of a record, one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Pairs<'a> {
    record: &'a [u8],
    quote: u8,
    commas: bool,
    open: Option<Key<'a>>,
    count: usize,
}

/// A key, and where its value begins.
#[derive(Debug, Clone, Copy)]
struct Key<'a> {
    name: &'a str,
    at: usize,
    value_at: usize,
}

impl<'a> Pair<'a> {
    /// The value; `None` when it is empty.
    pub(crate) fn text(&self) -> Option<Text<'a>> {
        if self.value.is_empty() {
            return None;
        }
        let value = text::shown(self.value);
        Some(if self.escaped { Text::Owned(lex::unescaped(&value)) } else { value })
    }
}

impl<'a> Pairs<'a> {
    /// Pairs whose values may stand in double quotes. Whether commas or blanks separate them is told from the first.
    pub(crate) fn new(record: &'a [u8]) -> Self {
        Self::quoted_by(b'"', record)
    }

    /// The same with another quote.
    pub(crate) fn quoted_by(quote: u8, record: &'a [u8]) -> Self {
        let first = memchr(b'=', record).and_then(|at| record.get(at..)).unwrap_or_default();
        let separator = memchr2(b' ', b',', first).and_then(|at| first.get(at));
        let commas = separator == Some(&b',');
        let mut pairs = Self { record, quote, commas, open: None, count: 0 };
        pairs.open = pairs.key_behind(0);
        pairs
    }

    /// Keys with their values, those without a value left aside.
    pub(crate) fn texts(self) -> impl Iterator<Item = (&'a str, Text<'a>)> {
        self.filter_map(|pair| Some((pair.key, pair.text()?)))
    }

    // The next key from here on. One that does not begin the record has a separator before it, so `a=b=c` is one pair. The
    // search for it never goes back beyond an `=`, so each byte is looked at twice at most.
    fn key_behind(&self, at: usize) -> Option<Key<'a>> {
        let mut from = at;
        for equals in memchr_iter(b'=', self.record.get(at..)?) {
            let equals = at + equals;
            let name = key(self.record.get(from..equals).unwrap_or_default());
            let key_at = equals - name.len();
            let begins = match key_at.checked_sub(1).and_then(|before| self.record.get(before)) {
                None => true,
                Some(before) => key_at > at && self.separates(*before),
            };
            if !name.is_empty() && begins {
                return Some(Key { name, at: key_at, value_at: equals + 1 });
            }
            from = equals + 1;
        }
        None
    }

    fn separates(&self, byte: u8) -> bool {
        match byte {
            b' ' | b'\t' => true,
            b',' => self.commas,
            _ => false,
        }
    }

    fn unquoted(&mut self, open: Key<'a>) -> &'a [u8] {
        let next = self.key_behind(open.value_at);
        let end = next.map_or(self.record.len(), |next| next.at);
        self.open = next;
        let value = self.record.get(open.value_at..end).unwrap_or_default().trim_ascii();
        match next {
            Some(_) if self.commas => value.strip_suffix(b",").unwrap_or(value).trim_ascii_end(),
            _ => value,
        }
    }

    // A quote closes the value when the record ends behind it, or when a separator and a key follow: products write quotes
    // of others into their values unescaped. Of a record with other text behind, it is the last quote before a separator.
    fn quoted(&mut self, open: Key<'a>) -> (&'a [u8], bool) {
        let from = open.value_at + 1;
        let inside = self.record.get(from..).unwrap_or_default();
        let (mut at, mut escaped, mut loose) = (0, false, None);
        while let Some(found) = inside.get(at..).and_then(|rest| memchr2(self.quote, b'\\', rest)) {
            let found = at + found;
            at = found + 1;
            if inside.get(found) == Some(&b'\\') {
                escaped = true;
                at += 1;
                continue;
            }
            match inside.get(at) {
                None => {
                    self.open = None;
                    return (inside.get(..found).unwrap_or_default(), escaped);
                }
                Some(next) if self.separates(*next) => match self.key_right_behind(from + at) {
                    Some(key) => {
                        self.open = Some(key);
                        return (inside.get(..found).unwrap_or_default(), escaped);
                    }
                    None => loose = Some(found),
                },
                Some(_) => {}
            }
        }
        self.open = None;
        (loose.and_then(|end| inside.get(..end)).unwrap_or(inside), escaped)
    }

    // The key that follows here behind nothing but separators.
    fn key_right_behind(&self, at: usize) -> Option<Key<'a>> {
        let rest = self.record.get(at..)?;
        let at = at + rest.iter().take_while(|byte| self.separates(**byte)).count();
        let window = self.record.get(at..)?;
        let window = window.get(..KEY_BYTES_MAX + 1).unwrap_or(window);
        let length = window.iter().take_while(|byte| is_key_byte(**byte)).count();
        let name = window.get(..length).and_then(|name| core::str::from_utf8(name).ok())?;
        let follows = !name.is_empty() && window.get(length) == Some(&b'=');
        follows.then_some(Key { name, at, value_at: at + length + 1 })
    }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = Pair<'a>;

    fn next(&mut self) -> Option<Pair<'a>> {
        let open = self.open.take()?;
        self.count += 1;
        if self.count == PAIRS_MAX {
            let value = self.record.get(open.value_at..).unwrap_or_default();
            return Some(Pair { key: open.name, value, escaped: false });
        }
        let (value, escaped) = if self.record.get(open.value_at) == Some(&self.quote) {
            self.quoted(open)
        } else {
            (self.unquoted(open), false)
        };
        Some(Pair { key: open.name, value, escaped })
    }
}

// The key at the end of a word; empty where none is.
fn key(word: &[u8]) -> &str {
    let length = word.iter().rev().take_while(|byte| is_key_byte(**byte)).count();
    let name = if length > KEY_BYTES_MAX { None } else { word.get(word.len() - length..) };
    name.and_then(|name| core::str::from_utf8(name).ok()).unwrap_or_default()
}

const fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
}

#[cfg(test)]
mod tests {
    use std::string::String;
    use std::vec::Vec;

    use super::*;

    #[track_caller]
    fn check(record: &str, want: &[(&str, &str)]) {
        let got: Vec<_> = Pairs::new(record.as_bytes())
            .map(|pair| (pair.key, pair.text().map(String::from).unwrap_or_default()))
            .collect();
        let got: Vec<_> = got.iter().map(|(key, value)| (*key, value.as_str())).collect();
        assert_eq!(got, want, "{record}");
    }

    #[test]
    fn pairs_are_split_at_blanks_or_commas() {
        check("a=1 b=\"2 3\"  c=", &[("a", "1"), ("b", "2 3"), ("c", "")]);
        check("a=1\tb=2", &[("a", "1"), ("b", "2")]);
        check("a=1,b=\"2, 3\",c=,d=4 5", &[("a", "1"), ("b", "2, 3"), ("c", ""), ("d", "4 5")]);
        check("a=1, b=x,y", &[("a", "1"), ("b", "x,y")]);
        check("a=1 b=x,y=2", &[("a", "1"), ("b", "x,y=2")]);
        check("no pairs", &[]);
        check("", &[]);
        check("noise a=1", &[("a", "1")]);
        check(" a=1", &[("a", "1")]);
    }

    #[test]
    fn a_value_ends_only_before_a_key() {
        check("url=/p?q=1&r=2 b=2", &[("url", "/p?q=1&r=2"), ("b", "2")]);
        check("ui=ssh(192.0.2.1) of root b=2", &[("ui", "ssh(192.0.2.1) of root"), ("b", "2")]);
        check("a==b", &[("a", "=b")]);
        check("a=b=c", &[("a", "b=c")]);
    }

    #[test]
    fn quotes_and_escapes() {
        check(r#"a="x\"y\\z\w" b=1"#, &[("a", r#"x"y\z\w"#), ("b", "1")]);
        check(r#"a="say "hi" to b" b=1"#, &[("a", r#"say "hi" to b"#), ("b", "1")]);
        check(r#"a="x" and more"#, &[("a", "x")]);
        check(r#"a="cut of"#, &[("a", "cut of")]);
        check(r#"a="" b="=""#, &[("a", ""), ("b", "=")]);
        check(r#"a="end\"#, &[("a", r"end\")]);
        check(r#"a="x b=1 c=2" d=3"#, &[("a", "x b=1 c=2"), ("d", "3")]);
    }

    #[test]
    fn other_quotes_are_ordinary_bytes() {
        check("a='x y' b=1", &[("a", "'x y'"), ("b", "1")]);
        let mut pairs = Pairs::quoted_by(b'\'', b"a='x y' b=\"1\"");
        assert_eq!(pairs.next().unwrap().value, b"x y");
        assert_eq!(pairs.next().unwrap().value, b"\"1\"");
    }

    #[test]
    fn a_value_is_found_near_the_beginning() {
        let check = |record: &str, want: Option<&str>| {
            let got =
                near_value(record.as_bytes(), b"type").map(|v| core::str::from_utf8(v).unwrap());
            assert_eq!(got, want, "{record}");
        };
        check("a=1 subtype=x type=\"u tm\" b=2", Some("u tm"));
        check("type=utm", Some("utm"));
        check("a=1,type=utm,b=2", Some("utm"));
        check("a=1 type=", Some(""));
        check("a=1 subtype=x", None);
        check(&std::format!("{}type=x", "a=1 ".repeat(WINDOW_BYTES)), None);
    }

    #[test]
    fn the_number_of_pairs_is_bounded_and_nothing_lost() {
        let many = "k=1 ".repeat(PAIRS_MAX + 10);
        let pairs: Vec<_> = Pairs::new(many.as_bytes()).collect();
        assert_eq!(pairs.len(), PAIRS_MAX);
        assert!(pairs.last().unwrap().value.ends_with(b"k=1 "));
        let long = [&[b'k'; KEY_BYTES_MAX + 1][..], b"=1 b=2"].concat();
        assert_eq!(Pairs::new(&long).map(|pair| pair.key).collect::<Vec<_>>(), ["b"]);
    }
}
