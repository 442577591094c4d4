//! The command over inputs in memory.

use super::*;

fn check(choice: Choice, input: &str) -> (Vec<String>, Summary) {
    let task = Task {
        choice,
        zone: TimeZone::UTC,
        raw: false,
        agent: config::Agent::standard("web1"),
        severity: SeverityPolicy::of(Vec::new(), Vec::new()),
    };
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
    let (out, summary) = check(Choice::Auto, &input);
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
    let (out, summary) = check(Choice::Fixed(fast), &input);
    assert_eq!((out.len(), summary.rejects, summary.shown.len()), (0, 7, REJECTS_SHOWN_MAX));
    let mut told = Vec::new();
    summary.tell(&mut told).unwrap();
    assert!(String::from_utf8(told).unwrap().contains("and 2 more"));
}

#[test]
fn the_offset_is_the_records_first_byte() {
    let example = ipsbell_parsers::format("snort-fast").unwrap().example;
    let (out, _) = check(Choice::Auto, &format!("x\n{example}\n"));
    assert!(out[0].contains(r#""offset":2"#), "{out:?}");
}

#[test]
fn records_of_several_lines_are_read_and_placed() {
    let example = ipsbell_parsers::format("snort-full").unwrap().example;
    let broken = "[**] [1:2:3] no time [**]\n[Priority: 1]";
    let input = format!("x\n{example}\n\n{broken}\n\n{example}");
    let (out, summary) = check(Choice::Auto, &input);
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
