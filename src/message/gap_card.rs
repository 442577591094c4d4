//! The card after a time in which nothing could be told.

use ipsbell_parsers::alert::Severity;

use super::phrase::{between, counted, number};
use super::traffic::{HOST_CHARS_MAX, rules};
use super::{Card, Disclosure, Line, Tone};
use crate::triage::Gap;

/// The card; in a post with alerts it has one line beside its title, alone it has three.
pub(super) fn card(gap: &Gap, alone: bool) -> Card {
    let title = Line::new()
        .strong(format!("reachable again after {}", between(gap.since, gap.until)))
        .words(format!(": {}", outcome(gap)));
    let mut facts = vec![(
        "Unreachable".to_owned(),
        Line::new().time(gap.since).words(" to ").time(gap.until).words(tries(gap)).line(why(gap)),
    )];
    if alone {
        facts.push(("Waited".to_owned(), Line::new().words(waited(gap))));
        facts.push((
            "Lost / may appear twice".to_owned(),
            Line::new().words(format!(
                "{} / {}",
                counted(gap.expired, "alert"),
                counted(gap.maybe_repeated, "post")
            )),
        ));
    }
    Card { id: None, severity: 0, tone: Tone::Recovered, title, facts, evidence: Vec::new() }
}

/// `212 alerts waited, none lost`: the loss is told before anything else.
pub(super) fn outcome(gap: &Gap) -> String {
    let lost = match gap.expired {
        0 => "none lost".to_owned(),
        lost => format!("{} LOST before they could be told", counted(lost, "alert")),
    };
    let twice = match gap.maybe_repeated {
        0 => String::new(),
        posts => format!(", {} may appear twice", counted(posts, "post")),
    };
    format!("{} waited, {lost}{twice}", counted(total(gap), "alert"))
}

/// How many events waited.
pub(super) fn total(gap: &Gap) -> u64 {
    gap.waited.iter().copied().fold(0, u64::saturating_add)
}

/// `212 alerts: 2 critical, 31 high, 179 medium`, the worst first.
fn waited(gap: &Gap) -> String {
    let by_severity = Severity::ALL.iter().zip(gap.waited).rev().filter(|(_, count)| *count > 0);
    let told: Vec<String> = by_severity
        .map(|(severity, count)| format!("{} {}", number(count), severity.word()))
        .collect();
    let list = if told.is_empty() { String::new() } else { format!(": {}", told.join(", ")) };
    format!("{}{list}", counted(total(gap), "alert"))
}

fn tries(gap: &Gap) -> String {
    match gap.tries {
        0 => String::new(),
        1 => ", 1 try in vain".to_owned(),
        tries => format!(", {} tries in vain", number(tries)),
    }
}

/// The last failure's words. A receiver had a hand in them, so they are quoted.
fn why(gap: &Gap) -> Line {
    let quote = Line::new().quote(&gap.why, &rules(HOST_CHARS_MAX, Disclosure::default()));
    if quote.is_empty() { quote } else { Line::new().words(": ").line(quote) }
}
