//! Decisions as tables.

use super::*;

/// `missed` and `known` are names of rotated files of `eve.json`; `missed` has times.
fn check(known: &[&str], missed: &[(&str, i64)], expected: &[&str]) {
    let turn = |name: &str| {
        let all = Rotated::all(name.as_ref());
        all.into_iter().find(|(base, _)| base == "eve.json").unwrap().1.turn
    };
    let known: Vec<Turn> = known.iter().map(|name| turn(name)).collect();
    let missed = missed.iter().map(|(name, time)| (*name, turn(name), *time)).collect();
    let sorted = oldest_first(missed, &known, |file| &file.1, |file| file.2);
    let names: Vec<&str> = sorted.iter().map(|file| file.0).collect();
    assert_eq!(names, expected, "beside {known:?}");
}

#[test]
fn case_33_names_decide_before_times() {
    // The clock went back: the newer files have older times.
    check(
        &["eve.json.3"],
        &[("eve.json.1", 100), ("eve.json.2", 200)],
        &["eve.json.2", "eve.json.1"],
    );
    // This writer counts upwards, and its clock went back too.
    check(
        &["eve.json.1"],
        &[("eve.json.2", 200), ("eve.json.3", 100)],
        &["eve.json.2", "eve.json.3"],
    );
    check(
        &["eve.json.1", "eve.json.4"],
        &[("eve.json.2", 9), ("eve.json.3", 8)],
        &["eve.json.3", "eve.json.2"],
    );
    check(
        &["eve.json-20260102"],
        &[("eve.json-20260104.gz", 100), ("eve.json-20260103", 200)],
        &["eve.json-20260103", "eve.json-20260104.gz"],
    );
    check(
        &[],
        &[("eve-2026-01-02_11:00.json", 1), ("eve-2026-01-02_09:00.json.xz", 2)],
        &["eve-2026-01-02_09:00.json.xz", "eve-2026-01-02_11:00.json"],
    );
}

#[test]
fn times_decide_where_names_cannot() {
    check(&[], &[("eve.json.1", 300), ("eve.json.2", 200)], &["eve.json.2", "eve.json.1"]);
    check(&[], &[("eve.json.1", 200), ("eve.json.2", 300)], &["eve.json.1", "eve.json.2"]);
    check(&[], &[("eve.json.1", 200), ("eve.json.2", 200)], &["eve.json.2", "eve.json.1"]);
    check(
        &[],
        &[("eve.json.1", 300), ("eve.json-20260101", 200), ("eve.json.gz", 100)],
        &["eve.json.gz", "eve.json-20260101", "eve.json.1"],
    );
}

#[test]
fn names_say_whose_they_are() {
    for (name, base, turn) in [
        ("eve.json.1", "eve.json", Turn::Number(1)),
        ("eve.json.10.gz", "eve.json", Turn::Number(10)),
        ("eve.1.json", "eve.json", Turn::Number(1)),
        ("eve.json-20260101", "eve.json", Turn::Date(b"20260101".to_vec())),
        ("eve-2026-01-01.json.zst", "eve.json", Turn::Date(b"20260101".to_vec())),
        ("eve.json.1.xz", "eve.json.1", Turn::Silent),
        ("log.1", "log", Turn::Number(1)),
    ] {
        let all = Rotated::all(name.as_ref());
        assert!(all.iter().any(|(whose, said)| whose == base && said.turn == turn), "{all:?}");
    }
    for name in ["eve.jsonl", "eve-stats.json", "eve.json.bak", "eve.json", "x.1", "1", ".gz"] {
        let all = Rotated::all(name.as_ref());
        assert!(all.iter().all(|(whose, _)| whose != "eve.json"), "{name}: {all:?}");
    }
}
