//! The sender thread: one for each destination.
