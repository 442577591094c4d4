//! How a time is written, in the directives of strptime(3), where it is in no form that the grammars know.

use ipsbell_parsers::alert::Stamp;
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::{Timestamp, tz::TimeZone};

use crate::wanted::Unfit;

/// A longer layout is refused.
const LAYOUT_BYTES_MAX: usize = 256;

/// 2019-11-28T23:45:06Z, a time of which no two numbers are the same.
const EXAMPLE_SECONDS: i64 = 1_574_984_706;

/// A layout: `%d.%m.%Y %H:%M:%S`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout(String);

impl Layout {
    /// The layout of this text.
    ///
    /// # Errors
    /// It has a directive that is not known, or does not say day and time.
    pub fn parse(text: &str) -> Result<Self, Unfit> {
        let hint = "write it like `%d.%m.%Y %H:%M:%S`, in the directives of strptime(3)";
        let unfit = || Unfit::new("the layout of a day and a time").hint(hint);
        if text.len() > LAYOUT_BYTES_MAX {
            return Err(unfit());
        }
        let layout = Self(text.to_owned());
        // What it writes it must read, to the minute.
        let time = Timestamp::from_second(EXAMPLE_SECONDS).unwrap_or_default();
        let written = strtime::format(text, &time.to_zoned_datetime(TimeZone::UTC)).ok();
        match written.and_then(|written| layout.read(&written)) {
            Some(Stamp::Instant { unix_micros })
                if unix_micros / 60_000_000 == EXAMPLE_SECONDS / 60 => {}
            Some(Stamp::Local { month: 11, day: 28, hour: 23, minute: 45, .. }) => {}
            _ => return Err(unfit()),
        }
        Ok(layout)
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The time that is written like this.
    pub fn read(&self, text: &str) -> Option<Stamp> {
        let parsed = BrokenDownTime::parse(&self.0, text).ok()?;
        if let Ok(at) = parsed.to_timestamp() {
            return Some(Stamp::Instant { unix_micros: at.as_microsecond() });
        }
        let time = parsed.to_time().ok()?;
        let (year, month, day) = match parsed.to_date() {
            Ok(date) => (Some(date.year()), date.month(), date.day()),
            Err(_) => (None, parsed.month()?, parsed.day()?),
        };
        let micros = u32::try_from(time.subsec_nanosecond() / 1000).ok()?;
        let (hour, minute, second) = (time.hour(), time.minute(), time.second());
        Some(Stamp::Local { year, month, day, hour, minute, second, micros })
    }
}
