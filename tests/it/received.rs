//! What the channel was told, read back from the posts that the receiver really got: how many alerts, how many lost,
//! and what came twice. The other side of the account in the store: both must name the same numbers.
//!
//! Only our own words are read. Text of a log stands in code spans and is passed over, so no alert can pretend to be a
//! count.

use std::collections::BTreeMap;

use ipsbell::fake_slack::{Received, examine};
use serde_json::Value;

/// What several posts told together. A post that came again counts once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Channel {
    /// Alerts that were told for the first time.
    pub(crate) told: u64,
    /// Alerts that were told to be lost before they could be told.
    pub(crate) lost: u64,
    /// Alerts that were told to be given up.
    pub(crate) given_up: u64,
    /// Posts that came again and said so.
    pub(crate) marked_again: u64,
    /// Posts that came again without a word.
    pub(crate) unmarked_again: u64,
}

/// What stands in one post.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Post {
    pub(crate) told: u64,
    pub(crate) lost: u64,
    pub(crate) given_up: u64,
}

/// The mark of a post that may have come before, as `destinations::slack` writes it.
const REPEATED: &str = " (may be a repeat: an earlier try had no clear answer)";

/// The emoji of cards about alerts; all others are the agent speaking of itself.
const ALERT_EMOJI: [&str; 5] = [
    "rotating_light",
    "red_circle",
    "large_orange_circle",
    "large_yellow_circle",
    "large_blue_circle",
];

/// What these posts told. Two posts are the same one when they differ in nothing but the mark.
pub(crate) fn channel<'a>(posts: impl IntoIterator<Item = &'a Received>) -> Channel {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    let mut sum = Channel::default();
    for received in posts {
        let text = received.text();
        let (own, marked) = match text.strip_suffix(REPEATED) {
            Some(own) => (own, true),
            None => (text, false),
        };
        let mut json = received.json.clone();
        json["text"] = Value::String(own.to_owned());
        let times = seen.entry(json.to_string()).or_default();
        *times += 1;
        match (*times > 1, marked) {
            (false, _) => {
                let post = post(received);
                sum.told += post.told;
                sum.lost += post.lost;
                sum.given_up += post.given_up;
            }
            (true, true) => sum.marked_again += 1,
            (true, false) => sum.unmarked_again += 1,
        }
    }
    sum
}

/// What one post tells. The headline, which is all that a lock screen shows, must name the same number as the cards.
pub(crate) fn post(received: &Received) -> Post {
    let text = received.text().trim_end_matches(REPEATED);
    if text.contains("IPS ") && received.blocks().is_empty() {
        return plainest(text);
    }
    let mut post = Post::default();
    for block in received.blocks() {
        if block["type"] == "rich_text" {
            for section in block["elements"].as_array().unwrap() {
                let card = card(section);
                post.told += card.told;
                post.lost += card.lost;
                post.given_up += card.given_up;
            }
        }
    }
    assert_eq!(headline(text), post.told, "headline and cards differ:\n{}", received.shown());
    post
}

fn card(section: &Value) -> Post {
    let pieces = section["elements"].as_array().unwrap();
    let about_alerts = ALERT_EMOJI.contains(&pieces[0]["name"].as_str().unwrap_or_default());
    let words: String = pieces.iter().skip(1).map(own_words).collect();
    let mut lines = words.trim_start().split('\n');
    let title = lines.next().unwrap_or_default();
    if !about_alerts {
        return Post {
            told: 0,
            lost: before(title, " LOST before").map_or(0, number),
            given_up: before(title, " given up: ").map_or(0, number),
        };
    }
    let told = match title.strip_prefix("and ") {
        Some(rest) if rest.contains(" more alert") => number(rest),
        // A card of one line counts in its title; one without a count is of a single alert.
        _ => lines.chain(title.split(", ")).find_map(count).unwrap_or(1),
    };
    Post { told, ..Post::default() }
}

/// The piece's text, if it is ours.
fn own_words(piece: &Value) -> &str {
    match (piece["type"].as_str(), piece["style"]["code"].as_bool()) {
        (Some("text"), None) => piece["text"].as_str().unwrap_or_default(),
        (Some("text"), Some(_)) => "`",
        _ => "@",
    }
}

