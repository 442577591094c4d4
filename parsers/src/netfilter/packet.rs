//! The fields of a packet as netfilter writes them, `KEY=value` and single words, one blank between: `IN=eth0 OUT= MAC=...
//! SRC=... DST=... LEN=40 ... PROTO=TCP SPT=40112 DPT=23 ... SYN URGP=0`. Source: the kernel's `nf_log_syslog.c`; ulogd's
//! `printpkt.c`, which writes the same.

use alloc::borrow::Cow;
use alloc::string::String;

use memchr::{memchr, memchr_iter};

use crate::alert::{Alert, Text, Value};
use crate::{lex, text, words};

/// Where the addresses must be: prefix, interfaces and Ethernet header stand before them.
const WINDOW_BYTES_MAX: usize = 640;

/// The most bytes of an interface's name: 15, and the parents that some firewalls join to it.
const INTERFACE_BYTES_MAX: usize = 32;

/// The most bytes of a key that we do not know.
const KEY_BYTES_MAX: usize = 24;

/// Where a record's fields begin, behind its prefix; `None` if this is no packet with both its addresses. Of a record that
/// lost its beginning it is the first field that is whole.
pub(crate) fn begin(record: &[u8]) -> Option<Begin> {
    let window = record.get(..WINDOW_BYTES_MAX).unwrap_or(record);
    let mut begin = None;
    let mut first = None;
    let mut source = false;
    for at in memchr_iter(b'=', window) {
        let (before, behind) = record.split_at_checked(at)?;
        let value = || behind.get(1..).and_then(|value| value.get(..word_end(value)));
        let is_address = || value().is_some_and(|value| lex::address(value).is_some());
        first = first.or(Some(before));
        match before {
            [.., b'I', b'N'] if begin.is_none() && is_interface(before, behind) => {
                begin = Some(before);
            }
            [.., b'S', b'R', b'C'] => source |= is_address(),
            [.., b'D', b'S', b'T'] if source && is_address() => {
                let whole = begin.is_some();
                let key = match begin {
                    Some(_) => "IN".len(),
                    None => first?.iter().rev().take_while(|byte| **byte != b' ').count(),
                };
                return Some(Begin { at: begin.or(first)?.len() - key, whole });
            }
            _ => {}
        }
    }
    None
}

/// Where the fields begin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Begin {
    /// Byte offset in the record.
    pub(crate) at: usize,
    /// What stands before them is the prefix, and not the rest of a field.
    pub(crate) whole: bool,
}

// `IN=eth0 OUT=`: always the first, and glued to the prefix.
fn is_interface(before: &[u8], behind: &[u8]) -> bool {
    let name = behind.get(1..INTERFACE_BYTES_MAX + 2).or(behind.get(1..)).unwrap_or_default();
    let Some(end) = memchr(b' ', name) else { return false };
    let next = behind.get(end + 2..).unwrap_or_default();
    let follows = [&b"OUT="[..], b"PHYSIN=", b"MAC=", b"MACSRC=", b"SRC=", b"ARP "];
    !before.ends_with(b"PHYSIN") && follows.iter().any(|key| next.starts_with(key))
}

/// Reads the fields. What comes first counts: of the packet that an ICMP error quotes in brackets nothing is taken.
pub(crate) fn read<'a>(fields: &'a [u8], alert: &mut Alert<'a>) {
    alert.details.reserve(16);
    let mut packet = Packet { alert, fields, flags: None, fragment: None, seen: 0 };
    let mut rest = fields;
    while !rest.is_empty() {
        let (word, behind) = rest.split_at_checked(word_end(rest)).unwrap_or((rest, b""));
        let next = behind.trim_ascii_start();
        rest = match word {
            [b'[', ..] => packet.bracket("netfilter.quoted_packet", rest, b']'),
            b"OPT" if next.starts_with(b"(") => {
                let of_ip = packet.alert.transport.is_none();
                let key = if of_ip { "netfilter.ip_options" } else { "netfilter.tcp_options" };
                packet.bracket(key, next, b')')
            }
            _ => {
                packet.word(word, fields.len() - rest.len());
                next
            }
        };
    }
    packet.end();
}

