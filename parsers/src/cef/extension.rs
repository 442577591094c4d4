//! The extension of a CEF record, `key=value key=value`, where values hold blanks and end only
//! before ` key=`; and the attributes of a LEEF record, which end at a separator.

use alloc::{borrow::Cow, string::String, vec::Vec};

use memchr::memchr;

use crate::alert::Text;
use crate::text;

/// The most pairs that are split off; what follows belongs to the last value, so nothing is lost.
pub(super) const PAIRS_MAX: usize = 512;

/// The most bytes of a key.
const KEY_BYTES_MAX: usize = 128;

/// The pairs in their order, as written.
pub(crate) struct Extension<'a> {
    pub(super) dialect: &'static Dialect,
    pub(crate) pairs: Vec<Pair<'a>>,
}

/// Where what has no ECS name is kept.
pub(crate) struct Dialect {
    /// `cef`, for what is said of the record itself.
    pub(super) name: &'static str,
    /// What stands before a key that is not listed: `cef.extensions.`.
    pub(super) unlisted: &'static str,
}

const CEF: Dialect = Dialect { name: "cef", unlisted: "cef.extensions." };
const LEEF: Dialect = Dialect { name: "leef", unlisted: "leef.attributes." };

/// A key and its value without the blanks around it, escapes not undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair<'a> {
    pub(crate) key: &'a str,
    value: &'a [u8],
    /// A product's own reader has it; nobody needs to keep it.
    pub(super) taken: bool,
}

impl<'a> Pair<'a> {
    /// The value; `None` when it is empty.
    pub(crate) fn value(&self) -> Option<Text<'a>> {
        if self.value.is_empty() {
            return None;
        }
        let value = text::shown(self.value);
        // A Windows path whose backslashes are not doubled has no escapes: `C:\new` holds no new line.
        match self.value {
            [drive, b':', b'\\', behind, ..] if drive.is_ascii_alphabetic() && *behind != b'\\' => {
                Some(value)
            }
            _ => Some(unescaped(value)),
        }
    }
}

impl<'a> Extension<'a> {
    /// Splits a CEF extension: a key has a blank or nothing before it.
    pub(super) fn split(input: &'a [u8]) -> Self {
        Self { dialect: &CEF, pairs: split(input, None) }
    }

    /// Splits LEEF attributes: a key has the separator before it. Where there is no separator, the record went through
    /// something that made blanks of its tabs, and it is split as CEF is.
    pub(crate) fn split_at(separator: u8, input: &'a [u8]) -> Self {
        let separator = memchr(separator, input).map(|_| separator);
        Self { dialect: &LEEF, pairs: split(input, separator) }
    }

    /// The first value of this key.
    pub(crate) fn get(&self, key: &str) -> Option<Text<'a>> {
        self.pairs.iter().find(|pair| pair.key == key)?.value()
    }

    /// The first value of this key, for its only reader: nobody else will keep it.
    pub(crate) fn take(&mut self, key: &str) -> Option<Text<'a>> {
        self.take_where(|found| found == key)
    }

    /// As [`Extension::take`], for the first key of which this is true.
    pub(super) fn take_where(&mut self, is: impl Fn(&str) -> bool) -> Option<Text<'a>> {
        let pair = self.pairs.iter_mut().find(|pair| is(pair.key))?;
        pair.taken = true;
        pair.value()
    }

    /// The label of a custom key: the value of `cs1Label` for `cs1`.
    pub(super) fn label(&self, key: &str) -> Option<Text<'a>> {
        // The length first: this is asked for each custom key, over all pairs.
        let length = key.len() + "Label".len();
        let is = |found: &str| {
            found.len() == length && found.starts_with(key) && found.ends_with("Label")
        };
        self.pairs.iter().find(|pair| is(pair.key))?.value()
    }
}

// In one pass: an unescaped `=` begins a value when a key stands before it.
fn split(input: &[u8], separator: Option<u8>) -> Vec<Pair<'_>> {
    let mut pairs = Vec::with_capacity(32);
    let mut open: Option<(&str, usize)> = None;
    // Behind the last `=`: no key reaches back beyond it, so each byte is looked at twice at
    // most.
    let mut behind = 0;
    for equals in memchr::memchr_iter(b'=', input) {
        let word = input.get(behind..equals).unwrap_or_default();
        let first = behind == 0;
        behind = equals + 1;
        if pairs.len() + 1 >= PAIRS_MAX {
            break;
        }
        let Some(key) = key(word, first, separator) else { continue };
        let key_at = equals - key.len();
        if let Some((key, value_at)) = open {
            pairs.push(pair(key, input.get(value_at..key_at), separator));
        }
        open = Some((key, equals + 1));
    }
    if let Some((key, value_at)) = open {
        pairs.push(pair(key, input.get(value_at..), None));
    }
    pairs
}

fn pair<'a>(key: &'a str, value: Option<&'a [u8]>, separator: Option<u8>) -> Pair<'a> {
    let value = value.unwrap_or_default();
    let value = value.strip_suffix(separator.as_slice()).unwrap_or(value).trim_ascii();
    Pair { key, value, taken: false }
}

