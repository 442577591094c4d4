//! A reader that takes less than it is given: full transactions, records of several lines, commits
//! that fail.

use std::io::Write;

use super::*;

/// Takes at most `lines_max` lines of the next chunk, and gives them with the chunk's end.
fn take(rig: &mut Rig, lines_max: usize) -> Option<(Vec<String>, End)> {
    let mut chunk = rig.tail.turn(rig.now, &mut rig.buffer)?;
    let lines: Vec<_> = chunk.by_ref().take(lines_max).collect();
    let lines = lines.iter().map(|line| String::from_utf8_lossy(line.bytes).into_owned()).collect();
    let (position, end) = (chunk.position(), chunk.end);
    rig.tail.accept(rig.now, chunk, position);
    Some((lines, end))
}

/// Sees all lines of the next chunk and accepts none.
fn see(rig: &mut Rig) -> Option<(usize, End)> {
    let mut chunk = rig.tail.turn(rig.now, &mut rig.buffer)?;
    let (position, end) = (chunk.position(), chunk.end);
    let count = chunk.by_ref().count();
    rig.tail.accept(rig.now, chunk, position);
    Some((count, end))
}

fn look_after(rig: &mut Rig, wait: Duration) {
    rig.now += wait;
    let found = rig.tail.look(rig.now);
    rig.findings.extend(found);
}

#[test]
fn lines_that_are_not_accepted_are_given_again_at_once() {
    let mut rig = Rig::new(&["a.log"]);
    rig.write("a.log", numbered("a", 0..10));
    look_after(&mut rig, LOOK_EVERY);
    let mut given = Vec::new();
    while let Some((lines, _)) = take(&mut rig, 3) {
        assert!(lines.len() <= 3);
        given.extend(lines);
    }
    assert_eq!(given, texts(&numbered("a", 0..10)));
}

#[test]
fn a_record_that_may_go_on_is_given_again_when_it_does() {
    let mut rig = Rig::new(&["a.log"]);
    rig.write("a.log", "begin\n more\n");
    look_after(&mut rig, LOOK_EVERY);
    assert_eq!(see(&mut rig), Some((2, End::Caught)));
    assert_eq!(see(&mut rig), None, "not before there is more");
    rig.append("a.log", " still more\n");
    look_after(&mut rig, LOOK_EVERY);
    assert_eq!(see(&mut rig), Some((3, End::Caught)));
}

#[test]
fn a_record_that_may_go_on_is_complete_when_its_file_is_quiet() {
    let mut rig = Rig::new(&["a.log"]);
    rig.write("a.log", "begin\n more\n");
    look_after(&mut rig, LOOK_EVERY);
    assert_eq!(see(&mut rig), Some((2, End::Caught)));
    look_after(&mut rig, QUIET_WAIT);
    assert_eq!(take(&mut rig, 9), Some((texts("begin\n more"), End::Quiet)));
    look_after(&mut rig, QUIET_WAIT);
    assert_eq!(see(&mut rig), None);
}

#[test]
fn a_record_in_a_rotated_file_is_complete_when_the_file_is_let_go() {
    let mut rig = Rig::new(&["a.log"]);
    rig.write("a.log", "begin\n more\n");
    look_after(&mut rig, LOOK_EVERY);
    see(&mut rig);
    rig.rename("a.log", "a.log.1");
    rig.write("a.log", "next\n");
    look_after(&mut rig, LOOK_EVERY);
    assert_eq!(take(&mut rig, 9), Some((texts("next"), End::Caught)));
    look_after(&mut rig, ROTATE_WAIT);
    assert_eq!(take(&mut rig, 9), Some((texts("begin\n more"), End::Finished)));
    assert_eq!(rig.open_files(), 2, "not before the commit");
    let changes = rig.tail.changes();
    assert_eq!(changes.finished().count(), 1);
    rig.tail.committed(rig.now);
    assert_eq!(rig.open_files(), 1);
}

