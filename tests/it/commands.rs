//! What the commands print and how they exit.

use ipsbell::fake_slack::{FakeSlack, Fault};

use crate::support::{Options, Place, alerts, ipsbell, text, wait_for};

#[test]
fn demo_ends_by_itself_with_nothing_lost() {
    let output = ipsbell().arg("demo").output().unwrap();
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}{}", text(&output.stderr));
    assert!(said.contains("lost 0"), "{said}");
    assert!(!said.contains('\u{1b}'), "no colours where nobody sees them");
}

#[test]
fn test_prints_the_receivers_answer() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let output = place.ipsbell(&["test", "soc"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("soc: delivered"));
    let post = slack.received().pop().unwrap();
    assert!(post.text().to_lowercase().contains("test"), "{}", post.text());

    slack.answer_with(Some(Fault::word(404, "no_service")));
    let output = place.ipsbell(&["test"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("no_service"), "{}", text(&output.stdout));

    let output = place.ipsbell(&["test", "nobody"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("soc"), "{}", text(&output.stderr));
}

#[test]
fn check_reads_the_first_records_and_posts_nothing() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    place.append(&alerts(7001, 0..3));
    let output = place.ipsbell(&["check"]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}{}", text(&output.stderr));
    assert!(said.contains("format suricata-eve") && said.contains("3 are alerts"), "{said}");
    assert!(said.contains("destination `soc`: reachable"), "{said}");
    assert!(slack.received().is_empty());
    assert!(!place.state().exists(), "check stores nothing");

    slack.down();
    let output = place.ipsbell(&["check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("FAULT destination `soc`"), "{}", text(&output.stdout));
}

#[test]
fn status_of_a_stopped_agent_says_so() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    place.append(&alerts(7002, 0..3));
    assert_eq!(place.ipsbell(&["run", "--once"]).status.code(), Some(0));
    let output = place.ipsbell(&["status"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("the agent does not run"));
    let json: serde_json::Value =
        serde_json::from_slice(&place.ipsbell(&["status", "--json"]).stdout).unwrap();
    assert_eq!(json["destinations"][0]["account"]["told"], 3);
    assert_eq!(json["sources"][0]["events"], 3);

    let agent = place.run();
    agent.wait_for_log("runs.");
    assert_eq!(place.ipsbell(&["status"]).status.code(), Some(0));
    assert_eq!(agent.stop(), 0);
}

#[test]
fn status_without_a_store_says_what_is_missing() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let output = place.ipsbell(&["status"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("hot.db"), "{}", text(&output.stderr));
}

#[test]
fn search_finds_by_card_rule_source_and_time() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    place.append(&alerts(7003, 0..5));
    place.append(&alerts(7004, 0..7));
    assert_eq!(place.ipsbell(&["run", "--once"]).status.code(), Some(0));
    let count = |arguments: &[&str]| {
        let output = place.ipsbell(&[&["search", "--json"], arguments].concat());
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout).lines().count()
    };
    assert_eq!(count(&[]), 12);
    assert_eq!(count(&["--rule", "7004"]), 7);
    assert_eq!(count(&["--rule", "7000-7003"]), 5);
    assert_eq!(count(&["--rule", "Probe*7003"]), 5);
    assert_eq!(count(&["--source", "203.0.0.4"]), 2);
    assert_eq!(count(&["--source", "203.0.0.0/31", "--rule", "7004"]), 2);
    assert_eq!(count(&["--since", "1h"]), 12);
    assert_eq!(count(&["--since", "2099-01-01"]), 0);
    assert_eq!(count(&["--limit", "4"]), 4);

    // The ids that stand in the posts find what the posts told.
    let shown: String = slack.received().iter().map(|post| post.shown()).collect();
    let is_id = |word: &&str| {
        word.len() == 8 && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    };
    let ids: Vec<&str> = shown.split(|c: char| !c.is_ascii_alphanumeric()).filter(is_id).collect();
    let mut found: Vec<usize> = ids.iter().map(|id| count(&[id])).collect();
    found.sort_unstable();
    found.dedup();
    assert!(found.contains(&5) && found.contains(&7), "{ids:?}: {found:?}\n{shown}");
    let lower = ids[0][..6].to_lowercase();
    assert!(count(&[&lower]) >= 5, "a beginning suffices, in any case");

    for (wrong, code) in [
        (["search", "ZZZZZZZZ"], 1),
        (["search", "--since=soon"], 2),
        (["search", "--source=x.y"], 2),
    ] {
        let output = place.ipsbell(&wrong);
        assert_eq!(output.status.code(), Some(code), "{wrong:?}: {}", text(&output.stderr));
        assert!(!output.stderr.is_empty());
    }
}

#[test]
fn watch_shows_cards_on_the_terminal() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("fast.log");
    std::fs::write(&log, "").unwrap();
    let shown = directory.path().join("shown");
    let mut child = ipsbell()
        .arg("watch")
        .arg(&log)
        .stdout(std::fs::File::create(&shown).unwrap())
        .stderr(std::fs::File::create(directory.path().join("said")).unwrap())
        .spawn()
        .unwrap();
    wait_for("watch to begin", || {
        std::fs::read_to_string(directory.path().join("said"))
            .unwrap()
            .contains("watching")
            .then_some(())
    });
    let line = "01/02/2026-03:04:05.678901  [**] [1:7005:2] A card for the terminal [**] [Classification: Misc activity] [Priority: 2] {TCP} 203.0.113.5:40000 -> 198.51.100.20:80";
    crate::support::append(&log, &[line.to_owned()]);
    wait_for("the card", || {
        std::fs::read_to_string(&shown).unwrap().contains("A card for the terminal").then_some(())
    });
    let killed = std::process::Command::new("kill")
        .arg("-INT")
        .arg(child.id().to_string())
        .status()
        .unwrap();
    assert!(killed.success());
    let status = wait_for("watch to end", || child.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
}

#[test]
fn parse_prints_events_and_a_summary() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("eve.json");
    crate::support::append(&log, &alerts(7006, 0..2));
    crate::support::append(&log, &["{\"event_type\":\"alert\", broken".to_owned()]);
    let output = ipsbell().arg("parse").arg(&log).output().unwrap();
    assert_eq!(text(&output.stdout).lines().count(), 2);
    assert!(text(&output.stderr).contains("3 records"), "{}", text(&output.stderr));
    let output = ipsbell().args(["parse", "--format", "suricata-evil"]).arg(&log).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("suricata-eve"), "{}", text(&output.stderr));
}

