//! What is told when: a desk is given events and times, and shows its plans.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use ipsbell_parsers::alert::{Alert, Rule, Severity, Verdict};
use jiff::SignedDuration;
use proptest::prelude::*;

use super::due::JUMP_EVENTS_MIN;
use super::*;
use crate::config::{Config, GroupField};
use crate::event::EventId;
use crate::triage::{Reason, Rest, Rules, Scope};

const REPEAT_SECS: i64 = 60;

fn policy(change: impl FnOnce(&mut Config)) -> Policy {
    let kind = crate::destinations::kind("console").unwrap();
    let mut config = Config::for_files(&[], kind, "/nonexistent".into()).unwrap();
    config.destinations[0].repeat_every = Duration::from_secs(REPEAT_SECS as u64);
    change(&mut config);
    Policy::new(&config, &config.destinations[0])
}

fn desk() -> Desk {
    Desk::new(policy(|_| {}), BTreeMap::new())
}

fn at(secs: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(secs)
}

fn event(sequence: u64, rule: u64, severity: Severity, secs: i64) -> Event<'static> {
    let id = Some(Cow::Owned(rule.to_string()));
    Event {
        sequence: Some(sequence),
        id: EventId(u128::from(sequence)),
        at: at(secs),
        read_at: at(secs),
        severity,
        direction: None,
        agent_host: "host".into(),
        format: "suricata-eve",
        path: "log".into(),
        offset: 0,
        alert: Alert {
            severity,
            verdict: Verdict::Blocked,
            rule: Rule { id, name: Some("name".into()), ..Rule::default() },
            ..Alert::default()
        },
        raw: Cow::Borrowed(b""),
    }
}

fn fold(desk: &mut Desk, event: &Event<'_>) {
    desk.fold(event, event.read_at, &mut || "ID".to_owned());
}

/// Plans at this second and takes the plan as told: reason and events of each card.
fn told(desk: &mut Desk, secs: i64) -> Vec<(Reason, u64)> {
    let plan = desk.plan(at(secs), false);
    desk.tell(&plan, at(secs));
    plan.told().map(|told| (told.reason, told.events)).collect()
}

#[test]
fn novel_is_told_now_and_repeats_are_counted_and_told_at_growing_intervals() {
    let mut desk = desk();
    let hour = 3_600;
    fold(&mut desk, &event(1, 7, Severity::High, 0));
    assert_eq!(told(&mut desk, 0), [(Reason::New, 1)]);
    fold(&mut desk, &event(2, 7, Severity::High, 1));
    fold(&mut desk, &event(3, 7, Severity::High, 2));
    assert_eq!(told(&mut desk, 59), []);
    assert_eq!(desk.next_due(at(59)), Some(at(60)));
    assert_eq!(told(&mut desk, 60), [(Reason::Again, 2)]);
    for sequence in 4..6 {
        fold(&mut desk, &event(sequence, 7, Severity::High, 61));
    }
    assert_eq!(told(&mut desk, 60 + 119), [], "the second interval is twice as long");
    assert_eq!(told(&mut desk, 60 + 120), [(Reason::Again, 2)]);
    for sequence in 6..11 {
        fold(&mut desk, &event(sequence, 7, Severity::High, 200));
    }
    assert_eq!(told(&mut desk, 180 + 240), [(Reason::Again, 5)]);
    assert_eq!(told(&mut desk, 6 * hour), []);
    assert_eq!(told(&mut desk, 7 * hour), [(Reason::Closed, 0)], "quiet: a last line, and gone");
    assert_eq!(desk.next_due(at(8 * hour)), None);
}

#[test]
fn what_comes_alone_is_told_at_once_and_after_a_quiet_time_again() {
    let mut desk = desk();
    let mut tell = |sequence, secs, wanted: &[(Reason, u64)]| {
        fold(&mut desk, &event(sequence, 7, Severity::High, secs));
        assert_eq!(told(&mut desk, secs), wanted, "at {secs}");
    };
    tell(1, 0, &[(Reason::New, 1)]);
    tell(2, 5, &[(Reason::Again, 1)]);
    tell(3, 10, &[(Reason::Again, 1)]);
    tell(4, 15, &[]);
    // Told with what comes after it, when the group's interval is over, and it is quiet then.
    tell(5, 10 + 4 * REPEAT_SECS, &[(Reason::Again, 2)]);
    tell(6, 1_000, &[(Reason::Again, 1)]);
}

