//! Posts over real sockets to the fake Slack, well and in every way that it can fail. Times are
//! limits, nothing is measured.

use super::*;
use crate::fake_slack::{FakeSlack, Fault, Foreign, RetryAfter};
use crate::message::samples;
use crate::message::test_message;

/// For answers that come.
const LONG: Duration = Duration::from_secs(20);

/// For answers that do not.
const SHORT: Duration = Duration::from_millis(200);

struct Bench {
    fake: FakeSlack,
    slack: Box<dyn Destination>,
    payload: Vec<u8>,
}

impl Bench {
    fn start() -> Self {
        let fake = FakeSlack::start().expect("a fake");
        let settings = Settings { url: Some(Secret::new(fake.url())), ..Settings::default() };
        let slack = open(&settings).expect("a destination");
        let payload = slack.render(&test_message(samples::HOST, samples::now()), Form::default());
        Self { fake, slack, payload }
    }

    fn post(&mut self, time_limit: Duration) -> Answer {
        let answer = self.slack.post(&self.payload, time_limit);
        let told = format!("{answer:?}");
        assert!(!told.contains("notASecret") && !told.contains("127.0.0.1"), "{told}");
        answer
    }

    fn fail(&mut self, fault: Fault, time_limit: Duration) -> Answer {
        self.fake.fail_next(1, &fault);
        self.post(time_limit)
    }
}

#[test]
fn posts_arrive_as_they_were_rendered_over_one_connection() {
    let mut bench = Bench::start();
    assert_eq!(bench.post(LONG), Answer::Delivered);
    assert_eq!(bench.post(LONG), Answer::Delivered);
    let received = bench.fake.wait_for(2, LONG);
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].body, bench.payload);
    assert!(received[0].text().contains("TEST"));
    assert_eq!(bench.fake.connections(), 1);
    // An error whose body is read to its end does not cost the connection either.
    bench.fail(Fault::word(400, "invalid_blocks"), LONG);
    bench.post(LONG);
    assert_eq!(bench.fake.connections(), 1);
}

#[test]
fn every_fault_has_its_answer() {
    // (fault, time limit, the answer's shape and words in it, posts in the channel)
    let headers = vec![("x".to_owned(), "y".repeat(40_000))];
    let heads = Fault::Status { code: 200, body: "ok".into(), headers };
    let table = [
        (heads, LONG, "Later maybe=true", "more headers than", 0),
        (Fault::word(500, "rollup_error"), LONG, "Later maybe=true", "500 rollup_error", 0),
        (Fault::page(502), LONG, "Later maybe=true", "502 and a web page", 0),
        (Fault::page(503), LONG, "Later maybe=true", "503 and a web page", 0),
        (Fault::page(504), LONG, "Later maybe=true", "504 and a web page", 0),
        (Fault::word(400, "invalid_blocks"), LONG, "PayloadRefused", "invalid_blocks", 0),
        (Fault::word(404, "no_service"), LONG, "DestinationRefused", "no_service", 0),
        (Fault::Redirect, LONG, "DestinationRefused", "302, a redirect", 0),
        (Fault::Html, LONG, "DestinationRefused", "200 and a web page", 0),
        (Fault::OkUpper, LONG, "DestinationRefused", "200 ok, which is not", 0),
        (Fault::HugeBody, LONG, "DestinationRefused", "200, which is not", 0),
        (Fault::OkLine, LONG, "Delivered", "", 1),
        (Fault::OkButDropped, LONG, "Delivered", "", 0),
        (Fault::EmptyOk, LONG, "Later maybe=true", "broke off", 0),
        (Fault::HalfAnswer, LONG, "Later maybe=true", "broke off", 0),
        (Fault::CloseAfterRead, LONG, "Later maybe=true", "", 0),
        (Fault::CloseBeforeRead, LONG, "Later maybe=true", "", 0),
        (Fault::Hang, SHORT, "Later maybe=true", "no answer in time", 0),
        (Fault::SlowDrip, SHORT, "Later maybe=true", "broke off", 0),
        (Fault::AcceptedButError, LONG, "Later maybe=true", "500 rollup_error", 1),
        (Fault::AcceptedButClosed, LONG, "Later maybe=true", "", 1),
        (Fault::AcceptedButHalf, LONG, "Later maybe=true", "broke off", 1),
        (Fault::Late(SHORT), LONG, "Delivered", "", 1),
        (Fault::Late(LONG), SHORT, "Later maybe=true", "no answer in time", 1),
        (Fault::OkAndClose, LONG, "Delivered", "", 1),
        (Fault::RedirectLoop, LONG, "DestinationRefused", "302, a redirect", 0),
        (Fault::NoHttp(Foreign::TlsAlert), LONG, "Later maybe=true", "no HTTP", 0),
        (Fault::NoHttp(Foreign::GoAway), LONG, "Later maybe=true", "no HTTP", 0),
        (Fault::NoHttp(Foreign::Greeting), LONG, "Later maybe=true", "no HTTP", 0),
    ];
    for (fault, time_limit, shape, words, posts) in table {
        let mut bench = Bench::start();
        let answer = bench.fail(fault.clone(), time_limit);
        let (found, why) = match answer {
            Answer::Delivered => ("Delivered".to_owned(), String::new()),
            Answer::Later { maybe_delivered, why, .. } => {
                (format!("Later maybe={maybe_delivered}"), why)
            }
            Answer::PayloadRefused { why } => ("PayloadRefused".to_owned(), why),
            Answer::Unclear { why } => ("Unclear".to_owned(), why),
            Answer::DestinationRefused { why } => ("DestinationRefused".to_owned(), why),
        };
        assert_eq!(found, shape, "for {fault:?}: {why}");
        assert!(why.contains(words), "for {fault:?}: {why}");
        assert_eq!(bench.fake.received().len(), posts, "for {fault:?}");
        bench.fake.release();
        // Whatever happened, the next post goes through.
        assert_eq!(bench.post(LONG), Answer::Delivered, "after {fault:?}");
    }
}

