//! Names of addresses, from a file such as `/etc/hosts` (hosts(5)): an address, its name, other names.

use std::collections::HashMap;
use std::net::IpAddr;

use super::kept;

/// The most addresses with a name.
pub(super) const HOSTS_MAX: usize = 100_000;

/// The first name of each address.
#[derive(Debug, Clone, Default)]
pub(super) struct Hosts(HashMap<IpAddr, String>);

impl Hosts {
    pub(super) fn add(&mut self, line: &str) -> Result<(), String> {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let Some(address) = words.next() else { return Ok(()) };
        let address = address.parse::<IpAddr>().map_err(|_| "wanted an address".to_owned())?;
        let name = words.next().and_then(kept).ok_or("wanted a name behind the address")?;
        if self.0.len() >= HOSTS_MAX && !self.0.contains_key(&address.to_canonical()) {
            return Err(format!("more than {HOSTS_MAX} addresses"));
        }
        // The resolver takes the first line of an address as well.
        self.0.entry(address.to_canonical()).or_insert(name);
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn of(&self, ip: IpAddr) -> Option<&String> {
        self.0.get(&ip)
    }
}
