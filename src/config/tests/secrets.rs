//! The URL: every way to give it, every wrong way and its message, and that none of them shows it.

use proptest::prelude::*;

use super::*;

/// Keys of a destination that has all else, and what is said of them.
#[track_caller]
fn check_hook(keys: &str, wanted: &str) {
    let text = format!("[[destination]]\nname = \"n\"\ntype = \"slack\"\n{keys}\n");
    check(&[&text], wanted);
}

#[test]
fn faults_of_the_url() {
    check_hook(
        "",
        "
a.toml:1:1: [[destination]] without its URL
  hint: write the URL to a file and add `url_file = \"/etc/ipsbell/….url\"`
",
    );
    check_hook(
        "url_env = \"HOOK\"\nurl_file = \"/x\"",
        "
a.toml:4:1: wanted one of `url_file`, `credential`, `url_env`, `url`, found several
  hint: keep the one that holds the URL
",
    );
    for written in ["https://hooks.example.com/SECRET", "$${HOOK}SECRET"] {
        check_hook(
            &format!("url = \"{written}\""),
            "
a.toml:4:7: `url`: the URL is written here, and others can read this file
  hint: type `chmod o= a.toml`; if others may have read it, have it replaced
",
        );
    }
    check_hook("url = \"${HOOK}\"", "");
    check_hook("url_env = \"HOOK\"", "");
}

#[test]
fn faults_of_the_url_in_the_environment() {
    for (written, found) in [
        ("https://hooks.example.com/SECRET", "a text that is not shown, since it may be a secret"),
        ("$HOOK", "`$HOOK`"),
        ("1", "`1`"),
        ("", "an empty text"),
    ] {
        check_hook(
            &format!("url_env = \"{written}\""),
            &format!(
                "a.toml:4:11: `url_env`: wanted the name of an environment variable, found \
                 {found}\n  hint: such as `url_env = \"SOC_URL\"`, without `$`"
            ),
        );
    }
    check_hook(
        "url_env = \"GONE\"",
        "
a.toml:4:11: `url_env`: `GONE` is not in the environment
  hint: set it where ipsbell is started (`EnvironmentFile=` in the unit)
",
    );
    for (variable, found) in
        [("NOTHING", "nothing"), ("LINES", "several lines"), ("LONG", "more than 4096 bytes")]
    {
        check_hook(
            &format!("url_env = \"{variable}\""),
            &format!(
                "a.toml:4:11: `url_env`: wanted a URL on one line in the variable `{variable}`, \
                 found {found}"
            ),
        );
    }
}

#[test]
fn a_url_where_a_name_was_wanted_is_not_shown() {
    const NOT_SHOWN: &str = "found a text that is not shown, since it may be a secret";
    for written in ["https://hooks.example.com/SECRET", "hooks.example.com/services/SECRET"] {
        check_hook(
            &format!("url_file = \"{written}\""),
            &format!(
                "a.toml:4:12: `url_file`: wanted an absolute path, {NOT_SHOWN}\n  hint: name a \
                 file that holds the URL; the URL itself does not belong here"
            ),
        );
        check_hook(
            &format!("credential = \"{written}\""),
            &format!(
                "a.toml:4:14: `credential`: wanted the name of a credential: letters, digits, \
                 `-`, `_`, `.`, {NOT_SHOWN}\n  hint: it is the part before the colon of \
                 `LoadCredential=` in the unit"
            ),
        );
        check_hook(
            &format!("url_env = \"HOOK\"\n\"{written}\" = 1"),
            "
a.toml:5:1: unknown key a text that is not shown, since it may be a secret in [[destination]]
  hint: known: `name`, `type`, `url_file`, `credential`, `url_env`, `url`, `ca_file`, `proxy`, \
             `every`, `min_severity`, `match`, `unless`, `group_by`, `triage`, `repeat_every`, \
             `posts_per_hour`, and 6 more
",
        );
    }
    check_hook(
        "credential = \"soc\"",
        "
a.toml:4:14: `credential`: systemd gave this process no credentials
  hint: add `LoadCredential=soc:/etc/ipsbell/soc` to the unit; a command that you start yourself \
         sees none: use `url_file` there
",
    );
}

/// A configuration with a secret, to be cut and bent.
const SECRETIVE: &str = r#"
[[source]]
paths = "/var/log/a"
[[destination]]
name = "soc"
type = "slack"
url = "https://hooks.example.com/services/SECRET"
proxy = "http://user:SECRET@proxy.example.com:3128"
match = [{ rule = "1" }]
[[mute]]
rule = 1
reason = "x"
"#;

proptest! {
    /// Whatever is cut out and put in, no fault and no `Debug` shows the secret.
    #[test]
    fn no_fault_shows_a_secret(
        cuts in prop::collection::vec(
            (0..SECRETIVE.len(), 0..12_usize, "[\"'=\\[\\]{}#\n$,.:a ]{0,3}"),
            1..5,
        ),
        private in any::<bool>(),
    ) {
        let mut text = SECRETIVE.to_owned();
        for (start, length, put) in cuts {
            let start = start.min(text.len());
            let end = (start + length).min(text.len());
            // A secret of which a part was cut out cannot be told from any other word.
            if start == end || !touches_secret(&text, start, end) {
                text.replace_range(start..end, &put);
            }
        }
        let read = read_with(&[&text], private, Secrets::Read);
        let faults = read.as_ref().err().map(Faults::to_string).unwrap_or_default();
        let shown = format!("{read:?}\n{faults}");
        prop_assert!(!shown.contains("SECRET"), "{text}\n{shown}");
    }
}

fn touches_secret(text: &str, start: usize, end: usize) -> bool {
    const WRITTEN: [&str; 2] = ["https://hooks.example.com/services/SECRET", "http://user:SECRET@"];
    WRITTEN
        .iter()
        .flat_map(|secret| text.match_indices(secret))
        .any(|(at, secret)| start < at + secret.len() && at < end)
}
