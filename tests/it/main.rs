//! The real binary from outside. Each test has a directory of its own and, where it posts, a fake Slack on loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test that cannot go on has to say so and stop"
)]

/// A directory, the binary, lines of logs, waiting with a deadline.
mod support;

/// Chance, with its seed.
mod dice;
/// Numbered alerts: written, and found again exactly once.
mod numbered;
/// What the channel was told, read back from the posts.
mod received;
/// What of numbered alerts is in the store.
mod stored;

/// What Slack can answer, and what the agent makes of it.
mod answers;
/// A backlog, two destinations, signals during a reload.
mod backlog;
/// Broken lines, hostile lines, files that cannot be read, a full disk.
mod bad_input;
/// What the agent takes of the machine, whatever it is fed with.
mod bounds;
/// The same under load, with kills at any point.
mod campaign;
/// parse, formats, check, test, watch, status, search, demo: what they print and how they exit.
mod commands;
/// Every wrong configuration and its message.
mod configuration;
/// What cards show beside the log, and what they do not show of it.
mod context;
/// Every fault of a receiver, in turn and at random, and both accounts at the end.
mod delivery;
/// The store's file from the first version on.
mod golden;
/// A network file system that hangs.
mod hanging;
/// The journal of systemd, by the real journalctl and by one that fails.
mod journal;
/// Write, rotate, kill, restart, Slack down and back: every event accounted for.
mod journey;
/// The real logrotate, beside the agent and while it is stopped.
mod logrotate;
/// Random lives of the real program against a toy.
mod model;
/// mute, unmute, mutes: beside a running agent.
mod mutes;
/// A record that ends the program.
mod poison;
/// A disk that refuses, and a machine that loses power, at each call in turn.
mod powercut;
/// Libraries of C that are loaded before all others.
mod preload;
/// What would be posted, as text, lines and a page.
mod preview;
/// Records of several lines.
mod records;
/// Line by line as `linemux` gives them, where nothing is difficult.
mod reference;
/// The real rsyslogd as the log's writer.
mod rsyslog;
/// TERM, HUP, USR1, --once.
mod running;
/// A database that is damaged, copied, or does not agree with itself.
mod sickness;
/// Rules about the sources and documents themselves.
mod tidy;
mod trouble;
