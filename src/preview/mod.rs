//! What would be told of a log, and when: its events through the triage of a destination, with an ideal receiver at the
//! configured pace. The clock is the records' own and never goes backwards. Pure; stores nothing, sends nothing.

mod hours;
pub mod page;
mod play;

pub use hours::{Hours, SPANS_MAX};
pub use play::{Played, Player, Post};

#[cfg(test)]
mod days;
