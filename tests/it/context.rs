//! What cards show beside the log, and what they do not show of it: from the configuration to the payload that Slack gets.

use ipsbell::fake_slack::{FakeSlack, Received};

use crate::support::{DEADLINE, Options, Place, secret, stamp, text};

/// An alert of a request that names somebody, with the packet's data.
fn request(rule: u32, source: &str, target: &str) -> String {
    let payload = data_encoding::BASE64.encode(b"GET / HTTP/1.1 of EMP-123456");
    format!(
        r#"{{"timestamp":"{}","event_type":"alert","src_ip":"{source}","src_port":40000,"dest_ip":"{target}","dest_port":443,"proto":"TCP","app_proto":"http","alert":{{"action":"blocked","gid":1,"signature_id":{rule},"rev":1,"signature":"Probe of EMP-123456","category":"Web","severity":2}},"http":{{"hostname":"shop.example","url":"/emp-123456/EMP-123456?token=abc","http_method":"GET"}},"payload":"{payload}"}}"#,
        stamp()
    )
}

/// The cards and the headline of a post, with nothing of what may not be there.
#[track_caller]
fn check(post: &Received, wanted: &[&str], unwanted: &[&str]) {
    let shown = post.shown();
    for words in wanted {
        assert!(shown.contains(words), "`{words}` is missing in:\n{shown}");
    }
    for words in unwanted {
        let payload = post.json.to_string();
        assert!(!payload.contains(words), "`{words}` is in:\n{payload}");
    }
}

#[test]
fn what_is_redacted_is_in_no_post_of_that_destination_and_in_the_store() {
    let (soc, open) = (FakeSlack::start().unwrap(), FakeSlack::start().unwrap());
    let options = Options {
        more: "[[redact]]\npattern = 'EMP-\\d{6}'\ndestinations = \"soc\"\n\
               [[redact]]\npattern = '^198\\.51\\.100\\.'\ndestinations = \"soc\"\n"
            .to_owned(),
        ..Options::default()
    };
    let place = Place::with(&soc, options);
    secret(&place.path("open.url"), &open.url());
    let config = place.path("config.toml");
    let second = format!(
        "[[destination]]\nname = \"open\"\ntype = \"slack\"\nurl_file = {:?}\n\
         mask = false\ndefang = false\npayload = false\n",
        place.path("open.url")
    );
    std::fs::write(&config, std::fs::read_to_string(&config).unwrap() + &second).unwrap();
    place.append(&[request(9001, "203.0.113.7", "198.51.100.20")]);
    let agent = place.run();

    let post = &soc.wait_for(1, DEADLINE)[0];
    check(
        post,
        &[
            "Probe of ***",
            "/emp-123456/***?token=***",
            "shop[.]example",
            "HTTP/1.1 of ***",
            "***20",
        ],
        &["EMP-123456", "198.51.100.20", "token=abc"],
    );
    let post = &open.wait_for(1, DEADLINE)[0];
    check(
        post,
        &["Probe of EMP-123456", "/EMP-123456?token=abc", "GET shop.example", "198.51.100.20:443"],
        &["HTTP/1.1", "***"],
    );
    assert_eq!(agent.stop(), 0);
    for (name, slack, wanted) in [("soc", &soc, "***20:443"), ("open", &open, "198.51.100.20:443")]
    {
        assert_eq!(place.ipsbell(&["test", name]).status.code(), Some(0));
        check(slack.received().last().unwrap(), &["TEST", wanted], &[]);
    }
    let found = text(&place.ipsbell(&["search", "--rule", "9001", "--json"]).stdout);
    assert!(found.contains("/emp-123456/EMP-123456?token=abc"), "{found}");
}

