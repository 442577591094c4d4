//! The one place that reads the time. Everything else is given `now`.

use jiff::Timestamp;

/// The time of day, by the machine's clock. It can jump both ways.
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// A clock that never goes back, for waits and pace; of no meaning outside this process.
pub fn monotonic() -> std::time::Instant {
    std::time::Instant::now()
}
