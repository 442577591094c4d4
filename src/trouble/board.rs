//! What is wrong now, shared by all threads: each reports all that it finds, and reads what the others found. It survives
//! nothing by itself; what a last process left open is taken over until its finder has reported once, so that a restart
//! ends nothing and begins nothing anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::{Condition, Kind};

/// So many conditions are listed; more are counted.
pub const CONDITIONS_MAX: usize = 200;

/// The subject of [`Kind::Unlisted`].
pub const UNLISTED: &str = "the list of trouble";

/// The board. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Board {
    state: Arc<Mutex<State>>,
}

/// What is wrong at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// All that is listed, by kind and subject, with one of [`Kind::Unlisted`] if that is not all.
    pub conditions: Vec<Condition>,
    /// Grows with each change.
    pub version: u64,
    /// Everybody has reported once: what is not here is over.
    pub settled: bool,
}

#[derive(Debug)]
struct State {
    open: BTreeMap<(Kind, String), Open>,
    /// Of each finder, how many found no room on the list.
    unlisted: BTreeMap<String, u64>,
    unlisted_since: Option<Timestamp>,
    /// Who has not reported yet.
    awaited: BTreeSet<String>,
    /// When each reader last passed.
    passes: BTreeMap<String, Instant>,
    version: u64,
}

#[derive(Debug)]
struct Open {
    text: String,
    since: Timestamp,
    /// Who found it; nobody yet of what was taken over.
    finder: Option<String>,
}