#[test]
fn what_the_machines_own_files_say_stands_in_the_card_and_is_read_anew_on_hup() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let write = |name: &str, text: &str| std::fs::write(place.path(name), text).unwrap();
    write("hosts", "203.0.113.7 scanner.example.com\n");
    write("assets.csv", "198.51.100.0/24,shop,Team Shop\n198.51.100.20,checkout,<!channel>\n");
    write(
        "local.rules",
        "alert tcp any any -> any any (msg:\"Own name\"; reference:url,docs.example.com/9002; sid:9002;)\n",
    );
    let config = place.path("config.toml");
    let context = format!(
        "[context]\nhosts = {:?}\nassets = {:?}\nrules = {:?}\n",
        place.path("hosts"),
        place.path("assets.csv"),
        place.path("*.rules"),
    );
    std::fs::write(&config, std::fs::read_to_string(&config).unwrap() + &context).unwrap();
    let unnamed = |rule| {
        let named = request(rule, "203.0.113.7", "198.51.100.20");
        named.replace(r#""signature":"Probe of EMP-123456","#, "")
    };
    place.append(&[unnamed(9002)]);
    let said = text(&place.ipsbell(&["check"]).stdout);
    assert!(said.contains("context: names of 1 addresses, 2 assets, 1 rules"), "{said}");
    let agent = place.run();
    let post = &slack.wait_for(1, DEADLINE)[0];
    let known = [
        "Own name",
        "203.0.113.7:40000 (scanner.example.com)",
        "198.51.100.20:443 (checkout, owner <!channel>)",
        "see docs.example[.]com/9002",
    ];
    check(post, &known, &[]);
    assert!(post.would_notify.is_empty(), "{post:?}");
    assert_eq!(post.would_link, ["https://www.snort.org/rule_docs/1-9002"]);

    write("assets.csv", "198.51.100.0/24,new name\nnonsense\n");
    agent.signal("HUP");
    agent.wait_for_log("assets.csv:2: wanted an address or a network");
    place.append(&[unnamed(9003)]);
    let post = &slack.wait_for(2, DEADLINE)[1];
    check(post, &["rule 1:9003", "198.51.100.20:443 (new name)"], &["checkout"]);
    assert_eq!(agent.stop(), 0);
    let output = place.ipsbell(&["check"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stdout);
    assert!(said.contains("FAULT context: ") && said.contains("assets.csv:2: wanted"), "{said}");
}

#[test]
fn an_alert_that_is_told_late_says_how_late() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let now = stamp();
    let (two_hours, written) = (jiff::SignedDuration::from_mins(125), "%Y-%m-%dT%H:%M:%S.%6f+0000");
    let then = (ipsbell::clock::now() - two_hours).strftime(written).to_string();
    let late = request(9007, "203.0.113.7", "198.51.100.20");
    let day = now.split('T').next().unwrap();
    let begin = late.find(day).unwrap();
    place.append(&[late.replace(&late[begin..begin + now.len()], &then)]);
    let agent = place.run();
    check(&slack.wait_for(1, DEADLINE)[0], &["told 2 h 5 min after"], &[]);
    assert_eq!(agent.stop(), 0);
}

#[test]
fn the_last_runbook_that_fits_is_a_link_in_the_card() {
    let slack = FakeSlack::start().unwrap();
    let books = [("9004", "a"), ("9004-9005", "b?x=1&y=2"), ("9009", "c")].map(|(rule, page)| {
        format!("[[runbook]]\nmatch = {{ rule = \"{rule}\" }}\nurl = \"https://wiki.example.com/{page}\"\n")
    });
    let place = Place::with(&slack, Options { more: books.concat(), ..Options::default() });
    place.append(&[request(9004, "203.0.113.7", "198.51.100.20")]);
    let agent = place.run();
    let post = &slack.wait_for(1, DEADLINE)[0];
    let rule = "https://www.snort.org/rule_docs/1-9004";
    assert_eq!(post.would_link, [rule, "https://wiki.example.com/b?x=1&y=2"]);
    check(post, &["runbook at "], &[]);
    place.append(&[request(9006, "203.0.113.7", "198.51.100.20")]);
    let post = &slack.wait_for(2, DEADLINE)[1];
    assert_eq!(post.would_link, ["https://www.snort.org/rule_docs/1-9006"]);
    check(post, &["9006"], &["runbook"]);
    assert_eq!(agent.stop(), 0);
}
