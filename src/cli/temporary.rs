//! A state directory for commands that need no store of their own afterwards.

use anyhow::Context as _;

/// A new directory that only this user can enter and that is removed when this is dropped.
pub(super) fn directory() -> anyhow::Result<tempfile::TempDir> {
    tempfile::Builder::new()
        .prefix("ipsbell-")
        .tempdir()
        .context("cannot make a temporary directory; set TMPDIR to a place that can be written")
}
