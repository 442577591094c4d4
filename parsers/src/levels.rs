//! Syslog's eight levels as severities, by number and by the words of the products. Source: RFC 5424 section 6.2.1,
//! table 2; the words are also those of Cisco's, Juniper's and Barracuda's documents.

use crate::alert::Severity;

const WORDS: &[(&str, u8)] = &[
    ("emergency", 0),
    ("alert", 1),
    ("critical", 2),
    ("error", 3),
    ("warning", 4),
    ("notice", 5),
    ("notification", 5),
    ("info", 6),
    ("information", 6),
    ("informational", 6),
    ("debug", 7),
    ("debugging", 7),
];

/// 0 and 1 critical, 2 high, 3 and 4 medium, 5 low, else info.
pub(crate) const fn severity(level: u8) -> Severity {
    match level {
        0 | 1 => Severity::Critical,
        2 => Severity::High,
        3 | 4 => Severity::Medium,
        5 => Severity::Low,
        _ => Severity::Info,
    }
}

/// The level of this word, in whichever case.
pub(crate) fn of_word(word: &str) -> Option<u8> {
    let found = WORDS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name));
    found.map(|(_, level)| *level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_mean_the_same() {
        let check = |word: &str, want| assert_eq!(of_word(word).map(severity), want, "{word}");
        check("emergency", Some(Severity::Critical));
        check("Warning", Some(Severity::Medium));
        check("notification", Some(Severity::Low));
        check("INFO", Some(Severity::Info));
        check("loud", None);
        assert_eq!(severity(200), Severity::Info);
    }
}
