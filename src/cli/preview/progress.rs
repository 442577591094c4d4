//! How far a play is, for somebody who waits for it at a terminal.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use crate::cli::say;
use crate::clock;

/// How often a long play says how far it is.
const EVERY: Duration = Duration::from_secs(2);

/// After so many steps the clock is looked at.
const STEPS: u64 = 256;

/// What was played so far.
pub(super) struct Progress {
    is_shown: bool,
    next: Instant,
    steps: u64,
    /// Of all files together, where that is known.
    bytes: u64,
    /// Events that were played.
    pub(super) events: u64,
    /// Posts that were made of them.
    pub(super) posts: u64,
}

impl Progress {
    /// Of a play of these files.
    pub(super) fn new(files: &[String]) -> Self {
        let bytes = |path: &String| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        Self {
            is_shown: std::io::stderr().is_terminal(),
            next: clock::monotonic() + EVERY,
            steps: 0,
            bytes: files.iter().map(bytes).sum(),
            events: 0,
            posts: 0,
        }
    }

    /// A line was read or an event played. Is it time to say how far it is?
    pub(super) fn is_due(&mut self) -> bool {
        self.steps += 1;
        if !self.is_shown || !self.steps.is_multiple_of(STEPS) {
            return false;
        }
        let now = clock::monotonic();
        let is_due = now >= self.next;
        if is_due {
            self.next = now + EVERY;
        }
        is_due
    }

    /// Says how far it is, so many bytes of the files being read.
    pub(super) fn tell(&self, bytes_read: u64) {
        let Self { events, posts, bytes, .. } = self;
        let (read, of) = (bytes_read >> 20, bytes >> 20);
        let files = if of > 0 { format!("; read {read} of {of} MiB") } else { String::new() };
        say(&format!("{events} alerts -> {posts} posts so far{files}"));
    }
}
