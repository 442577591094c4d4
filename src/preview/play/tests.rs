//! A play against what must hold of every play.

use std::net::{IpAddr, Ipv4Addr};

use proptest::prelude::*;

use super::*;
use crate::config::{Config, Mute};
use crate::event::EventId;
use crate::matcher::Matcher;
use crate::message::samples;

const PACE: Duration = Duration::from_millis(1_200);

fn policy(triage: bool) -> Policy {
    let kind = crate::destinations::kind("slack").unwrap();
    let mut config = Config::for_files(&[], kind, "/nonexistent".into()).unwrap();
    config.destinations[0].triage = triage;
    config.destinations[0].min_severity = Severity::Low;
    config.mutes.push(Mute {
        place: String::new(),
        matcher: Matcher::from_pairs([("rule", "3")]).unwrap(),
        until: None,
        reason: String::new(),
    });
    Policy::new(&config, &config.destinations[0])
}

fn event(at: Timestamp, rule: u32, source: u8, severity: Severity) -> Event<'static> {
    let mut event = samples::event();
    (event.at, event.read_at, event.severity) = (at, at, severity);
    event.alert.rule.id = Some(rule.to_string().into());
    event.alert.source.ip = Some(IpAddr::V4(Ipv4Addr::new(203, 0, 113, source)));
    event
}

fn play(events: &[Event<'static>], triage: bool) -> (Played, Vec<Post>) {
    let mut posts = Vec::new();
    let mut take = |post: Post| posts.push(post);
    let mut player = Player::new("sensor-1", policy(triage), PACE, &mut take);
    for (event, number) in events.iter().zip(1..) {
        player.event(Event { id: EventId(number), ..event.clone() });
    }
    let played = player.finish();
    (played, posts)
}

#[track_caller]
fn check(events: &[Event<'static>], triage: bool) {
    let (played, posts) = play(events, triage);
    let is_muted = |event: &&Event<'_>| event.alert.rule.id.as_deref() == Some("3");
    let wanted = || events.iter().filter(|event| event.severity >= Severity::Low);
    assert_eq!(played.alerts, events.len() as u64);
    assert_eq!(played.not_matched, (events.len() - wanted().count()) as u64);
    // Of what is critical and muted one alert a day is told.
    let muted = || wanted().filter(is_muted);
    let critical = muted().filter(|event| event.severity == Severity::Critical).count() as u64;
    let all = muted().count() as u64;
    assert!((all - critical..=all).contains(&played.muted), "{} of {all}", played.muted);
    assert_eq!(played.unaccounted(), 0, "{played:?}");
    assert_eq!(posts.iter().map(|post| post.alerts).sum::<u64>(), played.told);
    assert_eq!(posts.len() as u64, played.posts);
    let pace = SignedDuration::try_from(PACE).unwrap();
    for pair in posts.windows(2) {
        assert!(pair[1].at.duration_since(pair[0].at) >= pace, "{} {}", pair[0].at, pair[1].at);
    }
    if let (Some(post), Some(first)) = (posts.first(), events.first()) {
        assert!(post.at >= first.at);
    }
}

#[test]
fn nothing_comes_of_nothing() {
    let (played, posts) = play(&[], true);
    assert_eq!((played, posts.len()), (Played::default(), 0));
}

#[test]
fn a_group_is_counted_once_however_often_it_is_told() {
    let minute = |n: i64| samples::now() + SignedDuration::from_mins(n);
    let events: Vec<_> = (0..600).map(|n| event(minute(n), 1, 7, Severity::High)).collect();
    let (played, posts) = play(&events, true);
    assert!(posts.len() > 3);
    assert_eq!((played.groups, played.told), (1, 600));
}

#[test]
fn without_triage_each_alert_has_a_card_and_reading_waits() {
    let events: Vec<_> =
        (0..500).map(|n| event(samples::now(), n + 10, 7, Severity::High)).collect();
    check(&events, false);
    let (played, posts) = play(&events, false);
    let cards: usize = posts.iter().map(|post| post.message.cards.len()).sum();
    assert_eq!((cards, played.groups), (500, 500));
}

/// More open groups than samples are kept for, of records as long as can be.
#[test]
fn samples_are_bounded() {
    let mut kept = Samples::default();
    let desk = Desk::new(policy(true), BTreeMap::new());
    let raw = vec![b'x'; 1 << 20];
    for sequence in 0..200 {
        let event = Event { raw: raw.clone().into(), ..samples::event() };
        kept.insert(sequence, event, &desk);
        assert!(kept.bytes <= SAMPLE_BYTES_MAX + (2 << 20));
    }
    let wanted: BTreeSet<u64> = (0..1_000).collect();
    for sequence in 0..40 {
        let event = Event { raw: raw.clone().into(), ..samples::event() };
        kept.insert(1_000 + sequence, event, &desk);
    }
    kept.forget(&(1_000..1_040).chain(wanted).collect());
    assert!(kept.bytes <= SAMPLE_BYTES_MAX / 2);
    assert!(kept.get(1_039).is_some(), "the newest stay");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn every_play_is_accounted_for(
        steps in prop::collection::vec((-100_i64..4_000, 0_u32..12, 0_u8..40, 0_usize..5), 0..200),
        is_fast: bool,
        triage: bool,
    ) {
        let mut at = samples::now();
        let events: Vec<_> = steps.iter().map(|(secs, rule, source, severity)| {
            at += SignedDuration::from_secs(if is_fast { secs / 1_000 } else { *secs });
            event(at, *rule, *source, Severity::ALL[*severity])
        }).collect();
        check(&events, triage);
    }
}
