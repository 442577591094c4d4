//! The store under faults of disk and power, with the real program: at each call that it makes in its state directory,
//! in turn, the call fails, the process dies, or the machine loses power. What comes after must be whole: every alert
//! stored once, told or accounted for, and no post repeated without a mark.
//!
//! In little with every run of the tests; each call, with many seeds, with
//! `IPSBELL_CAMPAIGN=1 cargo test --release --test it powercut -- --nocapture`.

mod disk;
/// A disk that is full or cannot be written for a while, a database that is locked.
mod refused;
mod work;

use disk::{CHANGES, CUT_OFF, Fault, LETS_GO};
use work::{Work, is_made_good, numbers};

use crate::support::{Place, alerts, append, is_whole};

/// Every n-th of `each` in the campaign, else of a sample.
fn step(sample: u64) -> usize {
    if is_whole() { 1 } else { sample as usize }
}

/// Tries a work with `fault(n)` for each n of a sample, or for each n at all, until it goes through without reaching it.
fn at_each_call(
    name: &str,
    sample: u64,
    calls: &str,
    fault: impl Fn(u64) -> Fault<'static>,
    work: impl Fn(Fault<'_>, &str) -> Place,
) {
    let mut runs = 0;
    // A sample begins in the middle of a step, a campaign with the first call.
    for n in (step(sample).div_ceil(2) as u64..).step_by(step(sample)) {
        let place = work(fault(n), &format!("{name}, {:?}", fault(n)));
        if disk::calls(&place, calls) < n {
            break;
        }
        runs += 1;
    }
    eprintln!("{name}: {runs} runs, each with its fault at another call");
    assert!(runs > 0, "{name}: the fault was not reached");
}

/// The whole work; the agent may end with these statuses.
fn whole_work(usual: &[i32]) -> impl Fn(Fault<'_>, &str) -> Place {
    move |fault, context| {
        let work = Work::new();
        let status = work.run(fault);
        let said = || std::fs::read_to_string(work.place.path("agent.log")).unwrap();
        assert!(usual.contains(&status), "{context}: status {status}: {}", said());
        work.is_made_good(status, context);
        work.place
    }
}

#[test]
fn killed_before_each_call_nothing_is_lost() {
    if disk::available("killed_before_each_call_nothing_is_lost") {
        let kill = |at| Fault::Kill { at };
        at_each_call("killed", 67, CHANGES, kill, whole_work(&[0, CUT_OFF]));
    }
}

#[test]
fn power_fails_before_each_call_and_nothing_is_lost() {
    if !disk::available("power_fails_before_each_call_and_nothing_is_lost") {
        return;
    }
    for seed in 0..if is_whole() { 8 } else { 2 } {
        let cut = |at| Fault::Cut { calls: CHANGES, at, seed };
        at_each_call("power cut", 89, CHANGES, cut, whole_work(&[0, CUT_OFF]));
    }
}

#[test]
fn each_call_fails_once_and_nothing_is_lost() {
    if !disk::available("each_call_fails_once_and_nothing_is_lost") {
        return;
    }
    for (error, calls, sample) in [
        ("EIO", "write", 89),
        ("EIO", "sync", 11),
        ("EIO", "directory,truncate,create,rename,unlink", 7),
        ("ENOSPC", "write", 89),
        ("short", "write", 127),
    ] {
        let fail = |at| Fault::Once { error, calls, at };
        at_each_call(error, sample, calls, fail, whole_work(&[0, 1]));
    }
}

#[test]
fn what_a_failed_sync_left_out_is_written_again_before_a_power_cut() {
    if !disk::available("what_a_failed_sync_left_out_is_written_again_before_a_power_cut") {
        return;
    }
    // Three syncs later a post has been sent whose attempt stands behind what the failed one left out.
    for later in if is_whole() { 1..=12 } else { 3..=3 } {
        let cut = |sync| Fault::SyncThenCut { sync, later };
        at_each_call("failed sync", 4, "sync", cut, whole_work(&[0, 1, CUT_OFF]));
    }
}

/// The first start of all, over a log with 12 alerts.
fn first_start(fault: Fault<'_>, context: &str) -> Place {
    let slack = ipsbell::fake_slack::FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    place.append(&alerts(1001, 0..12));
    let config = place.path("config.toml");
    let output =
        disk::ipsbell_on(&place, fault).args(["run", "--once", "--config"]).arg(config).output();
    let status = output.unwrap().status.code().unwrap();
    assert!([0, 1, CUT_OFF].contains(&status), "{context}: status {status}");
    is_made_good(&place, &slack, status, 12, context);
    assert_eq!(numbers(&place), (0..12).collect::<Vec<_>>(), "{context}");
    place
}

#[test]
fn a_store_that_is_cut_off_while_it_is_made_is_made_at_the_next_start() {
    if !disk::available("a_store_that_is_cut_off_while_it_is_made_is_made_at_the_next_start") {
        return;
    }
    at_each_call("first start, killed", 61, CHANGES, |at| Fault::Kill { at }, first_start);
    for seed in 0..if is_whole() { 6 } else { 1 } {
        let cut = |at| Fault::Cut { calls: CHANGES, at, seed };
        at_each_call("first start, power cut", 53, CHANGES, cut, first_start);
    }
    for error in ["EIO", "ENOSPC"] {
        let fail = |at| Fault::Once { error, calls: CHANGES, at };
        at_each_call("first start, refused", 83, CHANGES, fail, first_start);
    }
}

#[test]
fn a_deleted_log_is_let_go_only_when_its_last_line_is_on_the_disk() {
    if !disk::available("a_deleted_log_is_let_go_only_when_its_last_line_is_on_the_disk") {
        return;
    }
    let slack = ipsbell::fake_slack::FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    place.append(&alerts(1001, 0..5));
    let cut = Fault::Cut { calls: LETS_GO, at: 1, seed: 0 };
    let mut agent = place.run_by(&mut disk::ipsbell_on(&place, cut));
    place.wait_for_account("the first lines", |account| account.told == 5);
    let rotated = place.path("eve.json.1");
    std::fs::rename(place.log(), &rotated).unwrap();
    // The last line has no end: it is given when the file is let go, in the very transaction that forgets the file.
    let line = alerts(1002, 5..6).remove(0);
    std::io::Write::write_all(
        &mut std::fs::OpenOptions::new().append(true).open(&rotated).unwrap(),
        line.as_bytes(),
    )
    .unwrap();
    std::fs::remove_file(&rotated).unwrap();
    append(&place.log(), &alerts(1003, 6..8));
    assert_eq!(agent.wait(), CUT_OFF);
    is_made_good(&place, &slack, CUT_OFF, 8, "cut off when the log was let go");
    let mut stored = numbers(&place);
    stored.sort_unstable();
    assert_eq!(stored, (0..8).collect::<Vec<_>>());
}

#[test]
fn power_fails_while_a_long_log_is_copied_into_the_database() {
    const ALERTS: u32 = 5_000;
    if !disk::available("power_fails_while_a_long_log_is_copied_into_the_database") {
        return;
    }
    let mut cut_off = 0;
    for run in 0..if is_whole() { 40_u32 } else { 1 } {
        let slack = ipsbell::fake_slack::FakeSlack::start().unwrap();
        let place = Place::new(&slack);
        // Records of 10 KiB: the log is copied when it has 32 MiB, and begins anew.
        let payload = format!("\"payload\":\"{}\",\"alert\":", "A".repeat(10 << 10));
        let line = |line: String| line.replace("\"alert\":", &payload);
        place.append(&alerts(1001, 0..ALERTS).into_iter().map(line).collect::<Vec<_>>());
        // Places with no pattern in them: 0.618 is the golden section.
        let at = 4_000 + ((f64::from(run) * 0.618).fract() * 8_000.0) as u64;
        let cut = Fault::Cut { calls: CHANGES, at, seed: run.into() };
        let config = place.path("config.toml");
        let output =
            disk::ipsbell_on(&place, cut).args(["run", "--once", "--config"]).arg(config).output();
        let status = output.unwrap().status.code().unwrap();
        cut_off += u32::from(status == CUT_OFF);
        let context = format!("a long log, {cut:?}");
        is_made_good(&place, &slack, status, ALERTS.into(), &context);
        let mut stored = numbers(&place);
        stored.sort_unstable();
        stored.dedup();
        assert_eq!(stored.len(), ALERTS as usize, "{context}");
    }
    eprintln!("a long log: {cut_off} runs cut off");
}
