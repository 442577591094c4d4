//! Looks after the agent itself: whether its readers come round, whether the disk has room, whether the clock is steady.
//! Writes what is wrong into the store for `status` and the next process, and wakes those who tell it. Knows no log and no
//! receiver.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tracing::{info, warn};

use crate::clock;
use crate::config::{Config, values};
use crate::signal::{Signal, Waiter, Woken};
use crate::store::{DATABASE, Store, StoreError, Troubles};
use crate::trouble::{Board, Condition, Incident, Kind};

/// Its name where it reports what is wrong.
pub const WATCHDOG: &str = "watchdog";

/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A reader that does not come round for so long hangs. Its longest waits are those for a locked store, ten seconds.
pub const HANG_TIME_MAX: Duration = Duration::from_secs(20);

/// Less free space than this is told, unless the store is so near to `max_size` that it needs less ...
const DISK_FREE_BYTES_MIN: u64 = 256 << 20;

/// ... which is what it may still grow, and this for its write-ahead log.
const DISK_SPARE_BYTES: u64 = 64 << 20;

/// The clock jumped if it went further from the time that passed than this between two looks.
const CLOCK_JUMP_MIN: SignedDuration = SignedDuration::from_secs(60);

/// So many incidents wait for a store that takes nothing; further ones are in the log alone.
const WAITING_MAX: usize = 16;

/// The watchdog and all that it owns.
#[derive(Debug)]
pub struct Watchdog {
    board: Board,
    troubles: Troubles,
    /// Rung when the board has changed.
    bell: Signal,
    state_dir: PathBuf,
    store_bytes_max: u64,
    /// The version of the board that is in the store.
    written: u64,
    looked_at: Option<(Instant, Timestamp)>,
    /// The readers that hang.
    hanging: BTreeSet<String>,
    waiting: Vec<(Timestamp, Incident)>,
}

impl Watchdog {
    /// A watchdog that has looked once.
    ///
    /// # Errors
    /// The store cannot be opened.
    pub fn new(
        store: &Store,
        config: &Config,
        board: Board,
        bell: Signal,
    ) -> Result<Self, StoreError> {
        let mut watchdog = Self {
            board,
            troubles: store.troubles()?,
            bell,
            state_dir: config.agent.state_dir.clone(),
            store_bytes_max: config.retention.max_size_bytes,
            written: 0,
            looked_at: None,
            hanging: BTreeSet::new(),
            waiting: Vec::new(),
        };
        watchdog.look(clock::monotonic(), clock::now());
        Ok(watchdog)
    }

    /// Looks until it is told to stop, and once more then.
    ///
    /// # Errors
    /// The store failed in a way that does not pass.
    pub fn run(mut self, mut waiter: Waiter) -> Result<(), StoreError> {
        let mut refused = false;
        loop {
            let now = clock::monotonic();
            let woken = waiter.wait_until(Some(now + LOOK_EVERY));
            self.look(clock::monotonic(), clock::now());
            match self.write() {
                Ok(()) => refused = false,
                Err(error) if error.may_pass() => {
                    if !refused {
                        warn!("What is wrong with the agent cannot be written down: {error}.");
                    }
                    refused = true;
                }
                Err(error) => return Err(error),
            }
            if woken == Woken::Stopping {
                return Ok(());
            }
        }
    }

    fn look(&mut self, now: Instant, wall: Timestamp) {
        if let Some(before) = self.looked_at.replace((now, wall))
            && let Some(incident) = clock_jump(before, (now, wall))
        {
            warn!("{}.", incident.text);
            if self.waiting.len() < WAITING_MAX {
                self.waiting.push((wall, incident));
            }
        }
        let hanging = self.hanging(now).into_iter().map(|reader| {
            let seconds = HANG_TIME_MAX.as_secs();
            let text = format!(
                "the reader `{reader}` did not come round for more than {seconds} s; hint: see whether a \
                 network file system with logs does not answer (`mount`, `dmesg`)"
            );
            Condition { kind: Kind::SourceHangs, subject: reader, text, since: wall }
        });
        let found = hanging.chain(self.disk(wall)).collect();
        self.board.report(WATCHDOG, wall, found);
    }

