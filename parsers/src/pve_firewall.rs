//! The log of Proxmox VE's firewall, `/var/log/pve-firewall.log`: `VMID LEVEL CHAIN DD/Mon/YYYY:HH:MM:SS +ZZZZ [policy
//! ]ACTION: ` and the packet as netfilter writes it. Source: Proxmox VE Administration Guide, "Firewall", "Logging of firewall
//! rules".

use alloc::{borrow::Cow, boxed::Box};

use memchr::memmem;
use nom::Parser;
use nom::bytes::complete::{tag, take_till1};
use nom::character::complete::{char, digit1, space0};
use nom::error::context;
use nom::sequence::terminated;

use crate::alert::{Alert, Parsed, Reject, Severity, Value, Verdict};
use crate::lex::{self, Parse};
use crate::netfilter::packet;
use crate::{Format, Framing, no_short_cut, stamp, text, words};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "pve-firewall",
    about: "Proxmox VE's firewall, pve-firewall.log",
    example: "101 6 tap101i0-IN 14/Mar/2026:10:50:25 +0100 DROP: IN=fwbr101i0 OUT=fwbr101i0 \
              PHYSIN=fwln101i0 PHYSOUT=tap101i0 MAC=02:00:5e:00:53:01:02:00:5e:00:53:02:08:00 \
              SRC=203.0.113.9 DST=192.0.2.80 LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=37700 DF PROTO=TCP \
              SPT=40112 DPT=22 SEQ=1 ACK=0 WINDOW=64240 SYN",
    framing: Framing::Line,
    also: &[ACCEPT],
    claims,
    skips: no_short_cut,
    parse,
    parse_head: parse,
};

/// Records of what the firewall lets through.
const ACCEPT: &str = "accept";

/// The most bytes before the stamp: a machine's number, a level, a chain.
const HEAD_BYTES_MAX: usize = 64;

/// Two numbers, a word and a stamp.
pub(crate) fn claims(record: &[u8]) -> bool {
    if !record.first().is_some_and(u8::is_ascii_digit) {
        return false;
    }
    let head = record.get(..HEAD_BYTES_MAX).unwrap_or(record);
    let mut words = head.splitn(4, |byte| *byte == b' ');
    let mut number = || words.next().is_some_and(|word| word.iter().all(u8::is_ascii_digit));
    number()
        && number()
        && words.next().is_some_and(|chain| !chain.is_empty())
        && matches!(words.next(), Some([_, _, b'/', _, _, _, b'/', _, _, _, _, b':', ..]))
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("pve_firewall");
    let rest = lex::finish(record, head(record, &mut alert).map(|(rest, ())| (rest, rest)))?;
    let Some(fields) = fields(rest) else {
        // What the logger says of itself, that it starts and ends.
        return Ok(Parsed::Other);
    };
    let (action, fields) = rest.split_at_checked(fields).unwrap_or((rest, b""));
    acted(action, &mut alert);
    packet::read(fields, &mut alert);
    if alert.source.ip.is_none() || alert.destination.ip.is_none() {
        return Err(Reject { at: record.len(), wanted: "`SRC=` and `DST=` with an address each" });
    }
    Ok(if alert.verdict == Verdict::Detected {
        alert.severity = Severity::Info;
        Parsed::Also(ACCEPT, alert)
    } else {
        alert.severity = Severity::Low;
        Parsed::Alert(alert)
    })
}

// `VMID LEVEL CHAIN STAMP `
fn head<'a>(record: &'a [u8], alert: &mut Alert<'a>) -> Parse<'a, ()> {
    let (rest, machine) =
        context("machine's number", terminated(digit1, char(' '))).parse(record)?;
    let (rest, level) = context("level", terminated(digit1, char(' '))).parse(rest)?;
    let (rest, chain) =
        context("chain", terminated(take_till1(|byte| byte == b' '), char(' '))).parse(rest)?;
    let (rest, stamp) = context("timestamp", stamp::common_log).parse(rest)?;
    let (rest, _) = space0(rest)?;
    alert.stamp = Some(stamp);
    alert.severity_raw = Some(text::shown(level));
    alert.rule.name = Some(text::shown(chain));
    // 0 is the host itself.
    alert.note("pve_firewall.vmid", Value::Text(text::shown(machine)));
    Ok((rest, ()))
}

// Where the packet begins.
fn fields(rest: &[u8]) -> Option<usize> {
    let input = memmem::find(rest, b"IN=")?;
    let output = memmem::find(rest, b"OUT=");
    Some(output.map_or(input, |output| input.min(output)))
}

// `policy DROP: `, `REJECT: `, `PVEFW-reject: `, or nothing where a group only logs.
fn acted<'a>(action: &'a [u8], alert: &mut Alert<'a>) {
    let action = action.trim_ascii_end();
    let action = action.strip_suffix(b":").unwrap_or(action);
    let policy: Parse<'a, &[u8]> = tag("policy ")(action);
    let (word, by_policy) = match policy {
        Ok((word, _)) => (word, true),
        Err(_) => (action, false),
    };
    if by_policy {
        alert.note("pve_firewall.policy", Value::Bool(true));
    }
    if word.is_empty() {
        return;
    }
    let word = text::shown(word);
    alert.verdict = words::verdict(&word);
    alert.action = Some(word);
}
