//! Which reader reads what, and where it stands. Files on a network file system have a reader of their own, since a read
//! there can hang for as long as the server is away. Reads nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::journals::Entries;
use crate::config::{Config, Source};
use crate::signal::Signal;
use crate::store::Store;
use crate::tail::{Mounts, SourceFiles, Tail};
use crate::{clock, identifier};

/// Readers at most: one for what is here, the others for a network file system each. Those that are left share the last.
pub const READERS_MAX: usize = 8;

/// What one reader reads.
#[derive(Debug, Clone)]
pub(super) struct Duty {
    /// Its place among the readers; 0 is the reader of what is on this machine.
    pub(super) number: usize,
    /// The mount points of the network file systems; none for the reader of what is on this machine.
    pub(super) mounts: Vec<PathBuf>,
    /// All sources in the order of the configuration, each with those of its paths that this reader reads.
    pub(super) sources: Vec<Source>,
    /// The mount points that any reader reads.
    served: BTreeSet<PathBuf>,
    table: Mounts,
}

/// Where reading stands between two readers: open files, and what wakes whoever reads them.
#[derive(Debug)]
pub struct Standing {
    pub(super) duty: Duty,
    pub(super) tail: Tail,
    /// What is read of the journal; none but for the reader of what is on this machine.
    pub(super) entries: Vec<Entries>,
    pub(super) wake: Signal,
}

impl Duty {
    /// Divides the sources among readers. The first is the one of this machine, though it may have nothing to read.
    pub(super) fn divide(sources: &[Source], table: &Mounts) -> Vec<Self> {
        let none: Vec<Source> = sources
            .iter()
            .map(|source| Source { paths: Vec::new(), journal: None, ..source.clone() })
            .collect();
        let new = |number, mounts| {
            let (sources, table) = (none.clone(), table.clone());
            Self { number, mounts, sources, served: BTreeSet::new(), table }
        };
        let mut duties = vec![new(0, Vec::new())];
        let mut served = BTreeSet::new();
        for (number, source) in sources.iter().enumerate() {
            // However far away its files lie: it is another process that would hang.
            let here = duties.first_mut().and_then(|duty| duty.sources.get_mut(number));
            here.into_iter().for_each(|here| here.journal.clone_from(&source.journal));
            for path in &source.paths {
                let at = match table.network(Path::new(path)) {
                    None => 0,
                    Some(mount) => {
                        served.insert(mount.to_owned());
                        Self::place(&mut duties, mount, &new)
                    }
                };
                let source = duties.get_mut(at).and_then(|duty| duty.sources.get_mut(number));
                source.into_iter().for_each(|source| source.paths.push(path.clone()));
            }
        }
        duties.iter_mut().for_each(|duty| duty.served.clone_from(&served));
        duties
    }

    /// The duty for a mount point, a new one if there is room.
    fn place(
        duties: &mut Vec<Self>,
        mount: &Path,
        new: &impl Fn(usize, Vec<PathBuf>) -> Self,
    ) -> usize {
        if let Some(at) = duties.iter().position(|duty| duty.reads(mount)) {
            return at;
        }
        if duties.len() < READERS_MAX {
            duties.push(new(duties.len(), vec![mount.to_owned()]));
        } else if let Some(last) = duties.last_mut() {
            last.mounts.push(mount.to_owned());
        }
        duties.len().saturating_sub(1)
    }

    /// Can a look at its files hang?
    pub(super) fn is_remote(&self) -> bool {
        !self.mounts.is_empty()
    }

    /// Is what lies at this path, or did, this reader's?
    pub(super) fn covers(&self, path: &Path) -> bool {
        match self.table.network(path).filter(|mount| self.served.contains(*mount)) {
            Some(mount) => self.reads(mount),
            None => !self.is_remote(),
        }
    }

    fn reads(&self, mount: &Path) -> bool {
        self.mounts.iter().any(|each| each == mount)
    }

    /// The name of the reader's thread, under which it reports what is wrong.
    pub(super) fn name(&self) -> String {
        self.mounts.first().map_or_else(|| "read".to_owned(), |at| format!("read {}", at.display()))
    }
}

