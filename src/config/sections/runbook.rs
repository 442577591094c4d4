//! `[[runbook]]`.

use super::matchers;
use crate::config::Runbook;
use crate::config::document::Node;
use crate::config::fault::Fault;
use crate::config::reader::{Reader, Table};
use crate::wanted::Unfit;

/// A longer one would crowd a post.
const URL_BYTES_MAX: usize = 500;

impl Runbook {
    pub(in crate::config) fn read(table: &Table<'_, '_>) -> Option<Self> {
        table.require("match");
        let matches = matchers::list(table, "match");
        let page = table.required("url", |node| page(table.reader, node));
        let (url, site) = page?;
        Some(Self { matches: matches?, url, site })
    }
}

/// The address and its host. What a receiver could take for its own markup has to be percent-encoded.
fn page(reader: &Reader<'_>, node: Node<'_>) -> Result<(String, String), Fault> {
    let url = reader.text(node)?;
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"<>|\"^`{}\\".contains(&byte);
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let site = url.strip_prefix("https://").and_then(|behind| {
        let authority = behind.split(['/', '?', '#']).next()?;
        let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
        let fits = !host.is_empty() && host.bytes().all(is_host) && port.parse::<u16>().is_ok();
        fits.then(|| host.to_owned())
    });
    match site {
        Some(site) if url.len() <= URL_BYTES_MAX && url.bytes().all(is_plain) => {
            Ok((url.into_owned(), site))
        }
        _ => {
            let wanted = format!("an `https://` URL of at most {URL_BYTES_MAX} plain characters");
            let hint = "such as `https://wiki.example.com/runbook`, without user or password";
            Err(node.unfit(Unfit::new(wanted).hint(hint)))
        }
    }
}
