//! Formats that users define, over records in memory.

use std::collections::BTreeMap;

use ipsbell_parsers::alert::{Severity, Stamp, Value, Verdict};
use proptest::prelude::*;

use super::*;

const DOOR: &str = r"(?P<timestamp>\S+ \S+) door: (?P<action>\w+) (?P<source_ip>\S+) level=(?P<severity>\w*) (?P<rule_name>[^;]*)(?:; (?P<x_gate>.*))?";

fn door(patterns: &[&str]) -> Arc<OwnFormat> {
    let severities = [("3", Severity::High), (OTHERS, Severity::Low)];
    let verdicts = [("shut", Verdict::Blocked)];
    Arc::new(OwnFormat::new(Definition {
        name: "door".to_owned(),
        product: "guard".to_owned(),
        patterns: patterns.iter().map(|text| Pattern::parse(text).unwrap()).collect(),
        layout: Some(Layout::parse("%d.%m.%Y %H:%M:%S").unwrap()),
        severities: severities.map(|(word, severity)| (word.to_owned(), severity)).into(),
        verdicts: verdicts.map(|(word, verdict)| (word.to_owned(), verdict)).into(),
        samples: Vec::new(),
    }))
}

fn fixed(patterns: &[&str]) -> Reader {
    let choice = FormatChoice::Own(door(patterns));
    Reader::new(&choice, &Arc::default(), ipsbell_parsers::Reader::new)
}

#[track_caller]
fn alert<'a>(reader: &mut Reader, record: &'a [u8]) -> Alert<'a> {
    match reader.read(record) {
        Read::Alert { format, alert } if format.name() == "door" => *alert,
        other => panic!("{other:?}"),
    }
}

#[test]
fn groups_become_fields_and_words_what_the_tables_say() {
    let mut reader = fixed(&[DOOR]);
    let record = b"23.11.2026 18:00:01 door: SHUT 192.0.2.1 level=3 forced (CVE-2021-44228); north";
    let alert = alert(&mut reader, record);
    assert_eq!(alert.product, "guard");
    assert_eq!((alert.action.as_deref(), alert.verdict), (Some("SHUT"), Verdict::Blocked));
    assert_eq!((alert.severity_raw.as_deref(), alert.severity), (Some("3"), Severity::High));
    assert_eq!(alert.source.ip, "192.0.2.1".parse().ok());
    assert_eq!(alert.vulnerabilities, ["CVE-2021-44228"]);
    assert_eq!(alert.detail("guard.gate"), Some(&Value::Text("north".into())));
    let wanted = Stamp::Local {
        year: Some(2026),
        month: 11,
        day: 23,
        hour: 18,
        minute: 0,
        second: 1,
        micros: 0,
    };
    assert_eq!((alert.stamp, reader.found()), (Some(wanted), Some("door")));
}

#[test]
fn what_does_not_fit_its_field_is_kept_and_what_is_missing_is_left_out() {
    let mut reader = fixed(&[DOOR]);
    let alert = alert(&mut reader, b"2026-11-23 18:00:01Z door: opened gate level= \xff");
    assert_eq!((alert.source.ip, alert.verdict), (None, Verdict::Unknown));
    assert_eq!(alert.detail("guard.source_ip"), Some(&Value::Text("gate".into())));
    // A time in a usual form is read although there is a layout; `*` is for records without a severity as well.
    assert!(matches!(alert.stamp, Some(Stamp::Instant { .. })));
    assert_eq!((alert.severity_raw.as_deref(), alert.severity), (None, Severity::Low));
    assert_eq!((alert.rule.name.as_deref(), alert.detail("guard.gate")), (Some("\\xff"), None));
}

#[test]
fn patterns_are_tried_in_order_and_behind_syslog_headers() {
    let mut reader = fixed(&["a=(?P<rule_id>\\d+)", "(?P<rule_name>[a-z]+)=(?P<rule_id>\\d+)$"]);
    assert_eq!(alert(&mut reader, b"a=7 b").rule.id.as_deref(), Some("7"));
    assert_eq!(alert(&mut reader, b"b=8\r").rule.name.as_deref(), Some("b"));
    let record = b"<134>Mar 14 10:50:25 fw-1 guard[7]: a=9";
    let behind = alert(&mut reader, record);
    assert_eq!((behind.host.as_deref(), behind.rule.id.as_deref()), (Some("fw-1"), Some("9")));
    assert!(behind.stamp.is_some());
    assert_eq!(reader.begins(record), Some(36));
    let pieces: Vec<_> = headers(record, 36).map(|piece| String::from_utf8_lossy(piece)).collect();
    assert_eq!(pieces, ["<134>", "Mar 14 10:50:25 ", "fw-1 ", "guard[7]: "]);
}

