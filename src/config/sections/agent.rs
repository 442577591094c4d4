//! `[agent]`.

use std::path::PathBuf;

use crate::config::document::Node;
use crate::config::fault::Fault;
use crate::config::reader::{Reader, Table};
use crate::config::{Agent, values};
use crate::matcher::network;
use crate::wanted::Unfit;

const STATE_DIR: &str = "/var/lib/ipsbell";
const UNPARSED_SHARE: u8 = 20;
const HOME_NETWORKS: [&str; 4] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];

/// As long as a name of the Domain Name System can be (RFC 1035, 2.3.4).
const HOST_CHARS_MAX: usize = 255;

impl Agent {
    /// All defaults, for a machine of this name.
    pub fn standard(machine: &str) -> Self {
        Self {
            host: machine.to_owned(),
            state_dir: STATE_DIR.into(),
            home_networks: HOME_NETWORKS.iter().filter_map(|text| network(text).ok()).collect(),
            unparsed_share: UNPARSED_SHARE,
        }
    }

    pub(in crate::config) fn read(table: &Table<'_, '_>, machine: &str) -> Self {
        let reader = table.reader;
        let standard = Self::standard(machine);
        let net = |node| reader.parsed(node, "an address or a network", network);
        Self {
            host: table.one("host", |node| host(reader, node)).unwrap_or(standard.host),
            state_dir: table
                .one("state_dir", |node| absolute_path(reader, node))
                .unwrap_or(standard.state_dir),
            home_networks: table.list("home_networks", net).unwrap_or(standard.home_networks),
            unparsed_share: table
                .one("unparsed_share", |node| reader.parsed(node, "a share", values::percent))
                .unwrap_or(standard.unparsed_share),
        }
    }
}

fn host(reader: &Reader<'_>, node: Node<'_>) -> Result<String, Fault> {
    let text = reader.text(node)?;
    let length_fits = (1..=HOST_CHARS_MAX).contains(&text.chars().count());
    if length_fits && !text.contains(char::is_control) && text.trim() == text {
        return Ok(text.into_owned());
    }
    Err(node.wanted(&format!("a name of 1 to {HOST_CHARS_MAX} characters on one line")))
}

/// A path from the root; whether it exists is not looked at.
pub(super) fn absolute_path(reader: &Reader<'_>, node: Node<'_>) -> Result<PathBuf, Fault> {
    let text = reader.text(node)?;
    if text.starts_with('/') && !text.contains(char::is_control) {
        return Ok(PathBuf::from(text.as_ref()));
    }
    Err(node.unfit(Unfit::new("an absolute path").hint("write it from the root on: `/…`")))
}
