//! What `ipsbell preview` prints, writes and refuses.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Output, Stdio};

use ipsbell::fake_slack::FakeSlack;
use serde_json::Value;

use crate::support::{Options, Place, append, ipsbell, text};

/// An alert so many seconds into a day.
fn alert(second: u32, source: u32, rule: u32, severity: u8) -> String {
    let (hours, minutes, seconds) = (second / 3_600, second / 60 % 60, second % 60);
    let source = format!("203.0.{}.{}", 113 + source / 250, source % 250);
    format!(
        r#"{{"timestamp":"2026-11-22T{hours:02}:{minutes:02}:{seconds:02}.000000+0000","event_type":"alert","src_ip":"{source}","src_port":40000,"dest_ip":"198.51.100.20","dest_port":22,"proto":"TCP","alert":{{"action":"blocked","gid":1,"signature_id":{rule},"rev":1,"signature":"Probe number {rule}","category":"Attempted Information Leak","severity":{severity}}}}}"#
    )
}

fn quiet() -> Vec<String> {
    (0..12).map(|n| alert(n * 7_000, n, 100 + n, 3)).collect()
}

fn brute_force() -> Vec<String> {
    (0..2_000).map(|n| alert(40_000 + n / 2, n % 300, 7, 2)).collect()
}

fn scan() -> Vec<String> {
    (0..1_000).map(|n| alert(43_200 + n / 10, 99, 500 + n % 200, 3)).collect()
}

struct Logs {
    directory: tempfile::TempDir,
}

