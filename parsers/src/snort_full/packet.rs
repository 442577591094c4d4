//! The lines of `alert_full` behind the first: what each looks like, and what it says of the packet. Source: the same
//! pages, and Snort's own names of the fields.

use memchr::{memchr, memmem, memrchr};

use crate::alert::{Alert, Endpoint, Value};
use crate::lex::{self, Parse, Wanted};
use crate::{fast, stamp, text, words};

/// What a line is, told from its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// `[Classification: c] [Priority: n]`.
    Classes,
    /// `[Xref => url][Xref => url]`.
    References,
    /// `MM/DD-HH:MM:SS.us`, and behind it addresses, Ethernet addresses or nothing.
    Time,
    /// `TCP TTL:64 TOS:0x0 ID:1 IpLen:20 DgmLen:40 DF`, perhaps with the addresses in front.
    Header,
    /// `MAC -> MAC type:0x800 len:0x36`.
    Ethernet,
    /// `***AP*** Seq: 0x1  Ack: 0x1  Win: 0x1  TcpLen: 20`.
    Tcp,
    /// `Len: 55`.
    Udp,
    /// `Type:8  Code:0  ID:1   Seq:1  ECHO`.
    Icmp,
    /// `TCP Options (3) => NOP NOP TS: 1 2`.
    TcpOptions,
    /// `IP Options (1) => RTRALT`.
    IpOptions,
    /// `Frag Offset: 0x0000   Frag Size: 0x0024`.
    Fragment,
    /// `** ORIGINAL DATAGRAM DUMP:`.
    QuoteBegins,
    /// `** END OF DUMP`.
    QuoteEnds,
    /// Of the packet that an ICMP error quotes: its addresses, `Seq: 0x1`, `(8 more bytes of original packet)`.
    Quoted,
}

/// Lines that begin alike, whatever follows.
const BEGINNINGS: [(&[u8], Shape); 13] = [
    (b"[Classification: ", Shape::Classes),
    (b"[Priority: ", Shape::Classes),
    (b"[Xref => ", Shape::References),
    (b"Len: ", Shape::Udp),
    (b"Type:", Shape::Icmp),
    (b"TCP Options (", Shape::TcpOptions),
    (b"IP Options (", Shape::IpOptions),
    (b"Frag Offset: ", Shape::Fragment),
    (b"** ORIGINAL DATAGRAM DUMP", Shape::QuoteBegins),
    (b"** END OF DUMP", Shape::QuoteEnds),
    (b"Seq: 0x", Shape::Quoted),
    (b"UDP header truncated", Shape::Quoted),
    (b"TCP header truncated", Shape::Quoted),
];

/// What this line is; `None` if Snort writes no such line into a record.
pub(super) fn shape(line: &[u8]) -> Option<Shape> {
    let begins = |(beginning, _): &&(&[u8], Shape)| line.starts_with(beginning);
    if let Some((_, shape)) = BEGINNINGS.iter().find(begins) {
        return Some(*shape);
    }
    let has = |needle: &[u8]| memmem::find(line, needle).is_some();
    // Each of them is asked for what a line of another kind does not have, the rarest last.
    match line.first()? {
        b'0'..=b'9' if is_time(line) => Some(Shape::Time),
        b'(' if has(b"more bytes of original packet") => Some(Shape::Quoted),
        _ if is_flags(line) => Some(Shape::Tcp),
        _ if header(line).is_some() => Some(Shape::Header),
        _ if ethernet(line).is_some() => Some(Shape::Ethernet),
        _ if sockets(line, true).is_some() => Some(Shape::Quoted),
        _ => None,
    }
}

// No line of `alert_fast`, `fast.log` or `alert_csv`, which begin with a time too.
fn is_time(line: &[u8]) -> bool {
    stamp::slashes(line).is_ok_and(|(rest, _)| !rest.trim_ascii_start().starts_with(b","))
        && memmem::find(line, b"[**]").is_none()
}

