//! What is wrong with a file, and where.

use std::fmt;
use std::path::{Path, PathBuf};

/// So many faults are kept; the others are counted.
pub const FAULTS_MAX: usize = 20;

/// What is wrong with a file or with one of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: Option<u64>,
    /// What was wanted, or why nothing was read.
    pub what: String,
}

/// `/etc/ipsbell/assets.csv:7: wanted an address or a network`.
impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:", self.path.display())?;
        if let Some(line) = self.line {
            write!(formatter, "{line}:")?;
        }
        write!(formatter, " {}", self.what)
    }
}

/// The faults of all files, in the order in which they were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// The first [`FAULTS_MAX`].
    pub list: Vec<Fault>,
    /// How many more there are.
    pub more: usize,
}

impl Faults {
    pub(super) fn push(&mut self, path: &Path, line: Option<u64>, what: String) {
        if self.list.len() < FAULTS_MAX {
            self.list.push(Fault { path: path.to_owned(), line, what });
        } else {
            self.more += 1;
        }
    }

    /// Each as a sentence, and one for those beyond the most.
    pub fn sentences(&self) -> impl Iterator<Item = String> {
        let more = (self.more > 0).then(|| format!("and {} more of these", self.more));
        self.list.iter().map(Fault::to_string).chain(more)
    }
}