impl Board {
    /// A board with what the last process left open. `finders` are all who will report.
    pub fn new(left: Vec<Condition>, finders: impl IntoIterator<Item = String>) -> Self {
        let open = left.into_iter().filter(|left| left.kind != Kind::Unlisted).map(|left| {
            let open = Open { text: left.text, since: left.since, finder: None };
            ((left.kind, left.subject), open)
        });
        let state = State {
            open: open.take(CONDITIONS_MAX).collect(),
            unlisted: BTreeMap::new(),
            unlisted_since: None,
            awaited: finders.into_iter().collect(),
            passes: BTreeMap::new(),
            version: 1,
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// All that `finder` finds wrong now; what it found before and not now is over. A condition that is on the board
    /// already keeps its beginning.
    pub fn report(&self, finder: &str, now: Timestamp, found: Vec<Condition>) {
        let mut state = self.state();
        let mut changed = state.awaited.remove(finder);
        let keys: BTreeSet<(Kind, String)> =
            found.iter().map(|found| (found.kind, found.subject.clone())).collect();
        let before = state.open.len();
        state.open.retain(|key, open| open.finder.as_deref() != Some(finder) || keys.contains(key));
        changed |= state.open.len() != before;
        let mut unlisted = 0;
        for Condition { kind, subject, text, since } in found {
            let key = (kind, subject);
            let finder = Some(finder.to_owned());
            if let Some(open) = state.open.get_mut(&key) {
                changed |= open.text != text;
                *open = Open { text, since: open.since.min(since), finder };
            } else if state.open.len() < CONDITIONS_MAX {
                changed = true;
                state.open.insert(key, Open { text, since, finder });
            } else {
                unlisted += 1;
            }
        }
        changed |= state.unlisted.insert(finder.to_owned(), unlisted).unwrap_or(0) != unlisted;
        state.unlisted_since = (state.unlisted.values().any(|count| *count > 0))
            .then(|| state.unlisted_since.unwrap_or(now));
        if state.awaited.is_empty() {
            let before = state.open.len();
            state.open.retain(|_, open| open.finder.is_some());
            changed |= state.open.len() != before;
        }
        state.version += u64::from(changed);
    }

    /// Is this on the list?
    pub fn has(&self, kind: Kind, subject: &str) -> bool {
        self.state().open.contains_key(&(kind, subject.to_owned()))
    }

    /// What is said of this, if it is on the list.
    pub fn text(&self, kind: Kind, subject: &str) -> Option<String> {
        self.state().open.get(&(kind, subject.to_owned())).map(|open| open.text.clone())
    }

    /// What is wrong now, if that changed since the snapshot of the version `seen`; 0 is none.
    pub fn look(&self, seen: u64) -> Option<Snapshot> {
        let state = self.state();
        (state.version != seen).then(|| state.snapshot())
    }

    /// A reader, by its name as a finder, has come round once more.
    pub fn passed(&self, finder: &str, at: Instant) {
        let mut state = self.state();
        match state.passes.get_mut(finder) {
            Some(last) => *last = at,
            None => drop(state.passes.insert(finder.to_owned(), at)),
        }
    }

    /// A reader ends: it need not pass any more.
    pub fn ended(&self, finder: &str) {
        self.state().passes.remove(finder);
    }

    /// The readers that did not pass for longer than `limit`.
    pub fn hanging(&self, at: Instant, limit: Duration) -> Vec<String> {
        let state = self.state();
        let late = state.passes.iter().filter(|(_, last)| at.duration_since(**last) > limit);
        late.map(|(finder, _)| finder.clone()).collect()
    }

    // A poisoned lock means that a thread panicked between plain stores: the program ends in order.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Snapshot {
    /// What keeps alerts from getting through, if anything does by now.
    pub fn sick(&self, now: Timestamp) -> Option<&Condition> {
        self.conditions.iter().find(|open| open.kind.nature().sick && open.counts(now))
    }
}

impl State {
    fn snapshot(&self) -> Snapshot {
        let listed = self.open.iter().map(|((kind, subject), open)| Condition {
            kind: *kind,
            subject: subject.clone(),
            text: open.text.clone(),
            since: open.since,
        });
        let unlisted: u64 = self.unlisted.values().sum();
        let rest = self.unlisted_since.map(|since| Condition {
            kind: Kind::Unlisted,
            subject: UNLISTED.to_owned(),
            text: format!("{unlisted} more than the {CONDITIONS_MAX} that are listed"),
            since,
        });
        Snapshot {
            conditions: listed.chain(rest).collect(),
            version: self.version,
            settled: self.awaited.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + secs).unwrap()
    }

    fn unreadable(subject: &str, secs: i64) -> Condition {
        let text = format!("cannot read {subject:?}");
        Condition { kind: Kind::SourceUnreadable, subject: subject.into(), text, since: at(secs) }
    }

    fn open(board: &Board) -> Vec<(String, i64)> {
        let conditions = board.look(0).unwrap().conditions;
        let since = |open: &Condition| open.since.duration_since(at(0)).as_secs();
        conditions.iter().map(|open| (open.subject.clone(), since(open))).collect()
    }

    fn finders() -> Vec<String> {
        vec!["read".into(), "send soc".into()]
    }

    #[test]
    fn what_is_not_reported_again_is_over_and_the_rest_keeps_its_beginning() {
        let board = Board::new(Vec::new(), finders());
        board.report("read", at(1), vec![unreadable("/a", 1), unreadable("/b", 1)]);
        board.report("send soc", at(2), vec![unreadable("/c", 2)]);
        board.report("read", at(3), vec![unreadable("/b", 3)]);
        assert_eq!(open(&board), [("/b".into(), 1), ("/c".into(), 2)]);
        assert!(board.has(Kind::SourceUnreadable, "/b") && !board.has(Kind::Silent, "/b"));
    }

    #[test]
    fn only_a_change_is_a_new_version() {
        let board = Board::new(Vec::new(), finders());
        let version = |board: &Board| board.look(0).unwrap().version;
        board.report("read", at(1), vec![unreadable("/a", 1)]);
        let first = version(&board);
        board.report("read", at(2), vec![unreadable("/a", 2)]);
        assert_eq!((version(&board), board.look(first)), (first, None));
        board.report("read", at(3), Vec::new());
        assert!(board.look(first).is_some_and(|now| now.conditions.is_empty()));
    }

    #[test]
    fn what_the_last_process_left_open_lasts_until_all_have_reported() {
        let board = Board::new(vec![unreadable("/a", 1), unreadable("/b", 1)], finders());
        assert_eq!(open(&board).len(), 2);
        board.report("read", at(5), vec![unreadable("/a", 5)]);
        assert_eq!((open(&board).len(), board.look(0).unwrap().settled), (2, false));
        board.report("send soc", at(6), Vec::new());
        assert_eq!(open(&board), [("/a".into(), 1)]);
        assert!(board.look(0).unwrap().settled);
    }

    #[test]
    fn more_than_is_listed_is_counted_and_has_an_end() {
        let board = Board::new(Vec::new(), finders());
        let many = |count: usize| {
            (0..count).map(|n| unreadable(&format!("/{n:04}"), 1)).collect::<Vec<_>>()
        };
        board.report("read", at(1), many(CONDITIONS_MAX));
        assert_eq!(open(&board).len(), CONDITIONS_MAX);
        for (more, secs) in [(1, 2), (80, 3)] {
            board.report("read", at(secs), many(CONDITIONS_MAX + more));
            let last = board.look(0).unwrap().conditions.pop().unwrap();
            assert_eq!((last.kind, last.since), (Kind::Unlisted, at(2)));
            assert!(last.text.starts_with(&format!("{more} more than")), "{}", last.text);
        }
        board.report("read", at(4), many(1));
        assert_eq!(open(&board).len(), 1);
    }

    #[test]
    fn a_reader_that_does_not_pass_hangs_until_it_passes_or_ends() {
        let (begin, limit) = (crate::clock::monotonic(), Duration::from_secs(60));
        let board = Board::new(Vec::new(), finders());
        board.passed("read", begin);
        assert!(board.hanging(begin + limit, limit).is_empty());
        let late = begin + limit + Duration::from_millis(1);
        assert_eq!(board.hanging(late, limit), ["read"]);
        board.passed("read", late);
        assert!(board.hanging(late, limit).is_empty());
        board.ended("read");
        assert!(board.hanging(late + 2 * limit, limit).is_empty());
    }
}
