//! The reader thread: bytes to records to events, committed with the position behind them (promise 1). It knows no
//! destination; it rings when something is stored.

mod care;
mod conditions;
mod findings;
mod habit;
mod journals;
mod lag;
mod lane;
mod quality;
mod shared;
mod standing;
mod underway;
mod upkeep;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::warn;

pub use self::care::{BATCH_ENDS_MAX, CAREFUL_BYTES, RECORD_ENDS_MAX};
pub use self::standing::{READERS_MAX, Standing};

use self::care::{Care, Stretch};
use self::conditions::Conditions;
use self::findings::{note, say};
use self::journals::Entries;
use self::lane::{Lane, Taken};
use self::shared::Shared;
use self::standing::Duty;
use self::upkeep::{SWEEP_EVERY, Upkeep};
use crate::clock;
use crate::config::Config;
use crate::guard::{Panicked, guard};
use crate::signal::{Signal, Waiter, Woken};
use crate::store::{Store, StoreError, Writer};
use crate::tail::{Buffer, FileKey, Finding, Tail};
use crate::triage::SeverityPolicy;
use crate::trouble::{Board, Incident};

/// Events of one transaction.
pub const BATCH_EVENTS_MAX: u64 = 10_000;

/// Bytes of logs that one transaction may stand for.
pub const BATCH_BYTES_MAX: u64 = 32 << 20;

/// Time that one transaction may take: senders wait for their turn.
const BATCH_TIME_MAX: Duration = Duration::from_millis(200);

/// A store that cannot be written is tried again after this time.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// How long a reader goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadUntil {
    /// Until it is told to stop.
    Stopped,
    /// Until every source is read to its end, the last line without a newline included.
    End,
}

/// The reader and all that it owns.
pub struct Reader {
    writer: Writer,
    duty: Duty,
    tail: Tail,
    entries: Vec<Entries>,
    wake: Signal,
    stored: Signal,
    lanes: HashMap<FileKey, Lane>,
    care: Care,
    shared: Shared,
    findings: Vec<Finding>,
    incidents: Vec<Incident>,
    conditions: Conditions,
    sources_known: bool,
    /// What is unfinished at the ends of the logs was asked for.
    flushed: bool,
    /// A batch is committed, and the tail is not told yet because the disk has not confirmed it.
    owes_sync: bool,
    upkeep: Upkeep,
}

/// What a batch did.
enum Done {
    /// There may be more at once.
    More,
    /// All is read as far as it goes.
    Nothing,
}

impl Reader {
    /// A reader that goes on from `standing`, rings `stored` after each commit, and puts what is wrong on `board`.
    ///
    /// # Errors
    /// The store cannot be opened.
    pub fn new(
        store: &Store,
        config: &Config,
        standing: Standing,
        stored: Signal,
        board: Board,
    ) -> anyhow::Result<Self> {
        standing.wake.begin_again();
        let writer = store.writer()?;
        let read = writer.readings()?;
        let conditions = Conditions::new(board, &standing.duty, &read);
        let known_formats = read.into_iter().filter(|reading| reading.format.is_some());
        Ok(Self {
            writer,
            care: Care::new(&config.agent.state_dir, standing.duty.number),
            duty: standing.duty,
            tail: standing.tail,
            entries: standing.entries,
            wake: standing.wake,
            stored,
            lanes: HashMap::new(),
            shared: Shared {
                agent_host: config.agent.host.clone(),
                home_networks: config.agent.home_networks.clone(),
                machine: store.machine(),
                severity: SeverityPolicy::new(config),
                keep_raw: config.retention.keep_raw,
                unparsed_share: config.agent.unparsed_share,
                own_formats: Arc::clone(&config.formats),
                known_formats: known_formats.map(|reading| reading.path).collect(),
            },
            findings: Vec::new(),
            incidents: Vec::new(),
            conditions,
            sources_known: false,
            flushed: false,
            owes_sync: false,
            upkeep: Upkeep::new(&config.retention),
        })
    }

