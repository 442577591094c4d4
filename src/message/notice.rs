//! Messages that tell no alert of a log: the agent speaking of itself, and the test.

use jiff::Timestamp;

use super::compose::host;
use super::sanitize::{Rules, sanitize};
use super::{Card, Line, Message, Tone, minimal};

/// A notice shows at most so many lines; the rest is counted.
pub const NOTICE_LINES_MAX: usize = 20;

/// A line of a notice has at most so many escaped characters.
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

/// The agent speaks of itself: `headline`, a sentence of our own, then a line each. The lines may
/// name files and hosts and hold pieces of a log: they are sanitised here, and no receiver reads
/// markup in a card.
pub fn notice(agent_host: &str, headline: &str, lines: &[String]) -> Message {
    let host = host(agent_host);
    let words = sanitize(headline, &Rules::within(LINE_CHARS_MAX));
    let more = lines.len().saturating_sub(NOTICE_LINES_MAX);
    let rules = Rules::within(LINE_CHARS_MAX);
    let mut shown: Vec<Line> = lines
        .iter()
        .take(NOTICE_LINES_MAX)
        .map(|line| Line::new().words(sanitize(line, &rules)))
        .collect();
    if more > 0 {
        shown.push(Line::new().words(format!("and {more} more")));
    }
    let mut shown = shown.into_iter().filter(|line| !line.is_empty());
    let card = shown.next().map(|title| Card {
        id: None,
        severity: 0,
        tone: Tone::Notice,
        title,
        facts: shown.map(|line| (String::new(), line)).collect(),
        evidence: Vec::new(),
    });
    Message {
        tone: Tone::Notice,
        headline: Line::new().strong("ipsbell").words(format!(" on {host}: {words}")),
        mention: None,
        cards: card.into_iter().collect(),
        footer: Line::new().command("ipsbell status").words("  |  ").words(host.clone()),
        minimal: minimal::ascii(&format!("ipsbell on {host}: {words}")),
    }
}
