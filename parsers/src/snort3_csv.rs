//! Snort 3's `alert_csv`: the default order of its columns, and any other behind a header. Source: Snort 3 reference manual,
//! `alert_csv`.

use alloc::vec::Vec;

use crate::alert::{Parsed, Reject};
use crate::record::Headed;
use crate::snort::{self, Field, Names};
use crate::{Format, Framing, no_short_cut};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: NAME,
    about: "Snort 3 alert_csv, default order or columns",
    example: "03/14-10:50:25.823699, 8, ICMP, raw, 84, C2S, 192.0.2.80:0, 198.51.100.11:0, \
              1:1000001:1, allow",
    framing: Framing::Headed(Headed { keep, needs: snort::needs, columns: &COLUMNS }),
    also: &[],
    claims,
    skips: no_short_cut,
    parse,
    parse_head: parse,
};

const NAME: &str = "snort3-csv";

/// The fields of Snort 3, those of its default order first.
pub(crate) const NAMES: &Names = &[
    ("timestamp", Field::Timestamp),
    ("pkt_num", Field::Integer("snort.pkt_num")),
    ("proto", Field::Transport),
    ("pkt_gen", Field::Word("snort.pkt_gen")),
    ("pkt_len", Field::Integer("ipsbell.packet_size")),
    ("dir", Field::Direction),
    ("src_ap", Field::SourceSocket),
    ("dst_ap", Field::DestinationSocket),
    ("rule", Field::Rule),
    ("action", Field::Action),
    ("seconds", Field::Seconds),
    ("class", Field::Class),
    ("b64_data", Field::Payload),
    ("client_bytes", Field::Integer("snort.client_bytes")),
    ("client_pkts", Field::Integer("snort.client_pkts")),
    ("dst_addr", Field::DestinationIp),
    ("dst_port", Field::DestinationPort),
    ("eth_dst", Field::DestinationMac),
    ("eth_len", Field::Integer("snort.frame_length")),
    ("eth_src", Field::SourceMac),
    ("eth_type", Field::Word("snort.ethernet_type")),
    ("flowstart_time", Field::Integer("snort.flowstart_time")),
    ("geneve_vni", Field::Tag("snort.geneve_vni")),
    ("gid", Field::Generator),
    ("icmp_code", Field::Integer("snort.icmp_code")),
    ("icmp_id", Field::Integer("snort.icmp_id")),
    ("icmp_seq", Field::Integer("snort.icmp_sequence")),
    ("icmp_type", Field::Integer("snort.icmp_type")),
    ("iface", Field::Interface),
    ("ip_id", Field::Integer("snort.ip_id")),
    ("ip_len", Field::Integer("snort.ip_len")),
    ("msg", Field::Message),
    ("mpls", Field::Tag("snort.mpls")),
    ("priority", Field::Priority),
    ("rev", Field::Revision),
    ("server_bytes", Field::Integer("snort.server_bytes")),
    ("server_pkts", Field::Integer("snort.server_pkts")),
    ("service", Field::Service),
    ("sgt", Field::Tag("snort.sgt")),
    ("sid", Field::Id),
    ("src_addr", Field::SourceIp),
    ("src_port", Field::SourcePort),
    ("target", Field::Word("snort.target")),
    ("tcp_ack", Field::Word("snort.tcp_acknowledgement")),
    ("tcp_flags", Field::Word("ipsbell.tcp_flags")),
    ("tcp_len", Field::Integer("snort.tcp_header_length")),
    ("tcp_seq", Field::Word("snort.tcp_sequence")),
    ("tcp_win", Field::Word("snort.tcp_window")),
    ("tos", Field::Word("snort.tos")),
    ("ttl", Field::Integer("snort.ttl")),
    ("udp_len", Field::Integer("snort.udp_length")),
    ("vlan", Field::Tag("network.vlan.id")),
];

const COLUMNS: [&str; NAMES.len()] = snort::names(NAMES);

const DEFAULT: &Names = NAMES.split_at(10).0;

fn claims(record: &[u8]) -> bool {
    if record.starts_with(b"#") || record.starts_with(b"timestamp,") {
        return snort::configured(NAME, record).is_some()
            || snort::whole_header(NAME, NAMES, record);
    }
    // The stamp, the packet's number, and the protocol in capitals.
    let Some(rest) = snort::behind_stamp(record) else { return false };
    let mut columns = rest.splitn(3, |byte| *byte == b',').map(<[u8]>::trim_ascii);
    columns.next().is_some_and(snort::is_number)
        && columns.next().and_then(|name| name.first()).is_some_and(u8::is_ascii_uppercase)
}

fn keep(kept: &mut Vec<u8>, line: &[u8]) -> bool {
    snort::keep(NAME, NAMES, kept, line)
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    snort::columns(NAME, NAMES, |_| DEFAULT, record)
}
