//! A life, lived: the real agent between the toy's logs and the fake Slack, and in the end the account of it all.

use std::time::{Duration, Instant};

use ipsbell::fake_slack::{FakeSlack, Fault, RetryAfter};
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

use super::action::{Action, Life, Weather};
use super::world::World;
use crate::received;
use crate::stored::{self, ranges};
use crate::support::{Agent, Options, Place, text, wait_for};

/// Lives the life; why it failed, if it did. Nothing that is waited for may take longer than `patience`.
pub(super) fn live(life: &Life, patience: Duration) -> Result<(), String> {
    let slack = FakeSlack::start().unwrap();
    let options = Options {
        destination: "pace = \"5ms\"\nrepeat_every = \"1s\"".into(),
        ..Options::default()
    };
    let place = Place::with(&slack, options);
    let mut run = Run {
        place: &place,
        slack: &slack,
        world: World::new(&place, life.naming),
        agent: None,
        log_before: 0,
        patience,
        is_paused: false,
        is_full: false,
    };
    let lived = run.live(&life.actions);
    lived.map_err(|why| {
        place.keep();
        let log = std::fs::read_to_string(place.path("agent.log")).unwrap_or_default();
        let log: Vec<_> = log.lines().map(|line| line.replace(place.text(), "")).collect();
        let last = log.get(log.len().saturating_sub(60)..).unwrap_or_default().join("\n  ");
        format!("{why}\nfiles:\n{}the agent's log:\n  {last}", run.world.show())
    })
}

struct Run<'p> {
    place: &'p Place,
    slack: &'p FakeSlack,
    world: World<'p>,
    agent: Option<Agent>,
    /// Bytes of the agent's log before it was started.
    log_before: usize,
    patience: Duration,
    is_paused: bool,
    is_full: bool,
}

