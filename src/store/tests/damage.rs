//! A database that is damaged: what is saved, what is told, and that each step may be the last before a crash.

use std::fs;

use super::mirror::mirrored;
use super::*;
use crate::store::{damage, numbers, salvage};

const LOG: &str = "/var/log/suricata/eve.json";

/// Stores so many events of a log of which each takes one byte.
pub(super) fn read_on(writer: &mut Writer, rule: u32, count: u32) {
    let before = writer.checkpoints().unwrap().first().map_or(0, |found| found.position.offset);
    let mut batch = writer.begin(at(0)).unwrap();
    for number in 0..count {
        let record = record(rule, 2, number);
        insert(&mut batch, &event(record.as_bytes(), before + u64::from(number), at(0)), true);
    }
    let save = vec![followed(Path::new(LOG), before + u64::from(count))];
    batch.know_source(&[LOG.to_owned()]).unwrap();
    batch.positions(&crate::tail::Changes { save, forget: vec![] }).unwrap();
    batch.commit().unwrap();
}

/// A store in which 4 events were told, 3 are in a post under way, 2 are held in a group, and 5 are unread; the second copy
/// was written then.
pub(super) fn lived() -> Place {
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    let (mut soc, _) = accounts::Teller::new(&place, "soc");
    for (rule, count) in [(1, 4), (2, 3), (3, 2), (4, 5)] {
        read_on(&mut writer, rule, count);
        if rule < 4 {
            soc.read();
            soc.commit(0, None);
        }
        if rule < 3 {
            let mut attempt = soc.attempt(&format!("P0ST000{rule}"));
            if rule == 1 {
                soc.answered(&mut attempt, Outcome::Delivered);
            }
        }
    }
    writer.mirror(at(0), true).unwrap();
    drop((writer, soc));
    place
}

/// Where reading goes on.
fn offset(place: &Place) -> Option<u64> {
    let found = place.store.writer().unwrap().checkpoints().unwrap();
    found.first().map(|found| found.position.offset)
}

pub(super) fn files(place: &Place, prefix: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(place.path()).unwrap().map(|file| file.unwrap().path());
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    let mut found: Vec<_> = files.filter(|path| name(path).starts_with(prefix)).collect();
    found.sort();
    found
}

/// Closes the store, does this to its directory, and opens it again.
pub(super) fn after(place: Place, harm: impl FnOnce(&Path)) -> Place {
    let Place { directory, store } = place;
    drop(store);
    harm(directory.path());
    let store = Store::open(directory.path(), at(0)).unwrap();
    Place { directory, store }
}

fn kinds(place: &Place) -> Vec<&'static str> {
    place.store.incidents().iter().map(|incident| incident.kind.name()).collect()
}

fn sql(directory: &Path, sql: &str) {
    Connection::open(directory.join(DATABASE)).unwrap().execute_batch(sql).unwrap();
}

pub(super) fn suspect(directory: &Path) {
    fs::write(directory.join(damage::SUSPECT), "a sender came upon it\n").unwrap();
}

#[test]
fn what_is_still_to_be_told_is_brought_over_from_what_can_be_read() {
    let place = after(lived(), suspect);
    assert_eq!((kinds(&place), offset(&place)), (vec!["store_set_aside"], Some(14)));
    let account = place.account("soc");
    assert_eq!((account.stored, account.told, account.held, account.unread), (14, 4, 5, 5));
    let (mut soc, restored) = accounts::Teller::new(&place, "soc");
    let attempt = restored.attempt.unwrap();
    assert_eq!((attempt.events, attempt.maybe_repeated, soc.desk.held()), (3, false, 2));
    assert_eq!(place.number("SELECT repeated_until FROM identity"), 0, "nothing is told again");
    // The numbers are others, and no number comes again; what belongs together still does.
    assert_eq!(place.number("SELECT min(sequence) > 1000000000 FROM event"), 1);
    assert_eq!(soc.read(), 0);
    let view = place.view();
    let Found::Card(ranges) = view.card("P0ST0002").unwrap() else { panic!("no such card") };
    let query = Query { since: None, limit: 100 };
    let found = view.search(&query, Some(&ranges), &|_| true, &mut |_| {}, &mut || {});
    assert_eq!(found.unwrap(), 3);
    // The damaged one is there, whole; the note is gone; people are told.
    let aside = &damage::set_aside_before(place.path()).unwrap()[0];
    let events = "SELECT count(*) FROM event";
    let events = Connection::open(aside).unwrap().query_row(events, [], |row| row.get(0));
    assert_eq!((events, files(&place, damage::SUSPECT)), (Ok(14), vec![]));
    assert_eq!(place.number("SELECT count(*) FROM incident"), 1);
    let text = &place.store.incidents()[0].text;
    assert!(
        text.contains("a sender came upon it") && text.contains("10 were brought over"),
        "{text}"
    );
}

