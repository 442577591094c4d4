//! What the Linux kernel logs of a packet for a rule with a log target: iptables' `LOG`, nftables' `log`, and all that is
//! built on them (ufw, firewalld, Shorewall, OpenWrt, UniFi and EdgeOS): `prefixIN=eth0 OUT= MAC=... SRC=... DST=...`. The
//! prefix is the administrator's text, and the only place that says what became of the packet. Source: iptables-extensions(8),
//! "LOG"; nft(8), "LOG STATEMENT"; the kernel's `nf_log_syslog.c`.

pub(crate) mod packet;
mod prefix;

use alloc::{borrow::Cow, boxed::Box};

use memchr::{memchr, memchr_iter, memmem};

use crate::alert::{Alert, Parsed, Reject, Severity, Verdict};
use crate::envelope::Peel;
use crate::{Format, Framing, no_short_cut, pve_firewall};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "netfilter",
    about: "Linux iptables, nftables, ufw, firewalld, Shorewall",
    example: "[UFW BLOCK] IN=eth0 OUT= MAC=02:00:5e:00:53:01:02:00:5e:00:53:02:08:00 SRC=203.0.113.9 \
              DST=192.0.2.80 LEN=40 TOS=0x00 PREC=0x00 TTL=240 ID=54321 PROTO=TCP SPT=40112 DPT=23 \
              WINDOW=1024 RES=0x00 SYN URGP=0",
    framing: Framing::Line,
    also: &[ACCEPT],
    claims,
    skips: no_short_cut,
    parse,
    parse_head: parse,
};

/// Records of what a firewall lets through, where a setting and no rule of the administrator's writes them.
const ACCEPT: &str = "accept";

/// The most bytes of a prefix: nftables takes 127, UniFi adds the rule's description.
const PREFIX_BYTES_MAX: usize = 320;

/// The most bytes of a tag.
const TAG_BYTES_MAX: usize = 32;

// A record begins with its prefix, so what still has a header in front of it is none. Asked in the order of what it costs, for
// it is asked again behind each piece of a header.
fn claims(record: &[u8]) -> bool {
    let window = record.get(..PREFIX_BYTES_MAX).unwrap_or(record);
    let Some(before) = memchr(b'=', window).and_then(|equals| record.get(..equals)) else {
        return false;
    };
    // Other products' records may quote the kernel's.
    let quoted = before.starts_with(b"{") || before.contains(&b'|');
    !quoted
        && !has_tag(before)
        && Peel::new(record).next().is_none()
        && packet::begin(record).is_some_and(|begin| begin.at <= PREFIX_BYTES_MAX)
        && !of_proxmox(record)
}

// `kernel: `, `ulogd[12]: ` anywhere in it: a header that was not taken off.
fn has_tag(prefix: &[u8]) -> bool {
    memchr_iter(b':', prefix).any(|colon| match prefix.get(..colon) {
        Some([before @ .., b']']) => {
            let digits = before.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
            let open = before.len().checked_sub(digits + 1).and_then(|at| before.get(at));
            digits > 0 && open == Some(&b'[')
        }
        Some(before) => before.ends_with(b"kernel"),
        None => false,
    })
}

// Proxmox VE writes its own form around the packet, here perhaps behind a tag.
fn of_proxmox(record: &[u8]) -> bool {
    let head = record.get(..TAG_BYTES_MAX).unwrap_or(record);
    let behind_tag = memmem::find(head, b": ").and_then(|tag| record.get(tag + 2..));
    pve_firewall::claims(record) || behind_tag.is_some_and(pve_firewall::claims)
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let Some(begin) = packet::begin(record) else {
        return Err(Reject { at: 0, wanted: "`SRC=` and `DST=` with an address each" });
    };
    let (prefix, fields) = record.split_at_checked(begin.at).unwrap_or_default();
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("netfilter");
    let set_by_rule = !begin.whole || prefix::read(prefix, &mut alert);
    packet::read(fields, &mut alert);
    alert.severity = match alert.verdict {
        Verdict::Detected => Severity::Info,
        _ => Severity::Low,
    };
    Ok(if set_by_rule { Parsed::Alert(alert) } else { Parsed::Also(ACCEPT, alert) })
}