#[test]
fn a_file_that_ended_says_so_even_without_a_line() {
    let mut rig = Rig::new(&["a.log"]);
    rig.write("a.log", "one\n");
    look_after(&mut rig, LOOK_EVERY);
    take(&mut rig, 9);
    rig.remove("a.log");
    look_after(&mut rig, LOOK_EVERY);
    assert_eq!(take(&mut rig, 9), None);
    look_after(&mut rig, ROTATE_WAIT);
    assert_eq!(take(&mut rig, 9), Some((Vec::new(), End::Finished)));
}

#[test]
fn a_writer_that_comes_back_before_the_commit_is_followed_on() {
    let mut rig = Rig::new(&["a.log"]);
    let mut writer = rig.writer("a.log");
    writer.write_all(b"one\n").unwrap();
    rig.read();
    rig.remove("a.log");
    rig.read();
    look_after(&mut rig, ROTATE_WAIT);
    assert_eq!(take(&mut rig, 9), Some((Vec::new(), End::Finished)));
    writer.write_all(b"two\n").unwrap();
    rig.commit();
    assert_eq!(rig.read(), ["two"]);
    rig.read();
    assert_eq!(rig.followed().len(), 1);
}

#[test]
fn a_record_larger_than_a_window_makes_it_grow_up_to_a_limit() {
    let mut rig = Rig::new(&["a.log"]);
    let record = numbered(&"x".repeat(990), 0..10_000);
    rig.write("a.log", &record);
    look_after(&mut rig, LOOK_EVERY);
    let mut counts = Vec::new();
    loop {
        let (count, end) = see(&mut rig).unwrap();
        counts.push(count);
        if end == End::Full {
            break;
        }
        assert!(counts.len() < 10);
    }
    assert!(counts.is_sorted() && counts.len() > 3, "{counts:?}");
    assert_eq!(see(&mut rig), None, "a reader that takes nothing does not spin");
    look_after(&mut rig, LOOK_EVERY);
    let (lines, end) = take(&mut rig, usize::MAX).unwrap();
    assert_eq!((lines.len(), end), (*counts.last().unwrap(), End::Full));
}

#[test]
fn what_was_not_committed_is_given_again() {
    let mut rig = Rig::new(&["a.log"]);
    rig.write("a.log", numbered("a", 0..10));
    look_after(&mut rig, LOOK_EVERY);
    take(&mut rig, 4);
    rig.commit();
    take(&mut rig, 4);
    rig.tail.rolled_back();
    assert_eq!(take(&mut rig, 1), Some((texts("a 4"), End::Caught)));
}

#[test]
fn nothing_but_what_changed_is_to_be_saved() {
    let mut rig = Rig::new(&["*.log"]);
    rig.write("a.log", "one\n");
    rig.write("b.log", "one\n");
    rig.read();
    assert_eq!(rig.tail.changes(), Changes::default());
    rig.append("b.log", "two\n");
    look_after(&mut rig, LOOK_EVERY);
    take(&mut rig, 9);
    let changes = rig.tail.changes();
    assert_eq!((changes.save.len(), changes.forget.len()), (1, 0));
    assert_eq!(changes.save[0].path, rig.path("b.log"));
    assert_eq!(changes.save[0].position.offset, 8);
}

#[test]
fn a_flush_gives_what_is_unfinished_and_the_rest_of_that_line_is_skipped() {
    let mut rig = Rig::new(&["a.log"]);
    rig.write("a.log", "one\ntwo");
    assert_eq!(rig.read(), ["one"]);
    rig.tail.flush();
    assert_eq!(rig.read_all(), ["two"]);
    rig.append("a.log", "and a half\nthree\n");
    rig.restart();
    assert_eq!(rig.read(), ["three"]);
}