// Most words are shorter than what a vector search costs to call.
fn word_end(text: &[u8]) -> usize {
    text.iter().position(|byte| *byte == b' ').unwrap_or(text.len())
}

struct Packet<'a, 'r> {
    alert: &'r mut Alert<'a>,
    fields: &'a [u8],
    // Where the TCP flags, and the IP header's, begin and end: they stand in a row.
    flags: Option<(usize, usize)>,
    fragment: Option<(usize, usize)>,
    // A bit for each of `NAMES`.
    seen: u32,
}

impl<'a> Packet<'a, '_> {
    fn word(&mut self, word: &'a [u8], at: usize) {
        if let Some(equals) = word.iter().position(|byte| *byte == b'=') {
            let (key, value) = word.split_at_checked(equals).unwrap_or((word, b""));
            let value = value.get(1..).unwrap_or_default();
            if !value.is_empty() {
                self.field(key, value);
            }
            return;
        }
        let range = |seen: Option<(usize, usize)>| {
            Some((seen.map_or(at, |(begin, _)| begin), at + word.len()))
        };
        match word {
            b"SYN" | b"ACK" | b"FIN" | b"RST" | b"PSH" | b"URG" | b"ECE" | b"CWR" => {
                self.flags = range(self.flags);
            }
            b"DF" | b"MF" | b"CE" => self.fragment = range(self.fragment),
            [b'F', b'R', b'A', b'G', b':', offset @ ..] => {
                self.alert.note("netfilter.fragment_offset", read_value(offset));
            }
            _ => {}
        }
    }

    fn field(&mut self, key: &'a [u8], value: &'a [u8]) {
        let alert = &mut *self.alert;
        let inner = alert.transport.is_some();
        match key {
            b"IN" if alert.interface.is_none() => alert.interface = Some(text::shown(value)),
            b"MAC" => ethernet(value, alert),
            b"SRC" | b"IPSRC" if alert.source.ip.is_none() => {
                (alert.source.ip, alert.source.zone) = address(value);
            }
            b"DST" | b"IPDST" if alert.destination.ip.is_none() => {
                (alert.destination.ip, alert.destination.zone) = address(value);
            }
            b"PROTO" if !inner => alert.transport = Some(words::transport(text::shown(value))),
            b"SPT" if alert.source.port.is_none() => alert.source.port = lex::number(value),
            b"DPT" if alert.destination.port.is_none() => {
                alert.destination.port = lex::number(value);
            }
            b"MACSRC" if alert.source.mac.is_none() => alert.source.mac = lex::mac(value),
            b"MACDST" if alert.destination.mac.is_none() => {
                alert.destination.mac = lex::mac(value);
            }
            _ => self.detail(key, value, inner),
        }
    }

    fn detail(&mut self, key: &'a [u8], value: &'a [u8], inner: bool) {
        let Some(place) = place(key, inner) else {
            if let Some(name) = unknown(key) {
                self.alert.note(name, read_value(value));
            }
            return;
        };
        let value = read_value(value);
        let fits = NAMES.get(place) != Some(&PACKET_SIZE) || matches!(value, Value::Integer(_));
        if self.seen & 1 << place == 0 && fits {
            self.seen |= 1 << place;
            let name = NAMES.get(place).copied().unwrap_or_default();
            self.alert.details.push((Cow::Borrowed(name), value));
        }
    }

    // What stands in brackets, and what is behind them.
    fn bracket(&mut self, key: &'static str, input: &'a [u8], close: u8) -> &'a [u8] {
        let end = memchr(close, input).unwrap_or(input.len());
        let inside = input.get(1..end).unwrap_or_default().trim_ascii();
        if !inside.is_empty() {
            self.alert.note(key, Value::Text(text::shown(inside)));
        }
        input.get(end + 1..).unwrap_or_default().trim_ascii_start()
    }

    fn end(self) {
        let in_a_row = [("ipsbell.tcp_flags", self.flags), ("netfilter.ip_flags", self.fragment)];
        for (key, range) in in_a_row {
            if let Some(words) = range.and_then(|(begin, end)| self.fields.get(begin..end)) {
                self.alert.note(key, Value::Text(text::shown(words)));
            }
        }
        // A packet of this machine's own came in nowhere: it is told with the interface that it left by.
        if self.alert.interface.is_none()
            && let Some(Value::Text(out)) = self.alert.detail(OUT)
        {
            self.alert.interface = Some(out.clone());
        }
    }
}