    /// Reads until it is told to stop or all is read.
    ///
    /// # Errors
    /// The store failed in a way that does not pass.
    pub fn run(mut self, until: ReadUntil) -> anyhow::Result<Standing> {
        let mut waiter = self.wake.waiter();
        let mut buffer = Buffer::new();
        if until == ReadUntil::End {
            self.entries.iter_mut().for_each(|entries| entries.journal.read_once());
        }
        loop {
            let passed = self.pass(&mut buffer);
            self.conditions.came_round(passed.is_ok());
            self.judge(passed.as_ref().err());
            let pause = match passed {
                Ok(()) => None,
                Err(error) if error.may_pass() => {
                    self.put_off(&error)?;
                    Some(clock::monotonic() + STORE_PAUSE)
                }
                Err(error) => return Err(error.into()),
            };
            if pause.is_none() && until == ReadUntil::End && self.journals_are_done() {
                if self.flushed {
                    break;
                }
                self.tail.flush();
                self.flushed = true;
                continue;
            }
            if self.wait(&mut waiter, pause) == Woken::Stopping {
                break;
            }
        }
        self.judge_now(clock::monotonic());
        self.conditions.end();
        // What the disk has not confirmed the logs still hold.
        match self.writer.sync(true) {
            Err(error) if error.may_pass() => warn!("At the end, {error}."),
            synced => synced?,
        }
        self.second_copy(true);
        let Self { duty, tail, entries, wake, .. } = self;
        Ok(Standing { duty, tail, entries, wake })
    }

    /// The store did not take what was read.
    fn put_off(&mut self, error: &StoreError) -> Result<(), StoreError> {
        if self.writer.refused(clock::now(), error) {
            warn!("Reading waits: {error}.");
        }
        // What the store has taken must not be read again, even if the disk did not confirm it yet.
        if !self.owes_sync {
            self.step_back();
        }
        // What retention lets go of makes room, so it goes on where reading does not.
        match error {
            StoreError::NoRoom { .. } => {
                self.sweep().or_else(|error| if error.may_pass() { Ok(()) } else { Err(error) })
            }
            _ => Ok(()),
        }
    }

    /// Puts what is wrong on the board: now and then, and at once if the store begins or ceases to refuse.
    fn judge(&mut self, failed: Option<&StoreError>) {
        let now = clock::monotonic();
        self.conditions.pass(now);
        if self.conditions.store(failed) || self.conditions.due(now) {
            self.judge_now(now);
        }
    }

    fn judge_now(&mut self, now: Instant) {
        self.conditions.judge(now, &self.tail, &self.entries, &self.lanes);
    }

    fn wait(&self, waiter: &mut Waiter, pause: Option<Instant>) -> Woken {
        let now = clock::monotonic();
        if let Some(pause) = pause {
            // Nothing can be done before, so a log that grows must not cut the pause short.
            while waiter.wait_until(Some(pause)) == Woken::Rung {}
            return if self.wake.stopping() { Woken::Stopping } else { Woken::Deadline };
        }
        let sweep = self.upkeep.swept_at.map(|at| at + SWEEP_EVERY);
        let next = [Some(self.tail.next_look(now)), self.writer.sync_due(), sweep];
        let entries = self.entries.iter().filter_map(|entries| entries.journal.next_look(now));
        waiter.wait_until(next.into_iter().flatten().chain(entries).min())
    }

    /// Looks at all files and reads what there is; while there is much to read, it looks again whenever that is due.
    fn pass(&mut self, buffer: &mut Buffer) -> Result<(), StoreError> {
        self.settle()?;
        self.look();
        while !self.wake.stopping() {
            match (self.batch(buffer)?, self.journals()?) {
                // A turn may pass without a line, as within a line of many megabytes.
                (Done::Nothing, Done::Nothing) if self.tail.has_turns() => {}
                (Done::Nothing, Done::Nothing) => break,
                _ => self.stored.ring(),
            }
            self.writer.sync(false)?;
            self.second_copy(false);
            self.sweep()?;
            self.judge(None);
            if self.tail.look_is_due(clock::monotonic()) {
                self.look();
            }
        }
        self.writer.sync(false)?;
        let came_round = self.entries.iter().all(|entries| entries.journal.came_round());
        if !self.wake.stopping() && !self.duty.is_remote() && came_round {
            self.writer.caught_up()?;
        }
        self.second_copy(false);
        self.sweep()
    }

    /// Says what is found at once, and keeps it for the next transaction.
    fn look(&mut self) {
        let found = self.tail.look(clock::monotonic());
        found.iter().for_each(say);
        if !found.is_empty() {
            self.conditions.hasten();
        }
        self.findings.extend(found);
    }

