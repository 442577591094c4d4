//! Events, groups and reports for the tests of messages and receivers.

use std::borrow::Cow;
use std::net::IpAddr;

use ipsbell_parsers::alert::{Alert, Direction, Endpoint, Rule, Severity, Value, Verdict};
use jiff::{SignedDuration, Timestamp};

use super::compose::place;
use crate::event::{Event, EventId};
use crate::triage::{Entry, Gap, Group, Reason, Report, Rest, Scope};
use crate::trouble::{self, Kind, Notice, Section, State};

pub(crate) type TestEvent = Event<'static>;

pub(crate) const HOST: &str = "VA1SCDVMDC101";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

pub(crate) fn now() -> Timestamp {
    at("2026-11-23T11:37:30Z")
}

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// An event with every field that a card shows.
pub(crate) fn event() -> Event<'static> {
    let detail = |key: &'static str, text: &'static str| (key.into(), Value::Text(text.into()));
    let alert = Alert {
        product: "suricata".into(),
        host: Some("fw-edge-1".into()),
        action: Some("Reset".into()),
        verdict: Verdict::Blocked,
        severity: Severity::High,
        severity_raw: Some("1".into()),
        rule: Rule {
            id: Some("2034125".into()),
            generator: Some(1),
            name: Some(
                "ET EXPLOIT Apache HTTP Server 2.4.49 - Path Traversal Attempt (CVE-2021-41773) M2"
                    .into(),
            ),
            category: Some("Attempted Administrator Privilege Gain".into()),
            revision: Some("3".into()),
            ..Rule::default()
        },
        source: Endpoint {
            ip: Some(ip("203.0.113.7")),
            port: Some(52_144),
            mac: Some([0x00, 0x0C, 0x29, 0xF3, 0x6D, 0xAE]),
            ..Endpoint::default()
        },
        destination: Endpoint {
            ip: Some(ip("192.0.2.12")),
            port: Some(443),
            mac: Some([0x00, 0x50, 0x56, 0x01, 0x02, 0x03]),
            domain: Some("shop.example".into()),
            ..Endpoint::default()
        },
        transport: Some("TCP".into()),
        protocol: Some("http".into()),
        interface: Some("eth0".into()),
        count: Some(3),
        vulnerabilities: vec!["CVE-2021-41773".into()],
        techniques: vec!["T1190".into()],
        details: vec![
            detail("http.request.method", "GET"),
            detail("url.domain", "shop.example"),
            detail("url.original", "/cgi-bin/.%2e/.%2e/etc/passwd?token=abc123"),
            detail("user_agent.original", "curl/8.5.0"),
            ("http.response.status_code".into(), Value::Integer(403)),
            detail("ipsbell.flow", "Connection Flow"),
            detail("ipsbell.tcp_flags", "ACK PSH DF=1"),
            ("ipsbell.packet_size".into(), Value::Integer(1_460)),
            // "GET /cgi-bin/.%2e/ HTTP/1.1\r\nHost: shop.example\r\nAuthorization: Basic
            // YTpi\r\n\r\n\xff"
            detail(
                "ipsbell.payload",
                "R0VUIC9jZ2ktYmluLy4lMmUvIEhUVFAvMS4xDQpIb3N0OiBzaG9wLmV4YW1wbGUNCkF1dGhv\
                 cml6YXRpb246IEJhc2ljIFlUcGkNCg0K/w==",
            ),
        ],
        ..Alert::default()
    };
    Event {
        sequence: Some(41),
        id: EventId(7),
        at: at("2026-11-23T11:37:00Z"),
        read_at: now(),
        severity: Severity::High,
        direction: Some(Direction::Inbound),
        agent_host: HOST.into(),
        format: "suricata-eve".into(),
        path: "/var/log/suricata/eve.json".into(),
        offset: 0,
        alert,
        raw: Cow::Borrowed(b"{}"),
    }
}

/// The group of a single event.
pub(crate) fn group_of(event: &Event<'_>, id: &str) -> Group {
    let mut group = Group::open(id.to_owned(), event, Scope::Values);
    group.add(event);
    group.tell(now());
    group
}

/// A group that many events went into.
pub(crate) fn large_group(id: &str, rule: &str, severity: Severity, sources: u16) -> Group {
    let mut group = group_of(&event(), id);
    group.rule_name = Some(rule.to_owned());
    group.severity = place(severity);
    group.verdicts = [1_200, 0, 0, 4, 0, 0];
    group.total = 1_204;
    group.told = 1_204;
    group.posts = 2;
    group.first_at = at("2026-11-23T11:02:00Z");
    for number in 0..sources {
        let [high, low] = number.to_be_bytes();
        group.sources.add(IpAddr::from([198, 51, 100 + high, low]));
    }
    group
}

