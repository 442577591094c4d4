//! How reading goes round: what is made of what a run of journalctl gives, and of its silence and its end.

use std::time::{Duration, Instant};

use super::arguments::Purpose;
use super::finding::{Failure, Gap, What};
use super::running::{Catch, Heard, Running};
use super::{HANG_TIME_MAX, IDLE_MAX, Journal};

/// One that closed its output ends within this time.
const ENDING_MAX: Duration = Duration::from_secs(1);

/// One that follows for so long is well.
const WELL_AFTER: Duration = Duration::from_secs(10);

/// What comes so much later than it was written, in microseconds, was not followed.
const MISSED_US: i64 = 10_000_000;

impl Journal {
    /// Hears what runs; false when there is nothing more to do now.
    pub(super) fn hear(&mut self, now: Instant, mut running: Running) -> bool {
        let (heard, caught) = running.hear(now);
        if running.purpose == Purpose::Newest {
            let newest = caught.entries.into_iter().last();
            if newest.is_some() || heard == Heard::Ended(Ok(())) {
                self.window.begin(newest.map(|entry| entry.cursor), running.began_us);
                self.seeks_end = false;
                return true;
            }
        } else {
            self.take(now, &running, caught);
        }
        if running.is_doubtful() && !matches!(heard, Heard::Garbage(_) | Heard::Ended(Err(_))) {
            return self.ask(now, running);
        }
        match heard {
            Heard::More => {
                self.running = Some(running);
                true
            }
            Heard::Nothing => self.wait(now, running),
            Heard::Ended(Ok(())) if running.purpose == Purpose::Run => self.ended(&running),
            Heard::Ended(how) => {
                let how = how.err().unwrap_or_else(|| "exit status 0".to_owned());
                self.fail(now, Failure::Ended(how))
            }
            Heard::Garbage(wanted) => self.fail(now, Failure::Garbage(wanted)),
        }
    }

    /// New entries, from one that goes on where reading stood.
    fn take(&mut self, now: Instant, running: &Running, caught: Catch) {
        if caught.entries.is_empty() {
            return self.window.push(now, caught);
        }
        let missed = |since: i64| {
            let missed = since..running.began_us.saturating_sub(MISSED_US);
            caught.entries.iter().any(|entry| missed.contains(&entry.at_us))
        };
        let stopped = running.purpose == Purpose::Run && self.idle_since_us.is_some_and(missed);
        self.idle_since_us = None;
        self.window.push(now, caught);
        self.recovered();
        if stopped {
            let times = self.window.fail();
            self.say(What::Failed(Failure::StoppedFollowing, times));
        }
    }

    /// Nothing to hear: is that as it should be?
    fn wait(&mut self, now: Instant, running: Running) -> bool {
        let silent = now.duration_since(running.heard_at);
        let follows = running.purpose == Purpose::Follow;
        if running.ending_since.is_some_and(|since| now.duration_since(since) >= ENDING_MAX) {
            return self.fail(now, Failure::Ended("it closed its output and goes on".to_owned()));
        }
        if follows && now.duration_since(running.began_at) >= WELL_AFTER {
            self.recovered();
        }
        if follows && silent >= IDLE_MAX {
            self.idle_since_us = Some(running.began_us);
            self.is_caught_up = false;
            return true;
        }
        if !follows && silent >= HANG_TIME_MAX {
            return self.fail(now, Failure::Hangs);
        }
        self.running = Some(running);
        false
    }

    /// All was read to the end.
    fn ended(&mut self, running: &Running) -> bool {
        self.window.reach(running.began_us);
        (self.is_caught_up, self.came_round, self.is_done) = (true, true, self.once);
        true
    }

    /// The entry at which reading stood did not come.
    fn ask(&mut self, now: Instant, running: Running) -> bool {
        if running.purpose == Purpose::Follow {
            // It went only now: a run finds out what else did.
            self.is_caught_up = false;
            return true;
        }
        let doubt = self.run(now, running.began_us, Purpose::Oldest);
        if doubt.is_some() {
            (self.doubt, self.running) = (doubt, Some(running));
        }
        true
    }

    /// Learns how far back the journal reaches, and so if something that was not read may be gone.
    pub(super) fn resolve(&mut self, now: Instant, mut doubt: Running) -> bool {
        let (heard, caught) = doubt.hear(now);
        let begins_us = caught.entries.first().map(|entry| entry.at_us);
        let is_known = begins_us.is_some() || heard == Heard::Ended(Ok(()));
        if is_known {
            self.judge(now, begins_us);
            return true;
        }
        match heard {
            Heard::Ended(how) => self.fail(now, Failure::Ended(how.err().unwrap_or_default())),
            Heard::Garbage(wanted) => self.fail(now, Failure::Garbage(wanted)),
            Heard::Nothing if now.duration_since(doubt.heard_at) >= HANG_TIME_MAX => {
                self.fail(now, Failure::Hangs)
            }
            Heard::More | Heard::Nothing => {
                self.doubt = Some(doubt);
                heard == Heard::More
            }
        }
    }

    fn judge(&mut self, now: Instant, begins_us: Option<i64>) {
        let Some(mut running) = self.running.take() else { return };
        let read_until_us = self.window.read_until_us();
        if begins_us.is_none_or(|begins| begins > read_until_us) {
            self.window.lose(Gap { read_until_us, begins_us }, running.began_us);
        } else if !std::mem::replace(&mut self.said_vacuumed, true) {
            self.say(What::Vacuumed);
        }
        let entries = running.believe();
        self.said_vacuumed &= entries.is_empty();
        self.take(now, &running, Catch { entries, too_long: 0 });
        self.running = Some(running);
    }
}