const PACKET_SIZE: &str = "ipsbell.packet_size";
const OUT: &str = "observer.egress.interface.name";

fn address<'a>(value: &'a [u8]) -> (Option<core::net::IpAddr>, Option<Text<'a>>) {
    lex::address(value).map_or((None, None), |(ip, zone)| (Some(ip), zone))
}

// The header as it went over the wire: destination, source, type; behind them what bridges and tunnels add.
fn ethernet(value: &[u8], alert: &mut Alert<'_>) {
    const MAC_BYTES: usize = "02:00:5e:00:53:01".len();
    let octets = |from: usize| value.get(from..from + MAC_BYTES).and_then(lex::mac);
    if let (Some(destination), Some(source)) = (octets(0), octets(MAC_BYTES + 1)) {
        alert.destination.mac.get_or_insert(destination);
        alert.source.mac.get_or_insert(source);
    }
}

// The details that most records have. Their place is their bit among those that were seen; a name stands once, and no other
// key has it.
const NAMES: [&str; 21] = [
    OUT,
    "netfilter.payload_length",
    PACKET_SIZE,
    "netfilter.icmp_id",
    "netfilter.icmp_type",
    "netfilter.icmp_code",
    "netfilter.physical_in",
    "netfilter.physical_out",
    "netfilter.tos",
    "netfilter.prec",
    "netfilter.ttl",
    "netfilter.id",
    "netfilter.window",
    "netfilter.res",
    "netfilter.urgp",
    "netfilter.seq",
    "netfilter.ack",
    "netfilter.tc",
    "netfilter.hoplimit",
    "netfilter.flowlbl",
    "netfilter.mark",
];

// The place of a key's name; `inner` behind the protocol, where some keys come a second time.
fn place(key: &[u8], inner: bool) -> Option<usize> {
    Some(match key {
        b"OUT" => 0,
        b"LEN" if inner => 1,
        b"LEN" => 2,
        b"ID" if inner => 3,
        b"TYPE" => 4,
        b"CODE" => 5,
        b"PHYSIN" => 6,
        b"PHYSOUT" => 7,
        b"TOS" => 8,
        b"PREC" => 9,
        b"TTL" => 10,
        b"ID" => 11,
        b"WINDOW" => 12,
        b"RES" => 13,
        b"URGP" => 14,
        b"SEQ" => 15,
        b"ACK" => 16,
        b"TC" => 17,
        b"HOPLIMIT" => 18,
        b"FLOWLBL" => 19,
        b"MARK" => 20,
        _ => return None,
    })
}

// A key that we do not know under the product's name. `_` is left to our own names.
fn unknown(key: &[u8]) -> Option<Text<'static>> {
    let plain = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    if key.is_empty() || key.len() > KEY_BYTES_MAX || !key.iter().all(plain) {
        return None;
    }
    let mut name = String::from("netfilter.");
    name.push_str(&text::lower(text::shown(key)));
    Some(Cow::Owned(name))
}

// `0800` is no number.
fn read_value(value: &[u8]) -> Value<'_> {
    match lex::number(value).filter(|_| value == b"0" || !value.starts_with(b"0")) {
        Some(number) => Value::Integer(number),
        None => Value::Text(text::shown(value)),
    }
}
