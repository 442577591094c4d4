//! The only place that opens a log: identity, position, rotation, bounded lines. Knows no format, no store.