impl Run<'_> {
    fn live(&mut self, actions: &[Action]) -> Result<(), String> {
        // A log that was never seen before it was rotated is not known for one.
        self.start();
        self.world.write(1);
        self.settle()?;
        for (at, action) in actions.iter().enumerate() {
            self.apply(*action).map_err(|why| format!("action {at}, {action:?}: {why}"))?;
            self.has_survived().map_err(|why| format!("after action {at}, {action:?}: {why}"))?;
        }
        self.finish()?;
        self.check()
    }

    fn apply(&mut self, action: Action) -> Result<(), String> {
        match action {
            Action::Write(count) => self.world.write(count),
            Action::WriteHalf => self.world.write_half(),
            Action::WriteRest => self.world.end_half(),
            Action::Rotate { create } => self.world.rotate(create),
            Action::Reopen => self.world.reopen(),
            Action::CopyTruncate { between } => self.world.copy_and_truncate(between),
            Action::Compress(packing) => self.world.compress(packing),
            Action::DeleteOldest => self.world.delete_oldest(),
            Action::DeleteLog => self.world.delete_log(),
            Action::Replace(count) => self.world.replace(count),
            Action::Rest(milliseconds) => {
                std::thread::park_timeout(Duration::from_millis(milliseconds.into()));
            }
            Action::Settle if self.is_well() => self.settle()?,
            Action::Settle => {}
            Action::Start => self.start(),
            Action::Kill => self.kill(),
            Action::Stop => self.stop()?,
            Action::Reload => {
                self.wait_until_ready()?;
                if let Some(agent) = &self.agent {
                    // A reload waits for the post that is under way.
                    self.slack.release();
                    agent.signal("HUP");
                }
            }
            Action::Pause => self.pause(true),
            Action::Continue => self.pause(false),
            Action::FillDisk => {
                self.wait_until_ready()?;
                self.fill(true);
            }
            Action::FreeDisk => self.fill(false),
            Action::Slack(weather) => self.weather(weather),
        }
        Ok(())
    }

    fn is_well(&self) -> bool {
        self.agent.is_some() && !self.is_paused && !self.is_full
    }

    fn start(&mut self) {
        if self.agent.is_none() {
            let log = std::fs::metadata(self.place.path("agent.log"));
            self.log_before = log.map_or(0, |log| usize::try_from(log.len()).unwrap());
            self.agent = Some(self.place.run_without_file_signal());
            (self.is_paused, self.is_full) = (false, false);
        }
    }

    fn kill(&mut self) {
        if let Some(agent) = self.agent.take() {
            agent.kill();
        }
    }

    fn stop(&mut self) -> Result<(), String> {
        self.wait_until_ready()?;
        let Some(agent) = self.agent.take() else { return Ok(()) };
        let was_full = self.is_full;
        match agent.stop() {
            0 => Ok(()),
            // What a full disk did not take is written at the next start.
            1 if was_full => Ok(()),
            status => Err(format!("told to stop, the agent ended with {status}")),
        }
    }

    /// Signals are caught from when the agent says that it runs.
    fn wait_until_ready(&mut self) -> Result<(), String> {
        self.pause(false);
        if self.agent.is_none() || self.is_full {
            return Ok(());
        }
        self.within("the agent to run", || {
            let log = std::fs::read_to_string(self.place.path("agent.log")).unwrap_or_default();
            log.get(self.log_before..)?.contains(" runs. ").then_some(())
        })
    }

    fn pause(&mut self, pauses: bool) {
        if let Some(agent) = &self.agent
            && self.is_paused != pauses
        {
            agent.signal(if pauses { "STOP" } else { "CONT" });
            self.is_paused = pauses;
            if pauses {
                self.stand_still(agent);
            }
        }
    }

    /// Waits until an agent that is told to pause does so, at a place where it does not hold the store for itself alone:
    /// that would keep out who asks what is stored.
    fn stand_still(&self, agent: &Agent) {
        loop {
            wait_for("the agent to pause", || is_stopped(agent.id()).then_some(()));
            if stored::can_be_asked(self.place) {
                return;
            }
            agent.signal("CONT");
            std::thread::park_timeout(Duration::from_millis(1));
            agent.signal("STOP");
        }
    }

    /// The agent may write no byte to any file, which it meets as it meets a full disk.
    fn fill(&mut self, is_full: bool) {
        let Some(agent) = &self.agent else { return };
        let current = if is_full { Some(0) } else { getrlimit(Resource::Fsize).current };
        let limit = Rlimit { current, maximum: getrlimit(Resource::Fsize).maximum };
        prlimit(Pid::from_raw(agent.id().cast_signed()), Resource::Fsize, limit).unwrap();
        self.is_full = is_full;
    }

    fn weather(&self, weather: Weather) {
        match weather {
            Weather::Well => {
                self.slack.answer_with(None);
                self.slack.release();
            }
            // Not really down: another life's connection could take its port meanwhile.
            Weather::Down => self.slack.answer_with(Some(Fault::CloseBeforeRead)),
            Weather::Limited => {
                self.slack.answer_with(Some(Fault::RateLimited(RetryAfter::Seconds(1))));
            }
            Weather::Hangs => self.slack.answer_with(Some(Fault::Hang)),
            Weather::LosesAnswer => self.slack.fail_next(1, &Fault::AcceptedButClosed),
            Weather::Fails => self.slack.fail_next(1, &Fault::word(500, "rollup_error")),
        }
    }

    /// It ends when it is told to, and never else.
    fn has_survived(&mut self) -> Result<(), String> {
        match self.agent.as_mut().and_then(Agent::ended) {
            Some(status) => Err(format!("the agent ended by itself, with {status}")),
            None => Ok(()),
        }
    }

    /// Waits until all is stored that nobody may miss.
    fn settle(&self) -> Result<(), String> {
        let must = self.world.must();
        let missing = || {
            let stored = stored::numbers(self.place);
            ranges(must.iter().copied().filter(|number| !stored.contains_key(number)))
        };
        let all = self.within("all to be stored", || missing().is_empty().then_some(()));
        all.map_err(|why| format!("{why}; missing: {}", missing()))
    }

    fn within<T>(&self, what: &str, mut ask: impl FnMut() -> Option<T>) -> Result<T, String> {
        let begin = Instant::now();
        loop {
            if let Some(answer) = ask() {
                return Ok(answer);
            }
            if begin.elapsed() > self.patience {
                return Err(format!("waited in vain for {what}"));
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// All faults end. What can be read is read by the agent as it stands, then all is told.
    fn finish(&mut self) -> Result<(), String> {
        self.fill(false);
        self.pause(false);
        self.weather(Weather::Well);
        // Of many that wait in turn the last would fail after the deadline.
        self.slack.fail_no_more();
        self.start();
        self.world.reopen();
        self.world.write(1);
        self.settle()?;
        self.has_survived()?;
        self.stop()?;
        let output = self.place.ipsbell(&["run", "--once", "--deadline", "1m"]);
        if output.status.code() == Some(0) {
            Ok(())
        } else {
            Err(format!("`run --once` did not end well: {}", text(&output.stderr)))
        }
    }

    fn check(&self) -> Result<(), String> {
        let stored = stored::numbers(self.place);
        let twice = ranges(stored.iter().filter(|(_, times)| **times > 1).map(|(n, _)| *n));
        let missing: Vec<u32> =
            (0..self.world.written()).filter(|number| !stored.contains_key(number)).collect();
        let unexcused = missing.iter().copied().filter(|number| !self.world.is_excused(*number));
        let unexcused = ranges(unexcused);
        let account = self.place.account().unwrap();
        let channel = received::channel(&self.slack.received());
        for (what, is_so) in [
            (format!("stored twice: {twice}"), !twice.is_empty()),
            (format!("missing: {unexcused}"), !unexcused.is_empty()),
            (format!("more stored than written: {account:?}"), {
                account.stored + missing.len() as u64 != u64::from(self.world.written())
            }),
            (format!("not told: {account:?}"), account.told != account.stored),
            (format!("unaccounted for: {account:?}"), account.unaccounted() != 0),
            (format!("told otherwise: {channel:?}, {account:?}"), channel.told != account.told),
            (format!("repeated without a mark: {channel:?}"), channel.unmarked_again > 0),
        ] {
            if is_so {
                return Err(what);
            }
        }
        Ok(())
    }
}

/// Do all threads of a process stand still? It takes a moment until they do.
fn is_stopped(process: u32) -> bool {
    let is_stopped = |thread: std::io::Result<std::fs::DirEntry>| {
        let stat = std::fs::read_to_string(thread.unwrap().path().join("stat"));
        // A thread that ended meanwhile has none.
        stat.is_ok_and(|stat| stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T')))
    };
    std::fs::read_dir(format!("/proc/{process}/task")).unwrap().all(is_stopped)
}