    /// The readers that do not come round; said when one begins, and when it ends.
    fn hanging(&mut self, now: Instant) -> Vec<String> {
        let hanging = self.board.hanging(now, HANG_TIME_MAX);
        for reader in hanging.iter().filter(|reader| !self.hanging.contains(*reader)) {
            warn!(reader, "Reading hangs; other readers go on.");
        }
        for reader in self.hanging.iter().filter(|reader| !hanging.contains(*reader)) {
            info!(reader, "Reading goes on.");
        }
        self.hanging = hanging.iter().cloned().collect();
        hanging
    }

    fn disk(&self, wall: Timestamp) -> Option<Condition> {
        let subject = self.state_dir.to_string_lossy().into_owned();
        // A disk that cannot be looked at shows itself when the store cannot be written.
        let disk = rustix::fs::statvfs(&self.state_dir).ok()?;
        let free_bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
        let was_full = self.board.has(Kind::DiskNearlyFull, &subject);
        let needed_bytes = needed(bytes_of(&self.state_dir), self.store_bytes_max, was_full);
        (free_bytes < needed_bytes).then(|| {
            let text = format!(
                "the disk of {subject:?} has less than {} MiB left; hint: make room, or lower `max_size` \
                 in [retention]",
                needed_bytes >> 20
            );
            Condition { kind: Kind::DiskNearlyFull, subject, text, since: wall }
        })
    }

    /// Writes what is new into the store and wakes those who tell it.
    fn write(&mut self) -> Result<(), StoreError> {
        let Some(found) = self.board.look(self.written) else { return self.write_incidents() };
        // Told first: who is woken has it from the board, be the store as it may.
        self.bell.ring();
        self.troubles.put(&found.conditions)?;
        self.written = found.version;
        self.write_incidents()
    }

    fn write_incidents(&mut self) -> Result<(), StoreError> {
        while let Some((at, incident)) = self.waiting.first() {
            self.troubles.incident(*at, incident)?;
            self.waiting.remove(0);
            self.bell.ring();
        }
        Ok(())
    }
}

/// What the disk must have free: more once it was too little, so that a few bytes do not end and begin it.
fn needed(store_bytes: u64, store_bytes_max: u64, was_full: bool) -> u64 {
    let growth = store_bytes_max.saturating_sub(store_bytes).saturating_add(DISK_SPARE_BYTES);
    let needed = growth.min(DISK_FREE_BYTES_MIN);
    if was_full { needed + needed / 4 } else { needed }
}

fn bytes_of(state_dir: &Path) -> u64 {
    std::fs::metadata(state_dir.join(DATABASE)).map_or(0, |metadata| metadata.len())
}

/// The clock and the time that passed, held against each other.
fn clock_jump(before: (Instant, Timestamp), now: (Instant, Timestamp)) -> Option<Incident> {
    let passed = SignedDuration::try_from(now.0.duration_since(before.0)).ok()?;
    let jump = now.1.duration_since(before.1).checked_sub(passed)?;
    if jump.abs() < CLOCK_JUMP_MIN {
        return None;
    }
    // Whole seconds: nobody needs more of it.
    let far = values::duration_text(Duration::from_secs(jump.abs().as_secs().unsigned_abs()));
    let what = if jump.is_negative() {
        format!("the clock was set back by {far}")
    } else {
        format!("the clock went forward by {far} at once, or the machine slept")
    };
    info!(jump_secs = jump.as_secs(), "The clock and the time that passed differ.");
    Some(Incident {
        kind: Kind::ClockJumped,
        subject: "clock".to_owned(),
        text: format!("{what}; hint: see whether time is synchronised with `timedatectl`"),
    })
}

#[cfg(test)]
mod tests;
