//! Tables of matchers against one event, and what a matcher says of itself.

use ipsbell_parsers::alert::{Alert, Endpoint, Rule};
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::event::EventId;

fn event() -> Event<'static> {
    Event {
        sequence: None,
        id: EventId(0),
        at: Timestamp::UNIX_EPOCH,
        read_at: Timestamp::UNIX_EPOCH,
        severity: Severity::High,
        direction: Some(Direction::Inbound),
        agent_host: "sensor-1".into(),
        format: "suricata-eve".into(),
        path: "/var/log/a".into(),
        offset: 0,
        alert: Alert {
            host: Some("Web-7".into()),
            verdict: Verdict::Blocked,
            severity: Severity::Medium,
            rule: Rule {
                id: Some("2010935".into()),
                generator: Some(1),
                name: Some("ET SCAN Suspicious inbound to 1433".into()),
                category: Some("Potentially Bad Traffic".into()),
                ..Rule::default()
            },
            source: Endpoint {
                ip: Some("198.51.100.7".parse().unwrap()),
                port: Some(50_123),
                ..Endpoint::default()
            },
            destination: Endpoint {
                ip: Some("2001:db8::5".parse().unwrap()),
                port: Some(1_433),
                ..Endpoint::default()
            },
            transport: Some("tcp".into()),
            protocol: Some("tds".into()),
            tags: vec!["dmz".into(), "Database".into()],
            ..Alert::default()
        },
        raw: b"".as_slice().into(),
    }
}

/// A matcher as `key=value key=value`.
fn matcher(text: &str) -> Result<Matcher, Unfit> {
    Matcher::from_pairs(text.split("; ").filter_map(|pair| pair.split_once('=')))
}

#[track_caller]
fn check(cases: &[(&str, bool)]) {
    for (text, wanted) in cases {
        assert_eq!(matcher(text).unwrap().matches(&event()), *wanted, "{text}");
    }
}

#[test]
fn rules() {
    check(&[
        ("rule=2010935", true),
        ("rule=2010936", false),
        ("rule=02010935", true),
        ("rule=2010000-2019999", true),
        ("rule=2010935-2010935", true),
        ("rule=2010936-2019999", false),
        ("rule=1:2010935", true),
        ("rule=3:2010935", false),
        ("rule=1:2010000-2019999", true),
        ("rule=1:*", true),
        ("rule=119:*", false),
        ("rule=et scan *", true),
        ("rule=et scan", false),
        ("rule=*1433", true),
        ("rule=2010*", true),
        ("rule=*", true),
        ("rule=99999999999999999999999", false),
    ]);
    let mut named = event();
    named.alert.rule.id = Some("Scan::Port_Scan".into());
    named.alert.rule.generator = None;
    for (text, wanted) in
        [("scan::port_scan", true), ("Scan::*", true), ("1:*", false), ("0-99999999", false)]
    {
        let matcher = Matcher::from_pairs([("rule", text)]).unwrap();
        assert_eq!(matcher.matches(&named), wanted, "{text}");
    }
}

#[test]
fn every_other_key() {
    check(&[
        ("category=potentially*", true),
        ("category=trojan", false),
        // The severity that it has now, not the one that the log gave it.
        ("severity=high", true),
        ("severity=medium", false),
        ("severity=HIGH", true),
        ("verdict=blocked", true),
        ("verdict=detected", false),
        ("source=198.51.100.7", true),
        ("source=198.51.100.0/24", true),
        ("source=198.51.100.99/24", true),
        ("source=::ffff:198.51.100.0/120", true),
        ("source=0.0.0.0/0", true),
        ("source=::/0", false),
        ("source=2001:db8::5", false),
        ("destination=2001:db8::/32", true),
        ("destination=198.51.100.7", false),
        ("port=1433", true),
        ("port=50123", true),
        ("port=1000-2000", true),
        ("port=22", false),
        ("protocol=TCP", true),
        ("protocol=tds", true),
        ("protocol=udp", false),
        ("direction=inbound", true),
        ("direction=outbound", false),
        ("host=sensor-1", true),
        ("host=web-*", true),
        ("host=db", false),
        ("format=suricata-*", true),
        ("format=snort-fast", false),
        ("tag=database", true),
        ("tag=lab", false),
    ]);
}

#[test]
fn all_keys_and_any_value() {
    check(&[
        ("", true),
        ("rule=2010935; source=198.51.100.0/24", true),
        ("rule=2010935; source=192.0.2.0/24", false),
        ("rule=1; rule=2010935; source=192.0.2.1; source=198.51.100.7", true),
        ("rule=1; rule=2; source=198.51.100.7", false),
        ("severity=low; severity=high; verdict=reset; verdict=blocked", true),
    ]);
}

#[test]
fn what_an_event_does_not_say_fits_nothing() {
    let silent =
        Event { alert: Alert::default(), direction: None, severity: Severity::Info, ..event() };
    for key in [Key::Rule, Key::Category, Key::Protocol, Key::Tag] {
        let matcher = Matcher::from_pairs([(key.word(), "*")]).unwrap();
        assert!(matcher.matches(&event()) && !matcher.matches(&silent), "{key:?}");
    }
    for text in ["source=0.0.0.0/0; source=::/0", "port=0-65535", "direction=external"] {
        assert!(!matcher(text).unwrap().matches(&silent), "{text}");
    }
    assert!(matcher("verdict=unknown").unwrap().matches(&silent));
}

