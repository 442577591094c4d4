//! Identity, time and direction of events, and their JSON form.

use serde_json::{Value as Json, json};

use super::*;

mod relay;

const LINE: &str = "03/14/2026-10:50:25.823699  [**] [1:2100498:7] \"a\" [**] \
                    [Classification: c] [Priority: 2] {TCP} 192.0.2.80:80 -> 10.0.0.11:54186";

fn alert(line: &str) -> (Alert<'_>, &'static ipsbell_parsers::Format) {
    let mut reader = ipsbell_parsers::Reader::new(ipsbell_parsers::Choice::Auto);
    match reader.read(line.as_bytes()) {
        ipsbell_parsers::Read::Alert { format, alert } => (*alert, format),
        other => panic!("{other:?}"),
    }
}

fn event<'a>(line: &'a str, change: impl FnOnce(&mut Alert<'a>)) -> Event<'a> {
    let home: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
    let (mut alert, format) = alert(line);
    change(&mut alert);
    let origin = Origin {
        machine: 1,
        generation: 2,
        agent_host: "web1",
        path: "/var/log/fast.log",
        zone: &TimeZone::UTC,
        home_networks: &home,
    };
    let read_at = "2026-03-14T11:00:00Z".parse().unwrap();
    Event::new(alert, format.name, line.as_bytes(), line.as_bytes(), 7, read_at, &origin)
        .into_owned()
}

fn ecs(event: &Event<'_>) -> Json {
    serde_json::from_str(&event.ecs(false)).unwrap()
}

#[test]
fn every_part_changes_the_identity() {
    let base = event_id(1, 2, 3, b"record");
    for other in [
        event_id(9, 2, 3, b"record"),
        event_id(1, 9, 3, b"record"),
        event_id(1, 2, 9, b"record"),
        event_id(1, 2, 3, b"recorD"),
    ] {
        assert_ne!(base, other);
    }
    assert_eq!(base, event_id(1, 2, 3, b"record"));
    assert_eq!(base.to_string().parse(), Ok(base));
    assert_eq!(EventId(255).to_string(), "000000000000000000000000000000ff");
    for text in ["", "ff", "+00000000000000000000000000000ff", "0000000000000000000000000000000g"] {
        assert_eq!(text.parse::<EventId>(), Err(NoEventId), "{text}");
    }
}

#[test]
fn header_lines_in_front_of_a_record_are_no_part_of_its_identity() {
    let id = |record: &str| {
        let mut reader = ipsbell_parsers::Reader::new(ipsbell_parsers::Choice::Auto);
        let ipsbell_parsers::Read::Alert { format, alert } = reader.read(record.as_bytes()) else {
            panic!("{record}")
        };
        let origin = Origin {
            machine: 1,
            generation: 2,
            agent_host: "web1",
            path: "/var/log/notice.log",
            zone: &TimeZone::UTC,
            home_networks: &[],
        };
        let read_at = "2026-03-14T11:00:00Z".parse().unwrap();
        Event::new(
            *alert,
            format.name,
            record.as_bytes(),
            format.framing.own(record.as_bytes()),
            7,
            read_at,
            &origin,
        )
        .id
    };
    let row = "1773485425.1\tA::B\tx";
    let all = [
        format!("#fields\tts\tnote\tmsg\n{row}"),
        format!("#set_separator\t;\n#fields\tts\tnote\tsub\n{row}"),
    ];
    assert_eq!(all.each_ref().map(|record| id(record)), [event_id(1, 2, 7, row.as_bytes()); 2]);
}

#[test]
fn the_form_is_ecs() {
    let event = event(LINE, |alert| {
        alert.source.mac = Some([0, 0x0c, 0x29, 0xf3, 0x6d, 0xae]);
        alert.severity_raw = Some(Cow::Borrowed("2"));
    });
    let want = json!({
        "@timestamp": "2026-03-14T10:50:25.823699Z",
        "agent": {"name": "web1", "type": "ipsbell", "version": env!("CARGO_PKG_VERSION")},
        "destination": {"ip": "10.0.0.11", "port": 54186},
        "ecs": {"version": "8.17.0"},
        "event": {
            "category": ["intrusion_detection"], "created": "2026-03-14T11:00:00.000000Z",
            "dataset": "suricata-fast", "id": event.id.to_string(), "kind": "alert",
            "module": "suricata", "severity": 2, "type": ["allowed"],
        },
        "host": {"name": "web1"},
        "ipsbell": {
            "priority": 2, "rule": {"gid": 1}, "severity": "medium", "severity_raw": "2",
            "verdict": "detected",
        },
        "log": {"file": {"path": "/var/log/fast.log"}, "offset": 7},
        "network": {"direction": "inbound", "transport": "tcp"},
        "rule": {"category": "c", "id": "2100498", "name": "a", "version": "7"},
        "source": {"ip": "192.0.2.80", "mac": "00-0C-29-F3-6D-AE", "port": 80},
    });
    assert_eq!(ecs(&event), want);
}

#[test]
fn the_raw_record_is_shown_on_demand_with_its_wrong_bytes() {
    let mut event = event(LINE, |_| {});
    event.raw = Cow::Borrowed(b"a\xff\"b");
    assert_eq!(ecs(&event).pointer("/event/original"), None);
    let raw: Json = serde_json::from_str(&event.ecs(true)).unwrap();
    assert_eq!(raw.pointer("/event/original"), Some(&json!("a\\xff\"b")));
}

#[test]
fn keys_that_cannot_stand_together_lose_nothing() {
    let text = |text: &'static str| Value::Text(Cow::Borrowed(text));
    let event = event(LINE, |alert| {
        alert.note("x", text("leaf"));
        alert.note("x-y", text("between"));
        alert.note("x.b", text("branch"));
        alert.note("x.value", text("taken"));
        alert.note("x\0y", text("odd"));
        alert.note("host.name", text("forged"));
        alert.note("agent", Value::Json(Cow::Borrowed("{\n\"a\": 1}")));
        alert.note("deep.".repeat(1000), text("bottom"));
    });
    let got = ecs(&event);
    assert_eq!(got.pointer("/x/value_"), Some(&json!("leaf")));
    assert_eq!(got.pointer("/x/value"), Some(&json!("taken")));
    assert_eq!(got.pointer("/x/b"), Some(&json!("branch")));
    assert_eq!(got.get("x\0y"), Some(&json!("odd")));
    assert_eq!(got.pointer("/x-y"), Some(&json!("between")));
    assert_eq!(got.pointer("/host/name"), Some(&json!("web1")));
    assert_eq!(got.pointer("/ipsbell/also/host/name"), Some(&json!("forged")));
    assert_eq!(got.pointer("/agent/value/a"), Some(&json!(1)));
    assert!(!event.ecs(false).contains('\n'));
    assert!(event.ecs(false).contains("bottom"));
}

#[test]
fn a_stamp_that_names_no_instant_is_said() {
    let line = LINE.replace("03/14/2026", "02/30/2026");
    let event = event(&line, |_| {});
    assert_eq!(event.at, event.read_at);
    assert_eq!(
        ecs(&event).pointer("/ipsbell/timestamp_problem"),
        Some(&json!("no such day in the calendar"))
    );
}

#[test]
fn the_home_networks_tell_the_direction() {
    let home: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
    let end = |ip: &str| Endpoint { ip: ip.parse().ok(), ..Endpoint::default() };
    let check = |from, to, want| {
        assert_eq!(direction(&end(from), &end(to), &home), want, "{from} -> {to}");
    };
    check("192.0.2.1", "10.0.0.1", Some(Direction::Inbound));
    check("2001:db8::1", "192.0.2.1", Some(Direction::Outbound));
    check("10.0.0.1", "10.0.0.2", Some(Direction::Internal));
    check("192.0.2.1", "198.51.100.1", Some(Direction::External));
    check("fe80::1", "ff02::16", Some(Direction::Internal));
    check("", "10.0.0.1", None);
}
