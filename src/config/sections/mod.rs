//! One file a section of the configuration: which keys it reads, and what it accepts.

pub(super) mod agent;
pub(super) mod context;
pub(super) mod destination;
pub(super) mod format;
pub(super) mod matchers;
pub(super) mod redact;
pub(super) mod retention;
pub(super) mod runbook;
pub(super) mod source;
pub(super) mod url;

use std::time::Duration;

use super::document::Node;
use super::fault::Fault;
use super::reader::Reader;
use super::values;
use crate::wanted::Unfit;

/// A duration between these two.
fn duration(
    reader: &Reader<'_>,
    node: Node<'_>,
    [min, max]: [Duration; 2],
) -> Result<Duration, Fault> {
    reader.parsed(node, "a duration", |text| {
        let duration = values::duration(text)?;
        if (min..=max).contains(&duration) {
            return Ok(duration);
        }
        let [min, max] = [min, max].map(values::duration_text);
        Err(Unfit::new(format!("a duration from `{min}` to `{max}`")))
    })
}
