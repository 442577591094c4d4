//! Hostile text into text that is safe to show anywhere: one line, nothing invisible, bounded.
//! Knows no receiver; what a receiver must escape beyond this is its renderer's part.
//!
//! In this order: what the operator redacts and secrets are masked, URLs and hosts defanged, what cannot be seen becomes a
//! visible escape, runs are counted instead of repeated, and the rest is cut to a budget. A
//! backslash stays as it is, so `\n` in the result may be a line feed or these two characters; the
//! stored record tells them apart. Takes time linear in the text; only [`INPUT_CHARS_MAX`]
//! characters are looked at, the others are counted.

use std::borrow::Cow;
use std::fmt::Write;

use unicode_segmentation::UnicodeSegmentation;

use super::{Disclosure, defang, mask, redact};

/// So many characters of a text are looked at.
pub const INPUT_CHARS_MAX: usize = 4096;

/// One grapheme may come so often in a row; more become one and a count.
pub const REPEATS_MAX: usize = 64;

/// A letter may bear so many combining marks; more are counted.
pub const MARKS_MAX: usize = 2;

/// A grapheme may have so many characters of any kind; Indic syllables need up to eight.
pub const CLUSTER_CHARS_MAX: usize = 8;

/// How a text is made safe.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'w> {
    /// Budget in characters of the escaped text ([`escaped_chars`]), at least [`CHARS_MIN`].
    pub chars_max: usize,
    /// What is masked and defanged.
    pub disclosure: Disclosure<'w>,
    /// The text is a host name: shown in the ASCII form of its labels.
    pub is_host: bool,
}

/// The least budget: room for a character in its longest form and the count of the others.
pub const CHARS_MIN: usize = 24;

impl Rules<'_> {
    /// A budget with everything masked and defanged.
    pub fn within(chars_max: usize) -> Self {
        Self { chars_max, disclosure: Disclosure::default(), is_host: false }
    }
}

/// How long a receiver that writes `&amp;`, `&lt;` and `&gt;` counts a text: the escaped form's
/// UTF-16 units, which are never fewer than its Unicode scalars.
pub fn escaped_chars(text: &str) -> usize {
    text.chars().map(escaped_chars_of).sum()
}

fn escaped_chars_of(character: char) -> usize {
    match character {
        '&' => 5,
        '<' | '>' => 4,
        other => other.len_utf16(),
    }
}

/// The text, safe to show. Empty only for an empty text.
pub fn sanitize(text: &str, rules: &Rules<'_>) -> String {
    let (head, beyond) = split_at_char(text, INPUT_CHARS_MAX);
    let mut shown = redact::redact(text, head.len(), rules.disclosure.redactions);
    if rules.disclosure.mask {
        shown = Cow::Owned(mask::mask(&shown));
    }
    if rules.disclosure.defang || rules.is_host {
        shown = Cow::Owned(defang::defang(&shown, rules.is_host, rules.disclosure.defang));
    }
    let mut output = Output::new(rules.chars_max.max(CHARS_MIN), shown.chars().count() + beyond);
    let mut graphemes = shown.graphemes(true).peekable();
    let mut after_base = false;
    while let Some(grapheme) = graphemes.next() {
        let mut count = 1;
        while graphemes.next_if_eq(&grapheme).is_some() {
            count += 1;
        }
        if output.overflowed {
            break;
        }
        let piece = visible_cluster(grapheme, after_base);
        after_base = !grapheme.starts_with(char::is_control);
        if count > REPEATS_MAX {
            output.push(&format!("{piece}(x{count})"), grapheme.chars().count() * count);
        } else {
            for _ in 0..count {
                output.push(&piece, grapheme.chars().count());
            }
        }
    }
    output.finish(beyond)
}

/// The first `chars_max` characters, and how many follow.
pub(super) fn split_at_char(text: &str, chars_max: usize) -> (&str, usize) {
    match text.char_indices().nth(chars_max) {
        None => (text, 0),
        Some((at, _)) => {
            let (head, tail) = text.split_at(at);
            (head, tail.chars().count())
        }
    }
}

