//! Lives that went wrong once, as they were found, made short. Some went wrong at times only.

use super::action::Action::{self, *};
use super::action::{Life, Naming, Packing};
use super::{PATIENCE, can_compress, failure};

#[test]
fn lives_that_went_wrong_once_go_well() {
    if !can_compress("found") {
        return;
    }
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    for _ in 0..number("IPSBELL_TIMES").unwrap_or(1) {
        for (naming, actions) in FOUND {
            let life = Life { naming: *naming, actions: actions.to_vec() };
            if let Some(why) = failure(&life, PATIENCE) {
                panic!("{life:?}\n{why}");
            }
        }
    }
}

const FOUND: &[(Naming, &[Action])] = &[
    // A copy that is shorter than the log was when it was cut off.
    (Naming::Upwards, &[CopyTruncate { between: 1 }]),
    (
        Naming::Dated,
        &[Rest(12), Reload, Compress(Packing::Gzip), Start, Write(8), Pause, Replace(3)],
    ),
    // A copy that is compressed while the log is gone.
    (
        Naming::Dated,
        &[CopyTruncate { between: 0 }, DeleteLog, Kill, Reopen, Compress(Packing::Zstd)],
    ),
];
