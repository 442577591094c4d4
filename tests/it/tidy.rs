//! Rules about the sources and documents, checked instead of remembered.

use std::path::{Path, PathBuf};

/// The longest file.
const LINES_MAX: usize = 400;

/// Module, and the modules of this crate that it may name (docs/ARCHITECTURE.md, "Who may know whom").
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("guard", &[]),
    ("identifier", &["clock"]),
    ("secret", &[]),
    ("signal", &["clock"]),
    ("trouble", &[]),
    ("wanted", &[]),
    ("matcher", &["event", "wanted"]),
    ("grammar", &["wanted"]),
    ("event", &["stamp"]),
    ("stamp", &[]),
    ("config", &["destinations", "grammar", "matcher", "secret", "wanted"]),
    ("tail", &["signal", "config"]),
    ("journal", &["clock", "config", "signal", "tail"]),
    (
        "store",
        &[
            "clock", "config", "event", "guard", "health", "journal", "message", "tail", "triage",
            "trouble",
        ],
    ),
    ("triage", &["config", "event", "matcher"]),
    ("context", &["config", "event"]),
    ("message", &["context", "event", "triage", "trouble"]),
    ("preview", &["event", "guard", "message", "triage"]),
    ("destinations", &["clock", "config", "message", "secret"]),
    ("health", &["destinations", "triage", "trouble"]),
    (
        "ingest",
        &[
            "clock",
            "config",
            "event",
            "grammar",
            "guard",
            "identifier",
            "journal",
            "signal",
            "store",
            "tail",
            "triage",
            "trouble",
        ],
    ),
    (
        "deliver",
        &[
            "clock",
            "config",
            "context",
            "destinations",
            "event",
            "guard",
            "health",
            "identifier",
            "message",
            "signal",
            "store",
            "triage",
            "trouble",
        ],
    ),
    ("watchdog", &["clock", "config", "signal", "store", "trouble"]),
    ("fake_slack", &["clock", "destinations", "message"]),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn all_sources() -> Vec<PathBuf> {
    ["src", "parsers/src", "tests"]
        .iter()
        .flat_map(|directory| sources(&root().join(directory)))
        .collect()
}

#[test]
fn modules_know_only_whom_they_may() {
    for (module, allowed) in MAY_KNOW {
        let in_module = |path: &&PathBuf| {
            let file = root().join("src").join(format!("{module}.rs"));
            **path == file || path.starts_with(root().join("src").join(module))
        };
        for path in sources(&root().join("src")).iter().filter(in_module) {
            let is_test = |part: std::path::Component<'_>| {
                let name = part.as_os_str().to_string_lossy();
                name.starts_with("tests")
                    || name.ends_with("_tests.rs")
                    || ["samples.rs", "days.rs"].contains(&&*name)
            };
            let inside = path.strip_prefix(root()).unwrap();
            if inside.components().any(is_test) {
                continue;
            }
            let text = std::fs::read_to_string(path).unwrap();
            let text = text.split("#[cfg(test)]\nmod").next().unwrap_or_default();
            for used in
                text.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(uses)
            {
                let known = used == *module || allowed.contains(&used.as_str());
                assert!(
                    known,
                    "{}: `{module}` may not use `{used}` (docs/ARCHITECTURE.md)",
                    path.display()
                );
            }
        }
    }
}

/// The modules that a line names behind `crate::`.
fn uses(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let rest = &line[at + "crate::".len()..];
        let names = match rest.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or("").split(',').map(str::trim).collect(),
            None => vec![rest],
        };
        for name in names {
            let name: String =
                name.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if name.starts_with(|c: char| c.is_ascii_lowercase()) {
                found.push(name);
            }
        }
    }
    found
}

#[test]
fn the_document_says_the_same() {
    let text = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    for (module, allowed) in MAY_KNOW {
        let names: Vec<String> = allowed.iter().map(|name| format!("`{name}`")).collect();
        let names = if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
        let line = format!("| `{module}` | {names} |");
        assert!(text.contains(&line), "docs/ARCHITECTURE.md lacks the line\n{line}");
    }
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    for path in all_sources() {
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{}: {lines} lines, at most {LINES_MAX}", path.display());
        assert!(text.starts_with("//!"), "{}: opens without saying what it is for", path.display());
    }
}

#[test]
fn every_test_of_these_documents_exists() {
    for name in [
        "README.md",
        "docs/ARCHITECTURE.md",
        "docs/CONTRIBUTING.md",
        "docs/configuration.md",
        "docs/formats.md",
        "docs/failures.md",
        "docs/CHANGELOG.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
    ] {
        assert!(root().join(name).exists(), "{name} is missing");
    }
    // A path that a document names is there.
    for document in
        ["README.md", "docs/ARCHITECTURE.md", "docs/CONTRIBUTING.md", "docs/failures.md"]
    {
        let text = std::fs::read_to_string(root().join(document)).unwrap();
        for quoted in text.split('`').skip(1).step_by(2) {
            let is_path = ["src/", "parsers/", "tests/", "docs/", "packaging/"]
                .iter()
                .any(|top| quoted.starts_with(top));
            if is_path && !quoted.contains(['*', '<', ' ', '{']) {
                assert!(
                    root().join(quoted).exists(),
                    "{document} names `{quoted}`, which is not there"
                );
            }
        }
    }
}

#[test]
fn every_test_that_a_document_names_exists() {
    let code: String =
        all_sources().iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    for document in ["docs/ARCHITECTURE.md", "docs/CONTRIBUTING.md", "docs/failures.md"] {
        let text = std::fs::read_to_string(root().join(document)).unwrap();
        for quoted in text.split('`').skip(1).step_by(2) {
            let is_word =
                quoted.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            if is_word && quoted.matches('_').count() >= 3 {
                let function = format!("fn {quoted}(");
                assert!(code.contains(&function), "{document} names `{quoted}`, which is no test");
            }
        }
    }
}

#[test]
fn every_command_format_and_kind_is_in_the_readme() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    for command in ipsbell::cli::COMMANDS {
        assert!(
            readme.contains(&format!("`ipsbell {}", command.name)),
            "README.md lacks `ipsbell {}`",
            command.name
        );
    }
    for format in ipsbell_parsers::FORMATS {
        assert!(
            readme.contains(&format!("`{}`", format.name)),
            "README.md lacks the format `{}`",
            format.name
        );
    }
    for kind in ipsbell::destinations::KINDS {
        assert!(
            readme.contains(&format!("`{}`", kind.name)),
            "README.md lacks the destination `{}`",
            kind.name
        );
    }
}

#[test]
fn the_top_level_holds_what_belongs_there() {
    let allowed = [
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "parsers",
        "packaging",
        "tests",
        "README.md",
        "docs",
        "target",
    ];
    for entry in std::fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        // What a failing property test leaves behind is ignored by git.
        let known = allowed.contains(&name.as_str())
            || name.starts_with('.')
            || name.starts_with("LICENSE-")
            || name == "proptest-regressions";
        assert!(known, "`{name}` does not belong at the top level");
    }
}
