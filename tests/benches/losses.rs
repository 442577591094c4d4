//! What is lost under fast rotations: a writer appends numbered alerts and renames its log nine times, as fast as it can,
//! while the agent and `linemux` 0.3.0 follow it side by side. `cargo bench --bench losses`.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

#[path = "throughput/agent.rs"]
#[expect(dead_code, reason = "its figures are those of another bench")]
mod agent;
#[path = "throughput/logs.rs"]
#[expect(dead_code, reason = "its logs are those of another bench")]
mod logs;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use ipsbell::store::View;
use linemux::MuxedLines;

const LINES: u64 = 200_000;
const ROTATIONS: u64 = 9;

/// Who gives nothing new for so long gives no more.
const QUIET: Duration = Duration::from_secs(10);

/// Nobody is waited for longer, whatever he gives.
const LIMIT: Duration = Duration::from_secs(120);

fn main() -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    let log = directory.path().join("eve.json");
    File::create(&log)?;
    let place = agent::Place::new(&log)?;
    let _agent = place.run(&[])?;
    let (ready, is_ready) = channel();
    let path = log.clone();
    let reference = std::thread::spawn(move || reference(path, &ready));
    is_ready.recv().context("linemux does not start")?;
    // The agent follows it too, as its first post says.
    File::options().append(true).open(&log)?.write_all(logs::alert(0).as_bytes())?;
    let posts = place.slack.wait_for(1, QUIET);
    ensure!(!posts.is_empty(), "the agent does not see the log");
    let begin = Instant::now();
    write(&log)?;
    let took = begin.elapsed().as_secs_f64();
    println!("{LINES} numbered alerts, {ROTATIONS} rotations by rename, written in {took:.1} s");
    let state = place.directory.path().join("state");
    let stored = wait(|| Ok(View::open(&state, "sensor-1")?.size()?.0))?;
    println!("  ipsbell  stored {stored:>7}, lost {:>7}", LINES.saturating_sub(stored));
    let (given, lines) = reference.join().map_err(|_| anyhow::anyhow!("linemux panicked"))??;
    let lost = LINES.saturating_sub(given.len() as u64);
    println!("  linemux  gave   {:>7}, lost {lost:>7}, {lines} lines in all", given.len());
    Ok(())
}

fn write(log: &Path) -> anyhow::Result<()> {
    let mut rotated = 0;
    let mut file = BufWriter::new(File::options().append(true).open(log)?);
    for number in 1..LINES {
        if number % (LINES / (ROTATIONS + 1)) == 0 {
            rotated += 1;
            file.flush()?;
            for older in (1..rotated).rev() {
                fs::rename(name(log, older), name(log, older + 1))?;
            }
            fs::rename(log, name(log, 1))?;
            file = BufWriter::new(File::create_new(log)?);
        }
        file.write_all(logs::alert(number).as_bytes())?;
    }
    Ok(file.flush()?)
}

fn name(log: &Path, number: u64) -> PathBuf {
    PathBuf::from(format!("{}.{number}", log.display()))
}

/// The count when it does not grow any more.
fn wait(count: impl Fn() -> anyhow::Result<u64>) -> anyhow::Result<u64> {
    let begin = Instant::now();
    let (mut last, mut grew) = (0, begin);
    loop {
        let now = count()?;
        if now > last {
            (last, grew) = (now, Instant::now());
        }
        if now == LINES || grew.elapsed() > QUIET || begin.elapsed() > LIMIT {
            return Ok(now);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The different lines that linemux gives, and how many in all.
fn reference(path: PathBuf, ready: &Sender<()>) -> anyhow::Result<(BTreeSet<String>, u64)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut followed = MuxedLines::new()?;
        followed.add_file_from_start(path).await?;
        ready.send(())?;
        let begin = Instant::now();
        let (mut given, mut lines) = (BTreeSet::new(), 0);
        while begin.elapsed() < LIMIT
            && let Ok(line) = tokio::time::timeout(QUIET, followed.next_line()).await
        {
            let Some(line) = line? else { break };
            lines += 1;
            given.insert(line.line().to_owned());
        }
        Ok((given, lines))
    })
}
