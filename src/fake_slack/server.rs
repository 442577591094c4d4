//! The listener and its threads: one that accepts, one for each connection, both bounded and ended
//! with the fake.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::fault::{Fault, Reply};
use super::rate::Meter;
use super::request::{self, READ_TIME_MAX, Request};
use super::{Limits, REQUESTS_MAX, Received, examine, hook};
use crate::clock;

/// So many connections at once; further ones are closed.
pub(super) const CONNECTIONS_MAX: usize = 64;

/// The body of [`Fault::HugeBody`].
const HUGE_BYTES: usize = 1 << 30;

/// [`Fault::SlowDrip`] sends a byte so often …
const DRIP_EVERY: Duration = Duration::from_millis(20);

/// … and promises so many.
const DRIP_BYTES: usize = 1 << 20;

#[derive(Debug)]
pub(super) struct Server {
    shared: Arc<Shared>,
    port: u16,
    accepting: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    limits: Limits,
}

/// All that the threads share.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Faults for the next requests.
    pub(super) queued: VecDeque<Fault>,
    /// The fault for all others.
    pub(super) standing: Option<Fault>,
    /// How often those that hang were let go.
    pub(super) released: u64,
    pub(super) requests: VecDeque<Received>,
    /// How many requests were read, and how many became messages.
    pub(super) read: usize,
    pub(super) accepted: usize,
    meter: Meter,
    down: bool,
    connections: BTreeMap<u64, TcpStream>,
    pub(super) opened: u64,
}

impl State {
    /// Counts a request, and forgets the oldest where there are too many.
    pub(super) fn record(&mut self, received: Received) {
        self.read += 1;
        self.accepted += usize::from(received.accepted);
        self.requests.push_back(received);
        if self.requests.len() > REQUESTS_MAX {
            self.requests.pop_front();
        }
    }
}

impl Server {
    pub(super) fn start(limits: Limits) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let shared = Shared { state: Mutex::default(), changed: Condvar::new(), limits };
        let server = Self { shared: Arc::new(shared), port, accepting: Mutex::new(None) };
        server.accept(listener)?;
        Ok(server)
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Reads or changes the state, and wakes all who wait for it.
    pub(super) fn with_state<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.shared.state());
        self.shared.changed.notify_all();
        result
    }

    /// Waits until `done` holds or `limit` has passed.
    pub(super) fn wait(&self, limit: Duration, mut done: impl FnMut(&State) -> bool) {
        let state = self.shared.state();
        let waited = self.shared.changed.wait_timeout_while(state, limit, |state| !done(state));
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Closes the listener and every connection.
    pub(super) fn down(&self) {
        let Some(accepting) = lock(&self.accepting).take() else { return };
        self.with_state(|state| {
            state.down = true;
            for stream in state.connections.values() {
                shut(stream);
            }
        });
        // The thread sleeps in `accept`: a connection wakes it, and it sees that it is to end. If
        // nobody can connect there is nobody to refuse either, and the next connection ends it.
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        if TcpStream::connect_timeout(&address, READ_TIME_MAX).is_ok() {
            drop(accepting.join());
        }
    }

    /// Opens the listener again on the same port.
    pub(super) fn up(&self) -> io::Result<()> {
        if lock(&self.accepting).is_some() {
            return Ok(());
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port))?;
        self.with_state(|state| state.down = false);
        self.accept(listener)
    }

    fn accept(&self, listener: TcpListener) -> io::Result<()> {
        let shared = Arc::clone(&self.shared);
        let name = "fake-slack".to_owned();
        let thread = thread::Builder::new().name(name).spawn(move || accept(&listener, &shared))?;
        *lock(&self.accepting) = Some(thread);
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.down();
    }
}

impl Shared {
    // A poisoned lock means that a thread panicked between two plain stores: the state is whole.
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Sleeps until the fake is told to let go, goes down, or `limit` has passed. Is it to go on?
    fn pause(&self, limit: Duration) -> bool {
        let state = self.state();
        let released = state.released;
        let wait = self
            .changed
            .wait_timeout_while(state, limit, |state| state.released == released && !state.down);
        let (state, timeout) = wait.unwrap_or_else(PoisonError::into_inner);
        drop(state);
        timeout.timed_out()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.state().down {
            return;
        }
        // A connection that fails, or is one too many, is the client's to notice.
        let Ok(stream) = stream else { continue };
        let Some(number) = admit(shared, &stream) else { continue };
        let for_thread = Arc::clone(shared);
        let spawned =
            thread::Builder::new().name("fake-slack-connection".to_owned()).spawn(move || {
                // An error here is the client's: it went away.
                drop(serve(stream, &for_thread));
                for_thread.state().connections.remove(&number);
            });
        if spawned.is_err() {
            shared.state().connections.remove(&number);
        }
    }
}

