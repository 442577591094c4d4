//! Are the records of a log understood? Judged by each hundred of them. Pure.

/// So many records are judged together.
pub(super) const RECORDS_JUDGED: u32 = 100;

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Legibility {
    /// An alert, or known to be none.
    Understood,
    /// Its format was known, and it did not fit.
    Rejected,
    /// No format claims it.
    Unclaimed,
}

/// What is said of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judgement {
    /// Most records are understood, or of no format, as where other programs write too.
    Fine,
    /// More than so many of the last hundred were rejected.
    Rejected { more_than: u8 },
    /// Of the last hundred none had a known format, and none before.
    NoFormat,
}

/// What became of the last records of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quality {
    /// So many rejects of a hundred are borne.
    rejected_max: u8,
    records: u32,
    rejected: u32,
    unclaimed: u32,
    judgement: Option<Judgement>,
}

impl Quality {
    /// Nothing read yet; of a hundred records so many rejects are borne.
    pub(super) const fn new(rejected_max: u8) -> Self {
        Self { rejected_max, records: 0, rejected: 0, unclaimed: 0, judgement: None }
    }

    /// One more record. `is_known`: was a format found in this log before?
    pub(super) fn note(&mut self, legibility: Legibility, is_known: impl FnOnce() -> bool) {
        self.records += 1;
        self.rejected += u32::from(legibility == Legibility::Rejected);
        self.unclaimed += u32::from(legibility == Legibility::Unclaimed);
        if self.records < RECORDS_JUDGED {
            return;
        }
        let judgement = if self.rejected > u32::from(self.rejected_max) {
            Judgement::Rejected { more_than: self.rejected_max }
        } else if self.unclaimed == self.records && !is_known() {
            Judgement::NoFormat
        } else {
            Judgement::Fine
        };
        *self = Self { judgement: Some(judgement), ..Self::new(self.rejected_max) };
    }

    /// The judgement on the last hundred; none before there were so many.
    pub(super) fn judgement(&self) -> Option<Judgement> {
        self.judgement
    }
}

#[cfg(test)]
mod tests {
    use super::Legibility::{Rejected, Unclaimed, Understood};
    use super::*;

    #[track_caller]
    fn check(records: &[(u32, Legibility)], is_known: bool, wanted: Option<Judgement>) {
        let mut quality = Quality::new(20);
        for (count, legibility) in records {
            (0..*count).for_each(|_| quality.note(*legibility, || is_known));
        }
        assert_eq!(quality.judgement(), wanted, "{records:?} {is_known}");
    }

    #[test]
    fn each_hundred_is_judged_by_itself() {
        use Judgement::{Fine, NoFormat};
        let many = Some(Judgement::Rejected { more_than: 20 });
        check(&[(99, Rejected)], false, None);
        check(&[(20, Rejected), (80, Understood)], true, Some(Fine));
        check(&[(21, Rejected), (79, Understood)], true, many);
        check(&[(100, Rejected), (99, Understood)], true, many);
        check(&[(100, Rejected), (100, Understood)], true, Some(Fine));
        check(&[(100, Unclaimed)], false, Some(NoFormat));
        check(&[(100, Unclaimed)], true, Some(Fine));
        check(&[(99, Unclaimed), (1, Understood)], false, Some(Fine));
    }
}
