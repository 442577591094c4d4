//! From the paths and globs of a configuration to the files that are there now. Every walk is
//! bounded and gives the same order for the same files. Opens nothing.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use globset::{GlobBuilder, GlobMatcher};

use super::file::{ENTRIES_MAX, Files, Kind, Stat};
use super::finding::What;
use super::unpack::Packing;
use super::{SourceFiles, StartAt};

/// The most files that are followed.
pub const FILES_MAX: usize = 10_000;

/// How deep `**` descends.
pub const DEPTH_MAX: usize = 16;

/// A path or glob that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot use the path `{pattern}`: {why}")]
pub struct PatternError {
    /// The text as it was given.
    pub pattern: String,
    /// What is wrong with it.
    pub why: String,
}

/// A path with wildcards in any component: `*`, `?`, `[a-z]`, `{a,b}`, and `**` for directories at
/// any depth (at most [`DEPTH_MAX`]). As in a shell, names that begin with a dot are matched only by
/// a component that does so too.
#[derive(Debug, Clone)]
pub struct Pattern {
    root: PathBuf,
    steps: Vec<Step>,
    whole: GlobMatcher,
    /// It names compressed files only, as in `*.gz`.
    names_packed: bool,
}

#[derive(Debug, Clone)]
enum Step {
    Name(OsString),
    Wild { glob: GlobMatcher, hidden: bool },
    AnyDepth,
}

/// One `[[source]]`, its patterns ready to use.
#[derive(Debug)]
pub(super) struct Source {
    paths: Vec<Pattern>,
    exclude: Vec<GlobMatcher>,
    pub(super) start_at: StartAt,
    pub(super) first_start: bool,
}

/// A file that is there.
#[derive(Debug, Clone)]
pub(super) struct Sighting {
    pub(super) path: Arc<Path>,
    pub(super) source: usize,
    pub(super) stat: Stat,
}

/// What one walk over all sources saw.
#[derive(Debug, Default)]
pub(super) struct Sight {
    /// Regular files: in the sources' order, then the patterns', then by name.
    pub(super) files: Vec<Sighting>,
    /// What could not be looked at, or is not a file.
    pub(super) troubles: BTreeMap<PathBuf, What>,
    /// Directories in which a file may appear.
    pub(super) directories: BTreeSet<PathBuf>,
    seen: HashSet<Arc<Path>>,
    entries: usize,
}

impl Pattern {
    /// Reads a pattern.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let wrong = |why: String| PatternError { pattern: text.to_owned(), why };
        if text.is_empty() {
            return Err(wrong("it is empty".to_owned()));
        }
        let mut pattern = Self {
            root: PathBuf::new(),
            steps: Vec::new(),
            whole: glob(text).map_err(wrong)?,
            names_packed: is_packed(Path::new(text)),
        };
        for component in Path::new(text).components() {
            match component {
                Component::Prefix(_) | Component::RootDir => pattern.root = PathBuf::from("/"),
                Component::CurDir => {}
                Component::ParentDir => pattern.steps.push(Step::Name("..".into())),
                Component::Normal(name) => {
                    let step = Step::parse(&name.to_string_lossy()).map_err(wrong)?;
                    pattern.steps.push(step);
                }
            }
        }
        match pattern.steps.last() {
            Some(Step::AnyDepth) => Err(wrong("it ends in `**`; hint: end it in `**/*`".into())),
            Some(Step::Name(_) | Step::Wild { .. }) => Ok(pattern),
            None => Err(wrong("it names no file".to_owned())),
        }
    }

    /// Could this path have been found by the pattern?
    pub fn matches(&self, path: &Path) -> bool {
        self.whole.is_match(path)
    }
}

impl Step {
    fn parse(name: &str) -> Result<Self, String> {
        if name == "**" {
            return Ok(Self::AnyDepth);
        }
        if !name.contains(['*', '?', '[', '{', '\\']) {
            return Ok(Self::Name(name.into()));
        }
        Ok(Self::Wild { glob: glob(name)?, hidden: name.starts_with('.') })
    }
}

fn glob(text: &str) -> Result<GlobMatcher, String> {
    GlobBuilder::new(text)
        .literal_separator(true)
        .backslash_escape(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| error.kind().to_string())
}

/// Is this the name of a compressed file? What is in it was written to another file before.
fn is_packed(path: &Path) -> bool {
    path.file_name().and_then(Packing::of).is_some()
}

impl Source {
    pub(super) fn new(files: &SourceFiles) -> Result<Self, PatternError> {
        let paths =
            files.paths.iter().map(|text| Pattern::parse(text)).collect::<Result<_, _>>()?;
        let exclude = files.exclude.iter().map(|text| {
            // A pattern without a directory is about names, as in `*.gz`.
            let anywhere = if text.contains('/') { text.clone() } else { format!("**/{text}") };
            glob(&anywhere).map_err(|why| PatternError { pattern: text.clone(), why })
        });
        let exclude = exclude.collect::<Result<_, _>>()?;
        Ok(Self { paths, exclude, start_at: files.start_at, first_start: files.first_start })
    }

