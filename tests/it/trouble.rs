//! The agent tells of its own trouble, from outside: what begins, what ends, what was lost, who is told of whose outage,
//! and when the heartbeat stops.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;

use ipsbell::fake_slack::{FakeSlack, Fault, Received};

use crate::support::{Agent, DEADLINE, Options, Place, alerts, secret, text, wait_for};

/// Another `[[source]]` of these files.
fn source(paths: &[String], more: &str) -> String {
    format!("[[source]]\npaths = {paths:?}\nstart_at = \"beginning\"\n{more}\n")
}

/// Another destination, whose hook is this.
fn destination(place: &Place, name: &str, kind: &str, url: &str, more: &str) -> String {
    let file = place.path(&format!("{name}.url"));
    secret(&file, url);
    format!("[[destination]]\nname = \"{name}\"\ntype = \"{kind}\"\nurl_file = {file:?}\n{more}\n")
}

/// Adds whole sections to the configuration.
fn add(place: &Place, sections: &str) {
    let config = place.path("config.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}\n{sections}")).unwrap();
}

fn wait_for_post(slack: &FakeSlack, what: &str) -> Received {
    wait_for(&format!("a post that says `{what}`"), || {
        slack.received().into_iter().find(|post| post.shown().contains(what))
    })
}

/// Runs to its end, and all is told.
fn run_once(place: &Place) {
    let output = place.ipsbell(&["run", "--once"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

fn status(place: &Place) -> (Option<i32>, String) {
    let output = place.ipsbell(&["status"]);
    (output.status.code(), text(&output.stdout))
}

#[test]
fn logs_that_cannot_be_read_are_told_and_their_end_as_well() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let named = |name: &str| place.path(name).to_str().unwrap().to_owned();
    let directory = named("directory.json");
    let hostile = named("<!channel> all clear\n\u{1b}[2J*x*.json");
    let loops: Vec<String> = (0..30).map(|n| named(&format!("loop-{n}.json"))).collect();
    let pattern = format!("{}*", named("<"));
    add(&place, &source(&[vec![directory.clone(), pattern], loops.clone()].concat(), ""));
    fs::create_dir(&directory).unwrap();
    // Nobody can follow a link to itself, not even root.
    let links = || loops.iter().chain([&hostile]);
    links().for_each(|path| symlink(path, path).unwrap());
    let agent = place.run();
    place.append(&alerts(7001, 0..1));
    wait_for_post(&slack, "Probe number 7001");

    // All that cannot be read is one post; alerts go on beside it.
    let post = wait_for_post(&slack, "31 logs cannot be read");
    assert!(post.shown().contains("a path leads to no log file"), "{}", post.shown());
    assert!(post.shown().contains("and 11 more\n") && post.shown().contains("ipsbell status"));
    assert!(post.would_notify.is_empty() && post.would_link.is_empty(), "{}", post.shown());
    assert!(!post.shown().contains('\u{1b}'));
    let (exit, said) = status(&place);
    assert_eq!(exit, Some(1));
    assert!(said.contains("problem") && said.contains("directory.json"), "{said}");
    assert!(!said.contains('\u{1b}'), "{said:?}");

    // Another process neither repeats it nor forgets its end.
    assert_eq!(agent.stop(), 0);
    links().for_each(|path| fs::remove_file(path).unwrap());
    fs::remove_dir(&directory).unwrap();
    let agent = place.run();
    let clear = wait_for_post(&slack, "31 logs can be read again");
    assert!(clear.text().contains("all clear"), "{}", clear.text());
    assert!(clear.would_notify.is_empty() && clear.would_link.is_empty());
    wait_for("a status without a problem", || {
        let (exit, said) = status(&place);
        (exit == Some(0) && !said.contains("problem")).then_some(())
    });
    let began = slack.received().iter().filter(|post| post.shown().contains("be read.")).count();
    assert_eq!(began, 1, "told once");
    assert_eq!(agent.stop(), 0);
    assert_eq!(place.account().unwrap().unaccounted(), 0);
}

#[test]
fn a_deleted_log_whose_writer_goes_on_is_told() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let mut writer = fs::File::create(place.log()).unwrap();
    let agent = place.run();
    agent.wait_for_log("read from byte 0");
    fs::remove_file(place.log()).unwrap();
    wait_for("a post about it", || {
        writeln!(writer, "a line").unwrap();
        let posts = slack.received();
        posts.iter().any(|post| post.shown().contains("a deleted log is still read")).then_some(())
    });
    assert_eq!(agent.stop(), 0);
}

#[test]
fn a_source_that_falls_silent_is_told_until_something_is_written() {
    let slack = FakeSlack::start().unwrap();
    let options = Options {
        source: "start_at = \"beginning\"\nsilent_after = \"1s\"".into(),
        ..Options::default()
    };
    let place = Place::with(&slack, options);
    let agent = place.run();
    place.append(&alerts(7002, 0..1));
    let post = wait_for_post(&slack, "a source is silent");
    assert!(post.shown().contains("for more than 1s"), "{}", post.shown());
    // Written to without a pause, until its end is told.
    let mut number = 1;
    wait_for("the end of the silence", || {
        place.append(&alerts(7002, number..number + 1));
        number += 1;
        let posts = slack.received();
        posts.iter().any(|post| post.shown().contains("is written to again")).then_some(())
    });
    assert_eq!(agent.stop(), 0);
}

#[test]
fn a_dead_destination_is_told_by_the_other_and_comes_back_with_its_gap() {
    let (slack, other) = (FakeSlack::start().unwrap(), FakeSlack::start().unwrap());
    let place = Place::new(&slack);
    add(&place, &destination(&place, "mail", "slack", &other.url(), "pace = \"20ms\""));
    slack.answer_with(Some(Fault::word(404, "no_service")));
    place.append(&alerts(7003, 0..2));
    // The first run finds it dead; a run that ends does not wait for it.
    assert_eq!(place.ipsbell(&["run", "--once"]).status.code(), Some(1));
    let (exit, said) = status(&place);
    assert_eq!(exit, Some(1));
    assert!(said.contains("no_service"), "{said}");
    assert_eq!(place.ipsbell(&["run", "--once"]).status.code(), Some(1));
    let told = |slack: &FakeSlack, what: &str| {
        slack.received().iter().filter(|post| post.shown().contains(what)).count()
    };
    assert_eq!(told(&other, "a destination takes no posts"), 1);
    let post = wait_for_post(&other, "a destination takes no posts");
    assert!(post.shown().contains("ipsbell test soc"), "{}", post.shown());
    assert_eq!(place.ipsbell(&["run", "--once"]).status.code(), Some(1));
    assert_eq!(told(&other, "a destination takes no posts"), 1, "told once");
    // It takes posts again: the other says so, and itself is told of no outage of its own but by its gap.
    slack.answer_with(None);
    run_once(&place);
    run_once(&place);
    assert_eq!(told(&other, "takes posts again"), 1);
    assert_eq!(told(&slack, "takes no posts") + told(&slack, "takes posts again"), 0);
    assert_eq!(told(&slack, "Probe number 7003"), 1);
}

#[test]
fn bytes_that_were_lost_are_told_once() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    // The beginning of a line is known to be there, and gone before it had an end.
    let whole = alerts(7004, 0..1).pop().unwrap() + "\n";
    fs::write(place.log(), format!("{whole}{}", &whole[..100])).unwrap();
    let agent = place.run();
    place.wait_for_account("the first is told", |account| account.told == 1);
    assert_eq!(agent.stop(), 0);
    fs::write(place.log(), alerts(7005, 0..1).pop().unwrap().get(..20).unwrap()).unwrap();
    let agent = place.run();
    let post = wait_for_post(&slack, "a log lost bytes before they could be read");
    assert!(post.shown().contains("at least 100 bytes were lost unread"), "{}", post.shown());
    assert!(post.shown().contains("were not told and will not be"), "{}", post.shown());
    assert_eq!(agent.stop(), 0);
    let posts = slack.received().len();
    run_once(&place);
    assert_eq!(slack.received().len(), posts, "told once");
    let (exit, said) = status(&place);
    assert!(said.contains("incident     2") && said.contains("100 bytes"), "{said}");
    assert_eq!(exit, Some(1), "the agent does not run, and nothing else is wrong");
    assert!(!said.contains("problem      \""), "{said}");
}

