//! Header lines and what stands under them, read in every way a reader may read them.

use std::string::{String, ToString};
use std::vec::Vec;
use std::{format, vec};

use super::*;
use crate::{Offer, Records};

const LOG: &str = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tnotice\n\
    #fields\tts\tnote\n#types\ttime\tstring\n1773485425.1\tA::B\n\n{\"note\":\"A::B\"}\n1773485425.2\tA::C\n\
    #close\t2026\n#separator |\n#fields|ts|note|msg\n1773485425.3|A::D|x\nno column\n";

fn zeek() -> Choice {
    Choice::Fixed(&crate::zeek_notice::FORMAT)
}

fn csv() -> Choice {
    Choice::Fixed(&crate::snort_csv::FORMAT)
}

/// The records of what stands in the log from `from` on, a line each.
fn read(records: &mut Records, log: &str, from: usize) -> Vec<(u64, String)> {
    records.begin(from as u64);
    if records.lacks_head(from as u64) {
        records.head(&log.as_bytes()[..from]);
        assert!(!records.lacks_head(from as u64), "asked for once");
    }
    let mut found = Vec::new();
    let mut offset = from as u64;
    for line in log.split_at(from).1.split_inclusive('\n') {
        let whole = line.strip_suffix('\n').unwrap_or(line);
        match records.offer(offset, whole.as_bytes(), false) {
            Offer::Alone => found.push((offset, whole.to_string())),
            Offer::Complete => {
                let record = records.take().unwrap();
                found.push((record.offset, String::from_utf8(record.bytes.into_owned()).unwrap()));
            }
            offer => panic!("{offer:?} of {whole}"),
        }
        offset += line.len() as u64;
    }
    found
}

#[test]
fn rows_have_the_last_header_in_front_and_keep_their_offset() {
    for choice in [zeek(), Choice::Auto] {
        let got = read(&mut Records::new(choice), LOG, 0);
        let rows: Vec<_> = got.iter().filter(|(_, record)| record.contains('\n')).collect();
        let at = |row: &str| LOG.find(row).unwrap() as u64;
        let want = [
            ("#fields\tts\tnote\n", "1773485425.1\tA::B"),
            ("#fields\tts\tnote\n", "1773485425.2\tA::C"),
            ("#separator |\n#fields|ts|note|msg\n", "1773485425.3|A::D|x"),
        ];
        let want: Vec<_> =
            want.iter().map(|(head, row)| (at(row), format!("{head}{row}"))).collect();
        assert_eq!(rows, want.iter().collect::<Vec<_>>());
        let all: usize = got.iter().map(|(_, record)| usize::from(!record.is_empty())).sum();
        assert_eq!(all + 1, LOG.lines().count());
        let framing = crate::zeek_notice::FORMAT.framing;
        for (offset, record) in &got {
            assert!(LOG.as_bytes()[*offset as usize..].starts_with(framing.own(record.as_bytes())));
        }
    }
}

#[test]
fn wherever_reading_goes_on_the_records_are_the_same() {
    let whole = read(&mut Records::new(Choice::Auto), LOG, 0);
    let begins: Vec<usize> = whole.iter().map(|(offset, _)| *offset as usize).collect();
    for from in begins.iter().copied() {
        let want: Vec<_> = whole.iter().filter(|(at, _)| *at >= from as u64).cloned().collect();
        // In another process, and after the lines behind it were given back.
        assert_eq!(read(&mut Records::new(Choice::Auto), LOG, from), want, "from {from}");
        let mut records = Records::new(Choice::Auto);
        read(&mut records, LOG, 0);
        assert_eq!(read(&mut records, LOG, from), want, "again from {from}");
    }
}

#[test]
fn the_head_is_wanted_only_where_it_can_help() {
    assert!(Records::new(zeek()).lacks_head(1) && Records::new(Choice::Auto).lacks_head(1));
    assert!(!Records::new(zeek()).lacks_head(0));
    assert!(!Records::new(Choice::Fixed(&crate::suricata_eve::FORMAT)).lacks_head(1));
    assert!(!Records::new(csv()).columns(&["timestamp", "msg"]).lacks_head(1));
}

#[test]
fn a_header_beyond_the_head_is_not_looked_for() {
    let line = "x\n".repeat(HEAD_BYTES_MAX / 2);
    let log = format!("{line}{LOG}");
    let from = log.find("1773485425.2").unwrap();
    let got = read(&mut Records::new(zeek()), &log, from);
    assert_eq!(got.first().map(|(_, record)| record.as_str()), Some("1773485425.2\tA::C"));
}

#[test]
fn a_header_over_the_limit_is_none() {
    for (bytes, want) in [(0, 1), (HEADER_BYTES_MAX, 0)] {
        let log = format!("#fields\tts\t{}\n1773485425.1\tx\n", "n".repeat(bytes));
        let got = read(&mut Records::new(zeek()), &log, 0);
        assert_eq!(got.iter().filter(|(_, record)| record.contains('\n')).count(), want);
    }
}

#[test]
fn what_is_configured_no_line_replaces() {
    let log = "timestamp,sig_id\na,b\n# c\n\n";
    let mut records = Records::new(csv()).columns(&["msg", "-", "src"]);
    let want: Vec<(u64, String)> = vec![
        (0, "timestamp,sig_id".into()),
        (17, "#snort-csv msg,-,src\na,b".into()),
        (21, "# c".into()),
        (25, String::new()),
    ];
    assert_eq!(read(&mut records, log, 0), want);
    assert_eq!(read(&mut records, log, 0), want);
    // Without columns the file's own line counts.
    let got = read(&mut Records::new(csv()).columns(&[]), log, 0);
    assert_eq!(got[1], (17, "#snort-csv timestamp,sig_id\na,b".into()));
}
