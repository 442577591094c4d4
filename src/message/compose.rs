//! A report into a message: which cards, how much of each, the headline, the footer. Everything is
//! bounded here, so that no renderer has to cut.

use ipsbell_parsers::alert::Severity;

use super::group_card::{self, Detail};
use super::phrase::counted;
use super::sanitize::{Rules, escaped_chars};
use super::traffic::{HOST_CHARS_MAX, address};
use super::{Card, Disclosure, Line, Message, Span, Tone, gap_card, minimal, severity};
use crate::triage::{CARDS_MAX, Entry, Gap, Report, Rest};

/// What a lock screen shows of a headline.
const LOCK_SCREEN_CHARS: usize = 60;

/// The rule's name has at least so many characters in a headline.
const HEADLINE_RULE_CHARS_MIN: usize = 32;

/// With so many entries or fewer each has two lines beside its title.
const COMPACT_ENTRIES_MAX: usize = 5;

/// With so many entries or fewer each has a line beside its title; more have their title alone.
const TIGHT_ENTRIES_MAX: usize = 10;

/// Words a report, with everything masked, defanged and shown.
pub fn compose(report: &Report<'_>) -> Message {
    compose_with(report, Disclosure::default())
}

/// Words a report. Whatever it holds, the message keeps the limits of this module's parent; entries
/// beyond [`CARDS_MAX`] are counted in the line for the rest.
pub fn compose_with(report: &Report<'_>, disclosure: Disclosure<'_>) -> Message {
    let shown: Vec<&Entry<'_>> = report.entries.iter().take(CARDS_MAX).collect();
    let rest = rest(report);
    let how_much = match shown.len() {
        0 | 1 if report.gap.is_none() && rest.groups == 0 => Detail::Full,
        ..=COMPACT_ENTRIES_MAX => Detail::Compact,
        count if count <= TIGHT_ENTRIES_MAX => Detail::Tight,
        _ => Detail::Line,
    };
    let mut cards = Vec::new();
    cards.extend(
        shown.iter().map(|entry| group_card::card(entry, how_much, report.now, disclosure)),
    );
    cards.extend(rest_card(&rest));
    cards.extend(report.gap.as_ref().map(|gap| gap_card::card(gap, cards.is_empty())));
    Message {
        tone: tone(report),
        headline: headline(report, &rest, disclosure),
        mention: None,
        footer: footer(report, &cards),
        cards,
        minimal: minimal::minimal(report, disclosure),
    }
}

/// Words a report in numbers alone, without any text of a log: for one that cannot be worded otherwise.
pub fn compose_in_numbers(report: &Report<'_>) -> Message {
    let gap = report.gap.clone().map(|gap| Gap { why: String::new(), ..gap });
    let rest = without_cards(report, 0);
    compose(&Report { entries: Vec::new(), rest, gap, ..*report })
}

/// What has no card: what triage left out, and the entries beyond the most.
fn rest(report: &Report<'_>) -> Rest {
    without_cards(report, CARDS_MAX)
}

/// What triage left out, and all entries but the first so many.
fn without_cards(report: &Report<'_>, cards: usize) -> Rest {
    report.entries.iter().skip(cards).fold(report.rest, |rest, entry| Rest {
        groups: rest.groups.saturating_add(1),
        events: rest.events.saturating_add(entry.events),
        worst: rest.worst.max(severity(entry.group.severity)),
    })
}

fn rest_card(rest: &Rest) -> Option<Card> {
    (rest.groups > 0).then(|| Card {
        id: None,
        severity: place(rest.worst),
        tone: Tone::Alert(place(rest.worst)),
        title: Line::new().words(format!(
            "and {} in {}, worst {}",
            counted(rest.events, "more alert"),
            counted(rest.groups, "other group"),
            rest.worst.word()
        )),
        facts: Vec::new(),
        evidence: Vec::new(),
    })
}

fn tone(report: &Report<'_>) -> Tone {
    let rest = (report.rest.groups > 0).then(|| place(report.rest.worst));
    let worst = report.entries.iter().map(|entry| entry.group.severity).chain(rest).max();
    match (worst, &report.gap) {
        (Some(worst), _) => Tone::Alert(worst),
        (None, Some(gap)) if gap.expired == 0 && gap.given_up == 0 => Tone::Recovered,
        (None, Some(_)) => Tone::Notice,
        (None, None) => Tone::Notice,
    }
}

/// The number of a severity, as [`severity`] takes it.
pub(super) fn place(wanted: Severity) -> u8 {
    let place = Severity::ALL.iter().position(|severity| *severity == wanted);
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or_default()
}