/// Text under a budget. It remembers where it would have to be cut for the count of what is left
/// out.
struct Output {
    text: String,
    chars: usize,
    chars_max: usize,
    /// How long `…(+N)` may be.
    suffix_chars: usize,
    /// Bytes of `text` and characters of the source up to which everything fits with the suffix.
    cut_bytes: usize,
    cut_source: usize,
    source: usize,
    source_total: usize,
    overflowed: bool,
}

impl Output {
    fn new(chars_max: usize, source_total: usize) -> Self {
        Self {
            text: String::new(),
            chars: 0,
            chars_max,
            suffix_chars: suffix(source_total).chars().count(),
            cut_bytes: 0,
            cut_source: 0,
            source: 0,
            source_total,
            overflowed: false,
        }
    }

    fn push(&mut self, piece: &str, source_chars: usize) {
        let chars = self.chars + escaped_chars(piece);
        if self.overflowed || chars > self.chars_max {
            self.overflowed = true;
            return;
        }
        self.text.push_str(piece);
        self.chars = chars;
        self.source += source_chars;
        if chars + self.suffix_chars <= self.chars_max {
            self.cut_bytes = self.text.len();
            self.cut_source = self.source;
        }
    }

    fn finish(mut self, beyond: usize) -> String {
        if self.overflowed || beyond > 0 {
            if self.overflowed || self.chars + self.suffix_chars > self.chars_max {
                self.text.truncate(self.cut_bytes);
                self.source = self.cut_source;
            }
            self.text.push_str(&suffix(self.source_total.saturating_sub(self.source)));
        }
        self.text
    }
}

fn suffix(left_out: usize) -> String {
    format!("…(+{left_out})")
}

/// One grapheme with everything in it visible, and no more marks than can be read.
fn visible_cluster(grapheme: &str, after_base: bool) -> String {
    let mut piece = String::with_capacity(grapheme.len());
    let (mut marks, mut hidden) = (0_usize, 0_usize);
    for (index, character) in grapheme.chars().enumerate() {
        if index == 0 && !after_base && joins_what_precedes(character) {
            // A mark without a letter would sit on what we write before it.
            piece.push('◌');
            marks = 1;
        }
        if index > 0 && !character.is_alphanumeric() && !is_invisible(character) {
            marks += 1;
        }
        if marks > MARKS_MAX || index >= CLUSTER_CHARS_MAX {
            hidden += 1;
        } else {
            push_visible(&mut piece, character);
        }
    }
    if hidden > 0 {
        push_formatted(&mut piece, format_args!("(+{hidden} marks)"));
    }
    piece
}

fn joins_what_precedes(character: char) -> bool {
    !character.is_ascii() && {
        let mut pair = String::from("a");
        pair.push(character);
        !is_invisible(character) && pair.graphemes(true).count() == 1
    }
}

fn push_visible(piece: &mut String, character: char) {
    match character {
        '\n' => piece.push_str("\\n"),
        '\r' => piece.push_str("\\r"),
        '\t' => piece.push_str("\\t"),
        low if low.is_control() => push_formatted(piece, format_args!("\\x{:02x}", u32::from(low))),
        hidden if is_invisible(hidden) => {
            push_formatted(piece, format_args!("\\u{{{:x}}}", u32::from(hidden)));
        }
        plain => piece.push(plain),
    }
}

fn push_formatted(piece: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing into a `String` cannot fail.
    let written = piece.write_fmt(arguments);
    debug_assert!(written.is_ok(), "a String takes everything");
}