    /// One transaction: lines of one or several files, and where they end.
    fn batch(&mut self, buffer: &mut Buffer) -> Result<Done, StoreError> {
        let began = clock::monotonic();
        let first = self.tail.turn(began, buffer);
        let nothing_found = self.findings.is_empty() && self.incidents.is_empty();
        let nothing_new = nothing_found && self.sources_known;
        if first.is_none() && nothing_new && !self.tail.has_changes() {
            return Ok(Done::Nothing);
        }
        let had_lines = first.is_some();
        let now = clock::now();
        let mut batch = self.writer.begin(now)?;
        note(&mut batch, &self.findings, &self.incidents)?;
        let read = self.duty.sources.iter().filter(|source| !source.paths.is_empty());
        for source in read.filter(|_| !self.sources_known) {
            batch.know_source(&source.paths)?;
        }
        let mut next = first;
        let (mut events, mut bytes) = (0, 0);
        while let Some(mut chunk) = next {
            let before = chunk.position().offset;
            // The tail was made from these sources, so there is always one.
            let place = (chunk.file, chunk.source);
            let lane = Lane::of(place, &mut self.lanes, &self.duty, &self.shared);
            let Some(lane) = lane.and_then(|lane| lane.prepare(&chunk, &mut self.tail, began))
            else {
                next = self.tail.turn(began, buffer);
                continue;
            };
            let suspect = self.care.suspects(&Stretch::of_chunk(&chunk));
            if suspect && self.care.has_begun() {
                self.tail.again(chunk.file);
                break;
            }
            self.care.begins(&Stretch::of_chunk(&chunk));
            let usual = self.care.is_usual();
            let mut read = || lane.read(&mut batch, &self.shared, &mut self.care, &mut chunk, now);
            let taken = if usual { guard(read) } else { Ok(read()) };
            let Taken { until, events: stored } = match taken {
                Ok(taken) => taken?,
                Err(panicked) => {
                    drop(batch);
                    self.take_care(chunk.file, &panicked);
                    return Ok(Done::More);
                }
            };
            self.conditions.read(chunk.source, now);
            bytes += until.offset.saturating_sub(before);
            events += stored;
            self.tail.accept(began, chunk, until);
            let full = batch.full() || events >= BATCH_EVENTS_MAX || bytes >= BATCH_BYTES_MAX;
            let late = clock::monotonic().duration_since(began) >= BATCH_TIME_MAX;
            // A read that hangs must not hold a transaction, which all others would wait for.
            let ends = full || late || suspect || self.care.is_full() || self.duty.is_remote();
            next = if ends { None } else { self.tail.turn(began, buffer) };
        }
        batch.positions(&self.tail.changes())?;
        batch.commit()?;
        self.care.committed(bytes);
        self.say_store();
        self.owes_sync = true;
        self.upkeep.unswept_bytes += bytes;
        self.sources_known = true;
        if !nothing_found {
            // There may be an incident to tell, without any event.
            self.stored.ring();
        }
        self.findings.clear();
        self.incidents.clear();
        self.settle()?;
        Ok(if had_lines { Done::More } else { Done::Nothing })
    }

    /// The program failed at a record of the file: that is read again, each record in a guard.
    fn take_care(&mut self, file: FileKey, panicked: &Panicked) {
        warn!("Reading {panicked}; it is read again, each record in a guard.");
        self.care.panicked();
        self.step_back();
        self.tail.again(file);
    }

    /// Nothing of the batch remains: its lines are given again, unfinished ones included if they were asked for.
    fn step_back(&mut self) {
        self.tail.rolled_back();
        self.entries.iter_mut().for_each(|entries| entries.journal.rolled_back());
        self.care.given_up();
        self.lanes.values_mut().for_each(Lane::rolled_back);
        self.flushed = false;
    }

    /// Tells the tail that a batch is committed, after the disk has confirmed it where that matters: the journal must
    /// outlive the commit, so a rotated file is let go only when its events are on the disk.
    fn settle(&mut self) -> Result<(), StoreError> {
        if !self.owes_sync {
            return Ok(());
        }
        let finished: Vec<FileKey> = self.tail.changes().finished().collect();
        if !finished.is_empty() {
            self.writer.sync(true)?;
            self.lanes.retain(|file, _| !finished.contains(file));
        }
        self.tail.committed(clock::monotonic());
        self.owes_sync = false;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