#[test]
fn a_position_of_another_chunk_accepts_nothing() {
    let mut rig = Rig::new(&["a.log"]);
    rig.write("a.log", "one\ntwo\n");
    look_after(&mut rig, LOOK_EVERY);
    let chunk = rig.tail.turn(rig.now, &mut rig.buffer).unwrap();
    let position = Position { offset: 1000, ..Position::default() };
    rig.tail.accept(rig.now, chunk, position);
    assert_eq!(take(&mut rig, 9).unwrap().0, ["one", "two"]);
}

#[test]
fn case_29_what_is_not_committed_is_no_checkpoint() {
    let mut rig = Rig::new(&["a.log"]);
    rig.write("a.log", numbered("a", 0..10));
    look_after(&mut rig, LOOK_EVERY);
    take(&mut rig, 4);
    rig.commit();
    let row = rig.followed_row().clone();
    // A process that dies between the lines and the commit.
    for _ in 0..3 {
        assert_eq!(take(&mut rig, 4).unwrap().0[0], "a 4");
        assert_eq!(rig.tail.changes().save[0].position.offset, 8 * 4, "what the commit would hold");
        rig.restart();
        look_after(&mut rig, LOOK_EVERY);
    }
    assert_eq!(*rig.followed_row(), row);
    // One that dies between the commit and being told of it.
    take(&mut rig, 4);
    let changes = rig.tail.changes();
    rig.rows.extend(changes.save.into_iter().map(|row| (row.file, row)));
    rig.restart();
    look_after(&mut rig, LOOK_EVERY);
    assert_eq!(take(&mut rig, 9).unwrap().0, ["a 8", "a 9"]);
}

#[test]
fn case_34_a_record_that_a_rotation_cuts_ends_with_its_file() {
    for restart in [false, true] {
        let mut rig = Rig::new(&["a.log"]);
        let mut writer = rig.writer("a.log");
        writer.write_all(b"begin 1\n more\nbegin 2\n more\n").unwrap();
        look_after(&mut rig, LOOK_EVERY);
        // The first record is complete, since another begins; the second may go on.
        assert_eq!(take(&mut rig, 2).unwrap().0, ["begin 1", " more"]);
        assert_eq!(see(&mut rig), Some((2, End::Caught)));
        rig.commit();
        rig.rename("a.log", "a.log.1");
        rig.write("a.log", " the rest of it\nbegin 3\n");
        if restart {
            rig.restart();
        }
        look_after(&mut rig, LOOK_EVERY);
        if restart {
            assert_eq!(see(&mut rig), Some((2, End::Caught)), "again, and still open");
        }
        assert_eq!(see(&mut rig), Some((2, End::Caught)), "the new file is not mixed with it");
        // Its writer comes back to it, and then to the new file.
        writer.write_all(b" and more\n").unwrap();
        look_after(&mut rig, LOOK_EVERY);
        assert_eq!(see(&mut rig), Some((3, End::Caught)));
        look_after(&mut rig, ROTATE_WAIT);
        let mut ends = Vec::new();
        while let Some((lines, end)) = take(&mut rig, 9) {
            ends.push((lines.join("|"), end));
        }
        ends.sort_by_key(|(lines, _)| lines.clone());
        let quiet = (" the rest of it|begin 3".to_owned(), End::Quiet);
        let finished = ("begin 2| more| and more".to_owned(), End::Finished);
        assert_eq!(ends, [quiet, finished], "restarted: {restart}");
    }
}

#[test]
fn case_34_a_record_that_is_cut_in_a_compressed_file_ends_with_it() {
    let mut rig = Rig::new(&["a.log"]);
    rig.write("a.log", "begin 1\n more\n");
    look_after(&mut rig, LOOK_EVERY);
    assert_eq!(see(&mut rig), Some((2, End::Caught)));
    rig.commit();
    rig.compress("a.log", "a.log.1.xz");
    rig.write("a.log", "begin 2\n");
    rig.restart();
    look_after(&mut rig, LOOK_EVERY);
    assert_eq!(take(&mut rig, 9), Some((texts("begin 1\n more"), End::Finished)));
}
