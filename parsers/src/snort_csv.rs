//! Snort 2's `alert_csv`: the default order of its columns, the order that pfSense and OPNsense write, told apart by what
//! stands in them, and any other behind a header. Source: Snort 2 users manual, "CSV"; the pfSense package's alert
//! settings. barnyard2 writes the default order too.

use alloc::vec::Vec;

use memchr::{memchr_iter, memrchr};

use crate::alert::{Parsed, Reject};
use crate::record::Headed;
use crate::snort::{self, Field, Names};
use crate::{Format, Framing, lex, no_short_cut};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: NAME,
    about: "Snort 2 alert_csv, default and pfSense order, or columns",
    example: "03/14-10:50:25.823699 ,1,1000001,1,\"Echo request\",ICMP,192.0.2.80,,198.51.100.11,,\
              02:00:5E:00:53:01,02:00:5E:00:53:02,0x62,,,,,,64,0,4711,84,86016,8,0,101,1",
    framing: Framing::Headed(Headed { keep, needs: snort::needs, columns: &COLUMNS }),
    also: &[],
    claims,
    skips: no_short_cut,
    parse,
    parse_head: parse,
};

const NAME: &str = "snort-csv";

// The default order, and behind it what can be asked for beside.
const NAMES: &Names = &[
    ("timestamp", Field::Timestamp),
    ("sig_generator", Field::Generator),
    ("sig_id", Field::Id),
    ("sig_rev", Field::Revision),
    ("msg", Field::Message),
    ("proto", Field::Transport),
    ("src", Field::SourceIp),
    ("srcport", Field::SourcePort),
    ("dst", Field::DestinationIp),
    ("dstport", Field::DestinationPort),
    ("ethsrc", Field::SourceMac),
    ("ethdst", Field::DestinationMac),
    ("ethlen", Field::Hex("snort.frame_length")),
    ("tcpflags", Field::Word("ipsbell.tcp_flags")),
    ("tcpseq", Field::Word("snort.tcp_sequence")),
    ("tcpack", Field::Word("snort.tcp_acknowledgement")),
    ("tcplen", Field::Integer("snort.tcp_header_length")),
    ("tcpwindow", Field::Word("snort.tcp_window")),
    ("ttl", Field::Integer("snort.ttl")),
    ("tos", Field::Word("snort.tos")),
    ("id", Field::Integer("snort.ip_id")),
    ("dgmlen", Field::Integer("ipsbell.packet_size")),
    ("iplen", Field::Integer("snort.iplen")),
    ("icmptype", Field::Integer("snort.icmp_type")),
    ("icmpcode", Field::Integer("snort.icmp_code")),
    ("icmpid", Field::Integer("snort.icmp_id")),
    ("icmpseq", Field::Integer("snort.icmp_sequence")),
    // Snort's own default says so for `tcplen`, and leaves the column empty.
    ("tcpln", Field::Integer("snort.tcp_header_length")),
    ("ethtype", Field::Word("snort.ethernet_type")),
    ("udplength", Field::Integer("snort.udp_length")),
    ("trheader", Field::Word("snort.token_ring")),
    ("classification", Field::Class),
    ("priority", Field::Priority),
    ("action", Field::Action),
    ("disposition", Field::Disposition),
];

const COLUMNS: [&str; NAMES.len()] = snort::names(NAMES);

const DEFAULT: &Names = NAMES.split_at(27).0;

// Where the message stands, and an Ethernet address in the default order.
const MESSAGE: usize = 4;
const ADDRESS: usize = 10;

// The last two since release 4 of the package.
const PFSENSE: &Names = &[
    ("timestamp", Field::Timestamp),
    ("sig_generator", Field::Generator),
    ("sig_id", Field::Id),
    ("sig_rev", Field::Revision),
    ("msg", Field::Message),
    ("proto", Field::Transport),
    ("src", Field::SourceIp),
    ("srcport", Field::SourcePort),
    ("dst", Field::DestinationIp),
    ("dstport", Field::DestinationPort),
    ("id", Field::Integer("snort.ip_id")),
    ("classification", Field::Class),
    ("priority", Field::Priority),
    ("action", Field::Action),
    ("disposition", Field::Disposition),
];

fn claims(record: &[u8]) -> bool {
    if record.starts_with(b"#") || record.starts_with(b"timestamp,") {
        return snort::configured(NAME, record).is_some()
            || snort::whole_header(NAME, NAMES, record);
    }
    // The stamp, and three numbers: Snort 3 puts a blank before each.
    let Some(rest) = snort::behind_stamp(record) else { return false };
    let mut columns = rest.splitn(4, |byte| *byte == b',');
    (0..3).all(|_| columns.next().is_some_and(snort::is_number)) && columns.next().is_some()
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    snort::columns(NAME, NAMES, usual, record)
}

fn keep(kept: &mut Vec<u8>, line: &[u8]) -> bool {
    snort::keep(NAME, NAMES, kept, line)
}

// pfSense's order has fewer columns behind the message, which alone may hold commas; of a line of the default order that
// was cut off, the Ethernet address tells it.
fn usual(line: &str) -> &'static Names {
    let line = line.as_bytes();
    let (behind, columns_before) = match memrchr(b'"', line) {
        Some(quote) => (line.get(quote + 1..).unwrap_or_default(), MESSAGE),
        None => (line, 0),
    };
    let is_default = columns_before + memchr_iter(b',', behind).count() >= PFSENSE.len()
        || behind
            .split(|byte| *byte == b',')
            .nth(ADDRESS - columns_before)
            .is_some_and(|column| lex::mac(column).is_some());
    if is_default { DEFAULT } else { PFSENSE }
}
