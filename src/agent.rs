//! The agent: the reader threads, a sender thread for each destination, those that look after them, and how all of them
//! start and stop together. What happens to them arrives as a [`Happening`] in one channel, beside the signals of the
//! system; the threads' data never does.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender as Channel;

use anyhow::Context as _;
use tracing::{error, warn};

use crate::config::{Config, Destination};
use crate::context::Context;
use crate::deliver::{Heartbeat, Limiter, Sender, Until, finder};
use crate::destinations::{Destination as Receiver, Tells};
use crate::ingest::{ReadUntil, Reader, Standing};
use crate::signal::{Signal, Waiter};
use crate::store::{Store, StoreError};
use crate::tail::Mounts;
use crate::trouble::Board;
use crate::watchdog::{WATCHDOG, Watchdog};

/// Everything that can wake the main thread.
#[derive(Debug)]
pub enum Happening {
    /// The system sent a signal.
    Signal(i32),
    /// A reader ended; where it stood.
    ReaderEnded(String, Result<Box<Standing>, String>),
    /// A sender ended; whether it told all.
    SenderEnded(String, Result<bool, String>),
    /// The watchdog or a heartbeat ended.
    GuardEnded(String, Result<(), String>),
}

/// How long an agent runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Until it is told to stop.
    Follow,
    /// Until all is read and told.
    Once,
}

/// A running agent.
pub struct Agent {
    stops: Vec<Signal>,
    reading: BTreeSet<String>,
    sending: BTreeSet<String>,
    /// The watchdog and the heartbeats, which end when all others have ended.
    guarding: BTreeSet<String>,
    guards: Signal,
    /// Heartbeats of a run that ends when all is told: they beat once, then.
    hearts: Vec<Heartbeat>,
    /// Where reading stood when the readers ended.
    pub standing: Vec<Standing>,
    /// A part failed.
    pub failed: bool,
    /// Senders that ended with all told.
    pub drained: BTreeSet<String>,
}

impl Agent {
    /// Starts all threads. `standing` goes on where an agent with the same sources was stopped a moment ago; empty, where
    /// the store says.
    ///
    /// # Errors
    /// The store, a destination or a thread cannot be opened.
    pub fn start(
        store: &Store,
        config: &Config,
        mode: Mode,
        standing: Vec<Standing>,
        happenings: &Channel<Happening>,
    ) -> anyhow::Result<Self> {
        Self::start_threads(store, config, mode, standing, happenings)
            .inspect_err(|error| note_damage(store, error))
    }

    fn start_threads(
        store: &Store,
        config: &Config,
        mode: Mode,
        standing: Vec<Standing>,
        happenings: &Channel<Happening>,
    ) -> anyhow::Result<Self> {
        let [stored, reader_done, guards] = <[Signal; 3]>::default();
        let standing = if standing.is_empty() {
            Standing::restore(store, config, &mounts())?
        } else {
            standing
        };
        let board = board(store, config, &standing)?;
        // All destinations take their place in the store before the first event is read, so that none misses one.
        let senders = senders(store, config, &board)?;
        let hearts = hearts(store, config, &board)?;
        let watchdog = Watchdog::new(store, config, board.clone(), stored.clone())?;
        let mut stops: Vec<Signal> = standing.iter().map(Standing::wake).collect();
        stops.push(stored.clone());
        let mut readers = Vec::new();
        for standing in standing {
            let (name, board) = (standing.name(), board.clone());
            readers.push((name, Reader::new(store, config, standing, stored.clone(), board)?));
        }
        let mut agent = Self {
            stops,
            reading: BTreeSet::new(),
            sending: BTreeSet::new(),
            guarding: BTreeSet::new(),
            guards,
            hearts: Vec::new(),
            standing: Vec::new(),
            failed: false,
            drained: BTreeSet::new(),
        };
        agent.guard(WATCHDOG, store, happenings, move |waiter| Ok(watchdog.run(waiter)?))?;
        for (name, heart) in hearts {
            match mode {
                Mode::Follow => {
                    agent.guard(&name, store, happenings, move |waiter| Ok(heart.run(waiter)?))?
                }
                Mode::Once => agent.hearts.push(heart),
            }
        }
        for (name, sender) in senders {
            let until = match mode {
                Mode::Follow => Until::Stopped,
                Mode::Once => Until::Drained(reader_done.clone()),
            };
            let (waiter, label) = (stored.waiter(), name.clone());
            agent.sending.insert(name.clone());
            let run = move || Ok(sender.run(waiter, &until)?);
            spawn(&format!("send {name}"), store, happenings, run, move |end| {
                Happening::SenderEnded(label, end)
            })?;
        }
        let until = match mode {
            Mode::Follow => ReadUntil::Stopped,
            Mode::Once => ReadUntil::End,
        };
        let left = Arc::new(AtomicUsize::new(readers.len()));
        for (name, reader) in readers {
            let (left, done, stored) = (Arc::clone(&left), reader_done.clone(), stored.clone());
            let run = move || {
                let standing = reader.run(until);
                if left.fetch_sub(1, Ordering::AcqRel) == 1 {
                    done.stop();
                }
                stored.ring();
                standing
            };
            agent.reading.insert(name.clone());
            let label = name.clone();
            let ended = move |end: Result<_, _>| Happening::ReaderEnded(label, end.map(Box::new));
            spawn(&name, store, happenings, run, ended)?;
        }
        Ok(agent)
    }

