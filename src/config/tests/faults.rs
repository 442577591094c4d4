//! Every wrong configuration and its message.

use proptest::prelude::*;

use super::*;

#[test]
fn faults_of_keys() {
    check(
        &["[[source]]\npathes = \"/x\"\nformat = \"suricata-eev\"\n[agent]\nurl = 1\n"],
        "
a.toml:1:1: [[source]] without `paths`
  hint: add `paths = [\"/var/log/suricata/eve.json\"]`
a.toml:2:1: unknown key `pathes` in [[source]]
  hint: did you mean `paths`?
a.toml:3:10: `format`: wanted `auto` or the name of a format, found `suricata-eev`
  hint: did you mean `suricata-eve`?
a.toml:5:1: unknown key `url` in [agent]
  hint: it is a key of [[destination]]
",
    );
    check(
        &["[[sources]]\n[colours]\n[[agent]]\n", "host = \"x\"\nsource = 5\n"],
        "
a.toml:1:3: unknown section `sources`
  hint: did you mean `source`?
a.toml:2:2: unknown section `colours`
  hint: known: `agent`, `source`, `format`, `destination`, `mute`, `severity`, `retention`, `redact`, `context`, `runbook`
a.toml:3:1: `agent`: wanted a table with the heading `[agent]`, found a list
b.toml:1:1: unknown section `host`
  hint: it is a key of [agent]
b.toml:2:10: `source`: wanted a table with the heading `[[source]]`, found the number `5`
",
    );
    check(
        &["[[severity]]\n[[severity]]\nmatch = { rul = 1 }\nset = \"hihg\"\n"],
        "
a.toml:1:1: [[severity]] without `match`
  hint: add `match = { rule = \"2027250\" }`
a.toml:1:1: [[severity]] without `set`
  hint: add `set = \"critical\"`
a.toml:3:11: unknown key `rul` in a matcher
  hint: did you mean `rule`?
a.toml:4:7: `set`: wanted a severity, found `hihg`
  hint: did you mean `high`?
",
    );
}

#[test]
fn given_twice() {
    check(
        &["[agent]\nhost = \"x\"\n", "[agent]\nhost = \"y\"\nstate_dir = \"/s\"\n"],
        "
b.toml:2:1: `host` is given twice, first at a.toml:2:8
  hint: remove one of them
",
    );
    check(
        &[
            "[[destination]]\nname = \"x\"\ntype = \"console\"\n[[source]]\npaths = \"/a\"\n",
            "[[destination]]\nname = \"x\"\ntype = \"console\"\n[[source]]\npaths = ['/b', '/a']\n",
        ],
        "
b.toml:2:8: `name`: `x` is given twice
  hint: it is given first at a.toml:2:8
b.toml:5:16: `paths`: `/a` is given twice
  hint: it is given first at a.toml:5:9
",
    );
    let put_together = [
        "[agent]\nhost = \"x\"\n[[mute]]\nrule = 1\nreason = \"a\"\n",
        "[agent]\nstate_dir = \"/s\"\n[mute]\nrule = 2\nreason = \"b\"\n",
    ];
    let config = read_with(&put_together, false, Secrets::Read).unwrap();
    assert_eq!((config.agent.host.as_str(), config.mutes.len()), ("x", 2));
    assert_eq!(config.agent.state_dir, Path::new("/s"));
}

#[test]
fn faults_of_syntax() {
    check(
        &["[[source]]\npaths = /var/log/x\nformat = 5\n[agent]\nhost = \"a\"\nhost = \"b\"\n"],
        "
a.toml:2:9: wanted a value, found text without quotes
  hint: write it as `\"…\"`
a.toml:3:10: `format`: wanted `auto` or the name of a format, found the number `5`
  hint: known: `auto`, `suricata-eve`, `snort-csv`
a.toml:6:1: `host` is given twice here
  hint: remove one of them
",
    );
    check(
        &["[[source]\npaths = [\"/a\"\nformat = \"b\"\n"],
        "a.toml:1:10: unclosed array table, wanted `]`",
    );
    check(
        &["[[destination]]\nurl = https://hooks.example.com/SECRET\n", "[agent]\nhost \"x\"\n"],
        "
a.toml:2:7: wanted a value, found text without quotes
  hint: write it as `\"…\"`
b.toml:2:6: key with no value, wanted `=`
",
    );
    check(&["x = {\n"], "a.toml:1:6: unclosed inline table, wanted `}`");
    check(
        &["[agent]\nhost = \"a\\q\"\n"],
        "a.toml:2:11: missing escaped value, wanted `b`, `e`, `f`, `n`, `r`, `\\`, `\"`, `x`, `u`, \
         `U`",
    );
}

