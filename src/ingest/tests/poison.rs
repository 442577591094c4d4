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

/// A life that reads one record with this care and ends at it, if it is read at all.
fn life(rig: &Rig, record: &[u8]) -> Option<Turn> {
    let mut care = Care::new(&rig.config.agent.state_dir, 0);
    if care.takes_one() {
        return Some(care.record("/var/log/a.log", 7, record));
    }
    care.chunk(Path::new("/var/log/a.log"), 7);
    None
}

#[test]
fn the_third_life_takes_record_by_record_and_the_fifth_passes_the_culprit() {
    let rig = rig();
    let lives: Vec<_> = (0..5).map(|_| life(&rig, b"POISON")).collect();
    let read = Some(Turn::Guarded);
    assert_eq!(lives, [None, None, read, read, Some(Turn::Refused(RECORD_ENDS_MAX))]);
}

#[test]
fn whoever_kills_it_at_different_records_blames_none() {
    let rig = rig();
    let records: [&[u8]; 6] = [b"a", b"a", b"b", b"c", b"d", b"c"];
    for record in records {
        assert!(!matches!(life(&rig, record), Some(Turn::Refused(_))));
    }
}

#[test]
fn care_ends_after_as_many_bytes_as_a_batch_may_stand_for() {
    let rig = rig();
    for _ in 0..BATCH_ENDS_MAX {
        assert_eq!(life(&rig, b"a"), None);
    }
    let mut care = Care::new(&rig.config.agent.state_dir, 0);
    care.committed(CAREFUL_BYTES - 1);
    assert!(care.takes_one() && !care.is_usual());
    care.committed(1);
    assert!(!care.takes_one() && care.is_usual());
    care.panicked();
    assert!(!care.takes_one() && !care.is_usual());
    care.committed(CAREFUL_BYTES);
    assert!(care.is_usual());
}

#[test]
fn record_by_record_all_is_read_once_also_records_of_several_lines() {
    let rig = Rig::new(FormatChoice::Auto);
    for _ in 0..BATCH_ENDS_MAX {
        assert_eq!(life(&rig, b"a"), None);
    }
    let full = "[**] [1:1:1] full [**]\n03/14-10:50:25.8 \n";
    let fast = ipsbell_parsers::format("snort-fast").unwrap().example;
    rig.append(format!("{full}\n{fast}\n{full}{fast}\n\n\n{full}").repeat(20));
    let mut reader = rig.reader();
    assert!(reader.care.takes_one());
    reader.pass(&mut Buffer::new()).unwrap();
    drop(reader);
    rig.read_all();
    let counts = rig.counts();
    assert_eq!((counts.events, counts.rejects), (100, 0), "{counts:?}");
    let mut offsets: Vec<_> = rig.records().into_iter().map(|(offset, _)| offset).collect();
    assert!(offsets.is_sorted());
    offsets.dedup();
    assert_eq!(offsets.len(), 100);
}
