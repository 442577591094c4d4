//! What the reader knows of all files alike. Knows no file.

use std::collections::HashSet;
use std::sync::Arc;

use ipnet::IpNet;
use jiff::tz::TimeZone;

use crate::event::Origin;
use crate::grammar::OwnFormat;
use crate::triage::SeverityPolicy;

/// Stands for a file's own zone until that is put in.
static UTC: TimeZone = TimeZone::UTC;

/// What is the same for all files.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) agent_host: String,
    pub(super) home_networks: Vec<IpNet>,
    pub(super) machine: u128,
    pub(super) severity: SeverityPolicy,
    pub(super) keep_raw: bool,
    pub(super) unparsed_share: u8,
    pub(super) own_formats: Arc<[Arc<OwnFormat>]>,
    /// Paths in which an earlier process found a format.
    pub(super) known_formats: HashSet<String>,
}

impl Shared {
    /// What the records of all files have in common; the file's own values are put in its place.
    pub(super) fn origin(&self) -> Origin<'_> {
        Origin {
            machine: self.machine,
            generation: 0,
            agent_host: &self.agent_host,
            path: "",
            zone: &UTC,
            home_networks: &self.home_networks,
        }
    }
}
