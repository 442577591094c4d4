//! systemd's journal as a source: read by the real journalctl(1) from journal files that systemd-journal-remote(8) makes,
//! and by one that fails in every way.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use ipsbell::fake_slack::FakeSlack;
use ipsbell::journal::PROGRAM_VARIABLE;

use crate::numbered::{Form, check_stored_once, wait_for_all};
use crate::support::{Options, Place, alert, ipsbell, program, text, wait_for};

/// Alerts of Suricata behind the header of their entry.
const ENTRIES: Form = Form {
    line: |number| alert(9_000 + number % 40, number),
    number: |raw| {
        let begin = raw.iter().position(|byte| *byte == b'{')?;
        let json: serde_json::Value = serde_json::from_slice(&raw[begin..]).ok()?;
        json["flow_id"].as_u64()?.try_into().ok()
    },
};

/// Entries are written from then on, in microseconds since 1970: 2026-03-14T10:50:25Z.
const BEGIN_US: u64 = 1_773_485_425_000_000;

/// A directory of journal files. Each addition makes a further one, which appears in it whole.
struct Journal {
    place: Place,
    converter: PathBuf,
    files: u32,
    written: u32,
}

/// A field of journald's export format: with its length where it has several lines.
fn field(name: &str, value: &str) -> Vec<u8> {
    if !value.contains('\n') {
        return format!("{name}={value}\n").into_bytes();
    }
    let length = (value.len() as u64).to_le_bytes();
    [format!("{name}\n").as_bytes(), &length, value.as_bytes(), b"\n"].concat()
}

impl Journal {
    /// `None`, and a line that says so, where the machine lacks a program.
    fn new(test: &str, slack: &FakeSlack, settings: &str) -> Option<Self> {
        program(test, "journalctl")?;
        let converter = PathBuf::from("/usr/lib/systemd/systemd-journal-remote");
        if !converter.is_file() {
            eprintln!("SKIPPED {test}: systemd-journal-remote is not installed");
            return None;
        }
        let place = Place::with(slack, Options { source: settings.into(), ..Options::default() });
        let directory = place.path("journal");
        fs::create_dir(&directory).unwrap();
        let source = format!(
            "journal = {{ unit = \"suricata\", identifier = [\"snort\"], directory = {directory:?} }}"
        );
        let configuration = place.path("config.toml");
        let before = fs::read_to_string(&configuration).unwrap();
        let line = format!("paths = [{:?}]", place.log());
        assert!(before.contains(&line));
        fs::write(&configuration, before.replace(&line, &source)).unwrap();
        Some(Self { place, converter, files: 0, written: 0 })
    }

    /// Adds entries, each a time, a process and a message.
    fn add(&mut self, entries: impl IntoIterator<Item = (u64, u32, String)>) {
        let mut export = Vec::new();
        for (number, (at_us, process, message)) in entries.into_iter().enumerate() {
            let unit = if process == 0 { "other.service" } else { "suricata.service" };
            let monotonic = at_us - BEGIN_US + number as u64;
            let at_us = at_us + number as u64;
            for (name, value) in [
                ("__REALTIME_TIMESTAMP", at_us.to_string().as_str()),
                ("__MONOTONIC_TIMESTAMP", &monotonic.to_string()),
                ("_BOOT_ID", "0123456789abcdef0123456789abcdef"),
                ("_HOSTNAME", "web-1"),
                ("_SYSTEMD_UNIT", unit),
                ("SYSLOG_IDENTIFIER", "suricata"),
                ("_PID", &process.to_string()),
                ("MESSAGE", &message),
            ] {
                export.extend(field(name, value));
            }
            export.push(b'\n');
        }
        self.files += 1;
        let name = format!("part-{}.journal", self.files);
        let made = self.place.path(&name);
        let mut child = Command::new(&self.converter)
            .arg("--output")
            .arg(&made)
            .arg("-")
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&export).unwrap();
        assert!(child.wait().unwrap().success());
        fs::rename(made, self.place.path("journal").join(name)).unwrap();
    }

    /// Adds the next numbered alerts, each beside an entry that is not wanted.
    fn add_alerts(&mut self, count: u32) {
        let range = self.written..self.written + count;
        self.written += count;
        let of = |number: u32| {
            let at_us = BEGIN_US + u64::from(number) * 1_000;
            let other = (at_us, 0, alert(1, 4_000_000 + number));
            [other, (at_us + 10, 7, (ENTRIES.line)(number))]
        };
        self.add(range.flat_map(of).collect::<Vec<_>>());
    }

    /// Processes that read these journal files.
    fn readers(&self) -> usize {
        let directory = format!("--directory={}", self.place.path("journal").display());
        let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
        let lines = processes.filter_map(|each| fs::read(each.path().join("cmdline")).ok());
        lines
            .filter(|line| String::from_utf8_lossy(line).split('\0').any(|a| a == directory))
            .count()
    }
}

