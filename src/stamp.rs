//! From a record's stamp to an instant: the year that a log leaves out, the zone that it does not
//! name. Pure.

use ipsbell_parsers::alert::Stamp;
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// Why a stamp names no instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// 30 February, or 29 February in a common year.
    #[error("no such day in the calendar")]
    NoSuchDay,
    /// Before the year -9999 or after 9999.
    #[error("out of the calendar's range")]
    OutOfRange,
}

/// How far a clock may be ahead of ours before a stamp without a year is taken for last year's.
const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(24);

/// How many years a day can be missing: 29 February is, from 1896 to 1904 and from 2096 to 2104.
const YEARS_BACK_MAX: i16 = 8;

/// The instant of a stamp. A wall clock is one of `zone`; without a year it is the latest that is
/// not more than a day after `near`, so that December's lines that are read in January, and 29
/// February, get their own year. Where the clock is put forward, a time that does not exist is read
/// with the offset before the change; where it is put back, a time that exists twice is the first
/// (RFC 5545 section 3.3.5, jiff's "compatible"). The leap second 60 is the second after 59.
pub fn resolve(stamp: &Stamp, zone: &TimeZone, near: Timestamp) -> Result<Timestamp, Unresolved> {
    match *stamp {
        Stamp::Instant { unix_micros } => {
            Timestamp::from_microsecond(unix_micros).map_err(|_| Unresolved::OutOfRange)
        }
        Stamp::Local { year: Some(year), .. } => in_year(stamp, year, zone),
        Stamp::Local { year: None, .. } => {
            let latest = near.checked_add(AHEAD_MAX).unwrap_or(Timestamp::MAX);
            let newest = zone.to_datetime(latest).year();
            (0..=YEARS_BACK_MAX)
                .filter_map(|back| in_year(stamp, newest - back, zone).ok())
                .find(|at| *at <= latest)
                .ok_or(Unresolved::NoSuchDay)
        }
    }
}

fn in_year(stamp: &Stamp, year: i16, zone: &TimeZone) -> Result<Timestamp, Unresolved> {
    let Stamp::Local { month, day, hour, minute, second, micros, .. } = *stamp else {
        return Err(Unresolved::OutOfRange);
    };
    let leap = second == 60;
    let second = if leap { 59 } else { second };
    let nanos = i32::try_from(micros).unwrap_or(0).saturating_mul(1000);
    let clock = DateTime::new(year, month, day, hour, minute, second, nanos)
        .map_err(|_| Unresolved::NoSuchDay)?;
    let at = zone.to_ambiguous_timestamp(clock).compatible().map_err(|_| Unresolved::OutOfRange)?;
    let extra = SignedDuration::from_secs(i64::from(leap));
    at.checked_add(extra).map_err(|_| Unresolved::OutOfRange)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(year: Option<i16>, month: i8, day: i8, hour: i8, second: i8) -> Stamp {
        Stamp::Local { year, month, day, hour, minute: 30, second, micros: 250 }
    }

    #[track_caller]
    fn check(stamp: Stamp, zone: &str, near: &str, want: Result<&str, Unresolved>) {
        let zone = TimeZone::get(zone).unwrap();
        let got = resolve(&stamp, &zone, near.parse().unwrap());
        assert_eq!(got, want.map(|text| text.parse().unwrap()));
    }

    #[test]
    fn an_instant_stays() {
        let stamp = Stamp::Instant { unix_micros: -1 };
        check(stamp, "UTC", "2026-01-01T00:00:00Z", Ok("1969-12-31T23:59:59.999999Z"));
        let far = Stamp::Instant { unix_micros: i64::MAX };
        check(far, "UTC", "2026-01-01T00:00:00Z", Err(Unresolved::OutOfRange));
    }

    #[test]
    fn the_missing_year_is_the_one_that_fits() {
        let december = local(None, 12, 31, 23, 0);
        check(december, "UTC", "2026-01-01T00:10:00Z", Ok("2025-12-31T23:30:00.00025Z"));
        check(december, "UTC", "2026-12-31T23:40:00Z", Ok("2026-12-31T23:30:00.00025Z"));
        // A clock that is ahead by less than a day, also over the year's end.
        let january = local(None, 1, 1, 0, 0);
        check(january, "UTC", "2025-12-31T23:50:00Z", Ok("2026-01-01T00:30:00.00025Z"));
        let tomorrow = local(None, 3, 3, 0, 0);
        check(tomorrow, "UTC", "2026-03-01T23:50:00Z", Ok("2025-03-03T00:30:00.00025Z"));
    }

    #[test]
    fn the_leap_day_finds_its_year() {
        let leap_day = local(None, 2, 29, 12, 0);
        check(leap_day, "UTC", "2026-03-01T00:00:00Z", Ok("2024-02-29T12:30:00.00025Z"));
        check(leap_day, "UTC", "2103-03-01T00:00:00Z", Ok("2096-02-29T12:30:00.00025Z"));
        let never = local(None, 2, 30, 12, 0);
        check(never, "UTC", "2026-03-01T00:00:00Z", Err(Unresolved::NoSuchDay));
        let common = local(Some(2025), 2, 29, 12, 0);
        check(common, "UTC", "2026-03-01T00:00:00Z", Err(Unresolved::NoSuchDay));
    }

    #[test]
    fn gaps_and_folds_follow_the_compatible_rule() {
        let near = "2026-12-01T00:00:00Z";
        let gap = local(Some(2026), 3, 29, 2, 0);
        check(gap, "Europe/Berlin", near, Ok("2026-03-29T01:30:00.00025Z"));
        let fold = local(Some(2026), 10, 25, 2, 0);
        check(fold, "Europe/Berlin", near, Ok("2026-10-25T00:30:00.00025Z"));
    }

    #[test]
    fn the_leap_second_is_the_next_second() {
        let leap = local(Some(2016), 12, 31, 23, 60);
        check(leap, "UTC", "2026-01-01T00:00:00Z", Ok("2016-12-31T23:31:00.00025Z"));
    }
}
