//! A network file system that hangs: its logs wait, and nothing else does.

use std::fs;

use ipsbell::fake_slack::FakeSlack;

use crate::preload;
use crate::support::{Options, Place, alerts, append, ipsbell, text, wait_for};

#[test]
fn a_network_file_system_that_hangs_holds_nothing_but_its_own_logs() {
    let outside = tempfile::tempdir().unwrap();
    let name = "a_network_file_system_that_hangs_holds_nothing_but_its_own_logs";
    let Some(library) = preload::library(name, outside.path(), "hanging/mount.c") else {
        return;
    };
    let slack = FakeSlack::start().unwrap();
    // One source with a log here and one far away: it is the file system that divides them.
    let [far, hang, mounts] = ["far", "hang", "mounts"].map(|name| outside.path().join(name));
    fs::create_dir(&far).unwrap();
    let line = |at: &str, kind: &str| format!("1 1 0:1 / {at} rw - {kind} there rw\n");
    fs::write(&mounts, line("/", "ext4") + &line(far.to_str().unwrap(), "nfs4")).unwrap();
    let beginning = "start_at = \"beginning\"";
    let source =
        format!("{beginning}\n[[source]]\npaths = [\"{}/*.json\"]\n{beginning}", far.display());
    let place = Place::with(&slack, Options { source, ..Options::default() });
    let run = || {
        let mut command = ipsbell();
        command.env("LD_PRELOAD", &library).env("HANG_MOUNTS", &mounts);
        place.run_by(command.env("HANG_DIRECTORY", &far).env("HANG_WHILE", &hang))
    };

    let agent = run();
    append(&far.join("eve.json"), &alerts(1001, 0..10));
    place.append(&alerts(1002, 0..10));
    place.wait_for_account("both logs to be told", |account| account.told == 20);

    fs::write(&hang, "").unwrap();
    append(&far.join("eve.json"), &alerts(1003, 0..10));
    place.append(&alerts(1004, 0..10));
    place.wait_for_account("the log that is here", |account| account.told == 30);
    agent.wait_for_log("Reading hangs");
    let status = wait_for("a status that says so", || {
        let status = place.ipsbell(&["status"]);
        (status.status.code() == Some(1)).then(|| text(&status.stdout))
    });
    assert!(status.contains("did not come round"), "{status}");
    place.append(&alerts(1005, 0..10));
    place.wait_for_account("the log that is here, still", |account| account.told == 40);

    fs::remove_file(&hang).unwrap();
    let account = place.wait_for_account("all", |account| account.told == 50);
    assert_eq!(account.unaccounted(), 0);
    agent.wait_for_log("Reading goes on");
    wait_for("a status without problems", || {
        (place.ipsbell(&["status"]).status.code() == Some(0)).then_some(())
    });

    // It hangs again, and the agent is told to stop: who hangs is not waited for.
    fs::write(&hang, "").unwrap();
    append(&far.join("eve.json"), &alerts(1006, 0..10));
    place.append(&alerts(1007, 0..10));
    place.wait_for_account("the log that is here, again", |account| account.told == 60);
    assert_eq!(agent.stop(), 0);
    fs::remove_file(&hang).unwrap();
    let agent = run();
    place.wait_for_account("what hung when it stopped", |account| account.told == 70);
    assert_eq!(agent.stop(), 0);
}