/// Takes a connection in, if there is room.
fn admit(shared: &Shared, stream: &TcpStream) -> Option<u64> {
    let copy = stream.try_clone().ok()?;
    let mut state = shared.state();
    if state.down || state.connections.len() >= CONNECTIONS_MAX {
        return None;
    }
    state.opened += 1;
    let number = state.opened;
    state.connections.insert(number, copy);
    Some(number)
}

fn shut(stream: &TcpStream) {
    // It may be closed already.
    drop(stream.shutdown(Shutdown::Both));
}

/// Answers a connection's requests until one side is done.
fn serve(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_read_timeout(Some(READ_TIME_MAX))?;
    stream.set_nodelay(true)?;
    loop {
        // The fault may be not to read: it is looked up when there is something to read.
        if stream.peek(&mut [0])? == 0 {
            return Ok(());
        }
        let fault = {
            let mut state = shared.state();
            state.queued.pop_front().or_else(|| state.standing.clone())
        };
        if fault == Some(Fault::CloseBeforeRead) {
            shut(&stream);
            return Ok(());
        }
        let request = match request::read(&mut stream)? {
            Ok(request) => request,
            Err(reply) => {
                request::write(&mut stream, &reply)?;
                return Ok(());
            }
        };
        let close = request.close;
        let reply = judge(shared, &request, fault.as_ref());
        if let Some(Fault::Late(wait)) = &fault
            && !shared.pause(*wait)
        {
            shut(&stream);
            return Ok(());
        }
        match (reply, &fault) {
            (Some(reply), _) => request::write(&mut stream, &reply)?,
            (None, Some(fault)) => return misbehave(&mut stream, shared, fault),
            (None, None) => return Ok(()),
        }
        if close || matches!(fault, Some(Fault::OkThenClose | Fault::OkAndClose)) {
            shut(&stream);
            return Ok(());
        }
    }
}

/// Records the request and decides the answer; `None` if the fault is no proper answer.
fn judge(shared: &Shared, request: &Request, fault: Option<&Fault>) -> Option<Reply> {
    let (mut received, ruled) = by_the_rules(shared, request);
    let reply = match fault {
        None => Some(ruled),
        Some(fault) if fault.accepts() && !received.accepted => Some(ruled),
        Some(fault) => {
            received.accepted &= fault.accepts();
            fault.reply()
        }
    };
    received.status = reply.as_ref().map_or(0, |reply| reply.status);
    shared.state().record(received);
    shared.changed.notify_all();
    reply
}

/// What Slack would answer.
fn by_the_rules(shared: &Shared, request: &Request) -> (Received, Reply) {
    let body = match request.content_type.as_str() {
        "application/json" => Some(request.body.clone()),
        "application/x-www-form-urlencoded" => request::form_payload(&request.body),
        _ => None,
    };
    let mut received = examine(body.as_deref().unwrap_or_default());
    received.body.clone_from(&request.body);
    let refusal = match hook::find(&request.path) {
        Err(reply) => Some(reply),
        Ok(()) if request.method != "POST" => Some(Reply::new(405, "")),
        Ok(()) => shared.state().meter.count(&shared.limits, clock::monotonic()),
    };
    let reply = match refusal {
        Some(reply) => {
            received.accepted = false;
            reply
        }
        None if received.accepted => Reply::new(200, "ok"),
        None => Reply::new(400, &received.fault),
    };
    (received, reply)
}

/// Faults that are no proper answer. Each ends the connection.
fn misbehave(stream: &mut TcpStream, shared: &Shared, fault: &Fault) -> io::Result<()> {
    let ok = Reply::new(200, "ok");
    match fault {
        Fault::Hang => while shared.pause(READ_TIME_MAX) {},
        Fault::NoHttp(foreign) => stream.write_all(foreign.bytes())?,
        Fault::HalfAnswer | Fault::AcceptedButHalf => {
            stream.write_all(request::head(&ok, 2).as_bytes())?;
            stream.write_all(b"o")?;
        }
        Fault::SlowDrip => {
            stream.write_all(request::head(&ok, DRIP_BYTES).as_bytes())?;
            for _ in 0..DRIP_BYTES {
                stream.write_all(b"o")?;
                if !shared.pause(DRIP_EVERY) {
                    break;
                }
            }
        }
        Fault::HugeBody => {
            stream.write_all(request::head(&ok, HUGE_BYTES).as_bytes())?;
            let chunk = [b'o'; 64 * 1024];
            for _ in 0..HUGE_BYTES / chunk.len() {
                stream.write_all(&chunk)?;
            }
        }
        _ => {}
    }
    shut(stream);
    Ok(())
}