#[test]
fn who_wants_no_notices_gets_none() {
    let (slack, other) = (FakeSlack::start().unwrap(), FakeSlack::start().unwrap());
    let options =
        Options { destination: "pace = \"20ms\"\nnotices = false".into(), ..Options::default() };
    let place = Place::with(&slack, options);
    let directory = place.path("directory.json");
    fs::create_dir(&directory).unwrap();
    add(&place, &source(&[directory.to_str().unwrap().to_owned()], ""));
    add(&place, &destination(&place, "other", "slack", &other.url(), ""));
    run_once(&place);
    assert_eq!((slack.received().len(), other.received().len()), (0, 1));
}

/// Waits for further pings.
fn wait_for_pings(service: &FakeSlack, more: usize) {
    let wanted = service.requests().len() + more;
    let found = service.wait_for_requests(wanted, DEADLINE).len();
    assert!(found >= wanted, "{found} pings, wanted {wanted}");
}

/// A service that takes pings: any page will do.
fn ping_service() -> FakeSlack {
    let service = FakeSlack::start().unwrap();
    let page = Fault::Status { code: 200, body: "OK".into(), headers: Vec::new() };
    service.answer_with(Some(page));
    service
}

#[test]
fn the_heartbeat_stops_when_the_agent_is_sick_and_goes_on_when_it_is_well() {
    let (slack, service) = (FakeSlack::start().unwrap(), ping_service());
    let place = Place::new(&slack);
    let directory = place.path("directory.json");
    add(&place, &source(&[directory.to_str().unwrap().to_owned()], ""));
    add(&place, &destination(&place, "alive", "heartbeat", &service.url(), "every = \"1s\""));
    let agent: Agent = place.run();
    wait_for_pings(&service, 2);
    fs::create_dir(&directory).unwrap();
    agent.wait_for_log("The heartbeat stops, held back: ");
    let stopped = service.requests().len();
    let (_, said) = status(&place);
    assert!(said.contains("heartbeat    alive: last ping 2"), "{said}");
    assert!(said.contains("none now: held back:"), "{said}");
    wait_for_post(&slack, "a path leads to no log file");
    assert_eq!(service.requests().len(), stopped, "there is no ping while it is sick");
    fs::remove_dir(&directory).unwrap();
    agent.wait_for_log("The heartbeat goes on.");
    wait_for_pings(&service, 1);
    // No secret in the log, and no event for it.
    assert!(!agent.log().contains(&service.url()), "{}", agent.log());
    assert_eq!(agent.stop(), 0);
    let accounts = ipsbell::store::View::open(&place.state(), "sensor-1").unwrap();
    let names: Vec<_> =
        accounts.destinations().unwrap().into_iter().map(|each| each.name).collect();
    assert_eq!(names, ["soc"]);
}

