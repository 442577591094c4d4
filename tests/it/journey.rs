//! The promise as a whole: whatever happens on the way, each event is stored once, and told or accounted for.

use ipsbell::fake_slack::{FakeSlack, Fault};
use ipsbell::store::{Query, View};

use crate::support::{DEADLINE, Place, alerts, wait_for};

/// The rule and number of each stored event.
fn stored(place: &Place) -> Vec<(String, String)> {
    let view = View::open(&place.state(), "sensor-1").unwrap();
    let mut found = Vec::new();
    let query = Query { since: None, limit: usize::MAX };
    view.search(
        &query,
        None,
        &|_| true,
        &mut |event| {
            let rule = event.alert.rule.id.as_deref().unwrap_or("").to_owned();
            let number =
                serde_json::from_slice::<serde_json::Value>(&event.raw).unwrap()["flow_id"]
                    .to_string();
            found.push((rule, number));
        },
        &mut || {},
    )
    .unwrap();
    found.sort();
    found
}

fn expected(rules: &[(u32, std::ops::Range<u32>)]) -> Vec<(String, String)> {
    let numbers = rules
        .iter()
        .flat_map(|(rule, range)| range.clone().map(move |n| (rule.to_string(), n.to_string())));
    let mut all: Vec<_> = numbers.collect();
    all.sort();
    all
}

#[test]
fn append_rotate_kill_restart_outage_and_back() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let mut agent = place.run();

    place.append(&alerts(1001, 0..50));
    place.wait_for_account("the first 50 to be told", |account| {
        account.told >= 1 && account.stored == 50
    });

    // Rotation by rename, the writer going on in the old file for a moment.
    let rotated = place.path("eve.json.1");
    std::fs::rename(place.log(), &rotated).unwrap();
    crate::support::append(&rotated, &alerts(1002, 0..30));
    place.append(&alerts(1003, 0..40));
    // No post is under way when Slack begins to hang: the next one is the one that hangs.
    place.wait_for_account("the rotated file to be told", |account| account.told == 120);

    // Slack hangs, and the agent dies in the midst of a post.
    slack.answer_with(Some(Fault::Hang));
    let before = slack.requests().len();
    place.append(&alerts(1004, 0..20));
    wait_for("a post under way", || (slack.requests().len() > before).then_some(()));
    agent.kill();
    slack.answer_with(None);
    slack.release();

    // While it is dead the log goes on and is rotated again.
    place.append(&alerts(1005, 0..25));
    std::fs::rename(place.log(), place.path("eve.json.2")).unwrap();
    place.append(&alerts(1006, 0..35));
    agent = place.run();
    // Nor when it goes down: a post whose connection breaks off would be repeated too.
    place.wait_for_account("what was written meanwhile", |account| account.told == 200);

    // Slack is down and comes back.
    slack.down();
    place.append(&alerts(1007, 0..60));
    place.wait_for_account("the outage's events", |account| {
        account.stored == 260 && account.pending() > 0
    });
    agent.wait_for_log("The post waits");
    slack.up().unwrap();
    let account = place.wait_for_account("all to be told", |account| account.told == 260);
    assert_eq!(account.unaccounted(), 0);
    assert_eq!(agent.stop(), 0);

    let ranges = [
        (1001, 0..50),
        (1002, 0..30),
        (1003, 0..40),
        (1004, 0..20),
        (1005, 0..25),
        (1006, 0..35),
        (1007, 0..60),
    ];
    assert_eq!(stored(&place), expected(&ranges), "each event is stored exactly once");
    for (rule, _) in &ranges {
        let name = format!("Probe number {rule}");
        let told = slack.received().iter().any(|post| post.shown().contains(&name));
        assert!(told, "{name} is in no post");
    }
    // What was under way at the kill may be in the channel twice, and says so.
    let repeated: Vec<_> =
        slack.received().into_iter().filter(|post| post.text().contains("epeat")).collect();
    assert_eq!(repeated.len(), 1, "one post is marked as possibly repeated");
}

#[test]
fn killed_again_and_again_nothing_is_lost_or_stored_twice() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let mut written = 0;
    for round in 0..8_u32 {
        let agent = place.run();
        place.append(&alerts(2000, round * 500..round * 500 + 500));
        written += 500;
        // Each time at another point of the work.
        let least = u64::from(written - 500 + round * 60);
        place.wait_for_account("some progress", |account| account.stored >= least);
        agent.kill();
    }
    let agent = place.run();
    let account = place.wait_for_account("all", |account| account.told == u64::from(written));
    assert_eq!((account.unaccounted(), account.pending()), (0, 0));
    assert_eq!(agent.stop(), 0);
    assert_eq!(stored(&place), expected(&[(2000, 0..written)]));
}

#[test]
fn an_alert_is_in_the_channel_at_once_with_all_its_fields() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let agent = place.run();
    place.append(&[format!(
        r#"{{"timestamp":"{}","in_iface":"ens192","event_type":"alert","src_ip":"203.0.113.7","src_port":52144,"dest_ip":"198.51.100.20","dest_port":443,"proto":"TCP","ether":{{"src_mac":"00:0c:29:f3:6d:ae","dest_mac":"00:50:56:a1:02:03"}},"direction":"to_server","alert":{{"action":"blocked","gid":1,"signature_id":2006446,"rev":3,"signature":"Injection attempt","category":"Web Application Attack","severity":1}},"http":{{"hostname":"shop.example","url":"/item?id=1","http_user_agent":"scanner/1.8","http_method":"GET","status":403}}}}"#,
        crate::support::stamp()
    )]);
    let posts = slack.wait_for(1, DEADLINE);
    let shown = posts[0].shown();
    for field in [
        "blocked",
        "Injection attempt",
        "2006446",
        "high",
        "203.0.113.7",
        "52144",
        "00-0C-29-F3-6D-AE",
        "198.51.100.20",
        "443",
        "00-50-56-A1-02-03",
        "to_server",
        "ens192",
        "/item?id=1",
        "scanner/1.8",
        "GET",
        "sensor-1",
        "Web Application Attack",
        "ipsbell search",
    ] {
        assert!(shown.contains(field), "{field} is missing in:\n{shown}");
    }
    assert!(posts[0].would_notify.is_empty() && posts[0].would_link.is_empty());
    assert_eq!(agent.stop(), 0);
}
