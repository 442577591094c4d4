//! Texts of rules, from the IPS's own files: `alert … (msg:"…"; reference:url,…; sid:…;)`, a rule a line or several that end
//! with `\` (Suricata user guide, "Rules Format"; Snort 3 rule writing guide). Only what is in force is read: a rule behind
//! `#` fires never.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use globset::GlobBuilder;

use super::{Faults, kept};

/// The most rules.
pub(super) const RULES_MAX: usize = 200_000;

/// The most files of rules.
pub(super) const FILES_MAX: usize = 1_000;

/// So many references of a rule are kept.
pub(super) const REFERENCES_MAX: usize = 2;

/// A rule over several lines is read up to so many bytes.
pub(super) const RULE_BYTES_MAX: usize = 64 << 10;

/// What a rule says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleText {
    /// `msg`.
    pub name: Option<Box<str>>,
    /// `reference`: addresses of pages as they are written, mostly without `http://`.
    pub references: Vec<Box<str>>,
}

/// By generator and id.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules(HashMap<(u32, u64), RuleText>);

/// The lines of a file on their way to rules.
#[derive(Debug, Default)]
pub(super) struct Reader {
    begun: String,
}

impl Rules {
    pub(super) fn add(&mut self, reader: &mut Reader, line: &str) -> Result<(), String> {
        if reader.begun.is_empty() && (line.is_empty() || line.starts_with('#')) {
            return Ok(());
        }
        if reader.begun.len() + line.len() > RULE_BYTES_MAX {
            reader.begun.clear();
            return Err(format!("wanted a rule of at most {RULE_BYTES_MAX} bytes"));
        }
        if let Some(begun) = line.strip_suffix('\\') {
            reader.begun.push_str(begun);
            return Ok(());
        }
        let rule = std::mem::take(&mut reader.begun) + line;
        let Some((key, text)) = read(&rule) else {
            return Err("wanted a rule with `sid` in parentheses".to_owned());
        };
        if self.0.len() >= RULES_MAX && !self.0.contains_key(&key) {
            return Err(format!("more than {RULES_MAX} rules"));
        }
        self.0.entry(key).or_insert(text);
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn of(&self, generator: u32, id: u64) -> Option<&RuleText> {
        self.0.get(&(generator, id))
    }
}

fn read(rule: &str) -> Option<((u32, u64), RuleText)> {
    let (_, options) = rule.split_once('(')?;
    let (options, _) = options.rsplit_once(')')?;
    let (mut generator, mut id, mut text) = (1, None, RuleText::default());
    for option in options_of(options) {
        let Some((name, value)) = option.split_once(':') else { continue };
        let value = value.trim();
        match name.trim() {
            "gid" => generator = value.parse().ok()?,
            "sid" => id = Some(value.parse().ok()?),
            "msg" => text.name = kept(&unquoted(value)).map(String::into_boxed_str),
            "reference" if text.references.len() < REFERENCES_MAX => {
                let url = value.split_once(',').filter(|(kind, _)| kind.trim() == "url");
                let url = url.and_then(|(_, url)| kept(&unquoted(url.trim())));
                text.references.extend(url.map(String::into_boxed_str));
            }
            _ => {}
        }
    }
    Some(((generator, id?), text))
}

/// The options, without the semicolons between them. In quotes and behind a backslash there is none.
fn options_of(text: &str) -> Vec<&str> {
    let (mut options, mut begin, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b';' if !quoted => {
                options.extend(text.get(begin..at));
                begin = at + 1;
            }
            _ => {}
        }
    }
    options.extend(text.get(begin..));
    options
}

/// Without quotes around it and without backslashes before `"`, `;`, `:` and `\`.
fn unquoted(text: &str) -> String {
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => plain.push(
                characters.next_if(|next| matches!(next, '"' | ';' | ':' | '\\')).unwrap_or('\\'),
            ),
            other => plain.push(other),
        }
    }
    plain
}

/// The files that these paths name. A pattern is compared with the names in its directory.
pub(super) fn files(paths: &[PathBuf], faults: &mut Faults) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in paths {
        match named(path) {
            Ok(found) if found.is_empty() => {
                faults.push(path, None, "there is no such file".into())
            }
            Ok(found) => files.extend(found),
            Err(why) => faults.push(path, None, why),
        }
    }
    files.sort();
    files.dedup();
    if let Some(first) = files.get(FILES_MAX) {
        faults.push(first, None, format!("it is not read: there are more than {FILES_MAX} files"));
        files.truncate(FILES_MAX);
    }
    files
}

fn named(path: &Path) -> Result<Vec<PathBuf>, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let pattern = GlobBuilder::new(&name).build().map_err(|error| error.to_string())?;
    let pattern = pattern.compile_matcher();
    let directory = path.parent().unwrap_or(Path::new("/"));
    let entries = directory.read_dir().map_err(|error| {
        format!("the directory {} cannot be read: {error}", directory.display())
    })?;
    // One that cannot be looked at has no name to compare.
    let names = entries.filter_map(|entry| entry.ok().map(|entry| entry.file_name()));
    Ok(names.filter(|name| pattern.is_match(name)).map(|name| directory.join(name)).collect())
}
