//! What the agent takes of the machine, whatever it is fed with: descriptors, threads, memory, disk. Measured from outside,
//! while it works; every bound has a name, and the figures are printed.
//!
//! In little with every run of the tests; whole with `IPSBELL_CAMPAIGN=1 cargo test --release --test it bounds`.

use std::fs::File;
use std::io::{BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use ipsbell::fake_slack::FakeSlack;
use ipsbell::store::{Account, View};

use crate::received::channel;
use crate::support::{Agent, Options, Place, alerts, is_whole};

/// Main, signals, reader, one sender, the watchdog, the watcher's, and one to spare.
const THREADS_MAX: u64 = 7;

/// Descriptors beside one for each file that is followed.
const DESCRIPTORS_MAX: u64 = 64;

/// Most memory resident, with few files and few groups.
const RESIDENT_KIB_MAX: u64 = 48 * 1024;

/// The same with as many open groups as there may be (10,000, of one address each).
const RESIDENT_OF_GROUPS_KIB_MAX: u64 = 96 * 1024;

/// The same with as many files as there may be (10,000).
const RESIDENT_OF_FILES_KIB_MAX: u64 = 96 * 1024;

/// What the state directory may hold above `max_size`: what is read between two sweeps, in rows, and write-ahead logs.
const ABOVE_MAX_SIZE_BYTES: u64 = 256 << 20;

/// The most of what was seen.
#[derive(Debug, Default)]
struct Peak {
    descriptors: u64,
    threads: u64,
    resident_kib: u64,
    state_bytes: u64,
}

impl Peak {
    fn note(&mut self, agent: &Agent, place: &Place) {
        let process = format!("/proc/{}", agent.id());
        let count = |name: &str| {
            std::fs::read_dir(format!("{process}/{name}")).map_or(0, Iterator::count) as u64
        };
        let status = std::fs::read_to_string(format!("{process}/status")).unwrap();
        let high = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let high = high.and_then(|value| value.trim().strip_suffix(" kB")?.parse().ok());
        self.descriptors = self.descriptors.max(count("fd"));
        self.threads = self.threads.max(count("task"));
        self.resident_kib = self.resident_kib.max(high.unwrap_or(0));
        self.state_bytes = self.state_bytes.max(bytes_in(&place.state()));
    }

    /// Looks again and again until the account is as wanted.
    fn watch(
        &mut self,
        agent: &Agent,
        place: &Place,
        limit: Duration,
        done: impl Fn(&Account) -> bool,
    ) -> Account {
        let begin = Instant::now();
        loop {
            self.note(agent, place);
            let account = place.account();
            if let Some(account) = account.filter(&done) {
                return account;
            }
            assert!(begin.elapsed() < limit, "it does not end: {account:?}");
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    fn check(&self, files: u64, resident_kib_max: u64) {
        assert!(self.threads <= THREADS_MAX, "{self:?}");
        assert!(self.descriptors <= files + DESCRIPTORS_MAX, "{self:?}");
        assert!(self.resident_kib <= resident_kib_max, "{self:?}");
    }

    fn print(&self, what: &str, account: &Account) {
        eprintln!(
            "{what}: {} descriptors, {} threads, {} KiB resident, {} KiB of state; stored {}, told {}, expired {}",
            self.descriptors,
            self.threads,
            self.resident_kib,
            self.state_bytes / 1024,
            account.stored,
            account.told,
            account.expired,
        );
    }
}

fn bytes_in(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    // A file may go while it is looked at.
    entries.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
}

/// An alert of a rule and from a source of its own.
fn unlike_any_other(number: u32) -> String {
    let (high, low) = (number >> 16, number & 0xffff);
    format!(
        r#"{{"timestamp":"{}","flow_id":{number},"event_type":"alert","src_ip":"2001:db8::{high:x}:{low:x}","src_port":40000,"dest_ip":"198.51.100.20","dest_port":443,"proto":"TCP","alert":{{"action":"blocked","gid":1,"signature_id":{number},"rev":1,"signature":"Probe number {number}","category":"Attempted Information Leak","severity":2}}}}"#,
        crate::support::stamp()
    )
}

#[test]
fn a_storm_of_different_rules_and_sources_is_held_within_bounds_and_told_exactly() {
    let (a_second, seconds, limit) = if is_whole() { (100_000, 10, 600) } else { (10_000, 2, 120) };
    let slack = FakeSlack::start().unwrap();
    let destination = "pace = \"100ms\"\nrepeat_every = \"1s\"".into();
    let place = Place::with(&slack, Options { destination, ..Options::default() });
    let agent = place.run();
    let mut peak = Peak::default();
    let begin = Instant::now();
    for second in 0..seconds {
        let from = second * a_second;
        let lines: Vec<String> = (from..from + a_second).map(unlike_any_other).collect();
        place.append(&lines);
        let due = begin + Duration::from_secs(u64::from(second) + 1);
        while Instant::now() < due {
            peak.note(&agent, &place);
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }
    let all = u64::from(a_second * seconds);
    let account = peak.watch(&agent, &place, Duration::from_secs(limit), |account| {
        account.stored == all && account.pending() == 0
    });
    assert_eq!((account.told, account.unaccounted()), (all, 0));
    let told = channel(&slack.received());
    assert_eq!((told.told, told.unmarked_again), (all, 0));
    peak.print(&format!("storm of {a_second} rules a second for {seconds} s"), &account);
    let posts = slack.received().len() as u64;
    // By the pace, and so never by what is sent.
    let posts_max = begin.elapsed().as_secs() * 10 + 1;
    assert!(posts <= posts_max, "{posts} posts");
    peak.check(1, RESIDENT_OF_GROUPS_KIB_MAX);
    assert_eq!(agent.stop(), 0);
}

/// Real bytes first, then a hole: the line holds NULs that no disk holds.
fn write_long_line(path: &Path, real_bytes: u64, bytes: u64) {
    let mut log = BufWriter::new(File::create(path).unwrap());
    let piece = [b'A'; 64 * 1024];
    for _ in 0..real_bytes / piece.len() as u64 {
        log.write_all(&piece).unwrap();
    }
    log.seek(SeekFrom::Start(bytes)).unwrap();
    log.write_all(b"A\n").unwrap();
    log.flush().unwrap();
}

#[test]
fn a_line_of_gigabytes_is_passed_over_within_bounds() {
    let (real_bytes, bytes, limit) =
        if is_whole() { (1 << 30, 4 << 30, 600) } else { (32 << 20, 256 << 20, 120) };
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    write_long_line(&place.log(), real_bytes, bytes);
    place.append(&alerts(7_400, 0..3));
    let agent = place.run();
    let mut peak = Peak::default();
    let begin = Instant::now();
    let account =
        peak.watch(&agent, &place, Duration::from_secs(limit), |account| account.told == 3);
    assert_eq!((account.stored, account.unaccounted()), (3, 0));
    let files = View::open(&place.state(), "sensor-1").unwrap().files().unwrap();
    assert_eq!((files[0].counts.cut, files[0].counts.events), (1, 3));
    peak.print(&format!("a line of {} MiB in {:.1?}", bytes >> 20, begin.elapsed()), &account);
    peak.check(1, RESIDENT_KIB_MAX);
    assert_eq!(agent.stop(), 0);
}

#[test]
fn ten_thousand_files_are_followed_within_bounds() {
    use rustix::process::{Resource, getrlimit};
    let most = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
    let files = most.saturating_sub(600).min(if is_whole() { 10_000 } else { 2_000 }) as u32;
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let logs = place.path("logs");
    std::fs::create_dir(&logs).unwrap();
    let config = std::fs::read_to_string(place.path("config.toml")).unwrap();
    let from = format!("{:?}", place.log());
    let to = format!("{:?}", logs.join("*.json"));
    std::fs::write(place.path("config.toml"), config.replace(&from, &to)).unwrap();
    let append = |from: u32| {
        for file in 0..files {
            let path = logs.join(format!("{file}.json"));
            crate::support::append(&path, &alerts(7_500, from + file..from + file + 1));
        }
    };
    append(0);
    let agent = place.run();
    let mut peak = Peak::default();
    let all = |times: u64| u64::from(files) * times;
    let limit = Duration::from_secs(if is_whole() { 300 } else { 120 });
    let begin = Instant::now();
    peak.watch(&agent, &place, limit, |account| account.stored == all(1));
    let first = begin.elapsed();
    append(files);
    let account = peak.watch(&agent, &place, limit, |account| account.told == all(2));
    assert_eq!((account.stored, account.unaccounted()), (all(2), 0));
    assert_eq!(channel(&slack.received()).told, all(2));
    peak.print(&format!("{files} files, all read once after {first:.1?}"), &account);
    peak.check(u64::from(files), RESIDENT_OF_FILES_KIB_MAX);
    assert_eq!(agent.stop(), 0);
}

#[test]
fn a_month_of_backlog_stays_within_max_size_and_every_alert_is_accounted_for() {
    let (events, max_size_mib, limit) =
        if is_whole() { (2_000_000_u32, 64_u64, 900) } else { (60_000, 8, 120) };
    let slack = FakeSlack::start().unwrap();
    let options = Options {
        destination: "pace = \"200ms\"\nrepeat_every = \"1s\"".into(),
        more: format!("[retention]\nmax_size = \"{max_size_mib} MiB\""),
        ..Options::default()
    };
    let place = Place::with(&slack, options);
    // The receiver is away while it is read: what is let go by size was told to nobody.
    slack.down();
    let mut log = BufWriter::new(File::create(place.log()).unwrap());
    let start = ipsbell::clock::now() - jiff::SignedDuration::from_hours(30 * 24);
    for number in 0..events {
        let at = start
            + jiff::SignedDuration::from_secs(i64::from(number) * 2_592_000 / i64::from(events));
        let line = crate::support::alert(7_600 + number % 40, number);
        let stamp = at.strftime("%Y-%m-%dT%H:%M:%S.%6f+0000").to_string();
        let behind = line.find("\",\"flow_id").unwrap();
        writeln!(log, "{{\"timestamp\":\"{stamp}{}", &line[behind..]).unwrap();
    }
    log.flush().unwrap();
    let agent = place.run();
    let mut peak = Peak::default();
    let all = u64::from(events);
    let limit = Duration::from_secs(limit);
    peak.watch(&agent, &place, limit, |account| account.stored == all);
    slack.up().unwrap();
    agent.signal("HUP");
    let account = peak.watch(&agent, &place, limit, |account| account.pending() == 0);
    assert_eq!(account.told + account.expired, all, "{account:?}");
    assert_eq!(account.unaccounted(), 0);
    let told = channel(&slack.received());
    assert_eq!((told.told, told.unmarked_again), (account.told, 0));
    let lost = crate::support::wait_for("what was lost to be told", || {
        Some(channel(&slack.received()).lost).filter(|lost| *lost == account.expired)
    });
    let log_bytes = std::fs::metadata(place.log()).unwrap().len();
    peak.print(&format!("a month of {} MiB, {lost} told as lost", log_bytes >> 20), &account);
    peak.check(1, RESIDENT_KIB_MAX);
    let most = (max_size_mib << 20) + ABOVE_MAX_SIZE_BYTES;
    assert!(peak.state_bytes <= most, "{} bytes of state", peak.state_bytes);
    assert_eq!(agent.stop(), 0);
}
