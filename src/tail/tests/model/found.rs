//! What random lives have found.

use super::*;

/// Histories that were read wrongly once.
#[test]
fn found_cases_are_read_right() {
    use Action::{
        Compress, CopyTruncate, DeleteOldest, HardLink, Pause, Read, ReadAndFail, Restart, Rotate,
        Truncate, Write, WriteHalf, WriteToOld,
    };
    let gone = Rotate { create: false };
    let made = Rotate { create: true };
    let copy = CopyTruncate { look: false };
    let copy_and_look = CopyTruncate { look: true };
    let copy_2 = copy.clone();
    let compress = |which| Compress { which, form: 0, keeps_time: false };
    for actions in [
        vec![
            Write(1),
            Write(1),
            gone.clone(),
            Read,
            WriteHalf,
            Pause(4),
            Read,
            WriteToOld,
            Restart,
        ],
        vec![Truncate, gone.clone(), Read, Restart, Read, Write(1), gone.clone(), Restart],
        vec![gone.clone(), Write(1), WriteToOld, Read, gone.clone(), Read, Pause(3), Read],
        vec![gone.clone(), Write(1), WriteToOld, Read, gone.clone(), Pause(4), Read],
        // A copy of a log that was not seen yet, or that is another one since.
        vec![gone.clone(), Write(1), copy_and_look.clone()],
        vec![Truncate, Restart, Write(1), copy_and_look.clone()],
        vec![Truncate, gone.clone(), Write(1), copy_and_look],
        // Cut off before anything was read of it, or within its first line.
        vec![made.clone(), Read, Write(1), copy.clone()],
        vec![gone.clone(), WriteHalf, Read, copy.clone()],
        vec![gone.clone(), WriteHalf, Read, copy.clone(), Write(1)],
        // Cut off and written on, so that it is no shorter.
        vec![Write(1), copy.clone(), Write(3), gone.clone()],
        // The size of what is compressed is known at its end.
        vec![Truncate, copy.clone(), gone.clone(), compress(1), Write(2), ReadAndFail],
        // Written to after it was compressed, and after it was deleted.
        vec![Write(3), made.clone(), copy.clone(), compress(1), WriteToOld],
        vec![made.clone(), copy, WriteToOld, DeleteOldest, Restart],
        // Several compressed files at once, and a commit that fails.
        vec![
            Truncate,
            gone.clone(),
            Write(1),
            Rotate { create: true },
            gone.clone(),
            compress(1),
            compress(2),
            WriteToOld,
            ReadAndFail,
        ],
        // A compressed file that has another name, which does not say so.
        vec![made.clone(), made.clone(), made, copy_2, compress(0), HardLink, Read, Restart],
        vec![
            Rotate { create: true },
            gone.clone(),
            WriteHalf,
            Read,
            CopyTruncate { look: false },
            DeleteOldest,
            Read,
            DeleteOldest,
            Truncate,
        ],
        vec![gone.clone(), Write(1), gone, HardLink, DeleteOldest, DeleteOldest, WriteToOld],
    ] {
        for upwards in [false, true] {
            if let Err(error) = check(upwards, &actions) {
                panic!("{actions:?}: {error}");
            }
        }
    }
}
