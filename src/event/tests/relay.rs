//! An event printed, read by the grammar `ipsbell`, and printed again by the ipsbell that relays it.

use std::net::IpAddr;

use ipsbell_parsers::alert::{Rule, Text, Verdict};
use ipsbell_parsers::{Choice, Read, Reader};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

use super::*;

// A relay named `agent` reads a line of its file `path`.
fn relay(line: &str, agent: &'static str, path: &'static str) -> Event<'static> {
    let Read::Alert { alert, format } = Reader::new(Choice::Auto).read(line.as_bytes()) else {
        panic!("not read: {line}");
    };
    assert_eq!(format.name, "ipsbell");
    let origin = Origin {
        machine: 9,
        generation: 9,
        agent_host: agent,
        path,
        zone: &TimeZone::UTC,
        home_networks: &[],
    };
    let read_at = "2026-03-14T12:00:00Z".parse().unwrap();
    Event::new(*alert, format.name, line.as_bytes(), line.as_bytes(), 99, read_at, &origin)
        .into_owned()
}

// The tree without what an ipsbell says of itself.
fn of_the_alert(mut tree: Json) -> Json {
    let object = tree.as_object_mut().unwrap();
    for own in ["agent", "log"] {
        object.remove(own);
    }
    let about = object.get_mut("event").and_then(Json::as_object_mut).unwrap();
    for own in ["created", "id", "dataset", "sequence"] {
        about.remove(own);
    }
    object.get_mut("ipsbell").and_then(Json::as_object_mut).unwrap().remove("origin");
    tree
}

#[test]
fn the_origin_is_kept_however_often_an_event_is_relayed() {
    let event = event(LINE, |_| {});
    let once = relay(&event.ecs(true), "relay1", "/spool/1");
    let twice = relay(&once.ecs(false), "relay2", "/spool/2");
    let thrice = ecs(&relay(&twice.ecs(false), "relay3", "/spool/3"));
    let origin = thrice.pointer("/ipsbell/origin").unwrap();
    let want = json!({
        "agent": {"name": "web1", "version": env!("CARGO_PKG_VERSION")},
        "created": "2026-03-14T11:00:00.000000Z", "format": "suricata-fast",
        "id": event.id.to_string(), "offset": 7, "original": LINE, "path": "/var/log/fast.log",
    });
    assert_eq!(*origin, want);
    assert_eq!(thrice.pointer("/ipsbell/relays"), Some(&json!(["relay1", "relay2"])));
    assert_eq!(thrice.pointer("/agent/name"), Some(&json!("relay3")));
    assert_eq!(thrice.pointer("/log/file/path"), Some(&json!("/spool/3")));
    assert_eq!(thrice.pointer("/host/name"), Some(&json!("web1")));
}

#[test]
fn details_beyond_the_limit_are_counted() {
    let event = event(LINE, |alert| {
        for number in 0..Alert::DETAILS_MAX + 40 {
            alert.note(format!("product.k{number}"), Value::Integer(1));
        }
    });
    let back = relay(&event.ecs(false), "relay1", "/spool/1").alert;
    let kept = back.details.iter().filter(|(key, _)| key.starts_with("product.")).count();
    let left_out = (Alert::DETAILS_MAX + 40 - kept) as i64;
    assert_eq!(back.detail(Alert::DETAILS_LEFT_OUT), Some(&Value::Integer(left_out)));
    assert!(back.detail("ipsbell.origin.path").is_some());
}

fn text() -> impl Strategy<Value = Text<'static>> {
    "(?s).{1,12}".prop_map(Cow::Owned)
}

fn texts() -> impl Strategy<Value = Vec<Text<'static>>> {
    vec(text(), 0..3)
}