#[test]
fn wrong_usage_exits_with_2_and_help_with_0() {
    for (arguments, code) in [
        (vec!["--help"], 0),
        (vec!["--version"], 0),
        (vec![], 2),
        (vec!["rum"], 2),
        (vec!["run", "--onec"], 2),
    ] {
        let output = ipsbell().args(&arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("eve.json");
    crate::support::append(&log, &alerts(7007, 0..5000));
    let mut child =
        ipsbell().arg("parse").arg(&log).stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let status = wait_for("parse to end", || child.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
}

#[test]
fn formats_of_ones_own_are_read_explained_and_checked() {
    let slack = FakeSlack::start().unwrap();
    let door = "[[format]]\nname = \"door\"\npattern = 'door (?P<action>\\w+) (?P<source_ip>\\S+) (?P<rule_name>.+)'\n";
    let sample = "samples = [\"door shut 192.0.2.1 forced\"]\n";
    let with = |more| Place::with(&slack, Options { more, ..Options::default() });
    let place = with(format!("{door}{sample}"));
    let log = place.log();
    place.append(&[
        "door DENY 192.0.2.1 forced".to_owned(),
        "<13>Mar 14 10:50:25 gate door shut".to_owned(),
        "door shut \u{1b}[2J".to_owned(),
    ]);
    let path = log.to_str().unwrap();
    let output = place.ipsbell(&["parse", "--explain", "--format", "door", path]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}{}", text(&output.stderr));
    let wanted = [":1: alert, door, info, blocked", "wanted ` ` at byte 34", "door shut \\x1b[2J"];
    assert!(wanted.iter().all(|wanted| said.contains(wanted)), "{said}");
    assert!(text(&output.stderr).contains("door: 1 alerts, 0 other, 2 rejects"));

    assert_eq!(place.ipsbell(&["run", "--once"]).status.code(), Some(0));
    let status = text(&place.ipsbell(&["status"]).stdout);
    assert!(status.contains("(door: 1 records)"), "{status}");
    let found = text(&place.ipsbell(&["search", "--json"]).stdout);
    assert!(found.contains(r#""dataset":"door""#), "{found}");

    let place = with(format!("{door}samples = [\"gate shut 192.0.2.1 forced\"]\n"));
    for command in [["check"].as_slice(), &["run", "--once"]] {
        let output = place.ipsbell(command);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
        assert!(
            text(&output.stderr).contains("it wants `door ` at byte 0"),
            "{}",
            text(&output.stderr)
        );
    }
}

#[test]
fn formats_tells_of_one_what_its_example_becomes() {
    let output = ipsbell().args(["formats", "cef"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let said = text(&output.stdout);
    assert!(said.contains("event.dataset") && said.contains("\"cef\""), "{said}");
    let output = ipsbell().args(["formats", "snort-ful"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("did you mean `snort-full`?"),
        "{}",
        text(&output.stderr)
    );
}
