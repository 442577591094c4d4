//! A database that is damaged, copied to another machine, or does not agree with itself: the real program goes on, and says so.

use std::fs;
use std::path::Path;

use ipsbell::fake_slack::FakeSlack;
use rusqlite::Connection;

use crate::support::{Agent, Place, alert, alerts, text, wait_for};

fn database(place: &Place) -> Connection {
    Connection::open(place.state().join("hot.db")).unwrap()
}

fn number(place: &Place, sql: &str) -> i64 {
    database(place).query_row(sql, [], |row| row.get(0)).unwrap()
}

/// All that the channel was shown.
fn shown(slack: &FakeSlack) -> String {
    slack.received().iter().map(|post| post.shown()).collect::<Vec<_>>().join("\n")
}

fn wait_until_told(slack: &FakeSlack, rules: std::ops::Range<u32>) {
    for rule in rules {
        let words = format!("Probe number {rule}");
        wait_for(&words, || shown(slack).contains(&words).then_some(()));
    }
}

/// Writes a lone alert of each of these rules, and waits until they are told.
fn tell(place: &Place, slack: &FakeSlack, rules: std::ops::Range<u32>) {
    for rule in rules.clone() {
        place.append(&[alert(rule, rule)]);
    }
    wait_until_told(slack, rules);
    // The channel has it a moment before the answer is on record.
    place.wait_for_account("all is told", |account| account.pending() == 0);
}

/// The second copy is as new as the database, as some seconds after the last event.
fn wait_for_second_copy(place: &Place) {
    let last = number(place, "SELECT last_sequence FROM identity");
    wait_for("the second copy", || {
        let copy = fs::read_to_string(place.state().join("positions")).ok()?;
        let body: serde_json::Value = serde_json::from_str(copy.split_once('\n')?.1).ok()?;
        let columns = body["identity"]["columns"].as_array()?;
        let place = columns.iter().position(|column| column == "last_sequence")?;
        (body["identity"]["rows"][0][place].as_i64()? >= last).then_some(())
    });
}

fn verify(place: &Place) -> (Option<i32>, String) {
    let output = place.ipsbell(&["store", "verify"]);
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

/// What is done to a state directory.
type Harm = fn(&Path);

/// Four alerts are told, the agent ends, two more are written, the files are harmed, and the agent begins again.
fn check(harm: Harm, crash: bool, said: &str) {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let agent = place.run();
    tell(&place, &slack, 7001..7005);
    wait_for_second_copy(&place);
    if crash {
        agent.kill();
    } else {
        assert_eq!(agent.stop(), 0);
    }
    place.append(&alerts(7005, 5..6));
    place.append(&alerts(7006, 6..7));
    harm(&place.state());
    let agent = place.run();
    wait_until_told(&slack, 7005..7007);
    agent.wait_for_log(said);
    place.wait_for_account("all is told", |account| account.pending() == 0);
    assert_eq!(agent.stop(), 0);
    assert!(!agent_panicked(&place));
    let told = "SELECT group_concat(kind) FROM incident";
    let told: String = database(&place).query_row(told, [], |row| row.get(0)).unwrap();
    assert!(told.contains("store_"), "{told}");
    let (exit, output) = verify(&place);
    assert_eq!(exit, Some(0), "{output}");
    // Each alert is told; none is stored twice in one database.
    assert!((7001..7007).all(|rule| shown(&slack).contains(&format!("Probe number {rule}"))));
    assert_eq!(number(&place, "SELECT count(*) - count(DISTINCT id) FROM event"), 0);
}

fn agent_panicked(place: &Place) -> bool {
    fs::read_to_string(place.path("agent.log")).unwrap().contains("panicked")
}

#[test]
fn a_damaged_database_is_set_aside_and_reading_goes_on() {
    let harms: [(Harm, bool, &str); 6] = [
        (
            |state| fs::write(state.join("hot.db"), "a diary".repeat(9_999)).unwrap(),
            false,
            "set aside",
        ),
        (|state| fs::write(state.join("hot.db"), "").unwrap(), false, "set aside"),
        (|state| fs::remove_file(state.join("hot.db")).unwrap(), false, "set aside"),
        (
            |state| {
                let bytes = fs::read(state.join("hot.db")).unwrap();
                fs::write(state.join("hot.db"), &bytes[..bytes.len() / 2]).unwrap();
            },
            false,
            "set aside",
        ),
        (
            |state| {
                let mut bytes = fs::read(state.join("hot.db")).unwrap();
                for at in (100..bytes.len()).step_by(97) {
                    bytes[at] ^= 0x55;
                }
                fs::write(state.join("hot.db"), bytes).unwrap();
            },
            true,
            "set aside",
        ),
        // The log of the database is lost with all that only it had: what is left is older than its second copy.
        (
            |state| {
                let length = fs::metadata(state.join("hot.db-wal")).unwrap().len() as usize;
                fs::write(state.join("hot.db-wal"), vec![0x55; length]).unwrap();
            },
            true,
            "older than the file `positions`",
        ),
    ];
    std::thread::scope(|scope| {
        for (harm, crash, said) in harms {
            scope.spawn(move || check(harm, crash, said));
        }
    });
}

/// 3,000 alerts that nobody was told of; one of the pages that hold the older ones is torn.
fn torn_backlog(place: &Place) {
    place.append(&alerts(7001, 0..3_000));
    assert_eq!(place.ipsbell(&["run", "--once"]).status.code(), Some(0));
    database(place)
        .execute_batch(
            "UPDATE destination SET cursor = 0, told = 0; DELETE FROM notification; DELETE FROM card;
             PRAGMA wal_checkpoint(TRUNCATE);",
        )
        .unwrap();
    fs::remove_file(place.state().join("positions")).unwrap();
    let file = place.state().join("hot.db");
    let mut bytes = fs::read(&file).unwrap();
    let page = bytes.chunks(16_384).position(|page| holds(page, b"\"flow_id\":500,")).unwrap();
    bytes[page * 16_384..][..64].fill(0xA5);
    fs::write(&file, bytes).unwrap();
}

fn holds(page: &[u8], words: &[u8]) -> bool {
    page.windows(words.len()).any(|window| window == words)
}

#[test]
fn damage_that_is_met_while_running_is_set_aside_at_the_next_start() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    torn_backlog(&place);
    let before = slack.received().len();
    let mut agent = place.run();
    assert_eq!(agent.wait(), 1, "the service manager starts it again");
    assert!(agent.log().contains("the next start of the agent sets it aside"), "{}", agent.log());
    let agent = place.run();
    agent.wait_for_log("is set aside as hot.db.damaged-");
    let account = place.wait_for_account("all is told", |account| account.pending() == 0);
    assert_eq!(agent.stop(), 0);
    assert!(!agent_panicked(&place));
    // What could be read is told, what could not is counted and that is told.
    assert_eq!((account.stored, account.told + account.expired), (3_000, 3_000));
    assert!((1..100).contains(&account.expired), "{account:?}");
    let shown: String = slack.received()[before..].iter().map(|post| post.shown()).collect();
    assert!(shown.contains(&format!("{} alerts LOST", account.expired)), "{shown}");
    assert_eq!(verify(&place).0, Some(0));
}

