//! The sender thread: one for each destination. It reads on behind its cursor, lets `triage` decide, commits the attempt,
//! posts it, and commits the answer. What to do after an answer is decided in `retry`, without effects.

mod heartbeat;
mod limiter;
mod mentions;
mod notices;
mod posting;
mod retry;
mod sender;
mod wording;
pub use wording::wording;

pub use heartbeat::Heartbeat;
pub use limiter::Limiter;
pub use mentions::Mentions;
pub use posting::POST_TIME_MAX;
pub use sender::{Sender, Until, finder};