#[test]
fn a_single_alert_is_closed_without_a_further_word() {
    let mut desk = desk();
    fold(&mut desk, &event(1, 7, Severity::High, 0));
    assert_eq!(told(&mut desk, 0), [(Reason::New, 1)]);
    assert_eq!(told(&mut desk, 5 * 3_600), []);
    assert_eq!(told(&mut desk, 6 * 3_600), []);
    assert_eq!((desk.next_due(at(7 * 3_600)), desk.changes().closed.len()), (None, 1));
}

#[test]
fn a_jump_is_told_before_its_interval_is_over() {
    let policy = policy(|config| config.destinations[0].repeat_every = Duration::from_secs(600));
    let mut desk = Desk::new(policy, BTreeMap::new());
    fold(&mut desk, &event(1, 7, Severity::High, 0));
    assert_eq!(told(&mut desk, 0), [(Reason::New, 1)]);
    for number in 0..JUMP_EVENTS_MIN - 1 {
        fold(&mut desk, &event(2 + number, 7, Severity::High, 1));
    }
    assert_eq!(told(&mut desk, 61), []);
    fold(&mut desk, &event(999, 7, Severity::High, 61));
    assert_eq!(told(&mut desk, 61), [(Reason::Again, JUMP_EVENTS_MIN)]);
}

#[test]
fn what_became_critical_or_was_not_stopped_is_told_at_once() {
    let by_rule = |config: &mut Config| config.destinations[0].group_by = vec![GroupField::Rule];
    for worse in [
        event(4, 7, Severity::Critical, 3),
        Event {
            alert: Alert { verdict: Verdict::Detected, ..event(4, 7, Severity::High, 3).alert },
            ..event(4, 7, Severity::High, 3)
        },
    ] {
        let mut desk = Desk::new(policy(by_rule), BTreeMap::new());
        fold(&mut desk, &event(1, 7, Severity::High, 0));
        assert_eq!(told(&mut desk, 0), [(Reason::New, 1)]);
        for sequence in 2..4 {
            fold(&mut desk, &event(sequence, 7, Severity::High, 2));
        }
        assert_eq!(told(&mut desk, 2), []);
        fold(&mut desk, &worse);
        assert_eq!(told(&mut desk, 3), [(Reason::Again, 3)]);
    }
}

