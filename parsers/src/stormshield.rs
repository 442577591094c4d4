//! Stormshield Network Security: `id=firewall time="2026-03-14 10:50:25" fw="gate1" tz=+0100 startime="..." pri=4 ...
//! action=block msg="Port probe" class=protocol alarmid=85 logtype="alarm"`; the `id` may be missing. Source: Stormshield, "SNS,
//! Description of audit logs", "Fields specific to the l_alarm log".

use alloc::{borrow::Cow, boxed::Box, format};

use memchr::memmem;

use crate::alert::{Alert, Parsed, Reject, Severity, Verdict};
use crate::pairs::{self, Pairs};
use crate::product_keys::{self, Field, Names, Side};
use crate::table::Table;
use crate::{Format, Framing, stamp, words};

use Field as F;

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "stormshield",
    about: "Stormshield Network Security's alarms",
    example: "id=firewall time=\"2026-03-14 10:50:25\" fw=\"gate1\" tz=+0100 \
              startime=\"2026-03-14 10:50:24\" pri=1 srcif=\"Ethernet1\" ipproto=tcp \
              src=203.0.113.9 srcport=40112 dst=192.0.2.80 dstport=80 action=block \
              msg=\"Example overflow\" class=protocol classification=0 alarmid=85 logtype=\"alarm\"",
    framing: Framing::Line,
    also: &[],
    claims,
    skips,
    parse,
    parse_head: parse,
};

fn claims(record: &[u8]) -> bool {
    (record.starts_with(b"time=") || record.starts_with(b"id="))
        && pairs::has_keys(record, &[b"fw", b"startime"])
}

// The log's name is among the last keys.
fn skips(record: &[u8]) -> bool {
    log_type(record).is_some_and(|found| found != b"alarm")
}

fn log_type(record: &[u8]) -> Option<&[u8]> {
    let tail = record.get(record.len().saturating_sub(TAIL_BYTES)..).unwrap_or(record);
    pairs::near_value(tail, b"logtype")
}

const TAIL_BYTES: usize = 128;

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    match log_type(record) {
        Some(b"alarm") => {}
        Some(_) => return Ok(Parsed::Other),
        // Cut off: the keys of an alarm say what it was.
        None if memmem::find(record, b" alarmid=").is_some() => {}
        None => return Err(Reject { at: record.len(), wanted: "`logtype`" }),
    }
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("stormshield");
    let (mut time, mut start, mut offset) = (None, None, None);
    NAMES.take_all(Pairs::new(record).texts(), &mut alert, |key, value, alert| match key {
        "time" => product_keys::first(&mut time, value),
        "startime" => product_keys::first(&mut start, value),
        "tz" => product_keys::first(&mut offset, value),
        "pri" => {
            alert.priority = value.parse().ok();
            alert.severity = severity(&value);
            product_keys::first(&mut alert.severity_raw, value)
        }
        _ => Some(value),
    });
    if let Some(time) = time.or(start) {
        let offset = offset.unwrap_or_default();
        alert.stamp = stamp::any(format!("{time}{offset}").as_bytes());
    }
    alert.verdict = match alert.action.as_deref() {
        Some(action) => words::verdict(action),
        // The guide: no action means that it was only logged.
        None => Verdict::Detected,
    };
    Ok(Parsed::Alert(alert))
}

// 1 is a major alarm and 4 a minor one; others are met where the administrator chose them.
fn severity(priority: &str) -> Severity {
    match priority {
        "0" | "1" => Severity::High,
        "2" | "3" => Severity::Medium,
        "4" => Severity::Low,
        _ => Severity::Info,
    }
}

/// What is not listed stays under `stormshield.`.
static NAMES: Names = Names { prefix: "stormshield.", keys: Table::new(KEYS) };

const KEYS: &[(&str, Field)] = &[
    ("action", F::Action),
    ("alarmid", F::Rule),
    ("class", F::Category),
    ("classification", F::Text("stormshield.classification")),
    ("confid", F::Text("stormshield.confid")),
    ("domain", F::Text("source.user.domain")),
    ("dst", F::Destination(Side::Address)),
    ("dstif", F::Text("observer.egress.interface.name")),
    ("dstifname", F::Text("observer.egress.interface.alias")),
    ("dstmac", F::Destination(Side::Mac)),
    ("dstname", F::Text("stormshield.dstname")),
    ("dstport", F::Destination(Side::Port)),
    ("dstportname", F::Text("stormshield.dstportname")),
    ("dstuser", F::Destination(Side::User)),
    ("fw", F::Host),
    ("icmpcode", F::Number("stormshield.icmpcode")),
    ("icmptype", F::Number("stormshield.icmptype")),
    ("ipproto", F::Transport),
    ("ipv", F::Text("stormshield.ipv")),
    ("logtype", F::Text("stormshield.logtype")),
    ("modsrc", F::Text("source.nat.ip")),
    ("modsrcport", F::Number("source.nat.port")),
    ("msg", F::Name),
    ("origdst", F::Text("stormshield.origdst")),
    ("origdstport", F::Text("stormshield.origdstport")),
    ("pktdump", F::Text("stormshield.pktdump")),
    ("pktlen", F::Number("ipsbell.packet_size")),
    ("pri", F::Own("stormshield.pri")),
    ("proto", F::Protocol),
    ("repeat", F::Count),
    ("risk", F::Number("stormshield.risk")),
    ("ruleid", F::Text("stormshield.ruleid")),
    ("rulename", F::Text("stormshield.rulename")),
    ("sensible", F::Text("stormshield.sensible")),
    ("slotlevel", F::Text("stormshield.slotlevel")),
    ("src", F::Source(Side::Address)),
    ("srcif", F::Interface),
    ("srcifname", F::Text("observer.ingress.interface.alias")),
    ("srcmac", F::Source(Side::Mac)),
    ("srcname", F::Text("stormshield.srcname")),
    ("srcport", F::Source(Side::Port)),
    ("srcportname", F::Text("stormshield.srcportname")),
    ("startime", F::Own("stormshield.startime")),
    ("target", F::Text("stormshield.target")),
    ("time", F::Own("stormshield.time")),
    ("tz", F::Own("stormshield.tz")),
    ("user", F::Source(Side::User)),
];
