//! The command over inputs in memory.

use super::*;

fn check(choice: FormatChoice, input: &str) -> (Vec<String>, Summary) {
    check_task(&task_of(choice), input)
}

fn task_of(choice: FormatChoice) -> Task {
    Task {
        explains: false,
        choice,
        own_formats: Arc::default(),
        also: Vec::new(),
        columns: Vec::new(),
        zone: TimeZone::UTC,
        raw: false,
        agent: config::Agent::standard("web1"),
        severity: SeverityPolicy::of(Vec::new(), Vec::new()),
    }
}

fn check_task(task: &Task, input: &str) -> (Vec<String>, Summary) {
    let mut out = Vec::new();
    let mut summary = Summary::default();
    task.print("-", input.as_bytes(), &mut out, &mut summary).unwrap().unwrap();
    let out = String::from_utf8(out).unwrap();
    (out.lines().map(String::from).collect(), summary)
}

#[test]
fn mixed_records_are_counted_by_what_they_are() {
    let input = format!(
        "{}\r\n\n{{\"event_type\":\"dns\"}}\nSep  2 00:13:42 web1 sshd[1]: hello\n\
         {{\"event_type\":\"alert\"\n{}",
        ipsbell_parsers::format("suricata-fast").unwrap().example,
        ipsbell_parsers::format("cef").unwrap().example,
    );
    let (out, summary) = check(FormatChoice::Auto, &input);
    assert_eq!(out.len(), 2);
    let Summary { records, events, other, unclaimed, rejects, .. } = summary;
    assert_eq!((records, events, other, unclaimed, rejects), (5, 2, 1, 1, 1));
    let line = input.lines().nth(4).unwrap();
    let offset = input.find(line).unwrap() + line.len();
    assert_eq!(
        summary.shown,
        [format!(
            "-:5: suricata-eve: wanted `,` or `}}` at byte {} of the record, offset {offset}",
            line.len()
        )]
    );
}

#[test]
fn a_fixed_format_rejects_what_is_another() {
    let fast = ipsbell_parsers::format("suricata-fast").unwrap();
    let input = "no alert\n".repeat(REJECTS_SHOWN_MAX + 2);
    let (out, summary) = check(FormatChoice::Named(fast), &input);
    assert_eq!((out.len(), summary.rejects, summary.shown.len()), (0, 7, REJECTS_SHOWN_MAX));
    let mut told = Vec::new();
    summary.tell(&mut told).unwrap();
    assert!(String::from_utf8(told).unwrap().contains("and 2 more"));
}

#[test]
fn the_offset_is_the_records_first_byte() {
    let example = ipsbell_parsers::format("snort-fast").unwrap().example;
    let (out, _) = check(FormatChoice::Auto, &format!("x\n{example}\n"));
    assert!(out[0].contains(r#""offset":2"#), "{out:?}");
}

#[test]
fn records_of_several_lines_are_read_and_placed() {
    let example = ipsbell_parsers::format("snort-full").unwrap().example;
    let broken = "[**] [1:2:3] no time [**]\n[Priority: 1]";
    let input = format!("x\n{example}\n\n{broken}\n\n{example}");
    let (out, summary) = check(FormatChoice::Auto, &input);
    let Summary { records, events, unclaimed, rejects, .. } = summary;
    assert_eq!((records, events, unclaimed, rejects), (4, 2, 1, 1));
    assert!(out[0].contains(r#""offset":2"#), "{out:?}");
    let end = input.find(broken).unwrap() + broken.len();
    assert_eq!(
        summary.shown,
        [format!(
            "-:8: snort-full: wanted a line with the time at byte {} of the record, offset {end}",
            broken.len()
        )]
    );
}

#[test]
fn kinds_that_are_asked_for_are_events() {
    let input =
        "{\"event_type\":\"drop\",\"drop\":{}}\n{\"event_type\":\"anomaly\",\"anomaly\":{}}\n";
    for (also, want) in [(vec![], 0), (vec!["drop"], 1), (vec!["anomaly", "drop"], 2)] {
        let task = Task { also, ..task_of(FormatChoice::Auto) };
        let (out, summary) = check_task(&task, input);
        assert_eq!(
            (out.len(), summary.events, summary.other),
            (want, want as u64, 2 - want as u64)
        );
    }
}

#[test]
fn columns_are_read_in_the_order_that_is_given() {
    let format = ipsbell_parsers::format("snort-csv").unwrap();
    let columns = vec!["sig_id", "-", "src"];
    let task = Task { columns, ..task_of(FormatChoice::Named(format)) };
    let (out, summary) = check_task(&task, "7,x,192.0.2.1\n8,x,nowhere\n");
    assert!(out.len() == 1 && out[0].contains(r#""ip":"192.0.2.1""#), "{out:?}");
    assert!(out[0].contains(r#""offset":0"#), "{out:?}");
    // Counted from the line's own first byte.
    assert_eq!(
        summary.shown,
        ["-:2: snort-csv: wanted source address at byte 4 of the record, offset 18"]
    );
}

#[test]
fn header_lines_are_known_to_the_rows_below_them() {
    let input = "#separator \\x09\n#fields\tts\tnote\tsrc\n1773485425.1\tA::B\t192.0.2.1\n";
    let (out, summary) = check(FormatChoice::Auto, input);
    assert_eq!((out.len(), summary.other, summary.unclaimed, summary.rejects), (1, 2, 0, 0));
    let row = input.find("1773").unwrap();
    assert!(out[0].contains(&format!(r#""offset":{row}"#)), "{out:?}");
}
