//! What the agent costs, measured from outside with a receiver on loopback: lines a second, stored
//! alerts a second, memory and processor time when idle, time from a line to its post.
//!
//! `tests/throughput [latency|idle|mixed|alerts]...` measures these parts in full; without a word
//! all of them, in little.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod agent;
mod logs;

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use agent::{Cost, Place, READER};
use anyhow::{Context as _, bail, ensure};

/// How much is measured.
struct Scale {
    mixed_lines: u64,
    alert_lines: u64,
    runs: usize,
    idle: Duration,
    appends: usize,
}

const FULL: Scale = Scale {
    mixed_lines: 1_000_000,
    alert_lines: 300_000,
    runs: 5,
    idle: Duration::from_secs(10),
    appends: 100,
};

const QUICK: Scale = Scale {
    mixed_lines: 200_000,
    alert_lines: 60_000,
    runs: 1,
    idle: Duration::from_secs(1),
    appends: 20,
};

/// A post that takes longer is lost.
const POST_WAIT: Duration = Duration::from_secs(30);

/// A log in a directory of its own: the agent is woken by what happens beside its log.
struct Log {
    path: PathBuf,
    _directory: tempfile::TempDir,
}

type Part = fn(&Scale) -> anyhow::Result<()>;

/// In this order: while the disk still takes in what the last two wrote, a post waits longer.
const PARTS: [(&str, Part); 4] =
    [("latency", latency), ("idle", idle), ("mixed", mixed), ("alerts", alerts)];

fn main() -> anyhow::Result<()> {
    // What cargo itself hands to a bench.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if words.is_empty() {
        return PARTS.iter().try_for_each(|(_, part)| part(&QUICK));
    }
    for word in &words {
        match PARTS.iter().find(|(name, _)| name == word) {
            Some((_, part)) => part(&FULL)?,
            None => {
                bail!("wanted some of {}, found `{word}`", PARTS.map(|(name, _)| name).join(" "))
            }
        }
    }
    Ok(())
}

impl Log {
    fn new() -> std::io::Result<Self> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("eve.json");
        File::create(&path)?;
        Ok(Self { path, _directory: directory })
    }

    fn append(&self, rule: u64) -> std::io::Result<()> {
        let mut log = File::options().append(true).open(&self.path)?;
        log.write_all(logs::alert(rule).as_bytes())
    }
}

fn mixed(scale: &Scale) -> anyhow::Result<()> {
    let lines = scale.mixed_lines;
    let log = Log::new()?;
    let bytes = logs::mixed(&log.path, lines)?;
    let costs = costs(&log, scale.runs)?;
    title("mixed", &format!("{lines} lines, 5 % alerts, {} MB", bytes / 1_000_000), scale.runs);
    rate("wall time of reading", lines, "lines", &costs, |cost| cost.reading);
    rate("processor time, all threads", lines, "lines", &costs, all_threads);
    parts_of(&costs);
    Ok(())
}

fn alerts(scale: &Scale) -> anyhow::Result<()> {
    let lines = scale.alert_lines;
    let log = Log::new()?;
    let bytes = logs::alerts(&log.path, lines)?;
    let costs = costs(&log, scale.runs)?;
    title("alerts", &format!("{lines} alerts of {} bytes", bytes / lines), scale.runs);
    rate("wall time of reading", lines, "alerts", &costs, |cost| cost.reading);
    rate("wall time, all told", lines, "alerts", &costs, |cost| cost.all);
    rate("processor time, reader", lines, "alerts", &costs, |cost| {
        cost.cpu.get(READER).copied().unwrap_or_default()
    });
    rate("processor time, all threads", lines, "alerts", &costs, all_threads);
    parts_of(&costs);
    Ok(())
}

fn idle(scale: &Scale) -> anyhow::Result<()> {
    let log = Log::new()?;
    let place = Place::new(&log.path)?;
    let agent = place.run(&[])?;
    // A post shows that all is up.
    log.append(0)?;
    ensure!(place.slack.wait_for(1, POST_WAIT).len() == 1, "no post came");
    // What is done once a second for a while after a post is over then.
    std::thread::sleep(Duration::from_secs(3));
    let (cpu, sleeps) = (agent.cpu(), agent.sleeps());
    std::thread::sleep(scale.idle);
    let spent = sum(&agent.cpu()).saturating_sub(sum(&cpu));
    title("idle", &format!("{} s, one file, after one post", scale.idle.as_secs()), 1);
    println!("  {:32} {:>9} KiB", "resident", agent.status("VmRSS:"));
    println!("  {:32} {:>9} KiB of it the program's file", "", agent.status("RssFile:"));
    println!("  {:32} {:>9.3} ms", "processor time", spent.as_secs_f64() * 1e3);
    println!("  {:32} {:>9}", "waits begun", agent.sleeps().saturating_sub(sleeps));
    Ok(())
}

fn latency(scale: &Scale) -> anyhow::Result<()> {
    let log = Log::new()?;
    let place = Place::new(&log.path)?;
    let _agent = place.run(&[])?;
    let mut waits = Vec::new();
    for post in 0..=scale.appends {
        let began = Instant::now();
        log.append(post as u64)?;
        let posts = place.slack.wait_for(post + 1, POST_WAIT);
        let came = posts.get(post).with_context(|| format!("post {post} did not come"))?;
        waits.push(came.at.duration_since(began));
        // Between two alerts all sleep.
        std::thread::sleep(Duration::from_millis(20));
    }
    // The first one waited for the program's start.
    waits.remove(0);
    waits.sort();
    title("latency", &format!("{} lines, each to its post", scale.appends), 1);
    for (name, percent) in [("p50", 50), ("p99", 99), ("longest", 100)] {
        let place = (waits.len() * percent).div_ceil(100).saturating_sub(1);
        let wait = waits.get(place).context("nothing was measured")?;
        println!("  {name:32} {:>9.2} ms", wait.as_secs_f64() * 1e3);
    }
    Ok(())
}

fn costs(log: &Log, runs: usize) -> anyhow::Result<Vec<Cost>> {
    (0..runs).map(|_| Place::new(&log.path)?.once()).collect()
}

fn all_threads(cost: &Cost) -> Duration {
    sum(&cost.cpu)
}

fn sum(cpu: &agent::Cpu) -> Duration {
    cpu.values().sum()
}

fn title(name: &str, what: &str, runs: usize) {
    let runs = if runs == 1 { String::new() } else { format!(", median of {runs} runs") };
    println!("{name}: {what}{runs}");
}

fn rate(name: &str, count: u64, unit: &str, costs: &[Cost], time: impl Fn(&Cost) -> Duration) {
    let seconds = median(costs, |cost| time(cost).as_secs_f64());
    println!("  {name:32} {seconds:>9.3} s {:>12.0} {unit}/s", count as f64 / seconds);
}

fn parts_of(costs: &[Cost]) {
    for thread in costs.first().into_iter().flat_map(|cost| cost.cpu.keys()) {
        let of = |cost: &Cost| cost.cpu.get(thread).copied().unwrap_or_default().as_secs_f64();
        let seconds = median(costs, of);
        // Not the ones that only wait.
        if seconds >= 0.001 {
            println!("    {thread:30} {seconds:>9.3} s");
        }
    }
    println!("  {:32} {:>9.0} KiB", "most memory resident", median(costs, |c| c.peak_kib as f64));
}

fn median(costs: &[Cost], of: impl Fn(&Cost) -> f64) -> f64 {
    let mut values: Vec<f64> = costs.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
