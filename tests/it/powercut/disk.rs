//! The faulty disk of `tests/it/faults`, as the tests order it: compiled once, preloaded into the agent, asked afterwards
//! how far it came.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::preload;
use crate::support::{Agent, Place, ipsbell};

/// The exit status of a process that ended in the midst of a call.
pub(crate) const CUT_OFF: i32 = 137;

/// What happens to the calls of the agent in its state directory. Calls are counted from 1.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault<'a> {
    /// The n-th of these calls fails with this error, or is cut `short`.
    Once { error: &'a str, calls: &'a str, at: u64 },
    /// All of these calls fail while the file is there.
    While { error: &'a str, calls: &'a str, file: &'a Path },
    /// The process ends before the n-th call; the kernel keeps what it has.
    Kill { at: u64 },
    /// Power fails before the n-th of these calls. Seed 0: what was not synced is gone.
    Cut { calls: &'a str, at: u64, seed: u64 },
    /// The n-th sync fails, and power so many syncs later.
    SyncThenCut { sync: u64, later: u64 },
}

/// The last descriptor of a log that was deleted is closed.
pub(crate) const LETS_GO: &str = "letgo";

/// All that changes what a disk holds.
pub(crate) const CHANGES: &str = "write,sync,directory,truncate,create,rename,unlink";

/// Where the shim is; why not, if there is none.
fn shim() -> Result<&'static Path, &'static str> {
    static SHIM: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let compile = || {
        let made = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let fresh = made.join(format!("disk-{}.so", std::process::id()));
        preload::compile(&fresh, &["faults/disk.c", "faults/durable.c"])?;
        let shim = made.join("disk.so");
        std::fs::rename(fresh, &shim).unwrap();
        Ok(shim)
    };
    SHIM.get_or_init(compile).as_deref().map_err(String::as_str)
}

/// Can the tests have a faulty disk here? Says so if not.
pub(crate) fn available(test: &str) -> bool {
    if let Err(why) = shim() {
        eprintln!("SKIPPED {test}: {why}");
    }
    shim().is_ok()
}

/// A command for the agent of this place with the faulty disk under its state directory.
pub(crate) fn ipsbell_on(place: &Place, fault: Fault<'_>) -> Command {
    let mut command = ipsbell();
    command
        .env("LD_PRELOAD", shim().unwrap())
        .env("DISK_DIRECTORY", place.state())
        .env("DISK_LOGS", place.path(""))
        .env("DISK_COUNTS", place.path("calls"));
    let mut fail = |error: &str, calls: &str, at: u64| {
        command.env("DISK_FAIL", error).env("DISK_FAIL_CALLS", calls);
        command.env("DISK_FAIL_AT", at.to_string());
    };
    match fault {
        Fault::Once { error, calls, at } => fail(error, calls, at),
        Fault::While { error, calls, file } => {
            fail(error, calls, 1);
            command.env("DISK_FAIL_WHILE", file);
        }
        Fault::Kill { at } => {
            end(&mut command, "kill", CHANGES, at);
        }
        Fault::Cut { calls, at, seed } => cut(&mut command, place, calls, at, seed),
        Fault::SyncThenCut { sync, later } => {
            fail("EIO", "sync", sync);
            cut(&mut command, place, "sync", sync + later, 0);
        }
    }
    command
}

fn end(command: &mut Command, how: &str, calls: &str, at: u64) {
    command.env("DISK_END", how).env("DISK_END_CALLS", calls).env("DISK_END_AT", at.to_string());
}

fn cut(command: &mut Command, place: &Place, calls: &str, at: u64, seed: u64) {
    let survivors = place.path("survivors");
    std::fs::create_dir(&survivors).unwrap();
    command.env("DISK_SURVIVORS", survivors).env("DISK_SEED", seed.to_string());
    end(command, "cut", calls, at);
}

/// After a power cut: the state directory as the disk has it.
pub(crate) fn power_is_back(place: &Place) {
    if place.state().exists() {
        std::fs::remove_dir_all(place.state()).unwrap();
    }
    std::fs::rename(place.path("survivors"), place.state()).unwrap();
}

/// How many of these calls there were.
pub(crate) fn calls(place: &Place, wanted: &str) -> u64 {
    let counts = std::fs::read_to_string(place.path("calls")).unwrap_or_default();
    let of = |line: &str| {
        let (call, count) = line.split_once(' ')?;
        wanted.contains(call).then(|| count.parse::<u64>().unwrap())
    };
    counts.lines().filter_map(of).sum()
}

/// Waits for the agent's progress or its end. True if it came so far.
pub(crate) fn comes_so_far(agent: &mut Agent, mut reached: impl FnMut() -> bool) -> bool {
    crate::support::wait_for("the agent's progress or end", || {
        if reached() {
            return Some(true);
        }
        agent.ended().map(|_| false)
    })
}