fn rule() -> impl Strategy<Value = Rule<'static>> {
    let ids = (of(text()), of(any::<u32>()), of(text()));
    (ids, of(text()), of(text()), of(text()), texts()).prop_map(
        |((id, generator, name), category, revision, ruleset, references)| Rule {
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

fn side() -> impl Strategy<Value = Endpoint<'static>> {
    let address = of(any::<IpAddr>().prop_map(|ip| ip.to_canonical()));
    (address, of(text()), of(any::<u16>()), of(any::<[u8; 6]>()), of(text()), of(text())).prop_map(
        |(ip, zone, port, mac, domain, user)| Endpoint { ip, zone, port, mac, domain, user },
    )
}

fn detail() -> impl Strategy<Value = (&'static str, Value<'static>)> {
    const KEYS: &[&str] = &[
        "x",
        "x.b",
        "x.b.c",
        "x.value",
        "url.original",
        "http.request.method",
        "source.geo.name",
        "suricata.flow",
        "suricata.flow.deep",
        "ipsbell.flow",
        "host.name",
        "rule",
        "event.sequence.x",
        "a.b.c.d.e.f.g.h.i.j.k.l.m.n",
    ];
    const PIECES: &[&str] = &[
        "{}",
        "[]",
        "1.5",
        "[1,\"a\"]",
        "{\"a\":1,\"b\":{\"c\":null}}",
        "{\"a.b\":1}",
        "{\"\":{\"d\":2}}",
        "{ \"e\" : [ { \"f\" : true } ] }",
    ];
    let value = prop_oneof![
        text().prop_map(Value::Text),
        any::<i64>().prop_map(Value::Integer),
        any::<bool>().prop_map(Value::Bool),
        texts().prop_map(Value::List),
        proptest::sample::select(PIECES).prop_map(|piece| Value::Json(Cow::Borrowed(piece))),
    ];
    (proptest::sample::select(KEYS), value)
}

// What an alert says beside its rule and its sides.
fn said() -> impl Strategy<Value = Alert<'static>> {
    let numbers = (of(any::<u32>()), of(any::<u64>()));
    let words = (of(text()), of(text()), of(text()), of(text()), of(text()), of(text()));
    let verdict = proptest::sample::select(&Verdict::ALL[..]);
    let severity = proptest::sample::select(&Severity::ALL[..]);
    let direction = of(proptest::sample::select(&Direction::ALL[..]));
    (text(), verdict, severity, direction, numbers, words, texts(), texts(), texts()).prop_map(
        |(product, verdict, severity, direction, (priority, count), words, a, b, c)| {
            let (action, severity_raw, transport, protocol, direction_raw, interface) = words;
            Alert {
                product,
                verdict,
                severity,
                direction,
                priority,
                count,
                action,
                severity_raw,
                transport,
                protocol,
                direction_raw,
                interface,
                vulnerabilities: a,
                techniques: b,
                tags: c,
                ..Alert::default()
            }
        },
    )
}

proptest! {
    #[test]
    fn every_field_comes_back(
        said in said(),
        rule in rule(),
        source in side(),
        destination in side(),
        host in of(text()),
        details in vec(detail(), 0..12),
        micros in 0..4_000_000_000_000_000_i64,
    ) {
        let mut event = event(LINE, |alert| {
            *alert = Alert { rule, source, destination, host, ..said };
            // The points of an object that stands on top are read as those of its names.
            let is_plain = |key: &str, value: &Value<'_>| key.contains('.') || !matches!(value, Value::Json(_));
            for (key, value) in details.into_iter().filter(|(key, value)| is_plain(key, value)) {
                alert.note(key, value);
            }
        });
        event.at = Timestamp::from_microsecond(micros).unwrap();
        let line = event.ecs(false);
        let back = relay(&line, "relay1", "/spool/1");
        prop_assert_eq!(of_the_alert(ecs(&back)), of_the_alert(ecs(&event)));
        let (before, after) = (&event.alert, &back.alert);
        prop_assert_eq!(back.at, event.at);
        prop_assert_eq!(back.direction, event.direction);
        prop_assert_eq!(after.host.as_deref(), Some(before.host.as_deref().unwrap_or("web1")));
        // What has its own place; details may stand under several keys for one, which the trees hold.
        let want = Alert {
            stamp: after.stamp,
            direction: after.direction,
            host: after.host.clone(),
            details: after.details.clone(),
            ..before.clone()
        };
        prop_assert_eq!(after, &want);
    }
}
