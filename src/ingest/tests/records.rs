//! Records of several lines, cut in every way.

use super::*;

const FIRST: &str = "[**] [1:1:1] first [**]\n[Priority: 1] \n03/14-10:50:25.8 192.0.2.1 -> 192.0.2.2\n\
                     ICMP TTL:1 TOS:0x0 ID:1 IpLen:20 DgmLen:84\nType:8  Code:0  ECHO";
const SECOND: &str =
    "[**] [1:2:1] second [**]\n03/14-10:50:26.8 192.0.2.1:7 -> 192.0.2.2:8\nLen: 5";

fn eve(number: usize) -> String {
    format!(r#"{{"event_type":"alert","flow_id":{number},"alert":{{"signature":"x"}}}}"#)
}

/// Two records of several lines and two of one, and where each begins.
fn sample() -> (String, Vec<(u64, String)>) {
    let eve = eve(1);
    let text = format!("{FIRST}\n\n{eve}\n{SECOND}\n{eve}\n");
    let at = |part: &str| text.find(part).unwrap() as u64;
    let last = text.rfind(&eve).unwrap() as u64;
    let events = vec![
        (at(FIRST), FIRST.to_owned()),
        (at(&eve), eve.clone()),
        (at(SECOND), SECOND.to_owned()),
        (last, eve.clone()),
    ];
    (text, events)
}

#[test]
fn wherever_a_life_ends_the_events_are_the_same() {
    let mut rig = Rig::new(FormatChoice::Auto);
    let pattern = rig.directory.path().join("cut-*");
    rig.config.sources[0].paths = vec![pattern.to_str().unwrap().to_owned()];
    let (text, want) = sample();
    let log = |cut: usize| rig.directory.path().join(format!("cut-{cut}"));
    for cut in 0..text.len() {
        append(&log(cut), &text.as_bytes()[..cut]);
    }
    rig.read();
    for cut in 0..text.len() {
        append(&log(cut), &text.as_bytes()[cut..]);
    }
    rig.read();
    let events = rig.events();
    assert_eq!(events.len(), want.len() * text.len());
    for cut in 0..text.len() {
        let path = log(cut).to_str().unwrap().to_owned();
        let of_log: Vec<_> = events.iter().filter(|event| event.0 == path).collect();
        let of_log: Vec<_> = of_log.iter().map(|(_, at, record)| (*at, record.clone())).collect();
        assert_eq!(of_log, want, "cut at {cut}");
    }
    assert!(rig.view().files().unwrap().iter().all(|file| file.counts.rejects == 0));
}

#[test]
fn many_records_over_many_windows_are_each_read_once() {
    let rig = Rig::new(FormatChoice::Auto);
    let text: String = (0..6_000)
        .map(|number| format!("[**] [1:{number}:1] n [**]\n03/14-10:50:25.8 \n\n{}\n", eve(number)))
        .collect();
    rig.append(&text);
    rig.read_all();
    let counts = rig.counts();
    assert_eq!((counts.events, counts.rejects, counts.others), (12_000, 0, 0), "{counts:?}");
    for (offset, record) in rig.records() {
        assert!(
            text.as_bytes()[offset as usize..].starts_with(record.as_bytes()),
            "{offset}: {record}"
        );
    }
}

#[test]
fn a_record_that_may_go_on_is_an_event_when_all_is_read() {
    let rig = Rig::new(FormatChoice::Auto);
    rig.append(FIRST);
    rig.read();
    assert!(rig.events().is_empty());
    rig.read_all();
    assert_eq!(rig.records(), [(0, FIRST.to_owned())]);
}

#[test]
fn case_34_a_record_that_is_cut_by_a_rotation_is_not_joined_with_the_next_file() {
    // Behind the line with the time it is an event, before it one reject; its rest in the next file is nothing.
    for (lines, events, rejects) in [(3, 1, 0), (2, 0, 1)] {
        let rig = Rig::new(FormatChoice::Auto);
        let at = FIRST.match_indices('\n').nth(lines - 1).unwrap().0 + 1;
        let (head, tail) = FIRST.split_at(at);
        rig.append(format!("{SECOND}\n\n{head}"));
        rig.read();
        std::fs::rename(rig.log(), rig.directory.path().join("alert.1")).unwrap();
        rig.append(format!("{tail}\n\n{SECOND}\n\n"));
        rig.read_all();
        let counts = rig.counts();
        assert_eq!((counts.events, counts.rejects), (2 + events, rejects), "{counts:?}");
        let whole = rig.records().iter().filter(|(_, record)| record == SECOND).count();
        assert_eq!(whole, 2, "{:?}", rig.records());
        let partial = head.trim_end_matches('\n');
        assert_eq!(rig.records().iter().any(|(_, record)| record == partial), events == 1);
    }
}

#[test]
fn what_lacks_its_beginning_is_one_reject_where_the_format_is_known() {
    let rig = Rig::new(FormatChoice::Named(ipsbell_parsers::format("snort-full").unwrap()));
    rig.append(format!("ICMP TTL:1 TOS:0x0 ID:1 IpLen:20 DgmLen:84\nLen: 5\n\n{FIRST}\n\n"));
    rig.read_all();
    let counts = rig.counts();
    assert_eq!((counts.records, counts.events, counts.rejects), (2, 1, 1), "{counts:?}");
}

#[test]
fn a_record_over_the_limit_is_cut_and_counted_and_reading_goes_on() {
    let rig = Rig::new(FormatChoice::Auto);
    let line = format!("Len: {}\n", "5".repeat(1_000));
    rig.append(format!("[**] [1:1:1] endless [**]\n03/14-10:50:25.8 \n{}", line.repeat(10_000)));
    rig.append(format!("\n{SECOND}\n\n"));
    rig.read_all();
    let counts = rig.counts();
    assert_eq!((counts.events, counts.rejects, counts.cut), (2, 2, 2), "{counts:?}");
    let sizes: Vec<_> = rig.records().iter().map(|(_, record)| record.len()).collect();
    assert!(sizes[0] > (4 << 20) - 2_000 && sizes[0] <= 4 << 20, "{sizes:?}");
    assert_eq!(sizes[1], SECOND.len());
}

#[test]
fn holes_in_the_midst_of_a_record_do_not_stop_the_reader() {
    let rig = Rig::new(FormatChoice::Auto);
    let (head, tail) = FIRST.split_at(FIRST.find("ICMP").unwrap());
    rig.append(head);
    let hole = head.len() as u64 + (20 << 20);
    OpenOptions::new().write(true).open(rig.log()).unwrap().set_len(hole).unwrap();
    rig.append(format!("{tail}\n\n{SECOND}\n\n"));
    rig.read_all();
    let counts = rig.counts();
    assert_eq!(counts.events, 2, "{counts:?}");
    assert_eq!(rig.records().last().map(|(_, record)| record.clone()), Some(SECOND.to_owned()));
}
