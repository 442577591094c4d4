//! Lines offered in every way a reader may read them.

use std::format;
use std::string::String;
use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::alert::{Parsed, Reject};
use crate::{Format, no_short_cut};

/// A record that another line of text may stand in, and that ends at its own mark: the shape of an audit log.
static MARKED: Format = Format {
    name: "marked",
    about: "",
    example: "",
    framing: Framing::Lines(Frame {
        begins: |line| line.starts_with(b"--A-"),
        place: |record, line| match (record.is_empty(), line) {
            (true, _) => Place::Outside,
            (false, b"--Z--") => Place::Last,
            (false, _) => Place::Inside,
        },
    }),
    also: &[],
    claims: |_| false,
    skips: no_short_cut,
    parse: |_| Ok(Parsed::Other),
    parse_head: |_| Err(Reject { at: 0, wanted: "nothing" }),
};

fn full() -> Choice {
    Choice::Fixed(&crate::snort_full::FORMAT)
}

fn lines(log: &str) -> Vec<(u64, &str)> {
    let mut offset = 0;
    log.split_inclusive('\n')
        .map(|line| {
            let begin = offset;
            offset += line.len() as u64;
            (begin, line.strip_suffix('\n').unwrap_or(line))
        })
        .collect()
}

/// Offers the lines in one piece, or in as many as there are `cuts`: at each, what is open is forgotten and read again.
fn read(choice: Choice, log: &str, cuts: &[u64]) -> Vec<(u64, String)> {
    let lines = lines(log);
    let mut records = Records::new(choice);
    let mut found = Vec::new();
    let mut next = 0;
    for cut in cuts.iter().copied().chain([log.len() as u64]) {
        while let Some((offset, line)) = lines.get(next).filter(|(offset, line)| {
            // The newline must be there as well, but for the last line of all.
            offset + (line.len() as u64) < cut || cut == log.len() as u64
        }) {
            match records.offer(*offset, line.as_bytes(), false) {
                Offer::Alone => found.push((*offset, String::from(*line))),
                Offer::Taken => {}
                Offer::Complete => give(&mut records, &mut found),
                Offer::Before => {
                    give(&mut records, &mut found);
                    continue;
                }
            }
            next += 1;
        }
        if cut < log.len() as u64
            && let Some(begin) = records.open()
        {
            records.forget();
            next = lines.iter().position(|(offset, _)| *offset == begin).unwrap();
        }
    }
    give(&mut records, &mut found);
    found
}

fn give(records: &mut Records, found: &mut Vec<(u64, String)>) {
    found.extend(
        records
            .take()
            .map(|record| (record.offset, String::from_utf8(record.bytes.into_owned()).unwrap())),
    );
    assert_eq!(records.open(), None);
}

fn check(choice: Choice, log: &str, want: &[(u64, &str)]) {
    let want: Vec<_> = want.iter().map(|(at, text)| (*at, String::from(*text))).collect();
    assert_eq!(read(choice, log, &[]), want, "{log:?}");
    for cut in 0..log.len() as u64 {
        assert_eq!(read(choice, log, &[cut]), want, "{log:?} cut at {cut}");
    }
}

const A: &str = "[**] [1:1:1] a [**]\n[Priority: 1]\n03/14-10:50:25.8 192.0.2.1 -> 192.0.2.2";
const B: &str = "[**] [1:2:1] b [**]\n03/14-10:50:26.8 \nLen: 5";

#[test]
fn a_record_ends_at_a_blank_line_and_at_the_next_ones_beginning() {
    let b_at = A.len() as u64 + 2;
    for choice in [full(), Choice::Auto] {
        check(
            choice,
            &format!("{A}\n\n{B}\n\n"),
            &[(0, A), (b_at - 1, ""), (b_at, B), (b_at + B.len() as u64 + 1, "")],
        );
        check(choice, &format!("{A}\n{B}"), &[(0, A), (b_at - 1, B)]);
    }
}

#[test]
fn another_programs_line_stands_for_itself() {
    let (head, tail) = A.split_at(A.find("03/").unwrap());
    let eve = crate::suricata_eve::FORMAT.example;
    for foreign in [eve, crate::snort_fast::FORMAT.example, "Sep  2 00:13:42 web1 sshd[9]: hello"] {
        let log = format!("{head}{foreign}\n{tail}\n");
        let foreign_at = head.len() as u64;
        let tail_at = foreign_at + foreign.len() as u64 + 1;
        let want = [(0, head.trim_end()), (foreign_at, foreign), (tail_at, tail)];
        check(Choice::Auto, &log, &want);
        check(full(), &log, &want);
    }
}

