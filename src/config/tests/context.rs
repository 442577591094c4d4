//! What is redacted in posts, and what they show beside the log.

use super::*;

#[test]
fn faults_of_what_is_redacted() {
    let soc = "[[destination]]\nname = \"soc\"\ntype = \"console\"\nmask = 1\n";
    let text = format!("{soc}[[redact]]\n[[redact]]\npattern = \"(a\"\ndestinations = \"sok\"\n");
    check(
        &[&text, "[[redact]]\npattern = \"a*\"\n[[redact]]\npattern = \"\"\n"],
        "
a.toml:4:8: `mask`: wanted `true` or `false`, without quotes, found the number `1`
a.toml:5:1: [[redact]] without `pattern`
  hint: add `pattern = 'EMP-\\d{6}'`
a.toml:7:11: `pattern`: wanted a regular expression, found `(a`
  hint: unclosed group
a.toml:8:16: `destinations`: wanted the name of a destination, found `sok`
  hint: did you mean `soc`?
b.toml:2:11: `pattern`: wanted a regular expression that needs at least one character, found `a*`
  hint: write `+` instead of `*`, and leave out what may be missing
b.toml:4:11: `pattern`: wanted a regular expression of 1 to 1024 bytes, found an empty text
  hint: such as `'EMP-\\d{6}'`, in single quotes
",
    );
    let many = "[[redact]]\npattern = \"a\"\n".repeat(65);
    check(&[&many], "a.toml:129:1: more than 64 [[redact]]\n  hint: put several into one: `a|b`");
    let large = "[[redact]]\npattern = '(\\w{100}){100}'\n";
    check(
        &[large],
        "
a.toml:2:11: `pattern`: wanted a regular expression, found `(\\\\w{100}){100}`
  hint: Compiled regex exceeds size limit of 1048576 bytes.
",
    );
}

#[test]
fn faults_of_context_and_runbooks() {
    check(
        &["[context]\nhosts = 1\nassets = \"a.csv\"\nrules = [\"/a*/b.rules\", \"/a/[\"]\n"],
        "
a.toml:2:9: `hosts`: wanted `true`, `false` or an absolute path, found the number `1`
a.toml:3:10: `assets`: wanted an absolute path, found `a.csv`
  hint: write it from the root on: `/…`
a.toml:4:10: `rules`: wanted a path with a pattern in the file's name alone, found `/a*/b.rules`
a.toml:4:25: `rules`: wanted a pattern (unclosed character class; missing ']'), found `/a/[`
  hint: `[*]` is the character itself
",
    );
    let wanted = "`url`: wanted an `https://` URL of at most 500 plain characters, found a value that is \
                  not shown\n  hint: such as `https://wiki.example.com/runbook`, without user or password";
    for url in [
        "http://wiki.example.com/",
        "https://user@wiki.example.com/",
        "https://user:SECRET@wiki.example.com/",
        "https://",
        "https:///x",
        "https://wiki.example.com:0x/",
        "https://wiki.example.com/a|b",
        "https://wiki.example.com/<!here>",
        "https://wiki.example.com/a b",
        "https://wiki.example.com/\u{e4}",
        &format!("https://wiki.example.com/{}", "a".repeat(500)),
    ] {
        let text = format!("[[runbook]]\nmatch = {{ rule = 1 }}\nurl = \"{url}\"\n");
        check(&[&text], &format!("a.toml:3:7: {wanted}"));
    }
    check(
        &["[[runbook]]\nurl = \"https://wiki.example.com:8443/a?b=c&d#e\"\n"],
        "
a.toml:1:1: [[runbook]] without `match`
  hint: add `match = { rule = \"2027250\" }`
",
    );
}
