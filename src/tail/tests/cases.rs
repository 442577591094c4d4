//! Which files are followed, from where, in which order, and what goes wrong with them.

use std::os::unix::fs::symlink;
use std::process::Command;

use rustix::io::Errno;

use super::*;

#[test]
fn case_01_what_no_watch_reports_is_found_by_looking() {
    // The rig's watch never reports anything.
    let mut rig = Rig::new(&["*.log"]);
    rig.write("a.log", "a 1\n");
    assert_eq!(rig.read(), ["a 1"]);
    rig.append("a.log", "a 2\n");
    rig.write("b.log", "b 1\n");
    assert!(rig.after(LOOK_EVERY / 2).is_empty(), "it is not time to look yet");
    assert_eq!(rig.after(LOOK_EVERY / 2), ["a 2", "b 1"]);
}

#[test]
fn case_02_without_watches_files_are_looked_at_more_often() {
    let mut rig = Rig::new(&["*.log"]);
    let open: Open = Box::new(|_| Err("no space left for watches".to_owned()));
    let sources = compile(&rig.sources).unwrap();
    rig.tail = Tail::with(Box::new(rig.faults.clone()), open, sources, Vec::new(), (1, TODAY_US));
    rig.write("a.log", "a 1\n");
    assert_eq!(rig.read(), ["a 1"]);
    assert!(rig.found().contains(&What::Polling { why: "no space left for watches".to_owned() }));
    rig.append("a.log", "a 2\n");
    assert_eq!(rig.after(POLL_EVERY), ["a 2"]);
    rig.after(WATCH_RETRY);
    assert!(rig.found().is_empty(), "told once");
}

#[test]
fn case_23_a_file_under_two_globs_and_two_names_is_read_once() {
    let mut rig = Rig::new(&["*.log", "a*", "sub/*", "a.log"]);
    fs::create_dir(rig.path("sub")).unwrap();
    rig.write("a.log", "a 1\n");
    fs::hard_link(rig.path("a.log"), rig.path("sub/hard")).unwrap();
    symlink(rig.path("a.log"), rig.path("sub/soft")).unwrap();
    assert_eq!(rig.read(), ["a 1"]);
    rig.append("a.log", "a 2\n");
    assert_eq!(rig.read(), ["a 2"]);
    rig.remove("a.log");
    rig.append("sub/hard", "a 3\n");
    assert_eq!(rig.read(), ["a 3"], "its other name is its name now");
}

#[test]
fn case_24_files_and_directories_that_appear_later_are_read_from_their_beginning() {
    let directory = TempDir::new().unwrap();
    let mut rig = Rig::over(directory, &["later/*/eve.json", "x.log"], StartAt::End);
    assert!(rig.read().is_empty());
    fs::create_dir_all(rig.path("later/one")).unwrap();
    rig.write("later/one/eve.json", "one\n");
    assert_eq!(rig.read(), ["one"]);
    fs::create_dir_all(rig.path("later/two")).unwrap();
    rig.write("later/two/eve.json", "two\n");
    rig.write("x.log", "x\n");
    assert_eq!(rig.read(), ["two", "x"]);
}

#[test]
fn case_24_a_file_that_appears_while_stopped_is_read_from_its_beginning() {
    let mut rig = Rig::over(TempDir::new().unwrap(), &["*.log"], StartAt::End);
    rig.write("a.log", "old\n");
    assert!(rig.read().is_empty());
    rig.append("a.log", "a\n");
    rig.write("b.log", "b\n");
    rig.restart();
    assert_eq!(rig.read(), ["a", "b"]);
}

#[test]
fn case_25_a_file_that_may_not_be_read_is_told_and_read_when_it_may() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "one\n");
    rig.faults.fail_open(&rig.path("eve.json"), Some(Errno::ACCESS));
    assert!(rig.read().is_empty());
    assert!(rig.read().is_empty());
    let [What::Unreadable { hint, .. }] = &rig.found()[..] else { panic!("wanted it told once") };
    assert!(hint.contains("setfacl"), "{hint}");
    assert_eq!(rig.tail.troubles().count(), 1);
    rig.faults.fail_open(&rig.path("eve.json"), None);
    assert_eq!(rig.read(), ["one"]);
    assert!(rig.found().contains(&What::Readable));
}

