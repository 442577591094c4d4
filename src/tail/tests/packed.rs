//! Rotated files that are compressed before they are read.

use std::io::Write;
use std::process::Command;

use rustix::io::Errno;

use super::super::unpack::Packing;
use super::*;

/// Compresses by the ending of a name.
pub(in super::super) fn pack(name: &str, bytes: &[u8]) -> Vec<u8> {
    match Packing::of(name.as_ref()).unwrap().1 {
        Packing::Gzip => {
            let mut file = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            file.write_all(bytes).unwrap();
            file.finish().unwrap()
        }
        Packing::Xz => {
            let options = lzma_rust2::XzOptions::with_preset(0);
            let mut file = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
            file.write_all(bytes).unwrap();
            file.finish().unwrap()
        }
        Packing::Zstd => {
            ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
        }
        Packing::Foreign => bytes.to_vec(),
    }
}

const ENDINGS: [&str; 3] = ["gz", "xz", "zst"];

/// A log of which 100 lines are read and two are not.
fn read_in_part() -> Rig {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", numbered("a", 0..100));
    rig.read();
    rig.append("eve.json", "a 100\na 101\n");
    rig
}

#[test]
fn case_20_what_was_rotated_and_compressed_while_stopped_is_read_on() {
    for ending in ENDINGS {
        for name in ["eve.json.1", "eve.json-20261123"] {
            let mut rig = read_in_part();
            rig.compress("eve.json", &format!("{name}.{ending}"));
            rig.write("eve.json", "b 1\n");
            rig.restart();
            assert_eq!(rig.read(), ["a 100", "a 101", "b 1"], "{name}.{ending}");
            assert_eq!(rig.given[100].generation, rig.given[0].generation);
            assert_eq!(rig.given[100].offset, numbered("a", 0..100).len() as u64);
            assert_eq!(rig.losses(), []);
            assert_eq!(rig.open_files(), 1, "nobody writes to it: it is let go at once");
            rig.restart();
            assert!(rig.read().is_empty());
        }
    }
}

#[test]
fn case_20_several_in_different_forms_are_read_oldest_first_and_never_again() {
    let mut rig = read_in_part();
    rig.compress("eve.json", "eve.json.4.gz");
    for (number, ending) in [(3, "xz"), (2, "zst")] {
        rig.write("now", format!("rotation {number}\n"));
        rig.compress("now", &format!("eve.json.{number}.{ending}"));
    }
    rig.write("eve.json.1", "rotation 1\n");
    rig.write("eve.json", "b 1\n");
    rig.restart();
    let rotations = ["a 100", "a 101", "rotation 3", "rotation 2", "rotation 1", "b 1"];
    assert_eq!(rig.read(), rotations);
    rig.after(ROTATE_WAIT);
    for restart in [false, true, false, true] {
        rig.shift();
        rig.compress("eve.json.2", "eve.json.2.gz");
        rig.write("eve.json", "next\n");
        if restart {
            rig.restart();
        }
        assert_eq!(rig.read(), ["next"]);
        rig.after(ROTATE_WAIT);
    }
    assert_eq!(rig.losses(), []);
}

#[test]
fn case_20_rotated_and_compressed_between_two_looks() {
    let mut rig = read_in_part();
    rig.compress("eve.json", "eve.json.2.gz");
    rig.write("eve.json.1", "b 1\n");
    rig.compress("eve.json.1", "eve.json.1.gz");
    rig.write("eve.json", "c 1\n");
    // The open descriptor has the rest of the first.
    assert_eq!(rig.read(), ["a 100", "a 101", "b 1", "c 1"]);
    rig.after(ROTATE_WAIT);
    rig.restart();
    assert!(rig.read().is_empty());
    assert_eq!(rig.losses(), []);
}

