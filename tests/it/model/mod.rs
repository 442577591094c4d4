//! Random lives of the real program against a toy: whatever happens to the log, the agent, its disk and Slack, each
//! numbered alert is stored exactly once, unless what it stood in was destroyed first, and what is stored is told, in
//! numbers that add up at the receiver and in the store's account.
//!
//! A few lives with every run of the tests; `IPSBELL_SEEDS=1000 cargo test --test it model` lives a thousand,
//! `IPSBELL_SEED=7 cargo test --test it model` that of one seed. A life that fails is made short before it is shown.
//! `IPSBELL_KEEP` names a directory to which its files are copied.

mod action;
mod found;
mod run;
mod shrink;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use self::action::{Life, Packing};
use crate::support::program;

/// Lives at the same time: most of each is waiting.
const LANES: usize = 6;

/// Lives with every run of the tests.
const LIVES: u64 = 24;

/// Nothing that is waited for takes longer; and less while a life is made shorter.
const PATIENCE: Duration = Duration::from_secs(60);
const PATIENCE_TO_SHRINK: Duration = Duration::from_secs(8);

/// How long a life that fails is made shorter.
const SHRINK_TIME: Duration = Duration::from_secs(120);

#[test]
fn whatever_happens_each_alert_is_stored_once_and_told() {
    if !can_compress("model") {
        return;
    }
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (first, lives) = match (number("IPSBELL_SEED"), number("IPSBELL_SEEDS")) {
        (Some(seed), _) => (seed, 1),
        // With every run the same lives, so that a change is judged by itself.
        (None, None) => (1, LIVES),
        (None, Some(lives)) => (u64::from(std::process::id()) << 20, lives),
    };
    println!("seeds {first} to {}", first + lives - 1);
    let next = AtomicU64::new(first);
    let actions = AtomicU64::new(0);
    let failed: Mutex<Option<(u64, Life, String)>> = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                while failed.lock().unwrap().is_none() {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + lives {
                        break;
                    }
                    let life = Life::of(seed);
                    actions.fetch_add(life.actions.len() as u64, Ordering::Relaxed);
                    if let Some(why) = failure(&life, PATIENCE) {
                        failed.lock().unwrap().get_or_insert((seed, life, why));
                    }
                }
            });
        }
    });
    if let Some((seed, life, why)) = failed.into_inner().unwrap() {
        println!("the life of seed {seed} fails, it is made shorter: {why}");
        let (life, why) =
            shrink::shrink(life, why, SHRINK_TIME, |life| failure(life, PATIENCE_TO_SHRINK));
        panic!("IPSBELL_SEED={seed}\n{life:?}\n{why}");
    }
    println!("{lives} lives, {} actions", actions.into_inner());
}

/// Are the programs there with which rotated files are compressed?
fn can_compress(test: &str) -> bool {
    Packing::ALL.into_iter().all(|packing| program(test, packing.program()).is_some())
}

/// Why a life fails, if it does.
fn failure(life: &Life, patience: Duration) -> Option<String> {
    match catch_unwind(AssertUnwindSafe(|| run::live(life, patience))) {
        Ok(lived) => lived.err(),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            Some(
                text.or(panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
                    .unwrap_or_default(),
            )
        }
    }
}