#[test]
fn what_is_behind_the_mirror_is_read_from_the_log_again_and_said_to_be_a_repetition() {
    let place = lived();
    let mut writer = place.store.writer().unwrap();
    read_on(&mut writer, 5, 6);
    let (mut soc, _) = accounts::Teller::new(&place, "soc");
    soc.read();
    soc.commit(0, None);
    drop((writer, soc));
    let place = after(place, suspect);
    assert_eq!(offset(&place), Some(14));
    let account = place.account("soc");
    // It has read all 20 events: 6 of them come again, and count again.
    assert_eq!((account.stored, account.told, account.held, account.unread), (20, 4, 16, 0));
    let mut writer = place.store.writer().unwrap();
    read_on(&mut writer, 5, 6);
    let (mut soc, restored) = accounts::Teller::new(&place, "soc");
    assert!(restored.attempt.is_some());
    assert_eq!(soc.read(), 0);
    assert!(soc.attempt("P0ST0009").maybe_repeated);
    // All logs are read: what comes now was never told.
    writer.caught_up().unwrap();
    read_on(&mut writer, 6, 1);
    soc.read();
    assert!(!soc.attempt("P0ST0010").maybe_repeated);
    place.account("soc");
}

#[test]
fn of_a_database_that_is_gone_the_mirror_is_left() {
    let text = "a diary, not a database ".repeat(400);
    let harms: [&dyn Fn(&Path); 4] = [
        &|directory| fs::write(directory.join(DATABASE), &text).unwrap(),
        &|directory| fs::write(directory.join(DATABASE), "").unwrap(),
        &|directory| fs::remove_file(directory.join(DATABASE)).unwrap(),
        &|directory| {
            sql(directory, "DELETE FROM identity; DELETE FROM event; DELETE FROM destination")
        },
    ];
    for (number, harm) in harms.into_iter().enumerate() {
        let mut place = after(lived(), harm);
        for _ in 0..2 {
            assert_eq!(offset(&place), Some(14), "harm {number}");
            let known = place.store.writer().unwrap().source_is_new(&[LOG.to_owned()]);
            assert!(!known.unwrap(), "`start_at` is not asked again");
            // Ten may not have been told; nobody can read them any more, and that is told.
            let (mut soc, restored) = accounts::Teller::new(&place, "soc");
            assert!(restored.groups.is_empty() && restored.attempt.is_none());
            assert_eq!(soc.read(), 10, "harm {number}");
            assert_eq!(place.number("SELECT last_sequence > 1000000000 FROM identity"), 1);
            assert_eq!(place.number("SELECT repeated_until > last_sequence FROM identity"), 1);
            place = place.reopened();
            assert!(place.store.incidents().is_empty(), "harm {number}");
        }
        let kept = files(&place, damage::ASIDE);
        let diary = kept.iter().any(|path| fs::read(path).unwrap() == text.as_bytes());
        assert_eq!(diary, number == 0, "what was there is kept as it was");
    }
}

#[test]
fn without_a_mirror_the_database_itself_is_asked_where_reading_stood() {
    let forget = |directory: &Path| fs::remove_file(directory.join(MIRROR)).unwrap();
    let place = after(lived(), |directory| {
        suspect(directory);
        forget(directory);
    });
    assert_eq!((offset(&place), place.account("soc").pending()), (Some(14), 10));
    let place = after(lived(), |directory| {
        fs::write(directory.join(DATABASE), "no database".repeat(99)).unwrap();
        fs::write(directory.join(MIRROR), "no positions").unwrap();
    });
    assert_eq!((offset(&place), kinds(&place)), (None, vec!["store_set_aside"]));
    let text = &place.store.incidents()[0].text;
    assert!(text.contains("`start_at`") && text.contains("LOST"), "{text}");
}