#[test]
fn faults_of_agent_source_and_retention() {
    check(
        &[
            r#"[agent]
host = ""
state_dir = "var"
home_networks = ["10.0.0.0/8", "10.0.0.0/33", 7]
"#,
            r#"[retention]
events = 13
notifications = "1m"
max_size = "10"
keep_raw = "yes"
"#,
            r#"[[source]]
paths = ["eve.json", "/var/log/", "/x[", "", 1]
exclude = []
timezone = "Europe/Berln"
start_at = "start"
"#,
        ],
        "
a.toml:2:8: `host`: wanted a name of 1 to 255 characters on one line, found an empty text
a.toml:3:13: `state_dir`: wanted an absolute path, found `var`
  hint: write it from the root on: `/…`
a.toml:4:32: `home_networks`: wanted an address or a network, found `10.0.0.0/33`
  hint: such as `192.0.2.7`, `192.0.2.0/24` or `2001:db8::/32`
a.toml:4:47: `home_networks`: wanted an address or a network, found the number `7`
  hint: such as `192.0.2.7`, `192.0.2.0/24` or `2001:db8::/32`
b.toml:2:10: `events`: wanted a duration or `forever`, found the number `13`
  hint: write a number and a unit (ms, s, m, h, d, w, y), such as `5m` or `13 weeks`
b.toml:3:17: `notifications`: wanted at least 1 hour, found `1m`
  hint: such as `13 weeks`, or `forever`
b.toml:4:12: `max_size`: wanted a size, found `10`
  hint: write a number and a unit (KiB, MiB, GiB, TiB, kB, MB, GB, TB), such as `10 GiB`
b.toml:5:12: `keep_raw`: wanted `true` or `false`, without quotes, found `yes`
c.toml:2:10: `paths`: wanted an absolute path of a file, found `eve.json`
  hint: write it from the root on, such as `/var/log/suricata/eve.json`
c.toml:2:22: `paths`: wanted an absolute path of a file, found `/var/log/`
  hint: this is a directory: name its files, such as `/var/log/suricata/*.json`
c.toml:2:35: `paths`: wanted a pattern (unclosed character class; missing ']'), found `/x[`
  hint: put `[` and `]` around a character that is meant as it stands: `[*]`
c.toml:2:42: `paths`: wanted a path or pattern of 1 to 4096 bytes, found an empty text
c.toml:2:46: `paths`: wanted a text in quotes, found the number `1`
c.toml:3:11: `exclude`: wanted at least one value, found an empty list
c.toml:4:12: `timezone`: wanted a time zone, found `Europe/Berln`
  hint: did you mean `Europe/Berlin`?
c.toml:5:12: `start_at`: wanted `end` or `beginning`, found `start`
",
    );
}