// Eight places, a letter or a star each.
fn is_flags(line: &[u8]) -> bool {
    let flags = line.get(..8).unwrap_or_default();
    flags.iter().all(|flag| b"*12CEUAPRSF".contains(flag)) && line.get(8..14) == Some(b" Seq: ")
}

/// What stands before the protocol, the protocol, the values from `TTL:` on.
type Header<'a> = (&'a [u8], &'a [u8], &'a [u8]);

fn header(line: &[u8]) -> Option<Header<'_>> {
    let at = memmem::find(line, b" TTL:")?;
    let (head, values) = (line.get(..at)?, line.get(at + 1..)?);
    let begin = memrchr(b' ', head).map_or(0, |blank| blank + 1);
    let (before, protocol) = (head.get(..begin)?.trim_ascii_end(), head.get(begin..)?);
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-:".contains(byte);
    let named = !protocol.is_empty() && protocol.iter().all(plain);
    let valued = memmem::find(values, b" DgmLen:").is_some();
    let placed = before.is_empty() || sockets(before, true).is_some();
    (named && valued && placed).then_some((before, protocol, values))
}

// `MAC -> MAC type:0x800 len:0x36`
fn ethernet(line: &[u8]) -> Option<([u8; 6], [u8; 6], &[u8])> {
    let (source, rest) = arrow(line)?;
    let at = memmem::find(rest, b" type:0x")?;
    Some((
        lex::mac(source.trim_ascii())?,
        lex::mac(rest.get(..at)?.trim_ascii())?,
        rest.get(at + 1..)?,
    ))
}

// `a:p -> b:p`
fn sockets(line: &[u8], ports: bool) -> Option<(Endpoint<'_>, Endpoint<'_>)> {
    let (source, destination) = arrow(line)?;
    Some((lex::socket(source.trim_ascii(), ports)?, lex::socket(destination.trim_ascii(), ports)?))
}

fn arrow(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memmem::find(line, b" -> ")?;
    Some((line.get(..at)?, line.get(at + 4..)?))
}

/// What the lines of a record say of its packet. What they say again counts the first time.
#[derive(Debug, Default)]
pub(super) struct Packet<'a> {
    // As they stand: whether the last group of an IPv6 address is a port shows in a later line.
    addresses: &'a [u8],
    // Between the marks around the packet that an ICMP error quotes: that is another one.
    quoted: bool,
}

impl<'a> Packet<'a> {
    /// Takes what a line says.
    pub(super) fn line(&mut self, line: &'a [u8], alert: &mut Alert<'a>) -> Parse<'a, ()> {
        let shape = shape(line);
        match shape {
            Some(Shape::QuoteBegins) => self.quoted = true,
            Some(Shape::QuoteEnds) => self.quoted = false,
            _ if self.quoted => {}
            Some(Shape::Time) if alert.stamp.is_none() => return self.time(line, alert),
            Some(Shape::Classes) => return fast::classes(line, alert),
            Some(Shape::Header) => self.header(line, alert),
            Some(Shape::Ethernet) => macs(line, alert),
            Some(Shape::References) => references(line, alert),
            Some(Shape::Tcp) => tcp(line, alert),
            Some(Shape::Udp) => integer(alert, "snort.udp_length", behind(line, b":")),
            Some(Shape::Icmp) => icmp(line, alert),
            Some(Shape::TcpOptions) => words_of(alert, "snort.tcp_options", behind(line, b"=>")),
            Some(Shape::IpOptions) => words_of(alert, "snort.ip_options", behind(line, b"=>")),
            Some(Shape::Fragment) => words_of(alert, "snort.fragment", line),
            Some(Shape::Time | Shape::Quoted) | None => {}
        }
        Ok((b"", ()))
    }

    // `MM/DD-HH:MM:SS.us a:p -> b:p`; with `-e` Ethernet addresses, without an IP header nothing.
    fn time(&mut self, line: &'a [u8], alert: &mut Alert<'a>) -> Parse<'a, ()> {
        let (rest, stamp) = stamp::slashes(line)?;
        alert.stamp = Some(stamp);
        let addresses = rest.trim_ascii();
        if ethernet(addresses).is_some() {
            macs(addresses, alert);
        } else if !addresses.is_empty() {
            let Some((source, destination)) = sockets(addresses, true) else {
                return Wanted::here(rest, "addresses");
            };
            self.addresses = addresses;
            (alert.source, alert.destination) = (source, destination);
        }
        Ok((b"", ()))
    }

    fn header(&mut self, line: &'a [u8], alert: &mut Alert<'a>) {
        let Some((before, protocol, values)) = header(line).filter(|_| alert.transport.is_none())
        else {
            return;
        };
        let transport = words::transport(text::shown(protocol));
        let addresses = if self.addresses.is_empty() { before } else { self.addresses };
        if let Some((source, destination)) = sockets(addresses, words::has_ports(&transport)) {
            alert.source = Endpoint { mac: alert.source.mac, ..source };
            alert.destination = Endpoint { mac: alert.destination.mac, ..destination };
        }
        alert.transport = Some(transport);
        for (name, key) in [
            (&b"DgmLen:"[..], "ipsbell.packet_size"),
            (b"TTL:", "snort.ttl"),
            (b" ID:", "snort.ip_id"),
            (b"IpLen:", "snort.ip_header_length"),
        ] {
            integer(alert, key, word(behind(values, name)));
        }
        words_of(alert, "snort.tos", word(behind(values, b"TOS:")));
        let size = behind(values, b"DgmLen:");
        words_of(alert, "snort.ip_flags", size.get(word(size).len()..).unwrap_or_default());
    }
}

