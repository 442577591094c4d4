//! The sender thread: one for each destination. It reads on behind its cursor, lets `triage` decide, commits the attempt,
//! posts it, and commits the answer. What to do after an answer is decided in `retry`, without effects.

mod health;
mod limiter;
mod mentions;
mod retry;
mod said;
mod sender;

pub use health::{Failing, Health};
pub use limiter::Limiter;
pub use sender::{Sender, Until};