#[test]
fn a_destination_whose_numbers_do_not_agree_goes_on_from_the_mirror() {
    for harm in [
        "UPDATE destination SET cursor = cursor + 1",
        "UPDATE destination SET told = told + 1",
        "UPDATE destination SET cursor = 9000000000000000000",
        "UPDATE destination SET health = '{'",
        "UPDATE open_group SET held = 1 WHERE held = 2",
        "UPDATE open_group SET state = '{}' WHERE held = 2",
        "UPDATE notification SET message = '{}' WHERE state = 0",
        "UPDATE notification SET events = 400 WHERE state = 1",
    ] {
        let place = after(lived(), |directory| {
            sql(directory, harm);
            suspect(directory);
        });
        let (mut soc, restored) = accounts::Teller::new(&place, "soc");
        assert!(restored.attempt.is_none(), "{harm}");
        // Told again, and so marked: what was not told for certain.
        assert_eq!((soc.read(), soc.desk.held()), (0, 10), "{harm}");
        assert!(soc.attempt("P0ST0009").maybe_repeated, "{harm}");
        let text = &place.store.incidents()[0].text;
        assert!(text.contains("said of soc could not be relied on"), "{harm}: {text}");
        place.account("soc");
    }
}

#[test]
fn damage_that_a_start_must_find_is_found() {
    for harm in [
        "UPDATE identity SET last_sequence = 13",
        "UPDATE identity SET last_sequence = -1",
        "UPDATE open_group SET state = '{' WHERE held = 2",
        "UPDATE identity SET machine = x'00'",
        "DROP TABLE open_group",
        "DROP TABLE event; CREATE TABLE event (sequence TEXT)",
        "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET rootpage = 3 WHERE name = 'position'",
        "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = 'CREATE' WHERE name = 'card'",
        "PRAGMA user_version = 1",
        "PRAGMA application_id = 7",
    ] {
        let place = after(lived(), |directory| sql(directory, harm));
        assert_eq!((kinds(&place), offset(&place)), (vec!["store_set_aside"], Some(14)), "{harm}");
        place.account("soc");
    }
}

#[test]
fn an_older_copy_is_read_on_from_where_it_stands_and_gives_no_number_again() {
    let place = lived();
    let before = place.path().join("copy");
    let copy = format!("VACUUM INTO '{}'", before.display());
    sql(place.path(), &copy);
    let mut writer = place.store.writer().unwrap();
    read_on(&mut writer, 5, 6);
    writer.mirror(at(0), true).unwrap();
    drop(writer);
    let put_back = |directory: &Path| {
        for suffix in ["-wal", "-shm"] {
            drop(fs::remove_file(directory.join(format!("{DATABASE}{suffix}"))));
        }
        fs::copy(&before, directory.join(DATABASE)).unwrap();
    };
    let place = after(place, put_back);
    assert_eq!((kinds(&place), offset(&place)), (vec!["store_behind"], Some(14)));
    let account = place.account("soc");
    assert_eq!((account.stored, account.told, account.held, account.unread), (14, 4, 5, 5));
    let mut writer = place.store.writer().unwrap();
    read_on(&mut writer, 5, 6);
    assert!(mirrored(place.path()).last_sequence() > Some(numbers::LEAP));
    let (mut soc, restored) = accounts::Teller::new(&place, "soc");
    let mut attempt = restored.attempt.unwrap();
    soc.ledger.retry(&mut attempt).unwrap();
    assert!(attempt.maybe_repeated);
    assert_eq!((soc.read(), soc.desk.held()), (0, 13), "nothing counts as lost");
    assert!(soc.attempt("P0ST0009").maybe_repeated);
    place.account("soc");
    assert!(place.reopened().store.incidents().is_empty());
    // The same for what a destination has told since, without a new event.
    let place = lived();
    sql(place.path(), &format!("VACUUM INTO '{}'", place.path().join("copy").display()));
    let (mut soc, _) = accounts::Teller::new(&place, "soc");
    soc.read();
    soc.commit(0, None);
    place.store.mirror(at(0)).unwrap();
    drop(soc);
    let before = place.path().join("copy");
    let place = after(place, |directory| {
        drop(fs::remove_file(directory.join("hot.db-wal")));
        fs::copy(&before, directory.join(DATABASE)).unwrap();
    });
    assert_eq!((kinds(&place), place.account("soc").pending()), (vec!["store_behind"], 10));
}

