//! The matcher of `match`, `unless`, `[[mute]]`, `[[severity]]` and `search`: all given keys must hold, any listed value
//! suffices. Pure.

/// A test of an event.
#[derive(Debug, Clone, Default)]
pub struct Matcher {}
