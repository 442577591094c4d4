//! What wakes the threads: "look again" and "stop". It carries no data, so nothing can be lost in it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// A shared flag that threads sleep on. Clones are the same signal.
#[derive(Debug, Clone, Default)]
pub struct Signal {
    inner: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Debug, Default)]
struct State {
    rung: u64,
    stopping: bool,
}

/// Why a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// Somebody rang since this waiter last looked.
    Rung,
    /// The deadline passed.
    Deadline,
    /// The program stops.
    Stopping,
}

/// One waiter's memory of what it has seen, so that a ring between two waits is not missed.
#[derive(Debug)]
pub struct Waiter {
    signal: Signal,
    seen: u64,
}

impl Signal {
    /// Wakes every waiter, now or at its next wait.
    pub fn ring(&self) {
        self.state().rung += 1;
        self.inner.1.notify_all();
    }

    /// Tells every waiter, for good, to stop.
    pub fn stop(&self) {
        self.state().stopping = true;
        self.inner.1.notify_all();
    }

    /// Takes a stop back: for a signal that outlives a reload.
    pub fn begin_again(&self) {
        self.state().stopping = false;
    }

    /// Does the program stop?
    pub fn stopping(&self) -> bool {
        self.state().stopping
    }

    /// A waiter that has seen all rings so far.
    pub fn waiter(&self) -> Waiter {
        Waiter { seen: self.state().rung, signal: self.clone() }
    }

    // A poisoned lock means that a thread panicked between two plain stores: the state is whole, go on to stop in order.
    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiter {
    /// Sleeps until a ring, a stop or `deadline`, whichever is first.
    pub fn wait_until(&mut self, deadline: Option<Instant>) -> Woken {
        let mut state = self.signal.state();
        loop {
            if state.stopping {
                return Woken::Stopping;
            }
            if state.rung != self.seen {
                self.seen = state.rung;
                return Woken::Rung;
            }
            let condition = &self.signal.inner.1;
            state = match deadline {
                None => condition.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(crate::clock::monotonic());
                    if left.is_zero() {
                        return Woken::Deadline;
                    }
                    condition.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }
}
