//! Stamps as logs write them. A stamp with an offset becomes an instant; without, it stays a wall
//! clock. Knows no zone but UTC: names like `CST` mean three things, so they leave the wall clock
//! as it is.

use crate::alert::Stamp;
use crate::lex::{self, Parse, Wanted};

const WANTED: &str = "timestamp";

/// A date and a time of day, fields in range.
#[derive(Debug, Clone, Copy)]
struct Clock {
    year: Option<i16>,
    month: i8,
    day: i8,
    hour: i8,
    minute: i8,
    second: i8,
    micros: u32,
}

impl Clock {
    fn local(self) -> Stamp {
        let Self { year, month, day, hour, minute, second, micros } = self;
        Stamp::Local { year, month, day, hour, minute, second, micros }
    }

    // The instant at this offset; a wall clock again where the year is missing or the day does not
    // exist.
    fn at(self, offset_minutes: i64) -> Stamp {
        let Some(days) = self.year.and_then(|year| days(year, self.month, self.day)) else {
            return self.local();
        };
        let minutes = days * 24 * 60 + i64::from(self.hour) * 60 + i64::from(self.minute);
        let seconds = (minutes - offset_minutes) * 60 + i64::from(self.second);
        Stamp::Instant { unix_micros: seconds * 1_000_000 + i64::from(self.micros) }
    }
}

/// How long a record may be on its way to whoever put a header with a time before it, so that both times are one.
const UNDERWAY_SECONDS_MAX: i64 = 60;

/// Zones are quarters of an hour apart, and no farther from UTC than this.
const QUARTER_SECONDS: i64 = 15 * 60;
const ZONE_SECONDS_MAX: i64 = 14 * 3600;

/// The instant of a wall clock that shows, in some zone, the time of another instant.
pub(crate) fn in_zone_of(clock: Stamp, unix_micros: i64) -> Option<Stamp> {
    let Stamp::Local { year, month, day, hour, minute, second, micros } = clock else {
        return None;
    };
    let clock = Clock { year, month, day, hour, minute, second, micros };
    let Stamp::Instant { unix_micros: shown } = clock.at(0) else { return None };
    let ahead = shown.checked_sub(unix_micros)?.div_euclid(1_000_000);
    let zone = (ahead + QUARTER_SECONDS / 2).div_euclid(QUARTER_SECONDS) * QUARTER_SECONDS;
    let is_one = (ahead - zone).abs() <= UNDERWAY_SECONDS_MAX && zone.abs() <= ZONE_SECONDS_MAX;
    is_one.then(|| clock.at(zone / 60))
}

// Days since 1970-01-01 in the Gregorian calendar, counted in years that begin in March so that the
// leap day is last.
fn days(year: i16, month: i8, day: i8) -> Option<i64> {
    let (year, month, day) = (i64::from(year), i64::from(month), i64::from(day));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let in_year = (153 * month + 2) / 5 + day - 1;
    let before = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(before + in_year - 719_468)
}

/// `2018-10-03T14:42:44.836744+0000`, with a blank for the `T`, a comma for the point, any or no
/// fraction, and `Z`, `+01:00`, `+0100`, ` +0100` or no offset.
pub(crate) fn iso(input: &[u8]) -> Parse<'_, Stamp> {
    let (rest, year) = digits(input, 4)?;
    let (rest, month) = number_in(byte(rest, b"-/")?, 1, 12)?;
    let (rest, day) = number_in(byte(rest, b"-/")?, 1, 31)?;
    let (rest, clock) = time(byte(rest, b"T ")?, Some(year), month, day)?;
    Ok(zone(rest, clock))
}

/// `MM/DD/YYYY-HH:MM:SS.us` and `MM/DD/YY-...` (20xx), as Suricata and Snort write it; `MM/DD-...`
/// without a year; and Snort 3's `YY/MM/DD-...`, which is told by a year that is no month.
pub(crate) fn slashes(input: &[u8]) -> Parse<'_, Stamp> {
    if let Ok((rest, year @ 13..)) = digits(input, 2) {
        let (rest, month) = number_in(byte(rest, b"/")?, 1, 12)?;
        let (rest, day) = number_in(byte(rest, b"/")?, 1, 31)?;
        let (rest, clock) = time(byte(rest, b"-")?, Some(2000 + year), month, day)?;
        return Ok((rest, clock.local()));
    }
    let (rest, month) = number_in(input, 1, 12)?;
    let (rest, day) = number_in(byte(rest, b"/")?, 1, 31)?;
    let (rest, year) = match byte(rest, b"/") {
        Err(_) => (rest, None),
        Ok(rest) => match digits(rest, 4) {
            Ok((rest, year)) => (rest, Some(year)),
            Err(_) => digits(rest, 2).map(|(rest, year)| (rest, Some(2000 + year)))?,
        },
    };
    let (rest, clock) = time(byte(rest, b"-")?, year, month, day)?;
    Ok((rest, clock.local()))
}

