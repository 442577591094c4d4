//! Records of several lines through the real program: killed, rotated and left alone in their midst.

use ipsbell::fake_slack::FakeSlack;
use ipsbell::store::{Query, View};

use crate::support::{DEADLINE, Place, ipsbell, text, wait_for};

/// How often a run is repeated in which the machine was so slow that the log counted as quiet.
const ATTEMPTS_MAX: usize = 10;

/// Record `number` of `alert_full`, without the blank line behind it.
fn full(number: u32) -> String {
    format!(
        "[**] [1:{number}:1] LOCAL number {number} [**]\n[Classification: Misc activity] [Priority: 2] \n\
         03/14-10:50:25.823699 192.0.2.80:{number} -> 198.51.100.11:443\n\
         TCP TTL:64 TOS:0x0 ID:{number} IpLen:20 DgmLen:108 DF\n\
         ***AP*** Seq: 0x1  Ack: 0x2  Win: 0x80B  TcpLen: 20\n"
    )
}

fn write(place: &Place, text: &str) {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    let mut log = options.append(true).create(true).open(place.log()).unwrap();
    log.write_all(text.as_bytes()).unwrap();
}

/// Offset and raw record of each stored event, and the rejects.
fn stored(place: &Place) -> (Vec<(u64, String)>, u64) {
    let view = View::open(&place.state(), "sensor-1").unwrap();
    let mut found = Vec::new();
    let query = Query { since: None, limit: usize::MAX };
    let take = &mut |event: &ipsbell::event::Event<'_>| {
        found.push((event.offset, String::from_utf8(event.raw.to_vec()).unwrap()));
    };
    view.search(&query, None, &|_| true, take, &mut || {}).unwrap();
    found.reverse();
    (found, view.files().unwrap().iter().map(|file| file.counts.rejects).sum())
}

fn wait_for_stored(place: &Place, events: u64) {
    place.wait_for_account("the events", |account| account.stored >= events);
}

#[test]
fn killed_in_the_midst_of_a_record_it_is_one_event() {
    let slack = FakeSlack::start().unwrap();
    for _ in 0..ATTEMPTS_MAX {
        let place = Place::new(&slack);
        let log = format!("{}\n{}\n{}\n", full(1), full(2), full(3));
        let want: Vec<_> = (1..4)
            .map(|number| {
                let record = full(number);
                (log.find(&record).unwrap() as u64, record.trim_end().to_owned())
            })
            .collect();
        // Within the second record, then within the third.
        let cuts = [want[1].0 as usize + 70, want[2].0 as usize + 140];
        write(&place, &log[..cuts[0]]);
        let agent = place.run();
        wait_for_stored(&place, 1);
        agent.kill();
        write(&place, &log[cuts[0]..cuts[1]]);
        let agent = place.run();
        wait_for_stored(&place, 2);
        agent.kill();
        write(&place, &log[cuts[1]..]);
        assert_eq!(place.ipsbell(&["run", "--once"]).status.code(), Some(0));
        let (events, rejects) = stored(&place);
        if rejects > 0 || events.len() > 3 || events[1].1 != want[1].1 || events[2].1 != want[2].1 {
            // Two seconds passed between a write and the kill: half a record counted as all there is.
            continue;
        }
        assert_eq!(events, want);
        return;
    }
    panic!("in {ATTEMPTS_MAX} runs no record was whole");
}

#[test]
fn a_record_without_its_blank_line_is_told_when_its_file_is_quiet() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let agent = place.run();
    write(&place, &full(7));
    let posts = slack.wait_for(1, DEADLINE);
    assert!(posts[0].shown().contains("LOCAL number 7"), "{}", posts[0].shown());
    // What comes later is a record of its own, not the rest of one that was told.
    write(&place, &format!("\n{}\n", full(8)));
    wait_for_stored(&place, 2);
    let (events, rejects) = stored(&place);
    assert_eq!((events[0].0, events[0].1.as_str(), rejects), (0, full(7).trim_end(), 0));
    assert_eq!(agent.stop(), 0);
    let account = place.ipsbell(&["run", "--once"]);
    assert_eq!(account.status.code(), Some(0), "{}", text(&account.stderr));
}

#[test]
fn case_34_a_rotation_in_the_midst_of_a_record_joins_nothing() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let record = full(2);
    let at = record.find("TCP").unwrap();
    write(&place, &format!("{}\n{}", full(1), &record[..at]));
    let agent = place.run();
    wait_for_stored(&place, 1);
    std::fs::rename(place.log(), place.path("eve.json.1")).unwrap();
    write(&place, &format!("{}\n{}\n", &record[at..], full(3)));
    // What the old file holds of the record is an event once that file is quiet.
    wait_for_stored(&place, 3);
    let parts = wait_for("all three", || Some(stored(&place).0).filter(|events| events.len() == 3));
    let mut parts: Vec<_> = parts.into_iter().map(|(_, record)| record).collect();
    parts.sort();
    let want = [full(1), record[..at].to_owned(), full(3)];
    assert_eq!(parts, want.map(|record| record.trim_end_matches('\n').to_owned()));
    assert_eq!(agent.stop(), 0);
}

#[test]
fn parse_reads_them_from_a_pipe() {
    use std::io::Write as _;
    use std::process::Stdio;
    let mut parse = ipsbell();
    parse.args(["parse", "--timezone", "UTC", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = parse.stderr(Stdio::piped()).spawn().unwrap();
    let input = format!("{}\nSep  2 00:13:42 web1 sshd[9]: hello\n{}", full(1), full(2));
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(text(&output.stdout).lines().count(), 2);
    assert!(text(&output.stderr).contains("3 records: 2 events"), "{}", text(&output.stderr));
}
