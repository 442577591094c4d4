//! How all grammars are tested.