#[test]
fn a_copy_on_another_machine_takes_an_identity_of_its_own() {
    if ipsbell::store::Home::here().is_none() {
        eprintln!(
            "SKIPPED a_copy_on_another_machine_takes_an_identity_of_its_own: no /etc/machine-id"
        );
        return;
    }
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let agent = place.run();
    tell(&place, &slack, 7001..7002);
    slack.down();
    place.append(&[alert(7002, 2)]);
    let open = "SELECT count(*) FROM notification WHERE state = 0";
    wait_for("an open post", || (number(&place, open) == 1).then_some(()));
    agent.stop();
    // As if it had been made on another machine.
    let elsewhere =
        "UPDATE identity SET home = x'00112233445566778899aabbccddeeff', machine = zeroblob(16)";
    database(&place).execute_batch(elsewhere).unwrap();
    slack.up().unwrap();
    let agent: Agent = place.run();
    agent.wait_for_log("this store was copied from another machine");
    tell(&place, &slack, 7003..7004);
    assert_eq!(agent.stop(), 0);
    assert!(!shown(&slack).contains("Probe number 7002"), "it is the original's to tell");
    let account = place.account().unwrap();
    assert_eq!((account.stored, account.told, account.given_up), (3, 2, 1));
    assert_eq!(number(&place, "SELECT machine = zeroblob(16) FROM identity"), 0);
    let (exit, output) = verify(&place);
    assert_eq!(exit, Some(0), "{output}");
}

#[test]
fn a_store_is_verified_also_beside_a_running_agent() {
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let missing = place.ipsbell(&["store", "verify"]);
    assert_eq!((missing.status.code(), text(&missing.stderr).contains("hot.db")), (Some(1), true));
    let agent = place.run();
    tell(&place, &slack, 7001..7003);
    let (exit, output) = verify(&place);
    assert_eq!(exit, Some(0), "{output}");
    assert!(output.contains("2 events") && output.contains("all of it agrees"), "{output}");
    assert_eq!(agent.stop(), 0);
    database(&place).execute_batch("UPDATE destination SET told = 9").unwrap();
    let (exit, output) = verify(&place);
    assert_eq!(exit, Some(1));
    assert!(output.contains("difference   destination `soc`: 9 told by its row, 2 by"), "{output}");
    let json = text(&place.ipsbell(&["store", "verify", "--json"]).stdout);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((json["events"].as_u64(), json["version"].as_u64()), (Some(2), Some(2)));
    assert_eq!(json["differences"].as_array().unwrap().len(), 1, "{json}");
    assert_eq!(place.ipsbell(&["store"]).status.code(), Some(2), "a subcommand is wanted");
}