#[test]
fn a_crash_at_any_step_of_setting_aside_is_made_up_for() {
    // The files as each step leaves them: a whole new database is ready in `hot.db.new`.
    let ready = after(lived(), suspect);
    let new = ready.path().join("whole");
    sql(ready.path(), &format!("VACUUM INTO '{}'", new.display()));
    let rename = |directory: &Path, from: &str, to: &str| {
        fs::rename(directory.join(from), directory.join(to)).unwrap();
    };
    let aside = format!("{}20270115T080000Z", damage::ASIDE);
    let steps: [&dyn Fn(&Path); 4] = [
        &|directory| fs::write(directory.join("hot.db.part"), "half of it").unwrap(),
        &|directory| assert!(fs::copy(&new, directory.join("hot.db.new")).is_ok()),
        &|directory| rename(directory, "hot.db", &aside),
        &|directory| rename(directory, "hot.db-wal", &format!("{aside}-wal")),
    ];
    for count in 1..=steps.len() {
        let place = after(lived(), |directory| {
            suspect(directory);
            fs::write(directory.join("hot.db-wal"), "left behind").unwrap();
            steps.iter().take(count).for_each(|step| step(directory));
        });
        assert_eq!(
            (offset(&place), place.account("soc").pending()),
            (Some(14), 10),
            "step {count}"
        );
        assert_eq!(place.number("SELECT count(*) FROM incident"), 1, "step {count}");
        assert_eq!(files(&place, "hot.db.suspect"), Vec::<PathBuf>::new(), "step {count}");
        let kept = files(&place, damage::ASIDE);
        assert!(kept.iter().any(|path| fs::metadata(path).unwrap().len() > 16_384), "step {count}");
    }
}

#[test]
fn of_many_damaged_databases_the_largest_and_the_newest_are_kept() {
    let mut place = Place::new();
    for round in 0..2 * damage::ASIDE_MAX as u32 {
        let mut writer = place.store.writer().unwrap();
        read_on(&mut writer, 1, if round == 0 { 500 } else { 1 });
        drop(writer);
        place = after(place, suspect);
    }
    let kept = damage::set_aside_before(place.path()).unwrap();
    assert_eq!(kept.len(), damage::ASIDE_MAX);
    let events = kept.iter().map(|path| {
        let events = "SELECT count(*) FROM event";
        Connection::open(path).unwrap().query_row(events, [], |row| row.get::<_, i64>(0)).unwrap()
    });
    assert_eq!(events.max(), Some(500));
}

#[test]
fn no_more_than_the_most_events_are_brought_over_and_the_others_count_as_expired() {
    let place = Place::new();
    drop(accounts::Teller::new(&place, "soc"));
    let mut writer = place.store.writer().unwrap();
    read_on(&mut writer, 1, 3);
    // As if there had been a million more.
    let beyond = salvage::EVENTS_MAX + 1;
    sql(
        place.path(),
        &format!(
            "UPDATE event SET sequence = sequence + {beyond} WHERE sequence > 1; \
             UPDATE identity SET last_sequence = 3 + {beyond};"
        ),
    );
    drop(writer);
    let place = after(place, |directory| {
        suspect(directory);
        fs::remove_file(directory.join(MIRROR)).unwrap();
    });
    let (mut soc, _) = accounts::Teller::new(&place, "soc");
    let expired = soc.read();
    assert_eq!((expired, soc.desk.held()), (beyond + 1, 2));
    soc.commit(expired, None);
    assert_eq!(place.account("soc").expired, beyond + 1);
}