pub(crate) fn report(entries: Vec<Entry<'_>>) -> Report<'_> {
    Report {
        id: "P0ST1D00",
        agent_host: HOST,
        now: now(),
        entries,
        rest: Rest::default(),
        gap: None,
    }
}

pub(crate) fn single<'a>(group: &'a Group, event: &Event<'a>) -> Entry<'a> {
    Entry { group, reason: Reason::New, events: 1, sample: Some(event.clone()) }
}

pub(crate) fn gap() -> Gap {
    Gap {
        since: at("2026-11-23T11:23:00Z"),
        until: at("2026-11-23T11:37:00Z"),
        why: "503 and a web page".to_owned(),
        tries: 41,
        waited: [0, 0, 179, 31, 2],
        expired: 0,
        given_up: 0,
        maybe_repeated: 0,
    }
}

/// Named reports, each a thing that people will see.
pub(crate) fn check_each(mut check: impl FnMut(&str, &Report<'_>)) {
    let event = event();
    let one = group_of(&event, "K7Q2M9XA");
    check("single", &report(vec![single(&one, &event)]));

    let mut bare = event.clone();
    bare.alert = Alert { verdict: Verdict::Detected, ..Alert::default() };
    bare.direction = None;
    let bare_group = group_of(&bare, "00000000");
    check("bare", &report(vec![single(&bare_group, &bare)]));

    let scan = large_group(
        "3MXB7C2D",
        "ET SCAN Suspicious inbound to MSSQL port 1433",
        Severity::Medium,
        300,
    );
    let again =
        |reason, events| Entry { group: &scan, reason, events, sample: Some(event.clone()) };
    check("again", &report(vec![again(Reason::Again, 240)]));
    check("closed", &report(vec![again(Reason::Closed, 0)]));
    check("flood", &report(vec![again(Reason::New, 1_204)]));

    let few = Report {
        rest: Rest { groups: 37, events: 1_204, worst: Severity::Low },
        ..report(vec![single(&one, &event), again(Reason::Again, 240)])
    };
    check("few", &few);

    let groups: Vec<Group> = (0..22)
        .map(|n| {
            large_group(
                &format!("AB12CD{n:02}"),
                &format!("ET POLICY rule number {n}"),
                Severity::Low,
                n,
            )
        })
        .collect();
    let entry = |group| Entry { group, reason: Reason::New, events: 1_204, sample: None };
    check("batch", &Report { gap: Some(gap()), ..report(groups.iter().map(entry).collect()) });

    check("gap", &Report { gap: Some(gap()), ..report(Vec::new()) });
    let lossy = Gap { expired: 9, maybe_repeated: 1, ..gap() };
    check("gap-lossy", &Report { gap: Some(lossy), ..report(vec![single(&one, &event)]) });
    check("empty", &report(Vec::new()));
}

/// An event with attacks in every field that takes text.
pub(crate) fn hostile_event(texts: &[String]) -> Event<'static> {
    let mut next = texts.iter().cycle().map(|text| Cow::<str>::Owned(text.clone()));
    let mut text = || next.next().unwrap_or_default();
    let mut event = event();
    let alert = &mut event.alert;
    alert.verdict = Verdict::Detected;
    alert.host = Some(text());
    alert.action = Some(text());
    alert.severity_raw = Some(text());
    alert.rule.id = Some(text());
    alert.rule.name = Some(text());
    alert.rule.category = Some(text());
    alert.rule.revision = Some(text());
    alert.transport = Some(text());
    alert.protocol = Some(text());
    alert.direction_raw = Some(text());
    alert.interface = Some(text());
    for side in [&mut alert.source, &mut alert.destination] {
        side.zone = Some(text());
        side.domain = Some(text());
        side.user = Some(text());
    }
    alert.vulnerabilities = (0..9).map(|_| text()).collect();
    alert.techniques = (0..9).map(|_| text()).collect();
    let keys =
        ["dns.question.name", "tls.client.server_name", "file.name", "process.name", "user.name"];
    alert.details.retain(|(key, _)| key != "ipsbell.payload");
    alert.details.extend(keys.map(|key| (key.into(), Value::Integer(0))));
    for (_, value) in &mut alert.details {
        *value = Value::Text(text());
    }
    let payload = data_encoding::BASE64.encode(text().as_bytes());
    alert.details.push(("ipsbell.payload".into(), Value::Text(payload.into())));
    event.direction = None;
    event
}

/// What the agent says of itself.
pub(crate) fn notices() -> [(&'static str, Notice); 2] {
    let ago = |minutes: i64| now() - SignedDuration::from_mins(minutes);
    let unreadable = |path: &str, until: Option<Timestamp>| trouble::Entry {
        subject: path.to_owned(),
        text: format!(
            "cannot read {path:?}: Permission denied (os error 13); it is tried again; hint: give the \
             agent's user read access: `setfacl -m u:ipsbell:r FILE`"
        ),
        since: ago(12),
        until,
        count: 1,
    };
    let lost = trouble::Entry {
        subject: "/var/log/fast.log".to_owned(),
        text: "\"/var/log/fast.log\" was truncated; at least 4812 bytes were lost unread"
            .to_owned(),
        since: ago(3),
        until: Some(ago(3)),
        count: 1,
    };
    let section = |kind, state, entries| Section { kind: Some(kind), state, entries, more: 0 };
    let paths = ["/var/log/suricata/eve.json", "/var/log/<!channel>.json"];
    let (began, over) = (State::Began, State::Over);
    let unread = Kind::SourceUnreadable;
    let trouble = vec![
        section(unread, began, paths.map(|path| unreadable(path, None)).to_vec()),
        section(Kind::BytesLost, State::Happened, vec![lost]),
    ];
    let clear = paths.map(|path| unreadable(path, Some(ago(2)))).to_vec();
    [
        ("notice", Notice { sections: trouble, others_open: 0 }),
        ("all_clear", Notice { sections: vec![section(unread, over, clear)], others_open: 0 }),
    ]
}
