//! Entries of systemd's journal, read through journalctl(1) as files are through `src/tail`: one [`Journal`] for each source
//! that names `journal`. Gives entries with their cursors, and knows no format and no store.
//!
//! Reading goes round. A **run** reads all from the place on to the end of the journal, and ends: so it is known that all was
//! read until it began. Then one **follows**, from the last entry on, and gives what is written at once. When there was
//! nothing for [`IDLE_MAX`], it is ended and a run looks if there really was nothing. Each begins at the last entry that
//! was read, which must come once more. If it does not, it is gone, and so may be others: it is asked how far back the
//! journal reaches, before anything is given.
//!
//! ```text
//! findings = journal.look(now, wall)
//! while turn = journal.turn(now):
//!     entries of the turn -> events
//!     journal.accept(entries)
//!     transaction: events + journal.position()
//!     journal.committed(now)                  or journal.rolled_back(), if it failed
//! sleep until the signal rings or journal.next_look(now)
//! ```

mod arguments;
mod child;
mod cursor;
mod entry;
mod finding;
mod pieces;
mod position;
mod retry;
mod round;
mod running;
mod sample;
mod window;

use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

pub use self::child::PROGRAM_VARIABLE;
pub use self::cursor::Cursor;
pub use self::entry::{Entry, MESSAGE_BYTES_MAX};
pub use self::finding::{Failure, Finding, Gap, What};
pub use self::pieces::ENTRY_BYTES_MAX;
pub use self::position::Position;
pub use self::retry::{RETRY_FIRST, RETRY_MAX};
pub use self::sample::sample;
pub use self::window::{Turn, WINDOW_BYTES_MAX};

use self::arguments::{Purpose, arguments};
use self::child::{Children, System};
use self::retry::Retry;
use self::running::Running;
use self::window::Window;
use crate::config::{JournalMatch, StartAt};
use crate::signal::Signal;

/// A journalctl that shall give something or end, and does neither for so long, hangs.
pub const HANG_TIME_MAX: Duration = Duration::from_secs(60);

/// One that follows and gives nothing for so long is ended, and a run looks if there was nothing.
pub const IDLE_MAX: Duration = Duration::from_secs(60);

/// How often it is looked if one that closed its output has ended.
const ENDING_LOOK_EVERY: Duration = Duration::from_millis(10);

/// What is read of the journal for one source.
pub struct Journal {
    name: String,
    wanted: JournalMatch,
    children: Box<dyn Children>,
    window: Window,
    /// Where reading shall begin is not known yet.
    seeks_end: bool,
    /// All was read to the end since something failed or was idle: what follows can be followed.
    is_caught_up: bool,
    /// All was read to the end once.
    came_round: bool,
    /// Reading ends at the end of the journal.
    once: bool,
    is_done: bool,
    running: Option<Running>,
    /// The entry at which reading stood did not come: how far back does the journal reach?
    doubt: Option<Running>,
    /// When the one began that followed last and was ended because it gave nothing.
    idle_since_us: Option<i64>,
    /// That the entry at which reading stands is gone, and nothing else, was said.
    said_vacuumed: bool,
    retry: Retry,
    failure: Option<Failure>,
    findings: Vec<Finding>,
}

impl Journal {
    /// What this source reads, from `place` on; without one it is read for the first time, and `start_at` decides. `wake` is
    /// rung when there is something.
    pub fn new(
        wanted: JournalMatch,
        place: Option<Position>,
        start_at: StartAt,
        wake: Signal,
    ) -> Self {
        Self::with(Box::new(System { wake }), wanted, place, start_at)
    }

    fn with(
        children: Box<dyn Children>,
        wanted: JournalMatch,
        place: Option<Position>,
        start_at: StartAt,
    ) -> Self {
        let name = wanted.to_string();
        let findings = vec![Finding { name: name.clone(), what: What::Reads }];
        Self {
            name,
            wanted,
            children,
            seeks_end: place.is_none() && start_at == StartAt::End,
            window: Window::new(place),
            is_caught_up: false,
            came_round: false,
            once: false,
            is_done: false,
            running: None,
            doubt: None,
            idle_since_us: None,
            said_vacuumed: false,
            retry: Retry::default(),
            failure: None,
            findings,
        }
    }

    /// Its name, where a log's path stands: `journal:unit=…`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reading ends at the end of the journal, or at the first failure.
    pub fn read_once(&mut self) {
        self.once = true;
    }

    /// All that will ever be read is read and committed.
    pub fn is_done(&self) -> bool {
        self.is_done && self.window.is_empty()
    }

    /// Was all read to the end once?
    pub fn came_round(&self) -> bool {
        self.came_round
    }

