//! A disk that refuses for a while: full, read-only, over its quota. Nothing is lost, it is said once, and what is stored
//! is told. And a database that another process holds.

use std::process::Command;
use std::time::Duration;

use ipsbell::fake_slack::FakeSlack;
use ipsbell::store::{RESERVE, RESERVE_BYTES};

use super::disk::{self, CHANGES, Fault};
use super::work::{database, numbers};
use crate::support::{DEADLINE, Place, alerts, wait_for};

/// What the agent says once, however long it lasts.
const WAITS: &str = "Reading waits";
const GOES_ON: &str = "Reading goes on";

fn times(log: &str, words: &str) -> usize {
    log.matches(words).count()
}

#[test]
fn a_disk_that_refuses_for_a_while_is_said_once_and_costs_nothing() {
    if !disk::available("a_disk_that_refuses_for_a_while_is_said_once_and_costs_nothing") {
        return;
    }
    for error in ["ENOSPC", "EROFS", "EDQUOT", "EIO"].into_iter().step_by(super::step(2)) {
        let slack = FakeSlack::start().unwrap();
        let place = Place::new(&slack);
        let flag = place.path("refuses");
        let fault = Fault::While { error, calls: CHANGES, file: &flag };
        let agent = place.run_by(&mut disk::ipsbell_on(&place, fault));
        place.append(&alerts(1001, 0..10));
        place.wait_for_account("the first to be told", |account| account.told == 10);

        std::fs::write(&flag, "").unwrap();
        place.append(&alerts(1002, 10..20));
        agent.wait_for_log(WAITS);
        // Tried again and again, and not a word more.
        let tried = disk::calls(&place, CHANGES);
        wait_for("more tries", || (disk::calls(&place, CHANGES) >= tried + 2).then_some(()));
        assert_eq!(times(&agent.log(), WAITS), 1, "{error}: {}", agent.log());
        assert_eq!(numbers(&place).len(), 10, "{error}");

        std::fs::remove_file(&flag).unwrap();
        let account = place.wait_for_account("all to be told", |account| account.told == 20);
        assert_eq!(account.unaccounted(), 0, "{error}");
        agent.wait_for_log(GOES_ON);
        assert_eq!(agent.stop(), 0, "{error}");
        let mut stored = numbers(&place);
        stored.sort_unstable();
        assert_eq!(stored, (0..20).collect::<Vec<_>>(), "{error}: each is stored once");
        assert_eq!(slack.received().len(), slack.requests().len());
    }
}

/// Says that the rest runs inside, where mounts are the process's own.
const INSIDE: &str = "IPSBELL_SMALL_DISK";

/// The name of the test inside, as the test program knows it.
const INSIDE_NAME: &str = "powercut::refused::inside_a_file_system_of_64_mib";

#[test]
fn on_a_full_disk_what_is_stored_is_told_and_the_rest_is_read_when_there_is_room() {
    let name = "on_a_full_disk_what_is_stored_is_told_and_the_rest_is_read_when_there_is_room";
    // Root has mounts of its own at once; others may have them as the root of a namespace of users.
    let ways: [&[&str]; 2] = [&["--mount"], &["--mount", "--user", "--map-root-user"]];
    let mounts = "mount -t tmpfs tmpfs /mnt";
    let can = |way: &&&[&str]| {
        let tried = Command::new("unshare").args(**way).args(["sh", "-c", mounts]).output();
        tried.is_ok_and(|output| output.status.success())
    };
    let Some(way) = ways.iter().find(can) else {
        eprintln!("SKIPPED {name}: this machine allows no mount (unshare --mount)");
        return;
    };
    let inside = Command::new("unshare")
        .args(*way)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", INSIDE_NAME, "--ignored", "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&inside.stdout);
    let complained = String::from_utf8_lossy(&inside.stderr);
    assert!(inside.status.success() && said.contains("1 passed"), "{said}\n{complained}");
}

#[test]
#[ignore = "is run by another test, where it may mount"]
fn inside_a_file_system_of_64_mib() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    std::fs::create_dir(place.state()).unwrap();
    let mount = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=64m,mode=700", "tmpfs"])
        .arg(place.state())
        .status();
    assert!(mount.unwrap().success());
    let reserve = || std::fs::metadata(place.state().join(RESERVE)).map_or(0, |file| file.len());
    let filler = place.state().join("filler");

    let agent = place.run();
    place.append(&alerts(1001, 0..20));
    place.wait_for_account("the first to be told", |account| account.told == 20);
    assert_eq!(reserve(), RESERVE_BYTES);
    slack.down();
    place.append(&alerts(1002, 20..35));
    place.wait_for_account("the next to be stored", |account| account.stored == 35);
    agent.wait_for_log("The post waits");

    // Another program fills the disk: the reader stops, and what is stored is told in the reserve's room.
    fill(&filler);
    place.append(&alerts(1003, 35..60));
    agent.wait_for_log(WAITS);
    slack.up().unwrap();
    place.wait_for_account("the stored to be told", |account| account.told == 35);
    agent.wait_for_log("The reserve is given back");
    assert_eq!(reserve(), 0);
    assert_eq!(numbers(&place).len(), 35, "the reader leaves the room alone");
    assert_eq!(times(&agent.log(), WAITS), 1, "{}", agent.log());

    // It starts on a full disk as well.
    assert_eq!(agent.stop(), 0);
    let agent = place.run();
    wait_for("the second agent's word", || (times(&agent.log(), WAITS) == 2).then_some(()));
    assert_eq!(numbers(&place).len(), 35);

    // There is room again: the rest is read, and the reserve is back.
    std::fs::remove_file(&filler).unwrap();
    let account = place.wait_for_account("all to be told", |account| account.told == 60);
    assert_eq!(account.unaccounted(), 0);
    agent.wait_for_log(GOES_ON);
    assert_eq!(reserve(), RESERVE_BYTES);
    assert_eq!(agent.stop(), 0);
    let mut stored = numbers(&place);
    stored.sort_unstable();
    assert_eq!(stored, (0..60).collect::<Vec<_>>());
}

/// Takes all room that there is.
fn fill(path: &std::path::Path) {
    let mut file = std::fs::File::create(path).unwrap();
    let zeros = vec![0; 64 << 10];
    for size in [zeros.len(), 4096] {
        while std::io::Write::write_all(&mut file, &zeros[..size]).is_ok() {}
    }
}

#[test]
fn a_database_that_another_process_holds_is_waited_for() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let agent = place.run();
    place.append(&alerts(1001, 0..10));
    place.wait_for_account("the first to be told", |account| account.told == 10);

    let other = database(&place);
    other.busy_timeout(Duration::from_secs(5)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    place.append(&alerts(1002, 10..20));
    agent.wait_for_log("the store is locked by another process");
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);

    let account = place.wait_for_account("all to be told", |account| account.told == 20);
    assert_eq!(account.unaccounted(), 0);
    agent.wait_for_log(GOES_ON);
    assert_eq!(times(&agent.log(), WAITS), 1, "{}", agent.log());
    assert_eq!(agent.stop(), 0);
    let mut stored = numbers(&place);
    stored.sort_unstable();
    assert_eq!(stored, (0..20).collect::<Vec<_>>());
    assert!(slack.wait_for(2, DEADLINE).iter().all(|post| !post.text().contains("epeat")));
}
