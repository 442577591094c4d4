//! However a file is read, and whatever else begins alike.

use super::*;

/// What is taken down of `content` when it is read in pieces of this size.
fn of(content: &[u8], piece: usize) -> Anchors {
    let mut anchors = Anchors::default();
    let mut at = 0;
    while at < content.len() {
        let lead = at.min(1024);
        let until = (at + piece).min(content.len());
        anchors.extend(&content[at - lead..until], lead, until as u64);
        at = until;
    }
    anchors
}

fn lines(count: u32) -> Vec<u8> {
    (0..count).flat_map(|number| format!("line {number}\n").into_bytes()).collect()
}

#[test]
fn however_it_is_read_the_anchors_are_the_same() {
    let content = lines(5_000);
    let once = of(&content, content.len());
    assert_eq!(once.0.len(), 30);
    for piece in [1, 7, 100, 1024, 5000] {
        assert_eq!(of(&content, piece), once, "{piece}");
    }
    assert_eq!(Anchors::from_bytes(&once.to_bytes()), once);
    assert_eq!(Anchors::from_bytes(&[1; 15]), Anchors::default());
    assert_eq!(Anchors::from_bytes(&[1; 16 * 99]).0.len(), ANCHORS_MAX);
}

#[test]
fn a_beginning_is_known_and_what_differs_in_its_last_lines_is_not() {
    let content = lines(100);
    let anchors = of(&content, 300);
    for count in 1..20 {
        let mut whole = lines(count);
        assert!(anchors.begin_as(&whole), "{count}");
        whole.extend(b"li");
        assert!(anchors.begin_as(&whole), "{count} and a half");
        let mut other = lines(count.min(16) - 1);
        other.extend(b"other line\n");
        other.extend(b"of as many bytes at the least\n");
        assert!(!anchors.begin_as(&other), "{count}");
    }
    assert!(!anchors.begin_as(b"line"), "nothing is known of less than a line");
    assert!(!Anchors::default().begin_as(&content));
}

#[test]
fn what_is_given_again_is_forgotten() {
    let content = lines(100);
    let mut anchors = of(&content, 300);
    anchors.cut(lines(10).len() as u64);
    assert_eq!(anchors, of(&lines(10), 300));
}

#[test]
fn there_are_no_more_than_their_limit() {
    let mut anchors = Anchors::default();
    let mut offset = 1;
    while offset < u64::MAX / 4 {
        anchors.extend(b"\n", 0, offset);
        offset += offset / 2 + 1;
    }
    assert_eq!(anchors.0.len(), ANCHORS_MAX);
}
