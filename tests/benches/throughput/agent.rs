//! The real program, seen from outside: its threads' time and its memory, from /proc (proc(5)).

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use ipsbell::fake_slack::FakeSlack;

/// How often a run is looked at. What a thread does behind the last look is not seen.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The thread that reads the logs.
pub(crate) const READER: &str = "read";

/// Time on a processor, by the names of the threads.
pub(crate) type Cpu = BTreeMap<String, Duration>;

/// What `run --once` took.
#[derive(Debug, Clone)]
pub(crate) struct Cost {
    /// From the start until the reader was done.
    pub(crate) reading: Duration,
    /// From the start to the end.
    pub(crate) all: Duration,
    /// Of each thread.
    pub(crate) cpu: Cpu,
    /// The most memory that was resident, in KiB.
    pub(crate) peak_kib: u64,
}

/// A directory with a configuration, and a receiver.
pub(crate) struct Place {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) slack: FakeSlack,
}

/// A running agent, killed when it is dropped.
pub(crate) struct Agent(Child);

impl Place {
    /// A new store and a new receiver for a log at `log`.
    pub(crate) fn new(log: &Path) -> anyhow::Result<Self> {
        let place = Self { directory: tempfile::tempdir()?, slack: FakeSlack::start()? };
        let url = place.directory.path().join("url");
        let mut secret =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&url)?;
        secret.write_all(place.slack.url().as_bytes())?;
        let text = format!(
            "agent.host = \"sensor-1\"\nagent.state_dir = {:?}\n\n\
             [[source]]\npaths = [{log:?}]\nstart_at = \"beginning\"\n\n\
             [[destination]]\nname = \"soc\"\ntype = \"slack\"\nurl_file = {url:?}\npace = \"1ms\"\n",
            place.directory.path().join("state"),
        );
        fs::write(place.config(), text)?;
        Ok(place)
    }

    fn config(&self) -> PathBuf {
        self.directory.path().join("config.toml")
    }

    /// The agent, in the background.
    pub(crate) fn run(&self, arguments: &[&str]) -> anyhow::Result<Agent> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ipsbell"));
        command.arg("run").args(arguments).arg("--config").arg(self.config());
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Agent(quiet.spawn().context("cannot start the agent")?))
    }

    /// Reads the log to its end, tells all, and says what it took.
    pub(crate) fn once(&self) -> anyhow::Result<Cost> {
        let mut agent = self.run(&["--once"])?;
        let began = Instant::now();
        let (mut cpu, mut peak_kib, mut reading) = (Cpu::new(), 0, None);
        let status = loop {
            if let Some(status) = agent.0.try_wait()? {
                break status;
            }
            let now = agent.cpu();
            if reading.is_none() && cpu.contains_key(READER) && !now.contains_key(READER) {
                reading = Some(began.elapsed());
            }
            cpu.extend(now);
            peak_kib = peak_kib.max(agent.status("VmHWM:"));
            std::thread::sleep(LOOK_EVERY);
        };
        ensure!(status.success(), "`run --once` ended with {status}");
        let all = began.elapsed();
        Ok(Cost { reading: reading.unwrap_or(all), all, cpu, peak_kib })
    }
}

impl Agent {
    /// Time on a processor so far, by thread.
    pub(crate) fn cpu(&self) -> Cpu {
        let mut cpu = Cpu::new();
        self.threads(|thread| {
            let name = fs::read_to_string(thread.join("comm"))?;
            let time = fs::read_to_string(thread.join("schedstat"))?;
            let nanos = time.split(' ').next().and_then(|nanos| nanos.parse().ok());
            *cpu.entry(name.trim().to_owned()).or_default() +=
                Duration::from_nanos(nanos.unwrap_or_default());
            Ok(())
        });
        cpu
    }

    /// How often its threads went to sleep so far.
    pub(crate) fn sleeps(&self) -> u64 {
        let mut sleeps = 0;
        self.threads(|thread| {
            sleeps += number(&thread.join("status"), "voluntary_ctxt_switches:");
            Ok(())
        });
        sleeps
    }

    /// A number of its status, as `VmRSS:` in KiB; 0 when it has ended.
    pub(crate) fn status(&self, name: &str) -> u64 {
        number(&PathBuf::from(format!("/proc/{}/status", self.0.id())), name)
    }

    // A thread may end between two looks; then there is nothing to see.
    fn threads(&self, mut each: impl FnMut(&Path) -> std::io::Result<()>) {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.0.id())).into_iter().flatten();
        tasks.flatten().for_each(|task| each(&task.path()).unwrap_or_default());
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn number(status: &Path, name: &str) -> u64 {
    let text = fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
