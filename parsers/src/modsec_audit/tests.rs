//! Where records end, whatever a client has written into them.

use alloc::vec::Vec;

use super::*;
use crate::{Choice, Offer, Records};

// How many lines each record has.
fn records(log: &str) -> Vec<usize> {
    let mut records = Records::new(Choice::Fixed(&FORMAT));
    let mut counts = Vec::new();
    let lines = |bytes: &[u8]| bytes.split(|byte| *byte == b'\n').count();
    for line in log.lines() {
        let mut offer = records.offer(0, line.as_bytes(), false);
        if offer == Offer::Before {
            counts.extend(records.take().map(|record| lines(&record.bytes)));
            offer = records.offer(0, line.as_bytes(), false);
        }
        match offer {
            Offer::Complete => counts.extend(records.take().map(|record| lines(&record.bytes))),
            Offer::Alone => counts.push(0),
            Offer::Taken | Offer::Before => {}
        }
    }
    counts.extend(records.take().map(|record| lines(&record.bytes)));
    counts
}

#[test]
fn a_record_ends_at_its_own_end() {
    let check = |log: &str, want: &[usize]| assert_eq!(records(log), want, "{log}");
    check("--0a1b2c3d-A--\nx\n--0a1b2c3d-Z--\n", &[3]);
    check("--0a1b2c3d-A--\r\nx\r\n--0a1b2c3d-Z--\r\n", &[3]);
    check("--0a1b2c3d-A--\n--0a1b2c3d-Z--\n--0a1b2c3d-A--\n--0a1b2c3d-Z--", &[2, 2]);
    // Whatever a body says is body, also a whole record of another id.
    let forged = "--deadbeef-Z--\n--deadbeef-A--\n\n--deadbeef-Z--\n";
    for body in ["B", "C", "E", "I"] {
        check(&std::format!("--0a1b2c3d-A--\n--0a1b2c3d-{body}--\n{forged}--0a1b2c3d-Z--"), &[7]);
    }
    // Where the server alone writes, another beginning says that this record lost its end.
    for section in ["F", "H", "K"] {
        let torn = std::format!("--0a1b2c3d-A--\n--0a1b2c3d-{section}--\nx\n");
        check(&(torn + "--deadbeef-A--\n--deadbeef-Z--"), &[3, 2]);
    }
    check("--0a1b2c3d-A--\nx\n--deadbeef-A--\n--deadbeef-Z--", &[2, 2]);
    // What lost its beginning is one record; what is none stands alone.
    check("x\n--0a1b2c3d-H--\nx\n--0a1b2c3d-Z--\nx", &[0, 3, 0]);
}

#[test]
fn a_torn_record_is_not_looked_for_far_back() {
    let long = "x".repeat(64 * 1024);
    let log =
        std::format!("--0a1b2c3d-A--\n--0a1b2c3d-H--\n{long}\n--deadbeef-A--\n--0a1b2c3d-Z--");
    assert_eq!(records(&log), [5]);
}

#[test]
fn boundaries_are_told_from_other_lines() {
    let check = |line: &str, want: Option<u8>| {
        let got = Boundary::read(line.as_bytes()).map(|boundary| boundary.section);
        assert_eq!(got, want, "{line}");
    };
    check("--0a1b2c3d-A--", Some(b'A'));
    check("---aB3dE5g7---Z--", Some(b'Z'));
    check("--aB3dE5g7Xy-H--", Some(b'H'));
    for line in [
        "--0a1b2c3-A--",
        "--0a1b2c3d-a--",
        "--0a1b2c3d-A-",
        "-- MARK --",
        "--0a1b2c3d-AB--",
        "--0a1b_c3d-A--",
        "--",
        "",
    ] {
        check(line, None);
    }
}

#[test]
fn a_section_that_stands_there_twice_counts_the_first_time() {
    let record = b"--0a1b2c3d-A--\n[14/Mar/2026:10:50:25 +0000] u\n--0a1b2c3d-H--\nMessage: Warning. [id \"1\"]\n\
        --0a1b2c3d-H--\nMessage: Warning. [id \"2\"]\n--0a1b2c3d-Z--";
    let Ok(Parsed::Alert(alert)) = parse(record) else { panic!("no alert") };
    assert_eq!(alert.rule.id.as_deref(), Some("1"));
}

#[test]
fn bytes_that_are_no_text_do_not_spoil_a_record() {
    let record = b"--0a1b2c3d-A--\n[14/Mar/2026:10:50:25 +0000] u\n--0a1b2c3d-C--\n\xff\xfe\n--0a1b2c3d-H--\n\
        Message: Warning. [id \"1\"] [msg \"a\xffb\"]\n\n--0a1b2c3d-Z--";
    let Ok(Parsed::Alert(alert)) = parse(record) else { panic!("no alert") };
    assert_eq!(alert.rule.name.as_deref(), Some("a\\xffb"));
}