    /// What is wrong with it now.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// Since when there was always something unread.
    pub fn busy_since(&self) -> Option<Instant> {
        self.window.busy_since()
    }

    /// Sees what journalctl gives, and starts it if it is time to. `wall_us` is the time of day in microseconds since 1970.
    pub fn look(&mut self, now: Instant, wall_us: i64) -> Vec<Finding> {
        while !self.is_done && self.step(now, wall_us) {}
        self.window.note_busy(now);
        std::mem::take(&mut self.findings)
    }

    /// When to look again, if nothing rings before.
    pub fn next_look(&self, now: Instant) -> Option<Instant> {
        if self.is_done {
            return self.window.quiet_at();
        }
        let active = self.doubt.as_ref().or(self.running.as_ref());
        let next = match active {
            Some(running) if running.ending_since.is_some() => now + ENDING_LOOK_EVERY,
            Some(running) => running.heard_at + HANG_TIME_MAX.min(IDLE_MAX),
            None => self.retry.until(now).unwrap_or(now),
        };
        Some(self.window.quiet_at().map_or(next, |quiet| quiet.min(next)))
    }

    /// Entries that were not given yet, or may be complete now. None while it is in doubt whether some are missing.
    pub fn turn(&mut self, now: Instant) -> Option<Turn<'_>> {
        if self.doubt.is_some() {
            return None;
        }
        self.window.turn(now, self.is_done)
    }

    /// Takes so many of the entries of the last turn as read.
    pub fn accept(&mut self, entries: usize) {
        self.window.accept(entries);
    }

    /// Where reading stands behind what is accepted: to be written in the transaction of its events.
    pub fn position(&self) -> Position {
        self.window.position()
    }

    /// The transaction is durable.
    pub fn committed(&mut self) {
        self.window.committed();
    }

    /// The transaction failed: what was accepted is given again.
    pub fn rolled_back(&mut self) {
        self.window.rolled_back();
    }

    /// One step; false when there is nothing more to do now.
    fn step(&mut self, now: Instant, wall_us: i64) -> bool {
        if let Some(doubt) = self.doubt.take() {
            return self.resolve(now, doubt);
        }
        match self.running.take() {
            None if self.retry.until(now).is_some() => false,
            None => self.start(now, wall_us),
            Some(mut running) if !self.window.has_room() => {
                // Who is not asked cannot answer.
                running.heard_at = now;
                running.blocked_since.get_or_insert(now);
                self.running = Some(running);
                false
            }
            Some(mut running) => {
                let blocked = running.blocked_since.take().map(|since| now.duration_since(since));
                if blocked.is_some_and(|blocked| blocked >= IDLE_MAX) {
                    // What it had not read yet may be vacuumed meanwhile: a run finds out.
                    self.is_caught_up = false;
                    return true;
                }
                self.hear(now, running)
            }
        }
    }

    fn start(&mut self, now: Instant, wall_us: i64) -> bool {
        let purpose = match (self.seeks_end, self.is_caught_up) {
            (true, _) => Purpose::Newest,
            (false, true) => Purpose::Follow,
            (false, false) => Purpose::Run,
        };
        self.running = self.run(now, wall_us, purpose);
        self.running.is_some()
    }

    fn run(&mut self, now: Instant, wall_us: i64, purpose: Purpose) -> Option<Running> {
        let directory = self.wanted.directory.as_deref().map(Path::new);
        if let Some(file) = self.children.forbidden(directory) {
            self.fail(now, Failure::Forbidden(file));
            return None;
        }
        let goes_on = matches!(purpose, Purpose::Run | Purpose::Follow);
        let from = self.window.last_cursor().filter(|_| goes_on).cloned();
        match self.children.start(&arguments(purpose, &self.wanted, from.as_ref())) {
            Ok(child) => Some(Running::new(child, purpose, from, (now, wall_us))),
            Err(error) => {
                self.fail(now, Failure::NotStarted(error.to_string()));
                None
            }
        }
    }

    fn recovered(&mut self) {
        self.retry.succeeded();
        if self.failure.take().is_some() {
            self.say(What::Recovered);
        }
    }

    /// Nothing more comes of what runs. It is started again, from the last entry that came.
    fn fail(&mut self, now: Instant, failure: Failure) -> bool {
        (self.running, self.doubt, self.is_caught_up) = (None, None, false);
        self.is_done = self.once;
        self.retry.failed(now);
        let times = self.window.fail();
        if self.failure.as_ref() != Some(&failure) {
            self.say(What::Failed(failure.clone(), times));
        }
        self.failure = Some(failure);
        false
    }

    fn say(&mut self, what: What) {
        self.findings.push(Finding { name: self.name.clone(), what });
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = out.debug_struct("Journal");
        shown.field("name", &self.name).field("window", &self.window).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
