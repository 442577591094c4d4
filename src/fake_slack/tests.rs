//! The fake against the documented limits, an edge and its far side each, and its server over real
//! sockets.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::json;

use super::*;

/// For what comes.
const LONG: Duration = Duration::from_secs(20);

fn check(payload: &Value, wanted: &str) {
    let received = examine(&serde_json::to_vec(payload).expect("JSON"));
    let shown: String = payload.to_string().chars().take(300).collect();
    assert_eq!(received.fault, wanted, "for {shown}");
    assert_eq!(received.accepted, wanted.is_empty());
}

fn section(text: &str) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": text}})
}

fn blocks(block: Value) -> Value {
    json!({"text": "t", "blocks": [block]})
}

fn pieces(piece: Value) -> Value {
    let section = json!({"type": "rich_text_section", "elements": [piece]});
    blocks(json!({"type": "rich_text", "elements": [section]}))
}

#[test]
fn payloads_are_held_to_the_documented_limits() {
    let many = |count: usize| vec![json!({"type": "divider"}); count];
    let fields = |count: usize, chars: usize| {
        let field = json!({"type": "mrkdwn", "text": "x".repeat(chars)});
        blocks(json!({"type": "section", "fields": vec![field; count]}))
    };
    let context = |count: usize| {
        let text = json!({"type": "mrkdwn", "text": "x"});
        blocks(json!({"type": "context", "elements": vec![text; count]}))
    };
    let header = |kind: &str, chars: usize| {
        blocks(json!({"type": "header", "text": {"type": kind, "text": "x".repeat(chars)}}))
    };
    let table = [
        (json!({"text": "t"}), ""),
        (json!({}), "no_text"),
        (json!({"text": ""}), "no_text"),
        (json!({"text": 1}), "no_text"),
        (json!([]), "invalid_payload"),
        (json!({"text": "t", "colour": "red"}), "invalid_payload"),
        (json!({"text": "x".repeat(4_000)}), ""),
        (json!({"text": "x".repeat(4_001)}), "msg_too_long"),
        (json!({"text": "t", "blocks": {}}), "invalid_blocks_format"),
        (json!({"text": "t", "blocks": many(50)}), ""),
        (json!({"text": "t", "blocks": many(51)}), "invalid_blocks"),
        (blocks(section(&"x".repeat(3_000))), ""),
        (blocks(section(&"x".repeat(3_001))), "invalid_blocks"),
        (blocks(section("")), "invalid_blocks"),
        (blocks(json!({"type": "section"})), "invalid_blocks"),
        (fields(10, 1), ""),
        (fields(11, 1), "invalid_blocks"),
        (fields(1, 2_000), ""),
        (fields(1, 2_001), "invalid_blocks"),
        (context(10), ""),
        (context(11), "invalid_blocks"),
        (context(0), "invalid_blocks"),
        (header("plain_text", 150), ""),
        (header("plain_text", 151), "invalid_blocks"),
        (header("mrkdwn", 1), "invalid_blocks"),
        (blocks(json!({"type": "table"})), "invalid_blocks"),
        (blocks(json!({"type": "divider", "text": "x"})), "invalid_blocks"),
        (blocks(json!({"type": "divider", "block_id": "x".repeat(255)})), ""),
        (blocks(json!({"type": "divider", "block_id": "x".repeat(256)})), "invalid_blocks"),
        (
            json!({"text": "t", "blocks": vec![json!({"type": "divider", "block_id": "x"}); 2]}),
            "invalid_blocks",
        ),
        // The whole: 4 blocks of 3,000 and their 125 each make 12,500.
        (json!({"text": "x".repeat(700), "blocks": vec![section(&"x".repeat(3_000)); 4]}), ""),
        (
            json!({"text": "x".repeat(701), "blocks": vec![section(&"x".repeat(3_000)); 4]}),
            "msg_blocks_too_long",
        ),
    ];
    for (payload, wanted) in table {
        check(&payload, wanted);
    }
}