#[test]
fn a_limited_rate_slows_down_and_says_for_how_long() {
    let date = "Mon, 23 Nov 2026 11:37:00 GMT".to_owned();
    let table = [
        (RetryAfter::Seconds(30), 30),
        (RetryAfter::Json(7), 7),
        (RetryAfter::Garbage, 1),
        (RetryAfter::Absent, 1),
        (RetryAfter::Empty, 1),
        (RetryAfter::Seconds(0), 1),
        (RetryAfter::Seconds(u64::MAX), 3_600),
    ];
    let mut bench = Bench::start();
    for (when, wanted) in table {
        match bench.fail(Fault::RateLimited(when.clone()), LONG) {
            Answer::Later { after, slow_down: true, maybe_delivered: false, .. } => {
                assert_eq!(after, Some(Duration::from_secs(wanted)), "for {when:?}");
            }
            other => panic!("for {when:?}: {other:?}"),
        }
    }
    // A date is measured against the answer's own.
    let headers = vec![
        ("retry-after".to_owned(), "Mon, 23 Nov 2026 11:38:00 GMT".to_owned()),
        ("date".to_owned(), date),
    ];
    let fault = Fault::Status { code: 429, body: String::new(), headers };
    let Answer::Later { after, .. } = bench.fail(fault, LONG) else { panic!("not later") };
    assert_eq!(after, Some(Duration::from_secs(60)));
}

#[test]
fn a_receiver_that_is_down_was_not_reached() {
    let mut bench = Bench::start();
    assert_eq!(bench.post(LONG), Answer::Delivered);
    bench.fake.down();
    // The kept connection was cut: either that is seen before anything is sent, or nobody is there.
    let wanted = Answer::Later {
        after: None,
        maybe_delivered: false,
        slow_down: false,
        why: "connection refused".to_owned(),
    };
    assert_eq!(bench.post(LONG), wanted);
    assert_eq!(bench.post(LONG), wanted);
    bench.fake.up().expect("the port is free");
    assert_eq!(bench.post(LONG), Answer::Delivered);
    bench.fake.down();
    bench.fake.up().expect("the port is free");
    assert_eq!(bench.post(LONG), Answer::Delivered, "over a new connection");
}

