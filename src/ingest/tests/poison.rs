//! Records that make the program fail: by a panic, which unwinds, and by an end, which does not.

use super::*;
use crate::ingest::care::Turn;
use crate::store::tests::FRAGILE;

fn rig() -> Rig {
    Rig::new(FormatChoice::Named(&FRAGILE))
}

fn lines(numbers: std::ops::Range<usize>) -> String {
    numbers.map(|number| format!("line {number}\n")).collect()
}

#[test]
fn a_record_that_panics_is_a_reject_and_all_others_are_events() {
    let rig = rig();
    append(&rig.directory.path().join("other"), b"from another file\n");
    rig.append(lines(0..30_000));
    rig.append("a POISON\u{1b}[2J\n");
    rig.append(lines(0..30_000));
    rig.append("the last POISON, without an end");
    rig.read_all();
    let counts = rig.counts();
    assert_eq!((counts.events, counts.rejects), (60_000, 2), "{counts:?}");
    let numbers: Vec<_> = rig.records().into_iter().map(|(offset, _)| offset).collect();
    let mut once = numbers.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), 60_000);
    assert_eq!(rig.records().iter().filter(|(_, record)| record == "from another file").count(), 1);
    let wanted = rig.wanted();
    assert_eq!(wanted.len(), 2);
    for wanted in wanted {
        assert!(wanted.contains("(panicked at src/store/tests/mod.rs:"), "{wanted}");
        assert!(!wanted.contains('\u{1b}'), "{wanted:?}");
    }
    // Told once in an hour.
    let incidents = rig.incidents();
    assert_eq!(incidents.len(), 1, "{incidents:?}");
    assert!(incidents[0].starts_with("poison_record /"), "{incidents:?}");
}

#[test]
fn a_log_of_nothing_else_is_read_to_its_end() {
    let rig = rig();
    rig.append("POISON\n".repeat(3_000));
    rig.append("and one that is none\n");
    rig.read_all();
    let counts = rig.counts();
    assert_eq!((counts.records, counts.events, counts.rejects), (3_001, 1, 3_000), "{counts:?}");
    assert_eq!(rig.incidents().len(), 1);
}

/// A life that reads the log's first chunk, or this record as its first, and ends in the midst of it.
fn life(rig: &Rig, record: &[u8]) -> Option<Turn> {
    let mut reader = rig.reader();
    reader.look();
    let mut buffer = Buffer::new();
    let chunk = reader.tail.turn(clock::monotonic(), &mut buffer).unwrap();
    reader.care.begins(&Stretch::of_chunk(&chunk));
    reader.care.takes_one().then(|| reader.care.record(&chunk.path, 0, record))
}

#[test]
fn the_third_life_takes_record_by_record_and_the_fifth_passes_the_culprit() {
    let rig = rig();
    rig.append(lines(0..9));
    let lives: Vec<_> = (0..5).map(|_| life(&rig, b"POISON")).collect();
    let read = Some(Turn::Guarded);
    assert_eq!(lives, [None, None, read, read, Some(Turn::Refused(RECORD_ENDS_MAX))]);
}

#[test]
fn whoever_kills_it_at_different_records_blames_none() {
    let rig = rig();
    rig.append(lines(0..9));
    let records: [&[u8]; 8] = [b"", b"", b"a", b"b", b"c", b"d", b"c", b"d"];
    for record in records {
        assert!(!matches!(life(&rig, record), Some(Turn::Refused(_))));
    }
}

#[test]
fn a_life_that_got_further_counts_from_one() {
    let rig = rig();
    for number in 0..6 {
        rig.append(lines(number * 10..number * 10 + 9));
        assert_eq!(life(&rig, b""), None);
        rig.read();
        rig.append("and more\n");
        assert_eq!(life(&rig, b""), None);
        rig.read();
    }
}

#[test]
fn record_by_record_is_the_chunk_that_ended_the_program_and_nothing_else() {
    let rig = rig();
    let long = format!("{}\n", "x".repeat(299));
    append(&rig.directory.path().join("other"), long.repeat(3_000).as_bytes());
    rig.append(long.repeat(3_000));
    for _ in 0..BATCH_ENDS_MAX {
        assert_eq!(life(&rig, b""), None);
    }
    let mut reader = rig.reader();
    reader.look();
    let (mut buffer, mut batches) = (Buffer::new(), 0);
    while let Done::More = reader.batch(&mut buffer).unwrap() {
        batches += 1;
    }
    // A window has 256 KiB.
    let window = (256 << 10) / long.len();
    assert!(batches >= window && batches < window + 100, "{batches}");
    assert_eq!(rig.records().len(), 6_000);
}

#[test]
fn record_by_record_all_is_read_once_also_records_of_several_lines() {
    let rig = Rig::new(FormatChoice::Auto);
    let full = "[**] [1:1:1] full [**]\n03/14-10:50:25.8 \n";
    let fast = ipsbell_parsers::format("snort-fast").unwrap().example;
    rig.append(format!("{full}\n{fast}\n{full}{fast}\n\n\n{full}").repeat(20));
    for _ in 0..BATCH_ENDS_MAX {
        assert_eq!(life(&rig, b""), None);
    }
    rig.read();
    rig.read_all();
    let counts = rig.counts();
    assert_eq!((counts.events, counts.rejects), (100, 0), "{counts:?}");
    let mut offsets: Vec<_> = rig.records().into_iter().map(|(offset, _)| offset).collect();
    assert!(offsets.is_sorted());
    offsets.dedup();
    assert_eq!(offsets.len(), 100);
}
