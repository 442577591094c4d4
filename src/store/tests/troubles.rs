//! Conditions, incidents and heartbeats: what is kept, in which order, and for whom.

use super::*;
use crate::trouble::{Condition, Incident, Kind};

fn incident(subject: &str, text: &str) -> Incident {
    Incident { kind: Kind::BytesLost, subject: subject.into(), text: text.into() }
}

fn condition(kind: Kind, subject: &str, secs: i64) -> Condition {
    Condition { kind, subject: subject.into(), text: format!("{subject} is bad"), since: at(secs) }
}

#[test]
fn what_is_open_is_what_was_put_last() {
    let place = Place::new();
    let mut troubles = place.store.troubles().unwrap();
    assert_eq!(troubles.open().unwrap(), []);
    let both = [condition(Kind::Silent, "/a", 1), condition(Kind::DestinationDown, "soc", 2)];
    troubles.put(&both).unwrap();
    assert_eq!(place.view().conditions().unwrap(), both);
    troubles.put(&both[1..]).unwrap();
    assert_eq!(place.reopened().store.troubles().unwrap().open().unwrap(), both[1..]);
}

#[test]
fn conditions_of_a_newer_program_are_passed_over() {
    let place = Place::new();
    let mut troubles = place.store.troubles().unwrap();
    troubles.put(&[condition(Kind::Silent, "/a", 1)]).unwrap();
    Place::lines(place.path(), "INSERT INTO condition VALUES ('new', '/b', 1, '') RETURNING kind");
    assert_eq!(troubles.open().unwrap().len(), 1);
}

#[test]
fn incidents_are_given_by_kind_and_subject_the_newest_first() {
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    for (secs, subject) in [(1, "/a"), (2, "/b"), (3, "/a"), (4, "/c")] {
        let mut batch = writer.begin(at(secs)).unwrap();
        batch.incident(&incident(subject, &format!("at {secs}"))).unwrap();
        batch.commit().unwrap();
    }
    let ledger = place.store.ledger("soc", HOST).unwrap();
    let (found, more, last) = ledger.incidents(1).unwrap();
    let told: Vec<_> = found
        .iter()
        .map(|each| (each.subject.as_str(), each.text.as_str(), each.count, each.first_at))
        .collect();
    let wanted = [("/c", "at 4", 1, at(4)), ("/a", "at 3", 1, at(3)), ("/b", "at 2", 1, at(2))];
    assert_eq!((told.as_slice(), more, last), (wanted.as_slice(), 0, 4));
    let (all, _, _) = ledger.incidents(0).unwrap();
    let of_a = all.iter().find(|each| each.subject == "/a").unwrap();
    assert_eq!((of_a.count, of_a.first_at, of_a.last_at), (2, at(1), at(3)));
    assert_eq!(of_a.text, "at 3");
    assert_eq!(ledger.incidents(4).unwrap(), (Vec::new(), 0, 4));
    assert_eq!(ledger.next_incident(2).unwrap(), Some(at(3)));
    assert_eq!(ledger.next_incident(4).unwrap(), None);
    assert_eq!(writer.last_incident(Kind::BytesLost).unwrap(), Some(at(4)));
    assert_eq!(writer.last_incident(Kind::SizeReached).unwrap(), None);
}

#[test]
fn more_subjects_than_are_listed_are_counted() {
    let place = Place::new();
    let mut troubles = place.store.troubles().unwrap();
    for number in 0..50 {
        troubles.incident(at(number), &incident(&format!("/{number}"), "lost")).unwrap();
    }
    let (found, more) = place.view().incidents(at(0)).unwrap();
    assert_eq!((found.len(), more, found[0].subject.as_str()), (30, 20, "/49"));
}

#[test]
fn a_new_destination_is_told_only_what_happens_from_then_on() {
    let place = Place::new();
    let mut troubles = place.store.troubles().unwrap();
    troubles.incident(at(-10), &incident("/old", "lost")).unwrap();
    // In this process, be it before the destination is opened: a store that was set aside is told.
    troubles.incident(at(0), &incident("/now", "lost")).unwrap();
    let restored = place.store.ledger("soc", HOST).unwrap().restore("console").unwrap();
    assert_eq!(restored.health.notices.incidents_to(), Some(1));
    // The next process, and the one after it, go on from there.
    troubles.incident(at(1), &incident("/later", "lost")).unwrap();
    let place = place.reopened();
    let restored = place.store.ledger("soc", HOST).unwrap().restore("console").unwrap();
    assert_eq!(restored.health.notices.incidents_to(), Some(1));
}

#[test]
fn a_destination_of_an_older_version_is_told_what_happens_from_now_on() {
    let place = Place::new();
    let mut ledger = place.store.ledger("soc", HOST).unwrap();
    ledger.restore("console").unwrap();
    place.store.troubles().unwrap().incident(at(-1), &incident("/old", "lost")).unwrap();
    Place::lines(place.path(), "UPDATE destination SET health = '{}' RETURNING name");
    let restored = ledger.restore("console").unwrap();
    assert_eq!(restored.health.notices.incidents_to(), Some(1));
}

#[test]
fn incidents_are_let_go_by_age_and_by_number() {
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    let mut troubles = place.store.troubles().unwrap();
    for secs in [0, 100, 200] {
        troubles.incident(at(secs), &incident("/a", "lost")).unwrap();
    }
    let minute = retention(|keep| keep.notifications = Some(Duration::from_secs(60)));
    writer.sweep(at(170), &minute).unwrap();
    assert_eq!(place.number("SELECT count(*) FROM incident"), 1);
    // The number after the last one: as if so many had happened.
    let far = INCIDENTS_MAX + 3;
    Place::lines(
        place.path(),
        &format!("INSERT INTO incident VALUES ({far}, 1, 'bytes_lost', '/a', '') RETURNING kind"),
    );
    writer.sweep(at(170), &retention(|_| {})).unwrap();
    assert_eq!(place.number("SELECT id FROM incident"), far);
}

#[test]
fn a_heartbeat_keeps_its_last_ping_while_it_is_held() {
    let place = Place::new();
    let mut troubles = place.store.troubles().unwrap();
    let pulse = |pinged_at, held: Option<&str>| Pulse {
        name: "watch".into(),
        pinged_at,
        held: held.map(str::to_owned),
    };
    troubles.pulse(&pulse(Some(at(1)), None)).unwrap();
    assert_eq!(place.view().pulses().unwrap(), [pulse(Some(at(1)), None)]);
    troubles.pulse(&pulse(None, Some("sick"))).unwrap();
    assert_eq!(place.view().pulses().unwrap(), [pulse(Some(at(1)), Some("sick"))]);
}
