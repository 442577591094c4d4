//! The reader thread: bytes to records to events, committed with the position behind them (promise 1). It knows no
//! destination; it rings when something is stored.

mod findings;
mod lane;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use ipnet::IpNet;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tracing::warn;

use self::findings::{note, say};
use self::lane::Lane;
use crate::config::{Config, Retention, Source};
use crate::event::Origin;
use crate::signal::{Signal, Waiter, Woken};
use crate::store::{Batch, Store, StoreError, Writer};
use crate::tail::{Buffer, Chunk, FileKey, Finding, SourceFiles, Tail};
use crate::triage::SeverityPolicy;
use crate::{clock, identifier};

/// Events of one transaction.
pub const BATCH_EVENTS_MAX: u64 = 10_000;

/// Bytes of logs that one transaction may stand for.
pub const BATCH_BYTES_MAX: u64 = 32 << 20;

/// Time that one transaction may take: senders wait for their turn.
const BATCH_TIME_MAX: Duration = Duration::from_millis(200);

/// A store that cannot be written is tried again after this time.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// How often retention is looked after.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// And after so many bytes of logs at the latest: a backlog must not fill the disk within that time.
const SWEEP_BYTES: u64 = 64 << 20;

/// How often it is said again that the store is full.
const DAY: Duration = Duration::from_secs(86_400);

/// How long a reader goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadUntil {
    /// Until it is told to stop.
    Stopped,
    /// Until every source is read to its end, the last line without a newline included.
    End,
}

/// Where reading stands between two readers: open files, and what wakes whoever reads them.
#[derive(Debug)]
pub struct Standing {
    tail: Tail,
    wake: Signal,
}

/// The reader and all that it owns.
pub struct Reader {
    writer: Writer,
    tail: Tail,
    wake: Signal,
    stored: Signal,
    lanes: HashMap<FileKey, Lane>,
    shared: Shared,
    findings: Vec<Finding>,
    problems: BTreeMap<PathBuf, String>,
    sources_known: bool,
    /// A batch is committed, and the tail is not told yet because the disk has not confirmed it.
    owes_sync: bool,
    swept_at: Option<Instant>,
    unswept_bytes: u64,
    over_size_told_at: Option<Instant>,
    retention: Retention,
}

/// Stands for a file's own zone until that is put in.
static UTC: TimeZone = TimeZone::UTC;

/// What is the same for all files.
#[derive(Debug)]
struct Shared {
    sources: Vec<Source>,
    agent_host: String,
    home_networks: Vec<IpNet>,
    machine: u128,
    severity: SeverityPolicy,
    keep_raw: bool,
}

impl Shared {
    /// What the records of all files have in common; the file's own values are put in its place.
    fn origin(&self) -> Origin<'_> {
        Origin {
            machine: self.machine,
            generation: 0,
            agent_host: &self.agent_host,
            path: "",
            zone: &UTC,
            home_networks: &self.home_networks,
        }
    }
}

/// What a batch did.
enum Done {
    /// There may be more at once.
    More,
    /// All is read as far as it goes.
    Nothing,
}

impl Standing {
    /// Where the store says that reading stood.
    ///
    /// # Errors
    /// The store cannot be read, or a path of the configuration cannot be used.
    pub fn restore(store: &Store, config: &Config) -> anyhow::Result<Self> {
        let writer = store.writer()?;
        let mut files = Vec::new();
        for source in &config.sources {
            files.push(SourceFiles {
                paths: source.paths.clone(),
                exclude: source.exclude.clone(),
                start_at: source.start_at,
                first_start: writer.source_is_new(&source.paths)?,
            });
        }
        let wake = Signal::default();
        let (seed, now_us) = (identifier::random(), clock::now().as_microsecond());
        let tail = Tail::new(&files, writer.checkpoints()?, seed, now_us, wake.clone())?;
        Ok(Self { tail, wake })
    }

    /// What stops and wakes the reader.
    pub fn wake(&self) -> Signal {
        self.wake.clone()
    }
}

