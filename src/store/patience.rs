//! What one thread knows of a store that refuses: since when, and of what sort the refusal is, so that it is said once
//! and not each second, and once that it is over.

use std::mem::{Discriminant, discriminant};

use jiff::Timestamp;

use super::{Ledger, StoreError, Writer};

/// One thread's patience with the store.
#[derive(Debug, Default)]
pub(super) struct Patience {
    refused: Option<(Timestamp, Discriminant<StoreError>)>,
    taken: bool,
}

impl Patience {
    /// The store refused. True if that is news: it took before, or refuses in another way now.
    pub(super) fn refused(&mut self, now: Timestamp, error: &StoreError) -> bool {
        let sort = discriminant(error);
        let (since, before) = self.refused.map_or((now, None), |(since, sort)| (since, Some(sort)));
        self.refused = Some((since, sort));
        self.taken = false;
        before != Some(sort)
    }

    /// The store took what was written.
    pub(super) fn took(&mut self) {
        self.taken = self.refused.is_some();
    }

    /// Since when it had refused, once after it took again.
    pub(super) fn over(&mut self) -> Option<Timestamp> {
        if !std::mem::take(&mut self.taken) {
            return None;
        }
        self.refused.take().map(|(since, _)| since)
    }
}

impl Writer {
    /// The store refused. True if that is worth a word: it took before, or refuses in another way now.
    pub fn refused(&mut self, now: Timestamp, error: &StoreError) -> bool {
        self.patience.refused(now, error)
    }

    /// Since when the store has refused, once after it took again.
    pub fn recovered(&mut self) -> Option<Timestamp> {
        self.patience.over()
    }
}

impl Ledger {
    /// The store refused. True if that is worth a word: it took before, or refuses in another way now.
    pub fn refused(&mut self, now: Timestamp, error: &StoreError) -> bool {
        self.patience.refused(now, error)
    }

    /// Since when the store has refused, once after it took again.
    pub fn recovered(&mut self) -> Option<Timestamp> {
        self.patience.over()
    }

    /// Gives the reserve's room to what senders write. True if there was one.
    pub fn make_room(&self) -> bool {
        self.turn.reserve.give_back()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sort_of_refusal_is_news_once_and_so_is_its_end() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let busy = || StoreError::Busy(rusqlite::Error::InvalidQuery);
        let full = || StoreError::Full(rusqlite::Error::InvalidQuery);
        let since = |patience: &Patience| patience.refused.map(|(since, _)| since);
        let mut patience = Patience::default();
        patience.took();
        assert_eq!(patience.over(), None);
        assert!(patience.refused(at(1), &busy()));
        assert!(!patience.refused(at(2), &busy()));
        assert!(patience.refused(at(3), &full()));
        assert_eq!((since(&patience), patience.over()), (Some(at(1)), None), "not over yet");
        patience.took();
        assert!(!patience.refused(at(4), &full()), "it refused again before anybody asked");
        patience.took();
        assert_eq!(patience.over(), Some(at(1)));
        assert_eq!((since(&patience), patience.over()), (None, None));
        assert!(patience.refused(at(5), &full()));
    }
}
