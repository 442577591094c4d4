//! What is muted, and what is told all the same.

use super::*;
use crate::triage::Mute;

fn matcher(key: &str, value: &str) -> crate::matcher::Matcher {
    crate::matcher::Matcher::from_pairs([(key, value)]).unwrap()
}

fn configured(rule: &str, until: Option<Timestamp>) -> crate::config::Mute {
    let (reason, place) = ("test".to_owned(), "config.toml:1:1".to_owned());
    crate::config::Mute { matcher: matcher("rule", rule), until, reason, place }
}

fn made(id: &str, rule: &str) -> Mute {
    Mute { id: id.to_owned(), matcher: matcher("rule", rule), until: None }
}

#[test]
fn mutes_and_filters_count_what_they_hide() {
    let policy = policy(|config| {
        config.destinations[0].min_severity = Severity::Low;
        config.destinations[0].unless = vec![matcher("rule", "8")];
        config.mutes = vec![configured("9", Some(at(10)))];
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

/// Events of these rules and severities, one a second; how many each mute hid.
#[track_caller]
fn check(desk: &mut Desk, events: &[(u64, Severity)], hidden: &[(&str, u64)]) {
    for (sequence, (rule, severity)) in (1..).zip(events) {
        fold(desk, &event(sequence, *rule, *severity, i64::try_from(sequence).unwrap()));
    }
    let changes = desk.changes();
    let found: Vec<_> = changes.hidden.iter().map(|(id, events)| (id.as_str(), *events)).collect();
    assert_eq!(found, hidden);
    assert_eq!(changes.untold.muted, hidden.iter().map(|(_, events)| events).sum::<u64>());
    desk.committed();
    assert!(desk.changes().hidden.is_empty() && desk.changes().reminded.is_empty());
}

#[test]
fn each_mute_counts_what_it_hid_and_the_first_that_fits_counts() {
    let configured = configured("7", None);
    let id = Mute::configured(&configured).id;
    let mut desk = Desk::new(policy(|config| config.mutes = vec![configured]), BTreeMap::new());
    desk.mute_by(vec![made("M1", "8"), made("M2", "7-9")]);
    let high = |rule| (rule, Severity::High);
    check(&mut desk, &[7, 8, 8, 9, 10].map(high), &[(&id, 1), ("M1", 2), ("M2", 1)]);
    assert_eq!(desk.held(), 1);
    // One that is lifted hides nothing more.
    desk.mute_by(vec![made("M1", "8")]);
    check(&mut desk, &[8, 9].map(high), &[("M1", 1)]);
    assert_eq!(desk.held(), 2);
}

#[test]
fn a_muted_critical_alert_is_told_once_a_day_and_says_that_it_is_muted() {
    for triage in [true, false] {
        let policy = policy(|config| config.destinations[0].triage = triage);
        let mut desk = Desk::new(policy.clone(), BTreeMap::new());
        desk.mute_by(vec![made("M1", "7")]);
        let critical = |secs| event(secs, 7, Severity::Critical, i64::try_from(secs).unwrap());
        let mut told_at = Vec::new();
        for secs in [1, 2, 3_600, 86_400, 86_401, 86_402, 200_000] {
            let event = critical(secs);
            if desk.fold(&event, event.read_at, &mut || "ID".to_owned()) == Fate::Tell {
                told_at.push(secs);
            }
        }
        assert_eq!(told_at, [1, 86_401, 200_000], "triage = {triage}");
        assert!(desk.groups.values().all(|group| group.muted_by.as_deref() == Some("M1")));
        assert_eq!(desk.changes().untold.muted, 4);

        // What the store remembers holds in the next process.
        let reminded = desk.changes().reminded.clone();
        let mut again = Desk::new(policy, BTreeMap::new());
        again.mute_by(vec![made("M1", "7")]);
        again.recall(reminded);
        let event = critical(200_001);
        let fate = again.fold(&event, event.read_at, &mut || "ID".to_owned());
        assert_eq!(fate, Fate::Muted, "triage = {triage}");
    }
}
