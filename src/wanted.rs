//! What was wanted where a text does not fit, and the known word that was probably meant. Pure; it
//! never holds the text that was found, since that may be a secret: whoever knows that it is none
//! adds it.

/// A text that is not what was wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("wanted {wanted}")]
pub struct Unfit {
    /// A noun phrase: "a duration".
    pub wanted: String,
    /// What to type instead, where that is known.
    pub hint: Option<String>,
}

impl Unfit {
    /// Wanted this, and no more can be said.
    pub fn new(wanted: impl Into<String>) -> Self {
        Self { wanted: wanted.into(), hint: None }
    }

    /// With a hint.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Wanted one of the `known` words, which `wanted` names itself: the hint is the nearest, if
    /// one is near.
    pub fn of_these(wanted: &str, found: &str, known: &[&str]) -> Self {
        let hint = nearest(found, known.iter().copied());
        Self { hint: hint.map(did_you_mean), ..Self::new(wanted) }
    }

    /// Wanted one of the `known` words. The hint is the nearest of them, else all, or the first
    /// [`LISTED_MAX`] of them.
    pub fn one_of(wanted: &str, found: &str, known: &[&str]) -> Self {
        Self::new(wanted).hint(known_words(found, known))
    }
}

/// So many known words are listed in a hint, then how many more there are.
pub const LISTED_MAX: usize = 16;

/// "did you mean `high`?", or the list of what is known.
pub fn known_words(found: &str, known: &[&str]) -> String {
    if let Some(word) = nearest(found, known.iter().copied()) {
        return did_you_mean(word);
    }
    let mut listed: Vec<String> =
        known.iter().take(LISTED_MAX).map(|word| format!("`{word}`")).collect();
    if let Some(more) = known.len().checked_sub(LISTED_MAX).filter(|more| *more > 0) {
        listed.push(format!("and {more} more"));
    }
    format!("known: {}", listed.join(", "))
}

/// The hint that names a word.
pub fn did_you_mean(word: &str) -> String {
    format!("did you mean `{word}`?")
}

/// Longer words are nobody's slip of the finger, and comparing them would take long.
const WORD_CHARS_MAX: usize = 64;

/// The word of `known` that `found` was probably meant to be: at most a third of its characters,
/// and never more than three, are wrong. Case does not count.
pub fn nearest<'k>(found: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let found = folded(found)?;
    let slips_max = (found.len() / 3).clamp(1, 3);
    known
        .into_iter()
        .filter_map(|word| Some((slips(&found, &folded(word)?), word)))
        .filter(|(slips, _)| *slips <= slips_max)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, word)| word)
}

fn folded(word: &str) -> Option<Vec<char>> {
    let chars: Vec<char> =
        word.chars().flat_map(char::to_lowercase).take(WORD_CHARS_MAX + 1).collect();
    (!chars.is_empty() && chars.len() <= WORD_CHARS_MAX).then_some(chars)
}

/// Characters to insert, delete, replace or swap with their neighbour to make `a` of `b` (optimal
/// string alignment distance), row by row.
fn slips(a: &[char], b: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut a_before = None;
    for (row, &a_char) in a.iter().enumerate() {
        let mut current = vec![row + 1];
        let mut b_before = None;
        for (column, &b_char) in b.iter().enumerate() {
            let cell =
                |cells: &[usize], at: usize| cells.get(at).copied().unwrap_or(usize::MAX / 2);
            let mut best = (cell(&last, column) + usize::from(a_char != b_char))
                .min(cell(&last, column + 1) + 1)
                .min(cell(&current, column) + 1);
            if a_before == Some(b_char) && b_before == Some(a_char) {
                best = best.min(cell(&before_last, column.saturating_sub(1)) + 1);
            }
            current.push(best);
            b_before = Some(b_char);
        }
        a_before = Some(a_char);
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_what_was_meant() {
        let known = ["paths", "exclude", "format", "timezone", "start_at"];
        for (found, wanted) in [
            ("pathes", Some("paths")),
            ("path", Some("paths")),
            ("ptahs", Some("paths")),
            ("Formats", Some("format")),
            ("time_zone", Some("timezone")),
            ("startat", Some("start_at")),
            ("colour", None),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(nearest(found, known), wanted, "{found}");
        }
        let long = "p".repeat(WORD_CHARS_MAX + 1);
        assert_eq!(nearest(&long, [long.as_str()]), None);
    }

    #[test]
    fn distances() {
        for (a, b, wanted) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "abc", 0),
            ("abc", "acb", 1),
            ("abc", "abd", 1),
            ("kitten", "sitting", 3),
            ("ca", "abc", 3),
        ] {
            let [a, b]: [Vec<char>; 2] = [a.chars().collect(), b.chars().collect()];
            assert_eq!(slips(&a, &b), wanted, "{a:?} {b:?}");
            assert_eq!(slips(&b, &a), wanted, "{b:?} {a:?}");
        }
    }

    #[test]
    fn what_is_known_is_listed_up_to_a_limit() {
        let known = ["alpha"; LISTED_MAX + 2];
        let hint = known_words("zzzzzzzz", &known);
        assert!(hint.ends_with("`alpha`, and 2 more"), "{hint}");
        assert_eq!(known_words("zzz", &known[..1]), "known: `alpha`");
        assert_eq!(known_words("alhpa", &known), "did you mean `alpha`?");
    }
}
