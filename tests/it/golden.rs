//! The store's file of each version, as that version left it: this program reads it and goes on.
//!
//! `UPDATE=1 cargo test golden` writes the file of the present version if there is none. An existing one is never
//! rewritten: it is what is on the machines of those who run that version.

use std::path::PathBuf;

use ipsbell::fake_slack::FakeSlack;
use ipsbell::store::VERSION;

use crate::support::{Place, alerts, text};

fn golden(version: u32) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/store-{version}.db"))
}

#[test]
fn every_version_is_read_and_written_on() {
    if std::env::var_os("UPDATE").is_some() && !golden(VERSION).exists() {
        let slack = FakeSlack::start().unwrap();
        let place = Place::new(&slack);
        place.append(&alerts(8001, 0..20));
        assert_eq!(place.ipsbell(&["run", "--once"]).status.code(), Some(0));
        let file = place.state().join("hot.db");
        // Nothing of the machine that made it: as if the log had lain where Suricata's usually does.
        let database = rusqlite::Connection::open(&file).unwrap();
        database
            .execute_batch(
                "UPDATE path SET path = '/var/log/suricata/eve.json';
                 UPDATE position SET path = CAST('/var/log/suricata/eve.json' AS BLOB), device = 1, inode = 2;
                 UPDATE source SET paths = '/var/log/suricata/eve.json';
                 UPDATE identity SET machine = zeroblob(16), home = NULL;
                 PRAGMA wal_checkpoint(TRUNCATE); VACUUM;",
            )
            .unwrap();
        drop(database);
        std::fs::copy(file, golden(VERSION)).unwrap();
    }
    for version in 1..=VERSION {
        let slack = FakeSlack::start().unwrap();
        let place = Place::new(&slack);
        std::fs::create_dir(place.state()).unwrap();
        std::fs::copy(golden(version), place.state().join("hot.db")).unwrap();
        place.append(&alerts(8002, 0..3));
        let output = place.ipsbell(&["run", "--once"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let account = place.account().unwrap();
        assert_eq!(
            (account.stored, account.told, account.unaccounted()),
            (23, 23, 0),
            "version {version}"
        );
        let events = text(&place.ipsbell(&["search", "--json", "--rule", "8001"]).stdout);
        assert_eq!(events.lines().count(), 20, "version {version}");
    }
}

#[test]
fn a_newer_store_is_left_alone() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    assert_eq!(place.ipsbell(&["run", "--once"]).status.code(), Some(0));
    let database = rusqlite::Connection::open(place.state().join("hot.db")).unwrap();
    database.pragma_update(None, "user_version", VERSION + 1).unwrap();
    drop(database);
    for command in [["run", "--once"].as_slice(), &["status"], &["search"]] {
        let output = place.ipsbell(command);
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        assert!(text(&output.stderr).contains("version"), "{}", text(&output.stderr));
    }
}