#[test]
fn case_20_what_was_read_is_not_read_again_when_it_is_compressed() {
    for keeps_time in [true, false] {
        let mut rig = read_in_part();
        rig.read();
        for number in 1..4 {
            rig.rename("eve.json", "eve.json.1");
            rig.write("eve.json", format!("b {number}\n"));
            assert_eq!(rig.read(), [format!("b {number}")]);
            rig.after(ROTATE_WAIT);
            let name = format!("eve.json.{}.gz", number + 1);
            rig.compress("eve.json.1", &name);
            if !keeps_time {
                let later = std::time::SystemTime::now() + Duration::from_secs(9);
                File::open(rig.path(&name)).unwrap().set_modified(later).unwrap();
            }
            assert!(rig.read().is_empty());
            rig.restart();
            assert!(rig.read().is_empty());
        }
        assert_eq!(rig.losses(), []);
    }
}

#[test]
fn case_20_the_place_in_a_compressed_file_survives_a_restart() {
    for ending in ENDINGS {
        let mut rig = Rig::new(&["eve.json"]);
        rig.write("eve.json", "a 0\n");
        rig.read();
        // Several windows.
        rig.append("eve.json", numbered("a", 1..200_000));
        rig.compress("eve.json", &format!("eve.json.1.{ending}"));
        rig.write("eve.json", "b 1\n");
        let mut restarts = 0;
        loop {
            rig.restart();
            rig.now += LOOK_EVERY;
            rig.tail.look(rig.now);
            if !rig.turn() || rig.given.last().is_some_and(|line| line.text == "b 1") {
                break;
            }
            rig.commit();
            restarts += 1;
        }
        assert!(restarts > 3, "{restarts}");
        let given: Vec<&str> = rig.given.iter().map(|line| line.text.as_str()).collect();
        let expected = texts(&(numbered("a", 0..200_000) + "b 1\n"));
        assert!(given == expected, "{ending}: {} lines", given.len());
    }
}

#[test]
fn case_20_while_both_are_there_the_uncompressed_one_is_read() {
    let mut rig = read_in_part();
    rig.rename("eve.json", "eve.json.1");
    let whole = pack("x.gz", &fs::read(rig.path("eve.json.1")).unwrap());
    rig.write("eve.json.1.gz", &whole[..whole.len() / 2]);
    rig.write("eve.json", "b 1\n");
    rig.restart();
    assert_eq!(rig.read(), ["a 100", "a 101", "b 1"]);
    rig.write("eve.json.1.gz", &whole);
    rig.remove("eve.json.1");
    assert!(rig.read().is_empty());
    rig.after(ROTATE_WAIT);
    rig.restart();
    assert!(rig.read().is_empty());
    assert_eq!(rig.losses(), []);
}

#[test]
fn case_20_an_archive_that_is_still_written_is_waited_for() {
    for ending in ENDINGS {
        let mut rig = read_in_part();
        rig.append("eve.json", numbered("a", 102..60_000));
        let name = format!("eve.json.1.{ending}");
        let whole = pack(&name, &fs::read(rig.path("eve.json")).unwrap());
        rig.remove("eve.json");
        rig.write("eve.json", "b 1\n");
        rig.restart();
        for bytes in [0, 1, 10, whole.len() / 3, whole.len() - 20, whole.len()] {
            rig.write(&name, &whole[..bytes]);
            rig.after(ROTATE_WAIT / 2);
        }
        rig.after(ROTATE_WAIT);
        let mut given: Vec<&str> = rig.given.iter().map(|line| line.text.as_str()).collect();
        given.retain(|line| *line != "b 1");
        let all = given == texts(&numbered("a", 0..60_000));
        assert!(all, "{ending}: {} lines, {:?}", given.len(), rig.found());
        assert_eq!(rig.losses(), []);
    }
}

