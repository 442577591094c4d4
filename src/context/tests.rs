//! Files of every kind, through `check`; and each limit.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::assets::ASSETS_MAX;
use super::hosts::HOSTS_MAX;
use super::lines::FILE_BYTES_MAX;
use super::rules::{FILES_MAX, RULE_BYTES_MAX, RULES_MAX};
use super::*;

/// Writes the three files and reads them.
fn load(hosts: &str, assets: &str, rules: &str) -> (Context, Vec<String>) {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let files = ContextFiles {
        hosts: Some(path("hosts", hosts)),
        assets: Some(path("assets.csv", assets)),
        rules: vec![path("local.rules", rules)],
    };
    let (context, faults) = Context::load(&files);
    let place = format!("{}/", directory.path().display());
    (context, faults.sentences().map(|fault| fault.replace(&place, "")).collect())
}

fn known(context: &Context, ip: &str) -> String {
    context.known(ip.parse().unwrap()).unwrap_or_default()
}

#[test]
fn addresses_have_names_assets_and_owners() {
    let hosts = "# own\n127.0.0.1 localhost\n192.0.2.7\tweb-1 www # shop\n192.0.2.7 other\n\n\
                 2001:db8::7 web-6\n::ffff:192.0.2.8 mapped\n";
    let assets = "\u{feff}CIDR,label,owner\n192.0.2.0/24,servers,Team Ops\n192.0.2.7/28,\"shop, \
                  \"\"live\"\"\"\n# none\n192.0.2.200, printer ,\n2001:db8::/32,lab,Bob\n0.0.0.0/0,any\n";
    let (context, faults) = load(hosts, assets, "");
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!(context.counts(), [4, 5, 0]);
    for (ip, wanted) in [
        ("127.0.0.1", "localhost, any"),
        ("192.0.2.7", "web-1, shop, \"live\""),
        ("192.0.2.8", "mapped, shop, \"live\""),
        ("192.0.2.16", "servers, owner Team Ops"),
        ("192.0.2.200", "printer"),
        ("2001:db8::7", "web-6, lab, owner Bob"),
        ("198.51.100.1", "any"),
        ("2001:db9::1", ""),
    ] {
        assert_eq!(known(&context, ip), wanted, "{ip}");
    }
}

#[test]
fn wrong_lines_are_told_with_their_numbers_and_the_others_hold() {
    let hosts = "192.0.2.300 a\n192.0.2.1\n192.0.2.2 b\n";
    let assets = "192.0.2.0/33,a\n192.0.2.0/24\n192.0.2.0/24,a\n192.0.2.1/24,b\n192.0.2.9,\"a\n\
                  192.0.2.9,a,b,c\n192.0.2.8,c\n";
    let rules =
        "alert tcp any any -> any any (msg:\"x\";)\nalert (sid:x;)\nsid:1;\nalert (sid:2;)\n";
    let (context, faults) = load(hosts, assets, rules);
    let wanted = [
        "hosts:1: wanted an address",
        "hosts:2: wanted a name behind the address",
        "assets.csv:1: wanted an address or a network, such as `192.0.2.0/24`",
        "assets.csv:2: wanted a label behind the network",
        "assets.csv:4: 192.0.2.0/24 is given twice, first in line 3",
        "assets.csv:5: wanted a `\"` at the end of a value that begins with one",
        "assets.csv:6: wanted `CIDR,label,owner` and nothing more",
        "local.rules:1: wanted a rule with `sid` in parentheses",
        "local.rules:2: wanted a rule with `sid` in parentheses",
        "local.rules:3: wanted a rule with `sid` in parentheses",
    ];
    assert_eq!(faults, wanted);
    assert_eq!(context.counts(), [1, 2, 1]);
    let (_, faults) = load("", &"x\n".repeat(FAULTS_MAX + 7), "");
    assert_eq!(faults.len(), FAULTS_MAX + 1);
    assert_eq!(faults[FAULTS_MAX], "and 7 more of these");
}

#[test]
fn rules_say_their_names_and_pages() {
    let rules = r#"
# alert tcp any any -> any any (msg:"off"; sid:1;)
alert http $HOME_NET any -> any any (msg:"EXAMPLE say \"hi\"\; a:b (x)"; content:"sid:9; |3b|"; reference:url,www.example.com/a; reference:cve,2021-1; reference: url , b.example.com/?q=1,2; reference:url,c.example.com; classtype:x; sid: 2000001 ; rev:3;)
alert ( gid:119; sid:7; msg:"decoder"; )
drop tcp any any -> any any ( \
  msg:"over lines"; \
  sid:5; )
alert tcp any any -> any any (sid:6;)
alert tcp any any -> any any (msg:"again"; sid:5;)
"#;
    let (context, faults) = load("", "", rules);
    assert_eq!(faults, Vec::<String>::new());
    let name = |generator, id| context.rule(generator, id).map(|rule| rule.name.as_deref());
    assert_eq!(name(Some(1), "2000001"), Some(Some("EXAMPLE say \"hi\"; a:b (x)")));
    assert_eq!(name(None, "5"), Some(Some("over lines")));
    assert_eq!(name(Some(119), "7"), Some(Some("decoder")));
    assert_eq!(name(Some(1), "6"), Some(None));
    for id in ["1", "7", "9", "", "x", "99999999999999999999999"] {
        assert_eq!(name(Some(1), id), None, "{id}");
    }
    let references = &context.rule(None, "2000001").unwrap().references;
    let wanted = ["www.example.com/a", "b.example.com/?q=1,2"];
    assert_eq!(references.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), wanted);
}

