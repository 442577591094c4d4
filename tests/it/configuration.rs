//! Wrong configurations from outside: each message says what was wanted, what was found, where, and what to type.
//! (Every key's own faults are tested beside the configuration's code.)

use std::os::unix::fs::PermissionsExt as _;

use ipsbell::fake_slack::FakeSlack;

use crate::support::{Options, Place, ipsbell, text};

fn check(place: &Place, wanted: &[&str]) {
    for command in [["check"].as_slice(), &["run"], &["test"]] {
        let output = place.ipsbell(command);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{command:?}: {said}");
        for words in wanted {
            assert!(said.contains(words), "{command:?}: `{words}` is missing in:\n{said}");
        }
        assert!(!place.state().exists(), "nothing is begun with a wrong configuration");
    }
}

#[test]
fn all_faults_at_once_each_with_its_place_and_a_hint() {
    let slack = FakeSlack::start().unwrap();
    let options = Options {
        source: "fromat = \"auto\"".into(),
        destination: "min_severity = \"hihg\"\npace = 3".into(),
        more: "[[mute]]\nrule = \"1\"\n".into(),
    };
    let place = Place::with(&slack, options);
    check(&place, &["config.toml:7:1", "fromat", "`format`", "hihg", "`high`", "pace", "reason"]);
}

#[test]
fn broken_toml_names_line_and_column() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    std::fs::write(place.path("config.toml"), "[agent]\nhost = \"a\n").unwrap();
    check(&place, &["config.toml:2:"]);
}

#[test]
fn a_hook_that_others_can_read_is_refused_with_the_chmod_to_type() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let file = place.path("soc.url");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    check(&place, &["soc.url", "chmod"]);
}

#[test]
fn a_wrong_hook_is_refused_without_being_repeated() {
    let slack = FakeSlack::start().unwrap();
    for url in [
        "https://hooks.slack.com/services/T000/B000",
        "http://hooks.slack.com/services/T000/B000/abcDEF123secret",
        "https://evil.example/services/T000/B000/abcDEF123secret",
        "https://user@hooks.slack.com/services/T000/B000/abcDEF123secret",
        "hooks.slack.com/services/T000/B000/abcDEF123secret",
    ] {
        let place = Place::new(&slack);
        place.configure(url);
        for command in ["check", "test", "run"] {
            let output = place.ipsbell(&[command]);
            let said = text(&output.stderr) + &text(&output.stdout);
            assert_ne!(output.status.code(), Some(0), "{url}: {said}");
            assert!(said.contains("config.toml:12:") && said.contains("wanted"), "{url}: {said}");
            assert!(!said.contains("abcDEF123secret"), "{said}");
        }
    }
}

#[test]
fn without_any_configuration_three_lines_say_what_to_do() {
    let output = ipsbell().args(["run", "--config", "/nonexistent/config.toml"]).output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(said.lines().count(), 3, "{said}");
    assert!(said.contains("ipsbell demo") && said.contains("ipsbell watch"), "{said}");
}
