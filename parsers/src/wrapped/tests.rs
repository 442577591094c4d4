//! Wrapped lines against what they hold, bare and through the framing of records.

use std::string::String;
use std::vec::Vec;
use std::{format, vec};

use super::*;
use crate::alert::Stamp;
use crate::{Choice, Offer, Read, Reader, Records};

const MICROS: i64 = 1_773_485_425_123_456;

// The text, and `host|app|pid|priority` of the header.
#[track_caller]
fn check(record: &str, text: &str, said: &str) {
    let wrapped = unwrap(record.as_bytes()).unwrap_or_else(|| panic!("not wrapped: {record}"));
    assert_eq!(String::from_utf8_lossy(&wrapped.text), text, "{record}");
    let envelope = wrapped.header.envelope;
    assert_eq!(envelope.stamp, Some(Stamp::Instant { unix_micros: MICROS }), "{record}");
    let show = |value: Option<Text<'_>>| value.map_or_else(|| String::from("-"), Text::into_owned);
    let priority = envelope.priority.map_or_else(|| String::from("-"), |value| format!("{value}"));
    let (host, app, pid) = (show(envelope.host), show(envelope.app), show(envelope.pid));
    assert_eq!(format!("{host}|{app}|{pid}|{priority}"), said, "{record}");
}

