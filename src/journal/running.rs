//! One run of journalctl: its output into entries, and whether it begins with the entry that must come first.

use std::time::Instant;

use super::arguments::Purpose;
use super::child::{Child, Next};
use super::cursor::Cursor;
use super::entry::Entry;
use super::pieces::{Piece, Pieces};

/// A child, and what is known of it.
pub(super) struct Running {
    pub(super) purpose: Purpose,
    pub(super) began_at: Instant,
    /// In microseconds since 1970.
    pub(super) began_us: i64,
    /// When it gave something last, or began.
    pub(super) heard_at: Instant,
    /// Since when its output is closed.
    pub(super) ending_since: Option<Instant>,
    /// Since when nobody listens to it.
    pub(super) blocked_since: Option<Instant>,
    child: Box<dyn Child>,
    pieces: Pieces,
    proof: Proof,
    /// What came instead of the entry that must come first.
    held: Vec<Entry>,
    ended: Option<Result<(), String>>,
}

/// Does it go on where reading stood?
enum Proof {
    /// This entry must come first.
    Awaited(Cursor),
    /// Another one came, or none.
    Doubtful,
    /// It does.
    Given,
}

/// What there was to hear.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Something, and there may be more.
    More,
    /// Nothing at present.
    Nothing,
    /// It has ended, and all of it was heard.
    Ended(Result<(), String>),
    /// It gave what is no entry; what was wanted.
    Garbage(&'static str),
}

/// What was heard at once.
#[derive(Debug, Default)]
pub(super) struct Catch {
    pub(super) entries: Vec<Entry>,
    /// Entries that were too long to be read.
    pub(super) too_long: u64,
}

impl Running {
    pub(super) fn new(
        child: Box<dyn Child>,
        purpose: Purpose,
        from: Option<Cursor>,
        (now, wall_us): (Instant, i64),
    ) -> Self {
        Self {
            purpose,
            began_at: now,
            began_us: wall_us,
            heard_at: now,
            ending_since: None,
            blocked_since: None,
            child,
            pieces: Pieces::default(),
            proof: from.map_or(Proof::Given, Proof::Awaited),
            held: Vec::new(),
            ended: None,
        }
    }

    /// Takes what it gave, if it gave anything.
    pub(super) fn hear(&mut self, now: Instant) -> (Heard, Catch) {
        let mut caught = Catch::default();
        if let Some(ended) = &self.ended {
            return (Heard::Ended(ended.clone()), caught);
        }
        let heard = match self.child.next() {
            Next::Block(block) => {
                self.heard_at = now;
                self.understand(&block, &mut caught).map_or_else(Heard::Garbage, |()| Heard::More)
            }
            Next::Nothing => Heard::Nothing,
            Next::Ending => {
                self.ending_since.get_or_insert(now);
                Heard::Nothing
            }
            Next::Ended(how) => {
                let how = how.and_then(|()| match self.pieces.is_amid() {
                    true => Err("in the midst of an entry".to_owned()),
                    false => Ok(()),
                });
                self.ending_since = None;
                if matches!(self.proof, Proof::Awaited(_)) {
                    self.proof = Proof::Doubtful;
                }
                self.ended = Some(how.clone());
                Heard::Ended(how)
            }
        };
        (heard, caught)
    }

    fn understand(&mut self, block: &[u8], caught: &mut Catch) -> Result<(), &'static str> {
        let (proof, held) = (&mut self.proof, &mut self.held);
        let mut garbage = Ok(());
        self.pieces.feed(block, |piece| {
            let line = match piece {
                _ if garbage.is_err() => return,
                Piece::TooLong => return caught.too_long += 1,
                Piece::Line(line) => line,
            };
            let entry = match Entry::parse(line) {
                Ok(entry) => entry,
                Err(wanted) => return garbage = Err(wanted),
            };
            match proof {
                Proof::Awaited(first) if first.is_same_entry(&entry.cursor) => {
                    *proof = Proof::Given
                }
                Proof::Awaited(_) => {
                    *proof = Proof::Doubtful;
                    held.push(entry);
                }
                Proof::Doubtful => held.push(entry),
                Proof::Given => caught.entries.push(entry),
            }
        });
        garbage
    }

    /// The entry that must come first did not.
    pub(super) fn is_doubtful(&self) -> bool {
        matches!(self.proof, Proof::Doubtful)
    }

    /// It is known what became of the entry that must come first: what came instead.
    pub(super) fn believe(&mut self) -> Vec<Entry> {
        self.proof = Proof::Given;
        std::mem::take(&mut self.held)
    }
}