#[test]
fn case_25_what_is_written_while_a_file_may_not_be_read_is_not_skipped() {
    let mut rig = Rig::over(TempDir::new().unwrap(), &["eve.json"], StartAt::End);
    rig.write("eve.json", "history\n");
    rig.faults.fail_open(&rig.path("eve.json"), Some(Errno::ACCESS));
    rig.read();
    rig.append("eve.json", "one\n");
    rig.read();
    rig.faults.fail_open(&rig.path("eve.json"), None);
    assert_eq!(rig.read(), ["one"]);
}

#[test]
fn case_25_a_checkpoint_waits_for_a_file_that_may_not_be_read() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "one\n");
    rig.read();
    rig.append("eve.json", "two\n");
    rig.faults.fail_open(&rig.path("eve.json"), Some(Errno::ACCESS));
    rig.restart();
    assert!(rig.read().is_empty());
    rig.faults.fail_open(&rig.path("eve.json"), None);
    assert_eq!(rig.read(), ["two"]);
}

#[test]
fn case_27_many_files_have_fair_and_bounded_turns() {
    let mut rig = Rig::new(&["*.log"]);
    let busy = numbered("busy", 0..200_000);
    rig.write("000.log", &busy);
    for number in 1..300 {
        rig.write(&format!("{number:03}.log"), format!("quiet {number}\n"));
    }
    rig.now += LOOK_EVERY;
    rig.tail.look(rig.now);
    for _ in 0..300 {
        assert!(rig.turn());
    }
    // One turn each: the busy file did not keep the others waiting.
    let quiet = rig.given.iter().filter(|line| line.text.starts_with("quiet")).count();
    assert_eq!(quiet, 299);
    let given = rig.given.len() - quiet;
    assert!(given > 0 && given < 200_000);
    rig.read();
    assert_eq!(rig.given.len(), 200_000 + 299);
    rig.append("123.log", "again\n");
    assert_eq!(rig.read(), ["again"]);
}

#[test]
fn case_31_the_first_start_reads_from_where_it_was_told() {
    for (start_at, expected) in
        [(StartAt::Beginning, &["old", "partial", "new"][..]), (StartAt::End, &["partial", "new"])]
    {
        let mut rig = Rig::over(TempDir::new().unwrap(), &["eve.json"], start_at);
        rig.write("eve.json", "old\npart");
        rig.read();
        rig.append("eve.json", "ial\nnew\n");
        rig.read();
        let given: Vec<&str> = rig.given.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(given, expected, "{start_at:?}");
    }
}

#[test]
fn case_31_the_end_at_the_first_start_is_kept_even_if_nothing_is_read() {
    let mut rig = Rig::over(TempDir::new().unwrap(), &["eve.json"], StartAt::End);
    rig.write("eve.json", "old\n");
    rig.read();
    rig.append("eve.json", "while stopped\n");
    rig.restart();
    assert_eq!(rig.read(), ["while stopped"]);
}

#[test]
fn case_31_the_end_of_a_file_is_found_whatever_it_ends_with() {
    let long = vec![b'x'; LINE_BYTES_MAX * 2];
    let cases: [(&[u8], &[u8], &[&str]); 5] = [
        (b"", b"new\n", &["new"]),
        (b"only", b" one\nnew\n", &["only one", "new"]),
        (&[b"old\n", &[b'x'; 200_000][..]].concat(), b"\nnew\n", &[&"x".repeat(200_000), "new"]),
        (&[b"old\n", &long[..]].concat(), b"rest\nnew\n", &["new"]),
        (&[b"old\n", &[0; 200_000][..]].concat(), b"new\n", &["new"]),
    ];
    for (before, after, expected) in cases {
        let mut rig = Rig::over(TempDir::new().unwrap(), &["eve.json"], StartAt::End);
        rig.write("eve.json", before);
        assert!(rig.read().is_empty());
        rig.append("eve.json", after);
        assert_eq!(rig.read(), expected);
    }
}