    /// Does this path belong to the source?
    pub(super) fn matches(&self, path: &Path) -> bool {
        let named = self.paths.iter().any(|pattern| pattern.matches(path));
        named && !self.excludes(path) && !is_packed(path)
    }

    fn excludes(&self, path: &Path) -> bool {
        self.exclude.iter().any(|glob| glob.is_match(path))
    }
}

/// Looks at all files of all sources.
pub(super) fn sight(files: &dyn Files, sources: &[Source]) -> Sight {
    let mut sight = Sight::default();
    for (number, source) in sources.iter().enumerate() {
        let mut walk = Walk { files, source, number, names_packed: false, sight: &mut sight };
        for pattern in &source.paths {
            walk.names_packed = pattern.names_packed;
            walk.descend(&pattern.root, &pattern.steps, 0);
        }
    }
    sight
}

struct Walk<'a> {
    files: &'a dyn Files,
    source: &'a Source,
    number: usize,
    names_packed: bool,
    sight: &'a mut Sight,
}

impl Walk<'_> {
    /// Follows `steps` below `directory`. Recursion ends: each call uses up a step or a level.
    fn descend(&mut self, directory: &Path, steps: &[Step], depth: usize) {
        let Some((step, rest)) = steps.split_first() else { return };
        match step {
            Step::Name(name) => {
                let path = directory.join(name);
                if rest.is_empty() {
                    self.arrive(path, true)
                } else {
                    self.descend(&path, rest, depth)
                }
            }
            Step::Wild { glob, hidden } => {
                for name in self.names(directory) {
                    let dotted = name.as_encoded_bytes().first() == Some(&b'.');
                    if (!dotted || *hidden) && glob.is_match(&name) {
                        let path = directory.join(name);
                        if rest.is_empty() {
                            self.arrive(path, false);
                        } else if self.is_directory(&path) {
                            self.descend(&path, rest, depth);
                        }
                    }
                }
            }
            Step::AnyDepth => {
                self.descend(directory, rest, depth);
                if depth == DEPTH_MAX {
                    return;
                }
                for name in self.names(directory) {
                    let path = directory.join(&name);
                    let dotted = name.as_encoded_bytes().first() == Some(&b'.');
                    if !dotted && self.is_directory(&path) {
                        self.descend(&path, steps, depth + 1);
                    }
                }
            }
        }
    }

    /// Takes down what lies at `path`. A `literal` path was named by the user: it is told when it
    /// cannot be a log. Of what a glob finds directories are passed over.
    fn arrive(&mut self, path: PathBuf, literal: bool) {
        if literal && let Some(parent) = path.parent() {
            self.sight.directories.insert(parent.to_path_buf());
        }
        if self.source.excludes(&path) || self.sight.seen.contains(path.as_path()) {
            return;
        }
        if is_packed(&path) {
            self.pass_over_packed(path);
            return;
        }
        if self.sight.seen.len() >= FILES_MAX {
            // The first that is left out stands for all.
            if !self.sight.troubles.values().any(|what| *what == What::TooManyFiles) {
                self.sight.troubles.insert(path, What::TooManyFiles);
            }
            return;
        }
        match self.files.stat(&path) {
            Ok(stat) if stat.kind == Kind::Regular => {
                let path: Arc<Path> = path.into();
                self.sight.seen.insert(path.clone());
                self.sight.files.push(Sighting { path, source: self.number, stat });
            }
            Ok(stat) if stat.kind == Kind::Directory && !literal => {}
            Ok(stat) => {
                self.sight.troubles.insert(path, What::NotAFile { found: stat.kind });
            }
            Err(error) => self.trouble(path, &error),
        }
    }

    /// What a glob finds besides logs is passed over. Who names nothing else is told once.
    fn pass_over_packed(&mut self, path: PathBuf) {
        let told = self.sight.troubles.values().any(|what| *what == What::Compressed);
        if self.names_packed && !told && self.files.stat(&path).is_ok() {
            self.sight.troubles.insert(path, What::Compressed);
        }
    }

    fn is_directory(&self, path: &Path) -> bool {
        self.files.stat(path).is_ok_and(|stat| stat.kind == Kind::Directory)
    }

    fn names(&mut self, directory: &Path) -> Vec<OsString> {
        let here = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        let mut names = match self.files.names(here) {
            Ok(names) => names,
            Err(error) => {
                self.trouble(directory.to_path_buf(), &error);
                Vec::new()
            }
        };
        self.sight.directories.insert(here.to_path_buf());
        names.truncate(ENTRIES_MAX.saturating_sub(self.sight.entries));
        self.sight.entries = self.sight.entries.saturating_add(names.len());
        if self.sight.entries >= ENTRIES_MAX {
            self.sight.troubles.insert(directory.to_path_buf(), What::TooManyFiles);
        }
        names.sort_unstable();
        names
    }

    fn trouble(&mut self, path: PathBuf, error: &io::Error) {
        // What is not there yet is awaited.
        if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) {
            self.sight.troubles.insert(path, What::unreadable(error));
        }
    }
}

#[cfg(test)]
mod tests;
