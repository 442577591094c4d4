//! Splitting against a naive reference, with windows that end at any byte.

use proptest::prelude::*;

use super::*;

type Owned = (u64, Vec<u8>, bool);

/// All lines of a whole file, found byte by byte.
fn naive(file: &[u8]) -> Vec<Owned> {
    let mut lines = Vec::new();
    let mut from = 0;
    while let Some(length) = file[from..].iter().position(|byte| *byte == b'\n') {
        let until = from + length;
        let start = (from..until).find(|at| file[*at] != 0).unwrap_or(until);
        let line = &file[start..until];
        let cut = line.len() > LINE_BYTES_MAX;
        let shown = if cut { &line[..LINE_BYTES_MAX] } else { line };
        let shown = if cut { shown } else { shown.strip_suffix(b"\r").unwrap_or(shown) };
        lines.push((start as u64, shown.to_vec(), cut));
        from = until + 1;
    }
    lines
}

/// The same lines, from windows of the given sizes, each of which begins where the last was left.
fn windowed(file: &[u8], sizes: &[usize]) -> (Vec<Owned>, Position) {
    let (mut position, mut lines, mut stuck) = (Position::default(), Vec::new(), 0);
    for turn in 0.. {
        let from = usize::try_from(position.offset).unwrap();
        // A window without progress is read again, larger, as a reader would.
        let size = sizes[turn % sizes.len()] + stuck;
        let window = &file[from..file.len().min(from + size)];
        let ended = from + window.len() == file.len();
        let rest = if ended { Rest::Waits } else { Rest::GoesOn };
        let mut window = Lines::new(window, position, rest);
        lines.extend(window.by_ref().map(|line| (line.offset, line.bytes.to_vec(), line.cut)));
        stuck = if window.position() == position { stuck * 2 + 1 } else { 0 };
        position = window.position();
        if ended {
            break;
        }
    }
    (lines, position)
}

/// Bytes in which newlines, returns and NULs are frequent.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![3 => Just(b'\n'), 1 => Just(b'\r'), 2 => Just(0), 6 => any::<u8>()];
    proptest::collection::vec(byte, 0..200)
}

proptest! {
    #[test]
    fn windows_of_any_size_give_the_lines_of_the_whole(
        file in bytes(),
        sizes in proptest::collection::vec(1_usize..40, 1..20),
    ) {
        let (lines, position) = windowed(&file, &sizes);
        prop_assert_eq!(lines, naive(&file));
        prop_assert!(!position.mid_line);
    }

    #[test]
    fn every_byte_is_in_a_line_or_counted(file in bytes()) {
        let mut lines = Lines::new(&file, Position::default(), Rest::Final);
        let mut given = 0;
        let mut at = 0;
        for line in lines.by_ref() {
            prop_assert!(line.offset >= at);
            at = line.offset + line.bytes.len() as u64;
            given += line.bytes.len() as u64;
        }
        let ends = file.iter().filter(|byte| **byte == b'\n').count() as u64;
        let returns = file.windows(2).filter(|pair| pair == b"\r\n").count() as u64;
        let position = lines.position();
        prop_assert_eq!(position.offset, file.len() as u64);
        let skipped = position.skipped;
        prop_assert_eq!(given + ends + returns + skipped.nul_bytes, file.len() as u64);
    }

    #[test]
    fn reading_on_from_any_line_gives_the_rest(file in bytes(), stop in 0_usize..20) {
        let mut first = Lines::new(&file, Position::default(), Rest::Waits);
        let mut given: Vec<u64> = first.by_ref().take(stop).map(|line| line.offset).collect();
        let from = usize::try_from(first.position().offset).unwrap();
        let rest = Lines::new(&file[from..], first.position(), Rest::Waits);
        given.extend(rest.map(|line| line.offset));
        let all: Vec<u64> = naive(&file).into_iter().map(|(offset, ..)| offset).collect();
        prop_assert_eq!(given, all);
    }

    #[test]
    fn nuls_are_counted_from_both_ends(before in 0_usize..10_000, after in 0_usize..10_000) {
        let bytes = [&vec![0; before][..], b"x", &vec![0; after]].concat();
        prop_assert_eq!(nul_run(&bytes), before);
        prop_assert_eq!(nul_tail(&bytes), after);
    }
}

#[test]
fn a_line_at_the_limit_and_beyond_is_the_same_in_any_window() {
    for length in [LINE_BYTES_MAX - 1, LINE_BYTES_MAX, LINE_BYTES_MAX + 1, LINE_BYTES_MAX * 2] {
        let file = [b"a\n", &vec![b'x'; length][..], b"\nb\n"].concat();
        for size in [100_000, LINE_BYTES_MAX, LINE_BYTES_MAX + 1, LINE_BYTES_MAX + 2, 3_000_000] {
            let (lines, position) = windowed(&file, &[size]);
            assert_eq!(lines, naive(&file), "{length} bytes in windows of {size}");
            let cut_bytes = length.saturating_sub(LINE_BYTES_MAX) as u64;
            assert_eq!(position.skipped.cut_bytes, cut_bytes);
        }
    }
}

#[test]
fn nuls_at_the_end_wait_unless_data_is_known_behind_them() {
    let offset_and_lines = |rest| {
        let mut lines = Lines::new(b"one\n\0\0", Position::default(), rest);
        let count = lines.by_ref().count();
        (lines.position().offset, count, lines.position().skipped.nul_bytes)
    };
    assert_eq!(offset_and_lines(Rest::Waits), (4, 1, 0));
    assert_eq!(offset_and_lines(Rest::GoesOn), (6, 1, 2));
    assert_eq!(offset_and_lines(Rest::Final), (6, 1, 2));
}

#[test]
fn a_final_line_needs_no_newline_and_what_is_added_to_it_is_skipped() {
    let mut lines = Lines::new(b"one\ntwo", Position::default(), Rest::Final);
    assert_eq!(lines.by_ref().last().map(|line| line.bytes), Some(&b"two"[..]));
    let position = lines.position();
    assert!(position.mid_line);
    let mut more = Lines::new(b" and more\nthree\n", position, Rest::Waits);
    assert_eq!(more.next().map(|line| line.bytes), Some(&b"three"[..]));
}
