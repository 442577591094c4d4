//! Events come back as they went in.

use std::borrow::Cow;

use ipsbell_parsers::alert::{Endpoint, Rule, Severity, Stamp, Value};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;

/// What is stored is what is read, by a destination, by its number, and by a search.
fn check(record: &[u8], change: impl Fn(&mut Event<'_>)) {
    for keep_raw in [true, false] {
        let place = Place::new();
        let mut ledger = place.store.ledger("soc", HOST).unwrap();
        ledger.restore("console").unwrap();
        let mut writer = place.store.writer().unwrap();
        let mut event = event(record, u64::MAX, at(5));
        change(&mut event);
        let mut batch = writer.begin(at(5)).unwrap();
        let number = insert(&mut batch, &event, keep_raw);
        batch.commit().unwrap();
        event.sequence = Some(number);
        if !keep_raw {
            event.raw = Cow::Borrowed(b"");
        }
        // What counts and sorts alerts is given their heads.
        let (mut heads, reached) = read_all(&ledger, 0);
        let mut head = event.clone().into_owned();
        for event in heads.iter_mut().chain([&mut head]) {
            event.alert.details.clear();
        }
        assert_eq!((heads, reached), (vec![head], (1, 0)));
        assert_eq!(ledger.event(number).unwrap().as_ref(), Some(&event));
        assert_eq!(ledger.event(number + 1).unwrap(), None);
        let mut found = Vec::new();
        let query = Query { since: None, limit: 10 };
        let take = &mut |event: &Event<'_>| found.push(event.clone().into_owned());
        assert_eq!(place.view().search(&query, None, &|_| true, take, &mut || {}).unwrap(), 1);
        assert_eq!(found, [event.into_owned()]);
    }
}

#[test]
fn an_event_of_each_format_comes_back_as_it_went_in() {
    for format in ipsbell_parsers::FORMATS {
        check(format.example.as_bytes(), |_| {});
    }
    // Behind a syslog header, and with bytes that are no UTF-8.
    let header = b"<134>Mar 14 10:50:25 fw-edge-1 ips[7]: ".as_slice();
    check(&[header, record(7, 1, 7).as_bytes()].concat(), |_| {});
    // With a day that no calendar has, which is noted.
    check(record(7, 1, 7).replace("01/15", "02/30").as_bytes(), |event| {
        assert!(event.alert.detail(crate::event::STAMP_PROBLEM).is_some());
    });
    let mut wild = record(7, 1, 7).into_bytes();
    let name = wild.windows(5).position(|window| window == b"Probe").unwrap();
    wild[name] = 0xff;
    check(&wild, |_| {});
}

#[test]
fn what_was_decided_at_the_first_reading_is_kept() {
    let record = record(7, 3, 7);
    for severity in Severity::ALL {
        check(record.as_bytes(), |event| event.severity = severity);
    }
    for direction in Direction::ALL.into_iter().map(Some).chain([None]) {
        check(record.as_bytes(), |event| event.direction = direction);
    }
    check(record.as_bytes(), |event| event.at = Timestamp::from_microsecond(-1).unwrap());
}

type Owned = Cow<'static, str>;

fn text() -> impl Strategy<Value = Owned> {
    any::<String>().prop_map(Cow::Owned)
}

fn value() -> impl Strategy<Value = Value<'static>> {
    prop_oneof![
        text().prop_map(Value::Text),
        any::<i64>().prop_map(Value::Integer),
        any::<bool>().prop_map(Value::Bool),
        vec(text(), 0..4).prop_map(Value::List),
        text().prop_map(Value::Json),
    ]
}

fn stamp() -> impl Strategy<Value = Stamp> {
    let local = (option::of(any::<i16>()), any::<[i8; 5]>(), any::<u32>());
    prop_oneof![
        any::<i64>().prop_map(|unix_micros| Stamp::Instant { unix_micros }),
        local.prop_map(|(year, [month, day, hour, minute, second], micros)| Stamp::Local {
            year,
            month,
            day,
            hour,
            minute,
            second,
            micros
        }),
    ]
}