/// `Sep  2 00:13:42` of RFC 3164 section 4.1.2 and what is made of it in practice: `Sep 2 2021
/// 00:13:42`, `Sep 02 00:13:42 2021`, `2021 Sep  2 00:13:42`, `Sep 2 00:13:42.123`, a weekday in
/// front, `UTC`, `GMT`, `Z` or an offset behind.
pub(crate) fn month_name(input: &[u8]) -> Parse<'_, Stamp> {
    let rest = weekday(input);
    let (rest, year) = match digits(rest, 4) {
        Ok((rest, year)) => (byte(rest, b" ")?, Some(year)),
        Err(_) => (rest, None),
    };
    let (rest, month) = month(rest)?;
    let (rest, day) = day(byte(rest, b" ")?)?;
    let rest = byte(rest, b" ")?;
    let (rest, year) = match digits(rest, 4).and_then(|(r, y)| Ok((byte(r, b" ")?, y))) {
        Ok((rest, found)) => (rest, Some(found)),
        Err(_) => (rest, year),
    };
    let (rest, mut clock) = time(rest, year, month, day)?;
    if clock.year.is_none()
        && let Ok((behind, year)) = byte(rest, b" ").and_then(|rest| digits(rest, 4))
        && !behind.first().is_some_and(u8::is_ascii_alphanumeric)
        && (1970..2200).contains(&year)
    {
        clock.year = Some(year);
        return Ok(zone(behind, clock));
    }
    Ok(zone(rest, clock))
}

/// `28/Oct/2015:13:52:52 +0900`, the form of web servers' access logs (Common Log Format), with any or no fraction of a
/// second and with or without the offset. Releases of ModSecurity 2 wrote a second sign, ` --0400`.
pub(crate) fn common_log(input: &[u8]) -> Parse<'_, Stamp> {
    let (rest, day) = number_in(input, 1, 31)?;
    let (rest, month) = month(byte(rest, b"/")?)?;
    let (rest, year) = digits(byte(rest, b"/")?, 4)?;
    let (rest, clock) = time(byte(rest, b":")?, Some(year), month, day)?;
    match rest.strip_prefix(b" -").filter(|signed| signed.starts_with(b"-")) {
        Some(signed) => Ok(zone(signed, clock)),
        None => Ok(zone(rest, clock)),
    }
}

/// Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size; a
/// fraction of seconds.
pub(crate) fn epoch(text: &[u8]) -> Option<Stamp> {
    let (whole, fraction) = match memchr::memchr(b'.', text) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?),
        None => (text, &b""[..]),
    };
    let value: i64 = lex::number(whole)?;
    let unix_micros = match whole.len() {
        9..=10 => value.checked_mul(1_000_000)?.checked_add(i64::from(micros(fraction)?))?,
        12..=13 => value.checked_mul(1_000)?,
        15..=16 => value,
        18..=19 => value / 1_000,
        _ => return None,
    };
    Some(Stamp::Instant { unix_micros })
}

/// A whole text that is a stamp in any of these forms.
pub(crate) fn any(text: &[u8]) -> Option<Stamp> {
    let text = text.trim_ascii();
    epoch(text)
        .or_else(|| iso(text).ok().map(|(_, stamp)| stamp))
        .or_else(|| month_name(text).ok().map(|(_, stamp)| stamp))
        .or_else(|| slashes(text).ok().map(|(_, stamp)| stamp))
}

fn micros(fraction: &[u8]) -> Option<u32> {
    let mut value = 0;
    for at in 0..6 {
        let digit = fraction.get(at).copied().unwrap_or(b'0');
        value = value * 10 + char::from(digit).to_digit(10)?;
    }
    Some(value)
}

fn byte<'a>(input: &'a [u8], any_of: &[u8]) -> Result<&'a [u8], nom::Err<Wanted<'a>>> {
    match input.split_first() {
        Some((first, rest)) if any_of.contains(first) => Ok(rest),
        _ => Wanted::here::<()>(input, WANTED).map(|(rest, ())| rest),
    }
}

