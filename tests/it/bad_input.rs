//! Broken lines, hostile lines, over-long lines, files that cannot be read, a full disk: told, counted, survived.

use std::os::unix::fs::PermissionsExt as _;

use ipsbell::fake_slack::FakeSlack;
use ipsbell::store::View;

use crate::support::{DEADLINE, Options, Place, alert, alerts, append, text, wait_for};

#[test]
fn broken_lines_are_counted_sampled_and_do_not_stop_the_rest() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let whole = alert(6001, 1);
    let mut lines = vec![whole.clone()];
    lines.extend([60, 150, 300].map(|cut| whole.get(..cut).unwrap().to_owned()));
    lines.push(String::new());
    lines.push("\u{0}\u{0}\u{0}".to_owned() + &alert(6001, 2));
    lines.push(alert(6001, 3) + "\r");
    place.append(&lines);
    append(&place.log(), &[alert(6001, 4)]);
    let output = place.ipsbell(&["run", "--once"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let view = View::open(&place.state(), "sensor-1").unwrap();
    let counts = view.files().unwrap()[0].counts;
    assert_eq!((counts.events, counts.rejects), (4, 3), "{counts:?}");
    assert_eq!(place.account().unwrap().told, 4);
    let status = text(&place.ipsbell(&["status"]).stdout);
    assert!(status.contains("3 not understood"), "{status}");
    assert!(status.contains("last not understood: the record at offset"), "{status}");
}

#[test]
fn a_log_of_no_known_format_is_a_problem_in_the_status() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    place.append(&vec!["nothing that an IPS writes".to_owned(); 200]);
    assert_eq!(place.ipsbell(&["run", "--once"]).status.code(), Some(0));
    let status = text(&place.ipsbell(&["status"]).stdout);
    assert!(status.contains("no known format in its last 100 records"), "{status}");
    assert!(slack.received()[0].shown().contains("are not understood"), "and it is told");
}

#[test]
fn bytes_that_are_no_utf8_are_shown_and_stored_as_they_are() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let mut line = alert(6002, 1).replace("Probe number 6002", "Probe \u{1}").into_bytes();
    let at = memchr::memchr(1, &line).unwrap();
    line[at] = 0xff;
    line.push(b'\n');
    std::fs::write(place.log(), &line).unwrap();
    assert_eq!(place.ipsbell(&["run", "--once"]).status.code(), Some(0));
    let posts = slack.received();
    assert!(posts[0].shown().contains(r"Probe \xff"), "{}", posts[0].shown());
    let found = text(&place.ipsbell(&["search", "--json"]).stdout);
    let event: serde_json::Value = serde_json::from_str(&found).unwrap();
    assert_eq!(event["rule"]["name"], r"Probe \xff");
}

#[test]
fn an_over_long_line_is_cut_and_what_follows_is_read() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let long = alert(6003, 1).replace("Probe number", &"A".repeat(3 << 20));
    place.append(&[alert(6003, 2), long, alert(6003, 3)]);
    assert_eq!(place.ipsbell(&["run", "--once"]).status.code(), Some(0));
    assert_eq!(place.account().unwrap().told, 2);
    let status = text(&place.ipsbell(&["status"]).stdout);
    assert!(status.contains("1 lines cut"), "{status}");
}

#[test]
fn hostile_text_stays_text_on_its_whole_way() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let hostile = r"<!channel> <@U012AB3CD> <https://evil.example/x|Acknowledge> @here `*CLEAR*` \u001b[2J \u202e https://evil.example/a.png &lt;!here&gt;";
    place.append(&[alert(6004, 1).replace("Probe number 6004", hostile)]);
    assert_eq!(place.ipsbell(&["run", "--once"]).status.code(), Some(0));
    let post = slack.received().pop().unwrap();
    assert!(post.would_notify.is_empty(), "{:?}", post.would_notify);
    assert_eq!(post.would_link, ["https://www.snort.org/rule_docs/1-6004"]);
    assert!(post.would_unfurl.is_empty(), "{:?}", post.would_unfurl);
    assert!(post.shown().contains("<!channel>"), "{}", post.shown());
    let listed = place.ipsbell(&["search"]).stdout;
    assert!(!listed.contains(&0x1b), "{}", text(&listed));
}

