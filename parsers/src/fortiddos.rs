//! Fortinet FortiDDoS: `devid=FI800B1 date=2026-03-14 time=10:50:25 tz=PDT type=attack spp=1 evecode=2 evesubcode=27
//! description="..." dir=1 protocol=6 sip=0.0.0.0 dip=192.0.2.80 dropcount=30 ...`. Source: Fortinet, "FortiDDoS handbook",
//! appendices "DDoS attack log reference" and "Remote syslog reference".

use alloc::{borrow::Cow, boxed::Box, format};

use crate::alert::{Alert, Direction, Parsed, Reject, Text, Value, Verdict};
use crate::pairs::{self, Pairs};
use crate::product_keys::{self, Field, Names, Side};
use crate::table::Table;
use crate::{Format, Framing, no_short_cut, ranks, stamp};

use Field as F;

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "fortiddos",
    about: "FortiDDoS' attack log",
    example: "devid=FI000000 date=2026-03-14 time=10:50:25 tz=UTC type=attack spp=1 evecode=2 \
              evesubcode=27 description=\"TCP invalid flag combination\" dir=1 protocol=6 sip=0.0.0.0 \
              dip=192.0.2.80 dropcount=30 level=Notice direction=inbound severity=\"high\"",
    framing: Framing::Line,
    also: &[],
    claims,
    skips: no_short_cut,
    parse,
    parse_head: parse,
};

fn claims(record: &[u8]) -> bool {
    (record.starts_with(b"devid=") || record.starts_with(b"date="))
        && pairs::has_keys(record, &[b"type", b"spp"])
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    match pairs::near_value(record, b"type") {
        Some(b"attack") => {}
        Some(_) => return Ok(Parsed::Other),
        None => return Err(Reject { at: record.len(), wanted: "`type`" }),
    }
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("fortiddos");
    let (mut date, mut time, mut zone) = (None, None, None);
    NAMES.take_all(Pairs::new(record).texts(), &mut alert, |key, value, alert| match key {
        "date" => product_keys::first(&mut date, value),
        "time" => product_keys::first(&mut time, value),
        "tz" => {
            zone = Some(value.clone());
            Some(value)
        }
        "severity" => {
            alert.severity = ranks::risk(&value).unwrap_or_default();
            product_keys::first(&mut alert.severity_raw, value)
        }
        // A blank ends some of them.
        "description" => F::Name.take(crate::text::trimmed(value), alert),
        _ => Some(value),
    });
    if let (Some(date), Some(time)) = (date, time) {
        // Names of zones mean several things; an offset and UTC mean one.
        let zone = zone.unwrap_or_default();
        alert.stamp = stamp::any(format!("{date} {time} {zone}").as_bytes());
    }
    complete(&mut alert);
    Ok(Parsed::Alert(alert))
}

fn complete(alert: &mut Alert<'_>) {
    let detail = |key: &str| match alert.detail(key) {
        Some(Value::Text(text)) => Some(text.as_ref()),
        _ => None,
    };
    let event = detail("fortiddos.evecode");
    let id = event.zip(detail("fortiddos.evesubcode")).map(|(code, sub)| format!("{code}:{sub}"));
    // The layer that the event belongs to.
    let category = match event {
        Some("1") => Some("Layer 3"),
        Some("2") => Some("Layer 4"),
        Some("4") => Some("Layer 7"),
        _ => None,
    };
    let verdict = match detail("fortiddos.sppoperatingmode") {
        Some(mode) if mode.eq_ignore_ascii_case("prevention") => Verdict::Blocked,
        // What is counted as dropped was let pass.
        Some(mode) if mode.eq_ignore_ascii_case("detection") => Verdict::WouldBlock,
        _ => Verdict::Unknown,
    };
    let level = detail("fortiddos.level").map(|level| Text::Owned(level.into()));
    alert.verdict = verdict;
    alert.rule.id = id.map(Cow::Owned);
    alert.rule.category = category.map(Cow::Borrowed);
    if let (None, Some(level)) = (&alert.severity_raw, level) {
        alert.severity = ranks::level(&level).unwrap_or_default();
        alert.severity_raw = Some(level);
    }
    alert.direction = match alert.direction_raw.as_deref() {
        Some("inbound") => Some(Direction::Inbound),
        Some("outbound") => Some(Direction::Outbound),
        _ => None,
    };
}

/// What is not listed stays under `fortiddos.`.
static NAMES: Names = Names { prefix: "fortiddos.", keys: Table::new(KEYS) };

const KEYS: &[(&str, Field)] = &[
    ("dIP", F::Destination(Side::Address)),
    ("dPort", F::Destination(Side::Port)),
    ("date", F::Own("fortiddos.date")),
    ("description", F::Own("fortiddos.description")),
    ("devid", F::Text("observer.serial_number")),
    ("dip", F::Destination(Side::Address)),
    ("dir", F::Text("fortiddos.dir")),
    ("direction", F::Direction),
    ("dport", F::Destination(Side::Port)),
    ("dropCount", F::Number("fortiddos.dropcount")),
    ("dropcount", F::Number("fortiddos.dropcount")),
    ("evecode", F::Text("fortiddos.evecode")),
    ("evesubcode", F::Text("fortiddos.evesubcode")),
    ("facility", F::Text("fortiddos.facility")),
    ("level", F::Text("fortiddos.level")),
    ("protocol", F::Transport),
    ("sIP", F::Source(Side::Address)),
    ("sPort", F::Source(Side::Port)),
    ("severity", F::Own("fortiddos.severity")),
    ("sip", F::Source(Side::Address)),
    ("sport", F::Source(Side::Port)),
    ("spp", F::Text("fortiddos.spp")),
    ("spp_name", F::Ruleset),
    ("sppoperatingmode", F::Text("fortiddos.sppoperatingmode")),
    ("subnetId", F::Text("fortiddos.subnetid")),
    ("subnet_name", F::Text("fortiddos.subnet_name")),
    ("subnetid", F::Text("fortiddos.subnetid")),
    ("subtype", F::Text("fortiddos.subtype")),
    ("time", F::Own("fortiddos.time")),
    ("type", F::Text("fortiddos.type")),
    ("tz", F::Own("fortiddos.tz")),
];