#[test]
fn attachments_are_held_to_the_documented_limits() {
    let with = |attachment: Value| json!({"text": "t", "attachments": [attachment]});
    let divider = json!({"type": "divider"});
    let table = [
        (with(json!({"color": "#B3261E", "blocks": [divider]})), ""),
        (with(json!({"color": "danger", "blocks": [divider]})), "invalid_attachments"),
        (with(json!({"color": "#B3261", "blocks": [divider]})), "invalid_attachments"),
        (with(json!({"blocks": [divider], "text": "x"})), "invalid_attachments"),
        (with(json!({"blocks": vec![divider.clone(); 20]})), ""),
        (with(json!({"blocks": vec![divider.clone(); 21]})), "invalid_attachments"),
        (with(json!({"text": "x", "color": "good"})), ""),
        (with(json!({"title": "x"})), "invalid_attachments"),
        (json!({"attachments": vec![json!({"text": "x"}); 100]}), ""),
        (json!({"attachments": vec![json!({"text": "x"}); 101]}), "too_many_attachments"),
        (json!({"attachments": {}}), "invalid_attachments"),
    ];
    for (payload, wanted) in table {
        check(&payload, wanted);
    }
}

#[test]
fn rich_text_is_held_to_its_types() {
    let preformatted = |piece: Value| {
        let element = json!({"type": "rich_text_preformatted", "elements": [piece]});
        blocks(json!({"type": "rich_text", "elements": [element]}))
    };
    let item = json!({"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]});
    let listed = |style: &str, item: &Value| {
        let list = json!({"type": "rich_text_list", "style": style, "elements": [item]});
        blocks(json!({"type": "rich_text", "elements": [list]}))
    };
    let date = |timestamp: Value| {
        pieces(json!({"type": "date", "timestamp": timestamp, "format": "{date}", "fallback": "x"}))
    };
    let table = [
        (pieces(json!({"type": "text", "text": "x", "style": {"code": true}})), ""),
        (pieces(json!({"type": "text", "text": "x", "style": {"code": 1}})), "invalid_blocks"),
        (pieces(json!({"type": "text", "text": "x", "style": {"red": true}})), "invalid_blocks"),
        (pieces(json!({"type": "text", "text": ""})), "invalid_blocks"),
        (pieces(json!({"type": "text"})), "invalid_blocks"),
        (pieces(json!({"type": "blink", "text": "x"})), "invalid_blocks"),
        (pieces(json!({"type": "emoji", "name": "red_circle"})), ""),
        (pieces(json!({"type": "emoji", "name": ":x:"})), "invalid_blocks"),
        (date(json!(1)), ""),
        (date(json!(-1)), "invalid_blocks"),
        (date(json!("1")), "invalid_blocks"),
        (preformatted(json!({"type": "text", "text": "x"})), ""),
        (preformatted(json!({"type": "emoji", "name": "x"})), "invalid_blocks"),
        (listed("bullet", &item), ""),
        (listed("fancy", &item), "invalid_blocks"),
        (listed("bullet", &json!({"type": "text", "text": "x"})), "invalid_blocks"),
        (blocks(json!({"type": "rich_text", "elements": []})), "invalid_blocks"),
        (blocks(json!({"type": "rich_text", "elements": [{"type": "x"}]})), "invalid_blocks"),
    ];
    for (payload, wanted) in table {
        check(&payload, wanted);
    }
}

#[test]
fn what_a_payload_would_do_is_seen() {
    let text = |verbatim: bool, text: &str| {
        let object = json!({"type": "mrkdwn", "text": text, "verbatim": verbatim});
        json!({"text": "t", "parse": "none", "unfurl_links": false, "unfurl_media": false,
            "blocks": [{"type": "section", "text": object}]})
    };
    let top = |text: &str, more: Value| {
        let mut payload = json!({"text": text});
        let members = more.as_object().expect("an object").clone();
        payload.as_object_mut().expect("an object").extend(members);
        payload
    };
    // (payload, notifies, links, unfurls)
    let table = [
        (text(true, "@here https://e"), 0, 0, 0),
        (text(false, "@here https://e"), 1, 1, 0),
        (text(true, "<!here> <https://e|x>"), 1, 1, 0),
        (top("@here https://e", json!({})), 0, 1, 1),
        (top("@here https://e", json!({"parse": "none"})), 0, 0, 0),
        (top("@here https://e", json!({"parse": "full"})), 1, 1, 1),
        (top("@here https://e", json!({"parse": "none", "link_names": true})), 1, 1, 1),
        (top("<!here>", json!({"parse": "none", "mrkdwn": false})), 1, 0, 0),
        (pieces(json!({"type": "broadcast", "range": "here"})), 1, 0, 0),
        (pieces(json!({"type": "user", "user_id": "U1"})), 1, 0, 0),
        (pieces(json!({"type": "link", "url": "https://e"})), 0, 1, 1),
        (pieces(json!({"type": "text", "text": "<!here> @here"})), 0, 0, 0),
        (pieces(json!({"type": "text", "text": "https://e"})), 0, 1, 1),
    ];
    for (payload, notify, link, unfurl) in table {
        let received = examine(&serde_json::to_vec(&payload).expect("JSON"));
        assert!(received.accepted, "{} for {payload}", received.fault);
        let found =
            (received.would_notify.len(), received.would_link.len(), received.would_unfurl.len());
        assert_eq!(found, (notify, link, unfurl), "for {payload}");
    }
}

/// Sends raw bytes and reads the first answer.
fn raw(fake: &FakeSlack, request: &str) -> String {
    let address = fake.url().replace("http://", "").replace(hook::PATH, "");
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(LONG)).expect("a limit");
    stream.write_all(request.as_bytes()).expect("it is sent");
    stream.shutdown(std::net::Shutdown::Write).expect("it is ended");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

fn post(path: &str, kind: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

#[test]
fn requests_are_answered_as_slack_answers() {
    let fake = FakeSlack::start().expect("a fake");
    let json = "application/json; charset=utf-8";
    let form = "application/x-www-form-urlencoded";
    let body = "{\"text\":\"t\"}";
    let wrong = |from: &str, to: &str| hook::PATH.replace(from, to);
    let table = [
        (post(hook::PATH, json, body), 200, "ok"),
        (post(hook::PATH, form, "payload=%7B%22text%22%3A%22a+b%22%7D"), 200, "ok"),
        (post(hook::PATH, form, "text=a"), 400, "invalid_payload"),
        (post(hook::PATH, "text/plain", body), 400, "invalid_payload"),
        (post(hook::PATH, json, "{"), 400, "invalid_payload"),
        (post(hook::PATH, json, "{\"text\":\"a\",\"text\":\"b\"}"), 400, "invalid_payload"),
        (post(hook::PATH, json, "{}"), 400, "no_text"),
        (post("/", json, body), 302, "<html>"),
        (post("/services/x", json, body), 302, "<html>"),
        (post(&wrong("/T0", "/T1"), json, body), 404, "no_team"),
        (post(&wrong("/B0", "/B1"), json, body), 404, "no_service"),
        (post(&wrong("Not1", "Not2"), json, body), 403, "invalid_token"),
        (format!("GET {} HTTP/1.1\r\n\r\n", hook::PATH), 405, ""),
        ("nonsense\r\n\r\n".to_owned(), 400, ""),
        (format!("POST {} HTTP/1.1\r\n\r\n", hook::PATH), 411, ""),
        (format!("POST {} HTTP/1.1\r\ncontent-length: 1048577\r\n\r\n", hook::PATH), 413, ""),
        (format!("POST / HTTP/1.1\r\nx: {}\r\n", "y".repeat(20_000)), 431, ""),
    ];
    for (request, status, body) in table {
        let answer = raw(&fake, &request);
        let shown: String = request.chars().take(120).collect();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}\nfor {shown}");
        let found = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
        assert!(found.starts_with(body), "{answer}\nfor {shown}");
    }
    assert_eq!(fake.received().len(), 2);
    assert_eq!(fake.received()[1].text(), "a b");
}

#[test]
fn limits_of_rate_hold_over_sockets() {
    let every = Duration::from_secs(3_600);
    let rate = Some(Rate { every, burst: 2, retry_after_seconds: 17 });
    let fake = FakeSlack::start_with(Limits { rate, kill_switch: None }).expect("a fake");
    let request = post(hook::PATH, "application/json", "{\"text\":\"t\"}");
    let answers: Vec<String> = (0..3).map(|_| raw(&fake, &request)).collect();
    assert!(answers[1].starts_with("HTTP/1.1 200"), "{}", answers[1]);
    assert!(answers[2].starts_with("HTTP/1.1 429"), "{}", answers[2]);
    assert!(answers[2].contains("retry-after: 17\r\n"), "{}", answers[2]);
    let statuses: Vec<u16> = fake.requests().iter().map(|request| request.status).collect();
    assert_eq!((statuses, fake.received().len()), (vec![200, 200, 429], 2));
}

#[test]
fn only_so_many_connections_and_requests_are_kept() {
    let fake = FakeSlack::start().expect("a fake");
    let address = fake.url().replace("http://", "").replace(hook::PATH, "");
    let connect = || TcpStream::connect(&address).expect("a connection");
    let held: Vec<TcpStream> = (0..server::CONNECTIONS_MAX).map(|_| connect()).collect();
    let mut refused = connect();
    refused.set_read_timeout(Some(LONG)).expect("a limit");
    assert!(matches!(refused.read(&mut [0]), Ok(0) | Err(_)));
    assert_eq!(fake.connections(), held.len() as u64);

    let mut state = server::State::default();
    let mut request = examine(b"{\"text\":\"t\"}");
    for number in 0..=REQUESTS_MAX {
        request.chars = number;
        state.record(request.clone());
    }
    let first = state.requests.front().map(|request| request.chars);
    assert_eq!(
        (state.read, state.requests.len(), first),
        (REQUESTS_MAX + 1, REQUESTS_MAX, Some(1))
    );
}

#[test]
fn waiting_ends_at_its_limit() {
    let fake = FakeSlack::start().expect("a fake");
    assert!(fake.wait_for(1, Duration::from_millis(1)).is_empty());
    fake.down();
    fake.down();
    fake.up().expect("the port is free");
    fake.up().expect("it is up");
}

#[test]
fn a_terminal_shows_the_post_and_obeys_nothing_in_it() {
    let payload = json!({
        "text": ":rotating_light: *HIGH* `a&lt;b \u{1b}[2J` <!date^1^{date}|then> :x:",
        "attachments": [{"color": "#B3261E", "blocks": [
            {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [
                {"type": "emoji", "name": "red_circle"},
                {"type": "text", "text": " one\ntwo \u{1b}[2J", "style": {"bold": true}},
            ]}]},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "`c` d", "verbatim": true}]},
        ]}],
    });
    let received = examine(&serde_json::to_vec(&payload).expect("JSON"));
    assert_eq!(received.blocks().len(), 2);
    let wanted = "🚨 HIGH a<b \u{fffd}[2J then :x:\n┃ 🔴 one\n┃ two \u{fffd}[2J\n┃ c d\n";
    assert_eq!(received.shown(), wanted);
    let coloured = render_terminal(&received);
    assert!(coloured.contains("\x1b[38;2;179;38;30m┃\x1b[0m"), "{coloured:?}");
    assert!(!coloured.contains("\x1b[2J"), "{coloured:?}");
}
