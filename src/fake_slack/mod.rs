//! A strict Slack on loopback, for the demo and the tests. It enforces the documented limits of
//! incoming webhooks, records every post with what it would notify and link, and can be told to
//! fail in every way a receiver can. Knows nothing of this agent: what it refuses, Slack may
//! refuse.

mod check;
mod fault;
mod hook;
mod json;
mod markup;
mod rate;
mod request;
mod rich_text;
mod server;
mod terminal;

pub use fault::{Fault, Foreign, RetryAfter};
pub use rate::{KillSwitch, Rate};
pub use terminal::render_terminal;

use std::io;
use std::time::{Duration, Instant};

use serde_json::Value;

/// The last so many requests are remembered.
pub const REQUESTS_MAX: usize = 10_000;

/// One request, as it came in.
#[derive(Debug, Clone)]
pub struct Received {
    /// When it was read.
    pub at: Instant,
    /// Its exact body.
    pub body: Vec<u8>,
    /// The body as JSON, `Null` where it is none.
    pub json: Value,
    /// It became a message in the channel, whatever the answer said.
    pub accepted: bool,
    /// The status that it was answered with; 0 where it was not answered.
    pub status: u16,
    /// Slack's word for what is wrong with it, empty where nothing is.
    pub fault: String,
    /// Mentions that would notify people.
    pub would_notify: Vec<String>,
    /// What would be a link.
    pub would_link: Vec<String>,
    /// Links that Slack would fetch to show what is behind them.
    pub would_unfurl: Vec<String>,
    /// How long Slack counts it, in escaped characters.
    pub chars: usize,
}

impl Received {
    /// The top-level text: what a notification shows.
    pub fn text(&self) -> &str {
        self.json.get("text").and_then(Value::as_str).unwrap_or_default()
    }

    /// The blocks of all attachments and of the message itself.
    pub fn blocks(&self) -> Vec<&Value> {
        let own = members(&self.json, "blocks");
        let attached = members(&self.json, "attachments");
        own.iter().chain(attached.iter().flat_map(|each| members(each, "blocks"))).collect()
    }

    /// All text that is shown, the top-level text first: a line for each block's line.
    pub fn shown(&self) -> String {
        terminal::plain(self)
    }
}

fn members<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// How the fake limits those who post. By default it does not.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limits {
    /// Posts a second.
    pub rate: Option<Rate>,
    /// The hook is switched off for good after too many posts in a time.
    pub kill_switch: Option<KillSwitch>,
}

/// A running fake. It stops when it is dropped.
#[derive(Debug)]
pub struct FakeSlack {
    server: server::Server,
}

impl FakeSlack {
    /// Starts one on a free port of loopback, without limits of rate.
    pub fn start() -> io::Result<Self> {
        Self::start_with(Limits::default())
    }

    /// Starts one with limits of rate.
    pub fn start_with(limits: Limits) -> io::Result<Self> {
        Ok(Self { server: server::Server::start(limits)? })
    }

    /// The webhook's URL.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}{}", self.server.port(), hook::PATH)
    }

    /// Answers every request so until told otherwise; `None` is the usual way. What
    /// [`Self::fail_next`] queued comes first.
    pub fn answer_with(&self, fault: Option<Fault>) {
        self.server.with_state(|state| state.standing = fault);
    }

    /// The next `times` requests fail so, behind those that are queued already.
    pub fn fail_next(&self, times: usize, fault: &Fault) {
        self.server.with_state(|state| {
            state.queued.extend(std::iter::repeat_n(fault.clone(), times));
        });
    }

    /// Fails no request that [`fail_next`](Self::fail_next) was told to fail and that did not come yet.
    pub fn fail_no_more(&self) {
        self.server.with_state(|state| state.queued.clear());
    }

    /// Lets go of every request that hangs; their connections are closed.
    pub fn release(&self) {
        self.server.with_state(|state| state.released += 1);
    }

    /// Goes down: connections are cut and new ones refused.
    pub fn down(&self) {
        self.server.down();
    }

    /// Comes up again, on the same port.
    pub fn up(&self) -> io::Result<()> {
        self.server.up()
    }

    /// Waits until `messages` posts were accepted since the start, or `limit` has passed. All that
    /// were accepted.
    pub fn wait_for(&self, messages: usize, limit: Duration) -> Vec<Received> {
        self.server.wait(limit, |state| state.accepted >= messages);
        self.received()
    }

    /// Waits until `requests` were read since the start, or `limit` has passed. All that were read.
    pub fn wait_for_requests(&self, requests: usize, limit: Duration) -> Vec<Received> {
        self.server.wait(limit, |state| state.read >= requests);
        self.requests()
    }

    /// The posts that were accepted, in order.
    pub fn received(&self) -> Vec<Received> {
        self.server.with_state(|state| {
            state.requests.iter().filter(|request| request.accepted).cloned().collect()
        })
    }

    /// How many connections were taken in since the start.
    pub fn connections(&self) -> u64 {
        self.server.with_state(|state| state.opened)
    }

    /// Every request that was read, in order.
    pub fn requests(&self) -> Vec<Received> {
        self.server.with_state(|state| state.requests.iter().cloned().collect())
    }
}

/// Checks a body as the fake does a post's, without a server.
pub fn examine(body: &[u8]) -> Received {
    let mut received = Received {
        at: crate::clock::monotonic(),
        body: body.to_vec(),
        json: Value::Null,
        accepted: false,
        status: 0,
        fault: String::new(),
        would_notify: Vec::new(),
        would_link: Vec::new(),
        would_unfurl: Vec::new(),
        chars: 0,
    };
    let Ok(json) = json::parse(body) else {
        "invalid_payload".clone_into(&mut received.fault);
        return received;
    };
    let seen = check::check(&json);
    received.json = json;
    received.accepted = seen.fault.is_none();
    received.fault = seen.fault.unwrap_or_default().to_owned();
    received.would_notify = seen.marks.notify;
    received.would_link = seen.marks.link;
    received.would_unfurl = if seen.unfurls { received.would_link.clone() } else { Vec::new() };
    received.chars = seen.chars;
    received
}

#[cfg(test)]
mod tests;
