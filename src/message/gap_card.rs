//! The card after a time in which nothing could be told.

use ipsbell_parsers::alert::Severity;

use super::phrase::{between, counted, number};
use super::traffic::{HOST_CHARS_MAX, rules};
use super::{Card, Disclosure, Line, Tone};
use crate::triage::Gap;

/// The card; in a post with alerts it has one line beside its title, alone it has three.
pub(super) fn card(gap: &Gap, alone: bool) -> Card {
    let title = match gap.tries {
        // Nothing was out of reach: events expired or were refused, and that is all there is to tell.
        0 => Line::new().strong(outcome(gap)),
        _ => Line::new()
            .strong(format!("posted again after {}", between(gap.since, gap.until)))
            .words(format!(": {}", outcome(gap))),
    };
    let label = if gap.tries == 0 { "Noticed" } else { "Unreachable" };
    let mut facts = vec![(
        label.to_owned(),
        Line::new().time(gap.since).words(" to ").time(gap.until).words(tries(gap)).line(why(gap)),
    )];
    if alone {
        facts.push(("Waited".to_owned(), Line::new().words(waited(gap))));
        facts.push((
            "Lost / may appear twice".to_owned(),
            Line::new().words(format!(
                "{} / {}",
                counted(gap.expired.saturating_add(gap.given_up), "alert"),
                counted(gap.maybe_repeated, "post")
            )),
        ));
    }
    let lost = gap.expired > 0 || gap.given_up > 0;
    let tone = if lost { Tone::Notice } else { Tone::Recovered };
    Card { id: None, severity: 0, tone, title, facts, evidence: Vec::new() }
}

/// `14 min: 212 alerts waited, none lost; 2 critical, 31 high, 179 medium`.
pub(super) fn told(gap: &Gap) -> String {
    let list = by_severity(gap);
    let list = if list.is_empty() { list } else { format!("; {list}") };
    format!("{}: {}{list}", between(gap.since, gap.until), outcome(gap))
}

/// `212 alerts waited, none lost`: the loss is told before anything else.
pub(super) fn outcome(gap: &Gap) -> String {
    let expired = match gap.expired {
        0 => None,
        lost => Some(format!("{} LOST before they could be told", counted(lost, "alert"))),
    };
    let given_up = match gap.given_up {
        0 => None,
        lost => Some(format!("{} given up: refused in every form", counted(lost, "alert"))),
    };
    let lost: Vec<String> = expired.into_iter().chain(given_up).collect();
    let lost = if lost.is_empty() { "none lost".to_owned() } else { lost.join(", ") };
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
    let list = by_severity(gap);
    let list = if list.is_empty() { list } else { format!(": {list}") };
    format!("{}{list}", counted(total(gap), "alert"))
}

fn by_severity(gap: &Gap) -> String {
    let counts = Severity::ALL.iter().zip(gap.waited).rev().filter(|(_, count)| *count > 0);
    let told = counts.map(|(severity, count)| format!("{} {}", number(count), severity.word()));
    told.collect::<Vec<_>>().join(", ")
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