impl Logs {
    fn new() -> Self {
        let logs = Self { directory: tempfile::tempdir().unwrap() };
        append(&logs.path("quiet.json"), &quiet());
        append(&logs.path("brute.json"), &brute_force());
        append(&logs.path("scan.json"), &scan());
        logs
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn preview(&self, arguments: &[&str]) -> Output {
        let mut command = ipsbell();
        command.arg("preview").args(arguments).current_dir(self.directory.path());
        command.stdin(Stdio::null()).output().unwrap()
    }
}

const ALL: [&str; 3] = ["quiet.json", "brute.json", "scan.json"];
const ALERTS: u64 = 3_012;

fn json(output: &Output) -> Vec<Value> {
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn lines_of_json_add_up() {
    let logs = Logs::new();
    let mut lines = json(&logs.preview(&[&["--json"], &ALL[..]].concat()));
    let summary = lines.pop().unwrap()["summary"].take();
    let told: u64 = lines.iter().map(|line| line["alerts"].as_u64().unwrap()).sum();
    assert_eq!((told, summary["told"].as_u64().unwrap()), (ALERTS, ALERTS));
    assert_eq!(summary["alerts"], ALERTS);
    assert_eq!(summary["posts"], lines.len() as u64);
    assert_eq!((&summary["muted"], &summary["unaccounted"]), (&0.into(), &0.into()));
    assert!(lines.len() < 40, "{} posts", lines.len());
    let mut before = String::new();
    for line in &lines {
        let at = line["at"].as_str().unwrap();
        assert!(at >= before.as_str(), "{at} after {before}");
        at.clone_into(&mut before);
        assert_eq!(line["destination"], "slack");
        assert!(line["payload"]["text"].as_str().unwrap().contains("blocked"), "{line}");
    }
}

#[test]
fn several_logs_are_one_whatever_their_order_and_the_pipe_is_one_too() {
    let logs = Logs::new();
    let merged = text(&logs.preview(&[&["--json"], &ALL[..]].concat()).stdout);
    let turned = ["--json", "scan.json", "quiet.json", "brute.json"];
    assert_eq!(text(&logs.preview(&turned).stdout), merged);

    let mut child = ipsbell()
        .args(["preview", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = brute_force().join("\n");
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let piped = child.wait_with_output().unwrap();
    let read = logs.preview(&["--json", "brute.json"]);
    assert_eq!(text(&piped.stdout), text(&read.stdout));
}

#[test]
fn text_shows_each_post_and_the_account() {
    let logs = Logs::new();
    append(
        &logs.path("mixed.json"),
        &["{\"event_type\":\"flow\"}".into(), "{\"event_type\":\"alert\"".into()],
    );
    let output = logs.preview(&["scan.json", "mixed.json"]);
    assert_eq!(output.status.code(), Some(1), "a record was not understood");
    let (shown, said) = (text(&output.stdout), text(&output.stderr));
    let posts = shown.lines().filter(|line| line.starts_with("── ")).count();
    assert!(shown.contains(&format!("slack: 1000 alerts -> {posts} posts, ")), "{shown}");
    assert!(shown.contains("told 1000, muted 0, not matched 0, unaccounted 0"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "no colours where nobody sees them");
    assert!(said.contains("1002 records: 1000 events, 1 other, 0 unclaimed, 1 rejects"), "{said}");
}

#[test]
fn a_page_is_written_for_its_owner_alone() {
    let logs = Logs::new();
    let arguments = [&["--html", "page.html"], &ALL[..]].concat();
    let output = logs.preview(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    let page = std::fs::read_to_string(logs.path("page.html")).unwrap();
    let mode = std::fs::metadata(logs.path("page.html")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let posts = page.matches("<article>").count();
    assert!(shown.starts_with(&format!("slack: {ALERTS} alerts -> {posts} posts, ")), "{shown}");
    // Again, over the page that is there; but never over a log.
    assert_eq!(logs.preview(&arguments).status.code(), Some(0));
    let log = std::fs::read(logs.path("quiet.json")).unwrap();
    let output = logs.preview(&["--html", "quiet.json", "scan.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("left as it is"), "{}", text(&output.stderr));
    assert_eq!(std::fs::read(logs.path("quiet.json")).unwrap(), log);
}

#[test]
fn settings_are_played_and_neither_secret_nor_receiver_is_touched() {
    let slack = FakeSlack::start().unwrap();
    let more = "[[destination]]\nname = \"screen\"\ntype = \"console\"\nmin_severity = \"critical\"\n\
                [[mute]]\nrule = \"500-599\"\nreason = \"a scanner of ours\"\n";
    let options = Options {
        destination: "mention = { medium = \"<!here>\" }".into(),
        more: more.into(),
        ..Options::default()
    };
    let place = Place::with(&slack, options);
    place.append(&[scan(), brute_force()].concat());
    std::fs::remove_file(place.path("soc.url")).unwrap();
    let log = place.log();
    let preview = |more: &[&str]| {
        json(&place.ipsbell(&[&["preview", "--json", log.to_str().unwrap()], more].concat()))
    };
    let lines = preview(&[]);
    let sums: Vec<&Value> = lines.iter().filter(|line| line["summary"].is_object()).collect();
    let of = |place: usize, what: &str| sums[place]["summary"][what].as_u64().unwrap();
    assert_eq!((of(0, "alerts"), of(0, "muted"), of(0, "told")), (3_000, 500, 2_500));
    assert_eq!((of(1, "alerts"), of(1, "not_matched"), of(1, "posts")), (3_000, 3_000, 0));
    let called =
        |line: &&Value| line["payload"]["text"].as_str().is_some_and(|t| t.contains("<!here>"));
    assert_eq!(lines.iter().filter(called).count(), 1, "people are called once");
    assert_eq!(preview(&["--destination", "screen"]).len(), 1);
    assert!(slack.received().is_empty() && !place.state().exists());
}

#[test]
fn what_is_stored_is_played_again() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    place.append(&crate::support::alerts(7_001, 0..2_500));
    assert_eq!(place.ipsbell(&["run", "--once"]).status.code(), Some(0));
    let posted = slack.received().len();
    for (since, alerts) in [("1h", 2_500), ("2099-01-01", 0)] {
        let lines = json(&place.ipsbell(&["preview", "--json", "--since", since]));
        let summary = &lines.last().unwrap()["summary"];
        assert_eq!((&summary["alerts"], &summary["told"]), (&alerts.into(), &alerts.into()));
    }
    assert_eq!(slack.received().len(), posted, "nothing is posted");
}

#[test]
fn what_is_wrong_is_said() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    place.append(&scan());
    let log = place.log();
    let log = log.to_str().unwrap();
    for (arguments, code, wanted) in [
        (vec!["--destination", "socc", log], 2, "did you mean `soc`?"),
        (vec!["--destination", "elsewhere", log], 2, "known: `soc`"),
        (vec![log, log], 2, "is given twice"),
        (vec!["--format", "suricata-evee", log], 2, "did you mean `suricata-eve`?"),
        (vec!["--timezone", "Europe/Berln", log], 2, "wanted a time zone"),
        (vec!["--since", "yesterday"], 2, "a time span"),
        (vec!["--since", "24h"], 1, "hot.db"),
        (vec!["--html", "/nonexistent/page.html", log], 2, "cannot write"),
        (vec![], 2, "FILE"),
    ] {
        let output = place.ipsbell(&[&["preview"], arguments.as_slice()].concat());
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(wanted), "{arguments:?}: {said}");
        assert_eq!(text(&output.stdout), "", "{arguments:?}");
    }
    let output = place.ipsbell(&["preview", "/nonexistent/eve.json", place.text(), log]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot open `/nonexistent/eve.json`"), "{said}");
    assert!(said.contains("2 files could not be read"), "{said}");
    assert!(text(&output.stdout).contains("soc: 1000 alerts"), "the others are played");

    let missing =
        ipsbell().args(["preview", "--config", "/nonexistent.toml", log]).output().unwrap();
    assert_eq!(missing.status.code(), Some(2));
    let many: Vec<String> = (0..129).map(|n| format!("eve.json.{n}")).collect();
    let output = ipsbell().arg("preview").args(&many).output().unwrap();
    assert!(text(&output.stderr).contains("129 files; wanted 128 at the most"));
}