#[test]
fn case_20_a_damaged_archive_is_read_as_far_as_it_goes_and_told() {
    for ending in ENDINGS {
        let mut rig = read_in_part();
        rig.append("eve.json", numbered("a", 102..60_000));
        // The last look before the stop saw all of it.
        rig.tail.look(rig.now + LOOK_EVERY);
        let known = fs::metadata(rig.path("eve.json")).unwrap().len();
        let row = rig.rows.values_mut().next().unwrap();
        row.size = known;
        let name = format!("eve.json.1.{ending}");
        let whole = pack(&name, &fs::read(rig.path("eve.json")).unwrap());
        rig.remove("eve.json");
        rig.write(&name, &whole[..whole.len() / 2]);
        rig.write("eve.json", "b 1\n");
        rig.restart();
        rig.read();
        rig.after(ROTATE_WAIT);
        rig.after(ROTATE_WAIT);
        let found = std::mem::take(&mut rig.findings);
        let damaged = |one: &&Finding| matches!(one.what, What::Damaged { .. });
        assert_eq!(found.iter().filter(damaged).count(), 1, "{ending}: told once: {found:?}");
        let lost_bytes_at_least: u64 = found.iter().filter_map(Finding::lost_bytes_at_least).sum();
        // The last line that could be decoded is cut somewhere.
        let given = rig.given.iter().filter(|line| line.path == "eve.json" && line.text != "b 1");
        let bytes: usize = given.map(|line| line.text.len() + 1).sum();
        // One piece that was decoded last is not sure.
        let sum = bytes as u64 + lost_bytes_at_least;
        assert!(sum == known || sum == known + 1, "{ending}: {sum} of {known}");
        rig.restart();
        assert!(rig.read().is_empty());
        assert_eq!(rig.losses(), []);
    }
}

#[test]
fn case_20_what_is_no_archive_or_of_another_form_is_told() {
    for name in ["eve.json.1.gz", "eve.json.1.xz", "eve.json.1.zst", "eve.json.1.bz2"] {
        let mut rig = read_in_part();
        rig.read();
        rig.rename("eve.json", "eve.json.2");
        rig.write(name, "neither of them\n");
        rig.write("eve.json", "b 1\n");
        rig.restart();
        assert!(rig.read().is_empty(), "it may still be written");
        assert_eq!(rig.after(ROTATE_WAIT), ["b 1"]);
        rig.after(ROTATE_WAIT);
        rig.after(ROTATE_WAIT);
        let [What::Damaged { lost_bytes_at_least: 0, .. }] = &rig.losses()[..] else {
            panic!("{name}: wanted it told once");
        };
        rig.restart();
        rig.after(ROTATE_WAIT);
        assert_eq!(rig.losses(), [], "{name}");
    }
}

#[test]
fn case_20_a_read_error_is_no_damage() {
    let mut rig = read_in_part();
    rig.compress("eve.json", "eve.json.1.gz");
    rig.write("eve.json", "b 1\n");
    rig.restart();
    rig.faults.fail_reads(&rig.path("eve.json.1.gz"), Errno::IO, 1);
    rig.read();
    rig.after(RETRY_FIRST);
    rig.after(RETRY_FIRST);
    let given: Vec<&str> = rig.given[100..].iter().map(|line| line.text.as_str()).collect();
    assert_eq!(given, ["a 100", "a 101", "b 1"]);
    assert_eq!(rig.losses(), []);
}

#[test]
fn case_20_what_was_there_before_the_first_start_is_never_read() {
    let mut rig = Rig::over(TempDir::new().unwrap(), &["eve.json"], StartAt::End);
    rig.write("old", "history 2\n");
    rig.compress("old", "eve.json.2.gz");
    rig.write("eve.json.1", "history 1\n");
    rig.write("eve.json", "history\n");
    rig.read();
    for restart in [false, true] {
        rig.rename("eve.json.2.gz", "eve.json.3.gz");
        rig.compress("eve.json.1", "eve.json.2.gz");
        rig.rename("eve.json", "eve.json.1");
        rig.write("eve.json", "next\n");
        if restart {
            rig.restart();
        }
        assert_eq!(rig.read(), ["next"]);
        rig.after(ROTATE_WAIT);
        rig.rename("eve.json.3.gz", "eve.json.4.gz");
    }
    assert_eq!(rig.losses(), []);
}

