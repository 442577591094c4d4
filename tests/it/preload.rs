//! Libraries of C that are loaded before all others, so that the real program meets faults that no test could bring about
//! from outside. Knows none of the faults.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::text;

/// Compiles a library of these sources of `tests/it`.
///
/// # Errors
/// Why there is none, where there is no compiler.
pub(crate) fn compile(library: &Path, sources: &[&str]) -> Result<(), String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let made = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o"])
        .arg(library)
        .args(sources.iter().map(|source| directory.join(source)))
        .output()
        .map_err(|error| format!("there is no cc ({error})"))?;
    assert!(made.status.success(), "{}", text(&made.stderr));
    Ok(())
}

/// The library of one source, in `directory`; says so where it cannot be had.
pub(crate) fn library(test: &str, directory: &Path, source: &str) -> Option<PathBuf> {
    let library = directory.join("preloaded.so");
    match compile(&library, &[source]) {
        Ok(()) => Some(library),
        Err(why) => {
            eprintln!("SKIPPED {test}: {why}");
            None
        }
    }
}