#[test]
fn what_does_not_fit_a_key() {
    for (text, wanted, hint) in [
        ("colour=red", "a key of a matcher", "known: `rule`, "),
        ("rul=1", "a key of a matcher", "did you mean `rule`?"),
        ("severity=hihg", "a severity", "did you mean `high`?"),
        ("verdict=stopped", "a verdict", "known: `blocked`, "),
        ("direction=in", "a direction", "known: `inbound`, "),
        ("source=10.0.0.0/33", "an address or a network", "such as `192.0.2.7`"),
        ("destination=example.com", "an address or a network", "such as `192.0.2.7`"),
        ("port=65536", "a port", "such as `22`"),
        ("port=9-1", "a port", "such as `22`"),
        ("rule=9-1", "a range of rule ids", "write the smaller id first"),
        ("rule=1:9-1", "a range of rule ids", "write the smaller id first"),
        ("tag=", "a text of 1 to 1024 bytes", ""),
    ] {
        let unfit = matcher(text).unwrap_err();
        assert!(unfit.wanted.starts_with(wanted), "{text}: {unfit:?}");
        assert!(unfit.hint.unwrap_or_default().starts_with(hint), "{text}");
    }
}

#[test]
fn values_have_a_limit() {
    let mut matcher = Matcher::default();
    for _ in 0..VALUES_MAX {
        matcher.add(Key::Port, "22").unwrap();
    }
    assert_eq!(matcher.add(Key::Port, "22").unwrap_err().wanted, "at most 1000 values");
    assert_eq!(matcher.add(Key::Tag, "dmz"), Ok(()));
}

#[test]
fn shown_as_it_is_typed() {
    for (text, wanted) in [
        ("", ""),
        ("source=198.51.100.9/24; rule=1:7", r#"rule = "1:7", source = "198.51.100.0/24""#),
        ("source=198.51.100.9/32", r#"source = "198.51.100.9""#),
        ("port=22; port=80-90", r#"port = ["22", "80-90"]"#),
        ("rule=a\"b\\c\u{7}${X}", r#"rule = "a\"b\\c\u0007$${X}""#),
        ("rule=119:*; severity=High", r#"rule = "119:*", severity = "high""#),
    ] {
        assert_eq!(matcher(text).unwrap().to_string(), wanted);
    }
    assert!(Matcher::default().is_empty());
    assert!(!matcher("tag=x").unwrap().is_empty());
}

#[test]
fn every_key_has_examples_that_it_takes() {
    for key in Key::ALL {
        assert_eq!(Key::named(key.word()), Some(key));
        assert!(!key.examples().is_empty() && !key.about().is_empty());
        for example in key.examples() {
            assert_eq!(Matcher::default().add(key, example), Ok(()), "{key:?} {example}");
        }
    }
}

fn pair() -> impl Strategy<Value = (Key, String)> {
    let address = prop_oneof!["198\\.51\\.100\\.[1-9][0-9]?(/[12][0-9])?", "2001:db8::[1-9](/64)?"];
    prop_oneof![
        "[0-9]{1,7}|[1-9]:[0-9]{1,7}|[1-9]:\\*|[a-c*]{1,5}".prop_map(|text| (Key::Rule, text)),
        "[a-z*\"\\\\$\\{}]{1,6}".prop_map(|text| (Key::Category, text)),
        prop::sample::select(&Severity::ALL).prop_map(|s| (Key::Severity, s.word().to_owned())),
        prop::sample::select(&Verdict::ALL).prop_map(|v| (Key::Verdict, v.word().to_owned())),
        address.prop_map(|text| (Key::Source, text)),
        (0..=u16::MAX).prop_map(|port| (Key::Port, port.to_string())),
        "\\PC{1,8}".prop_map(|text| (Key::Tag, text)),
    ]
}

/// The pairs of a matcher that is pasted into a configuration.
fn typed(matcher: &Matcher) -> Vec<(Key, String)> {
    let text = format!("match = {{ {matcher} }}");
    let table = toml::de::DeTable::parse(&text).unwrap_or_else(|e| panic!("{text}\n{e}"));
    let mut pairs = Vec::new();
    for (key, value) in table.get_ref()["match"].get_ref().as_table().unwrap() {
        let key = Key::named(key.get_ref()).unwrap();
        let mut add = |text: &str| pairs.push((key, text.replace("$${", "${")));
        match value.get_ref().as_array() {
            Some(list) => list.iter().for_each(|value| add(value.get_ref().as_str().unwrap())),
            None => add(value.get_ref().as_str().unwrap()),
        }
    }
    pairs
}

proptest! {
    /// `pairs` and `Display` lose nothing.
    #[test]
    fn written_and_read_again(pairs in prop::collection::vec(pair(), 0..6)) {
        let of = |pairs: &[(Key, String)]| {
            Matcher::from_pairs(pairs.iter().map(|(key, text)| (key.word(), text.as_str())))
        };
        let matcher = of(&pairs).unwrap();
        let again: Vec<_> = matcher.pairs().collect();
        prop_assert_eq!(&of(&again).unwrap(), &matcher);
        prop_assert_eq!(&of(&typed(&matcher)).unwrap(), &matcher);
    }

    /// One more key never makes a matcher hold where it did not.
    #[test]
    fn a_key_more_holds_for_less(pairs in prop::collection::vec(pair(), 1..6)) {
        let mut matcher = Matcher::default();
        let mut keys = Vec::new();
        for (key, text) in pairs {
            let held = matcher.matches(&event());
            matcher.add(key, &text).unwrap();
            if keys.contains(&key) {
                prop_assert!(!held || matcher.matches(&event()));
            } else {
                prop_assert!(held || !matcher.matches(&event()));
            }
            keys.push(key);
        }
    }
}