#[test]
fn a_file_that_cannot_be_read_is_told_and_the_others_go_on() {
    let slack = FakeSlack::start().unwrap();
    let options = Options { more: String::new(), ..Options::default() };
    let place = Place::with(&slack, options);
    let config = place.path("config.toml");
    let directory = place.path("a-directory.json");
    std::fs::create_dir(&directory).unwrap();
    let text_of = std::fs::read_to_string(&config).unwrap();
    let second = format!("[[source]]\npaths = [{directory:?}]\n\n[[destination]]");
    std::fs::write(&config, text_of.replace("[[destination]]", &second)).unwrap();
    let agent = place.run();
    place.append(&alerts(6005, 0..1));
    slack.wait_for(1, DEADLINE);
    agent.wait_for_log("a directory");
    wait_for("the problem in the status", || {
        let status = place.ipsbell(&["status"]);
        let said = text(&status.stdout);
        let told = said.contains("problem") && said.contains("a-directory.json");
        (told && status.status.code() == Some(1)).then_some(())
    });
    let check = place.ipsbell(&["check"]);
    assert_eq!(check.status.code(), Some(1));
    assert!(text(&check.stdout).contains("a-directory.json"), "{}", text(&check.stdout));
    assert_eq!(agent.stop(), 0);
}

#[test]
fn a_state_directory_that_cannot_be_made_says_which() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    std::fs::write(place.state(), "in the way").unwrap();
    let output = place.ipsbell(&["run", "--once"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains(place.state().to_str().unwrap()), "{said}");
}

#[test]
fn another_programs_database_is_left_alone() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    std::fs::create_dir(place.state()).unwrap();
    std::fs::set_permissions(place.state(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let database = place.state().join("hot.db");
    std::fs::write(&database, "this is no database, and long enough to be looked at as one")
        .unwrap();
    let before = std::fs::read(&database).unwrap();
    let output = place.ipsbell(&["run", "--once"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert_eq!(std::fs::read(&database).unwrap(), before);
}

/// A store that may not grow: the process may write no file beyond some size, which it meets as it meets a full disk.
#[test]
fn a_full_disk_stops_nothing_and_loses_nothing() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    // The store is made first, so that it is the events that do not fit.
    assert_eq!(place.ipsbell(&["run", "--once"]).status.code(), Some(0));
    place.append(&alerts(6006, 0..4000));
    let limited = std::process::Command::new("sh")
        .arg("-c")
        .arg("ulimit -f 512; trap '' XFSZ; exec \"$0\" run --once --deadline 3s --config \"$1\"")
        .arg(env!("CARGO_BIN_EXE_ipsbell"))
        .arg(place.path("config.toml"))
        .output()
        .unwrap();
    let said = text(&limited.stderr);
    assert_eq!(limited.status.code(), Some(1), "{said}");
    assert!(said.contains("make room"), "{said}");
    // There is room again.
    let output = place.ipsbell(&["run", "--once"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let account = place.account().unwrap();
    assert_eq!((account.stored, account.told, account.unaccounted()), (4000, 4000, 0));
}

/// The program's own log lies on a disk that is full.
#[test]
fn a_log_of_its_own_that_cannot_be_written_ends_no_agent() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    place.append(&alerts(6007, 0..3));
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let status = crate::support::ipsbell()
        .args(["run", "--once", "--config"])
        .arg(place.path("config.toml"))
        .stderr(full)
        .status();
    assert_eq!(status.unwrap().code(), Some(0));
    assert_eq!(place.account().unwrap().told, 3);
}