/// How many alerts a line tells for the first time, if it is the line that says so.
fn count(line: &str) -> Option<u64> {
    let line = line.strip_prefix("Alerts  ").unwrap_or(line);
    if let Some(again) = line.strip_prefix("again: ") {
        return Some(number(again));
    }
    if let Some(closed) = line.strip_prefix("quiet now: ") {
        return Some(before(closed, " since the last post").map_or(0, number));
    }
    let noun = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ',');
    let noun = noun.strip_prefix(" alert")?;
    let noun = noun.strip_prefix('s').unwrap_or(noun);
    let ends = noun.is_empty() || noun.starts_with([',', ';']) || noun.starts_with(" now, ");
    (ends && line.starts_with(|c: char| c.is_ascii_digit())).then(|| number(line))
}

/// The number of alerts in a headline: of the first group behind the host's name, then of all others.
fn headline(text: &str) -> u64 {
    // Every second part stands in backticks.
    let own: String = text.split('`').step_by(2).collect::<Vec<_>>().join("`").replace('*', "");
    let mut parts = own.split("; ");
    let first = parts.next().unwrap_or_default();
    let others: u64 = parts
        .filter(|part| part.contains(" more alert") && part.contains(" other group"))
        .map(number)
        .sum();
    let (about, behind) = first.split_once(" on ").unwrap_or((first, ""));
    let of_alerts = ALERT_EMOJI.iter().any(|name| about.contains(&format!(":{name}:")));
    let first = match behind.split_once(", ") {
        _ if !of_alerts => 0,
        // `LOW: 1,204 alerts in 37 groups on HOST`.
        _ if about.contains(" alert") => about.split_once(": ").map_or(0, |(_, rest)| number(rest)),
        Some((_, counted)) => count(counted).unwrap_or(1),
        None => 1,
    };
    first + others
}

/// The plainest form: one line of our own.
fn plainest(text: &str) -> Post {
    let words = text.split_once("IPS ").map_or(text, |(_, words)| words);
    let others = before(words, " in other groups");
    let others = others.and_then(|words| words.rsplit_once(" and ")).map_or(0, |(_, n)| number(n));
    let lead = words.split(" on ").next().unwrap_or_default();
    let first = match lead.strip_prefix("ALERT ") {
        None => 0,
        Some(lead) if lead.contains(", quiet now, ") => 0,
        Some(lead) => lead.split(", ").find_map(count).unwrap_or(1),
    };
    Post {
        told: first + others,
        lost: before(words, " LOST before").map_or(0, number),
        given_up: before(words, " given up: ").map_or(0, number),
    }
}

/// What stands before these words, from the last comma that is none of a number.
fn before<'a>(text: &'a str, words: &str) -> Option<&'a str> {
    let (lead, _) = text.split_once(words)?;
    Some(lead.rsplit(", ").next().unwrap_or(lead))
}

/// `4,812 alerts` as 4812.
fn number(text: &str) -> u64 {
    let digits = text.chars().take_while(|c| c.is_ascii_digit() || *c == ',');
    let digits: String = digits.filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|_| panic!("wanted a number at the beginning of `{text}`"))
}

#[test]
fn the_posts_that_were_agreed_are_read_back() {
    for (name, told, lost) in [
        ("single", 1, 0),
        ("bare", 1, 0),
        ("again", 240, 0),
        ("closed", 0, 0),
        ("flood", 1_204, 0),
        ("few", 1 + 240 + 1_204, 0),
        ("batch", 22 * 1_204, 0),
        ("repeated", 1, 0),
        ("minimal", 1, 0),
        ("gap", 0, 0),
        ("gap-lossy", 1, 9),
        ("notice", 0, 0),
        ("test", 0, 0),
    ] {
        let body = std::fs::read(format!("tests/golden/slack/{name}.json")).unwrap();
        let wanted = Post { told, lost, given_up: 0 };
        assert_eq!(post(&examine(&body)), wanted, "{name}");
    }
}

#[test]
fn a_post_that_comes_again_counts_once_and_is_seen() {
    let body = std::fs::read_to_string("tests/golden/slack/flood.json").unwrap();
    let first = examine(body.as_bytes());
    let mut json = first.json.clone();
    json["text"] = Value::String(format!("{}{REPEATED}", first.text()));
    let again = examine(json.to_string().as_bytes());
    let sum = channel([&first, &again, &first]);
    assert_eq!((sum.told, sum.marked_again, sum.unmarked_again), (1_204, 1, 1));
}