#[test]
fn killed_again_and_again_each_entry_is_stored_once() {
    let slack = FakeSlack::start().unwrap();
    let name = "killed_again_and_again_each_entry_is_stored_once";
    let Some(mut journal) = Journal::new(name, &slack, "start_at = \"beginning\"") else { return };
    for life in 0..8 {
        journal.add_alerts(40);
        let agent = journal.place.run();
        // Sometimes it has followed for a while, sometimes it is hit in the midst of reading.
        let wanted = u64::from(journal.written) - 40 * (life % 3) / 2;
        journal.place.wait_for_account("some of it", |account| account.stored >= wanted);
        if life % 2 == 0 {
            journal.add_alerts(30);
        }
        agent.kill();
    }
    // Nobody is left behind who reads for an agent that is dead.
    wait_for("the readers of dead agents to end", || (journal.readers() == 0).then_some(()));
    let agent = journal.place.run();
    wait_for_all(&journal.place, journal.written, ENTRIES);
    journal.add_alerts(10);
    wait_for_all(&journal.place, journal.written, ENTRIES);
    assert_eq!(agent.stop(), 0);
    wait_for("journalctl to end with the agent", || (journal.readers() == 0).then_some(()));
}

#[test]
fn an_entry_is_an_event_with_its_host_process_and_time() {
    let slack = FakeSlack::start().unwrap();
    let name = "an_entry_is_an_event_with_its_host_process_and_time";
    let settings = "start_at = \"beginning\"\ntimezone = \"UTC\"";
    let Some(mut journal) = Journal::new(name, &slack, settings) else { return };
    let cef = "CEF:0|Example|Gateway|1.0|501|Probe|7|src=203.0.113.7 dst=198.51.100.20 act=blocked";
    let full = "[**] [1:1000001:3] Probe in several lines [**]\n[Classification: Misc] [Priority: 2] \n\
                03/14-10:50:25.000000 203.0.113.7:4000 -> 198.51.100.20:443\nTCP TTL:64 TOS:0x0 ID:1 IpLen:20 DgmLen:60";
    let over_several = full.replace("1000001", "1000002");
    let mut entries = vec![(BEGIN_US, 7, cef.to_owned()), (BEGIN_US + 100, 8, full.to_owned())];
    entries.extend(over_several.lines().map(|line| (BEGIN_US + 200, 9, line.to_owned())));
    entries.push((BEGIN_US + 300, 7, "{\"event_type\":\"alert\",\"src_ip\":7".to_owned()));
    journal.add(entries);
    let output = journal.place.ipsbell(&["run", "--once"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let found = text(&journal.place.ipsbell(&["search", "--json"]).stdout);
    let events: Vec<serde_json::Value> =
        found.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut shown = Vec::new();
    for event in &events {
        let field = |path: &str| event.pointer(path).unwrap().to_string().replace('"', "");
        let path = field("/log/file/path");
        assert!(
            path.starts_with("journal:unit=suricata.service,identifier=snort,directory="),
            "{path}"
        );
        let fields = [
            "/event/dataset",
            "/rule/id",
            "/@timestamp",
            "/host/name",
            "/log/syslog/procid",
            "/log/offset",
        ];
        shown.push(fields.map(field).join(" "));
    }
    shown.sort_unstable();
    // One without a time of its own has that of the entry; each entry is one microsecond behind the last.
    let at = "2026-03-14T10:50:25.000000Z web-1";
    let wanted = [
        format!("cef 501 {at} 7 {BEGIN_US}"),
        format!("snort-full 1000001 {at} 8 {}", BEGIN_US + 101),
        format!("snort-full 1000002 {at} 9 {}", BEGIN_US + 202),
    ];
    assert_eq!(shown, wanted);
    let status = text(&journal.place.ipsbell(&["status"]).stdout);
    assert!(status.contains("4 records: 3 events, 0 other, 1 not understood"), "{status}");
    assert!(
        status.contains("last not understood: an entry of 2026-03-14T10:50:25.000"),
        "{status}"
    );
    let check = journal.place.ipsbell(&["check"]);
    assert!(
        text(&check.stdout).contains("journal:unit=suricata.service"),
        "{}",
        text(&check.stdout)
    );
}

#[test]
fn a_journalctl_that_fails_in_every_way_costs_no_entry() {
    let slack = FakeSlack::start().unwrap();
    let name = "a_journalctl_that_fails_in_every_way_costs_no_entry";
    let Some(mut journal) = Journal::new(name, &slack, "start_at = \"beginning\"") else { return };
    journal.add_alerts(30);
    let script = journal.place.path("journalctl");
    let count = journal.place.path("count");
    let real = program(name, "journalctl").unwrap();
    let body = format!(
        "#!/bin/sh\necho x >>{count:?}\ncase $(wc -l <{count:?}) in\n\
         1) echo 'no luck today' >&2; exit 3;;\n\
         2) echo 'Segmentation fault';;\n\
         3) {real:?} \"$@\" | head -c 2500;;\n\
         4) kill -9 $$;;\n\
         *) exec {real:?} \"$@\";;\nesac\n"
    );
    fs::write(&script, body).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let agent = journal.place.run_by(ipsbell().env(PROGRAM_VARIABLE, &script));
    wait_for_all(&journal.place, journal.written, ENTRIES);
    for said in [
        "exit status 3: no luck today",
        "something else than an entry",
        "in the midst of an entry",
        "killed by signal 9",
    ] {
        agent.wait_for_log(said);
    }
    let status = wait_for("a status without problems", || {
        let status = journal.place.ipsbell(&["status"]);
        (status.status.code() == Some(0)).then(|| text(&status.stdout))
    });
    assert!(status.contains("journalctl failed 4 times"), "{status}");
    assert_eq!(agent.stop(), 0);
    check_stored_once(&journal.place, journal.written, ENTRIES);
}

#[test]
fn without_journalctl_it_is_told_in_the_channel_and_by_check() {
    let slack = FakeSlack::start().unwrap();
    let name = "without_journalctl_it_is_told_in_the_channel_and_by_check";
    let Some(mut journal) = Journal::new(name, &slack, "start_at = \"beginning\"") else { return };
    journal.add_alerts(5);
    let missing = journal.place.path("missing");
    let check = ipsbell()
        .args(["check", "--config"])
        .arg(journal.place.path("config.toml"))
        .env(PROGRAM_VARIABLE, &missing)
        .output()
        .unwrap();
    let said = text(&check.stdout);
    assert!(check.status.code() == Some(1) && said.contains("cannot start journalctl"), "{said}");
    let agent = journal.place.run_by(ipsbell().env(PROGRAM_VARIABLE, &missing));
    let told = |what: &str| slack.received().iter().any(|post| post.shown().contains(what));
    wait_for("it to be told", || told("a log cannot be read").then_some(()));
    std::os::unix::fs::symlink(program(name, "journalctl").unwrap(), &missing).unwrap();
    wait_for_all(&journal.place, journal.written, ENTRIES);
    wait_for("its end to be told", || told("a log can be read again").then_some(()));
    assert_eq!(agent.stop(), 0);
}

#[test]
fn entries_that_were_vacuumed_unread_are_told_once() {
    let slack = FakeSlack::start().unwrap();
    let name = "entries_that_were_vacuumed_unread_are_told_once";
    let Some(mut journal) = Journal::new(name, &slack, "start_at = \"beginning\"") else { return };
    journal.add_alerts(20);
    assert_eq!(journal.place.ipsbell(&["run", "--once"]).status.code(), Some(0));
    fs::remove_file(journal.place.path("journal/part-1.journal")).unwrap();
    let later = u64::try_from(ipsbell::clock::now().as_microsecond()).unwrap() + 3_600_000_000;
    journal.add((20..30).map(|number| (later, 7, (ENTRIES.line)(number))).collect::<Vec<_>>());
    for _ in 0..2 {
        let output = journal.place.ipsbell(&["run", "--once"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        check_stored_once(&journal.place, 30, ENTRIES);
        let status = text(&journal.place.ipsbell(&["status"]).stdout);
        assert!(status.contains("may be lost unread"), "{status}");
        assert!(!status.contains("times)"), "{status}");
    }
    assert!(slack.received().iter().any(|post| post.shown().contains("may be lost unread")));
}

#[test]
fn reading_begins_at_the_end_and_a_change_of_what_is_read_leaves_nothing_out() {
    let slack = FakeSlack::start().unwrap();
    let name = "reading_begins_at_the_end_and_a_change_of_what_is_read_leaves_nothing_out";
    let Some(mut journal) = Journal::new(name, &slack, "") else { return };
    journal.add([(BEGIN_US - 1_000_000 + 1_000_000, 7, alert(1, 3_000_000))]);
    assert_eq!(journal.place.ipsbell(&["run", "--once"]).status.code(), Some(0));
    assert_eq!(journal.place.account().unwrap().stored, 0);
    journal.written = 1;
    journal.add_alerts(10);
    let configuration = journal.place.path("config.toml");
    let before = fs::read_to_string(&configuration).unwrap();
    fs::write(&configuration, before.replace("[\"snort\"]", "[\"snort\", \"portsentry\"]"))
        .unwrap();
    assert_eq!(journal.place.ipsbell(&["run", "--once"]).status.code(), Some(0));
    assert_eq!(journal.place.account().unwrap().stored, 10);
}