/// Severity, verdict, rule, who and whom; then the host and the numbers.
fn headline(report: &Report<'_>, rest: &Rest, disclosure: Disclosure<'_>) -> Line {
    let host = host(report.agent_host);
    let Some(entry) = report.entries.first() else {
        return match &report.gap {
            Some(gap) if rest.groups == 0 && gap.tries == 0 => Line::new()
                .strong("IPS alerts were not told")
                .words(format!(" on {host}: {}", gap_card::outcome(gap))),
            Some(gap) if rest.groups == 0 => Line::new()
                .strong("IPS alerts are posted again")
                .words(format!(" on {host} after {}", gap_card::told(gap))),
            _ => Line::new().strong(rest.worst.word().to_uppercase()).words(format!(
                ": {} in {} on {host}",
                counted(rest.events, "alert"),
                counted(rest.groups, "group")
            )),
        };
    };
    let group = entry.group;
    let word = severity(group.severity).word().to_uppercase();
    let verdict = format!(" {}: ", group_card::verdict(group));
    let parties = parties(entry, disclosure);
    let taken = word.len() + verdict.len() + 1 + parties.plain().chars().count();
    let rule_chars = LOCK_SCREEN_CHARS.saturating_sub(taken).max(HEADLINE_RULE_CHARS_MIN);
    let mut line = Line::new()
        .strong(word)
        .words(verdict)
        .line(group_card::rule_name(entry, rule_chars, disclosure))
        .words(if parties.is_empty() { "" } else { " " })
        .line(parties)
        .words(format!(" on {host}"));
    if entry.events != 1 || group.total != 1 {
        line = line.words(", ").line(group_card::count(entry));
    }
    let others = others(report, rest);
    if others.groups > 0 {
        line = line.words(format!(
            "; {} in {}",
            counted(others.events, "more alert"),
            counted(others.groups, "other group")
        ));
    }
    match &report.gap {
        None => line,
        Some(gap) if gap.tries == 0 => line.words(format!("; {}", gap_card::outcome(gap))),
        Some(gap) => line.words(format!("; posted again after {}", gap_card::told(gap))),
    }
}

/// All that is told beside the first entry.
fn others(report: &Report<'_>, rest: &Rest) -> Rest {
    report.entries.iter().take(CARDS_MAX).skip(1).fold(*rest, |sum, entry| Rest {
        groups: sum.groups.saturating_add(1),
        events: sum.events.saturating_add(entry.events),
        worst: sum.worst,
    })
}

/// `203.0.113.7 → 10.0.4.12:443`, of the sample where the group is one event, else of the group.
fn parties(entry: &Entry<'_>, disclosure: Disclosure<'_>) -> Line {
    let group = entry.group;
    match &entry.sample {
        Some(event) if group.total == 1 => {
            let target = &event.alert.destination;
            let source = event.alert.source.ip.map(|ip| address(ip, None, disclosure));
            let target = target.ip.map(|ip| address(ip, target.port, disclosure));
            let target = target.map(|target| Line::new().words("→ ").line(target));
            Line::joined([source, target].into_iter().flatten(), " ")
        }
        _ => group_card::spread(group, disclosure.without_context()),
    }
}

/// What to type next, and how to read what the cards show.
fn footer(report: &Report<'_>, cards: &[Card]) -> Line {
    let ids: Vec<&String> = cards.iter().filter_map(|card| card.id.as_ref()).collect();
    let line = match ids.as_slice() {
        [] => Line::new(),
        [id] => Line::new().command(format!("ipsbell search {id}")).words("  |  "),
        // The post's own id finds what all its cards told.
        _ => Line::new()
            .command(format!("ipsbell search {}", report.id))
            .words(" shows them all  |  "),
    };
    let line = line.words(host(report.agent_host));
    if report.entries.is_empty() {
        return line;
    }
    let style = Span::Quote("text like this".to_owned());
    line.words("  |  ").line(Line(vec![style])).words(" is from the log: untrusted")
}

/// The agent's host as our own word: cut, and nothing invisible in it.
pub(super) fn host(name: &str) -> String {
    let open = Disclosure::OPEN;
    let rules = Rules { disclosure: open, ..Rules::within(HOST_CHARS_MAX) };
    if name.is_empty() {
        "an unnamed host".to_owned()
    } else {
        super::sanitize::sanitize(name, &rules)
    }
}

/// How many escaped characters a message has at least: the words and quotes of all its lines.
pub fn message_chars(message: &Message) -> usize {
    let cards = message.cards.iter().flat_map(|card| card.lines(true));
    let lines = cards.chain([message.headline.clone(), message.footer.clone()]);
    lines.map(|line| escaped_chars(&line.plain())).sum()
}