    /// Tells every thread to stop.
    pub fn stop(&mut self) {
        self.stops.iter().for_each(Signal::stop);
    }

    /// All is well and told: heartbeats that beat once do it now.
    ///
    /// # Errors
    /// The store failed in a way that does not pass.
    pub fn beat_once(&mut self) -> anyhow::Result<()> {
        for heart in &mut self.hearts {
            heart.beat()?;
        }
        Ok(())
    }

    /// Starts a thread that looks after the others until they have ended.
    fn guard(
        &mut self,
        name: &str,
        store: &Store,
        happenings: &Channel<Happening>,
        run: impl FnOnce(Waiter) -> anyhow::Result<()> + Send + 'static,
    ) -> anyhow::Result<()> {
        self.guarding.insert(name.to_owned());
        let (waiter, label) = (self.guards.waiter(), name.to_owned());
        spawn(name, store, happenings, move || run(waiter), |end| Happening::GuardEnded(label, end))
    }

    /// Takes note of the end of a thread.
    pub fn note(&mut self, happening: Happening) {
        match happening {
            Happening::Signal(_) => {}
            Happening::ReaderEnded(name, end) => {
                self.reading.remove(&name);
                match end {
                    Ok(standing) => self.standing.push(*standing),
                    Err(why) => self.fail(&name, &why),
                }
            }
            Happening::SenderEnded(name, end) => {
                self.sending.remove(&name);
                match end {
                    Ok(true) => drop(self.drained.insert(name)),
                    Ok(false) => {}
                    Err(why) => self.fail(&name, &why),
                }
            }
            Happening::GuardEnded(name, end) => {
                self.guarding.remove(&name);
                if let Err(why) = end {
                    self.fail(&name, &why);
                }
            }
        }
        if self.reading.is_empty() && self.sending.is_empty() {
            self.guards.stop();
        }
    }

    /// Has every thread ended?
    pub fn ended(&self) -> bool {
        self.reading.is_empty() && self.sending.is_empty() && self.guarding.is_empty()
    }

    /// Senders that still run.
    pub fn sending(&self) -> impl Iterator<Item = &str> {
        self.sending.iter().map(String::as_str)
    }

    /// A destination that is down or a disk that is full does not end a thread; what does is a fault of ours or of the
    /// store, and then all of it is started again by the service manager.
    fn fail(&mut self, thread: &str, why: &str) {
        error!(thread, "A part of the agent failed: {why}.");
        self.failed = true;
        self.stop();
    }
}

