//! The store under faults of disk and power, with the real program: at each call that it makes in its state directory,
//! in turn, the call fails, the process dies, or the machine loses power. What comes after must be whole: every alert
//! stored once, told or accounted for, and no post repeated without a mark.
//!
//! In little with every run of the tests; each call, with many seeds, with
//! `IPSBELL_CAMPAIGN=1 cargo test --release --test it powercut`.

mod disk;
mod work;

use disk::{CHANGES, CUT_OFF, Fault};
use work::Work;

fn campaign() -> bool {
    std::env::var_os("IPSBELL_CAMPAIGN").is_some()
}

/// Tries the work with `fault(n)` for each n of a sample, or for each n at all, until it goes through without reaching it.
/// How many it reached.
fn at_each_call(
    name: &str,
    step: u64,
    calls: &str,
    fault: impl Fn(u64) -> Fault<'static>,
    usual: &[i32],
) -> u64 {
    let step = if campaign() { 1 } else { step };
    let mut reached = 0;
    // A sample of another n with each build would not be repeatable: it begins in the middle of a step.
    let start = std::env::var("START").map_or(step.div_ceil(2), |s| s.parse().unwrap());
    for n in (start..).step_by(step as usize) {
        let context = format!("{name}, {:?}", fault(n));
        if std::env::var_os("TRACE").is_some() {
            eprintln!("{context}");
        }
        let work = Work::new();
        let status = work.run(fault(n));
        assert!(usual.contains(&status), "{context}: status {status}");
        let through = disk::calls(&work.place, calls) < n;
        work.is_made_good(status, &context);
        if through {
            break;
        }
        reached += 1;
    }
    println!("{name}: {reached} runs, each cut at another call");
    assert!(reached > 0, "{name}: the fault was not reached");
    reached
}

#[test]
fn killed_before_each_call_nothing_is_lost() {
    if disk::available("killed_before_each_call_nothing_is_lost") {
        at_each_call("killed", 67, CHANGES, |at| Fault::Kill { at }, &[0, CUT_OFF]);
    }
}

#[test]
fn power_fails_before_each_call_and_nothing_is_lost() {
    if !disk::available("power_fails_before_each_call_and_nothing_is_lost") {
        return;
    }
    for seed in 0..if campaign() { 8 } else { 2 } {
        let cut = |at| Fault::Cut { calls: CHANGES, at, seed };
        at_each_call("power cut", 97, CHANGES, cut, &[0, CUT_OFF]);
    }
}

#[test]
fn each_call_fails_once_and_nothing_is_lost() {
    if !disk::available("each_call_fails_once_and_nothing_is_lost") {
        return;
    }
    for (error, calls, step) in [
        ("EIO", "write", 61),
        ("EIO", "sync", 11),
        ("EIO", "truncate,create,rename,unlink", 3),
        ("ENOSPC", "write", 89),
        ("short", "write", 89),
    ] {
        let fail = |at| Fault::Once { error, calls, at };
        at_each_call(error, step, calls, fail, &[0, 1]);
    }
}