/// Would a reader not see this character, or see something else than is there?
///
/// Controls, every white space but the blank, soft hyphen, bidirectional and zero-width characters,
/// fillers, tags, variation selectors, private use, and what no Unicode version assigns (without a
/// table of assignments: noncharacters and the planes that are empty).
pub fn is_invisible(character: char) -> bool {
    if character.is_ascii_graphic() || character == ' ' {
        return false;
    }
    character.is_control()
        || character.is_whitespace()
        || matches!(u32::from(character),
            0x00AD | 0x034F | 0x061C | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F
            | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0x2800 | 0x3164
            | 0xE000..=0xF8FF | 0xFDD0..=0xFDEF | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0
            | 0xFFF0..=0xFFFB | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0x40000..=0x0010_FFFF)
        || u32::from(character) & 0xFFFE == 0xFFFE
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(chars_max: usize, text: &str, wanted: &str) {
        assert_eq!(sanitize(text, &Rules::within(chars_max)), wanted, "for {text:?}");
    }

    #[test]
    fn what_cannot_be_seen_is_shown() {
        check(99, "", "");
        check(99, "plain text, 100 % of it", "plain text, 100 % of it");
        check(99, "a\nb\r\tc\0\x1b[2J\u{7f}\u{9b}", "a\\nb\\r\\tc\\x00\\x1b[2J\\x7f\\x9b");
        check(99, "\u{202e}gpj\u{2066}", "\\u{202e}gpj\\u{2066}");
        check(99, "a\u{200b}b\u{feff}c\u{ad}d\u{2028}e", "a\\u{200b}b\\u{feff}c\\u{ad}d\\u{2028}e");
        check(99, "\u{e0041}\u{fe0f}\u{e000}\u{a0}", "\\u{e0041}\\u{fe0f}\\u{e000}\\u{a0}");
        check(99, "Grüße, 日本, हिन्दी", "Grüße, 日本, हिन्दी");
    }

    #[test]
    fn runs_are_counted() {
        check(99, &"a".repeat(64), &"a".repeat(64));
        check(99, &"a".repeat(65), "a(x65)");
        check(99, &format!("z{}!", "\u{301}".repeat(1000)), "z\u{301}\u{301}(+998 marks)!");
        // A letter with seven spacing vowel signs is the most; the eighth is counted.
        let signs = |count: usize| format!("क{}", "\u{93e}".repeat(count));
        check(99, &signs(7), &signs(7));
        check(99, &signs(8), &format!("{}(+1 marks)", signs(7)));
        check(99, "\u{301}x", "◌\u{301}x");
        check(99, "\n\u{301}", "\\n◌\u{301}");
        check(99, &"\0".repeat(500), "\\x00(x500)");
    }

    #[test]
    fn the_cut_counts_escaped_characters_and_says_how_many_are_left_out() {
        let text: String = ('a'..='z').chain('0'..='9').collect();
        check(36, &text, &text);
        check(35, &text, "abcdefghijklmnopqrstuvwxyz012…(+7)");
        check(24, "<>&<>&<>&", "<>&<…(+5)");
        check(24, "𝒳𝒴𝒵𝒳𝒴𝒵𝒳𝒴𝒵𝒳𝒴𝒵", "𝒳𝒴𝒵𝒳𝒴𝒵𝒳𝒴𝒵𝒳𝒴𝒵");
        check(24, "ab".repeat(4000).as_str(), "abababababababab…(+7984)");
        check(30, &format!("{}b", "a".repeat(5000)), "a(x4096)…(+905)");
    }

    #[test]
    fn a_budget_below_the_least_is_the_least() {
        check(0, "abcdefghijklmnopqrstuvwx", "abcdefghijklmnopqrstuvwx");
    }

    proptest! {
        #[test]
        fn nothing_hostile_is_left(text in hostile(), chars_max in CHARS_MIN..600) {
            let shown = sanitize(&text, &Rules::within(chars_max));
            prop_assert!(escaped_chars(&shown) <= chars_max, "{shown:?}");
            prop_assert!(!shown.chars().any(is_invisible), "{shown:?}");
            prop_assert_eq!(shown.is_empty(), text.is_empty());
            prop_assert!(!shown.contains("://"), "{shown:?}");
        }
    }

    /// Texts of characters that attack something, in runs.
    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            any::<char>().prop_map(String::from),
            prop::sample::select(vec![
                "<!channel>",
                "http://evil.example/",
                "&",
                "<",
                "\u{301}",
                "\u{200d}",
                "password=",
                "\n",
                "`",
                "क्",
                "🇩🇪",
                "\u{e0061}",
                "😀",
                " ",
                "Cookie: a=b",
            ])
            .prop_map(String::from),
        ];
        let run = (piece, prop_oneof![Just(1_usize), 1..100_usize]).prop_map(|(p, n)| p.repeat(n));
        prop::collection::vec(run, 0..30).prop_map(|runs| runs.concat())
    }
}
