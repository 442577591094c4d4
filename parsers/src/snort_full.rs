//! Snort's `alert_full`, versions 2 and 3: a record of several lines that ends at a blank one.
//!
//! ```text
//! [**] [gid:sid:rev] message [**]
//! [Classification: c] [Priority: n]
//! MM/DD-HH:MM:SS.us a:p -> b:p
//! TCP TTL:64 TOS:0x0 ID:53730 IpLen:20 DgmLen:108 DF
//! ***AP*** Seq: 0x688E00E4  Ack: 0xBC730BB6  Win: 0x80B  TcpLen: 20
//! [Xref => http://...]
//! ```
//!
//! With `-e` the Ethernet addresses stand behind the time, and the others in front of `TCP TTL:`. A packet without an IP
//! header has neither. Source: Snort 2 users manual, "Full"; Snort 3 reference, `alert_full`.

mod packet;

use alloc::{borrow::Cow, boxed::Box};

use memchr::memmem;

use self::packet::Packet;
use crate::alert::{Alert, Parsed, Reject, Verdict};
use crate::lex::{self, Parse, Wanted};
use crate::record::{Frame, Place};
use crate::{Format, Framing, fast, no_short_cut, text, words};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "snort-full",
    about: "Snort 2 and 3 alert_full, several lines an alert",
    example: "[**] [1:1000001:1] Echo request [**]\n\
              [Classification: Misc activity] [Priority: 3]\n\
              03/14-10:50:25.823699 192.0.2.80 -> 198.51.100.11\n\
              ICMP TTL:64 TOS:0x0 ID:4711 IpLen:20 DgmLen:84 DF\n\
              Type:8  Code:0  ID:101   Seq:1  ECHO",
    framing: Framing::Lines(Frame { begins: claims, place }),
    also: &[],
    claims,
    skips: no_short_cut,
    parse,
    parse_head: parse,
};

fn claims(record: &[u8]) -> bool {
    record.starts_with(b"[**] [")
}

// A record is only what Snort writes into one, so that another program's line in the midst of it stands for itself.
fn place(_record: &[u8], line: &[u8]) -> Place {
    if packet::shape(line).is_some() { Place::Inside } else { Place::Outside }
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("snort");
    // It writes the same for what it drops and for what it only sees.
    alert.verdict = Verdict::Detected;
    let mut packet = Packet::default();
    let mut at = 0;
    for line in record.split(|byte| *byte == b'\n') {
        let read = if at == 0 { rule(line, &mut alert) } else { packet.line(line, &mut alert) };
        lex::finish(line, read).map_err(|reject| Reject { at: reject.at + at, ..reject })?;
        at += line.len() + 1;
    }
    if alert.stamp.is_none() {
        return Err(Reject { at: record.len(), wanted: "a line with the time" });
    }
    Ok(Parsed::Alert(alert))
}

// `[**] [gid:sid:rev] message [**]`; with `-I` the interface in angle brackets before the message.
fn rule<'a>(line: &'a [u8], alert: &mut Alert<'a>) -> Parse<'a, ()> {
    let (rest, ()) = fast::ids(line, alert)?;
    let Some(end) = fast::rfind(rest, fast::MARK) else {
        return Wanted::here(rest, "`[**]` behind the message");
    };
    let mut message = rest.get(..end).unwrap_or_default();
    // Snort writes two blanks there, and one before a message.
    if let Some(inside) = message.strip_prefix(b"  <")
        && let Some(end) = memmem::find(inside, b"> ")
    {
        alert.interface = inside.get(..end).map(text::shown);
        message = inside.get(end + 2..).unwrap_or_default();
    }
    alert.rule.name = fast::name(message);
    if let Some(Cow::Borrowed(name)) = &alert.rule.name {
        words::cves(name, &mut alert.vulnerabilities);
    }
    Ok((b"", ()))
}
