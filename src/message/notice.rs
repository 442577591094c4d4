//! Messages that tell no alert of a log: the agent speaking of itself, and the test.

use jiff::Timestamp;

use super::compose::host;
use super::phrase::{between, counted, number};
use super::sanitize::{Rules, escaped_chars, sanitize};
use super::{Card, Disclosure, Line, MESSAGE_CHARS_MAX, Message, Tone, minimal};
use crate::trouble::{Entry, Notice, Section, State};

/// A notice shows at most so many entries, and one of each section; the rest is counted.
pub const NOTICE_LINES_MAX: usize = 20;

/// Sections that have a card; further ones are counted.
const SECTIONS_MAX: usize = 8;

/// All cards together have at most so many escaped characters; headline and footer take the rest of a message.
const CARDS_CHARS_MAX: usize = MESSAGE_CHARS_MAX - 1_500;

/// Sections that the headline names.
const SUMMARY_MAX: usize = 3;

/// A path has at most so many escaped characters, and what is said of it before and behind.
const SUBJECT_CHARS_MAX: usize = 160;
const LINE_CHARS_MAX: usize = 300;

/// The marked test that `ipsbell test` sends.
pub fn test_message(agent_host: &str, now: Timestamp) -> Message {
    let host = host(agent_host);
    let title =
        Line::new().strong("test").words(", nothing happened: posts of ipsbell arrive here");
    let sent = Line::new().time(now).words(format!(", from {host}"));
    Message {
        tone: Tone::Test,
        headline: Line::new()
            .strong("TEST")
            .words(format!(" of ipsbell on {host}: no alert, no action")),
        mention: None,
        cards: vec![Card {
            id: None,
            severity: 0,
            tone: Tone::Test,
            title,
            facts: vec![("Sent".to_owned(), sent)],
            evidence: Vec::new(),
        }],
        footer: Line::new()
            .command("ipsbell status")
            .words(" shows what the agent reads and posts"),
        minimal: minimal::ascii(&format!("IPS TEST of ipsbell on {host}: no alert, no action")),
    }
}

/// The agent speaks of its own trouble: a card for each section, a line for each entry. Subjects may be hostile and stand
/// as text of a log does; all else is made safe here, and no receiver reads markup in a card.
pub fn notice(agent_host: &str, now: Timestamp, notice: &Notice) -> Message {
    let host = host(agent_host);
    let tone = if notice.is_good() { Tone::Recovered } else { Tone::Notice };
    let words = summary(notice);
    let cards = cards(notice, now);
    Message {
        tone,
        headline: Line::new().strong("ipsbell").words(format!(" on {host}: {words}")),
        mention: None,
        cards,
        footer: Line::new()
            .command("ipsbell status")
            .words(" shows how it is now  |  ")
            .words(host.clone()),
        minimal: minimal::ascii(&format!("ipsbell on {host}: {words} - ipsbell status")),
    }
}

/// The cards, with fewer lines if the texts are so long that a message could not hold them all.
fn cards(notice: &Notice, now: Timestamp) -> Vec<Card> {
    let mut lines_max = NOTICE_LINES_MAX;
    loop {
        let mut lines_left = lines_max;
        let mut cards = Vec::new();
        for section in notice.sections.iter().take(SECTIONS_MAX) {
            // Each section has a line, however many entries those before it have.
            let shown = section.entries.len().min(lines_left.max(1));
            lines_left = lines_left.saturating_sub(shown);
            cards.push(card(section, shown, now));
        }
        let more = notice.sections.len().saturating_sub(SECTIONS_MAX);
        if more > 0 {
            let title =
                Line::new().words(format!("and {} more of other kinds", number(more as u64)));
            cards.push(of_title(title, Tone::Notice));
        }
        let lines = cards.iter().flat_map(|card| card.lines(false));
        let chars: usize = lines.map(|line| escaped_chars(&line.plain())).sum();
        if chars <= CARDS_CHARS_MAX || lines_max == 0 {
            return cards;
        }
        lines_max /= 2;
    }
}

