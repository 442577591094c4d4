//! How the agent speaks of itself: what is wrong, since when, what it means, what to type; within the limits, whatever
//! a file is called.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::message::samples::{HOST, now};
use crate::message::{MESSAGE_BLOCKS_MAX, MINIMAL_CHARS_MAX, Span, message_chars, sanitize};
use crate::trouble::Kind;

fn entry(subject: &str, text: &str) -> Entry {
    let since = now() - SignedDuration::from_mins(12);
    Entry { subject: subject.into(), text: text.into(), since, until: None, count: 1 }
}

fn unreadable(path: &str) -> Entry {
    entry(path, &format!("cannot read {path:?}: Permission denied; hint: give it access"))
}

fn of(sections: Vec<(Kind, State, Vec<Entry>)>) -> Notice {
    let section = |(kind, state, entries)| Section { kind: Some(kind), state, entries, more: 0 };
    Notice { sections: sections.into_iter().map(section).collect(), others_open: 0 }
}

fn lines(message: &Message) -> Vec<String> {
    let cards = message.cards.iter().flat_map(|card| card.lines(false));
    std::iter::once(message.headline.clone())
        .chain(cards)
        .chain([message.footer.clone()])
        .map(|line| line.plain())
        .collect()
}

#[track_caller]
fn check(told: &Notice, wanted: &[&str]) {
    let found = lines(&notice(HOST, now(), told));
    assert_eq!(found[..found.len() - 1], *wanted);
    assert!(found[found.len() - 1].starts_with("ipsbell status"), "{found:?}");
}

#[test]
fn it_says_what_since_when_and_what_it_means() {
    let log = || unreadable("/var/log/eve.json");
    check(
        &of(vec![(Kind::SourceUnreadable, State::Began, vec![log()])]),
        &[
            "ipsbell on VA1SCDVMDC101: a log cannot be read",
            "a log cannot be read. Alerts there are not told until that is mended; none is skipped.",
            "cannot read /var/log/eve.json: Permission denied; hint: give it access; since \
             2026-11-23 11:25:30 UTC (12 min)",
        ],
    );
    check(
        &of(vec![(Kind::SourceUnreadable, State::Still, vec![log(), log()])]),
        &[
            "ipsbell on VA1SCDVMDC101: still: 2 logs cannot be read",
            "still: 2 logs cannot be read. Alerts there are not told until that is mended; none is \
             skipped.",
            "cannot read /var/log/eve.json: Permission denied; hint: give it access; since \
             2026-11-23 11:25:30 UTC (12 min)",
            "cannot read /var/log/eve.json: Permission denied; hint: give it access; since \
             2026-11-23 11:25:30 UTC (12 min)",
        ],
    );
    check(
        &of(vec![(
            Kind::SourceUnreadable,
            State::Over,
            vec![Entry { until: Some(now() - SignedDuration::from_mins(2)), ..log() }],
        )]),
        &[
            "ipsbell on VA1SCDVMDC101: all clear, a log can be read again after 10 min",
            "a log can be read again after 10 min",
            "/var/log/eve.json, from 2026-11-23 11:25:30 UTC to 2026-11-23 11:35:30 UTC (10 min)",
        ],
    );
    let lost = |count| Entry {
        until: Some(now()),
        count,
        ..entry("/var/log/eve.json", "\"/var/log/eve.json\" was truncated")
    };
    check(
        &of(vec![(Kind::BytesLost, State::Happened, vec![lost(1), lost(3)])]),
        &[
            "ipsbell on VA1SCDVMDC101: 2 logs lost bytes before they could be read",
            "2 logs lost bytes before they could be read. Alerts among them were not told and will \
             not be.",
            "/var/log/eve.json was truncated; 2026-11-23 11:25:30 UTC",
            "/var/log/eve.json was truncated; 3 times, from 2026-11-23 11:25:30 UTC to 2026-11-23 \
             11:37:30 UTC",
        ],
    );
}

#[test]
fn all_is_clear_only_if_nothing_lasts() {
    let over = || Entry { until: Some(now()), ..unreadable("/a") };
    for (others_open, wanted) in [
        (0, "all clear, a log can be read again after 12 min"),
        (1, "a log can be read again after 12 min; 1 other trouble lasts"),
        (1_200, "a log can be read again after 12 min; 1,200 other troubles last"),
    ] {
        let told = of(vec![(Kind::SourceUnreadable, State::Over, vec![over()])]);
        let message = notice(HOST, now(), &Notice { others_open, ..told });
        assert_eq!(message.headline.plain(), format!("ipsbell on {HOST}: {wanted}"));
        assert_eq!(message.tone, Tone::Recovered);
    }
}