#[test]
fn what_lacks_its_beginning_is_one_record() {
    let rest = "TCP TTL:64 TOS:0x0 ID:1 IpLen:20 DgmLen:40\nLen: 5";
    check(full(), &format!("{rest}\n\n{A}"), &[(0, rest), (50, ""), (51, A)]);
    // Where nothing is known yet of the file, they are lines like any other.
    let (first, second) = rest.split_once('\n').unwrap();
    check(Choice::Auto, rest, &[(0, first), (43, second)]);
}

#[test]
fn a_record_with_a_closing_mark_holds_what_looks_like_a_beginning_or_is_blank() {
    let record = "--A-\n\n--A-\n[**] [1:1:1] a [**]\n--Z--";
    check(
        Choice::Fixed(&MARKED),
        &format!("x\n{record}\n{record}\ny"),
        &[(0, "x"), (2, record), (39, record), (76, "y")],
    );
}

#[test]
fn a_format_of_single_lines_takes_each_line_alone() {
    let choice = Choice::Fixed(&crate::suricata_eve::FORMAT);
    let want = lines(A);
    check(choice, A, &want);
}

#[test]
fn line_ends_and_a_byte_order_mark_are_no_part_of_a_record() {
    let log = format!("\u{feff}{}\r\n\r\n", A.replace('\n', "\r\n"));
    let got = read(Choice::Auto, &log, &[]);
    assert_eq!(got.first(), Some(&(0, String::from(A))));
    assert_eq!(got.get(1).map(|(_, text)| text.as_str()), Some("\r"));
}

#[test]
fn a_record_that_does_not_end_is_cut_at_the_limit_and_so_is_its_rest() {
    let line = format!("Len: {}", "5".repeat(1019));
    let mut records = Records::new(Choice::Auto);
    assert_eq!(records.offer(0, b"[**] [1:1:1] a [**]", false), Offer::Taken);
    let mut given = Vec::new();
    for offset in 1..=10_000 {
        if records.offer(offset, line.as_bytes(), false) == Offer::Before {
            given.push(records.take().unwrap());
            assert_eq!(records.offer(offset, line.as_bytes(), false), Offer::Taken);
        }
    }
    assert_eq!(given.iter().map(|record| record.cut).collect::<Vec<_>>(), [true, true]);
    for record in &given {
        assert!(record.bytes.len() <= RECORD_BYTES_MAX);
        assert!(record.bytes.len() + line.len() + 1 > RECORD_BYTES_MAX);
    }
    assert!(given[0].bytes.starts_with(b"[**]") && given[1].bytes.starts_with(b"Len:"));
}

#[test]
fn a_record_with_a_cut_line_is_cut() {
    for cut in [0, 1, 2] {
        let mut records = Records::new(Choice::Auto);
        for (at, line) in B.lines().enumerate() {
            records.offer(at as u64, line.as_bytes(), at == cut);
        }
        assert!(records.take().unwrap().cut);
    }
}

proptest! {
    #[test]
    fn however_it_is_read_the_records_are_the_same(
        pieces in proptest::collection::vec(0..8_usize, 0..24),
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..6),
    ) {
        let all = [
            "[**] [1:1:1] a [**]",
            "[Classification: c] [Priority: 1] ",
            "03/14-10:50:25.823699 192.0.2.1:1 -> 192.0.2.2:2",
            "TCP TTL:64 TOS:0x0 ID:1 IpLen:20 DgmLen:40",
            "",
            "{\"event_type\":\"alert\",\"alert\":{\"signature\":\"x\"}}",
            "Sep  2 00:13:42 web1 sshd[9]: hello",
            "\u{fffd} \r",
        ];
        let log: String = pieces.iter().map(|piece| format!("{}\n", all[*piece])).collect();
        let mut cuts: Vec<u64> = cuts.iter().map(|cut| cut.index(log.len() + 1) as u64).collect();
        cuts.sort_unstable();
        for choice in [Choice::Auto, full()] {
            let whole = read(choice, &log, &[]);
            prop_assert_eq!(&read(choice, &log, &cuts), &whole);
            // Nothing is lost and nothing is made up.
            let lines: usize = whole.iter().map(|(_, text)| text.split('\n').count()).sum();
            prop_assert_eq!(lines, pieces.len());
        }
    }
}