#[test]
fn a_heartbeat_is_tested_checked_and_sent_at_the_end_of_a_run() {
    let (slack, service) = (FakeSlack::start().unwrap(), ping_service());
    let place = Place::new(&slack);
    add(&place, &destination(&place, "alive", "heartbeat", &service.url(), ""));
    let test = place.ipsbell(&["test", "alive"]);
    assert_eq!(
        (test.status.code(), text(&test.stdout).as_str()),
        (Some(0), "alive: the ping was taken\n")
    );
    assert_eq!((service.requests().len(), slack.requests().len()), (1, 0));
    assert!(text(&place.ipsbell(&["check"]).stdout).contains("destination `alive`: reachable"));
    // The look at whether it is there shows it no secret; a run that told all pings once.
    let before = service.requests().len();
    run_once(&place);
    assert_eq!(service.requests().len(), before + 1);
    // What a service says of a check that is gone.
    let gone = Fault::Status { code: 200, body: "OK (not found)".into(), headers: Vec::new() };
    service.answer_with(Some(gone));
    let test = place.ipsbell(&["test", "alive"]);
    assert_eq!(test.status.code(), Some(1));
    assert!(text(&test.stdout).contains("there is no such check"), "{}", text(&test.stdout));
    // A run that could not tell all does not ping.
    service.answer_with(Some(Fault::Status { code: 200, body: String::new(), headers: vec![] }));
    slack.answer_with(Some(Fault::word(404, "no_service")));
    place.append(&alerts(7006, 0..1));
    let before = service.requests().len();
    assert_eq!(place.ipsbell(&["run", "--once"]).status.code(), Some(1));
    assert_eq!(service.requests().len(), before);
}