#[test]
fn a_hundred_are_twenty_lines_and_eighty_more() {
    let many = (0..100).map(|n| unreadable(&format!("/var/log/{n}.json"))).collect();
    let told = of(vec![
        (Kind::SourceUnreadable, State::Began, many),
        (Kind::Silent, State::Over, vec![Entry { until: Some(now()), ..unreadable("/a") }]),
    ]);
    let message = notice(HOST, now(), &told);
    assert_eq!(message.cards[0].facts.len(), NOTICE_LINES_MAX + 1);
    let text = lines(&message);
    assert_eq!(text[NOTICE_LINES_MAX + 2], "and 80 more");
    assert!(
        text[0]
            .ends_with("100 logs cannot be read; a silent source is written to again after 12 min")
    );
    assert_eq!((message.tone, message.cards[1].tone), (Tone::Notice, Tone::Recovered));
    assert_eq!(message.mention, None);
}

#[test]
fn many_kinds_are_cut_and_counted() {
    let sections = Kind::ALL.map(|kind| (kind, State::Still, vec![unreadable("/a")]));
    let message = notice(HOST, now(), &of(sections.to_vec()));
    assert_eq!(message.cards.len(), SECTIONS_MAX + 1);
    let text = lines(&message);
    assert!(text[text.len() - 2].starts_with("and 13 more"), "{text:?}");
    assert!(text[0].ends_with("; and 18 more"), "{}", text[0]);
}

#[test]
fn what_a_newer_program_wrote_and_what_is_only_counted_is_told_as_a_number() {
    let section = Section { kind: None, state: State::Happened, entries: Vec::new(), more: 4 };
    let text = lines(&notice(HOST, now(), &Notice { sections: vec![section], others_open: 0 }));
    assert_eq!(text[1], "4 further incidents");
}

#[test]
fn a_hostile_name_is_shown_apart_and_does_nothing() {
    let path = "/var/log/<!channel> all clear\n\u{1b}[2J\u{202e}.json";
    let told = of(vec![(Kind::SourceUnreadable, State::Began, vec![unreadable(path)])]);
    let message = notice(HOST, now(), &told);
    let line = &message.cards[0].lines(false)[1];
    let quotes = line.0.iter().filter(|span| matches!(span, Span::Quote(_)));
    let quotes: Vec<String> = quotes.map(Span::plain).collect();
    assert_eq!(quotes, [r"/var/log/<!channel> all clear\n\x1b[2J\u{202e}.json"]);
    assert!(!message.headline.plain().contains("channel") && !message.minimal.contains("channel"));
    // A sentence that quotes it in another way is not ours as a whole.
    let other = entry(path, "gone: <!channel> all clear");
    let told = of(vec![(Kind::BytesLost, State::Happened, vec![other])]);
    let line = &notice(HOST, now(), &told).cards[0].lines(false)[1];
    assert!(matches!(&line.0[0], Span::Quote(text) if text == "gone: <!channel> all clear"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_notice_keeps_the_limits(
        sections in prop::collection::vec(
            (
                prop::sample::select(Kind::ALL.to_vec()),
                prop::sample::select(vec![State::Began, State::Happened, State::Still, State::Over]),
                prop::collection::vec((".{0,200}", ".{0,400}"), 0..25),
            ),
            1..12,
        ),
    ) {
        let sections = sections.into_iter().map(|(kind, state, entries)| {
            let quoting = |(subject, text): (String, String)| {
                let text = format!("{text}{subject:?}{text}");
                Entry { until: (state == State::Over).then(now), ..entry(&subject, &text) }
            };
            (kind, state, entries.into_iter().map(quoting).collect())
        });
        let message = notice(HOST, now(), &of(sections.collect()));
        prop_assert!(message_chars(&message) <= MESSAGE_CHARS_MAX, "{}", message_chars(&message));
        prop_assert!(message.cards.len() < MESSAGE_BLOCKS_MAX);
        prop_assert!(message.minimal.len() <= MINIMAL_CHARS_MAX && message.minimal.is_ascii());
        for line in lines(&message) {
            prop_assert!(!line.chars().any(sanitize::is_invisible), "{line:?}");
        }
    }
}
