//! Snort's `alert_fast`, versions 2 and 3: `MM/DD-HH:MM:SS.us  [Drop] [**] [gid:sid:rev] message
//! [**] [Classification: c] [Priority: n] {PROTO} a -> b`. There is no zone, and no year unless
//! Snort runs with `-y`. Snort 3 puts the message in quotes and may add `[AppID: x]`. Source: Snort
//! 2 users manual, "Fast"; Snort 3 reference, `alert_fast`.

use alloc::{borrow::Cow, boxed::Box};

use crate::alert::{Alert, Parsed, Reject};
use crate::{Format, Framing, fast, lex, no_short_cut, stamp};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "snort-fast",
    about: "Snort 2 and 3 alert_fast, one line an alert",
    example: "03/14-10:50:25.823699 [**] [1:1000001:1] \"Echo request\" [**] [Priority: 0] {ICMP} \
              192.0.2.80 -> 198.51.100.11",
    framing: Framing::Line,
    also: &[],
    claims,
    skips: no_short_cut,
    parse,
    parse_head: parse,
};

fn claims(record: &[u8]) -> bool {
    let stamped = matches!(
        record.get(..9),
        Some([_, _, b'/', _, _, b'-', ..] | [_, _, b'/', _, _, b'/', _, _, b'-'])
    );
    stamped && fast::claims(record)
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("snort");
    let read = stamp::slashes(record).and_then(|(rest, stamp)| {
        alert.stamp = Some(stamp);
        fast::line(rest, &mut alert)
    });
    lex::finish(record, read)?;
    Ok(Parsed::Alert(alert))
}
