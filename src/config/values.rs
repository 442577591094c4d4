//! The values that users type as text: durations, sizes, zones, instants. Pure but for the zone,
//! which reads the machine's zone database. Also serves the command line (`--for 24h`).

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};

use crate::wanted::{Unfit, did_you_mean, nearest};

const NANOS_PER_SECOND: u128 = 1_000_000_000;

/// Units of time and how many nanoseconds each is. A month has no fixed length, so there is none.
const TIME_UNITS: &[(&[&str], u128)] = &[
    (&["ms", "millisecond", "milliseconds"], 1_000_000),
    (&["s", "sec", "second", "seconds"], NANOS_PER_SECOND),
    (&["m", "min", "minute", "minutes"], 60 * NANOS_PER_SECOND),
    (&["h", "hour", "hours"], 3_600 * NANOS_PER_SECOND),
    (&["d", "day", "days"], 86_400 * NANOS_PER_SECOND),
    (&["w", "week", "weeks"], 604_800 * NANOS_PER_SECOND),
    (&["y", "year", "years"], 365 * 86_400 * NANOS_PER_SECOND),
];

/// Units of size and how many bytes each is, IEC 80000-13 and SI.
const SIZE_UNITS: &[(&[&str], u128)] = &[
    (&["B", "byte", "bytes"], 1),
    (&["kB"], 1_000),
    (&["MB"], 1_000_000),
    (&["GB"], 1_000_000_000),
    (&["TB"], 1_000_000_000_000),
    (&["KiB"], 1 << 10),
    (&["MiB"], 1 << 20),
    (&["GiB"], 1 << 30),
    (&["TiB"], 1 << 40),
];

/// A length of time: `5m`, `1.2s`, `13 weeks`, `1h 30m`. Units: ms, s, m, h, d, w, y, or written
/// out; a year has 365 days.
///
/// # Errors
/// Anything else, and more than 10,000 years.
pub fn duration(text: &str) -> Result<Duration, Unfit> {
    let years_max = 10_000 * 365 * 86_400 * NANOS_PER_SECOND;
    amount(text, TIME_UNITS)
        .filter(|nanos| *nanos <= years_max)
        .and_then(|nanos| {
            let seconds = u64::try_from(nanos / NANOS_PER_SECOND).ok()?;
            let rest = u32::try_from(nanos % NANOS_PER_SECOND).ok()?;
            Some(Duration::new(seconds, rest))
        })
        .ok_or_else(|| {
            Unfit::new("a duration").hint(
                "write a number and a unit (ms, s, m, h, d, w, y), such as `5m` or `13 weeks`",
            )
        })
}

/// A duration as [`duration`] reads it, in the largest units that fit: `1h 30m`.
pub fn duration_text(duration: Duration) -> String {
    const UNITS: [(&str, u128); 6] = [
        ("w", 604_800_000),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
        ("ms", 1),
    ];
    let mut left = duration.as_millis();
    let mut parts = Vec::new();
    for (unit, millis) in UNITS {
        if left >= millis {
            parts.push(format!("{}{unit}", left / millis));
            left %= millis;
        }
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

/// A size in bytes: `10 GiB`, `500 MB`, `1.5 TiB`.
///
/// # Errors
/// Anything else, and what does not fit 63 bits.
pub fn size_bytes(text: &str) -> Result<u64, Unfit> {
    amount(text, SIZE_UNITS)
        .and_then(|bytes| i64::try_from(bytes).ok())
        .and_then(|bytes| u64::try_from(bytes).ok())
        .ok_or_else(|| {
            Unfit::new("a size").hint(
                "write a number and a unit (KiB, MiB, GiB, TiB, kB, MB, GB, TB), such as `10 GiB`",
            )
        })
}

/// A share in whole percent: `20%`, `20 %`.
///
/// # Errors
/// Anything else, and more than 100.
pub fn percent(text: &str) -> Result<u8, Unfit> {
    let digits = text.trim().strip_suffix('%').map(str::trim_end);
    let share = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let share = share.and_then(|digits| digits.parse().ok()).filter(|share| *share <= 100);
    share.ok_or_else(|| Unfit::new("a share").hint("write it in percent, such as `20%`"))
}

/// Digits beyond these are below a nanosecond of the largest unit's use, or beyond every bound.
const DIGITS_MAX: usize = 18;

/// The sum of numbers with units, in the smallest unit; what is below it is cut off.
fn amount(text: &str, units: &[(&[&str], u128)]) -> Option<u128> {
    let mut rest = text.trim();
    let mut sum = 0_u128;
    loop {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, behind) = rest.split_at_checked(number_end)?;
        let behind = behind.trim_start();
        let unit_end = behind.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at_checked(unit_end)?;
        sum = sum.checked_add(scaled(number, unit_size(unit, units)?)?)?;
        rest = behind.trim_start();
        if rest.is_empty() {
            return Some(sum);
        }
    }
}

fn unit_size(word: &str, units: &[(&[&str], u128)]) -> Option<u128> {
    let known = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(word));
    units.iter().find(|(names, _)| known(names)).map(|(_, size)| *size)
}

/// `number` with perhaps a fraction, times `unit`.
fn scaled(number: &str, unit: u128) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| (1..=DIGITS_MAX).contains(&text.len()).then(|| text.parse::<u128>());
    let tens = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let whole = digits(whole)?.ok()?.checked_mul(unit)?;
    let fraction = digits(fraction)?.ok()?.checked_mul(unit)?.checked_div(tens)?;
    whole.checked_add(fraction)
}

/// The farthest from UTC that a zone is (Kiritimati).
const OFFSET_SECONDS_MAX: i32 = 14 * 3_600;