#[test]
fn case_20_a_glob_takes_no_compressed_file_for_a_log() {
    let mut rig = Rig::new(&["eve.json*"]);
    rig.write("eve.json", "a 1\n");
    rig.read();
    for number in 1..4 {
        rig.rename("eve.json", "eve.json.1");
        rig.write("eve.json", format!("b {number}\n"));
        if number == 2 {
            rig.restart();
        }
        assert_eq!(rig.read(), [format!("b {number}")]);
        rig.after(ROTATE_WAIT);
        rig.compress("eve.json.1", &format!("eve.json.{}.gz", 9 - number));
        assert!(rig.after(ROTATE_WAIT).is_empty());
    }
    rig.append("eve.json", "b 4\n");
    rig.compress("eve.json", "eve.json.1.gz");
    rig.write("eve.json", "c 1\n");
    rig.restart();
    assert_eq!(rig.read(), ["b 4", "c 1"]);
    let found = rig.found();
    assert!(!found.iter().any(|what| matches!(what, What::Compressed)), "{found:?}");
}

#[test]
fn case_20_who_names_compressed_files_as_logs_is_told() {
    for pattern in ["eve.json.1.gz", "*.gz"] {
        let mut rig = Rig::new(&[pattern]);
        rig.write("eve.json.1.gz", pack("x.gz", b"a 1\n"));
        rig.write("eve.json.2.gz", pack("x.gz", b"a 2\n"));
        assert!(rig.read().is_empty());
        rig.read();
        assert_eq!(rig.found(), [What::Compressed], "told once");
    }
}

#[test]
fn case_20_a_copy_that_was_compressed_after_a_truncation_is_read() {
    for restart in [false, true] {
        let mut rig = read_in_part();
        fs::copy(rig.path("eve.json"), rig.path("eve.json.1")).unwrap();
        rig.compress("eve.json.1", "eve.json.1.gz");
        rig.write("eve.json", "b 1\n");
        if restart {
            rig.restart();
        }
        rig.read();
        rig.read();
        let mut given: Vec<&str> = rig.given[100..].iter().map(|line| line.text.as_str()).collect();
        given.sort_unstable();
        assert_eq!(given, ["a 100", "a 101", "b 1"], "restarted: {restart}");
        assert_eq!(rig.losses(), []);
    }
}

#[test]
fn case_20_files_of_the_programs_themselves_are_read() {
    for (program, options, ending) in [
        ("gzip", &["-9"][..], "gz"),
        ("xz", &["-0"], "xz"),
        ("xz", &["-6", "--block-size=4096"], "xz"),
        ("zstd", &["-q", "--rm"], "zst"),
        ("zstd", &["-q", "--rm", "-19", "--long=25"], "zst"),
    ] {
        if Command::new(program).arg("--version").output().is_err() {
            println!("SKIPPED case_20_files_of_the_programs_themselves_are_read: no {program}");
            continue;
        }
        let mut rig = read_in_part();
        rig.append("eve.json", numbered("a", 102..20_000));
        rig.rename("eve.json", "eve.json.1");
        let done = Command::new(program).args(options).arg(rig.path("eve.json.1")).status();
        assert!(done.unwrap().success());
        // A second member, stream or frame, as of a program that appends.
        rig.append(&format!("eve.json.1.{ending}"), pack(&format!("x.{ending}"), b"member\n"));
        rig.write("eve.json", "b 1\n");
        rig.restart();
        let expected = numbered("a", 100..20_000) + "member\nb 1\n";
        assert!(rig.read() == texts(&expected), "{program} {options:?}");
        assert_eq!(rig.losses(), []);
    }
}

#[test]
fn case_20_a_file_that_grew_since_it_was_compared_is_compared_again() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "a 1\n");
    rig.read();
    let name = rig.path("eve.json.1.gz");
    rig.write("eve.json.1.gz", "");
    let packing = Packing::of(name.file_name().unwrap()).map(|(_, how)| how);
    let (handle, _) = rig.tail.open_packed(&name, packing).unwrap();
    assert!(rig.tail.claims(rig.directory.path(), &*handle).unwrap().is_empty());
    rig.write("eve.json.1.gz", pack("eve.json.1.gz", b"a 1\n"));
    assert!(!rig.tail.is_ripe(rig.now, &*handle).unwrap());
    assert_eq!(rig.tail.claims(rig.directory.path(), &*handle).unwrap().len(), 1);
    assert!(rig.tail.is_ripe(rig.now, &*handle).unwrap());
}
