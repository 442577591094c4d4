//! Mutes that are made and lifted beside a running agent, and what they hid.

use super::accounts::Teller;
use super::damage::{after, lived, suspect};
use super::*;
use crate::triage::Mute;

/// A mute of this rule that begins at this second.
fn made(id: &str, rule: &str, since: i64, until: Option<i64>) -> MadeMute {
    let pairs = [("rule".to_owned(), rule.to_owned())];
    let mute = Mute::of_pairs(id.to_owned(), &pairs, until.map(at)).unwrap();
    let (author, reason) = ("ann".to_owned(), "a \u{202e}scanner".to_owned());
    MadeMute { mute, author, reason, since: at(since), lifted: None }
}

fn book(place: &Place) -> MuteBook {
    MuteBook::open(place.path()).unwrap()
}

impl Teller {
    /// Learns of mutes as a sender does; true if there was news.
    fn learn(&mut self, version: &mut Option<u64>) -> bool {
        let Some((found, mutes)) = self.ledger.mutes(*version).unwrap() else { return false };
        *version = Some(found);
        self.desk.mute_by(mutes);
        true
    }
}

#[test]
fn a_mute_is_in_force_as_soon_as_it_is_made_and_counts_exactly() {
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    let (mut soc, _) = Teller::new(&place, "soc");
    let mut version = None;
    assert!(soc.learn(&mut version) && !soc.learn(&mut version));

    let mute = made("M0000001", "1:7", 0, Some(60));
    assert!(book(&place).make(&mute).unwrap());
    assert_eq!(place.view().mutes().unwrap(), [mute]);
    store(&mut writer, 7, 5, 0);
    store(&mut writer, 8, 2, 0);
    assert!(soc.learn(&mut version) && !soc.learn(&mut version));
    soc.read();
    soc.commit(0, None);
    let account = place.account("soc");
    assert_eq!((account.muted, account.held), (5, 2));
    assert_eq!(place.view().hidden().unwrap()["M0000001"]["soc"], 5);

    // Over a restart it counts on.
    store(&mut writer, 7, 1, 0);
    let (mut again, restored) = Teller::new(&place, "soc");
    assert_eq!(restored.cursor, 7);
    again.learn(&mut None);
    again.read();
    again.commit(0, None);
    assert_eq!(place.view().hidden().unwrap()["M0000001"]["soc"], 6);

    assert!(book(&place).lift("M0000001", at(5), "bob").unwrap());
    assert!(!book(&place).lift("M0000001", at(6), "eve").unwrap(), "it is lifted already");
    let lifted = place.view().mutes().unwrap().pop().unwrap();
    assert_eq!(lifted.lifted, Some((at(5), "bob".to_owned())));
    assert!(!lifted.holds_at(at(5)));
    store(&mut writer, 7, 3, 0);
    assert!(again.learn(&mut version));
    again.read();
    again.commit(0, None);
    let account = place.account("soc");
    assert_eq!((account.muted, account.held), (6, 5));
}

#[test]
fn a_muted_critical_alert_is_remembered_over_a_restart() {
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    assert!(book(&place).make(&made("M0000001", "1:7", 0, None)).unwrap());
    let (mut soc, _) = Teller::new(&place, "soc");
    soc.learn(&mut None);
    let mut critical = |secs| {
        let mut batch = writer.begin(at(secs)).unwrap();
        let record = record(7, 1, u32::try_from(secs).unwrap());
        let mut event = event(record.as_bytes(), 0, at(secs));
        event.severity = ipsbell_parsers::alert::Severity::Critical;
        insert(&mut batch, &event, true);
        batch.commit().unwrap();
    };
    critical(0);
    critical(1);
    soc.read();
    soc.commit(0, None);
    let account = place.account("soc");
    assert_eq!((account.held, account.muted), (1, 1));

    let (mut again, restored) = Teller::new(&place, "soc");
    assert_eq!(restored.reminded.len(), 1);
    again.desk.recall(restored.reminded);
    again.learn(&mut None);
    critical(2);
    again.read();
    again.commit(0, None);
    let account = place.account("soc");
    assert_eq!((account.held, account.muted), (1, 2));
}

#[test]
fn mutes_that_ended_are_kept_for_13_weeks() {
    let (week, none) = (7 * 86_400, retention(|_| {}));
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    for (id, until) in [("M0000001", Some(week)), ("M0000002", None), ("M0000003", Some(99 * week))]
    {
        assert!(book(&place).make(&made(id, "1:7", 0, until)).unwrap());
    }
    assert!(book(&place).lift("M0000003", at(2 * week), "bob").unwrap());
    // 13 weeks after the end of the first, then of the one that was lifted.
    for (weeks, left) in [(14, 3), (14, 2), (15, 1), (999, 1)] {
        writer.sweep(at(weeks * week + i64::from(left < 3)), &none).unwrap();
        assert_eq!(place.view().mutes().unwrap().len(), left, "after {weeks} weeks");
    }
    assert_eq!(place.view().mutes().unwrap()[0].mute.id, "M0000002", "it holds for good");
}

#[test]
fn there_are_no_more_than_the_most() {
    let place = Place::new();
    let mut book = book(&place);
    let connection = Connection::open(place.path().join(DATABASE)).unwrap();
    let one = made("M0000001", "1:7", 0, Some(60));
    assert!(book.make(&one).unwrap());
    let many = format!(
        "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < {MUTES_MAX}) \
         INSERT INTO mute (id, matcher, author, reason, since, until) \
         SELECT 'N' || i, matcher, author, reason, since, until FROM n, mute"
    );
    connection.execute_batch(&many).unwrap();
    assert!(!book.make(&made("M0000002", "1:8", 59, None)).unwrap());
    assert!(book.make(&made("M0000002", "1:8", 60, None)).unwrap(), "the others have ended");
}

#[test]
fn where_there_is_no_store_nothing_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let error = MuteBook::open(directory.path()).unwrap_err();
    assert!(matches!(error, StoreError::Io { .. }), "{error}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn looking_back_ends_at_its_time_and_when_it_is_told_to() {
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    store(&mut writer, 1, 1_500, 0);
    store(&mut writer, 2, 1_500, 10);
    let view = place.view();
    for (since, take_max, wanted) in [
        (-9, 9_999, (3_000, true)),
        (10, 9_999, (1_500, true)),
        (11, 9_999, (0, true)),
        (0, 7, (7, false)),
    ] {
        let mut seen = 0;
        let whole = view.look_back(at(since), &mut |_| {
            seen += 1;
            seen < take_max
        });
        assert_eq!((seen, whole.unwrap()), wanted, "since {since}");
    }
}

#[test]
fn mutes_and_what_they_hid_are_brought_over_from_a_damaged_database() {
    let place = lived();
    let mut writer = place.store.writer().unwrap();
    assert!(book(&place).make(&made("M0000001", "1:4", 0, None)).unwrap());
    let (mut soc, _) = Teller::new(&place, "soc");
    soc.learn(&mut None);
    soc.read();
    soc.commit(0, None);
    writer.mirror(at(0), true).unwrap();
    drop((writer, soc));
    let place = after(place, suspect);
    assert_eq!(place.view().mutes().unwrap(), [made("M0000001", "1:4", 0, None)]);
    assert_eq!(place.view().hidden().unwrap()["M0000001"]["soc"], 5);
    let account = place.account("soc");
    assert_eq!((account.muted, account.unread), (5, 0));
    assert!(verify(place.path(), &mut |_, _| {}).unwrap().is_sound());
}