#[test]
fn the_midst_of_a_line_is_not_taken_for_a_line() {
    let mut reader = fixed(&["a=(?P<rule_id>\\d+)"]);
    assert!(matches!(reader.read(b"GET /a=7"), Read::Reject { .. }));
    assert!(matches!(reader.read(b" \t"), Read::Blank));
}

#[test]
fn where_the_content_tells_the_format_the_known_ones_come_first() {
    let own: Arc<[_]> = Arc::from([door(&["(?P<rule_name>.+) knocks"])]);
    let mut reader = Reader::new(&FormatChoice::Auto, &own, ipsbell_parsers::Reader::new);
    let known = ipsbell_parsers::format("suricata-fast").unwrap();
    // A record of a known format is not asked for, and a bare line between such records is no broken one.
    let record = known.example.replace("[**]", "knocks");
    for _ in 0..2 {
        let read = reader.read(known.example.as_bytes());
        assert!(matches!(read, Read::Alert { format: Grammar::Known(_), .. }), "{read:?}");
        assert_eq!(alert(&mut reader, b"somebody knocks").rule.name.as_deref(), Some("somebody"));
    }
    assert!(matches!(reader.read(b"nobody calls"), Read::Reject { format: Grammar::Known(_), .. }));
    assert!(matches!(reader.read(record.as_bytes()), Read::Alert { .. }), "{record}");
    let named = FormatChoice::Named(known);
    let mut reader = Reader::new(&named, &own, ipsbell_parsers::Reader::new);
    assert!(matches!(reader.read(b"somebody knocks"), Read::Reject { .. }));
}

#[test]
fn a_longer_record_is_read_as_if_it_ended_at_the_limit() {
    let mut record = vec![b'a'; own::RECORD_BYTES_MAX];
    record.extend_from_slice(b"bbbb");
    let mut reader = fixed(&["(?P<rule_name>a+b*)$"]);
    let name = alert(&mut reader, &record).rule.name.unwrap();
    assert_eq!(name.len(), own::RECORD_BYTES_MAX);
}

#[track_caller]
fn check_wanted(patterns: &[&str], record: &[u8], at: usize, wanted: &str) {
    let grammar = Grammar::Own(door(patterns));
    let reject = Reject { at: 0, wanted: READABLE };
    assert_eq!(place(&grammar, reject, record), (at, wanted.into()), "{patterns:?}");
}

#[test]
fn a_reject_says_how_far_the_pattern_came() {
    let record = b"23.11.2026 18:00:01 door: shut 192.0.2.1 heavy=3 x";
    check_wanted(&[DOOR], record, 40, "` level=`");
    check_wanted(&[DOOR], b"23.11.2026 18:00:01 window", 19, "` door: `");
    check_wanted(
        &["x", DOOR].map(|p| if p == "x" { "x(?P<rule_id>y)" } else { p }),
        record,
        40,
        "` level=` of pattern 2",
    );
    check_wanted(&["(?P<rule_id>a|b)"], b"c", 0, "`(?P<rule_id>a|b)`");
    check_wanted(&["(?i)AB(?P<rule_id>\\d)"], b"abc", 2, "`(?P<rule_id>\\d)`");
    check_wanted(
        &["b(?P<rule_id>\\d)"],
        b"<134>Mar 14 10:50:25 fw g: bx",
        28,
        "`(?P<rule_id>\\d)`",
    );
    let long = format!("a(?P<rule_id>{})", "b".repeat(100));
    check_wanted(&[&long], b"a", 1, &format!("`(?P<rule_id>{}…`", "b".repeat(48)));
    let many = format!("{}(?P<rule_id>z)", "a?".repeat(100));
    check_wanted(&[&many], b"aay", 2, &format!("`{}…`", "a?".repeat(30)));
}

#[track_caller]
fn check_pattern(text: &str, wanted: &str) {
    let unfit = Pattern::parse(text).unwrap_err();
    let hint = unfit.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
    assert_eq!(format!("{}{hint}", unfit.wanted), wanted);
}

