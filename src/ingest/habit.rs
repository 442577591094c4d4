//! In which formats the records of one log are, and whether it went over from one to another, as after an upgrade of the
//! IPS. Pure.

/// A log has a format when so many of its records are read by it; it went over to another when so many of that follow
/// each other.
pub(super) const SETTLED_RECORDS: u64 = 20;

/// The formats of one log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Habit {
    formats: Vec<Used>,
    /// The place of the last record's format among them.
    last: usize,
    /// So many records of that format followed each other.
    run: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Used {
    format: String,
    /// Records in all.
    records: u64,
    /// Those that are not told to the store yet.
    new: u64,
}

/// A log went over from one format to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) from: String,
    pub(super) to: String,
}

impl Habit {
    /// Of a log of which each format has read so many records.
    pub(super) fn resumed(counts: Vec<(String, u64)>) -> Self {
        let used = |(format, records)| Used { format, records, new: 0 };
        Self { formats: counts.into_iter().map(used).collect(), last: 0, run: 0 }
    }

    /// One more record of this format. A change is told once for each format that a log goes over to: a log in which
    /// formats take turns has had them all after a while.
    pub(super) fn note(&mut self, format: &str) -> Option<Change> {
        let is_last = self.formats.get(self.last).is_some_and(|last| last.format == format);
        if !is_last {
            let known = self.formats.iter().position(|used| used.format == format);
            self.last = known.unwrap_or(self.formats.len());
            self.run = 0;
            if known.is_none() {
                self.formats.push(Used { format: format.to_owned(), records: 0, new: 0 });
            }
        }
        self.run += 1;
        let used = self.formats.get_mut(self.last)?;
        used.records += 1;
        used.new += 1;
        let earlier = used.records - self.run;
        if self.run != SETTLED_RECORDS || earlier >= SETTLED_RECORDS {
            return None;
        }
        let others = self.formats.iter().filter(|used| used.format != format);
        let mut settled = others.filter(|used| used.records >= SETTLED_RECORDS);
        match (settled.next(), settled.next()) {
            (Some(from), None) => Some(Change { from: from.format.clone(), to: format.to_owned() }),
            // The first format of a log, or one more of a log that holds several.
            _ => None,
        }
    }

    /// What is not told to the store yet, each format with its records; it counts as told then.
    pub(super) fn take_new(&mut self) -> impl Iterator<Item = (&str, u64)> {
        let new = self.formats.iter_mut().filter(|used| used.new > 0);
        new.map(|used| (used.format.as_str(), std::mem::take(&mut used.new)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told of these records, of which each is the number of records of a format.
    #[track_caller]
    fn check(before: &[(&str, u64)], records: &[(u64, &str)], wanted: &[(&str, &str)]) {
        let mut habit = Habit::resumed(before.iter().map(|(f, n)| ((*f).to_owned(), *n)).collect());
        let mut told = Vec::new();
        for (count, format) in records {
            told.extend((0..*count).filter_map(|_| habit.note(format)));
        }
        let told: Vec<_> = told.iter().map(|c| (c.from.as_str(), c.to.as_str())).collect();
        assert_eq!(told, wanted, "{before:?} {records:?}");
        let new: u64 = habit.take_new().map(|(_, records)| records).sum();
        assert_eq!(new, records.iter().map(|(count, _)| count).sum::<u64>());
        assert_eq!(habit.take_new().count(), 0);
    }

    #[test]
    fn a_log_that_goes_over_to_another_format_is_told_once() {
        check(&[], &[(100, "a")], &[]);
        check(&[], &[(20, "a"), (19, "b")], &[]);
        check(&[], &[(20, "a"), (500, "b")], &[("a", "b")]);
        check(&[], &[(19, "a"), (500, "b")], &[]);
        check(&[], &[(20, "a"), (20, "b"), (20, "a"), (20, "b")], &[("a", "b")]);
    }

    #[test]
    fn what_an_earlier_process_read_counts() {
        check(&[("a", 900)], &[(20, "b")], &[("a", "b")]);
        // A run that a restart cut in two is told at the end of its second part.
        check(&[("a", 900), ("b", 12)], &[(20, "b")], &[("a", "b")]);
        check(&[("a", 900), ("b", 20)], &[(50, "b"), (50, "a")], &[]);
    }

    #[test]
    fn a_log_in_which_formats_take_turns_is_not_told() {
        let turns: Vec<(u64, &str)> =
            (0..200).map(|number| (5, if number % 2 == 0 { "a" } else { "b" })).collect();
        check(&[], &turns, &[]);
        check(&[("a", 50), ("b", 50)], &[(20, "c")], &[]);
    }
}
