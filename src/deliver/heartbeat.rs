//! The heartbeat: a ping in equal intervals while the agent is well, and none while it is sick, so that somebody outside
//! notices. It has no cursor and no account, since it tells no alert.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use tracing::{info, warn};

use super::POST_TIME_MAX;
use crate::clock;
use crate::config;
use crate::destinations::{Answer, Destination, heartbeat};
use crate::signal::{Waiter, Woken};
use crate::store::{Pulse, Store, StoreError, Troubles};
use crate::trouble::{Board, Condition, Kind};

/// Before all threads have reported once nobody knows if the agent is well; it is asked again so soon.
const START_PAUSE: Duration = Duration::from_millis(200);

/// A heartbeat and all that it owns.
pub struct Heartbeat {
    name: String,
    finder: String,
    receiver: Box<dyn Destination>,
    every: Duration,
    board: Board,
    troubles: Troubles,
    /// Since when its receiver takes no ping, and why.
    unheard: Option<(Timestamp, String)>,
    /// Why there was none the last time.
    held: Option<String>,
}

/// Whether there is to be a ping.
enum Wellness {
    /// There is.
    Well,
    /// Not everybody has reported since the start.
    Unknown,
    /// There is none, and why.
    Sick(String),
}

impl Heartbeat {
    /// A heartbeat that looks at `board`; `finder` is its own name there.
    ///
    /// # Errors
    /// The store cannot be opened.
    pub fn new(
        store: &Store,
        destination: &config::Destination,
        receiver: Box<dyn Destination>,
        board: Board,
        finder: &str,
    ) -> Result<Self, StoreError> {
        let heartbeat = Self {
            name: destination.name.clone(),
            finder: finder.to_owned(),
            receiver,
            every: destination.settings.every.unwrap_or(heartbeat::EVERY),
            board,
            troubles: store.troubles()?,
            unheard: None,
            held: None,
        };
        heartbeat.report_as_it_was();
        Ok(heartbeat)
    }

    /// Pings until it is told to stop.
    ///
    /// # Errors
    /// The store failed in a way that does not pass.
    pub fn run(mut self, mut waiter: Waiter) -> Result<(), StoreError> {
        loop {
            let next = clock::monotonic() + self.beat()?;
            if wait(&mut waiter, next) == Woken::Stopping {
                return Ok(());
            }
        }
    }

    /// One ping, if the agent is well. Gives the time to the next.
    ///
    /// # Errors
    /// The store failed in a way that does not pass.
    pub fn beat(&mut self) -> Result<Duration, StoreError> {
        let (pinged_at, held) = match self.wellness() {
            Wellness::Unknown => return Ok(START_PAUSE.min(self.every)),
            Wellness::Sick(why) => (None, Some(format!("held back: {why}"))),
            Wellness::Well => match self.ping() {
                Ok(()) => (Some(clock::now()), None),
                Err(why) => (None, Some(why)),
            },
        };
        let pulse = Pulse { name: self.name.clone(), pinged_at, held };
        match self.troubles.pulse(&pulse) {
            // It is written down with the next one.
            Err(error) if error.may_pass() => warn!(destination = self.name, "{error}."),
            written => written?,
        }
        self.say(pulse.held.as_deref());
        self.held = pulse.held;
        Ok(self.every)
    }

    fn wellness(&self) -> Wellness {
        let Some(found) = self.board.look(0).filter(|found| found.settled) else {
            return Wellness::Unknown;
        };
        match found.sick(clock::now()) {
            None => Wellness::Well,
            Some(condition) => Wellness::Sick(condition.text.clone()),
        }
    }

    fn ping(&mut self) -> Result<(), String> {
        let why = match self.receiver.post(&[], POST_TIME_MAX) {
            Answer::Delivered => None,
            Answer::Later { why, .. }
            | Answer::PayloadRefused { why }
            | Answer::Unclear { why }
            | Answer::DestinationRefused { why } => Some(why),
        };
        let now = clock::now();
        let since = self.unheard.as_ref().map_or(now, |(since, _)| *since);
        self.unheard = why.clone().map(|why| (since, why));
        let name = &self.name;
        let unheard = self.unheard.iter().map(|(since, why)| Condition {
            kind: Kind::HeartbeatUnheard,
            subject: name.clone(),
            text: format!("heartbeat `{name}`: {why}; hint: `ipsbell test {name}` tries it"),
            since: *since,
        });
        self.board.report(&self.finder, now, unheard.collect());
        why.map_or(Ok(()), Err)
    }

    /// Nothing is known before the first ping, so what the last process left on the board stays.
    fn report_as_it_was(&self) {
        let now = clock::now();
        let text = self.board.text(Kind::HeartbeatUnheard, &self.name);
        let left = text.map(|text| Condition {
            kind: Kind::HeartbeatUnheard,
            subject: self.name.clone(),
            text,
            since: now,
        });
        self.board.report(&self.finder, now, left.into_iter().collect());
    }

