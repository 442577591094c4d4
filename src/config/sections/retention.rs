//! `[retention]`.

use std::time::Duration;

use crate::config::Retention;
use crate::config::document::Node;
use crate::config::fault::Fault;
use crate::config::reader::{Reader, Table};
use crate::config::values;
use crate::wanted::Unfit;

const THIRTEEN_WEEKS: Duration = Duration::from_secs(13 * 7 * 86_400);
const KEPT_MIN: Duration = Duration::from_secs(3_600);
const MAX_SIZE_BYTES: u64 = 10 << 30;
const MAX_SIZE_BYTES_MIN: u64 = 1 << 20;

impl Default for Retention {
    fn default() -> Self {
        Self {
            events: Some(THIRTEEN_WEEKS),
            notifications: Some(THIRTEEN_WEEKS),
            max_size_bytes: MAX_SIZE_BYTES,
            keep_raw: true,
        }
    }
}

impl Retention {
    pub(in crate::config) fn read(table: &Table<'_, '_>) -> Self {
        let reader = table.reader;
        let standard = Self::default();
        Self {
            events: table.one("events", |node| kept(reader, node)).unwrap_or(standard.events),
            notifications: table
                .one("notifications", |node| kept(reader, node))
                .unwrap_or(standard.notifications),
            max_size_bytes: table
                .one("max_size", |node| reader.parsed(node, "a size", max_size))
                .unwrap_or(standard.max_size_bytes),
            keep_raw: table.one("keep_raw", |node| reader.truth(node)).unwrap_or(standard.keep_raw),
        }
    }
}

fn kept(reader: &Reader<'_>, node: Node<'_>) -> Result<Option<Duration>, Fault> {
    reader.parsed(node, "a duration or `forever`", |text| {
        if text == "forever" {
            return Ok(None);
        }
        let kept = values::duration(text)
            .map_err(|unfit| Unfit { wanted: "a duration or `forever`".to_owned(), ..unfit })?;
        if kept < KEPT_MIN {
            return Err(Unfit::new("at least 1 hour").hint("such as `13 weeks`, or `forever`"));
        }
        Ok(Some(kept))
    })
}

fn max_size(text: &str) -> Result<u64, Unfit> {
    let bytes = values::size_bytes(text)?;
    if bytes < MAX_SIZE_BYTES_MIN {
        return Err(Unfit::new("at least 1 MiB").hint("such as `10 GiB`"));
    }
    Ok(bytes)
}
