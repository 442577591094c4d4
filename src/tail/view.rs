//! What one look at all files has seen so far, so that no directory is listed twice in it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Tail;
use super::discover::Sighting;
use super::file::{Files, Stat};
use super::finding::What;
use super::rotated::Rotated;

/// See the module's text.
#[derive(Default)]
pub(super) struct View<'a> {
    /// What paths of sources lead to.
    pub(super) seen: HashMap<(u64, u64), &'a Sighting>,
    by_path: HashMap<&'a Path, &'a Sighting>,
    /// What is followed, or must not be taken for new for another reason.
    pub(super) taken: HashSet<(u64, u64)>,
    pub(super) troubles: BTreeMap<PathBuf, What>,
    /// Logs of which missed files are read from their beginning now.
    pub(super) begun: HashSet<Arc<Path>>,
    directories: HashMap<PathBuf, Directory>,
    siblings: HashMap<PathBuf, HashMap<(u64, u64), OsString>>,
}

/// The names in a directory.
#[derive(Default)]
pub(super) struct Directory {
    pub(super) names: HashSet<OsString>,
    by_log: HashMap<OsString, Vec<Rotated>>,
}

impl<'a> View<'a> {
    pub(super) fn new(files: &'a [Sighting], taken: HashSet<(u64, u64)>) -> Self {
        Self {
            // The first name that leads to a file is the one under which it is read.
            seen: files.iter().rev().map(|sighting| (sighting.stat.id(), sighting)).collect(),
            by_path: files.iter().map(|sighting| (&*sighting.path, sighting)).collect(),
            taken,
            ..Self::default()
        }
    }

    /// What a path of a source leads to.
    pub(super) fn at(&self, path: &Path) -> Option<&'a Sighting> {
        self.by_path.get(path).copied()
    }

    /// The names in a directory.
    pub(super) fn beside(&mut self, files: &dyn Files, directory: &Path) -> io::Result<&Directory> {
        if !self.directories.contains_key(directory) {
            let mut listed = Directory::default();
            for name in files.names(here(directory))? {
                for (log, rotated) in Rotated::all(&name) {
                    listed.by_log.entry(log).or_default().push(rotated);
                }
                listed.names.insert(name);
            }
            self.directories.insert(directory.to_path_buf(), listed);
        }
        self.directories.get(directory).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Is there any file in the directory of this log? An empty one may be that under a file system
    /// that is not mounted.
    pub(super) fn holds_files(&mut self, files: &dyn Files, path: &Path) -> bool {
        let beside = path.parent().map(|directory| self.beside(files, directory));
        beside.is_some_and(|beside| beside.is_ok_and(|beside| !beside.names.is_empty()))
    }

    /// The name of the file with this number in a directory.
    pub(super) fn by_id(
        &mut self,
        tail: &Tail,
        directory: &Path,
        id: (u64, u64),
    ) -> io::Result<Option<OsString>> {
        if !self.siblings.contains_key(directory) {
            let siblings = tail.siblings(directory)?;
            let by_id = siblings.into_iter().map(|(name, stat): (_, Stat)| (stat.id(), name));
            self.siblings.insert(directory.to_path_buf(), by_id.collect());
        }
        Ok(self.siblings.get(directory).and_then(|siblings| siblings.get(&id)).cloned())
    }
}

impl Directory {
    /// The rotated files of a log, by their names.
    pub(super) fn rotated(&self, log: &std::ffi::OsStr) -> Vec<Rotated> {
        // While a file is being compressed it is there twice: the plain one is read.
        let is_twin = |one: &&Rotated| {
            one.packing.as_ref().is_some_and(|(plain, _)| self.names.contains(plain))
        };
        let all = self.by_log.get(log).into_iter().flatten();
        all.filter(|one| !is_twin(one)).cloned().collect()
    }
}

/// The parent of a relative path without a directory is empty.
pub(super) fn here(directory: &Path) -> &Path {
    if directory.as_os_str().is_empty() { Path::new(".") } else { directory }
}