#[test]
fn case_32_a_read_error_is_told_and_tried_again_while_others_go_on() {
    let mut rig = Rig::new(&["a.log", "b.log"]);
    rig.write("a.log", "a 1\n");
    rig.write("b.log", "b 1\n");
    rig.faults.fail_reads(&rig.path("a.log"), Errno::IO, 3);
    assert_eq!(rig.read(), ["b 1"]);
    assert_eq!(
        rig.found().iter().filter(|what| matches!(what, What::Unreadable { .. })).count(),
        1
    );
    assert!(rig.tail.files()[0].problem.is_some());
    // The waits double: the second try is a second later, the third two, the fourth four.
    assert!(rig.after(RETRY_FIRST).is_empty());
    assert!(rig.after(RETRY_FIRST).is_empty());
    assert!(rig.after(RETRY_FIRST).is_empty());
    assert!(rig.found().is_empty(), "told once");
    assert_eq!(rig.after(RETRY_FIRST * 4), ["a 1"]);
    assert!(rig.found().contains(&What::Readable));
    assert!(rig.tail.files()[0].problem.is_none());
}

#[test]
fn case_32_a_read_that_is_interrupted_is_tried_again_at_once() {
    let mut rig = Rig::new(&["a.log"]);
    rig.write("a.log", "a 1\n");
    rig.faults.fail_reads(&rig.path("a.log"), Errno::INTR, 5);
    assert_eq!(rig.read(), ["a 1"]);
    assert!(!rig.found().iter().any(|what| matches!(what, What::Unreadable { .. })));
}

#[test]
fn case_35_what_is_not_a_file_is_told() {
    let mut rig = Rig::new(&["directory", "pipe", "*.d"]);
    fs::create_dir(rig.path("directory")).unwrap();
    fs::create_dir(rig.path("more.d")).unwrap();
    assert!(Command::new("mkfifo").arg(rig.path("pipe")).status().unwrap().success());
    assert!(rig.read().is_empty());
    let found = rig.found();
    assert_eq!(
        found,
        [What::NotAFile { found: Kind::Directory }, What::NotAFile { found: Kind::Fifo }]
    );
    let told: Vec<String> = rig.tail.troubles().map(|finding| finding.to_string()).collect();
    assert!(told[1].contains("wanted a log file") && told[1].contains("found a named pipe"));
}

#[test]
fn a_name_with_control_characters_is_told_escaped() {
    let finding = Finding::new("/logs/\u{1b}[2Jevil\n", What::Appeared { from: 0 });
    assert_eq!(finding.to_string(), r#"new file "/logs/\u{1b}[2Jevil\n": read from byte 0"#);
}

#[test]
fn more_files_than_the_limit_are_told_once() {
    let rig = Rig::new(&["*.log"]);
    for number in 0..FILES_MAX + 2 {
        rig.write(&format!("{number:05}.log"), "");
    }
    // Files without a byte need no descriptor here: those of the process are few.
    let sight = discover::sight(&Disk, &compile(&rig.sources).unwrap());
    assert_eq!(sight.files.len(), FILES_MAX);
    let (path, what) = sight.troubles.first_key_value().unwrap();
    assert_eq!((path.as_path(), what), (&*rig.path("10000.log"), &What::TooManyFiles));
    assert_eq!(sight.troubles.len(), 1);
}

#[test]
fn status_shows_each_file() {
    let mut rig = Rig::new(&["a.log"]);
    rig.write("a.log", "a 1\npart");
    rig.read();
    let [status] = &rig.tail.files()[..] else { panic!("wanted one file") };
    assert_eq!((status.size, status.position.offset, status.lag_bytes), (8, 4, 4));
    assert_eq!(status.state, State::Followed);
    assert_eq!(status.read_at, Some(rig.now));
}