#[test]
fn patterns_that_cannot_be_used() {
    check_pattern("", "a pattern of 1 to 4096 bytes");
    check_pattern(&"a".repeat(PATTERN_BYTES_MAX + 1), "a pattern of 1 to 4096 bytes");
    check_pattern("(?P<host>a", "a regular expression (unclosed group, at its character 1)");
    check_pattern(
        "abc",
        r"a pattern with a named group; name the parts that are of use: `(?P<source_ip>\S+)`",
    );
    check_pattern(
        "(?P<sourceip>a)",
        "groups that are named like fields, not `sourceip`; did you mean `source_ip`?; what is no \
         field is named `x_…`",
    );
    check_pattern(
        r"(?P<host>\w{400}{400})",
        "a regular expression (Compiled regex exceeds size limit of 1048576 bytes.)",
    );
    let deep = format!("{}(?P<host>a){}", "(".repeat(60), ")".repeat(60));
    check_pattern(
        &deep,
        "a regular expression (exceed the maximum number of nested parentheses/brackets (50), at its character 51)",
    );
    check_pattern(
        "(?P<host>a)(?P<host>b)",
        "a regular expression (duplicate capture group name, at its character 16)",
    );
}

#[test]
fn layouts_say_day_and_time() {
    for text in
        ["%d.%m.%Y %H:%M:%S", "%b %d %H:%M:%S", "%s", "%Y-%m-%dT%H:%M:%S%z", "%m/%d/%y %I:%M:%S %p"]
    {
        assert!(Layout::parse(text).is_ok(), "{text}");
    }
    for text in ["", "%Y-%m-%d", "%H:%M:%S", "%Y-%m-%d %S", "%!", &"%d".repeat(200)] {
        assert!(Layout::parse(text).is_err(), "{text}");
    }
    let without_year = Layout::parse("%b %d %H:%M:%S").unwrap().read("Nov 23 18:00:01");
    assert!(matches!(without_year, Some(Stamp::Local { year: None, month: 11, day: 23, .. })));
}

#[test]
fn samples_say_what_is_wrong_with_them() {
    let check = |line: &str, wanted: Result<(), &str>| {
        let format = door(&[DOOR]);
        let found = check_sample(&format, line);
        let said = found.map_err(|unfit| {
            format!(
                "{}{}",
                unfit.wanted,
                unfit.hint.map(|hint| format!("; {hint}")).unwrap_or_default()
            )
        });
        assert_eq!(said, wanted.map_err(str::to_owned), "{line}");
    };
    let line = "23.11.2026 18:00:01 door: shut 192.0.2.1 level=3 x";
    check(line, Ok(()));
    check(&format!("Mar 14 10:50:25 fw guard[7]: {line}"), Ok(()));
    check(
        &line.replace("192.0.2.1", "gate"),
        Err("an IP address in the group `source_ip`, which holds \"gate\""),
    );
    check(
        &line.replace("23.11", "31.13"),
        Err("a time in the group `timestamp`, which holds \"31.13.2026 18:00:01\"; say how it is \
             written: `timestamp = \"%d.%m.%Y %H:%M:%S\"`"),
    );
    check(
        &line.replace("level", "grade"),
        Err("a line that a pattern reads (it wants ` level=` at byte 40)"),
    );
}

#[test]
fn two_formats_are_the_same_if_their_definitions_are() {
    assert_eq!(door(&[DOOR]), door(&[DOOR]));
    assert_ne!(door(&[DOOR]), door(&["(?P<host>a)"]));
    assert_ne!(FormatChoice::Own(door(&[DOOR])), FormatChoice::Auto);
    let none = OwnFormat::new(Definition {
        severities: BTreeMap::new(),
        ..door(&[DOOR]).definition().clone()
    });
    assert_ne!(*door(&[DOOR]), none);
}

proptest! {
    #[test]
    fn any_record_is_read_or_its_place_is_in_it(record in any::<Vec<u8>>()) {
        let mut reader = fixed(&[DOOR, r"(?-u)(?P<rule_name>[^\x00-\x40]+)\x00"]);
        if let Read::Reject { format, reject } = reader.read(&record) {
            let (at, wanted) = place(&format, reject, &record);
            prop_assert!(at <= record.len() && !wanted.is_empty());
        }
    }
}
