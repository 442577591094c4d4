//! A text with `*`: compared whole, without regard to case, in time linear in the text. Pure.

use memchr::memmem::Finder;

use crate::wanted::Unfit;

/// The most bytes of a pattern.
pub const PATTERN_BYTES_MAX: usize = 1_024;

/// A pattern; `*` stands for any characters, also none.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    text: String,
    shape: Shape,
}

#[derive(Debug, Clone)]
enum Shape {
    /// No `*`: the whole text, folded.
    Whole(String),
    /// What is before the first `*`, between two, and behind the last, folded.
    Parts { prefix: String, middle: Vec<Finder<'static>>, suffix: String },
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Pattern {
    pub(super) fn new(text: &str) -> Result<Self, Unfit> {
        if text.is_empty() || text.len() > PATTERN_BYTES_MAX {
            return Err(Unfit::new(format!("a text of 1 to {PATTERN_BYTES_MAX} bytes")));
        }
        let folded = folded(text);
        let shape = match folded.split_once('*') {
            None => Shape::Whole(folded),
            Some((prefix, rest)) => {
                let (middle, suffix) = rest.rsplit_once('*').unwrap_or(("", rest));
                let middle = middle.split('*').filter(|part| !part.is_empty());
                Shape::Parts {
                    prefix: prefix.to_owned(),
                    middle: middle.map(|part| Finder::new(part).into_owned()).collect(),
                    suffix: suffix.to_owned(),
                }
            }
        };
        Ok(Self { text: text.to_owned(), shape })
    }

    /// As it was typed.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let text = folded(text);
        match &self.shape {
            Shape::Whole(whole) => text == *whole,
            Shape::Parts { prefix, middle, suffix } => text
                .strip_prefix(prefix.as_str())
                .and_then(|rest| rest.strip_suffix(suffix.as_str()))
                .is_some_and(|rest| in_turn(middle, rest.as_bytes())),
        }
    }
}

/// Does `text` hold the parts one behind the other? Taking each where it is found first leaves the
/// most for the others, so nothing is ever tried again.
fn in_turn(parts: &[Finder<'static>], text: &[u8]) -> bool {
    let mut rest = text;
    for part in parts {
        let behind = part.find(rest).and_then(|at| rest.get(at + part.needle().len()..));
        match behind {
            Some(behind) => rest = behind,
            None => return false,
        }
    }
    true
}

/// Lower case, each character by itself, so that it is the same in a part as in the whole.
fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, wanted) in [
            ("trojan", "Trojan", true),
            ("trojan", "a trojan", false),
            ("*trojan*", "A Network Trojan was detected", true),
            ("ET *", "ET SCAN x", true),
            ("ET *", "BET SCAN x", false),
            ("* scan", "ET SCAN", true),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("a*b*a", "aba", true),
            ("a*b*b*a", "abba", true),
            ("a*b*b*a", "aba", false),
            ("*", "", true),
            ("**", "x", true),
            ("STRA\u{df}E*", "stra\u{df}e 1", true),
            ("\u{39f}\u{394}\u{39f}\u{3a3}*", "\u{3bf}\u{3b4}\u{3bf}\u{3c3}\u{3b1}", true),
            ("?", "x", false),
            ("[a-z]", "b", false),
        ] {
            assert_eq!(Pattern::new(pattern).unwrap().matches(text), wanted, "{pattern} {text}");
        }
    }

    #[test]
    fn empty_and_endless_patterns_are_refused() {
        assert!(Pattern::new("").is_err());
        assert!(Pattern::new(&"x".repeat(PATTERN_BYTES_MAX)).is_ok());
        assert!(Pattern::new(&"x".repeat(PATTERN_BYTES_MAX + 1)).is_err());
    }

    /// What `*` means, said as plainly as can be: exponential, so for short texts only.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', rest @ ..], _) => {
                naive(rest, text) || (!text.is_empty() && naive(pattern, &text[1..]))
            }
            ([a, pattern @ ..], [b, text @ ..]) => a == b && naive(pattern, text),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn equals_the_plain_meaning(pattern in "[ab*\u{e4}]{1,8}", text in "[ab\u{e4}]{0,10}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            let wanted = naive(&chars(&pattern), &chars(&text));
            let pattern = Pattern::new(&pattern).unwrap();
            prop_assert_eq!(pattern.matches(&text), wanted);
            prop_assert_eq!(pattern.matches(&text.to_uppercase()), wanted);
        }
    }
}