/// What the first sections say, how many there are more, and what lasts beside them.
fn summary(notice: &Notice) -> String {
    let clear = if notice.is_all_clear() { "all clear, " } else { "" };
    let said: Vec<String> = notice.sections.iter().take(SUMMARY_MAX).map(phrase).collect();
    let more = notice.sections.len().saturating_sub(said.len());
    let more = if more == 0 { String::new() } else { format!("; and {more} more") };
    let others = match notice.others_open {
        0 => String::new(),
        1 => "; 1 other trouble lasts".to_owned(),
        others => format!("; {} other troubles last", number(others)),
    };
    format!("{clear}{}{more}{others}", said.join("; "))
}

/// `2 logs cannot be read`, `still: a log cannot be read`, `a log can be read again after 12 min`.
fn phrase(section: &Section) -> String {
    let count = section.entries.len() as u64 + section.more;
    let Some(kind) = section.kind else { return counted(count, "further incident") };
    let nature = kind.nature();
    let (one, many) = match section.state {
        State::Over => (nature.over_one, nature.over_many),
        State::Began | State::Happened | State::Still => (nature.one, nature.many),
    };
    let said = if count == 1 { one.to_owned() } else { many.replace("{}", &number(count)) };
    match (section.state, section.entries.as_slice()) {
        (State::Still, _) => format!("still: {said}"),
        (State::Over, [Entry { since, until: Some(until), .. }]) => {
            format!("{said} after {}", between(*since, *until))
        }
        _ => said,
    }
}

fn card(section: &Section, shown: usize, now: Timestamp) -> Card {
    let over = section.state == State::Over;
    let means = section.kind.filter(|_| !over).map_or("", |kind| kind.nature().means);
    let title = Line::new().strong(phrase(section));
    let title = if means.is_empty() { title } else { title.words(format!(". {means}")) };
    let lines = section.entries.iter().take(shown).map(|entry| line(entry, section.state, now));
    let mut facts: Vec<(String, Line)> = lines.map(|line| (String::new(), line)).collect();
    let more = (section.entries.len() - facts.len()) as u64 + section.more;
    if more > 0 && section.kind.is_some() {
        facts.push((String::new(), Line::new().words(format!("and {} more", number(more)))));
    }
    Card { facts, ..of_title(title, if over { Tone::Recovered } else { Tone::Notice }) }
}

fn of_title(title: Line, tone: Tone) -> Card {
    Card { id: None, severity: 0, tone, title, facts: Vec::new(), evidence: Vec::new() }
}

/// What is wrong and since when; of what is over only what it was about.
fn line(entry: &Entry, state: State, now: Timestamp) -> Line {
    let Entry { subject, text, since, until, count } = entry;
    let what = quoted(text, subject);
    match (state, until) {
        (State::Over, Some(until)) => Line::new()
            .quote(subject, &rules(SUBJECT_CHARS_MAX))
            .words(", from ")
            .time(*since)
            .words(" to ")
            .time(*until)
            .words(format!(" ({})", between(*since, *until))),
        (State::Happened, Some(until)) if *count > 1 => what
            .words(format!("; {} times, from ", number(*count)))
            .time(*since)
            .words(" to ")
            .time(*until),
        (State::Happened, _) => what.words("; ").time(*since),
        _ => what.words("; since ").time(*since).words(format!(" ({})", between(*since, now))),
    }
}

/// Our sentence, with what it is about set apart as text that is not ours. A sentence in which that is not found may
/// quote it in another way, and is set apart whole.
fn quoted(text: &str, subject: &str) -> Line {
    let ours = |text: &str| match text {
        "" => String::new(),
        _ => sanitize(text, &rules(LINE_CHARS_MAX)),
    };
    let named = [format!("{subject:?}"), format!("`{subject}`")];
    match named.iter().find_map(|named| text.split_once(named.as_str())) {
        Some((before, behind)) if !subject.is_empty() => Line::new()
            .words(ours(before))
            .quote(subject, &rules(SUBJECT_CHARS_MAX))
            .words(ours(behind)),
        _ => Line::new().quote(text, &rules(LINE_CHARS_MAX)),
    }
}

/// Paths are shown as they are: nothing in a card is a link.
fn rules(chars_max: usize) -> Rules<'static> {
    let disclosure = Disclosure { defang: false, ..Disclosure::default() };
    Rules { disclosure, ..Rules::within(chars_max) }
}

#[cfg(test)]
mod tests;