impl Reader {
    /// A reader that goes on from `standing` and rings `stored` after each commit.
    ///
    /// # Errors
    /// The store cannot be opened.
    pub fn new(
        store: &Store,
        config: &Config,
        standing: Standing,
        stored: Signal,
    ) -> anyhow::Result<Self> {
        standing.wake.begin_again();
        Ok(Self {
            writer: store.writer()?,
            tail: standing.tail,
            wake: standing.wake,
            stored,
            lanes: HashMap::new(),
            shared: Shared {
                sources: config.sources.clone(),
                agent_host: config.agent.host.clone(),
                home_networks: config.agent.home_networks.clone(),
                machine: store.machine(),
                severity: SeverityPolicy::new(config),
                keep_raw: config.retention.keep_raw,
            },
            findings: Vec::new(),
            problems: BTreeMap::new(),
            sources_known: false,
            owes_sync: false,
            swept_at: None,
            unswept_bytes: 0,
            over_size_told_at: None,
            retention: config.retention.clone(),
        })
    }

    /// Reads until it is told to stop or all is read.
    ///
    /// # Errors
    /// The store failed in a way that does not pass.
    pub fn run(mut self, until: ReadUntil) -> anyhow::Result<Standing> {
        let mut waiter = self.wake.waiter();
        let mut buffer = Buffer::new();
        let mut flushed = false;
        loop {
            let pause = match self.pass(&mut buffer) {
                Ok(()) => None,
                Err(error) if error.may_pass() => {
                    warn!("Reading waits: {error}.");
                    // What the store has taken must not be read again, even if the disk did not confirm it yet.
                    if !self.owes_sync {
                        self.tail.rolled_back();
                    }
                    Some(clock::monotonic() + STORE_PAUSE)
                }
                Err(error) => return Err(error.into()),
            };
            if pause.is_none() && until == ReadUntil::End {
                if flushed {
                    break;
                }
                self.tail.flush();
                flushed = true;
                continue;
            }
            if self.wait(&mut waiter, pause) == Woken::Stopping {
                break;
            }
        }
        // What the disk has not confirmed the logs still hold.
        match self.writer.sync(true) {
            Err(error) if error.may_pass() => warn!("At the end, {error}."),
            synced => synced?,
        }
        Ok(Standing { tail: self.tail, wake: self.wake })
    }

    fn wait(&self, waiter: &mut Waiter, pause: Option<Instant>) -> Woken {
        let now = clock::monotonic();
        if let Some(pause) = pause {
            // Nothing can be done before, so a log that grows must not cut the pause short.
            while waiter.wait_until(Some(pause)) == Woken::Rung {}
            return if self.wake.stopping() { Woken::Stopping } else { Woken::Deadline };
        }
        let sweep = self.swept_at.map(|at| at + SWEEP_EVERY);
        let next = [Some(self.tail.next_look(now)), self.writer.sync_due(), sweep];
        waiter.wait_until(next.into_iter().flatten().min())
    }

    /// Looks at all files and reads what there is; while there is much to read, it looks again whenever that is due.
    fn pass(&mut self, buffer: &mut Buffer) -> Result<(), StoreError> {
        self.settle()?;
        self.look();
        while !self.wake.stopping() {
            match self.batch(buffer)? {
                Done::More => self.stored.ring(),
                // A turn may pass without a line, as within a line of many megabytes.
                Done::Nothing if self.tail.has_turns() => {}
                Done::Nothing => break,
            }
            self.writer.sync(false)?;
            self.sweep()?;
            if self.tail.look_is_due(clock::monotonic()) {
                self.look();
            }
        }
        self.writer.sync(false)?;
        self.sweep()
    }

    /// Says what is found at once, and keeps it for the next transaction.
    fn look(&mut self) {
        let found = self.tail.look(clock::monotonic());
        found.iter().for_each(say);
        self.findings.extend(found);
    }