impl Standing {
    /// Where the store says that reading stood, for each reader.
    ///
    /// # Errors
    /// The store cannot be read, or a path of the configuration cannot be used.
    pub fn restore(store: &Store, config: &Config, table: &Mounts) -> anyhow::Result<Vec<Self>> {
        let writer = store.writer()?;
        let duties = Duty::divide(&config.sources, table);
        let (checkpoints, journals) = (writer.checkpoints()?, writer.journals()?);
        let mut standings = Vec::new();
        for duty in duties {
            let mut files = Vec::new();
            for source in &duty.sources {
                files.push(SourceFiles {
                    paths: source.paths.clone(),
                    exclude: source.exclude.clone(),
                    start_at: source.start_at,
                    first_start: writer.source_is_new(&source.paths)?,
                });
            }
            let resumed = checkpoints.iter().filter(|each| duty.covers(&each.path)).cloned();
            let wake = Signal::default();
            let (seed, now_us) = (identifier::random(), clock::now().as_microsecond());
            let tail = Tail::new(&files, resumed.collect(), seed, now_us, wake.clone())?;
            let entries = Entries::of(&duty.sources, &journals, &wake);
            standings.push(Self { duty, tail, entries, wake });
        }
        Ok(standings)
    }

    /// What stops and wakes the reader.
    pub fn wake(&self) -> Signal {
        self.wake.clone()
    }

    /// The name of the reader's thread.
    pub fn name(&self) -> String {
        self.duty.name()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(points: &[&str]) -> Mounts {
        let line = |point: &&str| format!("1 1 0:1 / {point} rw - nfs server:/ rw\n");
        Mounts::parse(points.iter().map(line).collect::<String>().as_bytes())
    }

    #[test]
    fn each_network_file_system_has_a_reader_and_the_rest_the_first() {
        let source = |paths: &[&str]| Source::standard(paths.iter().map(|&p| p.into()).collect());
        let sources = [source(&["/a/x", "/here/x"]), source(&["/here/y", "/b/*", "/a/y"])];
        let duties = Duty::divide(&sources, &table(&["/a", "/b", "/unused"]));
        let paths = |duty: &Duty| duty.sources.iter().map(|s| s.paths.clone()).collect::<Vec<_>>();
        let found: Vec<_> = duties.iter().map(|duty| (duty.name(), paths(duty))).collect();
        let wanted = [
            ("read", [vec!["/here/x"], vec!["/here/y"]]),
            ("read /a", [vec!["/a/x"], vec!["/a/y"]]),
            ("read /b", [vec![], vec!["/b/*"]]),
        ];
        for ((name, paths), (wanted_name, wanted_paths)) in found.iter().zip(wanted) {
            assert_eq!(
                (name.as_str(), paths.as_slice()),
                (
                    wanted_name,
                    wanted_paths
                        .map(|of| of.into_iter().map(str::to_owned).collect::<Vec<_>>())
                        .as_slice()
                )
            );
        }
        assert_eq!(found.len(), 3);
        for (path, reader) in [("/a/z", 1), ("/b/z", 2), ("/unused/z", 0), ("/z", 0)] {
            let covering: Vec<_> =
                (0..3).filter(|at| duties[*at].covers(Path::new(path))).collect();
            assert_eq!(covering, [reader], "{path}");
        }
    }

    #[test]
    fn readers_are_bounded_and_the_last_is_shared() {
        let points: Vec<String> = (0..20).map(|number| format!("/net{number}")).collect();
        let points: Vec<&str> = points.iter().map(String::as_str).collect();
        let paths = points.iter().map(|point| format!("{point}/x.log")).collect();
        let duties = Duty::divide(&[Source::standard(paths)], &table(&points));
        assert_eq!(duties.len(), READERS_MAX);
        let read: usize = duties.iter().map(|duty| duty.sources[0].paths.len()).sum();
        assert_eq!(read, 20);
        assert!(duties.iter().skip(1).all(|duty| duty.mounts.len() == duty.sources[0].paths.len()));
    }
}
