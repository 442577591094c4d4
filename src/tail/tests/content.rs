//! What a log's bytes can be: unfinished, over-long, not text, full of NULs.

use std::os::unix::fs::FileExt;

use super::*;

#[test]
fn case_15_an_unfinished_line_waits_for_its_end() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "one\ntw");
    assert_eq!(rig.read(), ["one"]);
    assert_eq!(rig.followed_row().position.offset, 4);
    rig.append("eve.json", "o");
    assert!(rig.read().is_empty());
    rig.restart();
    assert!(rig.read().is_empty());
    rig.append("eve.json", "\nthr");
    assert_eq!(rig.read(), ["two"]);
    assert_eq!(rig.given[1].offset, 4);
}

#[test]
fn case_15_an_unfinished_line_is_given_when_its_file_is_let_go() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "one\ntwo");
    rig.read();
    rig.rename("eve.json", "eve.json.1");
    rig.write("eve.json", "new\n");
    assert_eq!(rig.read(), ["new"]);
    assert_eq!(rig.after(ROTATE_WAIT), ["two"]);
    assert_eq!(rig.open_files(), 1);
}

#[test]
fn case_15_an_unfinished_line_that_much_follows_is_read_on() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "one\ntw");
    assert_eq!(rig.read(), ["one"]);
    let rest = numbered(&"x".repeat(100), 0..10_000);
    rig.append("eve.json", format!("o\n{rest}"));
    assert_eq!(rig.read().len(), 10_001);
    assert_eq!(rig.losses(), []);
}

#[test]
fn case_09_a_log_that_is_cut_off_within_its_first_line_is_read_from_its_beginning() {
    for after in ["", "b", "b 1\n", "b 1\nb 2\n"] {
        for restart in [false, true] {
            let mut rig = Rig::new(&["eve.json"]);
            rig.write("eve.json", "a 1 unfin");
            rig.read();
            rig.write("eve.json", after);
            let log = File::open(rig.path("eve.json")).unwrap();
            log.set_modified(std::time::SystemTime::now() + Duration::from_secs(9)).unwrap();
            if restart {
                rig.restart();
            }
            let given = rig.read();
            assert_eq!(given, texts(after.trim_end_matches('b')), "{after:?} {restart}");
            assert_eq!(rig.losses(), [What::Truncated { lost_bytes_at_least: 9 }]);
        }
    }
}

#[test]
fn case_16_an_over_long_line_is_cut_and_reading_goes_on_behind_it() {
    for (length, cut) in [
        (LINE_BYTES_MAX - 1, false),
        (LINE_BYTES_MAX, false),
        (LINE_BYTES_MAX + 1, true),
        (WINDOW_BYTES_MAX * 2, true),
    ] {
        let mut rig = Rig::new(&["eve.json"]);
        rig.write("eve.json", [b"before\n", &vec![b'x'; length][..], b"\nafter\n"].concat());
        let given = rig.read();
        let lengths: Vec<usize> = given.iter().map(String::len).collect();
        assert_eq!(lengths, [6, length.min(LINE_BYTES_MAX), 5]);
        assert_eq!(rig.given[1].cut, cut);
        assert_eq!(rig.given[2].offset, 7 + length as u64 + 1);
        let skipped = rig.followed_row().position.skipped;
        let cut_bytes = length.saturating_sub(LINE_BYTES_MAX) as u64;
        assert_eq!(skipped, Skipped { cut_lines: u64::from(cut), cut_bytes, nul_bytes: 0 });
    }
}

#[test]
fn case_16_an_over_long_line_is_skipped_across_restarts() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", vec![b'x'; LINE_BYTES_MAX + 10]);
    assert_eq!(rig.read().len(), 1);
    for _ in 0..3 {
        rig.restart();
        rig.append("eve.json", vec![b'y'; 100_000]);
        assert!(rig.read().is_empty());
    }
    rig.restart();
    rig.append("eve.json", "end\nafter\n");
    assert_eq!(rig.read(), ["after"]);
    let skipped = rig.followed_row().position.skipped;
    assert_eq!(skipped, Skipped { cut_lines: 1, cut_bytes: 300_013, nul_bytes: 0 });
}

