//! The extension of a CEF record: `key=value key=value`, where values hold blanks and end only
//! before ` key=`.

use alloc::{borrow::Cow, string::String, vec::Vec};

use memchr::memchr;

use crate::alert::Text;
use crate::text;

/// The most pairs that are split off; what follows belongs to the last value, so nothing is lost.
pub(super) const PAIRS_MAX: usize = 512;

/// The most bytes of a key.
const KEY_BYTES_MAX: usize = 128;

/// The pairs in their order, as written.
pub(super) struct Extension<'a> {
    pub(super) pairs: Vec<Pair<'a>>,
}

/// A key and its value without the blanks around it, escapes not undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair<'a> {
    pub(super) key: &'a str,
    value: &'a [u8],
    /// A product's own reader has it; nobody needs to keep it.
    pub(super) taken: bool,
}

impl<'a> Pair<'a> {
    /// The value; `None` when it is empty.
    pub(super) fn value(&self) -> Option<Text<'a>> {
        (!self.value.is_empty()).then(|| unescaped(text::shown(self.value)))
    }
}

impl<'a> Extension<'a> {
    /// Splits in one pass: an unescaped `=` begins a value when a key stands before it, with a
    /// blank or nothing before that.
    pub(super) fn split(input: &'a [u8]) -> Self {
        let mut pairs: Vec<Pair<'a>> = Vec::with_capacity(32);
        let mut open: Option<(&'a str, usize)> = None;
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
            let Some(key) = key(word, first) else { continue };
            let key_at = equals - key.len();
            if let Some((key, value_at)) = open {
                pairs.push(pair(key, input.get(value_at..key_at)));
            }
            open = Some((key, equals + 1));
        }
        if let Some((key, value_at)) = open {
            pairs.push(pair(key, input.get(value_at..)));
        }
        Self { pairs }
    }

    /// The first value of this key.
    pub(super) fn get(&self, key: &str) -> Option<Text<'a>> {
        self.pairs.iter().find(|pair| pair.key == key)?.value()
    }

    /// The first value of this key, for its only reader: nobody else will keep it.
    pub(super) fn take(&mut self, key: &str) -> Option<Text<'a>> {
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

fn pair<'a>(key: &'a str, value: Option<&'a [u8]>) -> Pair<'a> {
    Pair { key, value: value.unwrap_or_default().trim_ascii(), taken: false }
}

// The key at the end of `word`. The guide allows letters and digits; products use `_`, `.`, `-`,
// `[` and `]` too.
fn key(word: &[u8], first: bool) -> Option<&str> {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-[]".contains(byte);
    let length = word.iter().rev().take_while(|byte| allowed(byte)).count();
    if length == 0 || length > KEY_BYTES_MAX {
        return None;
    }
    let at = word.len() - length;
    let before = at.checked_sub(1).and_then(|at| word.get(at));
    let begins = match before {
        None => first,
        Some(byte) => matches!(byte, b' ' | b'\t'),
    };
    if !begins {
        return None;
    }
    core::str::from_utf8(word.get(at..)?).ok()
}

/// Undoes `\=`, `\|`, `\\`, `\n` and `\r`; another backslash stays, as products leave Windows paths
/// alone.
pub(super) fn unescaped(value: Text<'_>) -> Text<'_> {
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
    fn escapes_are_undone_and_windows_paths_left_alone() {
        check(r"a=l1\nl2\r\\n", &[("a", Some("l1\nl2\r\\n"))]);
        check(r"p=C:\Temp\x.exe", &[("p", Some(r"C:\Temp\x.exe"))]);
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
