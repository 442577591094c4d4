//! What is wrong with a configuration: every fault, each with its place and what to type instead.
//! Holds words only, never the text of a file, since that may be a secret.

use std::fmt;
use std::path::PathBuf;

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub file: PathBuf,
    /// Where in it; `None` if the file as a whole is at fault.
    pub position: Option<Position>,
    /// What is wrong: what was wanted, what was found.
    pub what: String,
    /// What to type instead.
    pub hint: Option<String>,
}

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

/// All faults of a configuration, by file and place. Never empty when it is an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// The faults, at most [`FAULTS_MAX`].
    pub list: Vec<Fault>,
    /// How many more there are.
    pub more: usize,
}

/// So many faults are kept and shown, then how many more there are.
pub const FAULTS_MAX: usize = 100;

impl Faults {
    /// Keeps a fault, or counts it if there are [`FAULTS_MAX`] already.
    pub(super) fn push(&mut self, fault: Fault) {
        if self.list.len() < FAULTS_MAX {
            self.list.push(fault);
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    /// No fault?
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.line, self.column)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:", self.file.display())?;
        if let Some(position) = self.position {
            write!(formatter, "{position}:")?;
        }
        write!(formatter, " {}", self.what)?;
        self.hint.iter().try_for_each(|hint| write!(formatter, "\n  hint: {hint}"))
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, fault) in self.list.iter().enumerate() {
            write!(formatter, "{}{fault}", if number == 0 { "" } else { "\n" })?;
        }
        match self.more {
            0 => Ok(()),
            more => write!(formatter, "\nand {more} more"),
        }
    }
}

impl std::error::Error for Faults {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_like_a_compiler_and_up_to_a_limit() {
        let fault = Fault {
            file: "a.toml".into(),
            position: Some(Position { line: 12, column: 3 }),
            what: "unknown key `pathes`".to_owned(),
            hint: Some("did you mean `paths`?".to_owned()),
        };
        assert_eq!(
            fault.to_string(),
            "a.toml:12:3: unknown key `pathes`\n  hint: did you mean `paths`?"
        );
        let plain = Fault { position: None, hint: None, ..fault };
        assert_eq!(plain.to_string(), "a.toml: unknown key `pathes`");

        let mut faults = Faults::default();
        for _ in 0..FAULTS_MAX + 2 {
            faults.push(plain.clone());
        }
        let shown = faults.to_string();
        assert_eq!(shown.lines().count(), FAULTS_MAX + 1);
        assert!(shown.ends_with("\nand 2 more"), "{shown}");
    }
}