/// A time zone: a name of the IANA database (`Europe/Berlin`), `UTC`, or an offset (`+02:00`).
///
/// # Errors
/// What the machine's zone database does not have.
pub fn time_zone(text: &str) -> Result<TimeZone, Unfit> {
    let text = text.trim();
    if let Ok(zone) = jiff::fmt::temporal::DateTimeParser::new().parse_time_zone(text) {
        // The parser takes POSIX rules too, of which `UTC2`, two hours WEST of UTC, looks like an
        // offset and is the opposite.
        let offset_fits = |offset: jiff::tz::Offset| offset.seconds().abs() <= OFFSET_SECONDS_MAX;
        if zone.iana_name().is_some() || zone.to_fixed_offset().is_ok_and(offset_fits) {
            return Ok(zone);
        }
    }
    let names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    let unfit = Unfit::new("a time zone");
    Err(match nearest(text, names.iter().map(String::as_str)) {
        Some(name) => unfit.hint(did_you_mean(name)),
        None if names.is_empty() => unfit.hint(
            "this machine has no zone database: install the package `tzdata`, or write an offset \
             such as `+02:00`",
        ),
        None => unfit.hint("write a name such as `Europe/Berlin`, `UTC`, or an offset: `+02:00`"),
    })
}

/// An instant, RFC 3339 with an offset: `2027-01-01T00:00:00Z`.
///
/// # Errors
/// Anything else, also a date without a time or a time without an offset.
pub fn instant(text: &str) -> Result<Timestamp, Unfit> {
    text.trim().parse().map_err(|_: jiff::Error| {
        Unfit::new("an instant").hint("write date, time and offset, such as `2027-01-01T00:00:00Z`")
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations() {
        for (text, millis) in [
            ("5m", Some(300_000)),
            ("1.2s", Some(1_200)),
            ("13 weeks", Some(13 * 604_800_000)),
            ("6h", Some(21_600_000)),
            ("1h 30m", Some(5_400_000)),
            ("1h30m", Some(5_400_000)),
            (" 250 ms ", Some(250)),
            ("1 Year", Some(365 * 86_400_000)),
            ("0s", Some(0)),
            ("10000y", Some(10_000 * 365 * 86_400_000)),
            ("10001y", None),
            ("", None),
            ("5", None),
            ("m", None),
            ("5 months", None),
            ("-5m", None),
            (".5s", None),
            ("5.s", None),
            ("1.2.3s", None),
            ("1,2s", None),
            ("5m!", None),
            ("5m 3", None),
            ("999999999999999999999999999999999999999999s", None),
        ] {
            let wanted = millis.map(Duration::from_millis);
            assert_eq!(duration(text).ok(), wanted, "{text}");
        }
    }

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("10 GiB", Some(10 << 30)),
            ("500MB", Some(500_000_000)),
            ("1.5 KiB", Some(1_536)),
            ("7 B", Some(7)),
            ("8 tib", Some(8 << 40)),
            ("8388607 TiB", Some(8_388_607 << 40)),
            ("8388608 TiB", None),
            ("10", None),
            ("10 G", None),
            ("10 PiB", None),
            ("GiB", None),
        ] {
            assert_eq!(size_bytes(text).ok(), bytes, "{text}");
        }
    }

    #[test]
    fn shares() {
        for (text, share) in [
            ("20%", Some(20)),
            (" 5 % ", Some(5)),
            ("0%", Some(0)),
            ("100%", Some(100)),
            ("101%", None),
            ("20", None),
            ("%", None),
            ("-1%", None),
            ("+1%", None),
            ("2.5%", None),
        ] {
            assert_eq!(percent(text).ok(), share, "{text}");
        }
    }

    #[test]
    fn zones() {
        for text in ["UTC", "Europe/Berlin", "europe/berlin", "+02:00", "-0530"] {
            assert!(time_zone(text).is_ok(), "{text}");
        }
        for (text, hint) in [
            ("Europe/Berln", "did you mean `Europe/Berlin`?"),
            ("", "write a name such as `Europe/Berlin`, `UTC`, or an offset: `+02:00`"),
            ("+15:00", "write a name such as `Europe/Berlin`, `UTC`, or an offset: `+02:00`"),
        ] {
            assert_eq!(time_zone(text).unwrap_err().hint.as_deref(), Some(hint), "{text}");
        }
    }

    #[test]
    fn zones_that_are_no_names() {
        for text in ["UTC2", "Berlin9", "CET-1CEST,M3.5.0,M10.5.0/3", "-14:01", "local", "Z"] {
            assert!(time_zone(text).is_err(), "{text}");
        }
    }

    #[test]
    fn instants() {
        assert_eq!(instant("2027-01-01T00:00:00Z").unwrap().as_second(), 1_798_761_600);
        assert_eq!(
            instant("2027-01-01 01:00:00+01:00").unwrap(),
            instant("2027-01-01T00:00:00Z").unwrap()
        );
        for text in ["2027-01-01", "2027-01-01T00:00:00", "tomorrow", ""] {
            assert!(instant(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_written_duration_reads_the_same(millis in 0_u64..1 << 48) {
            let wanted = Duration::from_millis(millis);
            prop_assert_eq!(duration(&duration_text(wanted)), Ok(wanted));
        }

        #[test]
        fn spaces_around_a_text_do_not_matter(text in "\\PC{0,40}|[0-9.]{1,50} ?(s|GiB|weeks)") {
            let spaced = format!(" {text} ");
            prop_assert_eq!(duration(&text), duration(&spaced));
            prop_assert_eq!(size_bytes(&text), size_bytes(&spaced));
            prop_assert_eq!(instant(&text), instant(&spaced));
        }
    }
}
