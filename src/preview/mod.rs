//! What would be told of a log, and when: its events through the triage of a destination, with an ideal receiver at the
//! configured pace. The clock is the records' own and never goes backwards. Pure; stores nothing, sends nothing.

mod play;

pub use play::{Played, Player, Post};

#[cfg(test)]
mod days;
