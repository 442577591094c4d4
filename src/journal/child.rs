//! The one place that starts journalctl. Its output comes in blocks through a bounded queue, so that a reader that does
//! not keep up makes it wait. Behind two small traits, so that tests can make it do anything.
//!
//! It has no shell, a clean environment, and a process group of its own, which is ended with it. If this process is killed,
//! nobody reads its pipe any more: journalctl notices that its output is closed, or gets SIGPIPE when it next writes.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal as Number, kill_process_group};

use crate::signal::Signal;

/// Where journalctl is looked for.
const PROGRAMS: [&str; 3] =
    ["/usr/bin/journalctl", "/bin/journalctl", "/run/current-system/sw/bin/journalctl"];

/// Names another program in its place: for tests.
pub const PROGRAM_VARIABLE: &str = "IPSBELL_JOURNALCTL";

/// Bytes of a block, and how many of them wait at most.
const BLOCK_BYTES: usize = 64 << 10;
const BLOCKS_MAX: usize = 16;

/// The most bytes that are kept of what it says on standard error: the last ones are told.
const WORDS_BYTES_MAX: usize = 512;

/// Starts children.
pub(super) trait Children: Send {
    /// Starts journalctl with these arguments.
    fn start(&mut self, arguments: &[String]) -> io::Result<Box<dyn Child>>;
    /// A journal file that is there and may not be read.
    fn forbidden(&self, directory: Option<&Path>) -> Option<PathBuf>;
}

/// A running journalctl, ended when it is dropped.
pub(super) trait Child: Send {
    /// What it wrote next, without waiting for it.
    fn next(&mut self) -> Next;
}

/// What a child gives.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Block(Vec<u8>),
    /// Nothing yet.
    Nothing,
    /// There is no more, and its end is not known yet.
    Ending,
    /// It has ended, well or not; if not, how and what it said last.
    Ended(Result<(), String>),
}

/// journalctl itself.
pub(super) struct System {
    /// Rung when there is something to take.
    pub(super) wake: Signal,
}

struct Process {
    child: Option<std::process::Child>,
    blocks: Receiver<Vec<u8>>,
    words: Option<JoinHandle<Vec<u8>>>,
}

/// Where journalctl is.
///
/// # Errors
/// Nowhere.
fn program() -> io::Result<PathBuf> {
    let named = std::env::var_os(PROGRAM_VARIABLE).map(PathBuf::from);
    let found = || PROGRAMS.iter().map(PathBuf::from).find(|program| program.is_file());
    named.or_else(found).ok_or_else(|| {
        io::Error::new(io::ErrorKind::NotFound, format!("wanted one of {}", PROGRAMS.join(", ")))
    })
}

/// A command that runs journalctl with these arguments.
///
/// # Errors
/// There is none.
fn command(arguments: &[String]) -> io::Result<Command> {
    let mut command = Command::new(program()?);
    command.args(arguments).env_clear().env("LC_ALL", "C").current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    Ok(command)
}

/// A journal file that is there and may not be read: of a directory, else of this machine's system journal.
fn forbidden(directory: Option<&Path>) -> Option<PathBuf> {
    let below = |root: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(root).into_iter().flatten();
        entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
    };
    let files: Vec<PathBuf> = match directory {
        Some(directory) => below(directory),
        None => ["/var/log/journal", "/run/log/journal"]
            .iter()
            .flat_map(|root| below(Path::new(root)))
            .map(|machine| machine.join("system.journal"))
            .collect(),
    };
    let journals =
        files.into_iter().filter(|file| file.extension().is_some_and(|end| end == "journal"));
    let denied = |file: &PathBuf| {
        File::open(file).is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
    };
    let unlisted = directory.filter(|directory| {
        std::fs::read_dir(directory)
            .is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
    });
    unlisted.map(Path::to_owned).or_else(|| journals.into_iter().find(denied))
}

impl Children for System {
    fn start(&mut self, arguments: &[String]) -> io::Result<Box<dyn Child>> {
        let mut child = command(arguments)?.spawn()?;
        let (output, errors) = (child.stdout.take(), child.stderr.take());
        let (sender, blocks) = sync_channel(BLOCKS_MAX);
        let mut process = Process { child: Some(child), blocks, words: None };
        let pipes = "a pipe to journalctl is missing";
        let (output, errors) = output.zip(errors).ok_or_else(|| io::Error::other(pipes))?;
        let wake = self.wake.clone();
        let thread = |name: &str| std::thread::Builder::new().name(name.to_owned());
        process.words = Some(thread("journal errors").spawn({
            let wake = wake.clone();
            move || {
                let words = last_words(errors);
                wake.ring();
                words
            }
        })?);
        thread("journal").spawn(move || pump(output, sender, &wake))?;
        Ok(Box::new(process))
    }

    fn forbidden(&self, directory: Option<&Path>) -> Option<PathBuf> {
        forbidden(directory)
    }
}

/// Passes on what is written until there is no more, or nobody takes it.
fn pump(mut output: impl Read, blocks: SyncSender<Vec<u8>>, wake: &Signal) {
    loop {
        let mut block = vec![0; BLOCK_BYTES];
        match output.read(&mut block) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            // What is wrong is seen from how the process ended.
            Ok(0) | Err(_) => break,
            Ok(read) => block.truncate(read),
        }
        block.shrink_to_fit();
        if blocks.send(block).is_err() {
            return;
        }
        wake.ring();
    }
    drop(blocks);
    wake.ring();
}

/// The last of what is said, as much as is kept.
fn last_words(mut errors: impl Read) -> Vec<u8> {
    let (mut words, mut block) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = errors.read(&mut block) {
        words.extend_from_slice(block.get(..read).unwrap_or_default());
        let more = words.len().saturating_sub(WORDS_BYTES_MAX);
        words.drain(..more);
    }
    words
}

impl Child for Process {
    fn next(&mut self) -> Next {
        match self.blocks.try_recv() {
            Ok(block) => return Next::Block(block),
            Err(TryRecvError::Empty) => return Next::Nothing,
            Err(TryRecvError::Disconnected) => {}
        }
        let status = match self.child.as_mut().map(std::process::Child::try_wait) {
            Some(Ok(Some(status))) => status,
            Some(Ok(None)) | None => return Next::Ending,
            Some(Err(error)) => return Next::Ended(Err(error.to_string())),
        };
        // What it said last may still be on its way.
        if !self.words.as_ref().is_none_or(JoinHandle::is_finished) {
            return Next::Ending;
        }
        let words = self.words.take().and_then(|words| words.join().ok()).unwrap_or_default();
        Next::Ended(if status.success() { Ok(()) } else { Err(ending(status, &words)) })
    }
}

/// `exit status 1: Failed to open …`, in one line.
fn ending(status: ExitStatus, words: &[u8]) -> String {
    let how = match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, signal) => format!("killed by signal {}", signal.unwrap_or_default()),
    };
    match String::from_utf8_lossy(words).trim().lines().last() {
        Some(said) => format!("{how}: {}", said.escape_debug()),
        None => how,
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        // Not waited for yet, so its number cannot have been given to another process.
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let ended = group.map(|group| kill_process_group(group, Number::KILL));
        if !matches!(ended, Some(Ok(()))) {
            // It has just ended by itself.
            drop(child.kill());
        }
        // One that hangs in the kernel is gone when that lets go of it, and nobody should wait for it here.
        let reap = move || drop(child.wait());
        drop(std::thread::Builder::new().name("journal end".to_owned()).spawn(reap));
    }
}
