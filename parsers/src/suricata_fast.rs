//! Suricata's `fast.log`: `MM/DD/YYYY-HH:MM:SS.us  [Action] [**] [gid:sid:rev] message [**]
//! [Classification: c] [Priority: n] {PROTO} a -> b`. The stamp is the sensor's wall clock;
//! `[Drop]` stands for a drop, `[wDrop]` for one that the IDS mode did not carry out. Source:
//! docs.suricata.io, "Fast logging".

use alloc::{borrow::Cow, boxed::Box};

use crate::alert::{Alert, Parsed, Reject};
use crate::{Format, Framing, fast, lex, no_short_cut, stamp};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "suricata-fast",
    about: "Suricata's fast.log, one line an alert",
    example: "03/14/2026-10:50:25.823699  [**] [1:2100498:7] id check returned root [**] \
              [Classification: Potentially Bad Traffic] [Priority: 2] {TCP} 192.0.2.80:80 -> \
              198.51.100.11:54186",
    framing: Framing::Line,
    also: &[],
    claims,
    skips: no_short_cut,
    parse,
    parse_head: parse,
};

const STAMP_BYTES: usize = "MM/DD/YYYY-".len();

fn claims(record: &[u8]) -> bool {
    match record.get(..STAMP_BYTES) {
        Some([_, _, b'/', _, _, b'/', _, _, _, _, b'-']) => fast::claims(record),
        _ => false,
    }
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("suricata");
    let read = stamp::slashes(record).and_then(|(rest, stamp)| {
        alert.stamp = Some(stamp);
        fast::line(rest, &mut alert)
    });
    lex::finish(record, read)?;
    Ok(Parsed::Alert(alert))
}
