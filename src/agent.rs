//! The agent: the reader thread, a sender thread for each destination, and how they start and stop together. What happens
//! to them arrives as a [`Happening`] in one channel, beside the signals of the system; the threads' data never does.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::mpsc::Sender as Channel;

use anyhow::Context as _;
use tracing::error;

use crate::config::Config;
use crate::deliver::{Limiter, Sender, Until};
use crate::ingest::{ReadUntil, Reader, Standing};
use crate::signal::Signal;
use crate::store::{Store, StoreError};

/// Everything that can wake the main thread.
#[derive(Debug)]
pub enum Happening {
    /// The system sent a signal.
    Signal(i32),
    /// The reader ended; where it stood.
    ReaderEnded(Result<Box<Standing>, String>),
    /// A sender ended; whether it told all.
    SenderEnded(String, Result<bool, String>),
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
#[derive(Debug)]
pub struct Agent {
    stops: [Signal; 2],
    reading: bool,
    sending: BTreeSet<String>,
    /// Where reading stood when the reader ended.
    pub standing: Option<Standing>,
    /// A part failed.
    pub failed: bool,
    /// Senders that ended with all told.
    pub drained: BTreeSet<String>,
}

impl Agent {
    /// Starts all threads. `standing` goes on where an agent with the same sources was stopped a moment ago.
    ///
    /// # Errors
    /// The store, a destination or a thread cannot be opened.
    pub fn start(
        store: &Store,
        config: &Config,
        mode: Mode,
        standing: Option<Standing>,
        happenings: &Channel<Happening>,
    ) -> anyhow::Result<Self> {
        Self::start_threads(store, config, mode, standing, happenings)
            .inspect_err(|error| note_damage(store, error))
    }

    fn start_threads(
        store: &Store,
        config: &Config,
        mode: Mode,
        standing: Option<Standing>,
        happenings: &Channel<Happening>,
    ) -> anyhow::Result<Self> {
        let stored = Signal::default();
        let reader_done = Signal::default();
        // All destinations take their place in the store before the first event is read, so that none misses one.
        let senders = senders(store, config)?;
        let standing = match standing {
            Some(standing) => standing,
            None => Standing::restore(store, config)?,
        };
        let wake = standing.wake();
        let reader = Reader::new(store, config, standing, stored.clone())?;
        let mut agent = Self {
            stops: [wake, stored.clone()],
            reading: true,
            sending: BTreeSet::new(),
            standing: None,
            failed: false,
            drained: BTreeSet::new(),
        };
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
        let run = move || {
            let standing = reader.run(until);
            reader_done.stop();
            stored.ring();
            standing
        };
        spawn("read", store, happenings, run, |end| Happening::ReaderEnded(end.map(Box::new)))?;
        Ok(agent)
    }

    /// Tells every thread to stop.
    pub fn stop(&mut self) {
        self.stops.iter().for_each(Signal::stop);
    }

    /// Takes note of the end of a thread.
    pub fn note(&mut self, happening: Happening) {
        match happening {
            Happening::Signal(_) => {}
            Happening::ReaderEnded(end) => {
                self.reading = false;
                match end {
                    Ok(standing) => self.standing = Some(*standing),
                    Err(why) => self.fail("read", &why),
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
        }
    }

    /// Has every thread ended?
    pub fn ended(&self) -> bool {
        !self.reading && self.sending.is_empty()
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

/// The senders, those that share a receiver with one limiter.
fn senders(store: &Store, config: &Config) -> anyhow::Result<Vec<(String, Sender)>> {
    let mut limiters: HashMap<u128, Arc<Limiter>> = HashMap::new();
    let mut senders = Vec::new();
    for destination in &config.destinations {
        let receiver = (destination.kind.open)(&destination.settings)
            .with_context(|| format!("destination `{}`", destination.name))?;
        let url = destination.settings.url.as_ref().map(crate::secret::Secret::reveal);
        let place = url.unwrap_or(&destination.name);
        let limiter = limiters
            .entry(xxhash_rust::xxh3::xxh3_128(place.as_bytes()))
            .or_insert_with(|| Arc::new(Limiter::new(destination.pace)));
        let sender = Sender::new(store, config, destination, receiver, Arc::clone(limiter))?;
        senders.push((destination.name.clone(), sender));
    }
    Ok(senders)
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
