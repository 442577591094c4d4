//! Whether a reader waits for a file system, for others to see: one that hangs cannot say so itself.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::tail::{Finding, What};

/// A file system that does not answer for so long is told.
pub const HANGS_AFTER: Duration = Duration::from_secs(10);

/// Since when a reader waits for a file system. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Busy(Arc<Mutex<Option<Instant>>>);

/// A reader on network file systems, as one sees it that must not hang.
#[derive(Debug)]
pub(super) struct Other {
    mounts: Vec<PathBuf>,
    busy: Busy,
    hangs: bool,
}

impl Other {
    pub(super) fn new(mounts: Vec<PathBuf>, busy: Busy) -> Self {
        Self { mounts, busy, hangs: false }
    }

    /// What there is to say of it that was not said before.
    pub(super) fn look(&mut self, now: Instant) -> Vec<Finding> {
        let hangs = self.busy.hangs(now);
        let changed = std::mem::replace(&mut self.hangs, hangs) != hangs;
        if changed {
            self.findings(if hangs { What::Hangs } else { What::Answers })
        } else {
            vec![]
        }
    }

    /// What is wrong with it, as it was at the last look.
    pub(super) fn hanging(&self) -> Vec<Finding> {
        if self.hangs { self.findings(What::Hangs) } else { vec![] }
    }

    fn findings(&self, what: What) -> Vec<Finding> {
        self.mounts.iter().map(|mount| Finding::new(mount, what.clone())).collect()
    }
}

impl Busy {
    /// Looks at files or reads one, from `now` until it is done.
    pub(super) fn during<T>(&self, now: Instant, work: impl FnOnce() -> T) -> T {
        self.set(Some(now));
        let done = work();
        self.set(None);
        done
    }

    fn set(&self, since: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    /// Does it wait too long?
    fn hangs(&self, now: Instant) -> bool {
        let since = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        since.is_some_and(|since| now.saturating_duration_since(since) >= HANGS_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hangs_is_said_once_and_so_is_its_end() {
        let (busy, now) = (Busy::default(), Instant::now());
        let mut other = Other::new(vec!["/net".into()], busy.clone());
        let mut check = |now, said: &[What], open: usize| {
            let found: Vec<_> = other.look(now).into_iter().map(|finding| finding.what).collect();
            assert_eq!((found.as_slice(), other.hanging().len()), (said, open));
        };
        busy.during(now, || {
            check(now + HANGS_AFTER - Duration::from_millis(1), &[], 0);
            check(now + HANGS_AFTER, &[What::Hangs], 1);
            check(now + HANGS_AFTER * 2, &[], 1);
        });
        check(now + HANGS_AFTER * 2, &[What::Answers], 0);
        check(now + HANGS_AFTER * 3, &[], 0);
    }
}
