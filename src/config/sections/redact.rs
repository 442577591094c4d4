//! `[[redact]]`.

use regex::{Regex, RegexBuilder};

use crate::config::Redaction;
use crate::config::reader::Table;
use crate::wanted::Unfit;

/// The most `[[redact]]` of a configuration: each is looked for in every text of a post.
pub(in crate::config) const REDACTIONS_MAX: usize = 64;

const PATTERN_BYTES_MAX: usize = 1_024;
const COMPILED_BYTES_MAX: usize = 1 << 20;

impl Redaction {
    /// `known` are the names of all destinations.
    pub(in crate::config) fn read(table: &Table<'_, '_>, known: &[&str]) -> Option<Self> {
        let reader = table.reader;
        let pattern =
            table.required("pattern", |node| reader.parsed(node, "a regular expression", pattern));
        let destinations = table.list("destinations", |node| {
            let name = reader.text(node)?.into_owned();
            if known.contains(&name.as_str()) {
                return Ok(name);
            }
            Err(node.unfit(Unfit::one_of("the name of a destination", &name, known)))
        });
        if table.node("destinations").is_some() && destinations.is_none() {
            return None;
        }
        Some(Self { pattern: pattern?, destinations: destinations.unwrap_or_default() })
    }

    /// Does it hold for posts of this destination?
    pub fn holds_for(&self, destination: &str) -> bool {
        self.destinations.is_empty() || self.destinations.iter().any(|name| name == destination)
    }
}

fn pattern(text: &str) -> Result<Regex, Unfit> {
    let wanted = format!("a regular expression of 1 to {PATTERN_BYTES_MAX} bytes");
    if text.is_empty() || text.len() > PATTERN_BYTES_MAX {
        return Err(Unfit::new(wanted).hint("such as `'EMP-\\d{6}'`, in single quotes"));
    }
    let built = RegexBuilder::new(text).size_limit(COMPILED_BYTES_MAX).build();
    let pattern = built.map_err(|error| Unfit::new("a regular expression").hint(reason(&error)))?;
    if pattern.is_match("") {
        let unfit = Unfit::new("a regular expression that needs at least one character");
        return Err(unfit.hint("write `+` instead of `*`, and leave out what may be missing"));
    }
    Ok(pattern)
}

/// The last line of what the crate says; those before it repeat the pattern.
fn reason(error: &regex::Error) -> String {
    let said = error.to_string();
    let last = said.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}