#[test]
fn faults_of_destinations() {
    check(
        &[r#"[[destination]]
name = "SOC 1"
type = "slak"
min_severity = 3
match = []
unless = [{}, "x", { port = 70000, source = "a", format = "eve" }]
group_by = ["rule", "rule", "colour"]
triage = 1
repeat_every = "0s"
pace = "2h"
mention = "<!here>"
"#],
        "
a.toml:2:8: `name`: wanted 1 to 64 of the characters a-z, 0-9, `_` and `-`, found `SOC 1`
a.toml:3:8: `type`: wanted a kind of destination, found `slak`
  hint: did you mean `slack`?
a.toml:4:16: `min_severity`: wanted a severity, found the number `3`
  hint: known: `info`, `low`, `medium`, `high`, `critical`
a.toml:5:9: `match`: wanted at least one value, found an empty list
a.toml:6:11: `unless`: a matcher without a key fits everything
a.toml:6:15: `unless`: wanted a matcher such as `{ rule = \"2010935\" }`, found `x`
a.toml:6:29: `port`: wanted a port from 0 to 65535, or a range of ports, found the number `70000`
  hint: such as `22` or `8000-8999`
a.toml:6:45: `source`: wanted an address or a network, found `a`
  hint: such as `192.0.2.7`, `192.0.2.0/24` or `2001:db8::/32`
a.toml:6:59: `format`: wanted the name of a format, found `eve`
  hint: known: `suricata-eve`, `snort-csv`
a.toml:7:21: `group_by`: wanted each field once, found `rule`
a.toml:7:29: `group_by`: wanted a field, found `colour`
  hint: known: `rule`, `verdict`, `severity`, `source`, `destination`, `category`, `format`
a.toml:8:10: `triage`: wanted `true` or `false`, without quotes, found the number `1`
a.toml:9:16: `repeat_every`: wanted a duration from `1s` to `4w`, found `0s`
a.toml:10:8: `pace`: wanted a duration from `1ms` to `1h`, found `2h`
a.toml:11:11: `mention`: wanted a table such as `{ critical = \"<!here>\" }`, found `<!here>`
",
    );
}

#[test]
fn faults_of_what_a_kind_takes() {
    check(
        &[r#"[[destination]]
name = "b"
type = "console"
url_env = "HOOK"
proxy = "http://user:SECRET@x:1"
mention = { critical = "<!here>", hgih = "<!here>" }
[[destination]]
type = "slack"
name = "c"
url_env = "WORD"
mention = { critical = "<!all>" }
[[destination]]
name = "d"
type = "slack"
url_env = "HOOK"
ca_file = "ca.pem"
proxy = "ftp://user:SECRET@x:1"
[[destination]]
name = "e"
type = "slack"
url_env = "HOOK"
proxy = "http://user:SECRET@x:1"
"#],
        "
a.toml:4:1: `url_env`: a destination of type `console` takes none
  hint: remove it
a.toml:5:1: `proxy`: a destination of type `console` takes none
  hint: remove it
a.toml:6:24: `mention`: wanted a mention that type `console` can send, found `<!here>`
  hint: `ipsbell destinations` shows an example of each type
a.toml:6:35: `mention`: wanted a severity, found `hgih`
  hint: did you mean `high`?
a.toml:10:11: `url_env`: wanted a URL that begins with `https://`
  hint: copy it whole
a.toml:11:24: `mention`: wanted a mention that type `slack` can send, found `<!all>`
  hint: `ipsbell destinations` shows an example of each type
a.toml:16:11: `ca_file`: wanted an absolute path, found `ca.pem`
  hint: write it from the root on: `/…`
a.toml:17:9: `proxy`: wanted the address of a proxy, found a value that is not shown
  hint: such as `http://proxy.example.com:3128`
a.toml:22:9: `proxy`: a password is written here, and others can read this file
  hint: type `chmod o= a.toml`; if others may have read it, have it replaced
",
    );
}

#[test]
fn a_heartbeat_takes_nothing_that_is_about_alerts() {
    check(
        &[r#"[[destination]]
name = "alive"
type = "heartbeat"
url_env = "HOOK"
every = "10ms"
pace = "1s"
match = { severity = "high" }
notices = false
[[destination]]
name = "soc"
type = "slack"
url_env = "HOOK"
every = "1m"
notices = "no"
[[source]]
paths = "/var/log/eve.json"
silent_after = "never"
"#],
        "
a.toml:5:9: `every`: wanted a duration from `1s` to `1d`, found `10ms`
a.toml:6:1: `pace`: a destination of type `heartbeat` takes none
  hint: remove it
a.toml:7:1: `match`: a destination of type `heartbeat` takes none
  hint: remove it
a.toml:8:1: `notices`: a destination of type `heartbeat` takes none
  hint: remove it
a.toml:13:1: `every`: a destination of type `slack` takes none
  hint: remove it
a.toml:14:11: `notices`: wanted `true` or `false`, without quotes, found `no`
a.toml:17:16: `silent_after`: wanted a duration, found `never`
  hint: write a number and a unit (ms, s, m, h, d, w, y), such as `5m` or `13 weeks`
",
    );
}

#[test]
fn faults_of_mutes() {
    check(
        &[r#"[[mute]]
until = 2027-01-01
[[mute]]
rule = [2010935, "9-1", ""]
until = "tomorrow"
reason = " "
"#],
        "
a.toml:1:1: [[mute]] without a matcher would mute everything
  hint: say what is muted, such as `rule = \"2010935\"`
a.toml:1:1: [[mute]] without `reason`
  hint: add `reason = \"weekly scan\"`
a.toml:2:9: `until`: wanted an instant, found the time `2027-01-01`
  hint: write date, time and offset, such as `2027-01-01T00:00:00Z`
a.toml:4:18: `rule`: wanted a range of rule ids, found `9-1`
  hint: write the smaller id first
a.toml:4:25: `rule`: wanted a text of 1 to 1024 bytes, found an empty text
a.toml:5:9: `until`: wanted an instant, found `tomorrow`
  hint: write date, time and offset, such as `2027-01-01T00:00:00Z`
a.toml:6:10: `reason`: wanted a reason, found ` `
",
    );
}

#[test]
fn the_environment_in_values() {
    let host = |text: &str| parse(&format!("[agent]\nhost = '{text}'\n")).map(|c| c.agent.host);
    for (written, wanted) in [
        ("${HOST}", "web-1"),
        ("a-${HOST}-${HOST}", "a-web-1-web-1"),
        ("$${HOST}", "${HOST}"),
        ("$$${HOST}", "$${HOST}"),
        ("$HOST $5 $$", "$HOST $5 $$"),
    ] {
        assert_eq!(host(written).as_deref(), Ok(wanted), "{written}");
    }
    check(
        &["[agent]\nhost = \"${GONE}\"\n[[source]]\npaths = ['/${}', '/${a-b}', '/${HOST']\n"],
        "
a.toml:2:8: `host`: `GONE` is not in the environment
  hint: set it where ipsbell is started (`Environment=GONE=…` in the unit), or write the value here
a.toml:4:10: `paths`: wanted `${NAME}`, found `${` without it
  hint: to write `${` itself, write `$${`
a.toml:4:18: `paths`: wanted `${NAME}`, found `${` without it
  hint: to write `${` itself, write `$${`
a.toml:4:29: `paths`: wanted `${NAME}`, found `${` without it
  hint: to write `${` itself, write `$${`
",
    );
    // What the environment holds may be a secret: a fault shows what is written.
    check(
        &["[[source]]\npaths = \"/x\"\nformat = \"${WORD}\"\n"],
        "
a.toml:3:10: `format`: wanted `auto` or the name of a format, found `${WORD}`
  hint: known: `auto`, `suricata-eve`, `snort-csv`
",
    );
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        if let Err(faults) = parse(&text) {
            prop_assert!(!faults.list.is_empty() && !faults.to_string().is_empty());
        }
    }
}
#[test]
fn more_faults_than_are_shown_are_counted() {
    let lines = |line: &dyn Fn(usize) -> String| (0..FAULTS_MAX + 5).map(line).collect::<String>();
    let [keys, syntax] = [lines(&|n| format!("k{n} = 1\n")), lines(&|_| "x\n".to_owned())];
    let check = |texts: &[&str], more: usize| {
        let faults = read_with(texts, false, Secrets::Read).unwrap_err();
        assert_eq!((faults.list.len(), faults.more), (FAULTS_MAX, more));
    };
    check(&[&keys], 5);
    check(&[&syntax], 5);
    check(&[&syntax, &keys], FAULTS_MAX + 10);
}

#[test]
fn lists_have_a_limit() {
    let text = |number: usize| {
        format!("[[source]]\npaths = \"/x\"\nexclude = [{}]\n", "\"a\",".repeat(number))
    };
    check(&[&text(LIST_ITEMS_MAX)], "");
    check(
        &[&text(LIST_ITEMS_MAX + 1)],
        "a.toml:3:11: `exclude`: wanted at most 10000 values, found a list",
    );
}
