//! How long wording and rendering a post takes, for one card and for ten.

use std::borrow::Cow;

use ipsbell::destinations::{Form, slack};
use ipsbell::event::{Event, EventId};
use ipsbell::message::{compose, sanitize};
use ipsbell::triage::{Entry, Group, Reason, Report, Rest, Scope};
use ipsbell_parsers::alert::{Alert, Endpoint, Rule, Severity, Value, Verdict};
use jiff::Timestamp;

fn main() {
    divan::main();
}

fn event() -> Event<'static> {
    let side = |ip: [u8; 4], port| Endpoint {
        ip: Some(ip.into()),
        port: Some(port),
        ..Endpoint::default()
    };
    let detail = |key: &'static str, text: String| (key.into(), Value::Text(text.into()));
    let alert = Alert {
        verdict: Verdict::Blocked,
        rule: Rule {
            id: Some("2034125".into()),
            name: Some("EXPLOIT Path Traversal Attempt in an HTTP Server (CVE-2021-41773)".into()),
            ..Rule::default()
        },
        source: side([203, 0, 113, 7], 52_144),
        destination: side([192, 0, 2, 12], 443),
        details: vec![
            detail("http.request.method", "GET".to_owned()),
            detail("url.original", format!("/cgi-bin/?q={}", "%2e/<&>".repeat(40))),
            detail("user_agent.original", "curl/8.5.0".to_owned()),
            detail("ipsbell.payload", "R0VUIC9jZ2ktYmluLy4lMmUvIEhUVFAvMS4xDQoN".repeat(30)),
        ],
        ..Alert::default()
    };
    Event {
        sequence: Some(1),
        id: EventId(1),
        at: Timestamp::UNIX_EPOCH,
        read_at: Timestamp::UNIX_EPOCH,
        severity: Severity::High,
        direction: None,
        agent_host: "edge-1".into(),
        format: "suricata-eve".into(),
        path: "/var/log/suricata/eve.json".into(),
        offset: 0,
        alert,
        raw: Cow::Borrowed(b""),
    }
}

fn group(event: &Event<'_>) -> Group {
    let mut group = Group::open("K7Q2M9XA".to_owned(), event, Scope::Values);
    group.add(event);
    group.tell(event.at);
    group
}

#[divan::bench(args = [1, 10])]
fn compose_and_render(bencher: divan::Bencher<'_, '_>, cards: usize) {
    let event = event();
    let group = group(&event);
    let entry =
        |_| Entry { group: &group, reason: Reason::New, events: 1, sample: Some(event.clone()) };
    let report = Report {
        id: "P0ST1D00",
        agent_host: "edge-1",
        now: Timestamp::UNIX_EPOCH,
        entries: (0..cards).map(entry).collect(),
        rest: Rest::default(),
        gap: None,
    };
    bencher.bench_local(|| slack::payload(&compose(&report), Form::default()));
}

#[divan::bench(args = [100, 10_000, 1_000_000])]
fn sanitise_hostile_text(bencher: divan::Bencher<'_, '_>, bytes: usize) {
    let text: String =
        "<!here> http://evil.example/e\u{301}\n".chars().cycle().take(bytes).collect();
    bencher.bench_local(|| sanitize::sanitize(&text, &sanitize::Rules::within(512)));
}