#[test]
fn files_of_rules_are_found_by_a_pattern_and_one_that_cannot_be_read_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    for (name, id) in [("a.rules", 1), ("b.rules", 2), ("c.txt", 3)] {
        fs::write(place.join(name), format!("alert (sid:{id};)\n")).unwrap();
    }
    fs::create_dir(place.join("d.rules")).unwrap();
    let rules = ["*.rules", "a.rules", "none*", "gone/x"].map(|name| place.join(name)).to_vec();
    let files = ContextFiles { assets: Some(place.join("gone.csv")), rules, ..Default::default() };
    let (context, faults) = Context::load(&files);
    assert_eq!(context.counts(), [0, 0, 2]);
    let said: Vec<String> = faults.sentences().collect();
    assert_eq!(said.len(), 4, "{said:?}");
    assert!(said[0].contains("gone.csv: it cannot be read: No such file"), "{}", said[0]);
    assert!(said[1].ends_with("none*: there is no such file"), "{}", said[1]);
    assert!(said[2].contains("gone/x: the directory"), "{}", said[2]);
    assert!(
        said[3].ends_with("d.rules: it cannot be read: this is no regular file"),
        "{}",
        said[3]
    );
}

#[test]
fn every_limit_is_told() {
    let many = |count: usize, line: &dyn Fn(u32) -> String| -> String {
        (0..=u32::try_from(count).unwrap()).fold(String::new(), |mut text, number| {
            writeln!(text, "{}", line(number)).unwrap();
            text
        })
    };
    let address = |number: u32| std::net::Ipv4Addr::from(number);
    let hosts = many(HOSTS_MAX, &|number| format!("{} a", address(number)));
    let assets = many(ASSETS_MAX, &|number| format!("{},a", address(number)));
    let rules = many(RULES_MAX, &|number| format!("a (sid:{number};)"));
    let long = format!("a ({};\\\n", "x".repeat(RULE_BYTES_MAX - 1));
    let (context, faults) = load(&hosts, &assets, &(long + "y\n" + &rules));
    assert_eq!(context.counts(), [HOSTS_MAX, ASSETS_MAX, RULES_MAX]);
    assert_eq!(faults.len(), 5, "{faults:?}");
    assert!(faults[0].ends_with("hosts:100001: more than 100000 addresses"), "{faults:?}");
    assert!(faults[1].ends_with("assets.csv:100001: more than 100000 assets"), "{faults:?}");
    assert!(
        faults[2].ends_with("local.rules:1: wanted a rule of at most 65536 bytes"),
        "{faults:?}"
    );
    assert!(faults[4].ends_with("local.rules:200003: more than 200000 rules"), "{faults:?}");

    let directory = tempfile::tempdir().unwrap();
    let large = directory.path().join("large");
    fs::File::create(&large).unwrap().set_len(FILE_BYTES_MAX + 1).unwrap();
    let (_, faults) = Context::load(&ContextFiles { hosts: Some(large), ..Default::default() });
    assert!(faults.list[0].what.ends_with("it is longer than 67108864 bytes"), "{faults:?}");
    let paths: Vec<PathBuf> = (0..=FILES_MAX)
        .map(|number| {
            let path = directory.path().join(format!("{number:04}.rules"));
            fs::write(&path, "").unwrap();
            path
        })
        .collect();
    let mut faults = Faults::default();
    assert_eq!(rules::files(&[directory.path().join("*.rules")], &mut faults).len(), FILES_MAX);
    assert_eq!(faults.list[0].path, Path::new(&paths[FILES_MAX]));
}

proptest! {
    #[test]
    fn any_lines_give_a_value(
        hosts in "[0-9a-z:.# \n]{0,80}",
        assets in "[0-9./,\"a\n]{0,80}",
        rules in "([()\"\\\\;:, \n]|sid|gid|msg|reference|url|[0-9]){0,40}",
    ) {
        let (context, _) = load(&hosts, &assets, &rules);
        for ip in ["192.0.2.1", "::1"] {
            context.known(ip.parse().unwrap());
        }
    }
}