// The key at the end of `word`. The guide allows letters and digits; products use `_`, `.`, `-`,
// `[` and `]` too.
fn key(word: &[u8], first: bool, separator: Option<u8>) -> Option<&str> {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-[]".contains(byte);
    let length = word.iter().rev().take_while(|byte| allowed(byte)).count();
    if length == 0 || length > KEY_BYTES_MAX {
        return None;
    }
    let at = word.len() - length;
    let begins = match (at.checked_sub(1).and_then(|at| word.get(at)), separator) {
        (None, _) => first,
        (Some(before), None) => matches!(before, b' ' | b'\t'),
        (Some(before), Some(separator)) if *before == separator => true,
        // The separator got into a value, as where a relay broke it at a blank.
        (Some(before), Some(separator)) => *before == b' ' && memchr(separator, word).is_some(),
    };
    if !begins {
        return None;
    }
    core::str::from_utf8(word.get(at..)?).ok()
}

/// Undoes `\=`, `\|`, `\\`, `\n` and `\r`; another backslash stays, as products leave Windows paths
/// alone.
pub(crate) fn unescaped(value: Text<'_>) -> Text<'_> {
    let Some(mut at) = memchr(b'\\', value.as_bytes()) else { return value };
    let mut out = String::with_capacity(value.len());
    let mut rest: &str = &value;
    loop {
        let (before, escape) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let meant = match escape.as_bytes().get(1) {
            Some(b'=') => "=",
            Some(b'|') => "|",
            Some(b'\\') => "\\",
            Some(b'n') => "\n",
            Some(b'r') => "\r",
            _ => "",
        };
        let taken = if meant.is_empty() { 1 } else { 2 };
        out.push_str(if meant.is_empty() { "\\" } else { meant });
        rest = escape.get(taken..).unwrap_or_default();
        match memchr(b'\\', rest.as_bytes()) {
            Some(next) => at = next,
            None => break,
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(extension: &str, want: &[(&str, Option<&str>)]) {
        let split = Extension::split(extension.as_bytes());
        let got: Vec<_> = split.pairs.iter().map(|pair| (pair.key, pair.value())).collect();
        let want: Vec<_> = want.iter().map(|(k, v)| (*k, v.map(Cow::Borrowed))).collect();
        assert_eq!(got, want, "{extension}");
    }

    #[test]
    fn values_end_only_before_a_key() {
        check("a=1 b=2 3  c=", &[("a", Some("1")), ("b", Some("2 3")), ("c", None)]);
        check("cs2=0x18 ACK PSH spt=80", &[("cs2", Some("0x18 ACK PSH")), ("spt", Some("80"))]);
        check(r"a=x\=y \= b=z", &[("a", Some("x=y =")), ("b", Some("z"))]);
        check("url=/p?q=1&r=2 b.c_d=3", &[("url", Some("/p?q=1&r=2")), ("b.c_d", Some("3"))]);
        check("a==b", &[("a", Some("=b"))]);
        check("no pairs", &[]);
        check("", &[]);
        check(" a=1", &[("a", Some("1"))]);
    }

    #[test]
    fn attributes_end_at_their_separator() {
        let check = |separator: u8, attributes: &str, want: &[(&str, &str)]| {
            let split = Extension::split_at(separator, attributes.as_bytes());
            let got: Vec<_> =
                split.pairs.iter().map(|p| (p.key, p.value().unwrap_or_default())).collect();
            let want: Vec<_> = want.iter().map(|(k, v)| (*k, Cow::Borrowed(*v))).collect();
            assert_eq!(got, want, "{attributes}");
        };
        check(b'\t', "a=1\tb=2 c=3\td=", &[("a", "1"), ("b", "2 c=3"), ("d", "")]);
        check(b'\t', "a=x\ty b=2\tc=3", &[("a", "x\ty"), ("b", "2"), ("c", "3")]);
        check(b'^', "a=1 ^b=2^^c=x^y^", &[("a", "1"), ("b", "2^"), ("c", "x^y^")]);
        check(b'\t', "a=1 2 b=3", &[("a", "1 2"), ("b", "3")]);
        check(b'\t', "\ta=1", &[("a", "1")]);
    }

    #[test]
    fn escapes_are_undone_and_windows_paths_left_alone() {
        check(r"a=l1\nl2\r\\n", &[("a", Some("l1\nl2\r\\n"))]);
        check(r"p=C:\Temp\new.exe", &[("p", Some(r"C:\Temp\new.exe"))]);
        check(r"p=C:\\Temp\\new.exe", &[("p", Some(r"C:\Temp\new.exe"))]);
        check(r"p=end\", &[("p", Some(r"end\"))]);
    }

    #[test]
    fn the_number_of_pairs_is_bounded_and_nothing_lost() {
        let many = "k=1 ".repeat(PAIRS_MAX + 10);
        let split = Extension::split(many.as_bytes());
        assert!(split.pairs.len() <= PAIRS_MAX);
        assert!(split.pairs.last().unwrap().value().unwrap().ends_with("k=1"));
    }
}
