//! `[[format]]`.

use ipsbell_parsers::alert::Verdict;

use super::*;

#[test]
fn a_format_is_read_and_named_by_sources_and_matchers() {
    let config = parse(
        r#"
        [[source]]
        paths = "/var/log/door.log"
        format = "door-1"
        [[mute]]
        format = "door-1"
        reason = "noise"
        [[format]]
        name = "door-1"
        pattern = ['x (?P<x_gate>.+)', '(?P<action>\w+) (?P<source_ip>\S+)']
        timestamp = "%s"
        samples = ["SHUT 192.0.2.1", "x ${north}"]
        not = "y"
        [format.severity]
        "*" = "medium"
        [format.verdict]
        Shut = "blocked"
        "#,
    )
    .unwrap();
    let format = config.formats[0].definition();
    assert_eq!((format.name.as_str(), format.product.as_str()), ("door-1", "door_1"));
    assert_eq!(format.verdicts["shut"], Verdict::Blocked);
    assert_eq!(format.severities["*"], Severity::Medium);
    assert_eq!(format.samples, ["SHUT 192.0.2.1", "x ${north}"]);
    assert_eq!(config.sources[0].format, FormatChoice::Own(Arc::clone(&config.formats[0])));
}

#[test]
fn faults_of_formats() {
    check(
        &[r#"[[format]]
name = "Door"
pattern = 'a(?P<host>'
product = "a-b"
timestamp = "%Y"
severity = { a = "hihg" }
verdict = "blocked"
[[format]]
name = "suricata-eve"
pattern = ['(?P<sorce_ip>\S+)', "x"]
[[format]]
name = "door"
pattern = 'a (?P<source_ip>\S+) b'
samples = ["a 192.0.2.1 c", "a gate b", "say: a 192.0.2.1 b"]
not = ["c", "a b b"]
[[format]]
name = "door"
[[source]]
paths = "/x"
format = "dooor"
"#],
        r#"
a.toml:2:8: `name`: wanted a name of 1 to 64 of `a-z`, `0-9`, `_`, `-`, found `Door`
a.toml:3:11: `pattern`: wanted a regular expression (unclosed group, at its character 2), found `a(?P<host>`
a.toml:4:11: `product`: wanted a name of 1 to 64 of `a-z`, `0-9`, `_`, found `a-b`
a.toml:5:13: `timestamp`: wanted the layout of a day and a time, found `%Y`
  hint: write it like `%d.%m.%Y %H:%M:%S`, in the directives of strptime(3)
a.toml:6:18: `a`: wanted a severity, found `hihg`
  hint: did you mean `high`?
a.toml:7:11: `verdict`: wanted a table of texts of the log and a verdict for each, found `blocked`
a.toml:9:8: `name`: wanted a name that no format of ipsbell has, found `suricata-eve`
a.toml:10:12: `pattern`: wanted groups that are named like fields, not `sorce_ip`, found `(?P<sorce_ip>\\S+)`
  hint: did you mean `source_ip`?; what is no field is named `x_…`
a.toml:10:33: `pattern`: wanted a pattern with a named group, found `x`
  hint: name the parts that are of use: `(?P<source_ip>\S+)`
a.toml:14:12: `samples`: wanted a line that a pattern reads (it wants ` b` at byte 11), found `a 192.0.2.1 c`
a.toml:14:29: `samples`: wanted an IP address in the group `source_ip`, which holds "gate", found `a gate b`
a.toml:14:41: `samples`: wanted a line that a pattern reads (it wants `a ` at byte 0), found `say: a 192.0.2.1 b`
  hint: a pattern fits from the first byte on, or behind a syslog header: begin it with `.*?` to pass over what stands before
a.toml:15:13: `not`: wanted a line that no pattern reads, found `a b b`
a.toml:16:1: [[format]] without `pattern`
  hint: add `pattern = '(?P<action>\w+) (?P<source_ip>\S+) (?P<rule_name>.+)'`
a.toml:17:8: `name`: `door` is given twice
  hint: it is given first at a.toml:12:8
a.toml:20:10: `format`: wanted `auto` or the name of a format, found `dooor`
  hint: did you mean `door`?
"#,
    );
    check(
        &["[[format]]\nname = \"a\"\npattern = '(?P<host>a)'\nsamples = [\"a\", 7, \"a\\nb\"]\n"],
        "
a.toml:4:17: `samples`: wanted a text in quotes, found the number `7`
a.toml:4:20: `samples`: wanted one line of a log, found `a\\nb`
",
    );
    let patterns = "'(?P<host>a)',".repeat(65);
    check(
        &[&format!("[[format]]\nname = \"a\"\npattern = [{patterns}]\n")],
        "a.toml:1:1: more than 64 patterns in [[format]]",
    );
}
