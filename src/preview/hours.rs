//! Posts by the hour, for a row of bars: exact counts in a bounded number of equal spans. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// The most spans: the hours of a week. A longer time has wider spans.
pub const SPANS_MAX: i64 = 168;

const HOUR_SECS: i64 = 3_600;

/// How many posts were made when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    width_hours: i64,
    /// By number of the span since 1970.
    posts: BTreeMap<i64, u64>,
}

impl Default for Hours {
    fn default() -> Self {
        Self { width_hours: 1, posts: BTreeMap::new() }
    }
}

impl Hours {
    /// Counts a post.
    pub fn add(&mut self, at: Timestamp) {
        let span = at.as_second().div_euclid(self.width_hours.saturating_mul(HOUR_SECS));
        *self.posts.entry(span).or_default() += 1;
        while self.spans() > SPANS_MAX {
            self.width_hours = self.width_hours.saturating_mul(2);
            let mut wider = BTreeMap::new();
            for (span, posts) in &self.posts {
                *wider.entry(span.div_euclid(2)).or_default() += posts;
            }
            self.posts = wider;
        }
    }

    /// How many hours a span has.
    pub fn width_hours(&self) -> i64 {
        self.width_hours
    }

    /// From the first span to the last: when it begins, and how many posts. At most [`SPANS_MAX`].
    pub fn bars(&self) -> impl Iterator<Item = (Timestamp, u64)> {
        let first = self.posts.keys().next().copied().unwrap_or_default();
        (first..first.saturating_add(self.spans())).map(|span| {
            let secs = span.saturating_mul(self.width_hours.saturating_mul(HOUR_SECS));
            let begin = Timestamp::from_second(secs).unwrap_or(Timestamp::MIN);
            (begin, self.posts.get(&span).copied().unwrap_or_default())
        })
    }

    /// The most in one span.
    pub fn most(&self) -> u64 {
        self.posts.values().copied().max().unwrap_or_default()
    }

    fn spans(&self) -> i64 {
        let ends = self.posts.keys().next().zip(self.posts.keys().next_back());
        ends.map_or(0, |(first, last)| last.saturating_sub(*first).saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(seconds: &[i64], width_hours: i64, bars: &[u64]) {
        let mut hours = Hours::default();
        for second in seconds {
            hours.add(Timestamp::from_second(*second).unwrap());
        }
        let found: Vec<u64> = hours.bars().map(|(_, posts)| posts).collect();
        assert_eq!((hours.width_hours(), found.as_slice()), (width_hours, bars), "{seconds:?}");
        assert_eq!(found.iter().sum::<u64>(), seconds.len() as u64);
    }

    #[test]
    fn posts_are_counted_by_the_hour() {
        check(&[], 1, &[]);
        check(&[3_599, 3_600, 3_601, 10_800], 1, &[1, 2, 0, 1]);
        check(&[-1, 0], 1, &[1, 1]);
    }

    #[test]
    fn a_long_time_has_wider_spans_and_loses_no_post() {
        let hour = |hour: i64| hour * HOUR_SECS;
        let mut week = vec![0; 168];
        (week[0], week[167]) = (1, 1);
        check(&[0, hour(167)], 1, &week);
        let mut longer = vec![0; 85];
        (longer[0], longer[84]) = (1, 2);
        check(&[0, hour(168), hour(169)], 2, &longer);
        let ends = [Timestamp::MIN.as_second(), Timestamp::MAX.as_second()];
        let mut hours = Hours::default();
        for second in ends {
            hours.add(Timestamp::from_second(second).unwrap());
        }
        assert!(hours.bars().count() <= 168);
        assert_eq!(hours.bars().map(|(_, posts)| posts).sum::<u64>(), 2);
    }
}
