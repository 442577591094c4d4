//! How long the oldest unread byte of a log has waited, measured with one mark a file: where the file ended at some time.
//! Until reading has passed the mark, bytes from before that time are unread. Pure.

use std::time::{Duration, Instant};

use crate::tail::FileStatus;

/// What was written is read within this time, or reading is behind.
pub(super) const LAG_TIME_MAX: Duration = Duration::from_secs(300);

/// Where a file ended, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    size: u64,
    at: Instant,
}

/// Is reading behind in this file? `None` if that is not known yet: then it is as it was.
pub(super) fn is_behind(mark: &mut Option<Mark>, file: &FileStatus, now: Instant) -> Option<bool> {
    if file.is_caught_up {
        *mark = None;
        return Some(false);
    }
    let anew = Mark { size: file.size, at: now };
    let Some(known) = mark.filter(|known| known.size <= file.size) else {
        *mark = Some(anew);
        return None;
    };
    let late = now.duration_since(known.at) > LAG_TIME_MAX;
    if file.position.offset >= known.size {
        *mark = Some(anew);
        return Some(late);
    }
    late.then_some(true)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::tail::{FileKey, Position, State};

    fn file(offset: u64, size: u64) -> FileStatus {
        FileStatus {
            key: FileKey(1),
            path: Path::new("/var/log/eve.json").into(),
            source: 0,
            state: State::Followed,
            size,
            position: Position { offset, ..Position::default() },
            lag_bytes: size - offset,
            is_caught_up: offset == size,
            read_at: None,
            problem: None,
        }
    }

    /// Second, offset, size, and what is known then.
    fn check(steps: &[(u64, u64, u64, Option<bool>)]) {
        let begin = crate::clock::monotonic();
        let mut mark = None;
        for (second, offset, size, wanted) in steps {
            let now = begin + Duration::from_secs(*second);
            let found = is_behind(&mut mark, &file(*offset, *size), now);
            assert_eq!(found, *wanted, "second {second} of {steps:?}");
        }
    }

    #[test]
    fn what_waits_too_long_is_behind_until_it_is_passed_in_time() {
        // A log that grows and is read as it grows is never behind, though there is always something unread.
        check(&[(0, 0, 10, None), (5, 12, 20, Some(false)), (10, 22, 30, Some(false))]);
        // Nothing is read.
        check(&[(0, 5, 10, None), (300, 5, 900, None), (301, 5, 900, Some(true))]);
        // A steady delay of ten minutes is seen at the latest when the mark is reached, and stays seen.
        check(&[
            (0, 0, 600, None),
            (301, 301, 901, Some(true)),
            (600, 600, 1_200, Some(true)),
            (700, 700, 1_300, None),
            (1_200, 1_200, 1_800, Some(true)),
            // It catches up.
            (1_210, 1_900, 1_950, Some(false)),
            (1_211, 1_950, 1_950, Some(false)),
        ]);
        // A file that was cut off and written anew has a mark of its own.
        check(&[(0, 0, 10_000, None), (400, 0, 10, None), (401, 10, 10, Some(false))]);
    }
}
