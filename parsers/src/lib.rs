//! Grammars for the alert logs of intrusion prevention systems.
//!
//! A grammar takes the bytes of one record and gives an [`Alert`], "well formed but no alert", or a [`Reject`] that says
//! what was wanted and where. Nothing here opens a file, reads a clock or knows a time zone: `no_std` lets the compiler
//! prove it. A stamp without year or zone is handed on as it was read ([`Stamp`]).
#![no_std]

extern crate alloc;

pub mod alert;

use alert::{Parsed, Reject};

/// A log format.
#[derive(Debug)]
pub struct Format {
    /// What users type, ECS `event.dataset`: `suricata-eve`.
    pub name: &'static str,
    /// One line, no full stop.
    pub about: &'static str,
    /// A record of this format.
    pub example: &'static str,
    /// Is this record (without its syslog header) written in this format? Cheap, and never true for another format's.
    pub claims: fn(&[u8]) -> bool,
    /// Reads one record, without its syslog header and its line end.
    pub parse: for<'a> fn(&'a [u8]) -> Result<Parsed<'a>, Reject>,
}

/// All formats.
pub const FORMATS: &[&Format] = &[];

/// The format of this name.
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().copied().find(|format| format.name == name)
}