fn endpoint() -> impl Strategy<Value = Endpoint<'static>> {
    let place = (option::of(any::<std::net::IpAddr>()), option::of(text()));
    let rest = (any::<Option<u16>>(), any::<Option<[u8; 6]>>(), option::of(text()));
    (place, rest, option::of(text())).prop_map(|((ip, zone), (port, mac, domain), user)| Endpoint {
        ip,
        zone,
        port,
        mac,
        domain,
        user,
    })
}

fn rule() -> impl Strategy<Value = Rule<'static>> {
    let texts = prop::array::uniform5(option::of(text()));
    (texts, any::<Option<u32>>(), vec(text(), 0..3)).prop_map(
        |([id, name, category, revision, ruleset], generator, references)| Rule {
            id,
            generator,
            name,
            category,
            revision,
            ruleset,
            references,
        },
    )
}

fn alert() -> impl Strategy<Value = Alert<'static>> {
    let texts = (text(), prop::array::uniform7(option::of(text())));
    let numbers = (any::<Option<u32>>(), any::<Option<u64>>(), option::of(stamp()));
    let words = (
        prop::sample::select(&Verdict::ALL[..]),
        prop::sample::select(&Severity::ALL[..]),
        option::of(prop::sample::select(&Direction::ALL[..])),
    );
    let lists = prop::array::uniform3(vec(text(), 0..3));
    let traffic = (rule(), endpoint(), endpoint(), vec((text(), value()), 0..8));
    (texts, numbers, words, lists, traffic).prop_map(
        |(
            (product, [host, action, severity_raw, transport, protocol, direction_raw, interface]),
            (priority, count, stamp),
            (verdict, severity, direction),
            [vulnerabilities, techniques, tags],
            (rule, source, destination, details),
        )| Alert {
            product,
            stamp,
            host,
            action,
            verdict,
            severity,
            severity_raw,
            priority,
            rule,
            source,
            destination,
            transport,
            protocol,
            direction_raw,
            direction,
            interface,
            count,
            vulnerabilities,
            techniques,
            tags,
            details,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_form_of_an_alert_loses_nothing(alert in alert()) {
        let form = alert_form(&alert).unwrap();
        prop_assert_eq!(event_row::from_form(form.as_bytes()).unwrap(), alert);
    }
}

#[test]
fn a_form_that_is_none_is_said_and_does_not_panic() {
    for form in [&b""[..], b"{", b"\xff", b"{\"product\": 7}", b"[]"] {
        let error = event_row::from_form(form).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    }
}

#[test]
fn a_row_that_cannot_be_read_as_it_was_stops_nothing() {
    let place = Place::new();
    let mut ledger = place.store.ledger("soc", HOST).unwrap();
    ledger.restore("console").unwrap();
    let mut writer = place.store.writer().unwrap();
    store(&mut writer, 1, 6, 0);
    let database = Connection::open(place.path().join(DATABASE)).unwrap();
    for damage in [
        "UPDATE event SET format = 'of another version' WHERE sequence = 1",
        "UPDATE event SET form = 1, record = x'7b' WHERE sequence = 2",
        "UPDATE event SET record = x'ff00' WHERE sequence = 3",
        "UPDATE event SET format = CAST(x'ff' AS TEXT), id = x'01', at = 9223372036854775807, severity = 99, \
         direction = -1, form = 0 WHERE sequence = 4",
        "UPDATE event SET at = 9223372036854775807, read_at = -9223372036854775808 WHERE sequence = 5",
    ] {
        assert_eq!(database.execute(damage, []).unwrap(), 1);
    }
    let (events, reached) = read_all(&ledger, 0);
    let rules: Vec<bool> = events.iter().map(|event| event.alert.rule.id.is_some()).collect();
    assert_eq!((rules, reached), (vec![false, false, false, false, true, true], (6, 0)));
}
