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
pub struct Faults(pub Vec<Fault>);

/// So many faults are shown, then how many more there are.
pub const FAULTS_SHOWN_MAX: usize = 100;

impl Position {
    /// The place of a byte offset; the end of the text if it is beyond it.
    pub fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
        }
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
        for (number, fault) in self.0.iter().take(FAULTS_SHOWN_MAX).enumerate() {
            write!(formatter, "{}{fault}", if number == 0 { "" } else { "\n" })?;
        }
        match self.0.len().saturating_sub(FAULTS_SHOWN_MAX) {
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
    fn places() {
        let text = "ab\nc\u{e4}d\n";
        for (offset, line, column) in
            [(0, 1, 1), (2, 1, 3), (3, 2, 1), (6, 2, 3), (8, 3, 1), (99, 3, 1), (5, 3, 1)]
        {
            assert_eq!(Position::of(text, offset), Position { line, column }, "{offset}");
        }
    }

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

        let shown = Faults(vec![plain; FAULTS_SHOWN_MAX + 2]).to_string();
        assert_eq!(shown.lines().count(), FAULTS_SHOWN_MAX + 1);
        assert!(shown.ends_with("\nand 2 more"), "{shown}");
    }
}
