//! mute, unmute and mutes beside a running agent: what it tells from then on, and what it counts.

use ipsbell::fake_slack::FakeSlack;
use serde_json::Value;

use crate::support::{DEADLINE, Options, Place, alert, alerts, text, wait_for};

/// A command that succeeds; what it says on standard output.
#[track_caller]
fn well(place: &Place, arguments: &[&str]) -> String {
    let output = place.ipsbell(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout).trim().to_owned()
}

/// A command that fails with this status; what it says on standard error.
#[track_caller]
fn failed(place: &Place, arguments: &[&str], status: i32) -> String {
    let output = place.ipsbell(arguments);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
    said
}

fn listed(place: &Place, arguments: &[&str]) -> Vec<Value> {
    let lines = well(place, &[&["mutes", "--json"], arguments].concat());
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The id that the last line of a post names.
fn card_of(shown: &str) -> String {
    let (_, behind) = shown.split_once("ipsbell search ").unwrap();
    behind.chars().take_while(char::is_ascii_alphanumeric).collect()
}

#[test]
fn what_is_like_a_card_is_muted_while_the_agent_runs_and_told_again_when_it_is_lifted() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let agent = place.run();
    agent.wait_for_log("runs.");
    place.append(&[alert(7101, 1)]);
    let card = card_of(&slack.wait_for(1, DEADLINE)[0].shown());

    let reason = "our own scanner";
    let mute = ["mute", &card[..5], "--by", "rule,source", "--for", "2h", "--reason", reason];
    let said = failed(&place, &mute, 2);
    assert!(said.contains("would have hidden 1 of 1 alerts"), "{said}");
    assert!(said.contains("1:7101 Probe number 7101") && said.contains("--yes"), "{said}");
    assert!(listed(&place, &[]).is_empty(), "nobody could be asked");
    let id = well(&place, &[&mute[..], &["--yes"]].concat());

    // The same again is not told, another source is.
    place.append(&[alert(7101, 1), alert(7101, 1), alert(7101, 2)]);
    let posts = slack.wait_for(2, DEADLINE);
    assert!(posts[1].shown().contains("203.0.0.2"), "{}", posts[1].shown());
    let account = place.wait_for_account("two muted and one told", |account| {
        (account.muted, account.told) == (2, 2)
    });
    assert_eq!((account.stored, account.unaccounted()), (4, 0));
    let mutes = listed(&place, &[]);
    assert_eq!(mutes[0]["id"], id.as_str());
    assert_eq!(mutes[0]["matcher"], "rule = \"1:7101\", source = \"203.0.0.1\"");
    assert_eq!(mutes[0]["hidden_by_destination"]["soc"], 2);
    assert_eq!(mutes[0]["reason"], reason);

    let said = failed(&place, &["unmute", "M"], 0);
    assert!(said.contains("is lifted"), "{said}");
    place.append(&[alert(7101, 1)]);
    let account = place.wait_for_account("the third", |account| account.told == 3);
    assert_eq!((account.stored, account.muted, account.unaccounted()), (5, 2, 0));
    assert!(listed(&place, &[]).is_empty());
    let all = listed(&place, &["--all"]);
    assert_eq!((&all[0]["holds"], &all[0]["hidden"]), (&false.into(), &2.into()));
    assert_eq!(agent.stop(), 0);
    assert!(well(&place, &["store", "verify"]).contains("all of it agrees"));
}