#[test]
fn case_16_the_buffer_shrinks_after_a_long_line() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", vec![b'x'; LINE_BYTES_MAX * 3]);
    rig.now += Duration::from_secs(1);
    rig.tail.look(rig.now);
    assert!(rig.turn());
    assert!(rig.buffer.capacity() > LINE_BYTES_MAX);
    while rig.turn() {}
    rig.append("eve.json", "\nshort\n");
    assert_eq!(rig.read(), ["short"]);
    assert!(rig.buffer.capacity() <= 1024 * 1024);
}

#[test]
fn case_17_bytes_that_are_not_utf8_pass_as_they_are() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", b"\xff\xfe\x80\n\xc3\x28\n");
    rig.tail.look(rig.now);
    let chunk = rig.tail.turn(rig.now, &mut rig.buffer).unwrap();
    let lines: Vec<&[u8]> = chunk.map(|line| line.bytes).collect();
    assert_eq!(lines, [&b"\xff\xfe\x80"[..], b"\xc3\x28"]);
}

#[test]
fn case_18_a_carriage_return_before_a_newline_is_no_part_of_a_line() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "one\r\ntwo\r");
    assert_eq!(rig.read(), ["one"]);
    rig.append("eve.json", "\nthree\rfour\r\n\r\n");
    assert_eq!(rig.read(), ["two", "three\rfour", ""]);
}

#[test]
fn case_18_reads_that_end_anywhere_make_no_difference() {
    for bytes in 1..12 {
        let mut rig = Rig::new(&["eve.json"]);
        rig.faults.read_at_most(bytes);
        rig.write("eve.json", "one\r\ntwo\n\r\nthree\r\n");
        assert_eq!(rig.read(), ["one", "two", "", "three"], "reads of {bytes} bytes");
    }
}

#[test]
fn case_19_nuls_before_a_line_are_skipped_and_counted() {
    // A writer that keeps its offset after a truncation leaves a hole; this one is larger than a
    // window, than a turn's share of NULs, and not a multiple of any block.
    for hole in [1, 5000, 300_000, 100_000_001] {
        let mut rig = Rig::new(&["eve.json"]);
        let file = File::create(rig.path("eve.json")).unwrap();
        file.write_all_at(b"one\n", 0).unwrap();
        file.write_all_at(b"two\n", 4 + hole).unwrap();
        assert_eq!(rig.read(), ["one", "two"]);
        assert_eq!(rig.given[1].offset, 4 + hole);
        assert_eq!(rig.followed_row().position.skipped.nul_bytes, hole);
        rig.restart();
        rig.append("eve.json", "three\n");
        assert_eq!(rig.read(), ["three"]);
    }
}

#[test]
fn case_19_space_that_is_set_aside_is_not_passed_over() {
    for space in [100, 10_000, 2_000_000] {
        let mut rig = Rig::new(&["eve.json"]);
        let file = File::create(rig.path("eve.json")).unwrap();
        file.set_len(space).unwrap();
        assert!(rig.read().is_empty());
        file.write_all_at(b"one\ntw", 0).unwrap();
        assert_eq!(rig.read(), ["one"]);
        rig.restart();
        file.write_all_at(b"o\n", 6).unwrap();
        assert_eq!(rig.read(), ["two"]);
        assert!(rig.read().is_empty());
        assert_eq!(rig.tail.files()[0].position.skipped.nul_bytes, 0);
    }
}

#[test]
fn case_19_the_nuls_at_the_end_of_a_finished_file_are_counted() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", [b"one\ntwo", &[0; 300_000][..]].concat());
    rig.read();
    rig.rename("eve.json", "eve.json.1");
    rig.write("eve.json", "new\n");
    rig.read();
    assert_eq!(rig.after(ROTATE_WAIT), ["two"]);
    assert_eq!(rig.open_files(), 1);
}

#[test]
fn a_file_of_one_line_takes_few_reads_when_nothing_happens() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "one\npartial");
    rig.read();
    let before = rig.faults.reads();
    for _ in 0..100 {
        rig.read();
    }
    // Case 28: a file that did not change is not read.
    assert_eq!(rig.faults.reads(), before);
}
