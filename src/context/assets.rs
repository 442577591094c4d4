//! Assets: lines of `CIDR,label[,owner]` (values separated by commas as in RFC 4180, a line each), the longest prefix of an
//! address wins.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use ipnet::IpNet;

use super::kept;

/// The most lines that name an asset.
pub(super) const ASSETS_MAX: usize = 100_000;

/// What a network or an address is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asset {
    pub(super) label: String,
    pub(super) owner: Option<String>,
    /// Where it stands, from 1.
    line: u64,
}

/// All of them, by network.
#[derive(Debug, Clone, Default)]
pub(super) struct Assets {
    of: HashMap<IpNet, Asset>,
    /// The lengths of the prefixes that there are.
    lengths: BTreeSet<u8>,
}

impl Assets {
    pub(super) fn add(&mut self, number: u64, line: &str) -> Result<(), String> {
        let line = line.trim_start_matches('\u{feff}');
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let fields =
            fields(line).ok_or("wanted a `\"` at the end of a value that begins with one")?;
        let mut fields = fields.iter().map(|field| field.trim());
        let place = fields.next().unwrap_or_default();
        if number == 1 && place.eq_ignore_ascii_case("cidr") {
            return Ok(());
        }
        let network =
            network(place).ok_or("wanted an address or a network, such as `192.0.2.0/24`")?;
        let label = fields.next().and_then(kept).ok_or("wanted a label behind the network")?;
        let owner = fields.next().and_then(kept);
        if fields.next().is_some() {
            return Err("wanted `CIDR,label,owner` and nothing more".to_owned());
        }
        if let Some(first) = self.of.get(&network) {
            return Err(format!("{network} is given twice, first in line {}", first.line));
        }
        if self.of.len() >= ASSETS_MAX {
            return Err(format!("more than {ASSETS_MAX} assets"));
        }
        self.lengths.insert(network.prefix_len());
        self.of.insert(network, Asset { label, owner, line: number });
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.of.len()
    }

    pub(super) fn of(&self, ip: IpAddr) -> Option<&Asset> {
        let networks = self.lengths.iter().rev().filter_map(|length| IpNet::new(ip, *length).ok());
        networks.map(|network| network.trunc()).find_map(|network| self.of.get(&network))
    }
}

fn network(text: &str) -> Option<IpNet> {
    let address = text.parse::<IpAddr>().ok().map(IpNet::from);
    address.or_else(|| text.parse().ok()).map(|network| network.trunc())
}

/// The values of a line; `None` if a quote is not closed.
fn fields(line: &str) -> Option<Vec<String>> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, quoted) {
            ('"', true) if characters.next_if_eq(&'"').is_some() => push(&mut fields, '"'),
            ('"', _) => quoted = !quoted,
            (',', false) => fields.push(String::new()),
            (other, _) => push(&mut fields, other),
        }
    }
    (!quoted).then_some(fields)
}

fn push(fields: &mut [String], character: char) {
    if let Some(last) = fields.last_mut() {
        last.push(character);
    }
}
