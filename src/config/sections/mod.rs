//! One file a section of the configuration: which keys it reads, and what it accepts.

pub(super) mod agent;
pub(super) mod destination;
pub(super) mod matchers;
pub(super) mod retention;
pub(super) mod source;
pub(super) mod url;
