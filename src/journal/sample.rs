//! A look at the last entries that a source would read.

use std::time::Duration;

use super::arguments::{Purpose, arguments};
use super::child::{Children, System};
use super::entry::Entry;
use super::finding::Failure;
use super::running::{Heard, Running};
use crate::clock;
use crate::config::JournalMatch;
use crate::signal::Signal;

/// The last entries, at most so many. Waits for them no longer than this.
///
/// # Errors
/// What would keep the source from being read.
pub fn sample(
    wanted: &JournalMatch,
    entries_max: usize,
    time_max: Duration,
) -> Result<Vec<Entry>, Failure> {
    let wake = Signal::default();
    let (mut waiter, until) = (wake.waiter(), clock::monotonic() + time_max);
    let mut children = System { wake };
    if let Some(file) = children.forbidden(wanted.directory.as_deref().map(AsRef::as_ref)) {
        return Err(Failure::Forbidden(file));
    }
    let purpose = Purpose::Sample(entries_max);
    let child = children.start(&arguments(purpose, wanted, None));
    let child = child.map_err(|error| Failure::NotStarted(error.to_string()))?;
    let mut running = Running::new(child, purpose, None, (clock::monotonic(), 0));
    let mut entries = Vec::new();
    loop {
        let now = clock::monotonic();
        let (heard, caught) = running.hear(now);
        entries.extend(caught.entries);
        match heard {
            Heard::More => {}
            Heard::Nothing if now >= until => return Err(Failure::Hangs),
            Heard::Nothing => {
                let soon = running.ending_since.map(|_| now + super::ENDING_LOOK_EVERY);
                waiter.wait_until(Some(soon.unwrap_or(until)));
            }
            Heard::Ended(Ok(())) => return Ok(entries),
            Heard::Ended(Err(how)) => return Err(Failure::Ended(how)),
            Heard::Garbage(wanted) => return Err(Failure::Garbage(wanted)),
        }
    }
}
