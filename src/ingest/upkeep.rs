//! What the reader does for the store beside reading: retention, and the second copy of the positions.

use std::time::{Duration, Instant};

use tracing::{info, warn};

use super::Reader;
use super::findings::size_reached;
use crate::clock;
use crate::config::Retention;
use crate::store::{Clock, StoreError};
use crate::trouble::{Incident, Kind};

/// How often retention is looked after.
pub(super) const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// And after so many bytes of logs at the latest: a backlog must not fill the disk within that time.
const SWEEP_BYTES: u64 = 64 << 20;

/// When what was done last.
#[derive(Debug)]
pub(super) struct Upkeep {
    pub(super) swept_at: Option<Instant>,
    pub(super) unswept_bytes: u64,
    retention: Retention,
    /// The second copy cannot be written, and that was said.
    copy_fails: bool,
}

impl Upkeep {
    pub(super) fn new(retention: &Retention) -> Self {
        let retention = retention.clone();
        Self { swept_at: None, unswept_bytes: 0, retention, copy_fails: false }
    }
}

impl Reader {
    pub(super) fn sweep(&mut self) -> Result<(), StoreError> {
        let now = clock::monotonic();
        let recent = |at| now.duration_since(at) < SWEEP_EVERY;
        let recent = self.upkeep.swept_at.is_some_and(recent);
        if (recent && self.upkeep.unswept_bytes < SWEEP_BYTES) || self.duty.is_remote() {
            return Ok(());
        }
        (self.upkeep.swept_at, self.upkeep.unswept_bytes) = (Some(now), 0);
        let believed = self.look_at_clock(now)?;
        let by_size = Retention { events: None, notifications: None, ..self.upkeep.retention };
        let retention = if believed { &self.upkeep.retention } else { &by_size };
        let swept = self.writer.sweep(clock::now(), retention)?;
        if swept.more {
            // Not all at once: the logs and the signals have their turn in between.
            self.upkeep.swept_at = None;
        }
        if swept.events_over_size > 0 {
            self.incidents.extend(size_reached(&self.writer, &self.incidents, clock::now())?);
        }
        Ok(())
    }

    /// Says what a commit shows of the store.
    pub(super) fn say_store(&mut self) {
        if let Some(since) = self.writer.recovered() {
            info!("Reading goes on; the store had refused since {since}.");
        }
        if let Some(error) = self.writer.without_reserve() {
            warn!("Nothing is kept free for a full disk: {error}.");
        }
    }

    /// False while the clock is not believed.
    fn look_at_clock(&mut self, time: Instant) -> Result<bool, StoreError> {
        let now = clock::now();
        match self.writer.look_at_clock(now, time)? {
            Clock::Believed => Ok(true),
            Clock::Doubted => Ok(false),
            Clock::Jumped { seen: false, .. } => {
                info!(
                    "The agent did not run for more than a day: for a day nothing is let go by age."
                );
                Ok(false)
            }
            Clock::Jumped { ahead, seen: true } => {
                let hours = ahead.as_hours();
                let incident = Incident {
                    kind: Kind::ClockJumped,
                    subject: "clock".to_owned(),
                    text: format!(
                        "the machine's clock has jumped ahead by {hours} hours: for a day nothing is let go by age; \
                         hint: see `timedatectl`"
                    ),
                };
                warn!("{}.", incident.text);
                let mut batch = self.writer.begin(now)?;
                batch.incident(&incident)?;
                batch.commit()?;
                Ok(false)
            }
        }
    }

    /// Writes the second copy of the positions when it is time for it. It is only that: nothing stops if it cannot be written.
    pub(super) fn second_copy(&mut self, at_once: bool) {
        // One reader writes it for all.
        if self.duty.is_remote() {
            return;
        }
        match self.writer.mirror(clock::now(), at_once) {
            Ok(()) if self.upkeep.copy_fails => {
                self.upkeep.copy_fails = false;
                info!("The second copy of the positions is written again.");
            }
            Ok(()) => {}
            Err(_) if self.upkeep.copy_fails => {}
            Err(error) => {
                self.upkeep.copy_fails = true;
                warn!(
                    "The second copy of the positions is not written, all else goes on: {error}."
                );
            }
        }
    }
}
