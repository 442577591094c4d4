//! Wake-ups: the system's word that something changed in a directory. It makes reading prompt and is
//! never trusted to be complete: events get lost, watches run out, network file systems send none.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use notify::{RecursiveMode, Watcher};

use super::discover::Source;
use super::file::Files;
use super::finding::{Finding, What};
use crate::signal::Signal;

/// How often all files are looked at while changes are watched too.
pub const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often all files are looked at where changes cannot be watched.
pub const POLL_EVERY: Duration = Duration::from_millis(250);

/// How long until a watch that failed is tried again.
pub const WATCH_RETRY: Duration = Duration::from_secs(60);

/// The most changed paths that are held apart between two looks; with more, all are looked at.
pub const HINTS_MAX: usize = 1024;

/// Something that watches directories and drops what it sees into [`Hints`].
pub(super) trait Watch: Send {
    /// Begins to watch, or says why it cannot.
    fn watch(&mut self, directory: &Path) -> Result<(), String>;
    /// Ends it. A directory that is gone needs no end.
    fn unwatch(&mut self, directory: &Path);
}

/// Where watches come from: tried again when there were none.
pub(super) type Open = Box<dyn Fn(Arc<Hints>) -> Result<Box<dyn Watch>, String> + Send>;

/// What changed since the last look.
#[derive(Debug, Default)]
pub(super) struct Changed {
    pub(super) paths: BTreeSet<PathBuf>,
    /// Too much to name, or the system lost count: look at everything.
    pub(super) all: bool,
}

/// What the watcher's thread tells the reader's.
#[derive(Debug, Default)]
pub(super) struct Hints(Mutex<Changed>);

impl Hints {
    // A poisoned lock means that a thread panicked between plain stores: what is there is whole.
    fn changed(&self) -> MutexGuard<'_, Changed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn path(&self, path: &Path) {
        let mut changed = self.changed();
        if changed.paths.len() >= HINTS_MAX {
            changed.all = true;
        } else if !changed.paths.contains(path) {
            changed.paths.insert(path.to_path_buf());
        }
    }

    pub(super) fn all(&self) {
        self.changed().all = true;
    }

    pub(super) fn take(&self) -> Changed {
        std::mem::take(&mut self.changed())
    }
}

/// The watches of a tail.
pub(super) struct Wake {
    pub(super) hints: Arc<Hints>,
    open: Open,
    watch: Option<Box<dyn Watch>>,
    /// Directories with the device and inode that they had: one that is replaced lost its watch.
    watched: BTreeMap<PathBuf, (u64, u64)>,
    unwatched: BTreeSet<PathBuf>,
    retry_at: Option<Instant>,
}

impl Wake {
    pub(super) fn new(open: Open) -> Self {
        Self {
            hints: Arc::default(),
            open,
            watch: None,
            watched: BTreeMap::new(),
            unwatched: BTreeSet::new(),
            retry_at: None,
        }
    }

    /// How long until all files are to be looked at again.
    pub(super) fn interval(&self) -> Duration {
        if self.unwatched.is_empty() { LOOK_EVERY } else { POLL_EVERY }
    }

    /// Watches these directories and no others. What cannot be watched is told once.
    pub(super) fn follow(
        &mut self,
        now: Instant,
        files: &dyn Files,
        directories: &BTreeSet<PathBuf>,
    ) -> Vec<Finding> {
        let gone: Vec<_> =
            self.watched.keys().filter(|path| !directories.contains(*path)).cloned().collect();
        for directory in gone {
            self.drop_watch(&directory);
        }
        self.unwatched.retain(|path| directories.contains(path));
        let retry = self.retry_at.is_none_or(|at| now >= at);
        let mut findings = Vec::new();
        for directory in directories {
            // A directory that is not there is awaited by looking.
            let Ok(stat) = files.stat(directory) else {
                self.drop_watch(directory);
                continue;
            };
            let failed = self.unwatched.contains(directory);
            if self.watched.get(directory) == Some(&stat.id()) || (failed && !retry) {
                continue;
            }
            self.drop_watch(directory);
            match self.add(directory) {
                Ok(()) => {
                    self.watched.insert(directory.clone(), stat.id());
                    self.unwatched.remove(directory);
                }
                Err(why) => {
                    self.retry_at = Some(now + WATCH_RETRY);
                    if self.unwatched.insert(directory.clone()) {
                        findings.push(Finding::new(directory, What::Polling { why }));
                    }
                }
            }
        }
        findings
    }

    fn add(&mut self, directory: &Path) -> Result<(), String> {
        let watch = match &mut self.watch {
            Some(watch) => watch,
            none => none.insert((self.open)(self.hints.clone())?),
        };
        watch.watch(directory)
    }

    fn drop_watch(&mut self, directory: &Path) {
        if self.watched.remove(directory).is_some()
            && let Some(watch) = &mut self.watch
        {
            watch.unwatch(directory);
        }
    }
}

/// Watches by the system's own means. A change to a path of `sources` rings `signal`.
pub(super) fn system(sources: Arc<[Source]>, signal: Signal) -> Open {
    Box::new(move |hints| {
        let (sources, signal) = (sources.clone(), signal.clone());
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if take_down(&hints, &sources, event) {
                signal.ring();
            }
        });
        watcher.map(|watcher| Box::new(watcher) as Box<dyn Watch>).map_err(|error| words(&error))
    })
}

/// Turns an event into a hint. Says whether there was one: other files of a busy directory must not
/// wake the reader.
fn take_down(hints: &Hints, sources: &[Source], event: notify::Result<notify::Event>) -> bool {
    let event = match event {
        Ok(event) if !event.need_rescan() => event,
        Ok(_) | Err(_) => {
            hints.all();
            return true;
        }
    };
    // Among the accesses are this program's own.
    if event.kind.is_access() {
        return false;
    }
    let mut any = false;
    for path in &event.paths {
        let path = path.strip_prefix(".").unwrap_or(path);
        if sources.iter().any(|source| source.matches(path)) {
            hints.path(path);
            any = true;
        }
    }
    any
}

impl Watch for notify::RecommendedWatcher {
    fn watch(&mut self, directory: &Path) -> Result<(), String> {
        Watcher::watch(self, directory, RecursiveMode::NonRecursive).map_err(|error| words(&error))
    }

    fn unwatch(&mut self, directory: &Path) {
        // It fails for a directory that was deleted, and then there is nothing left to end.
        drop(Watcher::unwatch(self, directory));
    }
}

fn words(error: &notify::Error) -> String {
    match &error.kind {
        notify::ErrorKind::MaxFilesWatch => "the system's limit of watches is reached".to_owned(),
        notify::ErrorKind::Io(error) => error.to_string(),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests;