/// A server closes a connection that was kept when it likes: the post on it may be lost, and is tried again.
#[test]
fn a_connection_that_is_closed_behind_an_answer_costs_a_try_at_most() {
    let mut bench = Bench::start();
    for _ in 0..3 {
        assert_eq!(bench.fail(Fault::OkThenClose, LONG), Answer::Delivered);
        let answer = bench.post(LONG);
        let lost = matches!(answer, Answer::Later { maybe_delivered: true, .. });
        assert!(answer == Answer::Delivered || lost, "{answer:?}");
        assert_eq!(bench.post(LONG), Answer::Delivered);
    }
}

#[test]
fn a_receiver_without_tls_was_not_reached() {
    let bench = Bench::start();
    let url = bench.fake.url().replace("http://", "https://");
    let client = Client::open(&Settings::default(), false).expect("a client");
    let failure = client.post(&url, "text/plain", b"x", LONG).expect_err("it speaks no TLS");
    assert!(!failure.maybe_sent, "{failure:?}");
    assert!(bench.fake.requests().is_empty());
}

#[test]
fn a_standing_fault_stays_until_told_otherwise() {
    let mut bench = Bench::start();
    bench.fake.answer_with(Some(Fault::word(410, "channel_is_archived")));
    for _ in 0..3 {
        assert!(matches!(bench.post(LONG), Answer::DestinationRefused { .. }));
    }
    bench.fake.answer_with(None);
    assert_eq!(bench.post(LONG), Answer::Delivered);
    assert_eq!(bench.fake.wait_for_requests(4, LONG).len(), 4);
    assert_eq!(bench.fake.received().len(), 1);
}

#[test]
fn a_name_that_does_not_exist_was_not_reached() {
    // RFC 6761 §6.4: `.invalid` never resolves, with a network or without one.
    let client = Client::open(&Settings::default(), true).expect("a client");
    let failure = client.post("http://ipsbell.invalid/", "text/plain", b"", LONG);
    assert!(failure.is_err_and(|failure| !failure.maybe_sent));
}

#[test]
fn a_proxy_that_refuses_was_asked_and_the_receiver_was_not_reached() {
    // The fake knows no CONNECT: as a proxy it refuses.
    let fake = FakeSlack::start().expect("a fake");
    let proxy = fake.url().split("/services").next().map(Secret::new);
    let url = Some(Secret::new("https://hooks.slack.com/services/T0FAKE/B0FAKE/fakefake"));
    let mut slack = open(&Settings { url, proxy, ..Settings::default() }).expect("a destination");
    let Answer::Later { maybe_delivered: false, why, .. } = slack.post(b"{}", LONG) else {
        panic!("it was reached")
    };
    assert_eq!(why, "the proxy refused to connect");
    assert_eq!(fake.connections(), 1);
}

#[test]
fn settings_that_cannot_work_say_what_is_wanted() {
    let url = || Some(Secret::new("http://127.0.0.1:9/x"));
    let missing = std::path::PathBuf::from("/nonexistent/ca.pem");
    let table = [
        (Settings::default(), "url", "found none"),
        (
            Settings { url: url(), ca_file: Some(missing), ..Settings::default() },
            "ca_file",
            "No such file",
        ),
        (
            Settings {
                url: url(),
                proxy: Some(Secret::new("gopher://hunter2")),
                ..Settings::default()
            },
            "proxy",
            "text that is none",
        ),
    ];
    for (settings, key, words) in table {
        let Err(error) = open(&settings) else { panic!("{key} was taken") };
        assert_eq!(error.key, key);
        assert!(error.wanted.contains(words), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"));
    }
}

#[test]
fn a_file_without_certificates_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    for (text, words) in [("", "found none"), ("-----BEGIN CERTIFICATE-----\nx\n", "no PEM")] {
        let path = directory.path().join("ca.pem");
        std::fs::write(&path, text).expect("it can be written");
        let url = Some(Secret::new("http://127.0.0.1:9/x"));
        let Err(error) = open(&Settings { url, ca_file: Some(path), ..Settings::default() }) else {
            panic!("it was taken")
        };
        assert!(error.wanted.contains(words), "{error}");
    }
}
