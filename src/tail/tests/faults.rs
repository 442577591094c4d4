//! A file system that fails on demand and otherwise is the disk.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rustix::io::Errno;

use super::super::file::{Disk, Files, Handle, Stat};

/// Clones share their faults.
#[derive(Clone, Default)]
pub(super) struct Faulty(Arc<Mutex<Faults>>);

#[derive(Default)]
struct Faults {
    /// Errors of opening a path, until taken away.
    open: HashMap<PathBuf, Errno>,
    /// Errors of reading what was opened under a path: how many are left.
    read: HashMap<PathBuf, (Errno, usize)>,
    /// Inode numbers that paths are said to have.
    inode: HashMap<PathBuf, u64>,
    device: HashMap<PathBuf, u64>,
    /// The most bytes that one read gives.
    read_bytes_max: Option<usize>,
    /// The file system is away: nothing below the path can be looked at.
    away: Option<(PathBuf, Errno)>,
    /// How often it went away, and what descriptors of before say since.
    away_times: usize,
    stale: Option<Errno>,
    calls: Calls,
    /// Happens once, after a directory was listed.
    listed: Option<Box<dyn FnOnce() + Send>>,
    /// Happens once, before a directory is listed.
    listing: Option<Box<dyn FnOnce() + Send>>,
    /// Happens once, before a file is opened.
    opened: Option<Box<dyn FnOnce() + Send>>,
}

/// How often the file system was asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Calls {
    pub(super) stats: usize,
    pub(super) names: usize,
    pub(super) opens: usize,
    pub(super) handle_stats: usize,
    pub(super) reads: usize,
}

impl Faulty {
    fn faults(&self) -> std::sync::MutexGuard<'_, Faults> {
        self.0.lock().unwrap()
    }

    pub(super) fn fail_open(&self, path: &Path, error: Option<Errno>) {
        let mut faults = self.faults();
        match error {
            Some(error) => faults.open.insert(path.to_owned(), error),
            None => faults.open.remove(path),
        };
    }

    pub(super) fn fail_reads(&self, path: &Path, error: Errno, times: usize) {
        self.faults().read.insert(path.to_owned(), (error, times));
    }

    pub(super) fn say_inode(&self, path: &Path, inode: u64) {
        self.faults().inode.insert(path.to_owned(), inode);
    }

    pub(super) fn say_device(&self, path: &Path, device: u64) {
        self.faults().device.insert(path.to_owned(), device);
    }

    pub(super) fn read_at_most(&self, bytes: usize) {
        self.faults().read_bytes_max = Some(bytes);
    }

    pub(super) fn once_listed(&self, happens: impl FnOnce() + Send + 'static) {
        self.faults().listed = Some(Box::new(happens));
    }

    pub(super) fn once_before_listing(&self, happens: impl FnOnce() + Send + 'static) {
        self.faults().listing = Some(Box::new(happens));
    }

    pub(super) fn once_opened(&self, happens: impl FnOnce() + Send + 'static) {
        self.faults().opened = Some(Box::new(happens));
    }

    pub(super) fn reads(&self) -> usize {
        self.faults().calls.reads
    }

    /// What was asked since this was called last.
    pub(super) fn calls(&self) -> Calls {
        std::mem::take(&mut self.faults().calls)
    }

    /// The file system at `path` goes away; descriptors are of no use any more.
    pub(super) fn go_away(&self, path: &Path, error: Errno, stale: Errno) {
        let mut faults = self.faults();
        faults.away = Some((path.to_owned(), error));
        faults.away_times += 1;
        faults.stale = Some(stale);
    }

    pub(super) fn come_back(&self) {
        self.faults().away = None;
    }

    fn reached(&self, path: &Path) -> io::Result<()> {
        match &self.faults().away {
            Some((away, error)) if path.starts_with(away) => Err((*error).into()),
            _ => Ok(()),
        }
    }

    fn said(&self, path: &Path, stat: Stat) -> Stat {
        let faults = self.faults();
        let inode = faults.inode.get(path).copied().unwrap_or(stat.inode);
        let device = faults.device.get(path).copied().unwrap_or(stat.device);
        Stat { inode, device, ..stat }
    }
}

impl Files for Faulty {
    fn stat(&self, path: &Path) -> io::Result<Stat> {
        self.faults().calls.stats += 1;
        self.reached(path)?;
        Disk.stat(path).map(|stat| self.said(path, stat))
    }

    fn names(&self, directory: &Path) -> io::Result<Vec<OsString>> {
        self.faults().calls.names += 1;
        self.reached(directory)?;
        let listing = self.faults().listing.take();
        if let Some(happens) = listing {
            happens();
        }
        let names = Disk.names(directory);
        let listed = self.faults().listed.take();
        if let Some(happens) = listed {
            happens();
        }
        names
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Handle>> {
        self.faults().calls.opens += 1;
        self.reached(path)?;
        if let Some(error) = self.faults().open.get(path) {
            return Err((*error).into());
        }
        let opened = self.faults().opened.take();
        if let Some(happens) = opened {
            happens();
        }
        let handle = Disk.open(path)?;
        let opened_at = self.faults().away_times;
        let path = path.to_owned();
        Ok(Box::new(FaultyHandle { handle, path, opened_at, faults: self.clone() }))
    }
}

struct FaultyHandle {
    handle: Box<dyn Handle>,
    path: PathBuf,
    opened_at: usize,
    faults: Faulty,
}

impl FaultyHandle {
    fn reached(&self) -> io::Result<()> {
        let faults = self.faults.faults();
        match faults.stale {
            Some(error) if self.opened_at < faults.away_times => Err(error.into()),
            _ => Ok(()),
        }
    }
}

impl Handle for FaultyHandle {
    fn stat(&self) -> io::Result<Stat> {
        self.faults.faults().calls.handle_stats += 1;
        self.reached()?;
        self.handle.stat().map(|stat| self.faults.said(&self.path, stat))
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.reached()?;
        let mut faults = self.faults.faults();
        faults.calls.reads += 1;
        if let Some((error, left)) = faults.read.get_mut(&self.path)
            && *left > 0
        {
            *left -= 1;
            return Err((*error).into());
        }
        let most = faults.read_bytes_max.unwrap_or(buffer.len()).min(buffer.len());
        self.handle.read_at(&mut buffer[..most], offset)
    }
}