/// Which file systems are elsewhere. A machine that does not tell has one reader for all.
fn mounts() -> Mounts {
    Mounts::of_system().unwrap_or_else(|error| {
        warn!("Cannot see which logs lie on network file systems: {error}. One reader reads all.");
        Mounts::default()
    })
}

/// What is wrong: what the last process left open, until all who find something have reported once.
fn board(store: &Store, config: &Config, readers: &[Standing]) -> anyhow::Result<Board> {
    let destinations = config.destinations.iter().map(|destination| finder(&destination.name));
    let finders = readers.iter().map(Standing::name).chain([WATCHDOG.to_owned()]);
    Ok(Board::new(store.troubles()?.open()?, finders.chain(destinations)))
}

/// The senders, those that share a receiver with one limiter.
fn senders(store: &Store, config: &Config, board: &Board) -> anyhow::Result<Vec<(String, Sender)>> {
    let mut limiters: HashMap<u128, Arc<Limiter>> = HashMap::new();
    let context = context(config);
    let mut senders = Vec::new();
    for destination in that_tell(config, Tells::Alerts) {
        let receiver = open(destination)?;
        let url = destination.settings.url.as_ref().map(crate::secret::Secret::reveal);
        let place = url.unwrap_or(&destination.name);
        let limiter = limiters
            .entry(xxhash_rust::xxh3::xxh3_128(place.as_bytes()))
            .or_insert_with(|| Arc::new(Limiter::new(destination.pace)));
        let limiter = Arc::clone(limiter);
        let board = board.clone();
        let sender = Sender::new(store, config, destination, receiver, limiter, board, &context)?;
        senders.push((destination.name.clone(), sender));
    }
    Ok(senders)
}

/// What the machine's own files say. Without one of them an alert is told all the same.
fn context(config: &Config) -> Arc<Context> {
    let (context, faults) = Context::of(config);
    faults.sentences().for_each(|fault| warn!("In a file of [context], {fault}."));
    Arc::new(context)
}

/// The heartbeats, with the names of their threads.
fn hearts(
    store: &Store,
    config: &Config,
    board: &Board,
) -> anyhow::Result<Vec<(String, Heartbeat)>> {
    let mut hearts = Vec::new();
    for destination in that_tell(config, Tells::Wellness) {
        let (receiver, name) = (open(destination)?, finder(&destination.name));
        let heart = Heartbeat::new(store, destination, receiver, board.clone(), &name)?;
        hearts.push((name, heart));
    }
    Ok(hearts)
}

fn that_tell(config: &Config, tells: Tells) -> impl Iterator<Item = &Destination> {
    config.destinations.iter().filter(move |destination| destination.kind.tells == tells)
}

fn open(destination: &Destination) -> anyhow::Result<Box<dyn Receiver>> {
    (destination.kind.open)(&destination.settings)
        .with_context(|| format!("destination `{}`", destination.name))
}

/// A part that came upon damage in the database leaves a note, so that the next start sets it aside. The same start would come
/// upon it again and again otherwise.
fn note_damage(store: &Store, error: &anyhow::Error) {
    let damage = error.downcast_ref().filter(|error: &&StoreError| error.is_damage());
    if let Some(Err(error)) = damage.map(|damage| store.suspect(damage)) {
        error!("That the database is damaged cannot be noted: {error}.");
    }
}

/// Starts a thread whose end, also by a panic, is a happening.
fn spawn<T: Send + 'static>(
    name: &str,
    store: &Store,
    happenings: &Channel<Happening>,
    run: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
    ended: impl FnOnce(Result<T, String>) -> Happening + Send + 'static,
) -> anyhow::Result<()> {
    let (store, happenings) = (store.clone(), happenings.clone());
    let body = move || {
        let end = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
        let end = match end {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => {
                note_damage(&store, &error);
                Err(format!("{error:#}"))
            }
            Err(_) => Err("it panicked; this is a fault of ipsbell, please report it".to_owned()),
        };
        // The main thread may be gone already, and then nobody wants to know.
        drop(happenings.send(ended(end)));
    };
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(body);
    thread.map(drop).with_context(|| format!("cannot start the thread `{name}`"))
}