fn macs(line: &[u8], alert: &mut Alert<'_>) {
    if let Some((source, destination, rest)) = ethernet(line) {
        alert.source.mac = alert.source.mac.or(Some(source));
        alert.destination.mac = alert.destination.mac.or(Some(destination));
        if let Some(frame) = hex(word(behind(rest, b"len:0x"))) {
            alert.note("snort.frame_length", Value::Integer(frame));
        }
    }
}

// `***AP*** Seq: 0x1  Ack: 0x1  Win: 0x1  TcpLen: 20  UrgPtr: 0x0`
fn tcp<'a>(line: &'a [u8], alert: &mut Alert<'a>) {
    words_of(alert, "ipsbell.tcp_flags", word(line));
    for (name, key) in [
        (&b"Seq: "[..], "snort.tcp_sequence"),
        (b"Ack: ", "snort.tcp_acknowledgement"),
        (b"Win: ", "snort.tcp_window"),
        (b"UrgPtr: ", "snort.tcp_urgent"),
    ] {
        words_of(alert, key, word(behind(line, name)));
    }
    integer(alert, "snort.tcp_header_length", word(behind(line, b"TcpLen: ")));
}

// `Type:8  Code:0  ID:101   Seq:1  ECHO`
fn icmp<'a>(line: &'a [u8], alert: &mut Alert<'a>) {
    integer(alert, "snort.icmp_type", word(behind(line, b"Type:")));
    let code = behind(line, b"Code:");
    integer(alert, "snort.icmp_code", word(code));
    words_of(alert, "snort.icmp", code.get(word(code).len()..).unwrap_or_default());
}

// `[Xref => url][Xref => url]`
fn references<'a>(line: &'a [u8], alert: &mut Alert<'a>) {
    const REFERENCES_MAX: usize = 64;
    let mut rest = line;
    while let Some(inside) = rest.strip_prefix(b"[Xref => ") {
        let end = memchr(b']', inside).unwrap_or(inside.len());
        let url = text::trimmed(text::shown(inside.get(..end).unwrap_or_default()));
        words::cves_owned(&url.replace("cvename.cgi?name=", "cve-"), &mut alert.vulnerabilities);
        if alert.rule.references.len() < REFERENCES_MAX && !alert.rule.references.contains(&url) {
            alert.rule.references.push(url);
        }
        rest = inside.get(end + 1..).unwrap_or_default().trim_ascii_start();
    }
}

