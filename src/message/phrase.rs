//! Numbers, durations and verdicts in words. Knows no message.

use std::time::Duration;

use ipsbell_parsers::alert::Verdict;
use jiff::{SignedDuration, Timestamp};

use crate::triage::Distinct;

/// `4,812`.
pub(super) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 alert`, `4,812 alerts`.
pub(super) fn counted(value: u64, noun: &str) -> String {
    let plural = if value == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", number(value))
}

/// `1 source`, `37 sources`, `at least 256 sources`; `None` where none is known.
pub(super) fn distinct(values: &Distinct, noun: &str) -> Option<String> {
    let (count, more) = values.count();
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    let at_least = if more { "at least " } else { "" };
    (count > 0).then(|| format!("{at_least}{}", counted(count, noun)))
}

/// The time between two instants: `14 min`; never negative.
pub(super) fn between(since: Timestamp, until: Timestamp) -> String {
    duration(Duration::try_from(until.duration_since(since)).unwrap_or_default())
}

/// What is told later than this after it happened says so.
const PROMPT: SignedDuration = SignedDuration::from_mins(1);

/// `told 14 min after it happened`; empty where it was told promptly.
pub(super) fn lateness(at: Timestamp, now: Timestamp, what: &str) -> String {
    if now.duration_since(at) <= PROMPT {
        return String::new();
    }
    format!("told {} after {what}", between(at, now))
}

/// A duration in its two largest units: `8 s`, `14 min`, `3 h 5 min`, `2 d 4 h`.
fn duration(time: Duration) -> String {
    let (seconds, minutes) = (time.as_secs(), time.as_secs() / 60);
    let (hours, days) = (minutes / 60, minutes / 1440);
    let two = |large: u64, unit, small: u64, part| match small {
        0 => format!("{} {unit}", number(large)),
        _ => format!("{} {unit} {small} {part}", number(large)),
    };
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) => two(hours, "h", minutes % 60, "min"),
        _ => two(days, "d", hours % 24, "h"),
    }
}

/// What was done, for people.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Blocked => "blocked",
        Verdict::Reset => "reset",
        Verdict::Rejected => "rejected",
        Verdict::Detected => "detected, not stopped",
        Verdict::WouldBlock => "not stopped, would be blocked",
        Verdict::Unknown => "outcome unknown",
    }
}

/// How many events of a group have which verdict: `1,200 blocked, 4 detected, not stopped`.
pub(super) fn verdicts(counts: &[u64; 6]) -> String {
    let told: Vec<String> = Verdict::ALL
        .iter()
        .zip(counts)
        .filter(|(_, count)| **count > 0)
        .map(|(kind, count)| format!("{} {}", number(*count), verdict_short(*kind)))
        .collect();
    told.join(", ")
}

/// In a list of counts, where commas separate.
fn verdict_short(kind: Verdict) -> &'static str {
    match kind {
        Verdict::Detected => "detected",
        Verdict::WouldBlock => "would be blocked",
        other => verdict(other),
    }
}

/// How many of a group's events were seen and not stopped.
pub(super) fn not_stopped(counts: &[u64; 6]) -> u64 {
    let open = |(kind, count): (&Verdict, &u64)| {
        if matches!(kind, Verdict::Detected | Verdict::WouldBlock) { *count } else { 0 }
    };
    Verdict::ALL.iter().zip(counts).map(open).fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let table = [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (4_812_000, "4,812,000"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ];
        for (value, wanted) in table {
            assert_eq!(number(value), wanted);
        }
        assert_eq!(
            (counted(1, "source"), counted(0, "source")),
            ("1 source".into(), "0 sources".into())
        );
    }

    #[test]
    fn durations_have_at_most_two_units() {
        let table = [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (899, "14 min"),
            (3_600, "1 h"),
            (11_100, "3 h 5 min"),
            (187_200, "2 d 4 h"),
            (86_400 * 1_500, "1,500 d"),
        ];
        for (seconds, wanted) in table {
            assert_eq!(duration(Duration::from_secs(seconds)), wanted);
        }
        assert_eq!(between(Timestamp::MAX, Timestamp::MIN), "0 s");
    }

    #[test]
    fn what_is_told_late_says_so() {
        let at = |second| Timestamp::from_second(second).expect("an instant");
        let table = [
            (0, ""),
            (60, ""),
            (-3_600, ""),
            (61, "told 1 min after it happened"),
            (7_500, "told 2 h 5 min after it happened"),
        ];
        for (seconds, wanted) in table {
            assert_eq!(lateness(at(1_000_000), at(1_000_000 + seconds), "it happened"), wanted);
        }
    }

    #[test]
    fn verdicts_are_listed_with_their_counts() {
        assert_eq!(verdicts(&[1_200, 0, 0, 4, 0, 0]), "1,200 blocked, 4 detected");
        assert_eq!(verdicts(&[0; 6]), "");
        assert_eq!(not_stopped(&[9, 9, 9, 2, 3, 9]), 5);
    }
}
