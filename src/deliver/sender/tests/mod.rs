//! The sender against a receiver that answers from a list, on a store of its own. Pauses between
//! tries are passed over by hand: no test waits for time.

mod answers;
mod faults;
mod gaps;
mod model;
mod notices;
mod outage;
mod poison;
mod threads;

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::*;
use crate::config::Config;
use crate::destinations::{Answer, Form};
use crate::store::Writer;
use crate::store::tests::{Place, at, retention, store};

/// Steps after which a sender has come to rest, or never will.
const STEPS_MAX: usize = 10_000;

/// The columns of the ledger, as one text a post.
const LEDGER: &str = "SELECT state || ' ' || events || ' ' || tries || ' ' || unanswered || ' ' || \
                      maybe_repeated || ' ' || minimal FROM notification ORDER BY id";

/// What a receiver was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Post {
    message: Message,
    minimal: bool,
    maybe_repeated: bool,
}

/// What a receiver answers, and what it was sent.
#[derive(Default)]
struct Script {
    answers: VecDeque<Answer>,
    /// The answer when no other is left; else it takes the post.
    otherwise: Option<Answer>,
    posts: Vec<Post>,
    /// Was the post taken, for all that the sender can know? One for each.
    taken: Vec<bool>,
    /// Rendering panics: in the rich form, or in every one.
    unrenderable: Option<bool>,
    /// Happens when a post has arrived and is not answered yet.
    during: Option<Box<dyn FnMut() + Send>>,
}

#[derive(Clone, Default)]
struct Scripted(Arc<Mutex<Script>>);

impl Scripted {
    fn script(&self) -> MutexGuard<'_, Script> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        self.script().answers.extend(answers);
    }

    fn during(&self, during: impl FnMut() + Send + 'static) {
        self.script().during = Some(Box::new(during));
    }

    fn posts(&self) -> Vec<Post> {
        self.script().posts.clone()
    }
}

impl Destination for Scripted {
    fn render(&self, message: &Message, form: Form) -> Vec<u8> {
        let Form { minimal, maybe_repeated } = form;
        let unrenderable = self.script().unrenderable;
        assert!(unrenderable.is_none_or(|always| minimal && !always), "the renderer has a fault");
        let post = Post { message: message.clone(), minimal, maybe_repeated };
        serde_json::to_vec(&post).unwrap()
    }

    fn post(&mut self, payload: &[u8], _: Duration) -> Answer {
        let during = {
            let mut script = self.script();
            script.posts.push(serde_json::from_slice(payload).unwrap());
            script.during.take()
        };
        // Once, and with the script free: it may look at the posts, block, or panic.
        if let Some(mut during) = during {
            during();
        }
        let mut script = self.script();
        let answer = script.answers.pop_front().or_else(|| script.otherwise.clone());
        let answer = answer.unwrap_or(Answer::Delivered);
        let taken =
            matches!(answer, Answer::Delivered | Answer::Later { maybe_delivered: true, .. });
        script.taken.push(taken);
        answer
    }

    fn reach(&mut self, _: Duration) -> Result<(), String> {
        Ok(())
    }
}

/// A destination `soc` with its store and receiver. Each alert is told at once, at no pace.
struct Bench {
    place: Place,
    writer: Writer,
    config: Config,
    receiver: Scripted,
    board: Board,
    sender: Sender,
}

fn config() -> Config {
    let kind = crate::destinations::kind("console").unwrap();
    let mut config = Config::for_files(&[], kind, "/nonexistent".into()).unwrap();
    config.destinations[0].name = "soc".into();
    config.destinations[0].repeat_every = Duration::ZERO;
    config
}

fn sender(place: &Place, config: &Config, receiver: &Scripted, board: &Board) -> Sender {
    let limiter = Arc::new(Limiter::new(Duration::ZERO));
    let receiver = Box::new(receiver.clone());
    let destination = &config.destinations[0];
    let (board, context) = (board.clone(), Arc::default());
    let sender =
        Sender::new(&place.store, config, destination, receiver, limiter, board, &context).unwrap();
    sender.ledger.hurry();
    sender
}

fn drained() -> Until {
    let reader = Signal::default();
    reader.stop();
    Until::Drained(reader)
}

impl Bench {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = config();
        change(&mut config);
        let (place, receiver) = (Place::new(), Scripted::default());
        let board = Board::new(Vec::new(), []);
        let sender = sender(&place, &config, &receiver, &board);
        let writer = place.store.writer().unwrap();
        Self { place, writer, config, receiver, board, sender }
    }

    /// Another process takes over; the last one had no time to put anything down.
    fn restart(&mut self) {
        self.sender = sender(&self.place, &self.config, &self.receiver, &self.board);
    }

    fn store(&mut self, rule: u32, count: u32) {
        store(&mut self.writer, rule, count, 0);
    }

    /// Lets go all events that are stored.
    fn let_all_go(&mut self) {
        let none = retention(|keep| keep.events = Some(Duration::ZERO));
        self.writer.sweep(at(1), &none).unwrap();
    }

    /// Steps until there is nothing to do at once. True if all is told.
    fn settle(&mut self, until: &Until) -> bool {
        for _ in 0..STEPS_MAX {
            match self.sender.advance(until).unwrap() {
                Step::GoOn => {}
                Step::Wait(_) => return false,
                Step::End(drained) => return drained,
            }
        }
        panic!("the sender never comes to rest: {} posts", self.receiver.posts().len());
    }

    /// All pauses are over.
    fn wait(&mut self) {
        self.sender.next_try_at = None;
        self.sender.refused = false;
    }

    /// The time for the next try has come.
    fn settle_again(&mut self) {
        self.wait();
        self.settle(&Until::Stopped);
    }

    fn ledger(&self) -> Vec<String> {
        Place::lines(self.place.path(), LEDGER)
    }

    /// unread, held, told, given up, expired: whole, and the same by both sums.
    fn account(&self) -> [u64; 5] {
        let account = self.place.account("soc");
        [account.unread, account.held, account.told, account.given_up, account.expired]
    }
}

fn later(maybe_delivered: bool) -> Answer {
    Answer::Later { after: None, maybe_delivered, slow_down: false, why: "later".into() }
}

fn refused() -> Answer {
    Answer::PayloadRefused { why: "invalid_payload".into() }
}

fn gone() -> Answer {
    Answer::DestinationRefused { why: "no_service".into() }
}

/// All that a message says.
fn text(post: &Post) -> String {
    serde_json::to_string(&post.message).unwrap()
}