fn from(source: &str, event: Event<'static>) -> Event<'static> {
    let ip = Some(source.parse().unwrap());
    let source = ipsbell_parsers::alert::Endpoint { ip, ..Default::default() };
    Event { alert: Alert { source, ..event.alert }, ..event }
}

#[test]
fn one_scanner_is_one_card_and_those_he_shares_rules_with_are_not() {
    let mut desk = desk();
    for rule in 0..40 {
        let sequence = 2 * rule + 1;
        fold(&mut desk, &from("203.0.113.9", event(sequence, rule, Severity::Low, 0)));
        let other = if rule == 3 { "198.51.100.3" } else { "203.0.113.9" };
        fold(&mut desk, &from(other, event(sequence + 1, rule, Severity::Low, 0)));
    }
    assert_eq!(told(&mut desk, 0), [(Reason::New, 78), (Reason::New, 2)]);
    let scan = desk.group("source=203.0.113.9\n").unwrap();
    assert_eq!((scan.rules.len(), scan.rules.worst().len()), ((39, false), Rules::NAMED_MAX));
    // What else he trips is his; what others trip stands by itself.
    fold(&mut desk, &from("203.0.113.9", event(90, 77, Severity::Low, 1)));
    fold(&mut desk, &from("198.51.100.3", event(91, 78, Severity::Low, 1)));
    assert_eq!(told(&mut desk, 1), [(Reason::New, 1)]);
    assert_eq!(told(&mut desk, 61), [(Reason::Again, 1)]);
    assert_eq!(desk.changes().closed.len(), 39);
}

#[test]
fn a_machine_of_ours_that_talks_out_has_a_card_of_its_own() {
    let mut desk = desk();
    for (sequence, source, verdict) in
        [(1, "10.0.0.5", Verdict::Detected), (2, "10.0.0.6", Verdict::Detected), (3, "10.0.0.7", Verdict::Blocked)]
    {
        let mut event = from(source, event(sequence, 7, Severity::High, 0));
        event.alert.destination.ip = Some("203.0.113.9".parse().unwrap());
        event.alert.verdict = verdict;
        fold(&mut desk, &event);
        assert!(super::super::key_matches(&desk.policy.key(&event), &event));
    }
    assert_eq!(desk.groups.len(), 3);
}

#[test]
fn history_is_one_card_and_its_criticals_are_not_in_it() {
    let mut desk = desk();
    let now = 10 * 86_400;
    for sequence in 1..=50 {
        let severity = if sequence == 9 { Severity::Critical } else { Severity::Low };
        let old = event(sequence, sequence, severity, 3_600 * sequence as i64);
        fold(&mut desk, &Event { read_at: at(now), ..old });
    }
    assert_eq!(told(&mut desk, now), [(Reason::New, 1), (Reason::New, 49)]);
    assert_eq!(desk.group("history").unwrap().rules.len(), (49, false));
}

#[test]
fn when_the_budget_is_spent_what_is_new_waits_and_shares_a_post() {
    let mut desk = desk();
    for rule in 0..12 {
        fold(&mut desk, &event(rule + 1, rule, Severity::Medium, 0));
        assert_eq!(told(&mut desk, 0).len(), 1);
    }
    for rule in 12..15 {
        fold(&mut desk, &event(rule + 1, rule, Severity::Medium, 1));
        assert_eq!(told(&mut desk, 1), []);
    }
    assert_eq!(desk.next_due(at(2)), Some(at(600)));
    assert_eq!(told(&mut desk, 600).len(), 3);
    // What is critical waits for nothing, and takes the others along.
    fold(&mut desk, &event(16, 16, Severity::Medium, 601));
    assert_eq!(told(&mut desk, 601), []);
    fold(&mut desk, &event(17, 17, Severity::Critical, 602));
    assert_eq!(told(&mut desk, 602).len(), 2);
}

#[test]
fn the_worst_comes_first_and_what_fits_no_card_is_exact() {
    let mut desk = desk();
    for rule in 0..200 {
        let severity = Severity::ALL[(rule % 5) as usize];
        fold(&mut desk, &event(rule + 1, rule, severity, 0));
    }
    let plan = desk.plan(at(0), false);
    let severities: Vec<Severity> =
        plan.cards.iter().map(|told| desk.group(&told.key).unwrap().severity()).collect();
    assert_eq!(severities, [Severity::Critical; CARDS_MAX]);
    // A hundred wait for a card of their own, the others are told in numbers.
    assert_eq!((plan.rest.len(), plan.events()), (80, 100));
    assert_eq!(plan.rest(&desk), Rest { groups: 80, events: 80, worst: Severity::Low });
    let plan = desk.plan(at(0), true);
    assert_eq!((plan.cards.len(), plan.rest.len(), plan.events()), (CARDS_MAX, 180, 200));
}

#[test]
fn a_clock_that_was_set_back_silences_nothing() {
    let mut desk = desk();
    fold(&mut desk, &event(1, 7, Severity::High, 100_000));
    assert_eq!(told(&mut desk, 100_000), [(Reason::New, 1)]);
    // The clock goes back by a day, and the attack goes on.
    fold(&mut desk, &event(2, 7, Severity::High, 20_000));
    assert_eq!(told(&mut desk, 20_000), [(Reason::Again, 1)]);
}

#[test]
fn a_clock_that_jumps_ten_years_either_way_delays_nothing() {
    let now = 400_000_000;
    for jump in [315_360_000, -315_360_000] {
        let mut desk = desk();
        fold(&mut desk, &event(1, 7, Severity::High, now));
        assert_eq!(told(&mut desk, now), [(Reason::New, 1)]);
        // What waits when it jumps is due at once; what comes afterwards has its usual interval.
        fold(&mut desk, &event(2, 7, Severity::High, now + 1));
        let there = now + jump;
        assert!(desk.next_due(at(there)).is_some_and(|due| due <= at(there)), "{jump}");
        assert_eq!(told(&mut desk, there), [(Reason::Again, 1)], "{jump}");
        fold(&mut desk, &event(3, 7, Severity::High, there + 1));
        let due = desk.next_due(at(there + 1)).unwrap();
        assert!(due <= at(there + 2 * REPEAT_SECS), "{jump}");
        // A group that is new when the clock is wrong, and told when it is right again.
        fold(&mut desk, &event(4, 8, Severity::High, there + 1));
        assert_eq!(told(&mut desk, now + 2).len(), 2, "{jump}");
    }
}

#[test]
fn mutes_and_filters_count_what_they_hide() {
    let policy = policy(|config| {
        let matcher = |key, value| crate::matcher::Matcher::from_pairs([(key, value)]).unwrap();
        config.destinations[0].min_severity = Severity::Low;
        config.destinations[0].unless = vec![matcher("rule", "8")];
        config.mutes = vec![crate::config::Mute {
            matcher: matcher("rule", "9"),
            until: Some(at(10)),
            reason: "test".into(),
        }];
    });
    let mut desk = Desk::new(policy, BTreeMap::new());
    for (sequence, rule, severity, secs) in [
        (1, 7, Severity::Info, 0),
        (2, 8, Severity::High, 0),
        (3, 9, Severity::High, 9),
        (4, 9, Severity::High, 10),
        (5, 7, Severity::Low, 10),
    ] {
        fold(&mut desk, &event(sequence, rule, severity, secs));
    }
    assert_eq!(desk.changes().untold, Untold { not_matched: 2, muted: 1 });
    assert_eq!(desk.held(), 2);
}

#[test]
fn rules_beyond_the_limit_share_a_group_that_counts_exactly() {
    let mut desk = desk();
    let rules = OPEN_GROUPS_MAX as u64 + 500;
    for rule in 0..rules {
        fold(&mut desk, &event(rule + 1, rule, Severity::Low, 0));
    }
    assert_eq!(desk.groups.len(), OPEN_GROUPS_MAX + 1);
    let overflow = desk.group(OVERFLOW_KEY).unwrap();
    assert_eq!((overflow.total, overflow.scope), (500, Scope::Overflow));
    assert_eq!(desk.plan(at(0), true).events(), rules);
}

#[test]
fn without_triage_each_event_is_a_card_and_the_desk_fills_up() {
    let policy = policy(|config| config.destinations[0].triage = false);
    let mut desk = Desk::new(policy, BTreeMap::new());
    for sequence in 1..=CARDS_MAX as u64 {
        assert!(!desk.full());
        fold(&mut desk, &event(sequence, 7, Severity::Low, 0));
    }
    assert!(desk.full());
    let plan = desk.plan(at(0), false);
    assert_eq!((plan.cards.len(), plan.rest.len()), (CARDS_MAX, 0));
    desk.tell(&plan, at(0));
    assert_eq!((desk.full(), desk.held()), (false, 0));
}

#[test]
fn long_values_cost_no_memory_and_stay_apart() {
    let policy = policy(|_| {});
    let named = |name: String| {
        let mut event = event(1, 1, Severity::High, 0);
        event.alert.rule = Rule { name: Some(name.into()), ..Rule::default() };
        event
    };
    let long = "A".repeat(1 << 20);
    let keys: Vec<String> = ["B", "C"].map(|end| policy.key(&named(format!("{long}{end}")))).into();
    assert!(keys.iter().all(|key| key.len() < 400), "{}", keys[0].len());
    assert_ne!(keys[0], keys[1]);
    for (key, end) in keys.iter().zip(["B", "C"]) {
        assert!(super::super::key_matches(key, &named(format!("{long}{end}"))));
    }
    // A newline cannot make one rule's key another's.
    let forged = policy.key(&named("x\nverdict=blocked".to_owned()));
    assert_eq!(forged.lines().count(), 2, "{forged}");
}

#[test]
fn group_by_decides_what_belongs_together() {
    for (fields, groups) in [
        (vec![GroupField::Rule], 3),
        (vec![GroupField::Severity], 2),
        (vec![GroupField::Rule, GroupField::Severity], 4),
        (vec![GroupField::Verdict], 1),
    ] {
        let policy = policy(|config| config.destinations[0].group_by = fields.clone());
        let mut desk = Desk::new(policy, BTreeMap::new());
        for (rule, severity) in
            [(1, Severity::Low), (2, Severity::Low), (3, Severity::Low), (1, Severity::High)]
        {
            let event = event(rule, rule, severity, 0);
            fold(&mut desk, &event);
            let key = desk.policy.key(&event);
            assert!(super::super::key_matches(&key, &event), "{key}");
        }
        assert_eq!(desk.groups.len(), groups, "{fields:?}");
    }
}

proptest! {
    /// Whatever comes when: each event is told exactly once, and nothing is told that was not there.
    #[test]
    fn every_event_is_told_exactly_once(steps in prop::collection::vec((0_u64..40, 0_i64..200, any::<bool>()), 1..300)) {
        let mut desk = desk();
        let (mut now, mut sequence, mut sum) = (0, 0, 0);
        for (rule, wait, post) in steps {
            now += wait;
            sequence += 1;
            fold(&mut desk, &event(sequence, rule, Severity::ALL[(rule % 5) as usize], now));
            if post {
                let plan = desk.plan(at(now), false);
                sum += plan.events();
                desk.tell(&plan, at(now));
            }
            prop_assert_eq!(sum + desk.held(), sequence);
        }
        let plan = desk.plan(at(now), true);
        sum += plan.events();
        desk.tell(&plan, at(now));
        prop_assert_eq!((sum, desk.held()), (sequence, 0));
        prop_assert!(desk.plan(at(now), true).is_empty());
        prop_assert_eq!(desk.next_due(at(999)), None);
    }
}
