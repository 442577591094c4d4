//! Patterns against a small tree.

use std::fs;

use tempfile::TempDir;

use super::super::file::Disk;
use super::*;

fn source(root: &Path, paths: &[&str], exclude: &[&str]) -> Source {
    let absolute = |path: &&str| root.join(path).to_str().unwrap().to_owned();
    Source::new(&SourceFiles {
        paths: paths.iter().map(absolute).collect(),
        exclude: exclude.iter().map(|&text| text.to_owned()).collect(),
        start_at: StartAt::End,
        first_start: false,
    })
    .unwrap()
}

fn tree(files: &[&str]) -> TempDir {
    let root = TempDir::new().unwrap();
    for file in files {
        let path = root.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
    root
}

fn check(paths: &[&str], exclude: &[&str], expected: &[&str]) {
    let root = tree(&[
        "eve.json",
        "eve.json.1.gz",
        "fast.log",
        ".hidden.log",
        "a/eve.json",
        "a/deep/er/eve.json",
        "b/eve.json",
        "b/.git/eve.json",
        "odd[1].log",
    ]);
    let source = source(root.path(), paths, exclude);
    let sight = sight(&Disk, std::slice::from_ref(&source));
    let found: Vec<_> = sight
        .files
        .iter()
        .map(|seen| seen.path.strip_prefix(root.path()).unwrap().to_str().unwrap())
        .collect();
    assert_eq!(found, expected, "{paths:?} without {exclude:?}");
    for seen in &sight.files {
        assert!(source.matches(&seen.path), "{:?} is recognised", seen.path);
        assert!(sight.directories.contains(seen.path.parent().unwrap()));
    }
}

#[test]
fn paths_and_globs() {
    check(&["eve.json"], &[], &["eve.json"]);
    check(&["missing"], &[], &[]);
    check(&["eve*"], &[], &["eve.json"]);
    check(&["eve*"], &["*.json"], &[]);
    check(&["*/eve.json"], &[], &["a/eve.json", "b/eve.json"]);
    check(&["?/eve.{json,log}"], &[], &["a/eve.json", "b/eve.json"]);
    check(&["*.log"], &[], &["fast.log", "odd[1].log"]);
    check(&[".*.log"], &[], &[".hidden.log"]);
    check(&["odd\\[1\\].log"], &[], &["odd[1].log"]);
    check(&["**/eve.json"], &[], &["eve.json", "a/eve.json", "a/deep/er/eve.json", "b/eve.json"]);
    check(&["a/**/eve.json"], &["**/deep/**"], &["a/eve.json"]);
    check(&["fast.log", "*.log"], &[], &["fast.log", "odd[1].log"]);
}

#[test]
fn what_cannot_be_a_pattern_says_why() {
    for (pattern, why) in [
        ("", "it is empty"),
        ("/", "it names no file"),
        ("/var/log/**", "it ends in `**`"),
        ("/var/log/[a", "unclosed character class"),
    ] {
        let error = Pattern::parse(pattern).unwrap_err();
        assert!(error.why.contains(why), "{error}");
        assert!(error.to_string().contains(pattern));
    }
}

#[test]
fn the_order_is_that_of_the_sources_then_of_names() {
    let root = tree(&["c", "a", "b"]);
    let sources = [source(root.path(), &["c"], &[]), source(root.path(), &["*"], &[])];
    let sight = sight(&Disk, &sources);
    let found: Vec<_> =
        sight.files.iter().map(|seen| (seen.source, seen.path.file_name().unwrap())).collect();
    assert_eq!(found, [(0, "c".as_ref()), (1, "a".as_ref()), (1, "b".as_ref())]);
}

#[test]
fn depth_is_bounded() {
    let at = |depth: usize| format!("{}eve.json", "d/".repeat(depth));
    let root = tree(&[&at(DEPTH_MAX), &at(DEPTH_MAX + 1)]);
    let sight = sight(&Disk, &[source(root.path(), &["**/eve.json"], &[])]);
    assert_eq!(sight.files.len(), 1);
}

#[test]
fn a_circle_of_links_ends() {
    let root = tree(&["d/eve.json"]);
    std::os::unix::fs::symlink(root.path(), root.path().join("d/up")).unwrap();
    let sight = sight(&Disk, &[source(root.path(), &["**/eve.json"], &[])]);
    assert!(sight.files.len() <= DEPTH_MAX);
}
