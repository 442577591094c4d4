//! Where nothing is difficult (one file, whole lines appended one after the other) the agent stores what `linemux` gives,
//! line by line and in the same order. Where it is difficult they differ: `cargo bench --bench losses` says by how much.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use ipsbell::fake_slack::FakeSlack;
use linemux::MuxedLines;

use crate::stored;
use crate::support::{DEADLINE, Place, alerts};

/// Appends of whole lines, each seen by both before the next.
const APPENDS: [u32; 12] = [1, 1, 7, 2, 30, 1, 100, 3, 1, 250, 12, 1];

#[test]
fn appended_lines_are_those_of_the_reference_in_the_same_order() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    std::fs::File::create(place.log()).unwrap();
    let (sender, lines) = channel();
    let path = place.log();
    let reference = std::thread::spawn(move || follow(path, &sender));
    // An empty text says that it watches.
    assert_eq!(next(&lines), "");
    let agent = place.run();
    let (mut written, mut given) = (0, Vec::new());
    for count in APPENDS {
        place.append(&alerts(2100, written..written + count));
        written += count;
        given.extend((0..count).map(|_| next(&lines)));
        place.wait_for_account("the append", |account| account.stored == u64::from(written));
    }
    assert_eq!(agent.stop(), 0);
    drop(lines);
    // Its next line finds nobody who listens.
    place.append(&alerts(2100, written..written + 1));
    reference.join().unwrap();
    let mut stored = Vec::new();
    stored::ask(&place, "SELECT record FROM events ORDER BY sequence", |row| {
        stored.push(String::from_utf8(row.get(0)?).unwrap());
        Ok(())
    });
    assert_eq!(stored, given);
}

fn next(lines: &Receiver<String>) -> String {
    lines.recv_timeout(DEADLINE).expect("a line of the reference")
}

/// Hands on each line until nobody listens, or nothing comes for too long.
fn follow(path: PathBuf, lines: &Sender<String>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut followed = MuxedLines::new().unwrap();
        followed.add_file_from_start(path).await.unwrap();
        lines.send(String::new()).unwrap();
        let limit: Duration = DEADLINE;
        while let Ok(Ok(Some(line))) = tokio::time::timeout(limit, followed.next_line()).await {
            if lines.send(line.line().to_owned()).is_err() {
                break;
            }
        }
    });
}
