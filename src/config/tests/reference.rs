//! Holds the table of keys against the code, the reference in docs/configuration.md and the example
//! against the table. `UPDATE=1 cargo test reference` writes the reference anew.

use std::fmt::Write;
use std::fs;

use ipsbell_parsers::fields::FIELDS;

use super::*;
use crate::config::keys::{Key, SECTIONS, Section};
use crate::matcher;

const BEGIN: &str =
    "<!-- The reference begins here. It is written by a test; do not edit it. -->\n";
const END: &str = "<!-- The reference ends here. -->\n";

fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn the_reference_is_that_of_the_code() {
    let path = file("docs/configuration.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the mark where the reference begins");
    let (found, after) = rest.split_once(END).expect("the mark where the reference ends");
    let wanted = reference();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{wanted}{END}{after}")).unwrap();
    } else {
        assert!(
            found == wanted,
            "docs/configuration.md is out of date: UPDATE=1 cargo test reference"
        );
    }
}

fn reference() -> String {
    let mut text = String::new();
    for section in SECTIONS {
        write!(text, "\n### `{}`\n\n{}\n", section.heading(), section.about).unwrap();
        for key in section.keys {
            write!(
                text,
                "\n#### `{}`\n\n{}\n\n- Value: {}\n- Default: {}\n- Example: `{}`\n",
                key.name, key.about, key.value, key.default, key.example
            )
            .unwrap();
        }
    }
    text.push_str("\n### Matchers\n\n| key | tests | examples |\n|---|---|---|\n");
    for key in matcher::Key::ALL {
        let examples: Vec<_> = key.examples().iter().map(|text| format!("`\"{text}\"`")).collect();
        writeln!(text, "| `{}` | {} | {} |", key.word(), key.about(), examples.join(", ")).unwrap();
    }
    text.push_str(
        "\n### Fields of a pattern\n\n| group | what it holds | where it stands |\n|---|---|---|\n",
    );
    for field in FIELDS {
        writeln!(text, "| `{}` | {} | `{}` |", field.name, field.wanted, field.ecs).unwrap();
    }
    text.push_str("| `x_NAME` | a text | `PRODUCT.NAME` |\n\n");
    text
}

/// A section with all that is required but `key`.
fn others(section: &Section, key: &str) -> String {
    let required = |other: &&Key| {
        other.name != key
            && (other.default == "required"
                || (other.name == "url_file" && !["credential", "url_env", "url"].contains(&key)))
    };
    let mut lines: Vec<_> = section.keys.iter().filter(required).map(|key| key.example).collect();
    if key == "columns" {
        // Only formats that have them take it.
        lines.push(r#"format = "snort-csv""#);
    }
    if key == "journal" {
        lines.retain(|line| !line.starts_with("paths"));
    }
    if key == "every" {
        // Of all kinds only a heartbeat takes it.
        lines.retain(|line| !line.starts_with("type"));
        lines.push(r#"type = "heartbeat""#);
    }
    lines.extend(section.matcher.then_some(if key == "rule" { "tag = \"x\"" } else { "rule = 1" }));
    let soc = if key == "destinations" {
        "[[destination]]\nname = \"soc\"\ntype = \"console\"\n"
    } else {
        ""
    };
    format!("{soc}{}\n{}\n", section.heading(), lines.join("\n"))
}

#[test]
fn every_example_is_accepted() {
    for section in SECTIONS {
        for key in section.keys {
            let text = format!("{}{}\n", others(section, key.name), key.example);
            let read = read_with(&[&text], true, Secrets::Leave);
            assert!(read.is_ok(), "{text}\n{}", read.unwrap_err());
            assert!(key.example.starts_with(&format!("{} = ", key.name)), "{}", key.example);
        }
    }
}

/// A key that nobody reads would take any value.
#[test]
fn every_key_is_read() {
    for section in SECTIONS {
        for key in section.key_names() {
            let text = format!("{}{key} = {{ nonsense = 1 }}\n", others(section, key));
            let last = text.lines().count();
            let faults = read_with(&[&text], true, Secrets::Leave).expect_err(&text);
            let at_key = |fault: &Fault| fault.position.is_some_and(|place| place.line == last);
            assert!(faults.list.iter().any(at_key), "{text}\n{faults}");
        }
    }
}

/// What is said of a default is what holds: the default, written out, changes nothing.
#[test]
fn every_default_is_the_default() {
    for section in SECTIONS {
        for key in section.keys {
            let Some(default) = key.default.strip_prefix('`').and_then(|d| d.strip_suffix('`'))
            else {
                continue;
            };
            let others = others(section, key.name);
            let read = |text: &str| {
                format!("{:#?}", read_with(&[text], true, Secrets::Leave).expect(text))
            };
            let written = format!("{others}{} = {default}\n", key.name);
            assert_eq!(read(&written), read(&others), "{written}");
        }
    }
}

#[test]
fn the_packaged_example_is_accepted() {
    let text = fs::read_to_string(file("packaging/ipsbell.toml")).unwrap();
    check_example(&text);
    // What is commented out is meant to be used.
    let uncommented: Vec<&str> = text
        .lines()
        .map(|line| line.strip_prefix("#").filter(|l| !l.starts_with(' ')).unwrap_or(line))
        .collect();
    check_example(&uncommented.join("\n"));
}

#[track_caller]
fn check_example(text: &str) {
    let read = read_with(&[text], true, Secrets::Leave);
    let config = read.unwrap_or_else(|faults| panic!("{text}\n{faults}"));
    assert!(!config.sources.is_empty() && !config.destinations.is_empty());
}

#[test]
fn every_block_of_the_documentation_is_accepted() {
    let text = fs::read_to_string(file("docs/configuration.md")).unwrap();
    let blocks: Vec<&str> = text
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```"))
        .map(|(block, _)| block)
        .collect();
    assert!(blocks.len() >= 3, "{blocks:?}");
    for block in blocks {
        let read = read_with(&[block], true, Secrets::Leave);
        assert!(read.is_ok(), "{block}\n{}", read.unwrap_err());
    }
}
