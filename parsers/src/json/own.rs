//! A member of the record itself, found without reading the record: for those who ask each line of a file whether it
//! is theirs.

use memchr::{memchr2, memchr3, memmem};

/// What stands behind the `:` of this key (given in its quotes) of the object with which `record` begins. The same key
/// deeper in it does not count; nor can text that looks like one, since quotes inside a string are escaped.
pub(crate) fn own<'a>(record: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let body = record.trim_ascii_start();
    if body.first() != Some(&b'{') {
        return None;
    }
    own_from(body, key, memmem::find(body, key)?)
}

/// As [`own`], of an object with nothing before it, where the key was first seen `at` this place.
pub(super) fn own_from<'a>(body: &'a [u8], key: &[u8], mut at: usize) -> Option<&'a [u8]> {
    let mut depth = Depth::default();
    loop {
        let (before, behind) = body.split_at_checked(at)?;
        match depth.behind(before) {
            0 => return None,
            1 => {
                let value = behind.get(key.len()..)?.trim_ascii_start();
                if let Some(value) = value.strip_prefix(b":") {
                    return Some(value.trim_ascii_start());
                }
            }
            _ => {}
        }
        let from = at + key.len();
        at = from + memmem::find(body.get(from..)?, key)?;
    }
}

// How many objects are open; reads each byte once.
#[derive(Default)]
struct Depth {
    read: usize,
    open: usize,
    in_string: bool,
    ended: bool,
}

impl Depth {
    // None is open any more once the first was closed.
    fn behind(&mut self, before: &[u8]) -> usize {
        // The common case: nothing was opened but the record itself.
        let inside = before.get(1..).unwrap_or_default();
        if self.read == 0 && memchr2(b'{', b'}', inside).is_none() {
            return 1;
        }
        while let Some(byte) = before.get(self.read) {
            self.read += 1;
            match byte {
                b'\\' if self.in_string => self.read += 1,
                b'"' => self.in_string = !self.in_string,
                b'{' if !self.in_string => self.open += 1,
                b'}' if !self.in_string => {
                    self.open = self.open.saturating_sub(1);
                    self.ended |= self.open == 0;
                }
                _ if self.in_string => {
                    let rest = before.get(self.read..).unwrap_or_default();
                    self.read += memchr3(b'"', b'\\', b'\\', rest).unwrap_or(rest.len());
                }
                _ => {}
            }
        }
        if self.ended { 0 } else { self.open }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(record: &str, want: Option<&str>) {
        let found = own(record.as_bytes(), b"\"k\"");
        assert_eq!(found.map(|value| core::str::from_utf8(value).unwrap()), want, "{record}");
    }

    #[test]
    fn only_the_objects_own_key_counts() {
        check(r#"{"k":"v"}"#, Some(r#""v"}"#));
        check(r#" { "a" : "{", "k" : 1 }"#, Some("1 }"));
        check(r#"{"a":{"k":1},"k":2}"#, Some("2}"));
        check(r#"{"a":"k","k":3}"#, Some("3}"));
        check(r#"{"s":"{\"","k":4}"#, Some("4}"));
        check(r#"{"a":{"k":1}}"#, None);
        check(r#"{"s":"\"k\":1"}"#, None);
        check(r#"{"a":1},"k":2"#, None);
        check(r#"{"a":1},{"k":2}"#, None);
        check(r#"["k"]"#, None);
        check("", None);
    }
}