#[test]
fn a_mute_of_the_configuration_is_listed_and_lifted_only_there() {
    let slack = FakeSlack::start().unwrap();
    let more = "[[mute]]\nrule = 7102\nreason = \"known\"".to_owned();
    let place = Place::with(&slack, Options { more, ..Options::default() });
    place.append(&alerts(7102, 0..3));
    well(&place, &["run", "--once"]);
    let mutes = listed(&place, &[]);
    assert_eq!((&mutes[0]["hidden"], &mutes[0]["reason"]), (&3.into(), &"known".into()));
    let id = mutes[0]["id"].as_str().unwrap();
    let said = failed(&place, &["unmute", id], 1);
    assert!(said.contains("config.toml:") && said.contains("reload"), "{said}");
    // Exact over restarts.
    place.append(&alerts(7102, 3..5));
    well(&place, &["run", "--once"]);
    assert_eq!(listed(&place, &[])[0]["hidden"], 5);
    let shown = well(&place, &["mutes"]);
    assert!(shown.contains("hid 5: soc 5") && shown.contains("config.toml:"), "{shown}");
    assert_eq!(place.account().unwrap().muted, 5);
}

#[test]
fn a_mute_ends_by_itself_and_holds_for_what_it_names_alone() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    place.append(&alerts(7103, 0..2));
    well(&place, &["run", "--once"]);
    well(
        &place,
        &["mute", "--rule", "7103", "--source", "203.0.0.0/31", "--until", "never", "--yes"],
    );
    well(&place, &["mute", "--rule", "7103", "--for", "1ms", "--yes"]);
    wait_for("the second mute's end", || (listed(&place, &[]).len() == 1).then_some(()));
    assert_eq!(listed(&place, &["--all"]).len(), 2);
    assert!(well(&place, &["mutes", "--all"]).contains("ended at "));
    place.append(&alerts(7103, 0..5));
    well(&place, &["run", "--once"]);
    let account = place.account().unwrap();
    assert_eq!((account.told, account.muted, account.unaccounted()), (5, 2, 0));
}

#[test]
fn what_cannot_be_muted_is_said_with_what_to_type() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    place.append(&alerts(7104, 0..60));
    well(&place, &["run", "--once"]);
    let card = card_of(&slack.received()[0].shown());
    for (arguments, status, words) in [
        (&["mute", "--yes"][..], 2, "say what to mute"),
        (&["mute", &card], 2, "--by"),
        (&["mute", &card, "--by", "sourc", "--yes"], 2, "did you mean `source`"),
        (&["mute", &card, "--by", "rule,source", "--yes"], 2, "more than 50 values of source"),
        (&["mute", "ZZZZ", "--by", "rule", "--yes"], 1, "no card has this id"),
        (&["mute", "--rule", "7104", "--for", "soon", "--yes"], 2, "a duration"),
        (&["mute", "--rule", "7104", "--until", "2001-01-01T00:00:00Z"], 2, "ended"),
        (&["mute", "--rule", "7104", "--until", "tomorrow"], 2, "or `never`"),
        (&["mute", "--source", "7104.1"], 2, "an address or a network"),
        (&["mute", "--rule", "7104", "--reason", &"x".repeat(501)], 2, "at most 500 characters"),
        (&["unmute", "M0000000"], 1, "ipsbell mutes"),
    ] {
        let said = failed(&place, arguments, status);
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
    assert!(listed(&place, &["--all"]).is_empty());
}

#[test]
fn a_muted_critical_alert_is_told_once_a_day() {
    let slack = FakeSlack::start().unwrap();
    let more = "[[severity]]\nmatch = { rule = 7105 }\nset = \"critical\"".to_owned();
    let place = Place::with(&slack, Options { more, ..Options::default() });
    well(&place, &["run", "--once"]);
    let id = well(&place, &["mute", "--rule", "7105", "--yes"]);
    for numbers in [0..3, 3..5] {
        place.append(&alerts(7105, numbers));
        well(&place, &["run", "--once"]);
    }
    let account = place.account().unwrap();
    assert_eq!((account.told, account.muted, account.unaccounted()), (1, 4, 0));
    let posts = slack.received();
    let shown = posts.iter().map(|post| post.shown()).collect::<String>();
    assert!(shown.contains(&format!("although muted by {id}")), "{shown}");
    assert!(well(&place, &["store", "verify"]).contains("all of it agrees"));
}
