//! TERM, HUP, USR1 and `--once`.

use ipsbell::fake_slack::{FakeSlack, Fault};

use crate::support::{DEADLINE, Options, Place, alerts, text, wait_for};

#[test]
fn once_reads_all_tells_all_and_exits() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    place.append(&alerts(5001, 0..300));
    let output = place.ipsbell(&["run", "--once"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let account = place.account().unwrap();
    assert_eq!((account.told, account.pending(), account.unaccounted()), (300, 0, 0));
    // A second run finds nothing new and posts nothing.
    let posts = slack.received().len();
    assert_eq!(place.ipsbell(&["run", "--once"]).status.code(), Some(0));
    assert_eq!(slack.received().len(), posts);
}

#[test]
fn once_takes_a_last_line_without_a_newline() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    std::fs::write(place.log(), alerts(5002, 0..3).join("\n")).unwrap();
    assert_eq!(place.ipsbell(&["run", "--once"]).status.code(), Some(0));
    assert_eq!(place.account().unwrap().told, 3);
}

#[test]
fn once_with_a_dead_receiver_says_so_and_keeps_the_events() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    slack.answer_with(Some(Fault::word(503, "x")));
    place.append(&alerts(5003, 0..3));
    let output = place.ipsbell(&["run", "--once", "--deadline", "1s"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    slack.answer_with(None);
    assert_eq!(place.ipsbell(&["run", "--once"]).status.code(), Some(0));
    assert_eq!(place.account().unwrap().told, 3);
}

#[test]
fn a_wrong_deadline_is_wrong_usage() {
    let slack = FakeSlack::start().unwrap();
    let output = Place::new(&slack).ipsbell(&["run", "--once", "--deadline", "soon"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("soon"), "{}", text(&output.stderr));
}

#[test]
fn a_reload_brings_a_new_hook_into_force_and_refuses_a_wrong_configuration() {
    let first = FakeSlack::start().unwrap();
    let second = FakeSlack::start().unwrap();
    let place = Place::new(&first);
    let agent = place.run();
    place.append(&alerts(5004, 0..1));
    first.wait_for(1, DEADLINE);

    let config = place.path("config.toml");
    let good = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, good.replace("pace =", "pase =")).unwrap();
    agent.signal("HUP");
    agent.wait_for_log("the old one stays in force");
    assert!(agent.log().contains("did you mean `pace`"), "{}", agent.log());
    place.append(&alerts(5005, 0..1));
    first.wait_for(2, DEADLINE);

    place.configure(&second.url());
    agent.signal("HUP");
    agent.wait_for_log("The configuration is read again");
    place.append(&alerts(5006, 0..1));
    let posts = second.wait_for(1, DEADLINE);
    assert!(posts[0].shown().contains("Probe number 5006"));
    assert_eq!(first.received().len(), 2);
    assert_eq!(agent.stop(), 0);
}

#[test]
fn usr1_writes_the_status_to_the_log() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let agent = place.run();
    place.append(&alerts(5007, 0..2));
    slack.wait_for(1, DEADLINE);
    agent.signal("USR1");
    agent.wait_for_log("destination  soc (slack): ok");
    assert_eq!(agent.stop(), 0);
}

#[test]
fn a_second_agent_on_the_same_store_is_refused() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let agent = place.run();
    agent.wait_for_log("runs.");
    let output = place.ipsbell(&["run"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("another ipsbell") && said.contains(&agent.id().to_string()), "{said}");
    assert_eq!(agent.stop(), 0);
}

#[test]
fn what_is_written_before_the_first_start_is_left_alone_unless_asked_for() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::with(&slack, Options { source: String::new(), ..Options::default() });
    place.append(&alerts(5008, 0..10));
    let agent = place.run();
    agent.wait_for_log("read from byte");
    place.append(&alerts(5009, 0..1));
    let posts = slack.wait_for(1, DEADLINE);
    assert!(posts[0].shown().contains("Probe number 5009"));
    let account = place.wait_for_account("one event", |account| account.stored > 0);
    assert_eq!(account.stored, 1);
    assert_eq!(agent.stop(), 0);
}

#[test]
fn run_never_listens() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let agent = place.run();
    place.append(&alerts(5010, 0..1));
    slack.wait_for(1, DEADLINE);
    let inodes: Vec<String> = std::fs::read_dir(format!("/proc/{}/fd", agent.id()))
        .unwrap()
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .filter_map(|link| {
            Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
        })
        .collect();
    for table in ["tcp", "tcp6"] {
        let sockets = std::fs::read_to_string(format!("/proc/net/{table}")).unwrap_or_default();
        for line in sockets.lines().skip(1) {
            let columns: Vec<&str> = line.split_whitespace().collect();
            let listens = columns.get(3) == Some(&"0A");
            assert!(
                !(listens && inodes.iter().any(|inode| columns.get(9) == Some(&inode.as_str()))),
                "{line}"
            );
        }
    }
    assert_eq!(agent.stop(), 0);
}

#[test]
fn no_secret_in_arguments_logs_status_or_store() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let url = slack.url();
    let secret = url.rsplit('/').next().unwrap().to_owned();
    slack.fail_next(1, &Fault::word(500, "rollup_error"));
    let agent = place.run();
    place.append(&alerts(5011, 0..1));
    slack.wait_for(1, DEADLINE);
    let command = std::fs::read_to_string(format!("/proc/{}/cmdline", agent.id())).unwrap();
    let status = text(&place.ipsbell(&["status", "--json"]).stdout);
    wait_for("the outcome in the store", || place.account().filter(|account| account.told == 1));
    let log = agent.log();
    assert_eq!(agent.stop(), 0);
    let mut everything = vec![command.into_bytes(), status.into_bytes(), log.into_bytes()];
    for entry in std::fs::read_dir(place.state()).unwrap() {
        everything.push(std::fs::read(entry.unwrap().path()).unwrap());
    }
    for bytes in everything {
        assert!(
            memchr::memmem::find(&bytes, secret.as_bytes()).is_none(),
            "the hook's secret leaked"
        );
    }
}
