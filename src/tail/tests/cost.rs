//! What looking and reading cost: ten thousand files, and none that changes.

use super::faults::Calls;
use super::*;

#[test]
fn case_27_ten_thousand_files_have_fair_turns() {
    let open_max = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    if open_max.is_some_and(|most| most < FILES_MAX as u64 + 500) {
        println!("SKIPPED case_27_ten_thousand_files_have_fair_turns: {open_max:?} open files");
        return;
    }
    let mut rig = Rig::new(&["*.log"]);
    rig.write("0.log", numbered("busy", 0..200_000));
    for number in 1..FILES_MAX {
        rig.write(&format!("{number}.log"), format!("quiet {number}\n"));
    }
    rig.now += LOOK_EVERY;
    rig.tail.look(rig.now);
    assert_eq!(rig.open_files(), FILES_MAX);
    for _ in 0..FILES_MAX {
        assert!(rig.turn());
    }
    // One turn each: the busy file did not keep the others waiting.
    let quiet = rig.given.iter().filter(|line| line.text.starts_with("quiet")).count();
    assert_eq!(quiet, FILES_MAX - 1);
    let busy = rig.given.len() - quiet;
    assert!(busy > 0 && busy < 200_000);
    rig.commit();
    rig.read();
    assert_eq!(rig.given.len(), 200_000 + FILES_MAX - 1);
    rig.append("7777.log", "again\n");
    assert_eq!(rig.read(), ["again"]);
    rig.read();
    rig.faults.calls();
    assert!(rig.read().is_empty());
    let most = Calls { stats: FILES_MAX + 2, names: 1, ..Calls::default() };
    assert_eq!(rig.faults.calls(), most, "a look at nothing new");
}

#[test]
fn case_28_a_look_at_nothing_new_reads_nothing() {
    let mut rig = Rig::new(&["a.log", "sub/b.log", "glob/*.log"]);
    fs::create_dir(rig.path("sub")).unwrap();
    fs::create_dir(rig.path("glob")).unwrap();
    for name in ["a.log", "sub/b.log", "glob/c.log", "glob/d.log"] {
        rig.write(name, "one\npart");
        rig.write(&format!("{name}.1"), "never ours\n");
        rig.write(&format!("{name}.2.gz"), packed::pack("x.gz", b"never ours either\n"));
    }
    rig.read();
    rig.after(ROTATE_WAIT);
    rig.read();
    rig.faults.calls();
    for _ in 0..20 {
        assert!(rig.read().is_empty());
        // Four logs, three directories: one look for the watches and one for rotated files.
        let most = Calls { stats: 4 + 3 + 3, names: 1, ..Calls::default() };
        assert_eq!(rig.faults.calls(), most);
    }
    assert!(!rig.tail.has_changes());
}

#[test]
fn case_28_a_log_that_is_not_there_costs_a_look_at_its_directory() {
    let mut rig = Rig::new(&["eve.json"]);
    rig.write("eve.json", "one\n");
    rig.read();
    for number in 1..50 {
        rig.write(&format!("eve.json.{number}"), format!("missed {number}\n"));
    }
    rig.remove("eve.json");
    rig.read();
    // The writer may still be in the last of them.
    rig.after(ABANDONED_WAIT);
    rig.after(ABANDONED_WAIT);
    assert_eq!(rig.open_files(), 0);
    rig.read();
    rig.read();
    rig.faults.calls();
    for _ in 0..20 {
        rig.read();
        // The path, its directory for watching it, and for what was rotated.
        let most = Calls { stats: 3, ..Calls::default() };
        assert_eq!(rig.faults.calls(), most);
    }
    rig.write("eve.json.50", "missed 50\n");
    assert_eq!(rig.read(), ["missed 50"]);
}
