//! Grammars for the alert logs of intrusion prevention systems.
//!
//! A grammar takes the bytes of one record ([`record`] says where it ends) and gives an [`Alert`](alert::Alert), "well formed but
//! no alert", or a [`Reject`] that says what was wanted and where. Nothing here opens a file, reads
//! a clock or knows a time zone: `no_std` lets the compiler prove it. A stamp without year or zone
//! is handed on as it was read ([`Stamp`](alert::Stamp)).
//!
//! To add a format, copy `suricata_fast.rs` (or `snort_full.rs`, if a record has several lines), end it in a `FORMAT`, list it in [`FORMATS`], drop a
//! log into `testdata/<name>/` and run `UPDATE=1 cargo test -p ipsbell-parsers`.
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod alert;
pub mod envelope;
pub mod fields;
pub mod read;
pub mod record;
pub mod text;
pub mod wrapped;

mod cisco;
mod columns;
mod fast;
mod json;
mod levels;
mod lex;
mod modsec;
mod ossec;
mod owned;
mod pairs;
mod places;
mod product_keys;
mod ranks;
mod snort;
mod stamp;
mod table;
mod words;

mod barracuda;
mod cef;
mod cisco_asa;
mod cisco_ftd;
mod cisco_ios_ips;
mod crowdsec;
mod fail2ban;
mod falco;
mod fortiddos;
mod fortigate;
mod ipsbell;
mod juniper_srx;
mod leef;
mod meraki;
mod modsec_apache_error;
mod modsec_audit;
mod modsec_audit_json;
mod modsec_nginx_error;
mod netfilter;
mod netscreen;
mod ossec_alerts;
mod panos_threat;
mod portsentry;
mod psad;
mod pve_firewall;
mod snort3_csv;
mod snort3_json;
mod snort_csv;
mod snort_fast;
mod snort_full;
mod snort_syslog;
mod sonicwall;
mod sophos_xg;
mod stormshield;
mod suricata_eve;
mod suricata_fast;
mod wazuh_json;
mod zeek_notice;

#[cfg(test)]
mod tests;

use alert::{Parsed, Reject};
pub use read::{Choice, Claim, Read, Reader};
pub use record::{Framing, Offer, Record, Records};

/// A log format.
#[derive(Debug)]
pub struct Format {
    /// What users type, ECS `event.dataset`: `suricata-eve`.
    pub name: &'static str,
    /// One line, no full stop.
    pub about: &'static str,
    /// A record of this format.
    pub example: &'static str,
    /// How its records are told apart.
    pub framing: Framing,
    /// The kinds of records that are alerts only for those who ask for them: `anomaly`. Lower case, as
    /// users type them; [`Parsed::Also`] names one of them.
    pub also: &'static [&'static str],
    /// Is this record (without its syslog header) written in this format? Cheap, and never true for
    /// another format's.
    pub claims: fn(&[u8]) -> bool,
    /// Is a record that this format claims certainly no alert? Tells it at the speed of memory, so
    /// that the bulk of a log that holds more than alerts costs nothing; [`no_short_cut`] where a
    /// format has no such sign.
    pub skips: fn(&[u8]) -> bool,
    /// Reads one record, without its syslog header and its line end.
    pub parse: fn(&[u8]) -> Result<Parsed<'_>, Reject>,
    /// As `parse`, but may leave out an alert's details and Ethernet addresses: for who counts and
    /// sorts alerts and does not show them. The same as `parse` where that saves little.
    pub parse_head: fn(&[u8]) -> Result<Parsed<'_>, Reject>,
}

/// All formats, in the order in which they are tried.
pub const FORMATS: &[&Format] = &[
    &suricata_eve::FORMAT,
    &suricata_fast::FORMAT,
    &snort_fast::FORMAT,
    &snort_full::FORMAT,
    &snort_syslog::FORMAT,
    &snort_csv::FORMAT,
    &snort3_csv::FORMAT,
    &snort3_json::FORMAT,
    &zeek_notice::FORMAT,
    &cef::FORMAT,
    &ossec_alerts::FORMAT,
    &wazuh_json::FORMAT,
    &fail2ban::FORMAT,
    &crowdsec::FORMAT,
    &falco::FORMAT,
    &ipsbell::FORMAT,
    &panos_threat::FORMAT,
    &cisco_ftd::FORMAT,
    &cisco_asa::FORMAT,
    &cisco_ios_ips::FORMAT,
    &juniper_srx::FORMAT,
    &netscreen::FORMAT,
    &barracuda::FORMAT,
    &modsec_apache_error::FORMAT,
    &modsec_nginx_error::FORMAT,
    &modsec_audit::FORMAT,
    &modsec_audit_json::FORMAT,
    &leef::FORMAT,
    &fortigate::FORMAT,
    &fortiddos::FORMAT,
    &sonicwall::FORMAT,
    &stormshield::FORMAT,
    &sophos_xg::FORMAT,
    &meraki::FORMAT,
    &netfilter::FORMAT,
    &psad::FORMAT,
    &portsentry::FORMAT,
    &pve_firewall::FORMAT,
];

/// The format of this name.
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().copied().find(|format| format.name == name)
}

/// [`Format::skips`] of a format whose records must be read to know whether they are alerts.
pub const fn no_short_cut(_record: &[u8]) -> bool {
    false
}

impl PartialEq for Format {
    /// A format is its name.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Format {}