    /// One transaction: lines of one or several files, and where they end.
    fn batch(&mut self, buffer: &mut Buffer) -> Result<Done, StoreError> {
        let began = clock::monotonic();
        let problems = self.problems_now();
        let first = self.tail.turn(began, buffer);
        let nothing_new = self.findings.is_empty() && problems.is_none() && self.sources_known;
        if first.is_none() && nothing_new && !self.tail.has_changes() {
            return Ok(Done::Nothing);
        }
        let had_lines = first.is_some();
        let now = clock::now();
        let mut batch = self.writer.begin(now)?;
        for finding in &self.findings {
            note(&mut batch, finding)?;
        }
        if let Some(problems) = &problems {
            batch.problems(problems)?;
        }
        for source in self.shared.sources.iter().filter(|_| !self.sources_known) {
            batch.know_source(&source.paths)?;
        }
        let mut next = first;
        let (mut events, mut bytes) = (0, 0);
        while let Some(chunk) = next {
            let before = chunk.position().offset;
            let (chunk, stored) =
                read_chunk(&mut batch, &mut self.lanes, &self.shared, now, chunk)?;
            let position = chunk.position();
            bytes += position.offset.saturating_sub(before);
            events += stored;
            self.tail.accept(began, chunk, position);
            let full = batch.full() || events >= BATCH_EVENTS_MAX || bytes >= BATCH_BYTES_MAX;
            let late = clock::monotonic().duration_since(began) >= BATCH_TIME_MAX;
            next = if full || late { None } else { self.tail.turn(began, buffer) };
        }
        batch.positions(&self.tail.changes())?;
        batch.commit()?;
        self.owes_sync = true;
        self.unswept_bytes += bytes;
        self.sources_known = true;
        self.findings.clear();
        if let Some(problems) = problems {
            self.problems = problems;
        }
        self.settle()?;
        Ok(if had_lines { Done::More } else { Done::Nothing })
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

    /// What is wrong with which path now, if that is not what the store has.
    fn problems_now(&self) -> Option<BTreeMap<PathBuf, String>> {
        // Nothing goes wrong or right without a finding, so files need not be asked in every batch.
        if self.sources_known && self.findings.is_empty() {
            return None;
        }
        let of_files = self.tail.files().into_iter().filter_map(|file| {
            let path = file.path.to_path_buf();
            file.problem.map(|what| (path.clone(), Finding { path, what }.to_string()))
        });
        let others =
            self.tail.troubles().map(|finding| (finding.path.clone(), finding.to_string()));
        let problems = of_files.chain(others).collect();
        (problems != self.problems || !self.sources_known).then_some(problems)
    }

    fn sweep(&mut self) -> Result<(), StoreError> {
        let now = clock::monotonic();
        let recent = self.swept_at.is_some_and(|at| now.duration_since(at) < SWEEP_EVERY);
        if recent && self.unswept_bytes < SWEEP_BYTES {
            return Ok(());
        }
        (self.swept_at, self.unswept_bytes) = (Some(now), 0);
        let swept = self.writer.sweep(clock::now(), &self.retention)?;
        if swept.more {
            // Not all at once: the logs and the signals have their turn in between.
            self.swept_at = None;
        }
        let told = self.over_size_told_at;
        if swept.events_over_size > 0 && told.is_none_or(|at| now.duration_since(at) >= DAY) {
            self.over_size_told_at = Some(now);
            warn!(
                "The store reached `max_size`: the oldest events are let go; told again in a day."
            );
        }
        Ok(())
    }
}

/// Reads the lines of a chunk; gives it back at its end, with the number of events stored.
fn read_chunk<'b>(
    batch: &mut Batch<'_>,
    lanes: &mut HashMap<FileKey, Lane>,
    shared: &Shared,
    now: Timestamp,
    mut chunk: Chunk<'b>,
) -> Result<(Chunk<'b>, u64), StoreError> {
    let path = batch.path(&chunk.path)?;
    let lane = match shared.sources.get(chunk.source) {
        Some(source) => lanes.entry(chunk.file).or_insert_with(|| Lane::new(source, shared)),
        // The tail was made from these sources.
        None => return Ok((chunk, 0)),
    };
    lane.at(path, &chunk.path, chunk.generation);
    for line in chunk.by_ref() {
        lane.line(batch, shared, now, &line)?;
    }
    let events = lane.finish(batch)?;
    Ok((chunk, events))
}
