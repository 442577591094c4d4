//! The reader thread: bytes to records to events, committed with the position behind them.
