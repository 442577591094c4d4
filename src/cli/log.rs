//! Where the program's own log goes: standard error, which systemd hands to the journal.

use std::io::IsTerminal as _;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::time::SystemTime;

/// Starts logging. Under the journal, which has its own, lines carry no time.
pub(super) fn start(level: LevelFilter) {
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let plain = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(level)
        .with_target(false)
        // By default the failure to write a line is written as another line, which panics: a full disk would end the agent.
        .log_internal_errors(false)
        .with_ansi(colours);
    // A second start, in a test, leaves the first in place.
    if std::env::var_os("JOURNAL_STREAM").is_some() {
        drop(plain.without_time().try_init());
    } else {
        drop(plain.with_timer(SystemTime).try_init());
    }
}