// What stands behind the first `mark`; nothing without it.
fn behind<'a>(line: &'a [u8], mark: &[u8]) -> &'a [u8] {
    memmem::find(line, mark).and_then(|at| line.get(at + mark.len()..)).unwrap_or_default()
}

fn word(bytes: &[u8]) -> &[u8] {
    let end = memchr(b' ', bytes).unwrap_or(bytes.len());
    bytes.get(..end).unwrap_or_default()
}

fn integer(alert: &mut Alert<'_>, key: &'static str, digits: &[u8]) {
    if let Some(number) = lex::number(digits.trim_ascii()) {
        alert.note(key, Value::Integer(number));
    }
}

fn words_of<'a>(alert: &mut Alert<'a>, key: &'static str, words: &'a [u8]) {
    let words = text::trimmed(text::shown(words));
    if !words.is_empty() {
        alert.note(key, Value::Text(words));
    }
}

fn hex(digits: &[u8]) -> Option<i64> {
    i64::from_str_radix(core::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_a_record_are_told_from_all_others() {
        let check = |line: &str, want: Option<Shape>| {
            assert_eq!(shape(line.as_bytes()), want, "{line}");
        };
        check("[Classification: Misc activity] [Priority: 3] ", Some(Shape::Classes));
        check("[Priority: 0] ", Some(Shape::Classes));
        check("[Xref => http://example.com/1]", Some(Shape::References));
        check("03/14-10:50:25.823699 192.0.2.1:1 -> 192.0.2.2:2", Some(Shape::Time));
        check("03/14/26-10:50:25.823699 ", Some(Shape::Time));
        check("TCP TTL:127 TOS:0x0 ID:53730 IpLen:20 DgmLen:108 DF", Some(Shape::Header));
        check("PROTO:103 TTL:1 TOS:0x0 ID:5 IpLen:20 DgmLen:50", Some(Shape::Header));
        check(
            "192.0.2.1:1 -> 192.0.2.2:2 TCP TTL:1 TOS:0x0 ID:5 IpLen:20 DgmLen:50",
            Some(Shape::Header),
        );
        check("02:00:5E:00:53:01 -> 2:0:5E:0:53:2 type:0x800 len:0x36", Some(Shape::Ethernet));
        check("***AP*** Seq: 0x1  Ack: 0x1  Win: 0x80B  TcpLen: 20", Some(Shape::Tcp));
        check("12UAPRSF Seq: 0x1  Ack: 0x1  Win: 0x80B  TcpLen: 20", Some(Shape::Tcp));
        check("Len: 55", Some(Shape::Udp));
        check("Type:8  Code:0  ID:101   Seq:1  ECHO", Some(Shape::Icmp));
        check("TCP Options (3) => NOP NOP TS: 1 2", Some(Shape::TcpOptions));
        check("IP Options (1) => RTRALT", Some(Shape::IpOptions));
        check("Frag Offset: 0x0000   Frag Size: 0x0024", Some(Shape::Fragment));
        check("** ORIGINAL DATAGRAM DUMP:", Some(Shape::QuoteBegins));
        check("** END OF DUMP", Some(Shape::QuoteEnds));
        check("192.0.2.1:1 -> 192.0.2.2:2", Some(Shape::Quoted));
        check("(8 more bytes of original packet)", Some(Shape::Quoted));
        for other in crate::FORMATS.iter().flat_map(|format| format.example.split('\n')) {
            let alone = !crate::snort_full::FORMAT.example.contains(other);
            assert!(!alone || shape(other.as_bytes()).is_none(), "{other}");
        }
        check("", None);
        check("[**] [1:2:3] next [**]", None);
        check(
            "03/14-10:50:25.823699  [**] [1:2:3] m [**] [Priority: 1] {TCP} 192.0.2.1 -> ::",
            None,
        );
        check("Sep  2 00:13:42 web1 sshd[99]: Len: 55", None);
        check("a -> b", None);
        check("web1 kernel: IN=eth0 TTL:64 DgmLen:1", None);
    }
}
