//! How bad products say it is, in the words and numbers that several of them share. The tables are told in
//! `docs/formats.md`.

use crate::alert::Severity;

/// The words of risk: `info`, `low`, `medium`, `high`, `very-high`, `critical` and their spellings.
pub(crate) fn risk(word: &str) -> Option<Severity> {
    let is = |words: &[&str]| words.iter().any(|each| word.eq_ignore_ascii_case(each));
    match () {
        () if is(&["unknown", "info", "information", "informational"]) => Some(Severity::Info),
        () if is(&["low"]) => Some(Severity::Low),
        () if is(&["medium", "moderate"]) => Some(Severity::Medium),
        () if is(&["high", "elevated"]) => Some(Severity::High),
        () if is(&["very-high", "very high", "critical"]) => Some(Severity::Critical),
        () => None,
    }
}

/// The words of syslog (RFC 5424 section 6.2.1), which rank a message and not an attack, so none is critical.
pub(crate) fn level(word: &str) -> Option<Severity> {
    const WORDS: [&[&str]; 8] = [
        &["emergency", "emerg"],
        &["alert"],
        &["critical", "crit"],
        &["error", "err"],
        &["warning", "warn"],
        &["notice"],
        &["information", "info", "informational"],
        &["debug"],
    ];
    let is = |words: &&[&str]| words.iter().any(|each| word.eq_ignore_ascii_case(each));
    let number = WORDS.iter().position(is)?;
    Some(level_number(u32::try_from(number).ok()?))
}

/// The same as a number: 0-2 high, 3-4 medium, 5 low, else info.
pub(crate) const fn level_number(number: u32) -> Severity {
    match number {
        0..=2 => Severity::High,
        3..=4 => Severity::Medium,
        5 => Severity::Low,
        _ => Severity::Info,
    }
}

/// 0 to 10, as in CEF and LEEF: 1-3 low, 4-6 medium, 7-8 high, 9-10 very high. 0 is ours to call `info`: products write
/// it for what they only log. What is beyond the scale is at its end.
pub(crate) const fn ten(number: u8) -> Severity {
    match number {
        0 => Severity::Info,
        1..=3 => Severity::Low,
        4..=6 => Severity::Medium,
        7..=8 => Severity::High,
        9.. => Severity::Critical,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_ranked_whatever_their_case() {
        assert_eq!(risk("CRITICAL"), Some(Severity::Critical));
        assert_eq!(risk("Very-High"), Some(Severity::Critical));
        assert_eq!(risk("moderate"), Some(Severity::Medium));
        assert_eq!(risk("9"), None);
        assert_eq!(level("Critical"), Some(Severity::High));
        assert_eq!(level("warning"), Some(Severity::Medium));
        assert_eq!(level("Debug"), Some(Severity::Info));
        assert_eq!(level("loud"), None);
        assert_eq!((ten(0), ten(3), ten(10)), (Severity::Info, Severity::Low, Severity::Critical));
    }
}