    /// Into the program's log, when it changes.
    fn say(&self, held: Option<&str>) {
        let destination = &self.name;
        match (self.held.as_deref(), held) {
            (None, Some(why)) => warn!(destination, "The heartbeat stops, {why}."),
            (Some(_), None) => info!(destination, "The heartbeat goes on."),
            (Some(before), Some(why)) if before != why => {
                warn!(destination, "The heartbeat is still {why}.");
            }
            _ => {}
        }
    }
}

/// Waits for the time of the next ping; what is stored meanwhile does not matter.
fn wait(waiter: &mut Waiter, next: Instant) -> Woken {
    loop {
        match waiter.wait_until(Some(next)) {
            Woken::Rung => {}
            woken => return woken,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::fake_slack::{FakeSlack, Fault};
    use crate::secret::Secret;
    use crate::store::tests::Place;

    fn page(code: u16, body: &str) -> Option<Fault> {
        Some(Fault::Status { code, body: body.to_owned(), headers: Vec::new() })
    }

    fn heartbeat(place: &Place, service: &FakeSlack, board: &Board) -> Heartbeat {
        let kind = crate::destinations::kind("heartbeat").unwrap();
        let mut config = Config::for_files(&[], kind, place.path().to_owned()).unwrap();
        let destination = &mut config.destinations[0];
        destination.name = "alive".into();
        destination.settings.url = Some(Secret::new(service.url()));
        let receiver = (kind.open)(&destination.settings).unwrap();
        Heartbeat::new(&place.store, destination, receiver, board.clone(), "send alive").unwrap()
    }

    fn pulse(place: &Place) -> Option<(bool, Option<String>)> {
        let pulse = place.view().pulses().unwrap().pop()?;
        Some((pulse.pinged_at.is_some(), pulse.held))
    }

    #[test]
    fn it_beats_when_all_have_reported_and_nothing_is_sick() {
        let (place, service) = (Place::new(), FakeSlack::start().unwrap());
        service.answer_with(page(200, "OK"));
        let board = Board::new(Vec::new(), ["read".to_owned(), "send alive".to_owned()]);
        let mut heart = heartbeat(&place, &service, &board);
        assert_eq!(heart.beat().unwrap(), START_PAUSE);
        assert_eq!((service.requests().len(), pulse(&place)), (0, None));
        let now = clock::now();
        board.report("read", now, Vec::new());
        assert_eq!(heart.beat().unwrap(), heartbeat::EVERY);
        assert_eq!((service.requests().len(), pulse(&place)), (1, Some((true, None))));
        // A hiccup stops nothing, and what keeps no alert from getting through neither.
        let condition = |kind: Kind, hours: i64| Condition {
            kind,
            subject: "/a".into(),
            text: "wrong".into(),
            since: now - jiff::SignedDuration::from_hours(hours),
        };
        let harmless = vec![condition(Kind::SourceUnreadable, 0), condition(Kind::Silent, 1)];
        board.report("read", now, harmless);
        heart.beat().unwrap();
        assert_eq!(service.requests().len(), 2);
        board.report("read", now, vec![condition(Kind::DestinationDown, 1)]);
        heart.beat().unwrap();
        assert_eq!(service.requests().len(), 2);
        assert_eq!(pulse(&place), Some((true, Some("held back: wrong".into()))));
    }

    #[test]
    fn a_ping_that_is_not_taken_is_trouble_and_does_not_stop_the_next() {
        let (place, service) = (Place::new(), FakeSlack::start().unwrap());
        let board = Board::new(Vec::new(), []);
        let mut heart = heartbeat(&place, &service, &board);
        service.answer_with(page(404, ""));
        heart.beat().unwrap();
        let open = board.look(0).unwrap().conditions;
        assert_eq!((open[0].kind, open[0].subject.as_str()), (Kind::HeartbeatUnheard, "alive"));
        assert!(open[0].text.contains("ipsbell test alive"), "{}", open[0].text);
        heart.beat().unwrap();
        let later = board.look(0).unwrap().conditions;
        assert_eq!((later, service.requests().len()), (open.clone(), 2));
        // The next process knows it before its first ping.
        let board = Board::new(open, ["send alive".to_owned()]);
        let mut heart = heartbeat(&place, &service, &board);
        assert!(board.has(Kind::HeartbeatUnheard, "alive"));
        service.answer_with(page(204, ""));
        heart.beat().unwrap();
        assert!(!board.has(Kind::HeartbeatUnheard, "alive"));
        assert_eq!(pulse(&place), Some((true, None)));
    }
}
