//! A strict Slack on loopback, for the demo and the tests. It enforces the documented limits and can be told to fail.
