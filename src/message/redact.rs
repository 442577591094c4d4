//! What the operator wants nobody to read in a post: what fits one of these patterns becomes `***`. Knows nothing of where
//! the text goes, and nothing of secrets by itself (`mask` does).

use std::borrow::Cow;
use std::ops::Range;

use regex::Regex;

use super::mask::MASK;
use super::sanitize::split_at_char;

/// What fits is looked for in so many characters of a text, four times what is shown of it.
pub(super) const SEARCHED_CHARS_MAX: usize = 16 * 1024;

/// The first `head_bytes` bytes of the text, all that fits replaced; of what reaches beyond them nothing is left either.
/// Where matches overlap, one mask stands for them all.
pub(super) fn redact<'t>(text: &'t str, head_bytes: usize, patterns: &[Regex]) -> Cow<'t, str> {
    let head = text.get(..head_bytes).unwrap_or(text);
    let (searched, _) = split_at_char(text, SEARCHED_CHARS_MAX);
    let found = patterns.iter().flat_map(|pattern| pattern.find_iter(searched));
    let is_shown = |place: &Range<usize>| !place.is_empty() && place.start < head.len();
    let mut places: Vec<Range<usize>> = found.map(|found| found.range()).filter(is_shown).collect();
    if places.is_empty() {
        return Cow::Borrowed(head);
    }
    places.sort_by_key(|place| (place.start, place.end));
    let mut redacted = String::with_capacity(head.len());
    let mut behind = 0;
    for place in places {
        if behind == 0 || place.start > behind {
            redacted.push_str(head.get(behind..place.start).unwrap_or_default());
            redacted.push_str(MASK);
        }
        behind = behind.max(place.end);
    }
    redacted.push_str(head.get(behind..).unwrap_or_default());
    Cow::Owned(redacted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn patterns(texts: &[&str]) -> Vec<Regex> {
        texts.iter().map(|text| Regex::new(text).unwrap()).collect()
    }

    #[track_caller]
    fn check(texts: &[&str], text: &str, wanted: &str) {
        assert_eq!(redact(text, text.len(), &patterns(texts)), wanted, "{texts:?} for {text:?}");
    }

    #[test]
    fn all_that_fits_is_masked() {
        check(&[], "EMP-123456", "EMP-123456");
        check(&[r"EMP-\d{6}"], "of EMP-123456 and EMP-654321", "of *** and ***");
        check(&["(?i)alice"], "ALICE, bob", "***, bob");
        check(&["bob", "a+"], "aabobaa", "***");
        check(&["ab", "abcd", "cde"], "xabcdef", "x***f");
        check(&["x*"], "axb", "a***b");
        check(&["ü.", "é"], "aüéb", "a***b");
        check(&["^10\\."], "10.0.0.1", "***0.0.1");
    }

    #[test]
    fn what_reaches_beyond_the_head_is_masked_whole() {
        let text = format!("{}secret", "a".repeat(10));
        assert_eq!(redact(&text, 12, &patterns(&["secret"])), format!("{}***", "a".repeat(10)));
        assert_eq!(redact(&text, 10, &patterns(&["secret"])), "a".repeat(10));
        let long = format!("b{}", "a".repeat(SEARCHED_CHARS_MAX));
        assert_eq!(redact(&long, 4, &patterns(&["ba*$"])), "***");
    }

    proptest! {
        #[test]
        fn nothing_that_fits_is_left(text in "[ab0-9é ]{0,200}", head_chars in 0..200_usize) {
            let patterns = patterns(&["[0-9]{2,}", "ab", "é"]);
            let head_bytes = split_at_char(&text, head_chars).0.len();
            let redacted = redact(&text, head_bytes, &patterns);
            for pattern in &patterns {
                prop_assert!(redacted.split(MASK).all(|left| !pattern.is_match(left)), "{redacted}");
            }
        }
    }
}
