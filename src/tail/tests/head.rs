//! The first bytes of a file that is read from its midst.

use ipsbell_parsers::record::HEAD_BYTES_MAX;
use rustix::io::Errno;

use super::*;

#[test]
fn the_head_of_a_file_ends_before_the_chunk() {
    let mut rig = Rig::new(&["a.log"]);
    for (first, want) in [("one\n".to_owned(), 4), ("x\n".repeat(HEAD_BYTES_MAX), HEAD_BYTES_MAX)] {
        rig.write("a.log", &first);
        rig.read();
        rig.restart();
        rig.append("a.log", "two\n");
        rig.tail.look(rig.now);
        let chunk = rig.tail.turn(rig.now, &mut rig.buffer).unwrap();
        let head = rig.tail.head(rig.now, &chunk).unwrap();
        assert_eq!(head, &first.as_bytes()[..want]);
        assert_eq!(chunk.map(|line| line.bytes.to_vec()).collect::<Vec<_>>(), [b"two"]);
        rig.now += Duration::from_secs(1);
    }
}

#[test]
fn a_head_that_cannot_be_read_is_told_and_its_chunk_is_given_again() {
    let mut rig = Rig::new(&["a.log"]);
    rig.write("a.log", "one\n");
    rig.read();
    rig.restart();
    rig.append("a.log", "two\n");
    rig.tail.look(rig.now);
    let log = rig.path("a.log");
    let chunk = rig.tail.turn(rig.now, &mut rig.buffer).unwrap();
    rig.faults.fail_reads(&log, Errno::IO, 1);
    assert_eq!(rig.tail.head(rig.now, &chunk), None);
    assert!(rig.tail.files()[0].problem.is_some());
    assert_eq!(rig.after(RETRY_FIRST), ["two"]);
    let found = rig.found();
    assert!(found.iter().any(|what| matches!(what, What::Unreadable { .. })), "{found:?}");
    assert!(rig.tail.files()[0].problem.is_none());
}