fn docker(inside: &str) -> String {
    format!(r#"{{"log":"{inside}","stream":"stdout","time":"2026-03-14T10:50:25.123456789Z"}}"#)
}

#[test]
fn dockers_lines_lose_their_escapes() {
    check(&docker(r#"a \"b\" \\ \u00e9\r\n"#), "a \"b\" \\ \u{e9}", "-|-|-|-");
    check(
        &docker(r"ends with a backslash and an n: \\n"),
        r"ends with a backslash and an n: \n",
        "-|-|-|-",
    );
    check(&docker(r"\n"), "", "-|-|-|-");
    check(
        r#"{"log":"x\n","stream":"stderr","attrs":{"tag":"ids"},"time":"2026-03-14T11:50:25.123456789+01:00"}"#,
        "x",
        "-|-|-|-",
    );
}

#[test]
fn runtimes_lines_begin_with_stamp_and_stream() {
    check("2026-03-14T10:50:25.123456789Z stdout F a b", "a b", "-|-|-|-");
    check("2026-03-14T11:50:25.123456789+01:00 stderr F:x a", "a", "-|-|-|-");
    check("2026-03-14T10:50:25.123456789Z stdout F ", "", "-|-|-|-");
}

#[test]
fn the_journals_entries_name_their_sender() {
    check(
        r#"{"_HOSTNAME":"gate","MESSAGE":"a \"b\"","SYSLOG_IDENTIFIER":"kernel","PRIORITY":"4","__REALTIME_TIMESTAMP":"1773485425123456"}"#,
        "a \"b\"",
        "gate|kernel|-|4",
    );
    check(
        r#"{ "__REALTIME_TIMESTAMP" : "1773485425999999", "_SOURCE_REALTIME_TIMESTAMP" : "1773485425123456", "_COMM" : "ids", "_PID" : "7", "PRIORITY" : "6", "SYSLOG_FACILITY" : "3", "MESSAGE" : [ 97, 255, 98 ] }"#,
        "a\u{fffd}b",
        "-|ids|7|30",
    );
    check(
        r#"{"MESSAGE":["first","second"],"_PID":["7","8"],"__REALTIME_TIMESTAMP":"1773485425123456"}"#,
        "first",
        "-|-|7|-",
    );
}

#[test]
fn what_only_looks_wrapped_stays_as_it_is() {
    for record in [
        "",
        r#"{"log":"x\n","stream":"stdout"}"#,
        r#"{"log":{"level":"x"},"time":"2026-03-14T10:50:25Z"}"#,
        r#"{"log":"cut"#,
        r#"{"event_type":"alert"}"#,
        r#"{"MESSAGE":"x"}"#,
        r#"{"MESSAGE":null,"__REALTIME_TIMESTAMP":"1773485425123456"}"#,
        r#"{"MESSAGE":[],"__REALTIME_TIMESTAMP":"1773485425123456"}"#,
        "2026-03-14T10:50:25.123456789Z gate ids[1]: x",
        "2026-03-14T10:50:25.123456789Z stdout X x",
        "2026-03-14T10:50:25.123456789Z stdout F",
        "stdout F x",
    ] {
        assert_eq!(unwrap(record.as_bytes()), None, "{record}");
    }
}

// The records of these lines, each as what its text is.
fn texts(lines: &[String]) -> Vec<String> {
    let mut records = Records::new(Choice::Auto);
    let mut found = Vec::new();
    let mut take = |records: &mut Records| {
        let record = records.take().expect("a record");
        found.push(String::from_utf8(unwrap(&record.bytes).unwrap().text.into_owned()).unwrap());
    };
    for line in lines {
        let mut offer = records.offer(0, line.as_bytes(), false);
        if offer == Offer::Before {
            take(&mut records);
            offer = records.offer(0, line.as_bytes(), false);
        }
        match offer {
            Offer::Complete => take(&mut records),
            Offer::Taken => {}
            Offer::Alone | Offer::Before => assert!(records.open().is_none(), "{line}"),
        }
    }
    if records.open().is_some() {
        take(&mut records);
    }
    found
}

#[test]
fn a_line_that_the_runtime_cut_is_put_together() {
    assert_eq!(texts(&[docker("one"), docker(" and two"), docker(r"!\n")]), ["one and two!"]);
    let line = |rest: &str| format!("2026-03-14T10:50:25.123456789Z {rest}");
    let lines = [line("stdout P one "), line("stdout F two"), line("stdout F alone")];
    assert_eq!(texts(&lines), ["one two"]);
    // The other stream's line is not its continuation.
    let lines = [line("stdout P one "), line("stderr P other"), line("stderr F ")];
    assert_eq!(texts(&lines), ["one ", "other"]);
    // Nor is a line that is not wrapped.
    assert_eq!(texts(&[docker("one"), String::from("bare")]), ["one"]);
}

#[test]
fn a_record_of_several_wrapped_lines_is_one() {
    let record = crate::format("snort-full").unwrap().example;
    let wrap = |line: &str| docker(&format!(r"{line}\n"));
    let mut lines: Vec<_> = record.lines().map(wrap).collect();
    lines.extend([docker(r"\n"), docker(r"started\n")]);
    assert_eq!(texts(&lines), [record]);
    let raw = lines.get(..5).unwrap().join("\n");
    let mut reader = Reader::new(Choice::Auto);
    let Read::Alert { format, alert } = reader.read(raw.as_bytes()) else { panic!("no alert") };
    assert_eq!((format.name, alert.rule.name.as_deref()), ("snort-full", Some("Echo request")));
}

#[test]
fn what_is_put_together_is_bounded() {
    let piece = docker(&"x".repeat(crate::record::RECORD_BYTES_MAX / 3));
    let mut records = Records::new(Choice::Auto);
    let offers: Vec<_> = (0..3).map(|_| records.offer(0, piece.as_bytes(), false)).collect();
    assert_eq!(offers, vec![Offer::Taken, Offer::Taken, Offer::Before]);
    assert!(records.take().unwrap().cut);
}

#[test]
fn what_the_wrapping_says_counts_where_the_record_is_silent() {
    let mut reader = Reader::new(Choice::Auto);
    let text = docker("DROP IN=eth0 OUT= SRC=203.0.113.9 DST=192.0.2.80 PROTO=TCP SPT=1 DPT=2");
    let Read::Alert { alert, .. } = reader.read(text.as_bytes()) else { panic!("no alert") };
    assert_eq!(alert.stamp, Some(Stamp::Instant { unix_micros: MICROS }));
    assert_eq!(alert.detail("log.iostream"), Some(&Value::Text("stdout".into())));
    // What else a container says is no broken record.
    let said = docker(r"listening on port 80\n");
    assert_eq!(reader.read(said.as_bytes()), Read::Unclaimed);
}