fn digits(input: &[u8], count: usize) -> Parse<'_, i16> {
    let Some((word, rest)) = input.split_at_checked(count) else {
        return Wanted::here(input, WANTED);
    };
    let mut value = 0;
    for byte in word {
        if !byte.is_ascii_digit() {
            return Wanted::here(input, WANTED);
        }
        value = value * 10 + i16::from(byte - b'0');
    }
    Ok((rest, value))
}

// Two digits in a range.
fn number_in(input: &[u8], min: i8, max: i8) -> Parse<'_, i8> {
    let (rest, value) = digits(input, 2)?;
    match i8::try_from(value) {
        Ok(value) if (min..=max).contains(&value) => Ok((rest, value)),
        _ => Wanted::here(input, WANTED),
    }
}

// A day of one or two digits, padded by a blank or a zero.
fn day(input: &[u8]) -> Parse<'_, i8> {
    if let Ok(found) = number_in(input, 1, 31) {
        return Ok(found);
    }
    let rest = input.strip_prefix(b" ").unwrap_or(input);
    let (rest, value) = digits(rest, 1)?;
    match i8::try_from(value) {
        Ok(value @ 1..) => Ok((rest, value)),
        _ => Wanted::here(input, WANTED),
    }
}

fn month(input: &[u8]) -> Parse<'_, i8> {
    let Some((name, rest)) = input.split_at_checked(3) else {
        return Wanted::here(input, WANTED);
    };
    let month = match name {
        b"Jan" => 1,
        b"Feb" => 2,
        b"Mar" => 3,
        b"Apr" => 4,
        b"May" => 5,
        b"Jun" => 6,
        b"Jul" => 7,
        b"Aug" => 8,
        b"Sep" => 9,
        b"Oct" => 10,
        b"Nov" => 11,
        b"Dec" => 12,
        _ => return Wanted::here(input, WANTED),
    };
    Ok((rest, month))
}

/// Behind a weekday.
pub(crate) fn weekday(input: &[u8]) -> &[u8] {
    match input.split_at_checked(4) {
        Some((b"Mon " | b"Tue " | b"Wed " | b"Thu " | b"Fri " | b"Sat " | b"Sun ", rest)) => rest,
        _ => input,
    }
}

// `HH:MM:SS` and a fraction behind a point or a comma.
fn time(input: &[u8], year: Option<i16>, month: i8, day: i8) -> Parse<'_, Clock> {
    let (rest, hour) = number_in(input, 0, 23)?;
    let (rest, minute) = number_in(byte(rest, b":")?, 0, 59)?;
    let (rest, second) = number_in(byte(rest, b":")?, 0, 60)?;
    let (rest, micros) = match byte(rest, b".,") {
        Ok(behind) if behind.first().is_some_and(u8::is_ascii_digit) => {
            let length = behind.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (fraction, behind) = behind.split_at_checked(length).unwrap_or((behind, b""));
            (behind, micros(fraction.get(..6).unwrap_or(fraction)).unwrap_or(0))
        }
        _ => (rest, 0),
    };
    Ok((rest, Clock { year, month, day, hour, minute, second, micros }))
}

// The offset behind a clock, with or without a blank before it.
fn zone(input: &[u8], clock: Clock) -> (&[u8], Stamp) {
    let spaced = input.strip_prefix(b" ").unwrap_or(input);
    for name in [&b"UTC"[..], b"GMT", b"Z"] {
        if let Some(rest) = spaced.strip_prefix(name)
            && !rest.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
        {
            return (rest, clock.at(0));
        }
    }
    match offset(spaced) {
        Ok((rest, minutes)) => (rest, clock.at(minutes)),
        Err(_) => (input, clock.local()),
    }
}

// `+01:00`, `+0100`, `+01`.
fn offset(input: &[u8]) -> Parse<'_, i64> {
    let sign = if input.first() == Some(&b'-') { -1 } else { 1 };
    let (rest, hours) = number_in(byte(input, b"+-")?, 0, 23)?;
    let colon = rest.strip_prefix(b":").unwrap_or(rest);
    let (rest, minutes) = number_in(colon, 0, 59).unwrap_or((rest, 0));
    if rest.first().is_some_and(u8::is_ascii_alphanumeric) {
        return Wanted::here(input, WANTED);
    }
    Ok((rest, sign * (i64::from(hours) * 60 + i64::from(minutes))))
}

#[cfg(test)]
mod tests;
